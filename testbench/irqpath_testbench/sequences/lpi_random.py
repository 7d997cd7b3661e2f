"""Random scenario of the path `lpi`."""

from __future__ import annotations

from dataclasses import dataclass, field

from irqpath.gic.its import encoding
from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.sequences.its import ItsDriver
from irqpath_testbench.sequences.lpi import EVENT_BITS, EVENTS, itt_of, lpi_of, map_devices, start
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import Handler, any_priority, serve_all, sleep, sweep, wake


@dataclass(slots=True)
class LpiTraffic:
    """Messages from many devices while commands run, on all PEs at once."""

    platform: Platform
    rng: Randoms
    interrupts: int
    devices: int = 4
    handlers: list[Handler] = field(default_factory=list)
    running: int = 0
    sent: int = 0

    async def run(self) -> None:
        """Map, let devices, software and the driver of the ITS run, drain, read back."""
        driver = await start(self.platform)
        await map_devices(driver, self.devices)
        self.handlers = [Handler(pe, self.rng.pe(pe.index)) for pe in self.platform.pes]
        self.running = self.devices
        jobs = [self.platform.start(self._software(handler), f"PE {handler.pe.index}") for handler in self.handlers]
        jobs += [self.platform.start(self._device(device), f"device {device}") for device in range(self.devices)]
        jobs.append(self.platform.start(self._commands(driver), "ITS driver"))
        for job in jobs:
            await job.join()
        self.platform.pressure(0)
        await sweep(self.platform)  # with all that is pending, held and enabled
        for device in range(self.devices):
            for event in range(EVENTS):
                await driver.configure(lpi_of(device, event), 0x80)
        await driver.run(*(encoding.invall(icid) for icid in range(len(self.platform.pes))))
        await serve_all(self.platform, self.handlers)

    def _enough(self) -> bool:
        return sum(h.handled for h in self.handlers) >= self.interrupts or self.sent > 20 * self.interrupts

    async def _device(self, device: int) -> None:
        rng = self.rng.of(f"device {device}")
        while not self._enough():
            for _ in range(rng.choice((1, 1, 1, 3, 8))):
                self.sent += 1
                await self.platform.send_msi(device, rng.randrange(EVENTS))
            await self.platform.spend(rng.randrange(1, 200))
        self.running -= 1

    async def _software(self, handler: Handler) -> None:
        rng, pe = handler.rng, handler.pe
        while self.running:
            await handler.service()
            if rng.random() < 0.05:
                await self._perturb(pe, rng)
            await pe.spend(rng.randrange(1, 30))

    async def _perturb(self, pe: Pe, rng: Randoms) -> None:
        match rng.randrange(4):
            case 0:
                await pe.msr("ICC_PMR_EL1", rng.randrange(0, 0x100, 8))
                await pe.spend(rng.randrange(100))
                await pe.msr("ICC_PMR_EL1", 0xFF)
            case 1:
                await pe.msr("ICC_IGRPEN1_EL1", 0)
                await pe.spend(rng.randrange(60))
                await pe.msr("ICC_IGRPEN1_EL1", 1)
            case 2:
                self.platform.pressure(rng.choice((0, 0, 1, 2, 3)))
            case _:
                await pe.msr("ICC_IGRPEN0_EL1", 0)
                await pe.msr("ICC_IGRPEN1_EL1", 0)
                await pe.dsb()
                await sleep(pe)
                await pe.spend(rng.randrange(80))
                await wake(pe)
                await pe.msr("ICC_IGRPEN0_EL1", 1)
                await pe.msr("ICC_IGRPEN1_EL1", 1)

    async def _commands(self, driver: ItsDriver) -> None:
        rng, pes = self.rng.of("commands"), len(self.platform.pes)
        while self.running:
            device, event, icid = rng.randrange(self.devices), rng.randrange(EVENTS), rng.randrange(pes)
            match rng.randrange(12):
                case 0 | 1:
                    await driver.run(encoding.movi(device, event, icid))
                case 2:
                    await driver.run(encoding.interrupt(device, event))
                case 3:
                    await driver.run(encoding.clear(device, event))
                case 4:
                    await driver.run(encoding.discard(device, event), encoding.mapti(device, event, lpi_of(device, event), icid))
                case 5:
                    await driver.run(encoding.mapti(device, event, lpi_of(device, event), icid))
                case 6 | 7:
                    priority = any_priority(self.platform.config, rng)
                    await driver.configure(lpi_of(device, event), priority, enable=rng.random() < 0.8)
                    await driver.run(encoding.inv(device, event), encoding.sync(icid))
                case 8:
                    await driver.run(encoding.invall(icid))
                case 9:
                    await driver.run(encoding.movall(icid, rng.randrange(pes)))
                case 10:
                    await driver.run(
                        encoding.mapd(device, 0, EVENT_BITS - 1, valid=False),
                        encoding.mapd(device, itt_of(device), EVENT_BITS - 1),
                    )
                case _:
                    pe = self.platform.pes[icid]
                    await driver.disable_lpis(pe)
                    await driver.enable_lpis(pe, zero=False)
            await self.platform.spend(rng.randrange(20, 300))


async def random_lpis(platform: Platform, rng: Randoms, interrupts: int) -> None:
    """Random messages while commands run."""
    await LpiTraffic(platform, rng, interrupts).run()
