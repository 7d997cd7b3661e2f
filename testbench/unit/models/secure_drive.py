"""Secure and Non-secure software's hands on a `Gic` with two Security states, extended INTIDs or superpriority."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from irqpath.core.transactions import LineChange, PeState, RegRead, RegReadData, RegWrite
from irqpath.gic.gicc.pe_state import NS, SCR_FIQ
from irqpath.regs import gicd_frame, gicr_frame
from unit.models.virtual_drive import VirtualBench

if TYPE_CHECKING:
    from irqpath.config.policy import Policy
    from irqpath.config.sizes import GicConfig
    from irqpath_testbench.tools.faults.injection import Lib


def _config(lib: Lib, fields: dict[str, Any]) -> GicConfig:
    """Without LPIs and ITS unless told otherwise."""
    chosen: dict[str, Any] = {"lpis": False, "its": (), **fields}
    return lib.GicConfig(**chosen)


class SecureBench(VirtualBench):
    """`at(el, secure)` sets a PE's state; register accesses are Secure unless said otherwise. PEs start at EL3."""

    def __init__(self, lib: Lib, policy: Policy | None = None, **config: Any) -> None:
        super().__init__(lib, _config(lib, config), policy)
        extended = self.config.espis > 0 or self.config.eppis > 0 or self.config.nmi
        self._frames = {
            "GICD": gicd_frame(extended=self.config.espis > 0 or self.config.nmi),
            "GICR": gicr_frame(virtual=False, extended=extended),
        }

    def at(self, el: int, *, secure: bool = False, fiq: bool = False, pe: int = 0) -> SecureBench:
        """The PE goes to that Exception level and Security state; `fiq`: SCR_EL3.FIQ."""
        self.send(f"gicc{pe}.sys", PeState(el, 0, (0 if secure else NS) | (SCR_FIQ if fiq else 0)))
        return self

    def reg(self, name: str, value: int | None = None, pe: int = 0, *, secure: bool = True) -> int:
        """Read, or write, a whole register of GICD or of the PE's GICR."""
        at = self._frames[name[:4]].element(name)
        block, size = ("gicd" if name.startswith("GICD") else f"gicr{pe}"), at.register.width_bytes
        if value is not None:
            self.send(f"{block}.reg", RegWrite(at.offset, size, value, pe, secure))
            return 0
        out = self.send(f"{block}.reg", RegRead(at.offset, size, pe, secure))
        (response,) = [t for _, t in out if isinstance(t, RegReadData)]
        assert response.ok, name
        return response.value

    def secure_boot(self) -> SecureBench:
        """All groups enabled, masks open; interrupts stay in Group 0, enabled, at priority 0xA0."""
        self.reg("GICD_CTLR", 7)
        for n in range(1, self.config.spis // 32 + 1):
            self.reg(f"GICD_ISENABLER{n}", 0xFFFF_FFFF)
        for n in range(8, 8 + self.config.spis // 4):
            self.reg(f"GICD_IPRIORITYR{n}", 0xA0A0_A0A0)
        for pe in range(self.config.pes):
            self.reg("GICR_WAKER", 0, pe)
            self.reg("GICR_ISENABLER0", 0xFFFF_FFFF, pe)
            for n in range(8):
                self.reg(f"GICR_IPRIORITYR{n}", 0xA0A0_A0A0, pe)
            self.at(3, secure=True, pe=pe)
            self.msr("ICC_PMR_EL1", 0xFF, pe)
            self.msr("ICC_IGRPEN0_EL1", 1, pe)
            self.msr("ICC_IGRPEN1_EL3", 3, pe)
        return self

    def secure_boot_if(self, security: bool) -> SecureBench:
        """`secure_boot`, or with one Security state the same for Group 1."""
        if security:
            return self.secure_boot()
        self.reg("GICD_CTLR", 3)
        for pe in range(self.config.pes):
            self.reg("GICR_WAKER", 0, pe)
            self.msr("ICC_PMR_EL1", 0xFF, pe)
            self.msr("ICC_IGRPEN0_EL1", 1, pe)
            self.msr("ICC_IGRPEN1_EL1", 1, pe)
        return self

    def group(self, intid: int, group: int, pe: int = 0) -> None:
        """Put an interrupt into Group 0 (0), Non-secure Group 1 (1), Secure Group 1 (2)."""
        prefix, n = ("GICR", "0") if intid < 32 else ("GICD", str(intid // 32))
        bit = 1 << intid % 32
        for array, wanted in (("IGROUPR", group == 1), ("IGRPMODR", group == 2)):
            name = f"{prefix}_{array}{n}"
            self.reg(name, self.reg(name, pe=pe) & ~bit | bit * wanted, pe)

    def drive(self, intid: int, level: int, pe: int = 0) -> None:
        """A wire of an SPI or ESPI, or of a PPI or EPPI."""
        private = intid < 32 or 1056 <= intid < 1120
        self.send(f"gicr{pe}.ppi" if private else "gicd.spi", LineChange(intid, level))
