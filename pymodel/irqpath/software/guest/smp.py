"""More than one vCPU: the others are switched on by the first (PSCI), and called by SGIs, as smp_call_function_single does."""

from __future__ import annotations

from typing import Final

from irqpath.software.guest.kernel import Kernel

#: SGIs: a vCPU is called, and has done what it was called for.
CALL, DONE = 1, 2


class Secondary:
    """What a vCPU that is not the first does: it waits for calls. `last`: the next one is the last."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel: Final = kernel
        self.calls = 0
        self.last = False
        self._stop = False
        kernel.request_irq(CALL, self._called)

    async def run(self) -> None:
        """secondary_start_kernel."""
        cpu = self.kernel.cpu
        await self.kernel.chip.init_cpu(cpu)
        cpu.masked = False
        await self.kernel.wait_for(lambda: self._stop)

    async def _called(self) -> None:
        self.calls += 1
        self._stop = self.last  # before the other side goes on
        await self.kernel.chip.send_sgi(self.kernel.cpu, DONE, 0)


class Caller:
    """The first vCPU's side. `done`: calls that have been done."""

    def __init__(self, kernel: Kernel, others: list[Secondary]) -> None:
        self.done = 0
        self._kernel = kernel
        self._others = others
        kernel.request_irq(DONE, self._answered)

    async def start(self) -> None:
        """CPU_ON for each of the others."""
        for other in self._others:
            await self._kernel.cpu.cpu_on(other.kernel.cpu.index)

    async def call(self, *, stop: bool = False) -> None:
        """Call each of the others and wait until it has done it; `stop`: it then ends."""
        for other in self._others:
            before = self.done
            other.last = stop
            await self._kernel.chip.send_sgi(self._kernel.cpu, CALL, other.kernel.cpu.index)
            await self._kernel.wait_for(lambda before=before: self.done > before)  # type: ignore[misc]  # of this turn

    async def _answered(self) -> None:
        self.done += 1
