"""What the PCI and the MMIO transport share: a `Block` around a `VirtioCore`, with the reg link's responses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from irqpath.core.link import Link
from irqpath.core.state import Int, Part, Plain, Schema, StateError, Tuple, bits
from irqpath.core.transactions import DeviceBroken, Out, RegReadData, RegWriteAck, Report, StatusChange
from irqpath.gic.common.block import Block
from irqpath.virtio.core import FEATURES_OK, Function, QueueSetup, VirtioCore
from irqpath.virtio.faults import Fault, QueueFault
from irqpath.virtio.policy import VirtioPolicy
from irqpath.virtio.port import RingPort
from irqpath.virtio.wire import VIRTIO_F_NOTIFICATION_DATA, VIRTIO_F_RING_PACKED

#: Bits of the ISR status (4.1.4.5) and of InterruptStatus (4.2.2).
QUEUE_INTERRUPT, CONFIG_INTERRUPT = 1, 2
_PAIR = Tuple((bits(32), bits(32)))


class Transport(Block):
    """Base of `VirtioPci` and `VirtioMmio`. `core`: the device behind it; findings and status leave by the probe."""

    __slots__ = ("_feature_select", "_rsp", "core", "isr", "line", "queue_select")

    #: Bytes of a notification without NOTIFICATION_DATA: of a register of MMIO.
    _notify_bytes: ClassVar[int] = 4

    def __init__(
        self, name: str, emits: Iterable[str], function: Function, port: RingPort, policy: VirtioPolicy, legacy: bool
    ) -> None:
        super().__init__(name, emits)
        self._rsp = Link.of(name, "rsp")
        self.core = VirtioCore(function, port, self, policy=policy, legacy=legacy)
        self.isr = 0
        self.line = 0
        self.queue_select = 0
        self._feature_select = {"device": 0, "driver": 0}

    # --- state ----------------------------------------------------------------------------------------------------------

    def schema(self) -> Schema:
        """The device behind it, and what every transport has; a kind of transport adds its own."""
        return {
            "core": Part(),
            "isr": Int(QUEUE_INTERRUPT | CONFIG_INTERRUPT),
            "queue_select": bits(32),
            "selected_features": _PAIR,
        }

    def state(self) -> dict[str, Plain]:
        """The whole device as plain data that JSON carries: registers, queues, what the driver has set in the function. Memory
        and back-end are not part of it. Raises `StateError` while something waits for `take`."""
        if self._out:
            raise StateError(f"{self.name} has put out {len(self._out)} transactions that nobody took; call take() first")
        return super().state()

    def restored(self) -> None:
        """The wire follows."""
        self.line = self.level()

    def level(self) -> int:
        """The level of the wire as it must be now."""
        raise NotImplementedError

    @property
    def selected_features(self) -> tuple[int, int]:
        """Which word of features the driver looks at, and which it accepts."""
        return self._feature_select["device"], self._feature_select["driver"]

    @selected_features.setter
    def selected_features(self, words: tuple[int, int]) -> None:
        self._feature_select.update(device=words[0], driver=words[1])

    # --- the core's way out ---------------------------------------------------------------------------------------------

    def queue_interrupt(self, queue: int) -> None:
        """A used buffer notification."""
        raise NotImplementedError

    def config_interrupt(self) -> None:
        """A configuration change notification."""
        raise NotImplementedError

    def status_changed(self, status: int) -> None:
        """Told to the probe."""
        self._out.append((self._probe, StatusChange(status)))

    def fault_found(self, fault: QueueFault) -> None:
        """Told to the probe, as what it is and as what comes of it."""
        self.driver_erred(fault)
        self._out.append((self._probe, DeviceBroken(fault)))

    def driver_erred(self, fault: QueueFault) -> None:
        """Told to the probe."""
        self._out.append((self._probe, Report(fault.error, str(fault))))

    # --- helpers --------------------------------------------------------------------------------------------------------

    def take(self) -> list[Out]:
        """What the device put out on its own, not because of an access: a packet came in, the configuration changed."""
        out, self._out = self._out, []
        return out

    def _respond(self, value: int | None, size: int) -> None:
        ok = value is not None
        self._out.append((self._rsp, RegReadData((value or 0) & ((1 << 8 * size) - 1), ok)))

    def _acknowledge(self, ok: bool) -> None:
        self._out.append((self._rsp, RegWriteAck(ok)))

    def _config_read(self, offset: int, size: int) -> int:
        return int.from_bytes(self.core.function.config()[offset : offset + size], "little")

    def _look_at_config(self, offset: int, size: int) -> None:
        """Report an access that no field of the device's configuration can be the object of: of 1, 2 or 4 bytes, and aligned; a
        legacy driver may use any width (4.1.3.1, 4.1.4.10, 4.2.2.2)."""
        if not self.core.legacy and (size > 4 or offset % size):
            self._refuse("device-specific configuration", offset, size)

    def _config_write(self, offset: int, size: int, value: int) -> None:
        core = self.core
        self._look_at_config(offset, size)
        fields = core.function.writable(core)
        if fields is not None and not any(at <= offset and offset + size <= at + count for at, count in fields):
            core.report(Fault.CONFIG_READ_ONLY, detail=f"{size} bytes at {offset:#x}")
        if not core.legacy and not core.status & FEATURES_OK:
            core.report(Fault.CONFIG_EARLY, detail=f"{size} bytes at {offset:#x}")
        core.function.write_config(offset, (value & ((1 << 8 * size) - 1)).to_bytes(size, "little"))

    # --- the queue that queue_select names ------------------------------------------------------------------------------

    def _select(self, value: int) -> None:
        self.queue_select = value

    def _selected(self) -> QueueSetup | None:
        """Its set-up, if there is such a queue (4.1.4.3.1, 4.2.2.1)."""
        return self.core.setup[self.queue_select] if self.queue_select < len(self.core.setup) else None

    def _of_queue(self, value: Callable[[QueueSetup], int]) -> Callable[[], int]:
        """A register that belongs to the queue; it reads as zero where there is none."""

        def read() -> int:
            setup = self._selected()
            return 0 if setup is None else value(setup)

        return read

    def _existing(self, register: str) -> QueueSetup | None:
        """The set-up of the queue that is selected, to which a driver writes; a write where there is none is reported."""
        setup = self._selected()
        if setup is None:
            queues = len(self.core.setup)
            self.core.report(Fault.QUEUE_UNKNOWN, self.queue_select, f"{register}; there are {queues} queues")
        return setup

    def _changeable(self, register: str) -> QueueSetup | None:
        """As `_existing`; an enabled queue keeps its set-up, and the write is reported."""
        setup = self._existing(register)
        if setup is None:
            return None
        if setup.enabled:
            self.core.report(Fault.SETUP_WHILE_ENABLED, self.queue_select, register)
            return None
        if not self.core.legacy and not self.core.status & FEATURES_OK:
            self.core.report(Fault.SETUP_EARLY, self.queue_select, register)
        return setup

    def _means(self, register: str, value: int, values: tuple[int, ...]) -> bool:
        """Whether a value is one of those that mean something for the selected queue; another is reported, and ignored."""
        if value not in values:
            self.core.report(Fault.QUEUE_CONTROL_VALUE, self.queue_select, f"{register} {value:#x}")
        return value in values

    def _set_size(self, value: int) -> None:
        setup = self._changeable("size")
        if setup is None:
            return
        setup.size = value
        packed = self.core.features >> VIRTIO_F_RING_PACKED & 1
        if not 1 <= value <= setup.size_max or (not packed and value & (value - 1)):
            kind = "packed" if packed else "split: a power of two"
            self.core.report(Fault.QUEUE_SIZE_VALUE, self.queue_select, f"{value}; {kind}, 1 to {setup.size_max}")

    def _set_address(self, name: str, value: int, *, high: bool) -> None:
        """One half of a 64-bit address; an enabled queue keeps its addresses."""
        setup = self._changeable(f"{name} address")
        if setup is not None:
            old: int = getattr(setup, name)
            setattr(setup, name, old & 0xFFFF_FFFF | value << 32 if high else old >> 32 << 32 | value)
            setup.placed |= 1 << ("desc", "driver", "device").index(name)

    def _notified(self, queue: int, value: int, size: int) -> None:
        """`queue` is notified by a write of `value` with `size` bytes, which holds its number (2.9, 4.1.5.2); more than that only
        with NOTIFICATION_DATA."""
        data = bool(self.core.features >> VIRTIO_F_NOTIFICATION_DATA & 1)
        if (value & 0xFFFF if data else value) != queue or size != (4 if data else self._notify_bytes):
            self.core.report(Fault.KICK_VALUE, queue, f"{value:#x}, {size} bytes")
        self.core.kick(queue)

    def _refuse(self, where: str, offset: int, size: int) -> None:
        """Report an access that no register permits."""
        self.core.report(Fault.REGISTER_ACCESS, detail=f"{size} bytes at {where}+{offset:#x}")

    def _read_only(self, register: str) -> None:
        """Report a write to a register that is read-only."""
        self.core.report(Fault.REGISTER_READ_ONLY, detail=register)
