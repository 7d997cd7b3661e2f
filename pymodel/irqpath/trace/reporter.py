"""What a replay reports: each deviation with where in the recording it is, and what led to it."""

from __future__ import annotations

from collections.abc import Sequence

from irqpath.regs import ICC, ICH, Frame
from irqpath.trace.findings import Deviation, Findings, Tolerance
from irqpath.trace.history import History
from irqpath.trace.reader import Event


class Reporter:
    """`number`: the event that is replayed now; `findings` has what was reported, judged by the tolerances."""

    __slots__ = ("_tolerances", "findings", "history", "number")

    def __init__(self, findings: Findings, tolerances: Sequence[Tolerance]) -> None:
        self.findings = findings
        self.history = History()
        self.number = 0
        self._tolerances = tolerances

    def mismatch(self, kind: str, name: str, frame: Frame | None, event: Event, expected: int) -> None:
        """A read that differs: decoded by fields, with the interrupts that the differing bits name."""
        registers = (ICH if name in ICH.names() else ICC) if frame is None else frame
        base = name.split(" of ")[0].split("+")[0]
        seen: int = event["v"]
        detail = ""
        if "(reserved)" not in name:
            detail = f"expected {registers.fields_text(base, expected)}; seen {registers.fields_text(base, seen)}"
        self.deviate(kind, name, event["c"], expected, seen, detail, self.history.intids_of(base, expected, seen))

    def deviate(
        self, kind: str, what: str, cpu: int, expected: int | str, seen: int | str, detail: str, intids: tuple[int, ...]
    ) -> None:
        """Report one deviation."""
        history = self.history.about(intids, cpu)
        deviation = Deviation(self.number, kind, what, cpu, expected, seen, detail, intids, history)
        self.findings.judge(deviation, self._tolerances)
