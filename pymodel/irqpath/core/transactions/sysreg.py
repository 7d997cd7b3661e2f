"""sysreg: the PE and its CPU interface."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SysRead:
    """MRS of the register with the 16-bit encoding `reg` = {op0, op1, CRn, CRm, op2}."""

    reg: int


@dataclass(frozen=True, slots=True)
class SysWrite:
    """MSR of the register with the 16-bit encoding `reg`."""

    reg: int
    value: int


@dataclass(frozen=True, slots=True)
class SysReadData:
    """Response to a `SysRead`; `ok` is False where the instruction is UNDEFINED."""

    value: int
    ok: bool = True


@dataclass(frozen=True, slots=True)
class SysWriteAck:
    """Response to a `SysWrite`; `ok` is False where the instruction is UNDEFINED."""

    ok: bool = True


@dataclass(frozen=True, slots=True)
class SysTrap:
    """Response to a `SysRead` or `SysWrite` that traps to Exception level `el` and has no effect here (ICH_HCR_EL2, SCR_EL3)."""

    el: int


@dataclass(frozen=True, slots=True)
class PeState:
    """What the CPU interface must know of its PE, told on change: the Exception level, HCR_EL2's bits FMO, IMO, AMO, TGE and
    E2H in place, SCR_EL3's bits NS, IRQ, FIQ and EEL2 in place. A PE without EL3 says NS = 1."""

    el: int
    hcr: int = 0
    scr: int = 1


@dataclass(frozen=True, slots=True)
class Barrier:
    """DSB: complete when every acknowledgement outstanding for this CPU interface has arrived (IHI 0069 appendix A)."""


@dataclass(frozen=True, slots=True)
class BarrierAck:
    """The `Barrier` is complete."""
