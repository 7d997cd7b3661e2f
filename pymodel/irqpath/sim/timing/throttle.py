"""Back-pressure as throttle.v makes it, replayed: in which cycles something that is throttled may be taken.

`go` is high in one of 2**level cycles, by a shift register that begins anew with cycle 0 and moves seven steps a cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: The seed of the memory's.
MEMORY: Final = 1
_FIRST: Final = 0x2AAA_5555
_BITS: Final = 31
_TAP: Final = 28
_STEPS: Final = 7


@lru_cache(maxsize=64)
def numbers(seed: int, cycles: int) -> NDArray[np.uint8]:
    """The low seven bits of the register in each of so many cycles from 0, of the generator with this seed. Not to be changed:
    who asks again gets the same array."""
    count = _STEPS * cycles + _BITS
    bits = np.empty(count, np.uint8)
    first = _FIRST ^ (seed & 0x7FFF_FFFF)
    bits[:_BITS] = [first >> (_BITS - 1 - n) & 1 for n in range(_BITS)]
    done, scale = _BITS, 1
    while done < count:  # x^31 + x^28 + 1, and its squares, which reach as far again
        while _BITS * scale * 2 <= done:
            scale *= 2
        size = min(_TAP * scale, count - done)
        far, near = done - _BITS * scale, done - _TAP * scale
        bits[done : done + size] = bits[far : far + size] ^ bits[near : near + size]
        done += size
    rows = bits[_BITS - _STEPS : _BITS - _STEPS + _STEPS * cycles].reshape(cycles, _STEPS)
    result = rows[:, 0].copy()
    for n in range(1, _STEPS):
        result <<= 1
        result |= rows[:, n]
    return result


def going(levels: Sequence[tuple[int, int]], cycles: int, seed: int = MEMORY) -> NDArray[np.bool_]:
    """Whether something may be taken, in each of so many cycles from 0. `levels`: (first cycle, level) in order, none before."""
    # the register is read in blocks, so that lengths that are near share the numbers
    drawn = numbers(seed, -(-cycles // _BLOCK) * _BLOCK)[:cycles]
    level = np.zeros(cycles, np.int64)
    for since, value in levels:
        level[min(since, cycles) :] = value
    result: NDArray[np.bool_] = drawn & ((1 << level) - 1) == 0
    return result


_BLOCK: Final = 1 << 16


def next_going(go: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Of each cycle the first from it on in which something may be taken; the number of cycles where there is none."""
    last = len(go)
    at = np.where(go, np.arange(last), last)
    result: NDArray[np.int64] = np.minimum.accumulate(at[::-1])[::-1]
    return result
