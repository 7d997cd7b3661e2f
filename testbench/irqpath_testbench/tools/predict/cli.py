"""Arguments and course of `irqpath predict`."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from irqpath.cli.console import console as make_console
from irqpath.cli.writing import check_writable, write_text
from irqpath.core.errors import CheckError
from irqpath.sim.timing.profile import Profile, load, named
from irqpath_testbench.env.run_config import INTERRUPTS
from irqpath_testbench.tools.predict.prediction import predict
from irqpath_testbench.tools.predict.report import print_prediction
from irqpath_testbench.tools.predict.watched import watched
from irqpath_testbench.tools.sim.arguments import device, file, pes, positive, seed
from irqpath_testbench.tools.sim.paths import LINUX, PATHS, choose_scenarios
from irqpath_testbench.tools.sim.paths import Path as InterruptPath

#: The profile of this project's Verilog.
USUAL = "irqpath"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "what", metavar="SCENARIO|PATH", help="EverySgi or sgi:EverySgi; or sgi, all scenarios of an interrupt path"
    )
    parser.add_argument("--profile", type=Path, metavar="FILE", help="what things cost (default: as this project's Verilog)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=CYCLES",
        help="another number of the profile, such as mem.read=40; may be given several times",
    )
    parser.add_argument("--html", type=file, metavar="FILE", help="write a page with plots, which needs no network")
    parser.add_argument("--seed", type=seed, default=1, help="seed of all random choices (default: %(default)s)")
    parser.add_argument(
        "-n", type=positive, default=INTERRUPTS, metavar="N", help="interrupts that random traffic sends (default: %(default)s)"
    )
    parser.add_argument("--pes", type=pes, default=4, help="number of PEs, 1 to 8 (default: %(default)s)")
    parser.add_argument(
        "--device",
        type=device,
        default={},
        metavar="NAME=N,...",
        help="other parameters of the machine, as for irqpath sim: spis=960,lpi_slots=4",
    )


def run(args: argparse.Namespace) -> int:
    """Always 0. Raises `CheckError`, `ConfigError`."""
    if args.html is not None:
        check_writable(args.html)
    path, scenarios = chosen(args.what)
    if path.name == LINUX:
        raise CheckError("path linux is driven by recordings, not by software; predict takes any other path")
    profile = watched(_profile(args.profile), args.set)
    machine = replace(path.device, pes=args.pes, **args.device)
    if lack := path.lacks(machine.dut(), scenarios):
        raise CheckError(f"path {path.name} needs a machine with {lack}; see --device")
    found = predict(path, scenarios, machine.dut(), profile, args.seed, args.n)
    if not found.journeys:
        raise CheckError(f"{args.what}: no interrupt is acknowledged in it, so there is no latency to predict")
    console = make_console()
    print_prediction(console, found)
    if args.html is not None:
        from irqpath_testbench.tools.predict.page import page  # jinja2 is needed for this alone

        write_text(args.html, page(found))
        console.print(f"page: {args.html}", highlight=False, soft_wrap=True)
    return 0


def chosen(what: str) -> tuple[InterruptPath, tuple[str, ...]]:
    """A path and scenarios of it. Raises `CheckError` for what there is not, or what several paths have."""
    if what in PATHS:
        return PATHS[what], PATHS[what].scenarios
    found = choose_scenarios("", what)
    if not what or "," in what or len(found) != 1:
        raise CheckError(f"{what!r} is no scenario or path; give one, such as sgi:EverySgi, or one of {', '.join(PATHS)}")
    ((name, scenarios),) = found.items()
    return PATHS[name], scenarios


def _profile(place: Path | None) -> Profile:
    if place is None:
        return named(USUAL)
    try:
        return load(place)
    except OSError as error:
        raise CheckError(f"{place}: {error.strerror}; --profile takes a file as `irqpath calibrate --out` writes it") from error
    except UnicodeDecodeError as error:
        raise CheckError(f"{place} is no profile: it is no text ({error.reason})") from error
