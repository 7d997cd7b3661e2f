"""A guest's hands on a virtio device: initialization step by step as the specification orders it (virtio 1.2, 3.1.1), queues,
kicks; over PCI or over MMIO. It remembers what left the device."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any, Final

from irqpath.core.memory import Memory
from irqpath.core.transactions import (
    DeviceBroken,
    LineChange,
    MemWrite,
    Msi,
    Out,
    RegRead,
    RegReadData,
    RegWrite,
    RegWriteAck,
    Report,
)
from irqpath.virtio.core import ACKNOWLEDGE, DEVICE_NEEDS_RESET, DRIVER, DRIVER_OK, FEATURES_OK, Function
from irqpath.virtio.driver_queue import IndirectArea, Virtqueue, to_vvq
from irqpath.virtio.faults import QueueFault
from irqpath.virtio.frames import COMMON_BY_NAME, MMIO_BY_NAME
from irqpath.virtio.mmio import VirtioMmio
from irqpath.virtio.pci_config import COMMAND, MSIX_CONTROL
from irqpath.virtio.policy import IRQPATH, VirtioPolicy
from irqpath.virtio.port import GuestMemory, RecordingPort
from irqpath.virtio.transport import Transport
from irqpath.virtio.virtqueue import vring_create_virtqueue
from irqpath.virtio.wire import VIRTIO_F_RING_PACKED, Vring, packed_init, vring_init

QUEUES_AT: Final = 0x1000_0000
QUEUE_STRIDE: Final = 0x40_0000
TABLES_AT: Final = 0x2000_0000
BUFFERS_AT: Final = 0x3000_0000
MEMORY_BYTES: Final = 1 << 31
DOORBELL: Final = 0x0809_0040


class Guest:
    """A driver and its device. `port` records what the device does in memory; `messages`, `levels`, `faults` what left it."""

    def __init__(self, function: Function, kind: str = "pci", memory: Memory | None = None, **options: Any) -> None:
        self.memory = GuestMemory(Memory() if memory is None else memory, ((0, MEMORY_BYTES),))
        self.port = RecordingPort(self.memory)
        self.kind = kind
        self.device: Transport
        if kind == "pci":
            # As it is imported now: inside `injected` the copy with the bug.
            self.device = importlib.import_module("irqpath.virtio.pci").VirtioPci("virtq0", function, self.port, **options)
        else:
            self.device = VirtioMmio("virtq0", function, self.port, version=1 if kind == "legacy" else 2, **options)
        self.messages: list[Msi] = []
        self.levels: list[int] = []
        self.faults: list[QueueFault] = []
        self.queues: list[Virtqueue] = []
        self.features = 0

    # --- accesses -------------------------------------------------------------------------------------------------------

    def note(self, out: Iterable[Out]) -> None:
        """Remember messages, wires and faults."""
        for _, t in out:
            if isinstance(t, Msi):
                self.messages.append(t)
            elif isinstance(t, LineChange):
                self.levels.append(t.level)
            elif isinstance(t, DeviceBroken):
                self.faults.append(t.fault)

    def read_at(self, region: str, offset: int, size: int) -> RegReadData:
        """A read of a region of the device."""
        out = self.device.predict(f"virtq0.{region}", RegRead(offset, size))
        self.note(out)
        (response,) = [t for _, t in out if isinstance(t, RegReadData)]
        return response

    def write_at(self, region: str, offset: int, size: int, value: int) -> bool:
        """A write to a region of the device; False for an error response."""
        out = self.device.predict(f"virtq0.{region}", RegWrite(offset, size, value))
        self.note(out)
        (response,) = [t for _, t in out if isinstance(t, RegWriteAck)]
        return response.ok

    def _place(self, name: str) -> tuple[str, int, int]:
        if self.kind == "pci":
            field = COMMON_BY_NAME[name]
            return "common", field.offset, field.size
        field = MMIO_BY_NAME[name]
        return "reg", field.offset, field.size

    def read(self, name: str) -> int:
        """A field by name."""
        response = self.read_at(*self._place(name))
        assert response.ok, name
        return response.value

    def write(self, name: str, value: int) -> None:
        """Write a field by name."""
        assert self.write_at(*self._place(name), value), name

    @property
    def status(self) -> int:
        """Device status."""
        return self.read("device_status" if self.kind == "pci" else "Status")

    def set_status(self, value: int) -> None:
        """Write device status."""
        self.write("device_status" if self.kind == "pci" else "Status", value)

    @property
    def broken(self) -> bool:
        """Whether the device asks for a reset."""
        return bool(self.status & DEVICE_NEEDS_RESET)

    # --- initialization -------------------------------------------------------------------------------------------------

    def offered(self) -> int:
        """The features that the device offers."""
        names = ("device_feature_select", "device_feature") if self.kind == "pci" else ("DeviceFeaturesSel", "DeviceFeatures")
        found = 0
        for word in range(2):
            self.write(names[0], word)
            found |= self.read(names[1]) << 32 * word
        return found

    def accept(self, features: int) -> None:
        """Accept features."""
        names = ("driver_feature_select", "driver_feature") if self.kind == "pci" else ("DriverFeaturesSel", "DriverFeatures")
        for word in range(1 if self.kind == "legacy" else 2):
            self.write(names[0], word)
            self.write(names[1], features >> 32 * word & 0xFFFF_FFFF)

    def negotiate(self, unwanted: int = 0) -> None:
        """Reset, then the steps up to FEATURES_OK."""
        self.set_status(0)
        assert self.status == 0
        self.set_status(ACKNOWLEDGE)
        self.set_status(ACKNOWLEDGE | DRIVER)
        self.features = self.offered() & ~unwanted
        self.accept(self.features)
        if self.kind != "legacy":
            self.set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK)
            assert self.status & FEATURES_OK

    def ring_of(self, queue: int, size: int) -> Vring:
        """Where queue number `queue` lies."""
        at = QUEUES_AT + queue * QUEUE_STRIDE
        return packed_init(size, at) if self.features >> VIRTIO_F_RING_PACKED & 1 else vring_init(size, at)

    def set_up(self, queue: int, vring: Vring, vector: int | None = None) -> None:
        """Tell the device where a queue lies, and enable it."""
        pci = self.kind == "pci"
        self.write("queue_select" if pci else "QueueSel", queue)
        if self.kind == "legacy":
            self.write("GuestPageSize", 4096)
            self.write("QueueNum", vring.num)
            self.write("QueueAlign", 4096)
            self.write("QueuePFN", vring.desc // 4096)
            return
        self.write("queue_size" if pci else "QueueNum", vring.num)
        for name, address in (("desc", vring.desc), ("driver", vring.driver), ("device", vring.device)):
            title = f"queue_{name}_" if pci else f"Queue{name.capitalize()}"
            self.write(title + ("low" if pci else "Low"), address & 0xFFFF_FFFF)
            self.write(title + ("high" if pci else "High"), address >> 32)
        if pci and vector is not None:
            self.write("queue_msix_vector", vector)
            assert self.read("queue_msix_vector") == vector
        self.write("queue_enable" if pci else "QueueReady", 1)

    def msix(self, vectors: int, *, masked: bool = False) -> None:
        """Enable MSI-X with vector n sending data n."""
        self.write_at("config", MSIX_CONTROL, 2, 1 << 15)
        for n in range(vectors):
            for word, value in enumerate((DOORBELL, 0, n, int(masked))):
                assert self.write_at("msix", 16 * n + 4 * word, 4, value)
        self.write_at("config", COMMAND, 2, 0x406)

    def start(self, sizes: Iterable[int] | None = None, *, unwanted: int = 0, msix: bool = True) -> Guest:
        """Bring the device up with all its queues; with MSI-X, vector 0 is for the configuration, n + 1 for queue n."""
        self.negotiate(unwanted)
        chosen = list(sizes) if sizes is not None else list(self.device.core.function.queue_sizes)
        if self.kind == "pci" and msix:
            self.msix(len(chosen) + 1)
            self.write("config_msix_vector", 0)
        self.queues = []
        for n, size in enumerate(chosen):
            vring = self.ring_of(n, size)
            area = IndirectArea(TABLES_AT + n * 0x10_0000, 16)
            self.queues.append(vring_create_virtqueue(vring, self.memory, self.features, index=n, indirect=area))
            self.set_up(n, vring, n + 1 if self.kind == "pci" and msix else None)
        self.set_status(self.status | DRIVER_OK)
        self.port.take()
        return self

    # --- traffic --------------------------------------------------------------------------------------------------------

    def kick(self, queue: int, *, always: bool = False) -> bool:
        """Notify the device if it wants it."""
        value = self.queues[queue].virtqueue_kick()
        if value is None and not always:
            return False
        self.notify(queue)
        return True

    def notify(self, queue: int) -> None:
        """Write to the notification register."""
        if self.kind == "pci":
            assert self.write_at("notify", queue * 4, 2, queue)
        else:
            self.write("QueueNotify", queue)

    def vring(self, queue: int) -> Vring:
        """A queue's ring."""
        return to_vvq(self.queues[queue]).vring

    def stores(self) -> list[tuple[int, int]]:
        """(address, size) of what the device wrote to memory since the last call."""
        return [(t.address, t.size) for t in self.port.take() if isinstance(t, MemWrite)]


class Reporting(Guest):
    """A guest that keeps the reports."""

    def __init__(self, function: Function, kind: str, policy: VirtioPolicy = IRQPATH) -> None:
        self.reports: list[Report] = []
        super().__init__(function, kind, policy=policy)

    def note(self, out: Iterable[Out]) -> None:
        """Reports, too."""
        out = list(out)
        self.reports += [t for _, t in out if isinstance(t, Report)]
        super().note(out)
