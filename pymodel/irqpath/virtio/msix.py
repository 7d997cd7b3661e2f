"""MSI-X table and pending bit array (PCI Express, 6.1.4 and 7.7.2). State is plain data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from irqpath.core.state import Commit, Many, Plain, Schema, StateError, Stateful, Vector, bits

ENTRY_BYTES: Final = 16
ENABLE: Final = 1 << 15
FUNCTION_MASK: Final = 1 << 14
MASKED: Final = 1


class Msix(Stateful):
    """`table[n]`: message address low and high, data, vector control, 32 bits each; `pending`: the pending bit array.

    `causes[n]`: the events of which vector n is pending, one bit each, as `blame` was told: where an event is no more, its
    vector is not pending any more either, unless another event made it so, too. `send` is told (address, data) of each message.
    """

    def __init__(self, vectors: int, pba_offset: int, send: Callable[[int, int], None], events: int = 1) -> None:
        """`events`: how many kinds of events there are to be blamed."""
        self.vectors: Final = vectors
        self.pba_offset: Final = pba_offset
        self.events: Final = events
        self._send = send
        self.control = 0
        self.pending = 0
        self.causes: list[int] = [0] * vectors
        self.table: list[list[int]] = [[0, 0, 0, MASKED] for _ in range(vectors)]

    def schema(self) -> Schema:
        """Message Control, pending bits, the table."""
        return {
            "control": Vector(ENABLE | FUNCTION_MASK),
            "pending": Vector((1 << self.vectors) - 1),
            "causes": Many(Vector((1 << self.events) - 1), self.vectors),
            "table": Many(Many(bits(32), 4), self.vectors),
        }

    def checked(self, state: Plain, path: str) -> list[Commit]:
        """As `Stateful.checked`; reserved bits are zero, and nothing is pending that may be sent."""
        commits = super().checked(state, path)
        for n, (low, _, _, control) in enumerate(state["table"]):
            if low & 3 or control & ~MASKED:
                raise StateError(f"{path}.table[{n}] is {state['table'][n]}: reserved bits of address or vector control are set")
        control, pending = int(state["control"], 16), int(state["pending"], 16)
        free = sum(1 << n for n, entry in enumerate(state["table"]) if not entry[3] & MASKED)
        if control & ENABLE and not control & FUNCTION_MASK and pending & free:
            raise StateError(f"{path}.pending is {state['pending']}: vectors {pending & free:#x} of it are not masked")
        if pending != sum(1 << n for n, cause in enumerate(state["causes"]) if int(cause, 16)):
            raise StateError(f"{path}.causes does not fit to {path}.pending, which is {state['pending']}")
        return commits

    @property
    def enabled(self) -> bool:
        """Message Control: MSI-X Enable."""
        return bool(self.control & ENABLE)

    def write_control(self, value: int) -> None:
        """Write Message Control; what was pending and is not masked any more goes out."""
        self.control = value & (ENABLE | FUNCTION_MASK)
        self._release()

    def fire(self, vector: int) -> None:
        """An event for `vector`: a message, or its pending bit while it is masked (R75)."""
        if vector >= self.vectors or not self.enabled:
            return
        if self.control & FUNCTION_MASK or self.table[vector][3] & MASKED:
            self.pending |= 1 << vector
        else:
            self._message(vector)

    def blame(self, vector: int, event: int) -> None:
        """Event number `event` has just fired `vector`: if that is pending now, the event is why."""
        if self.pending >> vector & 1 and vector < self.vectors:
            self.causes[vector] |= 1 << event

    def make_pending(self, vector: int, event: int) -> None:
        """Event number `event` waits at `vector` now, if there is such a one; it goes out if it may."""
        if vector < self.vectors:
            self.causes[vector] |= 1 << event
            self.pending = sum(1 << n for n, cause in enumerate(self.causes) if cause)
            self._release()

    def forget(self, event: int) -> bool:
        """Event number `event` is no more: no vector is pending for it. Whether one was."""
        found = False
        for vector, cause in enumerate(self.causes) if self.pending else ():
            if cause >> event & 1:
                found = True
                self.causes[vector] = cause & ~(1 << event)
                if not self.causes[vector]:
                    self.pending ^= 1 << vector
        return found

    def forget_all(self) -> None:
        """No event is left: nothing is pending. Enables, masks and messages are PCI's, and stay."""
        self.pending = 0
        self.causes = [0] * self.vectors

    def read(self, offset: int, size: int) -> int | None:
        """A read of 4 or 8 bytes of the table or of the pending bits; None for one that is not permitted."""
        if size not in (4, 8) or offset % size:
            return None
        return sum(self._word(offset + at) << 8 * at for at in range(0, size, 4))

    def write(self, offset: int, size: int, value: int) -> bool:
        """A write of 4 or 8 bytes; pending bits are read-only. False for one that is not permitted."""
        if size not in (4, 8) or offset % size:
            return False
        for at in range(0, size, 4):
            vector, word = divmod((offset + at) // 4, 4)
            if vector < self.vectors:
                part = value >> 8 * at & 0xFFFF_FFFF
                self.table[vector][word] = part & MASKED if word == 3 else part & ~3 if word == 0 else part
        self._release()
        return True

    def _word(self, offset: int) -> int:
        vector, word = divmod(offset // 4, 4)
        if vector < self.vectors:
            return self.table[vector][word]
        if offset >= self.pba_offset:
            return self.pending >> 8 * (offset - self.pba_offset) & 0xFFFF_FFFF
        return 0

    def _release(self) -> None:
        """Send what is pending and not masked, each once."""
        if not self.pending or not self.enabled or self.control & FUNCTION_MASK:
            return
        for vector in range(self.vectors):
            if self.pending >> vector & 1 and not self.table[vector][3] & MASKED:
                self.pending &= ~(1 << vector)
                self.causes[vector] = 0
                self._message(vector)

    def _message(self, vector: int) -> None:
        low, high, data, _ = self.table[vector]
        self._send(high << 32 | low, data)
