"""Software that every scenario uses: bringing a PE up, handling interrupts, reading back all registers."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from irqpath.config.sizes import GicConfig
from irqpath.core.errors import CheckError
from irqpath.regs import GICD, GICR
from irqpath.sim.platform import FIQ, IRQ, Pe, Platform
from irqpath_testbench.sequences.polling import until_clear, until_set
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.visible import read_place, registers

SPURIOUS = 1023
#: Interrupts in a row at one PE, and times that some come after all was quiescent: with so many a level must be stuck, for no
#: scenario has as many pending.
STORM, AGAIN = 20_000, 1_000


@dataclass(slots=True)
class Handler:
    """The interrupt handler of one PE, with nesting. `eoimode` must follow what the PE wrote to ICC_CTLR_EL1."""

    pe: Pe
    rng: Randoms
    eoimode: int = 0
    max_depth: int = 3
    busy_cycles: int = 40
    handled: int = 0
    spurious: int = 0
    depth: int = 0
    last: int = SPURIOUS  # INTID that was acknowledged last
    #: tells the device that its interrupt was taken
    serve: Callable[[Pe, int], Awaitable[None]] | None = field(default=None)

    #: what it handles, for messages; fewer pauses than this; the lines that signal them, and that of Group 1
    what: ClassVar[str] = "interrupts"
    pauses: ClassVar[int] = 3
    signals: ClassVar[int] = IRQ | FIQ
    group1: ClassVar[int] = IRQ

    async def service(self) -> None:
        """Handle interrupts as long as one is signalled. Raises `CheckError` when there is no end to them."""
        for _ in range(STORM):
            if not (lines := self.pe.lines & self.signals):
                return
            await self.handle(lines)
        raise CheckError(f"PE {self.pe.index}: {STORM:,} {self.what} in a row, and no end; the last was INTID {self.last}")

    async def handle(self, lines: int) -> None:
        """Acknowledge one, work (a better one may come in between), end it."""
        await self.poll(1 if lines & self.group1 else 0)

    async def poll(self, group: int) -> None:
        """Acknowledge and handle what there is of `group`, signalled or not."""
        intid = await self.read(f"ICC_IAR{group}_EL1")
        if self.is_none(intid):
            self.spurious += 1
            return
        self.handled += 1
        self.last = intid
        self.depth += 1
        if self.serve is not None:
            await self.serve(self.pe, intid)
        for _ in range(self.rng.randrange(self.pauses)):
            await self.pe.spend(self.rng.randrange(1, self.busy_cycles))
            if self.depth < self.max_depth and (lines := self.pe.lines & self.signals):
                await self.handle(lines)
        self.depth -= 1
        await self.write(f"ICC_EOIR{group}_EL1", intid)
        if self.eoimode and self.is_deactivated(intid):
            if self.rng.random() < 0.3:
                await self.pe.spend(self.rng.randrange(1, self.busy_cycles))
            await self.write("ICC_DIR_EL1", intid)

    def is_none(self, intid: int) -> bool:
        """Whether a read of IAR that gives this took no interrupt."""
        return intid == SPURIOUS

    def is_deactivated(self, intid: int) -> bool:
        """Whether it is deactivated by itself with EOImode 1."""
        return True

    async def read(self, name: str) -> int:
        """Read a system register."""
        return await self.pe.mrs(name)

    async def write(self, name: str, value: int) -> None:
        """Write a system register."""
        await self.pe.msr(name, value)


async def serve_all(platform: Platform, handlers: Sequence[Handler]) -> None:
    """Until no PE is interrupted any more. Raises `CheckError` when there is no end to it."""
    for _ in range(AGAIN):
        await platform.quiesce()
        if not any(handler.pe.lines for handler in handlers):
            return
        for handler in handlers:
            await handler.service()
    last = ", ".join(f"PE {handler.pe.index} INTID {handler.last}" for handler in handlers)
    raise CheckError(f"interrupts came {AGAIN:,} times after everything was quiescent, and no end; the last were of {last}")


async def wake(pe: Pe) -> None:
    """Connect the PE to its Redistributor (IHI 0069 11.1)."""
    await pe.write("GICR_WAKER", 0)
    await until_clear(pe, "GICR_WAKER", 2, "ChildrenAsleep")


async def sleep(pe: Pe) -> None:
    """Disconnect the PE, its groups being disabled."""
    await pe.write("GICR_WAKER", 0b10)
    await until_set(pe, "GICR_WAKER", 2, "ChildrenAsleep")


async def bring_up(pe: Pe, group1: int, priorities: list[int]) -> None:
    """Wake, put SGIs and PPIs into groups (bit n: INTID n in Group 1) and priorities, enable SGIs and both groups, unmask."""
    await wake(pe)
    await pe.write("GICR_IGROUPR0", group1)
    for n in range(8):
        word = sum(priorities[4 * n + k] << 8 * k for k in range(4))
        await pe.write(f"GICR_IPRIORITYR{n}", word)
    await pe.write("GICR_ISENABLER0", 0xFFFF)
    await pe.msr("ICC_PMR_EL1", 0xFF)
    await pe.msr("ICC_IGRPEN0_EL1", 1)
    await pe.msr("ICC_IGRPEN1_EL1", 1)
    await pe.dsb()


def lowest_priority(config: GicConfig) -> int:
    """The lowest priority (greatest value) that is signalled at all: ICC_PMR_EL1 at its greatest still masks its own (R10)."""
    return 0x100 - 2 * (1 << 8 - config.priority_bits)


def any_priority(config: GicConfig, rng: random.Random) -> int:
    """A random priority that is signalled when ICC_PMR_EL1 is at its greatest."""
    return rng.randrange(0, lowest_priority(config) + 1, 4)


async def enable_groups(pe: Pe, groups: int) -> None:
    """GICD_CTLR.EnableGrp0 and EnableGrp1; waits for RWP."""
    await pe.write("GICD_CTLR", groups)
    await until_clear(pe, "GICD_CTLR", 31, "RWP")


def frame_register(what: str, intid: int, interrupts: int = 32) -> str:
    """The register of an array that holds `intid`: GICR's for SGIs and PPIs, GICD's for SPIs; `interrupts` a register."""
    return f"{'GICR' if intid < 32 else 'GICD'}_{what}{intid // interrupts}"


async def set_priority(pe: Pe, intid: int, priority: int) -> None:
    """One byte of an IPRIORITYR."""
    frame, block = (GICR, f"gicr{pe.index}") if intid < 32 else (GICD, "gicd")
    offset = frame.register(f"{frame.name}_IPRIORITYR").offset + intid
    await pe.write_at(block, offset, 1, priority)


async def wait_rwp(pe: Pe, intid: int) -> None:
    """Wait until a write to the frame of `intid` has taken effect everywhere."""
    register, bit = ("GICR_CTLR", 3) if intid < 32 else ("GICD_CTLR", 31)
    await until_clear(pe, register, bit, "RWP", every=2)


async def clear_all(platform: Platform) -> None:
    """Disable every SPI, PPI and SGI, and make none pending or active, so that nothing is left over."""
    first = platform.pes[0]
    for n in range(1, (platform.config.last_spi + 1) // 32):
        for what in ("ICENABLER", "ICPENDR", "ICACTIVER"):
            await first.write(f"GICD_{what}{n}", 0xFFFF_FFFF)
    for pe in platform.pes:
        for what in ("ICENABLER0", "ICPENDR0", "ICACTIVER0"):
            await pe.write(f"GICR_{what}", 0xFFFF_FFFF)
    await platform.quiesce()


async def sweep(platform: Platform) -> None:
    """Read every register that software can read, so that scoreboards compare it. For moments at which much is pending or active:
    the base test does it (and reads memory) after every scenario."""
    await platform.quiesce()
    for place in registers(platform.config):
        await read_place(platform, place)
    await platform.quiesce()


__all__ = [
    "FIQ",
    "IRQ",
    "Handler",
    "any_priority",
    "bring_up",
    "enable_groups",
    "lowest_priority",
    "serve_all",
    "sleep",
    "sweep",
    "wake",
]
