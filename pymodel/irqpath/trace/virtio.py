"""Replay of the virtio events of a recording: registers drive golden transports, operations drive golden queues.

The recorded device decides when it takes and returns buffers and with how many bytes; everything else follows from the rules
and is compared: see `virtio_queue`. A queue whose ring was not recorded is followed by the names of its buffers only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Protocol

from irqpath.core.errors import TraceError
from irqpath.core.link import Link
from irqpath.core.transactions import Msi, Out, RegRead, RegReadData, RegWrite, Report
from irqpath.trace.findings import Findings
from irqpath.trace.reader import Event
from irqpath.trace.virtio_device import MMIO_NOTIFY, RecordedDevice
from irqpath.trace.virtio_identity import Identity, pci_name
from irqpath.trace.virtio_late import LateStores
from irqpath.trace.virtio_queue import Journal, QueueChecks, Role
from irqpath.virtio.core import DRIVER_OK, VirtioCore
from irqpath.virtio.net import VIRTIO_NET_F_MQ
from irqpath.virtio.pci import VirtioPci
from irqpath.virtio.pci_config import BUS_MASTER, COMMAND
from irqpath.virtio.policy import QEMU, VirtioPolicy

# Device types (virtio 1.2, 5)
_NET, _BLK, _SCSI = 1, 2, 8
#: Kinds of events that this module handles alone.
KINDS: Final = ("kick", "vq", "vreset", "vst", "vqop", "ml")
RING_REGION: Final = re.compile(r"(?P<device>.+)\.q(?P<queue>\d+)\.(?P<part>desc|drv|dev|ind|out)")


class Deviate(Protocol):
    """How a check reports."""

    def __call__(
        self, kind: str, what: str, cpu: int, expected: int | str, seen: int | str, detail: str, intids: tuple[int, ...]
    ) -> None:
        """Record one deviation."""


class VirtioChecks:
    """All virtio devices of one recording. `feed` takes the events of `KINDS`, other methods those that concern others, too."""

    def __init__(
        self, identities: dict[str, Identity], findings: Findings, deviate: Deviate, policy: VirtioPolicy = QEMU
    ) -> None:
        self._journal = Journal()
        self._findings = findings
        self._compared = findings.compared
        self._deviate = deviate
        self.devices = {name: RecordedDevice(name, identity, self._journal, policy) for name, identity in identities.items()}
        self._regions = {region: (d, link) for d in self.devices.values() for region, link in d.regions.items()}
        self._ranges: set[tuple[str, int]] = set()
        self._stopping: RecordedDevice | None = None
        self._handlers: dict[str, Callable[[Event], None]] = {
            "kick": self._kick,
            "vq": self._queue_set_up,
            "vreset": self._reset,
            "vst": self._status,
            "vqop": self._operation,
            "ml": self._load,
        }

    def feed(self, event: Event) -> None:
        """One event of `KINDS`. Raises `TraceError` for one that names what is not there."""
        if event["e"] in ("ml", "kick"):
            self._journal.cpu_events += 1
        self._handlers[event["e"]](event)

    def end(self) -> None:
        """The recording is over: nothing may be outstanding."""
        for device in self.devices.values():
            for queue in device.queues.values():
                queue.end()
            if device.messages:
                self._tell("virtio message", device.name, str(device.messages[0]), "never sent")
            self._same_line(device)
            self._same_status(device)

    def _tell(self, kind: str, what: str, expected: int | str, seen: int | str, detail: str = "") -> None:
        self._deviate(kind, what, -1, expected, seen, detail, ())

    # --- registers ------------------------------------------------------------------------------------------------------

    def write(self, event: Event) -> bool:
        """`mw` to a device's region; False if it is none of a virtio device."""
        if event["r"] == "v2m" and "c" not in event:
            self._message_to_v2m(event["v"])
        found = self._region(event)
        if found is None:
            return False
        self._journal.cpu_events += 1
        device, link, offset = found
        self._same_status(device)
        before = device.core.status
        self._stopping = None
        self._take(device, device.transport.predict(link, RegWrite(offset, event["s"], event["v"])))
        if device.core.fault is not None:
            self._tell("virtio register write", device.name, "no fault", str(device.core.fault))
            device.go_on()
        if link.end == "config" and offset == COMMAND and not event["v"] & BUS_MASTER:
            self._stopping = device
        if link.end == "notify" or (not device.is_pci and offset == MMIO_NOTIFY):
            queue = device.notified_by(offset, event["v"])
            if queue in device.queues:
                device.queues[queue].credit()
        device.status_outstanding = device.writes_status(link, offset)
        self._follow_queues(device, before)
        return True

    def read(self, event: Event) -> bool:
        """`mr` of a device's region, compared; False if it is none of a virtio device."""
        found = self._region(event)
        if found is None:
            return False
        self._journal.cpu_events += 1
        device, link, offset = found
        self._same_status(device)
        out = device.transport.predict(link, RegRead(offset, event["s"]))
        expected = next(t.value for _, t in out if isinstance(t, RegReadData))
        self._compared["virtio register read"] += 1
        if expected != event["v"]:
            self._deviate("virtio register read", f"{event['r']}+{offset:#x}", event.get("c", -1), expected, event["v"], "", ())
        self._take(device, out)
        self._same_line(device)
        return True

    def _region(self, event: Event) -> tuple[RecordedDevice, Link, int] | None:
        """(device, link, offset) of an access."""
        region, offset = event["r"], event["o"]
        found = self._regions.get(region)
        if found is not None:
            return *found, offset
        device = self.devices.get(pci_name(offset >> 12) if region == "ecam" else region.rpartition(".")[0])
        if device is None or not device.is_pci:
            return None
        return (device, device.config, offset & 0xFFF) if region == "ecam" else (device, Link(region), offset)

    def _follow_queues(self, device: RecordedDevice, status: int) -> None:
        """After a register write: queues that came or went; a device that starts looks at all its queues."""
        for number, queue in enumerate(device.core.queues):
            checks = device.queues.get(number)
            if checks is not None and checks.queue is not queue:
                checks.end()
                del device.queues[number]
                device.blind.pop(number, None)
            if queue is not None and number not in device.queues:
                role = _role(device.core, number)
                name, late = f"{device.name}.q{number}", LateStores(queue, self._findings)
                device.queues[number] = QueueChecks(
                    name, role, queue, self._journal, self._compared, self._findings.also, self._tell, late
                )
        if device.core.status & DRIVER_OK and not status & DRIVER_OK:
            for checks in device.queues.values():
                checks.credit()

    # --- interrupts -----------------------------------------------------------------------------------------------------

    def _take(self, device: RecordedDevice, out: list[Out]) -> None:
        for _, t in out:
            if isinstance(t, Msi):
                device.messages.append(t)
            elif isinstance(t, Report):
                self._findings.also[f"virtio driver's fault {t.error.name}"] += 1

    def message(self, event: Event) -> None:
        """`msi`: compared with the message that the device's golden transport sent."""
        device = next((d for d in self.devices.values() if d.requester == event["dev"]), None)
        if device is not None:
            self._message(device, event["v"])

    def _message(self, device: RecordedDevice, data: int) -> None:
        self._findings.also["virtio message"] += 1
        if not device.messages:
            self._config_change(device)
        expected = device.messages.popleft() if device.messages else None
        if expected is None or expected.event != data:
            text = "none" if expected is None else f"data {expected.event}"
            self._tell("virtio message", device.name, text, f"data {data}")

    def _message_to_v2m(self, data: int) -> None:
        """A device's store to a GICv2m frame: the data is the SPI, which is one device's; the store does not say whose."""
        waiting = [d for d in self.devices.values() if d.messages and d.messages[0].event == data]
        silent = [d for d in self.devices.values() if isinstance(d.transport, VirtioPci) and d.transport.config_data == data]
        for device in waiting or silent:
            self._message(device, data)
            return
        self._tell("virtio message", "GICv2m", "none", f"SPI {data}")

    def line(self, event: Event) -> None:
        """`spi`: remembered, and compared with the wire of the device when that must be settled."""
        sharing = [d for d in self.devices.values() if d.wire == event["i"] and d.identity.device_id]
        for device in sharing:
            device.recorded_level = event["l"]
        if sharing:
            self._findings.also["virtio wire"] += 1
            if event["l"] and not any(device.transport.line for device in sharing):
                self._config_change(next((d for d in sharing if d.core.status & DRIVER_OK), sharing[0]))

    def _config_change(self, device: RecordedDevice) -> None:
        """An interrupt for which no queue is the cause: the device may announce a change of its configuration once DRIVER_OK is
        set (2.1.2). That it is one shows in the vector, or in the ISR status that the driver reads."""
        if device.core.status & DRIVER_OK:
            self._findings.also["virtio configuration change"] += 1
            device.transport.config_interrupt()
            self._take(device, device.transport.take())

    def _same_line(self, device: RecordedDevice) -> None:
        """The recorded wire is that of all devices which share it."""
        if not device.identity.device_id:
            return
        sharing = [d for d in self.devices.values() if d.wire == device.wire]
        level = max(d.transport.line for d in sharing)
        if device.recorded_level != level:
            self._tell("virtio wire", f"wire of {device.name}", level, device.recorded_level)
            for other in sharing:
                other.recorded_level = level

    # --- memory ---------------------------------------------------------------------------------------------------------

    def declare(self, event: Event) -> None:
        """`range`: the ring of a queue is recorded from now on."""
        match = RING_REGION.fullmatch(event["r"])
        if match:
            self._ranges.add((match["device"], int(match["queue"])))

    def store(self, event: Event) -> None:
        """`m` and `snap` of rings and what hangs on them."""
        match = RING_REGION.fullmatch(event["r"])
        if match is None:
            return
        data = b""
        if "h" in event:
            data = bytes.fromhex(event["h"])
        elif "f" in event:
            data = bytes([event["f"]]) * event["n"]
        if data:
            self._journal.memory.load(event["a"], data)
        device = self.devices.get(match["device"])
        if device is not None and int(match["queue"]) in device.queues:
            device.queues[int(match["queue"])].stored(event["a"], len(data))

    def _load(self, event: Event) -> None:
        match = RING_REGION.fullmatch(event["r"])
        checks = None if match is None else self._device(match["device"]).queues.get(int(match["queue"]))
        if checks is None:
            raise TraceError(f"a load from {event['r']!r}, which is no ring of an enabled queue")
        checks.load(event.get("c", 0), event["a"], event["s"], event["v"])

    # --- events ---------------------------------------------------------------------------------------------------------

    def _device(self, name: str) -> RecordedDevice:
        device = self.devices.get(name)
        if device is None:
            raise TraceError(f"virtio device {name!r} is none of this machine; there are {', '.join(self.devices) or 'none'}")
        return device

    def _kick(self, event: Event) -> None:
        for device in self.devices.values():
            queue = device.notify_queue(event["a"], event["v"])
            if queue is not None and queue in device.queues:
                checks = device.queues[queue]
                if event["v"] != queue:
                    self._tell("virtio notification", checks.name, queue, event["v"], "value stored")
                device.core.kick(queue)
                self._take(device, device.transport.take())
                if self._is_blind(device, queue):
                    self._compared["virtio notification sent"] += 1
                    checks.credit()
                else:
                    checks.kicked()
                return
        raise TraceError(f"a notification at {event['a']:#x}, where no enabled queue has its register")

    def _queue_set_up(self, event: Event) -> None:
        self._compared["virtio queue set-up"] += 1
        device = self._device(event["dev"])
        number = event["q"]
        setup = device.core.setup[number] if number < len(device.core.setup) else None
        checks = device.queues.get(number)
        seen = (event["n"], event["desc"], event["drv"], event["devp"], event["packed"])
        if setup is None or checks is None:
            self._tell("virtio queue set-up", f"{device.name}.q{number}", "not enabled", str(seen))
            return
        expected = (setup.size, setup.desc, setup.driver, setup.device, int(checks.queue.packed))
        if expected != seen:
            self._tell("virtio queue set-up", checks.name, str(expected), str(seen))

    def _reset(self, event: Event) -> None:
        self._compared["virtio reset"] += 1
        status = self._device(event["dev"]).core.status
        if status:
            self._tell("virtio reset", event["dev"], f"status {status:#x}", "a reset")

    def _status(self, event: Event) -> None:
        """The recorder names the device by what it last saw, which at the machine's reset is nothing, and which is wrong when
        bus mastering goes off: then the device that was addressed stops, and DRIVER_OK reads as 0 for it."""
        self._compared["virtio device status"] += 1
        if event["dev"] in self.devices:
            self.devices[event["dev"]].status_outstanding = False
        if self._stopping is not None:
            expected = self._stopping.core.status & ~DRIVER_OK
        elif event["dev"] in self.devices:
            expected = self.devices[event["dev"]].core.status
        else:
            expected = 0
        if event["v"] != expected:
            self._tell("virtio device status", event["dev"], expected, event["v"])

    def _same_status(self, device: RecordedDevice) -> None:
        """Before the driver's next access: what it wrote to device status was told."""
        if device.status_outstanding:
            device.status_outstanding = False
            self._tell("virtio device status", device.name, device.core.status, "never told")

    def _is_blind(self, device: RecordedDevice, queue: int) -> bool:
        return (device.name, queue) not in self._ranges

    def _operation(self, event: Event) -> None:
        device = self._device(event["dev"])
        number, operation = event["q"], event["op"]
        checks = device.queues.get(number)
        if checks is None:
            raise TraceError(f"operation {operation!r} on queue {number} of {device.name}, which is not enabled")
        if operation == "intr":
            self._interrupt(device, number, checks)
        elif operation == "notify":
            checks.handled()
        elif self._is_blind(device, number):
            self._blind(device, number, event)
        elif operation == "pop":
            checks.pop(event["id"], event["i"], event["o"])
        elif operation == "fill":
            checks.fill(event["id"], event["len"], event["idx"])
        elif operation == "flush":
            checks.flush(event["n"])
        else:
            raise TraceError(f"unknown operation {operation!r} of a virtio device")

    def _interrupt(self, device: RecordedDevice, number: int, checks: QueueChecks) -> None:
        """The interrupt goes on as a message or by the wire, which the next events show."""
        if device.messages:
            self._tell("virtio message", device.name, str(device.messages.popleft()), "not sent")
        self._same_line(device)
        if self._is_blind(device, number):
            self._compared["virtio interrupt"] += 1
        else:
            checks.interrupt()
        device.transport.queue_interrupt(number)
        self._take(device, device.transport.take())

    def _blind(self, device: RecordedDevice, number: int, event: Event) -> None:
        """A queue without its ring: a buffer comes back once, and after it was taken."""
        out = device.blind.setdefault(number, set())
        operation = event["op"]
        self._compared[f"virtio {operation} without its ring"] += 1
        if operation == "pop":
            if event["id"] in out:
                self._tell("virtio pop", f"{device.name}.q{number}", "a new buffer", f"buffer {event['id']} again")
            out.add(event["id"])
        elif operation == "fill":
            if event["id"] not in out:
                self._tell("virtio used element", f"{device.name}.q{number}", "a buffer that is out", f"buffer {event['id']}")
            out.discard(event["id"])


def _role(core: VirtioCore, queue: int) -> Role:
    """What the reference device does with its event suppression field."""
    kind = core.function.device_id
    if kind == _NET:
        pairs = int.from_bytes(core.function.config()[8:10], "little") if core.features >> VIRTIO_NET_F_MQ & 1 else 1
        if queue == 2 * pairs:
            return Role.ALWAYS
        return Role.SERVE if queue & 1 else Role.RECEIVE
    if kind == _SCSI:
        return Role.SERVE if queue > 1 else Role.ALWAYS
    return Role.SERVE if kind == _BLK else Role.ALWAYS


class Unfollowed:
    """Takes the place of `VirtioChecks` for a recording with stretches left out: rings can't be followed; events are counted."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def feed(self, _: Event) -> None:
        """A virtio event."""
        self._findings.unchecked["virtio of a recording with stretches left out"] += 1

    def write(self, _: Event) -> bool:
        """None of its devices is followed."""
        return False

    def read(self, _: Event) -> bool:
        """None of its devices is followed."""
        return False

    def line(self, _: Event) -> None:
        """Nothing is compared."""

    def message(self, _: Event) -> None:
        """Nothing is compared."""

    def declare(self, _: Event) -> None:
        """Nothing is kept."""

    def store(self, _: Event) -> None:
        """Nothing is kept."""

    def end(self) -> None:
        """Nothing is left over."""
