"""The host's kernel on each PE: its interrupts, and threads that take turns: a run queue for each PE. Whoever is woken
preempts a guest that has run there for long enough, and so does who waits for its turn when the guest's time slice is over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final, Protocol

from irqpath.core.errors import CheckError
from irqpath.core.transactions import PeState
from irqpath.sim.platform import IRQ, Pe, Platform
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.cpu.exits import Running
from irqpath.software.cpu.timer import ENABLE, HYPERVISOR_TIMER, VIRTUAL_TIMER, Timer, TimerState
from irqpath.software.irqchip.chip import FIRST_SPECIAL, LAST_SPECIAL, Chip

#: The SGI by which a PE is told to look at its run queue, or a vCPU to leave guest mode (IPI_RESCHEDULE).
RESCHEDULE: Final = 0
#: Cycles for which a thread runs while others wait.
SLICE: Final = 20_000
#: Cycles for which it runs before one that is woken preempts it (wakeup granularity): without, where vCPUs are woken all the
#: time, one that needs longer than they leave it gets nowhere.
GRANULARITY: Final = SLICE // 2
#: The host's kernel runs at EL2 (VHE).
HYPERVISOR: Final = PeState(2)


class TimerOwner(Protocol):
    """Whose virtual timer it is that a PE has now."""

    def should_fire(self, now: int) -> bool:
        """Whether its condition is met, and seen."""

    def fired(self) -> None:
        """Its interrupt has come."""


class HostCpu:
    """The kernel on one PE. `chip`: the interrupt controller's driver; `idle`: it waits for an interrupt; `in_guest`: a guest
    runs; `need_resched`: another thread is to run, though this one could go on; `interrupts`: how many it has taken."""

    def __init__(self, platform: Platform, pe: Pe, chip: Chip, cycles: Cycles) -> None:
        self.pe: Final = pe
        self.virtual_timer: Final = Timer(platform, pe.index, VIRTUAL_TIMER)
        self.timer_owner: TimerOwner | None = None
        self._timer = Timer(platform, pe.index, HYPERVISOR_TIMER)
        #: what is to be called, the earliest first; the number keeps their order in one cycle
        self._calls: list[tuple[int, int, Callable[[HostCpu], Awaitable[None]]]] = []
        self._numbers = count()
        self.chip: Final = chip
        self.cycles: Final = cycles
        self.idle = False
        self.in_guest = False
        self.interrupts = 0
        self.stopping = False
        self.need_resched = False
        self._slice_end: int | None = None
        #: since when a thread runs, None while none does
        self._began: int | None = None
        self._queue: deque[Thread] = deque()
        self._handlers: dict[int, Callable[[HostCpu], Awaitable[None]]] = {
            RESCHEDULE: _rescheduled,
            HYPERVISOR_TIMER: _timer_interrupt,
        }
        #: interrupts that a guest deactivates
        self.forwarded: set[int] = set()

    def request_irq(self, intid: int, handler: Callable[[HostCpu], Awaitable[None]]) -> None:
        """From now on `handler` is called at this physical interrupt."""
        self._handlers[intid] = handler

    async def run(self) -> None:
        """Threads in turn; without any, wait for an interrupt. Until `stopping`."""
        while not self.stopping:
            if self._queue:
                thread = self._queue.popleft()
                self.need_resched = False
                await self.pe.spend(self.cycles.wake)
                self._began = self.pe.now
                self._slice(self.pe.now + SLICE if self._queue else None)
                await thread.go_on()
                self._began = None
                self._slice(None)
            else:
                self.idle = True
                await self.pe.wait_interrupt()
                self.idle = False
            await self.take_interrupts()
        self._calls.clear()  # clockevents_shutdown: nobody is left to be told
        self._arm()
        self.virtual_timer.write(TimerState())

    async def take_interrupts(self) -> None:
        """gic_handle_irq for each that is signalled; all are deactivated but those that a guest has."""
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
            if intid < FIRST_SPECIAL and intid not in self.forwarded:
                await chip.deactivate(pe, value)

    async def spend(self, cycles: int) -> None:
        """A thread works for that many cycles; interrupts come in between."""
        end = self.pe.now + cycles
        while (left := end - self.pe.now) > 0:
            await self.pe.wait_interrupt(left)
            if self.pe.now < end:
                await self.take_interrupts()

    def call_at(self, cycle: int, action: Callable[[HostCpu], Awaitable[None]]) -> None:
        """hrtimer_start: at that cycle, by the timer's interrupt of this PE."""
        heappush(self._calls, (cycle, next(self._numbers), action))
        self._arm()

    def _arm(self) -> None:
        first = self._calls[0][0] if self._calls else None
        if self._slice_end is not None and (first is None or self._slice_end < first):
            first = self._slice_end
        self._timer.write(TimerState() if first is None else TimerState(ENABLE, first))

    def _slice(self, end: int | None) -> None:
        """hrtick_start: the time slice of the thread that runs ends then; None: others do not wait."""
        if end != self._slice_end:
            self._slice_end = end
            self._arm()

    async def hrtimers(self) -> None:
        """hrtimer_interrupt: call those whose cycle has come."""
        while self._calls and self._calls[0][0] <= self.pe.now:
            await heappop(self._calls)[2](self)
        if self._slice_end is not None and self._slice_end <= self.pe.now:
            self._slice_end = None
            self.need_resched = True
        self._arm()

    async def send_reschedule(self, target: HostCpu) -> None:
        """smp_send_reschedule: the SGI to another PE."""
        await self.chip.send_sgi(self.pe, RESCHEDULE, target.pe.index)

    def preempt(self) -> None:
        """check_preempt_wakeup: a thread has been woken here, and the one that runs gives way, as soon as it has run for long
        enough."""
        if self._began is None:
            return
        end = self._began + GRANULARITY
        if self.pe.now >= end:
            self.need_resched = True
        elif self._slice_end is None or end < self._slice_end:
            self._slice(end)

    def enqueue(self, thread: Thread) -> None:
        """The thread is to run here, after those that are to already."""
        self._queue.append(thread)


async def _timer_interrupt(cpu: HostCpu) -> None:
    await cpu.hrtimers()


async def _rescheduled(cpu: HostCpu) -> None:
    """Nothing to do: whoever was interrupted looks at the run queue."""
    del cpu


class _Block:
    def __await__(self) -> Generator[Any, None, None]:
        yield self


class Thread:
    """A thread of the host. `cpu`: the PE that it runs on; `blocked`: it waits until it is woken. `body` is given the thread.

    With `others`, PEs, it goes on on another one whenever it is woken: on one that is idle, if there is one."""

    def __init__(
        self,
        name: str,
        cpu: HostCpu,
        body: Callable[[Thread], Coroutine[Any, Any, None]],
        others: Sequence[HostCpu] = (),
    ) -> None:
        self._places = others
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

    def _place(self) -> HostCpu:
        """select_task_rq, made restless: the next idle one after the PE where it has run, or the next one."""
        if len(self._places) < 2:
            return self.cpu
        at = self._places.index(self.cpu) + 1
        places = [*self._places[at:], *self._places[: at - 1]]
        return next((cpu for cpu in places if cpu.idle), places[0])

    async def wake(self, by: HostCpu) -> None:
        """try_to_wake_up, by code that runs on `by`: a PE that is idle, or runs a guest, is told."""
        if self.blocked:
            self.blocked = False
            cpu = self.cpu = self._place()
            cpu.enqueue(self)
            cpu.preempt()
            if cpu is not by and (cpu.idle or (cpu.in_guest and cpu.need_resched)):
                await by.send_reschedule(cpu)
