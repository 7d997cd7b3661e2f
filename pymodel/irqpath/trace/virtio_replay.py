"""Replay of only the virtio events of a recording, whatever its GIC."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from irqpath.core.errors import TraceError
from irqpath.trace.findings import Deviation, Findings
from irqpath.trace.reader import GARBLED, Event, Recording, at_line, events, survey
from irqpath.trace.virtio import KINDS, VirtioChecks
from irqpath.trace.virtio_identity import identities
from irqpath.virtio.policy import QEMU, VirtioPolicy


class VirtioReplay:
    """Replays only the virtio events of a recording, of any machine. `findings` has the result."""

    def __init__(self, path: Path, policy: VirtioPolicy = QEMU) -> None:
        self.path = path
        self.findings = Findings(path.name, only="virtio")
        self._policy = policy
        self._number = 0

    def run(self, progress: Callable[[float], None] | None = None) -> Findings:
        """Feed the whole recording; see `Replay.run`."""
        started = time.perf_counter()
        try:
            recording = Recording(self.path)
            header = survey(recording).header
            self.findings.name, self.findings.machine, self.findings.policy = header.name, "virtio only", self._policy.name
            checks = VirtioChecks(identities(recording, header.devices), self.findings, self._deviate, self._policy)
            for line, event in events(recording, progress):
                self._number = line - 1
                try:
                    self._dispatch(checks, event)
                except GARBLED as error:
                    raise at_line(self.path, line, event, error) from error
                self.findings.events += 1
            checks.end()
        except TraceError as error:
            self.findings.stopped = str(error)
        self.findings.seconds = time.perf_counter() - started
        return self.findings

    def _dispatch(self, checks: VirtioChecks, event: Event) -> None:
        kind = event["e"]
        if kind in KINDS:
            checks.feed(event)
        elif kind == "mw":
            checks.write(event)
        elif kind == "mr":
            checks.read(event)
        elif kind in ("m", "snap"):
            checks.store(event)
        elif kind == "range":
            checks.declare(event)
        elif kind == "msi":
            checks.message(event)
        elif kind == "spi":
            checks.line(event)

    def _deviate(
        self, kind: str, what: str, cpu: int, expected: int | str, seen: int | str, detail: str, intids: tuple[int, ...]
    ) -> None:
        self.findings.deviations.append(Deviation(self._number, kind, what, cpu, expected, seen, detail, intids))


def totals(findings: Findings) -> Counter[str]:
    """All virtio checks of a replay, by kind."""
    return Counter({kind: count for kind, count in (findings.compared + findings.also).items() if kind.startswith("virtio")})
