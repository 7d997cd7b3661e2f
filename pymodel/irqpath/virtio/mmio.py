"""virtio over MMIO, version 2 and the legacy interface (version 1) (virtio 1.2, 4.2): one register frame, one wire.

Links: `<name>.reg` carries register accesses, answered on `<name>.rsp`; the wire leaves by `<name>.irq`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from irqpath.core.errors import ConfigError
from irqpath.core.link import Link
from irqpath.core.state import Many, Schema, bits
from irqpath.core.transactions import Kick, LineChange, RegRead, RegWrite, Reset
from irqpath.virtio.core import DRIVER_OK, Function
from irqpath.virtio.faults import Fault
from irqpath.virtio.frames import MMIO_BY_OFFSET, MMIO_CONFIG
from irqpath.virtio.policy import IRQPATH, VirtioPolicy
from irqpath.virtio.port import RingPort
from irqpath.virtio.transport import CONFIG_INTERRUPT, QUEUE_INTERRUPT, Transport
from irqpath.virtio.wire import VIRTIO_F_NOTIFICATION_DATA, VIRTIO_F_RING_RESET, vring_init

MAGIC: Final = 0x7472_6976
VENDOR: Final = 0x554D_4551
_NO_SHARED_MEMORY: Final = 0xFFFF_FFFF
#: Alignment of the used ring where the driver has not written one (QEMU's; that of virtio-pci's legacy interface, 4.1.5.1.3.1).
_ALIGN: Final = 4096
#: Registers of one interface only; the other has nothing there.
_LEGACY_ONLY: Final = {"GuestPageSize", "QueueAlign", "QueuePFN"}
_MODERN_ONLY: Final = {
    "QueueReady", "QueueDescLow", "QueueDescHigh", "QueueDriverLow", "QueueDriverHigh", "QueueDeviceLow", "QueueDeviceHigh",
    "SHMSel", "SHMLenLow", "SHMLenHigh", "SHMBaseLow", "SHMBaseHigh", "QueueReset", "ConfigGeneration",
}  # fmt: skip


class VirtioMmio(Transport):
    """A virtio device at an MMIO frame; `version` is 2, or 1 for the legacy interface. `function` None: a place without a
    device, whose DeviceID reads 0 (4.2.2.1)."""

    __slots__ = ("_irq", "_reads", "_writes", "align", "page_size", "pfn", "version")

    def __init__(
        self,
        name: str,
        function: Function,
        port: RingPort,
        *,
        version: int = 2,
        policy: VirtioPolicy = IRQPATH,
    ) -> None:
        if version not in (1, 2):
            raise ConfigError(f"{name}: virtio-mmio version {version}; there are 1 (legacy) and 2")
        self._irq = Link.of(name, "irq")
        super().__init__(name, (Link.of(name, "rsp"), self._irq), function, port, policy, legacy=version == 1)
        self.version: Final = version
        self.page_size = 0
        self.align: list[int] = [_ALIGN] * len(function.queue_sizes)
        self.pfn: list[int] = [0] * len(function.queue_sizes)
        foreign = _MODERN_ONLY if version == 1 else _LEGACY_ONLY
        reads, writes = self._registers()
        self._reads = {name_: read for name_, read in reads.items() if name_ not in foreign}
        self._writes = {name_: write for name_, write in writes.items() if name_ not in foreign}
        link = Link.of(name, "reg")
        self._on(link, RegRead, self._read)
        self._on(link, RegWrite, self._write)
        self._on(link, Kick, lambda kick: self.core.kick(kick.queue))
        self._on(Link.of(name, "reset"), Reset, lambda _: self._power_on())

    def schema(self) -> Schema:
        """The legacy interface has a page size, and alignment and page number of each queue."""
        queues = len(self.core.setup)
        legacy = {"page_size": bits(32), "align": Many(bits(32), queues), "pfn": Many(bits(32), queues)}
        return {**super().schema(), **(legacy if self.version == 1 else {})}

    # --- interrupts -----------------------------------------------------------------------------------------------------

    def queue_interrupt(self, queue: int) -> None:
        """Bit 0 of InterruptStatus (4.2.2)."""
        if self.core.queues[queue] is not None:
            self._raise(QUEUE_INTERRUPT)

    def config_interrupt(self) -> None:
        """Bit 1 of InterruptStatus."""
        if self.core.status & DRIVER_OK:
            self._raise(CONFIG_INTERRUPT)

    def _raise(self, bit: int) -> None:
        self.isr |= bit
        self._drive_line()

    def level(self) -> int:
        """Asserted while InterruptStatus has a bit (4.2.3.4)."""
        return int(self.isr != 0)

    def _drive_line(self) -> None:
        level = self.level()
        if level != self.line:
            self.line = level
            self._out.append((self._irq, LineChange(0, level)))

    # --- accesses -------------------------------------------------------------------------------------------------------

    def _read(self, t: RegRead) -> None:
        if t.offset >= MMIO_CONFIG:
            self._look_at_config(t.offset - MMIO_CONFIG, t.size)
            self._respond(self._config_read(t.offset - MMIO_CONFIG, t.size), t.size)
            return
        field = MMIO_BY_OFFSET.get(t.offset)
        read = self._reads.get(field.name) if field is not None and t.size == 4 else None
        if read is None:
            self._refuse("register frame", t.offset, t.size)
        self._respond(None if read is None else read(), t.size)

    def _write(self, t: RegWrite) -> None:
        if t.offset >= MMIO_CONFIG:
            self._config_write(t.offset - MMIO_CONFIG, t.size, t.value)
            self._acknowledge(True)
            return
        field = MMIO_BY_OFFSET.get(t.offset)
        write = self._writes.get(field.name) if field is not None and t.size == 4 else None
        if write is None and field is not None and t.size == 4 and field.name in self._reads:
            self._read_only(field.name)
        elif write is None:
            self._refuse("register frame", t.offset, t.size)
        self._acknowledge(write is not None)
        if write is not None:
            write(t.value & 0xFFFF_FFFF)

    def _registers(self) -> tuple[dict[str, Callable[[], int]], dict[str, Callable[[int], None]]]:
        core, select = self.core, self._feature_select
        reads: dict[str, Callable[[], int]] = {
            "MagicValue": lambda: MAGIC,
            "Version": lambda: self.version,
            "DeviceID": lambda: core.function.device_id,
            "VendorID": lambda: VENDOR,
            "DeviceFeatures": lambda: core.offered_word(select["device"]),
            "QueueNumMax": self._of_queue(lambda q: q.size_max),
            "QueueReady": self._of_queue(lambda q: int(q.enabled)),
            "QueuePFN": lambda: self.pfn[self.queue_select] if self._selected() is not None else 0,
            "InterruptStatus": lambda: self.isr,
            "Status": lambda: core.status,
            "SHMLenLow": lambda: _NO_SHARED_MEMORY,
            "SHMLenHigh": lambda: _NO_SHARED_MEMORY,
            "SHMBaseLow": lambda: _NO_SHARED_MEMORY,
            "SHMBaseHigh": lambda: _NO_SHARED_MEMORY,
            "QueueReset": lambda: 0,
            "ConfigGeneration": lambda: core.generation,
        }
        writes: dict[str, Callable[[int], None]] = {
            "DeviceFeaturesSel": lambda v: select.update(device=v),
            "DriverFeaturesSel": lambda v: select.update(driver=v),
            "DriverFeatures": lambda v: core.write_features(select["driver"], v),
            "GuestPageSize": self._set_page_size,
            "QueueSel": self._select,
            "QueueNum": self._set_size,
            "QueueAlign": self._set_align,
            "QueuePFN": self._set_pfn,
            "QueueReady": self._set_ready,
            "QueueNotify": self._notify,
            "InterruptACK": self._acknowledge_interrupt,
            "Status": self._set_status,
            "SHMSel": lambda _: None,
            "QueueReset": self._reset_queue,
        }
        for name in ("desc", "driver", "device"):
            title = f"Queue{name.capitalize()}"
            writes[f"{title}Low"] = partial(self._set_address, name, high=False)
            writes[f"{title}High"] = partial(self._set_address, name, high=True)
        return reads, writes

    # --- registers ------------------------------------------------------------------------------------------------------

    def _notify(self, value: int) -> None:
        """The queue's number, with NOTIFICATION_DATA in the lower half (4.2.2)."""
        data = self.core.features >> VIRTIO_F_NOTIFICATION_DATA & 1
        self._notified(value & 0xFFFF if data else value, value, 4)

    def _set_ready(self, value: int) -> None:
        if self._existing("QueueReady") is None or not self._means("QueueReady", value, (0, 1)):
            return
        if value:
            self.core.enable(self.queue_select)
        else:
            self.core.stop_queue(self.queue_select)

    def _reset_queue(self, value: int) -> None:
        if self._existing("QueueReset") is None or not self._means("QueueReset", value, (1,)):
            return
        if not self.core.features >> VIRTIO_F_RING_RESET & 1:
            self.core.report(Fault.FEATURE_NOT_NEGOTIATED, self.queue_select, "VIRTIO_F_RING_RESET")
            return
        self.core.reset_queue(self.queue_select)

    def _acknowledge_interrupt(self, value: int) -> None:
        if value & ~(QUEUE_INTERRUPT | CONFIG_INTERRUPT):
            self.core.report(Fault.INTERRUPT_ACK_UNDEFINED, detail=f"{value:#x}")
        self.isr &= ~value
        self._drive_line()

    # --- legacy ---------------------------------------------------------------------------------------------------------

    def _set_page_size(self, value: int) -> None:
        """It counts for queues to come, and is written before any is used (4.2.4)."""
        self.page_size = value
        self._look_at_power("GuestPageSize", value)
        used = next((queue for queue, pfn in enumerate(self.pfn) if pfn), -1)
        if used >= 0 and self.core.status & DRIVER_OK:
            self.core.report(Fault.SETUP_WHILE_ENABLED, used, "GuestPageSize")

    def _look_at_power(self, register: str, value: int) -> None:
        """Report a value that is no power of two."""
        if not value or value & (value - 1):
            self.core.report(Fault.LEGACY_VALUE, detail=f"{register} {value:#x}")

    def _set_align(self, value: int) -> None:
        if self._changeable("QueueAlign") is not None:
            self.align[self.queue_select] = value
            self._look_at_power("QueueAlign", value)

    def _set_pfn(self, value: int) -> None:
        """The page number of a contiguous ring; 0 stops the queue (4.2.4)."""
        setup = self._existing("QueuePFN") if value == 0 else self._changeable("QueuePFN")
        if setup is None:
            return
        if value == 0:
            self.pfn[self.queue_select] = 0
            self.core.reset_queue(self.queue_select)
            self.align[self.queue_select] = _ALIGN
            return
        align = self.align[self.queue_select]
        vring = vring_init(setup.size, value * self.page_size, align if align > 0 else 1)
        setup.desc, setup.driver, setup.device = vring.desc, vring.driver, vring.device
        self.core.enable(self.queue_select)
        if setup.enabled or self.core.fault is not None:
            self.pfn[self.queue_select] = value

    # --- status ---------------------------------------------------------------------------------------------------------

    def _set_status(self, value: int) -> None:
        if value & 0xFF == 0:
            self._reset()
        else:
            self.core.set_status(value)

    def _reset(self) -> None:
        """A device reset: nothing is selected, no interrupt is pending, no queue has a place. GuestPageSize stays: Linux writes
        it before it resets the device."""
        self.queue_select = 0
        self._feature_select.update(device=0, driver=0)
        self.pfn = [0] * len(self.pfn)
        self.align = [_ALIGN] * len(self.align)
        self.isr = 0
        self._drive_line()
        self.core.reset()

    def _power_on(self) -> None:
        """The whole frame is reset."""
        self._reset()
        self.page_size = 0
