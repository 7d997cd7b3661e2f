"""The tools that only the oracle needs, and what is said without them; the stubs of the register server."""

from __future__ import annotations

from pathlib import Path

import pytest

from irqpath_testbench import cli
from irqpath_testbench.tools.oracle import cli as oracle
from irqpath_testbench.tools.oracle.build import stubs
from irqpath_testbench.tools.oracle.tools import find_cross_compiler, find_qemu
from irqpath_testbench.tools.toolchain.tool import Need, Tool


def fake(folder: Path, name: str, script: str) -> str:
    """A command that answers as `script` says; returns the PATH to find it by."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(folder)


def test_qemu_is_found_with_its_version(tmp_path: Path) -> None:
    found = find_qemu(fake(tmp_path, "qemu-system-aarch64", 'echo "QEMU emulator version 10.0.2 (Debian)"'))
    assert (found.found, found.version, found.need) == (True, "10.0.2", Need.OPTIONAL)


def test_old_qemu_is_refused(tmp_path: Path) -> None:
    found = find_qemu(fake(tmp_path, "qemu-system-aarch64", 'echo "QEMU emulator version 6.2.0"'))
    assert not found.found
    assert "6.2.0; 7.2 or newer is needed" in found.note


def test_missing_tools_name_their_fix(tmp_path: Path) -> None:
    path = fake(tmp_path, "apt-get", "")
    qemu, compiler = find_qemu(path), find_cross_compiler(path)
    assert not qemu.found and not compiler.found
    assert qemu.fix.endswith("apt-get install -y --no-install-recommends qemu-system-arm")
    assert compiler.fix.endswith("apt-get install -y --no-install-recommends gcc-aarch64-linux-gnu")


def test_without_qemu_the_command_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lacking = Tool(
        "qemu", False, note="no qemu-system-aarch64 on PATH", fix="run: apt-get install qemu-system-arm", need=Need.OPTIONAL
    )
    monkeypatch.setattr(oracle, "missing", lambda: [lacking])
    assert cli.main(["oracle", "--ops", "10"]) == 2
    error = capsys.readouterr().err
    assert error == "irqpath: error: qemu not found (no qemu-system-aarch64 on PATH); run: apt-get install qemu-system-arm\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ops", "0"], "--ops 0: at least one operation must be compared"),
        (["--sequence", "v9/a/0"], "--sequence v9/a/0: no machine is called 'v9'; there are v2-2pe, "),
        (["--machine", "v5"], "invalid choice: 'v5'"),
    ],
)
def test_wrong_arguments(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(oracle, "missing", list)
    assert cli.main(["oracle", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_stubs_are_the_instructions_of_the_register() -> None:
    # MRS X0, ICC_PMR_EL1 is D5384600, MSR is D5184600 (S3_0_C4_C6_0)
    text = stubs([0xC230])
    assert ".inst 0xd5384600\n ret\n .inst 0xd5184600\n" in text
    assert len(text.splitlines()) == 8
