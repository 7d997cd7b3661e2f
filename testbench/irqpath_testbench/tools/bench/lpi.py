"""What one LPI costs the golden models, from its message to the end of the interrupt, by what is merely there: PEs, and LPIs that
are mapped. Time, calls and memory; a machine's memory is measured in a process of its own."""

from __future__ import annotations

import gc
import multiprocessing
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from irqpath.cli.signals import worker
from irqpath.cli.table import Figures
from irqpath.config.sizes import FIRST_LPI, GicConfig
from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.transactions import Msi, Out, RegWrite, SysRead, SysReadData, SysWrite
from irqpath.gic.its import encoding
from irqpath.gic.system import Gic
from irqpath.regs import GICD, GICR, GITS, ICC, Frame
from irqpath_testbench.sequences.fields import PTZ, VALID
from irqpath_testbench.sequences.its import PLACES
from irqpath_testbench.tools.bench.counting import counted

#: (PEs, LPIs mapped) that are compared: PEs with few LPIs mapped, then LPIs with few PEs, then much of both.
MACHINES: Final = ((1, 1 << 10), (8, 1 << 10), (64, 1 << 10), (512, 1 << 10), (8, 1 << 16), (8, 1 << 20), (512, 1 << 20))

#: Events of one device, and commands that the queue of 1 MB takes at a time.
_EVENTS: Final = 1 << 16
_BATCH: Final = 1 << 11
_QUEUE_BYTES: Final = 1 << 20
#: Addresses far apart: a configuration table and ITTs for a million LPIs, a pending table for each of 512 PEs.
_CONFIGURATION: Final = 0x1_0000_0000
_PENDING: Final = 0x2_0000_0000
_ITTS: Final = 0x3_0000_0000
_MEGABYTE: Final = 1 << 20
#: PEs that take LPIs, at most, while others are merely there; LPIs whose calls are counted.
TARGETS: Final = 8
_COUNTED: Final = 200


class LpiMachine:
    """A GIC with `pes` PEs, all awake with LPIs enabled, and `mapped` events mapped to LPIs, in turn to every PE; a power of two.

    The events are mapped by commands in the ITS's queue, as software does it.
    """

    def __init__(self, pes: int, mapped: int) -> None:
        self.pes = pes
        self.mapped = mapped
        self._id_bits = max(14, (FIRST_LPI + mapped - 1).bit_length())
        self.gic = Gic(GicConfig(pes=pes, spis=32, intid_bits=self._id_bits, cpu_intid_bits=24))
        self._at = 0
        self._sys = [Link.gicc(pe, "sys") for pe in range(pes)]
        self._iar, self._eoir = (ICC.by_name(f"ICC_{name}1_EL1").offset for name in ("IAR", "EOIR"))
        self._enable()
        started = time.process_time()
        self._map()
        #: CPU seconds that mapping took
        self.mapping = time.process_time() - started

    def lpis(self, count: int, targets: int) -> None:
        """`count` LPIs one after another to `targets` PEs in turn, over devices and events: from message to end of interrupt.

        Raises `CheckError` when one is not acknowledged where it is mapped to.
        """
        send, pes, events = self.gic.send, self.pes, min(self.mapped, _EVENTS)
        # The targets lie evenly among the PEs; each target's LPIs far apart, and in an order in which every one has its turn.
        apart, groups = pes // targets, self.mapped // pes
        stride = groups * 5 // 8 | 1
        for n in range(count):
            pe = n % targets * apart
            event = n // targets * stride % groups * pes + pe
            send("its0.msi", Msi(event // events, event % events))
            self._expect(send(self._sys[pe], SysRead(self._iar)), pe, FIRST_LPI + event)
            send(self._sys[pe], SysWrite(self._eoir, FIRST_LPI + event))

    def _expect(self, out: list[Out], pe: int, intid: int) -> None:
        responses = [t.value for link, t in out if isinstance(t, SysReadData)]
        if responses != [intid]:
            raise CheckError(f"PE {pe} of {self.pes} acknowledged {responses} instead of LPI {intid} ({self.mapped} mapped)")

    def _write(self, link: str, frame: Frame, name: str, value: int) -> None:
        element = frame.element(name)
        self.gic.send(link, RegWrite(element.offset, element.register.width_bytes, value))

    def _enable(self) -> None:
        self._write("gicd.reg", GICD, "GICD_CTLR", 0b10)
        self.gic.memory.load(_CONFIGURATION, bytes([0x41]) * self.mapped)
        for pe in range(self.pes):
            for name, value in (
                ("GICR_WAKER", 0),
                ("GICR_PROPBASER", _CONFIGURATION | self._id_bits - 1),
                ("GICR_PENDBASER", _PENDING + (pe << 20) | PTZ),
                ("GICR_CTLR", 1),
            ):
                self._write(Link.gicr(pe, "reg"), GICR, name, value)
            for name, value in (("ICC_PMR_EL1", 0xF8), ("ICC_IGRPEN1_EL1", 1)):
                self.gic.send(self._sys[pe], SysWrite(ICC.by_name(name).offset, value))

    def _map(self) -> None:
        for name, value in (
            ("GITS_BASER0", VALID | PLACES.devices),
            ("GITS_BASER1", VALID | PLACES.collections),
            ("GITS_CBASER", VALID | PLACES.queue | _QUEUE_BYTES // 4096 - 1),
            ("GITS_CTLR", 1),
        ):
            self._write("its0.reg", GITS, name, value)
        events = min(self.mapped, _EVENTS)
        bits = (events - 1).bit_length()
        self._command([encoding.mapc(pe, pe) for pe in range(self.pes)])
        self._command([encoding.mapd(d, _ITTS + 8 * _EVENTS * d, bits - 1) for d in range(self.mapped // events)])
        for first in range(0, self.mapped, _BATCH):
            self._command(
                [
                    encoding.mapti(n // events, n % events, FIRST_LPI + n, n % self.pes)
                    for n in range(first, min(first + _BATCH, self.mapped))
                ]
            )

    def _command(self, commands: list[encoding.Command]) -> None:
        data = b"".join(word.to_bytes(8, "little") for command in commands for word in command)
        room = _QUEUE_BYTES - self._at
        self.gic.memory.load(PLACES.queue + self._at, data[:room])
        self.gic.memory.load(PLACES.queue, data[room:])
        self._at = (self._at + len(data)) % _QUEUE_BYTES
        self._write("its0.reg", GITS, "GITS_CWRITER", self._at)

    def calls(self, count: int, targets: int) -> float:
        """Function calls, Python's and C's, that one LPI takes: a cost that does not depend on the computer."""
        self.lpis(targets, targets)  # the first LPI of a PE makes a place for it
        return counted(lambda: self.lpis(count, targets))[0] / count


@dataclass(frozen=True, slots=True)
class LpiCost:
    """One LPI's cost: CPU microseconds where at most `TARGETS` PEs take LPIs and the others are merely there, and where all take
    them in turn; function calls. `memory`: MB of the process that the machine's making took, tables in the modelled memory among
    them; `mapping`: CPU microseconds a mapped event."""

    pes: int
    mapped: int
    microseconds: float
    all_take: float
    calls: float
    memory: float
    mapping: float


def cost(pes: int, mapped: int, repeat: int, count: int = 1000) -> LpiCost:
    """Measure one machine in a process of its own; time is the least of `repeat`. Raises `CheckError` where the process fails."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(theirs, pes, mapped, repeat, count))
    process.start()
    theirs.close()
    try:
        result = ours.recv()
    except EOFError:
        result = f"it ended with exit status {process.exitcode}"
    except BaseException:
        process.kill()
        raise
    finally:
        process.join()
    if not isinstance(result, LpiCost):
        raise CheckError(f"the benchmark of an LPI with {pes} PEs and {mapped} mapped failed: {result}")
    return result


def _measure(pipe: Any, pes: int, mapped: int, repeat: int, count: int) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        worker(parent.pid)
    try:
        before = _memory()
        machine = LpiMachine(pes, mapped)
        memory = _memory() - before
        gc.disable()  # a collection walks all that is there; an LPI leaves nothing behind that needs one
        some, every = (min(_seconds(machine, count, n) for _ in range(repeat)) for n in (min(pes, TARGETS), pes))
        pipe.send(
            LpiCost(
                pes,
                mapped,
                microseconds=1e6 * some / count,
                all_take=1e6 * every / count,
                calls=machine.calls(_COUNTED, min(pes, TARGETS)),
                memory=memory,
                mapping=1e6 * machine.mapping / mapped,
            )
        )
    except Exception as error:  # whatever it is, the parent must hear of it
        pipe.send(f"{type(error).__name__}: {error}")


def _seconds(machine: LpiMachine, count: int, targets: int) -> float:
    started = time.process_time()
    machine.lpis(count, targets)
    return time.process_time() - started


def _memory() -> float:
    """MB that this process occupies; where the system has no /proc, the most that it has occupied."""
    gc.collect()
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / _MEGABYTE
    return pages * resource.getpagesize() / _MEGABYTE


def report(console: Console, repeat: int) -> list[dict[str, Any]]:
    """Measure every machine of `MACHINES` and print the table."""
    rows = []
    for pes, mapped in MACHINES:
        console.print(f"models alone: an LPI with {pes} PEs and {mapped:,} LPIs mapped ...", highlight=False)
        rows.append(cost(pes, mapped, repeat))
    _table(rows).print(console)
    return [asdict(row) for row in rows]


def _table(rows: Sequence[LpiCost]) -> Figures:
    headings = ("CPU µs", "of the first", "where all PEs\ntake them", "calls", "memory (MB)", "CPU µs to map one")
    table = Figures("An LPI in the golden models, from message to end of interrupt", ("PEs", "LPIs mapped"), headings)
    for row in rows:
        table.add(
            str(row.pes),
            f"{row.mapped:,}",
            f"{row.microseconds:.1f}",
            f"{row.microseconds / rows[0].microseconds:.2f}",
            f"{row.all_take:.1f}",
            f"{row.calls:.1f}",
            f"{row.memory:.1f}",
            f"{row.mapping:.1f}",
        )
    return table
