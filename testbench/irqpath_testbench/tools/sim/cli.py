"""Arguments and course of `irqpath sim`."""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from irqpath.cli.console import console as make_console
from irqpath.cli.writing import write_text
from irqpath.core.errors import CheckError
from irqpath.core.places import CHECKOUT, ROOT
from irqpath.trace.findings import Findings
from irqpath.trace.replay import Replay
from irqpath.trace.report import print_findings
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.plan import plan
from irqpath_testbench.env.run_config import INTERRUPTS, RunConfig, described, patient
from irqpath_testbench.tools.conformance.simulated import note
from irqpath_testbench.tools.faults.injection import VARIABLE, find, names_of
from irqpath_testbench.tools.sim import arguments, modelled
from irqpath_testbench.tools.sim.artefacts import COMMAND, drop_bulk, write_transactions
from irqpath_testbench.tools.sim.at_once import each, simulate_all
from irqpath_testbench.tools.sim.folders import claimed, options, suffix
from irqpath_testbench.tools.sim.junit import Book, coverage_case, replay_suite, write_refused, write_run
from irqpath_testbench.tools.sim.local import local_case, local_failures, print_local
from irqpath_testbench.tools.sim.merging import merge_runs
from irqpath_testbench.tools.sim.paths import LINUX, PATHS, choose_scenarios
from irqpath_testbench.tools.sim.paths import Path as InterruptPath
from irqpath_testbench.tools.sim.recordings import (
    DEFAULT,
    PREFIX,
    PREFIX_OF_KVM,
    device_of,
    for_verilog,
    name_of,
    prefix,
    recordings,
)
from irqpath_testbench.tools.sim.recordings import find as find_recordings
from irqpath_testbench.tools.sim.report import command, print_coverage, print_failure, print_table, uncovered
from irqpath_testbench.tools.sim.results import merge, results_of
from irqpath_testbench.tools.sim.results_file import RECORD, save
from irqpath_testbench.tools.sim.simulate import Failure, Outcome, planned
from irqpath_testbench.tools.sim.timing import print_timing, timing_case, timing_failures
from irqpath_testbench.tools.sim.waves import time_of, write_views
from irqpath_testbench.tools.toolchain.kept import digest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `irqpath sim`."""
    parser.add_argument("--sim", default="verilator", choices=("verilator", "icarus"), help="simulator (default: %(default)s)")
    parser.add_argument("--paths", default="", help="interrupt paths, separated by commas (default: all that work)")
    parser.add_argument(
        "--scenarios",
        default="",
        help="scenarios of the paths, separated by commas, such as EverySgi or sgi:EverySgi (default: all)",
    )
    parser.add_argument("--seed", type=arguments.seed, help="seed of all random choices (default: a new one, which is printed)")
    parser.add_argument(
        "-n",
        type=arguments.positive,
        metavar="N",
        help=f"interrupts that random traffic sends (default: {INTERRUPTS}; uncovered bins fail from {INTERRUPTS} on)",
    )
    parser.add_argument("--pes", type=arguments.pes, default=4, help="number of PEs, 1 to 8 (default: %(default)s)")
    parser.add_argument(
        "--priority-bits", type=arguments.bits, default=5, help="implemented priority bits, 4 to 8 (default: %(default)s)"
    )
    parser.add_argument(
        "--device",
        type=arguments.device,
        default={},
        metavar="NAME=N,...",
        help="other parameters of the Verilog (hdl/gicv3/irqpath_top.v), such as spis=960,lpi_slots=4; switches are 0 or 1",
    )
    parser.add_argument(
        "--described",
        default="",
        metavar="MODULE:NAME",
        help="a device of yours instead of this project's: where Python finds its description, a Dut; runs the paths that fit it",
    )
    parser.add_argument(
        "--no-timing",
        dest="timing",
        action="store_false",
        help="do not run the same software on the models afterwards to compare its time",
    )
    parser.add_argument(
        "--jobs",
        type=arguments.jobs,
        default=os.cpu_count() or 1,
        metavar="N",
        help="simulations at a time (default: %(default)s)",
    )
    parser.add_argument("--waves", action="store_true", help="write waves (FST) into the run's folder")
    parser.add_argument(
        "--fault",
        type=arguments.fault,
        default=0,
        metavar="N",
        help="inject fault N of tools/faults/rtl_faults.toml into the Verilog, to see it found",
    )
    parser.add_argument(
        "--model-fault",
        default=os.environ.get(VARIABLE, ""),
        metavar="NAME",
        help=f"inject a fault of model_faults.toml, cosim_faults.toml or virtio_faults.toml into the models (or set {VARIABLE})",
    )
    parser.add_argument(
        "--events",
        type=arguments.events,
        default=0,
        metavar="N",
        help=f"events of a recording that drive the Verilog on path linux (default: all; in icarus {PREFIX}, "
        f"or {PREFIX_OF_KVM} of KVM's)",
    )
    replay = parser.add_mutually_exclusive_group()
    replay.add_argument(
        "--replay", action="store_true", help="replay the recordings of Linux too, though paths or scenarios are named"
    )
    replay.add_argument("--no-replay", action="store_true", help="leave the recordings of Linux out, though everything runs")
    parser.add_argument(
        "--recordings",
        nargs="+",
        default=[],
        metavar="FILE",
        help=f"recordings that drive the Verilog on path linux, by file or by name (default: {DEFAULT}; with --paths linux all)",
    )
    parser.add_argument(
        "--out",
        type=arguments.folder,
        default=ROOT / "build" / "runs",
        metavar="DIR",
        help="folder that holds the runs' folders (default: build/runs)",
    )
    parser.add_argument("--junit", type=arguments.file, metavar="FILE", help="JUnit file of all runs (default: one in --out)")
    parser.add_argument("--keep", action="store_true", help="keep the transactions of runs that pass too; 20 MB a path")
    parser.add_argument(
        "--merge",
        nargs="+",
        type=Path,
        default=[],
        metavar="DIR",
        help="simulate nothing: merge the results of earlier runs in these folders, print them and write merged.json into --out",
    )


def run(args: argparse.Namespace) -> int:
    """0: everything checked agrees; 1: something does not. Raises `ToolMissing`, `CheckError`, `InjectionError`."""
    if args.merge:
        return merge_runs(make_console(), args.merge, args.out)
    if args.junit is not None:
        write_refused(args.junit)  # what an earlier run left there must not speak for one that does not begin
    scenarios = choose_scenarios(args.paths, args.scenarios)
    left_out = _fitting(args, scenarios) if args.described else _leave_out(args, scenarios)
    paths = [PATHS[name] for name in scenarios]
    named = bool(args.paths) or ":" in args.scenarios
    for option in ("recordings", "events"):
        if getattr(args, option) and LINUX not in scenarios:
            raise CheckError(f"--{option} is for path linux, which does not run; name it in --paths, or leave --{option} out")
    for name in names_of(args.model_fault):
        find(name)
    for path in paths if not args.described else ():
        if path.name != LINUX:
            _device_for(path, args, scenarios[path.name])  # refused before anything begins
        elif named and (args.device or (args.pes, args.priority_bits) != (DutParameters().pes, DutParameters().priority_bits)):
            raise CheckError(
                "path linux is run on the recorded machines: leave --device, --pes and --priority-bits out, or name other paths"
            )
    jobs = [job for path in paths for job in _jobs(path, args.recordings, asked=named)]
    seed = secrets.randbelow(2**31) if args.seed is None else args.seed
    console = make_console()
    injected = [*[str(args.fault)] * bool(args.fault), *names_of(args.model_fault)]
    bugs = f"; injected faults: {', '.join(injected)}" if injected else ""
    whose = f"; device {args.described}" * bool(args.described)
    console.print(f"irqpath sim: paths {', '.join(scenarios)}{whose}; {args.sim}; seed {seed}{bugs}", highlight=False)
    if left_out:
        console.print(left_out, highlight=False, soft_wrap=True)
    plans = [_planned(args, job, scenarios[job.path.name], seed) for job in jobs]
    with _junit_file(args, plans, seed) as file:
        packets = _packets(args, scenarios, seed)
        others = [replay_suite(recordings())] if replays(args) else []
        book = Book(file, plans, [*others, *[modelled.suite(packets)] * bool(packets)])
        outcomes = simulate_all(console, plans, partial(_leave, args, book), jobs=args.jobs, waves=args.waves)
        for outcome in outcomes if args.waves else ():
            _show_waves(console, outcome)
        return _conclude(console, args, outcomes, packets, book)


def _leave_out(args: argparse.Namespace, scenarios: dict[str, tuple[str, ...]]) -> str:
    """Take out of `scenarios` what needs recordings that an installed irqpath does not have, unless it was named; one line
    that says so. Raises `CheckError` where the recordings were asked for."""
    if CHECKOUT:
        return ""
    if args.replay:
        raise CheckError("--replay: recordings of Linux are in a checkout of irqpath only; yours: irqpath replay FILE")
    if args.paths or args.scenarios:
        return ""
    left = ["replay"] * (not args.no_replay)
    if not args.recordings:
        del scenarios[LINUX]
        left.insert(0, f"path {LINUX}")
    return (
        f"left out: {' and '.join(left)}, whose recordings are in a checkout only (--recordings FILE takes yours)" if left else ""
    )


def _fitting(args: argparse.Namespace, scenarios: dict[str, tuple[str, ...]]) -> str:
    """Take out of `scenarios` the paths that a described device lacks something for, unless they were named; one line that says
    so. Raises `CheckError` for what does not go with a description, and for a path or a device that does not fit, `ConfigError`
    where there is no such description."""
    usual = DutParameters()
    for option, given in (
        (
            "--device, --pes and --priority-bits",
            args.device or (args.pes, args.priority_bits) != (usual.pes, usual.priority_bits),
        ),
        ("--fault", args.fault),
        ("--replay", args.replay),
        ("--recordings and --events", args.recordings or args.events),
    ):
        if given:
            raise CheckError(f"{option}: of this project's own device; leave out what does not go with --described")
    sys.path.insert(0, str(Path.cwd()))
    dut = described(args.described)
    lacks = {name: lack for name, chosen in scenarios.items() if (lack := PATHS[name].lacks(dut, chosen))}
    if (named := args.paths or args.scenarios) and lacks:
        name, lack = next(iter(lacks.items()))
        raise CheckError(f"path {name} needs {lack}, which device {dut.name} has not; name other paths by --paths")
    for name in lacks:
        del scenarios[name]
    if not scenarios:
        raise CheckError(
            f"no path can run on device {dut.name}: {'; '.join(f'{name} needs {lack}' for name, lack in lacks.items())}"
        )
    left = "; ".join(f"{name} needs {lack}" for name, lack in lacks.items() if name != LINUX)
    return f"left out: {left}" if left and not named else ""


def _packets(args: argparse.Namespace, paths: Iterable[str], seed: int) -> list[modelled.Asked]:
    """What the models run besides: nothing where something else than all of them is looked at."""
    if args.described or args.scenarios or args.fault or args.model_fault or args.device:
        return []
    return modelled.asked(paths, seed, args.n or INTERRUPTS, args.pes)


def _conclude(
    console: Console, args: argparse.Namespace, outcomes: Sequence[Outcome], packets: Sequence[modelled.Asked], book: Book
) -> int:
    """Print what was found, run what is not simulated, and give the verdict."""
    print_table(console, outcomes)
    print_timing(console, outcomes)
    print_local(console, outcomes)
    uncovered_bins = 0
    for outcome in outcomes:
        uncovered_bins += print_coverage(console, plan(outcome.run.path, outcome.run.dut()), outcome, whole=_whole(args))
    for outcome in outcomes:
        print_failure(console, outcome)
        for failure in (*timing_failures(outcome), *local_failures(outcome)):
            console.print(f"[red]{outcome.name} time[/red]: {escape(failure)}", highlight=False, soft_wrap=True)
    if packets:
        found = each(console, "models", modelled.run, packets, args.jobs)
        book.put("models", modelled.suite(packets, found))
        modelled.print_modelled(console, found)
    replayed = not replays(args) or _replay(console, book, args.jobs)
    # the last is said twice: the JUnit file and the exit status never differ
    agrees = replayed and not uncovered_bins and all(_timely(o) for o in outcomes) and book.ok
    checked = merge(results_of(outcome) for outcome in outcomes).totals().compared.total()
    here = Path.cwd()
    shown = book.file.relative_to(here) if book.file.is_relative_to(here) else book.file
    console.print(f"JUnit: {shown}", highlight=False, soft_wrap=True)
    verdict = "[green]everything agrees[/green]" if agrees else "[red]NOT everything agrees[/red]"
    console.print(f"{checked:,} transactions of Verilog compared: {verdict}", highlight=False)
    return 0 if agrees else 1


def _timely(outcome: Outcome) -> bool:
    """Everything passed, and its time is as it should be."""
    return outcome.ok and not timing_failures(outcome) and not local_failures(outcome)


def _whole(args: argparse.Namespace) -> bool:
    """Whether every scenario runs at full size, so that a coverage hole is a failure."""
    return not args.scenarios and not args.fault and (args.n or INTERRUPTS) >= INTERRUPTS


@contextmanager
def _junit_file(args: argparse.Namespace, plans: Sequence[Outcome], seed: int) -> Iterator[Path]:
    """Where the JUnit file of all runs goes, for this process alone."""
    if args.junit is not None:
        yield args.junit
        return
    chosen = ",".join(Path(outcome.run.folder).name for outcome in plans)
    with claimed(args.out / f"sim-{args.sim}-seed{seed}-{digest([chosen])[:8]}.xml") as file:
        yield file


@dataclass(frozen=True, slots=True)
class _Job:
    """One simulation: a path, and the recording that drives it if there is one."""

    path: InterruptPath
    recording: Path | None = None

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.path.name if self.recording is None else f"{self.path.name}-{name_of(self.recording)}"


def _jobs(path: InterruptPath, named: Sequence[str], *, asked: bool) -> list[_Job]:
    """One job a path; of the path that recordings drive one for each of them (those `named`), or the default one if nobody asked
    for it. Raises `CheckError`."""
    if path.name != LINUX:
        return [_Job(path)]
    if named:
        return [_Job(path, recording) for recording in find_recordings(named)]
    return [_Job(path, recording) for recording in for_verilog() if asked or name_of(recording) == DEFAULT]


def _device_for(path: InterruptPath, args: argparse.Namespace, scenarios: Sequence[str]) -> DutParameters:
    """What is built for a path. Raises `ConfigError` where there is no such build, `CheckError` where it lacks what the path or
    one of the scenarios needs."""
    device = replace(path.device, pes=args.pes, priority_bits=args.priority_bits, **args.device)
    for name, least in path.needs.items():
        if getattr(device, name) < least:
            raise CheckError(f"path {path.name} needs a device with {name}={least}; name other paths by --paths")
    narrow = {name: least for name, least in path.widths.items() if getattr(device, name) < least}
    if narrow and (fixed := [name for name in scenarios if name not in path.any_width]):
        wanted = ", ".join(f"{name}={least} or more" for name, least in narrow.items())
        raise CheckError(
            f"scenario {fixed[0]} of path {path.name} needs a device with {wanted}; "
            f"for any width there are --scenarios {','.join(path.any_width)}"
        )
    return device


def _planned(args: argparse.Namespace, job: _Job, scenarios: tuple[str, ...], seed: int) -> Outcome:
    """What a job's run is to be."""
    path = job.path
    if args.described:
        device = path.device
    else:
        device = _device_for(path, args, scenarios) if job.recording is None else device_of(job.recording)
    usual = RunConfig(
        path=path.name,
        folder="",
        seed=seed,
        device=path.device if job.recording is None else device,
        simulator=args.sim,
        trace="" if job.recording is None else str(job.recording),
        events=prefix(job.recording) if job.recording is not None and args.sim == "icarus" else 0,
    )
    chosen = replace(
        usual,
        interrupts=args.n or INTERRUPTS,
        device=device,
        events=args.events or usual.events,
        fault=args.fault,
        model_fault=args.model_fault,
        described=args.described,
        timing=args.timing,
    )
    more = suffix(options(chosen, scenarios, args.waves), options(usual, path.scenarios, waves=False))
    folder = args.out / f"{job.name}-{args.sim}-seed{seed}{more}"
    return planned(patient(replace(chosen, folder=str(folder))), path.module, scenarios)


def _leave(args: argparse.Namespace, book: Book, outcome: Outcome) -> None:
    """What stays of a run: the command that repeats it, its JUnit file, evidence, and unless it passed its transactions."""
    config, folder = outcome.run, Path(outcome.run.folder)
    write_text(folder / COMMAND, command(outcome, ",".join(outcome.wanted)) + "\n")
    save(results_of(outcome), folder / RECORD)
    groups, whole = plan(config.path, config.dut()), _whole(args) and outcome.ok
    uncovered_bins = uncovered(groups, outcome) if whole else []
    suite = write_run(
        outcome,
        {f"option.{name}": str(value) for name, value in vars(args).items()},
        [
            *([coverage_case(outcome, uncovered_bins, whole=whole)] if groups else []),
            *filter(None, [timing_case(outcome), local_case(outcome)]),
        ],
    )
    book.put(outcome.name, suite)
    if suite.ok and not args.keep:
        drop_bulk(config)
    elif (folder / "records.bin").exists():
        write_transactions(config)
    if outcome.failure is not Failure.ENDED:
        note(outcome)


def _show_waves(console: Console, outcome: Outcome) -> None:
    folder = Path(outcome.run.folder)
    found = sorted(folder.glob("*.fst"))
    if not found:
        console.print("waves: none were written", highlight=False)
        return
    view, commands = write_views(outcome.run, found[0], first_mismatch(outcome))
    console.print(
        f"waves: {found[0]}\n  gtkwave {shlex.quote(str(view))}\n"
        f"  or: cd {shlex.quote(str(folder))} && surfer --command-file {commands.name}",
        highlight=False,
        soft_wrap=True,
    )


def replays(args: argparse.Namespace) -> bool:
    """Whether recordings are replayed too: with everything, unless they are left out or not there; else only if asked for."""
    return bool(args.replay or (CHECKOUT and not (args.no_replay or args.paths or args.scenarios or args.described)))


def first_mismatch(outcome: Outcome) -> int | None:
    """The time of the first mismatch of the run in its waves, in picoseconds; None if there is none."""
    for scenario in outcome.scenarios:
        for mismatch in scenario["listed"]:
            return time_of(mismatch["cycle"], scenario["origin_ns"])
    return None


def _replayed(file: Path) -> Findings:
    return Replay(file).run()


def _replay(console: Console, book: Book, jobs: int) -> bool:
    """Replay the project's own recordings; True if they agree."""
    results = each(console, "replay", _replayed, recordings(), jobs)
    book.put("replay", replay_suite(recordings(), results))
    print_findings(console, results)
    return all(findings.ok for findings in results)
