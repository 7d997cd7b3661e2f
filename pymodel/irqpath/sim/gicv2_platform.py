"""The *model* platform with a GICv2: the same clock, links and PEs (`irqpath.sim.model_platform`) around one block in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig, VirtualConfig
from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.transactions import Observed, OutLine, PeReset, RegWrite, Transaction
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.sim.channel import NEVER
from irqpath.sim.fabric import OFFERED, PORT_SEED, Fabric
from irqpath.sim.kernel import Kernel
from irqpath.sim.model_platform import RESET_CYCLES, ModelPe, ModelPlatform
from irqpath.sim.station import Station, Surroundings
from irqpath.sim.timing.gicv2 import Gicv2Timer
from irqpath.sim.timing.profile import Profile
from irqpath.sim.timing.term import Term, Timer
from irqpath.sim.wires import Driver, Wires

#: Register frames, in the order of their turns.
_FRAMES: Final = ("gicd", "gicc", "gich", "gicv", "v2m")
_MESSAGES: Final = Link("v2m.reg")
#: Cycles from a PE's reset to its being an input.
_RESET: Final = OFFERED + 1


class Gicv2Station(Station):
    """A GICv2: the reset of a PE first; then register accesses, an SPI's wire, a PPI's, in turn (hdl/gicv2/gicv2_inputs.v)."""

    block: Gicv2

    def __init__(self, around: Surroundings, block: Gicv2, timer: Timer, cycles: Callable[[Term], int]) -> None:
        super().__init__(around, block, timer, cycles)
        self.spis = Wires(Link("gicd.spi"), self)
        self.ppis = [Wires(Link.gicv2_ppi(pe), self) for pe in range(block.config.pes)]
        there = block.frames
        self._frames = [self.enters(Link.of(name, "reg")) if name in there else None for name in _FRAMES]
        #: of all wires, those of SPIs first, which have a turn for each of the two
        self._wires = (self.spis, *self.ppis)
        self._turn = 0
        #: by PE: from when on its reset can be taken
        self._resets: dict[int, int] = {}

    def pe_reset(self, pe: int, cycle: int) -> None:
        """The reset of a PE can be taken from `cycle` on, which is still to come."""
        self._resets.setdefault(pe, cycle)
        self.wake(cycle)

    def choose(self, now: int) -> bool:
        """See `Station.choose`."""
        waiting = [pe for pe, cycle in self._resets.items() if cycle <= now]
        if waiting:
            self._take_reset(min(waiting), now)
            return True
        turns = len(_FRAMES) + 2
        for turn in range(self._turn, self._turn + turns):
            which = turn % turns
            if self._takes(which, now):
                self._turn = which + 1
                return True
        return False

    def _takes(self, which: int, now: int) -> bool:
        """Take the input whose turn it is, if it is there."""
        if which < len(_FRAMES):
            frame = self._frames[which]
            if frame is None or frame.ready > now:
                return False
            self.accept(frame, now)
            return True
        for wires in (self.spis,) if which == len(_FRAMES) else self.ppis:
            if wires.next(now) <= now:
                self.free = NEVER
                change = wires.take()
                self._around.observe(wires.link, wires.offer, change)
                self.handle(wires.link, change, now)
                return True
        return False

    def _take_reset(self, pe: int, now: int) -> None:
        del self._resets[pe]
        self.free = NEVER
        link, reset = Link.gicc(pe, "reset"), PeReset()
        self._around.observe(link, now, reset)
        self.handle(link, reset, now)

    def next(self, now: int) -> int:
        """See `Station.next`."""
        return min([super().next(now), *(wires.next(now) for wires in self._wires), *self._resets.values()])

    def handle(self, link: Link, transaction: Transaction, now: int) -> None:
        """See `Station.handle`."""
        super().handle(link, transaction, now)
        if link == _MESSAGES and isinstance(transaction, RegWrite):  # a pulse: the level that was taken is low after it
            intid = transaction.value & 0x3FF
            if not self.block.gicd.shared.level >> intid & 1:
                self.spis.lower(now, intid)


class Gicv2Fabric(Fabric):
    """What is around a GICv2."""

    def __init__(
        self,
        kernel: Kernel,
        block: Gicv2,
        profile: Profile,
        deliver: Callable[[Link, Transaction], None],
        listen: Callable[[Observed], None] | None,
        maintenance_ppi: int,
    ) -> None:
        """`maintenance_ppi`: the wire that the maintenance line of each PE drives, too; 0: none."""
        super().__init__(kernel, profile, deliver, listen)
        self._station = station = Gicv2Station(self, block, Gicv2Timer(block), self._costs("gicv2"))
        for wires in (station.spis, *station.ppis):
            self._wires(wires)
        for number, name in enumerate([name for name in _FRAMES if name in block.frames], 1):
            self._software(Link.of(name, "rsp"), PORT_SEED * number)
        for pe in range(block.config.pes):
            sink = self._line(Link.gicc(pe, "irq"))
            if maintenance_ppi:
                sink.drives[OutLine.MAINTENANCE] = Driver(station.ppis[pe], maintenance_ppi)
        self._connect([station])

    def reset_pe(self, pe: int, cycles: int) -> None:
        """See `Fabric.reset_pe`: it is an input of the block, once."""
        self._station.pe_reset(pe, self.kernel.now + _RESET)


class Gicv2Pe(ModelPe):
    """A PE whose CPU interface is memory-mapped."""

    async def _exchange(self, request: Transaction) -> Transaction | None:
        raise CheckError(f"PE {self.index} has no system registers for its CPU interface: that of a GICv2 is memory-mapped")


class Gicv2Platform(ModelPlatform):
    """The machine with a GICv2 and no memory. `gicv2`: its model."""

    def __init__(
        self,
        config: Gicv2Config,
        policy: Policy = IRQPATH,
        profile: Profile | None = None,
        listen: Callable[[Observed], None] | None = None,
        *,
        maintained: bool = False,
    ) -> None:
        """`maintained`: the maintenance line of each PE drives its PPI, as in a machine; else software may drive that wire."""
        self.gicv2 = Gicv2(config, policy)
        self._maintenance_ppi = config.virtual.maintenance_ppi if maintained and config.virtual is not None else 0
        #: PEs that are held in reset, and by PE the cycle in which the last one ended
        self._held: set[int] = set()
        self._ended: dict[int, int] = {}
        size = GicConfig(config.pes, config.spis, priority_bits=config.priority_bits, lpis=False, its=(), message_spis=False)
        super().__init__(size, policy, profile, listen)

    @property
    def virtual(self) -> VirtualConfig | None:
        """See `Platform.virtual`."""
        return self.gicv2.config.virtual

    def _pe(self, index: int) -> ModelPe:
        return Gicv2Pe(self, index)

    def _build(self, policy: Policy, profile: Profile, listen: Callable[[Observed], None] | None, pages: int | None) -> Fabric:
        return Gicv2Fabric(self.kernel, self.gicv2, profile, self._deliver, listen, self._maintenance_ppi)

    @staticmethod
    def _ppis(pe: int) -> Link:
        return Link.gicv2_ppi(pe)

    async def reset_pe(self, pe: int) -> None:
        """Reset a PE and its CPU interface. Who resets one that is in reset only holds it there."""
        if pe not in self._held and self._ended.get(pe, -1) < self.now:
            self._fabric.reset_pe(pe, RESET_CYCLES)
        self._held.add(pe)
        await self.spend(RESET_CYCLES)
        self._held.discard(pe)
        self._ended[pe] = self.now
        await self.spend(RESET_CYCLES)

    async def _dma_access(self, address: int, size: int, value: int | None) -> int:
        raise CheckError(f"the memory at {address:#x} is not there: the machine with a GICv2 has none")
