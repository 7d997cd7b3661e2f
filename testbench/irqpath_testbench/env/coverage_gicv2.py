"""What a run exercised of a GICv2, counted from monitored transactions alone; `gicv2_plan` names the bins."""

from __future__ import annotations

from functools import partial

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import FIRST_SPECIAL, GicConfig
from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Observed, OutLine, PeReset, RegRead, RegReadData, RegWrite
from irqpath.regs import GICC, GICD2, GICH, GICV, V2M, Frame
from irqpath_testbench.env.coverage import Coverage

_FRAMES: dict[str, Frame] = {"gicd": GICD2, "gicc": GICC, "gich": GICH, "gicv": GICV, "v2m": V2M}
_LINES = {
    OutLine.IRQ: "nIRQ",
    OutLine.FIQ: "nFIQ",
    OutLine.VIRQ: "nvIRQ",
    OutLine.VFIQ: "nvFIQ",
    OutLine.MAINTENANCE: "maintenance",
}
_ACKNOWLEDGES = ("GICC_IAR", "GICC_AIAR", "GICV_IAR", "GICV_AIAR")
_ENDS = ("GICC_EOIR", "GICC_AEOIR", "GICC_DIR", "GICV_EOIR", "GICV_AEOIR", "GICV_DIR")
_FILTERS = ("CPUTargetList", "all but itself", "itself", "reserved")
_EOIMODE = 1 << 9


class Gicv2Coverage(Coverage):
    """Counts by (group, bin)."""

    def __init__(self, size: GicConfig, config: Gicv2Config) -> None:
        super().__init__(size)
        self._handlers = {}
        self._asked: dict[str, tuple[str, int]] = {}  # frame -> register that is read, and by which PE
        self._modes: dict[tuple[str, int], int] = {}  # (frame, PE)
        for name in _FRAMES:
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
        access = _FRAMES[frame].lookup(t.offset, t.size)
        if access is None:
            self.hit("access", "refused, or of reserved space")
            return
        name = _FRAMES[frame].registers[access.register].name
        self._asked[frame] = (name if isinstance(t, RegRead) else "", t.pe)
        if isinstance(t, RegRead):
            return
        self.hit("written", name)
        if name in ("GICC_CTLR", "GICV_CTLR", "GICH_VMCR"):
            self._modes["gicc" if frame == "gicc" else "gicv", t.pe] = int(bool(t.value & _EOIMODE))
        elif name in _ENDS and t.value & 0x3FF < FIRST_SPECIAL:
            self.hit("end", f"{name}, EOImode {self._modes.get((frame, t.pe), 0)}")
        elif name == "GICD_SGIR":
            self.hit("TargetListFilter", _FILTERS[t.value >> 24 & 3])

    def _answered(self, frame: str, o: Observed) -> None:
        name, pe = self._asked.get(frame, ("", 0))
        t = o.transaction
        if name not in _ACKNOWLEDGES or not isinstance(t, RegReadData):
            return
        intid, source = t.value & 0x3FF, t.value >> 10 & 7
        if intid >= FIRST_SPECIAL:
            self.hit("special", f"{name} gives {intid}")
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
            self.hit("signalled by", _LINES[OutLine(t.line)])

    def _was_reset(self, o: Observed) -> None:
        if isinstance(o.transaction, PeReset):
            self.hit("reset", "of a PE")


def gicv2_plan(config: Gicv2Config) -> dict[str, tuple[str, ...]]:
    """Group -> bins that the path must hit."""
    pes, virtual = range(config.pes), config.virtual is not None
    frames = [frame for name, frame in _FRAMES.items() if virtual or name not in ("gich", "gicv")]
    written = [r.name for frame in frames for r in frame.registers if r.write_mask and r.name not in ("GICD_NSACR",)]
    lines = [name for line, name in _LINES.items() if virtual or line < OutLine.VIRQ]
    ends = [f"{name}, EOImode {mode}" for name in _ENDS for mode in (0, 1) if not (name.endswith("DIR") and mode == 0)]
    return {
        "SGI": tuple(f"SGI {n}" for n in range(16)),
        "PPI": tuple(f"PPI {n}" for n in range(16, 32)),
        "SPI": tuple(f"SPI {n}" for n in range(32, config.last_spi + 1)),
        "at PE": tuple(f"PE {pe}" for pe in pes),
        "SGI between PEs": tuple(f"PE {a} to PE {b}" for a in pes for b in pes),
        "signalled by": tuple(lines),
        "acknowledged by": tuple(name for name in _ACKNOWLEDGES if virtual or name.startswith("GICC")),
        "special": tuple(
            f"{name} gives {intid}"
            for name in _ACKNOWLEDGES
            for intid in (1022, 1023)
            if (virtual or name.startswith("GICC")) and not (intid == 1022 and name.endswith("AIAR"))
        ),
        "end": tuple(name for name in ends if virtual or name.startswith("GICC")),
        "TargetListFilter": _FILTERS[:3],
        "written": tuple(written),
        "access": ("refused, or of reserved space",),
        "wire": ("rises", "falls"),
        "reset": ("of a PE",),
        "back-pressure": ("reg",),
    }
