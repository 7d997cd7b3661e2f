"""Scenarios for a device without GICD: PPIs, and SGIs that a register makes pending."""

from __future__ import annotations

import pyuvm

from irqpath.sim.platform import Platform
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import Handler, bring_up, serve_all, sleep, wake
from irqpath_testbench.tests.scenario import Directed

_ROUNDS = 60


async def private_interrupts(platform: Platform, rng: Randoms) -> None:
    """Levels rise, software serves them and lowers them; now and then the PE sleeps."""
    (pe,) = platform.pes
    await bring_up(pe, 0x5555_5555, [4 * n for n in range(32)])
    await pe.write("GICR_ISENABLER0", 0xFFFF_FFFF)
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
        """One for each SGI and PPI, but for those that met one already pending."""
        return 2 * _ROUNDS
