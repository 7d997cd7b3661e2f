"""Both sides of a virtqueue by one call each, whatever the kind of its ring."""

from __future__ import annotations

from irqpath.virtio.device_queue import DeviceQueue
from irqpath.virtio.driver_queue import IndirectArea, Virtqueue
from irqpath.virtio.packed_device import PackedDeviceQueue
from irqpath.virtio.packed_driver import PackedVringVirtqueue
from irqpath.virtio.policy import IRQPATH, VirtioPolicy
from irqpath.virtio.port import RingPort
from irqpath.virtio.split_device import SplitDeviceQueue
from irqpath.virtio.split_driver import SplitVringVirtqueue
from irqpath.virtio.wire import Vring


def device_queue(
    vring: Vring, port: RingPort, features: int = 0, *, index: int = 0, policy: VirtioPolicy = IRQPATH
) -> DeviceQueue:
    """The device's side of `vring`; `features`: those negotiated. Raises `RingFault` for a ring that cannot be."""
    kind = PackedDeviceQueue if vring.packed else SplitDeviceQueue
    return kind(vring, port, features, index=index, policy=policy)


def vring_create_virtqueue(
    vring: Vring, port: RingPort, features: int = 0, *, index: int = 0, indirect: IndirectArea | None = None
) -> Virtqueue:
    """The driver's side of `vring`, whose memory is zeroed. Raises `RingFault` for a ring that cannot be."""
    kind = PackedVringVirtqueue if vring.packed else SplitVringVirtqueue
    return kind(vring, port, features, index=index, indirect=indirect).vq
