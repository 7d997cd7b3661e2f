"""Random traffic of path `gicv2`: hypervisors take physical interrupts, nested, and give half of them to their guests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from irqpath.core.errors import CheckError
from irqpath.sim.platform import FIQ, IRQ, VFIQ, VIRQ, Pe, Platform
from irqpath_testbench.sequences.gicv2 import (
    ACKCTL,
    ENABLE,
    EOIMODE,
    FIQEN,
    OTHER_GROUP,
    bring_up,
    end,
    send,
    set_priority,
    set_targets,
    take,
)
from irqpath_testbench.sequences.gicv2_guests import list_register, start_guest
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import STORM


@dataclass(slots=True)
class Hypervisor:
    """What runs on one PE: it takes physical interrupts, nested, ends them itself or gives them to its guest, which ends them.
    `levels`: INTIDs whose wires it lets fall when it takes them."""

    platform: Platform
    pe: Pe
    rng: Randoms
    levels: set[int]
    depth: int = 0

    async def run(self, over: Callable[[], bool]) -> None:
        """Until `over`, and no line is asserted. Raises `CheckError` when there is no end to it."""
        for _ in range(STORM):
            if over() and not self.pe.lines:
                return
            if await self.pe.wait_interrupt(200):
                await self.service()
        raise CheckError(f"PE {self.pe.index}: there is always one more interrupt")

    async def service(self) -> None:
        """As long as something is signalled. Raises `CheckError` when there is no end to it."""
        for _ in range(STORM):
            if not (lines := self.pe.lines):
                return
            if lines & (VIRQ | VFIQ):
                await self._guest()
            else:
                await self._take()
        raise CheckError(f"PE {self.pe.index}: {STORM} interrupts were taken, and more are signalled")

    async def _take(self) -> None:
        pe, rng = self.pe, self.rng
        taken = await take(pe)
        if taken.intid >= OTHER_GROUP:
            return
        if taken.intid in self.levels:
            self.platform.wire(taken.intid, 0, pe.index)
        self.depth += 1
        for _ in range(rng.randrange(3)):
            await pe.spend(rng.randrange(1, 40))
            if self.depth < 3 and pe.lines & (IRQ | FIQ):
                await self._take()
        self.depth -= 1
        await end(pe, taken)
        if taken.intid >= 16 and rng.random() < 0.5 and (free := await pe.read("GICH_ELSR0")):
            n = (free & -free).bit_length() - 1
            value = list_register(taken.intid, 8 * rng.randrange(31), hw=taken.intid, group=rng.randrange(2))
            await pe.write(f"GICH_LR{n}", value)
        else:
            await pe.write("GICC_DIR", taken.value)

    async def _guest(self) -> None:
        pe = self.pe
        value = await pe.read("GICV_IAR")
        if value & 0x3FF >= OTHER_GROUP:
            return
        await pe.spend(self.rng.randrange(1, 30))
        if self.depth < 3 and pe.lines:
            self.depth += 1
            await self.service()
            self.depth -= 1
        await pe.write("GICV_EOIR", value)


async def random_traffic(platform: Platform, rng: Randoms, interrupts: int) -> None:
    """SGIs, wires and messages to all PEs, whose hypervisors give half of what is no SGI to their guests."""
    config, pes = platform.config, platform.pes
    await bring_up(platform, group1=rng.getrandbits(32), control=ENABLE | ACKCTL | EOIMODE | FIQEN * rng.randrange(2))
    first, spis = pes[0], range(32, config.last_spi + 1)
    edges = {intid for intid in spis if rng.random() < 0.5}
    for pe in pes:
        await start_guest(pe, ENABLE | ACKCTL | FIQEN * rng.randrange(2))
        for intid in range(32):
            await set_priority(pe, intid, 8 * rng.randrange(31))
    for n in range(2, (config.last_spi + 1) // 16):
        await first.write(f"GICD_ICFGR{n}", sum(2 << 2 * k for k in range(16) if 16 * n + k in edges))
    for intid in spis:
        await set_priority(first, intid, 8 * rng.randrange(31))
        await set_targets(first, intid, rng.randrange(1, 1 << len(pes)))
    for n in range(1, (config.last_spi + 1) // 32):
        await first.write(f"GICD_IGROUPR{n}", rng.getrandbits(32))
        await first.write(f"GICD_ISENABLER{n}", 0xFFFF_FFFF)
    platform.pressure(rng.randrange(2))
    sent = 0
    levels = set(range(16, config.last_spi + 1)) - edges
    jobs = [
        platform.start(Hypervisor(platform, pe, rng.pe(pe.index), levels).run(lambda: sent >= interrupts), f"PE {pe.index}")
        for pe in pes
    ]
    messages = await first.read("V2M_MSI_TYPER")
    base, count = messages >> 16 & 0x3FF, messages & 0x3FF
    while sent < interrupts:
        await _cause(platform, rng, edges, range(base, base + count))
        sent += 1
        await platform.spend(rng.randrange(1, 80))
    for job in jobs:
        await job.join()
    platform.pressure(0)
    await _drain(platform, [Hypervisor(platform, pe, rng.pe(pe.index), levels) for pe in pes])


async def _drain(platform: Platform, hypervisors: list[Hypervisor]) -> None:
    """Nobody causes anything any more: what is signalled is handled, and what that makes signalled. Raises `CheckError` when
    there is no end to it."""
    for _ in range(STORM):
        await platform.quiesce()
        if not any(hypervisor.pe.lines for hypervisor in hypervisors):
            return
        for hypervisor in hypervisors:
            await hypervisor.service()
    raise CheckError(f"interrupts were handled {STORM} times, and more are signalled")


async def _cause(platform: Platform, rng: Randoms, edges: set[int], messages: range) -> None:
    """One interrupt, of any kind."""
    pe, what = rng.choice(platform.pes), rng.random()
    if what < 0.4:
        await send(pe, rng.randrange(16), rng.randrange(1, 1 << len(platform.pes)), rng.choice((0, 0, 0, 1, 2)))
    elif what < 0.6:
        platform.wire(rng.randrange(16, 32), 1, pe.index)
    elif what < 0.85:
        intid = rng.randrange(32, platform.config.last_spi + 1)
        platform.wire(intid, 1)
        if intid in edges:
            await platform.spend(rng.randrange(1, 20))
            platform.wire(intid, 0)
    else:
        named = [intid for intid in messages if intid in edges]
        await pe.write("V2M_MSI_SETSPI_NS", rng.choice(named))
