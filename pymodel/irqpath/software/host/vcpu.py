"""The thread of a vCPU: KVM_RUN, which enters the guest and deals with its exits (arch/arm64/kvm/arm.c), and QEMU around it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Final

from irqpath.core.errors import CheckError
from irqpath.software.cpu.exits import Exit, Reason, Running
from irqpath.software.host.kvm import Mode, Vcpu, Vm
from irqpath.software.host.scheduler import Thread

#: QEMU's device emulation: an access that KVM knows nothing of.
UserExit = Callable[[Exit, Thread], Awaitable[None]]


class VcpuThread:
    """Runs `program` on a vCPU. `trapped` is told each exit, before it is dealt with."""

    def __init__(
        self,
        vm: Vm,
        vcpu: Vcpu,
        program: Coroutine[Any, Any, None],
        user: UserExit,
        trapped: Callable[[Exit], None],
    ) -> None:
        self._vm = vm
        self._vcpu = vcpu
        self._switch = vm.switch
        self._guest = Running(program)
        self._user = user
        self._trapped = trapped
        self.ended = False

    async def run(self, thread: Thread) -> None:
        """Until the guest's program has ended."""
        self._vcpu.thread = thread
        while not self._vcpu.powered:
            await thread.block()
        await self.load(thread)
        while (found := await self._enter(thread)) is not None:
            await self._handle(found, thread)
            if thread.cpu.need_resched:  # (xfer_to_guest_mode_handle_work)
                await self.put(thread)
                await thread.give_way()
                await self.load(thread)
        await self.put(thread)
        self.ended = True

    async def load(self, thread: Thread) -> None:
        """kvm_arch_vcpu_load."""
        await thread.cpu.pe.spend(thread.cpu.cycles.load)
        await self._switch.load(thread.cpu.pe, self._vm.vgic.load(self._vcpu.number))
        if self._vm.direct is not None:
            await self._vm.direct.load(thread.cpu.pe, self._vcpu.number)
        await self._vm.timers[self._vcpu.number].load(thread.cpu)
        self._vcpu.cpu.loaded(thread.cpu.pe, thread.cpu.virtual_timer)

    async def put(self, thread: Thread, *, blocking: bool = False) -> None:
        """kvm_arch_vcpu_put; `blocking`: it does not come back by itself."""
        await thread.cpu.pe.spend(thread.cpu.cycles.put)
        self._vm.timers[self._vcpu.number].put(thread.cpu)
        self._vm.vgic.put(self._vcpu.number, await self._switch.put(thread.cpu.pe))
        if self._vm.direct is not None:
            await self._vm.direct.put(thread.cpu.pe, self._vcpu.number, blocking=blocking)
        self._vcpu.cpu.loaded(None, None)

    async def _enter(self, thread: Thread) -> Exit | None:
        """Enter the guest once; its exit, None if it has ended. An exit for a request that came meanwhile is an interrupt's."""
        vm, vcpu, cpu = self._vm, self._vcpu, thread.cpu
        vcpu.request = False
        entry = vm.vgic.flush(vcpu.number)
        vcpu.mode, cpu.in_guest = Mode.IN_GUEST, True
        await cpu.pe.spend(cpu.cycles.entry)
        if vcpu.request:
            vcpu.mode, cpu.in_guest = Mode.OUTSIDE, False
            vm.vgic.fold(vcpu.number, entry.list_registers)
            return _REQUESTED
        await self._switch.enter(cpu.pe, entry)
        vm.counts.list_registers += len(entry.list_registers)
        for lr in entry.list_registers:
            if lr.pending:
                vm.presented(lr.intid)
        found: Exit | None = await self._guest.until(Exit)
        vcpu.mode, cpu.in_guest = Mode.OUTSIDE, False
        if found is not None:
            self._trapped(found)
        back = await self._switch.leave(cpu.pe, entry.list_registers)
        await cpu.pe.spend(cpu.cycles.exit)
        for physical in vm.vgic.fold(vcpu.number, back):
            await cpu.chip.set_active(cpu.pe, physical, active=False)
        await vm.resample(cpu)
        await cpu.take_interrupts()
        return found

    async def _handle(self, found: Exit, thread: Thread) -> None:
        """handle_exit. Raises `CheckError` for an exit that means nothing."""
        vm, cpu = self._vm, thread.cpu
        if found is _REQUESTED:
            return
        vm.counts.exits[found.reason] += 1
        if found.reason is Reason.WFI:
            await self._block(thread)
        elif found.reason is Reason.HVC and found.value is not None:
            await vm.cpu_on(found.value, cpu)
        elif found.reason is Reason.SYSREG:
            await self._sysreg(found, thread)
        elif found.reason is Reason.MMIO and not await vm.emulate(found, self._vcpu, cpu):
            vm.counts.user += 1
            await self.put(thread)
            await cpu.spend(cpu.cycles.user)
            await self._user(found, thread)
            await self.load(thread)

    async def _sysreg(self, found: Exit, thread: Thread) -> None:
        if found.name != "ICC_SGI1R_EL1" or found.value is None:
            raise CheckError(f"vCPU {self._vcpu.number}: an access to {found.name} trapped, which KVM does not emulate")
        await self._vm.send_sgi(found.value, self._vcpu, thread.cpu)

    async def _block(self, thread: Thread) -> None:
        """kvm_vcpu_halt: put, then block until there is a reason to run; whoever brings one about looks at `blocking`."""
        vcpu = self._vcpu
        await self.put(thread, blocking=True)
        vcpu.blocking = True
        self._vm.timers[vcpu.number].block(thread.cpu, partial(self._vm.kick, vcpu))
        while not self._vm.runnable(vcpu, thread.cpu.pe.now):
            await thread.block()
        vcpu.blocking = False
        await self.load(thread)


#: Stands for the exit of a guest that was not entered.
_REQUESTED: Final = Exit(Reason.INTERRUPT)
