"""Comparison of what a recorded machine put out with what the golden models did: lines, candidates, SGIs, ITS commands and
table entries. Each kind is compared as it comes, and what the models did and the recording does not show is found at the
next input (`boundary`)."""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from irqpath.core.transactions import CommandDone, EntryWritten, LineChange, Out, OutLine, SgiPended
from irqpath.gic.system import Gic
from irqpath.trace.findings import Findings

#: The recorder's group numbers: 0 Group 0, 1 Secure Group 1, 2 Non-secure Group 1.
_GROUPS: Final = {0: 0, 2: 1}
#: Commands whose operands the reference machine does not decode.
_NO_OPERANDS: Final = frozenset({"sync", "invall", "vsync"})
_IDLE: Final = 255
_PHYSICAL: Final = frozenset({OutLine.IRQ, OutLine.FIQ, OutLine.WAKE})

Entry = tuple[str, tuple[int, ...]]


class Deviate(Protocol):
    """How a check reports."""

    def __call__(
        self, kind: str, what: str, cpu: int, expected: int | str, seen: int | str, detail: str, intids: tuple[int, ...]
    ) -> None:
        """Record one deviation."""


class OutputChecks:
    """The models' outputs since the last input, and the recorded lines as they stand."""

    def __init__(self, gic: Gic, findings: Findings, deviate: Deviate, *, only_lines: bool = False) -> None:
        """`only_lines`: the recording has no SGIs, commands and table entries."""
        self._gic = gic
        self._compared = findings.compared
        self._deviate = deviate
        self._only_lines = only_lines
        self._recorded: list[list[int]] = [[0, 0] for _ in range(gic.config.pes)]
        self._moved: set[int] = set()
        self._sgis: deque[tuple[int, int]] = deque()
        self._commands: deque[CommandDone] = deque()
        self._entries: deque[EntryWritten] = deque()

    def take(self, out: list[Out]) -> None:
        """What the models put out because of an input."""
        for link, t in out:
            if isinstance(t, LineChange) and t.line in _PHYSICAL:
                self._moved.add(link.pe)
            elif self._only_lines:
                continue
            elif isinstance(t, SgiPended):
                self._sgis.append((link.pe, t.intid))
            elif isinstance(t, CommandDone):
                self._commands.append(t)
            elif isinstance(t, EntryWritten):
                self._entries.append(t)

    def boundary(self) -> None:
        """Before the next input: nothing that the models did may be left unobserved."""
        if self._moved:
            for pe in sorted(self._moved):
                self._same_lines(pe)
            self._moved.clear()
        while self._sgis:
            pe, intid = self._sgis.popleft()
            self._deviate("SGI", f"SGI {intid}", pe, "pending", "nothing recorded", "", (intid,))
        while self._commands:
            done = self._commands.popleft()
            self._deviate("ITS command", done.name, -1, str(done.operands), "nothing recorded", "", ())
        while self._entries:
            entry = self._entries.popleft()
            self._deviate("ITS table entry", entry.table, -1, str(dict(entry.fields)), "nothing recorded", "", ())

    def _same_lines(self, pe: int) -> None:
        lines = self._gic.gicc[pe].lines
        if lines != self._recorded[pe]:
            recorded = _lines_text(self._recorded[pe])
            self._deviate("line", f"lines of PE {pe}", pe, _lines_text(lines), f"{recorded} (unchanged)", "", self._held(pe))
            self._recorded[pe] = list(lines)

    def lines(self, pe: int, irq: int, fiq: int) -> None:
        """`out`: levels of nIRQ and nFIQ (1 = asserted)."""
        self._compared["line"] += 1
        lines = self._gic.gicc[pe].lines
        self._recorded[pe] = [irq, fiq]
        if lines != [irq, fiq]:
            self._deviate("line", f"lines of PE {pe}", pe, _lines_text(lines), _lines_text([irq, fiq]), "", self._held(pe))
            self._moved.discard(pe)

    def highest_pending(self, pe: int, intid: int, group: int, priority: int) -> None:
        """`hppi`: the candidate; at priority 255 the machine has none and the other fields mean nothing."""
        self._compared["highest priority pending interrupt"] += 1
        held = self._gic.gicc[pe].held
        seen = None if priority == _IDLE else (priority, intid, _GROUPS.get(group, group))
        if held != seen:
            intids = (intid,) if held is None else (intid, held[1])
            self._deviate("highest priority pending interrupt", f"candidate of PE {pe}", pe, _text(held), _text(seen), "", intids)

    def sgi(self, pe: int, intid: int) -> None:
        """`sgi`: one became pending."""
        self._compared["SGI"] += 1
        if (pe, intid) in self._sgis:
            self._sgis.remove((pe, intid))
        else:
            self._deviate("SGI", f"SGI {intid}", pe, "nothing", "pending", "", (intid,))

    def command(self, name: str, operands: tuple[int, ...]) -> None:
        """`cmd`: an ITS command, by its decoded operands."""
        self._compared["ITS command"] += 1
        if not self._commands:
            self._deviate("ITS command", name, -1, "nothing", str(operands), "", ())
            return
        done = self._commands.popleft()
        expected = () if done.name in _NO_OPERANDS else done.operands
        if (done.name, expected) != (name, operands):
            self._deviate("ITS command", name, -1, f"{done.name} {expected}", f"{name} {operands}", "", ())

    def table(self, name: str, fields: tuple[int, ...]) -> None:
        """`tab`: a table entry, by its meaning (R48); of an entry that is not valid only its place counts."""
        self._compared["ITS table entry"] += 1
        if not self._entries:
            self._deviate("ITS table entry", name, -1, "nothing", str(fields), "", ())
            return
        expected = _recorded_form(self._entries.popleft())
        if expected != _meaning(name, fields):
            self._deviate("ITS table entry", name, -1, str(expected), str(_meaning(name, fields)), "", ())

    def _held(self, pe: int) -> tuple[int, ...]:
        held = self._gic.gicc[pe].held
        return () if held is None else (held[1],)


def _recorded_form(entry: EntryWritten) -> Entry:
    """A model's table entry in the recorder's terms."""
    f = dict(entry.fields)
    if entry.table == "device":
        return _meaning("dte_write", (f["device"], f["valid"], f["size"], f["itt"] >> 8))
    if entry.table == "collection":
        return _meaning("cte_write", (f["icid"], f["valid"], f["rdbase"]))
    if entry.table == "vpe":
        return _meaning("vte_write", (f["vpe"], f["valid"], f["size"], f["vpt"] >> 16, f["rdbase"]))
    if f.get("virtual"):
        return _meaning("ite_write", (f["itt"], f["event"], f["valid"], 0, f["intid"], 0, f["vpe"], f["doorbell"]))
    return _meaning("ite_write", (f["itt"], f["event"], f["valid"], 1, f["intid"], f["icid"], 0, 0))


def _meaning(name: str, fields: tuple[int, ...]) -> Entry:
    """The part of a recorded entry that means something: key, valid, and what a valid entry maps to."""
    if name == "dte_write":
        device, valid, size, itt = fields
        return name, (device, valid, size, itt) if valid else (device, valid)
    if name == "cte_write":
        icid, valid, rdbase = fields
        return name, (icid, valid, rdbase) if valid else (icid, valid)
    if name == "vte_write":
        vpe, valid, size, vpt, rdbase = fields
        return name, (vpe, valid, size, vpt, rdbase) if valid else (vpe, valid)
    if name == "ite_write":
        itt, event, valid, physical, intid, icid, vpe, doorbell = fields
        if valid and not physical:
            return name, (itt, event, valid, physical, intid, vpe, doorbell)
        return name, (itt, event, valid, physical, intid, icid) if valid else (itt, event, valid)
    return name, fields


def _lines_text(lines: list[int]) -> str:
    return f"irq={lines[0]} fiq={lines[1]}"


def _text(candidate: tuple[int, int, int] | None) -> str:
    if candidate is None:
        return "none"
    return f"INTID {candidate[1]}, priority {candidate[0]:#04x}, Group {candidate[2]}"
