"""What every virtio device is, whatever its transport: features, status, queues, interrupts (virtio 1.2, 2.1, 2.2, 2.6, 3.1).

A transport (`pci`, `mmio`) translates register accesses into calls of a `VirtioCore`; a `Function` (`net`, `blk`) does the
device's work on the buffers that the core hands to it. A fault of the driver on a ring sets DEVICE_NEEDS_RESET and stops every
queue; nothing is written to memory from then on, until the driver resets the device. What a driver does wrong besides is
reported, and ignored where it can be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from irqpath.core import state
from irqpath.core.state import Commit, Flag, Many, Maybe, Part, Plain, Record, Schema, Shape, StateError, Stateful
from irqpath.virtio.chain import Chain
from irqpath.virtio.device_queue import DeviceQueue
from irqpath.virtio.faults import QUEUE_FAULT, Fault, QueueFault, RingFault
from irqpath.virtio.features import check_offer, name_of, unmet
from irqpath.virtio.function import Function, Interrupts, check_range
from irqpath.virtio.negotiation import (
    ACKNOWLEDGE,
    DEVICE_NEEDS_RESET,
    DRIVER,
    DRIVER_OK,
    FAILED,
    FEATURES_OK,
    objections,
    status_faults,
)
from irqpath.virtio.places import Places
from irqpath.virtio.policy import IRQPATH, VirtioPolicy
from irqpath.virtio.port import RingPort
from irqpath.virtio.virtqueue import device_queue
from irqpath.virtio.wire import VIRTIO_F_RING_PACKED, VIRTIO_F_RING_RESET, VIRTIO_F_VERSION_1, Vring

__all__ = (
    "ACKNOWLEDGE", "DEVICE_NEEDS_RESET", "DRIVER", "DRIVER_OK", "FAILED", "FEATURES_OK", "NO_VECTOR", "SERVE_LIMIT", "Function",
    "Interrupts", "QueueSetup", "VirtioCore", "check_range",
)  # fmt: skip


#: Buffers that one notification may lead to; twice the greatest queue size.
SERVE_LIMIT: Final = 1 << 16
#: "No vector" of MSI-X (4.1.5.1.2).
NO_VECTOR: Final = 0xFFFF


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
    #: which of desc, driver, device were written, by bits
    placed: int = 0

    @property
    def missing(self) -> str:
        """The first part of the ring that has no address: zero, and nobody wrote that; "" if all have one."""
        parts = {"Descriptor Area": self.desc, "Driver Area": self.driver, "Device Area": self.device}
        return next((name for n, (name, at) in enumerate(parts.items()) if not at and not self.placed >> n & 1), "")


#: A legacy driver's page number and size can make more than 64 bits, of which `Vring.check` makes a fault.
_ADDRESS: Final = state.bits(66)
#: `QueueSetup` as plain data.
_SETUP: Final = Record(
    QueueSetup,
    {
        "size_max": state.bits(16),
        "size": state.bits(32),
        **dict.fromkeys(("desc", "driver", "device"), _ADDRESS),
        "enabled": Flag(),
        "vector": state.bits(16),
        "placed": state.bits(3),
    },
)


@dataclass(frozen=True)
class _QueueShape(Shape):
    """A queue, as its own `save` gives it, and the fault that stopped it. Loaded by `VirtioCore._restored_queues`."""

    broken: ClassVar[Maybe] = Maybe(QUEUE_FAULT)

    def dump(self, value: Any) -> Plain:
        """Both."""
        return {"ring": value.save(), "broken": self.broken.dump(value.broken)}

    def load(self, plain: Plain, path: str) -> Any:
        """Both, as they are."""
        if not isinstance(plain, dict) or plain.keys() != {"ring", "broken"} or not isinstance(plain["ring"], dict):
            raise StateError(f"{path} is no queue: an object of ring and broken is needed")
        return plain


class VirtioCore(Stateful):
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
        if function.checked_offer:
            check_offer(type(function).__name__, function.device_id, self.offered)
        self.status = 0
        self.driver_features = 0
        self.generation = 0
        self.fault: QueueFault | None = None
        self.setup: list[QueueSetup] = []
        self.queues: list[DeviceQueue | None] = []
        self._clear()
        function.attached(self)

    # --- state ----------------------------------------------------------------------------------------------------------

    def schema(self) -> Schema:
        """Status, features, queues, and the function."""
        return {
            "status": state.bits(8),
            "driver_features": state.bits(64),
            "generation": state.bits(8),
            "fault": Maybe(QUEUE_FAULT),
            "setup": Many(_SETUP, len(self.setup)),
            "queues": Many(Maybe(_QueueShape()), len(self.setup)),
            "function": Part(),
        }

    def checked(self, state: Plain, path: str) -> list[Commit]:
        """As `Stateful.checked`; status, features, faults and queues must fit together."""
        commits = super().checked(state, path)
        at = f"{path}." if path else ""
        status, features = state["status"], state["driver_features"]
        if (state["fault"] is not None) != bool(status & DEVICE_NEEDS_RESET):
            raise StateError(f"{at}fault is {state['fault']}: it does not fit to {at}status {status:#x}")
        if status & FEATURES_OK and not self._acceptable(features):
            raise StateError(f"{at}driver_features is {features:#x}: with these, FEATURES_OK cannot be set")
        if status & DRIVER_OK and not self.legacy and not status & FEATURES_OK:
            raise StateError(f"{at}status is {status:#x}: DRIVER_OK without FEATURES_OK")
        queues = self._restored_queues(state, at)
        # Whoever holds a queue of before, or buffers of it, has nothing of this state: `DeviceQueue.reclaim`.
        return [self._end_queues, *commits, lambda: self._use(queues)]

    def _use(self, queues: list[DeviceQueue | None]) -> None:
        """These are the queues from now on."""
        self.queues = queues
        self._places = Places()
        for queue in queues:
            if queue is not None:
                self._places.add(queue.vring)

    def _restored_queues(self, state: Plain, at: str) -> list[DeviceQueue | None]:
        """The queues of a state that is checked so far. Raises `StateError`."""
        features = self._negotiated(state["driver_features"], state["status"])
        queues: list[DeviceQueue | None] = []
        for n, (plain, saved) in enumerate(zip(state["setup"], state["queues"], strict=True)):
            setup: QueueSetup = _SETUP.load(plain, f"{at}setup[{n}]")
            if setup.size_max != self.function.queue_sizes[n]:
                raise StateError(
                    f"{at}setup[{n}].size_max is {setup.size_max}: of this device it is {self.function.queue_sizes[n]}"
                )
            if setup.enabled != (saved is not None):
                raise StateError(f"{at}queues[{n}] does not fit to {at}setup[{n}].enabled, which is {setup.enabled}")
            try:
                queue = self._made(n, setup, features) if setup.enabled else None
            except RingFault as error:
                raise StateError(f"{at}setup[{n}]: {error}") from error
            if queue is not None:
                queue.broken = _QueueShape.broken.load(saved["broken"], f"{at}queues[{n}].broken")
                queue.tenure.ended = bool(state["status"] & DEVICE_NEEDS_RESET)
                try:
                    queue.restore(saved["ring"])
                except StateError as error:
                    raise StateError(f"{at}queues[{n}].ring: {error}") from error
            queues.append(queue)
        return queues

    # --- status and features --------------------------------------------------------------------------------------------

    @property
    def features(self) -> int:
        """The features negotiated: none before FEATURES_OK. A legacy driver has no such step, in which what was not offered could
        be refused: it does not count."""
        return self._negotiated(self.driver_features, self.status)

    def _negotiated(self, accepted: int, status: int) -> int:
        if self.legacy:
            return accepted & self.offered
        return accepted if status & FEATURES_OK else 0

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
        for error, detail in status_faults(self.status, value):
            self.report(error, detail=detail)
        value = value & ~DEVICE_NEEDS_RESET | self.status & DEVICE_NEEDS_RESET
        new = value & ~self.status
        if new & FEATURES_OK and not self.legacy:
            for error, detail in self._objections(self.driver_features):
                self.report(error, detail=detail)
        if new & FEATURES_OK and not self._acceptable(self.driver_features):
            value &= ~FEATURES_OK  # the driver reads it back and sees that it was refused (3.1.1, step 6)
        if new & DRIVER_OK and self.legacy:
            for problem in unmet(self.function.device_id, self.features):
                self.report(Fault.FEATURE_NEEDS_ANOTHER, detail=problem)
        if new & DRIVER_OK and not self.legacy and not value & FEATURES_OK:
            self.fail(QueueFault(Fault.STATUS_ORDER, -1, -1, "DRIVER_OK without FEATURES_OK"))
            return
        self.status = value
        self._interrupts.status_changed(value)
        if new & DRIVER_OK and self.works:
            self.guard(lambda: self.function.driver_ok(self))

    def _acceptable(self, features: int) -> bool:
        """VERSION_1 must be accepted, nothing that was not offered, and nothing without what it needs (6.1, 2.2.2)."""
        tolerated = () if self.policy.check_needs else (Fault.FEATURE_NEEDS_ANOTHER,)
        return self.legacy or all(error in tolerated for error, _ in self._objections(features))

    def _objections(self, features: int) -> list[tuple[Fault, str]]:
        """Why a driver must not accept these features."""
        return objections(self.function.device_id, self.offered, features, discouraged=self.policy.refuse_discouraged)

    def report(self, fault: Fault, queue: int = -1, detail: str = "") -> None:
        """The driver did something wrong that the device can ignore."""
        self._interrupts.driver_erred(QueueFault(fault, queue, -1, detail))

    def write_features(self, word: int, value: int) -> None:
        """The driver accepts features 32 * `word` and up; not after FEATURES_OK (2.2.1)."""
        unknown = value & ~self.offered_word(word)
        if unknown and (self.legacy or word > 1):
            self.report(Fault.FEATURE_NOT_OFFERED, detail=f"{unknown:#x} of word {word}")
        if word > 1:
            return
        if self.legacy and self.status & DRIVER_OK:
            self.report(Fault.FEATURES_LATE)
            return
        if self.status & FEATURES_OK:
            self.fail(QueueFault(Fault.STATUS_ORDER, -1, -1, "features written after FEATURES_OK"))
            return
        if not self.status & DRIVER:
            self.report(Fault.SETUP_EARLY, detail="features before DRIVER")
        self.driver_features = self.driver_features & ~(0xFFFF_FFFF << 32 * word) | (value & 0xFFFF_FFFF) << 32 * word

    def offered_word(self, word: int) -> int:
        """Features 32 * `word` and up that the device offers."""
        return self.offered >> 32 * word & 0xFFFF_FFFF if word < 4 else 0

    def reset(self) -> None:
        """Back to the state after power-on; a device that failed works again (2.4)."""
        before = self.function.config()
        self._clear()
        self.function.reset()
        if self.function.config() != before:
            self.new_generation()
        self._interrupts.status_changed(0)

    def _clear(self) -> None:
        self._end_queues()
        self.status = 0
        self.driver_features = 0
        self.fault = None
        self.setup = [QueueSetup(size, size) for size in self.function.queue_sizes]
        self.queues = [None] * len(self.setup)
        self._places = Places()

    def _end_queues(self) -> None:
        """Whoever holds a queue or its buffers can do nothing to memory with them any more."""
        for queue in self.queues:
            if queue is not None:
                queue.tenure.ended = True

    def fail(self, fault: QueueFault) -> None:
        """The driver broke a rule: DEVICE_NEEDS_RESET, and a configuration change notification once DRIVER_OK is set (2.1.2)."""
        if self.fault is not None:
            return
        self.fault = fault
        self._end_queues()
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
        feature = self.function.lacks(self, queue)
        if feature >= 0:
            self.report(Fault.QUEUE_NOT_NEGOTIATED, queue, name_of(self.function.device_id, feature))
            return
        if setup.missing:
            self.report(Fault.RING_NOT_SET, queue, setup.missing)
            return
        try:
            made = self._made(queue, setup, self.features)
            overlap = self._places.overlap(made.vring)
            if overlap:
                self.report(Fault.RING_OVERLAP, queue, overlap)
                if self.policy.refuse_overlap:
                    return
            if self.status & DRIVER_OK and not self.legacy and not self.features >> VIRTIO_F_RING_RESET & 1:
                self.report(Fault.QUEUE_LATE, queue)
            self.queues[queue] = made
            self._places.add(made.vring)
            setup.enabled = True
        except RingFault as error:
            self.fail(error.fault)

    def _made(self, queue: int, setup: QueueSetup, features: int) -> DeviceQueue:
        """The queue of a set-up. Raises `RingFault`."""
        if setup.size > setup.size_max:
            raise RingFault(QueueFault(Fault.RING_SIZE, queue, -1, f"{setup.size} of at most {setup.size_max}"))
        vring = Vring(setup.size, setup.desc, setup.driver, setup.device, bool(features >> VIRTIO_F_RING_PACKED & 1))
        return device_queue(vring, self.port, features, index=queue, policy=self.policy)

    def reset_queue(self, queue: int) -> None:
        """Stop using `queue` and forget its set-up (VIRTIO_F_RING_RESET, 2.6.1)."""
        size = self.setup[queue].size_max
        self.setup[queue] = QueueSetup(size, size)
        self.stop_queue(queue)

    def stop_queue(self, queue: int) -> None:
        """Stop using `queue`, whose buffers are the driver's again; of its set-up, only that it is not enabled (4.2.2.2)."""
        self.setup[queue].enabled = False
        ring = self.queues[queue]
        if ring is not None:
            ring.tenure.ended = True
            self._places.remove(ring.vring)
            self.queues[queue] = None
            self.function.queue_reset(self, queue)

    def kick(self, queue: int) -> None:
        """The driver notifies `queue`; spurious ones do no harm (R67), and none counts before DRIVER_OK (3.1.1)."""
        if self.fault is not None:
            return  # the driver may not have seen yet that the device needs a reset
        if not self.status & DRIVER_OK:
            self.report(Fault.KICK_BEFORE_DRIVER_OK, queue)
        elif queue < len(self.queues) and self.queues[queue] is not None:
            self.guard(lambda: self.function.notified(self, queue))
        else:
            self.report(Fault.KICK_NOT_ENABLED, queue, "" if queue < len(self.queues) else f"there are {len(self.queues)} queues")

    def interrupt(self, queue: int) -> bool:
        """After buffers were returned: interrupt the driver if it wants it. Whether that happened.

        Not where none was returned since the last call: what is late, and of before a reset, has no effect.
        """
        device = self.queues[queue]
        if device is None or not self.works or not device.state.fresh or not device.should_notify():
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
        self.new_generation()
        if self.status & DRIVER_OK:
            self._interrupts.config_interrupt()

    def new_generation(self) -> None:
        """The configuration space is not what the driver may have read (2.5.2, 4.1.4.3.1)."""
        self.generation = self.generation + 1 & 0xFF

    def guard(self, work: Callable[[], None]) -> None:
        """Do `work`; a fault in a queue stops the device, unless it is of before a reset: then there is no such queue now."""
        try:
            work()
        except RingFault as error:
            queue = error.fault.queue
            if queue < 0 or self.queues[queue] is not None:
                self.fail(error.fault)
