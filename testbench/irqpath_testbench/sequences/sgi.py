"""Scenarios of the path `sgi`; random traffic between all PEs: `sgi_random.py`."""

from __future__ import annotations

from irqpath.core.errors import CheckError
from irqpath.core.transactions import SgiKind
from irqpath.regs import GICD, GICR
from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.sequences.polling import poll, until_clear, until_set
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import (
    STORM,
    Handler,
    bring_up,
    clear_all,
    enable_groups,
    lowest_priority,
    serve_all,
    sweep,
    wake,
)
from irqpath_testbench.sequences.visible import odd_access, registers

_ALL_GROUP1 = 0xFFFF_FFFF


def sgir(intid: int, *, targets: int = 0, irm: int = 0, cluster: int = 0, rs: int = 0) -> int:
    """A value for ICC_SGI*R_EL1: `targets` is a bit mask of Aff0 16 * `rs` to 16 * `rs` + 15 in cluster Aff1 = `cluster`."""
    return targets | cluster << 16 | intid << 24 | irm << 40 | rs << 44


def sgir_to(affinity: int, intid: int) -> int:
    """A value for ICC_SGI*R_EL1 that names the PE of that affinity."""
    return sgir(intid, targets=1 << (affinity & 0xF), cluster=affinity >> 8 & 0xFF, rs=affinity >> 4 & 0xF)


async def every_sgi(platform: Platform, rng: Randoms) -> None:
    """Each PE sends each SGI to each PE, in both groups, and each arrives: one at a time, hop by hop."""
    config = platform.config
    await enable_groups(platform.pes[0], 0b11)
    handlers = [Handler(pe, rng.pe(pe.index), busy_cycles=4) for pe in platform.pes]
    for pe in platform.pes:
        # odd SGIs in Group 0 (FIQ), even ones in Group 1 (IRQ)
        await bring_up(pe, 0x5555_5555, [0x80] * 32)
    for sender in platform.pes:
        for target in platform.pes:
            for intid in range(16):
                register = "ICC_SGI1R_EL1" if intid % 2 == 0 else rng.choice(["ICC_SGI0R_EL1", "ICC_SGI1R_EL1", "ICC_ASGI1R_EL1"])
                await sender.msr(register, sgir_to(config.affinities[target.index], intid))
                await target.wait_interrupt()
                await handlers[target.index].service()
    for pe in platform.pes:
        await pe.dsb()


async def ranges(platform: Platform, rng: Randoms) -> None:
    """Every range selector in every register, to one PE, to all and with IRM: it counts where both ends have it (R81)."""
    await enable_groups(platform.pes[0], 0b11)
    handlers = [Handler(pe, rng.pe(pe.index), busy_cycles=4) for pe in platform.pes]
    for pe in platform.pes:
        await bring_up(pe, 0x5555_5555, [0x80] * 32)
    for kind in SgiKind:
        for rs in range(16):
            sender, named = rng.choice(platform.pes), rng.choice(platform.config.affinities)
            to = {"targets": rng.choice((1 << (named & 0xF), 0xFFFF))} if rng.random() < 0.9 else {"irm": 1}
            intid = rng.randrange(16) | (kind is not SgiKind.SGI1R)  # odd ones are in Group 0
            await sender.msr(f"ICC_{kind.name}_EL1", sgir(intid, rs=rs, **to))
            await sender.dsb()
            await serve_all(platform, handlers)


async def preemption(platform: Platform, rng: Randoms) -> None:
    """Interrupts of rising priority nest as deep as there are levels; BPR, CBPR, PMR and RPR decide, EOImode splits the end."""
    pe = platform.pes[0]
    me = 1 << (platform.config.affinities[0] & 0xF)
    await enable_groups(pe, 0b11)
    lowest = lowest_priority(platform.config)
    await bring_up(pe, _ALL_GROUP1 & ~0xAAAA, [min(lowest, 0xF0 - 0x10 * min(n, 15)) for n in range(32)])
    for eoimode in (0, 1):
        for bpr in range(8):
            for cbpr in (0, 1):
                await pe.msr("ICC_CTLR_EL1", eoimode << 1 | cbpr)
                await pe.msr("ICC_BPR0_EL1", bpr)
                await pe.msr("ICC_BPR1_EL1", (bpr + 3) % 8)
                for register in ("ICC_BPR0_EL1", "ICC_BPR1_EL1"):
                    await pe.mrs(register)  # not below its least value, whatever was written
                await _nest(platform, pe, me, eoimode, whole=bpr % 4 == 0)
    await pe.msr("ICC_CTLR_EL1", 0)
    for mask in (*range(0, 0x100, 8), 0x6F, 0x71):  # SGI 8 has 0x70
        await pe.msr("ICC_PMR_EL1", mask)
        await pe.msr("ICC_SGI1R_EL1", sgir(8, targets=me))
        await pe.dsb()
        await platform.quiesce()
        await pe.mrs("ICC_HPPIR1_EL1")
        await Handler(pe, rng.pe(pe.index)).poll(1)
        await pe.msr("ICC_PMR_EL1", 0xFF)
        await platform.quiesce()
        await Handler(pe, rng.pe(pe.index)).service()


async def _nest(platform: Platform, pe: Pe, me: int, eoimode: int, *, whole: bool) -> None:
    """Send SGIs 0 to 15, each outranking the one before, and take what is signalled; then unwind. `whole`: read all registers at
    the top."""
    taken: list[tuple[int, int]] = []
    for intid in range(16):
        await pe.msr("ICC_SGI1R_EL1", sgir(intid, targets=me))
        await pe.dsb()
        await platform.quiesce()
        lines = pe.lines
        if lines:
            group = 0 if lines & 2 else 1
            taken.append((group, await pe.mrs(f"ICC_IAR{group}_EL1")))
            await pe.mrs("ICC_RPR_EL1")
    if whole:
        await sweep(platform)  # with all that is active, nested as deep as it goes
        await _switch_context(platform, pe)
    for _ in range(STORM):
        if not taken and not pe.lines:
            return
        if taken:
            group, intid = taken.pop()
            await pe.msr(f"ICC_EOIR{group}_EL1", intid)
            if eoimode:
                await pe.msr("ICC_DIR_EL1", intid)
        await platform.quiesce()
        if pe.lines:
            group = 0 if pe.lines & 2 else 1
            taken.append((group, await pe.mrs(f"ICC_IAR{group}_EL1")))
    raise CheckError(f"PE {pe.index}: {STORM:,} interrupts in a row, and no end; {len(taken)} are active")


async def _switch_context(platform: Platform, pe: Pe) -> None:
    """Active priorities are saved, cleared and restored, as for another context (IHI 0069 ICC_AP<m>R<n>_EL1)."""
    names = [p.name for p in registers(platform.config) if p.block == f"gicc{pe.index}" and p.name.startswith("ICC_AP")]
    saved = {name: await pe.mrs(name) for name in names}
    for name in names:
        await pe.msr(name, 0)
        await pe.mrs("ICC_RPR_EL1")
    await sweep(platform)  # what outranks nothing now is signalled
    for name in reversed(names):
        await pe.msr(name, saved[name])
        await pe.mrs("ICC_RPR_EL1")
        await pe.mrs(name)
    await platform.quiesce()


async def crossings(platform: Platform, rng: Randoms) -> None:
    """Two messages that meet on the stream: another PE (or this one) changes what is pending while this one acknowledges.

    Each case is swept over delays, so that every order of the two is met.
    """
    target, other = platform.pes[0], platform.pes[-1]
    me = 1 << (platform.config.affinities[0] & 0xF)
    await enable_groups(target, 0b11)
    await bring_up(target, _ALL_GROUP1, [0x80] * 4 + [0x40] * 28)
    if other is not target:
        await bring_up(other, _ALL_GROUP1, [0x80] * 32)
    # the state after each of the messages that an ICENABLER sets off lasts a few cycles: reads of RWP begin at each of them
    phases = tuple(f"ICENABLER, {phase}" for phase in range(6))
    for case in ("higher Set", "ICPENDR", *phases, "group", "group, and back", "sleep", "priority"):
        for delay in range(24):
            await target.msr("ICC_SGI1R_EL1", sgir(1, targets=me))
            await target.wait_interrupt()
            job = platform.start(_interfere(other, platform, case, me), f"interfere {case}")
            await target.spend(delay)
            handler = Handler(target, rng.pe(target.index), busy_cycles=3)
            await handler.handle(1)
            await job.join()
            await _restore(target, other, case)
            await platform.quiesce()
            await handler.service()
            await target.write("GICR_ICPENDR0", 0xFFFF)
            await platform.quiesce()
            await handler.service()
    for group in (0, 1):
        await _set_crosses_release(platform, rng, me, group)
    await _rwp_crosses_release(platform, rng, me)


async def _set_crosses_release(platform: Platform, rng: Randoms, me: int, group: int) -> None:
    """PE 0 holds an interrupt of Group 1 and disables a group, while one of Group 0 that outranks it is on its way."""
    target, other = platform.pes[0], platform.pes[-1]
    await target.write("GICR_IGROUPR0", _ALL_GROUP1 & ~(1 << 6))
    handler = Handler(target, rng.pe(target.index), busy_cycles=3)
    for delay in range(40):
        await target.msr("ICC_SGI1R_EL1", sgir(1, targets=me))
        await target.wait_interrupt()
        job = platform.start(other.msr("ICC_SGI0R_EL1", sgir(6, targets=me)), "outrank it")
        await target.spend(delay)
        await target.msr(f"ICC_IGRPEN{group}_EL1", 0)
        await job.join()
        await platform.quiesce()
        await target.msr(f"ICC_IGRPEN{group}_EL1", 1)
        await _take_all(platform, handler)


async def _rwp_crosses_release(platform: Platform, rng: Randoms, me: int) -> None:
    """An interrupt that is not even pending is disabled, while one that was outranked is on its way back: RWP covers that too."""
    target, other = platform.pes[0], platform.pes[-1]
    handler = Handler(target, rng.pe(target.index), busy_cycles=3)
    for delay in range(40):
        await target.msr("ICC_SGI1R_EL1", sgir(1, targets=me))
        await target.wait_interrupt()
        job = platform.start(other.msr("ICC_SGI1R_EL1", sgir(5, targets=me)), "outrank it")
        await target.spend(delay)
        await target.write("GICR_ICENABLER0", 1 << 9)
        await until_clear(target, "GICR_CTLR", 3, "RWP", every=0)
        await job.join()
        await target.write("GICR_ISENABLER0", 1 << 9)
        await _take_all(platform, handler)


async def _interfere(other: Pe, platform: Platform, case: str, me: int) -> None:
    """Change what is pending at PE 0."""
    frame = "gicr0"

    async def read_ctlr() -> int:
        return (await other.read_at(frame, offset_of("GICR_CTLR"), 4))[0]

    match case:
        case "higher Set":
            await other.msr("ICC_SGI1R_EL1", sgir(5, targets=me))
        case "ICPENDR":
            await other.write_at(frame, offset_of("GICR_ICPENDR0"), 4, 0b10)
        case _ if case.startswith("ICENABLER"):
            await other.write_at(frame, offset_of("GICR_ICENABLER0"), 4, 0b10)
            await other.spend(int(case[-1]))
            # at once and again: RWP falls when the Clear has come to its end, not before
            await poll(other, "GICR_CTLR.RWP of PE 0 must become 0", read_ctlr, lambda value: not value & 0b1000, every=0)
        case "group":
            await other.write("GICD_CTLR", 0b01)
            # at once and again: RWP falls when the last Redistributor has answered, not before
            await until_clear(other, "GICD_CTLR", 31, "RWP", every=0)
        case "group, and back":
            await other.write("GICD_CTLR", 0b01)
            await other.write("GICD_CTLR", 0b11)  # while Redistributors have not answered: they are told when they have
        case "sleep":
            await other.write_at(frame, offset_of("GICR_WAKER"), 4, 0b10)
        case _:
            await other.write_at(frame, offset_of("GICR_IPRIORITYR0") + 1, 1, 0x20)


async def _restore(target: Pe, other: Pe, case: str) -> None:
    """Undo what `_interfere` did, after it has taken effect."""
    match case:
        case _ if case.startswith("ICENABLER"):
            await until_clear(target, "GICR_CTLR", 3, "RWP", every=2)
            await target.write("GICR_ISENABLER0", 0b10)
        case "group":
            await enable_groups(other, 0b11)
        case "sleep":
            await until_set(target, "GICR_WAKER", 2, "ChildrenAsleep", every=2)
            await wake(target)
        case "priority":
            await target.write_at("gicr0", offset_of("GICR_IPRIORITYR0") + 1, 1, 0x80)


def offset_of(name: str) -> int:
    return GICR.element(name).offset


async def resets(platform: Platform, rng: Randoms) -> None:
    """A PE is reset in the middle of things: nothing that it held is lost, nothing comes twice."""
    target, other = platform.pes[0], platform.pes[-1]
    me = 1 << (platform.config.affinities[0] & 0xF)
    await enable_groups(other, 0b11)
    for delay in range(0, 60, 2):
        await bring_up(target, _ALL_GROUP1, [0x80] * 32)
        await target.msr("ICC_SGI1R_EL1", sgir(delay % 16, targets=me))
        await platform.spend(delay)
        if delay % 8 == 0 and target.lines:
            await target.mrs("ICC_IAR1_EL1")  # its Activate is under way when the reset comes
        await platform.reset_pe(0)
        await bring_up(target, _ALL_GROUP1, [0x80] * 32)
        await platform.quiesce()
        await Handler(target, rng.pe(target.index), busy_cycles=3).service()
        await target.write("GICR_ICACTIVER0", 0xFFFF)
    for pe in platform.pes:
        await bring_up(pe, _ALL_GROUP1, [0x80] * 32)
    for delay in range(0, 40, 2):
        await _reset_under_load(platform, rng, delay)
    for delay in (*range(2, 26), *range(2, 26)):
        await _reset_falling_asleep(platform, rng, delay)


async def _reset_falling_asleep(platform: Platform, rng: Randoms, delay: int) -> None:
    """PE 0 is sent to sleep, GICR_WAKER goes back on it, and the PE is reset, be it while that is under way: it is awake then.

    It sends SGIs meanwhile, so that the CPU interface answers late; and GICD is busy, so that the Redistributor, which waits for
    it then, has time for GICR_WAKER.
    """
    target, other = platform.pes[0], platform.pes[-1]
    for group in (0, 1):
        await target.msr(f"ICC_IGRPEN{group}_EL1", 0)
    await target.dsb()
    jobs = [platform.start(_keep_gicd_busy(other), "GICD"), platform.start(_send_until_reset(target, rng), "PE 0")]
    await platform.spend(20 + rng.randrange(20))
    jobs.append(platform.start(_change_mind(other), "GICR_WAKER"))
    await platform.spend(delay)
    await platform.reset_pe(0)
    for job in jobs:
        await job.join()
    await platform.quiesce()
    if (waker := await target.read("GICR_WAKER")) & 0b100:
        raise CheckError(f"PE 0 was to wake, and was reset {delay} cycles later: GICR_WAKER reads {waker:#x}, it sleeps")
    await bring_up(target, _ALL_GROUP1, [0x80] * 32)
    await _send_to_all(platform, target)
    for pe in platform.pes:
        await _take_all(platform, Handler(pe, rng.pe(pe.index), busy_cycles=3))


async def _send_until_reset(pe: Pe, rng: Randoms) -> None:
    for _ in range(20):
        try:
            await pe.msr("ICC_SGI1R_EL1", sgir(rng.randrange(16), targets=0))
        except CheckError:  # an access that a reset ends has no response
            return
        await pe.spend(rng.randrange(12))


async def _keep_gicd_busy(pe: Pe) -> None:
    for _ in range(24):
        await pe.write("GICD_IPRIORITYR8", 0)


async def _change_mind(pe: Pe) -> None:
    for waker in (0b10, 0):
        await pe.write_at("gicr0", GICR.element("GICR_WAKER").offset, 4, waker)


async def _reset_under_load(platform: Platform, rng: Randoms, delay: int) -> None:
    """PE 0 is reset when GICD, busy with SGIs from all to all, has acknowledgements for it outstanding: they are not for the new
    CPU interface."""
    target = platform.pes[0]
    jobs = [platform.start(_send_to_all(platform, pe), f"PE {pe.index}") for pe in platform.pes[1:]]
    await _send_to_all(platform, target)
    if delay % 4:
        for enable in (0, 1):  # its status changes while GICD's acknowledgement of the last change is outstanding
            await target.msr("ICC_IGRPEN0_EL1", enable)
    await platform.spend(delay)
    await platform.reset_pe(0)
    await bring_up(target, _ALL_GROUP1, [0x80] * 32)
    for job in jobs:
        await job.join()
    for pe in platform.pes:
        await _take_all(platform, Handler(pe, rng.pe(pe.index), busy_cycles=3))


async def _take_all(platform: Platform, handler: Handler) -> None:
    """Handle what there is until nothing is under way and no line is up."""
    await serve_all(platform, [handler])


async def _send_to_all(platform: Platform, pe: Pe) -> None:
    for intid in range(6):
        await pe.msr("ICC_SGI1R_EL1", sgir(intid, targets=(1 << len(platform.pes)) - 1))


async def accesses(platform: Platform, rng: Randoms) -> None:
    """Registers by every size and at odd places: what is permitted works, the rest gets an error response or is RAZ/WI."""
    pe = platform.pes[0]
    for block, span in (("gicd", GICD.size_bytes), (f"gicr{platform.pes[-1].index}", GICR.size_bytes)):
        places = [place for place in registers(platform.config) if place.block == block]
        for _ in range(1000):
            offset, size = odd_access(rng, places, span)
            if rng.random() < 0.5:
                await pe.read_at(block, offset, size)
            elif not _touches_control(block, offset, size):
                await pe.write_at(block, offset, size, rng.getrandbits(8 * size))
    await clear_all(platform)


def _touches_control(block: str, offset: int, size: int) -> bool:
    """Writes at random would break the handshake of GICR_WAKER, and enable LPIs whose tables lie anywhere: software's duties."""
    kept = ("GICR_WAKER", "GICR_CTLR", "GICR_SETLPIR") if block != "gicd" else ()
    return any(offset <= offset_of(name) < offset + size for name in kept)
