"""GICR of a GIC with two Security states, with extended PPIs, or with superpriority."""

from __future__ import annotations

from functools import partial

from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import FIRST_EPPI, GicConfig
from irqpath.core.errors import ArchError
from irqpath.core.memory import MemPort
from irqpath.core.transactions import (
    Activate,
    ActivateAck,
    Deactivate,
    DeactivateAck,
    DeactivateNs,
    SgiDeliver,
    SgiKind,
    SgiPended,
    SpiDeactivateAck,
    SpiDeactivateNs,
)
from irqpath.gic.common.security import NONSECURE_SGI
from irqpath.gic.gicr.redistributor import Redistributor

#: Group that a register asks for, by (register, Non-secure access) (IHI 0069 12.1, SGI forwarding).
_ASKS_FOR = {
    (SgiKind.SGI0R, False): 0,
    (SgiKind.SGI0R, True): 0,
    (SgiKind.SGI1R, False): 2,
    (SgiKind.SGI1R, True): 1,
    (SgiKind.ASGI1R, False): 1,
    (SgiKind.ASGI1R, True): 2,
}


class SecureRedistributor(Redistributor):
    """As `Redistributor`; SGIs and deactivations are checked against the interrupt's group and GICR_NSACR."""

    __slots__ = ()

    def __init__(self, pe: int, config: GicConfig, mem: MemPort, policy: Policy = IRQPATH) -> None:
        super().__init__(pe, config, mem, policy)
        self._on(f"stream{pe}.up", DeactivateNs, partial(self._deactivate_ns))

    def _groups(self) -> int:
        return self.dist_groups & (7 if self.policy.disabled_group_blocks else self.cpu_groups)

    def _private(self, intid: int) -> bool:
        return intid < 32 or FIRST_EPPI <= intid < FIRST_EPPI + self._config.eppis

    def _activate(self, t: Activate) -> None:
        if t.intid < 32 or not self._private(t.intid):
            super()._activate(t)
            return
        self.offer.retire(t.intid)
        self.bank.acknowledge(t.intid)
        self._out.append((self._down, ActivateAck(t.intid)))
        self.update()

    def _deactivate(self, t: Deactivate) -> None:
        if t.intid < 32 or not self._private(t.intid):
            super()._deactivate(t)
            return
        self._out.append((self._down, DeactivateAck(t.intid)))
        if self.bank.deactivate_bits(t.intid // 32, 1 << t.intid % 32):
            self.update()

    def _deactivate_ns(self, t: DeactivateNs) -> None:
        """Of Non-secure software: only what is of Non-secure Group 1."""
        if not self._private(t.intid):
            self.outstanding[SpiDeactivateAck] += 1
            self._out.append((self._dist_up, SpiDeactivateNs(t.intid)))
        elif self.bank.group_of(t.intid) == 1:
            self._deactivate(Deactivate(t.intid))
        else:
            self._out.append((self._down, DeactivateAck(t.intid)))

    def _sgi_deliver(self, t: SgiDeliver) -> None:
        """The target decides by the group it holds the SGI in, and by GICR_NSACR (R76)."""
        if not self._config.security:
            super()._sgi_deliver(t)
            return
        nonsecure = bool(t.kind & NONSECURE_SGI)
        asked = _ASKS_FOR[SgiKind(t.kind & 3), nonsecure]
        group = self.bank.group_of(t.intid)
        if asked == 2 and group == 0:
            asked = 0  # what asks for Secure Group 1 reaches Group 0 as well
        granted = self.nsacr >> 2 * t.intid & 3
        if asked != group or (nonsecure and granted < (1, 0, 2)[group]):
            self.report(ArchError.SGI_NOT_PERMITTED, f"SGI {t.intid} of kind {t.kind}, Group {group} at PE {self.pe}")
            return
        changed = self.bank.pend_bits(0, 1 << t.intid)
        self._out.append((f"{self.name}.probe", SgiPended(t.intid, merged=not changed)))
        if changed:
            self.update()
