"""The properties of hdl/formal: where each stands, and of those that simulations watch which block keeps it and what it says
(properties.toml)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.core.places import HDL

_PROPERTY: Final = re.compile(r'`PROPERTY\((?P<assumed>\w+), "(?P<name>[^"]+)"')
#: What the recorder says of a property that a simulation broke.
_BROKEN: Final = re.compile(r"the property '(?P<name>.+)' does not hold")
_SENTENCES: Final = Path(__file__).with_name("properties.toml")


@dataclass(frozen=True, slots=True)
class Property:
    """One `PROPERTY(...)` of a file below hdl/, in `line`; `assumed` is its first argument, a parameter or 0."""

    file: str
    name: str
    line: int
    assumed: str

    @property
    def title(self) -> str:
        """What tells it from all others: its module and its name."""
        return f"{Path(self.file).stem}: {self.name}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a property says: the block that keeps it, and its sentence. `links`: of which it is recorded, as a pattern."""

    module: str
    links: str
    block: str
    says: str


def properties(file: str, hdl: Path = HDL) -> list[Property]:
    """Those of one file, which is named from hdl/."""
    lines = (hdl / file).read_text(encoding="utf-8").splitlines()
    if file.endswith("property.vh"):
        return []
    return [
        Property(file, found["name"], number, found["assumed"])
        for number, line in enumerate(lines, 1)
        if (found := _PROPERTY.search(line))
    ]


@cache
def sentences() -> dict[str, tuple[Sentence, ...]]:
    """What properties that simulations watch say, by their names, which modules may share. Raises `CheckError` where the file is
    not as its head says."""
    found: dict[str, list[Sentence]] = {}
    try:
        for module, entry in tomllib.loads(_SENTENCES.read_text(encoding="utf-8")).items():
            for name, (block, says) in entry["properties"].items():
                found.setdefault(name, []).append(Sentence(module, entry["links"], block, says))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise CheckError(f"{_SENTENCES.name}: {error}") from error
    return {name: tuple(each) for name, each in found.items()}


def explained(link: str, breach: str) -> tuple[str, str] | None:
    """Of a breach that was recorded on `link`: what should hold, and by which property of which block, with its place in hdl/.
    None where it is no property's."""
    found = _BROKEN.fullmatch(breach)
    if not found:
        return None
    name = found["name"]
    for sentence in sentences().get(name, ()):
        if fnmatchcase(link, sentence.links):
            file = f"formal/{sentence.module}.v"
            line = next(each.line for each in properties(file) if each.name == name)
            return sentence.says, f"property {name!r} of {sentence.block}; see hdl/{file}:{line}"
    return f"the property {name!r}", "a property that hdl/formal does not have; build the simulation anew"
