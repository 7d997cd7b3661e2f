"""What the actions of a sequence work on: the random choices, the interrupts that this sequence plays with, what is known.

`Pools` is what any machine has, `Scene` and `Gicv2Scene` are those of a GICv3 and a GICv2. This module imports no action.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeAlias, TypeVar, TypeVarTuple

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import FIRST_LPI, GicConfig
from irqpath_testbench.tools.oracle.generator import layout
from irqpath_testbench.tools.oracle.generator.gicv2_knowledge import Gicv2Knowledge
from irqpath_testbench.tools.oracle.generator.knowledge import Knowledge
from irqpath_testbench.tools.oracle.generator.ops import Op, read, write

T = TypeVar("T")
#: Makes the operations of one step from the scene of its machine; nothing if it does not fit now.
Action: TypeAlias = Callable[[Any], Sequence[Op]]
#: (label, what makes it): a step to come.
Planned: TypeAlias = tuple[str, Action]
#: (label, weight, what makes it): a step to choose.
Weighted: TypeAlias = tuple[str, float, Action]

Values = TypeVarTuple("Values")


def bound(action: Callable[[Any, *Values], Sequence[Op]], *values: *Values) -> Action:
    """`action` of the scene with these values, as they are now: in a loop a lambda alone would see the last."""
    return lambda s: action(s, *values)


_PRIORITIES = (0x00, 0x08, 0x10, 0x40, 0x80, 0x88, 0xA0, 0xC0, 0xE0, 0xF0, 0xF8)


class Pools:
    """Random choices, and the interrupts that a sequence plays with: few, so that what it does to them meets. `lines[pe]`: bit 0
    nIRQ, bit 1 nFIQ asserted; `virtual_lines` likewise; `later`: steps that an action wants next."""

    def __init__(self, pes: int, last_spi: int, rng: Random, state: int) -> None:
        self.rng = rng
        self.pes = pes
        self.state = state
        self.lines: Sequence[int] = [0] * pes
        self.virtual_lines: Sequence[int] = [0] * pes
        self.later: list[Planned] = []
        spis = range(32, last_spi + 1)
        self.sgis = rng.sample(range(16), rng.randint(1, 5))
        self.ppis = rng.sample([n for n in range(16, 32) if n != 25], rng.randint(1, 3))
        self.spis = rng.sample(spis, min(len(spis), rng.randint(1, 8)))
        self.priorities = [rng.choice(_PRIORITIES) for _ in range(rng.randint(1, 4))] + [rng.randrange(256)]

    def chance(self, p: float) -> bool:
        """True with probability `p`."""
        return self.rng.random() < p

    def choose(self, items: Sequence[T]) -> T:
        """One of `items`."""
        return self.rng.choice(items)

    def pe(self) -> int:
        """Any PE."""
        return self.rng.randrange(self.pes)

    def private(self) -> int:
        """An SGI or PPI."""
        return self.choose(self.sgis if self.chance(0.6) else self.ppis)

    def interrupt(self) -> int:
        """An SGI, PPI or SPI."""
        return self.choose(self.spis) if self.spis and self.chance(0.5) else self.private()

    def priority(self) -> int:
        """A priority."""
        return self.choose(self.priorities)

    def get(self, block: str, offset: int, size: int = 4, pe: int = 0) -> Op:
        """Read a memory-mapped register, not as a guest."""
        return read(block, offset, size, pe, self.state)

    def put(self, block: str, offset: int, value: int, size: int = 4, pe: int = 0) -> Op:
        """Write a memory-mapped register, not as a guest."""
        return write(block, offset, value, size, pe, self.state)

    def quiet_pe(self) -> int | None:
        """A PE whose guest can run, since no physical interrupt takes it to the hypervisor; sometimes one that can't."""
        quiet = [pe for pe, lines in enumerate(self.lines) if not lines]
        if quiet and self.chance(0.97):
            return self.choose(quiet)
        return self.pe() if self.chance(0.05) else None


class Scene(Pools):
    """A sequence on a GICv3. `state`: exception level and Security state of accesses; `messengers`: see `Generator`."""

    def __init__(
        self, config: GicConfig, rng: Random, knowledge: Knowledge, state: int, messengers: frozenset[int] | None = None
    ) -> None:
        super().__init__(config.pes, config.last_spi, rng, state)
        self.config = config
        self.known = knowledge
        self.messengers = messengers
        self.devices = rng.sample([0, 8, 16, 24, 1, 5, 300], rng.randint(2, 4))
        self.lpis = [FIRST_LPI + n for n in rng.sample(range(200), rng.randint(2, 12))]
        self.virtual_lpis = [FIRST_LPI + n for n in rng.sample(range(200), rng.randint(2, 8))]
        # An event has an LPI, or is a doorbell: INV of the one would not reach the other.
        self.doorbells = [FIRST_LPI + 200 + n for n in range(4)]
        if 0 not in self.devices and rng.random() < 0.5:
            self.devices.append(0)
        self.itt = layout.TRANSLATIONS
        self.property_bits = rng.choice((16, 16, 15, 14, 14))
        # Geometry of the ITS's tables: one for the whole sequence, or what a table holds would change its meaning.
        self.indirect = rng.random() < 0.4
        self.its_page = rng.randrange(3)
        self.its_queue_pages = rng.choice((1, 1, 2, 16))

    def block(self, intid: int, pe: int) -> tuple[str, int]:
        """Where the registers of an interrupt are: (block, offset of the SGI frame in it)."""
        return (f"gicr{pe}", 0x1_0000) if intid < 32 else ("gicd", 0)

    def new_itt(self, entries: int) -> int:
        """Address for a translation table that was never used before; 0 if there is no room left."""
        size = (entries * self.config.its[0].itt_entry_bytes + 0xFF) & ~0xFF
        at = self.itt
        if at + size > layout.TRANSLATIONS_END:
            return 0
        self.itt = at + size
        return at


class Gicv2Scene(Pools):
    """A sequence on a GICv2."""

    def __init__(self, config: Gicv2Config, rng: Random, knowledge: Gicv2Knowledge, state: int) -> None:
        super().__init__(config.pes, config.last_spi, rng, state)
        self.config = config
        self.known = knowledge
        if config.v2m is not None:
            self.spis += [config.v2m.first_spi + n for n in rng.sample(range(config.v2m.spis), 2)]
