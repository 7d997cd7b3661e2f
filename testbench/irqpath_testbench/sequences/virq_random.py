"""Random scenarios of the paths `virq-lr`, `virq-hw` and `maint`: each PE has a hypervisor with one guest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.core.errors import CheckError
from irqpath.sim.platform import FIQ, IRQ, Pe, Platform
from irqpath_testbench.sequences.guests import (
    ACTIVE,
    BOTH,
    EN,
    EOICOUNT_LSB,
    GUEST,
    HYPERVISOR,
    PENDING,
    STATE_LSB,
    TALL0,
    TALL1,
    TC,
    TDIR,
    GuestHandler,
    active_registers,
    clean,
    lr,
    set_up,
    virtual_of,
    vmcr,
)
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.sgi import sgir_to
from irqpath_testbench.sequences.software import AGAIN, SPURIOUS, STORM, bring_up, enable_groups, frame_register, set_priority

_SGIR: Final = ("ICC_SGI0R_EL1", "ICC_SGI1R_EL1", "ICC_ASGI1R_EL1")
_HW: Final = 1 << 61
_TRAPS: Final = (TC, TALL0, TALL1, TDIR)
_LOOK: Final = (
    "ICC_RPR_EL1",
    "ICC_HPPIR0_EL1",
    "ICC_HPPIR1_EL1",
    "ICC_AP0R0_EL1",
    "ICC_AP1R0_EL1",
    "ICC_PMR_EL1",
    "ICC_BPR0_EL1",
    "ICC_BPR1_EL1",
    "ICC_CTLR_EL1",
    "ICC_SRE_EL1",
)
_LOOK_EL2: Final = (
    "ICH_MISR_EL2",
    "ICH_EISR_EL2",
    "ICH_ELRSR_EL2",
    "ICH_VMCR_EL2",
    "ICH_HCR_EL2",
    "ICC_HPPIR1_EL1",
    "ICC_RPR_EL1",
)


@dataclass(frozen=True, slots=True)
class Mix:
    """How often what happens. `hardware`: physical interrupts that the guest ends (HW = 1); `maintenance`: its conditions are
    asked for; `plain`: List registers that nothing physical stands behind."""

    plain: float = 0.5
    hardware: bool = False
    maintenance: float = 0.0


@dataclass(slots=True)
class _World:
    """A PE's hypervisor and guest. `outstanding`: physical interrupts that were dropped, and are neither deactivated nor listed;
    `listed`: vINTID and pINTID (0: none) by List register."""

    pe: Pe
    rng: Randoms
    guest: GuestHandler
    outstanding: list[int] = field(default_factory=list)
    listed: dict[int, tuple[int, int]] = field(default_factory=dict)
    done: bool = False


class GuestTraffic:
    """Random virtual interrupts at all PEs at once, while hypervisors and guests do what they may."""

    def __init__(self, platform: Platform, rng: Randoms, interrupts: int, mix: Mix) -> None:
        self.platform = platform
        self.rng = rng
        self.virtual = virtual_of(platform)
        self._mix = mix
        self._wanted = interrupts
        self._step = 1 << 8 - self.virtual.priority_bits
        self._maintenance = self.virtual.maintenance_ppi
        self._raised: set[tuple[int, int]] = set()  # (PE, INTID) whose wire is high
        self._worlds = [self._world(pe) for pe in platform.pes]

    def _world(self, pe: Pe) -> _World:
        rng = self.rng.pe(pe.index)
        guest = GuestHandler(pe, rng, serve=self._serve, trapped=self._trapped)
        return _World(pe, rng, guest)

    async def run(self) -> None:
        """Bring the PEs up, let hypervisors, guests and devices run, drain."""
        await enable_groups(self.platform.pes[0], 0b11)
        jobs = [self.platform.start(self._software(world), f"PE {world.pe.index}") for world in self._worlds]
        if self._mix.hardware:
            jobs += [self.platform.start(self._device(world), f"devices of PE {world.pe.index}") for world in self._worlds]
        for job in jobs:
            await job.join()
        self.platform.pressure(0)
        for world in self._worlds:
            await self._drain(world)

    def _going(self) -> bool:
        return sum(world.guest.handled for world in self._worlds) < self._wanted

    # --- devices --------------------------------------------------------------------------------------------------------

    def _wires(self, pe: int) -> Sequence[int]:
        """INTIDs whose devices interrupt the PE."""
        pes = len(self.platform.pes)
        spis = range(32 + pe, min(self.platform.config.last_spi, 31 + 8 * pes) + 1, pes)
        return [*(n for n in range(16, 32) if n != self._maintenance), *spis]

    async def _device(self, world: _World) -> None:
        rng, pe = self.rng.of(f"devices of PE {world.pe.index}"), world.pe.index
        wires = self._wires(pe)
        while self._going():
            intid = rng.choice(wires)
            if (pe, intid) not in self._raised:
                self._raised.add((pe, intid))
                self.platform.wire(intid, 1, pe)
            await self.platform.spend(rng.randrange(1, 300))

    def _quiet(self, pe: int, intid: int) -> None:
        if (pe, intid) in self._raised:
            self._raised.discard((pe, intid))
            self.platform.wire(intid, 0, pe)

    # --- a PE -----------------------------------------------------------------------------------------------------------

    async def _software(self, world: _World) -> None:
        pe, rng = world.pe, world.rng
        await self._bring_up(world)
        while self._going():
            await self._hypervisor(world)
            await pe.enter(GUEST)
            await self._guest(world)
            await pe.enter(HYPERVISOR)
            if rng.random() < 0.03:
                self.platform.pressure(rng.choice((0, 0, 1, 2, 3)))
        world.done = True

    async def _bring_up(self, world: _World) -> None:
        pe, rng = world.pe, world.rng
        await bring_up(pe, rng.getrandbits(32) | 1 << self._maintenance, [0xA0] * 32)
        await pe.msr("ICC_CTLR_EL1", 0b10)  # EOImode: what is listed is deactivated by the guest
        await pe.write("GICR_ISENABLER0", 1 << self._maintenance)
        if self._mix.hardware:
            for intid in self._wires(pe.index):
                if intid >= 32:
                    await pe.write(f"GICD_IROUTER{intid}", self.platform.config.affinities[pe.index])
                await set_priority(pe, intid, rng.randrange(0, 0xF0, 8))
                await pe.write(frame_register("ISENABLER", intid), 1 << intid % 32)
        await set_up(pe, vmcr=vmcr(bpr0=rng.randrange(8), bpr1=rng.randrange(8)))

    # --- the hypervisor -------------------------------------------------------------------------------------------------

    async def _hypervisor(self, world: _World) -> None:
        """It is at EL2: takes physical interrupts, fills List registers, looks around, changes what it may."""
        pe, rng = world.pe, world.rng
        await self._take(world)
        await self._fill(world)
        if rng.random() < 0.3:
            await pe.mrs(rng.choice(_LOOK_EL2))
        match rng.randrange(24):
            case 0:
                await self._move_away(world)
            case 1:
                await pe.msr("ICH_HCR_EL2", EN | rng.choice(_TRAPS))
            case 2:
                await pe.msr("ICC_SGI1R_EL1", self._sgi_to_somebody(rng))
            case 3 if not world.guest.depth:
                world.guest.eoimode = rng.randrange(2)
                await self._control(world)
            case 4 | 5 if self._mix.maintenance:
                await pe.msr("ICH_HCR_EL2", EN | self._conditions(rng))
            case _:
                pass

    async def _control(self, world: _World) -> None:
        rng = world.rng
        value = vmcr(
            enables=rng.choice((3, 3, 3, 2, 1)),
            cbpr=rng.randrange(2),
            eoimode=world.guest.eoimode,
            bpr0=rng.randrange(8),
            bpr1=rng.randrange(8),
            pmr=rng.choice((0xFF, 0xFF, 0xF0, 0x88)),
        )
        await world.pe.msr("ICH_VMCR_EL2", value)

    def _conditions(self, rng: Randoms) -> int:
        asked = [1 << bit for bit in range(1, 8) if rng.random() < self._mix.maintenance]
        return sum(asked) | rng.choice((0, 0, 0, 3)) << EOICOUNT_LSB

    def _sgi_to_somebody(self, rng: Randoms) -> int:
        return sgir_to(rng.choice(self.platform.config.affinities), rng.randrange(16))

    async def _take(self, world: _World) -> None:
        """Take all physical interrupts that are signalled: priority drop, and what the guest is not given is deactivated."""
        pe, rng = world.pe, world.rng
        for _ in range(STORM):
            lines = pe.lines & (IRQ | FIQ)
            if not lines:
                return
            group = 1 if lines & IRQ else 0
            intid = await pe.mrs(f"ICC_IAR{group}_EL1")
            if intid == SPURIOUS:
                return
            if intid == self._maintenance:
                await self._maintain(world)
            await pe.msr(f"ICC_EOIR{group}_EL1", intid)
            if intid >= 16 and intid != self._maintenance and rng.random() < 0.9:
                world.outstanding.append(intid)
            else:
                self._quiet(pe.index, intid)
                await pe.msr("ICC_DIR_EL1", intid)
        raise CheckError(f"PE {pe.index}: {STORM} interrupts were taken, and more are signalled")

    async def _maintain(self, world: _World) -> None:
        """The maintenance interrupt: whatever asked for it is dealt with."""
        pe = world.pe
        await pe.mrs("ICH_MISR_EL2")
        await self._collect(world)
        await pe.msr("ICH_HCR_EL2", EN)

    async def _collect(self, world: _World) -> list[int]:
        """List registers that are free now: those that wait for software are emptied."""
        pe = world.pe
        ended, free = await pe.mrs("ICH_EISR_EL2"), await pe.mrs("ICH_ELRSR_EL2")
        registers = range(self.virtual.list_registers)
        for n in registers:
            if ended >> n & 1:
                await pe.msr(f"ICH_LR{n}_EL2", 0)
        found = [n for n in registers if (free | ended) >> n & 1]
        for n in found:
            world.listed.pop(n, None)
        return found

    async def _fill(self, world: _World) -> None:
        pe, rng = world.pe, world.rng
        free = await self._collect(world)
        if not world.guest.depth:
            free += await self._stale(world, free)
        for n in free:
            if world.outstanding and rng.random() < 0.8:
                await self._list(world, n, self._vintid(world), world.outstanding.pop(0))
            elif rng.random() < self._mix.plain and self._going():
                await self._list(world, n, self._vintid(world), 0)
        while len(world.outstanding) > 8 or (world.outstanding and not self._going()):
            await self._give_up(world, world.outstanding.pop())
        if rng.random() < 0.2 and world.listed:
            await pe.mrs(f"ICH_LR{rng.choice(sorted(world.listed))}_EL2")

    async def _give_up(self, world: _World, intid: int) -> None:
        self._quiet(world.pe.index, intid)
        await world.pe.msr("ICC_DIR_EL1", intid)

    def _vintid(self, world: _World) -> int:
        """One that is not listed."""
        taken = {vintid for vintid, _ in world.listed.values()}
        free = [n for n in (*range(0, 1020, 17), 1019, FIRST_LPI + 5, 0xFFFF, world.rng.randrange(64)) if n not in taken]
        chosen: int = world.rng.choice(free)
        return chosen

    async def _list(self, world: _World, n: int, vintid: int, physical: int) -> None:
        rng = world.rng
        state = rng.choice((PENDING,) * 30 + (BOTH, ACTIVE)) if not physical else PENDING
        priority = rng.randrange(0, 0xF0, self._step)
        eoi = bool(self._mix.maintenance) and rng.random() < 0.4
        value = lr(vintid, priority, state=state, group=rng.randrange(2), physical=physical or None, eoi=eoi)
        world.listed[n] = (vintid, physical)
        await world.pe.msr(f"ICH_LR{n}_EL2", value)

    async def _stale(self, world: _World, free: Sequence[int]) -> list[int]:
        """The guest handles nothing, so what is active in a List register was ended wrongly, or never acknowledged."""
        pe, found = world.pe, []
        for n in sorted(set(world.listed) - set(free)):
            if (await pe.mrs(f"ICH_LR{n}_EL2")) >> STATE_LSB & ACTIVE:
                await pe.msr(f"ICH_LR{n}_EL2", 0)
                _, physical = world.listed.pop(n)
                if physical:
                    await self._give_up(world, physical)
                found.append(n)
        if found:
            for name in active_registers(self.virtual):
                await pe.msr(name, 0)
        return found

    async def _move_away(self, world: _World) -> None:
        """Another guest has the PE for a while."""
        pe, rng = world.pe, world.rng
        names = [*active_registers(self.virtual), "ICH_VMCR_EL2", *(f"ICH_LR{n}_EL2" for n in range(self.virtual.list_registers))]
        saved = {name: await pe.mrs(name) for name in names}
        for name in names:
            await pe.msr(name, 0)
        await pe.spend(rng.randrange(30))
        await self._take(world)
        for name in rng.sample(names, len(names)):
            await pe.msr(name, saved[name])

    async def _trapped(self, pe: Pe) -> None:
        """The guest's access trapped: the hypervisor lets it pass."""
        await pe.enter(HYPERVISOR)
        await pe.msr("ICH_HCR_EL2", EN)
        await pe.enter(GUEST)

    # --- the guest ------------------------------------------------------------------------------------------------------

    async def _guest(self, world: _World) -> None:
        """It is at EL1."""
        pe, rng, guest = world.pe, world.rng, world.guest
        for _ in range(rng.randrange(1, 4)):
            await guest.service()
            match rng.randrange(24):
                case 0 | 1:
                    await guest.read(rng.choice(_LOOK))
                case 2:
                    await self._set_up(world)
                case 3:
                    await guest.poll(rng.randrange(2))
                case 4:
                    await self._may_not(pe, rng)
                case 5 if rng.random() < 0.3:
                    await guest.write(f"ICC_EOIR{rng.randrange(2)}_EL1", rng.choice((5, 40, 1020, 1023, 5000, FIRST_LPI)))
                case 6:
                    await pe.dsb()
                case _:
                    await pe.spend(rng.randrange(1, 20))
            if pe.lines & (IRQ | FIQ) and rng.random() < 0.7:
                return

    async def _set_up(self, world: _World) -> None:
        rng, guest = world.rng, world.guest
        match rng.randrange(4):
            case 0:
                await guest.write("ICC_PMR_EL1", rng.choice((0, 0x80, 0xF0, 0xFF)))
                await world.pe.spend(rng.randrange(30))
                await guest.write("ICC_PMR_EL1", 0xFF)
            case 1:
                name = f"ICC_IGRPEN{rng.randrange(2)}_EL1"
                await guest.write(name, 0)
                await world.pe.spend(rng.randrange(30))
                await guest.write(name, 1)
            case 2:
                await guest.write(f"ICC_BPR{rng.randrange(2)}_EL1", rng.randrange(8))
            case _:
                await guest.write("ICC_CTLR_EL1", guest.eoimode << 1 | rng.randrange(2))

    async def _may_not(self, pe: Pe, rng: Randoms) -> None:
        """SGIs trap; the hypervisor's registers are UNDEFINED."""
        try:
            if rng.random() < 0.7:
                await pe.msr(rng.choice(_SGIR), self._sgi_to_somebody(rng))
            else:
                await pe.mrs(rng.choice(_LOOK_EL2))
        except CheckError:
            pass

    async def _serve(self, pe: Pe, vintid: int) -> None:
        """The guest has acknowledged it: its device is quiet. A physical interrupt may take the PE to EL2 and back meanwhile."""
        world = self._worlds[pe.index]
        for listed, physical in world.listed.values():
            if physical and listed == vintid:
                self._quiet(pe.index, physical)
        if pe.lines & (IRQ | FIQ) and world.rng.random() < 0.5:
            await pe.enter(HYPERVISOR)
            await self._hypervisor(world)
            await pe.enter(GUEST)

    # --- the end --------------------------------------------------------------------------------------------------------

    async def _drain(self, world: _World) -> None:
        """Nobody causes anything any more: everything is handled. Raises `CheckError` when there is no end to it."""
        pe = world.pe
        for intid in self._wires(pe.index):
            self._quiet(pe.index, intid)
        for _ in range(AGAIN):
            await self.platform.quiesce()
            await self._take(world)
            await self._fill(world)
            await pe.msr("ICH_HCR_EL2", EN)
            await pe.msr("ICH_VMCR_EL2", vmcr(eoimode=world.guest.eoimode))
            await self.platform.quiesce()
            await pe.enter(GUEST)
            await world.guest.service()
            await pe.enter(HYPERVISOR)
            await self._collect(world)
            if not world.listed and not world.outstanding and not pe.lines:
                break
        else:
            raise CheckError(f"PE {pe.index}: List registers {world.listed} are in use after everything was handled")
        await clean(pe, self.virtual)


async def random_guests(platform: Platform, rng: Randoms, interrupts: int) -> None:
    """Virtual interrupts that no physical ones stand behind."""
    await GuestTraffic(platform, rng, interrupts, Mix()).run()


async def random_hardware(platform: Platform, rng: Randoms, interrupts: int) -> None:
    """Physical interrupts that guests end."""
    await GuestTraffic(platform, rng, interrupts, Mix(plain=0.2, hardware=True)).run()


async def random_maintenance(platform: Platform, rng: Randoms, interrupts: int) -> None:
    """Conditions of the maintenance interrupt, which appear and vanish."""
    await GuestTraffic(platform, rng, interrupts, replace(Mix(hardware=True), maintenance=0.3)).run()
