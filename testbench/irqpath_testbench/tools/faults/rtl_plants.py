"""Bugs planted in the Verilog, and how each must be found: rtl_plants.toml, which says what its fields mean."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from irqpath_testbench.dut.device import Device

#: The scenario's own check: of what monitors see only as far as the device took it in.
SOFTWARE: Final = "software"


@dataclass(frozen=True, slots=True)
class RtlPlant:
    """One planted bug. `device`: the device that has what it breaks, where the usual one has not."""

    number: int
    file: str
    what: str
    scenario: str
    check: str
    link: str
    path: str = "sgi"
    device: Device = field(default_factory=Device)


def _load(path: Path) -> tuple[RtlPlant, ...]:
    with path.open("rb") as file:
        entries: list[dict[str, Any]] = tomllib.load(file)["plant"]
    return tuple(RtlPlant(**entry | {"device": Device(**entry.get("device", {}))}) for entry in entries)


PLANTS: Final = _load(Path(__file__).with_name("rtl_plants.toml"))
#: GICC takes no system register access: nothing moves any more.
HANG: Final = 7
#: The answer of a system register read is X.
UNKNOWN: Final = 8
