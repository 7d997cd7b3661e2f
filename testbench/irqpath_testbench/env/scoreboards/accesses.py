"""Where the accesses of PEs that have a virtual interface go, told from what monitors saw: by the PE's state and ICH_HCR_EL2, as
the pseudocode of the registers' pages says (DDI 0601)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Observed, OutLine, PeState, SysRead, SysReadData, SysWrite, SysWriteAck
from irqpath.gic.gicc.pe_state import Kind, Route, destination, kind_of
from irqpath.regs import ICC, ICH

_KINDS: Final = {register.offset: kind_of(register.name) for registers in (ICC, ICH) for register in registers.registers}
_HCR: Final = ICH.by_name("ICH_HCR_EL2").offset
_RESET: Final = PeState(2)

Saw = Callable[[Observed], None]


class Accesses:
    """Of each PE: `states`, its state; what ICH_HCR_EL2 has; where its last access went."""

    def __init__(self, pes: int) -> None:
        self.states = [_RESET] * pes
        self._hcr = [0] * pes
        self._last: list[Route | None] = [None] * pes

    def asked(self, pe: int, o: Observed) -> Route | None:
        """Where an access goes; None where it traps. A barrier is of the physical interface."""
        t = o.transaction
        if isinstance(t, PeState):
            self.states[pe] = t
            return None
        route: Route | None = Route.PHYSICAL
        if isinstance(t, SysRead | SysWrite):
            kind = _KINDS.get(t.reg, Kind.COMMON)
            to = destination(kind, self.states[pe], has_el2=True, ich_hcr=self._hcr[pe])
            route = to if isinstance(to, Route) else None
            if route is Route.PHYSICAL and isinstance(t, SysWrite) and t.reg == _HCR:
                self._hcr[pe] = t.value
        self._last[pe] = route
        return route

    def answered(self, pe: int) -> Route | None:
        """Where the access went that is answered now."""
        return self._last[pe]

    def reset(self, pe: int) -> None:
        """As after a reset of the PE."""
        self.states[pe], self._hcr[pe], self._last[pe] = _RESET, 0, None


class Split:
    """Hands on what belongs to the physical interface alone, and to `guest` what belongs to the virtual one."""

    def __init__(self, pes: int, hypervisor: Callable[[int, Observed], None], guest: Callable[[int, Observed], None]) -> None:
        """`hypervisor` is told accesses to the physical interface and its registers at EL2, resets and changes of the virtual
        lines, besides; `guest` accesses to the virtual one, with their responses."""
        self.accesses = Accesses(pes)
        self._hypervisor = hypervisor
        self._guest = guest

    def of(self, link: str, functions: list[Saw]) -> list[Saw]:
        """What takes the place of `functions` on `link`."""
        to = Link(link)
        ways = {"sys": self._asked, "sys_rsp": self._answered, "irq": self._line, "reset": self._reset}
        if to.unit != "gicc" or to.end not in ways:
            return functions
        return [partial(ways[to.end], to.number, functions)]

    def _asked(self, pe: int, functions: list[Saw], o: Observed) -> None:
        self._route(self.accesses.asked(pe, o), pe, functions, o)

    def _answered(self, pe: int, functions: list[Saw], o: Observed) -> None:
        if isinstance(o.transaction, SysReadData | SysWriteAck) and not o.transaction.ok:
            return
        self._route(self.accesses.answered(pe), pe, functions, o)

    def _route(self, route: Route | None, pe: int, functions: list[Saw], o: Observed) -> None:
        if route is Route.PHYSICAL:
            for function in functions:
                function(o)
            self._hypervisor(pe, o)
        elif route is Route.VIRTUAL:
            self._guest(pe, o)

    def _line(self, pe: int, functions: list[Saw], o: Observed) -> None:
        if isinstance(o.transaction, LineChange) and o.transaction.line >= OutLine.VIRQ:
            self._hypervisor(pe, o)
            return
        for function in functions:
            function(o)

    def _reset(self, pe: int, functions: list[Saw], o: Observed) -> None:
        self.accesses.reset(pe)
        for function in functions:
            function(o)
        self._hypervisor(pe, o)
