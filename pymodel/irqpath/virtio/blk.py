"""virtio-blk (virtio 1.2, 5.2): read, write, flush, get-id. The storage is a back-end object."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final, Protocol

from irqpath.core import state
from irqpath.core.state import Schema, Stateful
from irqpath.virtio.chain import Chain
from irqpath.virtio.faults import Fault, QueueFault, RingFault
from irqpath.virtio.features import check_offer
from irqpath.virtio.function import Core, Function, check_range
from irqpath.virtio.wire import MAX_SIZE, VIRTIO_F_VERSION_1, VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC, bits

SECTOR_BYTES: Final = 512
VIRTIO_BLK_F_SEG_MAX: Final = 2
VIRTIO_BLK_F_RO: Final = 5
VIRTIO_BLK_F_BLK_SIZE: Final = 6
VIRTIO_BLK_F_FLUSH: Final = 9
VIRTIO_BLK_F_CONFIG_WCE: Final = 11
VIRTIO_BLK_F_MQ: Final = 12
VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT, VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_GET_ID = 0, 1, 4, 8
VIRTIO_BLK_S_OK, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_UNSUPP = 0, 1, 2
ID_BYTES: Final = 20
#: Offset of `writeback` in struct virtio_blk_config (5.2.4).
_WRITEBACK: Final = 32
_HEADER: Final = struct.Struct("<IIQ")


class BlockBackend(Protocol):
    """Where the sectors are. `sectors`: how many of 512 bytes; `read_only`; `serial`: at most 20 bytes."""

    sectors: int
    read_only: bool
    serial: bytes

    def read(self, sector: int, count: int) -> bytes:
        """`count` bytes from `sector` on."""

    def write(self, sector: int, data: bytes) -> None:
        """Store `data` from `sector` on."""

    def flush(self) -> None:
        """Make it permanent."""


class MemoryDisk(Stateful):
    """A disk in memory. `flushed`: how often it was made permanent."""

    def __init__(self, sectors: int, *, serial: bytes = b"irqpath", read_only: bool = False) -> None:
        """All zero. Raises `ConfigError`."""
        check_range("sectors of a disk", sectors, 0, (1 << 55) - 1)
        check_range("bytes of a serial number", len(serial), 0, ID_BYTES)
        self.sectors = sectors
        self.read_only = read_only
        self.serial = serial
        self.data = bytearray(sectors * SECTOR_BYTES)
        self.flushed = 0

    def schema(self) -> Schema:
        """All sectors."""
        return {"data": state.Bytes(len(self.data)), "flushed": state.bits(64)}

    def read(self, sector: int, count: int) -> bytes:
        """Bytes from `sector` on."""
        return bytes(self.data[sector * SECTOR_BYTES : sector * SECTOR_BYTES + count])

    def write(self, sector: int, data: bytes) -> None:
        """Store bytes from `sector` on."""
        self.data[sector * SECTOR_BYTES : sector * SECTOR_BYTES + len(data)] = data

    def flush(self) -> None:
        """Count it."""
        self.flushed += 1


class Blk(Function):
    """A block device with `queues` request queues of `size` entries. Its state is its back-end's: `MemoryDisk.state`."""

    device_id = 2

    def __init__(self, disk: BlockBackend, *, queues: int = 1, size: int = 256, features: int = 0) -> None:
        """`features`: those to offer besides the device's own, ring features included. Raises `ConfigError`."""
        check_range("queues of a block device", queues, 1, 0xFFFF)
        check_range("size of a queue", size, 1, MAX_SIZE)
        self.disk = disk
        self.queue_sizes = (size,) * queues
        self._seg_max = max(1, size - 2)
        own = bits(VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_F_FLUSH)
        own |= bits(VIRTIO_BLK_F_RO) if disk.read_only else 0
        own |= bits(VIRTIO_BLK_F_MQ) if queues > 1 else 0
        self.features = own | bits(VIRTIO_RING_F_INDIRECT_DESC, VIRTIO_RING_F_EVENT_IDX) | features
        check_offer("Blk", self.device_id, self.features | bits(VIRTIO_F_VERSION_1))

    def lacks(self, core: Core, queue: int) -> int:
        """Queues but the first exist with MQ only (5.2.2)."""
        return VIRTIO_BLK_F_MQ if queue and not core.features >> VIRTIO_BLK_F_MQ & 1 else -1

    def writable(self, core: Core) -> Sequence[tuple[int, int]]:
        """`writeback`, with CONFIG_WCE (5.2.5)."""
        return ((_WRITEBACK, 1),) if core.features >> VIRTIO_BLK_F_CONFIG_WCE & 1 else ()

    def config(self) -> bytes:
        """struct virtio_blk_config up to num_queues (5.2.4)."""
        head = struct.pack("<QIIHBBI", self.disk.sectors, 0, self._seg_max, 0, 0, 0, SECTOR_BYTES)
        return head + struct.pack("<BBHIBBH", 0, 0, 0, 0, 0, 0, len(self.queue_sizes)) + bytes(24)

    def notified(self, core: Core, queue: int) -> None:
        """Serve all requests of the queue; interrupt once at the end."""
        core.serve(queue, lambda chain: self._serve(core, queue, chain))

    def _serve(self, core: Core, queue: int, chain: Chain) -> int:
        """One request; how many bytes were written, the status byte included. Raises `RingFault` for a malformed one."""
        room = chain.writable_bytes
        if chain.readable_bytes < _HEADER.size or room < 1:
            raise RingFault(QueueFault(Fault.REQUEST_FORMAT, queue, chain.id, "no header, or no room for the status"))
        request = chain.read(core.port)
        kind, _, sector = _HEADER.unpack_from(request)
        status, response = self._work(kind, sector, request[_HEADER.size :], room - 1)
        written = chain.write(core.port, response)
        chain.write(core.port, bytes([status]), room - 1)
        # A used length counts from the first writable byte without a gap (2.7.8.2); after a short response the status lies apart.
        return room if written == room - 1 else written

    def _work(self, kind: int, sector: int, data: bytes, room: int) -> tuple[int, bytes]:
        disk = self.disk
        if kind == VIRTIO_BLK_T_IN:
            if room % SECTOR_BYTES or not self._inside(sector, room):
                return VIRTIO_BLK_S_IOERR, b""
            return VIRTIO_BLK_S_OK, disk.read(sector, room)
        if kind == VIRTIO_BLK_T_OUT:
            if disk.read_only or len(data) % SECTOR_BYTES or not self._inside(sector, len(data)):
                return VIRTIO_BLK_S_IOERR, b""
            disk.write(sector, data)
            return VIRTIO_BLK_S_OK, b""
        if kind == VIRTIO_BLK_T_FLUSH:
            disk.flush()
            return VIRTIO_BLK_S_OK, b""
        if kind == VIRTIO_BLK_T_GET_ID:
            return VIRTIO_BLK_S_OK, disk.serial[:ID_BYTES].ljust(ID_BYTES, b"\0")[:room]
        return VIRTIO_BLK_S_UNSUPP, b""

    def _inside(self, sector: int, count: int) -> bool:
        return sector + count // SECTOR_BYTES <= self.disk.sectors
