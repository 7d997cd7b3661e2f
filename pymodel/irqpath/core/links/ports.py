"""Links that carry no messages: what there is on a register port, a memory port, wires and the like, as one word each.

So a monitor records it. Data are right-aligned in a register port's request and as on the bus in its response.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from irqpath.core.links.layout import Layout, layout


@dataclass(frozen=True, slots=True)
class Word:
    """The fields of one transfer."""

    name: str
    layout: Layout = ()

    @property
    def bits(self) -> int:
        """Bits up to the highest field; of a word without fields 1, which is 0."""
        return max([1, *(field.end for field in self.layout)])

    def pack(self, **values: int) -> int:
        """The word of fields by name; 0 where none is given."""
        return sum(values.get(field.name, 0) << field.lsb for field in self.layout)


#: `op`: 0 read, 1 write, 2 barrier, 3 `PeState`; `register`: the encoding, of op 3 a `PE_STATE`; `data`: of op 3 HCR_EL2
SYS_REQUEST: Final = Word("sys_request", layout(("data", 0, 64), ("register", 64, 16), ("op", 80, 2)))
#: The Exception level, and of SCR_EL3 the lowest three bits (NS, IRQ, FIQ) and EEL2.
PE_STATE: Final = Word("pe_state", layout(("el", 0, 2), ("scr", 2, 3), ("eel2", 5, 1)))
#: `op`: that of the request, 3 where it traps, `data` is then the Exception level
SYS_RESPONSE: Final = Word("sys_response", layout(("data", 0, 64), ("ok", 64, 1), ("op", 65, 2)))
#: `size`: logarithm of the bytes
REG_REQUEST: Final = Word(
    "reg_request", layout(("data", 0, 64), ("offset", 64, 20), ("size", 84, 3), ("pe", 87, 8), ("write", 95, 1))
)
REG_RESPONSE: Final = Word("reg_response", layout(("data", 0, 64), ("error", 64, 1), ("write", 65, 1)))
MEM_REQUEST: Final = Word("mem_request", layout(("data", 0, 64), ("address", 64, 52), ("size", 116, 2), ("write", 118, 1)))
MEM_RESPONSE: Final = Word("mem_response", layout(("data", 0, 64), ("error", 64, 1), ("write", 65, 1)))
#: `line`: the INTID of an input, an `OutLine`
LINE: Final = Word("line", layout(("level", 0, 1), ("line", 1, 24)))
#: `pe_only`: told to a Redistributor, that its PE was reset and it was not
RESET: Final = Word("reset", layout(("pe_only", 0, 1)))
MSI: Final = Word("msi", layout(("event", 0, 32), ("device", 32, 32)))
#: nothing but the moment
EVENT: Final = Word("event")
WORDS: Final[dict[str, Word]] = {
    word.name: word
    for word in (
        SYS_REQUEST, PE_STATE, SYS_RESPONSE, REG_REQUEST, REG_RESPONSE, MEM_REQUEST, MEM_RESPONSE, LINE, RESET, MSI, EVENT,
    )
}  # fmt: skip

#: What a monitor writes of each transfer: what was there, the cycles of acceptance and of offer, what kind of record it is (0: a
#: transfer), and the link's number. Written as 64-bit words, the lowest first, each little-endian.
RECORD: Final = Word(
    "record", layout(("payload", 0, 192), ("accept", 192, 40), ("offer", 256, 40), ("code", 296, 8), ("link", 304, 16))
)
