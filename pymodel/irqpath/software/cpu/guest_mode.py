"""A PE in guest mode, as the guest's code sees it: its accesses, exits, and interrupts between two instructions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.core.transactions import RegRead, RegReadData, RegWrite, RegWriteAck
from irqpath.sim.model_platform import locate
from irqpath.sim.platform import FIQ, IRQ, VFIQ, VIRQ, Pe, TrapError
from irqpath.software.cpu.exits import Exit, Reason
from irqpath.software.cpu.timer import Timer
from irqpath.virtio.port import RingPort

_PHYSICAL: Final = IRQ | FIQ
_VIRTUAL: Final = VIRQ | VFIQ

#: A region of an assigned device: told a read or a write, whose response it gives.
Mapped = Callable[[RegRead | RegWrite], RegReadData | RegWriteAck]


async def _no_vector() -> None:
    raise CheckError("a guest without a vector is interrupted")


def _nobody_listens() -> None:
    pass


class GuestCpu:
    """A vCPU. `pe`: where it runs, set by the host; `masked`: PSTATE.I; `vector`: what it does when it is interrupted.

    What an access does, it does on the PE; what traps, or is memory of nobody, exits. `mapped`: regions of devices that the
    guest reaches without an exit, by name; `frames`: of the interrupt controller, that which is another one on the PE;
    `signalled` is told when it sees a virtual interrupt.
    """

    def __init__(self, index: int, memory: RingPort, poll_limit: int) -> None:
        self._index = index
        self._poll_limit = poll_limit
        self._pe: Pe | None = None
        self._timer: Timer | None = None
        self.memory: Final = memory
        self.masked = True
        self.vector: Callable[[], Awaitable[None]] = _no_vector
        self.mapped: Mapping[str, Mapped] = {}
        self.frames: Mapping[str, str] = {}
        self.signalled: Callable[[], None] = _nobody_listens

    @property
    def index(self) -> int:
        """Number of the vCPU."""
        return self._index

    @property
    def pe(self) -> Pe:
        """The PE on which it runs. Raises `CheckError` while it runs on none."""
        if self._pe is None:
            raise CheckError(f"vCPU {self._index} does something, and runs on no PE")
        return self._pe

    def loaded(self, pe: Pe | None, timer: Timer | None) -> None:
        """The host runs it there, with that virtual timer, or not at all."""
        self._pe = pe
        self._timer = timer

    @property
    def now(self) -> int:
        """Cycles since the start."""
        return self.pe.now

    @property
    def poll_limit(self) -> int:
        """Cycles that a poll may take: the host may do something else meanwhile."""
        return self._poll_limit

    async def interruptible(self) -> None:
        """Between two instructions: take what is signalled, the host's first."""
        while True:
            lines = self.pe.lines
            if lines & _PHYSICAL:
                await Exit(Reason.INTERRUPT)
            elif lines & _VIRTUAL and not self.masked:
                self.masked = True
                self.signalled()
                await self.vector()
                self.masked = False
            else:
                return

    async def mrs(self, name: str) -> int:
        """Read a system register."""
        await self.interruptible()
        if name == "CNTV_CTL_EL0":
            return self.timer.status
        try:
            return await self.pe.mrs(name)
        except TrapError:
            return (await Exit(Reason.SYSREG, name=name)).result

    async def msr(self, name: str, value: int) -> None:
        """Write a system register."""
        await self.interruptible()
        if name.startswith("CNTV"):
            self._write_timer(name, value)
            return
        try:
            await self.pe.msr(name, value)
        except TrapError:
            await Exit(Reason.SYSREG, name=name, value=value)

    @property
    def timer(self) -> Timer:
        """The virtual timer of the PE on which it runs. Raises `CheckError` while it runs on none."""
        if self._timer is None:
            raise CheckError(f"vCPU {self._index} does something, and runs on no PE")
        return self._timer

    def _write_timer(self, name: str, value: int) -> None:
        state = self.timer.state
        if name == "CNTV_CVAL_EL0":
            state.compare = value
        else:
            state.control = value
        self.timer.write(state)

    async def dsb(self) -> None:
        """Wait until what was done before is seen by the interrupt controller."""
        await self.interruptible()
        await self.pe.dsb()

    async def read(self, name: str) -> int:
        """Read a register of the interrupt controller. Raises `CheckError`."""
        block, offset, size = locate(name, self._index)
        value, ok = await self.read_at(block, offset, size)
        if not ok:
            raise CheckError(f"vCPU {self._index}: the read of {name} got an error response")
        return value

    async def write(self, name: str, value: int) -> None:
        """Write a register of the interrupt controller. Raises `CheckError`."""
        block, offset, size = locate(name, self._index)
        if not await self.write_at(block, offset, size, value):
            raise CheckError(f"vCPU {self._index}: the write of {name} got an error response")

    async def read_at(self, block: str, offset: int, size: int) -> tuple[int, bool]:
        """Read part of a frame."""
        await self.interruptible()
        region = self.mapped.get(block)
        if region is not None:
            response = region(RegRead(offset, size))
            assert isinstance(response, RegReadData)  # a read is answered by nothing else
            return response.value, response.ok
        frame = self.frames.get(block)
        if frame is not None:
            return await self.pe.read_at(frame, offset, size)
        done = await Exit(Reason.MMIO, block, offset, size)
        return done.result, done.ok

    async def write_at(self, block: str, offset: int, size: int, value: int) -> bool:
        """Write part of a frame."""
        await self.interruptible()
        region = self.mapped.get(block)
        if region is not None:
            return region(RegWrite(offset, size, value)).ok
        frame = self.frames.get(block)
        if frame is not None:
            return await self.pe.write_at(frame, offset, size, value)
        return (await Exit(Reason.MMIO, block, offset, size, value=value)).ok

    async def store(self, address: int, size: int, value: int) -> None:
        """Write to memory."""
        await self.interruptible()
        self.memory.write(address, size, value)

    async def spend(self, cycles: int) -> None:
        """Do something else for that many cycles; interrupts come in between, and take cycles of their own."""
        while cycles > 0:
            await self.interruptible()
            pe = self.pe
            start = pe.now
            if pe.lines:  # masked: no line can wake it
                await pe.spend(cycles)
            else:
                await pe.wait_interrupt(cycles)
            cycles -= pe.now - start
        await self.interruptible()

    async def cpu_on(self, target: int) -> None:
        """PSCI CPU_ON: vCPU `target` begins."""
        await self.interruptible()
        await Exit(Reason.HVC, value=target)

    async def wfi(self) -> None:
        """Wait for an interrupt, masked or not: the host does something else meanwhile."""
        await self.interruptible()
        if not self.pe.lines & _VIRTUAL:
            await Exit(Reason.WFI)
