"""Back-pressure as the testbench makes it (throttle.v): what is throttled goes in one of 2**level cycles, at random."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from irqpath.sim.timing.throttle import numbers

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
        let_go: NDArray[np.bool_] = numbers(self._seed, self._cycles) & (1 << level) - 1 == 0
        return let_go.tobytes()
