"""Records that the monitors in Verilog wrote, as transactions.

A record has 32 bytes, four little-endian 64-bit words (see `record.vh`): payload [63:0]; payload [127:64];
{payload [151:128], cycle of acceptance}; {link number, code, cycle of offer}. The same file format comes from both simulators.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from irqpath.core.errors import CheckError, LinkError
from irqpath.core.link import Link, block_name
from irqpath.core.links import channel_of, decode
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
    RegRead,
    RegReadData,
    RegWrite,
    RegWriteAck,
    Reset,
    SysRead,
    SysReadData,
    SysWrite,
    SysWriteAck,
    Transaction,
)

RECORD_BYTES: Final = 32
HDL: Final = Path(__file__).parent / "hdl"
_CYCLES: Final = (1 << 40) - 1
#: What a code in a record means, besides 0, a transfer.
BREACHES: Final = {
    1: "X or Z on the handshake, or on the payload under VALID",
    2: "the payload changed while it waited for READY",
    3: "VALID fell without a transfer",
}
#: The code of a property of hdl/formal that did not hold; its name, at most 16 characters, is the payload.
BROKEN_PROPERTY: Final = 4

#: Turns payload words into a transaction.
Decoder = Callable[[int, int], Transaction]

#: Makes an `Observed` of its four fields, in half the time of calling it.
_observed: Callable[[tuple[Link, int, int, Transaction]], Observed] = partial(tuple.__new__, Observed)


@dataclass(frozen=True, slots=True)
class Breach:
    """A monitor saw the link's protocol broken in `cycle`."""

    link: str
    cycle: int
    what: str


def link_numbers(pes: int) -> dict[int, Link]:
    """Each link by its number in records, from `link_ids.vh`."""
    links = {}
    for name, number in re.findall(r"`define IRQPATH_LINK_(\w+)\s+(\d+)", (HDL / "link_ids.vh").read_text()):
        block, _, rest = name.partition("_")
        if int(number) >= 256:
            links[int(number)] = Link.of(block, rest)
        elif rest in ("cmd", "ack"):
            links.update({int(number) + 32 * pe: Link.its_gicr(0, pe, rest) for pe in range(pes)})
        else:
            links.update({int(number) + 32 * pe: Link.of(block_name(block, pe), rest) for pe in range(pes)})
    return links


class Decoders:
    """Decoders by link number. Payloads that were seen before give the same transaction object again."""

    def __init__(self, pes: int) -> None:
        self.names = link_numbers(pes)
        self._access: dict[str, tuple[int, int]] = {}  # register port -> (offset, size) of the access under way
        self.by_number = {number: self._decoder(name) for number, name in self.names.items()}

    def _decoder(self, link: Link) -> Decoder:
        block = link.block
        match link.end:
            case "sys":
                return _memo(_system_request)
            case "sys_rsp":
                return _memo(_system_response)
            case "irq" | "wake" | "ppi" | "spi":
                return _memo(lambda low, _: LineChange(low >> 1, low & 1))
            case "reset":
                return lambda low, _: PeReset() if low else Reset()
            case "msi":
                return _memo(lambda low, _: Msi(low >> 32, low & 0xFFFF_FFFF))
            case "msi_rsp":
                return lambda _low, _high: MsiAck()
            case "step":
                return lambda _low, _high: CommandStep()
            case "mem":
                return _memory_request
            case "mem_rsp":
                return _memory_response
            case "reg":
                return lambda low, high: self._register_request(block, low, high)
            case "rsp":
                return lambda low, high: self._register_response(block, low, high)
            case _:
                channel = channel_of(link)
                return _memo(lambda low, _: decode(channel, low))

    def _register_request(self, block: str, low: int, high: int) -> Transaction:
        offset, size, pe = high & 0x1_FFFF, 1 << (high >> 20 & 7), high >> 23 & 0xFF
        self._access[block] = (offset, size)
        if high >> 31 & 1:
            return RegWrite(offset, size, low & ((1 << 8 * size) - 1), pe)
        return RegRead(offset, size, pe)

    def _register_response(self, block: str, low: int, high: int) -> Transaction:
        ok = not high & 1
        if high >> 1 & 1:
            return RegWriteAck(ok)
        offset, size = self._access.get(block, (0, 8))
        return RegReadData(low >> 8 * (offset & 7) & ((1 << 8 * size) - 1), ok)


def _memo(decoder: Decoder) -> Decoder:
    seen: dict[tuple[int, int], Transaction] = {}

    def decode_once(low: int, high: int) -> Transaction:
        transaction = seen.get((low, high))
        if transaction is None:
            transaction = seen[low, high] = decoder(low, high)
        return transaction

    return decode_once


def _memory_request(low: int, high: int) -> Transaction:
    address, size = high & 0xF_FFFF_FFFF_FFFF, 1 << (high >> 52 & 3)
    return MemWrite(address, size, low & ((1 << 8 * size) - 1)) if high >> 54 & 1 else MemRead(address, size)


def _memory_response(low: int, high: int) -> Transaction:
    return MemWriteAck(not high & 1) if high >> 1 & 1 else MemReadData(low)


def _system_request(low: int, high: int) -> Transaction:
    register, op = high & 0xFFFF, high >> 16 & 3
    if op == 2:
        return Barrier()
    return SysWrite(register, low) if op == 1 else SysRead(register)


def _system_response(low: int, high: int) -> Transaction:
    ok, op = bool(high & 1), high >> 1 & 3
    if op == 2:
        return BarrierAck()
    return SysWriteAck(ok) if op == 1 else SysReadData(low, ok)


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
        words = np.frombuffer(data, "<u8").reshape(-1, 4)
        words = words[np.lexsort((words[:, 3] >> 48, words[:, 2] & _CYCLES))]
        offers, accepts = words[:, 3] & _CYCLES, words[:, 2] & _CYCLES
        kinds = words[:, 3] >> 40  # {link number, code}
        self._count_waits(kinds[offers != accepts])
        columns = (words[:, 0], words[:, 1], offers, accepts, kinds)
        names, decoders = self._decoders.names, self._decoders.by_number
        found: list[Observed | Breach] = []
        for low, high, offer, accept, kind in zip(*(column.tolist() for column in columns), strict=True):
            number = kind >> 8
            if kind & 0xFF or number not in names:
                code = kind & 0xFF
                what = BREACHES.get(code, f"a record of unknown code {code}")
                if code == BROKEN_PROPERTY:
                    name = (high << 64 | low).to_bytes(16, "big").lstrip(b"\0").decode("ascii", "replace")
                    what = f"the property {name!r} does not hold"
                found.append(Breach(names.get(number, f"link {number}"), accept, what))
                continue
            try:
                found.append(_observed((names[number], offer, accept, decoders[number](low, high))))
            except LinkError as error:
                found.append(Breach(names[number], accept, str(error)))
        return found

    def _count_waits(self, kinds: NDArray[np.uint64]) -> None:
        """Transfers (code 0) that were accepted later than offered."""
        numbers, counts = np.unique(kinds[kinds & 0xFF == 0] >> 8, return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            if number in self._decoders.names:  # any other is a breach
                self.waited[self._decoders.names[number]] += count

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
