"""The state that software can see, as places that are read one by one: registers without side effects of reading."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import GicConfig
from irqpath.regs import GICC, GICD, GICD2, GICH, GICR, GICV, GITS, ICC, ICH, V2M, Frame, SystemRegisters
from irqpath.sim.platform import Platform

#: System registers that a read changes.
_CHANGED_BY_READS = ("ICC_IAR0_EL1", "ICC_IAR1_EL1")
#: Interrupts for each element of an array of GICD, where they are not 32.
_PER_ELEMENT = {"GICD_IROUTER": 1, "GICD_IPRIORITYR": 4, "GICD_ITARGETSR": 4, "GICD_ICFGR": 16, "GICD_NSACR": 16}


@dataclass(frozen=True, slots=True)
class Place:
    """A register. `block`: "gicd", "gicr2", "its0", or "gicc2" for a system register of PE 2; `at`: offset in the frame, or
    encoding; `size`: bytes; `pe`: of a GICv2, whose registers are banked, the PE that reads it, else -1."""

    block: str
    at: int
    size: int
    name: str
    pe: int = -1

    def __str__(self) -> str:
        return f"{self.name} of {self.block}{f' for PE {self.pe}' * (self.pe >= 0)}"


def registers(config: GicConfig) -> Iterator[Place]:
    """Every register that can be read without a side effect; of arrays, what this GIC has and one element more."""
    yield from _frame(GICD, "gicd", config.last_spi)
    for number in range(len(config.its)):
        yield from _frame(GITS, f"its{number}", 31)
    for pe in range(config.pes):
        yield from _frame(GICR, f"gicr{pe}", 31)
        yield from _system(config, pe, ICC)
        if config.virtual is not None:
            yield from _system(config, pe, ICH)


def gicv2_registers(config: Gicv2Config) -> Iterator[Place]:
    """The same of a GICv2: what is banked once for each PE."""
    yield from (replace(place, pe=0) for place in _frame(GICD2, "gicd", config.last_spi))
    for pe in range(config.pes):
        banked = [*_frame(GICD2, "gicd", 31)] if pe else []
        frames = [(GICC, "gicc"), *([(GICH, "gich"), (GICV, "gicv")] if config.virtual is not None else [])]
        others = [place for frame, block in frames for place in _frame(frame, block, 31)]
        for place in (*banked, *others):
            if not place.name.endswith("IAR"):
                yield replace(place, pe=pe)
    if config.v2m is not None:
        yield from (replace(place, pe=0) for place in _frame(V2M, "v2m", 31))


def _system(config: GicConfig, pe: int, registers: SystemRegisters) -> Iterator[Place]:
    for register in registers.registers:
        if register.readable and register.name not in _CHANGED_BY_READS and _implemented(config, register.name):
            yield Place(f"gicc{pe}", registers.by_name(register.name).offset, 8, register.name)


async def read_place(platform: Platform, place: Place) -> None:
    """Read it: what a Redistributor or CPU interface holds from its own PE, the rest from the first."""
    kind, number = place.block[:4], int(place.block[4:] or 0) if place.block.startswith("gic") else 0
    pe = platform.pes[number if place.pe < 0 else place.pe]
    if kind == "gicc" and place.pe < 0:
        await pe.mrs(place.name)
    else:
        await pe.read_at(place.block, place.at, place.size)


def odd_access(rng: random.Random, places: Sequence[Place], span: int) -> tuple[int, int]:
    """Offset and size (1 to 8 bytes) of an access in a frame of `span` bytes: at or beside registers of `places`, or anywhere."""
    size = 1 << rng.randrange(4)
    offset = rng.choice(places).at + rng.randrange(-8, 16) if rng.random() < 0.75 else rng.randrange(span)
    return min(max(0, offset), span - size) & ~(size - 1), size


def _frame(frame: Frame, block: str, last_spi: int) -> Iterator[Place]:
    for register in frame.registers:
        if not register.readable:
            continue
        interrupts = _PER_ELEMENT.get(register.name, 32)
        for index in range(register.first, register.first + register.count):
            if register.is_array and frame.name == "GICD" and index * interrupts > last_spi + interrupts:
                break
            offset = register.offset + (index - register.first) * register.stride
            yield Place(block, offset, register.width_bytes, frame.name_at(offset))


def _implemented(config: GicConfig, name: str) -> bool:
    """Active priority registers exist as far as there are preemption levels (IHI 0069 ICC_AP0R<n>_EL1), List registers as
    ICH_VTR_EL2 counts them. Those of EL3 and of superpriority do not."""
    virtual = config.virtual
    if virtual is not None and name.startswith("ICH_LR"):
        return int(name.removeprefix("ICH_LR").removesuffix("_EL2")) < virtual.list_registers
    if name.startswith(("ICC_AP0R", "ICC_AP1R", "ICH_AP0R", "ICH_AP1R")):
        bits = virtual.preemption_bits if virtual is not None and name.startswith("ICH") else min(config.priority_bits, 7)
        return int(name[8]) < max(1, (1 << bits) // 32)
    return not name.endswith("_EL3") and name != "ICC_NMIAR1_EL1"
