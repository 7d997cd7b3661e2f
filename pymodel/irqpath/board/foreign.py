"""Memory that is not irqpath's own."""

from __future__ import annotations

from irqpath.core.memory import Memory, MemPort
from irqpath.core.state import Part, Schema, Stateful


class ForeignMemory(Memory):
    """What a `Board` reads and writes through somebody's `MemPort`. Its contents are part of the machine's state only where the
    port is `Stateful`; of another one its owner takes care."""

    def __init__(self, port: MemPort) -> None:
        super().__init__()
        self.port = port

    def schema(self) -> Schema:
        """That of the port, if it has one."""
        return {"port": Part()} if isinstance(self.port, Stateful) else {}

    def read(self, address: int, size: int) -> int:
        """As the port does."""
        return self.port.read(address, size)

    def write(self, address: int, size: int, value: int) -> None:
        """As the port does."""
        self.port.write(address, size, value)

    def known_zero(self, address: int, count: int) -> bool:
        """As the port knows."""
        return self.port.known_zero(address, count)

    def peek(self, address: int, size: int) -> int | None:
        """As the port knows."""
        return self.port.peek(address, size)

    def load(self, address: int, data: bytes) -> None:
        """Store `data` at `address`, byte by byte."""
        for n, byte in enumerate(data):
            self.port.write(address + n, 1, byte)

    def dump(self, address: int, count: int) -> bytes:
        """The `count` bytes at `address`, byte by byte."""
        return bytes(self.port.read(address + n, 1) for n in range(count))
