"""Scenarios of the paths `ppi`, `spi` and `mbi`: wires and messages, level-sensitive and edge-triggered, directed and random."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from pymodel.errors import CheckError
from pymodel.platform import Pe, Platform
from testbench.sequences.software import (
    Handler,
    any_priority,
    bring_up,
    enable_groups,
    frame_register,
    serve_all,
    set_priority,
    sleep,
    sweep,
    wait_rwp,
    wake,
)

IRM = 1 << 31
_E1NWF = 1 << 7
PPIS = range(16, 32)


@dataclass(slots=True)
class Wires:
    """The devices behind SPIs and PPIs: which of them are edge-triggered, in Group 0, driven by messages, and what they drive.

    `stubborn`: how often a device keeps its level high though its interrupt was taken, so that it comes again.
    """

    platform: Platform
    rng: random.Random
    edge: dict[tuple[int, int], bool] = field(default_factory=dict)
    message: set[int] = field(default_factory=set)
    high: set[tuple[int, int]] = field(default_factory=set)
    stubborn: float = 0.0
    _shadow: dict[str, int] = field(default_factory=dict)

    async def configure(self, pe: Pe, intid: int, *, edge: bool, group: int, priority: int, route: int | None = None) -> None:
        """Program one interrupt, disabled; `pe` owns it if it is a PPI. `route`: value of GICD_IROUTER, None: none is written."""
        owner = self._owner(pe.index, intid)
        self.edge[owner, intid] = edge
        trigger = 0b10 if edge else 0
        await self._field(pe, frame_register("ICFGR", intid, 16), owner, 2 * (intid % 16), 0b11, trigger)
        await self._field(pe, frame_register("IGROUPR", intid), owner, intid % 32, 1, group)
        await set_priority(pe, intid, priority)
        if route is not None:
            await pe.write(f"GICD_IROUTER{intid}", route)

    async def _field(self, pe: Pe, register: str, owner: int, lsb: int, mask: int, value: int) -> None:
        """Change a field of a register that several interrupts share."""
        key = f"{register}@{owner}"
        old = self._shadow[key] if key in self._shadow else await pe.read(register)
        self._shadow[key] = new = old & ~(mask << lsb) | value << lsb
        await pe.write(register, new)

    async def group(self, pe: Pe, intid: int, group: int) -> None:
        """Put an interrupt into a group."""
        await self._field(pe, frame_register("IGROUPR", intid), self._owner(pe.index, intid), intid % 32, 1, group)

    @staticmethod
    def _owner(pe: int, intid: int) -> int:
        return pe if intid < 32 else -1

    async def cause(self, pe: Pe, *intids: int) -> None:
        """Devices make their interrupts pending; `pe` is what they send messages through, or what owns PPIs."""
        edges = []
        for intid in intids:
            key = (self._owner(pe.index, intid), intid)
            edge = self.edge[key]
            if not edge:
                self.high.add(key)
            if intid in self.message:
                await pe.write("GICD_SETSPI_NSR", intid)
                continue
            self.platform.wire(intid, 1, pe.index)
            if edge:
                edges.append(intid)
        if edges:
            await self.platform.spend(12)
            for intid in edges:
                self.platform.wire(intid, 0, pe.index)
            await self.platform.spend(1)

    async def quiet(self, pe: Pe, intid: int) -> None:
        """The device has what it wanted: a level falls."""
        owner = self._owner(pe.index, intid)
        if (owner, intid) not in self.high or (owner, intid) not in self.edge or self.edge[owner, intid]:
            return
        if self.rng.random() < self.stubborn:
            return
        self.high.discard((owner, intid))
        if intid in self.message:
            await pe.write("GICD_CLRSPI_NSR", intid)
        else:
            self.platform.wire(intid, 0, pe.index)
            await self.platform.spend(8)  # a level that falls in the handler has reached the GIC before the end of interrupt


def affinity_route(platform: Platform, pe: int) -> int:
    """GICD_IROUTER for one PE."""
    affinity = platform.config.affinities[pe]
    return affinity & 0xFF_FFFF | affinity >> 24 << 32


def handlers_of(platform: Platform, wires: Wires, rng: random.Random, busy_cycles: int = 8) -> list[Handler]:
    """A handler for each PE that serves the devices."""
    return [Handler(pe, rng, busy_cycles=busy_cycles, serve=wires.quiet) for pe in platform.pes]


async def _start(platform: Platform) -> None:
    await enable_groups(platform.pes[0], 0b11)
    for pe in platform.pes:
        await bring_up(pe, 0x5555_5555, [0x80] * 32)


async def _one(wires: Wires, pe: Pe, intid: int, handler: Handler) -> None:
    """One interrupt from its cause to its end."""
    await wires.cause(pe, intid)
    await handler.pe.wait_interrupt()
    await handler.service()


async def every_ppi(platform: Platform, rng: random.Random) -> None:
    """Each PPI of each PE, level-sensitive and edge-triggered, in both groups, one at a time."""
    wires = Wires(platform, rng)
    await _start(platform)
    handlers = handlers_of(platform, wires, rng)
    for edge in (False, True):
        for pe, handler in zip(platform.pes, handlers, strict=True):
            for intid in PPIS:
                await wires.configure(pe, intid, edge=edge, group=(intid + edge) % 2, priority=0x40)
                await pe.write("GICR_ISENABLER0", 1 << intid)
                await _one(wires, pe, intid, handler)
                await pe.write("GICR_ICENABLER0", 1 << intid)
                await wait_rwp(pe, intid)


async def every_spi(platform: Platform, rng: random.Random) -> None:
    """Each SPI to each PE, level-sensitive and edge-triggered, in both groups, one at a time."""
    await _every_spi(platform, Wires(platform, rng), rng)


async def every_message(platform: Platform, rng: random.Random) -> None:
    """Each SPI to each PE by GICD_SETSPI_NSR (and GICD_CLRSPI_NSR for a level), one at a time; messages that name no SPI."""
    wires = Wires(platform, rng, message=set(range(32, platform.config.last_spi + 1)))
    for intid in (0, 15, 31, platform.config.last_spi + 1, 1020, 1023, 1024, 1024 + 40, 0x1000 + 40, 0x1FFF):
        await platform.pes[0].write("GICD_SETSPI_NSR", intid)
        await platform.pes[0].write("GICD_CLRSPI_NSR", intid)
    await _every_spi(platform, wires, rng)
    await wires.configure(platform.pes[0], 40, edge=True, group=1, priority=0x40)
    await platform.pes[0].write("GICD_SETSPI_NSR", 40)  # an edge, disabled: pending until it is taken back
    await platform.pes[0].write("GICD_CLRSPI_NSR", 40)


async def _every_spi(platform: Platform, wires: Wires, rng: random.Random) -> None:
    await _start(platform)
    handlers = handlers_of(platform, wires, rng)
    for number, intid in enumerate(range(32, platform.config.last_spi + 1)):
        for pe, handler in zip(platform.pes, handlers, strict=True):
            edge = bool((number + pe.index) % 2)
            route = affinity_route(platform, pe.index)
            await wires.configure(pe, intid, edge=edge, group=(number >> 1) % 2, priority=0x40, route=route)
            await pe.write(frame_register("ISENABLER", intid), 1 << intid % 32)
            await _one(wires, pe, intid, handler)
            await pe.write(frame_register("ICENABLER", intid), 1 << intid % 32)
            await wait_rwp(pe, intid)


async def levels(platform: Platform, rng: random.Random, intid: int) -> None:
    """What tells a level from an edge: a wire that falls too early, stays high, rises again; pending by register; clearing."""
    wires = Wires(platform, rng)
    await _start(platform)
    pe = platform.pes[-1]
    handler = handlers_of(platform, wires, rng)[pe.index]
    bit, route = 1 << intid % 32, None if intid < 32 else affinity_route(platform, pe.index)
    for edge in (False, True):
        await wires.configure(pe, intid, edge=edge, group=1, priority=0x40, route=route)
        await pe.write(frame_register("ISENABLER", intid), bit)
        for delay in range(0, 40, 3):
            platform.wire(intid, 1, pe.index)
            await platform.spend(delay)
            platform.wire(intid, 0, pe.index)  # a level falls before, while or after it is offered
            await handler.poll(1)
            await platform.quiesce()
            await handler.service()
        platform.wire(intid, 1, pe.index)  # stays high: a level comes again, an edge does not
        for _ in range(3):
            await pe.wait_interrupt(200)
            await handler.poll(1)
        platform.wire(intid, 0, pe.index)
        await platform.quiesce()
        await handler.service()
        await pe.write(frame_register("ISPENDR", intid), bit)  # by register: stays, though the wire is low
        await pe.wait_interrupt()
        taken = await pe.mrs("ICC_IAR1_EL1")
        platform.wire(intid, 1, pe.index)  # rises while active
        await sweep(platform)
        await pe.read(frame_register("ISPENDR", intid))
        await pe.write(frame_register("ICPENDR", intid), bit)  # clears an edge, not a level
        await pe.read(frame_register("ISPENDR", intid))
        await pe.msr("ICC_EOIR1_EL1", taken)
        await platform.quiesce()
        platform.wire(intid, 0, pe.index)
        await platform.quiesce()
        await handler.service()
        await _crossings(platform, pe, handler, wires, intid)
    await _pulses(platform, wires, handler, private=intid < 32)


async def _pulses(platform: Platform, wires: Wires, handler: Handler, *, private: bool) -> None:
    """Edges that are high for a few cycles, on 16 wires at once, at any moment of a block that is busy: none is lost.

    What a wire did is known to the models only as far as the block sampled it, so that this is counted here.
    """
    pe = handler.pe
    others = range(33, platform.config.last_spi)
    intids = tuple(PPIS) if private else (32, *wires.rng.sample(others, 14), platform.config.last_spi)
    for one in intids:
        route = None if private else affinity_route(platform, pe.index)
        await wires.configure(pe, one, edge=True, group=1, priority=0x40, route=route)
        await pe.write(frame_register("ISENABLER", one), 1 << one % 32)
    await serve_all(platform, [handler])
    for width in (1, 2, 3):
        for delay in (0, 1, 3, 6):
            before = handler.handled
            job = platform.start(_keep_busy(platform.pes[0], "GICR_ISPENDR0" if private else "GICD_ISPENDR1"), "keep busy")
            await platform.spend(delay)
            for level in (1, 0):
                for one in intids:
                    platform.wire(one, level, pe.index)
                await platform.spend(width)
            await job.join()
            await serve_all(platform, [handler])
            if handler.handled != before + len(intids):
                what = f"wires of {intids} were high for {width} cycles, and {handler.handled - before} interrupts came"
                raise CheckError(f"PE {pe.index}: {what}")
    for one in intids:
        await pe.write(frame_register("ICENABLER", one), 1 << one % 32)
        await wait_rwp(pe, one)


async def _keep_busy(pe: Pe, register: str) -> None:
    for _ in range(4):
        await pe.write(register, 0)


async def _crossings(platform: Platform, pe: Pe, handler: Handler, wires: Wires, intid: int) -> None:
    """Another PE takes the interrupt away while this one acknowledges it; swept over delays."""
    other = platform.pes[0]
    bit = 1 << intid % 32
    for case in ("clear", "disable", "group", "priority", "route"):
        for delay in range(2, 34, 2):
            await pe.write(frame_register("ISPENDR", intid), bit)
            job = platform.start(_disturb(platform, pe, other, wires, intid, case), case)
            await platform.spend(delay)
            await handler.poll(1)
            await job.join()
            await _undisturb(platform, pe, wires, intid, case)
            await platform.quiesce()
            for each in platform.pes:
                await Handler(each, wires.rng, busy_cycles=4).service()


async def _disturb(platform: Platform, pe: Pe, other: Pe, wires: Wires, intid: int, case: str) -> None:
    bit = 1 << intid % 32
    match case:
        case "clear":
            await pe.write(frame_register("ICPENDR", intid), bit)
        case "disable":
            await pe.write(frame_register("ICENABLER", intid), bit)
            await pe.read("GICR_CTLR" if intid < 32 else "GICD_CTLR")  # at once: RWP
        case "group":
            await wires.group(pe, intid, 0)
        case "priority":
            await set_priority(pe, intid, 0x20)
        case _ if intid >= 32:
            await pe.write(f"GICD_IROUTER{intid}", affinity_route(platform, other.index))


async def _undisturb(platform: Platform, pe: Pe, wires: Wires, intid: int, case: str) -> None:
    match case:
        case "disable":
            await wait_rwp(pe, intid)
            await pe.write(frame_register("ISENABLER", intid), 1 << intid % 32)
        case "group":
            await platform.quiesce()
            for each in platform.pes:
                await Handler(each, wires.rng, busy_cycles=4).service()
            await wires.group(pe, intid, 1)
        case "priority":
            await set_priority(pe, intid, 0x40)
        case "route" if intid >= 32:
            await platform.quiesce()
            for each in platform.pes:
                await Handler(each, wires.rng, busy_cycles=4).service()
            await pe.write(f"GICD_IROUTER{intid}", affinity_route(platform, pe.index))


async def ppi_levels(platform: Platform, rng: random.Random) -> None:
    """`levels` for a PPI."""
    await levels(platform, rng, 27)


async def spi_levels(platform: Platform, rng: random.Random) -> None:
    """`levels` for an SPI."""
    await levels(platform, rng, 45)


async def one_of_n(platform: Platform, rng: random.Random) -> None:
    """1-of-N interrupts go to a PE that takes part: awake, group enabled, not excluded by GICR_CTLR.DPG*; sleepers are woken."""
    wires = Wires(platform, rng)
    await _start(platform)
    handlers = handlers_of(platform, wires, rng)
    spis = list(range(32, platform.config.last_spi + 1))
    for intid in spis:
        priority = 0x20 + 8 * (intid % 16)
        await wires.configure(platform.pes[0], intid, edge=True, group=intid % 2, priority=priority, route=IRM)
        await platform.pes[0].write(frame_register("ISENABLER", intid), 1 << intid % 32)
    await _all_at_once(platform, wires, handlers, spis)
    for excluded in range(len(platform.pes)):  # all but one are excluded from both groups, then from one
        for dpg in (0b11, 0b01, 0b10):
            for pe in platform.pes:
                await pe.write("GICR_CTLR", dpg << 24 if pe.index != excluded else 0)
                await wait_rwp(pe, 0)
            await _all_at_once(platform, wires, handlers, rng.sample(spis, 6))
    for pe in platform.pes:
        await pe.write("GICR_CTLR", 0)
    await _excluded_again(platform, spis)
    await _sleepers(platform, wires, handlers, spis)


async def _excluded_again(platform: Platform, spis: Sequence[int]) -> None:
    """GICR_CTLR.DPG* change again before the Distributor, busy with wires, knows of the change before: RWP covers both."""
    last = platform.pes[-1]
    for n in range((platform.config.last_spi + 1) // 32 - 1):
        await last.write(f"GICD_ICENABLER{n + 1}", 0xFFFF_FFFF)
    for first in range(4):
        for second in range(4):
            for level in (1, 0):
                for intid in spis:
                    platform.wire(intid, level)
                await last.write("GICR_CTLR", first << 24)
                await last.write("GICR_CTLR", second << 24)
                await last.read("GICR_CTLR")  # at once: RWP
                await wait_rwp(last, 0)
                await platform.quiesce()
    await last.write("GICR_CTLR", 0)
    for n in range((platform.config.last_spi + 1) // 32 - 1):
        await last.write(f"GICD_ICPENDR{n + 1}", 0xFFFF_FFFF)
        await last.write(f"GICD_ISENABLER{n + 1}", 0xFFFF_FFFF)


async def _before_reset(platform: Platform, case: str, delay: int, bits: int) -> None:
    """SPIs 40 to 43 (`bits` of their registers) are pending at PE 0, and under way in the way of `case`."""
    target, other = platform.pes[0], platform.pes[-1]
    there = affinity_route(platform, other.index)
    await other.write("GICD_ISPENDR1", 0b11 << 40 % 32 if case == "outranked" else bits)
    if case == "acknowledged":
        await platform.spend(delay)
        if target.lines:
            await target.mrs("ICC_IAR1_EL1")
    elif case == "ended":
        await platform.spend(30)
        if target.lines:
            await target.msr("ICC_EOIR1_EL1", await target.mrs("ICC_IAR1_EL1"))  # its Deactivate is on its way
        await platform.spend(-delay % 7)
    elif case == "outranked":
        await platform.spend(delay // 2)
        await other.write("GICD_ISPENDR1", 0b1100 << 40 % 32)
    elif case == "called back":
        await platform.spend(20)
        for intid in (43, 42):
            await other.write(f"GICD_IROUTER{intid}", there)


async def spi_resets(platform: Platform, rng: random.Random) -> None:
    """A PE is reset while SPIs are offered to it, held, outranked, acknowledged, ended or called back: none is lost."""
    wires = Wires(platform, rng)
    await _start(platform)
    target, other = platform.pes[0], platform.pes[-1]
    here = affinity_route(platform, target.index)
    spis = range(40, 44)
    bits = sum(1 << intid % 32 for intid in spis)
    for intid in spis:
        await wires.configure(other, intid, edge=True, group=1, priority=0xC0 - 0x20 * (intid % 4), route=here)
    await other.write("GICD_ISENABLER1", bits)
    handlers = handlers_of(platform, wires, rng)
    for case in ("pending", "outranked", "acknowledged", "ended", "called back", "1-of-N"):
        for delay in range(0, 45, 3):
            await _start(platform)
            for intid in spis:
                route = IRM if case == "1-of-N" and platform.config.one_of_n else here
                await other.write(f"GICD_IROUTER{intid}", route)
            await _before_reset(platform, case, delay, bits)
            await platform.spend(delay)
            await platform.reset_pe(target.index)
            await _start(platform)
            await serve_all(platform, handlers)
            await other.write("GICD_ICACTIVER1", bits)
            await serve_all(platform, handlers)
            if left := await other.read("GICD_ISPENDR1") & bits:
                raise CheckError(f"PE 0 was reset ({case}, {delay} cycles), and SPIs are pending still: GICD_ISPENDR1 {left:#x}")


async def _all_at_once(platform: Platform, wires: Wires, handlers: Sequence[Handler], spis: Sequence[int]) -> None:
    await wires.cause(platform.pes[0], *spis)
    await serve_all(platform, handlers)


async def _sleepers(platform: Platform, wires: Wires, handlers: Sequence[Handler], spis: Sequence[int]) -> None:
    """Every PE sleeps: one is woken for a 1-of-N interrupt with E1NWF; the PE of an affinity is woken without."""
    first = platform.pes[0]
    for e1nwf in (0, _E1NWF):
        for pe in platform.pes:
            await _to_sleep(pe)
        await first.write("GICD_CTLR", 0b11 | e1nwf)
        await wires.cause(first, spis[0])
        await platform.quiesce()
        await first.write("GICD_CTLR", 0b11 | _E1NWF)
        await platform.quiesce()
        for pe in platform.pes:
            await _from_sleep(pe)
        await serve_all(platform, handlers)
    for pe in platform.pes:
        intid = spis[pe.index]
        await first.write(f"GICD_IROUTER{intid}", affinity_route(platform, pe.index))
        await _to_sleep(pe)
        await wires.cause(first, intid)
        await platform.quiesce()
        await _from_sleep(pe)
        await serve_all(platform, handlers)
    await first.write("GICD_CTLR", 0b11)


async def _to_sleep(pe: Pe) -> None:
    await pe.msr("ICC_IGRPEN0_EL1", 0)
    await pe.msr("ICC_IGRPEN1_EL1", 0)
    await pe.dsb()
    await sleep(pe)


async def _from_sleep(pe: Pe) -> None:
    await wake(pe)
    await pe.msr("ICC_IGRPEN0_EL1", 1)
    await pe.msr("ICC_IGRPEN1_EL1", 1)
    await pe.dsb()


class WireTraffic:
    """Random causes on many interrupts while what a running system may change changes, on all PEs at once."""

    def __init__(
        self, platform: Platform, rng: random.Random, interrupts: int, intids: Sequence[int], *, messages: bool = False
    ) -> None:
        self.platform = platform
        self.rng = rng
        self.intids = intids
        self.wires = Wires(platform, rng, stubborn=0.1, message=set(intids) if messages else set())
        self._wanted = interrupts
        self._caused = 0
        self._running = len(platform.pes)
        self._handlers = [Handler(pe, random.Random(rng.random()), serve=self.wires.quiet) for pe in platform.pes]
        self._private = intids[0] < 32

    async def run(self) -> None:
        """Configure, let PEs and devices run, drain, read back."""
        await _start(self.platform)
        for pe in self.platform.pes if self._private else self.platform.pes[:1]:
            for intid in self.intids:
                await self._configure(pe, intid)
        jobs = [self.platform.start(self._software(pe), f"PE {pe.index}") for pe in self.platform.pes]
        jobs += [self.platform.start(self._device(pe), f"devices at PE {pe.index}") for pe in self.platform.pes]
        for job in jobs:
            await job.join()
        self.platform.pressure(0)
        await sweep(self.platform)  # with all that is pending, held and enabled
        self.wires.stubborn = 0.0
        await serve_all(self.platform, self._handlers)

    async def _configure(self, pe: Pe, intid: int) -> None:
        rng = self.rng
        await self.wires.configure(
            pe,
            intid,
            edge=rng.random() < 0.5,
            group=rng.randrange(2),
            priority=any_priority(self.platform.config, rng),
            route=self._route(intid),
        )
        await pe.write(frame_register("ISENABLER", intid), 1 << intid % 32)

    def _route(self, intid: int) -> int | None:
        if intid < 32:
            return None
        if self.platform.config.one_of_n and self.rng.random() < 0.3:
            return IRM
        return affinity_route(self.platform, self.rng.randrange(len(self.platform.pes)))

    async def _device(self, pe: Pe) -> None:
        """Causes at random times, single or in bursts, until as many interrupts as wanted were handled (or far more caused)."""
        rng = random.Random(self.rng.random())
        while sum(handler.handled for handler in self._handlers) < self._wanted and self._caused < 20 * self._wanted:
            burst = rng.sample(self.intids, rng.choice((1, 1, 1, 2, 4)))
            self._caused += len(burst)
            await self.wires.cause(pe, *burst)
            await self.platform.spend(rng.randrange(1, 160))
        self._running -= 1

    async def _software(self, pe: Pe) -> None:
        handler = self._handlers[pe.index]
        rng = handler.rng
        while self._running:
            await handler.service()
            if rng.random() < 0.2:
                await self._perturb(pe, rng)
            await pe.spend(rng.randrange(1, 30))

    async def _perturb(self, pe: Pe, rng: random.Random) -> None:
        intid = rng.choice(self.intids)
        bit = 1 << intid % 32
        match rng.randrange(10):
            case 0 | 1:
                await pe.write(frame_register("ICENABLER", intid), bit)
                await wait_rwp(pe, intid)
                await set_priority(pe, intid, any_priority(self.platform.config, rng))
                if intid >= 32 and (route := self._route(intid)) is not None:
                    await pe.write(f"GICD_IROUTER{intid}", route)
                await pe.write(frame_register("ISENABLER", intid), bit)
            case 2:
                if intid >= 32 and (route := self._route(intid)) is not None:
                    await pe.write(f"GICD_IROUTER{intid}", route)  # while it may be pending, held or active
                await set_priority(pe, intid, any_priority(self.platform.config, rng))
            case 3:
                await pe.write(frame_register("ICPENDR", intid), bit)
            case 4:
                await pe.write(frame_register("ISPENDR", intid), bit)
            case 5:
                await self.wires.group(pe, intid, rng.randrange(2))
            case 6:
                await pe.read(frame_register("ISPENDR", intid))
                await pe.read(frame_register("ISACTIVER", intid))
            case 7:
                self.platform.pressure(rng.choice((0, 0, 1, 2, 3)))
            case 8:
                await pe.msr("ICC_PMR_EL1", rng.randrange(0, 0x100, 8))
                await pe.spend(rng.randrange(60))
                await pe.msr("ICC_PMR_EL1", 0xFF)
            case _:
                await self._nap(pe, rng)

    async def _nap(self, pe: Pe, rng: random.Random) -> None:
        await _to_sleep(pe)
        if self.platform.config.one_of_n:
            await pe.write("GICR_CTLR", rng.randrange(4) << 24)
        await pe.spend(rng.randrange(80))
        await _from_sleep(pe)
        if self.platform.config.one_of_n:
            await pe.write("GICR_CTLR", 0)


async def random_ppis(platform: Platform, rng: random.Random, interrupts: int) -> None:
    """Random traffic of PPIs at all PEs."""
    await WireTraffic(platform, rng, interrupts, PPIS).run()


async def random_spis(platform: Platform, rng: random.Random, interrupts: int) -> None:
    """Random traffic of SPIs, affinity-routed and 1-of-N."""
    await WireTraffic(platform, rng, interrupts, range(32, platform.config.last_spi + 1)).run()


async def random_messages(platform: Platform, rng: random.Random, interrupts: int) -> None:
    """Random traffic of message-based SPIs."""
    await WireTraffic(platform, rng, interrupts, range(32, platform.config.last_spi + 1), messages=True).run()
