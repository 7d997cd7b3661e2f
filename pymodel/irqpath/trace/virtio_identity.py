"""What a recording says of the identity of its virtio devices: what each offers, how many queues, which sizes, its configuration.

A model that is to be compared must be built as the recorded device was, as it is with GICD_TYPER. Identity is what the first
read of a field gave; every later read is compared with the model that was built from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from irqpath.core.errors import TraceError
from irqpath.trace.reader import Event, Source, events
from irqpath.virtio.frames import COMMON_BY_OFFSET, MMIO_BY_OFFSET, MMIO_CONFIG
from irqpath.virtio.pci_config import MSIX_CONTROL

_CONFIG_BYTES: Final = 256
#: Device types by the names that headers use (virtio 1.2, 5), with or without what says the transport.
_TYPES: Final = {
    "net": 1, "blk": 2, "console": 3, "serial": 3, "rng": 4, "balloon": 5, "rpmsg": 7, "scsi": 8, "9p": 9, "gpu": 16, "input": 18,
    "keyboard": 18, "mouse": 18, "tablet": 18, "vsock": 19, "crypto": 20, "iommu": 23, "mem": 24, "sound": 25, "snd": 25,
    "fs": 26, "pmem": 27,
}  # fmt: skip
_TYPE_NAME: Final = re.compile(r"(?:virtio|vhost|vhost-user)-(?P<kind>[a-z0-9]+)(?:-(?:host|pci|device|ccw))*")
#: Names of devices: bus and device number, function; or the number of an MMIO frame.
_PLACE: Final = re.compile(r"pci[0-9a-f]{2}\.[0-7]|mmio\d+")
#: A function none of whose types is known here, but whose virtio registers are accessed.
UNKNOWN_TYPE: Final = 0x3F
#: Where QEMU puts notification registers, and how far apart: side by side, or each in a page of its own (page-per-vq).
_NOTIFY_OFFSET, _PAGES_APART, _NOTIFY_PAGES = 0x3000, 0x1000, 0x40_0000
_BAR: Final = 0x20


@dataclass(slots=True)
class Identity:
    """One device. `features`: 32-bit words by number; `queue_sizes`: by queue; `config`: first known value of each byte."""

    device_id: int = 0
    version: int = 2
    features: dict[int, int] = field(default_factory=dict)
    queues: int = 0
    queue_sizes: dict[int, int] = field(default_factory=dict)
    vectors: int = 0
    notify_multiplier: int = 4
    config: dict[int, int] = field(default_factory=dict)

    @property
    def feature_bits(self) -> int:
        """All words as one."""
        return sum(word << 32 * number for number, word in self.features.items())

    @property
    def sizes(self) -> tuple[int, ...]:
        """The greatest size of each queue; 0 of one that the driver never looked at."""
        count = max([self.queues, *(number + 1 for number in self.queue_sizes)])
        return tuple(self.queue_sizes.get(number, 0) for number in range(count))

    def config_bytes(self) -> bytes:
        """The configuration space as far as it is known, zero elsewhere."""
        return bytes(self.config.get(at, 0) for at in range(_CONFIG_BYTES))


class Surveyor:
    """Collects identities; `devices`: region prefix ("pci01.0", "mmio30") -> identity."""

    def __init__(self, types: dict[str, str]) -> None:
        places = {name: kind for name, kind in types.items() if _PLACE.fullmatch(name)}
        self.devices = {name: Identity(_device_type(kind)) for name, kind in places.items() if _TYPE_NAME.fullmatch(kind)}
        self._others = places.keys() - self.devices.keys()
        self._bars: dict[str, int] = {}
        self._select: dict[tuple[str, str], int] = {}

    def survey(self, events: Iterable[Event]) -> dict[str, Identity]:
        """Look at the register accesses among `events`."""
        for event in events:
            region = event.get("r")
            if event["e"] == "kick":
                self._kick(event)
            if event["e"] not in ("mr", "mw") or not isinstance(region, str):
                continue
            if region.startswith("mmio") and _PLACE.fullmatch(region):
                self._mmio(region, event)
            elif region.startswith("pci"):
                name, _, part = region.rpartition(".")
                if name in self._others and part == "common":
                    self.devices.setdefault(name, Identity(UNKNOWN_TYPE))
                if name in self.devices:
                    self._pci(name, part, event)
            elif region == "ecam":
                self._ecam(event)
        return self.devices

    def _ecam(self, event: Event) -> None:
        """Message Control's table size is read-only, and drivers write back what they read."""
        name = pci_name(event["o"] >> 12)
        device = self.devices.get(name)
        for half in (0, 4):
            if event["o"] & 0xFFF == _BAR + half and event["s"] == 4 and event["v"] != 0xFFFF_FFFF:
                kept = self._bars.get(name, 0) & 0xFFFF_FFFF << 8 * (4 - half)
                self._bars[name] = kept | event["v"] << 8 * half
        if device is not None and event["o"] & 0xFFF == MSIX_CONTROL and event["s"] == 2:
            device.vectors = max(device.vectors, (event["v"] & 0x7FF) + 1)

    def _pci(self, name: str, part: str, event: Event) -> None:
        device = self.devices[name]
        if part == "device":
            self._config(device, event["o"], event)
            return
        known = COMMON_BY_OFFSET.get(event["o"]) if part == "common" else None
        if known is None:
            return
        if event["e"] == "mw":
            self._select[name, known.name] = event["v"]
        elif known.name == "device_feature":
            device.features.setdefault(self._select.get((name, "device_feature_select"), 0), event["v"])
        elif known.name == "num_queues":
            device.queues = max(device.queues, event["v"])
        elif known.name == "queue_size":
            device.queue_sizes.setdefault(self._select.get((name, "queue_select"), 0), event["v"])

    def _kick(self, event: Event) -> None:
        """A notification of a queue but the first shows how far apart the registers are."""
        for name, bar in self._bars.items():
            offset = event["a"] - (bar & ~0xF) - _NOTIFY_OFFSET
            if name in self.devices and 0 < offset < _NOTIFY_PAGES and offset == event["v"] * _PAGES_APART:
                self.devices[name].notify_multiplier = _PAGES_APART

    def _mmio(self, name: str, event: Event) -> None:
        device = self.devices.setdefault(name, Identity())
        if event["o"] >= MMIO_CONFIG:
            self._config(device, event["o"] - MMIO_CONFIG, event)
            return
        known = MMIO_BY_OFFSET.get(event["o"])
        if known is None:
            return
        if event["e"] == "mw":
            self._select[name, known.name] = event["v"]
        elif known.name == "DeviceID":
            device.device_id = event["v"]
        elif known.name == "Version":
            device.version = event["v"]
        elif known.name == "DeviceFeatures":
            device.features.setdefault(self._select.get((name, "DeviceFeaturesSel"), 0), event["v"])
        elif known.name == "QueueNumMax":
            device.queue_sizes.setdefault(self._select.get((name, "QueueSel"), 0), event["v"])

    @staticmethod
    def _config(device: Identity, offset: int, event: Event) -> None:
        for at in range(event["s"]):
            device.config.setdefault(offset + at, event["v"] >> 8 * at & 0xFF)


def _device_type(kind: str) -> int:
    """The device type of a name in a header."""
    match = _TYPE_NAME.fullmatch(kind)
    return UNKNOWN_TYPE if match is None else _TYPES.get(match["kind"], UNKNOWN_TYPE)


def pci_name(bdf: int) -> str:
    """Name of the function with this bus, device, function number: "pci01.0" is bus 0, device 1, function 0."""
    return f"pci{bdf >> 3:02x}.{bdf & 7:x}"


def _may_tell(line: bytes) -> bool:
    """Whether a line can be of an event that `Surveyor` looks at; most are not, and need no parsing."""
    if b'"mr"' in line or b'"mw"' in line:
        return b'"pci' in line or b'"mmio' in line or b'"ecam"' in line
    return b'"kick"' in line


def identities(source: Source, types: dict[str, str]) -> dict[str, Identity]:
    """The virtio devices of a recording; what comes behind a damage is left out, and reported by the replay itself."""

    def readable() -> Iterator[Event]:
        try:
            for _, event in events(source, wanted=_may_tell):
                yield event
        except TraceError:
            return

    return Surveyor(types).survey(readable())
