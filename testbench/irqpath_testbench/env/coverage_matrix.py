"""Events × states of a virtual interface: what software, the Redistributor and resets do to it, against what its List registers,
its lines and its controls are when they do. The golden model says the state, before it takes the event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from irqpath.config.sizes import VirtualConfig
from irqpath.core.link import Link
from irqpath.core.transactions import Observed, PeState, Reset, Set, SysRead, SysWrite
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.gic.gicc.pe_state import Route
from irqpath.gic.gicc.virtual_interface import (
    EN,
    EOICOUNT_LSB,
    LR_ACTIVE,
    LR_EOI,
    LR_HW,
    LR_PENDING,
    TALL0,
    TALL1,
    TC,
    TDIR,
    VirtualInterface,
)
from irqpath.gic.gicc.virtualization import Virtualization
from irqpath.regs import ICC, ICH

GROUP: Final = "event in state"
EVENTS: Final = (
    *("LR emptied", "LR pending", "LR active", "LR pending and active", "LR with HW", "signalled LR rewritten"),
    *("ICH_HCR written", "ICH_VMCR written", "ICH_AP written", "ICH read"),
    *("acknowledge", "spurious acknowledge", "HPPIR", "EOIR", "DIR"),
    *("PMR written", "BPR written", "CTLR written", "IGRPEN written", "AP written"),
    *("trap", "to EL2", "to EL1", "Set", "physical acknowledge", "reset"),
)
STATES: Final = (
    *("nothing listed", "pending", "active", "pending and active", "HW pending", "HW active", "ended", "all in use"),
    *("vIRQ high", "vFIQ high", "maintenance high", "off", "trapping", "nested", "EOIcount"),
)
_NEEDS_ONE: Final = ("acknowledge", "signalled LR rewritten")
#: Cells that cannot be reached, and why; that they are not is checked.
_IMPOSSIBLE: Final = {
    (event, state): why
    for event in _NEEDS_ONE
    for state, why in (("nothing listed", "nothing is pending"), ("off", "nothing is signalled while ICH_HCR_EL2.En is 0"))
}
#: Those of an interface with one List register, besides.
_WITH_ONE_REGISTER: Final = {
    (event, state): "the only List register is not pending"
    for event in _NEEDS_ONE
    for state in ("active", "pending and active", "HW active", "ended")
}
_LR_STATE: Final = LR_PENDING | LR_ACTIVE
_TRAPS: Final = TC | TALL0 | TALL1 | TDIR


def _by(table: dict[str, str]) -> dict[int, str]:
    """Events by encoding; `table`: by how names of registers begin."""
    return {
        register.offset: event
        for start, event in table.items()
        for registers in (ICC, ICH)
        for register in registers.registers
        if register.name.startswith(start)
    }


_LRS: Final = {ICH.by_name(f"ICH_LR{n}_EL2").offset: n for n in range(16)}
_HYPERVISOR_WRITES: Final = _by(
    {"ICH_HCR": "ICH_HCR written", "ICH_VMCR": "ICH_VMCR written", "ICH_AP0": "ICH_AP written", "ICH_AP1": "ICH_AP written"}
)
_HYPERVISOR_READS: Final = _by({"ICH_": "ICH read"})
_IAR: Final = {ICC.by_name(f"ICC_IAR{group}_EL1").offset: group for group in (0, 1)}
_GUEST_READS: Final = _by({"ICC_HPPIR": "HPPIR"})
_GUEST_WRITES: Final = _by(
    {
        "ICC_EOIR": "EOIR",
        "ICC_DIR": "DIR",
        "ICC_PMR": "PMR written",
        "ICC_BPR": "BPR written",
        "ICC_CTLR_EL1": "CTLR written",
        "ICC_IGRPEN0": "IGRPEN written",
        "ICC_IGRPEN1_EL1": "IGRPEN written",
        "ICC_AP0": "AP written",
        "ICC_AP1": "AP written",
    }
)


def impossible(config: VirtualConfig) -> dict[tuple[str, str], str]:
    """Cells that no software reaches on an interface of that shape, with the reason."""
    return _IMPOSSIBLE | (_WITH_ONE_REGISTER if config.list_registers == 1 else {})


def matrix(config: VirtualConfig) -> tuple[str, ...]:
    """The bins: each event in each state in which it can be."""
    never = impossible(config)
    return tuple(f"{event}, {state}" for event in EVENTS for state in STATES if (event, state) not in never)


class VirtualMatrix:
    """Of one PE. `hit(group, bin)` is told each cell; `reached`: impossible ones that were, as text; `links`: of its
    inputs."""

    def __init__(self, unit: CpuInterface, virtualization: Virtualization, hit: Callable[[str, str], None]) -> None:
        self.reached: list[str] = []
        self.links: tuple[str, ...] = (Link.gicc(unit.pe, "sys"), Link.gicc(unit.pe, "reset"), Link.stream(unit.pe, "down"))
        self._pe = unit.pe
        self._virtualization = virtualization
        self._hit = hit
        self._never = impossible(virtualization.virtual.config)

    def saw(self, o: Observed) -> None:
        """An input of the CPU interface, which its model has not taken yet."""
        events = tuple(self._events(o))
        if not events:
            return
        virtual = self._virtualization.virtual
        states = _states(tuple(virtual.lr), virtual.hcr, virtual.ap[0] | virtual.ap[1], tuple(virtual.lines))
        for event in events:
            for state in states:
                self._hit(GROUP, f"{event}, {state}")
                if (why := self._never.get((event, state))) is not None:
                    self.reached.append(f"PE {self._pe}, cycle {o.accept}: {event}, {state}, though {why}")

    def _events(self, o: Observed) -> Iterator[str]:
        t = o.transaction
        if isinstance(t, SysRead | SysWrite):
            to = self._virtualization.destination(t.reg)
            if isinstance(to, int):
                yield "trap"
            elif to is Route.VIRTUAL:
                yield from self._guest(t)
            elif to is Route.PHYSICAL:
                yield from self._hypervisor(t)
        elif isinstance(t, PeState):
            yield "to EL2" if t.el == 2 else "to EL1" if t.el == 1 else "to another level"
        elif isinstance(t, Set):
            yield "Set"
        elif isinstance(t, Reset):
            yield "reset"

    def _guest(self, t: SysRead | SysWrite) -> Iterator[str]:
        if isinstance(t, SysWrite):
            names = _GUEST_WRITES
        elif t.reg in _IAR:
            virtual = self._virtualization.virtual
            pick = virtual.pick()
            taken = pick is not None and pick.group == _IAR[t.reg] and virtual.signalled(pick)
            yield "acknowledge" if taken else "spurious acknowledge"
            return
        else:
            names = _GUEST_READS
        if t.reg in names:
            yield names[t.reg]

    def _hypervisor(self, t: SysRead | SysWrite) -> Iterator[str]:
        if isinstance(t, SysRead):
            if t.reg in _HYPERVISOR_READS:
                yield _HYPERVISOR_READS[t.reg]
            elif t.reg in _IAR:
                yield "physical acknowledge"
        elif t.reg in _HYPERVISOR_WRITES:
            yield _HYPERVISOR_WRITES[t.reg]
        elif t.reg in _LRS and _LRS[t.reg] < self._virtualization.virtual.config.list_registers:
            yield from _listed(self._virtualization.virtual, _LRS[t.reg], t.value)


def _listed(virtual: VirtualInterface, n: int, value: int) -> Iterator[str]:
    """A write of List register `n`."""
    state = value & _LR_STATE
    if state and value & LR_HW:
        yield "LR with HW"
    else:
        yield {0: "LR emptied", LR_PENDING: "LR pending", LR_ACTIVE: "LR active"}.get(state, "LR pending and active")
    pick = virtual.pick()
    if pick is not None and pick.index == n and virtual.signalled(pick):
        yield "signalled LR rewritten"


@lru_cache(maxsize=4096)
def _states(lrs: tuple[int, ...], hcr: int, active: int, lines: tuple[int, ...]) -> tuple[str, ...]:
    """What is the case. `active`: active priorities of both groups; `lines`: vIRQ, vFIQ, maintenance."""
    used = [lr & (_LR_STATE | LR_HW) for lr in lrs if lr & _LR_STATE]
    cases = (
        not used,
        LR_PENDING in used,
        LR_ACTIVE in used,
        _LR_STATE in used,
        LR_PENDING | LR_HW in used,
        LR_ACTIVE | LR_HW in used,
        any(lr & (_LR_STATE | LR_HW | LR_EOI) == LR_EOI for lr in lrs),
        len(used) == len(lrs),
        *lines,
        not hcr & EN,
        hcr & _TRAPS,
        active & active - 1,
        hcr >> EOICOUNT_LSB & 0x1F,
    )
    return tuple(state for state, is_so in zip(STATES, cases, strict=True) if is_so)
