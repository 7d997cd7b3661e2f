"""Polls: software reads until it finds what it waits for. Each has a limit: a device that never gets there is a verdict."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from irqpath.core.errors import CheckError
from irqpath.sim.platform import Pe


async def poll(pe: Pe, what: str, read: Callable[[], Awaitable[int]], done: Callable[[int], bool], *, every: int = 4) -> int:
    """Read, every so many cycles (0: at once and again), until `done(value)`; the value.

    Raises `CheckError`, which says `what` was waited for, when reads have given the same for `pe.poll_limit` cycles.
    """
    start, last = pe.now, None
    while not done(value := await read()):
        if value != last:
            start, last = pe.now, value
        if pe.now - start >= pe.poll_limit:
            raise CheckError(f"PE {pe.index} polled for {pe.now - start:,} cycles: {what}; reads give {value:#x}")
        if every:
            await pe.spend(every)
    return value


async def until_clear(pe: Pe, register: str, bit: int, field: str, *, every: int = 4) -> None:
    """Until bit `bit` of a memory-mapped register reads 0. Raises `CheckError` as `poll` does."""
    what = f"{register}.{field} must become 0"
    await poll(pe, what, lambda: pe.read(register), lambda value: not value >> bit & 1, every=every)


async def until_set(pe: Pe, register: str, bit: int, field: str, *, every: int = 4) -> None:
    """Until bit `bit` of a memory-mapped register reads 1. Raises `CheckError` as `poll` does."""
    what = f"{register}.{field} must become 1"
    await poll(pe, what, lambda: pe.read(register), lambda value: bool(value >> bit & 1), every=every)


__all__ = ["poll", "until_clear", "until_set"]
