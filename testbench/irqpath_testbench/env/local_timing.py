"""`timing.local` of a scenario: how exact the profile is, block by block, and the rows that it is learned from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from irqpath.sim.timing.local import Class, Local, classes, predict, summary
from irqpath.sim.timing.profile import named
from irqpath.sim.timing.rows import Rows

#: The profile that this project's Verilog is held against.
PROFILE = "irqpath"
#: Rows of a scenario lie in the run's folder under this name.
ROWS = "rows-{}.npz"


def rows_path(folder: Path, scenario: str) -> Path:
    """Where the rows of a scenario lie."""
    return folder / ROWS.format(scenario)


def local(rows: Rows) -> Mapping[str, Any]:
    """As plain data: by kind of block the share that is exact, the mean error in cycles, how many things, and its classes: of
    each how many, how many of them exact, the sum of errors, and the first that are not exact."""
    profile = named(PROFILE)
    found = classes(rows, predict(rows, profile))
    return {kind: _plain(kind, of_kind, found) for kind, of_kind in summary(found).items()}


def _plain(kind: str, of_kind: Local, found: list[Class]) -> dict[str, Any]:
    by_class = {c.name: [c.n, c.exact, c.absolute, *c.misses] for c in found if c.kind == kind}
    shares = {"exact": round(of_kind.exact, 6), "mean_abs": round(of_kind.mean_abs, 6), "n": of_kind.n}
    return {**shares, "classes": by_class}


def classes_of(plain: Mapping[str, Any]) -> list[Class]:
    """The classes in what `local` gave."""
    return [
        Class(kind, name, n, exact, absolute, tuple(told))
        for kind, of_kind in plain.items()
        for name, (n, exact, absolute, *told) in of_kind["classes"].items()
    ]
