"""What a run exercised of a GICv2, counted from monitored transactions alone; `plan_gicv2` names the bins."""

from __future__ import annotations

from functools import partial

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import FIRST_SPECIAL, GicConfig
from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Observed, OutLine, PeReset, RegRead, RegReadData, RegWrite
from irqpath_testbench.env.coverage import Coverage
from irqpath_testbench.env.plan_gicv2 import ACKNOWLEDGES, ENDS, FRAMES, LINES

_EOIMODE = 1 << 9


class Gicv2Coverage(Coverage):
    """Counts by (group, bin)."""

    def __init__(self, size: GicConfig, config: Gicv2Config) -> None:
        super().__init__(size)
        self._handlers = {}
        self._asked: dict[str, tuple[str, int]] = {}  # frame -> register that is read, and by which PE
        self._modes: dict[tuple[str, int], int] = {}  # (frame, PE)
        for name in FRAMES:
            self._handlers[Link.of(name, "reg")] = partial(self._access, name)
            self._handlers[Link.of(name, "rsp")] = partial(self._answered, name)
        self._handlers[Link("gicd.spi")] = self._wire
        for pe in range(config.pes):
            self._handlers[Link.gicv2_ppi(pe)] = self._wire
            self._handlers[Link.gicc(pe, "irq")] = self._rises
            self._handlers[Link.gicc(pe, "reset")] = self._was_reset

    def _access(self, frame: str, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, RegRead | RegWrite):
            return
        access = FRAMES[frame].lookup(t.offset, t.size)
        if access is None:
            self.hit("access", "to no register")
            return
        name = FRAMES[frame].registers[access.register].name
        self._asked[frame] = (name if isinstance(t, RegRead) else "", t.pe)
        if isinstance(t, RegRead):
            return
        self.hit("written", name)
        if name in ("GICC_CTLR", "GICV_CTLR", "GICH_VMCR"):
            self._modes["gicc" if frame == "gicc" else "gicv", t.pe] = int(bool(t.value & _EOIMODE))
        elif name in ENDS and t.value & 0x3FF < FIRST_SPECIAL:
            self.hit("end with EOImode", f"{name} {self._modes.get((frame, t.pe), 0)}")
        elif name == "GICD_SGIR":
            self.hit("TargetListFilter", str(t.value >> 24 & 3))

    def _answered(self, frame: str, o: Observed) -> None:
        name, pe = self._asked.get(frame, ("", 0))
        t = o.transaction
        if name not in ACKNOWLEDGES or not isinstance(t, RegReadData):
            return
        intid, source = t.value & 0x3FF, t.value >> 10 & 7
        if intid >= FIRST_SPECIAL:
            self.hit("special", f"{name} {intid}")
            return
        self.hit("acknowledged by", name)
        if frame == "gicc":
            kind = "SGI" if intid < 16 else "PPI" if intid < 32 else "SPI"
            self.hit(kind, f"{kind} {intid}")
            self.hit("at PE", f"PE {pe}")
            if intid < 16:
                self.hit("SGI between PEs", f"PE {source} to PE {pe}")

    def _wire(self, o: Observed) -> None:
        if isinstance(o.transaction, LineChange):
            self.hit("wire", "rises" if o.transaction.level else "falls")

    def _rises(self, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, LineChange) and t.level:
            self.hit("signalled by", LINES[OutLine(t.line)])

    def _was_reset(self, o: Observed) -> None:
        if isinstance(o.transaction, PeReset):
            self.hit("reset", "of a PE")
