"""Replay of what KVM does with its guests' interrupts, whatever the rest of a recording: `irqpath replay --only vgic`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from irqpath.core.errors import TraceError
from irqpath.trace.findings import Findings
from irqpath.trace.kvm.judge import USED, Judge
from irqpath.trace.kvm.residency import Residency
from irqpath.trace.kvm.switches import Switches
from irqpath.trace.reader import GARBLED, Recording, at_line, events, header

#: `Findings.only` of such a replay.
ONLY = "vgic"
CLEARED, REFUSED = "List register cleared", "List register written twice"


class VgicReplay:
    """A recording of KVM against a model of its vgic, and against rules of GICv4's residency. `findings` has the result."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.findings = Findings(path.name, machine="vgic only", policy="", only=ONLY)

    def run(self, progress: Callable[[float], None] | None = None) -> Findings:
        """Feed the whole recording; see `Replay.run`. A recording in which KVM runs no guest has `findings.stopped` set."""
        started = time.perf_counter()
        try:
            self._judge(progress)
        except TraceError as error:
            self.findings.stopped = str(error)
        self.findings.seconds = time.perf_counter() - started
        return self.findings

    def _judge(self, progress: Callable[[float], None] | None) -> None:
        recording = Recording(self.path)
        self.findings.name = header(recording).name
        switches, residency = Switches(), Residency(self.findings)
        for line, event in events(recording, progress):
            try:
                switches.feed(line - 1, event)
                residency.feed(line - 1, event)
            except GARBLED as error:
                raise at_line(self.path, line, event, error) from error
            self.findings.events += 1
        switches.end()
        Judge(switches.happenings, self.findings, list_registers=switches.list_registers, gicv2=switches.gicv2).run()
        self.findings.also[CLEARED] += switches.cleared
        if switches.refused:
            self.findings.unchecked[REFUSED] += switches.refused
        self.findings.deviations.sort(key=lambda deviation: deviation.event)
        if not self.findings.compared[USED]:
            raise TraceError(f"{self.path}: KVM runs no guest in it; give the recording of a host with a guest (nest-*)")
