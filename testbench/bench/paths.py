"""CPU time a checked transaction over all paths, by stage, and whether it grows with what is merely there."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from pymodel.errors import CheckError
from pymodel.gic.system import Gic
from pymodel.regs import GICD, GICR, GITS, ICC
from pymodel.transactions import Msi, RegWrite, SysRead, SysWrite
from testbench.device import Device
from testbench.run.build import ROOT, Build
from testbench.run.paths import PATHS
from testbench.run.simulate import Outcome, simulate
from testbench.run_config import RunConfig
from testbench.sequences import its

#: The random scenario of each path.
RANDOM: Final = {
    "sgi": "RandomTraffic",
    "ppi": "RandomPpis",
    "spi": "RandomSpis",
    "mbi": "RandomMessages",
    "lpi": "RandomLpis",
}
#: SPIs of the devices that are compared, and LPIs that are mapped in the models.
_SPIS: Final = (64, 480)
_LPIS: Final = (64, 4096)
_KINDS: Final = (("record", True), ("record", False), ("decode", False), ("full", False))


@dataclass(frozen=True, slots=True)
class PathCost:
    """Microseconds of CPU a checked transaction. `stimulus`: software, simulator and RTL; `checking`: models and scoreboards."""

    path: str
    spis: int
    transactions: int
    stimulus: float
    recording: float
    transfer: float
    checking: float
    total: float


def report(console: Console, interrupts: int, repeat: int) -> dict[str, Any]:
    """Measure and print. Raises `CheckError` where a run fails."""
    console.print(f"co-simulation of all paths with verilator: the same traffic {4 * repeat} times each ...", highlight=False)
    costs = [_cost(path, Device(), interrupts, repeat) for path in RANDOM]
    costs.append(_cost("spi", Device(spis=_SPIS[1]), interrupts, repeat))
    table = Table(title="CPU microseconds per checked transaction by path, Verilator, all checks on", title_justify="left")
    for name in ("path", "SPIs", "transactions", "stimulus and RTL", "recording", "transfer", "models and scoreboards", "total"):
        table.add_column(name, justify="left" if name == "path" else "right")
    for c in costs:
        figures = (f"{value:.2f}" for value in (c.stimulus, c.recording, c.transfer, c.checking, c.total))
        table.add_row(c.path, str(c.spis), f"{c.transactions:,}", *figures)
    console.print(table)
    lpis = {mapped: min(_lpi_seconds(mapped) for _ in range(repeat)) * 1e6 for mapped in _LPIS}
    text = ", ".join(f"{value:.0f} µs with {mapped:,} LPIs mapped" for mapped, value in lpis.items())
    console.print(f"models alone, an LPI from message to end of interrupt: {text}", highlight=False)
    return {"paths": [asdict(c) for c in costs], "lpi_us_by_mapped": {str(k): v for k, v in lpis.items()}}


def _cost(path: str, device: Device, interrupts: int, repeat: int) -> PathCost:
    rounds = [[_run(path, device, stages, interrupts, silent=silent) for stages, silent in _KINDS] for _ in range(repeat)]
    seconds = [min(float(turn[n].scenarios[0]["cpu_seconds"]) for turn in rounds) for n in range(len(_KINDS))]
    count = sum(rounds[0][-1].scenarios[0]["compared"].values())
    silent, record, decode, full = (1e6 * value / count for value in seconds)
    return PathCost(path, device.spis, count, silent, record - silent, decode - record, full - decode, full)


def _run(path: str, device: Device, stages: str, interrupts: int, *, silent: bool) -> Outcome:
    folder = ROOT / "build" / "bench" / f"{path}-{device.mark()}-{'silent' if silent else stages}"
    config = RunConfig(path, str(folder), interrupts=interrupts, device=device, stages=stages, watchdog=1_000_000)
    outcome = simulate(Build("verilator", device, silent=silent), config, PATHS[path].module, [RANDOM[path]])
    if not outcome.ok:
        why = outcome.detail or outcome.scenarios[0]["failures"]
        raise CheckError(f"the benchmark's run of path {path} ({stages}) failed: {why}")
    return outcome


def _lpi_seconds(mapped: int, count: int = 400) -> float:
    """CPU seconds of the models for one LPI, with `mapped` events mapped."""
    gic = Gic(replace(Device(pes=1), lpi_slots=32).gic())
    _bring_up(gic, mapped)
    iar, eoir = (ICC.by_name(f"ICC_{name}1_EL1").offset for name in ("IAR", "EOIR"))
    started = time.process_time()
    for n in range(count):
        gic.send("its0.msi", Msi(0, n * 7 % mapped))
        gic.send("gicc0.sys", SysRead(iar))
        gic.send("gicc0.sys", SysWrite(eoir, its.FIRST_LPI + n * 7 % mapped))
    return (time.process_time() - started) / count


def _bring_up(gic: Gic, mapped: int) -> None:
    def write(link: str, frame: Any, name: str, value: int) -> None:
        element = frame.element(name)
        gic.send(link, RegWrite(element.offset, element.register.width_bytes, value))

    valid = 1 << 63
    write("gicd.reg", GICD, "GICD_CTLR", 0b10)
    for name, value in (
        ("GICR_WAKER", 0),
        ("GICR_PROPBASER", its.CONFIGURATION | 13),
        ("GICR_PENDBASER", its.PENDING | 1 << 62),
        ("GICR_CTLR", 1),
    ):
        write("gicr0.reg", GICR, name, value)
    for name, value in (("ICC_PMR_EL1", 0xF8), ("ICC_IGRPEN1_EL1", 1)):
        gic.send("gicc0.sys", SysWrite(ICC.by_name(name).offset, value))
    gic.memory.load(its.CONFIGURATION, bytes([0x41]) * mapped)
    commands = [its.mapc(0, 0), its.mapd(0, 14, its.ITTS)]
    commands += [its.mapti(0, event, its.FIRST_LPI + event, 0) for event in range(mapped)]
    gic.memory.load(its.QUEUE, b"".join(word.to_bytes(8, "little") for command in commands for word in command))
    for name, value in (
        ("GITS_BASER0", valid | its.DEVICES),
        ("GITS_BASER1", valid | its.COLLECTIONS),
        ("GITS_CBASER", valid | its.QUEUE | 0x3F),
        ("GITS_CTLR", 1),
        ("GITS_CWRITER", 32 * len(commands)),
    ):
        write("its0.reg", GITS, name, value)
