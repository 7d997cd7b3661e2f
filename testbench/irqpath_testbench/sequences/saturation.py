"""Open-loop traffic: interrupts arrive by a Poisson process of a given rate, whatever becomes of those before, and are served at
once. Latency is counted from the arrival to the acknowledgement, so that what an interrupt waits before it is even sent counts.

Each arrival takes the next interrupt that is not under way; where all are, it waits for one. Devices that signal by a bus make
one access at a time; wires have none. An SGI is sent by a PE that is not its target, as one access among those of its handler.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal

from irqpath.core.errors import CheckError
from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.sequences.its import FIRST_LPI
from irqpath_testbench.sequences.lpi import EVENTS, map_devices
from irqpath_testbench.sequences.lpi import start as start_lpis
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.sgi import sgir_to
from irqpath_testbench.sequences.software import SPURIOUS, bring_up, enable_groups, frame_register
from irqpath_testbench.sequences.wired import PPIS, Wires, affinity_route

#: A source of interrupts: the PE that gets them, and their INTID.
Source = tuple[int, int]
#: Of all.
_PRIORITY: Final = 0x80
_DEVICES: Final = 4
_DIRECT: Final = 16
#: Cycles for which a source rests: until the acknowledgement has arrived where the next message makes it pending; and until a
#: level has been seen to fall.
_MESSAGE_RESTS: Final = 300
_LEVEL_RESTS: Final = 60
#: Cycles after which a PE without interrupts looks whether there are to be more.
_IDLE: Final = 5_000
#: Cycles without an acknowledgement after which interrupts are lost.
_LOST: Final = 20_000


@dataclass(slots=True)
class OpenLoop:
    """Interrupts of `sources`. `send` begins to make one; `quiet` lowers the wire of one that was acknowledged; `how` they are
    signalled. `latencies`: from the arrival to the acknowledgement, in cycles, in the order of acknowledgement."""

    platform: Platform
    rng: Randoms
    sources: Sequence[Source]
    send: Callable[[Source], object]
    quiet: Callable[[Source], object] = lambda _: None
    how: Literal["level", "message"] = "message"
    #: the rate is more than the machine can take: more arrivals wait than can be worked off
    overrun: bool = False
    latencies: list[int] = field(default_factory=list)
    #: the sources that can send, each with the cycle from which on
    _free: deque[tuple[int, Source]] = field(default_factory=deque)
    #: when that which is under way arrived
    _since: dict[Source, int] = field(default_factory=dict)
    _waiting: deque[int] = field(default_factory=deque)
    _left: int = 0

    async def run(self, rate: float, arrivals: int) -> None:
        """Let `arrivals` interrupts come, `rate` a cycle on average, and take them all; when a quarter of them wait to be sent,
        that is no use any more, and it ends. Raises `CheckError` where interrupts are lost."""
        self._free = deque((0, source) for source in self.rng.sample(self.sources, len(self.sources)))
        self._left = arrivals
        jobs = [self.platform.start(self._serve(pe), f"PE {pe.index}") for pe in self.platform.pes]
        at = float(self.platform.now)
        for _ in range(arrivals):
            at += self.rng.expovariate(rate)
            await self.platform.until(int(at))
            self._waiting.append(int(at))
            self._go_on()
            if len(self._waiting) > arrivals // 4:
                self.overrun, self._left = True, 0
                break
        await self._drain()
        for job in jobs:
            await job.join()

    async def _drain(self) -> None:
        """Until all are acknowledged."""
        left, quiet = self._left, 0
        while self._left:
            await self.platform.spend(50)
            self._go_on()
            quiet = quiet + 50 if left == self._left else 0
            left = self._left
            if quiet > _LOST:
                self._lost()

    def _lost(self) -> None:
        """Nothing comes any more. Raises `CheckError`."""
        lost = ", ".join(f"INTID {intid} at PE {pe}" for pe, intid in list(self._since)[:4])
        raise CheckError(f"{self._left} interrupts have not been acknowledged for {_LOST} cycles: {lost}")

    def _go_on(self) -> None:
        """Send what waits, as far as there are interrupts that neither are under way nor rest."""
        while self._waiting and self._free and self._free[0][0] <= self.platform.now:
            _, source = self._free.popleft()
            self._since[source] = self._waiting.popleft()
            self.send(source)

    async def _serve(self, pe: Pe) -> None:
        """Take interrupts until there are no more; the PE does nothing else."""
        while self._left:
            if not pe.lines:
                await pe.wait_interrupt(_IDLE)
                continue
            intid = await pe.mrs("ICC_IAR1_EL1")
            if intid != SPURIOUS:
                self._acknowledged((pe.index, intid))
                await pe.msr("ICC_EOIR1_EL1", intid)
                self._go_on()

    def _acknowledged(self, source: Source) -> None:
        """An interrupt was taken. A level may come once more, before it is seen to fall. Raises `CheckError` where nobody
        sent it."""
        now = self.platform.now
        since = self._since.pop(source, None)
        if since is not None:
            self.latencies.append(now - since)
            self._left = max(0, self._left - 1)
            self._free.append((now + (_LEVEL_RESTS if self.how == "level" else _MESSAGE_RESTS), source))
            self.quiet(source)
        elif self.how != "level" and not self.overrun:
            raise CheckError(f"INTID {source[1]} was acknowledged at PE {source[0]}, and nobody sent it")


async def _up(platform: Platform) -> None:
    """All PEs, all of their interrupts in Group 1 and of one priority."""
    await enable_groups(platform.pes[0], 0b11)
    for pe in platform.pes:
        await bring_up(pe, 0xFFFF_FFFF, [_PRIORITY] * 32)


async def _sgis(platform: Platform, rng: Randoms) -> OpenLoop:
    await _up(platform)
    pes = platform.pes

    def send(source: Source) -> None:
        pe, intid = source
        sender = pes[(pe + rng.randrange(1, max(2, len(pes)))) % len(pes)]
        platform.start(sender.msr("ICC_SGI1R_EL1", sgir_to(platform.config.affinities[pe], intid)), f"SGI {intid} to PE {pe}")

    return OpenLoop(platform, rng, [(pe.index, intid) for pe in pes for intid in range(16)], send)


async def _configure(platform: Platform, rng: Randoms, sources: Sequence[Source], *, edge: bool) -> None:
    """PPIs or SPIs, each to its PE, enabled."""
    await _up(platform)
    wires, pes = Wires(platform, rng), platform.pes
    for pe, intid in sources:
        route = affinity_route(platform, pe) if intid >= 32 else None
        await wires.configure(pes[pe], intid, edge=edge, group=1, priority=_PRIORITY, route=route)
        await pes[pe].write(frame_register("ISENABLER", intid), 1 << intid % 32)


def _wires(platform: Platform, rng: Randoms, sources: Sequence[Source]) -> OpenLoop:
    def drive(source: Source, high: int) -> None:
        platform.wire(source[1], high, source[0])

    return OpenLoop(platform, rng, sources, partial(drive, high=1), partial(drive, high=0), "level")


async def _ppis(platform: Platform, rng: Randoms) -> OpenLoop:
    sources = [(pe.index, intid) for pe in platform.pes for intid in PPIS]
    await _configure(platform, rng, sources, edge=False)
    return _wires(platform, rng, sources)


def _spi_sources(platform: Platform) -> list[Source]:
    return [(intid % len(platform.pes), intid) for intid in range(32, min(platform.config.last_spi, 95) + 1)]


async def _spis(platform: Platform, rng: Randoms) -> OpenLoop:
    await _configure(platform, rng, sources := _spi_sources(platform), edge=False)
    return _wires(platform, rng, sources)


async def _messages(platform: Platform, rng: Randoms) -> OpenLoop:
    await _configure(platform, rng, sources := _spi_sources(platform), edge=True)

    def send(source: Source) -> None:
        platform.start(platform.pes[source[0]].write("GICD_SETSPI_NSR", source[1]), f"message of SPI {source[1]}")

    return OpenLoop(platform, rng, sources, send)


async def _lpis(platform: Platform, rng: Randoms) -> OpenLoop:
    driver = await start_lpis(platform)
    await map_devices(driver, _DEVICES)
    pes = len(platform.pes)

    def send(source: Source) -> None:
        platform.start(platform.send_msi(*divmod(source[1] - FIRST_LPI, EVENTS)), f"message of LPI {source[1]}")

    numbers = range(_DEVICES * EVENTS)
    return OpenLoop(platform, rng, [((n // EVENTS + n % EVENTS) % pes, FIRST_LPI + n) for n in numbers], send)


async def _direct(platform: Platform, rng: Randoms) -> OpenLoop:
    driver = await start_lpis(platform)
    for n in range(_DIRECT * len(platform.pes)):
        await driver.configure(FIRST_LPI + n, _PRIORITY)

    def send(source: Source) -> None:
        platform.start(platform.pes[source[0]].write("GICR_SETLPIR", source[1]), f"LPI {source[1]}")

    pes = len(platform.pes)
    return OpenLoop(platform, rng, [(n % pes, FIRST_LPI + n) for n in range(_DIRECT * pes)], send)


#: What sets the machine up for a path, and has its sources.
TRAFFIC: Final[dict[str, Callable[[Platform, Randoms], Awaitable[OpenLoop]]]] = {
    "sgi": _sgis,
    "ppi": _ppis,
    "spi": _spis,
    "mbi": _messages,
    "lpi": _lpis,
    "lpi-direct": _direct,
}
#: The paths that there is open-loop traffic of.
OPEN_LOOP: Final = tuple(TRAFFIC)


async def open_loop(platform: Platform, rng: Randoms, path: str, rate: float, arrivals: int) -> list[int]:
    """`arrivals` interrupts of a path, `rate` a cycle on average; their latencies in cycles, none where the rate is more than the
    machine can take. Raises `CheckError` where interrupts are lost, or acknowledged twice."""
    traffic = await TRAFFIC[path](platform, rng)
    await traffic.run(rate, arrivals)
    await platform.quiesce()
    return [] if traffic.overrun else traffic.latencies


def generator(seed: int) -> Randoms:
    """The random numbers of open-loop traffic: the same ones on every platform."""
    return Randoms(f"{seed}:OpenLoop")


def summary(latencies: Sequence[int]) -> dict[str, int]:
    """How many they are, their median and 99th percentile; nothing but that there are none where the machine was overrun."""
    found = sorted(latencies)
    count = len(found)
    return {"count": count, **({"median": found[count // 2], "p99": found[count * 99 // 100]} if count else {})}
