"""Every poll of software has a limit: loops whose condition reads the device stand in one place, which has one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from irqpath.core.places import ROOT

FILES = sorted((ROOT / "testbench" / "irqpath_testbench" / "sequences").glob("*.py"))
#: Where such a loop may stand: it counts the cycles.
LIMITED = ("polling.py",)


def endless(source: str) -> list[int]:
    """Lines of loops that end only when the device wants it: `while True`, or an access or a line in the condition."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.While):
            continue
        parts = list(ast.walk(node.test))
        reads = any(isinstance(part, ast.Await) or (isinstance(part, ast.Attribute) and part.attr == "lines") for part in parts)
        if reads or (isinstance(node.test, ast.Constant) and node.test.value):
            lines.append(node.lineno)
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_poll_without_a_limit(path: Path) -> None:
    """Software of scenarios polls by testbench/irqpath_testbench/sequences/polling.py."""
    assert path.name in LIMITED or not endless(path.read_text()), (
        "poll by testbench/irqpath_testbench/sequences/polling.py, which has a limit"
    )


def test_a_poll_without_a_limit_is_seen() -> None:
    """Each way to write one."""
    for source in (
        "while await pe.read('GICD_CTLR') >> 31:\n    pass",
        "while not (await pe.read('X'))[0] & 1:\n    await pe.spend(2)",
        "while taken or pe.lines:\n    pass",
        "while True:\n    break",
    ):
        assert endless("async def f(pe, taken):\n" + "".join(f"    {line}\n" for line in source.splitlines())) == [2], source
