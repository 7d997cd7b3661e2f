"""Scenario `Gicv2EventsInStates` of the path `gicv2`: whatever may happen to a GICv2, in each state that a PE may have there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.sequences.gicv2 import (
    ENABLE,
    EOIMODE,
    FIQEN,
    bring_up,
    send,
    set_bit,
    set_priority,
    set_targets,
)
from irqpath_testbench.sequences.gicv2_guests import list_register, start_guest
from irqpath_testbench.sequences.randoms import Randoms

_SGI, _PPI, _SPI = 5, 20, 40
_ALL: Final = 0xFFFF_FFFF
#: Group priorities 0xC0 and 0xE0 among the active ones, by their bits.
_LOW, _LOWER = 1 << 24, 1 << 28
_NPIE: Final = 1 << 3


@dataclass(frozen=True, slots=True)
class _State:
    """What a PE has: pending interrupts, GICC's and GICD's controls, active priorities, GICH_HCR; `guest`: a virtual interrupt is
    signalled to it. `silent`: nothing may be signalled."""

    sgi: bool = False
    ppi: bool = False
    spi: bool = False
    pmr: int = 0xF8
    control: int = ENABLE
    enables: int = ENABLE
    active: int = 0
    hcr: int = 0
    guest: bool = False
    silent: bool = False


#: As coverage names them.
_STATES: Final = {
    "idle": _State(silent=True),
    "SGI pending": _State(sgi=True),
    "PPI pending": _State(ppi=True),
    "SPI pending": _State(spi=True),
    "IRQ high": _State(sgi=True),
    "FIQ high": _State(sgi=True, control=ENABLE | FIQEN),
    "masked": _State(sgi=True, pmr=0x40, silent=True),
    "active": _State(active=_LOW),
    "nested": _State(active=_LOW | _LOWER),
    "GICD off": _State(enables=0, silent=True),
    "GICC off": _State(control=0, silent=True),
    "EOImode 1": _State(control=ENABLE | EOIMODE),
    "vIRQ high": _State(hcr=1, guest=True),
    "maintenance high": _State(hcr=1 | _NPIE),
}
_Event = Callable[[Platform, Pe], Awaitable[None]]


def _writes(name: str, value: int) -> _Event:
    async def happens(_: Platform, pe: Pe) -> None:
        await pe.write(name, value)

    return happens


def _reads(name: str) -> _Event:
    async def happens(_: Platform, pe: Pe) -> None:
        await pe.read(name)

    return happens


async def _sends(_: Platform, pe: Pe) -> None:
    await send(pe, _SGI, 0, 2)  # to itself


async def _spi_wire(platform: Platform, _: Pe) -> None:
    platform.wire(_SPI, 1)
    await platform.quiesce()
    platform.wire(_SPI, 0)


async def _ppi_wire(platform: Platform, pe: Pe) -> None:
    platform.wire(_PPI + 1, 1, pe.index)
    await platform.quiesce()
    platform.wire(_PPI + 1, 0, pe.index)


async def _message(platform: Platform, pe: Pe) -> None:
    await pe.write("V2M_MSI_SETSPI_NS", (await pe.read("V2M_MSI_TYPER")) >> 16 & 0x3FF)


async def _reset(platform: Platform, pe: Pe) -> None:
    await platform.reset_pe(pe.index)


_EVENTS: Final[dict[str, _Event]] = {
    "GICD_CTLR written": _writes("GICD_CTLR", ENABLE),
    "SGI sent": _sends,
    "SGI sources written": _writes("GICD_CPENDSGIR1", _ALL),
    "enable written": _writes("GICD_ICENABLER0", 1 << _SGI),
    "pending written": _writes("GICD_ISPENDR0", 1 << _PPI),
    "active written": _writes("GICD_ISACTIVER0", 1 << _PPI),
    "priority written": _writes("GICD_IPRIORITYR1", 0x4040_4040),
    "targets written": _writes(f"GICD_ITARGETSR{_SPI // 4}", 0),
    "group written": _writes("GICD_IGROUPR0", 1 << _SGI),
    "trigger written": _writes("GICD_ICFGR3", 0),
    "GICD read": _reads("GICD_ISPENDR0"),
    "GICC_CTLR written": _writes("GICC_CTLR", ENABLE | FIQEN),
    "GICC_PMR written": _writes("GICC_PMR", 0x40),
    "GICC_BPR written": _writes("GICC_BPR", 4),
    "GICC_APR written": _writes("GICC_APR0", _LOWER),
    "acknowledge": _reads("GICC_IAR"),
    "spurious acknowledge": _reads("GICC_AIAR"),  # all are in Group 0
    "HPPIR": _reads("GICC_HPPIR"),
    "EOIR": _writes("GICC_EOIR", _SPI),
    "DIR": _writes("GICC_DIR", _SPI),
    "GICH written": _writes("GICH_LR0", 0),
    "guest's acknowledge": _reads("GICV_IAR"),
    "guest's end": _writes("GICV_EOIR", _SPI),
    "message": _message,
    "SPI's wire": _spi_wire,
    "PPI's wire": _ppi_wire,
    "reset": _reset,
}


async def events_in_states(platform: Platform, rng: Randoms) -> None:
    """Each event in each state, at a PE of random choice, in random order."""
    await bring_up(platform)
    pe = rng.choice(platform.pes)
    cells = [(event, state) for event in _EVENTS for state in _STATES]
    for event, state in rng.sample(cells, len(cells)):
        await _set_up(pe, _STATES[state], signalled=event == "acknowledge")
        await platform.quiesce()
        await _EVENTS[event](platform, pe)
        await platform.quiesce()
    await _set_up(pe, _STATES["idle"], signalled=False)


async def _set_up(pe: Pe, state: _State, *, signalled: bool) -> None:
    """Software makes it so. `signalled`: an SGI is, where nothing of the state is and something may be."""
    await pe.write("GICD_CTLR", state.enables)
    for name in ("ICPEND", "ICACTIVE"):
        await pe.write(f"GICD_{name}R0", _ALL)
        await pe.write(f"GICD_{name}R1", _ALL)
    for n in range(4):
        await pe.write(f"GICD_CPENDSGIR{n}", _ALL)
    await pe.write("GICD_IGROUPR0", 0)
    await pe.write("GICD_IPRIORITYR1", 0x8080_8080)
    await set_priority(pe, _SPI, 0x80)
    await set_targets(pe, _SPI, 1 << pe.index)
    await pe.write("GICD_ISENABLER0", _ALL)
    await set_bit(pe, "SENABLE", _SPI)
    await start_guest(pe, ENABLE)
    await pe.write("GICH_APR", 0)
    await pe.write("GICH_LR0", list_register(50, 0x40, group=0) if state.guest else 0)
    await pe.write("GICH_HCR", state.hcr)
    await pe.write("GICC_PMR", state.pmr)
    await pe.write("GICC_BPR", 0)
    await pe.write("GICC_APR0", state.active)
    await pe.write("GICC_NSAPR0", 0)
    await pe.write("GICC_CTLR", state.control)
    pends = state.sgi or state.ppi or state.spi
    if state.sgi or (signalled and not pends and not state.silent):
        await pe.write(f"GICD_SPENDSGIR{_SGI // 4}", 1 << 8 * (_SGI % 4) + pe.index)
    if state.ppi:
        await set_bit(pe, "SPEND", _PPI)
    if state.spi:
        await set_bit(pe, "SPEND", _SPI)
