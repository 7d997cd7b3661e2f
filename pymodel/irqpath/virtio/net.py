"""virtio-net (virtio 1.2, 5.1): transmit and receive queues, control queue, mergeable receive buffers, multi-queue.

The wire is a back-end object: it is handed each frame that the driver transmits, and calls `Net.receive` with each that comes in.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

from irqpath.core.errors import ConfigError
from irqpath.core.state import Flag, Int, Many, Run, Schema, Tuple
from irqpath.virtio.chain import Chain
from irqpath.virtio.device_queue import DeviceQueue
from irqpath.virtio.faults import Fault, QueueFault, RingFault
from irqpath.virtio.features import check_offer
from irqpath.virtio.function import Core, Function, check_range
from irqpath.virtio.wire import MAX_SIZE, VIRTIO_F_VERSION_1, VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC, bits

VIRTIO_NET_F_MTU: Final = 3
VIRTIO_NET_F_MAC: Final = 5
VIRTIO_NET_F_MRG_RXBUF: Final = 15
VIRTIO_NET_F_STATUS: Final = 16
VIRTIO_NET_F_CTRL_VQ: Final = 17
VIRTIO_NET_F_CTRL_RX: Final = 18
VIRTIO_NET_F_CTRL_VLAN: Final = 19
VIRTIO_NET_F_MQ: Final = 22
VIRTIO_NET_F_CTRL_MAC_ADDR: Final = 23
VIRTIO_NET_F_RSS: Final = 60
VIRTIO_NET_S_LINK_UP: Final = 1
VIRTIO_NET_OK, VIRTIO_NET_ERR = 0, 1

# Control commands: class, command (5.1.6.5)
CTRL_RX_PROMISC, CTRL_RX_ALLMULTI = (0, 0), (0, 1)
CTRL_MAC_TABLE_SET, CTRL_MAC_ADDR_SET = (1, 0), (1, 1)
CTRL_VLAN_ADD, CTRL_VLAN_DEL = (2, 0), (2, 1)
CTRL_MQ_VQ_PAIRS_SET: Final = (4, 0)

#: command -> the feature without which a driver must not send it
_NEEDS: Final = {
    CTRL_RX_PROMISC: VIRTIO_NET_F_CTRL_RX,
    CTRL_RX_ALLMULTI: VIRTIO_NET_F_CTRL_RX,
    CTRL_MAC_TABLE_SET: VIRTIO_NET_F_CTRL_RX,
    CTRL_MAC_ADDR_SET: VIRTIO_NET_F_CTRL_MAC_ADDR,
    CTRL_VLAN_ADD: VIRTIO_NET_F_CTRL_VLAN,
    CTRL_VLAN_DEL: VIRTIO_NET_F_CTRL_VLAN,
    CTRL_MQ_VQ_PAIRS_SET: VIRTIO_NET_F_MQ,
}
#: 5.1.6.5.6.1
MAX_PAIRS: Final = 0x8000
#: Frames that wait for a receive buffer; more are dropped, as by a wire.
BACKLOG: Final = 256
_HEADER_BYTES: Final = 12
_LEGACY_HEADER_BYTES: Final = 10
_NUM_BUFFERS: Final = 10


class Wire(Protocol):
    """The other end of a network device."""

    def transmit(self, net: Net, pair: int, frame: bytes) -> None:
        """A frame that the driver sent by queue pair `pair`."""


class LoopbackWire:
    """Whatever is sent comes back on the same queue pair. `frames`: how many."""

    def __init__(self) -> None:
        self.frames = 0

    def transmit(self, net: Net, pair: int, frame: bytes) -> None:
        """Back it comes."""
        self.frames += 1
        net.receive(frame, pair)


class Net(Function):
    """A network device with `pairs` queue pairs of `size` entries and, behind them, the control queue.

    `promiscuous`, `all_multicast`, `mac_table`, `vlans`, `active_pairs`: what the driver has set. `dropped`: frames that came
    while no buffer and no room to wait was there.
    """

    device_id = 1

    def __init__(
        self,
        wire: Wire | None = None,
        *,
        mac: bytes = bytes.fromhex("525400123456"),
        pairs: int = 1,
        size: int = 256,
        mergeable: bool = True,
        mtu: int = 1500,
        features: int = 0,
    ) -> None:
        """`features`: those to offer besides the device's own, ring features included. Raises `ConfigError`."""
        check_range("queue pairs of a network device", pairs, 1, MAX_PAIRS)
        check_range("size of a queue", size, 1, MAX_SIZE)
        check_range("MTU", mtu, 68, 65535)
        if len(mac) != 6:
            raise ConfigError(f"a MAC address of {len(mac)} bytes: it has 6")
        self.wire: Wire = LoopbackWire() if wire is None else wire
        self.pairs: Final = pairs
        self.queue_sizes = (size,) * (2 * pairs) + (64,)
        self.link_up = True
        self._mac_power_on = mac
        self._mtu = mtu
        own = bits(
            VIRTIO_NET_F_MTU, VIRTIO_NET_F_MAC, VIRTIO_NET_F_STATUS, VIRTIO_NET_F_CTRL_VQ, VIRTIO_NET_F_CTRL_RX,
            VIRTIO_NET_F_CTRL_VLAN, VIRTIO_NET_F_CTRL_MAC_ADDR,
        )  # fmt: skip
        own |= bits(VIRTIO_NET_F_MRG_RXBUF) if mergeable else 0
        own |= bits(VIRTIO_NET_F_MQ) if pairs > 1 else 0
        self.features = own | bits(VIRTIO_RING_F_INDIRECT_DESC, VIRTIO_RING_F_EVENT_IDX) | features
        check_offer("Net", self.device_id, self.features | bits(VIRTIO_F_VERSION_1))
        self._core: Core | None = None
        self.reset()

    def reset(self) -> None:
        """Forget what the driver has set, and the frames that waited for it."""
        self.mac = self._mac_power_on
        self.promiscuous = False
        self.all_multicast = False
        self.mac_table: tuple[tuple[bytes, ...], tuple[bytes, ...]] = ((), ())
        self.vlans: set[int] = set()
        self.active_pairs = 1
        self.dropped = 0
        self.waiting: list[deque[bytes]] = [deque() for _ in range(self.pairs)]

    def schema(self) -> Schema:
        """What the driver has set, the link, and frames that wait."""
        address, addresses = Run(6, 6), Many(Run(6, 6), kind=tuple)
        return {
            "mac": address,
            "promiscuous": Flag(),
            "all_multicast": Flag(),
            "mac_table": Tuple((addresses, addresses)),
            "vlans": Many(Int(4095), kind=set, sort=True),
            "active_pairs": Int(self.pairs, 1),
            "dropped": Int((1 << 64) - 1),
            "link_up": Flag(),
            "waiting": Many(Many(Run(1 << 32), kind=deque), self.pairs),
        }

    def config(self) -> bytes:
        """struct virtio_net_config up to mtu (5.1.4)."""
        return self.mac + struct.pack("<HHH", VIRTIO_NET_S_LINK_UP if self.link_up else 0, self.pairs, self._mtu)

    def set_link(self, up: bool) -> None:
        """The cable is plugged in or out: the configuration changes."""
        self.link_up = up
        if self._core is not None:
            self._core.config_changed()

    def attached(self, core: Core) -> None:
        """Frames are received through this device."""
        self._core = core

    def notified(self, core: Core, queue: int) -> None:
        """Receive queues are even, transmit queues odd, the control queue is behind them (5.1.2)."""
        if queue == self._control(core):
            core.serve(queue, self._control_command)
        elif queue & 1:
            core.serve(queue, lambda chain: self._transmit(core, queue >> 1, chain))
        elif queue >> 1 < self.pairs:
            self._deliver(core, queue >> 1)

    def _control(self, core: Core) -> int:
        """Number of the control queue: behind all pairs if multi-queue was negotiated, else behind the first (5.1.2)."""
        return 2 * self.pairs if core.features & bits(VIRTIO_NET_F_MQ, VIRTIO_NET_F_RSS) else 2

    def lacks(self, core: Core, queue: int) -> int:
        """The control queue exists with CTRL_VQ only, pairs but the first with MQ or RSS (5.1.2)."""
        if queue == self._control(core):
            return -1 if core.features >> VIRTIO_NET_F_CTRL_VQ & 1 else VIRTIO_NET_F_CTRL_VQ
        return VIRTIO_NET_F_MQ if queue > self._control(core) else -1

    def writable(self, core: Core) -> Sequence[tuple[int, int]]:
        """The address, by the legacy interface only (5.1.4.2, 5.1.4.3)."""
        return ((0, 6),) if core.legacy else ()

    def write_config(self, offset: int, data: bytes) -> None:
        """A legacy driver sets the address."""
        if self._core is not None and self._core.legacy and offset < 6:
            self.mac = self.mac[:offset] + data[: 6 - offset] + self.mac[offset + len(data) :]

    # --- frames ---------------------------------------------------------------------------------------------------------

    def header_bytes(self, core: Core) -> int:
        """Bytes of struct virtio_net_hdr: without num_buffers only for a legacy driver without mergeable buffers (5.1.6)."""
        long = core.features >> VIRTIO_F_VERSION_1 & 1 or core.features >> VIRTIO_NET_F_MRG_RXBUF & 1
        return _HEADER_BYTES if long else _LEGACY_HEADER_BYTES

    def _transmit(self, core: Core, pair: int, chain: Chain) -> int:
        header = self.header_bytes(core)
        if chain.readable_bytes < header:
            raise RingFault(QueueFault(Fault.REQUEST_FORMAT, 2 * pair + 1, chain.id, "a frame without its header"))
        self.wire.transmit(self, pair, chain.read(core.port)[header:])
        return 0

    def receive(self, frame: bytes, pair: int = 0) -> None:
        """A frame comes in for queue pair `pair`; without a receive buffer it waits, up to `BACKLOG` of them."""
        core = self._core
        if core is None or not core.works:
            self.dropped += 1
            return
        if pair >= self.active_pairs:
            pair = 0
        waiting = self.waiting[pair]
        if len(waiting) == BACKLOG:
            self.dropped += 1
            return
        waiting.append(frame)
        core.guard(lambda: self._deliver(core, pair))

    def _deliver(self, core: Core, pair: int) -> None:
        """Put waiting frames into receive buffers, as far as there are any; ask for a notification when they run out."""
        ring = core.queues[2 * pair]
        waiting = self.waiting[pair]
        if ring is None:
            return
        delivered = False
        while waiting and self._receive_one(core, ring, waiting[0]):
            waiting.popleft()
            delivered = True
        if delivered:
            core.interrupt(ring.index)

    def _receive_one(self, core: Core, ring: DeviceQueue, frame: bytes) -> bool:
        """Put one frame into as many buffers as it takes; False, with all of them put back, if there are too few.

        Without mergeable buffers a frame that is longer than its buffer is dropped. Raises `RingFault`.
        """
        header = self.header_bytes(core)
        mergeable = bool(core.features >> VIRTIO_NET_F_MRG_RXBUF & 1)
        chains: list[Chain] = []
        room = 0
        while room < header + len(frame):
            chain = ring.pop()
            if chain is None:
                # Ask here, behind all that is available, and look once more: what came in between may not be notified.
                ring.set_notification(True)
                chain = ring.pop()
            if chain is None:
                for taken in reversed(chains):
                    ring.unpop(taken.id)
                return False
            if chain.writable_bytes < (header if not chains else 1):
                raise RingFault(QueueFault(Fault.REQUEST_FORMAT, ring.index, chain.id, "no room for the header"))
            chains.append(chain)
            room += chain.writable_bytes
            if not mergeable:
                break
        if room < header + len(frame):
            ring.unpop(chains[0].id)
            self.dropped += 1
            return True
        data = bytes(_NUM_BUFFERS) + (struct.pack("<H", len(chains)) if header == _HEADER_BYTES else b"") + frame
        for chain in chains:
            written = chain.write(core.port, data)
            data = data[written:]
            ring.fill(chain.id, written)
        ring.flush()
        return True

    # --- control queue --------------------------------------------------------------------------------------------------

    def _control_command(self, chain: Chain) -> int:
        core = self._core
        assert core is not None  # a queue is served by its core
        if chain.readable_bytes < 2 or chain.writable_bytes < 1:
            raise RingFault(
                QueueFault(Fault.REQUEST_FORMAT, self._control(core), chain.id, "no command, or no room for the acknowledgement")
            )
        request = chain.read(core.port)
        command = request[0], request[1]
        negotiated = core.features >> _NEEDS.get(command, VIRTIO_NET_F_CTRL_VQ) & 1
        ok = negotiated and self._command(command, request[2:])
        return chain.write(core.port, bytes([VIRTIO_NET_OK if ok else VIRTIO_NET_ERR]))

    def _command(self, command: tuple[int, int], data: bytes) -> bool:
        if command in (CTRL_RX_PROMISC, CTRL_RX_ALLMULTI):
            if len(data) != 1 or data[0] > 1:
                return False
            if command == CTRL_RX_PROMISC:
                self.promiscuous = bool(data[0])
            else:
                self.all_multicast = bool(data[0])
            return True
        if command == CTRL_MAC_ADDR_SET:
            if len(data) != 6:
                return False
            if self.mac != data:
                self.mac = bytes(data)
                if self._core is not None:
                    self._core.new_generation()
            return True
        if command == CTRL_MAC_TABLE_SET:
            return self._set_mac_table(data)
        if command in (CTRL_VLAN_ADD, CTRL_VLAN_DEL):
            return self._set_vlan(data, add=command == CTRL_VLAN_ADD)
        if command == CTRL_MQ_VQ_PAIRS_SET and len(data) == 2:
            (pairs,) = struct.unpack("<H", data)
            if 1 <= pairs <= self.pairs:
                self.active_pairs = pairs
                return True
        return False

    def _set_mac_table(self, data: bytes) -> bool:
        """Two tables, unicast and multicast, each a 32-bit count and its addresses (5.1.6.5.2)."""
        tables = []
        for _ in range(2):
            if len(data) < 4:
                return False
            (count,) = struct.unpack_from("<I", data)
            if len(data) < 4 + 6 * count:
                return False
            tables.append(tuple(bytes(data[4 + 6 * n : 10 + 6 * n]) for n in range(count)))
            data = data[4 + 6 * count :]
        self.mac_table = tables[0], tables[1]
        return not data

    def _set_vlan(self, data: bytes, *, add: bool) -> bool:
        if len(data) != 2:
            return False
        (vlan,) = struct.unpack("<H", data)
        if vlan >= 4096:
            return False
        if add:
            self.vlans.add(vlan)
        else:
            self.vlans.discard(vlan)
        return True
