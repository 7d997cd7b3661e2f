"""The scoreboard of a block that reaches memory, or another block, in the middle of an input.

The golden model asks its port while it handles the input; the port answers with what monitors saw the device do for it, access
by access, and notes where the two differ. A block runs to completion, so what belongs to an input is what was seen from its
acceptance to the next one's: the model is asked then, and outputs seen in the meantime are compared afterwards.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from irqpath.core.link import Link
from irqpath.core.transactions import LpiAck, MemRead, MemReadData, MemWrite, Observed, Reset, Transaction
from irqpath.gic.common.block import Block
from irqpath_testbench.dut.comparison import EXACT, Comparison
from irqpath_testbench.env.scoreboards.block import RESETS, BlockScoreboard, ExpectedOutput, Story
from irqpath_testbench.env.scoreboards.timed import TimedBlock

#: Complains: check, link, cycle, what was expected, what was seen.
Complain = Callable[[str, str, int, ExpectedOutput, Observed | str], None]


class Flushed(Exception):
    """A reset came while the device was in the middle of the input."""


class ObservedPort:
    """`MemPort` and `LpiPort` of the model of `name`, answered from what was observed."""

    def __init__(self, name: str) -> None:
        self._mem = Link.of(name, "mem")
        self._seen: deque[Observed] = deque()
        self._cause: Observed | None = None
        self._complain: Complain | None = None
        self._may_flush = False
        #: notes which cost each access has
        self.timed: TimedBlock | None = None

    def begin(self, cause: Observed, seen: deque[Observed], complain: Complain, *, flushed: bool) -> None:
        """The model is about to handle `cause`; `seen` is what the device exchanged for it. `flushed`: it may be cut short."""
        self._cause, self._seen, self._complain, self._may_flush = cause, seen, complain, flushed

    def read(self, address: int, size: int) -> int:
        """What the device got when it read there; 0 where it did not."""
        response = self._exchange(self._mem, MemRead(address, size))
        return response.value if isinstance(response, MemReadData) else 0

    def write(self, address: int, size: int, value: int) -> None:
        """The device must have written this."""
        self._exchange(self._mem, MemWrite(address, size, value))

    def known_zero(self, address: int, count: int) -> bool:
        """Never: every access of the device is compared."""
        return False

    def peek(self, address: int, size: int) -> int | None:
        """Not known: what the device did not read it does not know either."""
        return None

    def call(self, pe: int, command: Transaction) -> LpiAck:
        """The acknowledgement that the device got for this command; that of nothing where it did not send it."""
        response = self._exchange(Link.its_gicr(self._mem.number, pe, "cmd"), command)
        return response if isinstance(response, LpiAck) else LpiAck()

    def _exchange(self, link: Link, request: Transaction) -> Transaction | None:
        assert self._cause is not None and self._complain is not None  # `begin` was called: the model handles an input
        expected = ExpectedOutput(request, self._cause)
        if not self._seen:
            if self._may_flush:
                raise Flushed
            self._complain("missing access", link, self._cause.accept, expected, "nothing until the next input")
            return None
        first = self._seen.popleft()
        if self.timed is not None:
            self.timed.asks(link, request)
        if first.link != link or first.transaction != request:
            self._complain("differs", first.link, first.accept, expected, first)
        elif first.offer <= self._cause.accept:
            self._complain("output before its cause", link, first.offer, expected, first)
        response = link.response
        assert response is not None  # of memory accesses and commands
        if self._seen and self._seen[0].link == response:
            got = self._seen.popleft()
            if self.timed is not None:
                self.timed.responded(got)
            return got.transaction
        if self._may_flush:
            raise Flushed
        self._complain("missing response", response, first.accept, expected, "nothing until the next input")
        return None


class PortScoreboard(BlockScoreboard):
    """Like `BlockScoreboard`, for a model that was given `port`. `links`: the requests that leave by the port, each with the
    link of its responses."""

    def __init__(
        self,
        model: Block,
        port: ObservedPort,
        links: Mapping[Link, Link],
        bound: int = 5000,
        story: Story | None = None,
        comparison: Comparison = EXACT,
    ) -> None:
        super().__init__(model, bound, story, comparison)
        self._port = port
        self._requests = frozenset(links)
        self._responses = frozenset(links.values())
        self._held: Observed | None = None
        self._seen: deque[Observed] = deque()
        self._later: list[Observed] = []
        self._last = 0
        self._given_up = False
        outputs = super().leaving() - self._requests
        self._compare = {link: super(PortScoreboard, self).leaves(link) for link in outputs}

    def time(self, timed: TimedBlock) -> None:
        """As in the base class; accesses are noted too."""
        super().time(timed)
        self._port.timed = timed

    def leaving(self) -> frozenset[str]:
        """Links whose transactions `left` takes."""
        return super().leaving() | self._requests

    def entering(self) -> frozenset[str]:
        """Links whose transactions `entered` takes."""
        return super().entering() | self._responses

    def enters(self, link: str) -> Callable[[Observed], None]:
        """`entered`, for what comes on `link`: a response is kept for the current input, anything else begins the next."""
        return self._responded if link in self._responses else self._next

    def leaves(self, link: str) -> Callable[[Observed], None]:
        """`left`, for what comes on `link`: compared at once where an output is expected, else when the model was asked."""
        if link in self._requests:
            return self.left
        expected, compare, reorders = self._expected[link], self._compare[link], self._comparison.reorders

        def leave(observed: Observed) -> None:
            self._last = observed.accept
            if self._given_up:
                return
            if self._held is None or (expected and not (reorders and self._may_follow(observed))):
                compare(observed)
            else:
                self._later.append(observed)

        return leave

    def _may_follow(self, observed: Observed) -> bool:
        """Whether it may answer what the model has not announced yet, where that may come before what it has; or follows such."""
        link = observed.link
        return any(o.link == link for o in self._later) or all(
            d.transaction != observed.transaction for d in self._expected[link]
        )

    def entered(self, observed: Observed) -> None:
        """A response belongs to the current input; anything else is the next input."""
        (self._responded if observed.link in self._responses else self._next)(observed)

    def _responded(self, observed: Observed) -> None:
        self._last = observed.accept
        if not self._given_up:
            self._seen.append(observed)

    def _next(self, observed: Observed) -> None:
        self._last = observed.accept
        if self._given_up:
            return
        if self.remember is not None:
            self.remember(observed)
            if observed.offer != observed.accept:
                self._check_order(observed)
        self._handle(flushed=type(observed.transaction) is Reset)
        if type(observed.transaction) in RESETS:
            self._flush(observed)  # now: what comes from here on is no response to anything before
        self._held = observed

    def left(self, observed: Observed) -> None:
        """A request belongs to the current input; an output is one that is expected since an earlier input, or waits until the
        model has said what follows from this one."""
        self._last = observed.accept
        if self._given_up:
            return
        if observed.link in self._requests:
            self.compared[observed.link] += 1
            self._seen.append(observed)
        elif self._held is None or (
            self._expected[observed.link] and not (self._comparison.reorders and self._may_follow(observed))
        ):
            self._judge(observed)
        else:
            self._later.append(observed)

    def batch_ended(self, cycle: int) -> None:
        """Look for what is late by `cycle`; the model is asked about an input that nothing followed for that long."""
        if self._held is not None and cycle - self._last > self._bound:
            self._handle(flushed=False)
        if not (self._later and self._comparison.reorders):  # what is expected may be among what waits for the model
            super().batch_ended(cycle)

    def _asked_all(self) -> bool:
        return self._held is None

    def finish(self, cycle: int) -> None:
        """The end: the model is asked about the last input, and nothing may be expected any more."""
        self._handle(flushed=False)
        super().finish(cycle)

    def pending(self) -> list[str]:
        """What is expected, as text, oldest first; the model is asked about the current input before."""
        self._handle(flushed=True)
        return super().pending()

    def _handle(self, *, flushed: bool) -> None:
        """Ask the model about the current input, then compare what left the block in the meantime."""
        cause, seen, later = self._held, self._seen, self._later
        self._held = None
        if seen:
            self._seen = deque()
        if later:
            self._later = []
        if cause is not None:
            self._port.begin(cause, seen, self._complain, flushed=flushed)
            try:
                self._predict(cause)
            except Flushed:
                self.flushed += 1
            except Exception as error:
                self._give_up(cause, error)
        for extra in seen:
            if not flushed and extra.link in self._requests:
                self._fail("unexpected", extra.link, extra.accept, "nothing", extra)
        for observed in later:
            self._compare[observed.link](observed)

    def _give_up(self, cause: Observed, error: Exception) -> None:
        """What the device read and wrote contradicts the model's state, so it can't go on: this block is not checked further.

        Raises `error` if nothing had differed before: then it is the model's own.
        """
        if not self.mismatches:
            raise error
        self._given_up = True
        said = f"the golden model could not go on: {type(error).__name__}: {error}"
        self._fail("given up", cause.link, cause.accept, "a device that agrees so far", cause, said)
        for expected in self._expected.values():
            expected.clear()

    def _complain(self, check: str, link: str, cycle: int, expected: ExpectedOutput, observed: Observed | str) -> None:
        self._fail(check, link, cycle, expected, observed)
