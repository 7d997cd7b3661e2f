"""The machine of a recording: golden models of the size that the recording tells, what compares their outputs, its frames."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from irqpath.config.gicv2 import qemu_virt_gicv2
from irqpath.config.policy import Policy
from irqpath.config.sizes import Machine, qemu_virt_gicv3, qemu_virt_gicv4
from irqpath.core.errors import ConfigError, TraceError
from irqpath.core.link import Link
from irqpath.core.memory import Memory
from irqpath.core.transactions import Out, Transaction
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.gic.gicv2.registers import gicd_frame
from irqpath.gic.system import Gic
from irqpath.regs import GICC, GICD, GICH, GICV, GITS, V2M, Frame
from irqpath.trace.gicv2_outputs import Gicv2OutputChecks
from irqpath.trace.outputs import OutputChecks
from irqpath.trace.reader import Event, Survey
from irqpath.trace.reporter import Reporter
from irqpath.trace.virtual_outputs import VirtualOutputChecks, virtual_units

_DEVICE_REGION: Final = re.compile(r"(v2m|ecam|mmio\d+|pci[0-9a-f]+\.[0-9a-f]+\.(common|isr|device|notify|msix))")


class RecordedMachine:
    """Made at the first event that is not one of the leading CPU resets, which tell how many PEs there are.

    `survey`: what the recording has, set before its first event.
    """

    def __init__(self, make: Callable[[Machine, Policy], Gic], policy: Policy, reporter: Reporter) -> None:
        self.policy = policy
        self.survey: Survey | None = None
        self.memory = Memory()
        self.legacy_outputs: Gicv2OutputChecks | None = None
        self._make = make
        self._reporter = reporter
        self._findings = reporter.findings
        self._resets: list[int] = []
        self._gic: Gic | Gicv2 | None = None
        self._frames: dict[str, tuple[Frame, Link]] = {}
        #: by PE: system registers of its CPU interface, and the wires of its PPIs
        self.system_registers: list[Link] = []
        self.ppis: list[Link] = []
        self._outputs: OutputChecks | None = None
        self._virtual_outputs: VirtualOutputChecks | None = None
        #: of the checks of outputs: what takes the models' outputs, and what closes the books on an input
        self._takers: list[Callable[[list[Out]], None]] = []
        self._close: list[Callable[[], None]] = []

    @property
    def gic(self) -> Gic | Gicv2:
        """The models."""
        if self._gic is None:
            self._build()
        assert self._gic is not None  # made just now
        return self._gic

    @property
    def checks(self) -> OutputChecks:
        """Of the physical outputs. Raises `TraceError` where they are a GICv2's."""
        if self._outputs is None:
            self._build()
        if self._outputs is None:
            raise TraceError("the event belongs to a GICv3, and the recording is of a GICv2")
        return self._outputs

    @property
    def virtual_checks(self) -> VirtualOutputChecks:
        """Of the virtual outputs. Raises `TraceError` where they are a GICv2's."""
        if self._virtual_outputs is None:
            raise TraceError("the event belongs to a GICv3, and the recording is of a GICv2")
        return self._virtual_outputs

    def _build(self) -> None:
        assert self.survey is not None  # set before
        header = self.survey.header
        if header.gic not in ("2", "3", "4"):
            raise TraceError(f"the recording is of a GICv{header.gic}; the models cover GICv2, GICv3 and GICv4")
        pes = max(self._resets, default=0) + 1
        if header.gic == "2":
            self._build_gicv2(pes)
            return
        el2 = self.survey.has_el2
        machine = (
            qemu_virt_gicv4(pes)
            if header.gic == "4"
            else qemu_virt_gicv3(pes, lpis=self.survey.has_lpis, its=self.survey.has_its, el2=el2)
        )
        machine = self._as_header(machine, header.config)
        self._gic = gic = self._make(machine, self.policy)
        self.memory = gic.memory
        self._findings.machine, self._findings.policy = machine.name, self.policy.name
        self._frames["gicd"] = (GICD, Link("gicd.reg"))
        for pe in range(machine.config.pes):
            link = Link.gicr(pe, "reg")
            self._frames[link.block] = (gic.gicr[pe].frame, link)
        if machine.config.its:
            self._frames["gits"] = (GITS, Link("its0.reg"))
        self.system_registers = [Link.gicc(pe, "sys") for pe in range(machine.config.pes)]
        self.ppis = [Link.gicr(pe, "ppi") for pe in range(machine.config.pes)]
        self._outputs = OutputChecks(gic, self._findings, self._reporter.deviate, only_lines=header.partial)
        self._virtual_outputs = VirtualOutputChecks(virtual_units(gic), self._findings.compared, self._reporter.deviate)
        self._checked_by(self._outputs, self._virtual_outputs)
        for pe in self._resets:
            self._reset_pe(pe)

    def _build_gicv2(self, pes: int) -> None:
        assert self.survey is not None  # set before
        machine = qemu_virt_gicv2(pes, el2=self.survey.has_el2)
        self._gic = gic = Gicv2(machine.config, self.policy)
        self._findings.machine, self._findings.policy = machine.name, self.policy.name
        for region, frame in (("gicd", gicd_frame(v3=False)), ("gicc", GICC), ("gich", GICH), ("gicv", GICV), ("v2m", V2M)):
            self._frames[region] = (frame, Link.of(region, "reg"))
        self.system_registers = [Link.gicc(pe, "sys") for pe in range(machine.config.pes)]  # which a GICv2 refuses
        self.ppis = [Link.gicv2_ppi(pe) for pe in range(machine.config.pes)]
        self.legacy_outputs = Gicv2OutputChecks(gic, self._findings, self._reporter.deviate)
        self._checked_by(self.legacy_outputs)
        for pe in self._resets:
            self._reset_pe(pe)

    def _as_header(self, machine: Machine, config: dict[str, int]) -> Machine:
        """The machine with what the header says of it. Raises `TraceError`."""
        try:
            return replace(machine, config=replace(machine.config, **config))  # type: ignore[arg-type]  # names come from a file
        except (TypeError, ConfigError) as error:
            raise TraceError(f"the header's config: {error}") from error

    def _checked_by(self, *every: OutputChecks | VirtualOutputChecks | Gicv2OutputChecks) -> None:
        """What the models put out is compared by these; a partial recording does not show every virtual output."""
        assert self.survey is not None  # set before
        partial = self.survey.header.partial
        self._takers = [checks.take for checks in every]
        self._close = [checks.boundary for checks in every if isinstance(checks, OutputChecks) or not partial]

    def enter(self, link: Link, transaction: Transaction) -> list[Out]:
        """An input: first close the books on the one before, then let the models settle."""
        gic = self._gic or self.gic
        for close in self._close:
            close()
        out = gic.send(link, transaction)
        if out:
            for take in self._takers:
                take(out)
        return out

    def boundary(self) -> None:
        """Close the books: nothing that the models did may be left."""
        for close in self._close:
            close()

    def end(self) -> None:
        """The recording is over."""
        if self._gic is not None:
            self.boundary()

    def _reset_pe(self, pe: int) -> None:
        if isinstance(self.gic, Gicv2):
            return  # the memory-mapped CPU interface belongs to the GIC, and is not reset with its PE
        self.boundary()
        out = self.gic.reset_pe(pe)
        for take in self._takers:
            take(out)

    def cpu_reset(self, event: Event) -> None:
        """`cpurst`."""
        if self._gic is None:
            self._resets.append(event["c"])
        else:
            self._reset_pe(self.pe(event))

    def pe(self, event: Event) -> int:
        """The PE of an event. Raises `TraceError` where there is none."""
        pe: int = event["c"]
        gic = self._gic or self.gic
        if not 0 <= pe < gic.config.pes:
            raise TraceError(f"CPU {pe} in a machine of {gic.config.pes}")
        return pe

    def virtual_pe(self, event: Event) -> int:
        """The PE of an event of a virtual interface. Raises `TraceError` where the machine has none."""
        pe = self.pe(event)
        if self.gic.config.virtual is None:
            raise TraceError(f"event {event['e']!r} of a virtual CPU interface, and nothing in the recording runs at EL2")
        return pe

    def frame(self, region: str, uncheckable: str) -> tuple[Frame, Link] | None:
        """The frame of a GIC region, and the link to it; None for a device's registers, which are counted as not checked.

        Raises `TraceError`.
        """
        if self._gic is None:
            self._build()
        frame = self._frames.get(region)
        if frame is None:
            self._known_device(region)
            self._findings.unchecked[uncheckable] += 1
        return frame

    def _known_device(self, region: str) -> None:
        assert self.survey is not None  # set before
        device = region.rsplit(".", 1)[0]
        if not _DEVICE_REGION.fullmatch(region) or (region.startswith("pci") and device not in self.survey.header.devices):
            known = [*self._frames, *self.survey.header.devices]
            raise TraceError(f"access to region {region!r}, which the header does not declare; there are {', '.join(known)}")
