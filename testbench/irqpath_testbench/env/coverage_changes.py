"""Coverage of what software changes while a system runs: interrupts that are enabled, masks and groups of PEs, sleep."""

from __future__ import annotations

from collections.abc import Callable

from irqpath.config.sizes import GicConfig
from irqpath.core.transactions import Observed, RegWrite, SysWrite
from irqpath.regs import GICD, GICR, ICC, Frame

#: Bins of an interrupt, by the registers whose writes they are.
INTERRUPT = ("disabled", "made pending", "made not pending", "priority", "group")
PE = ("mask", "group enable", "asleep", "awake")
#: Writes of one bit for each interrupt.
_BITS = {
    "ISENABLER": "enabled",
    "ICENABLER": "disabled",
    "ISPENDR": "made pending",
    "ICPENDR": "made not pending",
    "IGROUPR": "group",
}
_SPIS = -1
_WAKER = GICR.element("GICR_WAKER").offset
_PMR = ICC.by_name("ICC_PMR_EL1").offset
_IGRPEN = {ICC.by_name(f"ICC_IGRPEN{group}_EL1").offset for group in (0, 1)}
#: Registers of a CPU interface whose writes count.
OF_PE = frozenset((_PMR, *_IGRPEN))

Hit = Callable[[str, str], None]


class Changes:
    """Counts for groups "SGI changed", "PPI changed", "SPI changed" (only of interrupts that are enabled) and "PE changed".
    `hit(group, bin)` is told each."""

    def __init__(self, config: GicConfig, hit: Hit) -> None:
        self._hit = hit
        owners = (_SPIS, *range(config.pes))
        self._enabled = dict.fromkeys(owners, 0)  # bit n: INTID n
        self._group = dict.fromkeys(owners, 0)
        self._asleep = [True] * config.pes
        self._slept = [False] * config.pes  # software has put it to sleep
        self._mask: list[int | None] = [None] * config.pes
        self._words = {False: _words(GICR, range(1)), True: _words(GICD, range(1, config.last_spi // 32 + 1))}
        self._priorities = {frame is GICD: frame.register(f"{frame.name}_IPRIORITYR").offset for frame in (GICD, GICR)}
        self._routes = GICD.element("GICD_IROUTER32").offset - 8 * 32

    def distributor(self, o: Observed) -> None:
        """An access to GICD."""
        t = o.transaction
        if isinstance(t, RegWrite) and not self._interrupts(_SPIS, t):
            intid = (t.offset - self._routes) // 8
            if intid >= 32 and self._enabled[_SPIS] >> intid & 1:
                self._hit("SPI changed", "route")

    def redistributor(self, pe: int, o: Observed) -> None:
        """An access to the GICR of a PE."""
        t = o.transaction
        if not isinstance(t, RegWrite):
            return
        if t.offset == _WAKER:
            asleep = bool(t.value & 2)
            if asleep is not self._asleep[pe]:
                self._asleep[pe] = asleep
                if asleep or self._slept[pe]:  # it is not enough that it is brought up
                    self._hit("PE changed", "asleep" if asleep else "awake")
                self._slept[pe] |= asleep
        else:
            self._interrupts(pe, t)

    def system(self, pe: int, t: SysWrite) -> None:
        """A write of one of `OF_PE` of the CPU interface of a PE."""
        if t.reg == _PMR:
            if self._mask[pe] not in (None, t.value):
                self._hit("PE changed", "mask")
            self._mask[pe] = t.value
        elif not t.value & 1:
            self._hit("PE changed", "group enable")

    def _interrupts(self, owner: int, t: RegWrite) -> bool:
        """Whether it was a write of something of interrupts, by bits or bytes."""
        word = self._words[owner == _SPIS].get(t.offset)
        if word is not None and t.size == 4:
            what, shift = word
            self._bits(owner, what, t.value << shift, 0xFFFF_FFFF << shift)
            return True
        first = t.offset - self._priorities[owner == _SPIS]
        if not 0 <= first < 1020:
            return False
        for intid in range(first, first + t.size):
            self._changed(owner, "priority", 1 << intid)
        return True

    def _bits(self, owner: int, what: str, ones: int, word: int) -> None:
        if what == "enabled":
            self._enabled[owner] |= ones
        elif what == "group":
            old = self._group[owner]
            self._group[owner] = new = old & ~word | ones
            self._changed(owner, what, old ^ new)
        else:
            self._changed(owner, what, ones)
            if what == "disabled":
                self._enabled[owner] &= ~ones

    def _changed(self, owner: int, what: str, intids: int) -> None:
        """Of those of `intids` (bit n: INTID n) that are enabled; once for each kind."""
        intids &= self._enabled[owner]
        for kind, range_ in (("SGI", 0xFFFF), ("PPI", 0xFFFF_0000), ("SPI", ~0xFFFF_FFFF)):
            if intids & range_:
                self._hit(f"{kind} changed", what)


def _words(frame: Frame, numbers: range) -> dict[int, tuple[str, int]]:
    """Offset of a register -> what its bits are, and the INTID of its bit 0."""
    return {
        frame.element(f"{frame.name}_{register}{n}").offset: (what, 32 * n) for register, what in _BITS.items() for n in numbers
    }
