"""Who goes on first of software that the Verilog wakes in one cycle.

Verilator calls back whoever has waited longest first; Icarus in an order that changes from edge to edge. There software takes
turns, a picosecond each: still well before the next edge, and timers go before it, at the edge itself.
"""

from __future__ import annotations

import cocotb
from cocotb.triggers import Event, Timer


class Turns:
    """The order of those that wake at one edge."""

    def __init__(self) -> None:
        self._tickets = 0
        self._woken: list[tuple[int, Event]] = []

    def ticket(self) -> int:
        """A number greater than all before: of who begins to wait now."""
        self._tickets += 1
        return self._tickets

    async def take(self, ticket: int) -> None:
        """The Verilog has woken who has `ticket`: go on when those that have waited longer have done what follows from it."""
        turn = Event()
        self._woken.append((ticket, turn))
        if len(self._woken) == 1:
            cocotb.start_soon(self._call(), name="turns")
        await turn.wait()

    async def _call(self) -> None:
        """All of this edge, when all were woken."""
        await Timer(1, "step")
        woken, self._woken = sorted(self._woken, key=lambda one: one[0]), []
        for number, (_, turn) in enumerate(woken):
            if number:
                await Timer(1, "step")
            turn.set()
