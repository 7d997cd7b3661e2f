"""The guest's clock: its virtual timer, which interrupts it again and again (drivers/clocksource/arm_arch_timer.c)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.software.cpu.timer import ENABLE, IMASK, ISTATUS, VIRTUAL_TIMER
from irqpath.software.guest.kernel import Kernel

#: Cycles that an interrupt may be late, beyond ten periods.
_LATE: Final = 100_000


@dataclass(slots=True)
class Ticks:
    """What must come of a clock of that `period`: each tick once, not before it is expected, and not much later. `taken`: so far;
    `expected`: cycle of the next one, 0 while none is."""

    period: int
    taken: int = 0
    expected: int = 0

    def arm(self, now: int) -> int:
        """The next one; the cycle in which it is expected."""
        self.expected = now + self.period
        return self.expected

    def take(self, now: int) -> None:
        """It has come. Raises `CheckError`."""
        if not self.expected or now < self.expected:
            raise CheckError(f"the timer's interrupt has come in cycle {now}, and is expected in {self.expected}")
        self.look(now)
        self.taken += 1

    def look(self, now: int) -> None:
        """Raises `CheckError` where it has not come for so long that it is lost."""
        if self.expected and now > self.expected + 10 * self.period + _LATE:
            raise CheckError(f"the timer's interrupt is lost: it was expected in cycle {self.expected}, and now is {now}")


class Tick:
    """The clock of one vCPU; with a period of 0 there is none."""

    def __init__(self, kernel: Kernel, period: int) -> None:
        self._kernel = kernel
        self.ticks: Final = Ticks(period)

    async def start(self) -> None:
        """arch_timer_starting_cpu, and the first tick."""
        if self.ticks.period:
            self._kernel.request_irq(VIRTUAL_TIMER, self._interrupted)
            await self._kernel.chip.enable(self._kernel.cpu, VIRTUAL_TIMER)
            await self._next()

    async def stop(self) -> None:
        """arch_timer_shutdown. Raises `CheckError` where a tick is lost."""
        if self.ticks.period:
            self.ticks.look(self._kernel.cpu.now)
            await self._kernel.cpu.msr("CNTV_CTL_EL0", 0)
            self.ticks.expected = 0

    async def _next(self) -> None:
        """set_next_event."""
        cpu = self._kernel.cpu
        await cpu.msr("CNTV_CVAL_EL0", self.ticks.arm(cpu.now))
        await cpu.msr("CNTV_CTL_EL0", ENABLE)

    async def _interrupted(self) -> None:
        """timer_handler: masked first, so that the interrupt falls. Raises `CheckError`."""
        cpu = self._kernel.cpu
        control = await cpu.mrs("CNTV_CTL_EL0")
        if not control & ISTATUS:
            return
        await cpu.msr("CNTV_CTL_EL0", control & ENABLE | IMASK)
        self.ticks.take(cpu.now)
        await self._next()
