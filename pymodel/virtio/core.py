"""What every virtio device is, whatever its transport: features, status, queues, interrupts (virtio 1.2, 2.1, 2.2, 2.6, 3.1).

A transport (`pci`, `mmio`) translates register accesses into calls of a `VirtioCore`; a `Function` (`net`, `blk`) does the
device's work on the buffers that the core hands to it. A fault of the driver sets DEVICE_NEEDS_RESET and stops every queue;
nothing is written to memory from then on, until the driver resets the device.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pymodel.errors import ConfigError
from pymodel.virtio.chain import Chain
from pymodel.virtio.device_queue import DeviceQueue
from pymodel.virtio.faults import Fault, QueueFault, RingFault
from pymodel.virtio.policy import IRQPATH, VirtioPolicy
from pymodel.virtio.port import RingPort
from pymodel.virtio.virtqueue import device_queue
from pymodel.virtio.wire import VIRTIO_F_RING_PACKED, VIRTIO_F_VERSION_1, Vring

# Device status (2.1)
ACKNOWLEDGE: Final = 1
DRIVER: Final = 2
DRIVER_OK: Final = 4
FEATURES_OK: Final = 8
DEVICE_NEEDS_RESET: Final = 64
FAILED: Final = 128

#: Buffers that one notification may lead to; twice the greatest queue size.
SERVE_LIMIT: Final = 1 << 16
#: "No vector" of MSI-X (4.1.5.1.2).
NO_VECTOR: Final = 0xFFFF


def check_range(what: str, value: int, low: int, high: int) -> None:
    """Raise `ConfigError` unless low <= value <= high."""
    if not low <= value <= high:
        raise ConfigError(f"{what} is {value}: it must lie in {low:,} to {high:,}")


class Interrupts(Protocol):
    """How a device reaches its driver: the transport."""

    def queue_interrupt(self, queue: int) -> None:
        """A used buffer notification of `queue`."""

    def config_interrupt(self) -> None:
        """A configuration change notification."""

    def status_changed(self, status: int) -> None:
        """Device status has a new value."""

    def fault_found(self, fault: QueueFault) -> None:
        """The driver did something wrong; DEVICE_NEEDS_RESET is set."""


class Function(ABC):
    """What a kind of device does. `device_id`: its type (5); `features`: those it offers; `queue_sizes`: its queues and the
    greatest size of each."""

    device_id: int
    features: int
    queue_sizes: Sequence[int]

    @abstractmethod
    def config(self) -> bytes:
        """The device-specific configuration space as it stands."""

    def write_config(self, offset: int, data: bytes) -> None:  # noqa: B027 (optional)
        """The driver writes to the configuration space; most devices have nothing to write there."""

    @abstractmethod
    def notified(self, core: VirtioCore, queue: int) -> None:
        """There may be new buffers in `queue`. May raise `RingFault`."""

    def reset(self) -> None:  # noqa: B027 (optional)
        """The device was reset: forget what concerns the driver."""

    def driver_ok(self, core: VirtioCore) -> None:  # noqa: B027 (optional)
        """The driver is ready: queues may be used from now on. May raise `RingFault`."""


@dataclass(slots=True)
class QueueSetup:
    """What a driver writes to set a queue up (4.1.4.3, 4.2.2). Addresses are 64 bits."""

    size_max: int
    size: int
    desc: int = 0
    driver: int = 0
    device: int = 0
    enabled: bool = False
    vector: int = NO_VECTOR


class VirtioCore:
    """One device between its transport and its function. `queues[n]`: the queue once it is enabled, else None."""

    def __init__(
        self,
        function: Function,
        port: RingPort,
        interrupts: Interrupts,
        *,
        policy: VirtioPolicy = IRQPATH,
        legacy: bool = False,
    ) -> None:
        self.function: Final = function
        self.port: Final = port
        self.policy: Final = policy
        self.legacy: Final = legacy
        self._interrupts = interrupts
        mask = (1 << 32) - 1 if legacy else ~0
        self.offered: Final = function.features & mask | (0 if legacy else 1 << VIRTIO_F_VERSION_1)
        self.status = 0
        self.driver_features = 0
        self.generation = 0
        self.fault: QueueFault | None = None
        self.setup: list[QueueSetup] = []
        self.queues: list[DeviceQueue | None] = []
        self._clear()

    # --- status and features --------------------------------------------------------------------------------------------

    @property
    def features(self) -> int:
        """The features negotiated: none before FEATURES_OK (a legacy driver has no such step)."""
        return self.driver_features if self.legacy or self.status & FEATURES_OK else 0

    @property
    def works(self) -> bool:
        """Whether buffers may be used: DRIVER_OK, and no fault so far."""
        return bool(self.status & DRIVER_OK) and self.fault is None

    def set_status(self, value: int) -> None:
        """The driver writes device status; 0 resets (2.1, 3.1.1)."""
        value &= 0xFF
        if value == 0:
            self.reset()
            return
        if self.status & ~value & ~DEVICE_NEEDS_RESET:
            self.fail(QueueFault(Fault.STATUS_BIT_CLEARED, -1, -1, f"from {self.status:#x} to {value:#x}"))
            return
        value = value & ~DEVICE_NEEDS_RESET | self.status & DEVICE_NEEDS_RESET
        new = value & ~self.status
        if new & FEATURES_OK and not self._acceptable():
            value &= ~FEATURES_OK  # the driver reads it back and sees that it was refused (3.1.1, step 6)
        if new & DRIVER_OK and not self.legacy and not value & FEATURES_OK:
            self.fail(QueueFault(Fault.STATUS_ORDER, -1, -1, "DRIVER_OK without FEATURES_OK"))
            return
        self.status = value
        self._interrupts.status_changed(value)
        if new & DRIVER_OK and self.works:
            self.guard(lambda: self.function.driver_ok(self))

    def _acceptable(self) -> bool:
        """VERSION_1 must be accepted, and nothing that was not offered (6.1, 2.2.2)."""
        if self.legacy:
            return True
        return not self.driver_features & ~self.offered and bool(self.driver_features >> VIRTIO_F_VERSION_1 & 1)

    def write_features(self, word: int, value: int) -> None:
        """The driver accepts features 32 * `word` and up; not after FEATURES_OK (2.2.1)."""
        if word > 1:
            return
        if self.status & FEATURES_OK:
            self.fail(QueueFault(Fault.STATUS_ORDER, -1, -1, "features written after FEATURES_OK"))
            return
        self.driver_features = self.driver_features & ~(0xFFFF_FFFF << 32 * word) | (value & 0xFFFF_FFFF) << 32 * word

    def offered_word(self, word: int) -> int:
        """Features 32 * `word` and up that the device offers."""
        return self.offered >> 32 * word & 0xFFFF_FFFF if word < 4 else 0

    def reset(self) -> None:
        """Back to the state after power-on; a device that failed works again (2.4)."""
        self._clear()
        self.function.reset()
        self._interrupts.status_changed(0)

    def _clear(self) -> None:
        self.status = 0
        self.driver_features = 0
        self.fault = None
        self.setup = [QueueSetup(size, size) for size in self.function.queue_sizes]
        self.queues = [None] * len(self.setup)

    def fail(self, fault: QueueFault) -> None:
        """The driver broke a rule: DEVICE_NEEDS_RESET, and a configuration change notification once DRIVER_OK is set (2.1.2)."""
        if self.fault is not None:
            return
        self.fault = fault
        self.status |= DEVICE_NEEDS_RESET
        self._interrupts.fault_found(fault)
        self._interrupts.status_changed(self.status)
        if self.status & DRIVER_OK:
            self._interrupts.config_interrupt()

    # --- queues ---------------------------------------------------------------------------------------------------------

    def enable(self, queue: int) -> None:
        """The driver enables `queue` with what it has set up; a ring that cannot be is a fault (4.1.4.3.2)."""
        setup = self.setup[queue]
        if setup.enabled or self.fault is not None:
            return
        if not self.legacy and not self.status & FEATURES_OK:
            self.fail(QueueFault(Fault.STATUS_ORDER, queue, -1, "queue enabled before FEATURES_OK"))
            return
        packed = bool(self.features >> VIRTIO_F_RING_PACKED & 1)
        vring = Vring(setup.size, setup.desc, setup.driver, setup.device, packed)
        try:
            if setup.size > setup.size_max:
                raise RingFault(QueueFault(Fault.RING_SIZE, queue, -1, f"{setup.size} of at most {setup.size_max}"))
            self.queues[queue] = device_queue(vring, self.port, self.features, index=queue, policy=self.policy)
            setup.enabled = True
        except RingFault as error:
            self.fail(error.fault)

    def reset_queue(self, queue: int) -> None:
        """Stop using `queue` and forget its set-up (VIRTIO_F_RING_RESET, 2.6.1)."""
        self.queues[queue] = None
        size = self.setup[queue].size_max
        self.setup[queue] = QueueSetup(size, size)

    def kick(self, queue: int) -> None:
        """The driver notifies `queue`; spurious ones do no harm (R67), and none counts before DRIVER_OK (3.1.1)."""
        if queue < len(self.queues) and self.queues[queue] is not None and self.works:
            self.guard(lambda: self.function.notified(self, queue))

    def interrupt(self, queue: int) -> bool:
        """After buffers were returned: interrupt the driver if it wants it. Whether that happened."""
        device = self.queues[queue]
        if device is None or not self.works or not device.should_notify():
            return False
        self._interrupts.queue_interrupt(queue)
        return True

    def serve(self, queue: int, work: Callable[[Chain], int]) -> None:
        """Do `work` on each buffer of `queue`; it says how many bytes it wrote. No notifications meanwhile, one interrupt at
        the end. A driver that feeds its ring by the device's own stores gets `SERVE_LIMIT` buffers a notification."""
        ring = self.queues[queue]
        if ring is None:
            return
        served = 0
        while served < SERVE_LIMIT:
            ring.set_notification(False)
            while served < SERVE_LIMIT and (chain := ring.pop()) is not None:
                ring.push(chain.id, work(chain))
                served += 1
            ring.set_notification(True)
            if ring.empty():
                break
        if served:
            self.interrupt(queue)

    def config_changed(self) -> None:
        """The configuration space has changed: a new generation (2.5), and a notification once DRIVER_OK is set."""
        self.generation = self.generation + 1 & 0xFF
        if self.status & DRIVER_OK:
            self._interrupts.config_interrupt()

    def guard(self, work: Callable[[], None]) -> None:
        """Do `work`; a fault in a queue stops the device."""
        try:
            work()
        except RingFault as error:
            self.fail(error.fault)
