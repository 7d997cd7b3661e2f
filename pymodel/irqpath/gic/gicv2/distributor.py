"""The Distributor of a GICv2: SPIs, and banked SGIs and PPIs (IHI 0048 3, 4.3)."""

from __future__ import annotations

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.policy import Policy, kept_bits
from irqpath.config.sizes import FIRST_SPECIAL
from irqpath.core.state import Bytes, Many, Part, Schema, Stateful, bits
from irqpath.gic.common.bank import Bank
from irqpath.gic.common.bits import ones
from irqpath.gic.common.offer import Candidate
from irqpath.gic.common.shapes import REGISTER32

#: SGIs and PPIs, which every PE has of its own
PRIVATE = 0xFFFF_FFFF
SGIS = 0xFFFF


class Gicv2Distributor(Stateful):
    """State of the Distributor. `private`: SGIs and PPIs by PE; `shared`: SPIs; `targets`: GICD_ITARGETSR by INTID; `sources`:
    for each PE and SGI the PEs that it is pending from; `nsacr`: two bits an interrupt, by INTID (security)."""

    __slots__ = ("config", "enables", "nsacr", "nsacr_private", "policy", "private", "shared", "sources", "targeted", "targets")

    def __init__(self, config: Gicv2Config, policy: Policy) -> None:
        self.config = config
        self.policy = policy
        mask = 0xFF & ~((1 << (8 - kept_bits(config.priority_bits, policy))) - 1)
        self.private = [Bank(PRIVATE, mask, fixed_edge=SGIS) for _ in range(config.pes)]
        self.shared = Bank((1 << (config.last_spi + 1)) - (1 << 32), mask)
        self.reset()

    def reset(self) -> None:
        """As after a reset; wires stay."""
        for bank in (*self.private, self.shared):
            bank.reset()
        if self.policy.sgis_always_enabled or self.policy.sgis_enabled_at_reset:
            for bank in self.private:
                bank.enable = SGIS
        self.enables = 0
        self.targets = bytearray(1020)
        self._gather_targets()
        self.sources = [[0] * 16 for _ in range(self.config.pes)]
        self.nsacr = [0] * 64
        self.nsacr_private = [0] * self.config.pes

    def schema(self) -> Schema:
        """Banks, targets, the sources of SGIs, NSACR."""
        pes = self.config.pes
        return {
            "private": Part(many=True),
            "shared": Part(),
            "enables": bits(2),
            "targets": Bytes(1020),
            "sources": Many(Many(bits(8), 16), pes),
            "nsacr": Many(REGISTER32, 64),
            "nsacr_private": Many(REGISTER32, pes),
        }

    def restored(self) -> None:
        """Gather the targets by PE."""
        self._gather_targets()

    def _gather_targets(self) -> None:
        self.targeted = [0] * self.config.pes
        for intid in ones(self.shared.valid):
            for pe in ones(self._goes_to(self.targets[intid])):
                self.targeted[pe] |= 1 << intid

    def _goes_to(self, targets: int) -> int:
        """The PEs that an SPI goes to, of those that it names."""
        targets &= (1 << self.config.pes) - 1
        return (targets & -targets or 1) if self.policy.spi_to_lowest_target else targets

    def write_target(self, intid: int, mask: int) -> None:
        """GICD_ITARGETSR of an SPI."""
        self.targets[intid] = mask if self.policy.itargets_keep_absent else mask & (1 << self.config.pes) - 1
        goes_to = self._goes_to(mask)
        for pe in range(self.config.pes):
            self.targeted[pe] = self.targeted[pe] & ~(1 << intid) | (goes_to >> pe & 1) << intid

    def pend_sgi(self, pe: int, intid: int, sources: int) -> None:
        """SGI `intid` becomes pending at `pe` from every PE of the bit mask `sources` (R17)."""
        self.sources[pe][intid] |= sources
        self._follow(pe, intid)

    def unpend_sgi(self, pe: int, intid: int, sources: int) -> None:
        """The opposite."""
        self.sources[pe][intid] &= ~sources
        self._follow(pe, intid)

    def _follow(self, pe: int, intid: int) -> None:
        bank, bit = self.private[pe], 1 << intid
        bank.latch = bank.latch | bit if self.sources[pe][intid] else bank.latch & ~bit

    def best(self, pe: int, groups: int) -> Candidate | None:
        """(priority, INTID, group) of the highest priority pending interrupt for `pe` among the groups of the mask."""
        found: Candidate | None = None
        for bank, among in ((self.private[pe], PRIVATE), (self.shared, self._reaching(pe))):
            among &= bank.candidates()
            if not among:
                continue
            among &= (bank.group if groups & 2 else 0) | (~bank.group if groups & 1 else 0)
            best = bank.best(among)
            if best is not None and (found is None or best < found[:2]):
                found = (best[0], best[1], bank.group >> best[1] & 1)
        return found

    def _reaching(self, pe: int) -> int:
        """SPIs that may go to `pe`: with one PE all of them, whatever the targets say (IHI 0048 4.3.12)."""
        return self.shared.valid if self.config.pes == 1 else self.targeted[pe]

    def bank_of(self, intid: int, pe: int) -> Bank:
        """The bank that holds `intid` as seen by `pe`."""
        return self.private[pe] if intid < 32 else self.shared

    def acknowledge(self, intid: int, pe: int) -> int:
        """Pending to active; for an SGI returns its source, the lowest-numbered one (ours)."""
        if intid >= 16:
            self.bank_of(intid, pe).acknowledge(intid)
            return 0
        source = next(ones(self.sources[pe][intid]), pe)
        self.private[pe].acknowledge(intid)
        self.unpend_sgi(pe, intid, 1 << source)
        return source

    def deactivate(self, intid: int, pe: int) -> None:
        """Active to inactive."""
        if intid < FIRST_SPECIAL:
            self.bank_of(intid, pe).deactivate_bits(intid // 32, 1 << intid % 32)

    def is_active(self, intid: int, pe: int) -> bool:
        """Whether the interrupt is active, as seen by `pe`."""
        return intid < FIRST_SPECIAL and bool(self.bank_of(intid, pe).active >> intid & 1)
