"""Building and running the plain C++ harness, and writing its stimulus from a recorded run."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pymodel.config import linear_affinities
from pymodel.errors import CheckError
from pymodel.transactions import Barrier, Observed, RegRead, RegWrite, Reset, SysRead, SysReadData, SysWrite
from testbench.run.build import ROOT
from testbench.toolchain.environment import for_simulator

PES = 4
_WORD = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Bare:
    """What a run of the harness gave: cycles, answers, checksum over the answers of system register accesses, CPU seconds."""

    cycles: int
    answers: int
    checksum: int
    seconds: float


def write_stimulus(records: Iterable[Observed], path: Path) -> tuple[int, int]:
    """Write every access of a run with the cycle of its offer; returns (answers, checksum) as the harness must find them."""
    start, answers, checksum = -1, 0, 0
    lines: list[bytes] = []
    for o in records:
        block = o.link.split(".")[0]
        number = int(block.lstrip("abcdefghijklmnopqrstuvwxyz") or -1)
        t = o.transaction
        if isinstance(t, Reset) and block == "gicd":
            start = o.accept
        elif isinstance(t, SysRead | SysWrite | Barrier):
            op = 0 if isinstance(t, SysRead) else 1 if isinstance(t, SysWrite) else 2
            lines.append(_access(o.offer, t.value if isinstance(t, SysWrite) else 0, 0 if op == 2 else t.reg, number, op, 0))  # type: ignore[union-attr]
        elif isinstance(t, RegRead | RegWrite):
            value = t.value if isinstance(t, RegWrite) else 0
            lines.append(_access(o.offer, value, t.offset, 9 + number, isinstance(t, RegWrite), t.size.bit_length() - 1))
        elif o.link.endswith((".sys_rsp", ".rsp")):
            answers += 1
            if o.link.endswith(".sys_rsp"):
                checksum = (checksum * 31 + (t.value if isinstance(t, SysReadData) else 0)) & _WORD
    path.write_bytes(struct.pack("<Q", start) + b"".join(lines))
    return answers, checksum


def _access(cycle: int, data: int, address: int, link: int, op: int, size: int) -> bytes:
    return struct.pack("<QQIBBB9x", cycle, data, address, link, op, size)


def build() -> Path:
    """Compile the device with Verilator, without public signals, without tracing. Raises `ToolMissing`, `CheckError`."""
    folder = ROOT / "build" / "bench" / "harness"
    environment = for_simulator("verilator")
    affinities = "".join(f"{a:08X}" for a in reversed(linear_affinities(PES)))
    command = [
        shutil.which("verilator", path=environment["PATH"]) or "verilator",
        *["--cc", "--exe", "--build", "-O3", "-j", "2", "-CFLAGS", "-Os", "--x-assign", "fast", "--x-initial", "fast"],
        *[
            "--timescale",
            "1ns/1ps",
            "-Wno-fatal",
            f"-I{ROOT / 'hdl'}",
            "--top-module",
            "irqpath_top",
            f"-GPES={PES}",
            "-GSPIS=64",
        ],
        f"-GAFFINITIES={32 * PES}'h{affinities}",
        *["--Mdir", str(folder), "-o", "harness", str(Path(__file__).with_name("harness.cpp"))],
        *[str(p) for p in sorted([*(ROOT / "hdl").glob("*.v"), *(ROOT / "hdl" / "generated").glob("*.v")])],
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CheckError(f"the C++ harness does not build:\n{(done.stdout + done.stderr)[-1500:]}")
    return folder / "harness"


def run(harness: Path, stimulus: Path) -> Bare:
    """Run it once. Raises `CheckError` where it fails."""
    done = subprocess.run([str(harness), str(stimulus)], capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        raise CheckError(f"the C++ harness failed: {done.stderr.strip()}")
    cycles, answers, checksum, seconds = done.stdout.split()
    return Bare(int(cycles), int(answers), int(checksum), float(seconds))
