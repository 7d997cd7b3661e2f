"""Random scenarios of the paths `ppi`, `spi` and `mbi`."""

from __future__ import annotations

from collections.abc import Sequence

from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import Handler, any_priority, frame_register, serve_all, set_priority, sweep, wait_rwp
from irqpath_testbench.sequences.wired import IRM, PPIS, Wires, affinity_route, from_sleep, start, to_sleep


class WireTraffic:
    """Random causes on many interrupts while what a running system may change changes, on all PEs at once."""

    def __init__(
        self, platform: Platform, rng: Randoms, interrupts: int, intids: Sequence[int], *, messages: bool = False
    ) -> None:
        self.platform = platform
        self.rng = rng
        self.intids = intids
        self.wires = Wires(platform, rng, stubborn=0.1, message=set(intids) if messages else set())
        self._wanted = interrupts
        self._caused = 0
        self._running = len(platform.pes)
        self._handlers = [Handler(pe, rng.pe(pe.index), serve=self.wires.quiet) for pe in platform.pes]
        self._private = intids[0] < 32

    async def run(self) -> None:
        """Bring the PEs up, let them and devices run, read back, drain."""
        await start(self.platform)
        await self.traffic()
        await sweep(self.platform)  # with all that is pending, held and enabled
        await self.drain()

    async def traffic(self) -> None:
        """Configure, let PEs and devices run until enough was handled."""
        for pe in self.platform.pes if self._private else self.platform.pes[:1]:
            for intid in self.intids:
                await self._configure(pe, intid)
        jobs = [self.platform.start(self._software(pe), f"PE {pe.index}") for pe in self.platform.pes]
        jobs += [self.platform.start(self._device(pe), f"devices at PE {pe.index}") for pe in self.platform.pes]
        for job in jobs:
            await job.join()
        self.platform.pressure(0)

    async def drain(self) -> None:
        """Serve what is left."""
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
            route=self._route(intid, rng),
        )
        await pe.write(frame_register("ISENABLER", intid), 1 << intid % 32)

    def _route(self, intid: int, rng: Randoms) -> int | None:
        if intid < 32:
            return None
        if self.platform.config.one_of_n and rng.random() < 0.3:
            return IRM
        return affinity_route(self.platform, rng.randrange(len(self.platform.pes)))

    async def _device(self, pe: Pe) -> None:
        """Causes at random times, single or in bursts, until as many interrupts as wanted were handled (or far more caused)."""
        rng = self.rng.of(f"devices of PE {pe.index}")
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

    async def _perturb(self, pe: Pe, rng: Randoms) -> None:
        intid = rng.choice(self.intids)
        bit = 1 << intid % 32
        match rng.randrange(10):
            case 0 | 1:
                await pe.write(frame_register("ICENABLER", intid), bit)
                await wait_rwp(pe, intid)
                await set_priority(pe, intid, any_priority(self.platform.config, rng))
                if intid >= 32 and (route := self._route(intid, rng)) is not None:
                    await pe.write(f"GICD_IROUTER{intid}", route)
                await pe.write(frame_register("ISENABLER", intid), bit)
            case 2:
                if intid >= 32 and (route := self._route(intid, rng)) is not None:
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

    async def _nap(self, pe: Pe, rng: Randoms) -> None:
        await to_sleep(pe)
        if self.platform.config.one_of_n:
            await pe.write("GICR_CTLR", rng.randrange(4) << 24)
        await pe.spend(rng.randrange(80))
        await from_sleep(pe)
        if self.platform.config.one_of_n:
            await pe.write("GICR_CTLR", 0)


async def random_ppis(platform: Platform, rng: Randoms, interrupts: int) -> None:
    """Random traffic of PPIs at all PEs."""
    await WireTraffic(platform, rng, interrupts, PPIS).run()


async def random_spis(platform: Platform, rng: Randoms, interrupts: int) -> None:
    """Random traffic of SPIs, affinity-routed and 1-of-N."""
    await WireTraffic(platform, rng, interrupts, range(32, platform.config.last_spi + 1)).run()


async def random_messages(platform: Platform, rng: Randoms, interrupts: int) -> None:
    """Random traffic of message-based SPIs."""
    await WireTraffic(platform, rng, interrupts, range(32, platform.config.last_spi + 1), messages=True).run()
