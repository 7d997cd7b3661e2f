"""What a driver or a device does wrong on a virtqueue or with registers: a closed set, each with the section that forbids it.

A side that finds one on a ring stops using the queue: it writes nothing more to the ring, and a device sets DEVICE_NEEDS_RESET.
What a driver does wrong with registers is reported; the device ignores it where it can (`SURVIVED`), else it needs a reset, too.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from irqpath.core import state


@enum.unique
class Fault(enum.Enum):
    """One kind of wrong-doing, by the specification's words. The value is (section of virtio 1.2, explanation)."""

    # The ring itself
    RING_SIZE = ("2.7, 2.8.10.1", "queue size that this kind of ring cannot have")
    RING_ALIGNMENT = ("2.7, 2.8.12", "part of the ring that is not aligned")
    RING_OUTSIDE_MEMORY = ("2.7.1", "part of the ring that lies outside memory")
    FEATURE_NOT_NEGOTIATED = ("2.2.1", "use of a feature that was not negotiated")
    STATUS_BIT_CLEARED = ("2.1.1", "status bit that the driver cleared without a reset")
    STATUS_ORDER = ("3.1.1", "step of the initialization that came too early")

    # What a driver does with registers
    KICK_BEFORE_DRIVER_OK = ("3.1.1", "available buffer notification before DRIVER_OK")
    KICK_NOT_ENABLED = ("4.1.4.3, 4.2.2", "available buffer notification for a queue that is not enabled, or that there is not")
    KICK_VALUE = ("4.1.5.2, 2.9", "available buffer notification with a value or of a size that does not fit to its queue")
    FEATURE_NOT_OFFERED = ("2.2.1", "feature accepted that was not offered")
    FEATURE_NEEDS_ANOTHER = ("2.2.1", "feature accepted without one that it needs")
    VERSION_1_NOT_ACCEPTED = ("6.1", "VIRTIO_F_VERSION_1 not accepted")
    FEATURES_LATE = ("3.1.1, 3.1.2", "features written after the device was used")
    STATUS_STEP = ("2.1.1, 3.1.1", "status bit set before the steps of the initialization that precede it")
    STATUS_UNDEFINED = ("2.1", "status bit that is not defined, or not the driver's to set")
    STATUS_AFTER_FAILED = ("2.1.1", "initialization that goes on after FAILED without a reset")
    QUEUE_NOT_NEGOTIATED = ("5.1.2, 5.2.2", "queue enabled that exists only with a feature that was not negotiated")
    QUEUE_UNKNOWN = ("4.1.4.3, 4.2.2", "set-up of a queue that there is not")
    QUEUE_SIZE_VALUE = ("4.1.4.3.2, 4.2.2.2", "queue size written that this queue cannot have")
    SETUP_WHILE_ENABLED = ("4.1.4.3.2, 4.2.2.2", "set-up of a queue written while it is enabled")
    SETUP_EARLY = ("3.1.1", "features written before DRIVER, or set-up of a queue before FEATURES_OK")
    QUEUE_LATE = ("3.1.1, 2.6.1.2", "queue enabled after DRIVER_OK without VIRTIO_F_RING_RESET")
    QUEUE_DISABLED = ("4.1.4.3.2", "queue_enable written with another value than 1")
    QUEUE_CONTROL_VALUE = ("4.1.4.3, 4.2.2", "QueueReady or a queue's reset written with a value that means nothing")
    RING_NOT_SET = ("4.1.4.3.2, 4.2.3.2", "queue enabled with a part of the ring whose address was never written")
    RING_OVERLAP = ("2.6", "parts of rings that overlap")
    LEGACY_VALUE = ("4.2.4", "page size or alignment that is no power of two")
    VECTOR_OUT_OF_RANGE = ("4.1.5.1.2.2", "vector that lies outside the MSI-X table")
    REGISTER_ACCESS = ("4.1.3.1, 4.2.2.2", "access of a size or at an offset that no register permits")
    REGISTER_READ_ONLY = ("4.1.4.3.2, 4.2.2.2", "write to a register that is read-only")
    INTERRUPT_ACK_UNDEFINED = ("4.2.2.2", "InterruptACK written with bits that are not defined")
    CONFIG_READ_ONLY = ("5.1.4.2, 5.2.4", "write to a field of the configuration space that is read-only, or to none")
    CONFIG_EARLY = ("3.1.1", "write to the configuration space before FEATURES_OK")

    # What a driver makes available
    AVAIL_INDEX_JUMP = ("2.7.13.3", "available index more than a queue size ahead of the device")
    HEAD_OUT_OF_RANGE = ("2.7.6", "available ring entry that names no descriptor")
    NEXT_OUT_OF_RANGE = ("2.7.5", "next field that names no descriptor")
    CHAIN_TOO_LONG = ("2.7.5.2, 2.8.17", "chain of more descriptors than the queue size allows: a loop, or too many")
    CHAIN_INCOMPLETE = ("2.8.17", "NEXT on a descriptor whose successor is not available")
    CHAIN_EMPTY = ("2.6", "buffer without an element, or an element without a byte")
    BUFFER_TOO_LONG = ("2.7.5.2", "buffer of more than 2^32 bytes in total")
    BUFFER_OUTSIDE_MEMORY = ("2.7.5", "element that does not lie in memory")
    WRITABLE_BEFORE_READABLE = ("2.7.4.2, 2.8.17", "device-readable element after a device-writable one")
    INDIRECT_WITH_NEXT = ("2.7.5.3.1, 2.8.19", "descriptor with INDIRECT and NEXT")
    INDIRECT_NESTED = ("2.7.5.3.1, 2.8.19", "INDIRECT inside an indirect table")
    INDIRECT_LENGTH = ("2.7.5.3.1, 2.8.19", "indirect table whose length is no multiple of 16 bytes, or zero")

    # What a device returns
    USED_INDEX_JUMP = ("2.7.8.2", "used index further ahead than buffers are outstanding")
    USED_ID_UNKNOWN = ("2.7.8.2, 2.8.13", "used element that names no outstanding buffer")
    USED_TOO_LONG = ("2.7.8.2", "used length greater than the device-writable part of the buffer")

    # Devices
    REQUEST_FORMAT = ("5.1.6, 5.2.6", "request that lacks its header or its status byte")

    @property
    def section(self) -> str:
        """The specification's section."""
        value: tuple[str, str] = self.value
        return f"virtio 1.2, {value[0]}"

    @property
    def text(self) -> str:
        """What it means, in our words."""
        value: tuple[str, str] = self.value
        return value[1]


#: Faults of a driver after which the device goes on: it has ignored what was wrong.
SURVIVED: Final = frozenset(
    (
        Fault.KICK_BEFORE_DRIVER_OK, Fault.KICK_NOT_ENABLED, Fault.KICK_VALUE, Fault.FEATURE_NOT_OFFERED,
        Fault.FEATURE_NEEDS_ANOTHER, Fault.VERSION_1_NOT_ACCEPTED, Fault.FEATURES_LATE, Fault.STATUS_STEP,
        Fault.STATUS_UNDEFINED, Fault.STATUS_AFTER_FAILED, Fault.QUEUE_NOT_NEGOTIATED, Fault.QUEUE_UNKNOWN,
        Fault.QUEUE_SIZE_VALUE, Fault.SETUP_WHILE_ENABLED, Fault.QUEUE_DISABLED, Fault.RING_NOT_SET, Fault.RING_OVERLAP,
        Fault.LEGACY_VALUE, Fault.VECTOR_OUT_OF_RANGE, Fault.REGISTER_ACCESS, Fault.REGISTER_READ_ONLY,
        Fault.INTERRUPT_ACK_UNDEFINED, Fault.CONFIG_READ_ONLY, Fault.CONFIG_EARLY, Fault.SETUP_EARLY, Fault.QUEUE_LATE,
        Fault.QUEUE_CONTROL_VALUE,
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class QueueFault:
    """A fault where it was found. `queue`: its number, -1 for the device as a whole; `descriptor`: index in the descriptor
    table (of an indirect table if the detail says so) or buffer id, -1 where none is concerned."""

    error: Fault
    queue: int
    descriptor: int
    detail: str = ""

    def __str__(self) -> str:
        where = "" if self.queue < 0 else f"queue {self.queue}"
        if self.descriptor >= 0:
            where += f", descriptor {self.descriptor}"
        detail = f" ({self.detail})" if self.detail else ""
        return f"{where or 'device'}: {self.error.text}{detail} [{self.error.name}; {self.error.section}]"


#: A fault as plain data.
QUEUE_FAULT: Final = state.Record(
    QueueFault,
    {
        "error": state.OneOf({fault.name: fault for fault in Fault}),
        "queue": state.Int(0xFFFF, -1),
        "descriptor": state.Int(0xFFFF, -1),
        "detail": state.Text(),
    },
)
