"""The front-end of vhost-user: hands memory, rings and notification descriptors to a device in another process."""

from __future__ import annotations

import array
import os
import select
import socket
import struct
from pathlib import Path
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.virtio.wire import Vring

_GET_FEATURES, _SET_FEATURES, _SET_OWNER, _SET_MEM_TABLE = 1, 2, 3, 5
_SET_VRING_NUM, _SET_VRING_ADDR, _SET_VRING_BASE, _GET_VRING_BASE = 8, 9, 10, 11
_SET_VRING_KICK, _SET_VRING_CALL = 12, 13
_VERSION, _REPLY = 1, 4
#: Where the front-end says that it has mapped the guest's memory; the back-end only subtracts it again.
_USER_BASE: Final = 0x7000_0000_0000
_SECONDS: Final = 20.0


class VhostUser:
    """One connection. `features`: what the back-end offers."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_SECONDS)
        self._socket.connect(os.fspath(path))
        self._kick: dict[int, int] = {}
        self._call: dict[int, int] = {}
        self._base = 0
        self._send(_SET_OWNER)
        self.features = struct.unpack("<Q", self._ask(_GET_FEATURES))[0]

    def negotiate(self, features: int) -> None:
        """Take these features."""
        self._send(_SET_FEATURES, struct.pack("<Q", features))

    def share(self, descriptor: int, base: int, size: int) -> None:
        """The guest's memory: a file of `size` bytes at guest-physical `base`."""
        self._base = base
        self._send(_SET_MEM_TABLE, struct.pack("<IIQQQQ", 1, 0, base, size, _USER_BASE, 0), descriptor)

    def start(self, queue: int, vring: Vring) -> None:
        """Enable a queue."""
        self._call[queue] = os.eventfd(0, os.EFD_NONBLOCK)
        self._kick[queue] = os.eventfd(0, os.EFD_NONBLOCK)
        self._send(_SET_VRING_NUM, struct.pack("<II", queue, vring.num))
        self._send(_SET_VRING_BASE, struct.pack("<II", queue, 1 << 15 if vring.packed else 0))
        user = [_USER_BASE + address - self._base for address in (vring.desc, vring.device, vring.driver)]
        self._send(_SET_VRING_ADDR, struct.pack("<IIQQQQ", queue, 0, *user, 0))
        self._send(_SET_VRING_CALL, struct.pack("<Q", queue), self._call[queue])
        self._send(_SET_VRING_KICK, struct.pack("<Q", queue), self._kick[queue])

    def stop(self, queue: int) -> None:
        """Disable a queue; the device has left it when this returns."""
        self._ask(_GET_VRING_BASE, struct.pack("<II", queue, 0))
        os.close(self._kick.pop(queue))
        os.close(self._call.pop(queue))

    def kick(self, queue: int) -> None:
        """Notify the device."""
        os.eventfd_write(self._kick[queue], 1)

    def called(self, queues: tuple[int, ...], seconds: float) -> set[int]:
        """Wait for an interrupt of one of `queues`; those that came."""
        ready, _, _ = select.select([self._call[queue] for queue in queues], [], [], seconds)
        found = set()
        for queue in queues:
            if self._call[queue] in ready:
                os.eventfd_read(self._call[queue])
                found.add(queue)
        return found

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _send(self, request: int, payload: bytes = b"", *descriptors: int) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors).tobytes())] if descriptors else []
        self._socket.sendmsg([struct.pack("<III", request, _VERSION, len(payload)), payload], rights)

    def _ask(self, request: int, payload: bytes = b"") -> bytes:
        self._send(request, payload)
        got, flags, size = struct.unpack("<III", self._receive(12))
        if got != request or not flags & _REPLY:
            raise CheckError(f"vhost-user: request {request} was answered by {got} with flags {flags:#x}")
        return self._receive(size)

    def _receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self._socket.recv(count - len(data))
            if not piece:
                raise CheckError("vhost-user: the device hung up")
            data += piece
        return data
