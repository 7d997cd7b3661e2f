"""Every link: its name, the blocks that it joins, what it carries, and its number in records."""

from __future__ import annotations

import enum
import itertools
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from irqpath.core.errors import LinkError
from irqpath.core.link import Link
from irqpath.core.links.layout import check
from irqpath.core.links.messages import CHANNELS
from irqpath.core.links.ports import RECORD, WORDS

#: How many there can be: numbers of links have 16 bits.
ROOM: Final[Mapping[str, int]] = {"pe": 240, "its": 16, "peer": 16}
_PE: Final = (("pe", 0x100),)
_ITS: Final = (("its", 0x10),)


class LinkKind(enum.Enum):
    """How what a link carries travels."""

    MESSAGE = "message, one word"
    STREAM = "message, AXI4-Stream beats"
    REGISTER = "register port, AXI4 subset"
    SYSTEM = "system registers"
    MEMORY = "memory port"
    LINES = "wires"
    STROBE = "strobe"
    MSI = "message-signalled interrupt"


@dataclass(frozen=True, slots=True)
class Family:
    """Links that are alike. `pattern`: the name of one, `{pe}`, `{its}`, `{peer}` being numbers of PEs and ITSs; `carries`: the
    name of a channel or of a `Word`; `first`: number of the link with all indexes 0; `strides`: what each index adds to it.

    Within a cycle, records are in the order of the links' numbers.
    """

    name: str
    pattern: str
    source: str
    sink: str
    kind: LinkKind
    carries: str
    first: int
    strides: tuple[tuple[str, int], ...] = ()

    def number(self, **indexes: int) -> int:
        """The number of a link. Raises `LinkError` for an index that the pattern has not, or for which there is no room."""
        if {name for name, _ in self.strides} != set(indexes):
            raise LinkError(f"{self.pattern} has the indexes {[name for name, _ in self.strides]}, not {list(indexes)}")
        for name, index in indexes.items():
            if not 0 <= index < ROOM[name]:
                raise LinkError(f"{self.pattern}: {name} is {index}, there is room for 0 to {ROOM[name] - 1}")
        return self.first + sum(stride * indexes[name] for name, stride in self.strides)

    def links(self, **counts: int) -> Iterator[tuple[int, Link]]:
        """Number of each link where there are so many of each index."""
        names = [name for name, _ in self.strides]
        for values in itertools.product(*(range(counts[name]) for name in names)):
            indexes = dict(zip(names, values, strict=True))
            if self.name != "its_peer" or indexes["its"] != indexes["peer"]:
                yield self.number(**indexes), Link(self.pattern.format(**indexes))


_K: Final = LinkKind
FAMILIES: Final = (
    Family("gicc_sys", "gicc{pe}.sys", "PE", "GICC", _K.SYSTEM, "sys_request", 0, _PE),
    Family("gicc_sys_rsp", "gicc{pe}.sys_rsp", "GICC", "PE", _K.SYSTEM, "sys_response", 1, _PE),
    Family("stream_down", "stream{pe}.down", "GICR", "GICC", _K.STREAM, "stream_down", 2, _PE),
    Family("stream_up", "stream{pe}.up", "GICC", "GICR", _K.STREAM, "stream_up", 3, _PE),
    Family("dist_down", "dist{pe}.down", "GICD", "GICR", _K.MESSAGE, "dist_down", 4, _PE),
    Family("dist_up", "dist{pe}.up", "GICR", "GICD", _K.MESSAGE, "dist_up", 5, _PE),
    Family("gicc_irq", "gicc{pe}.irq", "GICC", "PE", _K.LINES, "line", 6, _PE),
    Family("gicr_wake", "gicr{pe}.wake", "GICR", "power controller", _K.LINES, "line", 7, _PE),
    Family("gicr_reg", "gicr{pe}.reg", "software", "GICR", _K.REGISTER, "reg_request", 8, _PE),
    Family("gicr_rsp", "gicr{pe}.rsp", "GICR", "software", _K.REGISTER, "reg_response", 9, _PE),
    Family("gicc_reset", "gicc{pe}.reset", "reset", "GICC", _K.STROBE, "reset", 10, _PE),
    Family("gicr_reset", "gicr{pe}.reset", "reset", "GICR", _K.STROBE, "reset", 11, _PE),
    Family("gicr_ppi", "gicr{pe}.ppi", "devices", "GICR", _K.LINES, "line", 12, _PE),
    Family("gicr_mem", "gicr{pe}.mem", "GICR", "memory", _K.MEMORY, "mem_request", 13, _PE),
    Family("gicr_mem_rsp", "gicr{pe}.mem_rsp", "memory", "GICR", _K.MEMORY, "mem_response", 14, _PE),
    Family("its_cmd", "its{its}.gicr{pe}.cmd", "ITS", "GICR", _K.MESSAGE, "its_cmd", 15, (("its", 2), *_PE)),
    Family("its_ack", "its{its}.gicr{pe}.ack", "GICR", "ITS", _K.MESSAGE, "its_ack", 16, (("its", 2), *_PE)),
    Family("gicr_scan", "gicr{pe}.scan", "GICR", "GICR", _K.STROBE, "gicr_scan", 48, _PE),
    Family("gicd_ppi", "gicd.ppi{pe}", "devices", "GICD", _K.LINES, "line", 49, _PE),
    Family("gicd_reg", "gicd.reg", "software", "GICD", _K.REGISTER, "reg_request", 0xFC00),
    Family("gicd_rsp", "gicd.rsp", "GICD", "software", _K.REGISTER, "reg_response", 0xFC01),
    Family("gicd_reset", "gicd.reset", "reset", "GICD", _K.STROBE, "reset", 0xFC02),
    Family("gicd_spi", "gicd.spi", "devices", "GICD", _K.LINES, "line", 0xFC03),
    Family("gicc_reg", "gicc.reg", "software", "GICC", _K.REGISTER, "reg_request", 0xFC04),
    Family("gicc_rsp", "gicc.rsp", "GICC", "software", _K.REGISTER, "reg_response", 0xFC05),
    Family("gich_reg", "gich.reg", "software", "GICH", _K.REGISTER, "reg_request", 0xFC06),
    Family("gich_rsp", "gich.rsp", "GICH", "software", _K.REGISTER, "reg_response", 0xFC07),
    Family("gicv_reg", "gicv.reg", "software", "GICV", _K.REGISTER, "reg_request", 0xFC08),
    Family("gicv_rsp", "gicv.rsp", "GICV", "software", _K.REGISTER, "reg_response", 0xFC09),
    Family("v2m_reg", "v2m.reg", "software", "V2M", _K.REGISTER, "reg_request", 0xFC0A),
    Family("v2m_rsp", "v2m.rsp", "V2M", "software", _K.REGISTER, "reg_response", 0xFC0B),
    Family("its_reg", "its{its}.reg", "software", "ITS", _K.REGISTER, "reg_request", 0xFD00, _ITS),
    Family("its_rsp", "its{its}.rsp", "ITS", "software", _K.REGISTER, "reg_response", 0xFD01, _ITS),
    Family("its_reset", "its{its}.reset", "reset", "ITS", _K.STROBE, "reset", 0xFD02, _ITS),
    Family("its_msi", "its{its}.msi", "devices", "ITS", _K.MSI, "msi", 0xFD03, _ITS),
    Family("its_msi_rsp", "its{its}.msi_rsp", "ITS", "devices", _K.MSI, "event", 0xFD04, _ITS),
    Family("its_step", "its{its}.step", "ITS", "ITS", _K.STROBE, "event", 0xFD05, _ITS),
    Family("its_mem", "its{its}.mem", "ITS", "memory", _K.MEMORY, "mem_request", 0xFD06, _ITS),
    Family("its_mem_rsp", "its{its}.mem_rsp", "memory", "ITS", _K.MEMORY, "mem_response", 0xFD07, _ITS),
    Family("sw_mem", "sw.mem", "software", "memory", _K.MEMORY, "mem_request", 0xFE00),
    Family("sw_mem_rsp", "sw.mem_rsp", "memory", "software", _K.MEMORY, "mem_response", 0xFE01),
    Family("mem_reset", "mem.reset", "reset", "memory", _K.STROBE, "reset", 0xFE02),
    Family("its_peer", "its{its}.its{peer}.peer", "ITS", "ITS", _K.MESSAGE, "its_peer", 0xFF00, (*_ITS, ("peer", 1))),
)


def numbered(pes: int, itss: int = 1) -> dict[int, tuple[Link, Family]]:
    """Every link of a GIC with so many PEs and ITSs, by its number in records. Raises `LinkError` where there is no room."""
    found: dict[int, tuple[Link, Family]] = {}
    for family in FAMILIES:
        for number, name in family.links(pe=pes, its=itss, peer=itss):
            if number in found or number >> 16:
                raise LinkError(f"{name} has the number {number} of {found.get(number, ('none: it has 16 bits',))[0]}")
            found[number] = name, family
    return found


def check_families() -> None:
    """Raise `LinkError` unless every link has a number of its own, and carries what there is, in a record's payload."""
    numbered(ROOM["pe"], ROOM["its"])
    for word in (*WORDS.values(), RECORD):
        check(word.name, word.layout, 320 if word == RECORD else RECORD.layout[0].width)
    for family in FAMILIES:
        carried = CHANNELS[family.carries].limit if family.carries in CHANNELS else WORDS[family.carries].bits
        placed = {name for _, name, _, _ in string.Formatter().parse(family.pattern) if name}
        if carried > RECORD.layout[0].width or placed != {name for name, _ in family.strides}:
            raise LinkError(f"{family.name}: {carried} bits; the indexes {placed} are in its name")
