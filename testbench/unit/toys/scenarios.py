"""Scenarios for a device without GICD: PPIs, and SGIs that a register makes pending."""

from __future__ import annotations

from collections.abc import Collection

import pyuvm

from irqpath.sim.platform import Platform
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import Handler, bring_up, serve_all, sleep, wake
from irqpath_testbench.sequences.wired import PPIS
from irqpath_testbench.sequences.wired_random import WireTraffic
from irqpath_testbench.tests.scenario import Directed

_ROUNDS, _PAIRS, _RANDOM = 30, 30, 400


async def private_interrupts(platform: Platform, rng: Randoms) -> None:
    """Pairs of SGIs are deactivated one upon the other. Then levels rise, software serves them and lowers them; now and then the
    PE sleeps."""
    (pe,) = platform.pes
    await bring_up(pe, 0x5555_5555, [4 * n for n in range(32)])
    await pe.write("GICR_ISENABLER0", 0xFFFF_FFFF)
    await pe.msr("ICC_CTLR_EL1", 1 << 1)  # EOImode
    for _ in range(_PAIRS):
        await pe.write("GICR_ISPENDR0", 1 << 2 | 1 << 4)
        taken = []
        for _ in range(2):
            await pe.wait_interrupt()
            taken.append(await pe.mrs("ICC_IAR1_EL1"))
            await pe.msr("ICC_EOIR1_EL1", taken[-1])
        for intid in taken:
            await pe.msr("ICC_DIR_EL1", intid)
    await pe.msr("ICC_CTLR_EL1", 0)
    high: set[int] = set()

    async def serve(_: object, intid: int) -> None:
        if intid in high:
            high.discard(intid)
            platform.wire(intid, 0)

    handler = Handler(pe, rng, serve=serve)
    for _ in range(_ROUNDS):
        for intid in rng.sample(range(16, 32), 3):
            high.add(intid)
            platform.wire(intid, 1)
        await pe.write("GICR_ISPENDR0", 1 << rng.randrange(16))
        await serve_all(platform, [handler])
        if rng.random() < 0.2:
            for group in (0, 1):
                await pe.msr(f"ICC_IGRPEN{group}_EL1", 0)
            await sleep(pe)
            platform.wire(20, 1)
            await pe.spend(40)
            platform.wire(20, 0)
            await wake(pe)
            for group in (0, 1):
                await pe.msr(f"ICC_IGRPEN{group}_EL1", 1)


@pyuvm.test()
class PrivateInterrupts(Directed):
    """`private_interrupts`."""

    software = staticmethod(private_interrupts)

    def must_close(self) -> int:
        """Those of the pairs, and one a round."""
        return 2 * _PAIRS + _ROUNDS


async def random_private(platform: Platform, rng: Randoms) -> None:
    """A PPI is taken away while it is acknowledged, at each delay; then the random traffic of path `ppi`."""
    (pe,) = platform.pes
    await bring_up(pe, 0xFFFF_FFFF, [0x80] * 32)
    await pe.write("GICR_ISENABLER0", 1 << 20)
    handler = Handler(pe, rng)
    for delay in range(2, 34, 2):
        await pe.write("GICR_ISPENDR0", 1 << 20)
        job = platform.start(pe.write("GICR_ICPENDR0", 1 << 20), "clear")
        await platform.spend(delay)
        await handler.poll(1)
        await job.join()
        await serve_all(platform, [handler])
    traffic = WireTraffic(platform, rng, _RANDOM, PPIS)
    await traffic.traffic()
    await traffic.drain()


@pyuvm.test()
class RandomPrivate(Directed):
    """`random_private`: all that the plan of path `ppi` has for this device."""

    software = staticmethod(random_private)

    def must_cover(self) -> Collection[str]:
        """Every group."""
        return {group.name for group in self.plan()}

    def must_close(self) -> int:
        """Half of what it asks for."""
        return _RANDOM // 2
