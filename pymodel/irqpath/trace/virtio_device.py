"""One recorded virtio device: its golden transport, built by its recorded identity, and what is being followed of it."""

from __future__ import annotations

from collections import deque
from typing import Final

from irqpath.core.link import Link
from irqpath.core.transactions import Msi
from irqpath.trace.virtio_identity import Identity
from irqpath.trace.virtio_queue import Journal, QueueChecks
from irqpath.virtio.core import VirtioCore
from irqpath.virtio.frames import COMMON_BY_NAME, MMIO_BY_NAME
from irqpath.virtio.function import Core, Function
from irqpath.virtio.mmio import VirtioMmio
from irqpath.virtio.pci import VirtioPci
from irqpath.virtio.pci_config import notify_bytes
from irqpath.virtio.policy import VirtioPolicy
from irqpath.virtio.transport import Transport

# The machine (QEMU's virt): where virtio-mmio frames lie and which SPIs the wires are.
_MMIO_BASE, _MMIO_STRIDE, _MMIO_FIRST_INTID = 0x0A00_0000, 0x200, 48
_PCI_FIRST_INTID, _PCI_WIRES = 35, 4
_NOTIFY_OFFSET: Final = 0x3000
MMIO_NOTIFY: Final = 0x50
_PCI_STATUS, _MMIO_STATUS = COMMON_BY_NAME["device_status"].offset, MMIO_BY_NAME["Status"].offset


class RecordedFunction(Function):
    """A device that does nothing on its own: what it does is in the recording."""

    checked_offer = False

    def __init__(self, identity: Identity) -> None:
        self.device_id = identity.device_id
        self.features = identity.feature_bits
        self.queue_sizes = identity.sizes
        self._config = bytearray(identity.config_bytes())

    def config(self) -> bytes:
        """The recorded configuration space, with what the driver has written."""
        return bytes(self._config)

    def write_config(self, offset: int, data: bytes) -> None:
        """The driver writes."""
        self._config[offset : offset + len(data)] = data

    def notified(self, core: Core, queue: int) -> None:
        """The recording says what happens."""


class RecordedDevice:
    """One device: its golden transport, and the checks of its queues."""

    def __init__(self, name: str, identity: Identity, journal: Journal, policy: VirtioPolicy) -> None:
        self.name: Final = name
        self.identity: Final = identity
        self.is_pci: Final = name.startswith("pci")
        function = RecordedFunction(identity)
        self.transport: Transport
        if self.is_pci:
            device = int(name[3:5], 16)
            self.requester = device << 3 | int(name[6:], 16)
            self.wire = _PCI_FIRST_INTID + device % _PCI_WIRES
            self.transport = VirtioPci(
                name,
                function,
                journal,
                requester=self.requester,
                vectors=identity.vectors,
                notify_multiplier=identity.notify_multiplier,
                policy=policy,
            )
        else:
            self.requester = -1
            self.wire = _MMIO_FIRST_INTID + int(name[4:])
            self.transport = VirtioMmio(name, function, journal, version=identity.version, policy=policy)
        #: links of the transport by the region of a recording that is reached by them
        self.regions = {str(link) if self.is_pci else name: link for link in self.transport.inputs() if link.end != "reset"}
        self.config: Final = Link.of(name, "config")
        self.queues: dict[int, QueueChecks] = {}
        self.blind: dict[int, set[int]] = {}
        self.messages: deque[Msi] = deque()
        self.recorded_level = 0
        self.status_outstanding = False

    @property
    def core(self) -> VirtioCore:
        """The device behind the transport."""
        return self.transport.core

    def go_on(self) -> None:
        """The recorded device did: the fault that the golden one found was none for it."""
        self.core.fault = None
        for queue in self.core.queues:
            if queue is not None:
                queue.tenure.ended = False

    def writes_status(self, link: Link, offset: int) -> bool:
        """Whether a write there is to device status."""
        return (link.end == "common" and offset == _PCI_STATUS) if self.is_pci else offset == _MMIO_STATUS

    def notified_by(self, offset: int, value: int) -> int:
        """The queue that a write to the notification region, or to QueueNotify, notifies."""
        return offset // self.transport.notify_multiplier if isinstance(self.transport, VirtioPci) else value & 0xFFFF

    def notify_queue(self, address: int, value: int) -> int | None:
        """The queue that a store to this physical address notifies, if it is one of this device's notification registers."""
        if isinstance(self.transport, VirtioPci):
            offset = address - (self.transport.pci.read(0x20, 8) & ~0xF) - _NOTIFY_OFFSET
            multiplier = self.transport.notify_multiplier
            return offset // multiplier if 0 <= offset < notify_bytes(multiplier) else None
        here = _MMIO_BASE + _MMIO_STRIDE * int(self.name[4:]) + MMIO_NOTIFY
        return value & 0xFFFF if address == here else None
