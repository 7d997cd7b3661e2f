"""State of a set of interrupts that have an active state (SGIs, PPIs, SPIs), and the register words over it.

One bit an interrupt in Python integers, bit n for INTID n of the bank; GICR has one bank of 32, GICD one of 1020 whose first
32 do not exist. Register words count from INTID 0, as the specification's arrays do.
"""

from __future__ import annotations

from irqpath.core.state import Bytes, Schema, Stateful, Vector
from irqpath.gic.common.bits import edges_from_icfgr, icfgr_from_edges, ones

_WORD = 0xFFFF_FFFF

#: Stands for the priority of an interrupt with superpriority (FEAT_GICv3_NMI): before every other.
NMI = -1
#: And of a Non-secure one with two Security states: before all of the Non-secure half, after all of the Secure one (DDI 0601
#: ICC_RPR_EL1). Of at most 7 bits, no priority has this value.
NMI_NONSECURE = 0x7F


class Bank(Stateful):
    """`valid`: which interrupts exist; `latch`: pending by an edge, a write or a message; `level`: state of the wires;
    `message`: level-sensitive SPIs asserted by message; `edge`: edge-triggered ones; `fixed_edge`: whose trigger is fixed;
    `two_states`: there are two Security states."""

    __slots__ = (
        "active",
        "edge",
        "enable",
        "fixed_edge",
        "group",
        "grpmod",
        "latch",
        "level",
        "message",
        "nmi",
        "priority",
        "priority_mask",
        "two_states",
        "valid",
    )

    def __init__(self, valid: int, priority_mask: int, fixed_edge: int = 0, *, two_states: bool = False) -> None:
        self.two_states = two_states
        self.valid = valid
        self.fixed_edge = fixed_edge & valid
        self.priority_mask = priority_mask
        self.level = 0
        self.reset()

    def schema(self) -> Schema:
        """Vectors of one bit an interrupt, and the priorities."""
        names = ("level", "group", "grpmod", "nmi", "enable", "latch", "active", "message", "edge")
        vectors = {name: Vector(self.valid) for name in names}
        return {**vectors, "priority": Bytes(self.valid.bit_length(), self.priority_mask)}

    def reset(self) -> None:
        """Everything as after a reset: Group 0, disabled, inactive, priority 0, level-sensitive where not fixed. Wires stay."""
        self.group = self.enable = self.latch = self.active = self.message = 0
        self.grpmod = self.nmi = 0
        self.edge = self.fixed_edge
        self.priority = bytearray(self.valid.bit_length())

    @property
    def pending(self) -> int:
        """A level-sensitive interrupt is pending by its latch or its line (R7); an edge-triggered one by its latch."""
        return self.latch | (self.level | self.message) & ~self.edge

    def candidates(self) -> int:
        """Pending, enabled and not active."""
        return self.pending & self.enable & ~self.active

    def group_of(self, intid: int) -> int:
        """0: Group 0; 1: Group 1, with two Security states the Non-secure one; 2: Secure Group 1. IGRPMOD means nothing where
        IGROUP is 1 (R6), and is 0 with one Security state (R5)."""
        if self.group >> intid & 1:
            return 1
        return (self.grpmod >> intid & 1) << 1

    def in_groups(self, groups: int) -> int:
        """Interrupts of the groups of the bit mask `groups`."""
        group = self.group
        found = (group if groups & 2 else 0) | (~(group | self.grpmod) if groups & 1 else 0)
        return found | (self.grpmod & ~group) if groups & 4 else found

    @property
    def superior(self) -> int:
        """Interrupts with superpriority; the bit of one in Group 0 is RES0 (DDI 0601 GICD_INMIR<n>)."""
        return self.nmi & (self.group | self.grpmod)

    def rank(self, intid: int) -> int:
        """The priority by which `intid` competes."""
        if self.superior >> intid & 1:
            return NMI_NONSECURE if self.two_states and self.group >> intid & 1 else NMI
        return self.priority[intid]

    # --- register words -------------------------------------------------------------------------------------------------

    @staticmethod
    def word(bits: int, n: int) -> int:
        """Word `n` of a bit vector."""
        return bits >> 32 * n & _WORD

    def _in_word(self, value: int, n: int) -> int:
        return (value & _WORD) << 32 * n & self.valid

    def write_group(self, n: int, value: int, mask: int) -> int:
        """IGROUPR<n>; returns the interrupts that changed."""
        changed = (self.group ^ value << 32 * n) & self._in_word(mask, n)
        self.group ^= changed
        return changed

    def write_bits(self, state: str, n: int, value: int, mask: int) -> int:
        """A word of `group`, `grpmod` or `nmi`; returns the interrupts that changed."""
        old: int = getattr(self, state)
        changed = (old ^ value << 32 * n) & self._in_word(mask, n)
        setattr(self, state, old ^ changed)
        return changed

    def enable_bits(self, n: int, bits: int) -> int:
        """ISENABLER<n>; returns the interrupts that changed."""
        changed = self._in_word(bits, n) & ~self.enable
        self.enable |= changed
        return changed

    def disable_bits(self, n: int, bits: int) -> int:
        """ICENABLER<n>; returns the interrupts that changed."""
        changed = self._in_word(bits, n) & self.enable
        self.enable &= ~changed
        return changed

    def pend_bits(self, n: int, bits: int) -> int:
        """ISPENDR<n>: sets the latch, also of a level-sensitive interrupt (R8)."""
        changed = self._in_word(bits, n) & ~self.latch
        self.latch |= changed
        return changed

    def unpend_bits(self, n: int, bits: int) -> int:
        """ICPENDR<n>: clears the latch; what an asserted line or a message holds pending stays (R9, GICD_SETSPI_NSR)."""
        changed = self._in_word(bits, n) & self.latch
        self.latch &= ~changed
        return changed

    def activate_bits(self, n: int, bits: int) -> int:
        """ISACTIVER<n>."""
        changed = self._in_word(bits, n) & ~self.active
        self.active |= changed
        return changed

    def deactivate_bits(self, n: int, bits: int) -> int:
        """ICACTIVER<n>."""
        changed = self._in_word(bits, n) & self.active
        self.active &= ~changed
        return changed

    def read_priority(self, n: int) -> int:
        """IPRIORITYR<n>: four priorities, one a byte."""
        return int.from_bytes(self.priority[4 * n : 4 * n + 4], "little")

    def write_priority(self, n: int, value: int, mask: int) -> int:
        """IPRIORITYR<n>; unimplemented low bits are RAZ/WI (R1). Returns the interrupts that changed."""
        changed = 0
        for k in range(4):
            intid = 4 * n + k
            if not mask >> 8 * k & 0xFF or not self.valid >> intid & 1:
                continue
            priority = value >> 8 * k & self.priority_mask
            if self.priority[intid] != priority:
                self.priority[intid] = priority
                changed |= 1 << intid
        return changed

    def read_config(self, n: int) -> int:
        """ICFGR<n>: two bits an interrupt, the upper one set where it is edge-triggered."""
        return icfgr_from_edges(self.edge >> 16 * n & 0xFFFF)

    def config_changes(self, n: int, value: int, mask: int) -> int:
        """The interrupts that a write of ICFGR<n> would change."""
        wanted = edges_from_icfgr(value) << 16 * n
        covered = edges_from_icfgr(mask) << 16 * n & self.valid & ~self.fixed_edge
        return (self.edge ^ wanted) & covered

    def write_config(self, n: int, value: int, mask: int) -> int:
        """ICFGR<n>; returns the interrupts that changed."""
        changed = self.config_changes(n, value, mask)
        self.edge ^= changed
        return changed

    # --- life cycle -----------------------------------------------------------------------------------------------------

    def drive(self, intid: int, level: int) -> bool:
        """The wire of `intid` changes to `level`; a rising edge latches an edge-triggered one. True if pending changed."""
        bit = 1 << intid & self.valid
        before = self.pending & bit
        if level:
            if self.edge & bit & ~self.level:
                self.latch |= bit
            self.level |= bit
        else:
            self.level &= ~bit
        return before != self.pending & bit

    def acknowledge(self, intid: int) -> None:
        """Pending to active: the latch is used up; a line that stays asserted keeps the interrupt pending as well (R8)."""
        bit = 1 << intid & self.valid
        self.active |= bit
        self.latch &= ~bit

    def best(self, among: int) -> tuple[int, int] | None:
        """(priority, INTID) of the best-ranked of `among`, or None; superpriority first."""
        if among & self.nmi:
            return min((self.rank(intid), intid) for intid in ones(among))
        best: tuple[int, int] | None = None
        for intid in ones(among):
            rank = (self.priority[intid], intid)
            if best is None or rank < best:
                best = rank
        return best
