"""The rules that tests cite (R17), and known defects of other implementations (D2), as data in rules.toml.

It imports cli and core.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from irqpath.core.errors import IrqpathError

BLOCKS: Final = frozenset({"gicd", "gicr", "gicc", "its", "virt", "gicv2", "gicv4", "virtio"})
_FILE: Final = Path(__file__).with_name("rules.toml")


class RuleError(IrqpathError):
    """A rule that does not exist, or a file of rules that is wrong."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `blocks`: whom it concerns; `source` and `section`: the text that decides; `status`: what it rests on."""

    id: str
    title: str
    text: str
    blocks: tuple[str, ...]
    source: str
    section: str
    status: str

    @property
    def reference(self) -> str:
        """Where the text is that decides."""
        return f"{self.source}, {self.section}"


@dataclass(frozen=True, slots=True)
class Defect:
    """What an implementation gets or got wrong, and the rule that it breaks."""

    id: str
    implementation: str
    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules and known defects, by id, in the order of the file."""

    rules: dict[str, Rule]
    defects: dict[str, Defect]

    def rule(self, id_: str) -> Rule:
        """The rule called `id_` ("R17"). Raises `RuleError`."""
        if id_ not in self.rules:
            raise RuleError(f"there is no rule {id_}; there are {_span(self.rules)}")
        return self.rules[id_]

    def defects_of(self, id_: str) -> list[Defect]:
        """Known defects that break the rule called `id_`."""
        return [defect for defect in self.defects.values() if defect.rule == id_]


def _span(table: dict[str, Any]) -> str:
    ids = list(table)
    return f"{ids[0]} to {ids[-1]}" if ids else "none"


@lru_cache(maxsize=1)
def load() -> Rules:
    """The rules that come with irqpath."""
    return parse(_FILE.read_text(encoding="utf-8"))


def parse(text: str) -> Rules:
    """Rules from the text of a file. Raises `RuleError` that names the entry which is wrong."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{_FILE.name}: {error}") from error
    rules = _entries(Rule, document.pop("rule", []))
    defects = _entries(Defect, document.pop("defect", []))
    if document:
        raise RuleError(f"{_FILE.name}: unknown {', '.join(document)}; there are rule and defect")
    for rule in rules.values():
        if not rule.blocks or not BLOCKS.issuperset(rule.blocks):
            raise RuleError(
                f"{_FILE.name}, {rule.id}: blocks are {', '.join(rule.blocks)}; known are {', '.join(sorted(BLOCKS))}"
            )
    for defect in defects.values():
        if defect.rule not in rules:
            raise RuleError(f"{_FILE.name}, {defect.id}: there is no rule {defect.rule}")
    return Rules(rules, defects)


_Entry = TypeVar("_Entry", Rule, Defect)


def _entries(kind: type[_Entry], raw: list[dict[str, Any]]) -> dict[str, _Entry]:
    """Entries of one kind by id; every field is there, none is empty, none is unknown."""
    wanted = {f.name for f in fields(kind)}
    found: dict[str, _Entry] = {}
    for values in raw:
        name = values.get("id", "an entry without id")
        if values.keys() != wanted:
            raise RuleError(f"{_FILE.name}, {name}: wrong or missing fields {', '.join(sorted(wanted ^ values.keys()))}")
        if not all(values.values()):
            raise RuleError(f"{_FILE.name}, {name}: a field is empty")
        if name in found:
            raise RuleError(f"{_FILE.name} has {name} twice")
        typed: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        found[name] = kind(**typed)
    return found
