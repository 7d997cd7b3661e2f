"""What hypervisor and guest can know of a virtual CPU interface, and so what they may do next (IHI 0069 6, 12.3, 12.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from irqpath.config.sizes import FIRST_LPI, FIRST_SPECIAL
from irqpath_testbench.tools.oracle.generator.ops import Op

_LIST_REGISTER: Final = re.compile(r"ICH_LR(\d+)_EL2")
_STATE: Final = 3 << 62
_HW: Final = 1 << 61


@dataclass(slots=True)
class GuestKnowledge:
    """One PE's virtual interface. `listed`: List register -> what was written into it and may still be valid; `handling`,
    `dropped`, `eoimode`, `ap`: as of a physical interface, of the guest."""

    listed: dict[int, int] = field(default_factory=dict)
    handling: list[tuple[int, int]] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    eoimode: int = 0
    ap: dict[str, int] = field(default_factory=dict)
    #: active priorities were forged: the two groups may hold the same one
    forged: bool = False

    # --- judging --------------------------------------------------------------------------------------------------------

    def judge_hypervisor(self, op: Op) -> str:
        """An access of ICH_*_EL2."""
        if op.kind != "sw":
            return ""
        match = _LIST_REGISTER.fullmatch(op.what)
        if match:
            return self._judge_list_register(int(match[1]), op.value)
        if op.what.startswith("ICH_AP"):
            return "" if self.ap.get(op.what) == op.value else "VIRTUAL_AP_WRITE"
        return ""

    def _judge_list_register(self, n: int, value: int) -> str:
        if not value & _STATE:
            return ""
        others = [lr for k, lr in self.listed.items() if k != n]
        intid, physical = value & 0xFFFF_FFFF, value >> 32 & 0x1FFF
        if any(lr & 0xFFFF_FFFF == intid for lr in others):
            return "LR_DUPLICATE"
        if value & _HW and any(lr & _HW and lr >> 32 & 0x1FFF == physical for lr in others):
            return "LR_DUPLICATE"
        if value & _HW and value & _STATE == _STATE:
            return "LR_HW_PENDING_ACTIVE"
        if FIRST_SPECIAL <= intid < FIRST_LPI:
            return "LR_SPECIAL_INTID"
        if value & _HW and (physical < 16 or FIRST_SPECIAL <= physical < 1024):
            return "LR_PHYSICAL_INTID"
        return ""

    def judge_guest(self, op: Op) -> str:
        """An access of ICC_*_EL1 that reaches the virtual interface."""
        if op.kind != "sw":
            return ""
        if op.what.startswith("ICC_EOIR"):
            intid = op.value & 0xFF_FFFF
            if FIRST_SPECIAL <= intid < FIRST_LPI:
                return ""
            return "" if self.handling and self.handling[-1] == (int(op.what[8]), intid) else "VIRTUAL_EOIR_ORDER"
        if op.what == "ICC_DIR_EL1":
            if not self.eoimode:
                return "VIRTUAL_DIR_EOIMODE"
            return "" if op.value in self.dropped else "VIRTUAL_DIR_NOT_ACTIVE"
        if op.what.startswith("ICC_AP"):
            return "" if self.ap.get(op.what) == op.value else "VIRTUAL_AP_WRITE"
        return ""

    # --- learning -------------------------------------------------------------------------------------------------------

    def learn_hypervisor(self, op: Op, value: int) -> None:
        """An access of ICH_*_EL2 was made."""
        match = _LIST_REGISTER.fullmatch(op.what)
        if match:
            n, held = int(match[1]), op.value if op.kind == "sw" else value
            self.listed.pop(n, None)
            if held & _STATE:
                self.listed[n] = held
        elif op.what == "ICH_ELRSR_EL2" and op.kind == "sr":
            self.listed = {n: lr for n, lr in self.listed.items() if not value >> n & 1}
        elif op.what == "ICH_VMCR_EL2" and op.kind == "sw":
            self.eoimode = op.value >> 9 & 1
        elif op.what.startswith("ICH_AP"):
            self._active_priorities(op, value)

    def _active_priorities(self, op: Op, value: int) -> None:
        if op.kind == "sw" and self.ap.get(op.what) != op.value:
            self.handling.clear()
            self.ap.clear()
            self.forged = True
        self.ap[op.what] = op.value if op.kind == "sw" else value

    def learn_guest(self, op: Op, value: int) -> None:
        """An access of ICC_*_EL1 reached the virtual interface."""
        name = op.what
        if op.kind == "sr" and name.startswith("ICC_IAR"):
            if not FIRST_SPECIAL <= value < FIRST_LPI:
                self.handling.append((int(name[7]), value))
                self.ap.clear()
        elif op.kind == "sw" and name.startswith("ICC_EOIR"):
            self._ended(int(name[8]), op.value & 0xFF_FFFF)
        elif op.kind == "sw" and name == "ICC_DIR_EL1":
            if op.value in self.dropped:
                self.dropped.remove(op.value)
        elif op.kind == "sw" and name == "ICC_CTLR_EL1":
            self.eoimode = op.value >> 1 & 1
        elif name.startswith("ICC_AP"):
            self._active_priorities(op, value)

    def _ended(self, group: int, intid: int) -> None:
        if FIRST_SPECIAL <= intid < FIRST_LPI:
            return
        self.ap.clear()
        if not self.handling:
            return
        _, ended = self.handling.pop()
        if ended < FIRST_SPECIAL and (self.eoimode or ended != intid):
            self.dropped.append(ended)
