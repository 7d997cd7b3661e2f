"""Version parsing, the one-line error, and running a probe."""

from __future__ import annotations

import pytest

from irqpath.core.errors import IrqpathError
from irqpath_testbench.tools.toolchain.tool import Tool, ToolMissing, capture, first_line, parse_version, require


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)", r"Verilator (\d+\.\d+)", (5, 6)),
        ("Verilator 5.036 2025-04-27 rev v5.036", r"Verilator (\d+\.\d+)", (5, 36)),
        ("Verilator 6.002 devel", r"Verilator (\d+\.\d+)", (6, 2)),
        (" rev vUNKNOWN-built20260516", r"Verilator (\d+\.\d+)", ()),
        ("Icarus Verilog version 11.0 (stable) ()", r"version (\d+\.\d+)", (11, 0)),
        ("ccache version 4.8+really4.7.5", r"(\d+(?:\.\d+)+)", (4, 8)),
        ("", r"(\d+(?:\.\d+)+)", ()),
    ],
)
def test_parse_version(text: str, pattern: str, expected: tuple[int, ...]) -> None:
    assert parse_version(text, pattern) == expected


def test_versions_order_as_numbers_not_as_text() -> None:
    assert parse_version("5.006", r"(\d+\.\d+)") < (5, 36) < parse_version("5.100", r"(\d+\.\d+)")


def test_require_names_what_where_and_command_in_one_line() -> None:
    lacking = Tool("icarus", False, note="no iverilog on PATH", fix="run: apt-get install iverilog")
    with pytest.raises(ToolMissing, match=r"^icarus not found \(no iverilog on PATH\); run: apt-get install iverilog$"):
        require(lacking)
    assert issubclass(ToolMissing, IrqpathError)


def test_require_returns_what_is_there() -> None:
    tool = Tool("make", True, "4.3")
    assert require(tool) is tool


def test_capture_reports_a_command_that_does_not_exist() -> None:
    assert capture(["/nonexistent/tool"]) == (127, "No such file or directory")


def test_first_line_skips_blank_lines() -> None:
    assert first_line("\n  \n  one \ntwo") == "one"
    assert first_line("\n") == ""
