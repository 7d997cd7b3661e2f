"""Directed scenarios of the paths `virq-hw` and `maint`: physical interrupts that a guest ends, and the maintenance interrupt."""

from __future__ import annotations

from itertools import product

from irqpath.core.errors import CheckError
from irqpath.regs import GICR
from irqpath.sim.platform import FIQ, IRQ, VFIQ, VIRQ, Pe, Platform
from irqpath_testbench.sequences.guests import (
    BOTH,
    EN,
    EOICOUNT_LSB,
    GUEST,
    HYPERVISOR,
    LRENPIE,
    NPIE,
    UIE,
    VGRP0DIE,
    VGRP0EIE,
    VGRP1DIE,
    VGRP1EIE,
    active_registers,
    at_priority,
    clean,
    expect,
    expect_lines,
    lr,
    set_up,
    virtual_of,
    vmcr,
)
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import SPURIOUS, STORM, bring_up, enable_groups, frame_register

_LINE = (VFIQ, VIRQ)


async def _host(platform: Platform, pe: Pe) -> None:
    """The hypervisor's own interface: EOImode 1, PPIs and the SPIs that are routed to the PE enabled."""
    await pe.enter(HYPERVISOR)
    await bring_up(pe, 0xFFFF_FFFF, [0x80] * 32)
    await pe.msr("ICC_CTLR_EL1", 0b10)
    await pe.write("GICR_ISENABLER0", 0xFFFF_0000)


async def every_hardware_interrupt(platform: Platform, rng: Randoms) -> None:
    """Each PPI of each PE and each SPI: its wire, the hypervisor's acknowledgement and priority drop, the List register, the
    guest's acknowledgement and end, which deactivates it; hop by hop, with both EOImodes of the guest and in both groups."""
    virtual = virtual_of(platform)
    await enable_groups(platform.pes[0], 0b11)
    for pe in platform.pes:
        await _host(platform, pe)
    first = platform.pes[0]
    for intid in range(32, platform.config.last_spi + 1):
        pe = platform.pes[(intid - 32) % len(platform.pes)]
        await first.write(f"GICD_IROUTER{intid}", platform.config.affinities[pe.index])
    for n in range(1, (platform.config.last_spi + 1) // 32):
        for what, value in (("IGROUPR", 0xFFFF_FFFF), ("ISENABLER", 0xFFFF_FFFF)):
            await first.write(f"GICD_{what}{n}", value)
    for pe in platform.pes:
        spis = range(32 + pe.index, platform.config.last_spi + 1, len(platform.pes))
        for intid in (*(n for n in range(16, 32) if n != virtual.maintenance_ppi), *spis):
            await _whole_way(platform, pe, intid, rng)
        await clean(pe, virtual)


async def _whole_way(platform: Platform, pe: Pe, intid: int, rng: Randoms) -> None:
    """Raises `CheckError`."""
    n, group, eoimode = rng.randrange(virtual_of(platform).list_registers), rng.randrange(2), rng.randrange(2)
    vintid = rng.choice((intid, 500))
    await set_up(pe, vmcr=vmcr(eoimode=eoimode))
    await pe.enter(GUEST)
    platform.wire(intid, 1, pe.index)
    if not await pe.wait_interrupt(5000) & IRQ:
        raise CheckError(f"PE {pe.index}: INTID {intid} did not take the guest away")
    await pe.enter(HYPERVISOR)
    await expect(pe, "ICC_IAR1_EL1", intid, "its wire rose")
    await pe.msr("ICC_EOIR1_EL1", intid)
    value = lr(vintid, 0x80, group=group, physical=intid)
    await pe.msr(f"ICH_LR{n}_EL2", value)
    await expect_lines(platform, pe, _LINE[group], "it is pending")
    if pe.lines & (IRQ | FIQ):
        raise CheckError(f"PE {pe.index}: INTID {intid} is active and interrupts again")
    await pe.enter(GUEST)
    await expect(pe, f"ICC_IAR{group}_EL1", vintid, "it is signalled")
    platform.wire(intid, 0, pe.index)
    await pe.msr(f"ICC_EOIR{group}_EL1", vintid)
    if eoimode:
        await _is_active(platform, pe, intid, 1)
        await pe.msr("ICC_DIR_EL1", vintid)
    await pe.dsb()
    await _is_active(platform, pe, intid, 0)
    await pe.enter(HYPERVISOR)
    await expect(pe, f"ICH_LR{n}_EL2", value & ~(3 << 62), "the guest ended it")
    await expect(pe, "ICH_EISR_EL2", 0, "with HW = 1 the guest's end needs no maintenance")


async def _is_active(platform: Platform, pe: Pe, intid: int, wanted: int) -> None:
    """Raises `CheckError`."""
    await platform.quiesce()
    active = await pe.read(frame_register("ISACTIVER", intid)) >> intid % 32 & 1
    if active != wanted:
        raise CheckError(f"PE {pe.index}: INTID {intid} is{'' if active else ' not'} active after the guest's end")


async def ends_of_hardware(platform: Platform, rng: Randoms) -> None:
    """Ends of List registers with HW = 1 that are not as they should be: pINTIDs of all kinds, pending and active, an end that
    meets the hypervisor's own ICC_DIR, a List register that is written while the guest ends, wrong groups and INTIDs."""
    pe, virtual = platform.pes[0], virtual_of(platform)
    await enable_groups(pe, 0b11)
    await _host(platform, pe)
    for physical in (0, 15, 16, 27, 32, 40, 1019, 1020, 1021, 1022, 1023, 1024, 8191):
        for state, group, wrong in product((1, 2, BOTH), (0, 1), (False, True)):
            await set_up(pe)
            await pe.msr("ICH_LR0_EL2", lr(40, 0x80, state=state, group=group, physical=physical))
            if state != 1:  # it is active already
                await pe.msr(*at_priority(virtual, group, 0x80))
            await pe.enter(GUEST)
            await pe.mrs(f"ICC_IAR{group}_EL1")
            await pe.msr(f"ICC_EOIR{group ^ wrong}_EL1", 40)
            await pe.dsb()
            await pe.enter(HYPERVISOR)
            await pe.mrs("ICH_LR0_EL2")
            for name in active_registers(virtual):
                await pe.msr(name, 0)
    for delay in range(16):
        await _two_ways(platform, pe, delay)
    await clean(pe, virtual)


async def _two_ways(platform: Platform, pe: Pe, delay: int) -> None:
    """PPI 20 is deactivated by the guest's end and, at about the same time, by another PE's write of GICR_ICACTIVER0."""
    other = platform.pes[-1]
    await set_up(pe)
    platform.wire(20, 1, pe.index)
    await pe.wait_interrupt(5000)
    if await pe.mrs("ICC_IAR1_EL1") == SPURIOUS:
        raise CheckError(f"PE {pe.index}: PPI 20 did not come")
    platform.wire(20, 0, pe.index)
    await pe.msr("ICC_EOIR1_EL1", 20)
    await pe.msr("ICH_LR0_EL2", lr(40, 0x80, physical=20))
    await pe.enter(GUEST)
    await pe.mrs("ICC_IAR1_EL1")
    job = platform.start(_deactivate(other, pe), "ICACTIVER")
    await pe.spend(delay)
    await pe.msr("ICC_EOIR1_EL1", 40)
    await pe.dsb()
    await job.join()
    await pe.enter(HYPERVISOR)
    await _is_active(platform, pe, 20, 0)


async def _deactivate(other: Pe, target: Pe) -> None:
    await other.write_at(f"gicr{target.index}", GICR.element("GICR_ICACTIVER0").offset, 4, 1 << 20)


async def maintenance_conditions(platform: Platform, rng: Randoms) -> None:
    """Each condition of the maintenance interrupt, alone and with others: it appears and vanishes, in one access too, and the
    hypervisor takes it as a PPI."""
    virtual = virtual_of(platform)
    await enable_groups(platform.pes[0], 0b11)
    for pe in platform.pes:
        await _host(platform, pe)
        await pe.write("GICR_ISENABLER0", 1 << virtual.maintenance_ppi)
        for asked in (UIE, LRENPIE, NPIE, VGRP0EIE, VGRP0DIE, VGRP1EIE, VGRP1DIE, 0xFE, 0):
            await _condition(platform, pe, asked)
        await _end_asks(platform, pe)
        await _at_once(platform, pe)
        await clean(pe, virtual)


async def _condition(platform: Platform, pe: Pe, asked: int) -> None:
    """All that moves the conditions, one after the other, and what the status says each time."""
    registers = virtual_of(platform).list_registers
    await set_up(pe, hcr=EN | asked, vmcr=vmcr(enables=0))
    steps: list[tuple[str, int]] = [("ICH_VMCR_EL2", vmcr(enables=enables)) for enables in (1, 3, 2)]
    for n in range(registers):
        steps += [(f"ICH_LR{n}_EL2", lr(40 + n, 0x80)), (f"ICH_LR{n}_EL2", lr(40 + n, 0x80, state=2))]
    steps += [(f"ICH_LR{n}_EL2", lr(40 + n, 0x80, state=BOTH)) for n in range(registers)]
    steps += [(f"ICH_LR{n}_EL2", 0) for n in range(registers)]
    steps += [("ICH_HCR_EL2", EN | asked | count << EOICOUNT_LSB) for count in (1, 2, 4, 8, 16, 31, 0)]
    steps += [("ICH_HCR_EL2", asked), ("ICH_HCR_EL2", EN | asked)]
    for name, value in steps:
        await pe.msr(name, value)
        enabled = name != "ICH_HCR_EL2" or bool(value & EN)
        status = await pe.mrs("ICH_MISR_EL2")
        await _taken(platform, pe, wanted=enabled and bool(status))
    await pe.enter(GUEST)
    for group, enable in product((0, 1), (0, 1)):
        await pe.msr(f"ICC_IGRPEN{group}_EL1", enable)
        await platform.quiesce()
    await pe.enter(HYPERVISOR)
    await pe.msr("ICH_HCR_EL2", EN)
    await _taken(platform, pe, wanted=False)


async def _taken(platform: Platform, pe: Pe, *, wanted: bool) -> None:
    """The maintenance interrupt is a PPI: pending as long as its wire asserts it. Raises `CheckError`."""
    ppi = virtual_of(platform).maintenance_ppi
    await platform.quiesce()
    pending = await pe.read("GICR_ISPENDR0") >> ppi & 1
    if pending != wanted:
        raise CheckError(f"PE {pe.index}: PPI {ppi} is{'' if pending else ' not'} pending; ICH_MISR_EL2 says otherwise")
    if bool(pe.lines & IRQ) != wanted:
        raise CheckError(f"PE {pe.index}: the maintenance interrupt is signalled: {pe.lines & IRQ}; pending: {pending}")
    if wanted:
        await expect(pe, "ICC_IAR1_EL1", ppi, "the maintenance interrupt is pending")
        await pe.msr("ICC_EOIR1_EL1", ppi)
        await pe.msr("ICC_DIR_EL1", ppi)
        await platform.quiesce()


async def _end_asks(platform: Platform, pe: Pe) -> None:
    """EOI in a List register: each asks at its end, until the hypervisor has written it."""
    registers = range(virtual_of(platform).list_registers)
    await set_up(pe)
    for n in registers:
        await pe.msr(f"ICH_LR{n}_EL2", lr(100 + n, 0x80, eoi=n % 2 == 0))
    await pe.enter(GUEST)
    for n in registers:
        await expect(pe, "ICC_IAR1_EL1", 100 + n, "the lowest one that is pending")
        await pe.msr("ICC_EOIR1_EL1", 100 + n)
    await pe.enter(HYPERVISOR)
    asking = sum(1 << n for n in registers if n % 2 == 0)
    await expect(pe, "ICH_EISR_EL2", asking, "they were ended and ask")
    await expect(pe, "ICH_MISR_EL2", 1, "a List register asks")
    for n in registers:
        await _taken(platform, pe, wanted=bool(asking))
        await pe.msr(f"ICH_LR{n}_EL2", 0)
        asking &= ~(1 << n)
    await _taken(platform, pe, wanted=False)


async def _at_once(platform: Platform, pe: Pe) -> None:
    """Conditions that come and go within a few cycles, and those of which one access ends one and begins another."""
    for value in (EN | NPIE, EN | UIE, EN | VGRP0EIE | VGRP0DIE, EN | VGRP1EIE, EN):
        await pe.msr("ICH_HCR_EL2", value)
        await pe.msr("ICH_HCR_EL2", EN)
        await pe.msr("ICH_HCR_EL2", value)
        await pe.msr("ICH_LR0_EL2", lr(60, 0x80))
        await pe.msr("ICH_LR0_EL2", 0)
    for enables in (0, 1, 2, 3, 0):
        await pe.msr("ICH_HCR_EL2", EN | VGRP0EIE | VGRP1DIE)
        await pe.msr("ICH_VMCR_EL2", vmcr(enables=enables))
    await pe.msr("ICH_HCR_EL2", EN)
    await platform.quiesce()
    for _ in range(STORM):
        if (intid := await pe.mrs("ICC_IAR1_EL1")) == SPURIOUS:
            return
        await pe.msr("ICC_EOIR1_EL1", intid)
        await pe.msr("ICC_DIR_EL1", intid)
        await platform.quiesce()
    raise CheckError(f"PE {pe.index}: interrupts do not end")
