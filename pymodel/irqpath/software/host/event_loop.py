"""QEMU's event loop: listens to file descriptors and calls back; and worker threads, which do what blocks and tell the loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from irqpath.software.host.eventfd import EventFd
from irqpath.software.host.scheduler import HostCpu, Thread

#: Called in the loop's thread.
Callback = Callable[[Thread], Awaitable[None]]


class EventLoop:
    """The main loop, a thread on `cpu`."""

    def __init__(self, cpu: HostCpu) -> None:
        self._ready: deque[tuple[EventFd, Callback]] = deque()
        self.thread: Final = Thread("event loop", cpu, self._run)

    def listen(self, fd: EventFd, callback: Callback) -> None:
        """qemu_set_fd_handler: call back whenever `fd` was signalled."""
        fd.sink = partial(self._signalled, fd, callback)

    async def _signalled(self, fd: EventFd, callback: Callback, by: HostCpu) -> None:
        if fd.count == 1:
            self._ready.append((fd, callback))
            await self.thread.wake(by)

    async def _run(self, thread: Thread) -> None:
        """main_loop_wait: poll, then dispatch what is ready."""
        while True:
            while not self._ready:
                await thread.block()
            fd, callback = self._ready.popleft()
            await thread.cpu.spend(thread.cpu.cycles.loop)
            if fd.read():
                await callback(thread)


class Worker:
    """A thread of a pool, which does one blocking call after the other; `done` is signalled after each, with what it gave."""

    def __init__(self, name: str, cpu: HostCpu, work: Callable[[Thread], Awaitable[Any]]) -> None:
        """`work` blocks until it has something, and returns that."""
        self.done: Final = EventFd(f"{name} is done")
        self.results: Final[deque[Any]] = deque()
        self._work = work
        self.thread: Final = Thread(name, cpu, self._run)

    async def _run(self, thread: Thread) -> None:
        while True:
            self.results.append(await self._work(thread))
            await self.done.signal(thread.cpu)
