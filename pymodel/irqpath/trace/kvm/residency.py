"""The order in which KVM and the ITS driver make vPEs of GICv4.0 resident, as rules on a recording; no model takes part.

- Dirty before Valid: a Redistributor that a vPE has left is asked for GICR_VPENDBASER.Dirty, and says 0, before the next vPE
  comes (IHI 0069, GICR_VPENDBASER).
- VMOVP before residency elsewhere: the last VMAPP or VMOVP of a vPE names the Redistributor on which it's made resident, and a
  VSYNC follows that command (IHI 0069, 5.3, VMOVP).
- One residency: a vPE is resident on no other Redistributor meanwhile.
- Doorbell enabled before blocking: the LPI that is a vPE's doorbell is enabled, and its configuration invalidated, while the vPE
  is still resident, so that no interrupt falls between; a doorbell that arrives was enabled before the vPE left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from irqpath.software.kvm.interrupt import FIRST_LPI
from irqpath.trace.findings import Deviation, Findings
from irqpath.trace.reader import Event

DIRTY, MOVED, ONCE, DOORBELL = "Dirty before Valid", "VMOVP before residency", "one residency", "doorbell before blocking"

_VPENDBASER: Final = 0x20078
_VALID, _DIRTY = 1 << 63, 1 << 60
_TABLE: Final = 0xF_FFFF_FFFF
_NO_DOORBELL: Final = 1023


@dataclass(slots=True)
class _Vpe:
    """`where`: the Redistributor that the ITS sends to; `synced`: a VSYNC came after; `resident`: the one it's resident on;
    `doorbell`: its LPI, 0 before a VMAPTI names one."""

    number: int
    where: int
    synced: bool = False
    resident: int | None = None
    doorbell: int = 0
    #: the doorbell was ready when the vPE last left
    ready: bool = False


@dataclass(slots=True)
class _Redistributor:
    """`table`: the pending table of the vPE that is resident; `clean`: Dirty was read as 0 since the last one left."""

    table: int | None = None
    clean: bool = True


@dataclass(slots=True)
class Residency:
    """Takes every event of a recording, in order."""

    findings: Findings
    _vpes: dict[int, _Vpe] = field(default_factory=dict)
    _by_table: dict[int, _Vpe] = field(default_factory=dict)
    _by_doorbell: dict[int, _Vpe] = field(default_factory=dict)
    _lpis: dict[tuple[int, int], int] = field(default_factory=dict)
    _redistributors: dict[int, _Redistributor] = field(default_factory=dict)
    _properties: int = 0
    #: LPIs that are enabled in memory, and those whose configuration was invalidated since
    _enabled: set[int] = field(default_factory=set)
    _invalidated: set[int] = field(default_factory=set)

    def feed(self, number: int, event: Event) -> None:
        """One event; `number` is its place in the recording."""
        match event["e"]:
            case "mw" if event["o"] == _VPENDBASER and str(event["r"]).startswith("gicr"):
                self._written(number, int(event["r"][4:]), event["v"])
            case "mr" if event["o"] == _VPENDBASER and str(event["r"]).startswith("gicr"):
                if not event["v"] & _DIRTY:
                    self._redistributor(int(event["r"][4:])).clean = True
            case "cmd":
                handler = _COMMANDS.get(event.get("n", ""))
                if handler is not None:
                    handler(self, number, list(event["a"]))
            case "range" if event["r"] == "lpi.prop":
                self._properties = event["a"]
            case "m" if event["r"] == "lpi.prop":
                self._configured(number, event["a"] - self._properties + FIRST_LPI, bytes.fromhex(event["h"]))
            case "sr" if event.get("g") == "ICC_IAR1_EL1" and not event.get("vi") and event["v"] in self._by_doorbell:
                vpe = self._by_doorbell[event["v"]]
                self._check(number, DOORBELL, vpe.ready, f"doorbell of vPE {vpe.number}", "enabled before the vPE left", "not")
            case _:
                pass

    def _redistributor(self, n: int) -> _Redistributor:
        return self._redistributors.setdefault(n, _Redistributor())

    def _check(self, number: int, rule: str, holds: bool, what: str, expected: str, seen: str) -> None:
        self.findings.compared[rule] += 1
        if not holds:
            self.findings.deviations.append(Deviation(number, rule, what, -1, expected, seen))

    # --- residency --------------------------------------------------------------------------------------------------------

    def _written(self, number: int, n: int, value: int) -> None:
        redistributor = self._redistributor(n)
        if not value & _VALID:
            vpe = self._by_table.get(redistributor.table) if redistributor.table is not None else None
            if vpe is not None:
                vpe.resident = None
                vpe.ready = vpe.doorbell in self._enabled and vpe.doorbell in self._invalidated
            redistributor.table, redistributor.clean = None, False
            return
        table = value >> 16 & _TABLE
        self._check(number, DIRTY, redistributor.clean, f"gicr{n}", "Dirty read as 0 since the last vPE left", "not read")
        redistributor.table = table
        vpe = self._by_table.get(table)
        if vpe is None:
            where = f"gicr{n}"
            self._check(number, MOVED, False, where, "a mapped vPE", f"pending table {table << 16:#x}")
            return
        seen = f"the ITS sends to {vpe.where}" + ("" if vpe.synced else ", without a VSYNC")
        self._check(number, MOVED, vpe.where == n and vpe.synced, f"vPE {vpe.number}", f"mapped to {n}", seen)
        others = [m for m, r in self._redistributors.items() if m != n and r.table == table]
        self._check(number, ONCE, not others, f"vPE {vpe.number}", f"resident on {n} alone", f"also on {others}")
        vpe.resident = n

    # --- commands ---------------------------------------------------------------------------------------------------------

    def _vmapp(self, number: int, operands: list[int]) -> None:
        del number
        vpe, where, valid, table, _ = operands
        if valid:
            self._vpes[vpe] = self._by_table[table] = _Vpe(vpe, where)
            return
        gone = self._vpes.pop(vpe, None)
        self._by_table = {t: v for t, v in self._by_table.items() if v is not gone}
        self._by_doorbell = {d: v for d, v in self._by_doorbell.items() if v is not gone}

    def _vmovp(self, number: int, operands: list[int]) -> None:
        del number
        vpe = self._vpes.get(operands[0])
        if vpe is not None:
            vpe.where, vpe.synced = operands[1], False

    def _vsync(self, number: int, operands: list[int]) -> None:
        del number, operands  # which vPE it names isn't recorded
        for vpe in self._vpes.values():
            vpe.synced = True

    def _mapti(self, number: int, operands: list[int]) -> None:
        del number
        self._lpis[operands[0], operands[1]] = operands[3]

    def _vmapti(self, number: int, operands: list[int]) -> None:
        del number
        vpe = self._vpes.get(operands[2])
        if vpe is not None and operands[4] != _NO_DOORBELL:
            self._by_doorbell[operands[4]] = vpe
            vpe.doorbell = operands[4]

    # --- doorbells --------------------------------------------------------------------------------------------------------

    def _configured(self, number: int, first: int, configuration: bytes) -> None:
        for intid, byte in enumerate(configuration, first):
            if bool(byte & 1) == (intid in self._enabled):
                continue
            self._invalidated.discard(intid)
            if byte & 1:
                self._enabled.add(intid)
                self._still_resident(number, intid, "enabled")
            else:
                self._enabled.discard(intid)

    def _inv(self, number: int, operands: list[int]) -> None:
        intid = self._lpis.get((operands[0], operands[1]), 0)
        self._invalidated.add(intid)
        if intid in self._enabled:
            self._still_resident(number, intid, "invalidated")

    def _still_resident(self, number: int, intid: int, what: str) -> None:
        vpe = self._by_doorbell.get(intid)
        if vpe is None:
            return
        whose = f"doorbell of vPE {vpe.number}"
        self._check(number, DOORBELL, vpe.resident is not None, whose, f"{what} while resident", f"{what} after it left")


_COMMANDS: Final[dict[str, Callable[[Residency, int, list[int]], None]]] = {
    "vmapp": Residency._vmapp,
    "vmovp": Residency._vmovp,
    "vsync": Residency._vsync,
    "mapti": Residency._mapti,
    "vmapti": Residency._vmapti,
    "inv": Residency._inv,
}
