"""Faults injected into the Verilog, and how each must be found: rtl_faults.toml, which says what its fields mean."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from irqpath_testbench.dut.parameters import DutParameters

#: The scenario's own check: of what monitors see only as far as the device took it in.
SOFTWARE: Final = "software"


@dataclass(frozen=True, slots=True)
class RtlFault:
    """One injected fault. `device`: the device that has what it breaks, where the usual one has not."""

    number: int
    file: str
    what: str
    scenario: str
    check: str
    link: str
    path: str = "sgi"
    device: DutParameters = field(default_factory=DutParameters)


def _load(path: Path) -> tuple[RtlFault, ...]:
    with path.open("rb") as file:
        entries: list[dict[str, Any]] = tomllib.load(file)["fault"]
    return tuple(RtlFault(**entry | {"device": DutParameters(**entry.get("device", {}))}) for entry in entries)


FAULTS: Final = _load(Path(__file__).with_name("rtl_faults.toml"))
#: GICC takes no system register access: nothing moves any more.
HANG: Final = 7
#: The response of a system register read is X.
UNKNOWN: Final = 8
