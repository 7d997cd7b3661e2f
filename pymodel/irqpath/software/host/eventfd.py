"""File descriptors as events with a sink: what is told at once when one is signalled, in the signaller's context."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from irqpath.software.host.scheduler import HostCpu


class EventFd:
    """An eventfd, or anything that becomes readable. `count`: signals that nobody has read; `sink`: irqfd, or an event loop."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self.sink: Callable[[HostCpu], Awaitable[None]] | None = None

    async def signal(self, by: HostCpu) -> None:
        """eventfd_signal, or a write of 1, by code that runs on `by`."""
        self.count += 1
        if self.sink is not None:
            await self.sink(by)

    def read(self) -> int:
        """How often it was signalled since the last time."""
        count, self.count = self.count, 0
        return count
