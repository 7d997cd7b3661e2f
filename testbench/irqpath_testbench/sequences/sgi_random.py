"""Random scenario of the path `sgi`."""

from __future__ import annotations

from irqpath.core.transactions import SgiKind
from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.sequences.polling import until_clear
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.sgi import offset_of, sgir
from irqpath_testbench.sequences.software import (
    Handler,
    bring_up,
    enable_groups,
    lowest_priority,
    serve_all,
    sleep,
    wake,
)


class Traffic:
    """Random SGIs among all PEs while everything that may vary varies."""

    def __init__(self, platform: Platform, rng: Randoms, interrupts: int) -> None:
        self.platform = platform
        self.rng = rng
        self._left = interrupts
        self._wanted = interrupts * 2 // 3
        self._handlers: list[Handler] = []
        self._sending = len(platform.pes)
        self._step = 1 << 8 - platform.config.priority_bits
        self._lowest = lowest_priority(platform.config)

    async def run(self) -> None:
        """Bring all PEs up, let them send, drain, read back."""
        await enable_groups(self.platform.pes[0], 0b11)
        jobs = [self.platform.start(self._software(pe), f"PE {pe.index}") for pe in self.platform.pes]
        for job in jobs:
            await job.join()

    async def _software(self, pe: Pe) -> None:
        rng = self.rng.of(f"sender {pe.index}")
        handler = Handler(pe, rng.pe(pe.index))
        self._handlers.append(handler)
        await self._configure(pe, rng, handler)
        while self._left > 0 or self._too_few():
            self._left -= 1
            await self._send(pe, rng)
            await handler.service()
            if rng.random() < 0.25:
                await self._perturb(pe, rng, handler)
            if rng.random() < 0.5:
                await pe.spend(rng.randrange(1, 30))
            if rng.random() < 0.03:
                self.platform.pressure(rng.choice((0, 0, 1, 2, 3)))
            await handler.service()
        self._sending -= 1
        if not self._sending:
            self.platform.pressure(0)
        await self._drain(pe, handler)

    def _too_few(self) -> bool:
        """So many met their like that two of three were not handled yet; but it ends some time."""
        return sum(handler.handled for handler in self._handlers) < self._wanted and self._left > -20 * self._wanted

    def _priority(self, rng: Randoms) -> int:
        return rng.randrange(0, self._lowest + 1, self._step)

    async def _configure(self, pe: Pe, rng: Randoms, handler: Handler) -> None:
        levels = [rng.randrange(0, 0x100, self._step) for _ in range(32)]
        await bring_up(pe, rng.getrandbits(32), [min(level, self._lowest) for level in levels])
        await self._reconfigure(pe, rng, handler)

    async def _reconfigure(self, pe: Pe, rng: Randoms, handler: Handler) -> None:
        """What may only change while nothing is active here."""
        handler.eoimode = rng.randrange(2)
        await pe.msr("ICC_CTLR_EL1", handler.eoimode << 1 | rng.randrange(2))
        await pe.msr("ICC_BPR0_EL1", rng.randrange(8))
        await pe.msr("ICC_BPR1_EL1", rng.randrange(8))
        for register in ("ICC_CTLR_EL1", "ICC_BPR0_EL1", "ICC_BPR1_EL1"):
            await pe.mrs(register)

    async def _send(self, pe: Pe, rng: Randoms) -> None:
        config = self.platform.config
        kind = rng.choice(["SGI1R", "SGI1R", "SGI1R", "SGI0R", "ASGI1R"])
        choice = rng.random()
        if choice < 0.1:
            value = sgir(rng.randrange(16), irm=1)
        elif choice < 0.13:
            value = sgir(rng.randrange(16), targets=rng.getrandbits(16), cluster=200)
        else:
            mask = (1 << min(config.pes, 16)) - 1
            targets = rng.getrandbits(16) & mask or 1 << rng.randrange(min(config.pes, 16))
            # above 0 it counts only where both ends have it
            value = sgir(rng.randrange(16), targets=targets, rs=rng.choice((0, 0, 0, 0, 1, 1, rng.randrange(16))))
        await pe.msr(f"ICC_{SgiKind[kind].name}_EL1", value)

    async def _perturb(self, pe: Pe, rng: Randoms, handler: Handler) -> None:
        """Change something that a running system may change at any time, and change it back."""
        sgi = rng.randrange(16)
        match rng.randrange(10):
            case 0:
                await pe.msr("ICC_PMR_EL1", rng.randrange(0, 0x100, self._step))
                await pe.spend(rng.randrange(60))
                await pe.msr("ICC_PMR_EL1", 0xFF)
            case 1:
                group = rng.randrange(2)
                await pe.msr(f"ICC_IGRPEN{group}_EL1", 0)
                await pe.spend(rng.randrange(40))
                await pe.msr(f"ICC_IGRPEN{group}_EL1", 1)
            case 2:
                await pe.write("GICR_ICENABLER0", 1 << sgi)
                await until_clear(pe, "GICR_CTLR", 3, "RWP", every=2)
                await pe.write_at(f"gicr{pe.index}", offset_of("GICR_IPRIORITYR0") + sgi, 1, self._priority(rng))
                await pe.write("GICR_ISENABLER0", 1 << sgi)
            case 3:
                await pe.write("GICR_ICPENDR0", 1 << sgi)
            case 4:
                await pe.write("GICR_ISPENDR0", 1 << sgi)
            case 5:
                await pe.write("GICR_IGROUPR0", rng.getrandbits(32))
                await pe.write_at(f"gicr{pe.index}", offset_of("GICR_IPRIORITYR0") + sgi, 1, self._priority(rng))
            case 6:
                for register in ("ICC_HPPIR0_EL1", "ICC_HPPIR1_EL1", "ICC_RPR_EL1", "ICC_AP0R0_EL1", "ICC_AP1R0_EL1"):
                    await pe.mrs(register)
                await pe.read("GICR_ISPENDR0")
            case 7:
                await pe.dsb()
                await self._reconfigure(pe, rng, handler)
            case 8:
                await handler.poll(rng.randrange(2))
            case _:
                await self._nap(pe, rng)

    async def _nap(self, pe: Pe, rng: Randoms) -> None:
        """Sleep and wake again (IHI 0069 11.1: the groups are disabled before)."""
        await pe.msr("ICC_IGRPEN0_EL1", 0)
        await pe.msr("ICC_IGRPEN1_EL1", 0)
        await pe.dsb()
        await sleep(pe)
        await pe.spend(rng.randrange(80))
        await wake(pe)
        await pe.msr("ICC_IGRPEN0_EL1", 1)
        await pe.msr("ICC_IGRPEN1_EL1", 1)

    async def _drain(self, pe: Pe, handler: Handler) -> None:
        """Handle what comes until nobody sends any more and nothing is under way."""
        while self._sending:
            await handler.service()
            await pe.spend(20)
        await serve_all(self.platform, [handler])


async def random_traffic(platform: Platform, rng: Randoms, interrupts: int) -> None:
    """`interrupts` writes of ICC_SGI*R_EL1, spread over all PEs."""
    await Traffic(platform, rng, interrupts).run()
