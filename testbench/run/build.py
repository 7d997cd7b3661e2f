"""Building the Verilog with a simulator. Builds are kept in `build/sim` and reused; two processes do not build one at once."""

from __future__ import annotations

import fcntl
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from cocotb_tools.runner import Runner, get_runner

from pymodel.errors import CheckError
from testbench.device import Device
from testbench.run.limits import reached
from testbench.toolchain.environment import for_simulator

ROOT = Path(__file__).resolve().parents[2]
TOP = "irqpath_tb"
#: Of the compiler, for what Verilator wrote: less than its own choice (-Os), and yet faster, to build and to run.
OPTIMIZE = "-O1"


@dataclass(frozen=True, slots=True)
class Build:
    """What to build. `plants`: with the planted bugs, one of which a run may pick; `waves`: able to write FST; `silent`: monitors
    write nothing (for the benchmark); `instead`: a folder of Verilog files, each used instead of the project's file of that name
    or added."""

    simulator: str = "verilator"
    device: Device = field(default_factory=Device)
    plants: bool = False
    waves: bool = False
    silent: bool = False
    instead: Path | None = None

    @property
    def folder(self) -> Path:
        """Where it lies."""
        marks = [
            self.simulator,
            self.device.mark(),
            *["plant"] * self.plants,
            *["waves"] * self.waves,
            *["silent"] * self.silent,
            *([self.instead.name] if self.instead else []),
        ]
        return ROOT / "build" / "sim" / "-".join(marks)


def sources(instead: Path | None = None) -> list[Path]:
    """Every Verilog file, device and testbench; those of the folder `instead` in place of files of the same name."""
    found = [*(ROOT / "hdl").glob("*.v"), *(ROOT / "hdl" / "generated").glob("*.v"), *(ROOT / "testbench" / "hdl").glob("*.v")]
    if not found:
        raise CheckError(f"{ROOT} has no Verilog: `irqpath sim` needs a checkout of the project")
    named = {path.name: path for path in (*found, *(instead.glob("*.v") if instead else ()))}
    return sorted(named.values())


def planted_numbers() -> list[int]:
    """Numbers of the bugs that are planted in the Verilog (hdl/plant.vh)."""
    found = (re.findall(r"`PLANTED(?:_X)?\((\d+)[,)]", path.read_text()) for path in (ROOT / "hdl").glob("*.v"))
    return sorted({int(number) for numbers in found for number in numbers})


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _make_flags(flags: str) -> Iterator[None]:
    """MAKEFLAGS of the make that compiles what Verilator wrote; those of a make that we may run under are not meant for it."""
    before = os.environ.get("MAKEFLAGS")
    os.environ["MAKEFLAGS"] = flags
    try:
        yield
    finally:
        if before is None:
            del os.environ["MAKEFLAGS"]
        else:
            os.environ["MAKEFLAGS"] = before


def build(what: Build) -> Runner:
    """Build, unless it is up to date, and return cocotb's runner. Raises `ToolMissing`, `CheckError` (does not compile)."""
    os.environ.update(for_simulator(what.simulator, waves=what.waves))
    runner = get_runner(what.simulator)
    # cocotb asks for every signal to be public, which halves the speed; those that Python uses say so themselves
    verilator = [
        "--no-public-flat-rw",
        "--timing",
        "-O3",
        "-Wno-fatal",
        "-Wno-TIMESCALEMOD",
        "--x-assign",
        "unique",
        "--x-initial",
        "unique",
        "-j",
        "2",
    ]
    icarus = [] if what.waves else ["-g2005"]  # cocotb's own module that writes waves is SystemVerilog
    wanted_defines = (("IRQPATH_PLANT", what.plants), ("IRQPATH_NO_RECORD", what.silent), ("IRQPATH_WAVES", what.waves))
    log = what.folder / "build.log"
    quiet = io.StringIO()  # cocotb says it when there is nothing to do
    with _locked(what.folder), _make_flags(f"OPT_FAST={OPTIMIZE}"), redirect_stdout(quiet), redirect_stderr(quiet):
        try:
            runner.build(
                sources=sources(what.instead),
                includes=[ROOT / "hdl", ROOT / "testbench" / "hdl"],
                defines={name: 1 for name, wanted in wanted_defines if wanted},
                parameters=what.device.parameters(),
                hdl_toplevel=TOP,
                build_dir=what.folder,
                build_args=icarus if what.simulator == "icarus" else [*verilator, *["--trace-fst"] * what.waves],
                timescale=("1ns", "1ps"),
                waves=what.waves,
                log_file=log,
            )
        except (RuntimeError, SystemExit) as error:
            if why := reached(what.folder):
                raise CheckError(why) from error
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else str(error)
            raise CheckError(f"the Verilog does not compile with {what.simulator}; the end of {log}:\n{tail}") from error
    return runner
