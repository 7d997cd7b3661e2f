"""Back-pressure as the testbench makes it (throttle.v): what is throttled goes in one of 2**level cycles, at random."""

from __future__ import annotations

from typing import Final

import numpy as np

_FIRST: Final = 0x2AAA_5555
#: Bits of the register, those between the taps, and steps a cycle.
_BITS: Final = 31
_TAP: Final = 28
_STEPS: Final = 7
#: Cycles that are known at first.
_KNOWN: Final = 4096


class Throttle:
    """One of the generators of random numbers: x^31 + x^28 + 1, seven steps a cycle, from cycle 0 on."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._cycles = 0
        #: by level: of each cycle that is known, whether it lets go (1)
        self._goes: dict[int, bytes] = {}

    def next(self, cycle: int, level: int) -> int:
        """The first cycle, `cycle` or later, in which it lets go at that level (0 to 7)."""
        while True:
            goes = self._goes.get(level)
            if goes is None or len(goes) != self._cycles:
                goes = self._goes[level] = self._drawn(level)
            found = goes.find(1, cycle)
            if found >= 0:
                return found
            self._cycles = max(_KNOWN, 2 * self._cycles, 2 * cycle)

    def _drawn(self, level: int) -> bytes:
        """All the numbers that are known: the bits of the register are those that were shifted in, the last one lowest."""
        first = _FIRST ^ self._seed
        bits = np.array([first >> bit & 1 for bit in range(_BITS - 1, -1, -1)], np.uint8)
        wanted = _BITS - _STEPS + _STEPS * self._cycles
        longer = 1
        while len(bits) < wanted:
            # what holds of one step holds of two at once, with taps twice as far
            while len(bits) >= 2 * longer * _BITS:
                longer *= 2
            more = bits[len(bits) - longer * _BITS :][: longer * _TAP] ^ bits[len(bits) - longer * _TAP :]
            bits = np.concatenate((bits, more))
        rows = bits[_BITS - _STEPS : wanted].reshape(-1, _STEPS)
        return np.logical_not(rows[:, _STEPS - level :].any(axis=1)).astype(np.uint8).tobytes()
