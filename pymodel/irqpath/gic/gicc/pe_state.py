"""Where an access to a GIC system register goes: the physical interface, the virtual one, a trap, or UNDEFINED.

It follows from the register's name and the PE's state alone (the accessibility pseudocode of the register pages of DDI 0595
and DDI 0601; IHI 0069 12.2, 12.4).
"""

from __future__ import annotations

import enum
import re
from functools import lru_cache
from typing import Final, TypeAlias

from irqpath.core.transactions import PeState
from irqpath.gic.gicc.virtual_interface import TALL0, TALL1, TC, TDIR

#: HCR_EL2
FMO, IMO, AMO, TGE, E2H = 1 << 3, 1 << 4, 1 << 5, 1 << 27, 1 << 34
#: SCR_EL3
NS, SCR_IRQ, SCR_FIQ, EEL2 = 1 << 0, 1 << 1, 1 << 2, 1 << 18


class Route(enum.Enum):
    """Where an access goes that does not trap."""

    PHYSICAL = 0
    VIRTUAL = 1
    UNDEFINED = 2


#: A `Route`, or the Exception level that the access traps to.
Destination: TypeAlias = Route | int


class Kind(enum.Enum):
    """Registers that are trapped and redirected alike."""

    GROUP0 = 0
    GROUP1 = 1
    COMMON = 2
    DIR = 3
    SGI = 4
    SRE = 5
    EL2 = 6
    EL3 = 7


_COMMON: Final = {"ICC_PMR_EL1": Kind.COMMON, "ICC_RPR_EL1": Kind.COMMON, "ICC_CTLR_EL1": Kind.COMMON, "ICC_DIR_EL1": Kind.DIR}


@lru_cache(maxsize=256)
def kind_of(name: str) -> Kind:
    """The kind of a system register, by its name."""
    if name.endswith("_EL3"):
        return Kind.EL3
    if name.startswith("ICH_") or name.endswith("_EL2"):
        return Kind.EL2
    if "SGI" in name:
        return Kind.SGI
    if name == "ICC_SRE_EL1":
        return Kind.SRE
    if name in _COMMON:
        return _COMMON[name]
    return Kind.GROUP0 if re.search(r"(IAR|EOIR|HPPIR|BPR|IGRPEN|AP)0", name) else Kind.GROUP1


def secure(state: PeState) -> bool:
    """The PE is in Secure state: EL3, or below it with SCR_EL3.NS 0."""
    return state.el == 3 or not state.scr & NS


def el2_enabled(state: PeState, has_el2: bool) -> bool:
    """EL2 is there and enabled in the current Security state."""
    return has_el2 and bool(state.scr & (NS | EEL2))


def destination(kind: Kind, state: PeState, has_el2: bool, ich_hcr: int) -> Destination:
    """Where an access goes. `ich_hcr`: ICH_HCR_EL2 (its traps count at EL1 only)."""
    el = state.el
    if kind is Kind.EL3:
        return Route.PHYSICAL if el == 3 else Route.UNDEFINED
    if kind is Kind.EL2:
        reachable = el >= 2 and has_el2 and (el == 3 or el2_enabled(state, has_el2))
        return Route.PHYSICAL if reachable else Route.UNDEFINED
    if el == 0:
        return Route.UNDEFINED
    if kind is Kind.SRE:
        return Route.PHYSICAL
    if el == 1 and el2_enabled(state, has_el2):
        below = _from_guest(kind, state.hcr, ich_hcr)
        if below is not None:
            return below
    return 3 if el < 3 and _to_el3(kind, state.scr) else Route.PHYSICAL


def _from_guest(kind: Kind, hcr: int, ich_hcr: int) -> Destination | None:
    """EL1 below an enabled EL2: what traps to it, what reaches the virtual interface."""
    if kind is Kind.GROUP0:
        return 2 if ich_hcr & TALL0 else Route.VIRTUAL if hcr & FMO else None
    if kind is Kind.GROUP1:
        return 2 if ich_hcr & TALL1 else Route.VIRTUAL if hcr & IMO else None
    if ich_hcr & TC or (kind is Kind.DIR and ich_hcr & TDIR):
        return 2
    if not hcr & (FMO | IMO):
        return None
    return 2 if kind is Kind.SGI else Route.VIRTUAL


def _to_el3(kind: Kind, scr: int) -> bool:
    """Traps to EL3 where it takes the interrupts concerned (SCR_EL3.IRQ, SCR_EL3.FIQ)."""
    if kind is Kind.GROUP0:
        return bool(scr & SCR_FIQ)
    if kind is Kind.GROUP1:
        return bool(scr & SCR_IRQ)
    return scr & (SCR_IRQ | SCR_FIQ) == SCR_IRQ | SCR_FIQ
