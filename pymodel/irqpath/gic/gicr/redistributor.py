"""GICR: the Redistributor of one PE (IHI 0069 2, 5.1, 11, 12; appendix A for the stream).

Inputs: `gicr<n>.reg`, `gicr<n>.ppi` (LineChange), `dist<n>.down` (from GICD), `stream<n>.up` (from GICC), `its<k>.gicr<n>.cmd`,
`gicr<n>.reset` (Reset, or PeReset when only its PE was reset). Outputs: `gicr<n>.rsp`, `dist<n>.up`, `stream<n>.down`,
`its<k>.gicr<n>.ack`, `gicr<n>.wake`, `gicr<n>.probe`, and in a GICv4 `gicr<n>.scan`, which is also an input: what it tells
itself to do next; memory through the port. It arbitrates its own SGIs, PPIs and LPIs
with the SPI that GICD offers, and keeps the best of them at the CPU interface.
"""

from __future__ import annotations

from irqpath.config.policy import IRQPATH, Policy, stored_mask
from irqpath.config.sizes import FIRST_EPPI, FIRST_LPI, GicConfig
from irqpath.core.errors import ArchError
from irqpath.core.link import Link
from irqpath.core.memory import MemPort
from irqpath.core.state import Flag, Int, Part, Schema, Shape
from irqpath.core.transactions import (
    Activate,
    ActivateAck,
    Clear,
    ClearAck,
    Control,
    ControlAck,
    Deactivate,
    DeactivateAck,
    DeactivateNs,
    DownstreamControlAck,
    GenerateSgi,
    LineChange,
    LpiAck,
    PeReset,
    PeStatus,
    PeStatusAck,
    QuiesceAck,
    Release,
    Reset,
    Set,
    SgiAck,
    SgiDeliver,
    SgiMode,
    SgiPended,
    SgiRequest,
    SpiActivateAck,
    SpiDeactivate,
    SpiDeactivateAck,
    SpiDeactivateNs,
    SpiOffer,
    SpiRecall,
    UpstreamControl,
    UpstreamControlAck,
    WakeRequest,
)
from irqpath.gic.common.bank import Bank
from irqpath.gic.common.frame import FrameBlock, Read, Write
from irqpath.gic.common.inputs import of, wires
from irqpath.gic.common.offer import Candidate, Move, Offer
from irqpath.gic.common.shapes import GROUPS, REGISTER32
from irqpath.gic.gicr.distributor_link import DistributorLink
from irqpath.gic.gicr.lpi import LpiUnit
from irqpath.gic.gicr.lpi_commands import LpiCommands
from irqpath.gic.gicr.registers import registers
from irqpath.gic.gicr.secure_lpi import SecureLpiUnit
from irqpath.gic.gicr.sgi import permitted, permitted_with_two_states
from irqpath.gic.gicr.vlpi import VlpiUnit
from irqpath.gic.gicr.vlpi_links import listen
from irqpath.gic.gicr.vlpi_registers import vlpi_registers
from irqpath.gic.gicr.waker import Power, Waker
from irqpath.regs import gicr_frame

_SGIS = 0xFFFF
_ALL = 0xFFFF_FFFF


class Redistributor(FrameBlock):
    """GICR of PE `pe`. `bank`: SGIs and PPIs; `lpi`: LPIs; `dist`: the SPI that GICD offers, and what is outstanding from GICD;
    `offer`: what GICC may hold; `waker`: sleep, and the connection to GICC; `commands`: of the ITSs; `vlpi`: the GICv4 part."""

    __slots__ = (
        "_acks",
        "_all_groups",
        "_config",
        "_down",
        "_eppi_end",
        "_up",
        "bank",
        "commands",
        "control_outstanding",
        "cpu_groups",
        "direct_busy",
        "dist",
        "dist_groups",
        "lpi",
        "nassgi",
        "nsacr",
        "offer",
        "pe",
        "priority_mask",
        "rwp",
        "vlpi",
        "waker",
    )

    def __init__(self, pe: int, config: GicConfig, mem: MemPort, policy: Policy = IRQPATH) -> None:
        self._acks = [Link.its_gicr(its, pe, "ack") for its in range(len(config.its))]
        gicv4 = config.gicv4
        loop = [] if gicv4 is None else [Link.gicr(pe, "scan")]
        frame = gicr_frame(virtual=gicv4 is not None, extended=config.eppis > 0 or config.nmi, power=policy.power_register)
        self._up, self._down = Link.dist(pe, "up"), Link.stream(pe, "down")
        emits = [self._up, self._down, Link.gicr(pe, "wake"), *self._acks, *loop]
        super().__init__(f"gicr{pe}", frame, policy, emits, config.pes)
        self.pe = pe
        self._config = config
        mask = stored_mask(config, policy)
        extended = (1 << config.eppis) - 1 << FIRST_EPPI
        # SGIs are always edge-triggered (IHI 0069 GICR_ICFGR0)
        self.bank = Bank(_ALL | extended, mask, fixed_edge=_SGIS, two_states=config.security)
        self.offer = Offer()
        lpi_policy = LpiUnit if not config.security else SecureLpiUnit
        self.lpi = lpi_policy(mem, policy, mask, config.intid_bits, self.offer.holds)
        self._eppi_end = FIRST_EPPI + config.eppis
        #: groups that there are, as a bit mask
        self._all_groups = 7 if config.security_or_extended else 3
        self.priority_mask = mask
        self.waker = Waker(self, config.priority_bits)
        self.dist = DistributorLink(self, self.offer.holds)
        self.commands = LpiCommands(self, self.lpi, self.offer.holds, len(config.its))
        self.vlpi = None if gicv4 is None else VlpiUnit(self, config, gicv4, mem, policy)
        self._reset_state()
        self._listen()
        reads: dict[str, Read] = {}
        writes: dict[str, Write] = {}
        if self.vlpi is not None:
            vlpi_registers(self, self.vlpi, reads, writes)
        self._bind(*registers(self, config, reads, writes))

    def _listen(self) -> None:
        pe = self.pe
        self._bounded(Link.gicr(pe, "ppi"), LineChange, self._ppi, wires(self.bank.valid & ~_SGIS))
        self._on(Link.gicr(pe, "reset"), PeReset, self._pe_reset)
        self._on(Link.gicr(pe, "reset"), Reset, self._reset)
        up = Link.stream(pe, "up")
        self._on(up, Activate, self._activate)
        self._on(up, Release, self._release)
        self._on(up, Deactivate, self._deactivate)
        if self._config.security_or_extended:
            self._on(up, DeactivateNs, self._deactivate_ns)
        self._on(up, GenerateSgi, self._generate_sgi)
        self._on(up, UpstreamControl, self._upstream_control)
        self._on(up, ClearAck, self._clear_ack)
        self._on(up, QuiesceAck, self.waker.quiesced)
        self._on(up, DownstreamControlAck, self.waker.connected)
        dist = Link.dist(pe, "down")
        for kind, handler in (
            (SpiOffer, self.dist.offered),
            (SpiRecall, self.dist.recalled),
            (SpiActivateAck, self.dist.spi_activate_ack),
        ):
            self._bounded(dist, kind, handler, of(self._config.spi_bits, kind))
        self._on(dist, SgiDeliver, self._sgi_deliver)
        self._on(dist, SgiMode, self._sgi_mode)
        self._on(dist, Control, self._control)
        self._on(dist, SpiDeactivateAck, self.dist.spi_deactivate_ack)
        self._on(dist, SgiAck, self.dist.sgi_ack)
        self._on(dist, PeStatusAck, self.dist.told)
        self._on(dist, WakeRequest, self._wake_request)
        self.commands.listen()
        if self.vlpi is not None:
            listen(self, self.vlpi, len(self._config.its))

    def _reset_state(self) -> None:
        self.bank.reset()
        if self.policy.resets_to_group1:
            self.bank.group = self.bank.valid
        if self.policy.sgis_enabled_at_reset:
            self.bank.enable = _SGIS
        self.lpi.reset()
        self.offer.reset()
        if self.vlpi is not None:
            self.vlpi.reset()
        self.commands.reset()
        self.waker.reset()
        self.cpu_groups = self.dist_groups = 0
        self.rwp = self.control_outstanding = False
        #: GICD_CTLR.nASSGIreq: SGIs have no active state
        self.nassgi = False
        #: GICR_NSACR: which Secure SGIs Non-secure software may generate
        self.nsacr = 0
        #: GICR_SYNCR.Busy: a direct LPI operation has not taken effect at the CPU interface yet
        self.direct_busy = False
        self.dist.reset(PeStatus(0, int(self.waker.available), 0))

    def schema(self) -> Schema:
        """SGIs, PPIs, LPIs, what GICC may hold, what is outstanding."""
        parts: dict[str, Shape | Part] = {"bank": Part(), "lpi": Part(), "offer": Part()}
        parts |= dict.fromkeys(("dist", "waker", "commands"), Part(inline=True))
        if self.vlpi is not None:
            parts["vlpi"] = Part()
        return parts | {
            "cpu_groups": GROUPS,
            "dist_groups": GROUPS,
            "rwp": Flag(),
            "control_outstanding": Flag(),
            "nassgi": Flag(),
            "nsacr": REGISTER32,
            "direct_busy": Flag(),
            "pe": Int(self._config.pes - 1),
        }

    # --- arbitration ----------------------------------------------------------------------------------------------------

    def _groups(self) -> int:
        """Groups that may be forwarded: enabled in GICD_CTLR and, unless the Policy lets them block, at the CPU interface."""
        return self.dist_groups & (self._all_groups if self.policy.disabled_group_blocks else self.cpu_groups)

    def best(self) -> Candidate | None:
        """The highest priority pending interrupt to forward: (priority, INTID, group); at equal priority the lower INTID."""
        return self._best(self._groups())

    def _best(self, groups: int) -> Candidate | None:
        best: Candidate | None = None
        bank = self.bank
        among = bank.candidates()
        if among:
            among &= bank.in_groups(groups)
            own = bank.best(among)
            if own is not None:
                best = (own[0], own[1], bank.group_of(own[1]))
        spi = self.dist.spi
        if spi is not None and groups >> spi[2] & 1 and (best is None or spi < best):
            best = spi
        if groups & 2 and self.lpi.enabled:
            lpi = self.lpi.best()
            if lpi is not None and (best is None or lpi < best):
                best = lpi
        return best

    def update(self) -> None:
        """Move the CPU interface one message nearer to the best candidate, and answer what waited for that."""
        best = None
        if self.waker.power is Power.AWAKE:
            best = self.best()
            decided = self.offer.decide(best)
            if decided is not None:
                move, (priority, intid, group) = decided
                self._out.append((self._down, Set(intid, priority, group) if move is Move.SET else Clear(intid)))
        elif self._best(self.dist_groups) is not None:
            self.waker.set_wake(1)
        self._respond(best)
        if self.vlpi is not None:
            self.vlpi.update()

    def configure(self, bank: Bank, n: int, value: int, mask: int) -> int:
        """GICR_ICFGR<n>; returns the interrupts that changed."""
        return 0 if self.policy.ppi_triggers_fixed else super().configure(bank, n, value, mask)

    def shares_vpe_table(self, other: int) -> bool:
        """The Redistributor of PE `other` uses the same vPE table (GICR_TYPER.CommonLPIAff)."""
        return self._config.shares_lpi_tables(self.pe, other)

    def shares_table_with_its(self) -> bool:
        """The vPE table of the ITSs is this Redistributor's (GITS_TYPER.SVPET, GITS_MPIDR)."""
        return self._config.its_shares_vpe_table(self.pe)

    @property
    def pes(self) -> int:
        """PEs of the whole GIC."""
        return self._config.pes

    @property
    def awake(self) -> bool:
        """The CPU interface takes messages."""
        return self.waker.power is Power.AWAKE

    def lpi_ack(self, its: int, *, pending: int = 0, intid: int = 0) -> None:
        """For a part of this block: answer ITS `its`."""
        self._out.append((self._acks[its], LpiAck(pending, intid)))

    def _respond(self, best: Candidate | None) -> None:
        """Answer whatever waited for the CPU interface to hold what it should."""
        if self.lpi.flushing and not self._lpi_in_flight():
            self.lpi.flush()
        if not self.offer.settled(best):
            return
        self.rwp = self.direct_busy = False
        if self.control_outstanding:
            self.control_outstanding = False
            self._out.append((self._up, ControlAck()))
        if self.commands.syncing:
            self.commands.synchronized()

    def _lpi_in_flight(self) -> bool:
        held = self.offer.held
        return self.offer.replaced >= FIRST_LPI or (held is not None and held[1] >= FIRST_LPI)

    # --- wires and stream -----------------------------------------------------------------------------------------------

    def _ppi(self, t: LineChange) -> None:
        if self.bank.drive(t.line, t.level):
            self.update()

    def _activate(self, t: Activate) -> None:
        intid = t.intid
        self.offer.retire(intid)
        if self._is_private(intid):
            self.bank.acknowledge(intid)
            if intid < 16 and self.nassgi:
                self.bank.deactivate_bits(0, 1 << intid)
            self._out.append((self._down, ActivateAck(intid)))
        elif intid < FIRST_LPI:
            self.dist.activate(intid)
        else:
            self.lpi.clear_pending(intid)
            self._out.append((self._down, ActivateAck(intid)))
            self.commands.moved(intid)
        self.update()

    def _is_private(self, intid: int) -> bool:
        """A SGI or PPI, extended ones among them."""
        return intid < 32 or FIRST_EPPI <= intid < self._eppi_end

    def _release(self, t: Release) -> None:
        self.offer.retire(t.intid)
        self.dist.returned(t.intid, released=True)
        self.commands.moved(t.intid)
        self.update()

    def _clear_ack(self, t: ClearAck) -> None:
        self.offer.cleared()
        self.dist.returned(t.intid, released=True)
        self.commands.moved(t.intid)
        self.update()

    def _deactivate(self, t: Deactivate) -> None:
        if self._is_private(t.intid):
            self._out.append((self._down, DeactivateAck(t.intid)))
            if self.bank.deactivate_bits(t.intid // 32, 1 << t.intid % 32):
                self.update()
        else:
            self.dist.request(SpiDeactivateAck, SpiDeactivate(t.intid))

    def _deactivate_ns(self, t: DeactivateNs) -> None:
        """Of Non-secure software: only what is of Non-secure Group 1."""
        if not self._is_private(t.intid):
            self.dist.request(SpiDeactivateAck, SpiDeactivateNs(t.intid))
        elif self.bank.group_of(t.intid) == 1:
            self._deactivate(Deactivate(t.intid))
        else:
            self._out.append((self._down, DeactivateAck(t.intid)))

    def _generate_sgi(self, t: GenerateSgi) -> None:
        self.dist.request(SgiAck, SgiRequest(t.kind, t.intid, t.irm, t.aff, t.rs, t.targets))

    def _upstream_control(self, t: UpstreamControl) -> None:
        self.cpu_groups = t.enables
        self._out.append((self._down, UpstreamControlAck()))
        self.send_status()
        self.update()

    # --- reset --------------------------------------------------------------------------------------------------------

    def _pe_reset(self, _: PeReset) -> None:
        """The CPU interface was reset without Quiesce: take back what it held, forget what was outstanding."""
        held = self.offer.held
        gone = [intid for intid in (self.offer.replaced, held[1] if held is not None else -1) if intid >= 0]
        self.offer.reset()
        self.dist.forget()
        for intid in gone:
            self.dist.returned(intid, released=True)
            self.commands.moved(intid)
        if self.vlpi is not None:
            self.vlpi.forget()
        self.cpu_groups = 0
        self.waker.disconnected()
        self.send_status()
        self.update()

    def _reset(self, _: Reset) -> None:
        self.waker.set_wake(0)
        self._reset_state()

    # --- Distributor ----------------------------------------------------------------------------------------------------

    def _sgi_deliver(self, t: SgiDeliver) -> None:
        group = self.bank.group_of(t.intid)
        if self._config.security:
            allowed = permitted_with_two_states(t, group, self.nsacr)
        else:
            allowed = permitted(t, group, sgi1r_reaches_group0=self.policy.sgi1r_reaches_group0)
        if not allowed:
            self.report(ArchError.SGI_NOT_PERMITTED, f"SGI {t.intid} of kind {t.kind}, Group {group} at PE {self.pe}")
            return
        changed = self.bank.pend_bits(0, 1 << t.intid)
        self._out.append((self._probe, SgiPended(t.intid, merged=not changed)))
        if changed:
            self.update()

    def _control(self, t: Control) -> None:
        self.dist_groups = t.enables
        self.control_outstanding = True
        self.update()

    def _sgi_mode(self, t: SgiMode) -> None:
        self.nassgi = bool(t.no_active_state)

    def send_status(self) -> None:
        """For a part of this block: tell GICD what it must know of this PE."""
        self.dist.tell(PeStatus(self.cpu_groups, int(self.waker.available), self.dist.dpg))

    def _wake_request(self, _: WakeRequest) -> None:
        if not self.awake:
            self.waker.set_wake(1)
