"""A hypervisor's and its guest's hands on a `Gic` with virtual CPU interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from irqpath.config.sizes import VirtualConfig
from irqpath.core.transactions import OutLine, PeState, SysRead, SysReadData, SysTrap, SysWrite, SysWriteAck
from irqpath.gic.gicc.pe_state import FMO, IMO
from irqpath.regs import system_register
from unit.models.drive import Bench

if TYPE_CHECKING:
    from irqpath.config.policy import Policy
    from irqpath.config.sizes import GicConfig
    from irqpath_testbench.tools.faults.injection import Lib

#: State of a List register.
INVALID, PENDING, ACTIVE, BOTH = 0, 1, 2, 3
#: ICH_VMCR_EL2: both groups enabled, binary points least, priority mask open.
OPEN: Final = 0xFF << 24 | 0b11
EN: Final = 1


def lr(
    intid: int, priority: int = 0xA0, *, state: int = PENDING, group: int = 1, physical: int | None = None, eoi: bool = False
) -> int:
    """A value for ICH_LR<n>_EL2; `physical`: HW = 1 with that pINTID."""
    value = state << 62 | group << 60 | priority << 48 | intid
    if physical is not None:
        return value | 1 << 61 | physical << 32
    return value | eoi << 41


class VirtualBench(Bench):
    """A `Bench` whose PEs have EL2. Registers named ICC_* are the hypervisor's unless `in_guest` is set."""

    def __init__(self, lib: Lib, config: GicConfig | None = None, policy: Policy | None = None, registers: int = 4) -> None:
        virtual = VirtualConfig(list_registers=registers)
        super().__init__(lib, lib.GicConfig(lpis=False, its=(), virtual=virtual) if config is None else config, policy)

    def enter(self, pe: int = 0, *, hcr: int = IMO | FMO) -> None:
        """Into the guest: EL1, HCR_EL2 as given."""
        self.send(f"gicc{pe}.sys", PeState(1, hcr))

    def leave(self, pe: int = 0) -> None:
        """Back to EL2."""
        self.send(f"gicc{pe}.sys", PeState(2, 0))

    def virtual_boot(self, *lrs: int, hcr: int = EN, vmcr: int = OPEN, pe: int = 0) -> VirtualBench:
        """Enable the virtual interface with these List registers."""
        self.msr("ICH_HCR_EL2", hcr, pe)
        self.msr("ICH_VMCR_EL2", vmcr, pe)
        for n, value in enumerate(lrs):
            self.msr(f"ICH_LR{n}_EL2", value, pe)
        return self

    def guest_read(self, name: str, pe: int = 0) -> int:
        """An MRS in the guest."""
        self.enter(pe)
        value = self.mrs(name, pe)
        self.leave(pe)
        return value

    def guest_write(self, name: str, value: int, pe: int = 0) -> None:
        """An MSR in the guest."""
        self.enter(pe)
        self.msr(name, value, pe)
        self.leave(pe)

    def guest_ack(self, pe: int = 0, group: int = 1) -> int:
        """The guest's IAR."""
        return self.guest_read(f"ICC_IAR{group}_EL1", pe)

    def guest_eoi(self, intid: int, pe: int = 0, group: int = 1) -> None:
        """The guest's EOIR."""
        self.guest_write(f"ICC_EOIR{group}_EL1", intid, pe)

    def access(self, name: str, value: int | None = None, pe: int = 0) -> str:
        """What becomes of an access in the state that the PE is in: "ok", "UNDEFINED" or "EL2"."""
        reg = system_register(name).offset
        request = SysRead(reg) if value is None else SysWrite(reg, value)
        for _, t in self.send(f"gicc{pe}.sys", request):
            if isinstance(t, SysTrap):
                return f"EL{t.el}"
            if isinstance(t, SysReadData | SysWriteAck):
                return "ok" if t.ok else "UNDEFINED"
        raise AssertionError(f"{name} was not answered")

    def lr_state(self, n: int, pe: int = 0) -> int:
        """State of a List register."""
        return self.mrs(f"ICH_LR{n}_EL2", pe) >> 62

    def eoi_count(self, pe: int = 0) -> int:
        """ICH_HCR_EL2.EOIcount."""
        return self.mrs("ICH_HCR_EL2", pe) >> 27

    def virq(self, pe: int = 0) -> int:
        """Level of vIRQ."""
        return self.lines[pe][OutLine.VIRQ]

    def vfiq(self, pe: int = 0) -> int:
        """Level of vFIQ."""
        return self.lines[pe][OutLine.VFIQ]

    def maintenance(self, pe: int = 0) -> int:
        """Level of the maintenance interrupt."""
        return self.lines[pe][OutLine.MAINTENANCE]
