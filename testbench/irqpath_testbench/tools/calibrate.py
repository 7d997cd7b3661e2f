"""`irqpath calibrate`: learns a timing profile from the rows that runs left in their folders, and says how well it fits."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console

from irqpath.cli.console import console as make_console
from irqpath.cli.table import Figures
from irqpath.cli.writing import check_writable, write_text
from irqpath.core.errors import CheckError
from irqpath.sim.timing import profile as profiles
from irqpath.sim.timing.fit import SAMPLES, SEEDS, Fit, fit
from irqpath.sim.timing.local import Class, classes, misses, pooled, predict, summary
from irqpath.sim.timing.profile import Profile
from irqpath.sim.timing.rows import Rows, load
from irqpath_testbench.env.local_timing import PROFILE, ROWS

#: A class of which less is exact is one that one number does not explain.
_EXPLAINED: Final = 0.999


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `irqpath calibrate`."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs, or folders that runs lie in")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the profile there, as TOML (default: nowhere)")
    parser.add_argument(
        "--from",
        dest="prior",
        default=PROFILE,
        metavar="PROFILE",
        help="profile whose numbers stay where too little is told of them: a name or a file (default: %(default)s)",
    )
    parser.add_argument("--name", default="", metavar="NAME", help="what the profile is called (default: as that of --from)")


def run(args: argparse.Namespace) -> int:
    """Learn, print, write. Raises `CheckError`, `ConfigError`, `OSError`."""
    if args.out is not None:
        check_writable(args.out)
    console = make_console()
    prior = profiles.load(Path(args.prior)) if args.prior.endswith(".toml") else profiles.named(args.prior)
    recordings = [load(path) for path in _rows(args.runs)]
    learned = fit(recordings, replace(prior, name=args.name) if args.name else prior)
    report(console, recordings, learned, prior)
    if args.out is not None:
        write_text(args.out, _HEAD + learned.profile.dumps())
        console.print(f"written to {args.out}", highlight=False, soft_wrap=True)
    return 0


_HEAD: Final = (
    "# Cycles, learned from recorded runs: `irqpath calibrate` writes this file; what it means stands in docs/timing.md.\n"
)


def _rows(places: Sequence[Path]) -> Iterator[Path]:
    """The files of rows. Raises `CheckError` where a place has none."""
    for place in places:
        found = sorted(place.rglob(ROWS.format("*"))) if place.is_dir() else []
        if not found:
            raise CheckError(f"{place} holds no rows of a run; give folders that `irqpath sim` wrote, such as build/runs")
        yield from found


def report(console: Console, recordings: Sequence[Rows], learned: Fit, prior: Profile) -> None:
    """What was learned, and what it does not explain."""
    found = pooled(c for rows in recordings for c in classes(rows, predict(rows, learned.profile)))
    _residuals(console, found)
    for kind, local in summary(found).items():
        console.print(
            f"{kind}: {100 * local.exact:.3f} % of {local.n:,} to the cycle, mean error {local.mean_abs:.4f} cycles, each class "
            "weighing the same",
            highlight=False,
            soft_wrap=True,
        )
    _changes(console, learned, prior)
    for kind, kept in learned.kept.items():
        if kept:
            names = ", ".join(f"{name} ({n})" for name, n in sorted(kept.items()))
            console.print(
                f"{kind}: left as they were, for there are fewer than {SAMPLES} samples, or of fewer than {SEEDS} seeds: {names}",
                highlight=False,
                soft_wrap=True,
            )
    for c in found:
        if c.share < _EXPLAINED:
            console.print(f"[red]{c.kind} {c.name}[/red]: one number does not explain it:", highlight=False, soft_wrap=True)
            for miss in c.misses:
                console.print(f"  {miss}", highlight=False, markup=False, soft_wrap=True)
    for miss in misses(found):
        console.print(f"aim missed: {miss}", highlight=False, markup=False, soft_wrap=True)


def _residuals(console: Console, found: Sequence[Class]) -> None:
    table = Figures("Residuals by class, in cycles", ("block", "class"), ("samples", "exact", "mean error"), SIMPLE_HEAD)
    for c in found:
        table.add(c.kind, c.name, f"{c.n:,}", f"{100 * c.share:.2f} %", f"{c.mean:.3f}")
    table.print(console)


def _changes(console: Console, learned: Fit, prior: Profile) -> None:
    """Numbers that are not as they were."""
    for kind, costs in learned.profile.blocks.items():
        before = prior.blocks.get(kind, profiles.Costs())
        for part in ("costs", "each"):
            old, new = getattr(before, part), getattr(costs, part)
            for name, cycles in new.items():
                if old.get(name) != cycles:
                    console.print(f"{kind}.{name}: {old.get(name, '-')} -> {cycles} cycles", highlight=False)
