"""Icarus, compiler, libraries and package managers: found, too old, missing; the exact command for each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from irqpath_testbench.tools.toolchain import compiler, environment, icarus, libpython, packages, verilator
from irqpath_testbench.tools.toolchain.tool import Need, Tool, ToolMissing
from unit.tools.conftest import FakeTool

ICARUS_12 = 'echo "Icarus Verilog version 12.0 (stable) ()"'


def test_icarus_is_found_with_its_version(fake_tool: FakeTool) -> None:
    tool = fake_tool("iverilog", ICARUS_12)
    fake_tool("vvp", "")
    found = icarus.find(str(tool.parent))
    assert (found.found, found.version, found.path) == (True, "12.0", str(tool))


def test_old_icarus_is_refused(fake_tool: FakeTool) -> None:
    tool = fake_tool("iverilog", 'echo "Icarus Verilog version 10.3 (stable) ()"')
    found = icarus.find(str(tool.parent))
    assert not found.found
    assert found.note == f"{tool} is 10.3; 11.0 or newer is needed"


def test_icarus_without_vvp_is_refused(fake_tool: FakeTool) -> None:
    found = icarus.find(str(fake_tool("iverilog", ICARUS_12).parent))
    assert not found.found and "vvp" in found.note


def test_missing_icarus_names_the_command_of_this_system(fake_tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    search = str(fake_tool("apt-get", "").parent)
    assert icarus.find(search).fix == "run as root: apt-get install -y --no-install-recommends iverilog"
    fake_tool("sudo", "")
    assert icarus.find(search).fix == "run: sudo apt-get install -y --no-install-recommends iverilog"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert icarus.find(search).fix == "run: apt-get install -y --no-install-recommends iverilog"


def test_missing_icarus_without_a_known_package_manager(tmp_path: Path) -> None:
    found = icarus.find(str(tmp_path))
    assert (found.found, found.need) == (False, Need.FEATURE)
    assert found.fix == "install Icarus Verilog 11 or newer"


@pytest.mark.parametrize("manager", sorted(packages.MANAGERS))
def test_every_tool_has_a_package_in_every_manager(manager: str) -> None:
    assert packages.package_names(packages.NAMES, manager)


def test_homebrew_is_not_run_as_root(fake_tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 501)
    search = str(fake_tool("brew", "").parent)
    assert packages.install_advice(["icarus", "FST headers"], search) == "run: brew install icarus-verilog zlib lz4"


def test_gxx_too_old_for_coroutines(fake_tool: FakeTool) -> None:
    found = compiler.find_gxx(str(fake_tool("g++", "echo 9.4.0").parent))
    assert not found.found and "9.4.0; 10 or newer" in found.note


def test_gxx_that_prints_only_the_major_number(fake_tool: FakeTool) -> None:
    assert compiler.find_gxx(str(fake_tool("g++", "echo 14").parent)).version == "14"


def test_make_must_be_gnu(fake_tool: FakeTool) -> None:
    assert not compiler.find_make(str(fake_tool("make", "echo bmake").parent)).found
    assert compiler.find_make(str(fake_tool("make", "echo GNU Make 4.3").parent)).version == "4.3"


def test_fst_headers_are_what_the_compiler_says(fake_tool: FakeTool) -> None:
    assert compiler.find_fst_headers(str(fake_tool("g++", "cat >/dev/null").parent)).found
    lacking = compiler.find_fst_headers(str(fake_tool("g++", "cat >/dev/null; exit 1").parent))
    assert not lacking.found and lacking.need is Need.FEATURE


def test_ccache_is_used_where_it_is(fake_tool: FakeTool, tmp_path: Path) -> None:
    assert compiler.ccache_environment(str(tmp_path)) == {}
    search = str(fake_tool("ccache", "echo ccache version 4.7.5").parent)
    assert compiler.ccache_environment(search) == {"OBJCACHE": "ccache"}


def test_libpython_of_a_self_built_python_is_not_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libpython, "locate", lambda: None)
    monkeypatch.setattr(libpython, "system_python", lambda: False)
    assert "--enable-shared" in libpython.find().fix
    assert libpython.environment() == {}


def test_libpython_of_this_python_is_found() -> None:
    path = libpython.locate()
    if path is None:
        pytest.skip("this Python has no shared library")
    assert path.is_file() and "python" in path.name
    assert libpython.environment() == {"LIBPYTHON_LOC": str(path)}


def test_unknown_simulator() -> None:
    with pytest.raises(ToolMissing, match="choose verilator or icarus"):
        environment.for_simulator("questa")


def test_environment_joins_what_is_needed(fake_tool: FakeTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libpython, "find", lambda: Tool("libpython", True))
    monkeypatch.setattr(libpython, "environment", lambda: {"LIBPYTHON_LOC": "/lib/libpython.so"})
    scripts = {"g++": "echo 12.2.0", "make": "echo GNU Make 4.3", "perl": "echo 5.36.0", "ccache": "echo 4.7"}
    for name, script in scripts.items():
        fake_tool(name, script)
    tool = fake_tool("verilator", 'echo "Verilator 5.040"')
    env = environment.for_simulator("verilator", base={"PATH": str(tool.parent), "HOME": "/home/me"})
    assert env["LIBPYTHON_LOC"] == "/lib/libpython.so"
    assert env["OBJCACHE"] == "ccache"
    assert env["HOME"] == "/home/me"
    assert verilator.choose(env).path == tool
