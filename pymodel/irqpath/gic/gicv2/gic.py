"""GICv2, and a GICv3 in legacy operation (ARE = 0, SRE = 0): one Distributor with banked SGIs and PPIs, and a memory-mapped CPU
interface for each of up to eight PEs (IHI 0048; IHI 0069 10 for the legacy form).

It is one block, for a GICv2 has no interface inside that the architecture defines: a read of GICC_IAR acknowledges at once,
which is how an SPI with several targets is handled by just one of them (IHI 0048 3.2.3, the 1-N model).

Inputs: `gicd.reg`, `gicc.reg`, `gich.reg`, `gicv.reg`, `v2m.reg` (RegRead, RegWrite; their `pe` selects the bank), `gicd.spi`,
`gicd.ppi<n>` (LineChange), `gicc<n>.reset` (Reset, or PeReset where the block takes it between other inputs: a PE and its
interface), `gicd.reset`. Outputs: `<frame>.rsp`, `gicc<n>.irq` (nIRQ, nFIQ, vIRQ, vFIQ, maintenance), `gicv2.probe`. Order
within one input: response, lines by PE, physical before virtual.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.policy import IRQPATH, Policy
from irqpath.core.link import Link
from irqpath.core.state import Part, Schema
from irqpath.core.transactions import LineChange, OutLine, PeReset, RegRead, RegWrite, Reset, Transaction
from irqpath.gic.common.block import Block, Take
from irqpath.gic.common.frame import FrameBlock
from irqpath.gic.common.inputs import accesses, wires
from irqpath.gic.common.outputs import Outputs
from irqpath.gic.gicv2.cpu_interface import Gicv2Cpu
from irqpath.gic.gicv2.distributor import PRIVATE, SGIS, Gicv2Distributor
from irqpath.gic.gicv2.registers import frames


class Gicv2(Block):
    """A whole GICv2: `gicd` is the Distributor's state, `gicc[pe]` the CPU interfaces."""

    __slots__ = ("_frames", "_irq", "config", "gicc", "gicd", "policy")

    def __init__(self, config: Gicv2Config, policy: Policy = IRQPATH) -> None:
        self._irq = [Link.gicc(pe, "irq") for pe in range(config.pes)]
        super().__init__("gicv2", self._irq)
        self.config = config
        self.policy = policy
        self.gicd = Gicv2Distributor(config, policy)
        self.gicc = [Gicv2Cpu(pe, self.gicd, self.report) for pe in range(config.pes)]
        self._frames: dict[str, FrameBlock] = frames(self.gicd, self.gicc)
        for name, frame in self._frames.items():
            self._emits |= frame.outputs()
            link = Link.of(name, "reg")
            for kind in (RegRead, RegWrite):
                self._bounded(link, kind, partial(self._access, frame.port(link)), accesses(config.pes, kind))
        self._bounded("gicd.spi", LineChange, self._spi, wires(self.gicd.shared.valid))
        self._on("gicd.reset", Reset, self._reset)
        for pe in range(config.pes):
            self._bounded(Link.gicv2_ppi(pe), LineChange, partial(self._ppi, pe), wires(PRIVATE & ~SGIS))
            for reset in (Reset, PeReset):
                self._on(Link.gicc(pe, "reset"), reset, partial(self._pe_reset, pe))

    @property
    def frames(self) -> Mapping[str, FrameBlock]:
        """The register frames by name: "gicd", "gicc", and "gich", "gicv", "v2m" where they are."""
        return self._frames

    def schema(self) -> Schema:
        """The Distributor and every CPU interface."""
        return {"gicd": Part(), "gicc": Part(many=True)}

    def send(self, link: str, transaction: Transaction) -> Outputs:
        """As `predict`, by the link or its name, told apart by kind: everything settles within one input."""
        return Outputs(self.predict(link, transaction))

    def reset_pe(self, pe: int) -> Outputs:
        """The PE and its CPU interface are reset."""
        return self.send(Link.gicc(pe, "reset"), Reset())

    def _access(self, take: Take, t: RegRead | RegWrite) -> None:
        self._out += take(t)
        self.update()

    def _spi(self, t: LineChange) -> None:
        self.gicd.shared.drive(t.line, t.level)
        self.update()

    def _ppi(self, pe: int, t: LineChange) -> None:
        self.gicd.private[pe].drive(t.line, t.level)
        self.update()

    def _pe_reset(self, pe: int, _: Reset | PeReset) -> None:
        self.gicc[pe].reset()
        self.update()

    def _reset(self, _: Reset) -> None:
        self.gicd.reset()
        for cpu in self.gicc:
            cpu.reset()
        self.update()

    def update(self) -> None:
        """Put out what changed on the lines of every PE."""
        for pe, cpu in enumerate(self.gicc):
            lines = cpu.levels()
            if lines != cpu.lines:
                for line, old, new in zip((OutLine.IRQ, OutLine.FIQ), cpu.lines, lines, strict=True):
                    if old != new:
                        self._out.append((self._irq[pe], LineChange(line, new)))
                cpu.lines = lines
            self._update_virtual(pe, cpu)

    def _update_virtual(self, pe: int, cpu: Gicv2Cpu) -> None:
        if cpu.virtual is None:
            return
        cpu.virtual.update()
        lines = cpu.virtual.lines
        if lines != cpu.virtual_lines:
            for line, old, new in zip((OutLine.VIRQ, OutLine.VFIQ, OutLine.MAINTENANCE), cpu.virtual_lines, lines, strict=True):
                if old != new:
                    self._out.append((self._irq[pe], LineChange(line, new)))
            cpu.virtual_lines = lines
