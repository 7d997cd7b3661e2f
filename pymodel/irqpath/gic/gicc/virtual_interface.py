"""The virtual CPU interface of one PE: List registers, virtual priorities, maintenance (IHI 0069 6, 12.4; IHI 0048 5).

One core for two register faces: system registers (`virtual_registers`) and GICv2's GICH and GICV (`gicv2.virtual`). It
signals a virtual interrupt from its List registers or the virtual LPI or SGI that the Redistributor presents to it
(GICv4). Virtual SEIs (vSEI, ICH_HCR_EL2.TSEI apart from its trap) are left out.

A List register is kept as ICH_LR<n>_EL2 lays it out: vINTID [31:0], pINTID [44:32] where HW is 1, EOI [41] where it is 0,
Priority [55:48], NMI [59], Group [60], HW [61], State [63:62].
"""

from __future__ import annotations

from typing import Final, Protocol

from irqpath.config.policy import Policy
from irqpath.config.sizes import FIRST_LPI, FIRST_SPECIAL, SPURIOUS, VirtualConfig
from irqpath.core.errors import ArchError
from irqpath.core.state import Int, Many, Schema, Stateful, Vector, bits
from irqpath.gic.common.offer import Candidate
from irqpath.gic.common.shapes import GROUPS, MAYBE_CANDIDATE, REGISTER32, REGISTER64

#: ICV_RPR_EL1 when nothing is active
IDLE_PRIORITY: Final = 0xFF

LR_PENDING: Final = 1 << 62
LR_ACTIVE: Final = 1 << 63
LR_HW: Final = 1 << 61
LR_GROUP: Final = 1 << 60
LR_NMI: Final = 1 << 59
LR_EOI: Final = 1 << 41
_LR_STATE: Final = LR_PENDING | LR_ACTIVE

#: ICH_HCR_EL2 and GICH_HCR
EN: Final = 1 << 0
UIE: Final = 1 << 1
LRENPIE: Final = 1 << 2
NPIE: Final = 1 << 3
VGRP0EIE, VGRP0DIE, VGRP1EIE, VGRP1DIE = 1 << 4, 1 << 5, 1 << 6, 1 << 7
VSGIEOICOUNT: Final = 1 << 8
TC, TALL0, TALL1, TSEI, TDIR, DVIM = 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15
EOICOUNT_LSB: Final = 27
_EOICOUNT: Final = 0x1F << EOICOUNT_LSB
#: ICH_MISR_EL2 and GICH_MISR
MISR_EOI, MISR_U, MISR_LRENP, MISR_NP = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MISR_VGRP0E, MISR_VGRP0D, MISR_VGRP1E, MISR_VGRP1D = 1 << 4, 1 << 5, 1 << 6, 1 << 7

#: ICH_AP1R0_EL2, ICV_AP1R0_EL1, ICV_RPR_EL1: superpriority is active
NMI_BIT: Final = 63
#: INTIDs below are SGIs
_FIRST_PPI: Final = 16
#: Stands for the priority of a virtual interrupt with superpriority that was dropped.
_SUPERPRIORITY: Final = -1

#: `Pick.index` of the virtual interrupt that the Redistributor presents
OFFERED: Final = -1


class Pick:
    """The highest priority pending virtual interrupt. `index`: its List register, or `OFFERED`."""

    __slots__ = ("group", "index", "intid", "nmi", "priority")

    def __init__(self, index: int, priority: int, intid: int, group: int, nmi: bool = False) -> None:
        self.index = index
        self.priority = priority
        self.intid = intid
        self.group = group
        self.nmi = nmi


class VirtualHost(Protocol):
    """The CPU interface around it: where its effects go."""

    def deactivate_physical(self, intid: int) -> None:
        """HW = 1: deactivating the virtual interrupt deactivates physical interrupt `intid` (R52)."""

    def activate_offered(self, intid: int) -> None:
        """Software acknowledged the virtual interrupt that the Redistributor presents."""

    def report(self, error: ArchError, detail: str = "") -> None:
        """Announce a finding."""


class VirtualInterface(Stateful):
    """State is plain integers: `lr` (ICH_LR layout), `hcr`, the fields of VMCR, `ap` by group, `offered`: the candidate of the
    Redistributor. `lines`: levels of vIRQ, vFIQ and maintenance as last computed by `update`."""

    __slots__ = (
        "_followed",
        "_host",
        "_lr_mask",
        "_policy",
        "_priority_mask",
        "_shift",
        "_state",
        "_vintid_mask",
        "ackctl",
        "ap",
        "bpr",
        "cbpr",
        "config",
        "enables",
        "eoimode",
        "fiqen",
        "hcr",
        "lines",
        "lr",
        "nmi_active",
        "offered",
        "pmr",
        "running",
    )

    def __init__(self, config: VirtualConfig, policy: Policy, host: VirtualHost) -> None:
        self.config = config
        self._policy = policy
        self._host = host
        self._shift = 8 - config.preemption_bits
        self._priority_mask = 0xFF & ~((1 << (8 - config.priority_bits)) - 1)
        id_mask = (1 << config.id_bits) - 1 | config.gicv2 * (7 << 10)  # GICv2: the source of an SGI beside its INTID
        self._lr_mask = _LR_STATE | LR_HW | LR_GROUP | config.nmi * LR_NMI | self._priority_mask << 48 | 0x1FFF << 32 | id_mask
        self._vintid_mask = id_mask
        self.lines = [0, 0, 0]
        #: what `update` made last, and of what
        self._followed: list[int] | None = None
        self._state: tuple[object, ...] = ()
        self.reset()

    def reset(self) -> None:
        """Everything as after a reset of the PE; the lines follow at the next `lines_now`."""
        self.lr = [0] * self.config.list_registers
        self.hcr = 0
        self.enables = 0
        self.ackctl = self.cbpr = self.eoimode = 0
        #: with system registers Group 0 always signals vFIQ
        self.fiqen = int(not self.config.gicv2)
        self.pmr = 0
        self.bpr = [self.least_bpr(0), self.least_bpr(1)]
        self.ap = [0, 0]
        self.running = IDLE_PRIORITY
        #: an interrupt with superpriority is active (ICH_AP1R0_EL2.NMI)
        self.nmi_active = 0
        self.offered: Candidate | None = None

    def schema(self) -> Schema:
        """The List registers, the guest's registers, what the Redistributor presents."""
        return {
            "lr": Many(REGISTER64, self.config.list_registers),
            "hcr": REGISTER32,
            "enables": GROUPS,
            "ackctl": Int(1),
            "fiqen": Int(1),
            "cbpr": Int(1),
            "eoimode": Int(1),
            "pmr": bits(8),
            "bpr": Many(Int(8), 2),
            "ap": Many(Vector((1 << (1 << self.config.preemption_bits)) - 1), 2),
            "running": bits(8),
            "nmi_active": Int(int(self.config.nmi)),
            "offered": MAYBE_CANDIDATE,
            "lines": Many(Int(1), 3),
        }

    def report(self, error: ArchError, detail: str) -> None:
        """Announce a finding."""
        self._host.report(error, detail)

    # --- what the architecture derives ----------------------------------------------------------------------------------

    def least_bpr(self, group: int) -> int:
        """The least binary point of a group (R11)."""
        return 7 - self.config.preemption_bits + group

    def group_mask(self, group: int) -> int:
        """Bits of a virtual priority that make the group priority (ICV_BPR0_EL1, ICV_BPR1_EL1; R12)."""
        if group == 0 or self.cbpr:
            return (0xFF << (self.bpr[0] + 1)) & 0xFF
        return (0xFF << self.bpr[1]) & 0xFF

    def pick(self) -> Pick | None:
        """The highest priority pending virtual interrupt of an enabled group. At equal priority the lowest List register wins
        (ours), and a List register wins over an offered interrupt unless the Policy says otherwise (R58)."""
        best: Pick | None = None
        enables = self.enables
        if self._hides:
            enables = 3
        if not enables:
            return None
        for index, lr in enumerate(self.lr):
            if lr & _LR_STATE != LR_PENDING:
                continue
            group = lr >> 60 & 1
            if not enables >> group & 1:
                continue
            nmi = self._superior(lr)
            priority = 0 if nmi else lr >> 48 & 0xFF
            if best is None or (priority, not nmi) < (best.priority, not best.nmi):
                best = Pick(index, priority, lr & 0xFFFF_FFFF, group, nmi)
        offered = self.offered
        if offered is not None and not self.hcr & DVIM and enables >> offered[2] & 1:
            priority = offered[0]
            wins = self._policy.vlpi_wins_ties
            if best is None or priority < best.priority or (wins and priority == best.priority and not best.nmi):
                best = Pick(OFFERED, priority, offered[1], offered[2])
        return best

    @property
    def _hides(self) -> bool:
        """One of a disabled group hides others, as in the physical interface of a GICv2."""
        return self.config.gicv2 and self._policy.disabled_group_blocks

    def signalled(self, pick: Pick | None) -> bool:
        """Whether `pick` is signalled to the PE: enabled, above VPMR, its group priority above the running one (R10)."""
        if pick is None or not self.hcr & EN:
            return False
        if self._hides and not self.enables >> pick.group & 1:
            return False
        if pick.priority >= self.pmr and not pick.nmi:
            return False
        if self.config.gicv2 and self._policy.gicv2_compares_whole_priority:
            return pick.priority < self.running
        mask = self.group_mask(pick.group)
        running = self.running & mask if self._policy.running_priority_masked else self.running
        if (pick.priority & mask) < running or self.running == IDLE_PRIORITY:
            return True
        # superpriority ranks before a priority of 0, not before superpriority
        return pick.nmi and not self.running & mask and not self.nmi_active

    def _superior(self, lr: int) -> bool:
        """A List register's interrupt has superpriority. In Group 0 the bit does nothing (ours, as for physical interrupts)."""
        return self.config.nmi and lr & (LR_NMI | LR_GROUP) == LR_NMI | LR_GROUP

    def only_by_nmiar(self, pick: Pick) -> bool:
        """ICV_IAR1_EL1 leaves `pick` to ICV_NMIAR1_EL1."""
        return pick.nmi and self._policy.nmi_acknowledge == "nmiar"

    def eisr(self) -> int:
        """ICH_EISR_EL2: List registers that wait for software after an end of interrupt (R50)."""
        return sum(1 << n for n, lr in enumerate(self.lr) if lr & (_LR_STATE | LR_HW | LR_EOI) == LR_EOI)

    def elrsr(self) -> int:
        """ICH_ELRSR_EL2: List registers that are free."""
        return sum(1 << n for n, lr in enumerate(self.lr) if not lr & _LR_STATE and (lr & LR_HW or not lr & LR_EOI))

    def misr(self) -> int:
        """ICH_MISR_EL2: why a maintenance interrupt is due (R51)."""
        hcr, lrs, enables = self.hcr, self.lr, self.enables
        status = MISR_EOI if self.eisr() else 0
        if hcr & UIE and sum(1 for lr in lrs if lr & _LR_STATE) <= 1:
            status |= MISR_U
        if hcr & LRENPIE and hcr & _EOICOUNT:
            status |= MISR_LRENP
        if hcr & NPIE and not any(lr & _LR_STATE == LR_PENDING for lr in lrs):
            status |= MISR_NP
        for group, enabled, disabled in ((0, VGRP0EIE, VGRP0DIE), (1, VGRP1EIE, VGRP1DIE)):
            # the bits of MISR lie where those of HCR do
            status |= hcr & (enabled if enables >> group & 1 else disabled)
        return status

    def update(self) -> None:
        """Bring the output lines up to date: `lines` = vIRQ, vFIQ, maintenance. Most accesses change nothing that they follow."""
        settings = (self.hcr, self.enables, self.pmr, self.running, self.cbpr, self.fiqen, self.nmi_active, self.offered)
        state = (*settings, *self.bpr, *self.lr)
        if self.lines is self._followed and state == self._state:
            return
        pick = self.pick()
        fiq = irq = 0
        if self.signalled(pick):
            assert pick is not None  # signalled
            fiq = int(pick.group == 0 and self.fiqen)
            irq = 1 - fiq
        self.lines = self._followed = [irq, fiq, int(bool(self.hcr & EN and self.misr()))]
        self._state = state

    def _update_running(self) -> None:
        active = self.ap[0] | self.ap[1]
        self.running = ((active & -active).bit_length() - 1) << self._shift if active else IDLE_PRIORITY
        if self.nmi_active:
            self.running = 0

    # --- the guest: acknowledge, end, deactivate ------------------------------------------------------------------------

    def acknowledge(self, pick: Pick) -> int:
        """The guest takes `pick`, which is signalled; return its INTID."""
        if pick.index == OFFERED:
            self._raise(pick)
            self.offered = None
            self._host.activate_offered(pick.intid)
        elif FIRST_SPECIAL <= pick.intid <= SPURIOUS:
            # a special INTID in a List register is returned, and never active (pseudocode of ICV_IAR1_EL1)
            self.lr[pick.index] &= ~LR_PENDING
        else:
            self._look_for_another(pick)
            self._raise(pick)
            self.lr[pick.index] ^= _LR_STATE
        return pick.intid

    def _look_for_another(self, pick: Pick) -> None:
        """Of a GICv2 the source of an SGI counts, too: those of several sources have one VirtualID."""
        taken = self.lr[pick.index] & self._vintid_mask
        for n, value in enumerate(self.lr):
            if value & _LR_STATE and value & self._vintid_mask == taken and n != pick.index:
                self.report(ArchError.LR_DUPLICATE, f"vINTID {pick.intid}, List registers {pick.index} and {n}")

    def _raise(self, pick: Pick) -> None:
        if pick.nmi:
            self.nmi_active = 1
        else:
            level = (pick.priority & self.group_mask(pick.group)) >> self._shift
            self.ap[pick.group if self.config.split_groups else 0] |= 1 << level
        self._update_running()

    def drop(self) -> tuple[int, int] | None:
        """Priority drop: clear the highest active priority; (priority, group) of it, None if nothing is active."""
        if self.nmi_active:
            self.nmi_active = 0
            self._update_running()
            return _SUPERPRIORITY, 1
        active = self.ap[0] | self.ap[1]
        if not active:
            return None
        bit = active & -active
        group = 0 if self.ap[0] & bit else 1
        self.ap[group] &= ~bit
        self._update_running()
        return (bit.bit_length() - 1) << self._shift, group

    def end(self, intid: int, group: int) -> None:
        """The guest's EOIR of `group` with a valid INTID: priority drop, and deactivation when EOImode is 0. The drop comes
        before the List registers are looked at (ours, as QEMU's)."""
        dropped = self.drop()
        if dropped is None:
            self.report(ArchError.EOIR_NOT_ACTIVE, f"virtual INTID {intid}")
            return
        if self.config.split_groups and dropped[1] != group:
            self.report(ArchError.EOIR_WRONG_GROUP, f"virtual INTID {intid}, Group {group}")
        lpi = intid >= FIRST_LPI
        index = self.find_active(intid)
        if index is None:
            # R25: a virtual LPI that no List register holds has nothing to deactivate
            if not lpi and (not self.eoimode or (self._policy.eoir_always_counts and not self.config.gicv2)):
                self.count_eoi(intid)
            return
        lr = self.lr[index]
        priority = _SUPERPRIORITY if self._superior(lr) else lr >> 48 & 0xFF & self.group_mask(lr >> 60 & 1)
        same = priority == dropped[0]
        if not self.config.split_groups or (lr >> 60 & 1 == group and same):
            if not self.eoimode or lpi:  # R24: a virtual LPI knows no separate deactivation
                self.deactivate(index)
        else:
            self.report(ArchError.EOIR_WRONG_INTID, f"virtual INTID {intid}")

    def find_active(self, intid: int) -> int | None:
        """The first List register with this virtual INTID that is active."""
        for index, lr in enumerate(self.lr):
            if lr & LR_ACTIVE and lr & 0xFFFF_FFFF == intid:
                return index
        return None

    def deactivate(self, index: int) -> None:
        """Active to inactive, pending and active to pending; with HW the physical interrupt follows (R52)."""
        lr = self.lr[index]
        if lr & LR_HW:
            physical = lr >> 32 & 0x1FFF
            if not FIRST_SPECIAL <= physical <= SPURIOUS:
                self._host.deactivate_physical(physical)
        self.lr[index] = lr & ~LR_ACTIVE

    def deactivate_intid(self, intid: int) -> None:
        """The guest's DIR: deactivate, or count that no List register has the interrupt."""
        index = self.find_active(intid)
        if index is None:
            self.count_eoi(intid)
        else:
            self.deactivate(index)

    def count_eoi(self, intid: int) -> None:
        """ICH_HCR_EL2.EOIcount: one more end without a List register; SGIs are left out where vSGIEOICount says so (R79)."""
        if intid < 16 and self.hcr & VSGIEOICOUNT:
            return
        count = (self.hcr >> EOICOUNT_LSB) + 1 & 0x1F
        self.hcr = self.hcr & ~_EOICOUNT | count << EOICOUNT_LSB

    # --- the hypervisor -------------------------------------------------------------------------------------------------

    def write_hcr(self, value: int) -> None:
        """ICH_HCR_EL2 or GICH_HCR."""
        self.hcr = value & self.config.hcr_mask

    def write_lr(self, n: int, value: int) -> None:
        """A whole List register, in ICH_LR layout."""
        kept = self._lr_mask if value & LR_HW else self._lr_mask & ~(0x1FFF << 32) | LR_EOI
        if self._policy.lr_keeps_res0:
            kept = ((1 << 64) - 1) & ~((0xFF & ~self._priority_mask) << 48)
        self.lr[n] = value & kept
        if value & LR_HW and value & _LR_STATE == _LR_STATE:
            self.report(ArchError.LR_HW_PENDING_ACTIVE, f"List register {n}")
        if value & _LR_STATE and FIRST_SPECIAL <= value & self._vintid_mask <= SPURIOUS:
            self.report(ArchError.LR_SPECIAL_INTID, f"List register {n}, vINTID {value & self._vintid_mask}")
        physical = value >> 32 & 0x1FFF
        if value & LR_HW and value & _LR_STATE and (physical < _FIRST_PPI or FIRST_SPECIAL <= physical <= SPURIOUS):
            self.report(ArchError.LR_PHYSICAL_INTID, f"List register {n}, pINTID {physical}")

    def vmcr(self) -> int:
        """ICH_VMCR_EL2 or GICH_VMCR."""
        low = self.enables | self.ackctl << 2 | self.fiqen << 3 | self.cbpr << 4 | self.eoimode << 9
        return low | self.bpr[1] << 18 | self.bpr[0] << 21 | self.pmr << 24

    def write_vmcr(self, value: int) -> None:
        """ICH_VMCR_EL2 or GICH_VMCR: binary points are clamped to the least ones."""
        self.enables = value & 3
        if self.config.gicv2:
            self.ackctl, self.fiqen = value >> 2 & 1, value >> 3 & 1
        self.cbpr, self.eoimode = value >> 4 & 1, value >> 9 & 1
        self.write_bpr(1, value >> 18 & 7)
        self.write_bpr(0, value >> 21 & 7)
        self.pmr = value >> 24 & (0xFF if self._policy.vmcr_keeps_low_pmr else self._priority_mask)

    def write_bpr(self, group: int, value: int) -> None:
        """A binary point, at least the least one (R11)."""
        self.bpr[group] = max(value & 7, self.least_bpr(group))

    def write_pmr(self, value: int) -> None:
        """The guest's priority mask; unimplemented low bits are RAZ/WI (R1)."""
        self.pmr = value & self._priority_mask

    def write_ap(self, group: int, n: int, value: int) -> None:
        """32 of the active priorities."""
        levels = (1 << (1 << self.config.preemption_bits)) - 1
        self.ap[group] = (self.ap[group] & ~(0xFFFF_FFFF << 32 * n) | (value & 0xFFFF_FFFF) << 32 * n) & levels
        if self.config.nmi and (group, n) == (1, 0):
            self.nmi_active = value >> NMI_BIT & 1
        self._update_running()
