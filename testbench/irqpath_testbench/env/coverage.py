"""What a run exercised, counted from monitored transactions and journeys. A plan (`plan.py`) names the bins; an empty bin is
uncovered."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from irqpath.config.sizes import FIRST_LPI, GicConfig
from irqpath.core.link import Link
from irqpath.core.transactions import (
    CommandDone,
    GenerateSgi,
    LineChange,
    LpiAck,
    LpiSet,
    MemRead,
    MemWrite,
    Msi,
    Observed,
    RegRead,
    RegReadData,
    RegWrite,
    Report,
    SgiKind,
    SpiActivate,
    SpiOffer,
    SpiRecall,
    SysRead,
    SysReadData,
    SysWrite,
    Transaction,
)
from irqpath.regs import GICD, GICR, ICC
from irqpath_testbench.env.coverage_changes import OF_PE, Changes
from irqpath_testbench.env.coverage_virtual import VirtualCoverage
from irqpath_testbench.env.plan import STREAM_CROSSINGS
from irqpath_testbench.env.scoreboards.accesses import Split

_EOIR = {ICC.by_name(f"ICC_EOIR{group}_EL1").offset for group in (0, 1)}
_DIR = ICC.by_name("ICC_DIR_EL1").offset
_CTLR = ICC.by_name("ICC_CTLR_EL1").offset
_SGIR = {ICC.by_name(f"ICC_{kind.name}_EL1").offset for kind in SgiKind}
_IAR = {ICC.by_name(f"ICC_IAR{group}_EL1").offset for group in (0, 1)}
_SPURIOUS = 1023
_ICFGR = (GICD.register("GICD_ICFGR").offset, GICR.register("GICR_ICFGR0").offset)
_ROUTER = GICD.element("GICD_IROUTER32").offset
_SETSPI, _CLRSPI = (GICD.element(name).offset for name in ("GICD_SETSPI_NSR", "GICD_CLRSPI_NSR"))
_DIRECT = {name: GICR.element(f"GICR_{name}").offset for name in ("SETLPIR", "CLRLPIR", "INVLPIR", "INVALLR", "SYNCR")}
_KINDS = {int(kind): kind.name for kind in SgiKind}


def _each(functions: Sequence[Callable[[Observed], None]]) -> Callable[[Observed], None]:
    def all_of_them(o: Observed) -> None:
        for function in functions:
            function(o)

    return all_of_them


_DOWN_CROSSES, _UP_CROSSES = (frozenset(pair[way] for pair in STREAM_CROSSINGS) for way in (0, 1))
_Last: TypeAlias = deque[Observed]


class Coverage:
    """Counts by (group, bin)."""

    def __init__(self, config: GicConfig) -> None:
        self.hits: Counter[tuple[str, str]] = Counter()
        self._config = config
        self._eoimode = [0] * config.pes
        self._depth = [0] * config.pes
        self._syncr = [False] * config.pes
        self._iar = [False] * config.pes
        self._edge: set[tuple[int, int]] = set()  # (PE, or -1 of an SPI, INTID)
        self._one_of_n: set[int] = set()
        # the last messages each way, by PE: of two that were under way at the same time either may be seen first
        self._last_dist: list[tuple[_Last, _Last]] = [(deque(maxlen=3), deque(maxlen=3)) for _ in range(config.pes)]
        self._last_stream: list[tuple[_Last, _Last]] = [(deque(maxlen=3), deque(maxlen=3)) for _ in range(config.pes)]
        handlers: dict[str, Callable[[int, Observed], None]] = {}
        for pe in range(config.pes):
            handlers |= {
                Link.gicc(pe, "sys"): self._system,
                Link.gicc(pe, "sys_rsp"): self._response,
                Link.gicc(pe, "irq"): self._line,
                Link.stream(pe, "up"): self._up,
                Link.stream(pe, "down"): self._down,
                Link.dist(pe, "down"): self._dist_down,
                Link.dist(pe, "up"): self._dist_up,
                Link.gicr(pe, "reg"): self._redistributor,
                Link.gicr(pe, "rsp"): self._redistributor_response,
                Link.gicr(pe, "mem"): self._memory,
                Link.its_gicr(0, pe, "cmd"): self._its_command,
                Link.its_gicr(0, pe, "ack"): self._its_ack,
            }
        handlers |= {"its0.mem": self._its_memory, "its0.msi": self._message, "its0.step": self._message}
        self._msi: Msi | None = None
        self._ones: dict[str, int] = {}  # group -> bits seen set
        self._changes = Changes(config, self.hit)
        handlers["gicd.reg"] = self._distributor
        found = {link: partial(handler, max(Link(link).number, 0)) for link, handler in handlers.items()}
        self._handlers: dict[str, Callable[[Observed], None]] = dict(found)
        if config.virtual is not None:
            self._add_virtual(config)

    def _add_virtual(self, config: GicConfig) -> None:
        """The physical interface's groups see nothing of what belongs to the virtual one."""
        virtual = VirtualCoverage(config, self.hit)
        split = Split(config.pes, virtual.hypervisor, virtual.guest)
        more = {"sys": virtual.told, "sys_rsp": virtual.told, "irq": virtual.physical_line}
        for pe in range(config.pes):
            for end in ("sys", "sys_rsp", "irq", "reset"):
                link = Link.gicc(pe, end)
                own = [self._handlers[link]] if link in self._handlers else []
                first = [partial(more[end], pe)] if end in ("sys", "sys_rsp") else []
                if end == "irq":
                    own = [*own, partial(more[end], pe)]
                self._handlers[link] = _each([*first, *split.of(link, own)])
            up = Link.stream(pe, "up")
            self._handlers[up] = _each([self._handlers[up], partial(virtual.up, pe)])

    def saw(self, observed: Observed) -> None:
        """A monitor saw a transaction."""
        handler = self.on(observed.link)
        if handler is not None:
            handler(observed)

    def on(self, link: str) -> Callable[[Observed], None] | None:
        """What is to be done with each transaction on `link`, if anything."""
        return self._handlers.get(link)

    def links(self) -> frozenset[str]:
        """The links that it listens to."""
        return frozenset(self._handlers)

    def probe(self, transaction: Transaction) -> None:
        """A golden model said something that no wire carries."""
        if isinstance(transaction, CommandDone):
            self.hit("command", transaction.name)
        elif isinstance(transaction, Report):
            self.hit("finding", transaction.error.name)

    def hit(self, group: str, name: str) -> None:
        """A bin was hit."""
        self.hits[group, name] += 1

    def _system(self, pe: int, o: Observed) -> None:
        t = o.transaction
        self._iar[pe] = False
        if not isinstance(t, SysWrite):
            self._iar[pe] = isinstance(t, SysRead) and t.reg in _IAR
            return
        if t.reg in OF_PE:
            self._changes.system(pe, t)
        elif t.reg in _SGIR:
            self.hit("range selector", "not zero" if t.value >> 44 & 0xF else "zero")
        elif t.reg == _CTLR:
            self._eoimode[pe] = t.value >> 1 & 1
        elif t.reg in _EOIR:
            self._depth[pe] = max(0, self._depth[pe] - 1)
            self.hit("end of interrupt", f"EOImode {self._eoimode[pe]}")

    def _response(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not self._iar[pe] or not isinstance(t, SysReadData):
            return
        self._iar[pe] = False
        if t.value == _SPURIOUS:
            self.hit("acknowledge", "spurious (1023)")
            return
        self.hit("acknowledge", "an interrupt")
        self._acknowledged(pe, t.value)
        self._depth[pe] += 1
        self.hit("nesting", f"depth {self._depth[pe]}")

    def _line(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, LineChange) and t.level:
            self.hit("signalled by", ("IRQ", "FIQ")[t.line])

    def _up(self, pe: int, o: Observed) -> None:
        t = o.transaction
        self.hit("stream", type(t).__name__)
        if isinstance(t, GenerateSgi):
            self.hit("register", _KINDS.get(t.kind, f"kind {t.kind}"))
            self.hit("targets", self._targets(pe, t))
            return
        downs, ups = self._last_stream[pe]
        if type(t) in _UP_CROSSES:
            for down in downs:
                if down.accept >= o.offer and down.offer <= o.accept:
                    self._crossing(down, o)
            ups.append(o)

    def _crossing(self, down: Observed, up: Observed) -> None:
        """Both were under way at the same time."""
        name = STREAM_CROSSINGS.get((type(down.transaction), type(up.transaction)))
        if name is not None:
            self.hit("crossing on the stream", name)

    def _down(self, pe: int, o: Observed) -> None:
        self.hit("stream", type(o.transaction).__name__)
        if type(o.transaction) in _DOWN_CROSSES:
            downs, ups = self._last_stream[pe]
            for up in ups:
                if o.accept >= up.offer and o.offer <= up.accept:
                    self._crossing(o, up)
            downs.append(o)

    def _acknowledged(self, pe: int, intid: int) -> None:
        self.hit("at PE", f"PE {pe}")
        if intid < 32:
            self.hit("SGI at PE" if intid < 16 else "PPI at PE", f"{'SGI' if intid < 16 else 'PPI'} {intid} at PE {pe}")
        elif intid < FIRST_LPI:
            self.hit("SPI", f"SPI {intid}")
            self.hit("routing", "1-of-N" if intid in self._one_of_n else "affinity")
        else:
            self.hit("LPI", f"LPI {intid}")
            self._set_in("bit of an LPI", intid)
        if 16 <= intid < FIRST_LPI:
            self.hit("trigger", "edge" if (pe if intid < 32 else -1, intid) in self._edge else "level")

    def _dist_down(self, pe: int, o: Observed) -> None:
        kind = type(o.transaction)
        self.hit("dist", kind.__name__)
        if kind is SpiOffer or kind is SpiRecall:
            downs, ups = self._last_dist[pe]
            for up in ups:
                if o.accept >= up.offer and o.offer <= up.accept:
                    self.hit("crossing on dist", f"{kind.__name__} with SpiActivate")
            downs.append(o)

    def _dist_up(self, pe: int, o: Observed) -> None:
        self.hit("dist", type(o.transaction).__name__)
        if type(o.transaction) is not SpiActivate:
            return
        downs, ups = self._last_dist[pe]
        for down in downs:
            if down.accept >= o.offer and down.offer <= o.accept:
                self.hit("crossing on dist", f"{type(down.transaction).__name__} with SpiActivate")
        ups.append(o)

    def _distributor(self, _: int, o: Observed) -> None:
        t = o.transaction
        self._changes.distributor(o)
        if not isinstance(t, RegWrite):
            return
        if t.offset in (_SETSPI, _CLRSPI):
            name = "SETSPI" if t.offset == _SETSPI else "CLRSPI"
            known = 32 <= t.value <= self._config.last_spi
            self.hit("message", f"{name} {'edge' if (-1, t.value) in self._edge else 'level'}" if known else "no such SPI")
        elif _ROUTER <= t.offset < _ROUTER + 8 * 1024:
            intid = (t.offset - _ROUTER) // 8 + 32
            (self._one_of_n.add if t.value >> 31 & 1 else self._one_of_n.discard)(intid)
        elif _ICFGR[0] <= t.offset < _ICFGR[0] + 256:
            self._configured(-1, 4 * (t.offset - _ICFGR[0]), t.value)

    def _redistributor(self, pe: int, o: Observed) -> None:
        t = o.transaction
        self._changes.redistributor(pe, o)
        self._syncr[pe] = isinstance(t, RegRead) and t.offset == _DIRECT["SYNCR"]
        if not isinstance(t, RegWrite):
            return
        for name in ("SETLPIR", "CLRLPIR", "INVLPIR", "INVALLR"):
            if t.offset == _DIRECT[name]:
                self.hit("direct", name)
        if _ICFGR[1] <= t.offset < _ICFGR[1] + 8:
            self._configured(pe, 4 * (t.offset - _ICFGR[1]), t.value)

    def _redistributor_response(self, pe: int, o: Observed) -> None:
        if self._syncr[pe] and isinstance(o.transaction, RegReadData) and o.transaction.value:
            self.hit("direct", "SYNCR busy")

    def _configured(self, owner: int, first: int, value: int) -> None:
        for n in range(16):
            (self._edge.add if value >> 2 * n + 1 & 1 else self._edge.discard)((owner, first + n))

    def _set_in(self, group: str, number: int) -> None:
        """Bits of `number` are set; each is counted the first time."""
        seen = self._ones.get(group, 0)
        if fresh := number & ~seen:
            self._ones[group] = seen | fresh
            for bit in range(fresh.bit_length()):
                if fresh >> bit & 1:
                    self.hit(group, f"bit {bit}")

    def _message(self, _: int, o: Observed) -> None:
        self._msi = o.transaction if isinstance(o.transaction, Msi) else None

    def _its_command(self, _: int, o: Observed) -> None:
        if isinstance(o.transaction, LpiSet) and self._msi is not None:
            self._set_in("bit of a DeviceID", self._msi.device)
            self._set_in("bit of an EventID", self._msi.event)
            self._msi = None

    def _its_memory(self, _: int, o: Observed) -> None:
        if isinstance(o.transaction, MemRead | MemWrite):
            self._set_in("bit of an address of ITS", o.transaction.address)

    def _memory(self, pe: int, o: Observed) -> None:
        if isinstance(o.transaction, MemRead | MemWrite):
            self._set_in("bit of an address of GICR", o.transaction.address)
        if isinstance(o.transaction, MemWrite) and o.transaction.size == 1:
            self.hit("pending table", "one bit written")
        elif isinstance(o.transaction, MemRead) and o.transaction.size == 8:
            self.hit("pending table", "read again")

    def _its_ack(self, pe: int, o: Observed) -> None:
        if isinstance(o.transaction, LpiAck):
            self.hit("LPI taken from a Redistributor", "pending" if o.transaction.pending else "not pending")

    def _targets(self, pe: int, t: GenerateSgi) -> str:
        if t.irm:
            return "all but itself (IRM)"
        base = t.aff << 8 | (t.rs << 4 if self._config.range_selector else 0)
        affinities = [base | n for n in range(16) if t.targets >> n & 1]
        present = [self._config.affinities.index(a) for a in affinities if a in self._config.affinities]
        if not present:
            return "none that exists"
        if present == [pe]:
            return "itself"
        return "one other" if len(present) == 1 else "several"
