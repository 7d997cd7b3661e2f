"""Devices at memory, and events, on the RTL platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import cocotb
from cocotb.task import Task
from cocotb.triggers import Event, First, Timer

from irqpath.core.errors import CheckError
from irqpath.core.memory import check_access
from irqpath.core.transactions import BarrierKind
from irqpath.sim.dma import overdue


class RtlEvent:
    """An event that jobs wait for."""

    def __init__(self, after: Callable[[int], Timer], what: str, limit: int) -> None:
        """`after`: what fires that many cycles from now (1 or more); `limit`: cycles that a wait may take, unless it says
        otherwise."""
        self._after = after
        self._what = what
        self._limit = limit
        self._event = Event()

    @property
    def happened(self) -> bool:
        """Whether it has happened."""
        return self._event.is_set()

    def set(self) -> None:
        """It happens now."""
        self._event.set()

    async def wait(self, cycles: int | None = None) -> None:
        """Wait until it happens. Raises `CheckError` when that takes more than `cycles`."""
        if self._event.is_set():
            return
        limit = self._limit if cycles is None else cycles
        if limit > 0:
            await First(self._event.wait(), self._after(limit))
        if not self._event.is_set():
            raise overdue(self._what, limit)


class RtlDma:
    """One device's accesses. Its writes wait for the port in jobs of their own, which the port takes in the order in which they
    were started; a read waits for those of its own bytes."""

    def __init__(self, access: Callable[[int, int, int | None], Awaitable[int]]) -> None:
        """`access(address, size, value)`: read (`value` is None) or write by software's port."""
        self._access = access
        #: (first byte, the one behind the last, job) of writes that memory has not seen
        self._writes: list[tuple[int, int, Task[Any]]] = []
        self._refused: list[CheckError] = []

    async def read(self, address: int, size: int) -> int:
        """Read `size` bytes. Raises `AccessError`, `CheckError` when memory refuses it."""
        check_access(address, size)
        for first, end, task in list(self._writes):
            if first < address + size and address < end:
                await task
        return await self._access(address, size, None)

    def write(self, address: int, size: int, value: int) -> None:
        """Write `size` bytes. Raises `AccessError`."""
        check_access(address, size)
        self._writes = [write for write in self._writes if not write[2].done()]
        task = cocotb.start_soon(self._written(address, size, value), name=f"DMA to {address:#x}")
        self._writes.append((address, address + size, task))

    async def barrier(self, kind: BarrierKind = BarrierKind.FULL) -> None:
        """Wait until memory has seen what was made before; reads are seen when they return. Raises `CheckError`."""
        for _, _, task in [] if kind is BarrierKind.READ else list(self._writes):
            await task
        if self._refused:
            raise self._refused.pop(0)

    async def _written(self, address: int, size: int, value: int) -> None:
        try:
            await self._access(address, size, value)
        except CheckError as error:
            self._refused.append(error)
