"""Software and a device that share memory: a doorbell, data, and a flag or a message that must not be seen before them."""

from __future__ import annotations

import struct

from irqpath.core.errors import CheckError
from irqpath.core.transactions import BarrierKind
from irqpath.gic.its import encoding
from irqpath.sim.platform import Dma, Event, Platform
from irqpath_testbench.sequences.its import FIRST_LPI, PLACES
from irqpath_testbench.sequences.lpi import start

_SOURCE, _TARGET, _FLAG = 0x4100_0000, 0x4100_1000, 0x4100_2000
#: A descriptor, a buffer behind a header of 10 bytes, and a used ring; where a device's message goes.
_TABLE, _BUFFER, _USED = 0x4100_3000, 0x4100_400A, 0x4100_5000
_DESCRIPTOR, _PACKET = 16, 1500
_DEVICE, _EVENT = 5, 3
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


async def _network_device(dma: Dma, packet: bytes) -> None:
    """Receive a packet: look for a buffer, fill it, say so, and interrupt. There is no barrier."""
    buffer, room = struct.unpack_from("<QI", await dma.read_block(_TABLE, _DESCRIPTOR))
    if room < len(packet):
        raise CheckError(f"a packet of {len(packet)} bytes does not fit into a buffer of {room}")
    scrambled = bytes(value ^ 0xFF for value in packet)
    dma.write_block(buffer, scrambled)
    if await dma.read_block(buffer, len(packet)) != scrambled:
        raise CheckError("a device does not read the block that it has written")
    dma.write_block(buffer, packet)
    dma.write_block(_USED, struct.pack("<HHII", 0, 1, 0, len(packet)))
    dma.send_msi(_DEVICE, _EVENT)


async def receive(platform: Platform) -> None:
    """A packet comes: in the handler of its interrupt all of it is there. Raises `CheckError`."""
    packet = bytes((7 * n + 3) & 0xFF for n in range(_PACKET))
    pe = platform.pes[0]
    driver = await start(platform)
    await driver.configure(FIRST_LPI, 0x40)
    await driver.run(
        encoding.mapc(0, 0),
        encoding.mapd(_DEVICE, PLACES.itts, 3),
        encoding.mapti(_DEVICE, _EVENT, FIRST_LPI, 0),
        encoding.sync(0),
    )
    for n, word in enumerate((_BUFFER, 2048)):
        await platform.store(_TABLE + 8 * n, 8, word)
    device = platform.start(_network_device(platform.dma(), packet), "network device")
    await pe.wait_interrupt()
    if (intid := await pe.mrs("ICC_IAR1_EL1")) != FIRST_LPI:
        raise CheckError(f"INTID {intid} was acknowledged, and the device's is {FIRST_LPI}")
    if await platform.load(_USED + 2, 2) != 1:
        raise CheckError("the message has passed what the device wrote before it: the used index")
    first, end = _BUFFER & ~7, _BUFFER + _PACKET
    words = [await platform.load(at, 8) for at in range(first, end, 8)]
    found = b"".join(word.to_bytes(8, "little") for word in words)[_BUFFER - first :][:_PACKET]
    if found != packet:
        wrong = next(n for n in range(_PACKET) if found[n] != packet[n])
        raise CheckError(f"the message has passed what the device wrote before it: byte {wrong} of the packet")
    await pe.msr("ICC_EOIR1_EL1", intid)
    await device.join()


async def never(platform: Platform) -> None:
    """Software waits for an event that nobody sets. Raises `CheckError`."""
    await platform.event("used buffer of a device that sleeps").wait()
