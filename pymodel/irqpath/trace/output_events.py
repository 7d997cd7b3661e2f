"""Events of outputs, each to the checks that it concerns: a GICv3's, physical or virtual, or a GICv2's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from irqpath.core.errors import TraceError
from irqpath.core.transactions import OutLine
from irqpath.trace.gicv2_outputs import Gicv2OutputChecks
from irqpath.trace.machine import RecordedMachine
from irqpath.trace.reader import Event

#: Keys of a GICv2's `out` event.
_GICV2_LINES: Final = {"irq": OutLine.IRQ, "fiq": OutLine.FIQ, "virq": OutLine.VIRQ, "vfiq": OutLine.VFIQ}


class OutputEvents:
    """`handlers`: what takes an event, by its kind."""

    def __init__(self, machine: RecordedMachine) -> None:
        self._machine = machine
        self.handlers: dict[str, Callable[[Event], None]] = {
            "out": self._out,
            "hppi": self._hppi,
            "sgi": self._sgi,
            "cmd": self._command,
            "tab": self._table,
            "maint": self._maintenance,
            "ack": self._acknowledging,
        }

    def _out(self, event: Event) -> None:
        if self._machine.legacy_outputs is not None:
            self._gicv2_out(event, self._machine.legacy_outputs)
            return
        if "virq" in event:
            self._machine.virtual_checks.lines(self._machine.virtual_pe(event), {0: event["virq"], 1: event["vfiq"]})
        else:
            self._machine.checks.lines(self._machine.pe(event), event["irq"], event["fiq"])

    def _gicv2_out(self, event: Event, checks: Gicv2OutputChecks) -> None:
        """GICv2: one key, and asserted lines only."""
        for key, line in _GICV2_LINES.items():
            if event.get(key):
                checks.asserted(self._machine.pe(event), line)

    def _hppi(self, event: Event) -> None:
        if self._machine.legacy_outputs is not None:
            self._machine.legacy_outputs.highest_pending(
                self._machine.pe(event), event["i"], event["p"], virtual=bool(event["v"])
            )
            return
        if "lr" in event:
            pe = self._machine.virtual_pe(event)
            self._machine.virtual_checks.highest_pending(pe, event["lr"], event["vlpi"], event["g"], event["p"])
        else:
            self._machine.checks.highest_pending(self._machine.pe(event), event["i"], event["g"], event["p"])

    def _sgi(self, event: Event) -> None:
        if self._machine.legacy_outputs is not None:
            self._machine.legacy_outputs.sgi(self._machine.pe(event), event["i"])
            return
        self._machine.checks.sgi(self._machine.pe(event), event["i"])

    def _command(self, event: Event) -> None:
        self._machine.checks.command(event["n"], tuple(event["a"]))

    def _table(self, event: Event) -> None:
        self._machine.checks.table(event["n"], tuple(event["a"]))

    def _maintenance(self, event: Event) -> None:
        if self._machine.legacy_outputs is not None:
            self._machine.legacy_outputs.maintenance(self._machine.pe(event), event["l"])
            return
        self._machine.virtual_checks.lines(self._machine.virtual_pe(event), {2: event["l"]})

    def _acknowledging(self, event: Event) -> None:
        if self._machine.legacy_outputs is None:
            raise TraceError(f"event {event['e']!r} belongs to a GICv2, and the recording is of a GICv3")
        self._machine.legacy_outputs.acknowledging(self._machine.pe(event), event["i"], virtual=event["k"] == "vcpu")
