"""Scenarios of the paths `ppi`, `spi` and `mbi`: wires and messages, level-sensitive and edge-triggered, directed and random."""

from __future__ import annotations

from dataclasses import dataclass, field

from irqpath.core.errors import CheckError
from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import (
    Handler,
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
PPIS = range(16, 32)


@dataclass(slots=True)
class Wires:
    """The devices behind SPIs and PPIs: which of them are edge-triggered, in Group 0, driven by messages, and what they drive.

    `stubborn`: how often a device keeps its level high though its interrupt was taken, so that it comes again.
    """

    platform: Platform
    rng: Randoms
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
        if self.rng.pe(pe.index).random() < self.stubborn:
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


def handlers_of(platform: Platform, wires: Wires, rng: Randoms, busy_cycles: int = 8) -> list[Handler]:
    """A handler for each PE that serves the devices."""
    return [Handler(pe, rng.pe(pe.index), busy_cycles=busy_cycles, serve=wires.quiet) for pe in platform.pes]


async def start(platform: Platform) -> None:
    """Groups enabled, every PE up."""
    await enable_groups(platform.pes[0], 0b11)
    for pe in platform.pes:
        await bring_up(pe, 0x5555_5555, [0x80] * 32)


async def _one(wires: Wires, pe: Pe, intid: int, handler: Handler) -> None:
    """One interrupt from its cause to its end."""
    await wires.cause(pe, intid)
    await handler.pe.wait_interrupt()
    await handler.service()


async def every_ppi(platform: Platform, rng: Randoms) -> None:
    """Each PPI of each PE, level-sensitive and edge-triggered, in both groups, one at a time."""
    wires = Wires(platform, rng)
    await start(platform)
    handlers = handlers_of(platform, wires, rng)
    for edge in (False, True):
        for pe, handler in zip(platform.pes, handlers, strict=True):
            for intid in PPIS:
                await wires.configure(pe, intid, edge=edge, group=(intid + edge) % 2, priority=0x40)
                await pe.write("GICR_ISENABLER0", 1 << intid)
                await _one(wires, pe, intid, handler)
                await pe.write("GICR_ICENABLER0", 1 << intid)
                await wait_rwp(pe, intid)


async def every_spi(platform: Platform, rng: Randoms) -> None:
    """Each SPI to each PE, level-sensitive and edge-triggered, in both groups, one at a time."""
    await _every_spi(platform, Wires(platform, rng), rng)


async def every_message(platform: Platform, rng: Randoms) -> None:
    """Each SPI to each PE by GICD_SETSPI_NSR (and GICD_CLRSPI_NSR for a level), one at a time; messages that name no SPI."""
    wires = Wires(platform, rng, message=set(range(32, platform.config.last_spi + 1)))
    for intid in (0, 15, 31, platform.config.last_spi + 1, 1020, 1023, 1024, 1024 + 40, 0x1000 + 40, 0x1FFF):
        await platform.pes[0].write("GICD_SETSPI_NSR", intid)
        await platform.pes[0].write("GICD_CLRSPI_NSR", intid)
    await _every_spi(platform, wires, rng)
    await wires.configure(platform.pes[0], 40, edge=True, group=1, priority=0x40)
    await platform.pes[0].write("GICD_SETSPI_NSR", 40)  # an edge, disabled: pending until it is taken back
    await platform.pes[0].write("GICD_CLRSPI_NSR", 40)


async def _every_spi(platform: Platform, wires: Wires, rng: Randoms) -> None:
    await start(platform)
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


async def levels(platform: Platform, rng: Randoms, intid: int) -> None:
    """What tells a level from an edge: a wire that falls too early, stays high, rises again; pending by register; clearing."""
    wires = Wires(platform, rng)
    await start(platform)
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
    await _notches(platform, wires, pe, private=intid < 32)


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
            job = platform.start(_keep_busy(pe, "GICR_ISPENDR0" if private else "GICD_ISPENDR1"), "keep busy")
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


async def _notches(platform: Platform, wires: Wires, pe: Pe, *, private: bool) -> None:
    """Levels that fall for a few cycles, on many wires at once, at any moment of a block that is busy: a fall that it did not see
    is nothing, and the one that lasts is seen. Counted here, as pulses are."""
    frame = "GICR" if private else "GICD"
    words = (0,) if private else range(1, (platform.config.last_spi + 1) // 32)
    every = [intid for n in words for intid in (PPIS if private else range(32 * n, 32 * n + 32))]
    for one in every:
        await wires.configure(pe, one, edge=False, group=1, priority=0x40)

    def drive(level: int) -> None:
        for one in every:
            platform.wire(one, level, pe.index)

    async def expect(level: int, what: str) -> None:
        await platform.quiesce()
        for n in words:
            pending, wanted = await pe.read(f"{frame}_ISPENDR{n}"), (0xFFFF_0000 if private else 0xFFFF_FFFF) * level
            if pending != wanted:
                raise CheckError(f"PE {pe.index}: {what}, and {frame}_ISPENDR{n} reads {pending:#x}, not {wanted:#x}")

    for width in (1, 2, 3, 30):
        for delay in (0, 1, 3, 6):
            drive(1)
            await expect(1, "wires rose")
            job = platform.start(_keep_busy(pe, f"{frame}_ICPENDR{words[0]}"), "keep busy")
            await platform.spend(delay)
            drive(0)
            await platform.spend(width)
            drive(1)
            await job.join()
            await expect(1, f"wires fell for {width} cycles")
            drive(0)
            await expect(0, f"wires fell, for {width} cycles and then for good")


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
                await Handler(each, wires.rng.pe(each.index), busy_cycles=4).service()


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
                await Handler(each, wires.rng.pe(each.index), busy_cycles=4).service()
            await wires.group(pe, intid, 1)
        case "priority":
            await set_priority(pe, intid, 0x40)
        case "route" if intid >= 32:
            await platform.quiesce()
            for each in platform.pes:
                await Handler(each, wires.rng.pe(each.index), busy_cycles=4).service()
            await pe.write(f"GICD_IROUTER{intid}", affinity_route(platform, pe.index))


async def ppi_levels(platform: Platform, rng: Randoms) -> None:
    """`levels` for a PPI; then the PE's groups change while GICD is busy with registers, so that their messages wait."""
    await levels(platform, rng, 27)
    pe = platform.pes[-1]
    for delay in range(8):
        job = platform.start(_keep_busy(pe, "GICD_ISENABLER1"), "keep busy")
        await platform.spend(delay)
        for enable in (0, 1):
            await pe.msr("ICC_IGRPEN0_EL1", enable)
        await job.join()


async def spi_levels(platform: Platform, rng: Randoms) -> None:
    """`levels` for an SPI."""
    await levels(platform, rng, 45)


async def to_sleep(pe: Pe) -> None:
    """Disable the groups of a PE and disconnect it."""
    await pe.msr("ICC_IGRPEN0_EL1", 0)
    await pe.msr("ICC_IGRPEN1_EL1", 0)
    await pe.dsb()
    await sleep(pe)


async def from_sleep(pe: Pe) -> None:
    """Connect a PE and enable its groups."""
    await wake(pe)
    await pe.msr("ICC_IGRPEN0_EL1", 1)
    await pe.msr("ICC_IGRPEN1_EL1", 1)
    await pe.dsb()
