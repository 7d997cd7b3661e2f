"""Code coverage of the Verilog: what runs reached of lines, branches and toggles, as Verilator counts them, by line of source.

Verilator writes a file of points a run: each is a place in the source, a kind and a count. They merge by the greatest count that
any run reached: in any order, and what comes twice counts once. What need not be reached is an exclusion, with its reason; one
that excludes nothing any more is an error.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from irqpath.core.errors import CheckError
from irqpath.core.places import HDL

EXCLUSIONS: Final = Path(__file__).with_name("exclusions.toml")
KINDS: Final = ("line", "branch", "toggle")
#: Folders of hdl/ that are no part of the device: the properties of proofs, and what `make regs` writes.
_NOT_THE_DEVICE: Final = ("formal", "generated")
#: A line of Verilator's file: a key of fields and the count.
_POINT: Final = re.compile(rb"C '(.*)' (\d+)\Z", re.DOTALL)
#: Bit and direction in a toggle's name.
_BIT: Final = re.compile(r"(\[\d+\])*:[01]->[01]\Z")


class Point(NamedTuple):
    """One thing that a run can reach. `file`: from hdl/; `kind`: one of `KINDS`; `what`: which of the point's place, such as
    "else", or of a toggle signal, bit and direction; `covers`: the numbers of the lines that run with it."""

    file: str
    line: int
    column: int
    kind: str
    what: str
    covers: tuple[int, ...] = ()

    @property
    def signal(self) -> str:
        """Of a toggle, without bit and direction; "" of others."""
        return _BIT.sub("", self.what) if self.kind == "toggle" else ""


@dataclass(frozen=True, slots=True)
class CodeCoverage:
    """The greatest count that a run reached, by point; 0: none did."""

    hits: Mapping[Point, int] = field(default_factory=dict)

    def __or__(self, other: CodeCoverage) -> CodeCoverage:
        return merge((self, other))


def merge(parts: Iterable[CodeCoverage]) -> CodeCoverage:
    """All of them as one: points by union, counts by the greatest."""
    hits: dict[Point, int] = {}
    for part in parts:
        for point, count in part.hits.items():
            hits[point] = max(count, hits.get(point, 0))
    return CodeCoverage(hits)


def read(path: Path, hdl: Path = HDL) -> CodeCoverage:
    """The points of the device in a file that Verilator wrote; those of the testbench are left out. Raises `CheckError`."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise CheckError(f"{path}: {error.strerror}; a run of a build with coverage writes it at its end") from None
    if not lines or not lines[0].startswith(b"# SystemC::Coverage-3"):
        raise CheckError(f"{path} is no file of coverage that Verilator wrote")
    hits: Counter[Point] = Counter()
    for number, text in enumerate(lines[1:], 2):
        try:
            point, count = _point(text, hdl)
        except (KeyError, ValueError):
            raise CheckError(f"{path}: line {number} is no point of coverage") from None
        if point is not None:
            hits[point] += count  # variants of a module by its parameters are points of their own in the file
    return CodeCoverage(dict(hits))


def _point(text: bytes, hdl: Path) -> tuple[Point | None, int]:
    """A line of the file: None for one outside the device."""
    found = _POINT.match(text)
    if found is None:
        raise ValueError(text)
    key, count = found.groups()
    fields = dict(part.split("\x02", 1) for part in key.decode().split("\x01") if part)
    path = Path(fields["f"])
    if not path.is_relative_to(hdl):
        return None, 0
    place = path.relative_to(hdl)
    if place.parts[0] in _NOT_THE_DEVICE or fields["t"] not in KINDS:
        return None, 0
    covers = tuple(_numbers(fields.get("S", "")))
    return Point(str(place), int(fields["l"]), int(fields["n"]), fields["t"], fields["o"], covers), int(count)


def _numbers(ranges: str) -> Iterator[int]:
    """Of "3,5-7": 3, 5, 6, 7."""
    for part in ranges.split(",") if ranges else ():
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


# --- exclusions -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Points that need not be reached: of `file` (from hdl/), those on lines whose text is `line`, or the toggles of `signal`;
    `kinds`: only those. `reason`: why."""

    file: str
    reason: str
    line: str = ""
    signal: str = ""
    kinds: tuple[str, ...] = KINDS

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.file}: {self.line or self.signal!r}"

    def of(self, point: Point, texts: Sequence[str]) -> bool:
        """Whether it excludes a point of its file; `texts`: the file's lines."""
        if point.file != self.file or point.kind not in self.kinds:
            return False
        return point.signal == self.signal if self.signal else texts[point.line - 1].strip() == self.line


def load(path: Path = EXCLUSIONS) -> tuple[Exclusion, ...]:
    """The exclusions of a file. Raises `CheckError`."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("exclusion", [])
        found = tuple(Exclusion(**{**entry, "kinds": tuple(entry.get("kinds", KINDS))}) for entry in entries)
    except (OSError, tomllib.TOMLDecodeError, TypeError, AttributeError) as error:
        raise CheckError(f"{path}: these are no exclusions ({error})") from None
    for exclusion in found:
        if bool(exclusion.line) == bool(exclusion.signal) or not exclusion.reason.strip() or set(exclusion.kinds) - set(KINDS):
            raise CheckError(f"{path}: {exclusion.name} needs a reason, kinds of {', '.join(KINDS)}, and either line or signal")
    return found


def stale(coverage: CodeCoverage, exclusions: Iterable[Exclusion], hdl: Path = HDL) -> list[str]:
    """A line for each exclusion that excludes nothing any more: what it names is not there, or was reached."""
    found = []
    texts = _texts(coverage, hdl)
    for exclusion in exclusions:
        of = [n for point, n in coverage.hits.items() if exclusion.of(point, texts.get(point.file, ()))]
        if not of:
            found.append(f"{exclusion.name} is excluded ({exclusion.reason}), and is not there")
        elif all(of):
            found.append(f"{exclusion.name} is excluded ({exclusion.reason}), and was reached")
    return found


def _texts(coverage: CodeCoverage, hdl: Path) -> dict[str, list[str]]:
    """The lines of each file."""
    files = sorted({point.file for point in coverage.hits})
    try:
        return {file: (hdl / file).read_text(encoding="utf-8").splitlines() for file in files}
    except OSError as error:
        raise CheckError(f"{error.filename}: {error.strerror}; the coverage is of another version of the Verilog") from None


# --- by source --------------------------------------------------------------------------------------------------------------


class Share(NamedTuple):
    """So many points of so many were reached; `excluded` ones are in neither."""

    covered: int = 0
    total: int = 0
    excluded: int = 0


@dataclass(slots=True)
class Line:
    """One line of source. `count`: how often it ran in the run that ran it most, None where there is nothing to run; `branches`:
    (which, count); `toggles`: of the signals declared there; `missed`: names of toggles and branches that no run reached, and
    that are not excluded; `reason`: why something is excluded there."""

    number: int
    text: str
    count: int | None = None
    branches: list[tuple[str, int]] = field(default_factory=list)
    toggles: Share = field(default_factory=Share)
    missed: list[str] = field(default_factory=list)
    reason: str = ""


@dataclass(slots=True)
class Source:
    """One file of the device, by its name from hdl/: shares by kind, and its lines."""

    file: str
    shares: Mapping[str, Share]
    lines: list[Line]

    @property
    def block(self) -> str:
        """The module."""
        return Path(self.file).stem


def sources(coverage: CodeCoverage, exclusions: Sequence[Exclusion] = (), hdl: Path = HDL) -> list[Source]:
    """Each file with what was reached of it. Raises `CheckError` where the coverage is of other files than those in `hdl`."""
    points: dict[str, list[tuple[Point, int]]] = {}
    for point, count in sorted(coverage.hits.items()):
        points.setdefault(point.file, []).append((point, count))
    texts = _texts(coverage, hdl)
    return [_source(file, points[file], texts[file], [e for e in exclusions if e.file == file]) for file in sorted(points)]


def total(found: Iterable[Source]) -> dict[str, Share]:
    """Shares by kind over files."""
    parts = list(found)
    return {kind: Share(*map(sum, zip(*(source.shares[kind] for source in parts), strict=True))) for kind in KINDS if parts}


def _source(file: str, points: Sequence[tuple[Point, int]], texts: Sequence[str], exclusions: Sequence[Exclusion]) -> Source:
    lines = [Line(number, text) for number, text in enumerate(texts, 1)]
    shares = dict.fromkeys(KINDS, Share())
    for point, count in points:
        if not 0 < point.line <= len(lines):
            raise CheckError(f"{file} has no line {point.line}; the coverage is of another version of the Verilog")
        reason = next((exclusion.reason for exclusion in exclusions if exclusion.of(point, texts)), "") if not count else ""
        shares[point.kind] = _more(shares[point.kind], count, reason)
        _mark(lines, point, count, reason)
    return Source(file, shares, lines)


def _more(share: Share, count: int, reason: str) -> Share:
    if reason:
        return share._replace(excluded=share.excluded + 1)
    return share._replace(covered=share.covered + bool(count), total=share.total + 1)


def _mark(lines: list[Line], point: Point, count: int, reason: str) -> None:
    """Put a point on its lines."""
    line = lines[point.line - 1]
    line.reason = reason or line.reason
    if point.kind == "toggle":
        line.toggles = _more(line.toggles, count, reason)
    elif point.kind == "branch":
        line.branches.append((point.what, count))
    if not count and not reason and point.kind != "line":
        line.missed.append(point.what)
    for number in point.covers:
        if number <= len(lines):
            ran = lines[number - 1]
            ran.count = max(count, ran.count or 0)


# --- of a regression --------------------------------------------------------------------------------------------------------


def of_runs(
    files: Iterable[Path], exclusions: Sequence[Exclusion] | None = None, hdl: Path = HDL
) -> tuple[list[Source], list[str]]:
    """What runs left in these files: each source with what all together reached, and lines about what is wrong with it: a file
    that is missing or none or of another version of the Verilog, stale exclusions. `exclusions`: the project's, if None."""
    exclusions = load() if exclusions is None else exclusions
    coverage, wrong = CodeCoverage(), []
    for path in files:
        try:
            coverage |= read(path, hdl)
        except CheckError as error:
            wrong.append(str(error))
    if not coverage.hits:
        return [], wrong
    try:
        return sources(coverage, exclusions, hdl), wrong + stale(coverage, exclusions, hdl)
    except CheckError as error:
        return [], [*wrong, str(error)]
