"""What a guest does from its first instruction on: its interrupt controller, its device, packets, until all have come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.cpu.guest_mode import GuestCpu
from irqpath.software.guest.kernel import Kernel
from irqpath.software.guest.smp import Caller, Secondary
from irqpath.software.guest.virtio_net import RX, TX, VirtioNet
from irqpath.software.guest.virtio_pci import VirtioPciDevice
from irqpath.software.irqchip.gicv3 import Gicv3, enable
from irqpath.software.irqchip.its import Its
from irqpath.software.packets import Ledger, Packets
from irqpath.software.workload import Workload

#: LPIs of the device's two queues.
LPIS: Final = (FIRST_LPI + RX, FIRST_LPI + TX)


@dataclass(frozen=True, slots=True)
class Board:
    """What a guest finds in its device tree: the device, its DeviceID, the SPI of its wire, GITS_TRANSLATER; and what it makes of
    them. `msi`: interrupts go by the ITS, else by the wire; `rings`, `buffers`: where they lie."""

    device: str = "virtio0"
    device_id: int = 8
    intx: int = 35
    translater: int = 0x0809_0040
    spis: int = 32
    msi: bool = True
    rings: int = 0x1000_0000
    buffers: int = 0x2000_0000


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
        self.kernel: Final = Kernel(cpu, acknowledged)
        self.ledger: Final = Ledger()
        self._board = board
        self._workload = workload
        self._started = started
        self._caller = Caller(self.kernel, list(others))
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
        await self._caller.call(stop=True)

    async def _boot(self) -> None:
        gic, cpu = Gicv3(self._board.spis), self.kernel.cpu
        await gic.init_distributor(cpu)
        await gic.init_cpu(cpu)
        await self._caller.start()

    async def _start(self) -> None:
        """virtnet_probe: features, interrupts, virtqueues, DRIVER_OK, receive buffers."""
        board, cpu, net = self._board, self.kernel.cpu, self.net
        await net.device.negotiate(self._workload.features)
        vectors: tuple[int | None, ...] = (RX, TX) if board.msi else (None, None)
        if board.msi:
            its = Its(cpu, cpu.store)
            await its.init()
            await its.init_cpu(cpu)
            for event, handler in ((RX, net.skb_recv_done), (TX, net.skb_xmit_done)):
                self.kernel.request_irq(LPIS[event], handler)
                await its.map_event(board.device_id, event, LPIS[event])
            await net.device.enable_msix(board.translater, len(LPIS))
        else:
            self.kernel.request_irq(board.intx, net.vp_interrupt)
            await enable(cpu, board.intx)
            await net.device.enable_intx()
        await net.device.find_vqs(self._workload.size, vectors)
        await net.device.ready()
        await net.open()
        cpu.masked = False

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
                await self._caller.call()
                if (
                    load.idle and starts is not None
                ):  # it waits first, and what is left until the next burst it does something else
                    await self.kernel.wait_for(lambda: not self.ledger.outstanding)
                await cpu.spend(next(pauses) if starts is None else next(starts) - (cpu.now - start))
            if last and load.idle:
                await self.kernel.wait_for(lambda: not self.ledger.outstanding)
