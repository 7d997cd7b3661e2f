"""Whether an SGI that was sent becomes pending at its target (R76, IHI 0069 12.1, SGI forwarding)."""

from __future__ import annotations

from typing import Final

from irqpath.core.transactions import SgiDeliver, SgiKind
from irqpath.gic.common.security import NONSECURE_SGI

#: Group that a register asks for, by (register, Non-secure access) (IHI 0069 12.1, SGI forwarding).
_ASKS_FOR: Final = {
    (SgiKind.SGI0R, False): 0,
    (SgiKind.SGI0R, True): 0,
    (SgiKind.SGI1R, False): 2,
    (SgiKind.SGI1R, True): 1,
    (SgiKind.ASGI1R, False): 1,
    (SgiKind.ASGI1R, True): 2,
}


def permitted(t: SgiDeliver, group: int, *, sgi1r_reaches_group0: bool) -> bool:
    """With one Security state the target decides by the group it holds the SGI in."""
    return group == (t.kind == SgiKind.SGI1R) or (t.kind == SgiKind.SGI1R and sgi1r_reaches_group0)


def permitted_with_two_states(t: SgiDeliver, group: int, nsacr: int) -> bool:
    """The target decides by the group it holds the SGI in, and by GICR_NSACR."""
    nonsecure = bool(t.kind & NONSECURE_SGI)
    asked = _ASKS_FOR[SgiKind(t.kind & 3), nonsecure]
    if asked == 2 and group == 0:
        asked = 0  # what asks for Secure Group 1 reaches Group 0 as well
    granted = nsacr >> 2 * t.intid & 3
    return asked == group and not (nonsecure and granted < (1, 0, 2)[group])
