"""What a recording says of the identity of its virtio devices: what each offers, how many queues, which sizes, its configuration.

A model that is to be compared must be built as the recorded device was, as it is with GICD_TYPER. Identity is what the first
read of a field gave; every later read is compared with the model that was built from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pymodel.errors import TraceError
from pymodel.trace.reader import Event, events
from pymodel.virtio.frames import COMMON_BY_OFFSET, MMIO_BY_OFFSET, MMIO_CONFIG
from pymodel.virtio.pci_config import MSIX_CONTROL

_CONFIG_BYTES: Final = 256


@dataclass(slots=True)
class Identity:
    """One device. `features`: 32-bit words by number; `queue_sizes`: by queue; `config`: first known value of each byte."""

    device_id: int = 0
    version: int = 2
    features: dict[int, int] = field(default_factory=dict)
    queues: int = 0
    queue_sizes: dict[int, int] = field(default_factory=dict)
    vectors: int = 0
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
        numbers = {"virtio-net": 1, "virtio-blk": 2}
        self.devices = {name: Identity(numbers.get(kind, 0)) for name, kind in types.items()}
        self._select: dict[tuple[str, str], int] = {}

    def survey(self, events: Iterable[Event]) -> dict[str, Identity]:
        """Look at the register accesses among `events`."""
        for event in events:
            region = event.get("r")
            if event["e"] not in ("mr", "mw") or not isinstance(region, str):
                continue
            if region.startswith("mmio"):
                self._mmio(region, event)
            elif region.startswith("pci"):
                name, _, part = region.rpartition(".")
                if name in self.devices:
                    self._pci(name, part, event)
            elif region == "ecam":
                self._ecam(event)
        return self.devices

    def _ecam(self, event: Event) -> None:
        """Message Control's table size is read-only, and drivers write back what they read."""
        device = self.devices.get(pci_name(event["o"] >> 12))
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


def pci_name(bdf: int) -> str:
    """Name of the function with this bus, device, function number: "pci01.0" is bus 0, device 1, function 0."""
    return f"pci{bdf >> 3:02x}.{bdf & 7:x}"


def identities(path: Path, types: dict[str, str]) -> dict[str, Identity]:
    """The virtio devices of a recording; what comes behind a damage is left out, and reported by the replay itself."""

    def readable() -> Iterator[Event]:
        try:
            for _, event in events(path):
                yield event
        except TraceError:
            return

    return Surveyor(types).survey(readable())
