"""The Verilog lint on designs of two lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from irqpath_testbench.tools.toolchain import icarus, lint_hdl, slang, verilator
from irqpath_testbench.tools.toolchain.tool import ToolMissing

GOOD = "module irqpath_top (input wire a, output wire b);\n  part u_part (.a(a), .b(b));\nendmodule\n"
PART = "module part (input wire a, output wire b);\n  assign b = ~a;\nendmodule\n"


@pytest.fixture
def hdl(tmp_path: Path) -> Path:
    """A clean design of two files."""
    (tmp_path / "generated").mkdir()
    (tmp_path / "irqpath_top.v").write_text(GOOD)
    (tmp_path / "part.v").write_text(PART)
    return tmp_path


@pytest.fixture
def linters() -> None:
    """Skip where a linter is missing."""
    try:
        verilator.choose()
    except ToolMissing as missing:
        pytest.skip(str(missing))
    if not icarus.find().found:
        pytest.skip("Icarus is missing")


def test_commands_are_verilog_2005_with_all_warnings(hdl: Path) -> None:
    of = lint_hdl.design(hdl, "irqpath_top")
    assert [path.name for path in of.sources] == ["irqpath_top.v", "part.v"]
    first, second = lint_hdl.verilator_command(of), lint_hdl.icarus_command(of)
    assert {"--lint-only", "-Wall", "1364-2005", f"-I{hdl}"} <= set(first)
    assert {"-g2005", "-Wall", str(hdl)} <= set(second)


@pytest.mark.usefixtures("linters")
def test_clean_design(hdl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint_hdl.main(["--hdl", str(hdl)]) == 0
    assert capsys.readouterr().out.count("clean") == 3


@pytest.mark.usefixtures("linters")
@pytest.mark.parametrize(
    "part",
    [
        PART.replace("~a", "~missing"),
        PART.replace("output wire b", "output wire [1:0] b"),
        PART.replace("assign", "logic c; assign"),
    ],
    ids=["implicit net", "width", "SystemVerilog"],
)
def test_a_warning_fails(hdl: Path, part: str) -> None:
    (hdl / "part.v").write_text(part)
    assert lint_hdl.main(["--hdl", str(hdl)]) == 1


def test_without_a_design(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint_hdl.main(["--hdl", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("irqpath: error: nothing to lint: ")


def test_slang_is_stricter(hdl: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What both simulators take: a use before the declaration."""
    (hdl / "part.v").write_text("module part (input wire a, output wire b);\n  assign b = c;\n  wire c = ~a;\nendmodule\n")
    of = lint_hdl.design(hdl, "irqpath_top")
    command = slang.command(of.top, of.includes, of.sources)
    assert not lint_hdl.check("slang", command, dict(os.environ))
    assert "part.v:2:14: error: identifier 'c' used before its declaration" in capfd.readouterr().out
    (hdl / "part.v").write_text(PART)
    assert lint_hdl.check("slang", command, dict(os.environ))


def test_a_long_line_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its file, its number and its length; all Verilog there is has none."""
    long, short = tmp_path / "long.v", tmp_path / "short.v"
    long.write_text(f"module long;\n{'x' * 121}\n")
    short.write_text(f"{'x' * 120}\n")
    assert lint_hdl.short([short]) and not lint_hdl.short([short, long])
    assert f"{long}:2: 121 characters" in capsys.readouterr().out
    assert lint_hdl.short(lint_hdl.hdl_files())
