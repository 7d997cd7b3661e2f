"""Directed scenarios of SPIs that several PEs are concerned in: 1-of-N, sleep, resets."""

from __future__ import annotations

from collections.abc import Sequence

from irqpath.core.errors import CheckError
from irqpath.sim.platform import Platform
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import Handler, frame_register, serve_all, wait_rwp
from irqpath_testbench.sequences.wired import IRM, Wires, affinity_route, from_sleep, handlers_of, start, to_sleep

_E1NWF = 1 << 7
_HELD, _BETTER = 40, 41  # INTIDs


async def one_of_n(platform: Platform, rng: Randoms) -> None:
    """1-of-N interrupts go to a PE that takes part: awake, group enabled, not excluded by GICR_CTLR.DPG*; sleepers are woken."""
    wires = Wires(platform, rng)
    await start(platform)
    handlers = handlers_of(platform, wires, rng)
    spis = list(range(32, platform.config.last_spi + 1))
    for intid in spis:
        priority = 0x20 + 8 * (intid % 16)
        await wires.configure(platform.pes[0], intid, edge=True, group=intid % 2, priority=priority, route=IRM)
        await platform.pes[0].write(frame_register("ISENABLER", intid), 1 << intid % 32)
    await _all_at_once(platform, wires, handlers, spis)
    await _given_back(platform, wires, handlers, rng.sample(spis, 8))
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


async def _given_back(platform: Platform, wires: Wires, handlers: Sequence[Handler], spis: Sequence[int]) -> None:
    """What a PE holds and has not acknowledged goes to another when the PE takes part no more, in one group or in both."""
    for dpg in (0b01, 0b10, 0b11):
        for pe in platform.pes:
            await pe.msr("ICC_PMR_EL1", 0)
        await wires.cause(platform.pes[0], *spis)
        await platform.quiesce()
        for pe in platform.pes:
            await pe.write("GICR_CTLR", dpg << 24)
            await wait_rwp(pe, 0)
            await platform.quiesce()
            await pe.write("GICR_CTLR", 0)
            await wait_rwp(pe, 0)
        for pe in platform.pes:
            await pe.msr("ICC_PMR_EL1", 0xFF)
        await serve_all(platform, handlers)


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


async def spi_resets(platform: Platform, rng: Randoms) -> None:
    """A PE is reset while SPIs are offered to it, held, outranked, acknowledged, ended or called back: none is lost."""
    wires = Wires(platform, rng)
    await start(platform)
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
            await start(platform)
            for intid in spis:
                route = IRM if case == "1-of-N" and platform.config.one_of_n else here
                await other.write(f"GICD_IROUTER{intid}", route)
            await _before_reset(platform, case, delay, bits)
            await platform.spend(delay)
            await platform.reset_pe(target.index)
            await start(platform)
            await serve_all(platform, handlers)
            await other.write("GICD_ICACTIVER1", bits)
            await serve_all(platform, handlers)
            if left := await other.read("GICD_ISPENDR1") & bits:
                raise CheckError(f"PE 0 was reset ({case}, {delay} cycles), and SPIs are pending still: GICD_ISPENDR1 {left:#x}")


async def given_back(platform: Platform, rng: Randoms) -> None:
    """GICD may wait twice for an SPI that a PE gives back: because another replaced it, and because it was recalled since.

    Groups of the PE are disabled one after the other while the CPU interface holds an SPI of Group 1 and one of Group 0 is on its
    way; or the PE is reset then, and gives back two at once.
    """
    wires = Wires(platform, rng)
    await start(platform)
    target, other = platform.pes[0], platform.pes[-1]
    here = affinity_route(platform, target.index)
    await wires.configure(other, _HELD, edge=True, group=1, priority=0x80, route=here)
    await wires.configure(other, _BETTER, edge=True, group=0, priority=0x40, route=here)
    both = 1 << _HELD % 32 | 1 << _BETTER % 32
    await other.write("GICD_ISENABLER1", both)
    handlers = handlers_of(platform, wires, rng)
    for case in ("groups", "reset"):
        for second in range(6):
            for first in range(24):
                await other.write("GICD_ISPENDR1", 1 << _HELD % 32)
                await target.wait_interrupt()
                await platform.quiesce()
                job = platform.start(other.write("GICD_ISPENDR1", 1 << _BETTER % 32), "a better SPI")
                await platform.spend(first)
                await target.msr("ICC_IGRPEN0_EL1", 0)
                await platform.spend(second)
                if case == "groups" or first % 2:
                    await target.msr("ICC_IGRPEN1_EL1", 0)
                if case == "reset":
                    await platform.reset_pe(target.index)
                    await start(platform)
                await job.join()
                await platform.quiesce()
                for group in (0, 1):
                    await target.msr(f"ICC_IGRPEN{group}_EL1", 1)
                await serve_all(platform, handlers)
                await other.write("GICD_ICACTIVER1", both)


async def _all_at_once(platform: Platform, wires: Wires, handlers: Sequence[Handler], spis: Sequence[int]) -> None:
    await wires.cause(platform.pes[0], *spis)
    await serve_all(platform, handlers)


async def _sleepers(platform: Platform, wires: Wires, handlers: Sequence[Handler], spis: Sequence[int]) -> None:
    """Every PE sleeps: one is woken for a 1-of-N interrupt with E1NWF; the PE of an affinity is woken without."""
    first = platform.pes[0]
    for e1nwf in (0, _E1NWF):
        for pe in platform.pes:
            await to_sleep(pe)
        await first.write("GICD_CTLR", 0b11 | e1nwf)
        await wires.cause(first, spis[0])
        await platform.quiesce()
        await first.write("GICD_CTLR", 0b11 | _E1NWF)
        await platform.quiesce()
        for pe in platform.pes:
            await from_sleep(pe)
        await serve_all(platform, handlers)
    for pe in platform.pes:
        intid = spis[pe.index]
        await first.write(f"GICD_IROUTER{intid}", affinity_route(platform, pe.index))
        await to_sleep(pe)
        await wires.cause(first, intid)
        await platform.quiesce()
        await from_sleep(pe)
        await serve_all(platform, handlers)
    await first.write("GICD_CTLR", 0b11)
