"""Builds the bare-metal test: `python -m irqpath_testbench.sequences.baremetal.build` writes `program/*.bin` anew.

The binaries are kept, so that nobody needs a cross compiler; `program/COMPILER` names the one that made them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from irqpath.core.errors import CheckError

PROGRAM: Final = Path(__file__).with_name("program")
COMPILER: Final = PROGRAM / "COMPILER"
_GCC, _OBJCOPY = "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-objcopy"
_FLAGS: Final = (
    *("-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib", "-static", "-fno-pic", "-no-pie"),
    *("-mgeneral-regs-only", "-mstrict-align", "-fno-asynchronous-unwind-tables", "-fno-stack-protector"),
    *("-Wl,--build-id=none", "-Wl,--no-warn-rwx-segments"),
)
VERSIONS: Final = (2, 3)


def kept(version: int) -> Path:
    """The binary for a GICv2 or GICv3; it is loaded at, and begins at, 0x4020_0000."""
    return PROGRAM / f"gicv{version}.bin"


def compiler() -> str | None:
    """The cross compiler's version, None where there is none."""
    if shutil.which(_GCC) is None or shutil.which(_OBJCOPY) is None:
        return None
    return _run(_GCC, "--version").splitlines()[0]


def build(version: int) -> bytes:
    """The program made anew from its source. Raises `CheckError` where the compiler is not there, or fails."""
    if compiler() is None:
        raise CheckError(f"no {_GCC} on PATH: install a cross compiler for AArch64 (Debian: gcc-aarch64-linux-gnu)")
    with tempfile.TemporaryDirectory() as folder:
        elf, binary = Path(folder) / "program.elf", Path(folder) / "program.bin"
        sources = ("-Wl,-T,program.ld", "start.S", "gic_test.c")  # by names without a folder, which must not come into the binary
        _run(_GCC, f"-DGICV={version}", *_FLAGS, *sources, "-o", str(elf))
        _run(_OBJCOPY, "-O", "binary", str(elf), str(binary))
        return binary.read_bytes()


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=PROGRAM, capture_output=True, text=True)
    if done.returncode:
        raise CheckError(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def main() -> int:
    """Write the binaries, and the compiler's version."""
    try:
        for version in VERSIONS:
            kept(version).write_bytes(build(version))
        COMPILER.write_text(f"{compiler()}\n", encoding="utf-8")
    except CheckError as error:
        print(f"irqpath: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
