"""Profiles: what each thing costs, as data.

A profile has a table for each kind of block, and rows for what else takes time on a platform. In a table `costs` are cycles by
name, and `each` is what one more of something counted adds, whatever the cost; a `Term` names one cost and says the counts. They
are TOML files; `irqpath calibrate` learns them from recorded runs, and `measured` says which counts were seen there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from irqpath.core.errors import ConfigError
from irqpath.sim.timing.term import Term

#: Numbers that a table has at most: more would be a table of runs, not of a block.
NUMBERS: Final = 60
_NONE: Final[Mapping[str, int]] = MappingProxyType({})
_UNMEASURED: Final[Mapping[str, tuple[int, int]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Costs:
    """The table of one kind of block. `costs`: cycles by name; `each`: cycles that one of something counted adds; `measured`: the
    least and the greatest of the counts that it was learned from."""

    costs: Mapping[str, int] = field(default_factory=lambda: _NONE)
    each: Mapping[str, int] = field(default_factory=lambda: _NONE)
    measured: Mapping[str, tuple[int, int]] = field(default_factory=lambda: _UNMEASURED)

    def cycles(self, term: Term) -> int:
        """Cycles of a term. Raises `KeyError` with the name that the table does not have."""
        cycles = self.costs[term.name]
        for name, count in term.counts:
            cycles += self.each[name] * count
        return cycles

    def numbers(self) -> int:
        """How many numbers it has."""
        return len(self.costs) + len(self.each)


@dataclass(frozen=True, slots=True)
class Profile:
    """Times in cycles, by kind of block ("gicd") or row of a platform ("pe")."""

    name: str
    blocks: Mapping[str, Costs]

    def cycles(self, kind: str, term: Term) -> int:
        """Cycles of a term of a block of that kind. Raises `ConfigError` where the profile does not have it."""
        try:
            return self.blocks[kind].cycles(term)
        except KeyError as missing:
            raise ConfigError(f"profile {self.name} has no {missing.args[0]!r} for {kind}") from None

    def outside(self, kind: str, term: Term) -> tuple[str, ...]:
        """Which counts of a term lie outside what the profile was learned from."""
        measured = self.blocks[kind].measured
        found = []
        for name, count in term.counts:
            least, greatest = measured.get(name, (0, 0))
            if not least <= count <= greatest:
                found.append(name)
        return tuple(found)

    def with_(self, *changes: str) -> Profile:
        """The profile with other numbers: "mem.read=40" sets a cost, or what each of something counted adds. Raises
        `ConfigError` for what it does not have."""
        blocks = dict(self.blocks)
        for change in changes:
            kind, name, value = self._change(change)
            costs = blocks[kind]
            if name in costs.costs:
                blocks[kind] = replace(costs, costs={**costs.costs, name: value})
            else:
                blocks[kind] = replace(costs, each={**costs.each, name: value})
        return replace(self, blocks=blocks)

    def _change(self, change: str) -> tuple[str, str, int]:
        field_, equals, text = change.partition("=")
        kind, dot, name = field_.strip().partition(".")
        fields = {f"{k}.{n}" for k, costs in self.blocks.items() for n in (*costs.costs, *costs.each)}
        if not equals or not dot:
            raise ConfigError(f"{change!r} changes no number of a profile: say as in mem.read=40")
        if f"{kind}.{name}" not in fields:
            near = get_close_matches(f"{kind}.{name}", sorted(fields), 3) or sorted(fields)[:3]
            raise ConfigError(f"profile {self.name} has no {kind}.{name}; it has {', '.join(near)}")
        if not text.strip().isdecimal():
            raise ConfigError(f"{change!r}: cycles are a number from 0 up, not {text.strip()!r}")
        return kind, name, int(text)

    def dumps(self) -> str:
        """As TOML, which `loads` reads."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f'name = "{self.name}"'
        for kind, costs in sorted(self.blocks.items()):
            for title, numbers in (("costs", costs.costs), ("each", costs.each)):
                if numbers:
                    yield from ("", f"[{kind}.{title}]")
                    yield from (f"{_key(name)} = {value}" for name, value in sorted(numbers.items()))
            if costs.measured:
                yield from ("", f"[{kind}.measured]")
                yield from (f"{_key(name)} = [{least}, {most}]" for name, (least, most) in sorted(costs.measured.items()))


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() else f'"{name}"'


def loads(text: str, where: str) -> Profile:
    """What `Profile.dumps` wrote; `where`: what an error names. Raises `ConfigError`."""
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is no profile: {error}") from None
    name = plain.pop("name", None)
    if not isinstance(name, str):
        raise ConfigError(f"{where} is no profile: it has no name")
    return Profile(name, {kind: _costs(table, f"{where}: {kind}") for kind, table in plain.items()})


def _costs(table: object, where: str) -> Costs:
    if not isinstance(table, dict) or table.keys() - {"costs", "each", "measured"}:
        raise ConfigError(f"{where}: a table has costs, each and measured")
    costs, each = (dict(_numbers(table.get(part, {}), f"{where}.{part}")) for part in ("costs", "each"))
    if both := sorted(costs.keys() & each.keys()):
        raise ConfigError(f"{where}: {both[0]} stands twice, as a cost and as what each of something adds")
    found = Costs(costs, each, dict(_ranges(table.get("measured", {}), f"{where}.measured")))
    if found.numbers() > NUMBERS:
        raise ConfigError(f"{where}: {found.numbers()} numbers, at most {NUMBERS} are")
    return found


def _numbers(plain: object, where: str) -> Iterator[tuple[str, int]]:
    if not isinstance(plain, dict):
        raise ConfigError(f"{where}: not a table")
    for name, value in plain.items():
        if type(value) is not int or value < 0:
            raise ConfigError(f"{where}.{name}: cycles are a number from 0 up, not {value!r}")
        yield name, value


def _ranges(plain: object, where: str) -> Iterator[tuple[str, tuple[int, int]]]:
    if not isinstance(plain, dict):
        raise ConfigError(f"{where}: not a table")
    for name, value in plain.items():
        if not isinstance(value, list) or [type(n) for n in value] != [int, int] or value[0] > value[1]:
            raise ConfigError(f"{where}.{name}: the least and the greatest count, not {value!r}")
        yield name, (value[0], value[1])


def load(path: Path) -> Profile:
    """Read a file. Raises `ConfigError`, `OSError`."""
    return loads(path.read_text(encoding="utf-8"), str(path))


@cache
def named(name: str) -> Profile:
    """A profile that comes with irqpath. Raises `ConfigError`."""
    known = profiles()
    if name not in known:
        raise ConfigError(f"there is no profile {name}; there are {', '.join(known)}")
    text = (files("irqpath.sim.timing") / "profiles" / f"{name}.toml").read_text(encoding="utf-8")
    return loads(text, f"profile {name}")


def profiles() -> list[str]:
    """Names of the profiles that come with irqpath."""
    found: Iterable[str] = (entry.name for entry in (files("irqpath.sim.timing") / "profiles").iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))
