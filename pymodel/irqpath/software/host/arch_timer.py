"""KVM's virtual timers (arch/arm64/kvm/arch_timer.c): a vCPU's timer is that of its PE while it is loaded; its interrupt is taken
by the host and forwarded (HW=1), so that the guest's end of it deactivates the physical one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.software.cpu.timer import VIRTUAL_TIMER, TimerState
from irqpath.software.host.scheduler import HostCpu
from irqpath.software.kvm.vgic import Vgic


class VirtualTimer:
    """The timer of vCPU `number`. `state`: its registers while it is not loaded."""

    def __init__(self, vgic: Vgic, number: int) -> None:
        self._vgic = vgic
        self._number = number
        self._cpu: HostCpu | None = None
        self.state = TimerState()

    def should_fire(self, now: int) -> bool:
        """kvm_timer_should_fire."""
        state = self.state if self._cpu is None else self._cpu.virtual_timer.state
        return state.output(now)

    async def load(self, cpu: HostCpu) -> None:
        """kvm_timer_vcpu_load: what the guest has of the interrupt, or is about to have, the host does not take."""
        level = self.should_fire(cpu.pe.now)
        active = self._vgic.timer_loaded(VIRTUAL_TIMER, self._number, level=level)
        await cpu.chip.set_active(cpu.pe, VIRTUAL_TIMER, active=active)
        self._cpu, cpu.timer_owner = cpu, self
        cpu.virtual_timer.write(self.state)

    def put(self, cpu: HostCpu) -> None:
        """kvm_timer_vcpu_put."""
        self.state = cpu.virtual_timer.state
        cpu.virtual_timer.write(TimerState())
        self._cpu = cpu.timer_owner = None

    def block(self, cpu: HostCpu, wake: Callable[[HostCpu], Awaitable[None]]) -> None:
        """kvm_timer_blocking: the host wakes the vCPU when its cycle comes."""
        if self.state.armed:
            cpu.call_at(self.state.compare, wake)

    def fired(self) -> None:
        """kvm_arch_timer_handler: the physical interrupt. Raises `CheckError` where the guest has the last one still: active
        until the guest's end."""
        irq = self._vgic.irq(VIRTUAL_TIMER, self._number)
        if irq.line_level or irq.active:
            raise CheckError(f"vCPU {self._number}: its timer's interrupt has come twice: the guest has not ended the first")
        self._vgic.inject(VIRTUAL_TIMER, level=True, vcpu=self._number)


async def timer_interrupt(cpu: HostCpu) -> None:
    """Of the timer of a PE: the vCPU that is loaded there has it; without one it is late, and nobody's."""
    owner: Final = cpu.timer_owner
    if owner is not None and owner.should_fire(cpu.pe.now):
        owner.fired()
