"""The journeys of a GICv2's interrupts, from an SGI, a wire or a message to the deactivation, which a guest may bring about.

What is pending follows from monitored accesses and wires (IHI 0048 4.3): a latch, or the level of a wire; of an SGI each source
by itself. A journey begins when its interrupt becomes pending, and is lost when it is not any more and was not acknowledged. What
an acknowledgement took, its response tells: what the block took in between is looked at after it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import FIRST_SPECIAL, GicConfig
from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Observed, OutLine, RegRead, RegReadData, RegWrite, Transaction
from irqpath.regs import GICC, GICD2, GICH, GICV, V2M, Frame
from irqpath_testbench.env.scoreboards.block import text
from irqpath_testbench.env.scoreboards.journey import ANYWHERE, Journey, JourneyBoard, Key, Latency, interrupt_kind, key_of

_FRAMES: dict[str, Frame] = {"gicd": GICD2, "gicc": GICC, "gich": GICH, "gicv": GICV, "v2m": V2M}
_EOIMODE_LSB = 9
#: Lines of physical interrupts.
_LINES = (OutLine.IRQ, OutLine.FIQ)
_Handler: TypeAlias = Callable[[int, int, int, Observed], None]


class Gicv2Journeys(JourneyBoard):
    """Keys of what is pending have the source of an SGI above its INTID, as GICC_IAR has."""

    def __init__(self, size: GicConfig, config: Gicv2Config) -> None:
        super().__init__(size)
        self._config = config
        self._latched: set[Key] = set()
        self._high: dict[Key, Observed] = {}  # wires that are, and since when
        self._edges: set[int] = set()
        self._asked: dict[str, tuple[str, int]] = {}  # frame -> register that is read, and by which PE
        self._eoimode: dict[tuple[str, int], int] = {}  # (frame, PE)
        self._listed: dict[tuple[int, int], int] = {}  # (PE, virtual INTID) -> physical one
        self._later: list[tuple[Callable[[Observed], None], Observed]] = []
        self._acknowledging = False
        self._functions: dict[str, Callable[[Observed], None]] = {}
        for frame in _FRAMES:
            self._functions[Link.of(frame, "reg")] = partial(self._in_order, partial(self._access, frame))
            self._functions[Link.of(frame, "rsp")] = partial(self._in_order, partial(self._answered, frame))
        self._functions[Link("gicc.rsp")] = self._acknowledged
        self._functions[Link("gicd.spi")] = partial(self._in_order, partial(self._wire, ANYWHERE))
        #: by PE and line: the rise of nIRQ or nFIQ, while it is high and no acknowledgement has followed
        self._rose: dict[tuple[int, int], Observed] = {}
        for pe in range(config.pes):
            self._functions[Link.gicv2_ppi(pe)] = partial(self._in_order, partial(self._wire, pe))
            self._functions[Link.gicc(pe, "irq")] = partial(self._in_order, partial(self._line, pe))
        #: what a write does, by the register's name: of (PE, number of the register, value in place)
        self._writes: dict[str, _Handler] = {
            "GICD_SGIR": self._send,
            "GICD_SPENDSGIR": partial(self._sgis, True),
            "GICD_CPENDSGIR": partial(self._sgis, False),
            "GICD_ICFGR": self._configured,
            "V2M_MSI_SETSPI_NS": self._message,
            "GICH_LR": self._list_register,
        }
        for name in ("GICD_ISPENDR", "GICD_ICPENDR", "GICD_ISACTIVER", "GICD_ICACTIVER"):
            self._writes[name] = partial(self._bits, name)
        for name, frame in (("GICC_CTLR", "gicc"), ("GICV_CTLR", "gicv"), ("GICH_VMCR", "gicv")):
            self._writes[name] = partial(self._control, frame)
        for name in ("EOIR", "AEOIR", "DIR"):
            self._writes[f"GICC_{name}"] = partial(self._ended, int(name == "DIR"))
            self._writes[f"GICV_{name}"] = partial(self._guest_ended, int(name == "DIR"))

    def links(self) -> frozenset[str]:
        """The links that it listens to."""
        return frozenset(self._functions)

    def on(self, link: str) -> list[Callable[[Observed], None]]:
        """What is to be done with each transaction on `link`."""
        return [self._functions[link]] if link in self._functions else []

    def story(self, link: str, transaction: Transaction) -> str:
        """Nothing: no transaction of a GICv2 names an interrupt but the acknowledgement."""
        return ""

    # --- what is pending -------------------------------------------------------------------------------------------------

    def _is_pending(self, key: Key) -> bool:
        intid = key[1]
        by_level = key in self._high and intid not in self._edges and key not in self.active
        return key in self._latched or by_level

    def _follow(self, key: Key, o: Observed, reason: str) -> None:
        """The interrupt's journey begins, or is lost."""
        pending = self._is_pending(key)
        if pending and key not in self.pending:
            self.pending[key] = Journey(interrupt_kind(key[1] & 0x3FF), key[1] & 0x3FF, key[0], o)
        elif not pending and self.pending.pop(key, None) is not None:
            self.lost[reason] += 1

    def _latch(self, key: Key, o: Observed) -> None:
        if key in self._latched and key in self.pending:
            self.pending[key].merged += 1
            self.merged[self.pending[key].path] += 1
        self._latched.add(key)
        self._follow(key, o, "")

    def _unlatch(self, key: Key, o: Observed, reason: str) -> None:
        self._latched.discard(key)
        self._follow(key, o, reason)

    def _wire(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, LineChange):
            return
        key = (pe, t.line)
        if not t.level:
            self._high.pop(key, None)
            self._follow(key, o, "its wire fell")
        else:
            if key not in self._high and t.line in self._edges:
                self._latch(key, o)
            self._high[key] = o
            self._follow(key, o, "")

    def _line(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, LineChange) or t.line not in _LINES:
            return
        if t.level:
            self._rose[pe, t.line] = o
        else:
            self._rose.pop((pe, t.line), None)

    # --- accesses --------------------------------------------------------------------------------------------------------

    def _in_order(self, function: Callable[[Observed], None], o: Observed) -> None:
        """Now, or after the response to an acknowledgement that was taken before."""
        if self._acknowledging:
            self._later.append((function, o))
        else:
            function(o)

    def _acknowledged(self, o: Observed) -> None:
        self._acknowledging = False
        self._answered("gicc", o)
        while self._later and not self._acknowledging:
            function, later = self._later.pop(0)
            function(later)

    def _access(self, frame: str, o: Observed) -> None:
        t = o.transaction
        self._asked.pop(frame, None)
        if not isinstance(t, RegRead | RegWrite):
            return
        access = _FRAMES[frame].lookup(t.offset, t.size)
        if access is None:
            return
        name = _FRAMES[frame].registers[access.register].name
        if isinstance(t, RegRead):
            self._asked[frame] = (name, t.pe)
            self._acknowledging = self._acknowledging or name in ("GICC_IAR", "GICC_AIAR")
        elif name in self._writes:
            self._writes[name](t.pe, access.index, t.value << access.shift, o)

    def _exists(self, intid: int) -> bool:
        return intid <= self._config.last_spi

    def _send(self, pe: int, _: int, value: int, o: Observed) -> None:
        everyone = (1 << self._config.pes) - 1
        targets = {0: value >> 16 & 0xFF, 1: everyone & ~(1 << pe), 2: 1 << pe, 3: 0}[value >> 24 & 3]
        for target in range(self._config.pes):
            if targets >> target & 1:
                self._latch((target, pe << 10 | value & 0xF), o)

    def _sgis(self, pend: bool, pe: int, n: int, value: int, o: Observed) -> None:
        for bit in range(32):
            source = bit % 8
            if value >> bit & 1 and source < self._config.pes:
                key = (pe, source << 10 | 4 * n + bit // 8)
                if pend:
                    self._latch(key, o)
                else:
                    self._unlatch(key, o, "made not pending")

    def _bits(self, name: str, pe: int, n: int, value: int, o: Observed) -> None:
        for bit in range(32):
            if value >> bit & 1 and self._exists(32 * n + bit):
                self._changed(name, key_of(pe, 32 * n + bit), o)

    def _changed(self, name: str, key: Key, o: Observed) -> None:
        """A bit of a register was written that sets or clears state."""
        if name == "GICD_ISPENDR" and key[1] >= 16:
            self._latch(key, o)
        elif name == "GICD_ICPENDR" and key[1] >= 16:
            self._unlatch(key, o, "made not pending")
        elif name == "GICD_ISACTIVER" and not self._active_as(key):
            self.active[key] = Journey("active by software", key[1], key[0], o)
            self._follow(key, o, "its wire fell")
        elif name == "GICD_ICACTIVER":
            for active in self._active_as(key):
                del self.active[active]
                self.lost["deactivated by ICACTIVER"] += 1
            self._follow(key, o, "")

    def _configured(self, _: int, n: int, value: int, o: Observed) -> None:
        """Of SPIs; those of SGIs and PPIs are fixed."""
        for bit in range(16 * (n > 1)):
            intid = 16 * n + bit
            (self._edges.add if value >> 2 * bit + 1 & 1 else self._edges.discard)(intid)
            if self._exists(intid):
                self._follow((ANYWHERE, intid), o, "its trigger changed")

    def _message(self, _pe: int, _n: int, value: int, o: Observed) -> None:
        """A pulse: an edge is latched, and the wire is low."""
        v2m, intid = self._config.v2m, value & 0x3FF
        key = (ANYWHERE, intid)
        if v2m is None or not v2m.first_spi <= intid < v2m.first_spi + v2m.spis or not self._exists(intid):
            return
        if intid in self._edges and key not in self._high:
            self._latch(key, o)
        self._high.pop(key, None)
        self._follow(key, o, "its wire fell")

    def _control(self, frame: str, pe: int, _: int, value: int, _o: Observed) -> None:
        self._eoimode[frame, pe] = value >> _EOIMODE_LSB & 1

    def _list_register(self, pe: int, _: int, value: int, _o: Observed) -> None:
        if value >> 31 and value >> 28 & 3:
            self._listed[pe, value & 0x3FF] = value >> 10 & 0x3FF

    # --- acknowledged, ended ---------------------------------------------------------------------------------------------

    def _active_as(self, key: Key) -> list[Key]:
        """What is active of it: of an SGI whatever its source, for it is active once."""
        return [k for k in self.active if k[0] == key[0] and k[1] & 0x3FF == key[1] & 0x3FF]

    def _answered(self, frame: str, o: Observed) -> None:
        name, pe = self._asked.pop(frame, ("", 0))
        t = o.transaction
        if name not in ("GICC_IAR", "GICC_AIAR") or not isinstance(t, RegReadData):
            return
        rises = [rise for line in _LINES if (rise := self._rose.pop((pe, line), None)) is not None]
        if t.value & 0x3FF >= FIRST_SPECIAL:
            return
        intid = t.value & 0x3FF
        key = (ANYWHERE if intid >= 32 else pe, t.value)
        journey = self.pending.pop(key, None)
        if journey is None and key not in self._high:
            self.fail("spurious acknowledgement", o.link, o.accept, "a pending journey", text(t))
            return
        self._latched.discard(key)
        if journey is None:  # its deactivation was not seen: by something UNPREDICTABLE
            journey = Journey(interrupt_kind(intid), intid, pe, self._high[key])
        cause = journey.cause
        for rise in rises:  # at most one of the two is high
            if rise.accept > cause.accept:  # the block knew of the interrupt when the line rose
                journey.hops.append(rise)
                journey.asserted = rise.accept
                self.to_line.append(rise.accept - cause.offer)
        journey.hops.append(o)
        journey.acknowledged = o.accept
        line = self.to_line[-1] if journey.asserted >= 0 else -1
        self.acknowledged.append(Latency(journey.path, pe, intid, cause.offer, line, o.accept - cause.offer))
        if self.told is not None:
            self.told(journey, self.acknowledged[-1])
        self.delivered[pe, intid] += 1
        self.active[key] = journey

    def _ended(self, dir_: int, pe: int, _: int, value: int, o: Observed) -> None:
        """By the PE. (An EOI that the interface ignores, since nothing is active there, ends nothing.)"""
        if self._eoimode.get(("gicc", pe), 0) == dir_ and value & 0x3FF < FIRST_SPECIAL:
            self._deactivated(key_of(pe, value & 0x3FF), o)

    def _guest_ended(self, dir_: int, pe: int, _: int, value: int, o: Observed) -> None:
        if self._eoimode.get(("gicv", pe), 0) == dir_:
            physical = self._listed.pop((pe, value & 0x3FF), None)
            if physical is not None:
                self._deactivated(key_of(pe, physical), o)

    def _deactivated(self, key: Key, o: Observed) -> None:
        for active in self._active_as(key):
            journey = self.active.pop(active)
            journey.hops.append(o)
            self.closed[f"{journey.path}{' by a guest' * (o.link.block == 'gicv')}"] += 1
        if key[1] >= 16:
            since = self._high.get(key, o)
            self._follow(key, since, "")
