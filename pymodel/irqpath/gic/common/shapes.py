"""Shapes of what the blocks' states share (see `irqpath.core.state`)."""

from __future__ import annotations

from typing import Final

from irqpath.core.state import Int, Maybe, Tuple, bits

#: INTIDs have at most 24 bits; -1 stands for none.
INTID: Final = bits(24)
INTID_OR_NONE: Final = Int((1 << 24) - 1, -1)
#: 8 bits, and -1 for superpriority
PRIORITY: Final = Int(0xFF, -1)
GROUP: Final = Int(2)
CANDIDATE: Final = Tuple((PRIORITY, INTID, GROUP))
MAYBE_CANDIDATE: Final = Maybe(CANDIDATE)
#: One bit a group.
GROUPS: Final = bits(3)
REGISTER32: Final = bits(32)
REGISTER64: Final = bits(64)
