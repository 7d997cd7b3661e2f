"""A discrete-event kernel for async Python: deterministic, without threads and without asyncio.

Time is in cycles. A coroutine waits by awaiting an `Event`; what happens in the same cycle happens in the order in which it
was scheduled.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from irqpath.core.errors import CheckError


class Event:
    """Something that happens once, with a value; awaiting it gives the value."""

    __slots__ = ("_waiting", "done", "value")

    def __init__(self) -> None:
        self.done = False
        self.value: Any = None
        self._waiting: list[Callable[[], None]] = []

    def set(self, value: Any = None) -> None:
        """It happens now; a second time changes nothing."""
        if self.done:
            return
        self.done, self.value = True, value
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback()

    def then(self, callback: Callable[[], None]) -> None:
        """Call `callback` when it happens, at once if it has."""
        if self.done:
            callback()
        else:
            self._waiting.append(callback)

    def __await__(self) -> Generator[Event, None, Any]:
        if not self.done:
            yield self
        return self.value


class Task:
    """A running coroutine; `finished` happens when it ends, and `error` is what it raised."""

    def __init__(self, kernel: Kernel, coroutine: Coroutine[Any, Any, None], name: str) -> None:
        self.name = name
        self.finished = Event()
        self.error: BaseException | None = None
        self._kernel = kernel
        self._coroutine = coroutine
        kernel.at(0, self._step)

    def _step(self) -> None:
        try:
            waits_for = self._coroutine.send(None)
        except StopIteration:
            self.finished.set()
        except BaseException as error:  # kept for whoever joins; `Kernel.run` raises it if nobody does
            self.error = error
            self._kernel.failed.append(self)
            self.finished.set()
        else:
            waits_for.then(lambda: self._kernel.at(0, self._step))

    async def join(self) -> None:
        """Wait until the coroutine has ended; raises what it raised."""
        await self.finished
        if self.error is not None:
            if self in self._kernel.failed:
                self._kernel.failed.remove(self)
            raise self.error


class Kernel:
    """The clock and what is scheduled. `now`: cycles since the start."""

    def __init__(self) -> None:
        self.now = 0
        self.failed: list[Task] = []
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._tasks: list[Task] = []

    def at(self, cycles: int, action: Callable[[], None]) -> None:
        """Do `action` in `cycles` cycles from now."""
        self._order += 1
        heapq.heappush(self._queue, (self.now + cycles, self._order, action))

    def after(self, cycles: int) -> Event:
        """An event that happens in `cycles` cycles."""
        event = Event()
        self.at(cycles, event.set)
        return event

    def start(self, coroutine: Coroutine[Any, Any, None], name: str) -> Task:
        """Run a coroutine from now on."""
        task = Task(self, coroutine, name)
        self._tasks.append(task)
        return task

    def wait(self, event: Event, what: str) -> None:
        """Let time pass until `event` has happened, for an action that can't go on without. Raises `CheckError` when nothing is
        scheduled any more."""
        while not event.done:
            if not self._queue:
                raise CheckError(f"cycle {self.now}: nothing is scheduled any more, and {what}")
            self.now, _, action = heapq.heappop(self._queue)
            action()

    def run(self, until: Task, limit: int) -> None:
        """Let time pass until `until` has ended. Raises what a task raised that nobody joined, and `CheckError` when
        nothing is scheduled any more or `limit` cycles have passed (naming the tasks that wait)."""
        while not until.finished.done:
            if self.failed and self.failed[0] is not until:
                error = self.failed[0].error
                assert error is not None  # that is why it is listed
                raise error
            if not self._queue or self._queue[0][0] > limit:
                waiting = ", ".join(task.name for task in self._tasks if not task.finished.done)
                why = "nothing is scheduled any more" if not self._queue else f"{limit} cycles have passed"
                raise CheckError(f"cycle {self.now}: {why}, and these still wait: {waiting}")
            self.now, _, action = heapq.heappop(self._queue)
            action()
        if until.error is not None:
            raise until.error
