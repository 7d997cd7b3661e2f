"""Scenario `EventsInStates` of the path `virq-lr`: whatever may happen to a virtual interface, in each state that it may have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from irqpath.config.sizes import VirtualConfig
from irqpath.core.errors import CheckError
from irqpath.sim.platform import Pe, Platform, TrapError
from irqpath_testbench.sequences.guests import (
    ACTIVE,
    BOTH,
    EN,
    EOICOUNT_LSB,
    GUEST,
    HYPERVISOR,
    INVALID,
    TALL0,
    VGRP1EIE,
    active_registers,
    clean,
    lr,
    virtual_of,
    vmcr,
)
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import SPURIOUS, bring_up, enable_groups

_VINTID, _OTHER, _PPI = 40, 41, 20
#: Group priorities; of the one that is always signalled, of the usual one, of what is active besides.
_HIGH, _USUAL, _LOW = 0x10, 0x80, 0xC0


@dataclass(frozen=True, slots=True)
class _State:
    """What the interface holds: List register 0, or all; active priorities; ICH_HCR_EL2. `group`: of what is signalled, None
    where nothing is."""

    lr: int = 0
    all: bool = False
    active: tuple[int, ...] = ()
    hcr: int = EN
    group: int | None = None


#: As coverage names them.
_STATES: Final = {
    "nothing listed": _State(),
    "pending": _State(lr(_VINTID, _USUAL), group=1),
    "active": _State(lr(_VINTID, _USUAL, state=ACTIVE), active=(_USUAL,)),
    "pending and active": _State(lr(_VINTID, _USUAL, state=BOTH), active=(_USUAL,)),
    "HW pending": _State(lr(_VINTID, _USUAL, physical=_PPI), group=1),
    "HW active": _State(lr(_VINTID, _USUAL, state=ACTIVE, physical=_PPI), active=(_USUAL,)),
    "ended": _State(lr(_VINTID, _USUAL, state=INVALID, eoi=True)),
    "all in use": _State(lr(_VINTID, _USUAL), all=True, group=1),
    "vIRQ high": _State(lr(_VINTID, _USUAL, group=1), group=1),
    "vFIQ high": _State(lr(_VINTID, _USUAL, group=0), group=0),
    "maintenance high": _State(hcr=EN | VGRP1EIE),
    "off": _State(lr(_VINTID, _USUAL), hcr=0),
    "trapping": _State(hcr=EN | TALL0),
    "nested": _State(active=(_USUAL, _LOW)),
    "EOIcount": _State(hcr=EN | 3 << EOICOUNT_LSB),
}

_Event = Callable[[Platform, Pe, _State], Awaitable[None]]


def _hypervisor_writes(name: str, value: int) -> _Event:
    async def happens(_: Platform, pe: Pe, __: _State) -> None:
        await pe.msr(name, value)

    return happens


async def _rewrite(platform: Platform, pe: Pe, state: _State) -> None:
    n = 1 if state.lr and state.group is None else 0
    if n < virtual_of(platform).list_registers:
        await pe.msr(f"ICH_LR{n}_EL2", lr(_OTHER, _LOW))


async def _look(_: Platform, pe: Pe, __: _State) -> None:
    for name in ("ICH_MISR_EL2", "ICH_EISR_EL2", "ICH_ELRSR_EL2", "ICH_LR0_EL2", "ICH_HCR_EL2", "ICH_VMCR_EL2"):
        await pe.mrs(name)


async def _to_el1(_: Platform, pe: Pe, __: _State) -> None:
    await pe.enter(GUEST)


async def _to_el2(_: Platform, pe: Pe, __: _State) -> None:
    await pe.enter(GUEST)
    await pe.enter(HYPERVISOR)


def _guest_reads(*names: str) -> _Event:
    async def happens(_: Platform, pe: Pe, __: _State) -> None:
        await pe.enter(GUEST)
        for name in names:
            await pe.mrs(name)

    return happens


def _guest_writes(name: str, value: int) -> _Event:
    async def happens(_: Platform, pe: Pe, __: _State) -> None:
        await pe.enter(GUEST)
        await pe.msr(name, value)

    return happens


async def _acknowledge(_: Platform, pe: Pe, state: _State) -> None:
    await pe.enter(GUEST)
    await pe.mrs(f"ICC_IAR{1 if state.group is None else state.group}_EL1")


async def _acknowledge_nothing(_: Platform, pe: Pe, state: _State) -> None:
    """Group 0 traps in the state "trapping", in which nothing is signalled."""
    await pe.enter(GUEST)
    await pe.mrs("ICC_IAR0_EL1" if state.group == 1 else "ICC_IAR1_EL1")


async def _trap(_: Platform, pe: Pe, __: _State) -> None:
    """A guest's SGIs trap always."""
    await pe.enter(GUEST)
    with suppress(TrapError):
        await pe.msr("ICC_SGI1R_EL1", 0)


async def _physical(platform: Platform, pe: Pe, _: _State) -> None:
    """A physical interrupt comes and goes."""
    await pe.msr("ICC_SGI1R_EL1", 1 << 24 | 1 << (platform.config.affinities[pe.index] & 0xF))
    await platform.quiesce()
    if (intid := await pe.mrs("ICC_IAR1_EL1")) == SPURIOUS:
        raise CheckError(f"PE {pe.index}: its own SGI did not arrive")
    await pe.msr("ICC_EOIR1_EL1", intid)


async def _reset(platform: Platform, pe: Pe, _: _State) -> None:
    await platform.reset_pe(pe.index)
    await _bring_up(pe)


#: What happens, at EL2 first; some of them are more than one of coverage's events.
_EVENTS: Final[dict[str, _Event]] = {
    "LR emptied": _hypervisor_writes("ICH_LR0_EL2", 0),
    "LR pending": _hypervisor_writes("ICH_LR0_EL2", lr(_OTHER, _USUAL)),
    "LR active": _hypervisor_writes("ICH_LR0_EL2", lr(_OTHER, _USUAL, state=ACTIVE)),
    "LR pending and active": _hypervisor_writes("ICH_LR0_EL2", lr(_OTHER, _USUAL, state=BOTH)),
    "LR with HW": _hypervisor_writes("ICH_LR0_EL2", lr(_OTHER, _USUAL, physical=_PPI)),
    "signalled LR rewritten": _rewrite,
    "ICH_HCR written": _hypervisor_writes("ICH_HCR_EL2", EN),
    "ICH_VMCR written": _hypervisor_writes("ICH_VMCR_EL2", vmcr(eoimode=1, cbpr=1, pmr=0x40)),
    "ICH_AP written": _hypervisor_writes("ICH_AP1R0_EL2", 1 << 8),
    "ICH read": _look,
    "acknowledge": _acknowledge,
    "spurious acknowledge": _acknowledge_nothing,
    "HPPIR": _guest_reads("ICC_HPPIR1_EL1"),
    "EOIR": _guest_writes("ICC_EOIR1_EL1", _VINTID),
    "DIR": _guest_writes("ICC_DIR_EL1", _VINTID),
    "PMR written": _guest_writes("ICC_PMR_EL1", 0x40),
    "BPR written": _guest_writes("ICC_BPR1_EL1", 5),
    "CTLR written": _guest_writes("ICC_CTLR_EL1", 0b11),
    "IGRPEN written": _guest_writes("ICC_IGRPEN1_EL1", 0),
    "AP written": _guest_writes("ICC_AP1R0_EL1", 1 << 9),
    "trap": _trap,
    "to EL2": _to_el2,
    "to EL1": _to_el1,
    "Set": _physical,  # and the acknowledgement
    "reset": _reset,
}
#: Events for which something must be signalled.
_SIGNALLED: Final = ("acknowledge", "signalled LR rewritten")


async def events_in_states(platform: Platform, rng: Randoms) -> None:
    """Each event in each state, at a PE of random choice, in random order."""
    virtual = virtual_of(platform)
    pe = rng.choice(platform.pes)
    await enable_groups(platform.pes[0], 0b11)
    await _bring_up(pe)
    cells = [(event, state) for event in _EVENTS for state in _STATES]
    for event, state in rng.sample(cells, len(cells)):
        await _set_up(pe, virtual, _STATES[state], signalled=event in _SIGNALLED)
        if rng.random() < 0.5:
            await platform.quiesce()
        await _EVENTS[event](platform, pe, _STATES[state])
        await pe.enter(HYPERVISOR)
    await clean(pe, virtual)


async def _bring_up(pe: Pe) -> None:
    await bring_up(pe, 0xFFFF, [0x80] * 32)
    await pe.enter(HYPERVISOR)


async def _set_up(pe: Pe, virtual: VirtualConfig, state: _State, *, signalled: bool) -> None:
    """The hypervisor makes it so. `signalled`: a free List register is, where nothing of the state is."""
    listed = {n: lr(_VINTID + 2 + n, _USUAL) for n in range(virtual.list_registers) if state.all} | {0: state.lr}
    if signalled and state.group is None and state.hcr & EN:
        listed[1 if state.lr else 0] = lr(_OTHER, _HIGH)
    for n in range(virtual.list_registers):
        await pe.msr(f"ICH_LR{n}_EL2", listed.get(n, 0))
    for name in active_registers(virtual):
        level = [priority >> 8 - virtual.preemption_bits for priority in state.active]
        first = 32 * int(name[8])
        ones = sum(1 << at - first for at in level if first <= at < first + 32)
        await pe.msr(name, ones if name.startswith("ICH_AP1") else 0)
    await pe.msr("ICH_VMCR_EL2", vmcr())
    await pe.msr("ICH_HCR_EL2", state.hcr)
