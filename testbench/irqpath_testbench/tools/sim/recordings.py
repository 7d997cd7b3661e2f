"""The project's recordings of Linux, and the device that each needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from irqpath.core.errors import CheckError
from irqpath.core.places import CHECKOUT, ROOT
from irqpath.trace.reader import Event, events, survey
from irqpath_testbench.dut.parameters import DutParameters, qemu_virt, qemu_virt_gicv2

FOLDER = ROOT / "testbench" / "unit" / "replay" / "traces"
#: The recording that drives the Verilog when nobody asks for another: the smallest with an ITS.
DEFAULT = "v3-its-smp1"
#: Events that drive the Verilog in Icarus when nobody says how many; of KVM, whose first guest is not there before.
PREFIX, PREFIX_OF_KVM = 6_000, 21_000


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
    """Those that can drive it: all but parts of a run. Raises `CheckError`."""
    return [path for path in recordings() if _drives(path)]


def _drives(recording: Path) -> bool:
    return not survey(recording).header.cut


def prefix(recording: Path) -> int:
    """So many events of it drive the Verilog in Icarus, when nobody says how many. Raises `TraceError`."""
    return PREFIX_OF_KVM if _begins_at_el2(recording) else PREFIX


def _begins_at_el2(recording: Path) -> bool:
    """Whether its kernel does, and may be a host of guests. (A virtual interface may be there that nobody can reach.)"""
    return any(event["x"] == 2 for event in _first_access(recording))


def _first_access(recording: Path) -> Iterator[Event]:
    """The first one to a system register, if there is one."""
    return islice((event for _, event in events(recording) if event["e"] in ("sr", "sw")), 1)


def find(names: Sequence[str]) -> list[Path]:
    """Recordings by the name of one of the project's, or by path. Raises `CheckError` naming what there is."""
    known = {name_of(path): path for path in recordings()} if CHECKOUT else {}
    found = []
    for name in names:
        path = known.get(name, Path(name))
        if not path.is_file():
            own = f", and the project's own are {', '.join(known)}" if known else ""
            raise CheckError(f"no recording {name!r}: there is no such file{own}")
        if not _drives(path):
            raise CheckError(f"{path}: a recording of parts of a run; the Verilog takes whole ones")
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
    if found.header.gic == "4":
        return qemu_virt(pes, its=False, virtual=True, cpu_gicv4=True)  # what drives it concerns List registers alone
    its = found.has_its or found.has_lpis
    return qemu_virt(pes, its=its, virtual=_begins_at_el2(recording))  # a machine may have an ITS that its kernel does not use
