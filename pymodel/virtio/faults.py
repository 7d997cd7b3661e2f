"""What a driver or a device does wrong on a virtqueue: a closed set, each with the section that forbids it.

A side that finds one stops using the queue: it writes nothing more to the ring, and a device sets DEVICE_NEEDS_RESET.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from pymodel import state
from pymodel.errors import IrqpathError


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


class RingFault(IrqpathError):
    """The other side broke the rules of the ring; `fault` says how. The queue is broken from now on."""

    def __init__(self, fault: QueueFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class QueueFull(IrqpathError):
    """There is no room for the buffer; take used buffers back first."""


class StateError(state.StateError):
    """A saved state that no queue or device can be in."""
