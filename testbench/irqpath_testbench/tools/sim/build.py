"""Building the Verilog with a simulator. Builds are kept in `build/sim`, each complete or not there
(`tools.toolchain.kept`), and reused for the same sources, options and tools; of two processes that want the same one builds and
the other waits."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

import cocotb
import cocotb_tools.config
from cocotb_tools.runner import Icarus, Runner, Verilator

from irqpath.cli.writing import write_text
from irqpath.core.errors import CheckError
from irqpath.core.places import HDL, ROOT, verilog
from irqpath_testbench.dut import bench
from irqpath_testbench.dut.description import Dut
from irqpath_testbench.dut.parameters import TESTBENCH_HDL, DutParameters
from irqpath_testbench.tools.faults import rtl_copy
from irqpath_testbench.tools.sim.limits import reached, too_large
from irqpath_testbench.tools.toolchain import compiler, icarus, kept
from irqpath_testbench.tools.toolchain.environment import for_simulator
from irqpath_testbench.tools.toolchain.processes import follow
from irqpath_testbench.tools.toolchain.tool import capture

TOP = "irqpath_tb"
#: The folder of a build that has the edited copies of sources.
COPIES: Final = "hdl"
#: Of the compiler, for what Verilator wrote. Its own choice, -Os, takes longer to build and a tenth longer to run; -O1 builds in
#: three quarters of the time and runs a fortieth longer.
OPTIMIZE = "-O2"


#: Where coverage is not counted.
_COVERED: Final = TESTBENCH_HDL / "coverage.vlt"


@dataclass(frozen=True, slots=True)
class Build:
    """What to build. `faults`: copies that have the injected faults, one of which a run may pick; `waves`: able to write FST;
    `silent`: monitors write nothing (for the benchmark); `instead`: a folder of Verilog files, each used instead of the
    project's file of that name or added; `described`: a user's device, instead of this project's as `device` says; `coverage`:
    its runs leave what of the Verilog they reached, lines, branches and toggles (Verilator)."""

    simulator: str = "verilator"
    device: DutParameters = field(default_factory=DutParameters)
    faults: bool = False
    waves: bool = False
    silent: bool = False
    instead: Path | None = None
    described: Dut | None = None
    coverage: bool = False

    @property
    def dut(self) -> Dut:
        """The device under test."""
        return self.described or self.device.dut()

    @property
    def made(self) -> Dut | None:
        """The device for which a testbench is made, or that brings one; None where it is irqpath_tb."""
        return self.described or (None if self.dut.bench else self.dut)

    @property
    def top(self) -> str:
        """The module that is simulated: the testbench of the description, or the one that is made for it."""
        return self.dut.top if self.dut.bench else bench.TOP

    @property
    def folder(self) -> Path:
        """Where its versions and the log of the last build lie."""
        marks = [
            self.simulator,
            self.dut.name,
            *["fault"] * self.faults,
            *["waves"] * self.waves,
            *["silent"] * self.silent,
            *["coverage"] * self.coverage,
            *([self.instead.name] if self.instead else []),
        ]
        return ROOT / "build" / "sim" / "-".join(marks)


def sources(instead: Path | None = None, described: Dut | None = None) -> list[Path]:
    """Every Verilog file, device and testbench; those of the folder `instead` in place of files of the same name."""
    properties = sorted((HDL / "formal").glob("*_properties.v"))
    found = [*verilog(HDL), *properties, *TESTBENCH_HDL.glob("*.v")]
    if described is not None:
        parts = [*properties, *(path for path in TESTBENCH_HDL.glob("*.v") if path.stem != TOP)]
        found = [*described.sources, *parts, *([] if described.bench else [_made(described)])]
    if not found:
        raise CheckError(f"{HDL} has no Verilog: this installation of irqpath is not whole; install it again")
    named = {path.name: path for path in (*found, *(instead.glob("*.v") if instead else ()))}
    return sorted(named.values())


def _made(dut: Dut) -> Path:
    """The testbench that is made for a device."""
    path = ROOT / "build" / "made" / dut.name / f"{bench.TOP}.v"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, bench.bench(dut))
    return path


def _copies(what: Build) -> dict[Path, str]:
    """The sources that are not built as they are, with what is built in place of each."""
    return rtl_copy.edited(sources(what.instead, what.made)) if what.faults else {}


@contextmanager
def _variables(values: Mapping[str, str | None]) -> Iterator[None]:
    """Environment variables inside the block, None for one that is not there."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def variables() -> AbstractContextManager[None]:
    """The environment of cocotb's runner. MAKEFLAGS are those of the make that compiles what Verilator wrote; those of
    a make that we may run under are not meant for it. cocotb obeys WAVES and GUI more than its caller."""
    return _variables({"MAKEFLAGS": f"OPT_FAST={OPTIMIZE}", "WAVES": None, "GUI": None})


class TiedRunner(Runner):
    """A runner of cocotb whose programs end when we do. `tick` is called ten times a second while one runs; `status`, `pid`: of
    the last."""

    tick: Callable[[], None] = staticmethod(lambda: None)
    status: int = 0
    pid: int = 0

    def _execute_cmds(self, cmds: Sequence[list[str]], cwd: Any, stdout: TextIO | None = None) -> None:
        for command in cmds:
            self.status = follow(command, cwd=cwd, env=self.env, output=stdout, tick=self.tick, started=self._started)
            if self.status:
                raise RuntimeError(f"{Path(command[0]).name} {said(self.status)}")

    def _started(self, pid: int) -> None:
        self.pid = pid


class _Verilator(TiedRunner, Verilator):
    """Verilator."""


class _Icarus(TiedRunner, Icarus):
    """Icarus."""


_RUNNERS: Final[Mapping[str, type[TiedRunner]]] = {"verilator": _Verilator, "icarus": _Icarus}


def said(status: int) -> str:
    """How a program ended, from the status that `subprocess` gives."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


@dataclass(frozen=True, slots=True)
class Built:
    """A complete build in `folder`, and cocotb's runner to run it."""

    runner: TiedRunner
    folder: Path


#: Of the environment: what changes what the compiler makes.
_COMPILER_VARIABLES: Final = ("CXX", "CXXFLAGS", "CPPFLAGS", "LDFLAGS")


def _options(what: Build) -> dict[str, Any]:
    """What cocotb's runner is told, besides sources and folders."""
    # cocotb asks for every signal to be public, which halves the speed; those that Python uses say so themselves
    verilator = ["--no-public-flat-rw", "--timing", "-O3", "-Wno-fatal", "-Wno-TIMESCALEMOD", "--x-assign", "unique"]
    verilator += ["--x-initial", "unique", "-j", "2", *["--trace-fst"] * what.waves]
    # its graph of data flow turns what stands below an `if` into what is computed in each cycle: half of the speed
    verilator.append("-fno-dfg")
    verilator += ["--coverage-line", "--coverage-toggle", str(_COVERED)] * what.coverage
    iverilog = [] if what.waves else ["-g2005"]  # cocotb's own module that writes waves is SystemVerilog
    wanted_defines = (
        ("IRQPATH_NO_RECORD", what.silent),
        ("IRQPATH_WAVES", what.waves),
        ("IRQPATH_NETLIST", what.instead is not None),
    )
    return {
        "defines": {name: 1 for name, wanted in wanted_defines if wanted},
        "parameters": dict(what.dut.parameters) if what.dut.bench else {},
        "hdl_toplevel": what.top,
        "build_args": iverilog if what.simulator == "icarus" else verilator,
        "timescale": ("1ns", "1ps"),
        "waves": what.waves,
    }


def _tools(simulator: str) -> list[str]:
    """The programs that build, by their versions and places."""
    found = [cocotb.__version__, str(cocotb_tools.config.libs_dir)]
    if simulator == "icarus":
        tool = icarus.find()
        return [*found, tool.version, tool.path]
    gxx = compiler.find_gxx()
    _, version = capture(["verilator", "--version"])
    return [*found, gxx.version, gxx.path, version, os.environ.get("VERILATOR_ROOT", ""), OPTIMIZE]


def _includes(what: Build) -> tuple[Path, ...]:
    """Folders of headers."""
    return (*(what.made.includes if what.made else ()), HDL, TESTBENCH_HDL)


def key(what: Build) -> str:
    """Digest of all that a build depends on: every source and header, edits, options, tools. To be called with the simulator on
    PATH."""
    headers = sorted(path for folder in _includes(what) for path in folder.rglob("*.vh"))
    environment = [f"{name}={os.environ.get(name, '')}" for name in _COMPILER_VARIABLES]
    options = json.dumps(_options(what), sort_keys=True)
    copies = _copies(what)
    built = [copies.get(path, path) for path in sources(what.instead, what.made)]
    return kept.digest(
        [what.simulator, options, *_tools(what.simulator), *environment, *built, *headers, *[_COVERED] * what.coverage]
    )


def build(what: Build) -> Built:
    """Build, unless there is a complete build of just this. Raises `ToolMissing`; `CheckError`: it does not compile, or another
    process builds it without end, or its simulator can't."""
    if what.coverage and what.simulator != "verilator":
        raise CheckError(f"{what.simulator} does not tell what of the Verilog a run reached; Verilator does")
    os.environ.update(for_simulator(what.simulator, waves=what.waves))
    runner = _RUNNERS[what.simulator]()
    log = what.folder / "build.log"

    def make(folder: Path) -> None:
        quiet = io.StringIO()  # cocotb says it when there is nothing to do
        with redirect_stdout(quiet), redirect_stderr(quiet):
            files = rtl_copy.write(_copies(what), sources(what.instead, what.made), folder / COPIES)
            try:
                runner.build(sources=files, includes=_includes(what), build_dir=folder, log_file=log, **_options(what))
            except (RuntimeError, SystemExit) as error:
                if why := reached(folder):
                    raise CheckError(why) from error
                raise CheckError(_why(what.simulator, log, str(error))) from error
        _tidy(folder, what.top)

    with variables():
        found = kept.ensure_version(what.folder, key(what), make, f"the {what.simulator} build {what.folder.name}")
    return Built(runner, found)


#: What a compiler, make or a shell says of a program below it that a signal ended.
_SIGNALLED: Final = re.compile(
    r"(Killed|Terminated|Hangup|Aborted|Segmentation fault) signal terminated|"
    r"\] (Killed|Terminated|Hangup|Aborted|Segmentation fault)|^Killed$|was ended by SIG"
)
#: The same of one whose file met the limit (SIGXFSZ).
_TOO_LARGE: Final = re.compile(r"File size limit exceeded|was ended by SIGXFSZ")


def _why(simulator: str, log: Path, error: str) -> str:
    """Why nothing was built: a program that a signal ended, which is no fault of the Verilog, or what the log ends with."""
    lines = [*(log.read_text(errors="replace").splitlines() if log.exists() else []), error]
    if any(map(_TOO_LARGE.search, lines)):  # and what it wrote is gone, else `reached` had found it
        return f"a file of the {simulator} build below {log.parent} or {tempfile.gettempdir()}: {too_large()}"
    if ended := next(filter(_SIGNALLED.search, lines), ""):
        return f"{simulator} did not build the Verilog, for a program was ended by a signal ({ended.strip()}); run it again"
    tail = "\n".join(lines[-15:])
    return f"the Verilog does not compile with {simulator}; the end of {log}:\n{tail}"


def _tidy(folder: Path, program: str) -> None:
    """Keep what runs and what it was made from: what Verilator wrote for the compiler takes ten times its room."""
    if (folder / program).exists():
        for path in folder.iterdir():
            if path.name not in (program, COPIES):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
