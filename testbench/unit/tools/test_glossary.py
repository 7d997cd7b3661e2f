"""The glossary has every word that a report prints: headings of tables, checks, reasons, coverage, keys of results."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from irqpath.core.errors import ArchError
from irqpath.core.places import MODELS, ROOT
from irqpath.gic.its.commands import COMMANDS
from irqpath.trace.findings import Findings
from irqpath.trace.kvm.replay import VgicReplay
from irqpath.trace.replay import Replay
from irqpath_testbench.env.plan import Group, plan
from irqpath_testbench.tools.sim.paths import PATHS

TESTBENCH = ROOT / "testbench" / "irqpath_testbench"
TRACES = ROOT / "testbench" / "unit" / "replay" / "traces"
_PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
_TABLES = ("Figures", "Words")


def _terms() -> set[str]:
    """What stands in bold in the glossary's tables."""
    rows = re.findall(r"^\| \*\*.*", _PAGE, re.MULTILINE)
    return {term.replace("\\", "") for row in rows for term in re.findall(r"\*\*(.+?)\*\*", row)}


def _trees(folder: Path) -> Iterator[ast.Module]:
    for path in sorted(folder.rglob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


def _called(node: ast.AST, *names: str) -> bool:
    """Whether it is a call of a function or method of one of these names."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in names


def _strings(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _headings(tree: ast.Module) -> Iterator[str]:
    """The columns of the tables that a module makes, also where they stand in a variable."""
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    if not imported & set(_TABLES):
        return
    values: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    values.setdefault(target.id, []).append(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node, *_TABLES):
            waiting: list[ast.AST] = list(node.args[1:3])
            seen: set[str] = set()
            while waiting:
                part = waiting.pop()
                yield from _strings(part)
                names = {n.id for n in ast.walk(part) if isinstance(n, ast.Name)} - seen
                seen |= names
                waiting += [value for name in names for value in values.get(name, [])]


def _clean(heading: str) -> str:
    """A heading as one reads it: "its_" above "gicr" is its_gicr."""
    joined = heading.replace("_\n", "_").replace("-\n", "").replace("\n", " ")
    return joined.strip()


def table_headings() -> set[str]:
    """Of every table of every command."""
    found = {_clean(h) for folder in (MODELS, TESTBENCH) for tree in _trees(folder) for h in _headings(tree)}
    return {heading for heading in found if re.search("[a-z]", heading, re.IGNORECASE)}


def checks() -> set[str]:
    """Checks that a mismatch names."""
    found = {
        node.args[0].value
        for tree in _trees(TESTBENCH / "env")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node, "fail", "_fail", "_complain", "Mismatch") and node.args
        if isinstance(node.args[0], ast.Constant)
    }
    return {str(check) for check in found}


def reasons() -> set[str]:
    """Why a journey was legally lost."""
    found: set[str] = set()
    for tree in _trees(TESTBENCH / "env" / "scoreboards"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "lost":
                found |= set(_strings(node.slice))
            elif isinstance(node, ast.Call):
                if _called(node, "cleared", "ended_by_software"):
                    found |= {text for argument in node.args for text in _strings(argument)}
                found |= {text for word in node.keywords if word.arg == "reason" for text in _strings(word.value)}
    return found - {""}


def _groups() -> list[Group]:
    return [group for name, path in PATHS.items() for group in plan(name, path.device.dut())]


def coverage() -> set[str]:
    """Coverage groups, and bins that are words: neither numbers nor names of the specification or of a transaction."""
    cells = {part for group in _groups() if group.name == "event in state" for name in group.bins for part in name.split(", ")}
    named = {error.name for error in ArchError} | {name for name, _ in COMMANDS.values()}
    bins = {name for group in _groups() if group.name != "event in state" for name in group.bins} | cells
    bins = {name for name in bins if not re.search(r"\b(?:bit|PE|SGI|PPI|SPI|LPI) \d", name)}
    words = {name for name in bins if re.search("[a-z]", name) and not re.fullmatch("(?:[A-Z][a-z]+)+", name)}
    return {group.name for group in _groups()} | words - named


def result_keys() -> set[str]:
    """Keys of result-SCENARIO.json and of `irqpath replay --json`."""
    tree = ast.parse((TESTBENCH / "env" / "base_test.py").read_text(encoding="utf-8"))
    (function,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "result"]
    (made,) = [node.value for node in function.body if isinstance(node, ast.Return)]
    assert isinstance(made, ast.Dict)
    keys = {key.value for key in made.keys if isinstance(key, ast.Constant)}
    return {str(key) for key in keys} | set(Findings("").to_json())


def replayed() -> set[str]:
    """Kinds of what a replay compares, checks besides, or does not check."""
    found: set[str] = set()
    for path in sorted(TRACES.glob("*.jsonl.gz")):
        findings = Replay(path).run()
        found |= findings.compared.keys() | findings.also.keys() | findings.unchecked.keys()
    for path in (TRACES / "nest-v3-maint.jsonl.gz", *TRACES.parent.glob("vgic/*.jsonl.gz")):
        findings = VgicReplay(path).run()
        found |= findings.compared.keys() | findings.also.keys() | findings.unchecked.keys()
    return found


@pytest.mark.parametrize(
    ("words", "one"),
    [
        (table_headings, "legally lost"),
        (checks, "differs"),
        (reasons, "no such PE"),
        (coverage, "back-pressure"),
        (result_keys, "journeys"),
        (replayed, "virtio pop"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_glossary_has(words: Callable[[], set[str]], one: str) -> None:
    """Every one of them, by itself, in bold; `one`: that they were found at all."""
    found = words()
    assert one in found
    assert sorted(found - _terms()) == []
