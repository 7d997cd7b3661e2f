"""The host's real network device, as far as interrupts go: what is sent comes back after a while, and its wire says so."""

from __future__ import annotations

from collections import deque
from typing import Final

from irqpath.sim.platform import Platform

#: Cycles for which the wire stays low, so that its next edge is seen.
_LOW: Final = 64


class Nic:
    """Loops frames back, `latency` cycles later and `gap` cycles apart, in order. Its SPI, an edge, is up while a frame waits."""

    def __init__(self, platform: Platform, intid: int, latency: int, gap: int) -> None:
        self.intid: Final = intid
        self._platform = platform
        self._latency = latency
        self._gap = gap
        self._flying: deque[tuple[int, bytes]] = deque()
        self._arrived: deque[bytes] = deque()
        self._free_at = 0
        self._fell_at = -_LOW

    def send(self, frame: bytes) -> None:
        """A frame goes out."""
        now = self._platform.now
        self._free_at = max(self._free_at + self._gap, now + self._latency)
        self._flying.append((self._free_at, frame))
        if len(self._flying) == 1:
            self._platform.start(self._fly(), "network")

    def receive(self) -> list[bytes]:
        """The frames that have come back; the wire falls."""
        frames = list(self._arrived)
        self._arrived.clear()
        self._platform.wire(self.intid, 0)
        self._fell_at = self._platform.now
        return frames

    @property
    def waiting(self) -> bool:
        """Whether there are such frames."""
        return bool(self._arrived)

    async def _fly(self) -> None:
        while self._flying:
            await self._platform.until(self._flying[0][0])
            while self._platform.now < self._fell_at + _LOW:
                await self._platform.until(self._fell_at + _LOW)
            self._arrived.append(self._flying.popleft()[1])
            self._platform.wire(self.intid, 1)
