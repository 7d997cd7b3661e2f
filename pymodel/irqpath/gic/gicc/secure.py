"""GICC of a GIC with two Security states (GICD_CTLR.DS = 0), with extended INTIDs, or with non-maskable interrupts (IHI 0069 4.6,
4.8, 12.2; register pages of DDI 0601).

Groups: 0 is Group 0, 1 Non-secure Group 1, 2 Secure Group 1. Group 0 signals FIQ; a Group 1 interrupt signals IRQ to the
Security state that it belongs to, below EL3, and FIQ elsewhere (IHI 0069 4.6.2, as the PE's state tells).

A candidate of priority `NMI`, or of Non-secure Group 1 with two Security states `NMI_NONSECURE`, has superpriority: it ranks
before all others of its half, no mask of its half hides it, and it is acknowledged by ICC_NMIAR1_EL1 where the Policy has
software use it. Its group priority is 0x00, that of a Non-secure one 0x80 (DDI 0601 ICC_RPR_EL1).
"""

from __future__ import annotations

from functools import partial
from typing import Final

from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import FIRST_SPECIAL, IS_NMI, SPURIOUS, GicConfig
from irqpath.core.errors import ArchError
from irqpath.core.state import Int, Many, Schema
from irqpath.core.transactions import Deactivate, DeactivateNs, PeState, SgiKind
from irqpath.gic.common import security
from irqpath.gic.common.bank import NMI, NMI_NONSECURE
from irqpath.gic.gicc.cpu_interface import IDLE_PRIORITY, CpuInterface, running_of
from irqpath.gic.gicc.pe_state import SCR_FIQ, secure
from irqpath.gic.gicc.virtual_registers import Reader, Writer
from irqpath.gic.gicc.virtualization import Virtualization, encoding_of

#: A read of ICC_IAR0 or ICC_HPPIR0 at EL3: the interrupt is for Secure, or for Non-secure Group 1.
FOR_SECURE, FOR_NONSECURE = 1020, 1021
#: ICC_RPR_EL1 and ICC_AP1R0_EL1: superpriority is active; in ICC_RPR_EL1 as Secure software reads it, a Non-secure one
_NMI_BIT, _NMI_NS_BIT = 63, 62
_GROUPS: Final = (0, 1, 2)


class SecureCpuInterface(CpuInterface):
    """State by group, of three groups. `cbprs`, `eoimodes`: by banked group (1 Non-secure, 2 Secure); `eoimode3`: EL3's."""

    __slots__ = ("_pe", "_two_states", "cbprs", "eoimode3", "eoimodes", "nmi_active")

    def __init__(self, pe: int, config: GicConfig, policy: Policy = IRQPATH) -> None:
        self._two_states = config.security
        super().__init__(pe, config, policy)

    def _virtualization(self, config: GicConfig, policy: Policy) -> Virtualization:
        """Always there, for what an access reaches depends on the PE's state."""
        first = PeState(3, scr=0) if config.security else PeState(2)
        self._pe = Virtualization(self, config, policy, first)
        return self._pe

    def _reset_state(self) -> None:
        super()._reset_state()
        least = 7 - self.prebits
        self.bpr = [least, least + 1, least]
        self.ap = [0, 0, 0]
        self.cbprs = [0, 0, 0]
        self.eoimodes = [0, 0, 0]
        self.eoimode3 = 0
        self.nmi_active = [0, 0, 0]

    def schema(self) -> Schema:
        """And what is banked."""
        flags = Many(Int(1), 3)
        return {**super().schema(), "cbprs": flags, "eoimodes": flags, "eoimode3": Int(1), "nmi_active": flags}

    # --- the PE's state -------------------------------------------------------------------------------------------------

    @property
    def _secure(self) -> bool:
        return self._two_states and secure(self._pe.pe_state)

    @property
    def _banked(self) -> int:
        """The Group 1 whose copy of a banked register an access reaches: at EL3 SCR_EL3.NS decides."""
        if not self._two_states:
            return 1
        return 1 if self._pe.pe_state.scr & 1 else 2

    @property
    def _shifted(self) -> bool:
        """Priorities are seen as Non-secure software does (R77): EL3 takes Group 0, and the access is Non-secure."""
        return self._two_states and not secure(self._pe.pe_state) and bool(self._pe.pe_state.scr & SCR_FIQ)

    def _split(self) -> bool:
        """EOImode of the present state."""
        if self._two_states and self._pe.pe_state.el == 3:
            return bool(self.eoimode3)
        return bool(self.eoimodes[self._banked])

    # --- what the architecture derives ----------------------------------------------------------------------------------

    def group_mask(self, group: int) -> int:
        """Bits of a priority that make the group priority: Non-secure ICC_BPR1 counts one less than the others."""
        if group == 0 or self.cbprs[group]:
            return (0xFF << (self.bpr[0] + 1)) & 0xFF
        return (0xFF << (self.bpr[group] + (group == 2))) & 0xFF

    def _superior(self) -> bool:
        """The held interrupt has superpriority."""
        if self.held is None:
            return False
        priority, _, group = self.held
        return priority == NMI or (priority == NMI_NONSECURE and group == 1 and self._two_states and self._config.nmi)

    def _nmi_priority(self, group: int) -> int:
        """Group priority of superpriority in `group`."""
        return 0x80 if self._two_states and group == 1 else 0

    def _masked(self, priority: int, superior: bool) -> bool:
        """ICC_PMR_EL1 hides it. Of what has superpriority it hides only a Non-secure one, while Secure software masks the whole
        Non-secure half (IHI 0069 4.8; the same in QEMU)."""
        if not superior:
            return priority >= self.pmr
        return priority == 0x80 and (self.pmr < 0x80 or (self.pmr == 0x80 and self._secure))

    def _can_signal(self) -> bool:
        held = self.held
        if held is None:
            return False
        priority, _, group = held
        if not self.enables >> group & 1:
            return False
        superior = self._superior()
        if superior:
            priority = self._nmi_priority(group)
        if self._masked(priority, superior):
            return False
        mask = self.group_mask(group)
        if self._preempts(priority & mask, group):
            return True
        # superpriority ranks before a priority of the same value, not before superpriority
        return superior and priority & mask == self.running & mask and not self.nmi_active[group]

    def signalled(self) -> int | None:
        """1 if the held interrupt signals IRQ now, 0 if FIQ, else None."""
        if not self._can_signal():
            return None
        assert self.held is not None  # it can be signalled
        group = self.held[2]
        if group == 0:
            return 0
        if not self._two_states:
            return 1
        here = self._secure and self._pe.pe_state.el != 3 if group == 2 else not self._secure
        return int(here)

    def _update_running(self) -> None:
        self.running = running_of(self.ap[0] | self.ap[1] | self.ap[2], self._shift)
        for group in (1, 2):
            if self.nmi_active[group]:
                self.running = min(self.running, self._nmi_priority(group))

    def _highest_active(self) -> tuple[int, bool] | None:
        """The group that holds the highest active priority, and whether that is superpriority."""
        for group in (2, 1):
            if self.nmi_active[group] and self._nmi_priority(group) == self.running:
                return group, True
        active = self.ap[0] | self.ap[1] | self.ap[2]
        bit = active & -active
        return next(((group, False) for group in _GROUPS if self.ap[group] & bit), None)

    # --- acknowledge ----------------------------------------------------------------------------------------------------

    def _shown(self, register: int) -> int:
        """What ICC_HPPIR<register> shows of the held interrupt."""
        held = self.held
        if held is None:
            return SPURIOUS
        group = held[2]
        hidden = self._two_states and group != 1 and not secure(self._pe.pe_state)
        at_el3 = self._two_states and self._pe.pe_state.el == 3
        if hidden:
            return SPURIOUS
        if register == 0:
            if group == 0:
                return held[1]
            return SPURIOUS if not at_el3 else FOR_SECURE if group == 2 else FOR_NONSECURE
        if group == 0 or (group == 1 and self._secure and not at_el3):
            return SPURIOUS
        return held[1]

    def read_hppir(self, group: int) -> int:
        """ICC_HPPIR<group>_EL1; of a group that is disabled nothing is shown."""
        if self.held is not None and not self.enables >> self.held[2] & 1:
            return SPURIOUS
        return self._shown(group)

    def read_iar(self, group: int) -> int:
        """ICC_IAR<group>_EL1."""
        if self.held is None or not self._can_signal():
            return SPURIOUS
        intid = self._shown(group)
        if FIRST_SPECIAL <= intid <= SPURIOUS:
            return intid
        if self._superior() and self._policy.nmi_acknowledge == "nmiar":
            return IS_NMI
        return self._take(self.held)

    def read_nmiar(self) -> int:
        """ICC_NMIAR1_EL1: only interrupts with superpriority."""
        if self.held is None or not self._can_signal() or not self._superior():
            return SPURIOUS
        intid = self._shown(1)
        return intid if FIRST_SPECIAL <= intid <= SPURIOUS else self._take(self.held)

    def _raise(self, priority: int, intid: int, group: int) -> None:
        if self._superior():
            self.nmi_active[group] = 1
        else:
            super()._raise(priority, intid, group)

    # --- end, deactivate ------------------------------------------------------------------------------------------------

    def _end(self, group: int, intid: int) -> bool:
        """Of the group that holds the highest active priority, and only if this state may end it."""
        highest = self._highest_active()
        if highest is None:
            self.report(ArchError.EOIR_NOT_ACTIVE, f"INTID {intid}")
            return False
        held, superior = highest
        if not self._may_end(group, held):
            self.report(ArchError.EOIR_WRONG_GROUP, f"INTID {intid}, ICC_EOIR{group}_EL1")
            return False
        if superior:
            self.nmi_active[held] = 0
            self._update_running()
        else:
            self._drop(held, self.ap[held] & -self.ap[held], intid)
        return True

    def _may_end(self, register: int, held: int) -> bool:
        if (register == 0) != (held == 0):
            return False
        if not self._two_states:
            return True
        if held == 1:
            return not self._secure or self._pe.pe_state.el == 3
        return self._secure

    def _deactivate(self, intid: int) -> None:
        """What Non-secure software ends, Distributor and Redistributor deactivate only if it is of Non-secure Group 1."""
        self.requests.send(DeactivateNs(intid) if self._two_states and not self._secure else Deactivate(intid))

    # --- registers ------------------------------------------------------------------------------------------------------

    def write_sgir(self, kind: SgiKind, value: int) -> None:
        """ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1, with the Security state that asks."""
        self.requests.generate_sgi(int(kind) + (security.NONSECURE_SGI if self._two_states and not self._secure else 0), value)

    def _copy(self, group: int) -> int:
        """That of Group 1 is banked."""
        return 0 if group == 0 else self._banked

    def _read_igrpen3(self) -> int:
        return self.enables >> 1 & 3

    def _write_igrpen3(self, value: int) -> None:
        self._write_enables(0b110, (value & 3) << 1)

    def write_bpr(self, group: int, value: int) -> None:
        """ICC_BPR<group>_EL1: at least the least binary point (R11); with CBPR see R12."""
        least = 7 - self.prebits
        if group == 0:
            self.bpr[0] = max(value & 7, least)
            return
        bank = self._banked
        if not self.cbprs[bank]:
            self.bpr[bank] = max(value & 7, least + (bank == 1))
        elif bank == 2:
            self.bpr[0] = max(value & 7, least)

    def read_bpr1(self) -> int:
        """ICC_BPR1_EL1; with CBPR the Secure copy is ICC_BPR0, the Non-secure one shows one more, at most 7 (R12)."""
        bank = self._banked
        if not self.cbprs[bank]:
            return self.bpr[bank]
        return self.bpr[0] if bank == 2 else min(self.bpr[0] + 1, 7)

    def read_ctlr(self) -> int:
        """ICC_CTLR_EL1."""
        bank = self._banked
        return self._config.icc_ctlr_ro | self.pmhe << 6 | self.eoimodes[bank] << 1 | self.cbprs[bank]

    def write_ctlr(self, value: int) -> None:
        """ICC_CTLR_EL1. With two Security states CBPR and PMHE are read-only aliases of ICC_CTLR_EL3's (DDI 0601)."""
        bank = self._banked
        self.eoimodes[bank] = value >> 1 & 1
        if not self._two_states:
            self.cbprs[bank], self.pmhe = value & 1, value >> 6 & 1

    def _read_ctlr3(self) -> int:
        modes = self.eoimode3 << 2 | self.eoimodes[2] << 3 | self.eoimodes[1] << 4
        return self._config.icc_ctlr_ro | 1 << 17 | self.pmhe << 6 | modes | self.cbprs[1] << 1 | self.cbprs[2]

    def _write_ctlr3(self, value: int) -> None:
        self.cbprs[2], self.cbprs[1], self.pmhe = value & 1, value >> 1 & 1, value >> 6 & 1
        self.eoimode3, self.eoimodes[2], self.eoimodes[1] = value >> 2 & 1, value >> 3 & 1, value >> 4 & 1

    def read_pmr(self) -> int:
        """ICC_PMR_EL1 (R77)."""
        return security.view(self.pmr) if self._shifted else self.pmr

    def write_pmr(self, value: int) -> None:
        """ICC_PMR_EL1: Non-secure software cannot leave its half, nor enter it while Secure software masks it (R77)."""
        if self._shifted:
            if not self.pmr & 0x80:
                return
            value = security.store(value & 0xFF)
        self.pmr = value & self._config.priority_mask

    def read_rpr(self) -> int:
        """ICC_RPR_EL1 (R77)."""
        if not self._shifted or self.running == IDLE_PRIORITY:
            return self.running | self._nmi_flags()
        return security.view(self.running) | self._nmi_flags()

    def _nmi_flags(self) -> int:
        """ICC_RPR_EL1.NMI and NMI_NS (DDI 0601): superpriority is active, with two Security states of the reader's, and for
        Secure software of Non-secure Group 1."""
        if self._secure:
            return self.nmi_active[2] << _NMI_BIT | self.nmi_active[1] << _NMI_NS_BIT
        return self.nmi_active[1] << _NMI_BIT

    def _read_ap1(self, n: int) -> int:
        flag = self.nmi_active[self._banked] << _NMI_BIT if n == 0 else 0
        return flag | self.ap[self._banked] >> 32 * n & 0xFFFF_FFFF

    def _write_ap1(self, n: int, value: int) -> None:
        if n == 0 and self._config.nmi:
            self.nmi_active[self._banked] = value >> _NMI_BIT & 1
        self.write_ap(self._banked, n, value)

    def _registers(self) -> tuple[dict[int, Reader], dict[int, Writer]]:
        reads, writes = super()._registers()
        reads[encoding_of("ICC_PMR_EL1")] = self.read_pmr
        reads[encoding_of("ICC_RPR_EL1")] = self.read_rpr
        for n in range(max(1, (1 << self.prebits) // 32)):
            reads[encoding_of(f"ICC_AP1R{n}_EL1")] = partial(self._read_ap1, n)
            writes[encoding_of(f"ICC_AP1R{n}_EL1")] = partial(self._write_ap1, n)
        if self._config.nmi:
            reads[encoding_of("ICC_NMIAR1_EL1")] = self.read_nmiar
        if self._two_states:
            el3: dict[str, tuple[Reader, Writer]] = {
                "ICC_SRE_EL3": (lambda: 0xF, lambda value: None),
                "ICC_CTLR_EL3": (self._read_ctlr3, self._write_ctlr3),
                "ICC_IGRPEN1_EL3": (self._read_igrpen3, self._write_igrpen3),
            }
            for name, (read, write) in el3.items():
                reads[encoding_of(name)], writes[encoding_of(name)] = read, write
        return reads, writes
