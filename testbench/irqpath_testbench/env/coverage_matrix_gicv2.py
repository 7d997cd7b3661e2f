"""Events × states of a GICv2: what PEs, wires and messages do to it, against what is pending, signalled and active at the PE when
they do. The golden model says the state, before it takes the event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Observed, PeReset, RegRead, RegWrite
from irqpath.gic.gicv2.cpu_interface import EOIMODE_S, OTHER_GROUP, Gicv2Cpu
from irqpath.gic.gicv2.gic import Gicv2
from irqpath_testbench.env.coverage_matrix import GROUP
from irqpath_testbench.env.plan_gicv2 import FRAMES

EVENTS: Final = (
    *("GICD_CTLR written", "SGI sent", "SGI sources written", "enable written", "pending written", "active written"),
    *("priority written", "targets written", "group written", "trigger written", "GICD read"),
    *("GICC_CTLR written", "GICC_PMR written", "GICC_BPR written", "GICC_APR written"),
    *("acknowledge", "spurious acknowledge", "HPPIR", "EOIR", "DIR"),
    *("GICH written", "guest's acknowledge", "guest's end", "message", "SPI's wire", "PPI's wire", "reset"),
)
STATES: Final = (
    *("idle", "SGI pending", "PPI pending", "SPI pending", "IRQ high", "FIQ high", "masked", "active", "nested"),
    *("GICD off", "GICC off", "EOImode 1", "vIRQ high", "maintenance high"),
)
#: Cells that cannot be reached, and why; that they are not is checked.
IMPOSSIBLE: Final = {
    ("acknowledge", state): why
    for state, why in (
        ("idle", "nothing is pending"),
        ("masked", "nothing is signalled"),
        ("GICD off", "nothing is forwarded"),
        ("GICC off", "nothing is signalled"),
    )
}
_WRITES: Final = {
    "GICD_CTLR": "GICD_CTLR written",
    "GICD_SGIR": "SGI sent",
    "GICD_SPENDSGIR": "SGI sources written",
    "GICD_CPENDSGIR": "SGI sources written",
    "GICD_ISENABLER": "enable written",
    "GICD_ICENABLER": "enable written",
    "GICD_ISPENDR": "pending written",
    "GICD_ICPENDR": "pending written",
    "GICD_ISACTIVER": "active written",
    "GICD_ICACTIVER": "active written",
    "GICD_IPRIORITYR": "priority written",
    "GICD_ITARGETSR": "targets written",
    "GICD_IGROUPR": "group written",
    "GICD_ICFGR": "trigger written",
    "GICC_CTLR": "GICC_CTLR written",
    "GICC_PMR": "GICC_PMR written",
    "GICC_BPR": "GICC_BPR written",
    "GICC_ABPR": "GICC_BPR written",
    "GICC_APR": "GICC_APR written",
    "GICC_NSAPR": "GICC_APR written",
    "GICC_EOIR": "EOIR",
    "GICC_AEOIR": "EOIR",
    "GICC_DIR": "DIR",
    "GICV_EOIR": "guest's end",
    "GICV_AEOIR": "guest's end",
    "GICV_DIR": "guest's end",
    "V2M_MSI_SETSPI_NS": "message",
}
_READS: Final = {
    "GICC_HPPIR": "HPPIR",
    "GICC_AHPPIR": "HPPIR",
    "GICV_IAR": "guest's acknowledge",
    "GICV_AIAR": "guest's acknowledge",
}
_ACKNOWLEDGES: Final = {"GICC_IAR": True, "GICC_AIAR": False}
_SGIS: Final = 0xFFFF


def matrix() -> tuple[str, ...]:
    """The bins: each event in each state in which it can be."""
    return tuple(f"{event}, {state}" for event in EVENTS for state in STATES if (event, state) not in IMPOSSIBLE)


class Gicv2Matrix:
    """Of all PEs. `hit(group, bin)` is told each cell; `reached`: impossible ones that were, as text; `links`: of its inputs."""

    def __init__(self, unit: Gicv2, hit: Callable[[str, str], None]) -> None:
        self.reached: list[str] = []
        pes = range(unit.config.pes)
        own = [link for pe in pes for link in (Link.gicv2_ppi(pe), Link.gicc(pe, "reset"))]
        self.links: tuple[str, ...] = (*(Link.of(name, "reg") for name in unit.frames), Link("gicd.spi"), *own)
        self._unit = unit
        self._hit = hit
        self._names: dict[tuple[str, int, int], str] = {}

    def saw(self, o: Observed) -> None:
        """An input of the block, which its model has not taken yet."""
        event, pe = self._event(o)
        if not event:
            return
        for cpu in self._unit.gicc if pe < 0 else (self._unit.gicc[pe],):
            for state in _states(cpu):
                self._hit(GROUP, f"{event}, {state}")
                if (why := IMPOSSIBLE.get((event, state))) is not None:
                    self.reached.append(f"PE {cpu.pe}, cycle {o.accept}: {event}, {state}, though {why}")

    def _event(self, o: Observed) -> tuple[str, int]:
        """What it is ("": nothing that counts), and the PE whose state counts, -1 for all."""
        t = o.transaction
        if isinstance(t, RegRead | RegWrite):
            name = self._name(o.link.block, t)
            return self._access(name, t), -1 if name == "V2M_MSI_SETSPI_NS" else t.pe
        if isinstance(t, LineChange):
            return ("SPI's wire", -1) if o.link.end == "spi" else ("PPI's wire", o.link.number)
        return ("reset", o.link.pe) if isinstance(t, PeReset) else ("", -1)

    def _access(self, name: str, t: RegRead | RegWrite) -> str:
        if isinstance(t, RegWrite):
            return "GICH written" if name.startswith("GICH") else _WRITES.get(name, "")
        if name in _ACKNOWLEDGES:
            cpu = self._unit.gicc[t.pe]
            taken = cpu.signalled(cpu.best()) and cpu.peek(_ACKNOWLEDGES[name]) < OTHER_GROUP
            return "acknowledge" if taken else "spurious acknowledge"
        return "GICD read" if name.startswith("GICD") else _READS.get(name, "")

    def _name(self, frame: str, t: RegRead | RegWrite) -> str:
        key = (frame, t.offset, t.size)
        name = self._names.get(key)
        if name is None:
            access = FRAMES[frame].lookup(t.offset, t.size)
            name = self._names[key] = "" if access is None else FRAMES[frame].registers[access.register].name
        return name


def _states(cpu: Gicv2Cpu) -> Iterator[str]:
    """What is the case at a PE."""
    dist, active = cpu.dist, cpu.ap[0] | cpu.ap[1]
    private = dist.private[cpu.pe].candidates()
    spis = dist.shared.candidates() & dist._reaching(cpu.pe)
    best = cpu.best()
    cases = (
        best is None and not active,
        private & _SGIS,
        private >> 16,
        spis,
        *cpu.lines,
        best is not None and not cpu.signalled(best),
        active,
        active & active - 1,
        not dist.enables,
        not cpu.ctlr & 3,
        cpu.ctlr & EOIMODE_S,
        cpu.virtual_lines[0],
        cpu.virtual_lines[2],
    )
    return (state for state, is_so in zip(STATES, cases, strict=True) if is_so)
