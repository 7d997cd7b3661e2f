"""Arguments and course of `irqpath evolution`."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path

from irqpath.cli.console import console as make_console
from irqpath.cli.parser import did_you_mean
from irqpath.cli.writing import check_writable, write_text
from irqpath.software.costs import command as predict
from irqpath.software.cpu import published
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.evolution import MOST_PES, Setup, names
from irqpath.software.machine import MOST_GUESTS
from irqpath.software.workload import PER_CYCLES, Workload
from irqpath_testbench.tools.evolution.asked import LOADS, Asked
from irqpath_testbench.tools.evolution.course import follow
from irqpath_testbench.tools.evolution.data import as_data
from irqpath_testbench.tools.evolution.tables import print_tables

_TEXT = "send packets through machines of each generation, on the models, and count what that takes"
#: What a machine may have at most.
_VCPUS, _PES = 8, 16
_MOST_PACKETS = 10_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the commands and their options."""
    commands = parser.add_subparsers(dest="evolution_command", metavar="COMMAND", required=True)
    predict.add_command(commands)
    _add_run(commands.add_parser("run", help=_TEXT, description=_TEXT, allow_abbrev=False))


def _add_run(parser: argparse.ArgumentParser) -> None:
    usual = Setup()
    load = usual.workload

    def number(name: str, default: int, what: str, least: int, most: int, says: str) -> None:
        kind = _whole(what, least, most)
        parser.add_argument(f"--{name}", type=kind, default=default, metavar="N", help=f"{says} (default: {default:,})")

    number("packets", load.packets, "number of packets", 1, _MOST_PACKETS, "packets that each guest sends in a row")
    number("seed", load.seed, "seed", 0, 2**63, "of the packets' contents and of the pauses")
    parser.add_argument("--ring", choices=("split", "packed"), default="split", help="kind of virtqueue (default: split)")
    parser.add_argument("--size", type=int, default=load.size, metavar="N", help=f"entries of it (default: {load.size})")
    number("burst", load.burst, "number of packets in a burst", 1, 10_000, "packets that are sent at once")
    number("interval", load.interval, "number of cycles", 0, 10**9, "cycles between two bursts at most, where no rate is given")
    says = "packets offered in a million cycles; 0: as many as --interval makes"
    number("rate", load.rate, "number of packets in a million cycles", 0, PER_CYCLES, says)
    number("guests", usual.guests, "number of guests", 1, MOST_GUESTS, "guests, each with its device and its packets")
    number("vcpus", usual.vcpus, "number of vCPUs", 1, _VCPUS, "vCPUs of a guest; the first one sends, and calls the others")
    says = f"PEs, the last one for QEMU; 0: one more than vCPUs, at most {MOST_PES}"
    number("pes", usual.pes, "number of PEs", 0, _PES, says)
    parser.add_argument("--only", type=_only, default=(), metavar="ROW,...", help=f"rows to run: {', '.join(names())}")
    usual_loads = ",".join(map(str, LOADS))
    parser.add_argument(
        "--loads", type=_loads, default=LOADS, metavar="N,...",
        help=f"rates at which each row runs besides, for its curve; none: without (default: {usual_loads})",
    )  # fmt: skip
    parser.add_argument(
        "--costs", type=_profile, metavar="MACHINE",
        help=f"what software costs on a machine that was published: {', '.join(published.names())} (default: on none)",
    )  # fmt: skip
    parser.add_argument(
        "--set", "--cost", dest="set", type=_cost, action="append", default=[], metavar="NAME=CYCLES",
        help="what something in software costs; may be given several times",
    )  # fmt: skip
    number("jobs", os.cpu_count() or 1, "number of jobs at a time", 1, 1024, "rows, or loads of one, that run at a time")
    parser.add_argument("--steps", action="store_true", help="print the steps of one packet of each row, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was counted there, too")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with diagrams and plots, which needs no network")


def run(args: argparse.Namespace) -> int:
    """Always 0. Raises `CheckError` where a packet is lost, `ConfigError`, `OSError`."""
    return predict.run(args) if args.evolution_command == "predict" else _run(args)


def asked_by(args: argparse.Namespace) -> Asked:
    """What the options ask for. Raises `ConfigError`."""
    packed = args.ring == "packed"
    load = Workload(args.packets, args.burst, args.interval, args.size, packed=packed, seed=args.seed, rate=args.rate)
    usual = published.published(args.costs).cycles if args.costs else Cycles()
    given = dict(args.set)
    setup = Setup(load, usual.overridden(given), args.guests, args.vcpus, args.pes)
    return Asked(setup, args.costs or "", tuple(given.items()), args.only, args.loads)


def _run(args: argparse.Namespace) -> int:
    asked = asked_by(args)
    for place in (args.json, args.html):
        check_writable(place)
    console = make_console()
    data = as_data(asked, follow(asked, console, args.jobs))
    print_tables(console, data, steps=args.steps)
    if args.json is not None:
        write_text(args.json, json.dumps(data, indent=1) + "\n")
        console.print(f"written to {args.json}", highlight=False, soft_wrap=True)
    if args.html is not None:
        from irqpath_testbench.tools.evolution.page import page  # jinja2 is needed for this alone

        write_text(args.html, page(data))
        console.print(f"page: {args.html}", highlight=False, soft_wrap=True)
    return 0


# --- values ---------------------------------------------------------------------------------------------------------------------


def _whole(what: str, least: int, most: int) -> Callable[[str], int]:
    """A whole number; one error for whatever else it is."""

    def kind(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no {what}: {least:,} to {most:,}")
        return int(text)

    return kind


def _only(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(text.split(",")))
    for name in found:
        if name not in names():
            near = did_you_mean(name, names()) or f"; there are {', '.join(names())}"
            raise argparse.ArgumentTypeError(f"no row is called {name!r}{near}")
    return found


def _profile(text: str) -> str:
    if text not in published.names():
        near = did_you_mean(text, published.names()) or f"; there are {', '.join(published.names())}"
        raise argparse.ArgumentTypeError(f"there are no costs of {text!r}{near}")
    return text


def _loads(text: str) -> tuple[int, ...]:
    if text == "none":
        return ()
    kind = _whole("number of packets in a million cycles", 1, PER_CYCLES)
    found = tuple(kind(one) for one in text.split(","))
    if list(found) != sorted(set(found)):
        raise argparse.ArgumentTypeError(f"{text!r}: loads rise from one to the next")
    return found


def _cost(text: str) -> tuple[str, int]:
    """NAME=CYCLES. Raises `ArgumentTypeError`."""
    name, found, cycles = text.partition("=")
    if not found or not cycles.isascii() or not cycles.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=CYCLES")
    return name, int(cycles)
