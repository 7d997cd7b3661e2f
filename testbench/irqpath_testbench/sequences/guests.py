"""A hypervisor at EL2 and its guest at EL1 on the virtual CPU interface of a PE (IHI 0069 6, 12.3, 12.4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final

from irqpath.config.sizes import FIRST_SPECIAL, VirtualConfig
from irqpath.core.errors import CheckError
from irqpath.core.transactions import PeState
from irqpath.gic.gicc.pe_state import FMO, IMO
from irqpath.sim.platform import VFIQ, VIRQ, Pe, Platform, TrapError
from irqpath_testbench.sequences.software import SPURIOUS, STORM, Handler

#: State of a List register.
INVALID, PENDING, ACTIVE, BOTH = 0, 1, 2, 3
STATE_LSB: Final = 62
#: ICH_HCR_EL2
EN, UIE, LRENPIE, NPIE = 1 << 0, 1 << 1, 1 << 2, 1 << 3
VGRP0EIE, VGRP0DIE, VGRP1EIE, VGRP1DIE = 1 << 4, 1 << 5, 1 << 6, 1 << 7
TC, TALL0, TALL1, TSEI, TDIR = 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14
EOICOUNT_LSB: Final = 27
#: ICH_VMCR_EL2: both groups enabled, binary points the least, priority mask open.
OPEN: Final = 0xFF << 24 | 0b11
#: The hypervisor's state, and a guest's whose interrupts are all virtual.
HYPERVISOR: Final = PeState(2)
GUEST: Final = PeState(1, IMO | FMO)


def lr(
    intid: int, priority: int = 0xA0, *, state: int = PENDING, group: int = 1, physical: int | None = None, eoi: bool = False
) -> int:
    """A value for ICH_LR<n>_EL2. `physical`: HW = 1 with that pINTID; `eoi`: a maintenance interrupt at its end."""
    value = state << STATE_LSB | group << 60 | priority << 48 | intid
    return value | (eoi << 41 if physical is None else 1 << 61 | physical << 32)


def vmcr(*, enables: int = 0b11, cbpr: int = 0, eoimode: int = 0, bpr0: int = 0, bpr1: int = 0, pmr: int = 0xFF) -> int:
    """A value for ICH_VMCR_EL2."""
    return enables | cbpr << 4 | eoimode << 9 | bpr1 << 18 | bpr0 << 21 | pmr << 24


def virtual_of(platform: Platform) -> VirtualConfig:
    """The shape of the virtual interfaces. Raises `CheckError` where there are none."""
    virtual = platform.config.virtual
    if virtual is None:
        raise CheckError("this GIC has no virtual CPU interfaces; give the device virtual=1")
    return virtual


def active_registers(virtual: VirtualConfig) -> list[str]:
    """ICH_AP<m>R<n>_EL2 that there are."""
    return [f"ICH_AP{group}R{n}_EL2" for group in (0, 1) for n in range(max(1, (1 << virtual.preemption_bits) // 32))]


def at_priority(virtual: VirtualConfig, group: int, priority: int) -> tuple[str, int]:
    """The register, and its value, by which a virtual interrupt of that priority is active."""
    level = priority >> 8 - virtual.preemption_bits
    return f"ICH_AP{group}R{level // 32}_EL2", 1 << level % 32


async def set_up(pe: Pe, *, hcr: int = EN, vmcr: int = OPEN) -> None:
    """The hypervisor switches the virtual interface on."""
    await pe.enter(HYPERVISOR)
    await pe.msr("ICH_HCR_EL2", hcr)
    await pe.msr("ICH_VMCR_EL2", vmcr)


async def clean(pe: Pe, virtual: VirtualConfig) -> None:
    """The hypervisor leaves nothing listed and nothing active."""
    await pe.enter(HYPERVISOR)
    for n in range(virtual.list_registers):
        await pe.msr(f"ICH_LR{n}_EL2", 0)
    for name in active_registers(virtual):
        await pe.msr(name, 0)
    await pe.msr("ICH_HCR_EL2", 0)


@dataclass(slots=True)
class GuestHandler(Handler):
    """The interrupt handler of a guest, which runs at EL1 and is signalled by the virtual lines."""

    busy_cycles: int = 20
    #: what the hypervisor does when an access trapped, which is then made again; None: `TrapError` is raised
    trapped: Callable[[Pe], Awaitable[None]] | None = field(default=None)

    what: ClassVar[str] = "virtual interrupts"
    pauses: ClassVar[int] = 2
    signals: ClassVar[int] = VIRQ | VFIQ
    group1: ClassVar[int] = VIRQ

    def is_none(self, intid: int) -> bool:
        """See `Handler`; a guest's List register may hold LPIs, which are above the special INTIDs."""
        return FIRST_SPECIAL <= intid <= SPURIOUS

    def is_deactivated(self, intid: int) -> bool:
        """See `Handler`; an LPI has no active state."""
        return intid < FIRST_SPECIAL

    async def read(self, name: str) -> int:
        """Read a system register, once it does not trap."""
        for _ in range(STORM):
            try:
                return await self.pe.mrs(name)
            except TrapError:
                if self.trapped is None:
                    raise
                await self.trapped(self.pe)
        raise CheckError(f"PE {self.pe.index}: a read of {name} trapped {STORM} times")

    async def write(self, name: str, value: int) -> None:
        """Write a system register, once that does not trap."""
        for _ in range(STORM):
            try:
                return await self.pe.msr(name, value)
            except TrapError:
                if self.trapped is None:
                    raise
                await self.trapped(self.pe)
        raise CheckError(f"PE {self.pe.index}: a write of {name} trapped {STORM} times")


async def expect(pe: Pe, name: str, wanted: int, why: str) -> None:
    """Read a system register. Raises `CheckError` where it is not `wanted`."""
    value = await pe.mrs(name)
    if value != wanted:
        raise CheckError(f"PE {pe.index}: {name} reads {value:#x}, not {wanted:#x}: {why}")


async def expect_lines(platform: Platform, pe: Pe, wanted: int, why: str) -> None:
    """The virtual lines, once they have followed. Raises `CheckError` where they are not `wanted`."""
    await platform.quiesce()
    lines = pe.lines & (VIRQ | VFIQ)
    if lines != wanted:
        raise CheckError(f"PE {pe.index}: the virtual lines are {lines:#x}, not {wanted:#x}: {why}")
