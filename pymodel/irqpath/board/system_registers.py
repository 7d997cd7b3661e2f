"""System registers of the GIC's CPU interface by any of their names: ICC_IAR1_EL1, ICV_IAR1_EL1, S3_0_C12_C12_0, an encoding."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, TypeAlias

from irqpath.core.errors import InputError
from irqpath.regs import sysreg_encoding, system_register

#: A name, a 16-bit encoding {op0, op1, CRn, CRm, op2}, or its five parts.
SystemRegister: TypeAlias = str | int | tuple[int, int, int, int, int]
_GENERIC: Final = re.compile(r"S(\d)_(\d)_C(\d+)_C(\d+)_(\d)", re.IGNORECASE)


@lru_cache(maxsize=1024)
def encoding(register: SystemRegister) -> int:
    """The 16-bit encoding. ICV_* are the encodings of ICC_*: which interface answers depends on the PE (`Board.pe_state`).

    Raises `RegisterError` for a name that there is not, or parts that do not fit, `InputError` for a number of more bits.
    """
    if isinstance(register, int):
        if not 0 <= register < 1 << 16:
            raise InputError(f"{register:#x} is no encoding of a system register: those have 16 bits")
        return register
    if isinstance(register, tuple):
        return sysreg_encoding(*register)
    generic = _GENERIC.fullmatch(register)
    if generic is not None:
        return sysreg_encoding(*map(int, generic.groups()))
    return system_register(f"ICC_{register[4:]}" if register.startswith("ICV_") else register).offset
