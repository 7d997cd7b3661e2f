"""GICD: the Distributor (IHI 0069 2, 3, 4, 12).

Inputs: `gicd.reg`, `gicd.spi` (LineChange), `dist<n>.up` (from each GICR), `gicd.reset`. Outputs: `gicd.rsp`, `dist<n>.down`,
`gicd.probe`. It holds every SPI, offers each PE the best one, recalls what is not deliverable any more, and sends SGIs out.
Order within one input on each `dist<n>.down`: acknowledgement or delivery first, then `Control`, then the offer.
"""

from __future__ import annotations

from functools import partial

from irqpath.config.policy import IRQPATH, Policy, stored_mask
from irqpath.config.sizes import GicConfig
from irqpath.core.errors import ArchError
from irqpath.core.link import Link
from irqpath.core.state import Flag, Int, Many, Part, Record, Schema, Table, bits
from irqpath.core.transactions import (
    Control,
    ControlAck,
    LineChange,
    PeStatus,
    PeStatusAck,
    Reset,
    SgiAck,
    SgiDeliver,
    SgiMode,
    SgiRequest,
    SpiActivate,
    SpiActivateAck,
    SpiDeactivate,
    SpiDeactivateAck,
    SpiDeactivateNs,
    SpiOffer,
    SpiRecall,
    SpiRecallAck,
    SpiRelease,
    Transaction,
    WakeRequest,
)
from irqpath.gic.common.bank import Bank
from irqpath.gic.common.bits import ones
from irqpath.gic.common.frame import FrameBlock
from irqpath.gic.common.inputs import of, wires
from irqpath.gic.common.offer import Move, Offer
from irqpath.gic.common.shapes import GROUPS, INTID, REGISTER32
from irqpath.gic.gicd.registers import registers
from irqpath.gic.gicd.spis import NOWHERE, POOL, SpiQueues
from irqpath.regs import gicd_frame

IRM = 1 << 31


class Distributor(FrameBlock):
    """GICD. `bank`: SPIs; `route`: GICD_IROUTER by INTID; `offers`, `status` by PE; `located`: PE that may hold an SPI now;
    `chosen`: PE picked for a 1-of-N interrupt."""

    __slots__ = (
        "_affinity",
        "_config",
        "_control_stale",
        "_dirty",
        "_down",
        "bank",
        "chosen",
        "control_outstanding",
        "e1nwf",
        "enables",
        "located",
        "nassgi",
        "nassgicap",
        "nsacr",
        "offers",
        "queues",
        "route",
        "rwp",
        "status",
        "unsettled",
        "waking",
    )

    def __init__(self, config: GicConfig, policy: Policy = IRQPATH) -> None:
        frame = gicd_frame(extended=config.espis > 0 or config.nmi)
        super().__init__("gicd", frame, policy, [Link.dist(pe, "down") for pe in range(config.pes)], config.pes)
        self._config = config
        spis = config.spi_bits
        self.bank = Bank(spis, stored_mask(config, policy), two_states=config.security)
        self._affinity = {affinity: pe for pe, affinity in enumerate(config.affinities)}
        self._down = [Link.dist(pe, "down") for pe in range(config.pes)]
        self.queues = SpiQueues()
        self.nassgicap = config.gicv4 is not None and config.gicv4.sgis_without_active_state
        self._reset_state()
        self._bounded("gicd.spi", LineChange, self._spi, wires(spis))
        self._on("gicd.reset", Reset, self._reset)
        for pe in range(config.pes):
            self._listen(Link.dist(pe, "up"), pe)
        self._bind(*registers(self, config))

    def _listen(self, up: Link, pe: int) -> None:
        for kind, handler in (
            (SpiActivate, self._spi_activate),
            (SpiRelease, self._spi_release),
            (SpiRecallAck, self._spi_recall_ack),
        ):
            self._bounded(up, kind, partial(handler, pe), of(self.bank.valid, kind))
        self._on(up, SpiDeactivate, partial(self._spi_deactivate, pe))
        self._on(up, SpiDeactivateNs, partial(self._spi_deactivate_ns, pe))
        self._on(up, SgiRequest, partial(self._sgi_request, pe))
        self._on(up, PeStatus, partial(self._pe_status, pe))
        self._on(up, ControlAck, partial(self._control_ack, pe))

    def _reset_state(self) -> None:
        pes = range(self._config.pes)
        self.bank.reset()
        if self.policy.resets_to_group1:
            self.bank.group = self.bank.valid
        self.queues.reset()
        self.route = [0] * max(self._config.last_spi + 1, self.bank.valid.bit_length())
        self.nsacr = [0] * 320
        self.enables = self.e1nwf = 0
        self.nassgi = False
        self.offers = [Offer() for _ in pes]
        self.status = [PeStatus(0, int(not self.policy.waker_gates), 0) for _ in pes]
        self.located: dict[int, int] = {}
        self.chosen: dict[int, int] = {}
        self.rwp = False
        self.unsettled: set[int] = set()
        self.control_outstanding: set[int] = set()
        self._control_stale: set[int] = set()
        self.waking = [False for _ in pes]
        self._dirty: set[int] = set()

    def schema(self) -> Schema:
        """Every SPI, and what each PE was told."""
        pes = self._config.pes
        pe, some = Int(pes - 1), Many(Int(pes - 1), kind=set, sort=True)
        status = Record(PeStatus, {"enables": GROUPS, "awake": Int(1), "dpg": GROUPS})
        return {
            "bank": Part(),
            "queues": Part(),
            "route": Many(bits(40), len(self.route)),
            "enables": GROUPS,
            "e1nwf": Int(1),
            "nassgi": Flag(),
            "nsacr": Many(REGISTER32, len(self.nsacr)),
            "offers": Part(many=True),
            "status": Many(status, pes),
            "located": Table(INTID, pe),
            "chosen": Table(INTID, pe),
            "rwp": Flag(),
            "unsettled": some,
            "control_outstanding": some,
            "_control_stale": some,
            "waking": Many(Flag(), pes),
            "_dirty": Many(Int(pes - 1, NOWHERE), kind=set, sort=True),
        }

    def _send(self, pe: int, transaction: Transaction) -> None:
        self._out.append((self._down[pe], transaction))

    # --- which SPI for which PE -----------------------------------------------------------------------------------------

    def _groups(self, pe: int) -> int:
        """Groups that may be forwarded to `pe`: none while it sleeps."""
        status = self.status[pe]
        if not status.awake:
            return 0
        return self.enables & (7 if self.policy.disabled_group_blocks else status.enables)

    def _queue(self, intid: int) -> int:
        """Where a deliverable SPI belongs: the PE of its affinity, the one chosen for it, the pool, or nowhere (R19)."""
        route = self.route[intid]
        if not route & IRM:
            return self._affinity.get(route >> 8 & 0xFF00_0000 | route & 0xFF_FFFF, NOWHERE)
        return self.chosen.get(intid, POOL)

    def refresh(self, changed: int) -> None:
        """Recompute where the SPIs of the bit vector `changed` belong, and note the PEs that this concerns."""
        bank, located = self.bank, self.located
        candidates = bank.candidates()
        while changed:
            one = changed & -changed
            changed ^= one
            intid = one.bit_length() - 1
            entry = None
            if candidates & one:
                queue = self._queue(intid)
                if queue != NOWHERE and located.get(intid, queue) == queue:
                    entry = (queue, bank.rank(intid) if bank.nmi else bank.priority[intid], bank.group_of(intid))
            if entry is None:
                self.chosen.pop(intid, None)
            moved = self.queues.place(intid, entry)
            if moved is not None:
                self._dirty.update(moved)

    def update(self) -> None:
        """Offer and recall wherever something changed; at most one message a PE."""
        if self._config.one_of_n:
            self._choose()
        dirty = self._dirty
        if dirty:
            self._dirty = set()
            for pe in sorted(dirty):
                if pe >= 0:
                    self._update_pe(pe)
        if self.rwp and not self.unsettled and not self.control_outstanding:
            self.rwp = False

    def _update_pe(self, pe: int) -> None:
        best = self.queues.best(pe, self._groups(pe))
        offer = self.offers[pe]
        decided = offer.decide(best)
        if decided is not None:
            move, (priority, intid, group) = decided
            if move is Move.SET:
                self.located[intid] = pe
                self._send(pe, SpiOffer(intid, priority, group))
            else:
                self._send(pe, SpiRecall(intid))
        if offer.settled(best):
            self.unsettled.discard(pe)
        else:
            self.unsettled.add(pe)
        if not self.status[pe].awake and not self.waking[pe] and self.queues.best(pe, self.enables) is not None:
            self._wake(pe)

    def _wake(self, pe: int) -> None:
        self.waking[pe] = True
        self._send(pe, WakeRequest())

    def _choose(self) -> None:
        """Pick PEs for the 1-of-N interrupts that wait (IHI 0069 3.3, our choice: the lowest-numbered PE that has no SPI,
        else the lowest-numbered one whose SPI ranks lower)."""
        if not self.queues.pooled:
            return
        for group in (0, 1, 2):
            if not self.enables >> group & 1:
                continue
            while (best := self.queues.best(POOL, 1 << group)) is not None:
                pe = self._pick(best)
                if pe is None:
                    break
                self.chosen[best[1]] = pe
                self.refresh(1 << best[1])

    def _pick(self, candidate: tuple[int, int, int]) -> int | None:
        worse: int | None = None
        for pe in range(self._config.pes):
            if not self._takes(pe, candidate[2]):
                continue
            best = self.queues.best(pe, self._groups(pe))
            if best is None:
                return pe
            if worse is None and candidate < best:
                worse = pe
        if worse is None and self.e1nwf:
            self._wake_one()
        return worse

    def _takes(self, pe: int, group: int) -> bool:
        """Whether `pe` takes part in 1-of-N for `group`: awake, enabled, and not excluded by GICR_CTLR.DPG*."""
        status = self.status[pe]
        return bool(status.awake and status.enables >> group & 1 and not status.dpg >> group & 1)

    def _wake_one(self) -> None:
        """GICD_CTLR.E1NWF: wake a PE when no PE is awake for a 1-of-N interrupt; ours is the lowest-numbered."""
        if not any(status.awake for status in self.status) and not any(self.waking):
            self._wake(0)

    def _gone(self, pe: int, intid: int) -> None:
        """`pe` holds `intid` no more."""
        if self.located.get(intid) == pe:
            del self.located[intid]
            self.chosen.pop(intid, None)
        self._dirty.add(pe)
        self.refresh(1 << intid)
        self.update()

    # --- inputs ---------------------------------------------------------------------------------------------------------

    def _spi(self, t: LineChange) -> None:
        if self.bank.drive(t.line, t.level):
            self.changed(1 << t.line)

    def changed(self, bits: int) -> None:
        """SPIs of the bit vector `bits` changed by a register write or a wire."""
        if bits:
            self.refresh(bits)
            self.update()

    def _spi_activate(self, pe: int, t: SpiActivate) -> None:
        self.bank.acknowledge(t.intid)
        self.offers[pe].retire(t.intid)
        self._send(pe, SpiActivateAck(t.intid))
        self._gone(pe, t.intid)

    def _spi_release(self, pe: int, t: SpiRelease) -> None:
        self.offers[pe].retire(t.intid)
        self._gone(pe, t.intid)

    def _spi_recall_ack(self, pe: int, t: SpiRecallAck) -> None:
        self.offers[pe].cleared()
        self._gone(pe, t.intid)

    def _spi_deactivate(self, pe: int, t: SpiDeactivate) -> None:
        self._send(pe, SpiDeactivateAck(t.intid))
        self.changed(self.bank.deactivate_bits(t.intid // 32, 1 << t.intid % 32))

    def _spi_deactivate_ns(self, pe: int, t: SpiDeactivateNs) -> None:
        """Of Non-secure software: only what is of Non-secure Group 1."""
        if self.bank.group_of(t.intid) == 1:
            self._spi_deactivate(pe, SpiDeactivate(t.intid))
        else:
            self._send(pe, SpiDeactivateAck(t.intid))

    def _sgi_request(self, source: int, t: SgiRequest) -> None:
        self._send(source, SgiAck())
        for pe in self._sgi_targets(source, t):
            self._send(pe, SgiDeliver(t.kind, t.intid))

    def _sgi_targets(self, source: int, t: SgiRequest) -> list[int]:
        """PEs that an SGI goes to: all others (IRM), or those of the target list that exist (IHI 0069 ICC_SGI1R_EL1)."""
        rs = t.rs
        if rs and not self._config.range_selector:
            self.report(ArchError.SGI_RANGE, f"RS {rs}, PE {source}, INTID {t.intid}")
            if self.policy.sgi_range == "ignore":
                return []
            rs = 0
        if t.irm:
            return [pe for pe in range(self._config.pes) if pe != source]
        base = t.aff << 8 | rs << 4
        found = (self._affinity.get(base | n) for n in ones(t.targets))
        return sorted(pe for pe in found if pe is not None)

    def _pe_status(self, pe: int, t: PeStatus) -> None:
        self.status[pe] = t
        if t.awake:
            self.waking[pe] = False
        self._send(pe, PeStatusAck())
        stale = [intid for intid, at in self.chosen.items() if at == pe and not self._takes(pe, self.bank.group_of(intid))]
        for intid in stale:
            del self.chosen[intid]
            self.refresh(1 << intid)
        self._dirty.update((pe, POOL))
        self.update()

    # --- GICD_CTLR ------------------------------------------------------------------------------------------------------

    def write_nassgi(self, wanted: bool) -> None:
        """GICD_CTLR.nASSGIreq: SGIs have no active state; every Redistributor is told."""
        if wanted != self.nassgi:
            self.nassgi = wanted
            for pe in range(self._config.pes):
                self._send(pe, SgiMode(int(wanted)))

    def write_enables(self, enables: int) -> None:
        """GICD_CTLR.EnableGrp*: every Redistributor is told; RWP holds until all have answered a disabling (R21)."""
        if enables == self.enables:
            return
        if self.enables & ~enables:
            self.rwp = True
        self.enables = enables
        for pe in range(self._config.pes):
            if pe in self.control_outstanding:
                self._control_stale.add(pe)
            else:
                self._send_control(pe)
            self._dirty.add(pe)
        self.update()

    def _send_control(self, pe: int) -> None:
        self.control_outstanding.add(pe)
        self._send(pe, Control(self.enables))

    def _control_ack(self, pe: int, _: ControlAck) -> None:
        self.control_outstanding.discard(pe)
        if pe in self._control_stale:
            self._control_stale.discard(pe)
            self._send_control(pe)
        self.update()

    def _reset(self, _: Reset) -> None:
        self._reset_state()
