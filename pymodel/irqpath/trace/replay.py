"""Replay of a recording against the golden models: every input drives them, every read and every output is compared.

A recording is one total order, and its machine does each access at once: the outputs of an input follow it, before the next
input. So each output event is compared with the models as they stand after the input before it, and before the next input
nothing that the models did may be left that the recording does not show.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from irqpath.config.policy import QEMU, Policy
from irqpath.config.sizes import Machine
from irqpath.core.errors import TraceError
from irqpath.core.link import Link
from irqpath.core.transactions import (
    LineChange,
    Msi,
    PeState,
    RegRead,
    RegReadData,
    RegWrite,
    SysRead,
    SysReadData,
    SysTrap,
    SysWrite,
)
from irqpath.gic.gicc.pe_state import Route
from irqpath.gic.gicc.virtualization import Virtualization
from irqpath.gic.gicv2.cpu_interface import Gicv2Cpu
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.gic.system import Gic
from irqpath.regs import ICC, ICH
from irqpath.trace import virtio
from irqpath.trace.findings import Findings, Tolerance
from irqpath.trace.machine import RecordedMachine
from irqpath.trace.memory_events import MemoryEvents
from irqpath.trace.output_events import OutputEvents
from irqpath.trace.reader import GARBLED, Event, Recording, at_line, events, survey
from irqpath.trace.reporter import Reporter
from irqpath.trace.tolerated import QEMU_VIRT
from irqpath.trace.virtio import Unfollowed, VirtioChecks
from irqpath.trace.virtio_identity import identities

_V2M, _SPIS, _MESSAGES = Link("v2m.reg"), Link("gicd.spi"), Link("its0.msi")


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
        self.findings = Findings(path.name)
        self._reporter = Reporter(self.findings, tolerances)
        self.history = self._reporter.history
        self._machine = machine = RecordedMachine(
            gic or (lambda machine, policy: Gic(machine.config, policy)), policy, self._reporter
        )
        self._virtio: VirtioChecks | Unfollowed = VirtioChecks({}, self.findings, self._reporter.deviate)
        self._memory = MemoryEvents(machine, self._reporter, self._virtio)
        self._encoding = {register.name: register.offset for registers in (ICC, ICH) for register in registers.registers}
        self._hcr: dict[int, int] = {}
        self._states: dict[tuple[int, int], PeState] = {}  # those that were seen, by exception level and HCR_EL2
        self._message: Event | None = None
        self._handlers: dict[str, Callable[[Event], None]] = {
            **{kind: self._virtio_event for kind in virtio.KINDS},
            **self._memory.handlers,
            **OutputEvents(machine).handlers,
            "mw": self._mmio_write,
            "mr": self._mmio_read,
            "sw": self._sys_write,
            "sr": self._sys_read,
            "cpurst": machine.cpu_reset,
            "spi": self._spi,
            "ppi": self._ppi,
            "msi": self._msi,
            "st": self._trap,
            "hcr": self._hypervisor_state,
        }

    @property
    def gic(self) -> Gic | Gicv2:
        """The models."""
        return self._machine.gic

    def run(self, progress: Callable[[float], None] | None = None) -> Findings:
        """Feed the whole recording. `progress` is told the share of the file that was read.

        A malformed recording ends the replay with `findings.stopped` set; what was checked before it is kept.
        """
        started = time.perf_counter()
        try:
            recording = Recording(self.path)
            self._machine.survey = found = survey(recording)
            self.findings.name = found.header.name
            if found.header.cut:
                self._virtio = self._memory.virtio = Unfollowed(self.findings)
            else:
                known = identities(recording, found.header.devices)
                self._virtio = self._memory.virtio = VirtioChecks(known, self.findings, self._reporter.deviate)
            for line, event in events(recording, progress):
                self._reporter.number = line - 1
                self._feed(line, event)
            if self._message is not None:
                self._send_message({"e": ""})
            self._machine.end()
            self._virtio.end()
        except TraceError as error:
            self.findings.stopped = str(error)
        self.findings.seconds = time.perf_counter() - started
        return self.findings

    def _feed(self, line: int, event: Event) -> None:
        self.history.add(self._reporter.number, event)
        try:
            if self._message is not None:
                self._send_message(event)
            self._handlers[event["e"]](event)
        except GARBLED as error:
            raise at_line(self.path, line, event, error) from error
        self.findings.events += 1

    # --- inputs and reads -----------------------------------------------------------------------------------------------

    def _mmio_write(self, event: Event) -> None:
        if self._virtio.write(event):
            return
        frame = self._machine.frame(event["r"], "device register write")
        if frame is not None and frame[1] == _V2M:
            self._message = event  # its effect is a pulse, which a recorder may show as wires of their own
        elif frame is not None:
            self._machine.enter(frame[1], RegWrite(event["o"], event["s"], event["v"], event.get("c", 0)))

    def _send_message(self, following: Event) -> None:
        """A message to GICv2m takes effect, unless the event after it is the rising wire that it causes."""
        message, self._message = self._message, None
        assert message is not None  # that is why this is called
        if following["e"] != "spi" or following["i"] != message["v"] & 0x3FF:
            self._machine.enter(_V2M, RegWrite(message["o"], message["s"], message["v"], message.get("c", 0)))

    def _mmio_read(self, event: Event) -> None:
        if self._virtio.read(event):
            return
        frame = self._machine.frame(event["r"], "device register read")
        if frame is None:
            return
        registers, link = frame
        out = self._machine.enter(link, RegRead(event["o"], event["s"], event["c"]))
        expected = next(t.value for _, t in out if isinstance(t, RegReadData))
        self.findings.compared["register read"] += 1
        if expected != event["v"]:
            element = registers.name_at(event["o"])
            name = f"{element} of {link.block}" if link.unit == "gicr" else element
            self._reporter.mismatch("register read", name, registers, event, expected)

    def _sys_write(self, event: Event) -> None:
        pe, reg = self._machine.pe(event), self._system_register(event)
        self._same_route(pe, reg, event)
        self._machine.enter(self._machine.system_registers[pe], SysWrite(reg, event["v"]))

    def _sys_read(self, event: Event) -> None:
        pe, reg = self._machine.pe(event), self._system_register(event)
        self._same_route(pe, reg, event)
        out = self._machine.enter(self._machine.system_registers[pe], SysRead(reg))
        expected = next((t.value for _, t in out if isinstance(t, SysReadData)), None)
        self.findings.compared["system register read"] += 1
        if expected is None:
            self._reporter.deviate("system register read", event["g"], pe, "a trap", event["v"], "", ())
        elif expected != event["v"]:
            self._reporter.mismatch("system register read", event["g"], None, event, expected)

    def _same_route(self, pe: int, reg: int, event: Event) -> None:
        """Tell the CPU interface the PE's state; the access must reach the interface, virtual or not, that the recording says."""
        unit = self._machine.gic.gicc[pe]
        if isinstance(unit, Gicv2Cpu):
            raise TraceError(f"system register {event['g']} in a machine with a GICv2")
        virtualization = unit.virtualization
        if virtualization is None:
            if event.get("vi") or event["g"].startswith("ICH_"):
                raise TraceError(f"{event['g']} reaches a virtual CPU interface, and nothing in the recording runs at EL2")
            return
        self._pe_state(pe, virtualization, event["x"])
        expected = virtualization.destination(reg)
        if isinstance(expected, int) or (expected is Route.VIRTUAL) != bool(event.get("vi")):
            seen = "the virtual interface" if event.get("vi") else "the physical interface"
            self._reporter.deviate("register redirection", event["g"], pe, str(expected), seen, "", ())

    def _pe_state(self, pe: int, virtualization: Virtualization, el: int) -> None:
        key = el, self._hcr.get(pe, 0)
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = PeState(*key)
        if virtualization.pe_state != state:
            self._machine.enter(self._machine.system_registers[pe], state)

    def _hypervisor_state(self, event: Event) -> None:
        self._hcr[self._machine.pe(event)] = event["v"]

    def _trap(self, event: Event) -> None:
        """`st`: the access trapped, and so it must in the models."""
        pe, reg = self._machine.pe(event), self._system_register(event)
        unit = self._machine.gic.gicc[pe]
        if not isinstance(unit, Gicv2Cpu) and unit.virtualization is not None:
            self._pe_state(pe, unit.virtualization, event["x"])
        request = SysWrite(reg, event["v"]) if "v" in event else SysRead(reg)
        out = self._machine.enter(self._machine.system_registers[pe], request)
        self.findings.compared["trap"] += 1
        if not any(isinstance(t, SysTrap) for _, t in out):
            self._reporter.deviate("trap", event["g"], pe, "no trap", "a trap", "", ())

    def _system_register(self, event: Event) -> int:
        name = event["g"]
        encoding = self._encoding.get(name)
        if encoding is None:
            raise TraceError(f"system register {name!r} is none of a GICv3 CPU interface")
        return encoding

    def _spi(self, event: Event) -> None:
        if not 32 <= event["i"] <= self.gic.config.last_spi:
            raise TraceError(f"wire of INTID {event['i']}, which is no SPI of this machine")
        self._machine.enter(_SPIS, LineChange(event["i"], event["l"]))
        self._virtio.line(event)

    def _ppi(self, event: Event) -> None:
        if not 16 <= event["i"] <= 31:
            raise TraceError(f"wire of INTID {event['i']}, which is no PPI")
        pe = self._machine.pe(event)
        self._machine.enter(self._machine.ppis[pe], LineChange(event["i"], event["l"]))

    def _msi(self, event: Event) -> None:
        if isinstance(self.gic, Gicv2) or not self.gic.its:
            raise TraceError("a message to GITS_TRANSLATER in a machine without an ITS")
        self._machine.enter(_MESSAGES, Msi(event["dev"], event["v"], event["s"]))
        self._virtio.message(event)

    def _virtio_event(self, event: Event) -> None:
        self._virtio.feed(event)
