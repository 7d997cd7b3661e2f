"""Nothing is lost, doubled, reordered or late, whatever is sent; and bugs that real projects had are seen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irqpath.core.errors import CheckError
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.workload import Workload
from irqpath_testbench.tools.faults.injection import InjectedFault, injected
from unit.software.software_drive import run, sharing

_WORKLOADS: Final = st.builds(
    Workload,
    packets=st.integers(1, 40),
    burst=st.sampled_from((1, 2, 5, 20)),
    interval=st.sampled_from((0, 300, 3000)),
    size=st.sampled_from((4, 16, 64)),
    packed=st.booleans(),
    suppress=st.booleans(),
    event_idx=st.booleans(),
    idle=st.booleans(),
    spurious=st.sampled_from((0, 0, 1, 7)),
    tick=st.sampled_from((0, 6_000, 100_000)),
    disk=st.sampled_from((0, 0, 3)),
)


@settings(max_examples=25, deadline=None)
@given(
    _WORKLOADS,
    st.sampled_from(("GICv2", "GICv3", "GICv4.0", "GICv4.1")),
    st.sampled_from(("MSI", "INTX", "ASSIGNED")),
    st.sampled_from((0, 0, 2)),
    st.sampled_from((2, 4)),
    st.sampled_from((1, 1, 2, 3)),
    st.sampled_from((0, 2, 4)),
    st.booleans(),
    st.sampled_from((1, 1, 2, 3)),
)
def test_every_packet_arrives_once_and_in_order(
    load: Workload,
    generation: str,
    delivery: str,
    pressure: int,
    list_registers: int,
    vcpus: int,
    pes: int,
    migrate: bool,
    guests: int,
) -> None:
    """Bursts, small rings, notifications suppressed or spurious, back-pressure on the machine's buses; several vCPUs and guests,
    on PEs of their own or one, where they stay or not. Two List registers are the least: of a single one UIE says at once that
    it has underflowed."""
    delivery = "MSI" if generation == "GICv2" and delivery == "ASSIGNED" else delivery
    # of vCPUs that share a PE each clock ticks as much less often: a PE has no time for more, and would do nothing else
    load = replace(load, tick=load.tick * sharing(guests, vcpus, pes))
    found = run(
        load, generation, delivery, pressure=pressure, list_registers=list_registers, vcpus=vcpus, pes=pes, migrate=migrate,
        guests=guests,
    )  # fmt: skip
    numbers = [packet.number for packet in found.packets]
    assert sorted(numbers) == sorted(list(range(load.packets)) * guests)
    assert guests > 1 or numbers == list(range(load.packets))


@dataclass(frozen=True)
class Case:
    """What is run: a workload, a delivery, costs."""

    load: Workload
    delivery: str = "MSI"
    generation: str = "GICv3"
    vcpus: int = 1
    pes: int = 0
    cycles: Cycles | None = None
    list_registers: int = 4
    migrate: bool = False
    guests: int = 1
    at_sync: bool = False

    def run(self) -> None:
        """Raises `CheckError`."""
        run(
            self.load,
            self.generation,
            self.delivery,
            cycles=self.cycles,
            vcpus=self.vcpus,
            pes=self.pes,
            list_registers=self.list_registers,
            migrate=self.migrate,
            guests=self.guests,
            at_sync=self.at_sync,
        )


#: Without a clock, whose interrupts would make up for one that is lost.
quiet: Final = partial(Workload, tick=0)
#: One packet at a time; bursts; a guest that is busy while its packets come back; a ring that is full; the wire.
IDLE: Final = Case(quiet(6, idle=True))
BURSTS: Final = Case(quiet(60, burst=6, interval=700))
BUSY: Final = Case(quiet(4, interval=150_000))
FULL: Final = Case(quiet(60, burst=60, size=4))
WIRE: Final = Case(quiet(60, burst=3, interval=1500), delivery="INTX")
#: Responses that come at any time of the guest's way to WFI; while its poll ends; while it is masked; after it has read the ISR.
BLOCKING: Final = Case(quiet(150, idle=True, interval=12_000))
POLLING: Final = Case(quiet(8, burst=2, idle=True, interval=500), cycles=Cycles(gap=0, respond=1860))
MASKED: Final = Case(quiet(20, burst=6, idle=True, interval=500, suppress=False, event_idx=False), cycles=Cycles(gap=540))
READING: Final = Case(
    quiet(20, burst=3, idle=True, interval=500, suppress=False, event_idx=False), delivery="INTX", cycles=Cycles(gap=8600)
)
#: The same on the way to WFI, where the doorbell of a GICv4 begins to count.
DOORBELL: Final = Case(quiet(80, idle=True, interval=4_400), "ASSIGNED", "GICv4.0")
DOORBELL_41: Final = Case(quiet(80, idle=True, interval=4_400), "ASSIGNED", "GICv4.1")
#: With an ITS that keeps what it maps to itself until a SYNC.
AT_SYNC: Final = Case(quiet(6, idle=True), "ASSIGNED", at_sync=True)
#: Two vCPUs that call each other.
CALLS: Final = Case(quiet(12, burst=2, interval=700), vcpus=2)
#: Three of them on one PE.
SHARED: Final = Case(quiet(12, burst=2, interval=700), vcpus=3, pes=2)
#: With a GICv2: messages, which are SPIs; the wire, whose interrupt is active while the vCPU is put; three vCPUs on PEs of
#: their own, and on one.
V2_BURSTS: Final = Case(quiet(60, burst=6, interval=700), generation="GICv2")
V2_WIRE: Final = Case(quiet(60, burst=3, interval=1500), "INTX", "GICv2")
V2_CALLS: Final = Case(quiet(12, burst=2, interval=700), generation="GICv2", vcpus=3)
V2_SHARED: Final = Case(quiet(12, burst=2, interval=700), generation="GICv2", vcpus=3, pes=2)
#: More interrupts than List registers while the guest has other work: all but one of its vCPUs say that they have been called.
FEW: Final = Case(quiet(24, burst=3, interval=60_000), vcpus=6, list_registers=2)
V2_FEW: Final = Case(quiet(24, burst=3, interval=60_000), generation="GICv2", vcpus=4, list_registers=2)
#: Timers: of a guest that does other work; of vCPUs that share a PE, and block.
TICKS: Final = Case(Workload(6, interval=60_000, tick=7000), "ASSIGNED")
V2_TICKS: Final = Case(Workload(6, interval=60_000, tick=7000), generation="GICv2")
SHARED_TICKS: Final = Case(Workload(12, burst=3, interval=700, tick=7000), vcpus=3, pes=2)
#: vCPUs that go from PE to PE: one that blocks, or has other work, when its packets come back; several with virtual SGIs.
MOVES: Final = Case(
    quiet(24, idle=True, interval=150_000), "ASSIGNED", "GICv4.0", pes=4, cycles=Cycles(wire=100_000), migrate=True
)
MOVES_41: Final = replace(MOVES, generation="GICv4.1")
CALLS_41: Final = Case(quiet(24, burst=3, interval=2000), "ASSIGNED", "GICv4.1", vcpus=3, pes=4, migrate=True)
#: Several guests on one PE, which take turns: with the wire, with VLPIs, with timers.
GUESTS: Final = Case(quiet(30, burst=3, interval=700), "INTX", guests=3, pes=2)
V2_GUESTS: Final = replace(GUESTS, generation="GICv2")
GUESTS_41: Final = replace(GUESTS, delivery="ASSIGNED", generation="GICv4.1")
GUESTS_TICKS: Final = Case(Workload(30, burst=3, interval=5000, tick=7000), guests=3, vcpus=2, pes=2)
#: vCPUs that are woken so often that each runs for some 3,000 cycles only.
NEVER_LONG: Final = Case(
    Workload(24, spurious=1, packed=True, size=16, tick=24_000), "INTX", "GICv4.0", guests=2, vcpus=2, pes=2, list_registers=2
)
#: A disk besides, whose requests overtake each other.
DISK: Final = Case(quiet(24, burst=3, interval=700, disk=6))
DISK_WIRE: Final = replace(DISK, delivery="INTX")
DISK_41: Final = replace(DISK, delivery="ASSIGNED", generation="GICv4.1")
CASES: Final = {
    "idle": IDLE, "bursts": BURSTS, "busy": BUSY, "full": FULL, "wire": WIRE, "blocking": BLOCKING, "polling": POLLING,
    "masked": MASKED, "reading": READING, "doorbell": DOORBELL, "doorbell of GICv4.1": DOORBELL_41, "calls": CALLS,
    "shared": SHARED, "GICv2, bursts": V2_BURSTS, "GICv2, wire": V2_WIRE, "GICv2, calls": V2_CALLS, "GICv2, shared": V2_SHARED,
    "few List registers": FEW, "GICv2, few List registers": V2_FEW, "ticks": TICKS, "GICv2, ticks": V2_TICKS,
    "shared, ticks": SHARED_TICKS,
    "moves": MOVES, "moves, GICv4.1": MOVES_41, "calls, GICv4.1": CALLS_41,
    "guests": GUESTS, "GICv2, guests": V2_GUESTS, "guests, GICv4.1": GUESTS_41, "guests, ticks": GUESTS_TICKS,
    "disk": DISK, "disk, wire": DISK_WIRE, "disk, GICv4.1": DISK_41,
}  # fmt: skip

#: What says that a packet never comes, also where the clock ticks on; and that there is an interrupt too many, or one too few of
#: a timer.
HANGS: Final = "these still wait"
LOST_TICK: Final = "the timer's interrupt is lost"
TOO_MANY: Final = "and nobody sent it"


@dataclass(frozen=True)
class Bug:
    """In a module of the software: its text and that with the bug; what says so, when what is run."""

    module: str
    old: str
    new: str
    says: str
    case: Case


_VMOVP: Final = (
    "await self._its.run(vmovp(vpe.number, pe.index, doorbell=vpe.doorbell if self._v41 else None), vsync(vpe.number))"
)
BUGS: Final = {
    "level not resampled": Bug("host.kvm", "await self._resamplefd.signal(by)", "pass", HANGS, READING),
    "level stays up": Bug("host.kvm", "await self._vm.inject(intid, by, level=False)", "pass", TOO_MANY, WIRE),
    "end of a level not asked for": Bug(
        "kvm.flush", "irq.edge:\n        eoi = True", "irq.edge:\n        eoi = False", TOO_MANY, WIRE
    ),
    "List register overwritten while active": Bug("kvm.fold", "irq.active = lr.active", "pass", TOO_MANY, WIRE),
    "pending lost at an exit": Bug("kvm.fold", "irq.edge and lr.pending", "False", HANGS, MASKED),
    "pending stays when it is in a List register": Bug(
        "kvm.flush", "            irq.pending_latch = False\n", "            pass\n", TOO_MANY, IDLE
    ),
    "wake missed between the last check and the block": Bug(
        "host.vcpu",
        "        await self.put(thread, blocking=True)\n",
        "        runnable = self._vm.runnable(vcpu, thread.cpu.pe.now)\n        await self.put(thread)\n"
        "        if not runnable:\n            vcpu.blocking = True\n            await thread.block()\n"
        "            await self.load(thread)\n            return\n",
        HANGS,
        BLOCKING,
    ),
    "kick lost between enabling interrupts and the last look": Bug(
        "guest.virtio_net", "if self.rx.virtqueue_poll(mark):", "if False:", HANGS, POLLING
    ),
    "queue stopped without an interrupt": Bug("guest.virtio_net", "not tx.virtqueue_enable_cb_delayed()", "False", HANGS, FULL),
    "running vCPU not kicked": Bug(
        "host.kvm", "elif vcpu.mode is Mode.IN_GUEST and thread.cpu is not by:", "elif False:", "late", BUSY
    ),
    "idle PE not told": Bug(
        "host.scheduler", "if cpu is not by and (cpu.idle or (cpu.in_guest and cpu.need_resched)):", "if False:", HANGS, IDLE
    ),
    "whoever is woken preempts at once": Bug("host.scheduler", "if self.pe.now >= end:", "if True:", LOST_TICK, NEVER_LONG),
    "signal lost while it is called back": Bug(
        "host.event_loop",
        "            if fd.read():\n                await callback(thread)",
        "            await callback(thread)\n            fd.read()",
        HANGS,
        BURSTS,
    ),
    "doorbell missed": Bug("host.kvm", "self.direct.vpes[vcpu.number].pending_last = True", "pass", HANGS, DOORBELL),
    "pending VLPI missed when the vPE leaves": Bug("host.gicv4", "bool(left & _PENDING_LAST)", "False", HANGS, DOORBELL),
    "the same, GICv4.1": Bug("host.gicv4", "bool(left & _PENDING_LAST)", "False", HANGS, DOORBELL_41),
    "Dirty not waited for": Bug("host.gicv4", "left = await self._not_dirty(pe)", "left = value", HANGS, DOORBELL),
    "doorbell not asked for": Bug("host.gicv4", "(_REQUEST_DOORBELL if blocking else _PENDING_LAST)", "0", HANGS, DOORBELL_41),
    "RDbase of MAPC as an address": Bug(
        "irqchip.its", "mapc(cpu.index, cpu.index)", "mapc(cpu.index, 0x80A)", "GITS_CREADR must", DOORBELL
    ),
    "INV missing": Bug("irqchip.its", "await self.run(inv(device, event), sync(cpu))", "pass", HANGS, IDLE),
    "SYNC missing after MAPTI": Bug(
        "irqchip.its", "inv(device, event), sync(cpu)", "inv(device, event)", "MSI_UNSYNCED", AT_SYNC
    ),
    "SGI without a kick": Bug(
        "host.kvm", "if self.vcpus[number] is not vcpu:\n", "if self.vcpus[number] is not vcpu and False:\n", HANGS, CALLS
    ),
    "SGI to the wrong vCPU": Bug(
        "kvm.vgic",
        "irq = self.vcpus[number].private[intid]",
        "irq = self.vcpus[source].private[intid]",
        "nobody has requested",
        CALLS,
    ),
    "VMCR not restored": Bug("host.world_switch", "0 if interface is None else interface.vmcr", "0", HANGS, IDLE),
    "physical SGI not deactivated": Bug("host.scheduler", "await chip.deactivate(pe, value)", "pass", HANGS, IDLE),
    "VMOVP left out": Bug("host.gicv4", f"            {_VMOVP}\n", "            pass\n", "late", MOVES),
    "VMOVP left out, GICv4.1": Bug("host.gicv4", f"            {_VMOVP}\n", "            pass\n", HANGS, MOVES_41),
    "Valid rewritten while Dirty": Bug(
        "host.gicv4",
        "        await self._not_dirty(pe)\n        vpe.pending_last",
        "        vpe.pending_last",
        f"nobody has requested|{HANGS}",
        CALLS_41,
    ),
    "configurations of a vPE at its first PE only": Bug(
        "host.gicv4",
        "        if not self._v41:\n            await",
        "        if not self._v41 and pe.index == 0:\n            await",
        HANGS,
        MOVES,
    ),
    "two at the ITS's queue": Bug("irqchip.its", "while self.locked:", "while False:", "GITS_CREADR must", CALLS_41),
    "virtual SGI not configured": Bug(
        "host.gicv4", "if vpe.sgis[intid] != wanted:", "if vpe.sgis[intid] is None:", HANGS, CALLS_41
    ),
    "virtual SGI to another vPE": Bug(
        "host.gicv4", "value = self.vpes[vcpu].number <<", "value = self.vpes[0].number <<", "nobody has requested", CALLS_41
    ),
    "doorbell of another vCPU": Bug(
        "host.kvm",
        "self.direct.vpes[vcpu.number].pending_last = True",
        "self.direct.vpes[0].pending_last = True",
        HANGS,
        CALLS_41,
    ),
    "groups of a vPE not enabled": Bug("host.gicv4", "(vpe.number | _GROUPS if", "(vpe.number if", HANGS, CALLS_41),
    "no time slices": Bug(
        "host.scheduler", "self._slice(self.pe.now + SLICE if self._queue else None)", "self._slice(None)", "late", GUESTS_41
    ),
    "time slice without an end": Bug(
        "host.scheduler",
        "self._slice_end = None\n            self.need_resched = True",
        "self._slice_end = None",
        LOST_TICK,
        GUESTS_TICKS,
    ),
    "vPE of another guest": Bug("host.gicv4", "Vpe(first + n", "Vpe(n", TOO_MANY, GUESTS_41),
    "active priorities not restored": Bug("host.world_switch", "saved.get(name, 0))", "0)", HANGS, GUESTS),
    "List registers left to another guest": Bug(
        "host.world_switch", 'await pe.msr(f"ICH_LR{n}_EL2", 0)', "pass", "LR_DUPLICATE", GUESTS_TICKS
    ),
    "GICv2: network's interrupt of the first guest only": Bug(
        "virtual_machine", "NIC_INTIDS + self._number\n            await", "NIC_INTIDS\n            await", HANGS, V2_GUESTS
    ),
    "disk: requests taken as done in their order": Bug(
        "guest.virtio_blk", "self._complete(found[0])", "self._complete(next(iter(self.requests.under_way)))", "status 0xff", DISK
    ),
    "disk: given back, and not done": Bug(
        "host.virtio_blk", "ring.push(chain.id, self._serve(core, 0, chain))", "ring.push(chain.id, 1)", "status 0xff", DISK_41
    ),
    "disk: workers not told": Bug("host.virtio_blk", "await worker.thread.wake(thread.cpu)", "pass", HANGS, DISK_WIRE),
    "disk: no interrupt": Bug("host.virtio_blk", "core.interrupt(0)", "pass", HANGS, DISK),
    "underflow not seen": Bug("kvm.flush", "vcpu.underflow = True", "pass", "late", FEW),
    "underflow not asked for": Bug("host.world_switch", "(_UIE if entry.underflow else 0)", "0", "late", FEW),
    "GICv2: underflow not asked for": Bug("host.world_switch_gicv2", "(_UIE if entry.underflow else 0)", "0", "late", V2_FEW),
    "timer: interrupt not mapped": Bug("host.kvm", "self.vgic.map_physical(VIRTUAL_TIMER, VIRTUAL_TIMER)", "pass", HANGS, TICKS),
    "timer: HW lost": Bug(
        "kvm.list_register",
        "return value | 1 << _HW | lr.physical << _PHYSICAL\n",
        "return value | lr.physical << _PHYSICAL\n",
        LOST_TICK,
        TICKS,
    ),
    "timer: active state lost": Bug(
        "host.arch_timer", "VIRTUAL_TIMER, active=active)", "VIRTUAL_TIMER, active=False)", "has come twice", SHARED_TICKS
    ),
    "timer: active state stays": Bug(
        "host.arch_timer", "VIRTUAL_TIMER, active=active)", "VIRTUAL_TIMER, active=True)", LOST_TICK, TICKS
    ),
    "GICv2, timer: active state stays": Bug(
        "host.arch_timer", "VIRTUAL_TIMER, active=active)", "VIRTUAL_TIMER, active=True)", LOST_TICK, V2_TICKS
    ),
    "timer: deactivated by the host": Bug("host.scheduler", " and intid not in self.forwarded", "", "has come twice", TICKS),
    "timer: not seen by who blocks": Bug(
        "host.kvm", " or self.timers[vcpu.number].should_fire(now)", "", LOST_TICK, SHARED_TICKS
    ),
    "timer: nobody wakes who blocks": Bug(
        "host.arch_timer", "cpu.call_at(self.state.compare, wake)", "pass", LOST_TICK, SHARED_TICKS
    ),
    "timer: registers not restored": Bug("host.arch_timer", "cpu.virtual_timer.write(self.state)", "pass", LOST_TICK, TICKS),
    "GICv2: message's SPI left level-sensitive": Bug("guest.program", "intid, edge=True)", "intid)", TOO_MANY, V2_BURSTS),
    "GICv2: List registers not read back": Bug(
        "host.world_switch_gicv2", "lr.invalid() if empty >> n & 1 else", "lr if empty >> n & 1 else", TOO_MANY, V2_BURSTS
    ),
    "GICv2: GICH_VMCR not restored": Bug(
        "host.world_switch_gicv2", "0 if interface is None else interface.vmcr", "0", HANGS, V2_BURSTS
    ),
    "GICv2: SGI's CPU not told at its end": Bug(
        "irqchip.gicv2", '"GICC_EOIR", value)', '"GICC_EOIR", value & _INTID)', HANGS, V2_CALLS
    ),
    "GICv2: SGI's targets read as its filter": Bug(
        "host.vgic_mmio_gicv2", "_FILTER, _TARGETS = 24, 16", "_FILTER, _TARGETS = 16, 24", "nobody has requested", V2_SHARED
    ),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_seen(name: str) -> None:
    """Each by the check that says so."""
    bug = BUGS[name]
    fault = InjectedFault(name, f"irqpath.software.{bug.module}", bug.old, bug.new)
    with injected(fault), pytest.raises(CheckError) as error:
        bug.case.run()
    assert re.search(bug.says, str(error.value)), error.value


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_without_a_bug_all_is_well(case: Case) -> None:
    """The same workloads."""
    case.run()
