"""Software of path `gicv2`: a GICv2 as Linux drives one, and what directed scenarios do with it."""

from __future__ import annotations

from dataclasses import dataclass

from irqpath.config.sizes import FIRST_SPECIAL
from irqpath.core.errors import CheckError
from irqpath.regs import GICC, GICD2, GICH, GICV, V2M
from irqpath.sim.platform import FIQ, IRQ, Pe, Platform
from irqpath_testbench.sequences.randoms import Randoms

SPURIOUS, OTHER_GROUP = 1023, 1022
#: GICC_CTLR
ENABLE, ACKCTL, FIQEN, CBPR, EOIMODE = 0b11, 1 << 2, 1 << 3, 1 << 4, 1 << 9
#: Cycles after which an interrupt that should come has not come.
PATIENCE = 5_000
_ALL = 0xFFFF_FFFF


def offset(name: str) -> int:
    """Of a register of GICD."""
    return GICD2.element(name).offset


async def set_priority(pe: Pe, intid: int, priority: int) -> None:
    """One byte of GICD_IPRIORITYR."""
    await pe.write_at("gicd", offset("GICD_IPRIORITYR0") + intid, 1, priority)


async def set_targets(pe: Pe, intid: int, targets: int) -> None:
    """One byte of GICD_ITARGETSR."""
    await pe.write_at("gicd", offset("GICD_ITARGETSR0") + intid, 1, targets)


async def set_trigger(pe: Pe, intid: int, *, edge: bool) -> None:
    """Int_config of an SPI; the others of its register become level-sensitive."""
    await pe.write(f"GICD_ICFGR{intid // 16}", edge << 2 * (intid % 16) + 1)


async def set_bit(pe: Pe, what: str, intid: int) -> None:
    """One bit of GICD_I<what>R."""
    await pe.write(f"GICD_I{what}R{intid // 32}", 1 << intid % 32)


async def send(pe: Pe, intid: int, targets: int, filtered: int = 0) -> None:
    """GICD_SGIR."""
    await pe.write("GICD_SGIR", filtered << 24 | targets << 16 | intid)


async def bring_up(platform: Platform, *, group1: int = 0, control: int = ENABLE) -> None:
    """Everything is enabled but SPIs, which go to PE 0; `group1`: of INTIDs 0 to 31 those in Group 1."""
    first = platform.pes[0]
    await first.write("GICD_CTLR", ENABLE)
    for pe in platform.pes:
        await pe.write("GICD_IGROUPR0", group1)
        await pe.write("GICD_ISENABLER0", _ALL)
        for n in range(8):
            await pe.write(f"GICD_IPRIORITYR{n}", 0x8080_8080)
        await pe.write("GICC_PMR", 0xF8)
        await pe.write("GICC_CTLR", control)
    for n in range(8, (platform.config.last_spi + 1) // 4):
        await first.write(f"GICD_IPRIORITYR{n}", 0x8080_8080)
        await first.write(f"GICD_ITARGETSR{n}", 0x0101_0101)


@dataclass(frozen=True, slots=True)
class Taken:
    """What GICC_IAR gave."""

    value: int

    @property
    def intid(self) -> int:
        """INTID."""
        return self.value & 0x3FF

    @property
    def source(self) -> int:
        """CPUID of an SGI."""
        return self.value >> 10 & 7


async def take(pe: Pe, register: str = "GICC_IAR") -> Taken:
    """Acknowledge."""
    return Taken(await pe.read(register))


async def expect(pe: Pe, intid: int, source: int = 0, line: int = IRQ, register: str = "GICC_IAR") -> Taken:
    """Wait for `line`, and acknowledge: it must be this interrupt. Raises `CheckError`."""
    lines = await pe.wait_interrupt(PATIENCE)
    if not lines & line:
        raise CheckError(f"PE {pe.index}: INTID {intid} does not come; its lines are {lines:#x}")
    taken = await take(pe, register)
    if (taken.intid, taken.source) != (intid, source):
        raise CheckError(f"PE {pe.index} takes INTID {taken.intid} of PE {taken.source}, not {intid} of PE {source}")
    return taken


async def end(pe: Pe, taken: Taken, register: str = "GICC_EOIR") -> None:
    """End of interrupt."""
    await pe.write(register, taken.value)


async def nothing(pe: Pe) -> None:
    """No interrupt is signalled. Raises `CheckError`."""
    if (lines := pe.lines) or (await take(pe)).intid != SPURIOUS:
        raise CheckError(f"PE {pe.index}: an interrupt where none should be; its lines are {lines:#x}")


async def every_source(platform: Platform, rng: Randoms) -> None:
    """Each SGI from each PE to each, each PPI at each PE, each SPI at each PE."""
    await bring_up(platform)
    for intid in range(16):
        for sender in platform.pes:
            for target in platform.pes:
                await send(sender, intid, 1 << target.index)
                await end(target, await expect(target, intid, sender.index))
    for pe in platform.pes:
        for intid in range(16, 32):
            platform.wire(intid, 1, pe.index)
            taken = await expect(pe, intid)
            platform.wire(intid, 0, pe.index)
            await end(pe, taken)
    await platform.quiesce()
    first = platform.pes[0]
    for intid in range(32, platform.config.last_spi + 1):
        target = platform.pes[intid % len(platform.pes)]
        await set_targets(first, intid, 1 << target.index)
        for edge in (False, True):
            await set_trigger(first, intid, edge=edge)
            await set_bit(first, "SENABLE", intid)
            platform.wire(intid, 1)
            taken = await expect(target, intid)
            platform.wire(intid, 0)
            await platform.quiesce()
            await end(target, taken)
            await set_bit(first, "CENABLE", intid)
    await platform.quiesce()
    for pe in platform.pes:
        await nothing(pe)


async def sgi_sources(platform: Platform, rng: Randoms) -> None:
    """An SGI is pending from several PEs at once: one acknowledgement for each, the lowest first; GICD_SPENDSGIR and
    GICD_CPENDSGIR; the filters of GICD_SGIR; what GICD_ISPENDR and GICD_ICPENDR do not do to SGIs."""
    await bring_up(platform)
    pes = platform.pes
    target, everyone = pes[-1], (1 << len(pes)) - 1
    for pe in reversed(pes):
        await send(pe, 5, 1 << target.index)
    await expect_value(target, "GICD_SPENDSGIR1", everyone << 8)
    for pe in pes:
        await end(target, await expect(target, 5, pe.index))
    await send(pes[0], 6, 0, filtered=2)
    await end(pes[0], await expect(pes[0], 6, 0))
    await send(pes[0], 7, 0, filtered=1)
    await send(pes[0], 8, 0, filtered=3)
    for pe in pes[1:]:
        await end(pe, await expect(pe, 7, 0))
    await target.write("GICD_ISPENDR0", 1 << 3)
    await target.write("GICD_SPENDSGIR0", everyone << 24)
    await target.write("GICD_CPENDSGIR0", 1 << 24)
    await target.write("GICD_ICPENDR0", 1 << 3)
    for pe in pes[1:]:
        await end(target, await expect(target, 3, pe.index))
    await target.write("GICD_SPENDSGIR3", _ALL)
    await expect_value(target, "GICD_SPENDSGIR3", everyone * 0x0101_0101)
    await target.write("GICD_CPENDSGIR3", _ALL)
    await target.write_at("gicd", offset("GICD_SPENDSGIR0") + 9, 1, 1)
    await end(target, await expect(target, 9, 0))
    await platform.quiesce()
    for pe in pes:
        await nothing(pe)


async def expect_value(pe: Pe, name: str, value: int) -> None:
    """The register has this value. Raises `CheckError`."""
    if (found := await pe.read(name)) != value:
        raise CheckError(f"PE {pe.index}: {name} is {found:#x}, not {value:#x}")


async def nesting(platform: Platform, rng: Randoms) -> None:
    """Priorities: better ones preempt as the binary point says, GICC_PMR masks, equal ones come by INTID, the running priority
    follows; GICC_EOIR drops and deactivates, with EOImode 1 GICC_DIR does."""
    await bring_up(platform)
    pe = platform.pes[0]
    for mode in (0, EOIMODE):
        await pe.write("GICC_CTLR", ENABLE | mode)
        for bpr in range(8):
            await pe.write("GICC_BPR", bpr)
            held = []
            for intid, priority in ((1, 0xC0), (2, 0xA8), (3, 0xA0), (4, 0x40), (5, 0x08), (6, 0x08), (7, 0xF8)):
                await set_priority(pe, intid, priority)
                await send(pe, intid, 1)
                await platform.quiesce()
                if pe.lines:
                    held.append(await take(pe))
                await pe.read("GICC_RPR")
                await pe.read("GICC_HPPIR")
            while held:
                taken = held.pop()
                await end(pe, taken)
                await pe.read("GICD_ISACTIVER0")
                if mode and taken.intid < FIRST_SPECIAL:
                    await pe.write("GICC_DIR", taken.value)
                await platform.quiesce()
                if pe.lines:
                    held.append(await take(pe))
    await pe.write("GICC_PMR", 0x40)
    await set_priority(pe, 1, 0x40)
    await send(pe, 1, 1)
    await platform.quiesce()
    if pe.lines:
        raise CheckError("an interrupt of the mask's own priority is signalled")
    await pe.write("GICC_PMR", 0xF8)
    taken = await expect(pe, 1)
    await end(pe, taken)
    await pe.write("GICC_DIR", taken.value)
    await platform.quiesce()


async def two_groups(platform: Platform, rng: Randoms) -> None:
    """Group 0 by nFIQ where FIQEn says so; AckCtl, and what GICC_IAR and its aliases give without it; CBPR; groups that are
    disabled."""
    await bring_up(platform, group1=0xFFFF_FF00, control=ENABLE | FIQEN)
    pe = platform.pes[0]
    await send(pe, 1, 1)
    await end(pe, await expect(pe, 1, line=FIQ))
    await send(pe, 8, 1)
    await platform.quiesce()
    await expect_value(pe, "GICC_HPPIR", OTHER_GROUP)
    await expect_value(pe, "GICC_IAR", OTHER_GROUP)
    await end(pe, await expect(pe, 8, register="GICC_AIAR"), "GICC_AEOIR")
    await send(pe, 2, 1)
    await platform.quiesce()
    await expect_value(pe, "GICC_AHPPIR", SPURIOUS)
    await expect_value(pe, "GICC_AIAR", SPURIOUS)
    taken = await expect(pe, 2, line=FIQ)
    await end(pe, taken, "GICC_AEOIR")  # of the other group: ignored
    await expect_value(pe, "GICC_RPR", 0x80)
    await end(pe, taken)
    await pe.write("GICC_CTLR", ENABLE | EOIMODE)
    await send(pe, 8, 1)
    taken = await expect(pe, 8, register="GICC_AIAR")
    await end(pe, taken, "GICC_AEOIR")
    await expect_value(pe, "GICD_ISACTIVER0", 1 << 8)
    await pe.write("GICC_DIR", taken.value)
    await pe.write("GICC_CTLR", ENABLE | ACKCTL)
    await send(pe, 9, 1)
    await end(pe, await expect(pe, 9))
    for bpr in range(8):
        await pe.write("GICC_BPR", bpr)
        await pe.write("GICC_ABPR", 7 - bpr)
        for control in (ENABLE | ACKCTL | CBPR, ENABLE | ACKCTL):
            await pe.write("GICC_CTLR", control)
            await set_priority(pe, 9, 0x90)
            await set_priority(pe, 10, 0x80)
            await send(pe, 9, 1)
            first = await expect(pe, 9)
            await send(pe, 10, 1)
            await platform.quiesce()
            second = await take(pe) if pe.lines else None
            if second is not None:
                await end(pe, second)
            await end(pe, first)
            await platform.quiesce()
            if pe.lines:
                await end(pe, await take(pe))
    for enables in (1, 2, 0, 3):
        await pe.write("GICC_CTLR", enables | ACKCTL)
        await send(pe, 1, 1)
        await send(pe, 9, 1)
        await platform.quiesce()
        await pe.read("GICC_HPPIR")
        await pe.write("GICD_CTLR", enables ^ 3)
        await platform.quiesce()
        await pe.write("GICD_CTLR", ENABLE)
    for _ in range(2):
        await platform.quiesce()
        await end(pe, await take(pe))
    await platform.quiesce()
    await nothing(pe)


async def spi_states(platform: Platform, rng: Randoms) -> None:
    """An SPI with several targets is taken by one of them; pending and active are set and cleared by software; a level that stays
    comes again, an edge does not; GICv2m."""
    await bring_up(platform)
    pes, first, intid = platform.pes, platform.pes[0], 40
    everyone = (1 << len(pes)) - 1
    await set_targets(first, intid, 0xFF)
    await set_bit(first, "SENABLE", intid)
    for edge in (False, True):
        await set_trigger(first, intid, edge=edge)
        platform.wire(intid, 1)
        await platform.quiesce()
        taken = [await take(pe) for pe in pes]
        if [one.intid for one in taken] != [intid, *[SPURIOUS] * (len(pes) - 1)]:
            raise CheckError(f"an SPI of every PE is taken as {taken}")
        await end(first, taken[0])
        await platform.quiesce()
        if bool(first.lines) is edge:
            raise CheckError("a level that stays must come again, an edge must not")
        if not edge:
            taken[0] = await take(pes[-1])
            platform.wire(intid, 0)
            await platform.quiesce()
            await end(pes[-1], taken[0])
        platform.wire(intid, 0)
        await platform.quiesce()
        await set_bit(first, "SPEND", intid)
        await expect_value(first, f"GICD_ISPENDR{intid // 32}", 1 << intid % 32)
        await set_bit(first, "CPEND", intid)
        await platform.quiesce()
        for pe in pes:
            await nothing(pe)
        await set_bit(first, "SPEND", intid)
        await set_bit(first, "SACTIVE", intid)
        await platform.quiesce()
        for pe in pes:
            await nothing(pe)
        await set_bit(first, "CACTIVE", intid)
        await end(pes[-1], await expect(pes[-1], intid))
    await set_targets(first, intid, 0)
    await set_bit(first, "SPEND", intid)
    await platform.quiesce()
    if len(pes) > 1:
        await nothing(first)
    await set_targets(first, intid, everyone)
    await end(first, await expect(first, intid))
    await set_priority(first, intid, 0x85)
    await first.read(f"GICD_IPRIORITYR{intid // 4}")
    await set_priority(first, intid, 0x80)
    base = await first.read("V2M_MSI_TYPER") >> 16 & 0x3FF
    for message in (base, base + 1):
        await set_targets(first, message, everyone)
        await set_trigger(first, message, edge=True)
        await set_bit(first, "SENABLE", message)
        await first.write("V2M_MSI_SETSPI_NS", message)
        await end(pes[-1], await expect(pes[-1], message))
    platform.wire(20, 1, 0)  # of equal priority, and of a lower INTID
    await first.write("V2M_MSI_SETSPI_NS", base + 1)
    await platform.quiesce()
    taken = [await expect(first, 20)]
    platform.wire(20, 0, 0)
    await end(first, taken[0])
    await end(first, await expect(first, base + 1))
    await first.write_at("v2m", 0x40, 2, base)
    await set_trigger(first, base, edge=False)
    await first.write("V2M_MSI_SETSPI_NS", base)  # a pulse of what is level-sensitive
    await first.write("V2M_MSI_SETSPI_NS", 31)
    await platform.quiesce()


async def resets(platform: Platform, rng: Randoms) -> None:
    """A PE is reset while it handles an interrupt: its interface forgets it, the Distributor does not."""
    await bring_up(platform)
    for pe in platform.pes:
        await send(pe, 4, 1 << pe.index)
        taken = await expect(pe, 4, pe.index)
        await send(pe, 2, 1 << pe.index)
        await platform.quiesce()
        await platform.reset_pe(pe.index)
        await platform.quiesce()
        await nothing(pe)
        await expect_value(pe, "GICC_RPR", 0xFF)
        await expect_value(pe, "GICD_ISACTIVER0", 1 << 4)
        await pe.write("GICC_PMR", 0xF8)
        await pe.write("GICC_CTLR", ENABLE | EOIMODE)
        await pe.write("GICC_DIR", taken.value)
        await expect_value(pe, "GICD_ISACTIVER0", 0)
        second = await expect(pe, 2, pe.index)
        await end(pe, second)
        await pe.write("GICC_DIR", second.value)


async def accesses(platform: Platform, rng: Randoms) -> None:
    """Accesses of any size anywhere in the frames, by any PE: what is there, what is refused, what is reserved."""
    for frame, block in ((GICD2, "gicd"), (GICC, "gicc"), (GICH, "gich"), (GICV, "gicv"), (V2M, "v2m")):
        for _ in range(250):
            pe, size = rng.choice(platform.pes), 1 << rng.randrange(4)
            near = rng.choice(frame.registers)
            at = near.offset + near.stride * rng.randrange(near.count) + rng.randrange(-8, 16)
            at = min(max(0, at), frame.size_bytes - size) & ~(size - 1)
            if rng.random() < 0.5:
                await pe.read_at(block, at, size)
            else:
                await pe.write_at(block, at, size, rng.getrandbits(8 * size))
