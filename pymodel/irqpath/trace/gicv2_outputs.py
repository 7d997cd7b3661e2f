"""As `outputs` and `virtual_outputs`, of a recorded GICv2: rising lines, candidates, and what is about to be acknowledged.

The recorder logs an asserted line whenever the machine looks at it, and no falling edge: so a line that is logged must be
asserted in the models, and one that rises in the models must be logged.
"""

from __future__ import annotations

from typing import Final

from irqpath.config.sizes import SPURIOUS
from irqpath.core.transactions import LineChange, Out, OutLine
from irqpath.gic.gicv2.cpu_interface import Gicv2Cpu
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.trace.findings import Findings
from irqpath.trace.outputs import Deviate

_HIGHEST: Final = "highest priority pending interrupt"
_NAMES: Final = {OutLine.IRQ: "nIRQ", OutLine.FIQ: "nFIQ", OutLine.VIRQ: "vIRQ", OutLine.VFIQ: "vFIQ"}


class Gicv2OutputChecks:
    """Rises of the models' lines since the last input that the recording has not shown yet."""

    def __init__(self, gic: Gicv2, findings: Findings, deviate: Deviate) -> None:
        self._gic = gic
        self._compared = findings.compared
        self._deviate = deviate
        self._risen: set[tuple[int, int]] = set()
        self._maintenance = [0] * gic.config.pes

    def take(self, out: list[Out]) -> None:
        """What the models put out because of an input."""
        for link, t in out:
            if isinstance(t, LineChange):
                line = (link.pe, t.line)
                if t.level:
                    self._risen.add(line)
                else:
                    self._risen.discard(line)

    def boundary(self) -> None:
        """Before the next input: every rise was recorded."""
        for pe, line in sorted(self._risen):
            if line == OutLine.MAINTENANCE:
                continue
            self._deviate("line", f"{_NAMES[OutLine(line)]} of PE {pe}", pe, 1, "not asserted", "", ())
        self._risen.clear()
        for pe, cpu in enumerate(self._gic.gicc):
            if cpu.virtual_lines[2] != self._maintenance[pe]:
                self._deviate("virtual line", f"maintenance of PE {pe}", pe, cpu.virtual_lines[2], "unchanged", "", ())
                self._maintenance[pe] = cpu.virtual_lines[2]

    def asserted(self, pe: int, line: OutLine) -> None:
        """`out`: the machine has this line asserted."""
        self._compared["line" if line in (OutLine.IRQ, OutLine.FIQ) else "virtual line"] += 1
        self._risen.discard((pe, line))
        cpu = self._gic.gicc[pe]
        levels = {OutLine.IRQ: cpu.lines[0], OutLine.FIQ: cpu.lines[1], OutLine.VIRQ: cpu.virtual_lines[0]}
        if not levels.get(line, cpu.virtual_lines[1]):
            self._deviate("line", f"{_NAMES[line]} of PE {pe}", pe, 0, 1, "", ())

    def maintenance(self, pe: int, level: int) -> None:
        """`maint`: a change of the maintenance interrupt."""
        self._compared["virtual line"] += 1
        self._maintenance[pe] = level
        expected = self._gic.gicc[pe].virtual_lines[2]
        if expected != level:
            self._deviate("virtual line", f"maintenance of PE {pe}", pe, expected, level, "", ())

    def highest_pending(self, pe: int, intid: int, priority: int, *, virtual: bool) -> None:
        """`hppi`: the candidate."""
        self._compared[_HIGHEST] += 1
        cpu = self._gic.gicc[pe]
        expected: tuple[int, int] | None = None
        if virtual:
            pick = None if cpu.virtual is None else cpu.virtual.pick()
            expected = None if pick is None else (pick.intid & 0x3FF, pick.priority)
        else:
            best = cpu.best()
            expected = None if best is None else (best[1], best[0])
        if expected != (intid, priority):
            self._deviate(_HIGHEST, f"candidate of PE {pe}", pe, str(expected), str((intid, priority)), "", (intid,))

    def sgi(self, pe: int, intid: int) -> None:
        """`sgi`: one became pending."""
        self._compared["SGI"] += 1
        if not self._gic.gicd.sources[pe][intid & 0xF]:
            self._deviate("SGI", f"SGI {intid}", pe, "nothing", "pending", "", (intid,))

    def acknowledging(self, pe: int, intid: int, *, virtual: bool) -> None:
        """`ack`: what the machine is about to acknowledge, should the running priority allow it."""
        self._compared["acknowledge"] += 1
        cpu = self._gic.gicc[pe]
        expected = _virtual_pending(cpu) if virtual else _pending(cpu)
        if expected != intid:
            self._deviate("acknowledge", f"interrupt of PE {pe}", pe, expected, intid, "", (intid,))


def _pending(cpu: Gicv2Cpu) -> int:
    best = cpu.best()
    if best is None or best[0] >= cpu.pmr or not cpu.ctlr & 3 or not cpu.dist.enables:
        return SPURIOUS
    return cpu.peek(True)


def _virtual_pending(cpu: Gicv2Cpu) -> int:
    pick = None if cpu.virtual is None else cpu.virtual.pick()
    if cpu.virtual is None or pick is None or pick.priority >= cpu.virtual.pmr:
        return SPURIOUS
    return pick.intid & 0x3FF
