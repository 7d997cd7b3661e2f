"""Failures that are known: each is reported, and does not fail the regression before a day that its entry names."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from irqpath.cli.parser import did_you_mean
from irqpath.core.errors import CheckError
from irqpath_testbench.tools.regress.record import Record

#: The project's own list.
FILE: Final = Path(__file__).with_name("quarantine.toml")
_PATTERNS: Final = ("path", "check", "link", "field", "scenario")
_KEYS: Final = (*_PATTERNS, "seeds", "until", "reason")


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of failure. Patterns of a signature, "*" for anything; `seeds`: () for all; `until`: the last day."""

    until: datetime.date
    reason: str
    path: str = "*"
    check: str = "*"
    link: str = "*"
    field: str = "*"
    scenario: str = "*"
    seeds: tuple[int, ...] = ()

    def fits(self, record: Record) -> bool:
        """It is of this kind; a job that left no failure with a signature is of none."""
        if record.ok or record.signature is None or (self.seeds and record.job.seed not in self.seeds):
            return False
        values = {"path": record.job.path, **asdict(record.signature)}
        return all(fnmatchcase(values[name], getattr(self, name)) for name in _PATTERNS)


@dataclass(frozen=True, slots=True)
class Quarantine:
    """All entries, and the day that it is."""

    entries: tuple[Entry, ...] = ()
    today: datetime.date = datetime.date.min

    def holds(self, record: Record) -> Entry | None:
        """The entry that keeps a failure from failing the regression, None where there is none, or it has expired."""
        return next((entry for entry in self.entries if entry.until >= self.today and entry.fits(record)), None)

    def expired(self) -> list[Entry]:
        """Entries whose day is over."""
        return [entry for entry in self.entries if entry.until < self.today]


def load(path: Path = FILE, today: datetime.date | None = None) -> Quarantine:
    """The list in a file, today. Raises `CheckError` naming file and key."""
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckError(f"{path}: no quarantine list could be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CheckError(f"{path}: this is no TOML ({error}); mend it there") from None
    tables = plain.pop("quarantine", [])
    if plain or not isinstance(tables, list):
        raise CheckError(f"{path}, {', '.join(plain) or 'quarantine'}: the list has tables [[quarantine]] only")
    entries = tuple(_entry(table, f"{path}, [[quarantine]] {number}") for number, table in enumerate(tables, 1))
    return Quarantine(entries, today or datetime.date.today())


def _entry(table: Any, where: str) -> Entry:
    if not isinstance(table, dict):
        raise CheckError(f"{where}: {table!r} is no table")
    if unknown := [key for key in table if key not in _KEYS]:
        hint = did_you_mean(unknown[0], _KEYS) or ";"
        raise CheckError(f"{where}, {unknown[0]}: no such key{hint} there are {', '.join(_KEYS)}")
    until, reason = table.get("until"), table.get("reason")
    if type(until) is not datetime.date:
        raise CheckError(f"{where}, until: {until!r} is no day; write the last day on which it holds, such as 2026-12-31")
    if not isinstance(reason, str) or not reason.strip():
        raise CheckError(f"{where}, reason: missing; write why it is there and who looks at it")
    seeds: Sequence[Any] = table.get("seeds", [])
    if not isinstance(seeds, list) or not all(type(seed) is int and seed >= 0 for seed in seeds):
        raise CheckError(f"{where}, seeds: {seeds!r} is no list of seeds")
    patterns = {name: table[name] for name in _PATTERNS if name in table}
    if not patterns:
        raise CheckError(f"{where}: it would fit every failure; name some of {', '.join(_PATTERNS)}")
    if wrong := [name for name, value in patterns.items() if not isinstance(value, str)]:
        raise CheckError(f"{where}, {wrong[0]}: {patterns[wrong[0]]!r} is no text")
    return Entry(until, reason.strip(), seeds=tuple(seeds), **patterns)
