"""GICR: the Redistributor of one PE (IHI 0069 2, 5.1, 11, 12; appendix A for the stream).

Inputs: `gicr<n>.reg`, `gicr<n>.ppi` (LineChange), `dist<n>.down` (from GICD), `stream<n>.up` (from GICC), `its<k>.gicr<n>.cmd`,
`gicr<n>.reset` (Reset, or PeReset when only its PE was reset). Outputs: `gicr<n>.rsp`, `dist<n>.up`, `stream<n>.down`,
`its<k>.gicr<n>.ack`, `gicr<n>.wake`, `gicr<n>.probe`, and in a GICv4 `gicr<n>.scan`, which is also an input: what it tells
itself to do next; memory through the port. It arbitrates its own SGIs, PPIs and LPIs
with the SPI that GICD offers, and keeps the best of them at the CPU interface.
"""

from __future__ import annotations

import enum
from functools import partial

from irqpath.config.policy import IRQPATH, Policy, stored_mask
from irqpath.config.sizes import FIRST_EPPI, FIRST_LPI, GicConfig
from irqpath.core.errors import ArchError
from irqpath.core.memory import MemPort
from irqpath.core.state import Flag, Int, Many, Maybe, OneOf, Part, Record, Schema, Shape, Table, Tuple
from irqpath.core.transactions import (
    Activate,
    ActivateAck,
    Clear,
    ClearAck,
    Control,
    ControlAck,
    Deactivate,
    DeactivateAck,
    DownstreamControl,
    DownstreamControlAck,
    GenerateSgi,
    GenerateSgiAck,
    LineChange,
    LpiAck,
    LpiClear,
    LpiInv,
    LpiInvall,
    LpiSet,
    LpiSync,
    LpiTake,
    LpiTakeAny,
    OutLine,
    PeReset,
    PeStatus,
    PeStatusAck,
    Quiesce,
    QuiesceAck,
    Release,
    Reset,
    Set,
    SgiAck,
    SgiDeliver,
    SgiKind,
    SgiMode,
    SgiPended,
    SgiRequest,
    SpiActivate,
    SpiActivateAck,
    SpiDeactivate,
    SpiDeactivateAck,
    SpiOffer,
    SpiRecall,
    SpiRecallAck,
    SpiRelease,
    Transaction,
    UpstreamControl,
    UpstreamControlAck,
    WakeRequest,
)
from irqpath.gic.common.bank import Bank
from irqpath.gic.common.frame import FrameBlock
from irqpath.gic.common.inputs import of, wires
from irqpath.gic.common.offer import Candidate, Move, Offer
from irqpath.gic.common.shapes import GROUPS, INTID_OR_NONE, MAYBE_CANDIDATE, REGISTER32
from irqpath.gic.gicr.lpi import LpiUnit
from irqpath.gic.gicr.registers import registers
from irqpath.gic.gicr.secure_lpi import SecureLpiUnit
from irqpath.gic.gicr.vlpi import VlpiUnit
from irqpath.gic.gicr.vlpi_links import listen
from irqpath.regs import gicr_frame

_SGIS = 0xFFFF
_ALL = 0xFFFF_FFFF


class Power(enum.IntEnum):
    """Where the connection to the CPU interface stands (IHI 0069 11.1, appendix A)."""

    ASLEEP = 0
    WAKING = 1
    AWAKE = 2
    QUIESCING = 3


class Redistributor(FrameBlock):
    """GICR of PE `pe`. `bank`: SGIs and PPIs; `lpi`: LPIs; `spi`: the SPI that GICD offers; `offer`: what GICC may hold.

    `spi_old`: INTID of an SPI that GICD has replaced while GICC may hold it; `recalling`: one that GICD recalled likewise (-1:
    none). `outstanding` and `void`: acknowledges owed by GICD for GICC, and how many of them a reset of the PE made void.
    """

    __slots__ = (
        "_config",
        "_dist_up",
        "_down",
        "_status_owed",
        "_status_sent",
        "bank",
        "control_owed",
        "cpu_groups",
        "direct_busy",
        "dist_groups",
        "dpg",
        "dpg_owed",
        "lpi",
        "moving",
        "nassgi",
        "nsacr",
        "offer",
        "outstanding",
        "pe",
        "power",
        "powered_off",
        "priority_mask",
        "processor_sleep",
        "recalling",
        "rwp",
        "spi",
        "spi_old",
        "syncing",
        "vlpi",
        "void",
        "wake",
    )

    def __init__(self, pe: int, config: GicConfig, mem: MemPort, policy: Policy = IRQPATH) -> None:
        acks = [f"its{its}.gicr{pe}.ack" for its in range(len(config.its))]
        direct = config.direct
        loop = [] if direct is None else [f"gicr{pe}.scan"]
        frame = gicr_frame(virtual=direct is not None, extended=config.eppis > 0 or config.nmi, power=policy.power_register)
        emits = [f"dist{pe}.up", f"stream{pe}.down", f"gicr{pe}.wake", *acks, *loop]
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
        self._down, self._dist_up = f"stream{pe}.down", f"dist{pe}.up"
        self.priority_mask = mask
        self.vlpi = None if direct is None else VlpiUnit(self, config, direct, mem, policy)
        self._reset_state()
        self._listen()
        self._bind(*registers(self, config, self.vlpi))

    def _listen(self) -> None:
        pe = self.pe
        self._bounded(f"gicr{pe}.ppi", LineChange, self._ppi, wires(self.bank.valid & ~_SGIS))
        self._on(f"gicr{pe}.reset", PeReset, self._pe_reset)
        self._on(f"gicr{pe}.reset", Reset, self._reset)
        up = f"stream{pe}.up"
        self._on(up, Activate, self._activate)
        self._on(up, Release, self._release)
        self._on(up, Deactivate, self._deactivate)
        self._on(up, GenerateSgi, self._generate_sgi)
        self._on(up, UpstreamControl, self._upstream_control)
        self._on(up, ClearAck, self._clear_ack)
        self._on(up, QuiesceAck, self._quiesce_ack)
        self._on(up, DownstreamControlAck, self._downstream_control_ack)
        dist = f"dist{pe}.down"
        for kind, handler in (
            (SpiOffer, self._spi_offer),
            (SpiRecall, self._spi_recall),
            (SpiActivateAck, self._spi_activate_ack),
        ):
            self._bounded(dist, kind, handler, of(self._config.spi_bits, kind))
        self._on(dist, SgiDeliver, self._sgi_deliver)
        self._on(dist, SgiMode, self._sgi_mode)
        self._on(dist, Control, self._control)
        self._on(dist, SpiDeactivateAck, self._spi_deactivate_ack)
        self._on(dist, SgiAck, self._sgi_ack)
        self._on(dist, PeStatusAck, self._pe_status_ack)
        self._on(dist, WakeRequest, self._wake_request)
        for its in range(len(self._config.its)):
            link = f"its{its}.gicr{pe}.cmd"
            for command in (LpiSet, LpiClear, LpiInv, LpiInvall):
                self._on(link, command, partial(self._lpi_command, its))
            self._on(link, LpiTake, partial(self._lpi_take, its))
            self._on(link, LpiTakeAny, partial(self._lpi_take, its))
            self._on(link, LpiSync, partial(self._lpi_sync, its))
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
        self.spi: Candidate | None = None
        self.spi_old = self.recalling = -1
        self.cpu_groups = self.dist_groups = self.dpg = 0
        self.processor_sleep = True
        #: GICR_PWRR: the Redistributor is powered off
        self.powered_off = self.policy.power_register
        self.power = Power.ASLEEP if self.policy.waker_gates else Power.AWAKE
        self.wake = 0
        self.rwp = self.control_owed = self.dpg_owed = False
        #: GICD_CTLR.nASSGIreq: SGIs have no active state
        self.nassgi = False
        #: GICR_NSACR: which Secure SGIs Non-secure software may generate
        self.nsacr = 0
        #: GICR_SYNCR.Busy: a direct LPI operation has not taken effect at the CPU interface yet
        self.direct_busy = False
        self.syncing: list[int] = []
        #: (ITS, any) while an LPI that GICC may hold is being handed over; None otherwise
        self.moving: tuple[int, bool] | None = None
        self._status_sent = self._status()
        self._status_owed = False
        self.outstanding: dict[type, int] = {SpiActivateAck: 0, SpiDeactivateAck: 0, SgiAck: 0}
        self.void: dict[type, int] = dict(self.outstanding)

    def schema(self) -> Schema:
        """SGIs, PPIs, LPIs, what GICC may hold, what is owed."""
        pes, its = self._config.pes, max(0, len(self._config.its) - 1)
        acks = OneOf({ack.__name__: ack for ack in (SpiActivateAck, SpiDeactivateAck, SgiAck)})
        owed = Table(acks, Int(1 << 20))
        parts: dict[str, Shape | Part] = {"bank": Part(), "lpi": Part(), "offer": Part()}
        if self.vlpi is not None:
            parts["vlpi"] = Part()
        return parts | {
            "spi": MAYBE_CANDIDATE,
            "spi_old": INTID_OR_NONE,
            "recalling": INTID_OR_NONE,
            "cpu_groups": GROUPS,
            "dist_groups": GROUPS,
            "dpg": GROUPS,
            "processor_sleep": Flag(),
            "powered_off": Flag(),
            "power": OneOf({power.name: power for power in Power}),
            "wake": Int(1),
            "rwp": Flag(),
            "control_owed": Flag(),
            "dpg_owed": Flag(),
            "nassgi": Flag(),
            "nsacr": REGISTER32,
            "direct_busy": Flag(),
            "syncing": Many(Int(its)),
            "moving": Maybe(Tuple((Int(its), Flag()))),
            "_status_sent": Record(PeStatus, {"enables": GROUPS, "awake": Int(1), "dpg": GROUPS}),
            "_status_owed": Flag(),
            "outstanding": owed,
            "void": owed,
            "pe": Int(pes - 1),
        }

    # --- arbitration ----------------------------------------------------------------------------------------------------

    def _groups(self) -> int:
        """Groups that may be forwarded: enabled in GICD_CTLR and, unless the Policy lets them block, at the CPU interface."""
        return self.dist_groups & (3 if self.policy.disabled_group_blocks else self.cpu_groups)

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
        spi = self.spi
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
        if self.power is Power.AWAKE:
            best = self.best()
            decided = self.offer.decide(best)
            if decided is not None:
                move, (priority, intid, group) = decided
                self._out.append((self._down, Set(intid, priority, group) if move is Move.SET else Clear(intid)))
        elif self._best(self.dist_groups) is not None:
            self._set_wake(1)
        self._answer(best)
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
        return self.power is Power.AWAKE

    def emit(self, link: str, transaction: Transaction) -> None:
        """For a part of this block: put something out."""
        self._out.append((link, transaction))

    def _answer(self, best: Candidate | None) -> None:
        """Answer whatever waited for the CPU interface to hold what it should."""
        if self.lpi.flushing and not self._lpi_in_flight():
            self.lpi.flush()
        if not self.offer.settled(best):
            return
        self.rwp = self.direct_busy = False
        if self.control_owed:
            self.control_owed = False
            self._out.append((self._dist_up, ControlAck()))
        for its in self.syncing:
            self._lpi_ack(its, LpiAck())
        self.syncing.clear()

    def _lpi_in_flight(self) -> bool:
        held = self.offer.held
        return self.offer.replaced >= FIRST_LPI or (held is not None and held[1] >= FIRST_LPI)

    def _set_wake(self, level: int) -> None:
        if self.wake != level:
            self.wake = level
            self._out.append((f"{self.name}.wake", LineChange(OutLine.WAKE, level)))

    def write_dpg(self, dpg: int) -> None:
        """GICR_CTLR.DPG*: steer 1-of-N interrupts away; RWP covers it until GICD has acknowledged (R21)."""
        if dpg != self.dpg:
            self.dpg = dpg
            self.dpg_owed = True
            self.send_status()

    # --- wires and stream -----------------------------------------------------------------------------------------------

    def _ppi(self, t: LineChange) -> None:
        if self.bank.drive(t.line, t.level):
            self.update()

    def _activate(self, t: Activate) -> None:
        intid = t.intid
        self.offer.retire(intid)
        if intid < 32:
            self.bank.acknowledge(intid)
            if intid < 16 and self.nassgi:
                self.bank.deactivate_bits(0, 1 << intid)
            self._out.append((self._down, ActivateAck(intid)))
        elif intid < FIRST_LPI:
            self._to_gicd(SpiActivateAck, SpiActivate(intid))
            if self.spi is not None and self.spi[1] == intid:
                self.spi = None
            self._returned(intid, released=False)
        else:
            self.lpi.clear_pending(intid)
            self._out.append((self._down, ActivateAck(intid)))
            self._moved(intid)
        self.update()

    def _release(self, t: Release) -> None:
        self.offer.retire(t.intid)
        self._returned(t.intid, released=True)
        self._moved(t.intid)
        self.update()

    def _clear_ack(self, t: ClearAck) -> None:
        self.offer.cleared()
        self._returned(t.intid, released=True)
        self._moved(t.intid)
        self.update()

    def _returned(self, intid: int, *, released: bool) -> None:
        """GICC holds `intid` no more: tell GICD what it waits for."""
        if self.spi_old == intid:
            self.spi_old = -1
            if released:
                self._out.append((self._dist_up, SpiRelease(intid)))
        if self.recalling == intid:
            self.recalling = -1
            self._out.append((self._dist_up, SpiRecallAck(intid)))

    def _deactivate(self, t: Deactivate) -> None:
        if t.intid < 32:
            self._out.append((self._down, DeactivateAck(t.intid)))
            if self.bank.deactivate_bits(0, 1 << t.intid):
                self.update()
        else:
            self._to_gicd(SpiDeactivateAck, SpiDeactivate(t.intid))

    def _generate_sgi(self, t: GenerateSgi) -> None:
        self._to_gicd(SgiAck, SgiRequest(t.kind, t.intid, t.irm, t.aff, t.rs, t.targets))

    def _to_gicd(self, ack: type, request: SpiActivate | SpiDeactivate | SgiRequest) -> None:
        self.outstanding[ack] += 1
        self._out.append((self._dist_up, request))

    def _upstream_control(self, t: UpstreamControl) -> None:
        self.cpu_groups = t.enables
        self._out.append((self._down, UpstreamControlAck()))
        self.send_status()
        self.update()

    # --- sleep and reset ------------------------------------------------------------------------------------------------

    def write_waker(self, sleep: bool) -> None:
        """GICR_WAKER.ProcessorSleep: ChildrenAsleep follows when the CPU interface has answered (R22)."""
        if sleep == self.processor_sleep or self.powered_off:
            return
        if self.power in (Power.WAKING, Power.QUIESCING):
            self.report(ArchError.WAKER_TWICE)
        self.processor_sleep = sleep
        if self.policy.waker_gates:
            self._follow_waker()
            self.update()

    def _follow_waker(self) -> None:
        if self.processor_sleep and self.power is Power.AWAKE:
            self.power = Power.QUIESCING
            self._out.append((self._down, Quiesce()))
        elif not self.processor_sleep and self.power is Power.ASLEEP:
            self._start_waking()
        self.send_status()

    def _start_waking(self) -> None:
        self.power = Power.WAKING
        self._out.append((self._down, DownstreamControl(0, self._config.priority_bits)))

    def _quiesce_ack(self, _: QuiesceAck) -> None:
        self.power = Power.ASLEEP
        self._follow_waker()
        self.update()

    def _downstream_control_ack(self, _: DownstreamControlAck) -> None:
        self.power = Power.AWAKE
        self._set_wake(0)
        self._follow_waker()
        self.update()

    def children_asleep(self) -> bool:
        """GICR_WAKER.ChildrenAsleep."""
        if not self.policy.waker_gates:
            return self.processor_sleep
        return self.power in (Power.ASLEEP, Power.WAKING)

    def _pe_reset(self, _: PeReset) -> None:
        """The CPU interface was reset without Quiesce: take back what it held, forget what it was owed."""
        held = self.offer.held
        gone = [intid for intid in (self.offer.replaced, held[1] if held is not None else -1) if intid >= 0]
        self.offer.reset()
        self.void = dict(self.outstanding)
        for intid in gone:
            self._returned(intid, released=True)
            self._moved(intid)
        if self.vlpi is not None:
            self.vlpi.forget()
        self.cpu_groups = 0
        if self.power is Power.WAKING:
            self._start_waking()
        elif self.power is Power.QUIESCING:
            self.power = Power.ASLEEP
            self._follow_waker()
        self.send_status()
        self.update()

    def _reset(self, _: Reset) -> None:
        self._set_wake(0)
        self._reset_state()

    # --- Distributor ----------------------------------------------------------------------------------------------------

    def _spi_offer(self, t: SpiOffer) -> None:
        if self.spi is not None:
            old = self.spi[1]
            if self.offer.holds(old):
                self.spi_old = old
            else:
                self._out.append((self._dist_up, SpiRelease(old)))
        self.spi = (t.priority, t.intid, t.group)
        self.update()

    def _spi_recall(self, t: SpiRecall) -> None:
        if self.spi is not None and self.spi[1] == t.intid:
            self.spi = None
        if self.offer.holds(t.intid):
            self.recalling = t.intid
            self.update()
        else:
            self._out.append((self._dist_up, SpiRecallAck(t.intid)))

    def _sgi_deliver(self, t: SgiDeliver) -> None:
        """The target decides by the group it holds the SGI in (R76, IHI 0069 12.1)."""
        group = self.bank.group >> t.intid & 1
        if group != (t.kind == SgiKind.SGI1R) and not (t.kind == SgiKind.SGI1R and self.policy.sgi1r_reaches_group0):
            self.report(ArchError.SGI_NOT_PERMITTED, f"SGI {t.intid} of kind {t.kind}, Group {group} at PE {self.pe}")
            return
        changed = self.bank.pend_bits(0, 1 << t.intid)
        self._out.append((f"{self.name}.probe", SgiPended(t.intid, merged=not changed)))
        if changed:
            self.update()

    def _control(self, t: Control) -> None:
        self.dist_groups = t.enables
        self.control_owed = True
        self.update()

    def _sgi_mode(self, t: SgiMode) -> None:
        self.nassgi = bool(t.no_active_state)

    def _for_gicc(self, ack: type) -> bool:
        """GICD acknowledged a request; whether GICC still waits for it."""
        self.outstanding[ack] -= 1
        if self.void[ack]:
            self.void[ack] -= 1
            return False
        return True

    def _spi_activate_ack(self, t: SpiActivateAck) -> None:
        if self._for_gicc(SpiActivateAck):
            self._out.append((self._down, ActivateAck(t.intid)))

    def _spi_deactivate_ack(self, t: SpiDeactivateAck) -> None:
        if self._for_gicc(SpiDeactivateAck):
            self._out.append((self._down, DeactivateAck(t.intid)))

    def _sgi_ack(self, _: SgiAck) -> None:
        if self._for_gicc(SgiAck):
            self._out.append((self._down, GenerateSgiAck()))

    def _status(self) -> PeStatus:
        awake = self.power is Power.AWAKE and not (self.processor_sleep and self.policy.waker_gates)
        return PeStatus(self.cpu_groups, int(awake), self.dpg)

    def send_status(self) -> None:
        """Tell GICD what it must know of this PE; one message at a time, always the latest."""
        status = self._status()
        if status != self._status_sent and not self._status_owed:
            self._status_sent = status
            self._status_owed = True
            self._out.append((self._dist_up, status))

    def _pe_status_ack(self, _: PeStatusAck) -> None:
        self._status_owed = False
        self.send_status()
        if not self._status_owed:
            self.dpg_owed = False

    def _wake_request(self, _: WakeRequest) -> None:
        if self.power is not Power.AWAKE:
            self._set_wake(1)

    # --- LPIs -----------------------------------------------------------------------------------------------------------

    def lpi_ack(self, its: int, *, pending: int = 0, intid: int = 0) -> None:
        """For a part of this block: answer ITS `its`."""
        self._lpi_ack(its, LpiAck(pending, intid))

    def _lpi_ack(self, its: int, ack: LpiAck) -> None:
        self._out.append((f"its{its}.{self.name}.ack", ack))

    def _lpi_command(self, its: int, t: LpiSet | LpiClear | LpiInv | LpiInvall) -> None:
        match t:
            case LpiSet(intid):
                self.lpi.set_pending(intid)
            case LpiClear(intid):
                self.lpi.clear_pending(intid)
            case LpiInv(intid):
                self.lpi.invalidate(intid)
            case LpiInvall():
                self.lpi.invalidate_all()
        self._lpi_ack(its, LpiAck())
        self.update()

    def _lpi_take(self, its: int, t: LpiTake | LpiTakeAny) -> None:
        if isinstance(t, LpiTakeAny):
            self._take(its, self.lpi.any_pending(), any_=True)
        else:
            self._take(its, t.intid, any_=False)
        self.update()

    def _take(self, its: int, intid: int, *, any_: bool) -> None:
        """Give a pending LPI away; one that GICC may hold is withdrawn first, and software may be faster."""
        if intid >= 0 and self.offer.holds(intid):
            self.moving = (its, any_)
            self.lpi.moving = intid
            return
        pending = intid >= 0 and self.lpi.clear_pending(intid)
        self._lpi_ack(its, LpiAck(1, intid) if pending else LpiAck())

    def _moved(self, intid: int) -> None:
        """GICC holds `intid` no more: go on handing it over, if that was wanted."""
        if self.moving is None or intid != self.lpi.moving:
            return
        its, any_ = self.moving
        self.moving, self.lpi.moving = None, -1
        if self.lpi.clear_pending(intid):
            self._lpi_ack(its, LpiAck(1, intid))
        elif any_:
            self._take(its, self.lpi.any_pending(), any_=True)
        else:
            self._lpi_ack(its, LpiAck())

    def _lpi_sync(self, its: int, _: LpiSync) -> None:
        self.syncing.append(its)
        self.update()
