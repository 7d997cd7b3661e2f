"""Builds the register server that runs inside QEMU (server/), with a cross compiler for AArch64."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from irqpath.cli.writing import write_bytes, write_text
from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT
from irqpath.regs import ICC, ICH, sysreg_encoding
from irqpath_testbench.tools.oracle.tools import find_cross_compiler
from irqpath_testbench.tools.toolchain import kept, processes
from irqpath_testbench.tools.toolchain.tool import require

_SOURCE: Final = Path(__file__).with_name("server")
_BUILD: Final = ROOT / "build" / "oracle"
ADDRESS: Final = 0x4080_0000
_FLAGS: Final = (
    *("-march=armv8-a", "-O2", "-ffreestanding", "-nostdlib", "-mgeneral-regs-only", "-mstrict-align", "-ffixed-x18", "-fno-pic"),
    *("-fno-stack-protector", "-fno-builtin", "-static", "-no-pie", "-Wall", "-Wextra", "-Werror"),
    *("-Wl,--build-id=none", "-Wl,-no-warn-rwx-segments"),
)


def _others() -> dict[str, int]:
    """Registers of the PE that sequences use besides the interrupt controller's."""
    e = sysreg_encoding
    return {
        "ISR_EL1": e(3, 0, 12, 1, 0),
        "HCR_EL2": e(3, 4, 1, 1, 0),
        "SCR_EL3": e(3, 6, 1, 1, 0),
        "ID_AA64PFR0_EL1": e(3, 0, 0, 4, 0),
    }


def _names() -> dict[str, int]:
    return {register.name: register.offset for registers in (ICC, ICH) for register in registers.registers} | _others()


#: System registers that the server can reach -> 16-bit encoding; their order is that of the stubs.
ENCODINGS: Final[dict[str, int]] = _names()
INDEX: Final[dict[str, int]] = {name: n for n, name in enumerate(ENCODINGS)}


def stubs(encodings: Sequence[int]) -> str:
    """Assembly of the stubs: mrs x0; ret; msr x0; isb; ret, eight words a register. op0 is 2 or 3, so bit 15 is set."""
    lines = []
    for encoding in encodings:
        operand = (encoding & 0x7FFF) << 5
        lines.append(f" .inst {0xD5300000 | operand:#x}\n ret\n .inst {0xD5100000 | operand:#x}\n isb\n ret\n nop\n nop\n nop")
    return "\n".join(lines) + "\n"


def build() -> tuple[Path, Path]:
    """(boot image, server image), built if they are not there for this source. Raises `ToolMissing`, `CheckError`."""
    sources = [_SOURCE / name for name in ("entry.S", "server.c", "server.ld")]
    text = stubs(list(ENCODINGS.values()))
    compiler = require(find_cross_compiler())
    prefix = compiler.path.removesuffix("gcc")

    def make(folder: Path) -> None:
        write_text(folder / "stubs.inc", text)
        elf = folder / "server.elf"
        inputs = [f"-I{folder}", "-T", str(sources[2]), "-o", str(elf), str(sources[0]), str(sources[1])]
        _call([f"{prefix}gcc", *_FLAGS, *inputs])
        # QEMU starts at address 0: ldr x0, 8; br x0; the address.
        start = b"".join(n.to_bytes(4, "little") for n in (0x58000040, 0xD61F0000))
        write_bytes(folder / "boot.bin", start + ADDRESS.to_bytes(8, "little"))
        _call([f"{prefix}objcopy", "-O", "binary", str(elf), str(folder / "server.bin")])

    key = kept.digest([compiler.path, compiler.version, text, *_FLAGS, *sources])
    folder = kept.ensure_version(_BUILD / "server", key, make, "the register server that runs in QEMU")
    return folder / "boot.bin", folder / "server.bin"


def _call(command: list[str]) -> None:
    done = processes.run(command)
    if done.returncode:
        raise CheckError(f"{Path(command[0]).name} failed: {done.stdout.strip().splitlines()[-1:] or done.returncode}")
