"""What a driver or a device does wrong on a virtqueue, as exceptions; the closed set of faults is core's, which transactions name
too, and everybody here imports it from this module."""

from __future__ import annotations

from irqpath.core import state
from irqpath.core.errors import IrqpathError
from irqpath.core.faults import QUEUE_FAULT, SURVIVED, Fault, QueueFault

__all__ = ("QUEUE_FAULT", "SURVIVED", "Fault", "QueueFault", "QueueFull", "RingFault", "StateError")


class RingFault(IrqpathError):
    """The other side broke the rules of the ring; `fault` says how. The queue is broken from now on."""

    def __init__(self, fault: QueueFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class QueueFull(IrqpathError):
    """There is no room for the buffer; take used buffers back first."""


class StateError(state.StateError):
    """A saved state that no queue or device can be in."""
