"""Memory of a recording: what its stores and snapshots say goes to the models' memory, and what a CPU loads is compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from irqpath.core.errors import TraceError
from irqpath.trace.machine import RecordedMachine
from irqpath.trace.reader import Event
from irqpath.trace.reporter import Reporter
from irqpath.trace.virtio import Unfollowed, VirtioChecks

_MEMORY_REGION: Final = re.compile(
    r"(its\.(cmdq|baser\d(\.l1)?)|lpi\.(prop|pend\d+)|vlpi\.(prop|pend)|.+\.q\d+\.(desc|drv|dev|ind|out))"
)


class MemoryEvents:
    """`handlers`: what takes an event, by its kind. `virtio` follows the memory that concerns it."""

    def __init__(self, machine: RecordedMachine, reporter: Reporter, virtio: VirtioChecks | Unfollowed) -> None:
        self.virtio = virtio
        self._machine = machine
        self._reporter = reporter
        self._ranges: dict[str, list[tuple[int, int]]] = {}
        self.handlers: dict[str, Callable[[Event], None]] = {
            "range": self._range,
            "snap": self._snap,
            "m": self._store,
            "ml": self._load,
        }

    def _range(self, event: Event) -> None:
        if not _MEMORY_REGION.fullmatch(event["r"]):
            raise TraceError(f"unknown memory region {event['r']!r}")
        self._ranges.setdefault(event["r"], []).append((event["a"], event["n"]))
        self.virtio.declare(event)

    def _snap(self, event: Event) -> None:
        if not _MEMORY_REGION.fullmatch(event["r"]):
            raise TraceError(f"unknown memory region {event['r']!r}")
        if "f" in event:
            self._machine.memory.load(event["a"], bytes([event["f"]]) * event["n"])
        elif "h" in event:
            self._machine.memory.load(event["a"], bytes.fromhex(event["h"]))
        else:
            self._reporter.findings.unchecked["memory that the recorder could not read"] += 1
        self.virtio.store(event)

    def _store(self, event: Event) -> None:
        address, data = event["a"], bytes.fromhex(event["h"])
        for start, count in self._ranges.get(event["r"], ()):
            if start <= address and address + len(data) <= start + count:
                self._machine.memory.load(address, data)
                self.virtio.store(event)
                return
        raise TraceError(f"a store of {len(data)} bytes at {address:#x} lies in no declared range of {event['r']!r}")

    def _load(self, event: Event) -> None:
        """`ml`: what devices wrote, read by a CPU: rings, and LPI pending tables."""
        if not event["r"].startswith(("lpi.pend", "vlpi.pend")):
            self.virtio.feed(event)
            return
        expected = self._machine.memory.read(event["a"], event["s"])
        self._reporter.findings.compared["LPI pending table"] += 1
        if expected != event["v"]:
            self._reporter.deviate("LPI pending table", f"{event['a']:#x}", event["c"], expected, event["v"], "", ())
