"""A virtio device over PCI as its driver finds and starts it (drivers/virtio/virtio_pci_modern.c)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.software.cpu.guest_mode import GuestCpu
from irqpath.virtio.core import ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK
from irqpath.virtio.driver_queue import Virtqueue
from irqpath.virtio.frames import COMMON_BY_NAME
from irqpath.virtio.msix import ENABLE, ENTRY_BYTES
from irqpath.virtio.pci import NOTIFY_MULTIPLIER
from irqpath.virtio.pci_config import COMMAND, MSIX_CONTROL
from irqpath.virtio.virtqueue import vring_create_virtqueue
from irqpath.virtio.wire import VIRTIO_F_RING_PACKED, packed_init, vring_init

#: Memory space and bus mastering; without MSI-X, the wire.
_COMMAND_VALUE: Final = 0x406
_INTX_COMMAND_VALUE: Final = 0x6
_RING_BYTES: Final = 0x1_0000


@dataclass(slots=True)
class VirtioPciDevice:
    """A device called `name`. `rings`: where its virtqueues lie, one every 64 KB; `features`: those negotiated."""

    cpu: GuestCpu
    name: str
    rings: int
    features: int = 0
    virtqueues: list[Virtqueue] = field(default_factory=list)

    async def negotiate(self, wanted: int) -> None:
        """Reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK (3.1.1). Raises `CheckError` where the device refuses."""
        await self._write("device_status", 0)
        await self._write("device_status", ACKNOWLEDGE)
        await self._write("device_status", ACKNOWLEDGE | DRIVER)
        offered = 0
        for word in range(2):
            await self._write("device_feature_select", word)
            offered |= await self._read("device_feature") << 32 * word
        self.features = offered & wanted
        for word in range(2):
            await self._write("driver_feature_select", word)
            await self._write("driver_feature", self.features >> 32 * word & 0xFFFF_FFFF)
        await self._write("device_status", ACKNOWLEDGE | DRIVER | FEATURES_OK)
        if not await self._read("device_status") & FEATURES_OK:
            raise CheckError(f"{self.name} refuses the features {self.features:#x}")

    async def enable_msix(self, doorbell: int, messages: Sequence[int]) -> None:
        """pci_alloc_irq_vectors: vector n sends its message to `doorbell`."""
        await self._write_at("config", MSIX_CONTROL, 2, ENABLE)
        for vector, data in enumerate(messages):
            for word, value in enumerate((doorbell & 0xFFFF_FFFF, doorbell >> 32, data, 0)):
                await self._write_at("msix", ENTRY_BYTES * vector + 4 * word, 4, value)
        await self._write_at("config", COMMAND, 2, _COMMAND_VALUE)

    async def enable_intx(self) -> None:
        """Without MSI-X all queues share the wire."""
        await self._write_at("config", COMMAND, 2, _INTX_COMMAND_VALUE)

    async def find_vqs(self, size: int, vectors: tuple[int | None, ...]) -> list[Virtqueue]:
        """vp_modern_find_vqs: a virtqueue of `size` for each of `vectors`, which has that MSI-X vector, or none (None)."""
        for queue, vector in enumerate(vectors):
            at = self.rings + queue * _RING_BYTES
            vring = packed_init(size, at) if self.features >> VIRTIO_F_RING_PACKED & 1 else vring_init(size, at)
            await self._write("queue_select", queue)
            await self._write("queue_size", size)
            self.virtqueues.append(vring_create_virtqueue(vring, self.cpu.memory, self.features, index=queue))
            for part, address in (("desc", vring.desc), ("driver", vring.driver), ("device", vring.device)):
                await self._write(f"queue_{part}_low", address & 0xFFFF_FFFF)
                await self._write(f"queue_{part}_high", address >> 32)
            if vector is not None:
                await self._write("queue_msix_vector", vector)
            await self._write("queue_enable", 1)
        return self.virtqueues

    async def ready(self) -> None:
        """virtio_device_ready: DRIVER_OK."""
        await self._write("device_status", await self._read("device_status") | DRIVER_OK)

    async def notify(self, queue: int) -> None:
        """vp_notify: the queue's number, to its place (the second half of a kick)."""
        await self._write_at("notify", queue * NOTIFY_MULTIPLIER, 2, queue)

    async def read_isr(self) -> int:
        """The ISR status, which the read clears."""
        value, _ = await self.cpu.read_at(Link.of(self.name, "isr"), 0, 1)
        return value

    async def _read(self, name: str) -> int:
        place = COMMON_BY_NAME[name]
        value, ok = await self.cpu.read_at(Link.of(self.name, "common"), place.offset, place.size)
        if not ok:
            raise CheckError(f"{self.name}: the read of {name} got an error response")
        return value

    async def _write(self, name: str, value: int) -> None:
        place = COMMON_BY_NAME[name]
        await self._write_at("common", place.offset, place.size, value)

    async def _write_at(self, region: str, offset: int, size: int, value: int) -> None:
        if not await self.cpu.write_at(Link.of(self.name, region), offset, size, value):
            raise CheckError(f"{self.name}: the write of {size} bytes at {region}+{offset:#x} got an error response")
