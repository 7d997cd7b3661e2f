"""GICC of a PE with EL2: the physical CPU interface and, inside it, the virtual one (IHI 0069 6, 12.3, 12.4).

Beside the links of `cpu_interface`: `gicc<n>.sys` also takes PeState, and answers SysTrap where an access traps;
`stream<n>.down` brings VSet and VClear, `stream<n>.up` takes VActivate, VRelease, VClearAck (GICv4); `gicc<n>.irq` also has
vIRQ, vFIQ and the maintenance interrupt. Order within one input: answer, stream, physical lines, virtual lines.
"""

from __future__ import annotations

from typing import Final

from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig, VirtualConfig
from irqpath.core.errors import ArchError
from irqpath.core.state import Int, Many, Part, Record, Schema
from irqpath.core.transactions import (
    Deactivate,
    LineChange,
    OutLine,
    PeState,
    Quiesce,
    SysRead,
    SysReadData,
    SysTrap,
    SysWrite,
    SysWriteAck,
    VActivate,
    VActivateAck,
    VClear,
    VClearAck,
    VRelease,
    VSet,
)
from irqpath.gic.common.shapes import REGISTER64
from irqpath.gic.gicc.cpu_interface import CpuInterface, Reader, Writer
from irqpath.gic.gicc.pe_state import Destination, Kind, Route, destination, kind_of
from irqpath.gic.gicc.virtual_interface import VirtualInterface
from irqpath.gic.gicc.virtual_registers import Registers, guest, hypervisor
from irqpath.regs import ICC, ICH

#: ICC_SRE_EL2: SRE, DFB, DIB, Enable, all RAO/WI without legacy support
_SRE: Final = 0b1111
_NAMES: Final = {register.offset: register.name for registers in (ICC, ICH) for register in registers.registers}
_KINDS: Final = {encoding: kind_of(name) for encoding, name in _NAMES.items()}
_ENCODINGS: Final = {name: encoding for encoding, name in _NAMES.items()}
_LINES: Final = (OutLine.VIRQ, OutLine.VFIQ, OutLine.MAINTENANCE)


class VirtualizedCpuInterface(CpuInterface):
    """GICC with a virtual interface. `pe_state`: the PE's; `virtual`: the virtual interface; `virtual_lines`: as put out."""

    __slots__ = ("_has_el2", "_virtual_reads", "_virtual_writes", "pe_state", "virtual", "virtual_lines")

    def __init__(self, pe: int, config: GicConfig, policy: Policy = IRQPATH) -> None:
        self._has_el2 = config.virtual is not None
        # without EL2 nothing reaches the virtual interface
        virtual = config.virtual or VirtualConfig(list_registers=1)
        self.virtual = VirtualInterface(virtual, policy, self)
        self.virtual_lines = [0, 0, 0]
        self.pe_state = self._first_state()
        super().__init__(pe, config, policy)
        self._virtual_reads, self._virtual_writes = _encoded(guest(self.virtual))
        self._on(f"gicc{pe}.sys", PeState, self._pe_state)
        if virtual.direct:
            down = f"stream{pe}.down"
            self._on(down, VSet, self._vset)
            self._on(down, VClear, self._vclear)
            self._on(down, VActivateAck, self._ack)

    def _first_state(self) -> PeState:
        return PeState(2)

    def _registers(self) -> tuple[dict[int, Reader], dict[int, Writer]]:
        reads, writes = super()._registers()
        more_reads, more_writes = _encoded(hypervisor(self.virtual))
        reads.update(more_reads)
        writes.update(more_writes)
        sre = _ENCODINGS["ICC_SRE_EL2"]
        reads[sre], writes[sre] = lambda: _SRE, lambda value: None
        return reads, writes

    def _reset_state(self) -> None:
        super()._reset_state()
        self.virtual.reset()
        self.pe_state = self._first_state()

    def schema(self) -> Schema:
        """And the virtual interface, and the PE's state."""
        pe_state = Record(PeState, {"el": Int(3), "hcr": REGISTER64, "scr": REGISTER64})
        return {**super().schema(), "virtual": Part(), "virtual_lines": Many(Int(1), 3), "pe_state": pe_state}

    # --- VirtualHost ----------------------------------------------------------------------------------------------------

    def deactivate_physical(self, intid: int) -> None:
        """Of a List register with HW = 1: as if the hypervisor had written ICC_DIR_EL1 (R52)."""
        self._request(Deactivate(intid))

    def activate_direct(self, intid: int) -> None:
        """The guest acknowledged the direct virtual interrupt."""
        self._request(VActivate(intid))

    # --- inputs ---------------------------------------------------------------------------------------------------------

    def _pe_state(self, t: PeState) -> None:
        self.pe_state = t
        self._update_lines()

    def _vset(self, t: VSet) -> None:
        if self.virtual.direct is not None:
            self._out.append((self._up, VRelease(self.virtual.direct[1])))
        self.virtual.direct = (t.priority, t.intid, t.group)
        self._update_lines()

    def _quiesce(self, t: Quiesce) -> None:
        direct, self.virtual.direct = self.virtual.direct, None
        if direct is not None:
            self._out.append((self._up, VRelease(direct[1])))
        super()._quiesce(t)

    def _vclear(self, t: VClear) -> None:
        direct = self.virtual.direct
        if direct is not None and direct[1] == t.intid:
            self.virtual.direct = None
        self._out.append((self._up, VClearAck(t.intid)))
        self._update_lines()

    def destination(self, reg: int) -> Destination:
        """Where an access to the register of that encoding goes in the PE's present state."""
        return destination(_KINDS.get(reg, Kind.COMMON), self.pe_state, self._has_el2, self.virtual.hcr)

    def _sys_read(self, t: SysRead) -> None:
        to = self.destination(t.reg)
        if isinstance(to, int):
            self._out.append((self._sys_rsp, SysTrap(to)))
        elif to is Route.VIRTUAL and t.reg in self._virtual_reads:
            at = len(self._out)
            value = self._virtual_reads[t.reg]()
            self._out.insert(at, (self._sys_rsp, SysReadData(value)))
            self._update_lines()
        elif to is Route.PHYSICAL:
            super()._sys_read(t)
        else:
            self.report(ArchError.UNDEFINED_SYSREG, f"read of {t.reg:#06x} at EL{self.pe_state.el}")
            self._out.append((self._sys_rsp, SysReadData(0, ok=False)))

    def _sys_write(self, t: SysWrite) -> None:
        to = self.destination(t.reg)
        if isinstance(to, int):
            self._out.append((self._sys_rsp, SysTrap(to)))
        elif to is Route.VIRTUAL and t.reg in self._virtual_writes:
            self._out.append((self._sys_rsp, SysWriteAck()))
            self._virtual_writes[t.reg](t.value)
            self._update_lines()
        elif to is Route.PHYSICAL:
            super()._sys_write(t)
        else:
            self.report(ArchError.UNDEFINED_SYSREG, f"write of {t.reg:#06x} at EL{self.pe_state.el}")
            self._out.append((self._sys_rsp, SysWriteAck(ok=False)))

    def _update_lines(self) -> None:
        super()._update_lines()
        virtual = self.virtual
        virtual.update()
        if virtual.lines != self.virtual_lines:
            for line, old, new in zip(_LINES, self.virtual_lines, virtual.lines, strict=True):
                if old != new:
                    self._out.append((self._irq, LineChange(line, new)))
            self.virtual_lines = virtual.lines


def encoding_of(name: str) -> int:
    """Encoding of a system register."""
    return _ENCODINGS[name]


def _encoded(registers: Registers) -> tuple[dict[int, Reader], dict[int, Writer]]:
    """Handlers by encoding instead of by name."""
    reads, writes = registers
    return {_ENCODINGS[name]: f for name, f in reads.items()}, {_ENCODINGS[name]: f for name, f in writes.items()}
