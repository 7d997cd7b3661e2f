"""Software and a device that share memory: a doorbell, data, and a flag that must not be seen before them."""

from __future__ import annotations

from irqpath.core.errors import CheckError
from irqpath.core.transactions import BarrierKind
from irqpath.sim.platform import Dma, Event, Platform

_SOURCE, _TARGET, _FLAG = 0x4100_0000, 0x4100_1000, 0x4100_2000
_WORDS, _FLIPPED = 8, 0xFFFF_0000_FFFF_0000


async def _device(dma: Dma, doorbell: Event) -> None:
    await doorbell.wait()
    for n in range(0, 8 * _WORDS, 8):
        dma.write(_TARGET + n, 8, await dma.read(_SOURCE + n, 8) ^ _FLIPPED)
        if await dma.read(_TARGET + n, 8) != await dma.read(_SOURCE + n, 8) ^ _FLIPPED:
            raise CheckError("a device does not read what it has written")
    await dma.barrier(BarrierKind.WRITE)
    dma.write(_FLAG, 4, 1)
    await dma.barrier()


async def _fails(event: Event, cycles: int) -> bool:
    """Whether waiting for it that long is an error."""
    try:
        await event.wait(cycles)
    except CheckError:
        return True
    return False


async def copy(platform: Platform) -> None:
    """The device copies when the doorbell rings; software sees the flag, then all of the data. Raises `CheckError`."""
    doorbell = platform.event("doorbell of the device")
    device = platform.start(_device(platform.dma(), doorbell), "device")
    words = [(n + 1) * 0x0102_0304_0506_0708 for n in range(_WORDS)]
    for n, word in enumerate(words):
        await platform.store(_SOURCE + 8 * n, 8, word)
    if not await _fails(doorbell, 10) or doorbell.happened:
        raise CheckError("an event happened that nobody has set")
    start = platform.now
    await platform.until(start + 50)
    if platform.now != start + 50 or await platform.load(_FLAG, 4):
        raise CheckError(f"cycle {platform.now}: {start + 50} was asked for, and a device that waits must do nothing")
    doorbell.set()
    if await _fails(doorbell, 0) or not doorbell.happened:
        raise CheckError("an event that was set has not happened")
    for _ in range(1000):
        if await platform.load(_FLAG, 4):
            break
        await platform.spend(5)
    found = [await platform.load(_TARGET + 8 * n, 8) for n in range(_WORDS)]
    if found != [word ^ _FLIPPED for word in words]:
        raise CheckError(f"the flag was seen before the data, which are {found}")
    await device.join()


async def never(platform: Platform) -> None:
    """Software waits for an event that nobody sets. Raises `CheckError`."""
    await platform.event("used buffer of a device that sleeps").wait()
