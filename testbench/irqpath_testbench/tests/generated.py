"""Scenarios made of what the generator of the comparison with QEMU makes up: random testing of the models reaches the Verilog."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final

from irqpath.core.errors import AccessError, CheckError
from irqpath.core.transactions import PeState
from irqpath.gic.gicc.pe_state import AMO, E2H, FMO, IMO, TGE
from irqpath.sim.platform import FIQ, IRQ, VFIQ, VIRQ, Pe, Platform
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.tests.scenario import Random as RandomScenario
from irqpath_testbench.tools.oracle.generator import Choices, Generator, Op
from irqpath_testbench.tools.oracle.generator.queue import CommandQueue
from irqpath_testbench.tools.oracle.outcome import FIQ_BIT, IRQ_BIT

#: Bits of HCR_EL2 that a CPU interface is told.
_HCR: Final = FMO | IMO | AMO | TGE | E2H
_RESET: Final = PeState(2)
#: Operations for each interrupt that a run asks for.
_OPERATIONS: Final = 4
_WIRES: Final = ("spi", "ppi", "msi")


@dataclass(slots=True)
class Driver:
    """Executes operations on a platform."""

    platform: Platform
    rng: Randoms
    _queue: CommandQueue = field(default_factory=CommandQueue)
    _hcr: dict[int, int] = field(default_factory=dict)
    _told: dict[int, PeState] = field(default_factory=dict)

    async def run(self, name: str, operations: int) -> None:
        """The sequence of that name, from a reset on."""
        platform, config = self.platform, self.platform.config
        home = 1 if config.virtual is None else 2
        generator = Generator(config, Random(name), Choices(state=home))
        calm = self.rng.random()  # how often everything becomes quiescent before the next operation
        done = 0
        while done < operations:
            for op in generator.next().ops:
                value, ran = await self._one(op)
                done += 1
                if self.rng.random() < calm:
                    await platform.quiesce()
                lines = [pe.lines for pe in platform.pes]
                generator.observe(
                    op,
                    value,
                    [bool(line & IRQ) | bool(line & FIQ) << 1 for line in lines],
                    [bool(line & VIRQ) | bool(line & VFIQ) << 1 for line in lines],
                    ran=ran,
                )
            if self.rng.random() < 0.03:
                platform.pressure(self.rng.choice((0, 0, 1, 2, 3)))
        platform.pressure(0)
        if config.virtual is not None:
            for pe in platform.pes:  # whoever looks at everything afterwards is a hypervisor
                await pe.enter(_RESET)

    async def _one(self, op: Op) -> tuple[int, bool]:
        """Its value, and whether it had its effect."""
        if op.kind not in _WIRES and self._taken(op):
            return 0, False
        value = 0
        for access in self._queue.lower(op):
            try:
                value = await self._access(access)
            except (AccessError, CheckError):  # it traps, is UNDEFINED or gets an error response: the scoreboards know which
                return 0, False
        return value, True

    def _taken(self, op: Op) -> bool:
        """Whether a PE that is to run at EL1 is taken to EL2 by a physical interrupt instead."""
        hcr, lines = self._hcr.get(op.pe, 0), self.platform.pes[op.pe].lines
        below = self.platform.config.virtual is not None and op.state & 3 == 1
        return below and bool((lines & IRQ and hcr & IMO) or (lines & FIQ and hcr & FMO))

    async def _access(self, op: Op) -> int:
        platform, pe = self.platform, self.platform.pes[op.pe]
        match op.kind:
            case "mr":
                return (await pe.read_at(op.what, op.at, op.size))[0]
            case "mw":
                await pe.write_at(op.what, op.at, op.size, op.value)
            case "sr" | "sw":
                return await self._system(pe, op)
            case "m":
                await platform.store(op.at, op.size, op.value)
            case "l":
                return await platform.load(op.at, op.size)
            case "msi":
                await platform.send_msi(op.at, op.value)
            case _:
                platform.wire(op.at, op.value, op.pe)
        return 0

    async def _system(self, pe: Pe, op: Op) -> int:
        if op.what == "HCR_EL2":
            if op.kind == "sw":
                self._hcr[op.pe] = op.value
            return self._hcr.get(op.pe, 0)
        if op.what == "ISR_EL1":
            return self._isr(pe, op)
        if self.platform.config.virtual is not None:
            state = PeState(op.state & 3, self._hcr.get(op.pe, 0) & _HCR)
            if self._told.get(op.pe, _RESET) != state:
                self._told[op.pe] = state
                await pe.enter(state)
        if op.kind == "sr":
            return await pe.mrs(op.what)
        await pe.msr(op.what, op.value)
        return 0

    def _isr(self, pe: Pe, op: Op) -> int:
        """What EL1 sees where HCR_EL2 sends physical interrupts to EL2 are virtual ones."""
        hcr = self._hcr.get(op.pe, 0) if op.state & 3 == 1 else 0
        irq, fiq = VIRQ if hcr & IMO else IRQ, VFIQ if hcr & FMO else FIQ
        return bool(pe.lines & irq) * IRQ_BIT | bool(pe.lines & fiq) * FIQ_BIT


async def generated(platform: Platform, rng: Randoms, interrupts: int) -> None:
    """One sequence, of four operations for each interrupt that is asked for."""
    await Driver(platform, rng).run(f"{rng.random()}", interrupts * _OPERATIONS)


class Generated(RandomScenario):
    """Journeys may be open at the end: a sequence stops anywhere."""

    ends_open = True
    software = staticmethod(generated)

    def must_close(self) -> int:
        """Software does what no software would, and handles what it likes."""
        return 0
