"""The timer of a GICv2 (hdl/gicv2/irqpath_gicv2.v): one input, then the best interrupt of each PE, then the lines.

Responses go at once, lines where the block ends with the input. SGIs that follow their sources take their own time ("sgis"), and
a word of SPIs is looked at again PE by PE ("pes").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from irqpath.config.sizes import FIRST_SPECIAL
from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Out, RegRead, RegReadData, RegWrite, Reset, Transaction
from irqpath.gic.gicc.virtual_interface import LR_ACTIVE, LR_HW
from irqpath.gic.gicv2.cpu_interface import EOIMODE_S
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.sim.timing.term import RESET, Term

_ACCESSES: Final = frozenset((RegRead, RegWrite))
_TAKEN: Final = Term("taken")
#: SPIs of a word.
_BITS: Final = 32
#: Writes after which SGIs follow their sources.
_SGIS: Final = frozenset(("GICD_SGIR", "GICD_SPENDSGIR", "GICD_CPENDSGIR"))
#: Registers of GICD that SPIs have, by how many of them hold a word of 32.
_OF_SPIS: Final = {
    **{f"GICD_I{what}R": 1 for what in ("GROUP", "SENABLE", "CENABLE", "SPEND", "CPEND", "SACTIVE", "CACTIVE")},
    "GICD_IPRIORITYR": 8,
    "GICD_ITARGETSR": 8,
    "GICD_ICFGR": 2,
}
#: Reads that acknowledge; writes that may deactivate.
_ACKNOWLEDGES: Final = frozenset(("GICC_IAR", "GICC_AIAR"))
_ENDS: Final = frozenset(("GICC_EOIR", "GICC_AEOIR", "GICC_DIR"))
_GUEST_ENDS: Final = frozenset(("GICV_EOIR", "GICV_AEOIR", "GICV_DIR"))


class Gicv2Timer:
    """See the head of the file."""

    def __init__(self, block: Gicv2) -> None:
        self._block = block
        self._frames = {Link.of(name, "reg"): frame.frame for name, frame in block.frames.items()}
        #: registers by the place of an access: (name, number); "" where there is none
        self._places: dict[tuple[Link, int, int], tuple[str, int]] = {}
        config = block.config
        self._words = config.spis // _BITS
        self._last_spi = config.last_spi
        pes = (("pes", config.pes),)
        self._plain = Term("line"), Term("ends")
        self._of_sgis = Term("line", (("sgis", 1),)), Term("ends", (("sgis", 1),))
        self._of_spis = Term("line", pes), Term("ends", pes)
        self._reset = RESET, RESET
        self._terms = self._plain
        self._acknowledges = False
        #: the List registers of the guest that ends something, as they were, and its PE
        self._listed: list[int] | None = None
        self._pe = 0

    def enters(self, link: Link, transaction: Transaction) -> None:
        """See `Timer`."""
        self._terms = self._plain
        self._acknowledges, self._listed = False, None
        kind = type(transaction)
        if kind in _ACCESSES:
            assert isinstance(transaction, RegRead | RegWrite)  # that is what these are
            name, number = self._place(link, transaction)
            if isinstance(transaction, RegWrite):
                self._written(name, number, transaction)
            else:
                self._acknowledges = name in _ACKNOWLEDGES
        elif kind == Reset:
            self._terms = self._reset
        elif link.end == "spi":
            self._terms = self._of_spis

    def _place(self, link: Link, t: RegRead | RegWrite) -> tuple[str, int]:
        """Name of the register that is accessed, and its number."""
        key = (link, t.offset, t.size)
        place = self._places.get(key)
        if place is None:
            frame = self._frames[link]
            access = frame.lookup(t.offset, t.size)
            place = ("", 0) if access is None else (frame.registers[access.register].name, access.index)
            self._places[key] = place
        return place

    def _written(self, name: str, number: int, t: RegWrite) -> None:
        """A register: what follows from it but for the lines."""
        if name in _SGIS:
            self._terms = self._of_sgis
        elif name in _OF_SPIS:
            if 1 <= number // _OF_SPIS[name] <= self._words and (name != "GICD_ITARGETSR" or self._block.config.pes > 1):
                self._terms = self._of_spis
        elif name in _ENDS:
            if t.value & 0x3FF >= _BITS and self._deactivates(name, t):
                self._terms = self._of_spis
        elif name in _GUEST_ENDS:
            virtual = self._block.gicc[t.pe].virtual
            if virtual is not None:
                self._listed, self._pe = list(virtual.lr), t.pe
        elif name == "V2M_MSI_SETSPI_NS":
            v2m = self._block.config.v2m
            if v2m is not None and v2m.first_spi <= t.value & 0x3FF < v2m.first_spi + v2m.spis:
                self._terms = self._of_spis

    def _deactivates(self, name: str, t: RegWrite) -> bool:
        """Whether a write to GICC_EOIR, GICC_AEOIR or GICC_DIR deactivates a shared interrupt, be it active or not."""
        cpu, intid = self._block.gicc[t.pe], t.value & 0x3FF
        if intid > self._last_spi or bool(cpu.ctlr & EOIMODE_S) != (name == "GICC_DIR"):
            return False
        if name == "GICC_DIR":
            return True
        group = self._block.gicd.bank_of(intid, t.pe).group >> intid & 1
        return bool(cpu.ap[0] | cpu.ap[1]) and (group == 1 or name == "GICC_EOIR")

    def predicted(self, outputs: Sequence[Out] = ()) -> None:
        """See `Timer`."""
        if self._acknowledges:
            for _, transaction in outputs:
                if isinstance(transaction, RegReadData):
                    self._acknowledged(transaction.value & 0x3FF)
        elif self._listed is not None:
            virtual = self._block.gicc[self._pe].virtual
            assert virtual is not None  # its List registers were noted
            for before, after in zip(self._listed, virtual.lr, strict=True):
                if before & ~after & LR_ACTIVE and before & LR_HW and _BITS <= before >> 32 & 0x1FFF < FIRST_SPECIAL:
                    self._terms = self._of_spis

    def _acknowledged(self, intid: int) -> None:
        """What a read of GICC_IAR or GICC_AIAR gave."""
        if intid < 16:
            self._terms = self._of_sgis
        elif _BITS <= intid < FIRST_SPECIAL:
            self._terms = self._of_spis

    def leaves(self, link: Link, transaction: Transaction) -> Term | None:
        """See `Timer`."""
        if self._terms == self._reset:
            return RESET
        return self._terms[0] if type(transaction) is LineChange else _TAKEN

    def ends(self) -> Term:
        """See `Timer`."""
        return self._terms[1]

    def asks(self, link: Link, request: Transaction) -> Term:
        """It asks nobody."""
        raise NotImplementedError

    def responded(self, response: Transaction) -> None:
        """Nobody responds."""
