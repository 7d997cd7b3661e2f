"""Signals that Python reads and writes once an access or more.

What cocotb makes around each value (a `LogicArray`, an `Immediate`, a range) takes more time than all the rest of an access; so
this goes one step below its handles, to what they call themselves. The version of cocotb is pinned (`requirements.txt`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from cocotb.handle import _GPISetAction


class UnknownError(Exception):
    """X or Z where software reads."""


class Signal:
    """A signal of the Verilog that is public there. `write(value)`: at once; at most 32 bits."""

    __slots__ = ("_read", "write")

    def __init__(self, handle: Any) -> None:
        """`handle`: cocotb's."""
        self._read: Callable[[], str] = handle._handle.get_signal_val_binstr
        self.write: Callable[[int], None] = partial(handle._handle.set_signal_val_int, _GPISetAction.NO_DELAY.value)

    def read(self) -> int:
        """Its value. Raises `UnknownError` where it has X or Z."""
        digits = self._read()
        try:
            return int(digits, 2)
        except ValueError:
            raise UnknownError(f"is {digits}: X or Z reached software") from None
