"""Reading a LabTrace 1 recording: gzip or plain JSON Lines, one event a line, in execution order.

Whatever is wrong with a file is one `TraceError` that names the line; every event before it has been handed out by then.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from irqpath.core.errors import IrqpathError, TraceError

Event = dict[str, Any]

#: Compressed bytes that are unpacked at a time: small, so that a damaged file gives all that comes before the damage.
_CHUNK: Final = 1 << 12
#: Bytes of text that are kept of a recording which is looked through more than once.
_KEPT: Final = 1 << 28
#: Text of events that only a machine with virtual CPU interfaces has.
_EL2_SIGNS: Final = (b'"x":2', b'"virq":', b'"lr":', b'"gich"', b'"maint"')
_GZIP: Final = b"\x1f\x8b"
#: Bytes of the longest first line; a file without a line that ends before is no recording.
_LONGEST_HEADER: Final = 1 << 16
#: First bytes of files that people give by mistake.
_FOREIGN: Final = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\xfd7zXZ", "an xz file; unpack it first"),
    (b"BZh", "a bzip2 file; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd file; unpack it first"),
    (b"\x7fELF", "a program"),
    (b"$", "a VCD file"),
    (b"<", "an HTML or XML file"),
)
#: Integer fields that an event of a kind must have; (kind -> fields). Other fields are checked where they are used.
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "mw": ("o", "s", "v"),
    "mr": ("c", "o", "s", "v"),
    "sw": ("c", "v"),
    "sr": ("c", "v"),
    "st": ("c",),
    "hcr": ("c", "v"),
    "cpurst": ("c",),
    "spi": ("i", "l"),
    "ppi": ("c", "i", "l"),
    "msi": ("dev", "v", "s"),
    "range": ("a", "n"),
    "snap": ("a", "n"),
    "m": ("a",),
    "ml": ("a", "s", "v"),
    "kick": ("a", "s", "v"),
    "out": ("c",),
    "maint": ("c", "l"),
    "hppi": ("c", "p"),
    "sgi": ("c", "i"),
    "ack": ("c", "i"),
    "cmd": (),
    "tab": (),
    "vq": (),
    "vreset": (),
    "vst": (),
    "vqop": (),
}


#: Kinds of events that name a region.
REGIONAL: Final = frozenset(("mw", "mr", "range", "snap", "m", "ml"))
_SIZES: Final = frozenset((1, 2, 4, 8))


@dataclass(frozen=True, slots=True)
class Header:
    """Line 1 of a recording. `devices`: device name -> type; `events`: how many events follow or are counted in the file;
    `partial`: of what the machine put out, only lines were recorded; `config`: fields of `GicConfig` that differ from QEMU's."""

    name: str
    gic: str
    kernel: str
    events: int
    devices: dict[str, str]
    partial: bool = False
    #: stretches were left out that leave the interrupt controller as it was
    cut: bool = False
    config: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Survey:
    """What must be known of a recording before its replay starts.

    `has_its`: an ITS is accessed; `has_lpis`: GICD_TYPER.LPIS as software first read it, else as `has_its`; `has_el2`:
    software runs at EL2, or a virtual CPU interface puts something out.
    """

    header: Header
    has_its: bool
    has_lpis: bool
    has_el2: bool


class Recording:
    """A recording that is looked through more than once and read once: its text is kept, unless that is more than 256 MB."""

    def __init__(self, path: Path) -> None:
        """Reads the file; what is wrong with it is raised where it is looked through."""
        self.path: Final = path
        self._pieces: list[tuple[bytes, float]] | None = []
        self._error: TraceError | None = None
        length = 0
        try:
            for text, share in _read(path):
                length += len(text)
                if length > _KEPT:
                    self._pieces = None
                    return
                self._pieces.append((text, share))
        except TraceError as error:
            self._error = error

    def pieces(self) -> Iterator[tuple[bytes, float]]:
        """(text, share of the file that was read by then), as they were read. Raises `TraceError`."""
        if self._pieces is None:
            yield from _read(self.path)
            return
        yield from self._pieces
        if self._error is not None:
            raise TraceError(str(self._error)) from self._error.__cause__


#: Where events come from.
Source = Path | Recording


def _read(path: Path) -> Iterator[tuple[bytes, float]]:
    """The file's text in pieces, and the share of it that was read. Raises `TraceError` where the gzip ends early."""
    try:
        size = max(1, path.stat().st_size)
        with path.open("rb") as file:
            first = file.read(2)
            file.seek(0)
            inflate = zlib.decompressobj(31) if first == _GZIP else None
            while piece := file.read(_CHUNK):
                yield inflate.decompress(piece) if inflate else piece, file.tell() / size
            if inflate and not inflate.eof:
                raise TraceError("the gzip stream ends early: the file was cut off; copy it again")
    except zlib.error as error:
        raise TraceError(f"the gzip stream is damaged ({error}); copy the file again") from error
    except OSError as error:
        raise TraceError(f"cannot be read ({error.strerror}); give the path of a recording (*.jsonl.gz or *.jsonl)") from error


def _lines(source: Source, progress: Callable[[float], None] | None = None) -> Iterator[tuple[int, bytes]]:
    """(line number from 1, line); `progress` is told the share that was read. Raises `TraceError`."""
    rest, number = b"", 0
    path, pieces = (source.path, source.pieces()) if isinstance(source, Recording) else (source, _read(source))
    try:
        for chunk, share in pieces:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                number += 1
                yield number, line
            if progress:
                progress(share)
    except TraceError as error:
        raise TraceError(f"{path}, line {number + 1}: {error}") from error
    if rest:
        yield number + 1, rest


def _parse(path: Path, number: int, line: bytes) -> Event:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise TraceError(f"{path}, line {number}: no JSON ({error}); the recording is damaged here") from error
    if not isinstance(event, dict) or not isinstance(event.get("e"), str):
        raise TraceError(f"{path}, line {number}: an event is an object with its kind in 'e'")
    return event


def no_recording(path: Path, what: str) -> TraceError:
    """The error for a file that was given by mistake."""
    return TraceError(f"{path} is no recording: {what}; irqpath replays recordings of format labtrace (*.jsonl.gz or *.jsonl)")


def look_for(path: Path) -> None:
    """Raise `TraceError` where there is no file that could be a recording."""
    _check_file(path)
    try:
        path.open("rb").close()
    except OSError as error:
        raise TraceError(f"{path} cannot be read: {error.strerror}; give the path of a recording (*.jsonl.gz)") from error


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise TraceError(f"{path} cannot be read: Is a directory, which is no recording; give the path of a file")
    if path.exists() and not path.is_file():
        raise no_recording(path, "it is no file, but a pipe or a device")


def _path_of(source: Source) -> Path:
    return source.path if isinstance(source, Recording) else source


def header(source: Source) -> Header:
    """The first line of a recording. Raises `TraceError` for what is none, or cannot be read."""
    path = _path_of(source)
    _check_file(path)
    text = b""
    try:
        for chunk, _ in source.pieces() if isinstance(source, Recording) else _read(source):
            text += chunk
            if b"\n" in text or len(text) > _LONGEST_HEADER:
                break
    except TraceError as error:
        raise TraceError(f"{path}, line 1: {error}") from error
    line, end, _ = text.partition(b"\n")
    if not text:
        raise no_recording(path, "it is empty")
    for magic, what in _FOREIGN:
        if line.startswith(magic):
            raise no_recording(path, f"it is {what}")
    try:
        event = orjson.loads(line) if end or len(text) <= _LONGEST_HEADER else None
    except orjson.JSONDecodeError:
        event = None
    if event is None:
        raise no_recording(path, "line 1: no JSON")
    if not isinstance(event, dict) or event.get("e") != "hdr" or event.get("format") != "labtrace":
        raise no_recording(path, "line 1: no LabTrace header")
    return _header(path, event)


def _header(path: Path, event: Event) -> Header:
    if event.get("version") != 1:
        raise TraceError(f"{path}, line 1: LabTrace version {event.get('version')}; this irqpath reads version 1")
    try:
        devices = {str(name): str(kind) for name, kind in dict(event.get("devs", {})).items()}
        config = {str(name): int(value) for name, value in event.get("config", {}).items()}
        partial = bool(event.get("partial", 0))
        return Header(
            str(event["name"]),
            str(event["gic"]),
            str(event["kernel"]),
            int(event["events"]),
            devices,
            partial=partial,
            cut=bool(event.get("cut", 0)),
            config=config,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TraceError(f"{path}, line 1: the header lacks or garbles {error}") from error


def survey(source: Source) -> Survey:
    """Look through a recording for what its machine has; a damaged end is left for `events` to report."""
    head = header(source)
    path = _path_of(source)
    has_its, has_el2, has_lpis = False, False, None
    with suppress(TraceError):
        for number, line in _lines(source):
            if number == 1:
                continue
            if has_lpis is None and b'"gicd"' in line:
                has_lpis = _read_of_typer(_parse(path, number, line))
            has_its = has_its or b'"gits"' in line
            has_el2 = has_el2 or any(sign in line for sign in _EL2_SIGNS)
            if has_its and has_lpis is not None and has_el2:
                break
    return Survey(head, has_its, has_its if has_lpis is None else has_lpis, has_el2)


def _read_of_typer(event: Event) -> bool | None:
    """GICD_TYPER.LPIS if `event` reads it."""
    if event["e"] != "mr" or event.get("r") != "gicd" or event.get("o") != 4 or type(event.get("v")) is not int:
        return None
    return bool(event["v"] >> 17 & 1)


#: What handling an event raises that is not as it must be.
GARBLED: Final = (IrqpathError, AttributeError, LookupError, TypeError, ValueError, ArithmeticError)


def at_line(path: Path, line: int, event: Event, error: Exception) -> TraceError:
    """What handling an event raised, as an error that names its line."""
    what = error if isinstance(error, IrqpathError) else f"event {event['e']!r} lacks or garbles {error}"
    return TraceError(f"{path}, line {line}: {what}")


def events(
    source: Source,
    progress: Callable[[float], None] | None = None,
    *,
    wanted: Callable[[bytes], bool] | None = None,
) -> Iterator[tuple[int, Event]]:
    """(line number, event) for every event after the header; kinds and integer fields are checked. Raises `TraceError`.

    `wanted`: by its text, whether a line is looked at at all.
    """
    required = REQUIRED
    path = source.path if isinstance(source, Recording) else source
    for number, line in _lines(source, progress):
        if number == 1 or (wanted is not None and not wanted(line)):
            continue
        event = _parse(path, number, line)
        fields = required.get(event["e"])
        if fields is None:
            raise TraceError(f"{path}, line {number}: unknown event {event['e']!r}; the recording is newer than this irqpath")
        for name in fields:
            if type(event.get(name)) is not int:
                raise TraceError(f"{path}, line {number}: event {event['e']!r} needs an integer {name!r}")
        if event["e"] in REGIONAL and type(event.get("r")) is not str:
            raise TraceError(f"{path}, line {number}: event {event['e']!r} needs the name of a region in 'r'")
        if "s" in fields and event["s"] not in _SIZES:
            raise TraceError(
                f"{path}, line {number}: event {event['e']!r} has a size of {event['s']} bytes; there are 1, 2, 4 and 8"
            )
        yield number, event
