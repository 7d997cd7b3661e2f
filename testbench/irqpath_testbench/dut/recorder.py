"""Records that the monitors in Verilog wrote, as transactions.

A record is a `RECORD` of `irqpath.core.links.ports`, in little-endian 64-bit words, the lowest first (see `record.vh`). What its
payload is, is described there too. The same file format comes from both simulators.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from irqpath.core.errors import CheckError, LinkError
from irqpath.core.link import Link
from irqpath.core.links import Family, Field, decode, numbered, unpacker
from irqpath.core.links.ports import (
    LINE,
    MEM_REQUEST,
    MEM_RESPONSE,
    MSI,
    PE_STATE,
    RECORD,
    REG_REQUEST,
    REG_RESPONSE,
    RESET,
    SYS_REQUEST,
    SYS_RESPONSE,
)
from irqpath.core.transactions import (
    Barrier,
    BarrierAck,
    CommandStep,
    LineChange,
    MemRead,
    MemReadData,
    MemWrite,
    MemWriteAck,
    Msi,
    MsiAck,
    Observed,
    PeReset,
    PeState,
    RegRead,
    RegReadData,
    RegWrite,
    RegWriteAck,
    Reset,
    SysRead,
    SysReadData,
    SysTrap,
    SysWrite,
    SysWriteAck,
    Transaction,
)

_WORDS: Final = RECORD.bits // 64
RECORD_BYTES: Final = 8 * _WORDS
_FIELDS: Final = {field.name: field for field in RECORD.layout}
#: What a code in a record means, besides 0, a transfer.
BREACHES: Final = {
    1: "X or Z on the handshake, or on the payload under VALID",
    2: "the payload changed while it waited for READY",
    3: "VALID fell without a transfer",
}
#: The code of a property of hdl/formal that did not hold; its name, at most 24 characters, is the payload.
BROKEN_PROPERTY: Final = 4

#: Turns a payload, three 64-bit words, into a transaction.
Decoder = Callable[[int, int, int], Transaction]

#: Makes an `Observed` of its four fields, in half the time of calling it.
_observed: Callable[[tuple[Link, int, int, Transaction]], Observed] = partial(tuple.__new__, Observed)


@dataclass(frozen=True, slots=True)
class Breach:
    """A monitor saw the link's protocol broken in `cycle`."""

    link: str
    cycle: int
    what: str


_line = unpacker(LINE.layout)
_reset = unpacker(RESET.layout)
_msi = unpacker(MSI.layout)
_mem_request = unpacker(MEM_REQUEST.layout)
_mem_response = unpacker(MEM_RESPONSE.layout)
_reg_request = unpacker(REG_REQUEST.layout)
_reg_response = unpacker(REG_RESPONSE.layout)
_sys_request = unpacker(SYS_REQUEST.layout)
_sys_response = unpacker(SYS_RESPONSE.layout)
_pe_state = unpacker(PE_STATE.layout)
#: SCR_EL3.EEL2
_EEL2_LSB: Final = 18


def link_numbers(pes: int) -> dict[int, Link]:
    """Each link by its number in records."""
    return {number: link for number, (link, _) in numbered(pes).items()}


class Decoders:
    """Decoders by link number. Payloads that were seen before give the same transaction object again."""

    def __init__(self, pes: int) -> None:
        links = numbered(pes)
        self.names = link_numbers(pes)
        self._access: dict[str, tuple[int, int]] = {}  # register port -> (offset, size) of the access under way
        self.by_number = {number: self._decoder(name, family) for number, (name, family) in links.items()}

    def _decoder(self, link: Link, family: Family) -> Decoder:
        block = link.block
        match family.carries:
            case "sys_request":
                return _memo(_system_request)
            case "sys_response":
                return _memo(_system_response)
            case "line":
                return _memo(_line_change)
            case "reset":
                return _memo(lambda *words: PeReset() if _reset(*words)[0] else Reset())
            case "msi":
                return _memo(_message)
            case "mem_request":
                return _memory_request
            case "mem_response":
                return _memory_response
            case "reg_request":
                return lambda *words: self._register_request(block, *words)
            case "reg_response":
                return lambda *words: self._register_response(block, *words)
            case "event":
                happened = MsiAck() if family.name == "its_msi_rsp" else CommandStep()
                return lambda *_: happened
            case channel:
                return _memo(partial(_decode, channel))

    def _register_request(self, block: str, *words: int) -> Transaction:
        data, offset, log2, pe, write = _reg_request(*words)
        size = 1 << log2
        self._access[block] = (offset, size)
        return RegWrite(offset, size, data & ((1 << 8 * size) - 1), pe) if write else RegRead(offset, size, pe)

    def _register_response(self, block: str, *words: int) -> Transaction:
        data, error, write = _reg_response(*words)
        if write:
            return RegWriteAck(not error)
        offset, size = self._access.get(block, (0, 8))
        return RegReadData(data >> 8 * (offset & 7) & ((1 << 8 * size) - 1), not error)


def _memo(decoder: Decoder) -> Decoder:
    seen: dict[tuple[int, ...], Transaction] = {}

    def decode_once(*words: int) -> Transaction:
        transaction = seen.get(words)
        if transaction is None:
            transaction = seen[words] = decoder(*words)
        return transaction

    return decode_once


def _decode(channel: str, low: int, middle: int, high: int) -> Transaction:
    return decode(channel, low | middle << 64 | high << 128)


def _line_change(*words: int) -> Transaction:
    level, line = _line(*words)
    return LineChange(line, level)


def _message(*words: int) -> Transaction:
    event, device = _msi(*words)
    return Msi(device, event)


def _memory_request(*words: int) -> Transaction:
    data, address, log2, write = _mem_request(*words)
    size = 1 << log2
    return MemWrite(address, size, data & ((1 << 8 * size) - 1)) if write else MemRead(address, size)


def _memory_response(*words: int) -> Transaction:
    data, error, write = _mem_response(*words)
    return MemWriteAck(not error) if write else MemReadData(data)


def _system_request(*words: int) -> Transaction:
    data, register, op = _sys_request(*words)
    if op == 2:
        return Barrier()
    if op == 3:
        el, scr, eel2 = _pe_state(register, 0, 0)
        return PeState(el, data, scr | eel2 << _EEL2_LSB)
    return SysWrite(register, data) if op == 1 else SysRead(register)


def _system_response(*words: int) -> Transaction:
    data, ok, op = _sys_response(*words)
    if op == 2:
        return BarrierAck()
    if op == 3:
        return SysTrap(data)
    return SysWriteAck(bool(ok)) if op == 1 else SysReadData(data, bool(ok))


def _column(words: NDArray[np.uint64], field: Field) -> NDArray[np.uint64]:
    """A field of each record; none lies in two words, but for the payload."""
    word, shift = divmod(field.lsb, 64)
    found: NDArray[np.uint64] = words[:, word] >> np.uint64(shift) & np.uint64((1 << field.width) - 1)
    return found


def numbers_in(column: NDArray[np.int64] | NDArray[np.uint64]) -> list[int]:
    """The small numbers that occur in it, in order; `np.unique` would load all of `numpy.ma` for that."""
    return np.flatnonzero(np.bincount(column.astype(np.int64))).tolist()


def decoded_columns(data: bytes) -> tuple[NDArray[np.int64], ...]:
    """Of whole records, in the order in which `Records.read` hands them out: cycle of the offer, of the acceptance, code, number
    of the link, and the low word of the payload."""
    words = np.frombuffer(data, "<u8").reshape(-1, _WORDS)
    words = words[np.lexsort((_column(words, _FIELDS["link"]), _column(words, _FIELDS["accept"])))]
    found = [_column(words, _FIELDS[name]) for name in ("offer", "accept", "code", "link")]
    return tuple(column.astype(np.int64) for column in (*found, words[:, 0]))


class Records:
    """The growing file of one simulation. `read` hands out what came since the last call, whole records only."""

    def __init__(self, path: Path, pes: int) -> None:
        self.path = path
        #: records handed out; place in the file of the first of them
        self.count = self.first = 0
        #: transactions that waited for READY, by link
        self.waited: Counter[str] = Counter()
        self._decoders = Decoders(pes)
        self._rest = b""
        self._fd = -1

    def open(self, *, at_end: bool = False) -> None:
        """Start reading, at the file's beginning or behind what it holds now. Raises `CheckError` where there is no file."""
        try:
            self._fd = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise CheckError(f"{self.path}: {error.strerror}; the recorder in the testbench writes it at time 0") from error
        if at_end:
            self.first = os.lseek(self._fd, 0, os.SEEK_END) // RECORD_BYTES

    @property
    def opened(self) -> bool:
        """Whether `open` was called, and `close` was not."""
        return self._fd >= 0

    def raw(self) -> bytes:
        """New records as bytes."""
        parts = [self._rest]
        while piece := os.read(self._fd, 1 << 20):
            parts.append(piece)
        data = b"".join(parts)
        whole = len(data) - len(data) % RECORD_BYTES
        self._rest = data[whole:]
        self.count += whole // RECORD_BYTES
        return data[:whole]

    def read(self) -> list[Observed | Breach]:
        """New records, decoded, in the order of acceptance, and within a cycle of link numbers: there a simulator writes them in
        an order of its own, which need not be the same in another run. A record that is no transaction is a `Breach` too.
        Each scenario counts its cycles from 0, so what is read at once must be of one (`sections`)."""
        return self.decode(self.raw())

    def decode(self, data: bytes) -> list[Observed | Breach]:
        """Decode whole records."""
        words = np.frombuffer(data, "<u8").reshape(-1, _WORDS)
        words = words[np.lexsort((_column(words, _FIELDS["link"]), _column(words, _FIELDS["accept"])))]
        offers, accepts, codes, numbers = (_column(words, _FIELDS[name]) for name in ("offer", "accept", "code", "link"))
        self._count_waits(numbers[(codes == 0) & (offers != accepts)])
        columns = (words[:, 0], words[:, 1], words[:, 2], offers, accepts, codes, numbers)
        names, decoders = self._decoders.names, self._decoders.by_number
        found: list[Observed | Breach] = []
        for low, middle, high, offer, accept, code, number in zip(*(column.tolist() for column in columns), strict=True):
            if code or number not in names:
                what = BREACHES.get(code, f"a record of unknown code {code}")
                if code == BROKEN_PROPERTY:
                    name = (high << 128 | middle << 64 | low).to_bytes(24, "big").lstrip(b"\0").decode("ascii", "replace")
                    what = f"the property {name!r} does not hold"
                found.append(Breach(names.get(number, f"link {number}"), accept, what))
                continue
            try:
                found.append(_observed((names[number], offer, accept, decoders[number](low, middle, high))))
            except LinkError as error:
                found.append(Breach(names[number], accept, str(error)))
        return found

    def _count_waits(self, waited: NDArray[np.uint64]) -> None:
        """Links of transfers that were accepted later than offered."""
        counts = np.bincount(waited.astype(np.int64))
        for number in np.flatnonzero(counts).tolist():
            if number in self._decoders.names:  # any other is a breach
                self.waited[self._decoders.names[number]] += int(counts[number])

    def sections(self, ranges: Iterable[tuple[int, int]]) -> Iterator[list[Observed | Breach]]:
        """All records of the file in pieces: of each range (first record, behind the last), in order, and of what is between."""
        data, at = self.raw(), 0
        for first, end in (*ranges, (len(data) // RECORD_BYTES,) * 2):
            for start, stop in ((at, first), (first, end)):
                if start < stop:
                    yield self.decode(data[start * RECORD_BYTES : stop * RECORD_BYTES])
            at = end

    def close(self) -> None:
        """Release the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def accepts_of(path: Path, pes: int, first: int, count: int, until: int) -> dict[Link, list[int]]:
    """The cycles of acceptance, up to `until`, of `count` records of a file from the `first` on, by link and in order. Nothing is
    decoded. Raises `OSError`."""
    words = np.fromfile(path, "<u8", count * _WORDS, offset=first * RECORD_BYTES).reshape(-1, _WORDS)
    accepts, numbers = _column(words, _FIELDS["accept"]), _column(words, _FIELDS["link"])
    kept = (_column(words, _FIELDS["code"]) == 0) & (accepts <= until)
    accepts, numbers = accepts[kept], numbers[kept]
    names = link_numbers(pes)
    return {names[n]: np.sort(accepts[numbers == n]).tolist() for n in numbers_in(numbers) if n in names}


def records_of(folder: Path, pes: int, result: Mapping[str, Any]) -> list[Observed | Breach]:
    """The records of one scenario in a run's folder. `result`: what it left (`BaseTest.result`). Raises `CheckError`."""
    first, end = result["first_record"], result["first_record"] + result["records"]
    records = Records(folder / "records.bin", pes)
    records.open()
    try:
        pieces = list(records.sections([(first, end)]))
    finally:
        records.close()
    return pieces[1 if first else 0] if first < end else []
