"""virtio over PCI, modern interface (virtio 1.2, 4.1): one function, its registers by region, INTx or MSI-X.

Links: `<name>.config`, `.common`, `.isr`, `.device`, `.notify`, `.msix` carry register accesses, answered on `<name>.rsp`;
messages leave by the link that `doorbells` gives for their address (`<name>.msi` by default), the INTx wire by `<name>.intx`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from irqpath.core.errors import ConfigError
from irqpath.core.link import Link
from irqpath.core.state import Commit, Part, Plain, Schema, StateError, Vector, bits
from irqpath.core.transactions import Kick, LineChange, Msi, RegRead, RegWrite, Reset
from irqpath.virtio.core import DRIVER_OK, NO_VECTOR, Function, QueueSetup
from irqpath.virtio.faults import Fault
from irqpath.virtio.frames import COMMON_BY_OFFSET
from irqpath.virtio.msix import ENABLE, FUNCTION_MASK, Msix
from irqpath.virtio.pci_config import (
    COMMAND,
    INTERRUPT_DISABLE,
    INTERRUPT_STATUS,
    MAX_VECTORS,
    MSIX_CONTROL,
    PCI_CFG_DATA,
    STATUS,
    PciConfig,
    pba_offset,
)
from irqpath.virtio.pci_window import Region, Window
from irqpath.virtio.policy import IRQPATH, VirtioPolicy
from irqpath.virtio.port import RingPort
from irqpath.virtio.transport import CONFIG_INTERRUPT, QUEUE_INTERRUPT, Transport
from irqpath.virtio.wire import VIRTIO_F_NOTIFICATION_DATA, VIRTIO_F_RING_RESET

NOTIFY_MULTIPLIER: Final = 4
#: Number of the event "configuration change" at the MSI-X table; queue n is event n + 1.
_CONFIG_EVENT: Final = 0


def _half(name: str, *, high: bool) -> Callable[[QueueSetup], int]:
    """Reads 32 bits of an address of a queue: `name` is desc, driver or device."""
    return (lambda q: getattr(q, name) >> 32) if high else (lambda q: getattr(q, name) & 0xFFFF_FFFF)


class VirtioPci(Transport):
    """A virtio PCI function with requester ID `requester` (its DeviceID at an ITS) and `vectors` MSI-X vectors.

    `isr_queues`: the queues, by bits, for which the ISR status has its queue bit.
    """

    __slots__ = (
        "_doorbells", "_intx", "_msi", "_reads", "_window", "_writes", "config_vector", "isr_queues", "msix", "notify_multiplier",
        "pci", "requester",
    )  # fmt: skip

    _notify_bytes = 2

    def __init__(
        self,
        name: str,
        function: Function,
        port: RingPort,
        *,
        requester: int = 0,
        vectors: int | None = None,
        doorbells: Mapping[int, str] | None = None,
        notify_multiplier: int = NOTIFY_MULTIPLIER,
        policy: VirtioPolicy = IRQPATH,
    ) -> None:
        self._doorbells = {address: Link(link) for address, link in (doorbells or {}).items()}
        self._msi, self._intx = Link.of(name, "msi"), Link.of(name, "intx")
        emits = {Link.of(name, "rsp"), self._msi, self._intx, *self._doorbells.values()}
        super().__init__(name, emits, function, port, policy, legacy=False)
        vectors = len(function.queue_sizes) + 1 if vectors is None else vectors
        if not 0 <= vectors <= MAX_VECTORS:
            raise ConfigError(f"{name}: {vectors} MSI-X vectors; a function has at most {MAX_VECTORS}, or 0 for none")
        if notify_multiplier < 0 or notify_multiplier & (notify_multiplier - 1) or notify_multiplier == 1:
            raise ConfigError(f"{name}: notify_multiplier {notify_multiplier}; it is 0 or an even power of two (4.1.4.4.1)")
        if function.features >> VIRTIO_F_NOTIFICATION_DATA & 1 and function.checked_offer and notify_multiplier == 2:
            raise ConfigError(
                f"{name}: notify_multiplier 2 with VIRTIO_F_NOTIFICATION_DATA; it is 0 or a multiple of 4 (4.1.4.4.1)"
            )
        self.requester: Final = requester
        self.notify_multiplier: Final = notify_multiplier
        self.config_vector = NO_VECTOR
        self.isr_queues = 0
        self.msix = Msix(vectors, pba_offset(vectors), self._message, len(function.queue_sizes) + 1)
        self.pci = PciConfig(function.device_id, vectors, notify_multiplier)
        self._reads: dict[str, Callable[[], int]] = self._common_reads()
        self._writes: dict[str, Callable[[int], None]] = self._common_writes()
        regions: dict[str, Region] = {}
        for region, read, write in (
            ("config", self._read_config_space, self._write_config_space),
            ("common", self._read_common, self._write_common),
            ("isr", self._read_isr, self._write_isr),
            ("device", self._read_device, self._write_device),
            ("notify", self._read_nothing, self._write_notify),
            ("msix", self._read_msix, self._write_msix),
        ):
            regions[region] = read, write
            link = Link.of(name, region)
            self._on(link, RegRead, read)
            self._on(link, RegWrite, write)
        self._window = Window(regions, lambda: self._out, self._refuse, notify_multiplier)
        self._on(Link.of(name, "notify"), Kick, lambda kick: self.core.kick(kick.queue))
        self._on(Link.of(name, "reset"), Reset, lambda _: self._power_on())

    @property
    def config_data(self) -> int:
        """Data of the configuration vector's message, -1 if it is not mapped."""
        return self.msix.table[self.config_vector][2] if self.config_vector < self.msix.vectors else -1

    def schema(self) -> Schema:
        """Configuration space, MSI-X, and the configuration vector besides."""
        queues = Vector((1 << len(self.core.setup)) - 1)
        return {**super().schema(), "config_vector": bits(16), "isr_queues": queues, "msix": Part(), "pci": Part()}

    def checked(self, state: Plain, path: str) -> list[Commit]:
        """As `Stateful.checked`; Message Control is in two places, and vectors exist."""
        commits = super().checked(state, path)
        at = f"{path}." if path else ""
        control = bytes.fromhex(state["pci"]["space"])[MSIX_CONTROL + 1] << 8 & (ENABLE | FUNCTION_MASK)
        if int(state["msix"]["control"], 16) != control:
            raise StateError(f"{at}msix.control is {state['msix']['control']}: configuration space has {control:#x}")
        if int(state["isr_queues"], 16) and not state["isr"] & QUEUE_INTERRUPT:
            raise StateError(f"{at}isr_queues is {state['isr_queues']}: it does not fit to {at}isr, which is {state['isr']}")
        vectors = {f"{at}config_vector": state["config_vector"]}
        vectors |= {f"{at}core.setup[{n}].vector": setup["vector"] for n, setup in enumerate(state["core"]["setup"])}
        for name, vector in vectors.items():
            if vector != self._mapped(vector):
                raise StateError(f"{name} is {vector}: there are {self.msix.vectors} vectors, and {NO_VECTOR} is none")
        return commits

    # --- interrupts -----------------------------------------------------------------------------------------------------

    def queue_interrupt(self, queue: int) -> None:
        """By the queue's vector; without MSI-X by the ISR status and INTx (4.1.5.3; R74)."""
        if self.core.queues[queue] is None:
            return
        if self.msix.enabled:
            self.msix.fire(self.core.setup[queue].vector)
            self.msix.blame(self.core.setup[queue].vector, queue + 1)
        else:
            self.isr |= QUEUE_INTERRUPT
            self.isr_queues |= 1 << queue
            self._drive_line()

    def config_interrupt(self) -> None:
        """By the ISR status in any case, and by the configuration vector or INTx (4.1.4.5.1, 4.1.5.4)."""
        if not self.core.status & DRIVER_OK:
            return
        self.isr |= CONFIG_INTERRUPT
        if self.msix.enabled:
            self.msix.fire(self.config_vector)
            self.msix.blame(self.config_vector, _CONFIG_EVENT)
        else:
            self._drive_line()

    def _message(self, address: int, data: int) -> None:
        self._out.append((self._doorbells.get(address, self._msi), Msi(self.requester, data)))

    def level(self) -> int:
        """INTx is asserted while there is an interrupt and Interrupt Disable is clear."""
        return int(self._interrupting() and not self.pci.command & INTERRUPT_DISABLE)

    def _interrupting(self) -> bool:
        """Interrupt Status: the ISR status has a bit and MSI-X is off, INTx disabled or not (PCI Express, 7.5.1.1.4)."""
        return bool(self.isr) and not self.msix.enabled

    def _drive_line(self) -> None:
        level = self.level()
        if level != self.line:
            self.line = level
            self._out.append((self._intx, LineChange(0, level)))

    # --- regions --------------------------------------------------------------------------------------------------------

    def _write_isr(self, _: RegWrite) -> None:
        self._read_only("ISR status")
        self._acknowledge(True)

    def _read_nothing(self, t: RegRead) -> None:
        self._respond(0, t.size)

    def _read_config_space(self, t: RegRead) -> None:
        if t.offset < PCI_CFG_DATA + 4 and t.offset + t.size > PCI_CFG_DATA:
            self._window.read(self.pci)
        value = self.pci.read(t.offset, t.size)
        if t.offset <= STATUS < t.offset + t.size and self._interrupting():
            value |= INTERRUPT_STATUS << 8 * (STATUS - t.offset)
        self._respond(value, t.size)

    def _write_config_space(self, t: RegWrite) -> None:
        self.pci.write(t.offset, t.size, t.value)
        if t.offset <= MSIX_CONTROL + 1 < t.offset + t.size:
            self.msix.write_control(self.pci.read(MSIX_CONTROL, 2))
        if t.offset <= MSIX_CONTROL + 1 < t.offset + t.size or t.offset <= COMMAND + 1 < t.offset + t.size:
            self._drive_line()
        if t.offset < PCI_CFG_DATA + 4 and t.offset + t.size > PCI_CFG_DATA:
            self._window.write(self.pci)
        self._acknowledge(True)

    def _read_isr(self, t: RegRead) -> None:
        """Reading clears the ISR status and lowers INTx (4.1.4.5; R74)."""
        if t.offset or t.size != 1:
            self._refuse("ISR status", t.offset, t.size)
        value, self.isr = self.isr, 0
        self.isr_queues = 0
        self._drive_line()
        self._respond(value if t.offset == 0 else 0, t.size)

    def _read_device(self, t: RegRead) -> None:
        self._look_at_config(t.offset, t.size)
        self._respond(self._config_read(t.offset, t.size), t.size)

    def _write_device(self, t: RegWrite) -> None:
        self._config_write(t.offset, t.size, t.value)
        self._acknowledge(True)

    def _write_notify(self, t: RegWrite) -> None:
        """queue_notify_off times the multiplier is the queue's place; the value is for NOTIFICATION_DATA (4.1.4.4)."""
        queue = t.offset // self.notify_multiplier if self.notify_multiplier else t.value & 0xFFFF
        self._acknowledge(True)
        if t.offset != queue * self.notify_multiplier:
            self._refuse("notification region", t.offset, t.size)
            return
        self._notified(queue, t.value, t.size)

    def _read_msix(self, t: RegRead) -> None:
        value = self.msix.read(t.offset, t.size)
        if value is None:
            self._refuse("MSI-X table", t.offset, t.size)
        self._respond(value, t.size)

    def _write_msix(self, t: RegWrite) -> None:
        done = self.msix.write(t.offset, t.size, t.value)
        if not done:
            self._refuse("MSI-X table", t.offset, t.size)
        elif t.offset >= self.msix.pba_offset:
            self._read_only("MSI-X pending bit array")
        self._acknowledge(done)

    # --- common configuration -------------------------------------------------------------------------------------------

    def _read_common(self, t: RegRead) -> None:
        field = COMMON_BY_OFFSET.get(t.offset)
        if field is None or t.size != field.size:
            self._refuse("common configuration", t.offset, t.size)
            self._respond(None, t.size)
        else:
            self._respond(self._reads[field.name](), t.size)

    def _write_common(self, t: RegWrite) -> None:
        field = COMMON_BY_OFFSET.get(t.offset)
        if field is None or t.size != field.size:
            self._refuse("common configuration", t.offset, t.size)
            self._acknowledge(False)
            return
        self._acknowledge(True)
        write = self._writes.get(field.name)
        if write is not None:
            write(t.value & ((1 << 8 * t.size) - 1))
        else:
            self._read_only(field.name)

    def _common_reads(self) -> dict[str, Callable[[], int]]:
        core, select = self.core, self._feature_select
        reads: dict[str, Callable[[], int]] = {
            "device_feature_select": lambda: select["device"],
            "device_feature": lambda: core.offered_word(select["device"]),
            "driver_feature_select": lambda: select["driver"],
            "driver_feature": lambda: core.driver_features >> 32 * select["driver"] & 0xFFFF_FFFF if select["driver"] < 2 else 0,
            "config_msix_vector": lambda: self.config_vector,
            "num_queues": lambda: len(core.setup),
            "device_status": lambda: core.status,
            "config_generation": lambda: core.generation,
            "queue_select": lambda: self.queue_select,
            "queue_size": self._of_queue(lambda q: q.size),
            "queue_msix_vector": self._of_queue(lambda q: q.vector),
            "queue_enable": self._of_queue(lambda q: int(q.enabled)),
            "queue_notify_off": self._of_queue(lambda _: self.queue_select),
            "queue_notify_data": self._of_queue(lambda _: self.queue_select),
            "queue_reset": lambda: 0,
        }
        for name in ("desc", "driver", "device"):
            reads[f"queue_{name}_low"] = self._of_queue(_half(name, high=False))
            reads[f"queue_{name}_high"] = self._of_queue(_half(name, high=True))
        return reads

    def _common_writes(self) -> dict[str, Callable[[int], None]]:
        """Read-only fields have none: such a write is ignored, and reported."""
        writes: dict[str, Callable[[int], None]] = {
            "device_feature_select": lambda v: self._feature_select.update(device=v),
            "driver_feature_select": lambda v: self._feature_select.update(driver=v),
            "driver_feature": lambda v: self.core.write_features(self._feature_select["driver"], v),
            "config_msix_vector": self._set_config_vector,
            "device_status": self._set_status,
            "queue_select": self._select,
            "queue_size": self._set_size,
            "queue_msix_vector": self._set_queue_vector,
            "queue_enable": self._enable,
            "queue_reset": self._reset_queue,
        }
        for name in ("desc", "driver", "device"):
            writes[f"queue_{name}_low"] = partial(self._set_address, name, high=False)
            writes[f"queue_{name}_high"] = partial(self._set_address, name, high=True)
        return writes

    def _mapped(self, vector: int) -> int:
        """The vector as it reads back: NO_VECTOR if there is no such vector (4.1.5.1.2; R73)."""
        return vector if vector < self.msix.vectors else NO_VECTOR

    def _look_at_vector(self, value: int, queue: int = -1) -> None:
        """Report a vector that is none."""
        if value != NO_VECTOR and value >= self.msix.vectors:
            self.core.report(Fault.VECTOR_OUT_OF_RANGE, queue, f"{value}; there are {self.msix.vectors}")

    def _set_config_vector(self, value: int) -> None:
        self._look_at_vector(value)
        old, self.config_vector = self.config_vector, self._mapped(value)
        self._remapped(_CONFIG_EVENT, old, self.config_vector)

    def _set_queue_vector(self, value: int) -> None:
        setup = self._existing("queue_msix_vector")
        if setup is not None:
            self._look_at_vector(value, self.queue_select)
            old, setup.vector = setup.vector, self._mapped(value)
            self._remapped(self.queue_select + 1, old, setup.vector)

    def _remapped(self, event: int, old: int, new: int) -> None:
        """An event has another vector: the old one is not pending for it any more. What was pending is gone with NO_VECTOR, for
        then nothing may be delivered (4.1.5.3.1, 4.1.5.4.1); with another vector it goes on there, or is gone, by `Policy`."""
        if new != old and self.msix.forget(event) and self.core.policy.remapping_keeps_pending:
            self.msix.make_pending(new, event)

    def _enable(self, value: int) -> None:
        if self._existing("queue_enable") is None:
            return
        if value == 1:
            self.core.enable(self.queue_select)
        else:
            self.core.report(Fault.QUEUE_DISABLED, self.queue_select, f"{value}")

    def _reset_queue(self, value: int) -> None:
        if self._existing("queue_reset") is None or not self._means("queue_reset", value, (1,)):
            return
        if not self.core.features >> VIRTIO_F_RING_RESET & 1:
            self.core.report(Fault.FEATURE_NOT_NEGOTIATED, self.queue_select, "VIRTIO_F_RING_RESET")
            return
        self.core.reset_queue(self.queue_select)
        self.msix.forget(self.queue_select + 1)
        self.isr_queues &= ~(1 << self.queue_select)
        if not self.isr_queues and not self.line:  # INTx that is asserted has notified; what is masked never does (2.6.1.1.1)
            self.isr &= ~QUEUE_INTERRUPT

    def _set_status(self, value: int) -> None:
        if value == 0:
            self._forget()
        self.core.set_status(value)

    def _forget(self) -> None:
        """What a device reset clears in the transport: vectors, ISR status (R73); nothing of before is notified (2.4.1)."""
        self.msix.forget_all()
        self.config_vector = NO_VECTOR
        self.queue_select = 0
        self._feature_select.update(device=0, driver=0)
        self.isr = self.isr_queues = 0
        self._drive_line()

    def _power_on(self) -> None:
        """The PCI function is reset: the configuration space and the MSI-X table, too."""
        self._forget()
        self.core.reset()
        self.msix = Msix(self.msix.vectors, self.msix.pba_offset, self._message, self.msix.events)
        self.pci = PciConfig(self.core.function.device_id, self.msix.vectors, self.notify_multiplier)
