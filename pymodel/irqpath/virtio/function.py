"""What lies on either side of a `VirtioCore`: the function, which does a kind of device's work, and its way to the driver."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from irqpath.core.errors import ConfigError
from irqpath.core.state import Schema, Stateful
from irqpath.virtio.chain import Chain
from irqpath.virtio.device_queue import DeviceQueue
from irqpath.virtio.faults import QueueFault
from irqpath.virtio.port import RingPort


def check_range(what: str, value: int, low: int, high: int) -> None:
    """Raise `ConfigError` unless low <= value <= high."""
    if not low <= value <= high:
        raise ConfigError(f"{what} is {value}: it must lie in {low:,} to {high:,}")


class Interrupts(Protocol):
    """How a device reaches its driver: the transport."""

    def queue_interrupt(self, queue: int) -> None:
        """A used buffer notification of `queue`; none where that is not enabled, whoever still means to notify (2.4.1)."""

    def config_interrupt(self) -> None:
        """A configuration change notification; none before DRIVER_OK (2.1.2)."""

    def status_changed(self, status: int) -> None:
        """Device status has a new value."""

    def fault_found(self, fault: QueueFault) -> None:
        """The driver did something wrong; DEVICE_NEEDS_RESET is set."""

    def driver_erred(self, fault: QueueFault) -> None:
        """The driver did something wrong; the device has ignored it."""


class Core(Protocol):
    """What a function has of the `VirtioCore` that it belongs to."""

    queues: list[DeviceQueue | None]
    status: int

    @property
    def port(self) -> RingPort:
        """The way to memory."""

    @property
    def legacy(self) -> bool:
        """The driver is of before virtio 1.0."""

    @property
    def features(self) -> int:
        """The features negotiated."""

    @property
    def works(self) -> bool:
        """Whether buffers may be used."""

    def interrupt(self, queue: int) -> bool:
        """After buffers were returned: interrupt the driver if it wants it. Whether that happened."""

    def serve(self, queue: int, work: Callable[[Chain], int]) -> None:
        """Do `work` on each buffer of `queue`; it says how many bytes it wrote."""

    def config_changed(self) -> None:
        """The configuration space has changed: a new generation, and a notification."""

    def new_generation(self) -> None:
        """The configuration space is not what the driver may have read."""

    def guard(self, work: Callable[[], None]) -> None:
        """Do `work`, which may raise `RingFault`: then the device stops."""


class Function(Stateful, ABC):
    """What a kind of device does; `schema` says what of it is state, by default nothing.

    `device_id`: its type (5); `features`: those it offers; `queue_sizes`: its queues and the greatest size of each.
    """

    device_id: int
    features: int
    queue_sizes: Sequence[int]
    #: False of one that was recorded: what it offers is as it is.
    checked_offer: ClassVar[bool] = True

    def schema(self) -> Schema:
        """What the driver has set, and what waits for it. The back-end is none of it."""
        return {}

    def attached(self, core: Core) -> None:
        """Told once, when the device is made: this is the core through which queues are reached."""

    @abstractmethod
    def config(self) -> bytes:
        """The device-specific configuration space as it stands."""

    def write_config(self, offset: int, data: bytes) -> None:
        """The driver writes to the configuration space; most devices have nothing to write there."""

    def writable(self, core: Core) -> Sequence[tuple[int, int]] | None:
        """(offset, bytes) of each field of the configuration space that the driver may write now; None if that is not known."""
        return () if type(self).write_config is Function.write_config else None

    def lacks(self, core: Core, queue: int) -> int:
        """The feature without which there is no such queue, if it was not negotiated, else -1."""
        return -1

    @abstractmethod
    def notified(self, core: Core, queue: int) -> None:
        """There may be new buffers in `queue`. May raise `RingFault`."""

    def reset(self) -> None:
        """The device was reset: forget what concerns the driver. Buffers that are still held are the driver's again: storing
        into them and returning them has no effect."""

    def queue_reset(self, core: Core, queue: int) -> None:
        """The driver has stopped `queue`: its buffers are the driver's again, as with `reset`."""

    def driver_ok(self, core: Core) -> None:
        """The driver is ready: queues may be used from now on. May raise `RingFault`."""
