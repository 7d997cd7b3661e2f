"""Directed scenarios of the path `virq-lr`: virtual interrupts from List registers that no physical interrupt stands behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from typing import Final

from irqpath.config.sizes import FIRST_LPI, FIRST_SPECIAL
from irqpath.core.errors import CheckError
from irqpath.core.transactions import PeState
from irqpath.gic.gicc.pe_state import EEL2, FMO, IMO, NS, SCR_FIQ, SCR_IRQ
from irqpath.regs import ICC, ICH
from irqpath.sim.platform import IRQ, VFIQ, VIRQ, Pe, Platform, TrapError
from irqpath_testbench.sequences.guests import (
    ACTIVE,
    BOTH,
    EN,
    EOICOUNT_LSB,
    GUEST,
    HYPERVISOR,
    INVALID,
    PENDING,
    TALL0,
    TALL1,
    TC,
    TDIR,
    GuestHandler,
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
from irqpath_testbench.sequences.software import SPURIOUS, STORM, bring_up, enable_groups, sleep, sweep, wake

#: What a hypervisor gives its guest: an SGI, a PPI, SPIs, LPIs.
INTIDS: Final = (0, 15, 16, 27, 32, 77, 1019, FIRST_LPI, 0xFFFF)
_LINE: Final = (VFIQ, VIRQ)


async def every_list_register(platform: Platform, rng: Randoms) -> None:
    """Each List register of each PE, in both groups, with INTIDs of all kinds: from its write to the guest's end, hop by hop."""
    virtual = virtual_of(platform)
    step = 1 << 8 - virtual.priority_bits
    for pe in platform.pes:
        await set_up(pe)
        for n, group in product(range(virtual.list_registers), (0, 1)):
            for intid in INTIDS:
                await _one(platform, pe, n, intid, group, rng.randrange(0, 0xF8, step))
        await clean(pe, virtual)
    pe = platform.pes[0]
    await set_up(pe)
    for priority in range(0, 0x100, step):  # the lowest one is never signalled
        await pe.msr("ICH_LR0_EL2", lr(40, priority))
        await expect_lines(platform, pe, VIRQ if priority < 0xF8 else 0, f"priority {priority:#x}, mask 0xf8")
        await pe.mrs("ICH_LR0_EL2")
    await _specials(platform, pe)
    await clean(pe, virtual)
    await set_up(pe)
    await _widths(platform, pe)
    await clean(pe, virtual)


async def _widths(platform: Platform, pe: Pe) -> None:
    """Every bit of a List register: what is there is kept."""
    for bit in range(64):
        await pe.msr("ICH_LR0_EL2", 1 << bit)
        await pe.mrs("ICH_LR0_EL2")
        await pe.msr("ICH_LR0_EL2", 1 << bit | 1 << 61)
        await pe.mrs("ICH_LR0_EL2")
    await pe.msr("ICH_LR0_EL2", 0)
    for value in (*(1 << bit for bit in range(32)), (1 << 32) - 1):
        for name in ("ICH_HCR_EL2", "ICH_VMCR_EL2", *active_registers(virtual_of(platform))):
            await pe.msr(name, value)
            await pe.mrs(name)
            await pe.msr(name, 0)
    await pe.msr("ICH_HCR_EL2", EN)
    await pe.msr("ICH_VMCR_EL2", vmcr())


async def _one(platform: Platform, pe: Pe, n: int, intid: int, group: int, priority: int) -> None:
    """One virtual interrupt. Raises `CheckError`."""
    value = lr(intid, priority, group=group)
    await pe.msr(f"ICH_LR{n}_EL2", value)
    await expect(pe, f"ICH_LR{n}_EL2", value, "it was written")
    await expect(pe, "ICH_ELRSR_EL2", _all(platform) & ~(1 << n), "one is in use")
    await expect_lines(platform, pe, _LINE[group], f"vINTID {intid} is pending")
    await pe.enter(GUEST)
    await expect(pe, f"ICC_HPPIR{group}_EL1", intid, "it is pending")
    await expect(pe, f"ICC_IAR{1 - group}_EL1", SPURIOUS, "it is of the other group")
    await expect(pe, f"ICC_IAR{group}_EL1", intid, "it is signalled")
    await expect_lines(platform, pe, 0, "it was acknowledged")
    await expect(pe, "ICC_RPR_EL1", priority, "it is active")
    await pe.enter(HYPERVISOR)
    await expect(pe, f"ICH_LR{n}_EL2", lr(intid, priority, group=group, state=ACTIVE), "the guest acknowledged it")
    await pe.enter(GUEST)
    await pe.msr(f"ICC_EOIR{group}_EL1", intid)
    await expect(pe, "ICC_RPR_EL1", 0xFF, "it was ended")
    await pe.enter(HYPERVISOR)
    await expect(pe, f"ICH_LR{n}_EL2", lr(intid, priority, group=group, state=INVALID), "the guest ended it")
    await expect(pe, "ICH_ELRSR_EL2", _all(platform), "none is in use")


def _all(platform: Platform) -> int:
    return (1 << virtual_of(platform).list_registers) - 1


async def virtual_preemption(platform: Platform, rng: Randoms) -> None:
    """Virtual interrupts of rising priority nest as deep as there are levels; VBPR, VCBPR, VPMR decide, EOImode splits the end;
    in the middle the hypervisor moves the guest away and back (List registers, active priorities, VMCR)."""
    pe, virtual = platform.pes[0], virtual_of(platform)
    for eoimode, cbpr, bpr in product((0, 1), (0, 1), range(8)):
        await set_up(pe, vmcr=vmcr(eoimode=eoimode, cbpr=cbpr, bpr0=bpr, bpr1=(bpr + 3) % 8))
        await pe.mrs("ICH_VMCR_EL2")
        await pe.enter(GUEST)
        for name in ("ICC_BPR0_EL1", "ICC_BPR1_EL1", "ICC_CTLR_EL1"):
            await pe.mrs(name)
        await _nest(platform, pe, rng, eoimode, whole=bpr % 4 == 0)
        await clean(pe, virtual)
    await set_up(pe)
    await pe.msr("ICH_LR0_EL2", lr(40, 0x70))
    for mask in (*range(0, 0x100, 8), 0x6F, 0x71, 0xFF):
        await pe.enter(GUEST)
        await pe.msr("ICC_PMR_EL1", mask)
        await pe.mrs("ICC_PMR_EL1")
        await pe.mrs("ICC_HPPIR1_EL1")
        await expect_lines(platform, pe, VIRQ if mask & 0xF8 > 0x70 else 0, f"priority 0x70, mask {mask:#x}")
    for group, value in ((0, 0), (1, 0), (1, 2), (1, 1), (0, 2), (0, 1), (1, 3)):
        await pe.msr(f"ICC_IGRPEN{group}_EL1", value)
        for name in ("ICC_IGRPEN0_EL1", "ICC_IGRPEN1_EL1", "ICC_HPPIR1_EL1"):
            await pe.mrs(name)
        await platform.quiesce()
    for bpr, cbpr in product(range(8), (0, 1)):
        await pe.msr("ICC_CTLR_EL1", cbpr)
        await pe.mrs("ICC_BPR1_EL1")
        await pe.msr("ICC_BPR0_EL1", bpr)
        await pe.msr("ICC_BPR1_EL1", (bpr + 3 + 2 * cbpr) % 8)
        for name in ("ICC_BPR0_EL1", "ICC_BPR1_EL1", "ICC_CTLR_EL1"):
            await pe.mrs(name)
    for group, n in product((0, 1), range(max(1, (1 << virtual.preemption_bits) // 32))):
        await pe.msr(f"ICC_AP{group}R{n}_EL1", 1 << rng.randrange(32))
        await pe.mrs(f"ICC_AP{group}R{n}_EL1")
        await pe.mrs("ICC_RPR_EL1")
    await clean(pe, virtual)
    await _lines_follow_cbpr(platform, pe)
    await clean(pe, virtual)


async def _lines_follow_cbpr(platform: Platform, pe: Pe) -> None:
    """Group 1 at 0x50 preempts what is active at 0x48 only while VBPR0 splits it, which leaves 0x40 of it; the lines follow the
    guest's and the hypervisor's write. Raises `CheckError`."""
    await set_up(pe, vmcr=vmcr(bpr0=5))
    await pe.msr(*at_priority(virtual_of(platform), 1, 0x48))
    await pe.msr("ICH_LR0_EL2", lr(40, 0x50))
    for cbpr in (0, 1, 0, 1):
        await pe.enter(GUEST)
        await pe.msr("ICC_CTLR_EL1", cbpr)
        await expect_lines(platform, pe, VIRQ * cbpr, f"the guest wrote CBPR {cbpr}")
        await pe.enter(HYPERVISOR)
        await pe.msr("ICH_VMCR_EL2", vmcr(bpr0=5, cbpr=1 - cbpr))
        await expect_lines(platform, pe, VIRQ * (1 - cbpr), f"the hypervisor wrote VCBPR {1 - cbpr}")


async def _specials(platform: Platform, pe: Pe) -> None:
    """List registers that hold special INTIDs: each is taken by its own group's register, and is not active then. Raises
    `CheckError`."""
    await set_up(pe)
    for intid, group in product(range(FIRST_SPECIAL, SPURIOUS + 1), (0, 1)):
        await pe.enter(HYPERVISOR)
        await pe.msr("ICH_LR0_EL2", lr(intid, 0x80, group=group))
        await pe.enter(GUEST)
        for name in (f"ICC_HPPIR{1 - group}_EL1", f"ICC_IAR{1 - group}_EL1", f"ICC_HPPIR{group}_EL1", f"ICC_IAR{group}_EL1"):
            await expect_lines(platform, pe, _LINE[group], f"vINTID {intid} is pending")
            await pe.mrs(name)
        await expect_lines(platform, pe, 0, "it was acknowledged")
        await expect(pe, "ICC_RPR_EL1", 0xFF, "no special INTID is active")
        await pe.enter(HYPERVISOR)
        await expect(pe, "ICH_ELRSR_EL2", _all(platform), "no special INTID is active")


async def _nest(platform: Platform, pe: Pe, rng: Randoms, eoimode: int, *, whole: bool) -> None:
    """The guest is at EL1. List registers are given again as soon as they are active, as a hypervisor that has few may do.
    `whole`: read all registers at the top."""
    taken: list[tuple[int, int]] = []
    registers = virtual_of(platform).list_registers
    for level in range(16):
        group = rng.randrange(2)
        await pe.enter(HYPERVISOR)
        await pe.msr(f"ICH_LR{level % registers}_EL2", lr(level, 0xF0 - 0x10 * level, group=group))
        await platform.quiesce()
        lines = pe.lines
        await pe.enter(GUEST)
        if lines & (VIRQ | VFIQ):
            taken.append((1 if lines & VIRQ else 0, await pe.mrs(f"ICC_IAR{1 if lines & VIRQ else 0}_EL1")))
        await pe.mrs("ICC_RPR_EL1")
    await pe.enter(HYPERVISOR)
    if whole:
        await sweep(platform)
    names = ["ICH_VMCR_EL2", *active_registers(virtual_of(platform)), *(f"ICH_LR{n}_EL2" for n in range(registers))]
    saved = {name: await pe.mrs(name) for name in names}
    for name in names:
        await pe.msr(name, 0)
    await expect_lines(platform, pe, 0, "another guest, which has no interrupt")
    for name in rng.sample(names, len(names)):
        await pe.msr(name, saved[name])
        await expect(pe, name, saved[name], "it was restored")
    await pe.enter(GUEST)
    while taken:
        group, intid = taken.pop()
        await pe.msr(f"ICC_EOIR{group}_EL1", intid)
        await pe.mrs("ICC_RPR_EL1")
        if eoimode:
            await pe.msr("ICC_DIR_EL1", intid)
    await pe.enter(HYPERVISOR)
    await pe.mrs("ICH_HCR_EL2")  # EOIcount: of those that no List register holds any more


async def virtual_ends(platform: Platform, rng: Randoms) -> None:
    """Ends of what is active, not active, not listed, of the other group, out of order: State, EOIcount, EISR and ELRSR after
    each; the two ends of EOImode 1; pending and active; one INTID in two List registers; special INTIDs."""
    pe, virtual = platform.pes[0], virtual_of(platform)
    states = (INVALID, PENDING, ACTIVE, BOTH)
    for eoimode, state, eoi, group in product((0, 1), states, (False, True), (0, 1)):
        for priority, active in ((0x80, 0x80), (0x80, 0x40), (0x80, None)):
            for intid, ended in ((40, 40), (40, 41), (40, 1021), (9000, 9000), (1021, 1021), (3, 3), (40, 40 | 1 << 20)):
                await set_up(pe, vmcr=vmcr(eoimode=eoimode))
                for name in active_registers(virtual):
                    await pe.msr(name, 0)
                await pe.msr("ICH_LR0_EL2", lr(intid, priority, state=state, eoi=eoi))
                if active is not None:
                    await pe.msr(*at_priority(virtual, group, active))
                await _end(pe, ended, rng.randrange(2) if rng.random() < 0.2 else 1)
                await pe.enter(HYPERVISOR)
                for name in ("ICH_LR0_EL2", "ICH_EISR_EL2", "ICH_ELRSR_EL2", "ICH_MISR_EL2", "ICH_HCR_EL2"):
                    await pe.mrs(name)
    await set_up(pe)
    for count in range(40):  # it counts to 31 and wraps
        await pe.msr(active_registers(virtual)[-1], 1)
        await pe.enter(GUEST)
        await pe.msr("ICC_EOIR1_EL1", 500)
        await pe.enter(HYPERVISOR)
        await expect(pe, "ICH_HCR_EL2", EN | (count + 1) % 32 << EOICOUNT_LSB, f"{count + 1} ends without a List register")
    if virtual.list_registers > 1:
        await _twice(platform, pe)
    await clean(pe, virtual)


async def _end(pe: Pe, intid: int, group: int) -> None:
    """The guest acknowledges what there is, and ends `intid` by both ways."""
    await pe.enter(GUEST)
    await pe.mrs("ICC_IAR1_EL1")
    await pe.msr(f"ICC_EOIR{group}_EL1", intid)
    await pe.mrs("ICC_RPR_EL1")
    await pe.msr("ICC_DIR_EL1", intid)


async def _twice(platform: Platform, pe: Pe) -> None:
    """One vINTID in two List registers: the lower one is meant."""
    await set_up(pe)
    for states in product((PENDING, ACTIVE, BOTH), repeat=2):
        for n, state in enumerate(states):
            await pe.msr(f"ICH_LR{n}_EL2", lr(60, 0x40, state=state))
        for _ in range(3):
            await _end(pe, 60, 1)
        await pe.enter(HYPERVISOR)
        for n in range(2):
            await pe.mrs(f"ICH_LR{n}_EL2")
    await platform.quiesce()


async def virtual_ties(platform: Platform, rng: Randoms) -> None:
    """All List registers are pending: the highest priority of the enabled groups first, at equal priority the lowest one."""
    pe, virtual = platform.pes[0], virtual_of(platform)
    for enables in (0b11, 0b01, 0b10, 0b00):
        for _ in range(12):
            await set_up(pe, vmcr=vmcr(enables=enables))
            levels = [rng.choice((0x20, 0x20, 0x28, 0x90)) for _ in range(virtual.list_registers)]
            for n, level in enumerate(levels):
                await pe.msr(f"ICH_LR{n}_EL2", lr(32 + n, level, group=rng.randrange(2)))
            await platform.quiesce()
            await pe.enter(GUEST)
            for name in ("ICC_HPPIR0_EL1", "ICC_HPPIR1_EL1"):
                await pe.mrs(name)
            await GuestHandler(pe, rng.pe(pe.index), max_depth=1).service()
            await clean(pe, virtual)


def _states() -> Iterator[PeState]:
    """States of a PE: all Exception levels, and what of HCR_EL2 and SCR_EL3 redirects and traps."""
    for el, hcr, scr in product(range(4), (0, FMO, IMO, FMO | IMO), (NS, 0, EEL2, NS | SCR_IRQ, NS | SCR_FIQ, 7)):
        yield PeState(el, hcr | (1 << 27 if hcr and scr == 0 else 0), scr)


async def traps(platform: Platform, rng: Randoms) -> None:
    """Every register in every state of the PE, under every trap of ICH_HCR_EL2: read and written, it traps, is UNDEFINED, or
    reaches one of the two interfaces; after a trap nothing has changed."""
    virtual = virtual_of(platform)
    names = [register.name for register in (*ICC.registers, *ICH.registers)]
    for pe in platform.pes[:2]:
        for trap in (0, TC, TALL0, TALL1, TDIR, TC | TALL0 | TALL1 | TDIR):
            for state in _states():
                await pe.enter(HYPERVISOR)
                await pe.msr("ICH_HCR_EL2", EN | trap)
                await pe.msr("ICH_LR0_EL2", lr(40, 0x80))
                await pe.enter(state)
                for name in rng.sample(names, 8):
                    await _try(pe, name, rng)
        await clean(pe, virtual)
        await pe.msr("ICC_CTLR_EL1", 0)
        await pe.msr("ICC_AP0R0_EL1", 0)
        await pe.msr("ICC_AP1R0_EL1", 0)
    pe = platform.pes[0]  # in one order, so that no pair is left out
    for trap in (0, TC, TALL0, TALL1, TDIR):
        await pe.enter(HYPERVISOR)
        await pe.msr("ICH_HCR_EL2", EN | trap)
        await pe.enter(GUEST)
        for name in names:
            await _try(pe, name, rng)
    await clean(pe, virtual)


async def _try(pe: Pe, name: str, rng: Randoms) -> None:
    """Read or write it; an SGI goes nowhere. Writes are such that nothing is active in the physical interface afterwards."""
    kept = ("ICC_AP", "ICC_IGRPEN")
    with suppress(CheckError):  # it traps or is UNDEFINED: the scoreboard knows which
        if rng.random() < 0.5 or name.startswith(kept):
            await pe.mrs(name)
        else:
            await pe.msr(name, 0 if "SGI" in name else rng.getrandbits(8) | (EN if name == "ICH_HCR_EL2" else 0))


async def guest_crossings(platform: Platform, rng: Randoms) -> None:
    """A guest runs while things happen at the same PE: its vIRQ is high when the PE's state changes and when the hypervisor
    writes ICH_HCR_EL2 or the List register; physical interrupts come; the PE is reset; it sleeps."""
    target, other = platform.pes[0], platform.pes[-1]
    me = 1 << (platform.config.affinities[0] & 0xF)
    virtual = virtual_of(platform)
    await enable_groups(other, 0b11)
    for case in ("state", "hcr", "list register", "physical", "both", "sleep", "reset", "group"):
        for delay in range(0, 36, 2):
            await bring_up(target, 0xFFFF_FFFF, [0x80] * 32)
            await set_up(target)
            await target.msr("ICH_LR0_EL2", lr(40, 0x80))
            await target.enter(GUEST)
            job = platform.start(_interfere(platform, other, case, me), f"interfere {case}")
            await target.spend(delay)
            await _cross(platform, target, case, rng)
            await job.join()
            await platform.quiesce()
            await _tidy(platform, target)
            await clean(target, virtual)
    await _reset_with_lines(platform, target)


async def _reset_with_lines(platform: Platform, pe: Pe) -> None:
    """A reset finds a physical and a virtual line high, and a guest that runs: both fall, and the PE is at no guest then."""
    await bring_up(pe, 0xFFFF_FFFF, [0x80] * 32)
    await set_up(pe)
    await pe.msr("ICH_LR0_EL2", lr(40, 0x80))
    await pe.write("GICR_ISPENDR0", 1 << 1)
    await pe.enter(GUEST)
    await platform.quiesce()
    if pe.lines & (IRQ | VIRQ) != IRQ | VIRQ:
        raise CheckError(f"PE {pe.index}: its lines are {pe.lines:#x}, not IRQ and vIRQ")
    await platform.reset_pe(pe.index)
    for name in ("ICC_PMR_EL1", "ICC_IGRPEN1_EL1", "ICC_CTLR_EL1", "ICH_LR0_EL2", "ICH_VMCR_EL2"):
        await pe.mrs(name)
    await pe.enter(HYPERVISOR)
    await pe.write("GICR_ICPENDR0", 1 << 1)


async def _interfere(platform: Platform, other: Pe, case: str, me: int) -> None:
    if case in ("physical", "both") and other.index == 0:
        await other.write("GICR_ISPENDR0", 1 << 1)  # its guest may not send SGIs
    elif case in ("physical", "both"):
        await other.msr("ICC_SGI1R_EL1", 1 << 24 | me)
    elif case == "reset":
        await platform.spend(20)
        await platform.reset_pe(0)


async def _cross(platform: Platform, pe: Pe, case: str, rng: Randoms) -> None:
    """What the PE itself does in a case. An access that a reset ends has no response."""
    match case:
        case "state":
            for state in (HYPERVISOR, GUEST, PeState(1, 0), PeState(0, IMO), GUEST):
                await pe.enter(state)
                await pe.spend(rng.randrange(3))
            await GuestHandler(pe, rng).service()
        case "hcr":
            await _switch(pe, rng)
        case "list register":
            await pe.enter(HYPERVISOR)
            for value in (lr(40, 0x80), 0, lr(41, 0x90), lr(41, 0x90, state=BOTH), lr(42, 0x70, group=0)):
                await pe.msr("ICH_LR0_EL2", value)
            await pe.enter(GUEST)
            await GuestHandler(pe, rng).service()
        case "sleep":
            await _nap(pe, rng)
        case "group":
            await pe.msr("ICC_IGRPEN1_EL1", 0)
            await pe.mrs("ICC_IAR1_EL1")
            await pe.msr("ICC_IGRPEN1_EL1", 1)
            await GuestHandler(pe, rng).service()
        case "reset":
            with suppress(CheckError):
                await GuestHandler(pe, rng, busy_cycles=4).poll(1)
        case _:
            await GuestHandler(pe, rng, busy_cycles=4).poll(1)


async def _switch(pe: Pe, rng: Randoms) -> None:
    """The interface goes off and on, and the acknowledgement traps in the middle."""
    for value in (0, EN | TALL1, EN, EN | TALL1):
        await pe.enter(HYPERVISOR)
        await pe.msr("ICH_HCR_EL2", value)
        await pe.enter(GUEST)
        with suppress(TrapError):
            await GuestHandler(pe, rng).poll(1)


async def _nap(pe: Pe, rng: Randoms) -> None:
    """The Redistributor takes the PE as asleep; virtual interrupts come all the same."""
    await pe.enter(HYPERVISOR)
    for group in (0, 1):
        await pe.msr(f"ICC_IGRPEN{group}_EL1", 0)
    await pe.dsb()
    await sleep(pe)
    await pe.enter(GUEST)
    await GuestHandler(pe, rng).service()
    await pe.enter(HYPERVISOR)
    await wake(pe)


async def _tidy(platform: Platform, pe: Pe) -> None:
    """The hypervisor takes the physical interrupts that are left."""
    await pe.enter(HYPERVISOR)
    for group in (0, 1):
        await pe.msr(f"ICC_IGRPEN{group}_EL1", 1)
    await pe.msr("ICC_PMR_EL1", 0xFF)
    await platform.quiesce()
    for _ in range(STORM):
        if (intid := await pe.mrs("ICC_IAR1_EL1")) == SPURIOUS:
            return
        await pe.msr("ICC_EOIR1_EL1", intid)
        await platform.quiesce()
    raise CheckError(f"PE {pe.index}: interrupts do not end")
