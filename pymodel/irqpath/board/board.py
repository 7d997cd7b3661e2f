"""`Board`: a GIC and memory as a CPU sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from irqpath.board.address_map import AddressMap, Places, Region
from irqpath.board.device_tree import source
from irqpath.board.foreign import ForeignMemory
from irqpath.board.system_registers import SystemRegister, encoding
from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig
from irqpath.core.errors import AccessError, ArchError, CheckError, ConfigError
from irqpath.core.link import Link
from irqpath.core.memory import Memory, MemPort
from irqpath.core.state import Int, Many, Part, Schema, Stateful
from irqpath.core.transactions import (
    LineChange,
    Msi,
    Out,
    OutLine,
    PeState,
    RegRead,
    RegReadData,
    RegWrite,
    RegWriteAck,
    Report,
    Reset,
    SysRead,
    SysTrap,
    SysWrite,
    Transaction,
)
from irqpath.gic.common.outputs import RESPONSES
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.gic.system import Gic

#: Is told (PE, name of the line, level) when an output line changes.
OnLine = Callable[[int, str, int], None]
_NAMES: Final = tuple(line.name.lower() for line in OutLine)
_SIZES: Final = frozenset((1, 2, 4, 8))


class Result(NamedTuple):
    """What an access came to. `value`: what was read, 0 else. At most one of the others is set, and then nothing was read or
    written: `aborted`: nothing is at the address, or the GIC answered with an error (the PE takes an external abort);
    `undefined`: the PE takes an Undefined Instruction exception; `trap`: the Exception level that the instruction traps to."""

    value: int = 0
    aborted: bool = False
    undefined: bool = False
    trap: int | None = None

    @property
    def ok(self) -> bool:
        """It was carried out."""
        return not (self.aborted or self.undefined or self.trap is not None)


class Lines(NamedTuple):
    """Levels of the output lines of one PE: 1 is asserted. `wake`: its Redistributor asks that it be powered up."""

    irq: int = 0
    fiq: int = 0
    wake: int = 0
    virq: int = 0
    vfiq: int = 0
    maintenance: int = 0


class Finding(NamedTuple):
    """What software or a device did wrong, as `block` saw it; the models went on as the Policy says."""

    block: str
    error: ArchError
    detail: str


_DONE: Final = Result()
_ABORTED: Final = Result(aborted=True)
_UNDEFINED: Final = Result(undefined=True)


class Board(Stateful):
    """A machine of `config`: GICv2 where it is a `Gicv2Config`, else GICv3 or GICv4.

    `memory`: any `MemPort`; one that reads `Memory` may have an instruction-set simulator's RAM inside (`Memory.map`).
    `on_line` is told every change of an output line, within the call that causes it. `findings` grows until it is cleared.
    The maintenance interrupt of a virtual CPU interface is wired to its PPI.

    Raises `ConfigError` when frames or RAM overlap, or do not lie where the configuration says (GITS_TYPER.PTA).
    """

    def __init__(
        self,
        config: GicConfig | Gicv2Config,
        policy: Policy = IRQPATH,
        memory: MemPort | None = None,
        *,
        address_map: AddressMap | None = None,
        on_line: OnLine | None = None,
    ) -> None:
        self.config: Final = config
        self.address_map: Final = address_map or AddressMap()
        self.memory: Final = memory if isinstance(memory, Memory) else Memory() if memory is None else ForeignMemory(memory)
        self.gic: Final = Gicv2(config, policy) if isinstance(config, Gicv2Config) else Gic(config, policy, self.memory)
        self.places: Final = Places((*self._frames(), *(Region(base, size, "ram") for base, size in self.address_map.ram)))
        self.findings: list[Finding] = []
        self.on_line = on_line
        self._reg = {region.name: Link.of(region.name, "reg") for region in self.places.regions}
        self._sys = [Link.gicc(pe, "sys") for pe in range(config.pes)]
        self._pe_of = {link: pe for pe in range(config.pes) for link in (Link.gicc(pe, "irq"), Link.gicr(pe, "wake"))}
        self._levels = [[0] * len(_NAMES) for _ in range(config.pes)]

    # --- state ----------------------------------------------------------------------------------------------------------

    def schema(self) -> Schema:
        """The GIC, memory (where it is not a port of somebody else) and the output lines."""
        memory: dict[str, Part] = {"memory": Part()} if isinstance(self.gic, Gicv2) else {}  # (a Gic has it among its parts)
        return {"gic": Part(), **memory, "_levels": Many(Many(Int(1), len(_NAMES)), self.config.pes)}

    def restore(self, state: object) -> None:
        """Take over a state, as `state` gave it at any time between two calls; `on_line` is told of the lines that differ.

        Raises `StateError` naming the field that is wrong; nothing has changed then.
        """
        before = [list(levels) for levels in self._levels]
        super().restore(state)
        for pe, levels in enumerate(before):
            for line, (old, new) in enumerate(zip(levels, self._levels[pe], strict=True)):
                if old != new and self.on_line is not None:
                    self.on_line(pe, _NAMES[line], new)

    # --- accesses of PEs ------------------------------------------------------------------------------------------------

    def read(self, pe: int, address: int, size: int, *, secure: bool = True) -> Result:
        """PE `pe` reads `size` (1, 2, 4, 8) bytes at `address`; `secure` matters with two Security states.

        Raises `AccessError` for another size, `CheckError` where there is no such PE.
        """
        region = self._region(pe, address, size)
        if region is None:
            return _ABORTED
        if region.name == "ram":
            return Result(self.memory.read(address, size)) if not address % size else _ABORTED
        response = self._send(self._reg[region.name], RegRead(address - region.base, size, pe, secure))
        assert isinstance(response, RegReadData)  # a RegRead is answered by nothing else
        return Result(response.value) if response.ok else _ABORTED

    def write(self, pe: int, address: int, size: int, value: int, *, secure: bool = True) -> Result:
        """PE `pe` writes the low `size` (1, 2, 4, 8) bytes of `value` at `address`. Raises as `read`."""
        region = self._region(pe, address, size)
        if region is None:
            return _ABORTED
        value &= (1 << 8 * size) - 1
        if region.name == "ram":
            if address % size:
                return _ABORTED
            self.memory.write(address, size, value)
            return _DONE
        response = self._send(self._reg[region.name], RegWrite(address - region.base, size, value, pe, secure))
        assert isinstance(response, RegWriteAck)  # a RegWrite is answered by nothing else
        return _DONE if response.ok else _ABORTED

    def mrs(self, pe: int, register: SystemRegister) -> Result:
        """PE `pe` reads a system register, by name or encoding. Raises as `system_registers.encoding`, and as `read`."""
        return self._system(pe, SysRead(encoding(register)))

    def msr(self, pe: int, register: SystemRegister, value: int) -> Result:
        """PE `pe` writes a system register of 64 bits, by name or encoding. Raises as `mrs`."""
        return self._system(pe, SysWrite(encoding(register), value & 0xFFFF_FFFF_FFFF_FFFF))

    def pe_state(self, pe: int, el: int, hcr: int = 0, scr: int = 1) -> None:
        """Tell the CPU interface of `pe` its Exception level, HCR_EL2 and SCR_EL3, which say who takes interrupts and whether
        ICC_* are the virtual interface's registers. Without EL2 and EL3 it has no meaning."""
        self._check_pe(pe)
        config = self.config
        if isinstance(config, GicConfig) and (config.virtual is not None or config.security_or_extended):
            hcr &= 0x4_0800_0038  # FMO, IMO, AMO, TGE, E2H
            self._send(self._sys[pe], PeState(el, hcr, scr & 0x4_0007))  # NS, IRQ, FIQ, EEL2

    # --- wires and messages ---------------------------------------------------------------------------------------------

    def wire(self, intid: int, level: int, pe: int = 0) -> None:
        """Drive the wire of an SPI, or of a PPI of `pe`, to `level`. Raises `InputError` where there is no such wire."""
        self._check_pe(pe)
        private = 16 <= intid < 32 or 1056 <= intid < 1120
        self._send(self._ppi(pe) if private else "gicd.spi", LineChange(intid, level))

    def msi(self, device: int, event: int, *, its: int = 0, size: int = 4) -> Result:
        """A device writes EventID `event` to GITS_TRANSLATER. Raises `CheckError` where there is no such ITS: a message to a
        frame of a GICv2m, or to GICD_SETSPI_NSR, is a `write`."""
        if not isinstance(self.gic, Gic) or not 0 <= its < len(self.gic.its):
            raise CheckError(f"the machine has no ITS {its}")
        response = self._send(Link.its(its, "msi"), Msi(device, event, size))
        return _DONE if getattr(response, "ok", False) else _ABORTED

    def lines(self, pe: int) -> Lines:
        """The output lines of `pe` as they stand. Raises `CheckError` where there is no such PE."""
        self._check_pe(pe)
        return Lines(*self._levels[pe])

    def reset(self, pe: int | None = None) -> None:
        """Reset a PE and its CPU interface, the rest of the GIC goes on; or, without a PE, the whole GIC. Memory and what
        others drive on wires stay. Raises `CheckError` where there is no such PE."""
        if pe is not None:
            self._check_pe(pe)
            links = [Link.gicc(pe, "reset")]
            if isinstance(self.gic, Gic):
                self._take(self.gic.reset_pe(pe))
                return
        elif isinstance(self.gic, Gic):
            links = [Link.of(block.name, "reset") for block in self.gic.blocks()]
        else:
            links = [Link("gicd.reset")]
        for link in links:
            self._send(link, Reset())

    def device_tree(self, mbi_ranges: tuple[tuple[int, int], ...] = ()) -> str:
        """Source of a device tree with the GIC at its addresses, as `dtc` takes it. `mbi_ranges`: (first SPI, number) that
        messages to GICD_SETSPI_NSR may use. Raises `ConfigError` where the GIC has no such SPIs."""
        return source(self.config, self.places, mbi_ranges)

    # --- inside ---------------------------------------------------------------------------------------------------------

    def _frames(self) -> Iterator[Region]:
        gic, at = self.gic, self.address_map
        if isinstance(gic, Gicv2):
            bases = {"gicd": at.gicd, "gicc": at.gicc, "gich": at.gich, "gicv": at.gicv, "v2m": at.v2m}
            for name, block in gic.frames.items():
                yield Region(bases[name], block.frame.size_bytes, name)
            return
        yield Region(at.gicd, gic.gicd.frame.size_bytes, "gicd")
        base = gic.config.gicr_base if at.gicr is None else at.gicr
        size = gic.gicr[0].frame.size_bytes
        stride = (max(gic.config.gicr_stride, size) if at.gicr is None else size) if at.gicr_stride is None else at.gicr_stride
        if any(its.pta for its in gic.config.its) and (base, stride) != (gic.config.gicr_base, gic.config.gicr_stride):
            raise ConfigError(
                f"the Redistributors lie at {base:#x}, {stride:#x} bytes apart, and GicConfig.gicr_base and gicr_stride, which "
                "ITS commands use with GITS_TYPER.PTA, say something else"
            )
        for pe, redistributor in enumerate(gic.gicr):
            yield Region(base + pe * stride, redistributor.frame.size_bytes, f"gicr{pe}")
        sizes = [its.frame.size_bytes for its in gic.its]
        for n, (base, size) in enumerate(zip(at.its_bases(sizes), sizes, strict=True)):
            yield Region(base, size, f"its{n}")

    def _check_pe(self, pe: int) -> None:
        if not 0 <= pe < self.config.pes:
            raise CheckError(f"there is no PE {pe}: the machine has {self.config.pes}, from 0")

    def _region(self, pe: int, address: int, size: int) -> Region | None:
        if not 0 <= pe < self.config.pes:
            self._check_pe(pe)
        if size not in _SIZES:
            raise AccessError(f"access of {size} bytes at {address:#x}: use 1, 2, 4 or 8")
        return self.places.at(address, size)

    def _ppi(self, pe: int) -> str:
        return Link.gicv2_ppi(pe) if isinstance(self.gic, Gicv2) else Link.gicr(pe, "ppi")

    def _system(self, pe: int, request: SysRead | SysWrite) -> Result:
        self._check_pe(pe)
        if isinstance(self.gic, Gicv2):
            return _UNDEFINED
        response = self._send(self._sys[pe], request)
        if isinstance(response, SysTrap):
            return Result(trap=response.el)
        if not getattr(response, "ok", False):
            return _UNDEFINED
        return Result(getattr(response, "value", 0))

    def _send(self, link: str, transaction: Transaction) -> Transaction | None:
        """Into the GIC; what it answers."""
        return self._take(self.gic.send(link, transaction))

    def _take(self, out: Sequence[Out]) -> Transaction | None:
        """What left the GIC: the response, which is returned, lines, findings."""
        response: Transaction | None = None
        for link, t in out:
            if isinstance(t, LineChange):
                self._line(self._pe_of[link], t)
            elif isinstance(t, Report):
                assert isinstance(t.error, ArchError)  # a GIC reports nothing else
                self.findings.append(Finding(Link(link).block, t.error, t.detail))
            elif type(t) in RESPONSES:
                response = t
        return response

    def _line(self, pe: int, change: LineChange) -> None:
        virtual = self.config.virtual
        if change.line == OutLine.MAINTENANCE and virtual is not None:
            self._send(self._ppi(pe), LineChange(virtual.maintenance_ppi, change.level))
        self._levels[pe][change.line] = change.level
        if self.on_line is not None:
            self.on_line(pe, _NAMES[change.line], change.level)
