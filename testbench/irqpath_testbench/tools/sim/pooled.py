"""`timing.whole` of the random scenarios of many runs together, by path: the aims that one run has too few journeys for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console

from irqpath.cli.table import Figures
from irqpath.core.errors import CheckError
from irqpath_testbench.env.whole.aims import Aims, aims, enforced, missed_by_random
from irqpath_testbench.env.whole.compare import pooled
from irqpath_testbench.tools.sim.timing import COLUMNS, row

#: Of a scenario, in a run's folder.
_RESULTS = "result-*.json"


def times(places: Iterable[Path], limits: Aims) -> dict[str, Mapping[str, Any]]:
    """The comparisons of the random scenarios in `places`, folders with all that is below, as one for each path. Raises
    `CheckError` where a result is malformed."""
    files = {file.resolve() for place in places if place.is_dir() for file in place.rglob(_RESULTS)}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for file in sorted(files):
        try:
            result = json.loads(file.read_text(encoding="utf-8"))
            path, scenario, whole = result["path"], result["scenario"], result.get("timing", {}).get("whole", {})
            if scenario in limits.random and "cycles" in whole:
                found.setdefault(path, []).append(whole)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise CheckError(f"{file} is no result of a scenario ({error!r}); run it again, or leave its folder out") from None
    return {path: pooled(wholes) for path, wholes in sorted(found.items())}


def judge(console: Console, places: Iterable[Path]) -> list[str]:
    """Print a row a path, nothing where no time was compared; the aims that are missed and that their path enforces. Raises
    `CheckError`."""
    limits = aims()
    found = times(places, limits)
    if not found:
        return []
    table = Figures("Time of random scenarios: the Verilog's, and what the models say more", ("path",), COLUMNS, SIMPLE_HEAD)
    for path, whole in found.items():
        table.add(path, *row(whole))
    table.print(console)
    missed = [f"{path}: {what}" for path, w in found.items() for what in enforced(path, missed_by_random(w, limits), limits)]
    for what in missed:
        console.print(f"[red]missed[/red]: {what}", highlight=False, soft_wrap=True)
    return missed
