"""Code coverage of the Verilog as reports want it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from irqpath_testbench.tools.regress.code_coverage import Line, Source


def kinds(code: Iterable[Source]) -> list[str]:
    """Of points, in the order of the first file that has each."""
    return list(dict.fromkeys(kind for source in code for kind in source.shares))


def shares(code: Iterable[Source]) -> dict[str, tuple[int, int, int]]:
    """Covered, total, excluded by kind, over all files."""
    code = list(code)
    return {
        kind: (
            sum(source.shares[kind].covered for source in code if kind in source.shares),
            sum(source.shares[kind].total for source in code if kind in source.shares),
            sum(source.shares[kind].excluded for source in code if kind in source.shares),
        )
        for kind in kinds(code)
    }


def code_json(code: Iterable[Source]) -> list[dict[str, Any]]:
    """For regress.json: shares, and what was not reached, by line."""
    return [
        {
            "file": source.file,
            "shares": {k: {"covered": s.covered, "total": s.total, "excluded": s.excluded} for k, s in source.shares.items()},
            "not_run": [line.number for line in source.lines if _not_run(line)],
            "missed": {str(line.number): list(line.missed) for line in source.lines if line.missed},
        }
        for source in code
    ]


def code_rows(code: Iterable[Source]) -> list[list[Any]]:
    """For the page's script: a file's name and its lines: text, count (-1: nothing to run), what was missed, why excluded."""
    return [
        [
            source.file,
            [[line.text, -1 if line.count is None else line.count, ", ".join(line.missed), line.reason] for line in source.lines],
        ]
        for source in code
    ]


def _not_run(line: Line) -> bool:
    return line.count == 0 and not line.reason
