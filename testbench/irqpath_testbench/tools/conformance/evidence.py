"""What was seen of the models at work, by its source, and the files that keep it.

A source is a test, a scenario of a published test suite, a recording that replays without deviation, a machine of the oracle, or
a simulation. `INDEPENDENT` are those that rest on a party that none of us wrote.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from irqpath.cli.writing import write_text
from irqpath.core.errors import CheckError
from irqpath.core.places import MODELS, ROOT
from irqpath_testbench.tools.conformance.touches import Bits

FOLDER: Final = ROOT / "build" / "evidence"
SCHEMA: Final = 1
KINDS: Final = ("test", "published", "recording", "oracle", "simulation")
INDEPENDENT: Final = frozenset({"published", "recording", "oracle"})


class Source(NamedTuple):
    """Where evidence comes from; `name`: a test's file and function, a recording, a machine, a path and simulator."""

    kind: str
    name: str


@dataclass(slots=True)
class Seen:
    """What one source did. `registers`: "GICR/GICR_WAKER" -> bits; `commands`, `paths`: names; `rules`: id of a rule or known
    defect -> injected faults breaking it that the source noticed."""

    registers: dict[str, Bits] = field(default_factory=dict)
    commands: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    rules: dict[str, int] = field(default_factory=dict)

    def add(self, other: Seen) -> None:
        """What the same source did besides."""
        for key, bits in other.registers.items():
            self.registers.setdefault(key, Bits()).add(bits)
        self.commands |= other.commands
        self.paths |= other.paths
        for id_, faults in other.rules.items():
            self.rules[id_] = self.rules.get(id_, 0) + faults

    def plain(self) -> dict[str, Any]:
        """For a file."""
        return {
            "registers": {key: bits.plain() for key, bits in sorted(self.registers.items())},
            "commands": sorted(self.commands),
            "paths": sorted(self.paths),
            "rules": dict(sorted(self.rules.items())),
        }


Evidence = dict[Source, Seen]
#: What `conformance` says where it does not know.
NOT_COLLECTED: Final = "not collected"


class Collected:
    """Which figures of the table rest on evidence that was looked for, and which would only be zero because it was not."""

    def __init__(self, evidence: Evidence) -> None:
        self.kinds = {source.kind for source in evidence}
        self._rules = {source.kind for source, seen in evidence.items() if seen.rules}

    def exercised(self, kind: str) -> bool:
        """Something was run that can exercise rows of this kind; simulations show paths alone, tests show everything."""
        return bool(self._showing(kind))

    def independent(self, kind: str) -> bool:
        """An independent party was asked about rows of this kind."""
        return bool(self._showing(kind) & INDEPENDENT)

    def _showing(self, kind: str) -> set[str]:
        """The kinds of sources that were collected and can show rows of this kind."""
        if kind in ("rule", "defect"):
            return self._rules
        return self.kinds if kind == "path" else self.kinds - {"simulation"}


def digest() -> str:
    """Changes with the models' source and the descriptions of the registers and rules."""
    state = hashlib.sha256()
    for path in sorted(p for suffix in ("*.py", "*.rdl", "*.toml") for p in MODELS.rglob(suffix)):
        state.update(str(path.relative_to(MODELS)).encode() + path.read_bytes())
    return state.hexdigest()


def save(file: Path, evidence: Mapping[Source, Seen]) -> None:
    """Write evidence into a file of its own."""
    plain = [{"kind": source.kind, "name": source.name, **seen.plain()} for source, seen in sorted(evidence.items())]
    write_text(file, json.dumps({"schema": SCHEMA, "models": digest(), "sources": plain}) + "\n")


@dataclass(slots=True)
class Loaded:
    """All evidence of a folder; `stale`: files that were made with other models than those that are here now."""

    evidence: Evidence = field(default_factory=dict)
    stale: list[Path] = field(default_factory=list)


def load(folder: Path = FOLDER) -> Loaded:
    """Read all files of `folder`. Raises `CheckError` for one that is damaged, or that another version wrote."""
    found = Loaded()
    now = digest()
    for file in sorted(folder.glob("*.json")):
        try:
            value = json.loads(file.read_text())
            if value["schema"] != SCHEMA:
                raise CheckError(f"{file} has schema {value['schema']}, this irqpath reads {SCHEMA}; run: make conformance")
            for entry in value["sources"]:
                _take_in(found.evidence, entry)
            if value["models"] != now:
                found.stale.append(file)
        except FileNotFoundError:
            continue  # a run that goes on beside this one has just replaced or removed it
        except (ValueError, KeyError, TypeError) as error:
            raise CheckError(
                f"{file} is damaged ({type(error).__name__}: {error}); remove it and run: make conformance"
            ) from error
    return found


def _take_in(evidence: Evidence, entry: dict[str, Any]) -> None:
    if entry["kind"] not in KINDS:
        raise ValueError(f"kind {entry['kind']!r}")
    registers = {key: Bits(*(int(mask) for mask in masks)) for key, masks in entry["registers"].items()}
    seen = Seen(registers, set(entry["commands"]), set(entry["paths"]), {k: int(v) for k, v in entry["rules"].items()})
    evidence.setdefault(Source(entry["kind"], str(entry["name"])), Seen()).add(seen)
