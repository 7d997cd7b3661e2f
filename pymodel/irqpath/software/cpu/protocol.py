"""A CPU as drivers see it: the same for the host's kernel on a PE, and for a guest's on a vCPU."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from irqpath.core.errors import CheckError


class Cpu(Protocol):
    """What drivers need of a CPU. `irqpath.sim.platform.Pe` has it."""

    @property
    def index(self) -> int:
        """Its number, from 0."""

    @property
    def now(self) -> int:
        """Cycles since the start."""

    @property
    def poll_limit(self) -> int:
        """Cycles for which what software polls may stay as it is."""

    async def mrs(self, name: str) -> int:
        """Read a system register."""

    async def msr(self, name: str, value: int) -> None:
        """Write a system register."""

    async def read(self, name: str) -> int:
        """Read a memory-mapped register of the interrupt controller."""

    async def write(self, name: str, value: int) -> None:
        """Write a memory-mapped register of the interrupt controller."""

    async def read_at(self, block: str, offset: int, size: int) -> tuple[int, bool]:
        """Read part of a frame; (value, no error response)."""

    async def write_at(self, block: str, offset: int, size: int, value: int) -> bool:
        """Write part of a frame; True without an error response."""

    async def dsb(self) -> None:
        """Wait until what was done before is seen by the interrupt controller."""

    async def spend(self, cycles: int) -> None:
        """Do something else for that many cycles."""


#: Writes (address, bytes, value) to memory.
Store = Callable[[int, int, int], Awaitable[None]]
#: Cycles between two reads of a poll.
_EVERY = 20


class _Waits(Protocol):
    """What a poll needs of a CPU."""

    @property
    def index(self) -> int: ...

    @property
    def now(self) -> int: ...

    @property
    def poll_limit(self) -> int: ...

    async def spend(self, cycles: int) -> None: ...


async def poll(cpu: _Waits, read: Callable[[], Awaitable[int]], mask: int, what: str) -> int:
    """Read until no bit of `mask` is set; the value. Raises `CheckError` after `Cpu.poll_limit` cycles: `what` must become 0."""
    start = cpu.now
    while (value := await read()) & mask:
        _still(cpu, start, f"{what} must become 0")
        await cpu.spend(_EVERY)
    return value


async def until_clear(cpu: Cpu, register: str, mask: int, what: str) -> int:
    """`poll` of a memory-mapped register, whose field is `what`. Raises `CheckError`."""
    return await poll(cpu, lambda: cpu.read(register), mask, f"{register}.{what}")


async def until(cpu: Cpu, register: str, wanted: int) -> None:
    """Read until the register has the value. Raises `CheckError` as `until_clear` does."""
    start = cpu.now
    while await cpu.read(register) != wanted:
        _still(cpu, start, f"{register} must become {wanted:#x}")
        await cpu.spend(_EVERY)


def _still(cpu: _Waits, start: int, what: str) -> None:
    if cpu.now - start > cpu.poll_limit:
        raise CheckError(f"CPU {cpu.index} polled for {cpu.now - start:,} cycles: {what}")
