"""Faults injected into the Verilog, and how each must be found: rtl_faults.toml, which says what its fields mean."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from irqpath.core.errors import CheckError
from irqpath_testbench.dut.parameters import DutParameters

#: The scenario's own check: of what monitors see only as far as the device took it in.
SOFTWARE: Final = "software"
#: In `Edit.new`: that the run picks this fault.
CONDITION: Final = "INJECTED"
#: The largest number that a run can pick.
MAX_NUMBER: Final = 511


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the Verilog: `old`, which occurs once, becomes `new`, in which INJECTED stands for the fault's condition."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RtlFault:
    """One injected fault. `scenario`: empty where another test than that of all faults finds it. `device`: the device that has
    what it breaks, where the usual one has not. `property`: the title of that of hdl/formal which does not hold; empty where
    another check finds it."""

    number: int
    file: str
    what: str
    edits: tuple[Edit, ...]
    scenario: str = ""
    check: str = ""
    link: str = ""
    property: str = ""
    path: str = "sgi"
    device: DutParameters = field(default_factory=DutParameters)


def load(path: Path) -> tuple[RtlFault, ...]:
    """The faults of a file. Raises `CheckError` for one that is not as the head of rtl_faults.toml says."""
    with path.open("rb") as file:
        entries: list[dict[str, Any]] = tomllib.load(file)["fault"]
    faults = tuple(_fault(path.name, entry) for entry in entries)
    if twice := [number for number, count in Counter(fault.number for fault in faults).items() if count > 1]:
        raise CheckError(f"{path.name} has two faults with number {twice[0]}")
    return faults


def _fault(file: str, entry: dict[str, Any]) -> RtlFault:
    where = f"{file}, fault {entry.get('number', '?')}"
    try:
        edits = tuple(Edit(**edit) for edit in entry.pop("edits"))
        fault = RtlFault(**entry | {"edits": edits, "device": DutParameters(**entry.get("device", {}))})
    except (TypeError, KeyError) as error:
        raise CheckError(f"{where}: {error}") from error
    if not 0 < fault.number <= MAX_NUMBER:
        raise CheckError(f"{where}: a number is one of 1 to {MAX_NUMBER}")
    for edit in edits:
        if CONDITION not in edit.new:
            raise CheckError(f"{where}: {edit.new!r} does not say {CONDITION}, so that the bug would always be there")
        if edit.old.count("\n") != edit.new.count("\n"):
            raise CheckError(f"{where}: {edit.old!r} and {edit.new!r} are not as many lines")
    return fault


#: All that can be injected.
INJECTABLE: Final = load(Path(__file__).with_name("rtl_faults.toml"))
#: Those that a scenario must find.
FAULTS: Final = tuple(fault for fault in INJECTABLE if fault.scenario)
#: GICC takes no system register access: nothing moves any more.
HANG: Final = 7
#: The response of a system register read is X.
UNKNOWN: Final = 8
#: Nothing is wrong but that it takes longer: an added state in GICD, a lost cycle in GICC, an order in which registers of GICD
#: starve, a slower memory; a lost cycle, and an order in which wires starve, in a GICv2.
SLOWER: Final = (133, 134, 135, 136, 332, 333)
