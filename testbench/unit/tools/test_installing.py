"""Who installs packages of the system: set-up and `make interop`, each by name and unless told not to; nobody else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TextIO

import pytest

from irqpath.core.errors import CheckError
from irqpath_testbench.tools.bench import virtqueue
from irqpath_testbench.tools.interop import linux
from irqpath_testbench.tools.setup import system
from irqpath_testbench.tools.toolchain import packages

ROOT = Path(__file__).resolve().parents[3]
#: Pattern of what installs -> the modules in which it stands.
INSTALLERS = {
    r"\bsystem\.install\(": {
        "testbench/irqpath_testbench/tools/setup/steps.py",
        "testbench/irqpath_testbench/tools/interop/linux.py",
    },
    r"\binstall=True": {"testbench/irqpath_testbench/tools/interop/cli.py"},
    r"\"apt-get\", \"-q\"": {"testbench/irqpath_testbench/tools/setup/system.py"},
}


@pytest.mark.parametrize("pattern", INSTALLERS)
def test_nobody_else_installs(pattern: str) -> None:
    """Held against the code."""
    found = {
        str(path.relative_to(ROOT))
        for folder in ("pymodel", "testbench")
        for path in (ROOT / folder).rglob("*.py")
        if "unit" not in path.parts and re.search(pattern, path.read_text())
    }
    assert found == INSTALLERS[pattern]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What would have been installed on a machine without Linux's source, by a user who may."""
    names: list[str] = []

    def install(wanted: list[str], log: TextIO) -> None:
        names.extend(wanted)

    monkeypatch.setattr(linux, "FOLDER", tmp_path / "interop")
    monkeypatch.setattr(linux, "_archives", list)
    monkeypatch.setattr(packages, "manager", lambda: "apt-get")
    monkeypatch.setattr(system, "install", install)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.delenv(system.OPT_OUT, raising=False)
    return names


def test_bench_installs_nothing(installed: list[str]) -> None:
    """It says what is missing, and who installs it."""
    with pytest.raises(CheckError, match=r"needs Debian's package linux-source; run: apt-get install .*make interop"):
        virtqueue.with_linux(1, 1)
    assert installed == []


def test_interop_says_what_it_installs(
    installed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before it does, with what keeps it from that."""
    with pytest.raises(CheckError, match="needs Debian's package linux-source"):
        linux.build(install=True)
    assert installed == ["linux-source"]
    said = capsys.readouterr().err
    assert "installing Debian's package linux-source" in said
    assert f"{system.OPT_OUT}=no keeps it from that" in said
    monkeypatch.setenv(system.OPT_OUT, "no")
    with pytest.raises(CheckError, match="needs Debian's package linux-source"):
        linux.build(install=True)
    assert installed == ["linux-source"]
