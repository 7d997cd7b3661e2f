"""The end-of-test state check: after a scenario, when nothing is under way, all state that software can see is read and so
compared, whatever traffic the scenario made of it. The base test does it; what was read is judged by what monitors saw.
"""

from __future__ import annotations

from irqpath.core.link import Link, block_kind
from irqpath.core.transactions import MemRead, MemWrite, MemWriteAck, Observed, RegRead, Reset, SysRead
from irqpath.sim.platform import Platform
from irqpath_testbench.dut.description import MEM_PAGES, Dut
from irqpath_testbench.sequences.visible import Place, gicv2_registers, read_place, registers

#: Link of software's accesses to memory.
_SOFTWARE = Link("sw.mem")
_WORD = 8
_LISTED = 6


class EndOfTestCheck:
    """Watches what enters and leaves all blocks; once `begin` was called, only reads of state and their responses may be seen."""

    def __init__(self, platform: Platform, dut: Dut) -> None:
        self._platform = platform
        self._dut = dut
        self._there = dut.names
        self._written: set[int] = set()  # addresses of memory words
        self._expected: dict[tuple[Link, int, int], str] | None = None
        self._asked: dict[Link | None, tuple[Link, int, int]] = {}  # answering link -> what it answers
        self._moving: list[str] = []
        #: writes of blocks that the memory refused, as text: it is too small for what the scenario does
        self.refused: list[str] = []

    def saw(self, observed: Observed) -> None:
        """A monitor saw a transaction."""
        transaction = observed.transaction
        if self._expected is not None:
            self._read(observed)
        elif type(transaction) is MemWrite:
            self._written.add(transaction.address & ~(_WORD - 1))
        elif type(transaction) is MemWriteAck:
            if not transaction.ok and observed.link != _SOFTWARE.response:
                self.refused.append(
                    f"the memory refused a write on {observed.link} in cycle {observed.accept}: all {MEM_PAGES} pages are taken"
                )
        elif type(transaction) is Reset and observed.link == "mem.reset":
            self._written.clear()

    async def read_everything(self) -> None:
        """Read all registers, and every word of memory that anybody has written."""
        for place in self.places():
            await read_place(self._platform, place)
        for address in self.words():
            await self._platform.load(address, _WORD)

    def places(self) -> list[Place]:
        """The registers."""
        gicv2 = self._dut.gicv2
        there = registers(self._platform.config) if gicv2 is None else gicv2_registers(gicv2)
        return [place for place in there if _link(place) in self._there]

    def words(self) -> list[int]:
        """Addresses of the words of memory that anybody has written; unwritten ones read as zero."""
        return sorted(self._written) if _SOFTWARE in self._there else []

    def begin(self) -> None:
        """Everything is quiescent: from here on the comparison is made."""
        self._expected = {(_link(p), p.at, p.pe): str(p) for p in self.places()}
        self._expected |= {(_SOFTWARE, address, -1): f"the memory at {address:#x}" for address in self.words()}

    def failures(self) -> list[str]:
        """What is wrong, as text: places that were not compared; what was under way though everything should be quiescent."""
        missing = list((self._expected or {}).values())
        found = [f"not quiescent when the state was compared: {what}" for what in self._moving[:_LISTED]]
        if len(self._moving) > _LISTED:
            found[-1] += f", and {len(self._moving) - _LISTED} more"
        if self._expected is None:
            found.append("the state at quiescence was not compared")
        if missing:
            more = f" and {len(missing) - _LISTED} more" * (len(missing) > _LISTED)
            found.append(f"not compared at quiescence: {', '.join(missing[:_LISTED])}{more}")
        return found

    def _read(self, observed: Observed) -> None:
        """A read, or the response that was compared; anything else is movement."""
        assert self._expected is not None
        link, transaction = observed.link, observed.transaction
        if link in self._asked:
            self._expected.pop(self._asked.pop(link), None)
        elif isinstance(transaction, RegRead):
            self._asked[link.response] = (link, transaction.offset, -1 if self._dut.gicv2 is None else transaction.pe)
        elif isinstance(transaction, SysRead):
            self._asked[link.response] = (link, transaction.reg, -1)
        elif isinstance(transaction, MemRead) and link == _SOFTWARE:
            self._asked[link.response] = (link, transaction.address, -1)
        else:
            self._moving.append(f"{type(transaction).__name__} on {link} in cycle {observed.accept}")


def _link(place: Place) -> Link:
    return Link.of(place.block, "sys" if block_kind(place.block) == "gicc" and place.pe < 0 else "reg")
