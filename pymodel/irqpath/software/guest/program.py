"""What a guest does from its first instruction on: its interrupt controller, its device, packets, until all have come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.cpu.guest_mode import GuestCpu
from irqpath.software.guest.kernel import Action, Kernel
from irqpath.software.guest.smp import Caller, Secondary
from irqpath.software.guest.tick import Tick
from irqpath.software.guest.virtio_blk import VirtioBlk
from irqpath.software.guest.virtio_net import RX, TX, VirtioNet
from irqpath.software.guest.virtio_pci import VirtioPciDevice
from irqpath.software.irqchip.chip import Chip
from irqpath.software.irqchip.gicv2 import Gicv2
from irqpath.software.irqchip.gicv2m import Gicv2m
from irqpath.software.irqchip.gicv3 import Gicv3
from irqpath.software.irqchip.its import Its
from irqpath.software.packets import Ledger, Packets
from irqpath.software.workload import Workload

#: LPIs of the device's two queues.
LPIS: Final = (FIRST_LPI + RX, FIRST_LPI + TX)
DISK_LPI: Final = FIRST_LPI + 2


@dataclass(frozen=True, slots=True)
class Board:
    """What a guest finds in its device tree: the device, its DeviceID, the SPI of its wire; the same of
    its disk, and that one's sectors; `gicv2`: its interrupt controller is
    one, else a GICv3; GITS_TRANSLATER, or the GICv2m frame with SPIs from `first_message` on; and what it makes of them. `msi`:
    interrupts go by the ITS or that frame, else by the wire; `rings`, `buffers`: where they lie."""

    device: str = "virtio0"
    device_id: int = 8
    intx: int = 35
    translater: int = 0x0809_0040
    spis: int = 32
    gicv2: bool = False
    v2m: int = 0x0802_0000
    first_message: int = 48
    disk: str = "virtio1"
    disk_id: int = 128
    disk_intx: int = 36
    disk_sectors: int = 64
    disk_rings: int = 0x1100_0000
    disk_buffers: int = 0x3000_0000
    messages: int = 16
    msi: bool = True
    rings: int = 0x1000_0000
    buffers: int = 0x2000_0000

    @property
    def chip(self) -> Chip:
        """The driver of its interrupt controller."""
        return Gicv2(self.spis) if self.gicv2 else Gicv3(self.spis)

    @property
    def received(self) -> int:
        """The INTID of the interrupt of received packets, as its driver gives them out."""
        if not self.msi:
            return self.intx
        return self.first_message + RX if self.gicv2 else LPIS[RX]


class Program:
    """The guest. `net`: its driver, once it has started."""

    def __init__(
        self,
        cpu: GuestCpu,
        board: Board,
        workload: Workload,
        cycles: Cycles,
        packets: Packets,
        acknowledged: Callable[[int], None],
        started: Callable[[], None],
        others: Sequence[Secondary] = (),
    ) -> None:
        """`acknowledged` is told each INTID that the guest takes, `started` when it begins to send; `others`: its other vCPUs,
        which it calls after each burst."""
        self.kernel: Final = Kernel(cpu, board.chip, acknowledged)
        self.ledger: Final = Ledger()
        self._board = board
        self._workload = workload
        self._started = started
        self.clock: Final = Tick(self.kernel, workload.tick)
        self._its: Its | None = None
        self._v2m: Gicv2m | None = None
        self.disk: Final = VirtioBlk(
            self.kernel, VirtioPciDevice(cpu, board.disk, board.disk_rings), cycles,
            buffers=board.disk_buffers, sectors=board.disk_sectors, seed=workload.seed,
        ) if workload.disk else None  # fmt: skip
        self._caller = Caller(self.kernel, list(others), cycles.handler)
        device = VirtioPciDevice(cpu, board.device, board.rings)
        self.net: Final = VirtioNet(
            self.kernel, device, cycles, packets, self.ledger.arrived, board.buffers, suppress=workload.suppress
        )

    async def run(self) -> None:
        """Boot, start the device, send, wait for what has not come back. Raises `CheckError` when a packet is lost, doubled, out
        of order or another."""
        await self._boot()
        await self._start()
        self._started()
        await self._send()
        await self.kernel.wait_for(lambda: not self.ledger.outstanding)
        self.ledger.close()
        await self.clock.stop()
        if self.disk is not None:
            disk = self.disk
            await self.kernel.wait_for(lambda: not disk.requests.under_way)
            disk.requests.close()
        await self._caller.call(stop=True)

    async def _boot(self) -> None:
        chip, cpu = self.kernel.chip, self.kernel.cpu
        await chip.init_distributor(cpu)
        await chip.init_cpu(cpu)
        await self.clock.start()
        cpu.masked = False
        await self._caller.start()

    async def _start(self) -> None:
        """virtnet_probe: features, interrupts, virtqueues, DRIVER_OK, receive buffers."""
        board, cpu, net = self._board, self.kernel.cpu, self.net
        await net.device.negotiate(self._workload.features)
        vectors: tuple[int | None, ...] = (RX, TX) if board.msi else (None, None)
        if board.msi:
            doorbell, messages = await (self._messages_of_v2m() if board.gicv2 else self._messages_of_its())
            await net.device.enable_msix(doorbell, messages)
        else:
            self.kernel.request_irq(board.intx, net.vp_interrupt)
            await self.kernel.chip.enable(cpu, board.intx)
            await net.device.enable_intx()
        await net.device.find_vqs(self._workload.size, vectors)
        await net.device.ready()
        await net.open()
        if self.disk is not None:
            await self._start_disk(self.disk)

    async def _start_disk(self, disk: VirtioBlk) -> None:
        """virtblk_probe."""
        board, kernel = self._board, self.kernel
        await disk.device.negotiate(self._workload.features)
        if not board.msi:
            kernel.request_irq(board.disk_intx, disk.vp_interrupt)
            await kernel.chip.enable(kernel.cpu, board.disk_intx)
            await disk.device.enable_intx()
        elif self._v2m is not None:
            (spi,) = self._v2m.allocate(1)
            kernel.request_irq(spi, disk.done)
            await kernel.chip.enable(kernel.cpu, spi, edge=True)
            await disk.device.enable_msix(self._v2m.doorbell, [spi])
        elif self._its is not None:
            kernel.request_irq(DISK_LPI, disk.done)
            await self._its.map_event(board.disk_id, 0, DISK_LPI)
            await disk.device.enable_msix(board.translater, [0])
        await disk.device.find_vqs(self._workload.size, (0 if board.msi else None,))
        disk.open()
        await disk.device.ready()

    @property
    def _handlers(self) -> tuple[Action, ...]:
        """Of the queues' interrupts."""
        return self.net.skb_recv_done, self.net.skb_xmit_done

    async def _messages_of_its(self) -> tuple[int, list[int]]:
        """LPIs: where messages are written, and the data of each queue's."""
        board, cpu = self._board, self.kernel.cpu
        self._its = its = Its(cpu, cpu.store)
        await its.init()
        await its.init_cpu(cpu)
        for event, handler in enumerate(self._handlers):
            self.kernel.request_irq(LPIS[event], handler)
            await its.map_event(board.device_id, event, LPIS[event])
        return board.translater, list(range(len(LPIS)))

    async def _messages_of_v2m(self) -> tuple[int, list[int]]:
        """The same, SPIs."""
        kernel = self.kernel
        self._v2m = frame = Gicv2m(self._board.v2m)
        await frame.init(kernel.cpu)
        spis = frame.allocate(len(self._handlers))
        for intid, handler in zip(spis, self._handlers, strict=True):
            kernel.request_irq(intid, handler)
            await kernel.chip.enable(kernel.cpu, intid, edge=True)
        return frame.doorbell, spis

    async def _send(self) -> None:
        load, net, cpu = self._workload, self.net, self.kernel.cpu
        start, pauses, starts = cpu.now, load.pauses(), load.starts() if load.rate else None
        for number, content in enumerate(load.contents()):
            last = (number + 1) % load.burst == 0 or number + 1 == load.packets
            if net.stopped:
                await self.kernel.wait_for(lambda: not net.stopped)
            self.ledger.sent(content)
            await net.start_xmit(content, more=not last)
            if load.spurious and number % load.spurious == 0:
                await net.device.notify(TX)
            if last:
                if self.disk is not None:
                    await self.disk.submit(load.disk)
                await self._caller.call()
                if (
                    load.idle and starts is not None
                ):  # it waits first, and what is left until the next burst it does something else
                    await self.kernel.wait_for(lambda: not self.ledger.outstanding)
                await cpu.spend(next(pauses) if starts is None else next(starts) - (cpu.now - start))
            if last and load.idle:
                await self.kernel.wait_for(lambda: not self.ledger.outstanding)
