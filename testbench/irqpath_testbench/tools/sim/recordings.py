"""The project's recordings of Linux, and the device that each needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from irqpath.core.errors import CheckError
from irqpath.core.places import CHECKOUT, ROOT
from irqpath.trace.reader import events, survey
from irqpath_testbench.dut.parameters import DutParameters, qemu_virt, qemu_virt_gicv2

FOLDER = ROOT / "testbench" / "unit" / "replay" / "traces"
#: The recording that drives the Verilog when nobody asks for another: the smallest with an ITS.
DEFAULT = "v3-its-smp1"


def recordings() -> list[Path]:
    """All of them. Raises `CheckError` where there are none."""
    if CHECKOUT is None:
        raise CheckError("recordings of Linux are in a checkout of irqpath only; name yours by --recordings FILE")
    files = sorted(FOLDER.glob("*.jsonl.gz"))
    if not files:
        raise CheckError(f"{FOLDER} holds no recordings; restore them with `git checkout -- testbench/unit/replay/traces`")
    return files


def name_of(recording: Path) -> str:
    """ "v3-its-smp1" of ".../v3-its-smp1.jsonl.gz"."""
    return recording.name.split(".")[0]


def for_verilog() -> list[Path]:
    """Those of a GICv3 without guests, and of a GICv2. Raises `CheckError`."""
    return [path for path in recordings() if survey(path).header.gic == "2" or name_of(path).startswith("v3-")]


def find(names: Sequence[str]) -> list[Path]:
    """Recordings by the name of one of the project's, or by path. Raises `CheckError` naming what there is."""
    known = {name_of(path): path for path in recordings()} if CHECKOUT else {}
    found = []
    for name in names:
        path = known.get(name, Path(name))
        if not path.is_file():
            own = f", and the project's own are {', '.join(known)}" if known else ""
            raise CheckError(f"no recording {name!r}: there is no such file{own}")
        if survey(path).header.gic not in ("2", "3"):
            raise CheckError(f"{path}: a recording of a GICv{survey(path).header.gic}; the Verilog is a GICv3 or a GICv2")
        found.append(path.resolve())
    return found


def device_of(recording: Path) -> DutParameters:
    """The Verilog with the identity of the machine that was recorded. Raises `TraceError`."""
    pes = 0
    for _, event in events(recording):
        if event["e"] != "cpurst":
            break
        pes = max(pes, event["c"] + 1)
    found = survey(recording)
    if found.header.gic == "2":
        return qemu_virt_gicv2(pes, el2=found.has_el2)
    return qemu_virt(pes, its=found.has_its or found.has_lpis)  # a machine may have an ITS that its kernel does not use
