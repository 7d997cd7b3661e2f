"""Builds the bare-metal test: `python -m irqpath_testbench.tools.baremetal` writes its binaries anew, beside its source.

The binaries are kept, so that nobody needs a cross compiler; `COMPILER` beside them names the one that made them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from irqpath.cli.writing import write_bytes, write_text
from irqpath.core.errors import CheckError
from irqpath_testbench.sequences.baremetal import PROGRAM, kept
from irqpath_testbench.tools.toolchain import processes

COMPILER: Final = PROGRAM / "COMPILER"
_GCC, _OBJCOPY = "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-objcopy"
_FLAGS: Final = (
    *("-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib", "-static", "-fno-pic", "-no-pie"),
    *("-mgeneral-regs-only", "-mstrict-align", "-fno-asynchronous-unwind-tables", "-fno-stack-protector"),
    *("-Wl,--build-id=none", "-Wl,--no-warn-rwx-segments"),
)
VERSIONS: Final = (2, 3)


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
    done = processes.run(command, cwd=PROGRAM)
    if done.returncode:
        raise CheckError(f"{command[0]} failed: {done.stdout.strip()}")
    return done.stdout


def main() -> int:
    """Write the binaries, and the compiler's version."""
    try:
        for version in VERSIONS:
            write_bytes(kept(version), build(version))
        write_text(COMPILER, f"{compiler()}\n")
    except CheckError as error:
        print(f"irqpath: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
