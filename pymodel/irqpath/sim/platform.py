"""What software that runs on PEs may ask of the machine below it. Two platforms implement it: the golden models with a
discrete-event clock (`irqpath.sim`), and RTL in a simulator. Interrupt handlers, drivers and host software are written once
against these protocols, as async Python, and run on both unchanged.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from irqpath.config.sizes import GicConfig, VirtualConfig
from irqpath.core.errors import CheckError
from irqpath.core.transactions import BarrierKind, PeState

if TYPE_CHECKING:
    from typing_extensions import Buffer

#: Bits of the value of `Pe.lines` and `Pe.wait_interrupt`; those of virtual interrupts only where there are virtual interfaces.
IRQ, FIQ, VIRQ, VFIQ = 1 << 0, 1 << 1, 1 << 3, 1 << 4


class TrapError(CheckError):
    """An access to a system register trapped to Exception level `el`."""

    def __init__(self, text: str, el: int) -> None:
        super().__init__(text)
        self.el = el


class Job(Protocol):
    """Software that was started and runs beside the caller."""

    async def join(self) -> None:
        """Wait until it has ended; raises what it raised."""


class Event(Protocol):
    """Something that happens once: one job sets it, others wait for it."""

    @property
    def happened(self) -> bool:
        """Whether it has happened."""

    def set(self) -> None:
        """It happens now; a second time changes nothing."""

    async def wait(self, cycles: int | None = None) -> None:
        """Wait until it happens. Raises `CheckError`, which says what was waited for, when it has not after `cycles` (None: as
        many as a poll may take, `Pe.poll_limit`)."""


class Dma(Protocol):
    """A device's way to memory, and its messages.

    Reads are seen in the order in which they are made. So are writes and messages, which do not wait: none passes another, as
    posted writes do on PCI, so that whoever takes a device's interrupt sees what it wrote before. A read may be seen before a
    write that was made earlier, unless both are of the same bytes or a barrier stands between.
    """

    async def read(self, address: int, size: int) -> int:
        """Read `size` (1, 2, 4, 8) bytes. Raises `AccessError`."""

    def write(self, address: int, size: int, value: int) -> None:
        """Write the low `size` (1, 2, 4, 8) bytes of `value`. Raises `AccessError`; what memory itself refuses, the next barrier
        raises."""

    async def read_block(self, address: int, count: int) -> bytes:
        """Read `count` bytes, any number at any address, by accesses that are naturally aligned, from the first byte to the
        last. Raises `AccessError`."""

    def write_block(self, address: int, data: Buffer) -> None:
        """Write the bytes of `data`, any number at any address, by accesses that are naturally aligned, from the first byte to
        the last. Raises `AccessError`; what memory itself refuses, the next barrier raises."""

    def send_msi(self, device: int, event: int) -> None:
        """Device `device` writes EventID `event` to GITS_TRANSLATER. Raises `CheckError` where there is no ITS."""

    async def barrier(self, kind: BarrierKind = BarrierKind.FULL) -> None:
        """Wait until the reads, the writes and messages, or all of them that were made before are seen by everybody. Raises
        `CheckError` when memory has refused one."""


class Pe(Protocol):
    """One processing element: its system registers, its path to memory-mapped registers and memory, its interrupt lines."""

    @property
    def index(self) -> int:
        """Number of the PE, from 0."""

    @property
    def lines(self) -> int:
        """`IRQ`, `FIQ`, `VIRQ` and `VFIQ` as they stand."""

    @property
    def now(self) -> int:
        """Cycles since the start, as the platform counts them."""

    @property
    def poll_limit(self) -> int:
        """Cycles for which what software polls may stay as it is: longer than anything that the machine may be busy with."""

    async def mrs(self, name: str) -> int:
        """Read the system register `name` ("ICC_IAR1_EL1"). Raises `CheckError` where the instruction is UNDEFINED, `TrapError`
        where it traps."""

    async def msr(self, name: str, value: int) -> None:
        """Write the system register `name`. Raises `CheckError` where the instruction is UNDEFINED, `TrapError` where it
        traps."""

    async def enter(self, state: PeState) -> None:
        """Go to another Exception level, or change what the CPU interface is told of HCR_EL2 and SCR_EL3. Raises `CheckError`
        where there is no virtual interface."""

    async def dsb(self) -> None:
        """Wait until every effect of the accesses before is seen by the interrupt controller."""

    async def read(self, name: str) -> int:
        """Read a memory-mapped register: "GICD_CTLR"; registers of a Redistributor are those of this PE ("GICR_WAKER")."""

    async def write(self, name: str, value: int) -> None:
        """Write a memory-mapped register, named as in `read`."""

    async def read_at(self, block: str, offset: int, size: int) -> tuple[int, bool]:
        """Read `size` bytes at `offset` of the frame of `block` ("gicd", "gicr2"); (value, no error response)."""

    async def write_at(self, block: str, offset: int, size: int, value: int) -> bool:
        """Write `size` bytes at `offset` of the frame of `block`; True without an error response."""

    async def spend(self, cycles: int) -> None:
        """Do something else for that many cycles."""

    async def wait_interrupt(self, cycles: int | None = None) -> int:
        """Wait until a line is asserted, at most `cycles`; return the lines (0 if time ran out)."""


class Platform(Protocol):
    """A machine: its PEs, its wires, its clock."""

    @property
    def config(self) -> GicConfig:
        """The interrupt controller's size and identity; of a GICv2 its size, and no more."""

    @property
    def virtual(self) -> VirtualConfig | None:
        """Of its virtual CPU interfaces; None where there are none."""

    @property
    def pes(self) -> Sequence[Pe]:
        """The PEs, in the order of their numbers."""

    @property
    def now(self) -> int:
        """Cycles since the start."""

    def start(self, software: Coroutine[Any, Any, None], name: str) -> Job:
        """Let `software` run beside the caller."""

    async def spend(self, cycles: int) -> None:
        """Let that many cycles pass."""

    async def until(self, cycle: int) -> None:
        """Wait until `now` is `cycle`; not at all if that has been."""

    def event(self, what: str) -> Event:
        """An event of this machine's time, which has not happened. `what`: its name in errors ("used buffer of net0")."""

    def dma(self) -> Dma:
        """The way to memory, and to the ITS, of another device."""

    async def quiesce(self) -> None:
        """Wait until no message is under way and no block works."""

    async def load(self, address: int, size: int) -> int:
        """Software reads `size` (1, 2, 4, 8) bytes of memory. Raises `AccessError`."""

    async def store(self, address: int, size: int, value: int) -> None:
        """Software writes `size` (1, 2, 4, 8) bytes of memory. Raises `AccessError`."""

    async def send_msi(self, device: int, event: int) -> None:
        """Device `device` writes EventID `event` to GITS_TRANSLATER; returns when the write was answered. What a device has
        written by a `Dma` is not waited for: its messages go by that, too."""

    def wire(self, intid: int, level: int, pe: int = 0) -> None:
        """Drive the wire of an SPI, or of a PPI of `pe`, from now on. Raises `CheckError` where there is no such wire."""

    def pressure(self, level: int) -> None:
        """Responses and memory accesses are taken in one of 2**`level` cycles only. A platform without back-pressure ignores
        it."""

    async def reset_pe(self, pe: int) -> None:
        """Reset a PE and its CPU interface; the rest of the interrupt controller goes on."""
