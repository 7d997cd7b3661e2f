"""More than one vCPU: the others are switched on by the first (PSCI), and called by SGIs, as smp_call_function_single does."""

from __future__ import annotations

from typing import Final

from irqpath.software.guest.kernel import Kernel
from irqpath.software.guest.tick import Tick

#: SGIs: a vCPU is called; from this one on, a vCPU has done what it was called for: each has its own, while there are so many.
CALL, DONE = 1, 2
_RESPONSES: Final = 14


class Secondary:
    """What a vCPU that is not the first does: it waits for calls. `last`: the next one is the last."""

    def __init__(self, kernel: Kernel, tick: int) -> None:
        """`tick`: cycles between two ticks of its clock."""
        self.kernel: Final = kernel
        self.clock: Final = Tick(kernel, tick)
        self.calls = 0
        self.last = False
        self._stop = False
        kernel.request_irq(CALL, self._called)

    async def run(self) -> None:
        """secondary_start_kernel."""
        cpu = self.kernel.cpu
        await self.kernel.chip.init_cpu(cpu)
        await self.clock.start()
        cpu.masked = False
        await self.kernel.wait_for(lambda: self._stop)
        await self.clock.stop()

    async def _called(self) -> None:
        self.calls += 1
        self._stop = self.last  # before the other side goes on
        await self.kernel.chip.send_sgi(self.kernel.cpu, response_sgi(self.kernel.cpu.index), 0)


def response_sgi(vcpu: int) -> int:
    """The SGI by which a vCPU says that it has done what it was called for."""
    return DONE + vcpu % _RESPONSES


class Caller:
    """The first vCPU's side. `calls`: of each of the others so far."""

    def __init__(self, kernel: Kernel, others: list[Secondary], handler: int) -> None:
        """`handler`: cycles of a response's."""
        self.calls = 0
        self._kernel = kernel
        self._others = others
        self._handler = handler
        for other in others:
            kernel.request_irq(response_sgi(other.kernel.cpu.index), self._responded)

    async def start(self) -> None:
        """CPU_ON for each of the others."""
        for other in self._others:
            await self._kernel.cpu.cpu_on(other.kernel.cpu.index)

    async def call(self, *, stop: bool = False) -> None:
        """smp_call_function: call the others, and wait until all have done it; `stop`: they then end."""
        self.calls += 1
        kernel = self._kernel
        for other in self._others:
            other.last = stop
            await kernel.chip.send_sgi(kernel.cpu, CALL, other.kernel.cpu.index)
        if self._others:
            await kernel.wait_for(lambda: all(other.calls == self.calls for other in self._others))

    async def _responded(self) -> None:
        await self._kernel.cpu.spend(self._handler)
