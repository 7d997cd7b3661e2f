"""Bugs planted in the Verilog, and how each must be found: the proof that the checks see.

A number is that of a `PLANTED(number)` in hdl/. `scenario` must fail by a mismatch of `check` on a link of `link`'s kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RtlPlant:
    """One planted bug."""

    number: int
    file: str
    what: str
    scenario: str
    check: str
    link: str


SGI_PLANTS: Final = (
    RtlPlant(1, "gicc.v", "an interrupt of the mask's own priority is signalled", "Preemption", "nothing due", "gicc0.irq"),
    RtlPlant(2, "gicc.v", "the running priority does not hold back", "Preemption", "nothing due", "gicc0.irq"),
    RtlPlant(3, "gicc.v", "ICC_EOIR does not deactivate", "EverySgi", "differs", "stream0.up"),
    RtlPlant(4, "gicc.v", "Clear is acknowledged but ignored", "Crossings", "differs", "gicc0.sys_rsp"),
    RtlPlant(5, "gicc.v", "ICC_BPR1_EL1 takes values below its least", "RandomTraffic", "differs", "sys_rsp"),
    RtlPlant(6, "gicc.v", "ICC_EOIR1 drops all active priorities of Group 1", "Preemption", "differs", "stream0.up"),
    RtlPlant(10, "gicr.v", "at equal priority the higher INTID wins", "RandomTraffic", "differs", ".down"),
    RtlPlant(11, "gicr.v", "SGI0R reaches SGIs of Group 1", "RandomTraffic", "spurious interrupt", ".down"),
    RtlPlant(12, "gicr.v", "Control is never acknowledged", "EverySgi", "differs", "dist0.up"),
    RtlPlant(13, "gicr.v", "activation does not clear the pending state", "EverySgi", "nothing due", "stream0.down"),
    RtlPlant(14, "gicr.v", "GICR_ISENABLER0 disables what is written 0", "RandomTraffic", "differs", ".down"),
    RtlPlant(15, "gicr.v", "GICR_CTLR.RWP does not cover GICR_ICENABLER0", "Crossings", "differs", "gicr0.rsp"),
    RtlPlant(20, "gicd.v", "IRM=1 reaches the sender too", "RandomTraffic", "spurious delivery", ".down"),
    RtlPlant(21, "gicd.v", "GICD_CTLR.RWP does not cover the group enables", "Crossings", "differs", "gicd.rsp"),
    RtlPlant(22, "gicd.v", "an SGI request is never acknowledged", "EverySgi", "differs", "dist0.down"),
    RtlPlant(40, "offer.v", "a third candidate is offered while one is on its way back", "RandomTraffic", "differs", ".down"),
)
#: GICC takes no system register access: nothing moves any more.
HANG: Final = 7
#: The answer of a system register read is X.
UNKNOWN: Final = 8
