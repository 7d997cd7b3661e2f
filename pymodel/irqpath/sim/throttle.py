"""Back-pressure as the testbench makes it (throttle.v): what is throttled goes in one of 2**level cycles, at random."""

from __future__ import annotations

from typing import Final

_FIRST: Final = 0x2AAA_5555
_MASK: Final = 0x7FFF_FFFF


class Throttle:
    """One of the generators of random numbers: x^31 + x^28 + 1, seven steps a cycle, from cycle 0 on."""

    def __init__(self, seed: int) -> None:
        self._state = (_FIRST ^ seed) & _MASK
        #: the low bits of each cycle so far
        self._low = bytearray()

    def goes(self, cycle: int, level: int) -> bool:
        """Whether it lets go in `cycle` at that level (0 to 7)."""
        while len(self._low) <= cycle:
            state = self._state
            self._low.append(state & 0x7F)
            self._state = (state << 7 | (state >> 24 ^ state >> 21) & 0x7F) & _MASK
        return not self._low[cycle] & ~(-1 << level)
