"""Guests of path `gicv2`: a hypervisor writes List registers by GICH, a guest takes and ends by GICV."""

from __future__ import annotations

from irqpath.config.sizes import FIRST_SPECIAL
from irqpath.core.errors import CheckError
from irqpath.sim.platform import VFIQ, VIRQ, Pe, Platform
from irqpath_testbench.sequences.gicv2 import (
    ACKCTL,
    CBPR,
    ENABLE,
    EOIMODE,
    FIQEN,
    OTHER_GROUP,
    PATIENCE,
    SPURIOUS,
    bring_up,
    end,
    expect,
    expect_value,
)
from irqpath_testbench.sequences.randoms import Randoms


async def guests(platform: Platform, rng: Randoms) -> None:
    """A physical interrupt goes to the guest: the hypervisor takes it, drops its priority, writes a List register with HW=1; the
    guest takes and ends it, which deactivates the physical one. Then one without HW, whose end asks for maintenance."""
    await bring_up(platform, control=ENABLE | EOIMODE)
    for pe in platform.pes:
        await start_guest(pe)
        for n in range(4):
            intid = 20 + n
            platform.wire(intid, 1, pe.index)
            taken = await expect(pe, intid)
            await end(pe, taken)
            platform.wire(intid, 0, pe.index)
            await pe.write(f"GICH_LR{n}", list_register(27 + n, 0x80, hw=intid))
            await guest_takes(pe, 27 + n)
            await pe.write("GICV_EOIR", 27 + n)
            await expect_value(pe, "GICD_ISACTIVER0", 0)
            await expect_value(pe, "GICH_ELSR0", 0xF)
        await pe.write("GICH_LR0", list_register(3, 0x40, source=2) | 1 << 19)
        await pe.read("GICH_LR0")
        await guest_takes(pe, 2 << 10 | 3)
        await pe.write("GICV_EOIR", 2 << 10 | 3)
        await expect_value(pe, "GICH_MISR", 1)
        await expect_value(pe, "GICH_EISR0", 1)
        await pe.write("GICH_LR0", 0)
        await expect_value(pe, "GICH_MISR", 0)


def list_register(intid: int, priority: int, *, hw: int = 0, source: int = 0, group: int = 1) -> int:
    """A pending interrupt in GICH_LR layout; `hw`: INTID of the physical one."""
    physical = 1 << 31 | hw << 10 if hw else source << 10
    return 1 << 28 | group << 30 | priority >> 3 << 23 | physical | intid


async def start_guest(pe: Pe, control: int = ENABLE | ACKCTL) -> None:
    """The virtual interface is enabled, the guest's too."""
    await pe.write("GICH_HCR", 1)
    await pe.write("GICV_PMR", 0xF8)
    await pe.write("GICV_CTLR", control)


async def guest_takes(pe: Pe, value: int, register: str = "GICV_IAR", line: int = VIRQ) -> None:
    """Wait for the line, and acknowledge: it must be this. Raises `CheckError`."""
    lines = await pe.wait_interrupt(PATIENCE)
    if not lines & line:
        raise CheckError(f"PE {pe.index}: virtual INTID {value & 0x3FF} does not come; its lines are {lines:#x}")
    await expect_value(pe, register, value)


async def guest_groups(platform: Platform, rng: Randoms) -> None:
    """Group 0 by vFIQ where the guest's FIQEn says so, AckCtl, the aliases; preemption among List registers, EOImode 1, GICV_DIR,
    EOIs without a List register, and every maintenance condition."""
    pe = platform.pes[0]
    await start_guest(pe, ENABLE | FIQEN)
    await pe.write("GICH_LR1", list_register(40, 0x80, group=0))
    await guest_takes(pe, 40, line=VFIQ)
    await pe.write("GICH_LR0", list_register(41, 0x40))
    await expect_value(pe, "GICV_HPPIR", OTHER_GROUP)
    await expect_value(pe, "GICV_IAR", OTHER_GROUP)
    await guest_takes(pe, 41, "GICV_AIAR")
    await expect_value(pe, "GICV_AIAR", SPURIOUS)
    await pe.read("GICV_RPR")
    await pe.read("GICV_APR0")
    await pe.read("GICH_APR")
    await pe.write("GICV_AEOIR", 41)
    await pe.write("GICV_EOIR", 40)
    await pe.write("GICV_CTLR", ENABLE | ACKCTL | EOIMODE)
    for n in range(4):
        await pe.write(f"GICH_LR{n}", list_register(50 + n, 0xC0 - 0x20 * n, group=n % 2))
        await guest_takes(pe, 50 + n)
    for n in reversed(range(4)):
        await pe.write("GICV_EOIR", 50 + n)
    for n in range(4):
        await pe.write("GICV_DIR", 50 + n)
    await pe.write("GICV_DIR", 60)
    await pe.write("GICV_CTLR", ENABLE)
    for bit in range(1, 8):
        await pe.write("GICH_HCR", 1 | 1 << bit | (1 << 27) * (bit == 2))
        await pe.read("GICH_MISR")
        await pe.write("GICH_LR0", list_register(50, 0x40))
        await pe.write("GICH_LR1", list_register(51, 0x40, group=0))
        await pe.read("GICH_MISR")
        await pe.write("GICV_CTLR", ENABLE ^ 3)
        await pe.read("GICH_MISR")
        await pe.write("GICV_CTLR", ENABLE)
        await pe.write("GICH_LR0", 0)
        await pe.write("GICH_LR1", 0)
    for cbpr in (0, CBPR):
        for bpr in range(8):
            await pe.write("GICV_BPR", bpr)
            await pe.write("GICV_ABPR", 7 - bpr)
            await pe.write("GICV_CTLR", ENABLE | ACKCTL | cbpr)
            await pe.read("GICH_VMCR")
            await pe.write("GICH_HCR", 1)
            await pe.write("GICH_LR0", list_register(50, 0x80))
            await guest_takes(pe, 50)
            await pe.write("GICH_LR1", list_register(51, 0x70))
            await platform.quiesce()
            await pe.read("GICV_IAR")
            await pe.write("GICH_LR1", 0)
            await pe.write("GICH_LR0", 0)
            await pe.write("GICV_APR0" if cbpr else "GICH_APR", 0)
    await guest_specials(pe)
    await pe.write("GICH_VMCR", 0xFFFF_FFFF)
    await pe.read("GICH_VMCR")
    await pe.write("GICH_VMCR", 0)
    await pe.write("GICH_HCR", 0)


async def guest_specials(pe: Pe) -> None:
    """List registers that hold special INTIDs: a read of one group's register does not take the other group's, though it
    returns 1022 or 1023 as well; its own takes it without making it active. Ends and deactivations of them do nothing."""
    for intid in range(FIRST_SPECIAL, SPURIOUS + 1):
        for group, others, own in ((0, ("GICV_AIAR", "GICV_AHPPIR"), "GICV_IAR"), (1, ("GICV_IAR", "GICV_HPPIR"), "GICV_AIAR")):
            await pe.write("GICV_CTLR", ENABLE)
            await pe.write("GICH_LR0", list_register(intid, 0x40, group=group))
            for register in others:
                await pe.read(register)
                await expect_value(pe, "GICH_ELSR0", 0xE)
            await guest_takes(pe, intid, own)
            await expect_value(pe, "GICH_ELSR0", 0xF)
            await expect_value(pe, "GICH_APR", 0)
            await pe.write("GICH_LR0", list_register(50, 0x40))
            await guest_takes(pe, 50, "GICV_AIAR")
            await pe.write("GICV_CTLR", ENABLE | EOIMODE)
            await pe.write("GICV_DIR", intid)
            await pe.write("GICV_EOIR", intid)
            await pe.write("GICV_AEOIR", intid)
            await expect_value(pe, "GICH_ELSR0", 0xE)
            await pe.write("GICV_AEOIR", 50)
            await pe.write("GICV_DIR", 50)
            await expect_value(pe, "GICH_HCR", 1)
