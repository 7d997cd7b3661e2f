"""What a driver does wrong with registers: each is named by a `Report`, and the device survives it. A driver that does all right
is never reported, in any transport, nor is Linux in any recording.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

import unit.replay
from irqpath.core.transactions import Kick, MemWrite
from irqpath.trace.replay import Replay
from irqpath.virtio.blk import VIRTIO_BLK_S_OK, VIRTIO_BLK_T_FLUSH, Blk, MemoryDisk
from irqpath.virtio.core import DRIVER_OK, Function
from irqpath.virtio.faults import SURVIVED, Fault
from irqpath.virtio.net import Net
from irqpath.virtio.pci_config import PCI_CFG_DATA
from irqpath.virtio.policy import QEMU
from irqpath.virtio.virtqueue import vring_create_virtqueue
from irqpath.virtio.wire import VIRTIO_F_NOTIFICATION_DATA, VIRTIO_F_RING_PACKED, VIRTIO_F_RING_RESET, Vring, bits
from unit.models.test_virtio_devices import add_receive, request, send
from unit.models.virtio_guest import BUFFERS_AT, QUEUES_AT, Reporting

PCI, MMIO, LEGACY = "pci", "mmio", "legacy"
MODERN, EVERY = (PCI, MMIO), (PCI, MMIO, LEGACY)


class Careless(Reporting):
    """A guest that keeps the reports, and whose driver does what no driver should."""

    def named(self, modern: str, mmio: str, value: int) -> None:
        """Write a register that has a name in each frame."""
        self.write(modern if self.kind == PCI else mmio, value)

    def select(self, queue: int) -> None:
        """Select a queue."""
        self.named("queue_select", "QueueSel", queue)

    def ready(self, **negotiation: int) -> Careless:
        """All but DRIVER_OK and the queues."""
        self.negotiate(**negotiation)
        self.reports.clear()
        return self


def _kick(guest: Careless, queue: int) -> None:
    if guest.kind == PCI:
        guest.write_at("notify", 4 * queue, 2, queue)
    else:
        guest.write("QueueNotify", queue)


def _set_up_all(guest: Careless) -> None:
    """Both queues, the first with a request in it, no DRIVER_OK."""
    guest.queues = []
    for n in range(2):
        vring = guest.ring_of(n, 8)
        guest.queues.append(vring_create_virtqueue(vring, guest.memory, guest.features, index=n))
        guest.set_up(n, vring)


def _early_kick(guest: Careless) -> None:
    _set_up_all(guest)
    guest.memory.load(BUFFERS_AT, VIRTIO_BLK_T_FLUSH.to_bytes(16, "little"))
    guest.queues[0].virtqueue_add([(BUFFERS_AT, 16)], [(BUFFERS_AT + 16, 1)])
    guest.port.take()
    _kick(guest, 0)
    assert not [t for t in guest.port.take() if isinstance(t, MemWrite)]


def _kick_of(queue: int) -> Callable[[Careless], None]:
    return lambda guest: _kick(guest, queue)


def _after_reset_of_the_queue(guest: Careless) -> None:
    guest.select(0)
    guest.named("queue_reset", "QueueReset", 1)
    guest.port.take()
    _kick(guest, 0)


def _by_transaction(guest: Careless) -> None:
    guest.note(guest.device.predict("virtq0.notify" if guest.kind == PCI else "virtq0.reg", Kick(5, 5)))


def _enabled_already(pci: str, mmio: str, value: int) -> Callable[[Careless], None]:
    def act(guest: Careless) -> None:
        guest.select(0)
        before = guest.device.core.setup[0].size, guest.device.core.setup[0].desc
        guest.named(pci, mmio, value)
        assert (guest.device.core.setup[0].size, guest.device.core.setup[0].desc) == before

    return act


def _write(name: str, value: int, queue: int = 0) -> Callable[[Careless], None]:
    def act(guest: Careless) -> None:
        guest.select(queue)
        guest.write(name, value)

    return act


def _named(pci: str, mmio: str, value: int, queue: int = 0) -> Callable[[Careless], None]:
    """As `_write`, of a register that has a name in each frame."""
    return lambda guest: _write(pci if guest.kind == PCI else mmio, value, queue)(guest)


def _both(first: Callable[[Careless], None], second: Callable[[Careless], None]) -> Callable[[Careless], None]:
    def act(guest: Careless) -> None:
        first(guest)
        second(guest)

    return act


def _access(region: str, offset: int, size: int, value: int | None = None) -> Callable[[Careless], None]:
    def act(guest: Careless) -> None:
        if value is None:
            guest.read_at(region, offset, size)
        else:
            guest.write_at(region, offset, size, value)

    return act


def _config_access(offset: int, size: int) -> Callable[[Careless], None]:
    """A read of the device-specific configuration."""
    return lambda guest: _access(*(("device", offset) if guest.kind == PCI else ("reg", 0x100 + offset)), size)(guest)


def _window(bar: int, offset: int, size: int, value: int | None = None) -> Callable[[Careless], None]:
    """pci_cfg_data, after the window was put there."""

    def act(guest: Careless) -> None:
        capability = PCI_CFG_DATA - 16
        for at, written in ((4, bar), (8, offset), (12, size)):
            guest.write_at("config", capability + at, 1 if at == 4 else 4, written)
        _access("config", PCI_CFG_DATA, 4, value)(guest)

    return act


def _ring(queue: int = 0, **change: int) -> Callable[[Careless], None]:
    """A queue set up with a part of its ring elsewhere."""

    def act(guest: Careless) -> None:
        good = guest.ring_of(queue, 8)
        names = {"num": good.num, "desc": good.desc, "driver": good.driver, "device": good.device}
        guest.set_up(queue, Vring(**(names | change)))  # type: ignore[arg-type]  # packed is left out
        enabled = guest.read("queue_enable" if guest.kind == PCI else "QueueReady")
        assert enabled == 0

    return act


def _never_set(part: str) -> Callable[[Careless], None]:
    """All is written but one part."""

    def act(guest: Careless) -> None:
        good = guest.ring_of(0, 8)
        pci = guest.kind == PCI
        guest.select(0)
        guest.named("queue_size", "QueueNum", 8)
        for name, address in (("desc", good.desc), ("driver", good.driver), ("device", good.device)):
            if name != part:
                guest.write(f"queue_{name}_low" if pci else f"Queue{name.capitalize()}Low", address)
        guest.port.take()
        guest.named("queue_enable", "QueueReady", 1)
        assert guest.read("queue_enable" if pci else "QueueReady") == 0
        assert guest.port.take() == []

    return act


def _over_another(guest: Careless) -> None:
    guest.set_up(0, guest.ring_of(0, 8))
    assert guest.reports == []
    first = guest.ring_of(0, 8)
    guest.set_up(1, Vring(8, QUEUES_AT + 0x1_0000, QUEUES_AT + 0x2_0000, first.device))


def _without_page_size(guest: Careless) -> None:
    guest.device.page_size = 0  # type: ignore[attr-defined]  # a legacy device
    guest.select(0)
    guest.write("QueueNum", 8)
    guest.write("QueuePFN", 5)
    assert guest.read("QueuePFN") == 0


def _features(*words: int) -> Callable[[Careless], None]:
    """FEATURES_OK with these words accepted."""

    def act(guest: Careless) -> None:
        guest.set_status(0)
        guest.set_status(1)
        guest.set_status(3)
        for n, word in enumerate(words):
            guest.named("driver_feature_select", "DriverFeaturesSel", n)
            guest.named("driver_feature", "DriverFeatures", word)
        guest.set_status(3 if guest.kind == LEGACY else 11)
        assert not guest.status & 8

    return act


def _status(*values: int) -> Callable[[Careless], None]:
    def act(guest: Careless) -> None:
        for value in values:
            guest.set_status(value)

    return act


def _config(offset: int) -> Callable[[Careless], None]:
    def act(guest: Careless) -> None:
        before = guest.device.core.function.config()
        guest.write_at("device" if guest.kind == PCI else "reg", offset + (0 if guest.kind == PCI else 0x100), 1, 0x5A)
        assert guest.device.core.function.config() == before

    return act


def _no_queue(queue: int, unwanted: int) -> Callable[[Careless], None]:
    """A queue is enabled whose feature was not accepted."""

    def act(guest: Careless) -> None:
        guest.negotiate(unwanted)
        guest.reports.clear()
        guest.set_up(queue, guest.ring_of(queue, 8))
        if guest.kind == LEGACY:
            assert guest.read("QueuePFN") == 0
        else:
            assert guest.read("queue_enable" if guest.kind == PCI else "QueueReady") == 0
        guest.set_status(guest.status | DRIVER_OK)
        reported = len(guest.reports)
        _kick(guest, queue)
        assert guest.reports.pop().error is Fault.KICK_NOT_ENABLED
        assert len(guest.reports) == reported

    return act


@dataclass(frozen=True)
class Misdeed:
    """What a driver does, in which state of the device ("ready": FEATURES_OK, no queue; "started"), and what it is called.
    "raw": as made."""

    act: Callable[[Careless], None]
    fault: Fault
    state: str = "started"
    kinds: Sequence[str] = EVERY
    net: bool = False
    features: int = 0


CTRL: Final = bits(17, 18, 19, 22, 23)
RESET: Final = bits(VIRTIO_F_RING_RESET)
MISDEEDS: Final[dict[str, Misdeed]] = {
    "kick before DRIVER_OK": Misdeed(_early_kick, Fault.KICK_BEFORE_DRIVER_OK, "ready"),
    "kick after a reset": Misdeed(_both(_status(0), _kick_of(0)), Fault.KICK_BEFORE_DRIVER_OK),
    "kick before any queue": Misdeed(_kick_of(0), Fault.KICK_BEFORE_DRIVER_OK, "ready"),
    "kick of a queue that is not enabled": Misdeed(
        _both(_status(15), _kick_of(0)), Fault.KICK_NOT_ENABLED, "ready"
    ),
    "kick of a queue after its reset": Misdeed(_after_reset_of_the_queue, Fault.KICK_NOT_ENABLED, kinds=MODERN, features=RESET),
    "kick of a queue that there is not": Misdeed(_kick_of(900), Fault.KICK_NOT_ENABLED),
    "kick of a queue that there is not, by itself": Misdeed(_by_transaction, Fault.KICK_NOT_ENABLED),
    "kick with another queue's number": Misdeed(_access("notify", 4, 2, 0), Fault.KICK_VALUE, kinds=(PCI,)),
    "kick of 2 bytes with NOTIFICATION_DATA": Misdeed(
        _access("notify", 0, 2, 0), Fault.KICK_VALUE, kinds=(PCI,), features=bits(VIRTIO_F_NOTIFICATION_DATA)
    ),
    "kick with more than a number": Misdeed(_write("QueueNotify", 0x1_0000), Fault.KICK_NOT_ENABLED, kinds=(MMIO, LEGACY)),
    "size after enabling": Misdeed(_enabled_already("queue_size", "QueueNum", 4), Fault.SETUP_WHILE_ENABLED),
    "table after enabling": Misdeed(
        _enabled_already("queue_desc_low", "QueueDescLow", 0x5000), Fault.SETUP_WHILE_ENABLED, kinds=MODERN
    ),
    "driver area after enabling": Misdeed(
        _enabled_already("queue_driver_high", "QueueDriverHigh", 1), Fault.SETUP_WHILE_ENABLED, kinds=MODERN
    ),
    "device area after enabling": Misdeed(
        _enabled_already("queue_device_low", "QueueDeviceLow", 64), Fault.SETUP_WHILE_ENABLED, kinds=MODERN
    ),
    "alignment after enabling": Misdeed(_write("QueueAlign", 64), Fault.SETUP_WHILE_ENABLED, kinds=(LEGACY,)),
    "page number after enabling": Misdeed(_write("QueuePFN", 0x777), Fault.SETUP_WHILE_ENABLED, kinds=(LEGACY,)),
    "queue_enable with 0": Misdeed(_write("queue_enable", 0), Fault.QUEUE_DISABLED, kinds=(PCI,)),
    "queue_enable with 2": Misdeed(_write("queue_enable", 2), Fault.QUEUE_DISABLED, kinds=(PCI,)),
    "the control queue without CTRL_VQ": Misdeed(_no_queue(2, CTRL), Fault.QUEUE_NOT_NEGOTIATED, "raw", net=True),
    "a second pair without MQ": Misdeed(_no_queue(3, bits(22)), Fault.QUEUE_NOT_NEGOTIATED, "raw", net=True),
    "a second request queue without MQ": Misdeed(_no_queue(1, bits(12)), Fault.QUEUE_NOT_NEGOTIATED, "raw"),
    "no Descriptor Area": Misdeed(_never_set("desc"), Fault.RING_NOT_SET, "ready", MODERN),
    "no Driver Area": Misdeed(_never_set("driver"), Fault.RING_NOT_SET, "ready", MODERN),
    "no Device Area": Misdeed(_never_set("device"), Fault.RING_NOT_SET, "ready", MODERN),
    "no page size": Misdeed(_without_page_size, Fault.RING_NOT_SET, "ready", (LEGACY,)),
    "available ring in the table": Misdeed(_ring(driver=QUEUES_AT + 16), Fault.RING_OVERLAP, "ready", MODERN),
    "used ring in the table": Misdeed(_ring(device=QUEUES_AT), Fault.RING_OVERLAP, "ready", MODERN),
    "used ring in the available ring": Misdeed(
        _ring(driver=QUEUES_AT + 0x1000, device=QUEUES_AT + 0x1004), Fault.RING_OVERLAP, "ready", MODERN
    ),
    "used_event in the used ring": Misdeed(
        _ring(driver=QUEUES_AT + 0x1000, device=QUEUES_AT + 0x1000 + 20), Fault.RING_OVERLAP, "ready", MODERN
    ),
    "used ring of another queue": Misdeed(_over_another, Fault.RING_OVERLAP, "ready", MODERN),
    "size 0": Misdeed(_named("queue_size", "QueueNum", 0, 0), Fault.QUEUE_SIZE_VALUE, "ready"),
    "size 6": Misdeed(_named("queue_size", "QueueNum", 6, 0), Fault.QUEUE_SIZE_VALUE, "ready"),
    "size beyond the maximum": Misdeed(
        _named("queue_size", "QueueNum", 512, 0), Fault.QUEUE_SIZE_VALUE, "ready"
    ),
    "size of no queue": Misdeed(_named("queue_size", "QueueNum", 8, 9), Fault.QUEUE_UNKNOWN, "ready"),
    "address of no queue": Misdeed(
        _named("queue_desc_low", "QueueDescLow", 64, 9), Fault.QUEUE_UNKNOWN, "ready", MODERN
    ),
    "no queue enabled": Misdeed(
        _named("queue_enable", "QueueReady", 1, 9), Fault.QUEUE_UNKNOWN, "ready", MODERN
    ),
    "no queue reset": Misdeed(
        _named("queue_reset", "QueueReset", 1, 9), Fault.QUEUE_UNKNOWN, kinds=MODERN, features=RESET
    ),
    "vector of no queue": Misdeed(_write("queue_msix_vector", 0, 9), Fault.QUEUE_UNKNOWN, kinds=(PCI,)),
    "page number of no queue": Misdeed(_write("QueuePFN", 5, 9), Fault.QUEUE_UNKNOWN, kinds=(LEGACY,)),
    "queue reset without RING_RESET": Misdeed(
        _named("queue_reset", "QueueReset", 1, 0), Fault.FEATURE_NOT_NEGOTIATED, kinds=MODERN
    ),
    "vector of a queue beyond the table": Misdeed(_write("queue_msix_vector", 3), Fault.VECTOR_OUT_OF_RANGE, kinds=(PCI,)),
    "vector of the configuration beyond the table": Misdeed(
        _write("config_msix_vector", 0xFFFE), Fault.VECTOR_OUT_OF_RANGE, kinds=(PCI,)
    ),
    "a feature that was not offered": Misdeed(_features(1 << 3, 1), Fault.FEATURE_NOT_OFFERED, "ready", MODERN),
    "features of a word that there is not": Misdeed(_features(0, 0, 1), Fault.FEATURE_NOT_OFFERED, "ready", (LEGACY,)),
    "a legacy feature that was not offered": Misdeed(_features(1 << 3), Fault.FEATURE_NOT_OFFERED, "ready", (LEGACY,)),
    "no VERSION_1": Misdeed(_features(0, 0), Fault.VERSION_1_NOT_ACCEPTED, "ready", MODERN),
    "a feature without another": Misdeed(_features(bits(22), 1), Fault.FEATURE_NEEDS_ANOTHER, "ready", MODERN, net=True),
    "features after FEATURES_OK": Misdeed(
        lambda g: g.named("driver_feature", "DriverFeatures", 0), Fault.STATUS_ORDER, "ready", MODERN
    ),
    "features after DRIVER_OK": Misdeed(_write("DriverFeatures", 0), Fault.FEATURES_LATE, kinds=(LEGACY,)),
    "DRIVER before ACKNOWLEDGE": Misdeed(_status(0, 2), Fault.STATUS_STEP),
    "FEATURES_OK before DRIVER": Misdeed(_status(0, 1, 9), Fault.STATUS_STEP, kinds=(LEGACY,)),
    "DRIVER_OK without FEATURES_OK": Misdeed(_status(0, 1, 3, 7), Fault.STATUS_ORDER, kinds=MODERN),
    "a status bit that is not defined": Misdeed(_status(0, 1, 0x21), Fault.STATUS_UNDEFINED),
    "the device's own status bit": Misdeed(_status(0, 1, 0x41), Fault.STATUS_UNDEFINED),
    "on after FAILED": Misdeed(_status(0, 1, 0x81, 0x83), Fault.STATUS_AFTER_FAILED),
    "a status bit cleared": Misdeed(_status(3), Fault.STATUS_BIT_CLEARED),
    "a queue before FEATURES_OK": Misdeed(
        _both(_status(0, 3), _named("queue_enable", "QueueReady", 1)), Fault.STATUS_ORDER, kinds=MODERN
    ),
    "a part that is not aligned": Misdeed(_ring(desc=QUEUES_AT + 8), Fault.RING_ALIGNMENT, "ready", MODERN),
    "a part outside memory": Misdeed(_ring(device=1 << 60), Fault.RING_OUTSIDE_MEMORY, "ready", MODERN),
    "page size 3": Misdeed(_write("GuestPageSize", 3), Fault.LEGACY_VALUE, "ready", (LEGACY,)),
    "page size 0": Misdeed(_write("GuestPageSize", 0), Fault.LEGACY_VALUE, "ready", (LEGACY,)),
    "alignment 3": Misdeed(_write("QueueAlign", 3), Fault.LEGACY_VALUE, "ready", (LEGACY,)),
    "a configuration field": Misdeed(_config(0), Fault.CONFIG_READ_ONLY, kinds=MODERN, net=True),
    "another configuration field": Misdeed(_config(6), Fault.CONFIG_READ_ONLY, net=True),
    "capacity": Misdeed(_config(0), Fault.CONFIG_READ_ONLY),
    "beyond the configuration": Misdeed(_config(0x70), Fault.CONFIG_READ_ONLY),
    "writeback without CONFIG_WCE": Misdeed(_config(32), Fault.CONFIG_READ_ONLY),
    "a read-only field": Misdeed(_access("common", 18, 2, 1), Fault.REGISTER_READ_ONLY, kinds=(PCI,)),
    "ISR status written": Misdeed(_access("isr", 0, 1, 0), Fault.REGISTER_READ_ONLY, kinds=(PCI,)),
    "pending bits written": Misdeed(_access("msix", 0x800, 8, 0), Fault.REGISTER_READ_ONLY, kinds=(PCI,)),
    "a read-only register": Misdeed(_access("reg", 8, 4, 1), Fault.REGISTER_READ_ONLY, kinds=(MMIO, LEGACY)),
    "a write-only register read": Misdeed(_access("reg", 0x50, 4), Fault.REGISTER_ACCESS, kinds=(MMIO, LEGACY)),
    "half a register": Misdeed(_access("common", 20, 2), Fault.REGISTER_ACCESS, kinds=(PCI,)),
    "half a register written": Misdeed(_access("common", 8, 2, 0), Fault.REGISTER_ACCESS, kinds=(PCI,)),
    "half a register of MMIO": Misdeed(_access("reg", 0x70, 1), Fault.REGISTER_ACCESS, kinds=(MMIO, LEGACY)),
    "no register": Misdeed(_access("reg", 0x0E, 4, 0), Fault.REGISTER_ACCESS, kinds=(MMIO, LEGACY)),
    "a register of the other interface": Misdeed(_access("reg", 0x44, 4, 0), Fault.REGISTER_ACCESS, kinds=(LEGACY,)),
    "a legacy register": Misdeed(_access("reg", 0x40, 4), Fault.REGISTER_ACCESS, kinds=(MMIO,)),
    "half a table entry": Misdeed(_access("msix", 2, 2), Fault.REGISTER_ACCESS, kinds=(PCI,)),
    "a queue's reset with 2": Misdeed(
        _named("queue_reset", "QueueReset", 2), Fault.QUEUE_CONTROL_VALUE, kinds=MODERN, features=RESET
    ),
    "a queue's reset with 0": Misdeed(
        _named("queue_reset", "QueueReset", 0), Fault.QUEUE_CONTROL_VALUE, kinds=MODERN, features=RESET
    ),
    "QueueReady with 2": Misdeed(_write("QueueReady", 2), Fault.QUEUE_CONTROL_VALUE, kinds=(MMIO,)),
    "kick of 1 byte": Misdeed(_access("notify", 0, 1, 0), Fault.KICK_VALUE, kinds=(PCI,)),
    "kick of 4 bytes without NOTIFICATION_DATA": Misdeed(_access("notify", 0, 4, 0), Fault.KICK_VALUE, kinds=(PCI,)),
    "kick beside a queue's place": Misdeed(_access("notify", 6, 2, 1), Fault.REGISTER_ACCESS, kinds=(PCI,)),
    "ISR status read as a word": Misdeed(_access("isr", 0, 4), Fault.REGISTER_ACCESS, kinds=(PCI,)),
    "beside ISR status": Misdeed(_access("isr", 1, 1), Fault.REGISTER_ACCESS, kinds=(PCI,)),
    "configuration read across words": Misdeed(_config_access(2, 4), Fault.REGISTER_ACCESS, kinds=MODERN),
    "8 bytes of the configuration": Misdeed(_config_access(0, 8), Fault.REGISTER_ACCESS, kinds=MODERN),
    "a window of 3 bytes": Misdeed(_window(4, 0, 3), Fault.REGISTER_ACCESS, kinds=(PCI,)),
    "a window that is not aligned": Misdeed(_window(4, 2, 4), Fault.REGISTER_ACCESS, kinds=(PCI,)),
    "a window into no BAR": Misdeed(_window(3, 0, 4, 1), Fault.REGISTER_ACCESS, kinds=(PCI,)),
    "a window beyond the BAR": Misdeed(_window(4, 0xFF_FFF0, 4, 1), Fault.REGISTER_ACCESS, kinds=(PCI,)),
    "page size while a queue is used": Misdeed(_write("GuestPageSize", 4096), Fault.SETUP_WHILE_ENABLED, kinds=(LEGACY,)),
    "features before DRIVER": Misdeed(
        _both(_status(0, 1), _named("driver_feature", "DriverFeatures", 0)), Fault.SETUP_EARLY
    ),
    "size before FEATURES_OK": Misdeed(
        _both(_status(0, 1, 3), _named("queue_size", "QueueNum", 4)), Fault.SETUP_EARLY, kinds=MODERN
    ),
    "address before FEATURES_OK": Misdeed(
        _both(_status(0, 1, 3), _named("queue_driver_low", "QueueDriverLow", 64)), Fault.SETUP_EARLY, kinds=MODERN
    ),
    "a queue after DRIVER_OK": Misdeed(
        _both(_status(15), lambda g: g.set_up(1, g.ring_of(1, 8))), Fault.QUEUE_LATE, "ready", MODERN
    ),
    "acknowledge of bits that are none": Misdeed(_write("InterruptACK", 4), Fault.INTERRUPT_ACK_UNDEFINED, kinds=(MMIO, LEGACY)),
}  # fmt: skip
CASES: Final = [(what, kind) for what, misdeed in MISDEEDS.items() for kind in misdeed.kinds]


def prepared(misdeed: Misdeed, kind: str) -> Careless:
    """The device in the state that the misdeed needs."""
    function: Function = (
        Net(pairs=2, size=8, features=misdeed.features)
        if misdeed.net
        else Blk(MemoryDisk(8), queues=2, size=8, features=misdeed.features)
    )
    guest = Careless(function, kind)
    if misdeed.state == "ready":
        guest.ready()
    elif misdeed.state == "started":
        guest.start()
    assert guest.reports == []
    return guest


@pytest.mark.parametrize(("what", "kind"), CASES)
def test_a_misdeed_is_named_and_survived(what: str, kind: str) -> None:
    """One report, by its name and section; no exception, no store (but a kick with a wrong value is one), no message but of a
    fault that needs a reset; all is well after a reset, and without one where the device could ignore it."""
    misdeed = MISDEEDS[what]
    guest = prepared(misdeed, kind)
    guest.port.take()
    guest.messages.clear()
    misdeed.act(guest)
    assert [report.error for report in guest.reports] == [misdeed.fault]
    assert misdeed.fault.name in guest.reports[0].detail
    assert "virtio 1.2" in guest.reports[0].detail
    assert guest.stores() == [] or misdeed.fault is Fault.KICK_VALUE
    broken = misdeed.fault not in SURVIVED and misdeed.fault is not Fault.FEATURE_NOT_NEGOTIATED
    assert guest.broken == broken
    assert len(guest.faults) == broken
    if not broken:
        assert guest.messages == []
    if not broken and misdeed.state == "started" and guest.status & DRIVER_OK and misdeed.fault is not Fault.KICK_NOT_ENABLED:
        works(guest)
    guest.start()
    works(guest)
    assert {report.error for report in guest.reports} == {misdeed.fault}, "a guest that does all right is not reported"


def works(guest: Careless) -> None:
    """Requests are served."""
    if isinstance(guest.device.core.function, Blk):
        assert request(guest, VIRTIO_BLK_T_FLUSH, 0)[0] == VIRTIO_BLK_S_OK
    else:
        add_receive(guest, 1, 200)
        send(guest, bytes(60))
        assert guest.queues[0].virtqueue_get_buf() is not None


def test_the_table_has_every_fault_of_registers() -> None:
    """And those that were found before, among them."""
    assert {misdeed.fault for misdeed in MISDEEDS.values()} >= SURVIVED - {Fault.CONFIG_EARLY}


@pytest.mark.parametrize("kind", MODERN)
def test_the_configuration_before_features_ok(kind: str) -> None:
    """A field that may be written, too early (3.1.1, step 4)."""
    guest = Careless(Blk(MemoryDisk(8), features=bits(11)), kind)
    guest.set_status(1)
    guest.set_status(3)
    region, offset = ("device", 32) if kind == PCI else ("reg", 0x120)
    guest.write_at(region, offset, 1, 1)
    assert [report.error for report in guest.reports] == [Fault.CONFIG_READ_ONLY, Fault.CONFIG_EARLY]
    guest.ready()
    guest.write_at(region, offset, 1, 1)
    assert guest.reports == []


def test_a_legacy_driver_sets_the_address() -> None:
    """It may (5.1.4.3)."""
    net = Net()
    guest = Careless(net, LEGACY).ready()
    guest.write_at("reg", 0x100, 4, 0x04030201)
    guest.write_at("reg", 0x104, 2, 0x0605)
    assert net.mac == bytes(range(1, 7))
    assert guest.reports == []


def test_an_overlap_is_a_policy() -> None:
    """QEMU enables the queue all the same; what its stores do to the ring is the driver's to bear."""
    guest = Careless(Blk(MemoryDisk(8), size=8), MMIO, policy=QEMU).ready()
    guest.set_up(0, Vring(8, QUEUES_AT, QUEUES_AT + 0x1000, QUEUES_AT))
    assert [report.error for report in guest.reports] == [Fault.RING_OVERLAP]
    assert guest.read("QueueReady") == 1
    guest.set_status(guest.status | DRIVER_OK)
    for _ in range(3):
        _kick(guest, 0)
    guest.start()
    works(guest)


def test_an_address_of_zero_that_was_written() -> None:
    """Memory may start there."""
    guest = Careless(Blk(MemoryDisk(8), size=8), MMIO).ready()
    guest.set_up(0, Vring(8, 0, 0x1000, 0x2000))
    assert guest.read("QueueReady") == 1
    assert guest.reports == []


def test_a_kick_before_driver_ok_is_not_forgotten() -> None:
    """The buffer is served by the next one."""
    guest = Careless(Blk(MemoryDisk(8), queues=2, size=8), PCI).ready()
    _early_kick(guest)
    guest.set_status(guest.status | DRIVER_OK)
    _kick(guest, 0)
    assert guest.queues[0].virtqueue_get_buf() == (0, 1)


def test_a_kick_of_a_device_that_needs_a_reset_is_no_fault() -> None:
    """The driver may not know yet."""
    guest = Careless(Blk(MemoryDisk(8), queues=2, size=8), PCI)
    guest.start()
    guest.queues[0].virtqueue_add([(1 << 62, 16)], [(BUFFERS_AT, 1)])
    _kick(guest, 0)
    assert [report.error for report in guest.reports] == [Fault.BUFFER_OUTSIDE_MEMORY], "on a ring, it is a report, too"
    for _ in range(3):
        _kick(guest, 0)
    assert len(guest.reports) == 1


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("features", [0, bits(VIRTIO_F_RING_PACKED), RESET])
def test_a_good_driver_is_never_reported(kind: str, features: int) -> None:
    """Start, traffic, stop, once more."""
    for function in (Net(pairs=2, size=8, features=features), Blk(MemoryDisk(8), queues=2, size=8, features=features)):
        guest = Careless(function, kind)
        for _ in range(2):
            guest.start()
            works(guest)
        guest.set_status(0)
        assert guest.reports == []
        assert guest.faults == []


RECORDINGS: Final = sorted((Path(unit.replay.__file__).parent / "traces").glob("v3-*.gz"))


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_linux_is_never_reported(path: Path) -> None:
    """No recording has a fault of its driver, and none deviates."""
    findings = Replay(path).run()
    assert findings.ok
    assert not [kind for kind in findings.also if "fault" in kind]
