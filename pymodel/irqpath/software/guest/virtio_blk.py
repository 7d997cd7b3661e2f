"""virtio-blk as Linux drives it (drivers/block/virtio_blk.c): requests complete in any order, and have tags."""

from __future__ import annotations

import random
import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.guest.kernel import Kernel
from irqpath.software.guest.virtio_pci import VirtioPciDevice
from irqpath.virtio.driver_queue import Virtqueue

IN, OUT = 0, 1
#: struct virtio_blk_outhdr
_HEADER: Final = struct.Struct("<IIQ")
_SECTOR_BYTES: Final = 512
#: of a request: header, data, status
_DATA: Final = 0x200
_STATUS: Final = 0x400
_STRIDE: Final = 0x800
#: Descriptors of a request.
_DESCRIPTORS: Final = 3
_NOT_DONE: Final = 0xFF


@dataclass(slots=True)
class Requests:
    """What must become of requests: each is done once, and a read finds what was written last. `overtaken`: how often one was
    done before an older one."""

    contents: dict[int, bytes] = field(default_factory=dict)
    done: int = 0
    overtaken: int = 0
    #: by tag, the oldest first: sector, what is written, None for a read
    under_way: dict[int, tuple[int, bytes | None]] = field(default_factory=dict)

    def submitted(self, tag: int, sector: int, data: bytes | None) -> None:
        """A request goes to the device; no other one of that sector is under way."""
        self.under_way[tag] = sector, data

    def completed(self, tag: int, status: int, data: bytes) -> None:
        """It is done; `data`: what a read has found. Raises `CheckError`."""
        if tag not in self.under_way:
            raise CheckError(f"request {tag} is done, and is not under way")
        self.overtaken += tag != next(iter(self.under_way))
        sector, written = self.under_way.pop(tag)
        if status:
            raise CheckError(f"request {tag}, sector {sector}: status {status:#x}")
        if written is not None:
            self.contents[sector] = written
        elif data != self.contents.get(sector, bytes(_SECTOR_BYTES)):
            raise CheckError(f"request {tag} reads sector {sector}, and finds another content than was written there last")
        self.done += 1

    def close(self) -> None:
        """Nothing is under way any more. Raises `CheckError` where a request is."""
        if self.under_way:
            raise CheckError(f"{len(self.under_way)} requests are lost, the first is {next(iter(self.under_way))}")


class VirtioBlk:
    """The driver of a device with `sectors` sectors. `buffers`: where requests lie; `seed`: of what is read and written."""

    def __init__(self, kernel: Kernel, device: VirtioPciDevice, cycles: Cycles, *, buffers: int, sectors: int, seed: int) -> None:
        self.kernel: Final = kernel
        self.device: Final = device
        self.requests: Final = Requests()
        self._cycles = cycles
        self._buffers = buffers
        self._sectors = sectors
        self._rng = random.Random(seed)
        self._free: deque[int] = deque()

    @property
    def vq(self) -> Virtqueue:
        """The request queue."""
        return self.device.virtqueues[0]

    def open(self) -> None:
        """init_vq: as many tags as requests fit into the queue."""
        self._free.extend(range(self.vq.num_max // _DESCRIPTORS))

    async def submit(self, count: int) -> None:
        """virtio_queue_rqs: reads and writes of sectors that no request under way has; one kick for all."""
        vq, cpu = self.vq, self.kernel.cpu
        for _ in range(count):
            if not self._free:
                await self._kick()
                await self.kernel.wait_for(lambda: bool(self._free))
            await cpu.spend(self._cycles.send)
            cpu.masked = True  # (vq->lock, with interrupts off)
            self._add(vq)
            cpu.masked = False
        await self._kick()

    def _add(self, vq: Virtqueue) -> None:
        """virtblk_add_req."""
        memory, rng = self.kernel.cpu.memory, self._rng
        tag = self._free.popleft()
        at = self._buffers + tag * _STRIDE
        busy = {sector for sector, _ in self.requests.under_way.values()}
        sector = rng.choice([n for n in range(self._sectors) if n not in busy])
        written = rng.randbytes(_SECTOR_BYTES) if rng.random() < 0.5 else None
        memory.load(at, _HEADER.pack(IN if written is None else OUT, 0, sector))
        memory.load(at + _DATA, bytes(_SECTOR_BYTES) if written is None else written)
        memory.load(at + _STATUS, bytes([_NOT_DONE]))
        header, data, status = (at, _HEADER.size), (at + _DATA, _SECTOR_BYTES), (at + _STATUS, 1)
        if written is None:
            vq.virtqueue_add([header], [data, status], token=tag)
        else:
            vq.virtqueue_add([header, data], [status], token=tag)
        self.requests.submitted(tag, sector, written)

    async def _kick(self) -> None:
        if self.vq.virtqueue_kick_prepare():
            await self.device.notify(self.vq.index)

    async def done(self) -> None:
        """virtblk_done: the interrupt. Requests are completed until there are none when interrupts are wanted again."""
        cpu, vq = self.kernel.cpu, self.vq
        await cpu.spend(self._cycles.handler)
        while True:
            vq.virtqueue_disable_cb()
            while (found := vq.virtqueue_get_buf()) is not None:
                self._complete(found[0])
                await cpu.spend(self._cycles.receive)
            if vq.virtqueue_enable_cb():
                return

    def _complete(self, tag: int) -> None:
        memory, at = self.kernel.cpu.memory, self._buffers + tag * _STRIDE
        status = memory.dump(at + _STATUS, 1)[0]
        self.requests.completed(tag, status, memory.dump(at + _DATA, _SECTOR_BYTES))
        self._free.append(tag)

    async def vp_interrupt(self) -> None:
        """The wire: the read of the ISR status lowers it."""
        if await self.device.read_isr():
            await self.done()
