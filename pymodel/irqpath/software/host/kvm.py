"""KVM: a virtual machine with its vCPUs, its interrupt controller, and how interrupts and kicks get in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from irqpath.config.sizes import VirtualConfig
from irqpath.core.link import block_number
from irqpath.software.cpu.exits import Exit, Reason
from irqpath.software.cpu.guest_mode import GuestCpu
from irqpath.software.cpu.timer import VIRTUAL_TIMER
from irqpath.software.host.arch_timer import VirtualTimer
from irqpath.software.host.eventfd import EventFd
from irqpath.software.host.gicv4 import Gicv4
from irqpath.software.host.scheduler import HostCpu, Thread
from irqpath.software.host.vgic_its import VgicIts
from irqpath.software.host.vgic_mmio import VgicMmio
from irqpath.software.host.vgic_mmio_gicv2 import VgicMmioGicv2
from irqpath.software.host.world_switch import Switch
from irqpath.software.kvm.interrupt import VgicIrq
from irqpath.software.kvm.vgic import Vgic, sgi1r_targets
from irqpath.virtio.port import RingPort

#: LPIs of a guest have so many bits of INTID.
INTID_BITS: Final = 16
_PROPERTIES: Final = 0xF_FFFF_FFFF_F000


class Mode(Enum):
    """Where a vCPU's thread is (vcpu->mode)."""

    OUTSIDE = 0
    IN_GUEST = 1


@dataclass(slots=True)
class Counts:
    """Of a virtual machine: exits by reason, and how many went on to QEMU; kicks of vCPUs in guest mode, wakes of blocked ones;
    interrupts that were injected, doorbells, List registers that were written."""

    exits: dict[Reason, int] = field(default_factory=lambda: dict.fromkeys(Reason, 0))
    user: int = 0
    kicks: int = 0
    wakes: int = 0
    injections: int = 0
    doorbells: int = 0
    list_registers: int = 0


@dataclass(slots=True)
class Vcpu:
    """What KVM has of a vCPU besides the vgic. `request`: an interrupt has come for it since it last looked
    (KVM_REQ_IRQ_PENDING); `thread`: in which it runs, once it has one; `powered`: it has been switched on; `blocking`: it looks
    for a reason to run, and blocks."""

    cpu: GuestCpu
    mode: Mode = Mode.OUTSIDE
    request: bool = False
    blocking: bool = False
    powered: bool = False
    thread: Thread | None = None

    @property
    def number(self) -> int:
        """Its number."""
        return self.cpu.index


class Vm:
    """A virtual machine with a GICv3 or GICv2. `presented` is told each INTID that is written, pending, into a List register."""

    def __init__(self, vcpus: list[Vcpu], memory: RingPort, switch: Switch, virtual: VirtualConfig, spis: int) -> None:
        self.vcpus: Final = vcpus
        self.counts: Final = Counts()
        self.ended: list[int] = []
        self.switch: Final = switch
        count, gicv2 = virtual.list_registers, virtual.gicv2
        self.vgic: Final = Vgic(
            len(vcpus), list_registers=count, gicv2=gicv2, ended=self._ended, physical_level=self._timer_level
        )
        self.timers: Final = [VirtualTimer(self.vgic, vcpu.number) for vcpu in vcpus]
        self.vgic.map_physical(VIRTUAL_TIMER, VIRTUAL_TIMER)
        self.mmio: Final = VgicMmioGicv2(self.vgic, spis) if gicv2 else VgicMmio(self.vgic, spis, INTID_BITS)
        self.its: Final = VgicIts(self.vgic, memory, self._properties)
        #: GICv4, and the device whose interrupts it delivers
        self.direct: Gicv4 | None = None
        self.direct_device = -1
        self.presented: Callable[[int], None] = _nobody_listens
        #: by region and offset: what a write of the guest signals (ioeventfd)
        self.ioeventfds: Final[dict[tuple[str, int], EventFd]] = {}
        #: by INTID: what is signalled when the guest is done with a level-sensitive interrupt (resamplefd)
        self.resamplers: Final[dict[int, Irqfd]] = {}
        for vcpu in vcpus:
            for irq in self.vgic.vcpus[vcpu.number].private.values():
                irq.enabled = False

    def _timer_level(self, irq: VgicIrq) -> bool:
        vcpu = self.vcpus[irq.target]
        return self.timers[irq.target].should_fire(vcpu.cpu.now)

    def _ended(self, intid: int) -> None:
        self.ended.append(intid)

    def _properties(self) -> int:
        return self.mmio.registers.get(("gicr0", "GICR_PROPBASER0"), 0) & _PROPERTIES

    # --- interrupts in --------------------------------------------------------------------------------------------------

    async def inject(self, intid: int, by: HostCpu, *, level: bool = True, vcpu: int = 0) -> None:
        """kvm_vgic_inject_irq, by code that runs on `by`: the vCPU that is to have it is kicked."""
        self.counts.injections += 1
        await by.pe.spend(by.cycles.inject)
        self.vgic.inject(intid, level=level, vcpu=vcpu)
        irq = self.vgic.irq(intid, vcpu)
        if irq.pending and irq.enabled:
            await self.kick(self.vcpus[irq.target], by)

    async def kick(self, vcpu: Vcpu, by: HostCpu) -> None:
        """kvm_vcpu_kick: a blocked vCPU is woken, one in guest mode on another PE is told by an SGI; one that is about to enter
        sees the request."""
        vcpu.request = True
        thread = vcpu.thread
        if thread is None:
            return
        if vcpu.blocking:
            self.counts.wakes += 1
            await thread.wake(by)
        elif vcpu.mode is Mode.IN_GUEST and thread.cpu is not by:
            self.counts.kicks += 1
            await by.send_reschedule(thread.cpu)

    def route(self, device: int, data: int) -> int | None:
        """kvm_set_msi: the interrupt that a message of `device` is, None where it is none; with GICv2 its data is the SPI."""
        return data if self.vgic.gicv2 else self.its.translate(device, data)

    async def send_sgi(self, value: int, vcpu: Vcpu, by: HostCpu) -> None:
        """A guest's write of ICC_SGI1R_EL1, trapped."""
        if self.direct is None or not self.direct.sgis:
            await self._sent_sgi(self.vgic.sgi1r(value, vcpu.number), vcpu, by)
            return
        intid, targets = sgi1r_targets(value, vcpu.number, len(self.vcpus))
        for number in targets:
            await self.direct.send_sgi(intid, number, by.pe)

    async def _sent_sgi(self, targets: tuple[int, ...], vcpu: Vcpu, by: HostCpu) -> None:
        for number in targets:
            if self.vcpus[number] is not vcpu:
                await self.kick(self.vcpus[number], by)

    async def cpu_on(self, number: int, by: HostCpu) -> None:
        """kvm_psci_vcpu_on."""
        vcpu = self.vcpus[number]
        vcpu.powered = True
        if vcpu.thread is not None:
            await vcpu.thread.wake(by)

    def runnable(self, vcpu: Vcpu, now: int) -> bool:
        """kvm_arch_vcpu_runnable: an interrupt would be signalled to it, a VLPI waits, or its timer asks for its interrupt."""
        if (self.direct is not None and self.direct.vpes[vcpu.number].pending_last) or self.timers[vcpu.number].should_fire(now):
            return True
        state = self.vgic.vcpus[vcpu.number]
        mask = 0xFF if state.interface is None else self.switch.mask(state.interface)
        return any(irq.pending and irq.enabled and not irq.active and irq.priority < mask for irq in state.ap_list)

    async def doorbell(self, vcpu: Vcpu, by: HostCpu) -> None:
        """vgic_v4_doorbell_handler: a VLPI or SGI waits for the vCPU."""
        assert self.direct is not None  # whose doorbell it is
        self.direct.vpes[vcpu.number].pending_last = True
        self.counts.doorbells += 1
        await self.kick(vcpu, by)

    # --- exits that KVM deals with --------------------------------------------------------------------------------------

    async def emulate(self, exit_: Exit, vcpu: Vcpu, by: HostCpu) -> bool:
        """A vCPU's access to the interrupt controller, or an ioeventfd; whether it was one."""
        notified = self.ioeventfds.get((exit_.block, exit_.offset)) if exit_.value is not None else None
        if notified is not None:
            await notified.signal(by)
            return True
        if not exit_.block.startswith(("gicd", "gicr", "its")):
            return False
        await by.pe.spend(by.cycles.vgic)
        if exit_.block.startswith("its"):
            if exit_.value is None:
                exit_.result = self.its.read(exit_.offset, exit_.size)
            else:
                self.its.write(exit_.offset, exit_.value)
                await self._forward()
        elif exit_.value is None:
            exit_.result = self.mmio.read(exit_.block, exit_.offset, exit_.size, vcpu.number)
        else:
            sent = self.mmio.write(exit_.block, exit_.offset, exit_.size, exit_.value, vcpu.number)
            await self._sent_sgi(sent, vcpu, by)
            if self.direct is not None and self.direct.sgis and exit_.block.startswith("gicr"):
                await self.direct.configure_sgis(self.vgic.vcpus[block_number(exit_.block)])
        return True

    async def _forward(self) -> None:
        """What the guest has mapped and configured, for GICv4."""
        mapped, configured = list(self.its.mapped), list(self.its.configured)
        self.its.mapped.clear()
        self.its.configured.clear()
        if self.direct is None:
            return
        for device, event, intid in mapped:
            if device == self.direct_device:
                await self.direct.forward(device, event, intid, self.vgic.irq(intid).target)
        for intid in configured:
            irq = self.vgic.irq(intid)
            await self.direct.configure(intid, enabled=irq.enabled, priority=irq.priority)

    async def resample(self, by: HostCpu) -> None:
        """kvm_notify_acked_irq, for what has ended since the last time."""
        while self.ended:
            irqfd = self.resamplers.get(self.ended.pop(0))
            if irqfd is not None:
                await irqfd.resample(by)


class Irqfd:
    """irqfd: `fd` injects an interrupt when it is signalled. A level-sensitive one (`resamplefd`) stays up until the guest is
    done with it; then it falls, and `resamplefd` is signalled, so that whoever drives it looks whether it is still due."""

    def __init__(self, vm: Vm, fd: EventFd, intid: Callable[[], int | None], resamplefd: EventFd | None = None) -> None:
        """`intid`: the route, None where it leads nowhere."""
        self._vm = vm
        self._fd = fd
        self._intid = intid
        self._resamplefd = resamplefd
        fd.sink = self._wakeup
        route = intid()
        if resamplefd is not None and route is not None:
            vm.resamplers[route] = self

    async def _wakeup(self, by: HostCpu) -> None:
        """irqfd_wakeup."""
        self._fd.read()
        intid = self._intid()
        if intid is not None:
            await self._vm.inject(intid, by)

    async def resample(self, by: HostCpu) -> None:
        """irqfd_resampler_ack: the level falls, and is asked for."""
        intid = self._intid()
        assert intid is not None and self._resamplefd is not None  # that is how it is known here
        await self._vm.inject(intid, by, level=False)
        await self._resamplefd.signal(by)


def _nobody_listens(intid: int) -> None:
    del intid
