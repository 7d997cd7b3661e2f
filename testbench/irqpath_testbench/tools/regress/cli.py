"""Arguments and course of `irqpath regress`."""

from __future__ import annotations

import argparse
import os
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from irqpath.cli.console import console as make_console
from irqpath.cli.table import Column, Figures, Words
from irqpath.cli.terminal import program
from irqpath.core.errors import CheckError, IrqpathError
from irqpath.core.places import ROOT
from irqpath_testbench.tools.regress import folder as folders
from irqpath_testbench.tools.regress import plan as plans
from irqpath_testbench.tools.regress import quarantine, schedule
from irqpath_testbench.tools.regress.asked import Asked
from irqpath_testbench.tools.regress.audit import audit
from irqpath_testbench.tools.regress.code_coverage import of_runs
from irqpath_testbench.tools.regress.groups import group, to_rerun
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.live import Live
from irqpath_testbench.tools.regress.order import ordered
from irqpath_testbench.tools.regress.record import Record
from irqpath_testbench.tools.regress.report import report
from irqpath_testbench.tools.regress.report.page import PAGE
from irqpath_testbench.tools.regress.waves import run_again, waves_of
from irqpath_testbench.tools.regress.worker import USUAL, Limits, build_of, run_job
from irqpath_testbench.tools.sim import arguments
from irqpath_testbench.tools.sim.paths import choose
from irqpath_testbench.tools.sim.simulate import COVERAGE

#: The plan that runs where none is named.
USUAL_PLAN: Final = "smoke"
_BOTH: Final = "both"
#: Failures that the end shows.
_SHOWN: Final = 10
_GIB: Final = 1 << 30
#: Seconds.
_WAVES_BUDGET: Final = 300.0
#: Seeds of one simulator process, whose start is then less than a tenth of its time.
_TOGETHER: Final = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `irqpath regress`."""
    processors = os.cpu_count() or 1
    parser.add_argument(
        "plan",
        nargs="?",
        default="",
        metavar="PLAN",
        help=f"a plan's name ({', '.join(plans.names())}; default: {USUAL_PLAN}) or a file NAME.toml",
    )
    parser.add_argument("--seeds", default="", help="seeds instead of the plan's: 20 (1 to 20), 7-12, or a list 3,9 (7, is one)")
    parser.add_argument("--paths", default="", help="of the plan's paths only these, separated by commas")
    parser.add_argument(
        "--sim",
        default="",
        choices=(*plans.SIMULATORS, _BOTH),
        help="what the plan has for this simulator, or all of it on one that it has nothing for (default: as planned)",
    )
    parser.add_argument(
        "--jobs", type=arguments.jobs, default=processors, metavar="N", help="jobs at a time (default: %(default)s)"
    )
    parser.add_argument("--resume", action="store_true", help="go on with a regression: what has a record does not run again")
    parser.add_argument("--fail-fast", action="store_true", help="stop after the first failure")
    parser.add_argument("--list", action="store_true", help="run nothing: say which plans there are")
    parser.add_argument("--dry-run", action="store_true", help="run nothing: say which jobs would run")
    parser.add_argument("--repeat", type=Path, metavar="RECORD", help="run the job of a record again: does it do the same?")
    parser.add_argument("--name", default="", help="of the regression's folder (default: the plan's)")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build" / "regress", metavar="DIR", help="where its folder is (default: build/regress)"
    )
    parser.add_argument("--share", type=_part, default=1.0, metavar="PART", help="only so much of the plan, such as 0.1")
    parser.add_argument("--share-key", default="", metavar="TEXT", help="what chooses the share (default: the commit)")
    parser.add_argument(
        "--time-limit",
        type=_seconds,
        default=USUAL.seconds,
        metavar="S",
        help="seconds that a job may take (default: %(default)g)",
    )
    parser.add_argument(
        "--memory-limit",
        type=_seconds,
        default=USUAL.memory / _GIB,
        metavar="GIB",
        help="GiB of memory that its simulator may take (default: %(default)g)",
    )
    parser.add_argument(
        "--waves-budget",
        type=_budget,
        default=_WAVES_BUDGET,
        metavar="S",
        help="seconds for running one failure of each kind again with waves, builds not counted; 0: none (default: %(default)g)",
    )
    parser.add_argument(
        "--quarantine",
        type=Path,
        default=quarantine.FILE,
        metavar="FILE",
        help="known failures, which do not fail the regression until a day (default: tools/regress/quarantine.toml)",
    )


def _part(text: str) -> float:
    value = _number(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share of a plan; give more than 0 and at most 1, such as 0.1")
    return value


def _seconds(text: str) -> float:
    value = _number(text)
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no limit; give a number above 0")
    return value


def _budget(text: str) -> float:
    value = _number(text)
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; give seconds, 0 for none")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0


def run(args: argparse.Namespace) -> int:
    """0: everything ran and agreed; 1: something did not. Raises `CheckError`, `NotRun`, `ToolMissing`, `OSError`."""
    console = make_console()
    if args.list:
        return _list(console)
    limits = Limits(args.time_limit, int(args.memory_limit * _GIB))
    if args.repeat is not None:
        return _repeat(console, args.repeat, args.out / "repeat", limits)
    name = args.plan or USUAL_PLAN
    found = plans.load(name)
    folder = args.out.absolute() / (args.name or found.name)
    if not folder.name or folder.parent != args.out.absolute() or folder.name.endswith(folders.BEFORE):
        raise CheckError(f"--name {args.name!r} is no name of a folder; give one word")
    jobs = _jobs(args, found)
    known = quarantine.load(args.quarantine)
    if args.dry_run:
        return _dry_run(console, args, found.name, folder, jobs)
    given = bool(args.plan or args.seeds or args.paths or args.sim or args.share < 1)
    now = folders.new(folder.name, found.name, jobs, _options(args, known))
    with folders.opened(folder, now if given else None, None if args.resume else now) as asked:
        return _run(console, args, folder, asked, limits, known)


def _jobs(args: argparse.Namespace, found: plans.Plan) -> tuple[Job, ...]:
    """What is asked for. Raises `CheckError`."""
    simulators = plans.SIMULATORS if args.sim == _BOTH else (args.sim,) if args.sim else ()
    paths = tuple(path.name for path in choose(args.paths)) if args.paths else ()
    jobs = found.jobs(plans.Asked(plans.asked_seeds(args.seeds) if args.seeds else None, paths, simulators))
    return jobs if args.share == 1 else plans.share(jobs, args.share, args.share_key or folders.commit())


def _options(args: argparse.Namespace, known: quarantine.Quarantine) -> Mapping[str, Any]:
    told = {name: value if isinstance(value, int | float | bool) else str(value) for name, value in vars(args).items()}
    return told | {"quarantined": [f"{entry.path} until {entry.until}: {entry.reason}" for entry in known.entries]}


def _run(
    console: Console,
    args: argparse.Namespace,
    folder: Path,
    asked: Asked,
    limits: Limits,
    known: quarantine.Quarantine,
) -> int:
    """Run what has no record yet, and give the verdict."""
    ended = folders.read(folder, asked.jobs)
    earlier = folders.read(folders.before(folder), asked.jobs)
    left = [job for job in ordered(asked.jobs, [*earlier.values(), *ended.values()]) if job not in ended]
    builds = len({build_of(job) for job in left})
    console.print(
        f"irqpath regress: plan {asked.plan}, {len(asked.jobs):,} jobs, {len(ended):,} done before; {builds} builds; "
        f"{args.jobs} at a time; {folder}",
        highlight=False,
        soft_wrap=True,
    )
    failed = sum(not record.ok for record in ended.values())
    shows = _Shows(Live(console, len(asked.jobs), len(ended), failed), ended)

    def enough(record: Record) -> bool:
        return bool(args.fail_fast) and not record.ok and known.holds(record) is None

    try:
        if left and not any(map(enough, ended.values())):
            urgent = {record.job for record in earlier.values() if not record.ok}
            most = 1 if args.fail_fast else _TOGETHER  # a process tells what it found when all of its jobs have ended
            schedule.run(left, folder, count=args.jobs, shows=shows, limits=limits, enough=enough, most=most, urgent=urgent)
    except (KeyboardInterrupt, IrqpathError, OSError):
        console.print(f"go on with it: {_again(args, folder)}", highlight=False, soft_wrap=True)
        raise
    finally:
        shows.live.close()
    try:
        failures = [record for record in ended.values() if known.holds(record) is None]
        _with_waves(console, folder, failures, args.waves_budget, limits)
    finally:  # whoever has no patience for waves has the reports all the same
        status = _conclude(console, folder, asked, ended, known)
    return status


def _with_waves(console: Console, folder: Path, records: Sequence[Record], budget: float, limits: Limits) -> None:
    """Run one failure of each kind again with waves, unless they are there from before. That it cannot be done is no failure."""
    for record in to_rerun(group(records), budget):
        if waves_of(folder, record):
            continue
        try:
            again = run_again(record, folder, limits)
        except (IrqpathError, OSError) as error:
            _say(console, f"no waves of {record.job.name}: ", str(error))
            continue
        _say(
            console, f"waves of {record.job.name}{'' if again.same else ', [red]which failed otherwise[/red]'}: ", str(again.view)
        )


class _Shows:
    """Keeps what ended, and shows it."""

    def __init__(self, live: Live, ended: dict[Job, Record]) -> None:
        self.live, self._ended = live, ended
        self.built, self.started, self.tick = live.built, live.started, live.tick

    def ended(self, record: Record) -> None:
        """It has a record."""
        self._ended[record.job] = record
        self.live.ended(record)


def _again(args: argparse.Namespace, folder: Path) -> str:
    words = [program(), "regress", *([args.plan] if args.plan else []), "--resume", "--name", folder.name]
    words += ["--out", str(folder.parent)] if folder.parent != ROOT / "build" / "regress" else []
    for option in ("seeds", "paths", "sim"):
        words += [f"--{option}", getattr(args, option)] if getattr(args, option) else []
    words += ["--share", str(args.share)] if args.share < 1 else []
    words += ["--share-key", args.share_key] if args.share_key else []
    return shlex.join(words)


def _conclude(console: Console, folder: Path, asked: Asked, ended: Mapping[Job, Record], known: quarantine.Quarantine) -> int:
    """Write the reports, say what was found; 0 if all ran and agreed."""
    failures = [record for record in ended.values() if not record.ok]
    held = {record.job: entry for record in failures if (entry := known.holds(record))}
    bad = [record for record in failures if record.job not in held]
    for record in bad[:_SHOWN]:
        _say(console, f"[red]failed[/red] {record.job.name}: {record.verdict.value}", f": {record.reason}")
        _say(console, "  repeat it: ", record.job.command())
    if len(bad) > _SHOWN:
        _say(console, f"and {len(bad) - _SHOWN:,} more failed")
    for job, entry in held.items():
        _say(console, f"[yellow]quarantined[/yellow] until {entry.until}: {job.name}", f": {entry.reason}")
    for entry in known.expired():
        _say(console, f"[yellow]expired[/yellow] on {entry.until} in the quarantine list", f": {entry.reason}")
    code, wrong = of_runs(
        folder / record.folder / COVERAGE for record in ended.values() if record.ok and record.job.code_coverage
    )
    wrong = [*audit(ended.values()), *wrong]
    for line in wrong[:_SHOWN]:
        _say(console, "[red]wrong[/red]: ", line)
    missing = len(asked.jobs) - len(ended)
    quarantined = {job.name: f"until {entry.until}: {entry.reason}" for job, entry in held.items()}
    agrees = report(folder, quarantined, wrong, code) and not (bad or wrong or missing)
    _say(console, "page: ", str(folder / PAGE))
    counts = Counter(record.verdict.value for record in ended.values())
    said = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.most_common())
    said += f", {missing:,} did not run" if missing else ""
    verdict = "[green]everything ran and agreed[/green]" if agrees else "[red]NOT everything ran and agreed[/red]"
    _say(console, f"{len(asked.jobs):,} jobs: {said}; {verdict}")
    return 0 if agrees else 1


def _say(console: Console, text: str, plain: str = "") -> None:
    """`text` has markup of rich, `plain` has none."""
    console.print(text, end="", highlight=False, soft_wrap=True)
    console.print(plain, highlight=False, markup=False, soft_wrap=True)


def _list(console: Console) -> int:
    table = Words("plans", ("plan", "jobs", "what it is"))
    for name in plans.names():
        found = plans.load(name)
        table.add(name, f"{len(found.jobs()):,}", found.about)
    table.print(console)
    return 0


def _dry_run(console: Console, args: argparse.Namespace, name: str, folder: Path, jobs: Sequence[Job]) -> int:
    done = folders.read(folder, jobs) if args.resume else {}
    earlier = {**folders.read(folders.before(folder), jobs), **folders.read(folder, jobs)}
    table = Figures(f"plan {name}", ("path", "simulator"), [Column(head) for head in ("jobs", "seeds", "devices", "done before")])
    for path, simulator in dict.fromkeys((job.path, job.simulator) for job in jobs):
        kind = [job for job in jobs if (job.path, job.simulator) == (path, simulator)]
        figures = len(kind), len({job.seed for job in kind}), len({job.device for job in kind}), sum(job in done for job in kind)
        table.add(path, simulator, *(f"{figure:,}" for figure in figures))
    table.print(console)
    left = [job for job in jobs if job not in done]
    took = [earlier[job].wall for job in left if job in earlier]
    hours = f"; {sum(took) / len(took) * len(left) / args.jobs / 3600:.2f} hours, by earlier records" if took else ""
    builds = len({build_of(job) for job in left})
    _say(console, f"{len(left):,} of {len(jobs):,} jobs would run, on {builds} builds, {args.jobs} at a time{hours}")
    return 0


def _repeat(console: Console, path: Path, place: Path, limits: Limits) -> int:
    """Run the job of a record again; 0 if it passed and did just what the record says."""
    try:
        before = Record.from_json(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise CheckError(f"{path}: no record could be read ({error.strerror}); give a file of a regression's records/") from None
    after = run_job(before.job, place.absolute() / before.job.name, limits)
    _say(console, after.story or f"{after.job.name}: {after.verdict.value}", f" ({after.reason})" if after.reason else "")
    other = differing(before, after)
    _say(console, f"[red]other than in {path}[/red]: " if other else "just as recorded", ", ".join(other))
    _say(console, "its files: ", str(place.absolute() / before.job.name))
    return 0 if after.ok and not other else 1


def differing(one: Record, other: Record) -> list[str]:
    """In what two runs of a job differ, of what is the same whenever it runs."""
    names = ("verdict", "signature", "draws", "results")
    return [name for name in names if getattr(one, name) != getattr(other, name)]
