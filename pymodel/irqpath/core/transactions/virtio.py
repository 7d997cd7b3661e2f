"""virtio: driver and device."""

from __future__ import annotations

from dataclasses import dataclass

from irqpath.core.faults import QueueFault


@dataclass(frozen=True, slots=True)
class Kick:
    """The driver notifies the device: `value` goes to the notification register of queue `queue` (virtio 1.2, 2.9)."""

    queue: int
    value: int


@dataclass(frozen=True, slots=True)
class DeviceBroken:
    """A device set DEVICE_NEEDS_RESET because of one fault of its driver (virtio 1.2, 2.1.2)."""

    fault: QueueFault


@dataclass(frozen=True, slots=True)
class StatusChange:
    """Device status is now `value` (virtio 1.2, 2.1)."""

    value: int
