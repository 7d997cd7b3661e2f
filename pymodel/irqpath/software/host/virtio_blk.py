"""QEMU's virtio-blk: requests are read in the event loop and done by a pool of worker threads, each of which blocks on the disk;
they are completed in the order in which the disk has done them (hw/block/virtio-blk.c).
"""

from __future__ import annotations

import random
from collections import deque
from functools import partial
from typing import Final

from irqpath.software.host.event_loop import EventLoop, Worker
from irqpath.software.host.kvm import Vm
from irqpath.software.host.scheduler import Thread
from irqpath.software.host.virtio_pci import EmulatedDevice
from irqpath.virtio.blk import Blk, MemoryDisk
from irqpath.virtio.chain import Chain
from irqpath.virtio.device_queue import DeviceQueue
from irqpath.virtio.function import Core
from irqpath.virtio.port import RingPort

SECTORS: Final = 64
#: Threads that the pool has.
_WORKERS: Final = 3


class HeldBlk(Blk):
    """A block device that holds each request until it is told to do it: `held`, the oldest first."""

    def __init__(self, disk: MemoryDisk, *, size: int, features: int) -> None:
        super().__init__(disk, size=size, features=features)
        self.held: Final[deque[Chain]] = deque()
        self._core: Core | None = None

    def attached(self, core: Core) -> None:
        """See `Function`."""
        self._core = core

    def notified(self, core: Core, queue: int) -> None:
        """Take all requests of the queue."""
        ring = core.queues[queue]
        while ring is not None:
            ring.set_notification(False)
            while (chain := ring.pop()) is not None:
                self.held.append(chain)
            ring.set_notification(True)
            if ring.empty():
                return

    def complete(self, chain: Chain) -> None:
        """A request is done now, and given back. Its driver may be interrupted."""
        core = self._core
        assert core is not None  # whose request it is
        core.guard(lambda: self._complete(core, chain))

    def _complete(self, core: Core, chain: Chain) -> None:
        ring: DeviceQueue | None = core.queues[0]
        if ring is not None:
            ring.push(chain.id, self._serve(core, 0, chain))
            core.interrupt(0)


class VirtioBlkPci(EmulatedDevice):
    """A device with a disk of `SECTORS` sectors. `latency`: cycles that the disk may take for a request, at most, from half of it
    on, each as it happens (`seed`)."""

    def __init__(
        self, name: str, vm: Vm, memory: RingPort, loop: EventLoop, *, size: int, device: int, intx: int, features: int,
        latency: int, seed: int,
    ) -> None:  # fmt: skip
        self._blk = HeldBlk(MemoryDisk(SECTORS), size=size, features=features)
        super().__init__(name, vm, memory, loop, self._blk, queues=1, device=device, intx=intx)
        self._latency = latency
        self._rng = random.Random(seed)
        self._workers = [Worker(f"{name}: worker {n}", loop.thread.cpu, self._work) for n in range(_WORKERS)]
        for worker in self._workers:
            loop.listen(worker.done, partial(self._completed, worker))

    async def _host_notifier(self, queue: int, thread: Thread) -> None:
        """virtio_blk_handle_vq: the pool has more to do."""
        before = len(self._blk.held)
        await self._went_out(self._kicked(queue), thread.cpu)
        await thread.cpu.spend(thread.cpu.cycles.forward * (len(self._blk.held) - before))
        for worker in self._workers:
            await worker.thread.wake(thread.cpu)

    async def _work(self, thread: Thread) -> Chain:
        """A worker's blocking request to the disk."""
        held = self._blk.held
        while not held:
            await thread.block()
        chain = held.popleft()
        end = thread.cpu.pe.now + self._rng.randint(self._latency // 2, self._latency)
        thread.cpu.call_at(end, thread.wake)
        while thread.cpu.pe.now < end:
            await thread.block()
        return chain

    async def _completed(self, worker: Worker, thread: Thread) -> None:
        """virtio_blk_rw_complete, in the event loop."""
        while worker.results:
            await thread.cpu.spend(thread.cpu.cycles.respond)
            self._blk.complete(worker.results.popleft())
            await self._went_out(self._pci.take(), thread.cpu)
