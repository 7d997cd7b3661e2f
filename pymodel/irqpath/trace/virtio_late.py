"""One race of a recorder that is tolerated: a driver's store is logged after the interrupt that it allowed.

Stores of a run of code are logged together, before the next event of their CPU, while the device runs in a thread of its own: it
may see a store to the field that allows interrupts, and interrupt, before that store is logged. The log then shows an interrupt
that the driver did not want by its last store, and the next store to that very field, which allows it, a few events later.
Nothing else is tolerated: neither if the driver has looked at the ring meanwhile, for its CPU would have logged the store before,
nor if the next store to the field does not allow the interrupt, nor if it comes late or never.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from irqpath.trace.findings import Deviation, Findings
from irqpath.virtio.device_queue import DeviceQueue, DeviceQueueState
from irqpath.virtio.wire import VIRTIO_RING_F_EVENT_IDX

#: Its name in the report.
LATE_STORE: Final = "virtio interrupt logged before the driver's store to the event field that allowed it"
#: Events of any kind between the interrupt and the store: the device's other queues and another CPU may give some dozens.
_WINDOW: Final = 64


@dataclass(frozen=True, slots=True)
class _Doubt:
    """An interrupt that deviates so far. `event`: how many events came before; the rest: the queue when it was decided."""

    deviation: Deviation
    event: int
    next_used: int
    used_wrap: bool
    fresh: int
    decided: bool


class LateStores:
    """Interrupts of one queue that wait for the store that allowed them."""

    __slots__ = ("_doubts", "_field", "_findings", "_queue")

    def __init__(self, queue: DeviceQueue, findings: Findings) -> None:
        self._queue = queue
        self._findings = findings
        self._doubts: list[_Doubt] = []
        self._field = _field(queue)

    def doubt(self, tell: Callable[[], None]) -> None:
        """The driver does not want the interrupt that came now, before the queue forgets what it is for: `tell` says so."""
        deviations = self._findings.deviations
        before = len(deviations)
        tell()
        if len(deviations) > before:
            s = self._queue.state
            made = _Doubt(deviations[-1], self._findings.events, s.next_used, s.used_wrap, s.fresh, s.decided)
            self._doubts.append(made)

    def stored(self, address: int, count: int) -> None:
        """The driver stored `count` bytes at `address`; memory holds them by now."""
        start, size = self._field
        if not self._doubts or address >= start + size or start >= address + count:
            return
        doubts, self._doubts = self._doubts, []
        for doubt in doubts:
            if self._findings.events - doubt.event <= _WINDOW and self._allows(doubt):
                self._findings.tolerate(doubt.deviation, LATE_STORE)

    def looked(self) -> None:
        """The driver looked at what the device returned: a store that it made before has been logged before."""
        self._doubts.clear()

    def _allows(self, doubt: _Doubt) -> bool:
        """Whether the device would have decided to interrupt, had it seen the field as it is now."""
        state = self._queue.state
        now = state.next_used, state.used_wrap, state.fresh, state.decided
        _set(state, (doubt.next_used, doubt.used_wrap, doubt.fresh, doubt.decided))
        try:
            return self._queue.should_notify()
        finally:
            _set(state, now)


def _set(state: DeviceQueueState, values: tuple[int, bool, int, bool]) -> None:
    state.next_used, state.used_wrap, state.fresh, state.decided = values


def _field(queue: DeviceQueue) -> tuple[int, int]:
    """(address, bytes) of what the driver says in it whether it wants interrupts (2.7.7, 2.8.10)."""
    if queue.packed:
        return queue.vring.driver, 4
    event_idx = queue.features >> VIRTIO_RING_F_EVENT_IDX & 1
    return queue.vring.used_event if event_idx else queue.vring.driver, 2
