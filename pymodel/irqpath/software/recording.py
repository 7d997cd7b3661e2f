"""One packet of a row, seen from everywhere: its eight steps, and what the GIC's blocks tell each other meanwhile.

The row runs again, with somebody who listens on all links, until that packet has arrived. What is kept is what an interrupt's way
is made of: wires, messages, translations, List registers, acknowledgements, and the guest's exits and entries.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.core.errors import CheckError
from irqpath.core.transactions import (
    GenerateSgi,
    LineChange,
    LpiSet,
    MemRead,
    Msi,
    Observed,
    OutLine,
    PeState,
    RegRead,
    RegReadData,
    RegWrite,
    Set,
    SgiDeliver,
    SgiRequest,
    SpiOffer,
    SysRead,
    SysReadData,
    SysWrite,
    VlpiSet,
    VSet,
)
from irqpath.regs import GICC, GICH, ICC, ICH, VLPI
from irqpath.software.evolution import PER_PACKET, START, Row, Setup
from irqpath.software.kvm.interrupt import FIRST_SPI
from irqpath.software.machine import Delivery, Generation
from irqpath.software.packets import Packet, Step

_ACKNOWLEDGES: Final = ICC.by_name("ICC_IAR1_EL1").offset
_LIST_REGISTERS: Final = {ICH.by_name(f"ICH_LR{n}_EL2").offset: n for n in range(16)}
#: The same of a GICv2, whose CPU interfaces are frames; the guest's has the host's offsets.
_GICV2_ACKNOWLEDGES: Final = GICC.element("GICC_IAR").offset
_GICV2_LIST_REGISTERS: Final = {GICH.element(f"GICH_LR{n}").offset: n for n in range(64)}
_GICV2_STATE, _GICV2_ID = 0b11 << 28, (1 << 10) - 1
_VPENDBASER: Final = VLPI.element("GICR_VPENDBASER").offset
#: The field State of a List register, and its vINTID; Valid of GICR_VPENDBASER.
_STATE, _VINTID, _VALID = 0b11 << 62, (1 << 32) - 1, 1 << 63
#: INTIDs from here on are no interrupts.
_SPECIAL: Final = range(1020, 1024)


class Lane(Enum):
    """Who does something, from left to right."""

    GUEST = "guest"
    HOST = "host, KVM"
    QEMU = "QEMU"
    DEVICE = "device"
    ITS = "ITS"
    GICD = "GICD"
    GICR = "GICR"
    CPU = "CPU interface"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happens: `cycle`: since add_buf; from one to another, or with one alone; `step`: which of the eight it is,
    0: none."""

    cycle: int
    source: Lane
    target: Lane
    says: str
    step: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A packet, and the moments of its way in their order."""

    packet: Packet
    moments: tuple[Moment, ...]


#: By step: from whom to whom, and what happens; first of a device that QEMU emulates, then of an assigned one.
_EMULATED: Final = {
    Step.ADD_BUF: (Lane.GUEST, Lane.GUEST, "add_buf: the packet is in the transmit virtqueue"),
    Step.KICK: (Lane.GUEST, Lane.HOST, "kick: the notification exits to KVM"),
    Step.EVENT_LOOP: (Lane.HOST, Lane.QEMU, "ioeventfd: QEMU's event loop calls back"),
    Step.FORWARDED: (Lane.QEMU, Lane.DEVICE, "forwarded to the real device"),
    Step.RESPONSE: (Lane.QEMU, Lane.GUEST, "response in the receive virtqueue"),
    Step.IRQFD: (Lane.QEMU, Lane.HOST, "irqfd: KVM is told to inject"),
    Step.VIRTUAL_INTERRUPT: (Lane.HOST, Lane.CPU, "virtual interrupt in a List register"),
    Step.HANDLER: (Lane.GUEST, Lane.GUEST, "handler: the guest has the packet"),
}
_ASSIGNED: Final = _EMULATED | {
    Step.KICK: (Lane.GUEST, Lane.DEVICE, "kick: the notification reaches the device, no exit"),
    Step.FORWARDED: (Lane.DEVICE, Lane.DEVICE, "forwarded to the network"),
    Step.RESPONSE: (Lane.DEVICE, Lane.GUEST, "response in the receive virtqueue"),
    Step.IRQFD: (Lane.HOST, Lane.HOST, "irqfd: VFIO's handler has KVM inject"),
}
_DIRECT: Final = {Step.VIRTUAL_INTERRUPT: (Lane.CPU, Lane.GUEST, "virtual interrupt: the vCPU sees the VLPI")}


def record(setup: Setup, row: Row) -> Recorded | None:
    """The row's typical packet; None where it has none. Raises `CheckError` where it does not go as it went in the row."""
    packet = row.typical()
    if packet is None:
        return None
    seen, observed = _again(setup, row, packet)
    if seen.times != packet.times:
        raise CheckError(f"{row.name}: packet {packet.number} went {packet.times} and then {seen.times}")
    start, end = packet.times[Step.ADD_BUF], packet.times[Step.HANDLER]
    direct = row.delivery is Delivery.ASSIGNED and row.generation in (Generation.GICV40, Generation.GICV41)
    way = [*_steps(packet, row.delivery, direct), *_messages(observed, start, end)]
    return Recorded(packet, tuple(sorted(way, key=lambda moment: moment.cycle)))


def _again(setup: Setup, row: Row, wanted: Packet) -> tuple[Packet, list[Observed]]:
    """Run the row until the packet has come back; of several guests each has one of its number."""
    observed: list[Observed] = []
    found: list[Packet] = []

    def finished(packet: Packet) -> None:
        if packet.number == wanted.number:
            found.append(packet)
            if packet.times == wanted.times or len(found) == setup.guests:
                done.set()

    platform, machine = setup.machine(row.generation, row.delivery, row.waiting, finished, observed.append)
    done = platform.event(f"packet {wanted.number}")
    limit = START + PER_PACKET * setup.packets

    async def run() -> None:
        await machine.run()

    async def main() -> None:
        platform.start(run(), "machine")
        await done.wait(limit)

    platform.run(main(), limit)
    if not found:
        raise CheckError(f"{row.name}: packet {wanted.number} does not come back a second time")
    return found[-1], observed


def _steps(packet: Packet, delivery: Delivery, direct: bool) -> Iterator[Moment]:
    """The steps that the packet took."""
    known = _EMULATED if delivery is not Delivery.ASSIGNED else _ASSIGNED | (_DIRECT if direct else {})
    for step in Step:
        if packet.took(step):
            source, target, says = known[step]
            yield Moment(packet.times[step] - packet.times[Step.ADD_BUF], source, target, says, int(step))


# --- what the GIC's blocks say ------------------------------------------------------------------------------------------------


class _Course:
    """What must be remembered from one transaction to the next: who runs on a PE, what it has asked, what the ITS has read."""

    def __init__(self) -> None:
        self._guests: set[int] = set()
        self._asked: dict[int, int] = {}
        #: of a GICv2, by the frame: the offsets that are read, the first one first
        self._reading: dict[str, deque[int]] = {"gicc": deque(), "gicv": deque()}
        self._reads = 0
        #: LPIs that an ITS has sent; another one is a doorbell
        self._sent: set[int] = set()

    def runs(self, pe: int) -> Lane:
        """Who runs on a PE."""
        return Lane.GUEST if pe in self._guests else Lane.HOST

    def moment(self, o: Observed) -> tuple[Lane, Lane, str] | None:
        """From whom, to whom, and what; None for what is no part of an interrupt's way."""
        self._remember(o)
        tell = _TELLS.get(type(o.transaction))
        return tell(self, o) if tell is not None else None

    def _remember(self, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, SysRead):
            self._asked[o.link.pe] = t.reg
        elif isinstance(t, RegRead) and o.link.block in self._reading:
            self._reading[o.link.block].append(t.offset)
        elif isinstance(t, MemRead) and o.link.unit == "its":
            self._reads += 1
        elif isinstance(t, Msi):
            self._reads = 0

    # each of these is told transactions of its own types alone

    def state(self, o: Observed) -> tuple[Lane, Lane, str] | None:
        """An Exception level: of the guest, or of the host."""
        t = o.transaction
        assert isinstance(t, PeState)
        enters, runs = t.el < 2, o.link.pe in self._guests
        (self._guests.add if enters else self._guests.discard)(o.link.pe)
        if enters == runs:
            return None
        return (Lane.HOST, Lane.GUEST, "the guest is entered") if enters else (Lane.GUEST, Lane.HOST, "exit to the host")

    def line(self, o: Observed) -> tuple[Lane, Lane, str] | None:
        """A wire that rises: an SPI's, or of a CPU interface."""
        t = o.transaction
        assert isinstance(t, LineChange)
        if not t.level:
            return None
        if o.link.unit == "gicd" and o.link.end == "spi":
            return Lane.DEVICE, Lane.GICD, f"SPI {t.line} rises"
        if o.link.end != "irq" or o.link.unit != "gicc":
            return None
        name = OutLine(t.line)
        if name is OutLine.VIRQ:
            return Lane.CPU, Lane.GUEST, "virtual IRQ"
        return Lane.CPU, self.runs(o.link.pe), f"{name.name} of PE {o.link.pe}"

    def acknowledged(self, o: Observed) -> tuple[Lane, Lane, str] | None:
        """An acknowledgement."""
        t = o.transaction
        assert isinstance(t, SysReadData)
        if self._asked.pop(o.link.pe, None) != _ACKNOWLEDGES or t.value in _SPECIAL:
            return None
        runs = self.runs(o.link.pe)
        return runs, Lane.CPU, f"acknowledges {self.physical(t.value) if runs is Lane.HOST else _interrupt(t.value)}"

    def written(self, o: Observed) -> tuple[Lane, Lane, str] | None:
        """A List register."""
        t = o.transaction
        assert isinstance(t, SysWrite)
        number = _LIST_REGISTERS.get(t.reg)
        if number is None or not t.value & _STATE:
            return None
        return Lane.HOST, Lane.CPU, f"List register {number}: {_interrupt(t.value & _VINTID)}"

    def frame_read(self, o: Observed) -> tuple[Lane, Lane, str] | None:
        """An acknowledgement at a GICv2: the host's, or the guest's."""
        t = o.transaction
        assert isinstance(t, RegReadData)
        reading = self._reading.get(o.link.block)
        if not reading or reading.popleft() != _GICV2_ACKNOWLEDGES or t.value & _GICV2_ID in _SPECIAL:
            return None
        says = f"acknowledges {_interrupt(t.value & _GICV2_ID)}"
        return Lane.GUEST if o.link.block == "gicv" else Lane.HOST, Lane.CPU, says

    def frame_written(self, o: Observed) -> tuple[Lane, Lane, str] | None:
        """A List register of a GICv2; or a vPE that is made resident, or not."""
        t = o.transaction
        assert isinstance(t, RegWrite)
        number = _GICV2_LIST_REGISTERS.get(t.offset) if o.link.block == "gich" else None
        if number is not None and t.value & _GICV2_STATE:
            return Lane.HOST, Lane.CPU, f"List register {number}: {_interrupt(t.value & _GICV2_ID)}"
        if o.link.unit != "gicr" or t.offset != _VPENDBASER or t.size != 8:
            return None
        return Lane.HOST, Lane.GICR, "vPE made resident" if t.value & _VALID else "vPE no longer resident"

    def physical(self, intid: int) -> str:
        """A physical interrupt as one says it."""
        return _interrupt(intid) + (", a doorbell" if intid >= FIRST_LPI and intid not in self._sent else "")

    def pending(self, o: Observed) -> tuple[Lane, Lane, str]:
        """An interrupt that a Redistributor tells the CPU interface."""
        t = o.transaction
        assert isinstance(t, Set)
        return Lane.GICR, Lane.CPU, self.physical(t.intid)

    def translated(self, o: Observed) -> tuple[Lane, Lane, str]:
        """An LPI or a VLPI."""
        t = o.transaction
        assert isinstance(t, LpiSet | VlpiSet)
        if isinstance(t, LpiSet):
            self._sent.add(t.intid)
        name = f"LPI {t.intid}" if isinstance(t, LpiSet) else f"VLPI {t.intid} of vPE {t.vpe}"
        return Lane.ITS, Lane.GICR, f"{name}, after {self._reads} reads of tables"


def _from(source: Lane, target: Lane, says: Callable[[Any], str]) -> Callable[[_Course, Observed], tuple[Lane, Lane, str]]:
    """A transaction that always goes the same way; `says`: what, from the transaction."""
    return lambda _, o: (source, target, says(o.transaction))


def _interrupt(intid: int) -> str:
    """An INTID as one says it."""
    kind = "SGI" if intid < 16 else "PPI" if intid < FIRST_SPI else "SPI" if intid < FIRST_LPI else "LPI"
    return f"{kind} {intid}"


_TELLS: Final[dict[type, Callable[[_Course, Observed], tuple[Lane, Lane, str] | None]]] = {
    PeState: _Course.state,
    LineChange: _Course.line,
    SysReadData: _Course.acknowledged,
    SysWrite: _Course.written,
    RegReadData: _Course.frame_read,
    RegWrite: _Course.frame_written,
    LpiSet: _Course.translated,
    VlpiSet: _Course.translated,
    Msi: _from(Lane.DEVICE, Lane.ITS, lambda t: f"MSI: event {t.event} of device {t.device}"),
    GenerateSgi: _from(Lane.CPU, Lane.GICR, lambda t: f"ICC_SGI1R_EL1: {_interrupt(t.intid)}"),
    SgiRequest: _from(Lane.GICR, Lane.GICD, lambda t: _interrupt(t.intid)),
    SgiDeliver: _from(Lane.GICD, Lane.GICR, lambda t: _interrupt(t.intid)),
    SpiOffer: _from(Lane.GICD, Lane.GICR, lambda t: _interrupt(t.intid)),
    Set: _Course.pending,
    VSet: _from(Lane.GICR, Lane.CPU, lambda t: f"virtual {_interrupt(t.intid)}"),
}


def _messages(observed: Iterable[Observed], start: int, end: int) -> Iterator[Moment]:
    """Those of the packet's time."""
    course = _Course()
    for o in observed:
        told = course.moment(o)
        if told is not None and start <= o.accept <= end:
            yield Moment(o.accept - start, *told)
