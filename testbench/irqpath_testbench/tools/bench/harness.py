"""Building and running the plain C++ harness, and writing its stimulus from a recorded run."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from irqpath.cli.writing import write_bytes
from irqpath.core.errors import CheckError
from irqpath.core.link import block_kind, block_number
from irqpath.core.places import HDL, ROOT, verilog
from irqpath.core.transactions import Barrier, Observed, RegRead, RegWrite, Reset, SysRead, SysReadData, SysWrite
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.sim.build import OPTIMIZE
from irqpath_testbench.tools.toolchain import compiler, kept, processes
from irqpath_testbench.tools.toolchain.environment import for_simulator
from irqpath_testbench.tools.toolchain.tool import capture

PES = 4
_WORD = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Bare:
    """What a run of the harness gave: cycles, responses, checksum over the responses of system register accesses, CPU seconds."""

    cycles: int
    responses: int
    checksum: int
    seconds: float


def write_stimulus(records: Iterable[Observed], path: Path) -> tuple[int, int]:
    """Write every access of a run with the cycles of its offer and of the moment at which its response was taken (back-pressure
    is stimulus too); returns (responses, checksum) as the harness must find them."""
    start, responses, checksum = -1, 0, 0
    accesses: list[_Access] = []
    open_: dict[int, _Access] = {}  # link -> the access that has no response yet
    for o in records:
        block, kind = o.link.block, o.link.end
        t = o.transaction
        if isinstance(t, Reset) and block == "gicd":
            start = o.accept
        elif kind in ("sys", "reg"):
            access = _access(_link(block), o)
            accesses.append(access)
            open_[access.link] = access
        elif kind in ("sys_rsp", "rsp"):
            responses += 1
            open_.pop(_link(block)).taken = o.accept
            if kind == "sys_rsp":
                checksum = (checksum * 31 + (t.value if isinstance(t, SysReadData) else 0)) & _WORD
    write_bytes(path, struct.pack("<Q", start) + b"".join(access.bytes() for access in accesses))
    return responses, checksum


@dataclass(slots=True)
class _Access:
    """As `Access` of harness.cpp."""

    cycle: int
    data: int
    address: int
    link: int
    op: int
    size: int
    taken: int = 0

    def bytes(self) -> bytes:
        """32 bytes, little-endian."""
        return struct.pack("<QQIBBBxQ", self.cycle, self.data, self.address, self.link, self.op, self.size, self.taken)


def _link(block: str) -> int:
    """System registers of PE n are n; register ports, from 8 on, are those of irqpath_top: GICD, GICRs, ITS."""
    return {"gicc": 0, "gicd": 8, "gicr": 9, "its": 9 + PES}[block_kind(block)] + max(block_number(block), 0)


def _access(link: int, o: Observed) -> _Access:
    t = o.transaction
    value = t.value if isinstance(t, RegWrite | SysWrite) else 0
    if isinstance(t, RegRead | RegWrite):
        return _Access(o.offer, value, t.offset, link, int(isinstance(t, RegWrite)), t.size.bit_length() - 1)
    if isinstance(t, Barrier):
        return _Access(o.offer, 0, 0, link, 2, 0)
    assert isinstance(t, SysRead | SysWrite)  # there is nothing else on these links
    return _Access(o.offer, value, t.reg, link, int(isinstance(t, SysWrite)), 0)


def build() -> Path:
    """Compile the device with Verilator, without public signals, without tracing. Raises `ToolMissing`, `CheckError`."""
    environment = for_simulator("verilator")
    verilator = shutil.which("verilator", path=environment["PATH"]) or "verilator"
    options = [
        *["--cc", "--exe", "--build", "-O3", "-j", "2", "-CFLAGS", OPTIMIZE, "--x-assign", "fast", "--x-initial", "fast"],
        *[
            "--timescale",
            "1ns/1ps",
            "-Wno-fatal",
            f"-I{HDL}",
            "--top-module",
            "irqpath_top",
        ],
        *[f"-G{name}={value}" for name, value in DutParameters(PES).top_parameters().items()],
    ]
    sources = [Path(__file__).with_name("harness.cpp"), *verilog()]

    def make(folder: Path) -> None:
        command = [verilator, *options, "--Mdir", str(folder), "-o", "harness", *map(str, sources)]
        done = processes.run(command, env=environment)
        if done.returncode:
            raise CheckError(f"the C++ harness does not build:\n{done.stdout[-1500:]}")

    version = capture([verilator, "--version"], environment)[1]
    headers = sorted(HDL.rglob("*.vh"))
    key = kept.digest([verilator, version, compiler.find_gxx().version, *options, *sources, *headers])
    return kept.ensure_version(ROOT / "build" / "bench" / "harness", key, make, "the C++ harness of the benchmark") / "harness"


def run(harness: Path, stimulus: Path) -> Bare:
    """Run it once. Raises `CheckError` where it fails."""
    done = processes.run([str(harness), str(stimulus)], stderr=subprocess.PIPE)
    if done.returncode:
        raise CheckError(f"the C++ harness failed: {done.stderr.strip()}")
    cycles, responses, checksum, seconds = done.stdout.split()
    return Bare(int(cycles), int(responses), int(checksum), float(seconds))
