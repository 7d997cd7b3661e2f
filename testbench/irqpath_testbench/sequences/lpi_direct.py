"""Scenarios of the path `lpi-direct`: GICR_SETLPIR and its companions."""

from __future__ import annotations

from irqpath.core.errors import CheckError
from irqpath.regs import GICR
from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.sequences.fields import ENABLE_LPIS
from irqpath_testbench.sequences.its import FIRST_LPI, ItsDriver
from irqpath_testbench.sequences.lpi import handlers_of, start
from irqpath_testbench.sequences.polling import until_clear
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import Handler, any_priority, serve_all

_SETLPIR = GICR.element("GICR_SETLPIR").offset
_DIRECT = 40  # LPIs that the scenarios of lpi-direct use


async def direct_each(platform: Platform, rng: Randoms) -> None:
    """Each LPI at each PE by GICR_SETLPIR; cleared, reconfigured and out of range."""
    driver = await start(platform)
    handlers = handlers_of(platform, rng)
    for n in range(_DIRECT):
        await driver.configure(FIRST_LPI + n, 0x20 + 4 * n)
    for pe, handler in zip(platform.pes, handlers, strict=True):
        for n in range(_DIRECT):
            await pe.write("GICR_SETLPIR", FIRST_LPI + n)
            await pe.wait_interrupt()
            await handler.service()
        for value in (0, 27, FIRST_LPI - 1, 1 << driver.lpi_bits, 1 << 24 | FIRST_LPI, 0xFFFF_FFFF, 1 << 40 | FIRST_LPI - 1):
            await pe.write("GICR_SETLPIR", value)
        await pe.msr("ICC_PMR_EL1", 0)
        for n in range(_DIRECT):  # more than the Redistributor holds
            await pe.write("GICR_SETLPIR", FIRST_LPI + n)
        for n in range(0, _DIRECT, 5):
            await pe.write("GICR_CLRLPIR", FIRST_LPI + n)
            await _sync(pe)
        await driver.configure(FIRST_LPI + 1, 0x80, enable=False)
        await driver.configure(FIRST_LPI + 2, 0x04)
        await pe.write("GICR_INVLPIR", FIRST_LPI + 1)
        await pe.write("GICR_INVLPIR", FIRST_LPI + 2)
        await _sync(pe)
        await driver.configure(FIRST_LPI + 1, 0x24)
        await pe.write("GICR_INVALLR", 0)
        await _sync(pe)
        await driver.configure(FIRST_LPI + 2, 0x28)
        await pe.write("GICR_INVALLR", 0)
        await driver.disable_lpis(pe)
        await pe.write("GICR_SETLPIR", FIRST_LPI)  # LPIs are disabled
        await driver.enable_lpis(pe, zero=False)
        await pe.msr("ICC_PMR_EL1", 0xFF)
        await serve_all(platform, handlers)


async def enabling(platform: Platform, rng: Randoms) -> None:
    """EnableLPIs is cleared and set while GICC has something to answer: GICR_SYNCR.Busy is of other writes.

    Raises `CheckError` where it is not 0."""
    driver = await start(platform)
    handlers = handlers_of(platform, rng)
    await driver.configure(FIRST_LPI, 0x20)
    for pe, handler in zip(platform.pes, handlers, strict=True):
        await pe.write("GICR_SETLPIR", FIRST_LPI)
        await pe.wait_interrupt()
        await pe.write("GICR_CTLR", 0)  # GICC holds the LPI
        await _not_busy(pe)
        await until_clear(pe, "GICR_CTLR", 3, "RWP")
        await pe.write("GICR_ISPENDR0", 1)
        await pe.wait_interrupt()
        await pe.write("GICR_CTLR", ENABLE_LPIS)  # GICC holds the SGI; the LPI in the pending table replaces it
        await _not_busy(pe)
        for _ in range(2):
            await pe.wait_interrupt()
            await handler.service()
    await serve_all(platform, handlers)


async def _not_busy(pe: Pe) -> None:
    if await pe.read("GICR_SYNCR"):
        raise CheckError(f"PE {pe.index}: a write of EnableLPIs has set GICR_SYNCR.Busy")


async def _sync(pe: Pe) -> None:
    """GICR_SYNCR.Busy."""
    await until_clear(pe, "GICR_SYNCR", 0, "Busy", every=2)


async def _disturb_direct(platform: Platform, pe: Pe, driver: ItsDriver, rng: Randoms) -> None:
    match rng.randrange(12):
        case 0:
            await pe.write("GICR_CLRLPIR", FIRST_LPI + rng.randrange(_DIRECT))
        case 1:
            intid = FIRST_LPI + rng.randrange(_DIRECT)
            await driver.configure(intid, any_priority(platform.config, rng), enable=rng.random() < 0.8)
            await pe.write("GICR_INVLPIR", intid)
            await _sync(pe)
        case 2:
            await pe.write("GICR_INVALLR", 0)
        case 3:
            platform.pressure(rng.choice((0, 0, 1, 2)))
        case 4:
            await driver.disable_lpis(pe)
            await driver.enable_lpis(pe, zero=False)


async def random_direct(platform: Platform, rng: Randoms, interrupts: int) -> None:
    """Random LPIs by GICR_SETLPIR at all PEs, while others are cleared and reconfigured."""
    driver = await start(platform)
    handlers = handlers_of(platform, rng)
    for n in range(_DIRECT):
        await driver.configure(FIRST_LPI + n, any_priority(platform.config, rng))
    sent = 0

    async def software(handler: Handler) -> None:
        nonlocal sent
        pe, own = handler.pe, rng.of(f"sender {handler.pe.index}")
        while sum(h.handled for h in handlers) < interrupts and sent < 20 * interrupts:
            for _ in range(own.choice((1, 1, 2, 6))):
                sent += 1
                target = own.choice(platform.pes)
                block, offset = f"gicr{target.index}", _SETLPIR
                await pe.write_at(block, offset, 8, FIRST_LPI + own.randrange(_DIRECT))
            await handler.service()
            await _disturb_direct(platform, pe, driver, own)
            await pe.spend(own.randrange(1, 80))

    jobs = [platform.start(software(handler), f"PE {handler.pe.index}") for handler in handlers]
    for job in jobs:
        await job.join()
    platform.pressure(0)
    for n in range(_DIRECT):
        await driver.configure(FIRST_LPI + n, 0x80)
    for pe in platform.pes:
        await pe.write("GICR_INVALLR", 0)
    await serve_all(platform, handlers)
