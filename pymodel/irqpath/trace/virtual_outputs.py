"""Comparison of what a recorded machine's virtual CPU interfaces put out with what the golden models did: vIRQ, vFIQ, the
maintenance interrupt, and the virtual interrupt that is pending with the highest priority."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from irqpath.core.transactions import LineChange, Out, OutLine
from irqpath.gic.gicc.virtual_interface import OFFERED, Pick, VirtualInterface
from irqpath.gic.system import Gic
from irqpath.trace.outputs import Deviate

#: The recorder's List register number of an offered virtual interrupt.
_OFFERED_INDEX: Final = 16
_VIRTUAL: Final = frozenset({OutLine.VIRQ, OutLine.VFIQ, OutLine.MAINTENANCE})
_HIGHEST: Final = "highest priority pending virtual interrupt"
_NAMES: Final = ("vIRQ", "vFIQ", "maintenance")


class HasVirtual(Protocol):
    """A CPU interface with a virtual one inside."""

    virtual: VirtualInterface
    virtual_lines: list[int]


def virtual_units(gic: Gic) -> list[HasVirtual]:
    """The CPU interfaces of a GIC that have a virtual one; none, or all of them."""
    return [unit.virtualization for unit in gic.gicc if unit.virtualization is not None]


class VirtualOutputChecks:
    """The recorded lines as they stand, by PE; `boundary` finds what the models did and the recording does not show."""

    def __init__(self, units: Sequence[HasVirtual], compared: Counter[str], deviate: Deviate) -> None:
        self._units = units
        self._compared = compared
        self._deviate = deviate
        self._recorded = [[0, 0, 0] for _ in units]
        self._moved: set[int] = set()

    def take(self, out: list[Out]) -> None:
        """What the models put out because of an input."""
        for link, t in out:
            if isinstance(t, LineChange) and t.line in _VIRTUAL:
                self._moved.add(link.pe)

    def boundary(self) -> None:
        """Before the next input: every line is as recorded."""
        for pe in sorted(self._moved):
            for n, name in enumerate(_NAMES):
                level, recorded = self._units[pe].virtual_lines[n], self._recorded[pe][n]
                if level != recorded:
                    self._deviate("virtual line", f"{name} of PE {pe}", pe, level, f"{recorded} (unchanged)", "", ())
                    self._recorded[pe][n] = level
        self._moved.clear()

    def lines(self, pe: int, levels: Mapping[int, int]) -> None:
        """`out` or `maint`: levels of vIRQ (0), vFIQ (1), maintenance (2)."""
        self._compared["virtual line"] += 1
        for line, level in levels.items():
            self._recorded[pe][line] = level
            expected = self._units[pe].virtual_lines[line]
            if expected != level:
                self._deviate("virtual line", f"{_NAMES[line]} of PE {pe}", pe, expected, level, "", self._intids(pe))

    def highest_pending(self, pe: int, index: int, intid: int, group: int, priority: int) -> None:
        """`hppi` with `lr`: the List register, or the offered interrupt with its fields."""
        self._compared[_HIGHEST] += 1
        pick = self._units[pe].virtual.pick()
        seen = f"VLPI {intid}, priority {priority:#04x}, Group {group}" if index == _OFFERED_INDEX else f"List register {index}"
        expected = _text(pick)
        if index != _OFFERED_INDEX and index < 0:
            seen = "none"
        if expected != seen:
            self._deviate(_HIGHEST, f"candidate of PE {pe}", pe, expected, seen, "", self._intids(pe))

    def intid(self, pe: int, intid: int) -> None:
        """GICv2's `hppi` of a virtual interface: only the INTID counts, with its source."""
        self._compared[_HIGHEST] += 1
        pick = self._units[pe].virtual.pick()
        expected = -1 if pick is None else pick.intid & 0x3FF
        if expected != intid:
            self._deviate(_HIGHEST, f"candidate of PE {pe}", pe, expected, intid, "", (intid,))

    def _intids(self, pe: int) -> tuple[int, ...]:
        pick = self._units[pe].virtual.pick()
        return () if pick is None else (pick.intid,)


def _text(pick: Pick | None) -> str:
    if pick is None:
        return "none"
    if pick.index == OFFERED:
        group = 0 if pick.group == 0 else 2  # the recorder's number of Non-secure Group 1
        return f"VLPI {pick.intid}, priority {pick.priority:#04x}, Group {group}"
    return f"List register {pick.index}"
