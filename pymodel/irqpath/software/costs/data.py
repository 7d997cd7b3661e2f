"""Reads machines.toml and hops.toml."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias, TypeVar

from irqpath.core.errors import ConfigError

#: What a machine can be asked for; the order is that of all output.
INPUTS: Final = ("hvc", "mmio_user", "mmio_vgic", "eoi", "ipi")
#: What is predicted of it. The end of interrupt is not: it is the CPU's alone, and depends on where the benchmark's ISB stands.
PREDICTED: Final = ("hvc", "mmio_vgic", "mmio_user", "ipi", "lpi", "timer")
ROWS: Final = (*INPUTS, "lpi", "timer")
UNITS: Final = ("ns", "cycles")
#: By row, all in one unit.
Times: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Clock:
    """`mhz`: MHz; `assumed`: whether it is not stated where the times come from; `source`: what it rests on."""

    mhz: int
    assumed: bool
    source: str


@dataclass(frozen=True, slots=True)
class Run:
    """One table that was published. `unit`: of its times, "ns" or "cycles"; `from_memory`: rows that were not read there."""

    name: str
    unit: str
    source: str
    times: Times
    from_memory: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """`calibrates`: predictions are learned from it; else it is only predicted."""

    name: str
    calibrates: bool
    runs: tuple[Run, ...]
    cpu: Clock | None = None
    gic: Clock | None = None


@dataclass(frozen=True, slots=True)
class Composition:
    """A time is `counts` times others, and a multiple of `rest`, which is learned. `says`: what that stands for."""

    counts: Mapping[str, int]
    rest: str
    says: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A single published number, or a range from `value` to `to`."""

    name: str
    value: int
    unit: str
    source: str
    to: int = 0


@dataclass(frozen=True, slots=True)
class Unvalidated:
    """What nobody has published. `known`: names of figures that are of a part of it."""

    name: str
    says: str
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hops:
    """What hops.toml has."""

    compose: Mapping[str, Composition]
    figures: Mapping[str, Figure]
    unvalidated: tuple[Unvalidated, ...]


_T = TypeVar("_T")


def _text(name: str) -> str:
    return (files("irqpath.software.costs") / name).read_text(encoding="utf-8")


@cache
def machines() -> tuple[Machine, ...]:
    """The machines that come with irqpath."""
    return parse_machines(_text("machines.toml"))


@cache
def hops() -> Hops:
    """The compositions that come with irqpath."""
    return parse_hops(_text("hops.toml"))


def calibrating() -> tuple[Machine, ...]:
    """The machines that predictions are learned from."""
    return tuple(machine for machine in machines() if machine.calibrates)


def parse_machines(text: str) -> tuple[Machine, ...]:
    """Machines from the text of a file. Raises `ConfigError` that names the machine which is wrong."""
    found = []
    for entry in _tables(text, "machine"):
        where = f"machine {entry.get('name')}"
        clocks: dict[str, Any] = {part: _made(Clock, entry.pop(part), where) for part in ("cpu", "gic") if part in entry}
        runs = tuple(_run(run, where) for run in entry.pop("run", []))
        machine = _made(Machine, {**entry, **clocks, "runs": runs}, where)
        if not runs or (machine.calibrates and any(run.from_memory for run in runs)):
            raise ConfigError(f"{where}: it needs times, and one that calibrates none from memory")
        found.append(machine)
    return tuple(found)


def parse_hops(text: str) -> Hops:
    """Compositions and figures from the text of a file. Raises `ConfigError`."""
    compose = {}
    for row, entry in _document(text).get("compose", {}).items():
        compose[row] = _made(Composition, entry, f"composition of {row}")
        if not {row, *compose[row].counts, compose[row].rest} <= set(ROWS):
            raise ConfigError(f"composition of {row}: rows are {', '.join(ROWS)}")
    figures = {entry["name"]: _made(Figure, entry, "figure") for entry in _tables(text, "figure")}
    unvalidated = tuple(
        _made(Unvalidated, {**entry, "known": tuple(entry.get("known", ()))}, "unvalidated")
        for entry in _tables(text, "unvalidated")
    )
    if unknown := {name for entry in unvalidated for name in entry.known} - figures.keys():
        raise ConfigError(f"unvalidated: there is no figure {sorted(unknown)[0]!r}")
    return Hops(compose, figures, unvalidated)


def _run(entry: dict[str, Any], where: str) -> Run:
    run = _made(Run, {**entry, "from_memory": tuple(entry.get("from_memory", ()))}, where)
    if run.unit not in UNITS or not run.times.keys() <= set(ROWS):
        raise ConfigError(f"{where}, {run.name}: units are {', '.join(UNITS)}, rows are {', '.join(ROWS)}")
    if not all(math.isfinite(time) and time > 0 for time in run.times.values()):
        raise ConfigError(f"{where}, {run.name}: a time is above 0")
    return run


def _document(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"published times: {error}") from None


def _tables(text: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _document(text).get(name, [])
    return found


def _made(kind: type[_T], entry: dict[str, Any], where: str) -> _T:
    """An entry as its type. Raises `ConfigError` for a field too many or too few."""
    try:
        return kind(**entry)
    except TypeError:
        names = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]  # all kinds are dataclasses
        raise ConfigError(f"{where}: it has {', '.join(entry)}; its fields are {names}") from None
