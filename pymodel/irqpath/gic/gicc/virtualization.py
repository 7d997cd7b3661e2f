"""What a CPU interface has that is virtualized: the state of its PE, the virtual interface, and where an access goes (IHI 0069 6,
12.3, 12.4).

`gicc<n>.sys` also takes PeState, and answers SysTrap where an access traps; `stream<n>.down` brings VSet and VClear,
`stream<n>.up` takes VActivate, VRelease, VClearAck (GICv4); `gicc<n>.irq` also has vIRQ, vFIQ and the maintenance interrupt.
Order within one input: response, stream, physical lines, virtual lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from irqpath.config.policy import Policy
from irqpath.config.sizes import FIRST_SPECIAL, GicConfig, VirtualConfig
from irqpath.core.errors import ArchError
from irqpath.core.link import Link
from irqpath.core.state import Int, Many, Part, Record, Schema, Stateful
from irqpath.core.transactions import (
    Deactivate,
    LineChange,
    OutLine,
    PeState,
    SysRead,
    SysReadData,
    SysTrap,
    SysWrite,
    SysWriteAck,
    Transaction,
    VActivate,
    VActivateAck,
    VClear,
    VClearAck,
    VRelease,
    VSet,
)
from irqpath.gic.common.inputs import Limit
from irqpath.gic.common.shapes import REGISTER64
from irqpath.gic.gicc.pe_state import Destination, Kind, Route, destination, kind_of
from irqpath.gic.gicc.requests import Requests
from irqpath.gic.gicc.virtual_interface import VirtualInterface
from irqpath.gic.gicc.virtual_registers import Reader, Registers, Writer, guest, hypervisor
from irqpath.regs import ICC, ICH

#: ICC_SRE_EL2: SRE, DFB, DIB, Enable, all RAO/WI without legacy support
_SRE: Final = 0b1111
_NAMES: Final = {register.offset: register.name for registers in (ICC, ICH) for register in registers.registers}
_KINDS: Final = {encoding: kind_of(name) for encoding, name in _NAMES.items()}
_ENCODINGS: Final = {name: encoding for encoding, name in _NAMES.items()}
_LINES: Final = (OutLine.VIRQ, OutLine.VFIQ, OutLine.MAINTENANCE)
#: Handlers by encoding.
Encoded: TypeAlias = tuple[dict[int, Reader], dict[int, Writer]]


class VirtualizationHost(Protocol):
    """The physical CPU interface around it."""

    @property
    def pe(self) -> int:
        """The number of its PE."""

    @property
    def requests(self) -> Requests:
        """What the Redistributor acknowledges."""

    def respond_read(self, read: Reader) -> None:
        """Answer a read of a register, before whatever `read` puts out."""

    def emit(self, link: Link, transaction: Transaction) -> None:
        """Put something out."""

    def listen(self, link: Link, kind: type, handler: Callable[..., None], *limits: Limit) -> None:
        """Register an input."""

    def physical_read(self, t: SysRead) -> None:
        """An access that reaches the physical interface."""

    def physical_write(self, t: SysWrite) -> None:
        """An access that reaches the physical interface."""

    def report(self, error: ArchError, detail: str = "") -> None:
        """Announce a finding."""

    def update_lines(self) -> None:
        """Bring all output lines up to date."""


class Virtualization(Stateful):
    """`pe_state`: the PE's; `virtual`: the virtual interface; `virtual_lines`: as put out. `first`: the PE's state after a reset.
    It is the `VirtualHost` of its virtual interface."""

    __slots__ = (
        "_extended",
        "_first",
        "_has_el2",
        "_host",
        "_irq",
        "_reads",
        "_sys_rsp",
        "_up",
        "_writes",
        "pe_state",
        "virtual",
        "virtual_lines",
    )

    def __init__(self, host: VirtualizationHost, config: GicConfig, policy: Policy, first: PeState) -> None:
        self._host = host
        self._first = first
        self._extended = config.extended
        self._has_el2 = config.virtual is not None
        # without EL2 nothing reaches the virtual interface
        self.virtual = VirtualInterface(config.virtual or VirtualConfig(list_registers=1), policy, self)
        self.virtual_lines = [0, 0, 0]
        self.pe_state = first
        self._reads, self._writes = encoded(guest(self.virtual))
        pe = host.pe
        self._sys_rsp, self._up, self._irq = Link.gicc(pe, "sys_rsp"), Link.stream(pe, "up"), Link.gicc(pe, "irq")

    def listen(self) -> None:
        """Register the inputs."""
        sys, down = Link.gicc(self._host.pe, "sys"), Link.stream(self._host.pe, "down")
        self._host.listen(sys, SysRead, self._sys_read)
        self._host.listen(sys, SysWrite, self._sys_write)
        self._host.listen(sys, PeState, self._pe_state)
        if self.virtual.config.gicv4:
            self._host.listen(down, VSet, self._vset)
            self._host.listen(down, VClear, self._vclear)
            self._host.listen(down, VActivateAck, self._host.requests.acknowledged)

    def reset(self) -> None:
        """As after a reset of the PE; the lines follow."""
        self.virtual.reset()
        self.pe_state = self._first

    def schema(self) -> Schema:
        """The virtual interface, and the PE's state."""
        pe_state = Record(PeState, {"el": Int(3), "hcr": REGISTER64, "scr": REGISTER64})
        return {"virtual": Part(), "virtual_lines": Many(Int(1), 3), "pe_state": pe_state}

    def physical_registers(self) -> Encoded:
        """Registers of EL2 that the physical interface answers besides its own: the hypervisor's."""
        reads, writes = encoded(hypervisor(self.virtual))
        sre = _ENCODINGS["ICC_SRE_EL2"]
        reads[sre], writes[sre] = lambda: _SRE, lambda value: None
        return reads, writes

    # --- VirtualHost ----------------------------------------------------------------------------------------------------

    def deactivate_physical(self, intid: int) -> None:
        """Of a List register with HW = 1: as if the hypervisor had written ICC_DIR_EL1 (R52), which does nothing for INTIDs
        that no interrupt with an active state has."""
        if intid < FIRST_SPECIAL or self._extended:
            self._host.requests.send(Deactivate(intid))

    def activate_offered(self, intid: int) -> None:
        """The guest acknowledged the offered virtual interrupt."""
        self._host.requests.send(VActivate(intid))

    def report(self, error: ArchError, detail: str = "") -> None:
        """Announce a finding."""
        self._host.report(error, detail)

    # --- inputs ---------------------------------------------------------------------------------------------------------

    def _pe_state(self, t: PeState) -> None:
        self.pe_state = t
        self._host.update_lines()

    def _vset(self, t: VSet) -> None:
        self.quiesce()
        self.virtual.offered = (t.priority, t.intid, t.group)
        self._host.update_lines()

    def quiesce(self) -> None:
        """Give the offered virtual interrupt back."""
        offered, self.virtual.offered = self.virtual.offered, None
        if offered is not None:
            self._host.emit(self._up, VRelease(offered[1]))

    def _vclear(self, t: VClear) -> None:
        offered = self.virtual.offered
        if offered is not None and offered[1] == t.intid:
            self.virtual.offered = None
        self._host.emit(self._up, VClearAck(t.intid))
        self._host.update_lines()

    def destination(self, reg: int) -> Destination:
        """Where an access to the register of that encoding goes in the PE's present state."""
        return destination(_KINDS.get(reg, Kind.COMMON), self.pe_state, self._has_el2, self.virtual.hcr)

    def _sys_read(self, t: SysRead) -> None:
        to = self.destination(t.reg)
        if isinstance(to, int):
            self._host.emit(self._sys_rsp, SysTrap(to))
        elif to is Route.VIRTUAL and t.reg in self._reads:
            self._host.respond_read(self._reads[t.reg])
            self._host.update_lines()
        elif to is Route.PHYSICAL:
            self._host.physical_read(t)
        else:
            self._host.report(ArchError.UNDEFINED_SYSREG, f"read of {t.reg:#06x} at EL{self.pe_state.el}")
            self._host.emit(self._sys_rsp, SysReadData(0, ok=False))

    def _sys_write(self, t: SysWrite) -> None:
        to = self.destination(t.reg)
        if isinstance(to, int):
            self._host.emit(self._sys_rsp, SysTrap(to))
        elif to is Route.VIRTUAL and t.reg in self._writes:
            self._host.emit(self._sys_rsp, SysWriteAck())
            self._writes[t.reg](t.value)
            self._host.update_lines()
        elif to is Route.PHYSICAL:
            self._host.physical_write(t)
        else:
            self._host.report(ArchError.UNDEFINED_SYSREG, f"write of {t.reg:#06x} at EL{self.pe_state.el}")
            self._host.emit(self._sys_rsp, SysWriteAck(ok=False))

    def update_lines(self) -> None:
        """Bring the virtual output lines up to date."""
        virtual = self.virtual
        virtual.update()
        if virtual.lines != self.virtual_lines:
            for line, old, new in zip(_LINES, self.virtual_lines, virtual.lines, strict=True):
                if old != new:
                    self._host.emit(self._irq, LineChange(line, new))
            self.virtual_lines = virtual.lines


def encoding_of(name: str) -> int:
    """Encoding of a system register."""
    return _ENCODINGS[name]


def encoded(registers: Registers) -> Encoded:
    """Handlers by encoding instead of by name."""
    reads, writes = registers
    return {_ENCODINGS[name]: f for name, f in reads.items()}, {_ENCODINGS[name]: f for name, f in writes.items()}
