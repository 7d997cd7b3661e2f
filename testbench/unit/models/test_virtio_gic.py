"""A network device, an ITS, a Redistributor and a CPU interface joined: packet in, LPI, the guest's handler, used buffer read."""

from __future__ import annotations

import pytest

from irqpath.config.sizes import FIRST_LPI, SPURIOUS, GicConfig
from irqpath.core.transactions import LineChange, Msi, Out, RegRead, RegReadData
from irqpath.gic.its.encoding import movi, sync
from irqpath.virtio.msix import MASKED
from irqpath.virtio.net import LoopbackWire, Net
from irqpath.virtio.pci_config import MSIX_CONTROL
from irqpath.virtio.wire import VIRTIO_F_RING_PACKED, bits
from irqpath_testbench.tools.faults.injection import models
from unit.models.drive import Bench
from unit.models.its_drive import ModelItsDriver, its_bench
from unit.models.virtio_guest import BUFFERS_AT, DOORBELL, Guest

REQUESTER = 8
RX, TX = 0, 1
SLOT = 2048
INTX = 36


class Machine(Guest):
    """A guest with a GIC: what leaves the device enters the GIC, and the guest's handler is what clears it."""

    def __init__(self, net: Net, pes: int = 1) -> None:
        self.bench, self.its = its_bench(Bench(models(), GicConfig(pes=pes, spis=64)))
        super().__init__(net, "pci", self.bench.memory, requester=REQUESTER, doorbells={DOORBELL: "its0.msi"})
        self.net = net
        self.its.map(REQUESTER, 4)
        self.bench.set_up(INTX)
        self.handled: list[int] = []
        self.received: list[bytes] = []
        self.lengths: list[int] = []
        self.added = 0

    def note(self, out: list[Out]) -> None:  # type: ignore[override]  # a list is what a block gives
        """Messages to the ITS, the wire to the Distributor."""
        super().note(out)
        for link, t in out:
            if isinstance(t, Msi):
                assert link == "its0.msi"
                self.bench.send(link, t)
            elif isinstance(t, LineChange):
                self.bench.send("gicd.spi", LineChange(INTX, t.level))

    def add_buffers(self, count: int) -> None:
        """Receive buffers."""
        for _ in range(count):
            self.queues[RX].virtqueue_add([], [(BUFFERS_AT + self.added % 64 * SLOT, SLOT)], self.added)
            self.added += 1
        self.kick(RX)

    def packet(self, frame: bytes) -> None:
        """One comes in from the wire."""
        self.net.receive(frame)
        self.note(self.device.take())

    def handler(self, pe: int = 0) -> None:
        """What the guest does when its IRQ line is asserted: acknowledge, find the queue, take what was used, end."""
        while self.bench.irq(pe):
            intid = self.bench.mrs("ICC_IAR1_EL1", pe)
            assert intid != SPURIOUS
            self.handled.append(intid)
            if intid == INTX:
                response = [t for _, t in self._read_isr() if isinstance(t, RegReadData)]
                assert response[0].value & 1
            self.receive_all()
            self.bench.msr("ICC_EOIR1_EL1", intid, pe)

    def _read_isr(self) -> list[Out]:
        out = self.device.predict("virtq0.isr", RegRead(0, 1))
        self.note(out)
        return out

    def receive_all(self) -> None:
        """As Linux's poll function: callbacks off, all there is, callbacks on, once more."""
        queue = self.queues[RX]
        while True:
            queue.virtqueue_disable_cb()
            while (got := queue.virtqueue_get_buf()) is not None:
                token, length = got
                self.lengths.append(length)
                self.received.append(self.memory.dump(BUFFERS_AT + token % 64 * SLOT + 12, length - 12))
            if queue.virtqueue_enable_cb():
                return


def machine(features: int = 0, *, pes: int = 1, msix: bool = True) -> Machine:
    """Up and running with eight receive buffers."""
    made = Machine(Net(LoopbackWire(), features=features), pes)
    made.start(msix=msix)
    made.add_buffers(8)
    return made


@pytest.mark.parametrize("features", [0, bits(VIRTIO_F_RING_PACKED)], ids=["split", "packed"])
def test_a_thousand_packets(features: int) -> None:
    """Each packet is one LPI, acknowledged once; its bytes are in the used buffer."""
    guest = machine(features)
    for n in range(1000):
        frame = n.to_bytes(4, "little") * 16
        guest.packet(frame)
        assert guest.bench.irq() == 1
        guest.handler()
        assert guest.bench.irq() == 0
        assert guest.received.pop() == frame
        guest.add_buffers(1)
    assert guest.handled == [FIRST_LPI + 1] * 1000
    assert guest.bench.found == []


def test_what_is_sent_comes_back_as_an_interrupt() -> None:
    """Transmit queue, wire, receive queue: the sender's own notification and the receiver's are two LPIs."""
    guest = machine()
    guest.memory.load(0x3800_0000, bytes(12) + b"ping" * 20)
    guest.queues[TX].virtqueue_add([(0x3800_0000, 92)], (), 7)
    assert guest.kick(TX)
    guest.handler()
    assert sorted(guest.handled) == [FIRST_LPI + 1, FIRST_LPI + 2]
    assert guest.queues[TX].virtqueue_get_buf() == (7, 0)
    assert guest.received == [b"ping" * 20]


def test_packets_that_meet_a_pending_interrupt_coalesce() -> None:
    """A burst: with EVENT_IDX one message; the handler gets all packets."""
    guest = machine()
    for n in range(5):
        guest.packet(bytes([n]) * 60)
    assert guest.messages == [Msi(REQUESTER, 1)]
    guest.handler()
    assert (len(guest.handled), len(guest.received)) == (1, 5)


def test_a_masked_vector_is_delivered_when_it_is_unmasked() -> None:
    """By the entry and by the function; the LPI comes once (R75)."""
    guest = machine()
    guest.write_at("msix", 16 + 12, 4, MASKED)
    guest.packet(b"x" * 60)
    guest.handler()
    assert guest.handled == []
    guest.write_at("msix", 16 + 12, 4, 0)
    guest.handler()
    guest.write_at("config", MSIX_CONTROL, 2, 0xC000)
    guest.packet(b"y" * 60)
    assert guest.bench.irq() == 0
    guest.write_at("config", MSIX_CONTROL, 2, 0x8000)
    guest.handler()
    assert guest.handled == [FIRST_LPI + 1] * 2
    assert guest.received == [b"x" * 60, b"y" * 60]


def test_the_affinity_changes_between_packets() -> None:
    """MOVI: the next packet's LPI arrives at the other PE."""
    guest = machine(pes=2)
    its: ModelItsDriver = guest.its
    its.map(9, 1, pe=1, icid=1, first=8300)
    its.go(movi(REQUESTER, 1, 1), sync(1))
    guest.packet(b"z" * 60)
    assert [guest.bench.irq(0), guest.bench.irq(1)] == [0, 1]
    guest.handler(1)
    assert guest.received == [b"z" * 60]


def test_level_triggered_intx() -> None:
    """Without MSI-X: the wire is an SPI, and reading the ISR status lowers it before the end of the interrupt."""
    guest = machine(msix=False)
    for n in range(20):
        guest.packet(bytes([n]) * 60)
        assert guest.bench.irq() == 1
        guest.handler()
        assert guest.bench.irq() == 0
        guest.add_buffers(1)
    assert guest.handled == [INTX] * 20
    assert guest.levels == [1, 0] * 20
    assert [frame[0] for frame in guest.received] == list(range(20))


def test_a_driver_gone_wrong_is_told_by_an_interrupt() -> None:
    """DEVICE_NEEDS_RESET arrives as the configuration vector's LPI."""
    guest = machine()
    vring = guest.vring(TX)
    guest.memory.write(vring.driver + 4, 2, vring.num)
    guest.memory.write(vring.driver + 2, 2, 1)
    guest.notify(TX)
    guest.handler()
    assert guest.handled == [FIRST_LPI]
    assert guest.broken
