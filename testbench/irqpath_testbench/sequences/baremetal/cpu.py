"""An AArch64 PE in the instruction-set simulator Unicorn. It runs until something is to be done that is not its own business (an
access outside its RAM, a system register of the GIC, a call), says what, and goes on when that is done."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import c_char
from typing import Any, Final, NamedTuple

from unicorn import UC_ARCH_ARM64, UC_HOOK_MEM_UNMAPPED, UC_MODE_ARM, UC_PROT_ALL, Uc, UcError
from unicorn import arm64_const as reg

#: PSTATE.I, and PSTATE at the entry of an exception handler: EL1h, D, A, I and F masked.
_I, _ENTRY, _FLAGS = 1 << 7, 0x3C5, 0xF000_0000
_SPSR_EL1: Final = (4, 0, 3, 0, 0)  # CRn, CRm, op0, op1, op2
_IRQ_VECTOR: Final = 0x280


class Exit(NamedTuple):
    """Why a PE stopped. `kind`: "read", "write" (of `size` bytes at address `at`), "mrs", "msr" (of the register with encoding
    `at`), "hvc", "hlt", "wfi", or "slice": it has run as many instructions as it was to. `value`: what it writes."""

    kind: str
    at: int = 0
    size: int = 0
    value: int = 0


class Cpu:
    """A PE that begins at `entry` with `x0`; `ram`: (address, buffer) of memory that it reaches by itself."""

    def __init__(self, ram: Sequence[tuple[int, bytearray]], entry: int, x0: int) -> None:
        self._uc = uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
        for address, buffer in ram:
            uc.mem_map_ptr(address, len(buffer), UC_PROT_ALL, (c_char * len(buffer)).from_buffer(buffer))
        uc.hook_add(UC_HOOK_MEM_UNMAPPED, self._missed)
        self._access = (0, 0)
        self._pc = entry
        self._target: int | None = None
        self.set(0, x0)

    def get(self, n: int) -> int:
        """X<n>; 31 is XZR."""
        value: int = 0 if n == 31 else self._uc.reg_read(_X[n])
        return value

    def set(self, n: int, value: int) -> None:
        """Write X<n>."""
        if n != 31:
            self._uc.reg_write(_X[n], value)

    def run(self, instructions: int) -> Exit:
        """Run; at most so many instructions. Raises `UcError` for an exception that is none of those in `Exit`."""
        try:
            self._uc.emu_start(self._pc, 0, count=instructions)
        except UcError:
            self._pc = self._uc.reg_read(reg.UC_ARM64_REG_PC)
            exit_ = self._decode(self._instruction(self._pc))
            if exit_ is None:
                raise
            return exit_
        self._pc = self._uc.reg_read(reg.UC_ARM64_REG_PC)
        return Exit("wfi" if self._instruction(self._pc - 4) == 0xD503_207F else "slice")

    def done(self, value: int = 0) -> None:
        """What it stopped for is done; `value` is what was read."""
        if self._target is not None:
            self.set(self._target, value)
        self._target = None
        self._pc += 4

    def interrupt(self) -> bool:
        """Take an IRQ, unless PSTATE.I masks it."""
        uc, pstate = self._uc, self._uc.reg_read(reg.UC_ARM64_REG_PSTATE)
        if pstate & _I:
            return False
        uc.reg_write(reg.UC_ARM64_REG_ELR_EL1, self._pc)
        uc.reg_write(reg.UC_ARM64_REG_CP_REG, (*_SPSR_EL1, pstate))
        uc.reg_write(reg.UC_ARM64_REG_PSTATE, pstate & _FLAGS | _ENTRY)
        self._pc = uc.reg_read(reg.UC_ARM64_REG_VBAR_EL1) + _IRQ_VECTOR
        return True

    def _missed(self, _uc: Uc, _kind: int, address: int, size: int, _value: int, _data: Any) -> bool:
        self._access = (address, size)
        return False

    def _instruction(self, pc: int) -> int:
        return int.from_bytes(self._uc.mem_read(pc, 4), "little")

    def _decode(self, word: int) -> Exit | None:
        """What the instruction that stopped it asks for."""
        t = word & 31
        if word & 0x3F00_0000 in (0x3900_0000, 0x3800_0000):  # LDR, STR, of a general register, without write-back
            address, size = self._access
            if word & 1 << 22:
                self._target = t
                return Exit("read", address, size)
            return Exit("write", address, size, self.get(t) & (1 << 8 * size) - 1)
        if word & 0xFFD0_0000 == 0xD510_0000:
            if word & 1 << 21:
                self._target = t
                return Exit("mrs", word >> 5 & 0xFFFF)
            return Exit("msr", word >> 5 & 0xFFFF, 8, self.get(t))
        return {0xD400_0002: Exit("hvc"), 0xD45E_0000: Exit("hlt")}.get(word)


_X: Final = [getattr(reg, f"UC_ARM64_REG_X{n}") for n in range(31)]
