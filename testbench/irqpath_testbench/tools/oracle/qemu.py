"""QEMU as a machine that executes operations: the register server under TCG, wires through qtest.

The other side of server/server.c; addresses and layouts agree with it.
"""

from __future__ import annotations

import mmap
import struct
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from irqpath.core.errors import CheckError
from irqpath_testbench.tools.oracle.build import ADDRESS, INDEX, build
from irqpath_testbench.tools.oracle.generator import layout
from irqpath_testbench.tools.oracle.generator.ops import READS, Op, load, store, write
from irqpath_testbench.tools.oracle.generator.queue import CommandQueue
from irqpath_testbench.tools.oracle.outcome import Fault, Outcome
from irqpath_testbench.tools.oracle.qtest import Qemu
from irqpath_testbench.tools.oracle.spec import MachineSpec
from irqpath_testbench.tools.oracle.tools import find_qemu
from irqpath_testbench.tools.toolchain.tool import require

#: Configuration space of PCI, and registers of the `edu` device in it and behind its BAR.
_ECAM: Final = 0x40_1000_0000
_PCI_COMMAND, _PCI_BAR, _PCI_CAPABILITIES = 0x04, 0x10, 0x34
_EDU_RAISE, _EDU_LOWER = 0x60, 0x64
_RAM: Final = 0x4000_0000
_RAM_BYTES: Final = 64 << 20
_MAILBOX: Final = 0x0100_0000
_OPS: Final = 0x0110_0000
_RECORD: Final = struct.Struct("<BBBBIQQQII")
#: Records that fit between the list and what comes after it.
_MOST: Final = 4096
_READY: Final = 0x600D
_SECONDS: Final = 20.0
_KINDS: Final = {"sr": 1, "sw": 2, "mr": 3, "mw": 4, "m": 4, "l": 3}
_WIRES: Final = frozenset({"spi", "ppi"})
_NOT_RUN: Final = 1 << 62
_SYNCHRONOUS: Final = 1 << 55
_ISR: Final = 0x1C0


class QemuMachine:
    """One QEMU process; `reset` makes it new."""

    def __init__(self, spec: MachineSpec) -> None:
        self.spec = spec
        boot, server = build()
        self._file = tempfile.NamedTemporaryFile(dir=_shared_folder(), prefix="irqpath-ram-")  # noqa: SIM115  # closed by close
        self._file.truncate(_RAM_BYTES)
        self._memory = mmap.mmap(self._file.fileno(), _RAM_BYTES)
        self._qemu = Qemu(require(find_qemu()).path, self._arguments(boot, server))
        self.version: str = self._qemu.qmp("query-version")["package"] or "unknown"
        self._gic = self._qemu.find(spec.qemu_gic)
        self._queue = CommandQueue()
        self._msi_capability = 0
        self._started = False
        self.home = 0
        self.reset()

    def _arguments(self, boot: Path, server: Path) -> list[str]:
        ram = f"memory-backend-file,id=ram,size={_RAM_BYTES},mem-path={self._file.name},share=on"
        machine = f"{self.spec.qemu_machine},memory-backend=ram"
        return [
            # It must not run before the mailbox is clear.
            *("-S", "-M", machine, "-cpu", self.spec.qemu_cpu, "-smp", str(self.spec.config.pes), "-m", str(_RAM_BYTES >> 20)),
            *("-accel", "tcg,thread=single", "-object", ram, "-bios", str(boot)),
            *("-device", f"loader,file={server},addr={ADDRESS:#x},force-raw=on"),
            *self.spec.qemu_extra,
        ]

    def reset(self) -> None:
        """Reset the machine, clear the sequence's memory, wait until the server runs on every CPU. Raises `CheckError`."""
        self._memory[_MAILBOX : _MAILBOX + 0x1000] = bytes(0x1000)
        self._memory[layout.START - _RAM : layout.END - _RAM] = bytes(layout.END - layout.START)
        with self._qemu.running():
            self._qemu.qmp("system_reset" if self._started else "cont")
            self._started = True
            deadline = time.monotonic() + _SECONDS
            while any(self._word(3 + pe) != _READY for pe in range(self.spec.config.pes)):
                if time.monotonic() > deadline:
                    raise CheckError("the register server does not come up inside QEMU")
                time.sleep(0.0005)
            self.home = self._word(2)
            if self.spec.home != self.home:
                raise CheckError(
                    f"the register server runs at EL{self.home}, the machine {self.spec.name} is for EL{self.spec.home}"
                )
            lower = [f"set_irq_in {self._gic} unnamed-gpio-in {n} 0" for n in range(self.spec.config.spis)]
            self._qemu.qtest(*lower)
            self._queue = CommandQueue()
            self._prepare_pci()
            for pe in range(self.spec.config.pes):
                self._serve([write(block, at, 0, 4, pe, self.home) for block, at in self.spec.forgotten])

    def run(self, ops: list[Op]) -> list[Outcome]:
        """Execute; wires divide the list into runs of the server."""
        outcomes: list[Outcome] = []
        with self._qemu.running():
            first = 0
            for n, op in enumerate(ops):
                if op.kind in _WIRES:
                    outcomes += self._serve(ops[first:n])
                    outcomes.append(self._wire(op))
                    first = n + 1
                elif n - first >= _MOST // 5:
                    outcomes += self._serve(ops[first:n])
                    first = n
            outcomes += self._serve(ops[first:])
        return outcomes

    def _wire(self, op: Op) -> Outcome:
        number = op.at - 32 if op.kind == "spi" else self.spec.config.spis + 32 * op.pe + op.at
        self._qemu.qtest(f"set_irq_in {self._gic} unnamed-gpio-in {number} {op.value}")
        return Outcome(0, Fault.NONE, -1, -1)

    def _serve(self, ops: Sequence[Op]) -> list[Outcome]:
        """One run of the server."""
        if not ops:
            return []
        counts, at, memory = [], _OPS, self._memory
        pack, size = _RECORD.pack_into, _RECORD.size
        for op in ops:
            accesses = self._message(op) if op.kind == "msi" and op.at else self._queue.lower(op)
            for access in accesses:
                index = INDEX[access.what] if access.kind in ("sr", "sw") else 0
                kind, address = _KINDS.get(access.kind, 4), self._address(access)
                pack(memory, at, kind, access.size, access.pe, access.state, index, address, access.value, 0, 0, 0)
                at += size
            counts.append(len(accesses))
        total = sum(counts)
        self._start(total)
        outcomes, at = [], _OPS
        for op, count in zip(ops, counts, strict=True):
            at += size * count
            first = _RECORD.unpack_from(memory, at - size * count)
            last = first if count == 1 else _RECORD.unpack_from(memory, at - size)
            fault = _fault(last[7])
            value = last[6] & (1 << 8 * op.size) - 1 if op.kind in READS and not fault else 0
            outcomes.append(Outcome(value, fault, first[8] & _ISR, last[9] & _ISR))
        return outcomes

    def _message(self, op: Op) -> tuple[Op, ...]:
        """A PCI device sends its message: the data into its MSI capability, then its interrupt up and down."""
        registers, capability = _edu_bar(op.at), _ECAM + (op.at << 12) + self._msi_capability
        return (
            store(capability + 12, op.value, 2, op.pe, op.state),
            store(registers + _EDU_RAISE, 1, 4, op.pe, op.state),
            store(registers + _EDU_LOWER, 1, 4, op.pe, op.state),
        )

    def _prepare_pci(self) -> None:
        """Give every message-sending device its registers, and point its messages at GITS_TRANSLATER."""
        devices = [device for device in self.spec.messengers if device]
        if not devices:
            return
        found = self._serve([load(_ECAM + (devices[0] << 12) + _PCI_CAPABILITIES, 1, state=self.home)])
        self._msi_capability = found[0].value
        translater = self.spec.base("its0") + 0x1_0040
        ops = []
        for device in devices:
            config = _ECAM + (device << 12)
            capability = config + self._msi_capability
            ops += [
                store(config + _PCI_BAR, _edu_bar(device), 4, state=self.home),
                store(config + _PCI_COMMAND, 0x6, 2, state=self.home),
                store(capability + 4, translater, 4, state=self.home),
                store(capability + 8, translater >> 32, 4, state=self.home),
                store(capability + 2, 0x81, 2, state=self.home),
                load(capability + 2, 2, state=self.home),
            ]
        if any(not outcome.value & 1 for op, outcome in zip(ops, self._serve(ops), strict=True) if op.kind == "l"):
            raise CheckError("QEMU's edu devices do not take messages as expected")

    def _start(self, total: int) -> None:
        """Let the server run `total` records and wait for it."""
        pack = struct.pack_into
        pack("<Q", self._memory, _MAILBOX + 8, 0)
        pack("<Q", self._memory, _MAILBOX, 0)
        pack("<Q", self._memory, _MAILBOX + 8, total)
        polls, deadline = 0, 0.0
        while self._word(0) != total:
            polls += 1
            if polls > 50:
                time.sleep(0.00003)
            if polls & 0xFFF == 0:
                deadline = deadline or time.monotonic() + _SECONDS
                if time.monotonic() > deadline or not self._qemu.alive():
                    raise CheckError(f"QEMU hangs at operation {self._word(0)} of {total}")

    def _word(self, n: int) -> int:
        value: int = struct.unpack_from("<Q", self._memory, _MAILBOX + 8 * n)[0]
        return value

    def _address(self, op: Op) -> int:
        if op.kind in ("mr", "mw"):
            return self.spec.base(op.what) + op.at
        if op.kind == "msi":
            return self.spec.base("its0") + 0x1_0040
        return op.at

    def close(self) -> None:
        """End QEMU."""
        self._qemu.close()
        self._memory.close()
        self._file.close()


def _edu_bar(device: int) -> int:
    """Address of the registers of an `edu` device."""
    return 0x1000_0000 + (device >> 3) * 0x10_0000


def _shared_folder() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _fault(exception: int) -> int:
    """What the server recorded, in the oracle's terms."""
    if exception == 0:
        return Fault.NONE
    if exception & _NOT_RUN:
        return Fault.INTERRUPTED
    level, syndrome = exception >> 56 & 3, exception >> 26 & 0x3F
    if syndrome == 0:
        return Fault.UNDEFINED
    if syndrome == 0x18:
        return Fault.TRAP_EL2 if level == 2 else Fault.TRAP_EL3
    return Fault.ABORT if syndrome in (0x24, 0x25) else Fault.OTHER
