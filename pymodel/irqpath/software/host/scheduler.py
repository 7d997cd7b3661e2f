"""The host's kernel on each PE: its interrupts, and threads that take turns: a run queue for each PE. Whoever is woken
preempts a guest that runs there; there are no time slices.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Final

from irqpath.core.errors import CheckError
from irqpath.core.transactions import PeState
from irqpath.sim.platform import IRQ, Pe
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.cpu.exits import Running
from irqpath.software.irqchip.chip import FIRST_SPECIAL, LAST_SPECIAL, Chip

#: The SGI by which a PE is told to look at its run queue, or a vCPU to leave guest mode (IPI_RESCHEDULE).
RESCHEDULE: Final = 0
#: The host's kernel runs at EL2 (VHE).
HYPERVISOR: Final = PeState(2)


class HostCpu:
    """The kernel on one PE. `chip`: the interrupt controller's driver; `idle`: it waits for an interrupt; `in_guest`: a guest
    runs; `interrupts`: how many it has taken."""

    def __init__(self, pe: Pe, chip: Chip, cycles: Cycles) -> None:
        self.pe: Final = pe
        self.chip: Final = chip
        self.cycles: Final = cycles
        self.idle = False
        self.in_guest = False
        self.interrupts = 0
        self.stopping = False
        self._queue: deque[Thread] = deque()
        self._handlers: dict[int, Callable[[HostCpu], Awaitable[None]]] = {RESCHEDULE: _rescheduled}

    def request_irq(self, intid: int, handler: Callable[[HostCpu], Awaitable[None]]) -> None:
        """From now on `handler` is called at this physical interrupt."""
        self._handlers[intid] = handler

    async def run(self) -> None:
        """Threads in turn; without any, wait for an interrupt. Until `stopping`."""
        while not self.stopping:
            if self._queue:
                thread = self._queue.popleft()
                await self.pe.spend(self.cycles.wake)
                await thread.go_on()
            else:
                self.idle = True
                await self.pe.wait_interrupt()
                self.idle = False
            await self.take_interrupts()

    async def take_interrupts(self) -> None:
        """gic_handle_irq for each that is signalled; all are deactivated, none is left to a guest."""
        pe, chip = self.pe, self.chip
        while pe.lines & IRQ:
            value = await chip.acknowledge(pe)
            intid = chip.intid(value)
            if FIRST_SPECIAL <= intid <= LAST_SPECIAL:
                continue
            self.interrupts += 1
            await chip.end(pe, value)
            handler = self._handlers.get(intid)
            if handler is None:
                raise CheckError(f"PE {pe.index}: the host has INTID {intid}, which nobody has requested")
            await handler(self)
            if intid < FIRST_SPECIAL:
                await chip.deactivate(pe, value)

    async def spend(self, cycles: int) -> None:
        """A thread works for that many cycles; interrupts come in between."""
        end = self.pe.now + cycles
        while (left := end - self.pe.now) > 0:
            await self.pe.wait_interrupt(left)
            if self.pe.now < end:
                await self.take_interrupts()

    async def send_reschedule(self, target: HostCpu) -> None:
        """smp_send_reschedule: the SGI to another PE."""
        await self.chip.send_sgi(self.pe, RESCHEDULE, target.pe.index)

    @property
    def contended(self) -> bool:
        """need_resched: another thread is to run here."""
        return bool(self._queue)

    def enqueue(self, thread: Thread) -> None:
        """The thread is to run here."""
        self._queue.append(thread)


async def _rescheduled(cpu: HostCpu) -> None:
    """Nothing to do: whoever was interrupted looks at the run queue."""
    del cpu


class _Block:
    def __await__(self) -> Generator[Any, None, None]:
        yield self


class Thread:
    """A thread of the host. `cpu`: the PE that it runs on; `blocked`: it waits until it is woken. `body` is given the thread."""

    def __init__(self, name: str, cpu: HostCpu, body: Callable[[Thread], Coroutine[Any, Any, None]]) -> None:
        self.name: Final = name
        self.cpu = cpu
        self.blocked = False
        self.ended = False
        self._running = Running(body(self))
        cpu.enqueue(self)

    async def go_on(self) -> None:
        """It runs until it blocks or ends."""
        if await self._running.until(_Block) is None:
            self.ended = True

    async def block(self) -> None:
        """schedule(): wait until woken. Whoever blocks has looked before whether there is something to do, and looks after."""
        self.blocked = True
        await _Block()

    async def give_way(self) -> None:
        """yield(): others come first."""
        self.cpu.enqueue(self)
        await _Block()

    async def wake(self, by: HostCpu) -> None:
        """try_to_wake_up, by code that runs on `by`: a PE that is idle, or runs a guest, is told."""
        if self.blocked:
            self.blocked = False
            cpu = self.cpu
            cpu.enqueue(self)
            if cpu is not by and (cpu.idle or cpu.in_guest):
                await by.send_reschedule(cpu)
