"""A discrete-event kernel for async Python: deterministic, without threads and without asyncio.

Time is in cycles. A cycle has two halves: first its edge, at which hardware looks at what is there and acts, then software, which
sees what came of that. A coroutine waits by awaiting an `Event`; what happens in the same half happens in the order in which it
was scheduled.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from heapq import heappop, heappush
from operator import itemgetter
from typing import Any

from irqpath.core.errors import CheckError

#: Tasks that are kept in any case.
_ROOM = 64


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
        #: of each cycle to come: what hardware does at its edge, and what software does then
        self._edges: dict[int, list[Callable[[], None]]] = {}
        self._actions: dict[int, list[Callable[[], None]]] = {}
        self._alarms: dict[int, list[Event]] = {}
        #: cycles in which there is something to do, and the same as a heap
        self._coming: set[int] = set()
        self._cycles: list[int] = []
        self._told: list[tuple[int, Event, Any]] = []
        self._tickets = 0
        self._tasks: list[Task] = []
        #: tasks to keep before those that have ended are forgotten
        self._room = _ROOM

    def at(self, cycles: int, action: Callable[[], None]) -> None:
        """Software does `action` in `cycles` cycles from now."""
        cycle = self.now + cycles
        actions = self._actions.get(cycle)
        if actions is None:
            self._actions[cycle] = [action]
            self._comes(cycle)
        else:
            actions.append(action)

    def edge(self, cycle: int, action: Callable[[], None]) -> None:
        """Hardware does `action` at the edge of `cycle`, which is still to come."""
        actions = self._edges.get(cycle)
        if actions is None:
            self._edges[cycle] = [action]
            if cycle not in self._coming:
                self._coming.add(cycle)
                heappush(self._cycles, cycle)
        else:
            actions.append(action)

    def _comes(self, cycle: int) -> None:
        """Something is to be done in `cycle`."""
        if cycle not in self._coming:
            self._coming.add(cycle)
            heappush(self._cycles, cycle)

    def first(self, cycle: int, action: Callable[[], None]) -> None:
        """As `edge`, before what is at that edge else."""
        self.edge(cycle, action)
        actions = self._edges[cycle]
        actions.insert(0, actions.pop())

    def after(self, cycles: int) -> Event:
        """An event that happens in `cycles` cycles."""
        event = Event()
        self.alarm(cycles, event)
        return event

    def alarm(self, cycles: int, event: Event) -> None:
        """`event` happens in `cycles` cycles, before what hardware tells in that cycle."""
        if cycles <= 0:
            self.at(0, event.set)
            return
        cycle = self.now + cycles
        alarms = self._alarms.get(cycle)
        if alarms is None:
            self._alarms[cycle] = [event]
            self._comes(cycle)
        else:
            alarms.append(event)

    def ticket(self) -> int:
        """A number greater than all before: of who begins to wait for hardware now."""
        self._tickets += 1
        return self._tickets

    def tell(self, ticket: int, event: Event, value: Any = None) -> None:
        """Hardware lets `event` happen at this edge: software sees it then, who has waited longest first."""
        self._told.append((ticket, event, value))

    def start(self, coroutine: Coroutine[Any, Any, None], name: str) -> Task:
        """Run a coroutine from now on."""
        task = Task(self, coroutine, name)
        if len(self._tasks) >= self._room:  # those that have ended wait for nothing, and nobody asks for them
            self._tasks = [task for task in self._tasks if not task.finished.done]
            self._room = 2 * len(self._tasks) + _ROOM
        self._tasks.append(task)
        return task

    def run(self, until: Task, limit: int) -> None:
        """Let time pass until `until` has ended. Raises what a task raised that nobody joined, and `CheckError` when
        nothing is scheduled any more or `limit` cycles have passed (naming the tasks that wait)."""
        while not until.finished.done:
            if self.failed and self.failed[0] is not until:
                error = self.failed[0].error
                assert error is not None  # that is why it is listed
                raise error
            if not self._cycles or self._cycles[0] > limit:
                waiting = ", ".join(task.name for task in self._tasks if not task.finished.done)
                why = "nothing is scheduled any more" if not self._cycles else f"{limit} cycles have passed"
                raise CheckError(f"cycle {self.now}: {why}, and these still wait: {waiting}")
            self._pass()
        if until.error is not None:
            raise until.error

    def _pass(self) -> None:
        """The next cycle in which something happens. What follows from one thing, software has done before it sees the next."""
        self.now = now = heappop(self._cycles)
        for action in self._edges.pop(now, ()):
            action()
        try:
            if now in self._actions:
                self._act(now)
            if now in self._alarms:
                for event in self._alarms.pop(now):
                    event.set()
                    self._act(now)
            if self._told:
                told, self._told = self._told, []
                if len(told) > 1:
                    told.sort(key=itemgetter(0))
                for _, event, value in told:
                    event.set(value)
                    self._act(now)
        finally:
            self._coming.discard(now)
            self._actions.pop(now, None)

    def _act(self, now: int) -> None:
        """What software does now, and what follows from that in this cycle."""
        actions = self._actions.get(now)
        if actions:
            for action in actions:  # which may ask for more
                action()
            actions.clear()
