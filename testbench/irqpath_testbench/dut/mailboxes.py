"""Mailboxes of `*_driver.v`, through which Python makes accesses in the Verilog, and the ports that are made of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from cocotb.triggers import Event, ValueChange

from irqpath.core.errors import CheckError
from irqpath.core.memory import check_access
from irqpath_testbench.dut.description import MEM_PAGES
from irqpath_testbench.dut.signals import Signal, UnknownError
from irqpath_testbench.dut.turns import Turns

WORD: Final = 0xFFFF_FFFF
#: Of the low word of a mailbox's response: the access failed.
FAILED: Final = 1 << 32


class Mailbox:
    """A driver in Verilog that makes one access at a time: callers take turns, in the order in which they come."""

    def __init__(
        self,
        driver: Any,
        toggle: int,
        words: Sequence[str] = ("lo", "hi"),
        *,
        responses: bool = True,
        turns: Turns | None = None,
    ) -> None:
        """`toggle`: number of the bit of `ctl` that starts an access; `words`: registers that Python writes before;
        `responses`: whether there is more to a response than that it came; `turns`: see `RtlPlatform`."""
        self._turns = turns
        self._start = Signal(driver.ctl).write
        self._bit = 1 << toggle
        self._side = 0
        self._done = Signal(driver.done)
        self._responded = ValueChange(driver.done)
        self._response = Signal(driver.response).read if responses else None
        self._words = [Signal(getattr(driver, name)).write for name in words]
        self._held: list[int] = [-1] * len(words)
        self._taken = False
        self._waiting: deque[Event] = deque()

    def synchronize(self) -> None:
        """After a reset: go on from where the driver stands, with nothing of the accesses before in its registers."""
        self._side = self._bit if self._done.read() else 0
        for number, write in enumerate(self._words):
            self._held[number] = 0
            write(0)

    async def exchange(self, command: int, *words: int) -> int:
        """Make an access; {failed, low word} of its response. Raises `UnknownError`."""
        if self._taken:
            turn = Event()
            self._waiting.append(turn)
            try:
                await turn.wait()
            except BaseException:  # it is cancelled: nobody must wait for it
                if turn in self._waiting:
                    self._waiting.remove(turn)
                else:
                    self._pass_on()
                raise
        self._taken = True
        try:
            for number, value in enumerate(words):
                if self._held[number] != value:  # writing a register takes longer than looking at what it has
                    self._held[number] = value
                    self._words[number](value)
            self._side ^= self._bit
            self._start(self._side | command)
            if self._turns is None:
                await self._responded
            else:
                ticket = self._turns.ticket()
                await self._responded
                await self._turns.take(ticket)
            return 0 if self._response is None else self._response()
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        """The next one may make its access."""
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._taken = False


class RegisterPort:
    """The mailbox of one register port."""

    def __init__(self, driver: Any, name: str, turns: Turns | None) -> None:
        self._box = Mailbox(driver, 29, turns=turns)
        self._high = Signal(driver.rhi)
        self._name = name

    def synchronize(self) -> None:
        """After a reset: go on from where the mailbox stands."""
        self._box.synchronize()

    async def access(self, pe: int, offset: int, size: int, value: int | None) -> tuple[int, bool]:
        """Read (`value` is None) or write `size` bytes at `offset`; (value read, no error response)."""
        command = pe << 21 | (size.bit_length() - 1) << 17 | offset
        try:
            if value is not None:
                response = await self._box.exchange(command | 1 << 20, value & WORD, value >> 32)
                return 0, response < FAILED
            response = await self._box.exchange(command)
            if response >= FAILED:
                return 0, False
            if size == 8:
                return response | self._high.read() << 32, True
            return response & ((1 << 8 * size) - 1), True
        except UnknownError as error:
            raise CheckError(f"the response of {self._name} at offset {offset:#x} {error}") from None


class MemoryPort:
    """Software's port to memory, one access at a time."""

    def __init__(self, driver: Any, turns: Turns | None) -> None:
        self._box = Mailbox(driver, 23, ("addr", "lo", "hi"), turns=turns)
        self._high = Signal(driver.rhi)

    def synchronize(self) -> None:
        """After a reset: go on from where the mailbox stands."""
        self._box.synchronize()

    async def access(self, address: int, size: int, value: int | None) -> int:
        """Read (`value` is None) or write. Raises `AccessError` before it is tried, `CheckError` at an error response."""
        check_access(address, size)
        command = (size.bit_length() - 1) << 20 | address >> 32
        try:
            if value is None:
                response = await self._box.exchange(command, address & WORD)
                response |= self._high.read() << 33  # (the failure lies between the two words)
            else:
                response = await self._box.exchange(command | 1 << 22, address & WORD, value & WORD, value >> 32 & WORD)
        except UnknownError as error:
            raise CheckError(f"the memory at {address:#x} {error}") from None
        if response & FAILED:
            raise CheckError(f"the memory at {address:#x} answered with an error: all {MEM_PAGES} pages are taken")
        return response & WORD | response >> 33 << 32
