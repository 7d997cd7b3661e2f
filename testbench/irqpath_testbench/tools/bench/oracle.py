"""Operations per second of the golden models and of QEMU, on the same sequences in the same run."""

from __future__ import annotations

import itertools
from typing import Any

from rich.console import Console

from irqpath.cli.table import Figures
from irqpath.cli.terminal import program
from irqpath.core.errors import CheckError
from irqpath_testbench.tools.oracle.run import run_machine
from irqpath_testbench.tools.oracle.spec import MACHINES, MachineSpec
from irqpath_testbench.tools.oracle.tools import missing

#: The first machine of each kind.
_SPECS: tuple[MachineSpec, ...] = tuple(specs[0] for specs in MACHINES.values())


def measure(operations: int, repeat: int) -> dict[str, dict[str, float]]:
    """Machine -> operations compared, and the best of `repeat` runs in operations per second: `models`, `qemu`, and `generator`
    for what makes and compares them. Raises `CheckError` where the two do not agree."""
    rows: dict[str, dict[str, float]] = {}
    for spec in _SPECS:
        best: dict[str, float] = {"operations": 0, "models": 0, "qemu": 0, "generator": 0}
        for _ in range(repeat):
            names = (f"{spec.name}/bench/{n}" for n in itertools.count())
            tally = (result := run_machine(spec, names, operations, folder=None)).tally
            if result.findings:
                raise CheckError(f"QEMU and the models differ on {result.findings[0].sequence}; run: {program()} oracle")
            best["operations"] = tally.operations
            for key, seconds in (
                ("models", tally.model_seconds),
                ("qemu", tally.qemu_seconds),
                ("generator", tally.generator_seconds),
            ):
                best[key] = max(best[key], round(tally.operations / seconds))
        rows[spec.name] = best
    return rows


def report(console: Console, operations: int, repeat: int) -> dict[str, Any]:
    """Measure and print; where QEMU or the cross compiler is absent, say so and return nothing."""
    if lacking := missing():
        console.print(f"models beside QEMU: not measured, {lacking[0].name} is not here; {lacking[0].fix}", highlight=False)
        return {}
    rows = measure(operations, repeat)
    _table(rows).print(console)
    return rows


def _table(rows: dict[str, dict[str, float]]) -> Figures:
    headings = ("operations", "models", "QEMU", "making and\ncomparing them")
    table = Figures("Golden models beside QEMU: operations per second on the same sequences", ("machine",), headings)
    for name, row in rows.items():
        table.add(name, *(f"{row[key]:,.0f}" for key in ("operations", "models", "qemu", "generator")))
    return table
