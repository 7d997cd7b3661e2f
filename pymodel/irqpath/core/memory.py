"""Sparse memory of a model platform, and the port through which a block reaches it.

Little-endian, byte addressed, 52 bits of physical address (IHI 0069 5.2: the widest that an ITS table can lie at). Pages
are numpy arrays; what was never written reads as zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import numpy.typing as npt

from irqpath.core import state
from irqpath.core.errors import AccessError
from irqpath.core.state import Int, Many, Schema, Stateful, Tuple

if TYPE_CHECKING:
    from typing_extensions import Buffer

PAGE_BITS: Final = 12
PAGE_BYTES: Final = 1 << PAGE_BITS
ADDRESS_BITS: Final = 52
_OFFSET: Final = PAGE_BYTES - 1
_SIZES: Final = frozenset((1, 2, 4, 8))
_ZEROS: Final = bytes(PAGE_BYTES)

Bytes = npt.NDArray[np.uint8]


class MemPort(Protocol):
    """How a block reads and writes memory while it handles one input: single accesses of 1, 2, 4 or 8 bytes, aligned."""

    def read(self, address: int, size: int) -> int:
        """The little-endian value of `size` bytes at `address`."""

    def write(self, address: int, size: int, value: int) -> None:
        """Store the low `size` bytes of `value` at `address`."""

    def known_zero(self, address: int, count: int) -> bool:
        """Whether the `count` bytes at `address` are known to be zero without an access, so that reading them can be left out.
        False where the port does not know, as one that sees single accesses only."""

    def peek(self, address: int, size: int) -> int | None:
        """The value at `address` without an access of the block, for a finding; None where the port does not know it."""


def check_access(address: int, size: int) -> None:
    """Raise `AccessError` unless (address, size) is one naturally aligned access inside the address space."""
    if size not in _SIZES:
        raise AccessError(f"memory access of {size} bytes at {address:#x}: use 1, 2, 4 or 8")
    if address & (size - 1):
        raise AccessError(f"memory access of {size} bytes at {address:#x} is not aligned to its size")
    if not 0 <= address < 1 << ADDRESS_BITS:
        raise AccessError(f"memory address {address:#x} lies outside the {ADDRESS_BITS}-bit physical address space")


def aligned(address: int, count: int) -> list[tuple[int, int]]:
    """The naturally aligned accesses, as wide as each may be, of the `count` bytes at `address`: (address, size). Raises
    `AccessError` outside the address space."""
    if count < 0 or address < 0 or address + count > 1 << ADDRESS_BITS:
        raise AccessError(f"{count} bytes at {address:#x} lie outside the {ADDRESS_BITS}-bit physical address space")
    accesses, end = [], address + count
    while address < end:
        size = next(size for size in (8, 4, 2, 1) if not address % size and address + size <= end)
        accesses.append((address, size))
        address += size
    return accesses


class Memory(Stateful):
    """Sparse byte memory; a `MemPort` for single accesses, and `load`/`dump` for runs of bytes."""

    def __init__(self) -> None:
        self._pages: dict[int, Bytes] = {}
        self._views: dict[int, memoryview] = {}
        self._mapped: set[int] = set()

    def schema(self) -> Schema:
        """The pages that hold something, by address."""
        return {"contents": Many(Tuple((Int((1 << ADDRESS_BITS) - 1), state.Bytes(PAGE_BYTES))))}

    @property
    def contents(self) -> list[tuple[int, bytearray]]:
        """(address, bytes) of every page that is not all zeros, in address order."""
        return [(address, bytearray(page.data)) for address, page in self.pages() if page.any()]

    @contents.setter
    def contents(self, pages: list[tuple[int, bytearray]]) -> None:
        for page in self._pages.keys() - self._mapped:
            del self._pages[page], self._views[page]
        for page in self._mapped:
            self._pages[page].fill(0)
        for address, data in pages:
            self.load(address & ~_OFFSET, bytes(data))

    def read(self, address: int, size: int) -> int:
        """Value of `size` (1, 2, 4, 8) bytes at `address`; zero where nothing was written. Raises `AccessError`."""
        if size not in _SIZES or address & (size - 1) or not 0 <= address < 1 << ADDRESS_BITS:
            check_access(address, size)
        view = self._views.get(address >> PAGE_BITS)
        if view is None:
            return 0
        offset = address & _OFFSET
        return int.from_bytes(view[offset : offset + size], "little")

    def write(self, address: int, size: int, value: int) -> None:
        """Store the low `size` (1, 2, 4, 8) bytes of `value` at `address`. Raises `AccessError`."""
        if size not in _SIZES or address & (size - 1) or not 0 <= address < 1 << ADDRESS_BITS:
            check_access(address, size)
        view = self._views.get(address >> PAGE_BITS) or self._new_page(address >> PAGE_BITS)
        offset = address & _OFFSET
        view[offset : offset + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")

    def known_zero(self, address: int, count: int) -> bool:
        """Whether the `count` bytes at `address` are all zero; quick, so that a scan of an empty table is."""
        while count > 0:
            offset = address & _OFFSET
            run = min(PAGE_BYTES - offset, count)
            view = self._views.get(address >> PAGE_BITS)
            if view is not None and view[offset : offset + run].tobytes() != _ZEROS[:run]:  # as memory, not item by item
                return False
            address += run
            count -= run
        return True

    def peek(self, address: int, size: int) -> int | None:
        """As `read`."""
        return self.read(address, size)

    def map(self, address: int, buffer: Buffer) -> None:
        """From now on the bytes at `address` are those of `buffer`, which somebody else reads and writes too, as an
        instruction-set simulator its RAM.

        Raises `AccessError` unless it is writable, whole pages of 4 KB, where nothing was written before.
        """
        view = memoryview(buffer)
        what = f"a buffer of {view.nbytes} bytes at {address:#x}"
        if view.readonly or not view.contiguous:
            raise AccessError(f"{what} can't be memory: it is read-only, or not contiguous")
        if not view.nbytes or view.nbytes % PAGE_BYTES or address % PAGE_BYTES:
            raise AccessError(f"{what} can't be memory: both must be multiples of {PAGE_BYTES}")
        if not 0 <= address <= (1 << ADDRESS_BITS) - view.nbytes:
            raise AccessError(f"{what} lies outside the {ADDRESS_BITS}-bit physical address space")
        view = view.cast("B")
        pages = range(address >> PAGE_BITS, (address + view.nbytes) >> PAGE_BITS)
        taken = min(self._pages.keys() & set(pages), default=None)
        if taken is not None:
            raise AccessError(f"{what} would hide what memory has at {taken << PAGE_BITS:#x}: map it before anything is written")
        for n, page in enumerate(pages):
            array = np.frombuffer(view, np.uint8, PAGE_BYTES, n * PAGE_BYTES)
            self._pages[page] = array
            self._views[page] = array.data
        self._mapped.update(pages)

    def load(self, address: int, data: bytes) -> None:
        """Store `data` at `address` (any length, any alignment). Raises `AccessError` past the end of the address space."""
        for page, offset, at, count in self._runs(address, len(data)):
            view = self._views.get(page) or self._new_page(page)
            view[offset : offset + count] = data[at : at + count]

    def dump(self, address: int, count: int) -> bytes:
        """The `count` bytes at `address`. Raises `AccessError` past the end of the address space."""
        parts = []
        for page, offset, _, run in self._runs(address, count):
            view = self._views.get(page)
            parts.append(bytes(run) if view is None else bytes(view[offset : offset + run]))
        return b"".join(parts)

    def pages(self) -> Iterator[tuple[int, Bytes]]:
        """(address, array of `PAGE_BYTES` bytes) of every page that was written, in address order."""
        for page in sorted(self._pages):
            yield page << PAGE_BITS, self._pages[page]

    def _new_page(self, page: int) -> memoryview:
        array = np.zeros(PAGE_BYTES, np.uint8)
        self._pages[page] = array
        self._views[page] = view = array.data
        return view

    @staticmethod
    def _runs(address: int, count: int) -> Iterator[tuple[int, int, int, int]]:
        """Split [address, address + count) at page borders: (page, offset in it, position in the run, bytes)."""
        if count < 0 or address < 0 or address + count > 1 << ADDRESS_BITS:
            raise AccessError(f"{count} bytes at {address:#x} lie outside the {ADDRESS_BITS}-bit physical address space")
        at = 0
        while at < count:
            offset = (address + at) & _OFFSET
            run = min(PAGE_BYTES - offset, count - at)
            yield (address + at) >> PAGE_BITS, offset, at, run
            at += run
