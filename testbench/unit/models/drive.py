"""Software's and the devices' hands on a `Gic` of golden models: registers by name, wires, messages, interrupts by INTID.

A `Bench` remembers what left the GIC: the level of each PE's lines, and the findings that the models reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from irqpath.config.sizes import FIRST_LPI, SPURIOUS
from irqpath.core.errors import ArchError
from irqpath.core.transactions import (
    LineChange,
    LpiAck,
    Msi,
    OutLine,
    RegRead,
    RegReadData,
    RegWrite,
    RegWriteAck,
    Report,
    SysRead,
    SysReadData,
    SysWrite,
    SysWriteAck,
    Transaction,
)
from irqpath.regs import GICD, GICR, GITS, Element, Frame, system_register
from irqpath_testbench.sequences.fields import ENABLE_LPIS, PTZ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from irqpath.config.policy import Policy
    from irqpath.config.sizes import GicConfig
    from irqpath.core.transactions import Out
    from irqpath.gic.common.block import Block
    from irqpath.gic.system import Gic
    from irqpath_testbench.tools.faults.injection import Lib

#: Where a Bench puts the LPI tables.
PROP: Final = 0x4000_0000
PEND: Final = 0x4100_0000
PEND_STRIDE: Final = 0x1_0000

RWP_GICD: Final = 1 << 31
RWP_GICR: Final = 1 << 3
IRM: Final = 1 << 31


def frame_of(name: str) -> Frame:
    """The frame that a register belongs to, by its name."""
    return {"GICD": GICD, "GICR": GICR, "GITS": GITS}[name[:4]]


def link_of(name: str, pe: int = 0, its: int = 0) -> str:
    """The reg link of the block that has the register."""
    return {"GICD": "gicd.reg", "GICR": f"gicr{pe}.reg", "GITS": f"its{its}.reg"}[name[:4]]


def element(name: str) -> Element:
    """A memory-mapped register by name, with the number of its element: "GICD_ISENABLER1"."""
    return frame_of(name).element(name)


def read_request(name: str) -> RegRead:
    """A read of a whole register."""
    at = element(name)
    return RegRead(at.offset, at.register.width_bytes)


def write_request(name: str, value: int) -> RegWrite:
    """A write of a whole register."""
    at = element(name)
    return RegWrite(at.offset, at.register.width_bytes, value)


def sysreg(name: str) -> int:
    """Encoding of a system register."""
    return system_register(name).offset


def sgir(intid: int, targets: int = 0, *, irm: int = 0, aff: int = 0, rs: int = 0) -> int:
    """A value for ICC_SGI0R_EL1, ICC_SGI1R_EL1 or ICC_ASGI1R_EL1; `aff` is Aff3.Aff2.Aff1."""
    fields_ = (aff >> 16 & 0xFF) << 48 | rs << 44 | irm << 40 | (aff >> 8 & 0xFF) << 32 | intid << 24 | (aff & 0xFF) << 16
    return fields_ | targets


def on(out: Iterable[Out], link: str) -> list[Transaction]:
    """What went over one link."""
    return [t for name, t in out if name == link]


def reports(out: Iterable[Out]) -> list[ArchError]:
    """The findings among what a block put out."""
    return [t.error for _, t in out if isinstance(t, Report) and isinstance(t.error, ArchError)]


def fields_of(t: Transaction) -> dict[str, Any]:
    """A transaction's fields by name."""
    return {f.name: getattr(t, f.name) for f in fields(t)}


def reg_read(block: Block, name: str) -> int:
    """A register read from a block on its own."""
    (response,) = on(block.predict(f"{block.name}.reg", read_request(name)), f"{block.name}.rsp")
    assert isinstance(response, RegReadData)
    return response.value


def reg_write(block: Block, name: str, value: int) -> list[Out]:
    """A register written in a block on its own; what left the block but the response."""
    out = block.predict(f"{block.name}.reg", write_request(name, value))
    return [(link, t) for link, t in out if not isinstance(t, RegWriteAck)]


class Redistributors:
    """The Redistributors of an ITS on its own: remembers the commands; answers with the next of `responses`, or not pending."""

    def __init__(self) -> None:
        self.commands: list[tuple[int, Transaction]] = []
        self.responses: list[LpiAck] = []

    def call(self, pe: int, command: Transaction) -> LpiAck:
        """Take one command."""
        self.commands.append((pe, command))
        return self.responses.pop(0) if self.responses else LpiAck()


class Bench:
    """A `Gic`, its memory, and what has left it. `lines[pe]`: (IRQ, FIQ); `found`: reported findings, oldest first."""

    def __init__(self, lib: Lib, config: GicConfig | None = None, policy: Policy | None = None) -> None:
        self.lib = lib
        self.config = lib.GicConfig(its=()) if config is None else config
        self.gic: Gic = lib.Gic(self.config, lib.Policy() if policy is None else policy)
        self.memory = self.gic.memory
        lines = 2 if self.config.virtual is None and not self.config.security_or_extended else len(OutLine)
        self.lines = [[0] * lines for _ in range(self.config.pes)]
        self.wakes = [0] * self.config.pes
        self.found: list[ArchError] = []

    def send(self, link: str, transaction: Transaction) -> list[Out]:
        """Let a transaction enter; note lines and findings; return what left the GIC."""
        out = self.gic.send(link, transaction)
        self._note(out)
        return out

    def reset_pe(self, pe: int) -> None:
        """Reset a PE and its CPU interface."""
        self._note(self.gic.reset_pe(pe))

    def _note(self, out: Iterable[Out]) -> None:
        for link, t in out:
            if isinstance(t, Report) and isinstance(t.error, ArchError):
                self.found.append(t.error)
            elif isinstance(t, LineChange):
                pe = int(link[4 : link.index(".")])
                if t.line == OutLine.WAKE:
                    self.wakes[pe] = t.level
                else:
                    self.lines[pe][t.line] = t.level

    # --- registers ------------------------------------------------------------------------------------------------------

    def read_at(self, link: str, offset: int, size: int) -> RegReadData:
        """The response to a read of any size anywhere."""
        (response,) = [t for _, t in self.send(link, RegRead(offset, size)) if isinstance(t, RegReadData)]
        return response

    def write_at(self, link: str, offset: int, size: int, value: int) -> bool:
        """A write of any size anywhere; False for an error response."""
        (response,) = [t for _, t in self.send(link, RegWrite(offset, size, value)) if isinstance(t, RegWriteAck)]
        return response.ok

    def read(self, name: str, pe: int = 0) -> int:
        """A memory-mapped register; one of a Redistributor is that of `pe`."""
        request = read_request(name)
        response = self.read_at(link_of(name, pe), request.offset, request.size)
        assert response.ok, f"read of {name}"
        return response.value

    def write(self, name: str, value: int, pe: int = 0) -> None:
        """Write a memory-mapped register."""
        request = write_request(name, value)
        assert self.write_at(link_of(name, pe), request.offset, request.size, value), f"write of {name}"

    def mrs(self, name: str, pe: int = 0) -> int:
        """Read a system register."""
        (response,) = [t for _, t in self.send(f"gicc{pe}.sys", SysRead(sysreg(name))) if isinstance(t, SysReadData)]
        assert response.ok, f"MRS of {name}"
        return response.value

    def msr(self, name: str, value: int, pe: int = 0) -> None:
        """Write a system register."""
        (response,) = [t for _, t in self.send(f"gicc{pe}.sys", SysWrite(sysreg(name), value)) if isinstance(t, SysWriteAck)]
        assert response.ok, f"MSR of {name}"

    # --- bringing up ----------------------------------------------------------------------------------------------------

    def boot(self) -> Bench:
        """Bring up GICD and every PE as an operating system does; both groups enabled, PMR open, all SGIs and PPIs in Group 1."""
        self.write("GICD_CTLR", 0)
        self.write("GICD_CTLR", 3)
        for pe in range(self.config.pes):
            self.boot_pe(pe)
        return self

    def boot_pe(self, pe: int) -> None:
        """Wake a PE's Redistributor, put its SGIs and PPIs into Group 1, disabled, and open its CPU interface."""
        self.write("GICR_WAKER", 0, pe)
        assert self.read("GICR_WAKER", pe) == 0
        self.write("GICR_IGROUPR0", 0xFFFF_FFFF, pe)
        self.write("GICR_ICENABLER0", 0xFFFF_FFFF, pe)
        self.msr("ICC_SRE_EL1", 1, pe)
        self.msr("ICC_PMR_EL1", 0xFF, pe)
        self.msr("ICC_BPR0_EL1", 0, pe)
        self.msr("ICC_BPR1_EL1", 0, pe)
        self.msr("ICC_CTLR_EL1", 0, pe)
        self.msr("ICC_IGRPEN0_EL1", 1, pe)
        self.msr("ICC_IGRPEN1_EL1", 1, pe)

    def set_up(
        self, intid: int, *, priority: int = 0xA0, group: int = 1, edge: bool = False, pe: int = 0, enable: bool = True
    ) -> None:
        """Configure an SGI, PPI or SPI; an SPI is routed to `pe`."""
        self.set_priority(intid, priority, pe)
        self.write_bit("IGROUPR", intid, group, pe)
        if intid >= 16:
            self.set_edge(intid, edge, pe)
        if intid >= 32:
            self.route(intid, self.config.affinities[pe])
        if enable:
            self.enable(intid, pe)

    def lpis(self, pes: Sequence[int] | None = None, *, bits: int = 15, ptz: bool = True) -> None:
        """Give the PEs LPI tables (INTIDs of `bits` bits) and enable LPIs."""
        for pe in range(self.config.pes) if pes is None else pes:
            self.write("GICR_PROPBASER", PROP | (bits - 1), pe)
            self.write("GICR_PENDBASER", PEND + pe * PEND_STRIDE | (PTZ if ptz else 0), pe)
            self.write("GICR_CTLR", ENABLE_LPIS, pe)

    def lpi_config(self, intid: int, priority: int = 0xA0, *, enabled: bool = True) -> None:
        """Write an LPI's byte of the configuration table."""
        self.memory.write(PROP + intid - FIRST_LPI, 1, priority & 0xFC | enabled)

    def lpi_in_table(self, intid: int, pe: int = 0) -> int:
        """An LPI's bit of the pending table."""
        return self.memory.read(PEND + pe * PEND_STRIDE + intid // 8, 1) >> (intid % 8) & 1

    # --- interrupts by INTID --------------------------------------------------------------------------------------------

    def array(self, suffix: str, intid: int, per_element: int = 32) -> str:
        """The element of an array that has `intid`: of GICR for SGIs and PPIs, else of GICD."""
        if intid >= 32:
            return f"GICD_{suffix}{intid // per_element}"
        register = GICR.register(f"GICR_{suffix}") if per_element == 4 else None
        return f"GICR_{suffix}{intid // per_element}" if register is None or register.is_array else f"GICR_{suffix}"

    def write_bit(self, suffix: str, intid: int, level: int, pe: int = 0) -> None:
        """Read, change and write one bit of an array that has one bit an interrupt."""
        name, bit = self.array(suffix, intid), 1 << intid % 32
        self.write(name, self.read(name, pe) & ~bit | bit * level, pe)

    def bit(self, suffix: str, intid: int, pe: int = 0) -> int:
        """One bit of an array that has one bit an interrupt."""
        return self.read(self.array(suffix, intid), pe) >> intid % 32 & 1

    def hit(self, suffix: str, intid: int, pe: int = 0) -> None:
        """Write 1 to one bit of a set or clear register, 0 to the others."""
        self.write(self.array(suffix, intid), 1 << intid % 32, pe)

    def enable(self, intid: int, pe: int = 0) -> None:
        """ISENABLER."""
        self.hit("ISENABLER", intid, pe)

    def disable(self, intid: int, pe: int = 0) -> None:
        """ICENABLER."""
        self.hit("ICENABLER", intid, pe)

    def pend(self, intid: int, pe: int = 0) -> None:
        """ISPENDR."""
        self.hit("ISPENDR", intid, pe)

    def unpend(self, intid: int, pe: int = 0) -> None:
        """ICPENDR."""
        self.hit("ICPENDR", intid, pe)

    def pending(self, intid: int, pe: int = 0) -> bool:
        """What ISPENDR shows."""
        return bool(self.bit("ISPENDR", intid, pe))

    def active(self, intid: int, pe: int = 0) -> bool:
        """What ISACTIVER shows."""
        return bool(self.bit("ISACTIVER", intid, pe))

    def set_priority(self, intid: int, priority: int, pe: int = 0) -> None:
        """One byte of IPRIORITYR."""
        at = element(self.array("IPRIORITYR", intid, 4))
        block = "gicd.reg" if intid >= 32 else f"gicr{pe}.reg"
        assert self.write_at(block, at.offset + intid % 4, 1, priority)

    def set_edge(self, intid: int, edge: bool, pe: int = 0) -> None:
        """The two bits of ICFGR."""
        name = f"GICR_ICFGR{intid // 16}" if intid < 32 else f"GICD_ICFGR{intid // 16}"
        bit = 2 << intid % 16 * 2
        self.write(name, self.read(name, pe) & ~bit | bit * edge, pe)

    def route(self, intid: int, affinity: int) -> None:
        """GICD_IROUTER to an affinity (Aff3.Aff2.Aff1.Aff0, 8 bits each)."""
        self.write(f"GICD_IROUTER{intid}", (affinity & 0xFF00_0000) << 8 | affinity & 0xFF_FFFF)

    def wire(self, intid: int, level: int, pe: int = 0) -> None:
        """Drive the wire of an SPI, or of a PPI of `pe`."""
        self.send("gicd.spi" if intid >= 32 else f"gicr{pe}.ppi", LineChange(intid, level))

    def pulse(self, intid: int, pe: int = 0) -> None:
        """A rising and a falling edge."""
        self.wire(intid, 1, pe)
        self.wire(intid, 0, pe)

    def msi(self, device: int, event: int, its: int = 0) -> list[Out]:
        """A device writes GITS_TRANSLATER."""
        return self.send(f"its{its}.msi", Msi(device, event))

    def ack(self, pe: int = 0, group: int = 1) -> int:
        """ICC_IAR<group>_EL1."""
        return self.mrs(f"ICC_IAR{group}_EL1", pe)

    def eoi(self, intid: int, pe: int = 0, group: int = 1) -> None:
        """ICC_EOIR<group>_EL1."""
        self.msr(f"ICC_EOIR{group}_EL1", intid, pe)

    def take(self, pe: int = 0, group: int = 1) -> list[int]:
        """Acknowledge and end interrupts until none is left; their INTIDs in order."""
        taken: list[int] = []
        while (intid := self.ack(pe, group)) != SPURIOUS:
            taken.append(intid)
            self.eoi(intid, pe, group)
            assert len(taken) < 10_000, "interrupts without end"
        return taken

    def irq(self, pe: int = 0) -> int:
        """Level of nIRQ, 1 when asserted."""
        return self.lines[pe][OutLine.IRQ]

    def fiq(self, pe: int = 0) -> int:
        """Level of nFIQ, 1 when asserted."""
        return self.lines[pe][OutLine.FIQ]
