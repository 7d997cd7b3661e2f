"""System packages: who may install them, what is run, what is said where that is not possible."""

from __future__ import annotations

import os
import sys

import pytest

from irqpath_testbench.tools.setup import system
from irqpath_testbench.tools.toolchain import libpython, packages
from irqpath_testbench.tools.toolchain.tool import Tool
from unit.tools.conftest import FakeTool

ICARUS = Tool("icarus", False, fix="run: x")
FST = Tool("FST headers", False, fix="run: y")
LIBPYTHON = Tool("libpython", False, fix="rebuild this Python")


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary user."""
    monkeypatch.delenv(system.OPT_OUT, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.mark.usefixtures("user")
def test_user_with_passwordless_sudo(fake_tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> None:
    sudo = fake_tool("sudo", '[ "$1 $2" = "-n true" ]')
    monkeypatch.setenv("PATH", str(sudo.parent))
    assert system.privilege() == [str(sudo), "-n"]


@pytest.mark.usefixtures("user")
def test_user_with_a_sudo_that_asks(fake_tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(fake_tool("sudo", "exit 1").parent))
    assert system.privilege() is None


def test_root_may_unless_told_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.delenv(system.OPT_OUT, raising=False)
    assert system.privilege() == []
    monkeypatch.setenv(system.OPT_OUT, "no")
    assert system.privilege() is None


def install_with(script: str, fake_tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """Install Icarus by an apt-get that runs `script`; return the packages asked for and the calls made."""
    apt = fake_tool("apt-get", f'echo "$*" >> "$(dirname "$0")/calls"\n{script}')
    monkeypatch.setenv("PATH", f"{apt.parent}{os.pathsep}/bin{os.pathsep}/usr/bin")
    monkeypatch.setattr(system, "privilege", list)
    log = apt.parent / "log"
    with log.open("w") as stream:
        wanted = system.plan([ICARUS, FST])
        system.install(wanted, stream)
    calls = (apt.parent / "calls").read_text().splitlines()
    return wanted, [next(word for word in call.split() if word in {"install", "update"}) for call in calls]


def test_lists_are_not_refreshed_without_need(fake_tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, calls = install_with("exit 0", fake_tool, monkeypatch)
    assert wanted == ["iverilog", "zlib1g-dev", "liblz4-dev"]
    assert calls == ["install"]


def test_lists_are_refreshed_when_installing_fails(fake_tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> None:
    script = 'case "$*" in *update*) touch "$0.fresh";; *) [ -e "$0.fresh" ];; esac'
    assert install_with(script, fake_tool, monkeypatch)[1] == ["install", "update", "install"]


def test_without_network_it_is_tried_once(fake_tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert install_with("exit 100", fake_tool, monkeypatch)[1] == ["install", "update"]


@pytest.mark.usefixtures("user")
def test_nothing_is_planned_without_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "privilege", lambda: None)
    assert system.plan([ICARUS]) == []


def test_explanation_is_one_line_with_the_exact_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(packages, "manager", lambda path=None: "apt-get")
    monkeypatch.setattr(libpython, "system_python", lambda: True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert system.explain([LIBPYTHON, ICARUS, FST]) == (
        "not on this machine: libpython, icarus, FST headers; run: apt-get install -y --no-install-recommends "
        f"libpython{version} iverilog zlib1g-dev liblz4-dev"
    )


def test_explanation_for_a_self_built_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(packages, "manager", lambda path=None: "apt-get")
    monkeypatch.setattr(libpython, "system_python", lambda: False)
    assert system.explain([LIBPYTHON, ICARUS]) == (
        "not on this machine: libpython, icarus; run: apt-get install -y --no-install-recommends iverilog; "
        "libpython: rebuild this Python"
    )


def test_explanation_without_a_known_package_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "manager", lambda path=None: None)
    assert system.explain([ICARUS]) == "not on this machine: icarus; icarus: run: x"
