"""virtio-net as Linux drives it (drivers/net/virtio_net.c): one pair of queues, transmit with its queue stopped while it is full,
receive by NAPI: no more interrupts, poll, ask for interrupts again, look once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.guest.kernel import Kernel
from irqpath.software.guest.virtio_pci import VirtioPciDevice
from irqpath.software.packets import Packets, number_of
from irqpath.virtio.driver_queue import Virtqueue
from irqpath.virtio.faults import QueueFull

RX, TX = 0, 1
#: struct virtio_net_hdr_v1
_HEADER: Final = 12
_BUFFER_BYTES: Final = 0x800
_TX_BUFFERS: Final = 0x80_0000
#: packets that one poll takes (NAPI_POLL_WEIGHT)
WEIGHT: Final = 64
#: free descriptors below which the transmit queue is stopped (MAX_SKB_FRAGS + 2, with one fragment)
_LOW: Final = 2


@dataclass(slots=True)
class Counts:
    """Of a driver: kicks that went out, kicks that the device did not want, polls, interrupts that raised one."""

    kicks: int = 0
    suppressed: int = 0
    polls: int = 0
    interrupts: int = 0


@dataclass(slots=True)
class VirtioNet:
    """The driver. `received` is told each packet's content; `buffers`: where packets lie, receive buffers first; `suppress`:
    whether it asks for no interrupts while it polls."""

    kernel: Kernel
    device: VirtioPciDevice
    cycles: Cycles
    packets: Packets
    received: Callable[[bytes], None]
    buffers: int
    suppress: bool = True
    counts: Counts = field(default_factory=Counts)
    stopped: bool = False
    scheduled: bool = False

    @property
    def rx(self) -> Virtqueue:
        """The receive queue."""
        return self.device.virtqueues[RX]

    @property
    def tx(self) -> Virtqueue:
        """The transmit queue."""
        return self.device.virtqueues[TX]

    async def open(self) -> None:
        """virtnet_open: receive buffers; no interrupts for what was transmitted, which is freed before more is."""
        for slot in range(self.rx.num_max):
            self._offer(slot)
        await self._kick(self.rx)
        self.tx.virtqueue_disable_cb()

    # --- transmit -------------------------------------------------------------------------------------------------------

    async def start_xmit(self, content: bytes, *, more: bool) -> None:
        """Put a packet into the transmit queue (step 1) and kick (step 2), unless `more` follow at once (xmit_more). Raises
        `CheckError` while the queue is stopped."""
        if self.stopped:
            raise CheckError("the transmit queue is stopped")
        cpu, tx = self.kernel.cpu, self.tx
        await cpu.spend(self.cycles.send)
        self._free_old_xmit()
        number = number_of(content)
        slot = number % tx.num_max
        at = self.buffers + _TX_BUFFERS + slot * _BUFFER_BYTES
        cpu.memory.load(at, bytes(_HEADER) + content)
        tx.virtqueue_add([(at, _HEADER + len(content))], token=slot)
        self.packets.add(number)
        if tx.num_free < _LOW:
            self.stopped = True
            if not tx.virtqueue_enable_cb_delayed() and self._free_old_xmit():
                self._restart()
        if not more or self.stopped:
            await self._kick(tx)

    def _free_old_xmit(self) -> bool:
        """Take back what was transmitted; whether there is room again."""
        while self.tx.virtqueue_get_buf() is not None:
            pass
        return self.tx.num_free >= _LOW

    def _restart(self) -> None:
        self.stopped = False
        self.tx.virtqueue_disable_cb()

    async def _kick(self, vq: Virtqueue) -> None:
        """virtqueue_kick: to the device, unless it wants none."""
        if vq.virtqueue_kick_prepare():
            self.counts.kicks += 1
            await self.device.notify(vq.index)
        else:
            self.counts.suppressed += 1

    # --- interrupts -----------------------------------------------------------------------------------------------------

    async def skb_xmit_done(self) -> None:
        """The interrupt of the transmit queue: packets may go again."""
        await self.kernel.cpu.spend(self.cycles.handler)
        self._xmit_done()

    def _xmit_done(self) -> None:
        if self.stopped and self._free_old_xmit():
            self._restart()

    async def skb_recv_done(self) -> None:
        """The interrupt of the receive queue: a poll is scheduled (virtqueue_napi_schedule)."""
        await self.kernel.cpu.spend(self.cycles.handler)
        self._schedule()

    async def vp_interrupt(self) -> None:
        """The wire, which all queues share: the read of the ISR status lowers it."""
        await self.kernel.cpu.spend(self.cycles.handler)
        if await self.device.read_isr():
            self._xmit_done()
            self._schedule()

    def _schedule(self) -> None:
        """napi_schedule, once until the poll is complete."""
        self.counts.interrupts += 1
        if self.suppress:
            self.rx.virtqueue_disable_cb()
        if not self.scheduled:
            self.scheduled = True
            self.kernel.raise_softirq(self.poll)

    # --- receive --------------------------------------------------------------------------------------------------------

    async def poll(self) -> None:
        """virtnet_poll: take packets, at most `WEIGHT`; with fewer, ask for interrupts and look once more
        (virtqueue_napi_complete)."""
        cpu = self.kernel.cpu
        self.counts.polls += 1
        taken = await self._receive()
        if taken == WEIGHT:
            self.kernel.raise_softirq(self.poll)
            return
        await cpu.spend(self.cycles.complete)
        mark = self.rx.virtqueue_enable_cb_prepare()
        self.scheduled = False
        if self.rx.virtqueue_poll(mark):
            self._again()

    def _again(self) -> None:
        """What has come before interrupts were asked for has caused none."""
        if not self.scheduled:
            self.scheduled = True
            if self.suppress:
                self.rx.virtqueue_disable_cb()
            self.kernel.raise_softirq(self.poll)

    async def _receive(self) -> int:
        """Packets that are there (step 8); their buffers go back."""
        cpu, taken = self.kernel.cpu, 0
        while taken < WEIGHT and (found := self.rx.virtqueue_get_buf()) is not None:
            slot, length = found
            content = cpu.memory.dump(self._rx_buffer(slot) + _HEADER, length - _HEADER)
            self.received(content)
            self.packets.handled(number_of(content))
            self._offer(slot)
            taken += 1
            await cpu.spend(self.cycles.receive)
        if taken:
            await self._kick(self.rx)
        return taken

    def _rx_buffer(self, slot: int) -> int:
        return self.buffers + slot * _BUFFER_BYTES

    def _offer(self, slot: int) -> None:
        """try_fill_recv: a receive buffer. Raises `CheckError`."""
        try:
            self.rx.virtqueue_add([], [(self._rx_buffer(slot), _BUFFER_BYTES)], token=slot)
        except QueueFull as full:
            raise CheckError(f"receive buffer {slot} comes back, and there is no room for it: {full}") from full
