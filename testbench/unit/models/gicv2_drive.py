"""Software's and the devices' hands on a GICv2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import SPURIOUS
from irqpath.core.errors import ArchError
from irqpath.core.transactions import LineChange, OutLine, RegRead, RegReadData, RegWrite, RegWriteAck, Report
from irqpath.gic.gicv2.registers import gicd_frame
from irqpath.regs import GICC, GICH, GICV, V2M

if TYPE_CHECKING:
    from irqpath.config.policy import Policy
    from irqpath.core.transactions import Out
    from irqpath_testbench.tools.faults.injection import Lib

ACKCTL, FIQEN, CBPR, EOIMODE = 1 << 2, 1 << 3, 1 << 4, 1 << 9


class Gicv2Bench:
    """A `Gicv2` and what has left it. `lines[pe]` by `OutLine`; `found`: reported findings, oldest first."""

    def __init__(self, lib: Lib, policy: Policy | None = None, **config: Any) -> None:
        self.config = Gicv2Config(**config)
        self.gic = lib.Gicv2(self.config, lib.Policy() if policy is None else policy)
        self.lines = [[0] * len(OutLine) for _ in range(self.config.pes)]
        self.found: list[ArchError] = []
        self._frames: Final = {"GICD": gicd_frame(self.config.v3), "GICC": GICC, "GICH": GICH, "GICV": GICV, "V2M_": V2M}

    def send(self, link: str, t: Any) -> list[Out]:
        """Let a transaction enter; note lines and findings."""
        out = self.gic.send(link, t)
        for name, change in out:
            if isinstance(change, Report) and isinstance(change.error, ArchError):
                self.found.append(change.error)
            elif isinstance(change, LineChange):
                self.lines[int(name[4 : name.index(".")])][change.line] = change.level
        return out

    def read(self, name: str, pe: int = 0, *, secure: bool = True) -> int:
        """A whole register, by name."""
        at = self._frames[name[:4]].element(name)
        out = self.send(f"{name[:4].lower().rstrip('_')}.reg", RegRead(at.offset, at.register.width_bytes, pe, secure))
        (response,) = [t for _, t in out if isinstance(t, RegReadData)]
        assert response.ok, name
        return response.value

    def write(self, name: str, value: int, pe: int = 0, *, secure: bool = True) -> None:
        """Write a whole register, by name."""
        at = self._frames[name[:4]].element(name)
        out = self.send(f"{name[:4].lower().rstrip('_')}.reg", RegWrite(at.offset, at.register.width_bytes, value, pe, secure))
        (response,) = [t for _, t in out if isinstance(t, RegWriteAck)]
        assert response.ok, name

    def boot(self, ctlr: int = 3) -> Gicv2Bench:
        """Everything enabled on every PE, mask open; SPIs go to PE 0."""
        self.write("GICD_CTLR", 3)
        for pe in range(self.config.pes):
            self.write("GICC_PMR", 0xFF, pe)
            self.write("GICC_CTLR", ctlr, pe)
            self.write("GICD_ISENABLER0", 0xFFFF_FFFF, pe)
            for n in range(8):
                self.write(f"GICD_IPRIORITYR{n}", 0xA0A0_A0A0, pe)
        for n in range(1, self.config.spis // 32 + 1):
            self.write(f"GICD_ISENABLER{n}", 0xFFFF_FFFF)
        for n in range(8, 8 + self.config.spis // 4):
            self.write(f"GICD_IPRIORITYR{n}", 0xA0A0_A0A0)
            self.write(f"GICD_ITARGETSR{n}", 0x0101_0101)
        return self

    def sgi(self, intid: int, targets: int, pe: int = 0, *, filter_: int = 0, nsatt: int = 0, secure: bool = True) -> None:
        """GICD_SGIR."""
        self.write("GICD_SGIR", filter_ << 24 | targets << 16 | nsatt << 15 | intid, pe, secure=secure)

    def wire(self, intid: int, level: int, pe: int = 0) -> None:
        """Drive the wire of an SPI, or of a PPI of `pe`."""
        self.send("gicd.spi" if intid >= 32 else f"gicd.ppi{pe}", LineChange(intid, level))

    def ack(self, pe: int = 0) -> int:
        """GICC_IAR."""
        return self.read("GICC_IAR", pe)

    def eoi(self, value: int, pe: int = 0) -> None:
        """GICC_EOIR."""
        self.write("GICC_EOIR", value, pe)

    def take(self, pe: int = 0) -> list[int]:
        """Acknowledge and end until nothing is left."""
        taken = []
        while (value := self.ack(pe)) & 0x3FF != SPURIOUS:
            taken.append(value)
            self.eoi(value, pe)
            assert len(taken) < 1000, "interrupts without end"
        return taken
