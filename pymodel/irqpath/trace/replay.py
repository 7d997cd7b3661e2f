"""Replay of a recording against the golden models: every input drives them, every read and every output is compared.

A recording is one total order, and its machine does each access at once: the outputs of an input follow it, before the next
input. So each output event is compared with the models as they stand after the input before it, and before the next input
nothing that the models did may be left that the recording does not show.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from irqpath.config.gicv2 import qemu_virt_gicv2
from irqpath.config.policy import QEMU, Policy
from irqpath.config.sizes import Machine, qemu_virt_gicv3, qemu_virt_gicv4
from irqpath.core.errors import ConfigError, TraceError
from irqpath.core.memory import Memory
from irqpath.core.transactions import (
    LineChange,
    Msi,
    Out,
    OutLine,
    PeState,
    RegRead,
    RegReadData,
    RegWrite,
    SysRead,
    SysReadData,
    SysTrap,
    SysWrite,
    Transaction,
)
from irqpath.gic.gicc.pe_state import Route
from irqpath.gic.gicv2.cpu_interface import LegacyCpu
from irqpath.gic.gicv2.gic import LegacyGic
from irqpath.gic.gicv2.registers import gicd_frame
from irqpath.gic.system import Gic
from irqpath.regs import GICC, GICD, GICH, GICV, GITS, ICC, ICH, V2M, Frame
from irqpath.trace import virtio
from irqpath.trace.findings import Deviation, Findings, Tolerance
from irqpath.trace.gicv2_outputs import LegacyOutputChecks
from irqpath.trace.history import History
from irqpath.trace.outputs import OutputChecks
from irqpath.trace.reader import GARBLED, Event, Recording, Survey, at_line, events, survey
from irqpath.trace.tolerated import QEMU_VIRT
from irqpath.trace.virtio import Unfollowed, VirtioChecks
from irqpath.trace.virtio_identity import identities
from irqpath.trace.virtual_outputs import VirtualOutputChecks, virtual_units

_MEMORY_REGION: Final = re.compile(
    r"(its\.(cmdq|baser\d(\.l1)?)|lpi\.(prop|pend\d+)|vlpi\.(prop|pend)|.+\.q\d+\.(desc|drv|dev|ind|out))"
)
_DEVICE_REGION: Final = re.compile(r"(v2m|ecam|mmio\d+|pci[0-9a-f]+\.[0-9a-f]+\.(common|isr|device|notify|msix))")
#: Keys of a GICv2's `out` event.
_LEGACY_LINES: Final = {"irq": OutLine.IRQ, "fiq": OutLine.FIQ, "virq": OutLine.VIRQ, "vfiq": OutLine.VFIQ}


class Replay:
    """One recording, one set of golden models. `run` feeds it all; `findings` has the result, also after an error."""

    def __init__(
        self,
        path: Path,
        *,
        policy: Policy = QEMU,
        tolerances: Sequence[Tolerance] = QEMU_VIRT,
        gic: Callable[[Machine, Policy], Gic] | None = None,
    ) -> None:
        self.path = path
        self.policy = policy
        self.tolerances = tolerances
        self._make = gic or (lambda machine, policy: Gic(machine.config, policy))
        self.findings = Findings(path.name)
        self.history = History()
        self._ranges: dict[str, list[tuple[int, int]]] = {}
        self._resets: list[int] = []
        self._gic: Gic | LegacyGic | None = None
        self._survey: Survey | None = None
        self._frames: dict[str, tuple[Frame, str]] = {}
        self._encoding = {register.name: register.offset for registers in (ICC, ICH) for register in registers.registers}
        self._outputs: OutputChecks | None = None
        self._virtio: VirtioChecks | Unfollowed = VirtioChecks({}, self.findings, self._deviate)
        self._virtual_outputs: VirtualOutputChecks | None = None
        self._legacy_outputs: LegacyOutputChecks | None = None
        #: of the checks of outputs: what takes the models' outputs, and what closes the books on an input
        self._takers: list[Callable[[list[Out]], None]] = []
        self._close: list[Callable[[], None]] = []
        self.memory = Memory()
        self._hcr: dict[int, int] = {}
        self._message: Event | None = None
        self._number = 0
        self._handlers: dict[str, Callable[[Event], None]] = {
            "mw": self._mmio_write,
            "mr": self._mmio_read,
            "sw": self._sys_write,
            "sr": self._sys_read,
            "cpurst": self._cpu_reset,
            "spi": self._spi,
            "ppi": self._ppi,
            "msi": self._msi,
            "range": self._range,
            "snap": self._snap,
            "m": self._store,
            "out": self._out,
            "hppi": self._hppi,
            "sgi": self._sgi,
            "cmd": self._command,
            "tab": self._table,
            "st": self._trap,
            "hcr": self._hypervisor_state,
            "maint": self._maintenance,
            "ack": self._acknowledging,
        }
        self._handlers.update({kind: self._virtio_event for kind in virtio.KINDS})
        self._handlers["ml"] = self._load

    def run(self, progress: Callable[[float], None] | None = None) -> Findings:
        """Feed the whole recording. `progress` is told the share of the file that was read.

        A malformed recording ends the replay with `findings.stopped` set; what was checked before it is kept.
        """
        started = time.perf_counter()
        try:
            recording = Recording(self.path)
            self._survey = survey(recording)
            self.findings.name = self._survey.header.name
            if self._survey.header.cut:
                self._virtio = Unfollowed(self.findings)
            else:
                known = identities(recording, self._survey.header.devices)
                self._virtio = VirtioChecks(known, self.findings, self._deviate)
            for line, event in events(recording, progress):
                self._number = line - 1
                self._feed(line, event)
            if self._message is not None:
                self._send_message({"e": ""})
            if self._gic is not None:
                self._boundary()
            self._virtio.end()
        except TraceError as error:
            self.findings.stopped = str(error)
        self.findings.seconds = time.perf_counter() - started
        return self.findings

    def _feed(self, line: int, event: Event) -> None:
        self.history.add(self._number, event)
        try:
            if self._message is not None:
                self._send_message(event)
            self._handlers[event["e"]](event)
        except GARBLED as error:
            raise at_line(self.path, line, event, error) from error
        self.findings.events += 1

    # --- the machine ----------------------------------------------------------------------------------------------------

    @property
    def gic(self) -> Gic | LegacyGic:
        """The models; made at the first event that is not one of the leading CPU resets, which tell how many PEs there are."""
        if self._gic is None:
            self._build()
        assert self._gic is not None  # made just now
        return self._gic

    @property
    def _checks(self) -> OutputChecks:
        if self._outputs is None:
            self._build()
        if self._outputs is None:
            raise TraceError("the event belongs to a GICv3, and the recording is of a GICv2")
        return self._outputs

    @property
    def _virtual_checks(self) -> VirtualOutputChecks:
        if self._virtual_outputs is None:
            raise TraceError("the event belongs to a GICv3, and the recording is of a GICv2")
        return self._virtual_outputs

    def _build(self) -> None:
        assert self._survey is not None  # `run` surveys first
        header = self._survey.header
        if header.gic not in ("2", "3", "4"):
            raise TraceError(f"the recording is of a GICv{header.gic}; the models cover GICv2, GICv3 and GICv4")
        pes = max(self._resets, default=0) + 1
        if header.gic == "2":
            self._build_legacy(pes)
            return
        el2 = self._survey.has_el2
        machine = (
            qemu_virt_gicv4(pes)
            if header.gic == "4"
            else qemu_virt_gicv3(pes, lpis=self._survey.has_lpis, its=self._survey.has_its, el2=el2)
        )
        machine = self._as_header(machine, header.config)
        self._gic = gic = self._make(machine, self.policy)
        self.memory = gic.memory
        self.findings.machine, self.findings.policy = machine.name, self.policy.name
        self._frames["gicd"] = (GICD, "gicd")
        for pe in range(machine.config.pes):
            self._frames[f"gicr{pe}"] = (gic.gicr[pe].frame, f"gicr{pe}")
        if machine.config.its:
            self._frames["gits"] = (GITS, "its0")
        self._outputs = OutputChecks(gic, self.findings, self._deviate, only_lines=header.partial)
        self._virtual_outputs = VirtualOutputChecks(virtual_units(gic), self.findings.compared, self._deviate)
        self._checked_by(self._outputs, self._virtual_outputs)
        for pe in self._resets:
            self._reset_pe(pe)

    def _build_legacy(self, pes: int) -> None:
        assert self._survey is not None  # `run` surveys first
        machine = qemu_virt_gicv2(pes, el2=self._survey.has_el2)
        self._gic = gic = LegacyGic(machine.config, self.policy)
        self.findings.machine, self.findings.policy = machine.name, self.policy.name
        for region, frame in (("gicd", gicd_frame(v3=False)), ("gicc", GICC), ("gich", GICH), ("gicv", GICV), ("v2m", V2M)):
            self._frames[region] = (frame, region)
        self._legacy_outputs = LegacyOutputChecks(gic, self.findings, self._deviate)
        self._checked_by(self._legacy_outputs)
        for pe in self._resets:
            self._reset_pe(pe)

    def _as_header(self, machine: Machine, config: dict[str, int]) -> Machine:
        """The machine with what the header says of it. Raises `TraceError`."""
        try:
            return replace(machine, config=replace(machine.config, **config))  # type: ignore[arg-type]  # names come from a file
        except (TypeError, ConfigError) as error:
            raise TraceError(f"the header's config: {error}") from error

    def _enter(self, link: str, transaction: Transaction) -> list[Out]:
        """An input: first close the books on the one before, then let the models settle."""
        gic = self._gic or self.gic
        for close in self._close:
            close()
        out = gic.send(link, transaction)
        if out:
            for take in self._takers:
                take(out)
        return out

    def _boundary(self) -> None:
        for close in self._close:
            close()

    def _checked_by(self, *every: OutputChecks | VirtualOutputChecks | LegacyOutputChecks) -> None:
        """What the models put out is compared by these; a partial recording does not show every virtual output."""
        assert self._survey is not None  # `run` surveys first
        partial = self._survey.header.partial
        self._takers = [checks.take for checks in every]
        self._close = [checks.boundary for checks in every if isinstance(checks, OutputChecks) or not partial]

    def _reset_pe(self, pe: int) -> None:
        if isinstance(self.gic, LegacyGic):
            return  # the memory-mapped CPU interface belongs to the GIC, and is not reset with its PE
        self._boundary()
        out = self.gic.reset_pe(pe)
        for take in self._takers:
            take(out)

    def _pe(self, event: Event) -> int:
        pe: int = event["c"]
        if not 0 <= pe < self.gic.config.pes:
            raise TraceError(f"CPU {pe} in a machine of {self.gic.config.pes}")
        return pe

    # --- inputs and reads -----------------------------------------------------------------------------------------------

    def _cpu_reset(self, event: Event) -> None:
        if self._gic is None:
            self._resets.append(event["c"])
        else:
            self._reset_pe(self._pe(event))

    def _mmio_write(self, event: Event) -> None:
        if self._virtio.write(event):
            return
        frame = self._frame(event["r"], "device register write")
        if frame is not None and frame[1] == "v2m":
            self._message = event  # its effect is a pulse, which a recorder may show as wires of their own
        elif frame is not None:
            self._enter(f"{frame[1]}.reg", RegWrite(event["o"], event["s"], event["v"], event.get("c", 0)))

    def _send_message(self, following: Event) -> None:
        """A message to GICv2m takes effect, unless the event after it is the rising wire that it causes."""
        message, self._message = self._message, None
        assert message is not None  # that is why this is called
        if following["e"] != "spi" or following["i"] != message["v"] & 0x3FF:
            self._enter("v2m.reg", RegWrite(message["o"], message["s"], message["v"], message.get("c", 0)))

    def _mmio_read(self, event: Event) -> None:
        if self._virtio.read(event):
            return
        frame = self._frame(event["r"], "device register read")
        if frame is None:
            return
        registers, block = frame
        out = self._enter(f"{block}.reg", RegRead(event["o"], event["s"], event["c"]))
        expected = next(t.value for _, t in out if isinstance(t, RegReadData))
        self.findings.compared["register read"] += 1
        if expected != event["v"]:
            element = registers.name_at(event["o"])
            name = f"{element} of {block}" if block.startswith("gicr") else element
            self._mismatch("register read", name, registers, event, expected)

    def _frame(self, region: str, uncheckable: str) -> tuple[Frame, str] | None:
        """The frame of a GIC region; None for a device's registers, which are counted as not checked. Raises `TraceError`."""
        if self._gic is None:
            self._build()
        frame = self._frames.get(region)
        if frame is None:
            self._known_device(region)
            self.findings.unchecked[uncheckable] += 1
        return frame

    def _known_device(self, region: str) -> None:
        assert self._survey is not None  # `run` surveys first
        device = region.rsplit(".", 1)[0]
        if not _DEVICE_REGION.fullmatch(region) or (region.startswith("pci") and device not in self._survey.header.devices):
            known = [*self._frames, *self._survey.header.devices]
            raise TraceError(f"access to region {region!r}, which the header does not declare; there are {', '.join(known)}")

    def _sys_write(self, event: Event) -> None:
        pe, reg = self._pe(event), self._system_register(event)
        self._same_route(pe, reg, event)
        self._enter(f"gicc{pe}.sys", SysWrite(reg, event["v"]))

    def _sys_read(self, event: Event) -> None:
        pe, reg = self._pe(event), self._system_register(event)
        self._same_route(pe, reg, event)
        out = self._enter(f"gicc{pe}.sys", SysRead(reg))
        expected = next((t.value for _, t in out if isinstance(t, SysReadData)), None)
        self.findings.compared["system register read"] += 1
        if expected is None:
            self._deviate("system register read", event["g"], pe, "a trap", event["v"], "", ())
        elif expected != event["v"]:
            self._mismatch("system register read", event["g"], None, event, expected)

    def _same_route(self, pe: int, reg: int, event: Event) -> None:
        """Tell the CPU interface the PE's state; the access must reach the interface, virtual or not, that the recording says."""
        unit = self.gic.gicc[pe]
        if isinstance(unit, LegacyCpu) or unit.virtualization is None:
            if isinstance(unit, LegacyCpu):
                raise TraceError(f"system register {event['g']} in a machine with a GICv2")
            if event.get("vi") or event["g"].startswith("ICH_"):
                raise TraceError(f"{event['g']} reaches a virtual CPU interface, and nothing in the recording runs at EL2")
            return
        self._pe_state(pe, event["x"])
        expected = unit.virtualization.destination(reg)
        if isinstance(expected, int) or (expected is Route.VIRTUAL) != bool(event.get("vi")):
            seen = "the virtual interface" if event.get("vi") else "the physical interface"
            self._deviate("register redirection", event["g"], pe, str(expected), seen, "", ())

    def _pe_state(self, pe: int, el: int) -> None:
        unit = self.gic.gicc[pe]
        if not isinstance(unit, LegacyCpu) and unit.virtualization is not None:
            state = PeState(el, self._hcr.get(pe, 0))
            if unit.virtualization.pe_state != state:
                self._enter(f"gicc{pe}.sys", state)

    def _hypervisor_state(self, event: Event) -> None:
        self._hcr[self._pe(event)] = event["v"]

    def _trap(self, event: Event) -> None:
        """`st`: the access trapped, and so it must in the models."""
        pe, reg = self._pe(event), self._system_register(event)
        self._pe_state(pe, event["x"])
        request = SysWrite(reg, event["v"]) if "v" in event else SysRead(reg)
        out = self._enter(f"gicc{pe}.sys", request)
        self.findings.compared["trap"] += 1
        if not any(isinstance(t, SysTrap) for _, t in out):
            self._deviate("trap", event["g"], pe, "no trap", "a trap", "", ())

    def _system_register(self, event: Event) -> int:
        name = event["g"]
        encoding = self._encoding.get(name)
        if encoding is None:
            raise TraceError(f"system register {name!r} is none of a GICv3 CPU interface")
        return encoding

    def _spi(self, event: Event) -> None:
        if not 32 <= event["i"] <= self.gic.config.last_spi:
            raise TraceError(f"wire of INTID {event['i']}, which is no SPI of this machine")
        self._enter("gicd.spi", LineChange(event["i"], event["l"]))
        self._virtio.line(event)

    def _ppi(self, event: Event) -> None:
        if not 16 <= event["i"] <= 31:
            raise TraceError(f"wire of INTID {event['i']}, which is no PPI")
        pe = self._pe(event)
        link = f"gicd.ppi{pe}" if isinstance(self.gic, LegacyGic) else f"gicr{pe}.ppi"
        self._enter(link, LineChange(event["i"], event["l"]))

    def _msi(self, event: Event) -> None:
        if isinstance(self.gic, LegacyGic) or not self.gic.its:
            raise TraceError("a message to GITS_TRANSLATER in a machine without an ITS")
        self._enter("its0.msi", Msi(event["dev"], event["v"], event["s"]))
        self._virtio.message(event)

    # --- memory ---------------------------------------------------------------------------------------------------------

    def _range(self, event: Event) -> None:
        if not _MEMORY_REGION.fullmatch(event["r"]):
            raise TraceError(f"unknown memory region {event['r']!r}")
        self._ranges.setdefault(event["r"], []).append((event["a"], event["n"]))
        self._virtio.declare(event)

    def _snap(self, event: Event) -> None:
        if not _MEMORY_REGION.fullmatch(event["r"]):
            raise TraceError(f"unknown memory region {event['r']!r}")
        if "f" in event:
            self.memory.load(event["a"], bytes([event["f"]]) * event["n"])
        elif "h" in event:
            self.memory.load(event["a"], bytes.fromhex(event["h"]))
        else:
            self.findings.unchecked["memory that the recorder could not read"] += 1
        self._virtio.store(event)

    def _store(self, event: Event) -> None:
        address, data = event["a"], bytes.fromhex(event["h"])
        for start, count in self._ranges.get(event["r"], ()):
            if start <= address and address + len(data) <= start + count:
                self.memory.load(address, data)
                self._virtio.store(event)
                return
        raise TraceError(f"a store of {len(data)} bytes at {address:#x} lies in no declared range of {event['r']!r}")

    # --- outputs --------------------------------------------------------------------------------------------------------

    def _out(self, event: Event) -> None:
        if self._legacy_outputs is not None:
            self._legacy_out(event, self._legacy_outputs)
            return
        if "virq" in event:
            self._virtual_checks.lines(self._virtual_pe(event), {0: event["virq"], 1: event["vfiq"]})
        else:
            self._checks.lines(self._pe(event), event["irq"], event["fiq"])

    def _legacy_out(self, event: Event, checks: LegacyOutputChecks) -> None:
        """GICv2: one key, and asserted lines only."""
        for key, line in _LEGACY_LINES.items():
            if event.get(key):
                checks.asserted(self._pe(event), line)

    def _hppi(self, event: Event) -> None:
        if self._legacy_outputs is not None:
            self._legacy_outputs.highest_pending(self._pe(event), event["i"], event["p"], virtual=bool(event["v"]))
            return
        if "lr" in event:
            pe = self._virtual_pe(event)
            self._virtual_checks.highest_pending(pe, event["lr"], event["vlpi"], event["g"], event["p"])
        else:
            self._checks.highest_pending(self._pe(event), event["i"], event["g"], event["p"])

    def _sgi(self, event: Event) -> None:
        if self._legacy_outputs is not None:
            self._legacy_outputs.sgi(self._pe(event), event["i"])
            return
        self._checks.sgi(self._pe(event), event["i"])

    def _command(self, event: Event) -> None:
        self._checks.command(event["n"], tuple(event["a"]))

    def _table(self, event: Event) -> None:
        self._checks.table(event["n"], tuple(event["a"]))

    def _virtio_event(self, event: Event) -> None:
        self._virtio.feed(event)

    def _load(self, event: Event) -> None:
        """`ml`: what devices wrote, read by a CPU: rings, and LPI pending tables."""
        if not event["r"].startswith(("lpi.pend", "vlpi.pend")):
            self._virtio.feed(event)
            return
        expected = self.memory.read(event["a"], event["s"])
        self.findings.compared["LPI pending table"] += 1
        if expected != event["v"]:
            self._deviate("LPI pending table", f"{event['a']:#x}", event["c"], expected, event["v"], "", ())

    def _maintenance(self, event: Event) -> None:
        if self._legacy_outputs is not None:
            self._legacy_outputs.maintenance(self._pe(event), event["l"])
            return
        self._virtual_checks.lines(self._virtual_pe(event), {2: event["l"]})

    def _virtual_pe(self, event: Event) -> int:
        """The PE of an event of a virtual interface. Raises `TraceError` where the machine has none."""
        pe = self._pe(event)
        if self.gic.config.virtual is None:
            raise TraceError(f"event {event['e']!r} of a virtual CPU interface, and nothing in the recording runs at EL2")
        return pe

    def _acknowledging(self, event: Event) -> None:
        if self._legacy_outputs is None:
            raise TraceError(f"event {event['e']!r} belongs to a GICv2, and the recording is of a GICv3")
        self._legacy_outputs.acknowledging(self._pe(event), event["i"], virtual=event["k"] == "vcpu")

    # --- deviations -----------------------------------------------------------------------------------------------------

    def _mismatch(self, kind: str, name: str, frame: Frame | None, event: Event, expected: int) -> None:
        """A read that differs: decoded by fields, with the interrupts that the differing bits name."""
        registers = (ICH if name in ICH.names() else ICC) if frame is None else frame
        base = name.split(" of ")[0].split("+")[0]
        seen: int = event["v"]
        detail = ""
        if "(reserved)" not in name:
            detail = f"expected {registers.fields_text(base, expected)}; seen {registers.fields_text(base, seen)}"
        self._deviate(kind, name, event["c"], expected, seen, detail, self.history.intids_of(base, expected, seen))

    def _deviate(
        self, kind: str, what: str, cpu: int, expected: int | str, seen: int | str, detail: str, intids: tuple[int, ...]
    ) -> None:
        history = self.history.about(intids, cpu)
        deviation = Deviation(self._number, kind, what, cpu, expected, seen, detail, intids, history)
        self.findings.judge(deviation, self.tolerances)
