"""What a guest's kernel does at an interrupt: acknowledge, handler, end; then what handlers have put off (softirqs)."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.software.cpu.guest_mode import GuestCpu
from irqpath.software.irqchip.chip import FIRST_SPECIAL, LAST_SPECIAL, Chip

#: What is done at an interrupt, and what it puts off.
Action = Callable[[], Awaitable[None]]


class Kernel:
    """The kernel on one vCPU. `chip`: its interrupt controller's driver; `acknowledged` is told each INTID that it takes;
    `spurious`: how often there was none."""

    def __init__(self, cpu: GuestCpu, chip: Chip, acknowledged: Callable[[int], None]) -> None:
        self.cpu: Final = cpu
        self.chip: Final = chip
        self.spurious = 0
        self._acknowledged = acknowledged
        self._handlers: dict[int, Action] = {}
        self._raised: deque[Action] = deque()
        self._in_softirq = False
        cpu.vector = self._interrupted

    def request_irq(self, intid: int, handler: Action) -> None:
        """From now on `handler` is called at this interrupt."""
        self._handlers[intid] = handler

    def raise_softirq(self, action: Action) -> None:
        """`action` is to be done after the interrupt, interrupts being unmasked; once, however often it is raised before."""
        if action not in self._raised:
            self._raised.append(action)

    async def _interrupted(self) -> None:
        """gic_handle_irq, then irq_exit: what was put off is done unless that is what was interrupted."""
        chip = self.chip
        value = await chip.acknowledge(self.cpu)
        intid = chip.intid(value)
        if FIRST_SPECIAL <= intid <= LAST_SPECIAL:
            self.spurious += 1
            return
        self._acknowledged(intid)
        handler = self._handlers.get(intid)
        if handler is None:
            raise CheckError(f"vCPU {self.cpu.index}: INTID {intid}, which nobody has requested")
        await handler()
        await chip.end(self.cpu, value)
        if not self._in_softirq:
            await self._softirqs()

    async def _softirqs(self) -> None:
        """Interrupts may come in between, whose handlers may raise more."""
        self._in_softirq = True
        while self._raised:
            action = self._raised.popleft()
            self.cpu.masked = False
            await action()
            self.cpu.masked = True
        self._in_softirq = False

    async def wait_for(self, happened: Callable[[], bool]) -> None:
        """The idle loop, until `happened`, which an interrupt brings about: looked at with interrupts masked, so that none can
        come between the last look and WFI."""
        cpu = self.cpu
        while True:
            cpu.masked = True
            if happened():
                break
            await cpu.wfi()
            cpu.masked = False
            await cpu.interruptible()
        cpu.masked = False
