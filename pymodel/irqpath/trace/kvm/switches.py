"""The world switches of a recording: what KVM writes before a guest runs and reads after, and what reaches KVM meanwhile.

A switch is found by its accesses, the same in GICv3 (ICH_*_EL2) and GICv2 (GICH_*): List registers are written before the guest
runs, then the register of empty List registers is read, and each List register that isn't empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from string import digits
from typing import Final, NamedTuple, TypeAlias

from irqpath.software.kvm.list_register import ListRegister, decode_gicv2, decode_gicv3
from irqpath.trace.reader import Event

#: INTIDs of a guest's virtual and physical timer, which the host's machine has, too.
VIRTUAL_TIMER, PHYSICAL_TIMER = 27, 30
HCR_EN: Final = 1 << 0
HCR_UIE: Final = 1 << 1

_TIMER_BITS: Final = {1 << intid: intid for intid in (VIRTUAL_TIMER, PHYSICAL_TIMER)}
_ICACTIVER: Final = {"gicd": 0x380, "gicr": 0x10380}
_ISACTIVER: Final = {"gicd": 0x300, "gicr": 0x10300}
_VPENDBASER: Final = 0x20078
#: Offsets of GICH, and of the acknowledge register of GICC
_GICH_HCR, _GICH_VTR, _GICH_VMCR, _GICH_ELSR, _GICH_APR, _GICH_LR, _GICC_IAR = 0x00, 0x04, 0x08, 0x30, 0xF0, 0x100, 0x0C


class Saved(NamedTuple):
    """`register` of the virtual CPU interface is read as the vCPU is put."""

    event: int
    cpu: int
    register: str
    value: int


class Restored(NamedTuple):
    """`register` of the virtual CPU interface is written as a vCPU is loaded."""

    event: int
    cpu: int
    register: str
    value: int


class Entered(NamedTuple):
    """List registers were written; `hcr`: the control register meanwhile."""

    event: int
    cpu: int
    hcr: int
    registers: tuple[ListRegister, ...]


class Left(NamedTuple):
    """The same List registers, as KVM takes them back; those that the hardware calls empty keep all but their state."""

    event: int
    cpu: int
    registers: tuple[ListRegister, ...]


class TimerTaken(NamedTuple):
    """The host acknowledges the physical interrupt of a guest's timer."""

    event: int
    cpu: int
    intid: int


class TimerActive(NamedTuple):
    """The host makes the physical interrupt of a guest's timer active, or inactive."""

    event: int
    cpu: int
    intid: int
    active: bool


class TimerWire(NamedTuple):
    """The output of a guest's timer."""

    event: int
    cpu: int
    intid: int
    level: bool


class SgiTrapped(NamedTuple):
    """A guest writes ICC_SGI1R_EL1, which traps."""

    event: int
    cpu: int
    value: int


class Handled(NamedTuple):
    """The first access of a PE after `SgiTrapped` and the guest's exit: by then KVM has queued the SGI."""

    event: int
    cpu: int


class Resident(NamedTuple):
    """GICR_VPENDBASER is written: the vPE with its pending table at `table` is resident, or none is."""

    event: int
    cpu: int
    table: int
    valid: bool


class Runs(NamedTuple):
    """A guest uses its virtual CPU interface; only the first time after anything else on that PE."""

    event: int
    cpu: int


class Mapped(NamedTuple):
    """The ITS takes a VMAPP: vPE number and the address of its pending table; `valid` 0 unmaps it."""

    event: int
    cpu: int
    vpe: int
    table: int
    valid: bool


Happening: TypeAlias = (
    Saved | Restored | Entered | Left | TimerTaken | TimerActive | TimerWire | SgiTrapped | Handled | Resident | Runs | Mapped
)


@dataclass(slots=True)
class _Pe:
    """A PE between two accesses: List registers being written, those that the guest has, those being read back."""

    hcr: int = 0
    written: dict[int, int] | None = None
    began: int = 0
    guest: dict[int, int] | None = None
    waiting: list[int] | None = None
    back: dict[int, int] | None = None
    runs: bool = False
    trapped: bool = False


class Switches:
    """Turns events into `happenings`, in order. `cleared`: List registers that were written with zero; `refused`: those
    that were written again before they were read back, which no switch explains; `list_registers`: how many the machine has."""

    def __init__(self) -> None:
        self.cleared = 0
        self.refused = 0
        self.gicv2 = False
        self.list_registers = 4
        #: Timers that are the guest's while it runs. The host may use the physical one itself: then KVM never touches its state.
        self._timers = {VIRTUAL_TIMER}
        self._pes: dict[int, _Pe] = {}
        self.happenings: Final[list[Happening]] = []
        self._decode: Callable[[int], ListRegister] = decode_gicv3
        self._handlers: Final[dict[str, Callable[[int, Event], None]]] = {
            "sw": self._system_write,
            "sr": self._system_read,
            "st": self._trap,
            "mw": self._write,
            "mr": self._read,
            "ppi": self._wire,
            "cmd": self._command,
        }

    def feed(self, number: int, event: Event) -> None:
        """One event; `number` is its place in the recording."""
        handler = self._handlers.get(event["e"])
        if handler is not None:
            handler(number, event)

    def end(self) -> None:
        """The recording is over."""
        for cpu, pe in self._pes.items():
            self._settle(pe.began, cpu)

    def _settle(self, event: int, cpu: int, *, leaving: bool = False) -> _Pe:
        """Whatever the PE does next, the List registers that it was writing are complete, and what it trapped on is handled
        unless it is only `leaving` the guest."""
        pe = self._pes.get(cpu)
        if pe is None:
            pe = self._pes[cpu] = _Pe()
        pe.runs = False
        if pe.trapped and not leaving:
            pe.trapped = False
            self.happenings.append(Handled(event, cpu))
        if pe.written is not None:
            registers = tuple(self._decode(value) for _, value in sorted(pe.written.items()))
            self.happenings.append(Entered(pe.began, cpu, pe.hcr, registers))
            pe.guest, pe.written = pe.written, None
        return pe

    def _list_register_written(self, event: int, cpu: int, value: int, n: int) -> None:
        if not value:
            self.cleared += 1
            return
        pe = self._pes.get(cpu)
        if pe is None or pe.trapped:
            pe = self._settle(event, cpu)
        if pe.written is None:
            self.refused += pe.guest is not None
            pe.written, pe.began, pe.guest = {}, event, None
        pe.runs = False
        pe.written[n] = value

    def _empty_read(self, event: int, cpu: int, empty: int) -> None:
        pe = self._settle(event, cpu, leaving=True)
        if pe.guest is None:
            return
        pe.waiting = [n for n in sorted(pe.guest) if not empty >> n & 1]
        pe.back = {}
        self._take_back(pe, event, cpu)

    def _list_register_read(self, event: int, cpu: int, value: int, n: int) -> None:
        pe = self._settle(event, cpu, leaving=True)
        if pe.waiting is not None and pe.back is not None and n in pe.waiting:
            pe.waiting.remove(n)
            pe.back[n] = value
            self._take_back(pe, event, cpu)

    def _take_back(self, pe: _Pe, event: int, cpu: int) -> None:
        if pe.waiting or pe.guest is None or pe.back is None:
            return
        registers = tuple(
            self._decode(pe.back[n]) if n in pe.back else self._decode(value).invalid() for n, value in sorted(pe.guest.items())
        )
        self.happenings.append(Left(event, cpu, registers))
        pe.guest = pe.waiting = pe.back = None

    def _system_write(self, event: int, e: Event) -> None:
        name, cpu = str(e["g"]), e["c"]
        if name.startswith("ICH_LR"):
            self._list_register_written(event, cpu, e["v"], int(name[6:-4]))
            return
        pe = self._settle(event, cpu, leaving=name == "ICH_HCR_EL2" and not e["v"] & HCR_EN)
        if name == "ICH_HCR_EL2":
            pe.hcr = e["v"]
        elif name == "ICH_VMCR_EL2" or name.startswith("ICH_AP"):
            self.happenings.append(Restored(event, cpu, name, e["v"]))
        elif e.get("vi"):
            self._guest_runs(event, cpu)

    def _system_read(self, event: int, e: Event) -> None:
        name, cpu = str(e["g"]), e["c"]
        if name == "ICH_ELRSR_EL2":
            self._empty_read(event, cpu, e["v"])
        elif name.startswith("ICH_LR"):
            self._list_register_read(event, cpu, e["v"], int(name[6:-4]))
        elif name == "ICH_VTR_EL2":
            self._settle(event, cpu)
            self.list_registers = (e["v"] & 0x1F) + 1
        elif name == "ICH_VMCR_EL2" or name.startswith("ICH_AP"):
            self._settle(event, cpu)
            self.happenings.append(Saved(event, cpu, name, e["v"]))
        elif e.get("vi"):
            self._guest_runs(event, cpu)
        else:
            self._settle(event, cpu)
            if name == "ICC_IAR1_EL1" and e["v"] in self._timers:
                self.happenings.append(TimerTaken(event, cpu, e["v"]))

    def _guest_runs(self, event: int, cpu: int) -> None:
        pe = self._pes.get(cpu)
        if pe is None or not pe.runs:
            pe = self._settle(event, cpu)
            pe.runs = True
            self.happenings.append(Runs(event, cpu))

    def _trap(self, event: int, e: Event) -> None:
        pe = self._settle(event, e["c"])
        if e["g"] == "ICC_SGI1R_EL1" and "v" in e:
            pe.trapped = True
            self.happenings.append(SgiTrapped(event, e["c"], e["v"]))

    def _write(self, event: int, e: Event) -> None:
        region, offset, cpu, value = str(e["r"]), e["o"], e.get("c", 0), e["v"]
        if region == "gich":
            self._gich_write(event, cpu, offset, value)
        elif region == "gicv":
            self._guest_runs(event, cpu)
        else:
            self._settle(event, cpu)
            base = region.rstrip(digits)
            if value in _TIMER_BITS and offset in (_ICACTIVER.get(base), _ISACTIVER.get(base)):
                self._timers.add(_TIMER_BITS[value])
                self.happenings.append(TimerActive(event, cpu, _TIMER_BITS[value], offset == _ISACTIVER[base]))
            elif base == "gicr" and offset == _VPENDBASER:
                self.happenings.append(Resident(event, int(region[4:]), value >> 16 & 0xF_FFFF_FFFF, bool(value >> 63)))

    def _gich_write(self, event: int, cpu: int, offset: int, value: int) -> None:
        self._decode, self.gicv2 = decode_gicv2, True
        if offset >= _GICH_LR:
            self._list_register_written(event, cpu, value, (offset - _GICH_LR) // 4)
            return
        pe = self._settle(event, cpu, leaving=offset == _GICH_HCR and not value & HCR_EN)
        if offset == _GICH_HCR:
            pe.hcr = value
        elif offset in (_GICH_VMCR, _GICH_APR):
            self.happenings.append(Restored(event, cpu, "GICH_VMCR" if offset == _GICH_VMCR else "GICH_APR", value))

    def _read(self, event: int, e: Event) -> None:
        region, offset, cpu, value = str(e["r"]), e["o"], e["c"], e["v"]
        if region == "gicv":
            self._guest_runs(event, cpu)
            return
        if region == "gich" and offset == _GICH_ELSR:
            self._empty_read(event, cpu, value)
        elif region == "gich" and offset >= _GICH_LR:
            self._list_register_read(event, cpu, value, (offset - _GICH_LR) // 4)
        else:
            self._settle(event, cpu)
        if region == "gicc" and offset == _GICC_IAR and value in self._timers:
            self.happenings.append(TimerTaken(event, cpu, value))
        elif region == "gich" and offset == _GICH_VTR:
            self.list_registers = (value & 0x3F) + 1
        elif region == "gich" and offset in (_GICH_VMCR, _GICH_APR):
            self.happenings.append(Saved(event, cpu, "GICH_VMCR" if offset == _GICH_VMCR else "GICH_APR", value))

    def _wire(self, event: int, e: Event) -> None:
        if e["i"] in _TIMER_BITS.values():
            self.happenings.append(TimerWire(event, e["c"], e["i"], bool(e["l"])))

    def _command(self, event: int, e: Event) -> None:
        if e.get("n") == "vmapp":
            vpe, _, valid, table, _ = e["a"]
            self.happenings.append(Mapped(event, 0, vpe, table, bool(valid)))
