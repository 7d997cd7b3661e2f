"""Where the rings of a device lie, sorted, so that a new one is compared with what lies beside it and not with all others."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final

from irqpath.virtio.wire import Vring

#: (address, end, name) of a part of a ring.
_Part = tuple[int, int, str]


def _parts(vring: Vring) -> list[_Part]:
    return [(address, address + size, name) for name, address, size, _ in vring.parts]


class Places:
    """Parts of the rings that are in use. They may overlap: a policy can permit it."""

    __slots__ = ("_longest", "_parts")

    def __init__(self) -> None:
        self._parts: Final[list[_Part]] = []
        self._longest = 0

    def add(self, vring: Vring) -> None:
        """A ring is used from now on."""
        for part in _parts(vring):
            insort(self._parts, part)
            self._longest = max(self._longest, part[1] - part[0])

    def remove(self, vring: Vring) -> None:
        """A ring that was added is used no more."""
        for part in _parts(vring):
            del self._parts[bisect_left(self._parts, part)]

    def overlap(self, vring: Vring) -> str:
        """Which part of a new ring overlaps with another part of it, or with one in use; "" if none does."""
        own = _parts(vring)
        for n, (start, end, name) in enumerate(own):
            low = bisect_left(self._parts, (start - self._longest,))
            high = bisect_left(self._parts, (end,), low)
            for other_start, other_end, other in (*own[n + 1 :], *self._parts[low:high]):
                if start < other_end and other_start < end:
                    bytes_ = f"{end - start} bytes, and {other} at {other_start:#x}, {other_end - other_start} bytes"
                    return f"{name} at {start:#x}, {bytes_}"
        return ""
