"""One access at a time: what software asks on a link, its callers in the order in which they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from irqpath.core.transactions import Transaction
from irqpath.sim.kernel import Event, Kernel


class Mailbox:
    """`send(request)` puts a request on the link, and its response is told by `respond`."""

    def __init__(self, kernel: Kernel, send: Callable[[Transaction], None]) -> None:
        self._kernel = kernel
        self._send = send
        self._ticket = 0
        self._taken = False
        self._waiting: deque[Event] = deque()
        self._response: Event | None = None

    async def exchange(self, request: Transaction) -> Transaction | None:
        """Ask, in turn, and wait for the response; None where a reset ends the access."""
        if self._taken:
            turn = Event()
            self._waiting.append(turn)
            await turn
        self._taken = True
        self._response = response = Event()
        self._ticket = self._kernel.ticket()
        self._send(request)
        found: Transaction | None = await response
        self._response = None
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._taken = False
        return found

    def respond(self, response: Transaction | None) -> None:
        """The access that is under way is answered, or (None) ended by a reset."""
        if self._response is not None:
            self._kernel.tell(self._ticket, self._response, response)
