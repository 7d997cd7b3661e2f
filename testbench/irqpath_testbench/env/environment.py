"""The pyuvm environment: one agent per link, one scoreboard per block, the journey scoreboard, coverage, and the dispatcher that
brings the recorder's batches to the monitors."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from cocotb.triggers import Event, ValueChange
from cocotb.utils import get_sim_time
from pyuvm import uvm_analysis_export, uvm_component, uvm_env, uvm_scoreboard

from irqpath.core.link import Link
from irqpath.core.transactions import Observed
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.sim.timing.timers import timer_of
from irqpath_testbench.dut.properties import explained
from irqpath_testbench.dut.recorder import Breach, Records
from irqpath_testbench.dut.rtl_platform import RtlPlatform
from irqpath_testbench.dut.turns import Turns
from irqpath_testbench.env.agents.link import LinkAgent
from irqpath_testbench.env.agents.monitor import LinkMonitor
from irqpath_testbench.env.agents.software import SoftwareAgent
from irqpath_testbench.env.blocks import agents, block_boards
from irqpath_testbench.env.coverage import Coverage
from irqpath_testbench.env.coverage_gicv2 import Gicv2Coverage
from irqpath_testbench.env.coverage_matrix import VirtualMatrix
from irqpath_testbench.env.coverage_matrix_gicv2 import Gicv2Matrix
from irqpath_testbench.env.end_of_test import EndOfTestCheck
from irqpath_testbench.env.plan import kind_of
from irqpath_testbench.env.process import PROCESS
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.env.scoreboards.block import BlockScoreboard, Mismatch
from irqpath_testbench.env.scoreboards.gicv2_journeys import Gicv2Journeys
from irqpath_testbench.env.scoreboards.journey import JourneyBoard
from irqpath_testbench.env.scoreboards.journeys import JourneyScoreboard
from irqpath_testbench.env.scoreboards.timed import TimedBlock

#: Mismatches after which a test is ended.
MISMATCH_LIMIT = 500


class Listener(uvm_analysis_export):
    """An analysis export that calls a function with each transaction of one link."""

    def __init__(self, what: str, link: str, parent: uvm_component, function: Callable[[Observed], None]) -> None:
        super().__init__(f"{what}_{Link(link).identifier()}", parent)
        self.write = function


class BlockChecker(uvm_scoreboard):
    """The scoreboard of one block as a component: `entered` and `left` are its exports, by link."""

    def __init__(self, name: str, parent: uvm_component, board: BlockScoreboard) -> None:
        super().__init__(name, parent)
        self.board = board

    def build_phase(self) -> None:
        """The exports."""
        board = self.board
        self.entered = {link: Listener("entered", link, self, board.enters(link)) for link in sorted(board.entering())}
        self.left = {link: Listener("left", link, self, board.leaves(link)) for link in sorted(board.leaving())}


class JourneyChecker(uvm_scoreboard):
    """The journey scoreboard as a component: `saw` are its exports, by link."""

    def __init__(self, name: str, parent: uvm_component, board: JourneyBoard) -> None:
        super().__init__(name, parent)
        self.board = board
        self.links = sorted(board.links())

    def build_phase(self) -> None:
        """The exports."""
        self.saw = {
            link: [Listener(f"saw{n}", link, self, function) for n, function in enumerate(self.board.on(link))]
            for link in self.links
        }


class CoverageCollector(uvm_component):
    """Coverage as a component: `saw` are its exports, by link."""

    def __init__(self, name: str, parent: uvm_component, coverage: Coverage) -> None:
        super().__init__(name, parent)
        self.coverage = coverage

    def build_phase(self) -> None:
        """The exports."""
        functions = {link: self.coverage.on(link) for link in sorted(self.coverage.links())}
        self.saw = {link: Listener("saw", link, self, function) for link, function in functions.items() if function is not None}


class MatrixCollector(uvm_component):
    """Events × states of the virtual interfaces, or of a GICv2, as a component: `saw` are its exports, by link."""

    def __init__(self, name: str, parent: uvm_component, matrices: Sequence[VirtualMatrix | Gicv2Matrix]) -> None:
        super().__init__(name, parent)
        self.matrices = matrices

    def build_phase(self) -> None:
        """The exports."""
        self.saw = {link: Listener("saw", link, self, matrix.saw) for matrix in self.matrices for link in matrix.links}

    def reached(self) -> list[str]:
        """Cells that should be impossible, and were reached."""
        return [cell for matrix in self.matrices for cell in matrix.reached]


class EndOfTestWatch(uvm_component):
    """The end-of-test state check as a component: `saw` are its exports, by link."""

    def __init__(self, name: str, parent: uvm_component, state_check: EndOfTestCheck, links: Iterable[str]) -> None:
        super().__init__(name, parent)
        self.state_check = state_check
        self.links = links

    def build_phase(self) -> None:
        """The exports."""
        self.saw = {link: Listener("saw", link, self, self.state_check.saw) for link in self.links}


class Dispatcher(uvm_component):
    """Brings each batch of the recorder to the monitors, in the order of acceptance. `batches` is the heartbeat."""

    def __init__(self, name: str, parent: uvm_component, top: Any, records: Records) -> None:
        super().__init__(name, parent)
        self.top = top
        self.records = records
        self.monitors: dict[str, LinkMonitor] = {}
        self.ended: list[Callable[[int], None]] = []
        self.breaches: list[Breach] = []
        self.batches = 0
        #: something differs; very much does
        self.wrong, self.limit_reached = Event(), Event()
        self.idle = False
        #: by link, what its monitor's subscribers do with a transaction; known once everything is connected
        self._publish: dict[str, list[Callable[[Observed], None]]] = {}
        self.cycle = 0
        self.seconds = 0.0

    async def start(self) -> None:
        """Begin with what is recorded from now on."""
        self._publish = {link: monitor.subscribers() for link, monitor in self.monitors.items()}
        await self._flushed()
        PROCESS.scenario_begins(self.records.path, int(get_sim_time("ns")))
        self.records.open(at_end=True)

    def subscribe(self, function: Callable[[Observed], None]) -> None:
        """From now on `function` gets everything, on whatever link."""
        for functions in self._publish.values():
            if function not in functions:
                functions.append(function)

    async def _flushed(self) -> None:
        self.top.flush.value = not self.top.flush.value
        await ValueChange(self.top.ready)

    async def run_phase(self) -> None:
        """Wake once a batch."""
        while True:
            await ValueChange(self.top.ready)
            self.dispatch()

    async def flush(self) -> None:
        """Ask the recorder for everything it has, and wait for it."""
        await self._flushed()
        self.dispatch()

    def until(self, cycle: int) -> None:
        """Nothing was recorded up to `cycle` but what was handed over: look for what is late by then."""
        for ended in self.ended:
            ended(cycle)

    def dispatch(self) -> None:
        """Hand over what was recorded since the last time."""
        if self.idle or not self.records.opened:
            return
        started = time.process_time()
        publish = self._publish
        for record in self.records.read():
            if type(record) is Observed:
                self.cycle = record.accept
                for write in publish[record.link]:
                    write(record)
            else:
                assert isinstance(record, Breach)  # there is nothing else
                self.breaches.append(record)
        self.until(self.cycle)
        self.batches += 1
        self.seconds += time.process_time() - started


def protocol_mismatch(breach: Breach) -> Mismatch:
    """What is wrong with a record that is no transfer: a property of hdl/formal does not hold, or a handshake is broken."""
    wanted, rule = explained(breach.link, breach.what) or ("a well-formed transfer", "handshake of the link (AXI4)")
    return Mismatch("protocol", breach.link, breach.cycle, wanted, breach.what, rule)


class IrqpathEnv(uvm_env):
    """Everything around the device. `run` is the configuration object, `top` the handle of the testbench."""

    def __init__(self, name: str, parent: uvm_component, run: RunConfig, top: Any) -> None:
        super().__init__(name, parent)
        self.run = run
        self.top = top

    def build_phase(self) -> None:
        """Agents, models, scoreboards."""
        dut = self.run.dut()
        config = dut.config
        self.platform = RtlPlatform(dut, self.top, self.run.poll_limit, Turns() if self.run.simulator == "icarus" else None)
        self.dispatcher = Dispatcher("dispatcher", self, self.top, Records(Path(self.run.folder) / "records.bin", config.pes))
        self.software = SoftwareAgent("software", self, self.platform)
        self.agents: list[LinkAgent] = list(agents(dut, self, self.platform.driver))
        journeys: JourneyBoard = JourneyScoreboard(config, dut.policy, dut.bounds, dut.names)
        if dut.gicv2 is not None:
            journeys = Gicv2Journeys(config, dut.gicv2)
        coverage = Coverage(config) if dut.gicv2 is None else Gicv2Coverage(config, dut.gicv2)
        boards = block_boards(dut, self.run.bound or dut.bounds.output, journeys.story)
        self.timed: list[TimedBlock] = []
        for board in boards:
            board.probe = coverage.probe
            timer = timer_of(board.model)
            if timer is not None and self.run.stages == "full" and self.run.timing:
                timed = TimedBlock(board.model, timer)
                board.time(timed)
                self.timed.append(timed)
        self.checkers = [BlockChecker(f"check_{board.name}", self, board) for board in boards]
        self.journeys = JourneyChecker("journeys", self, journeys)
        self.coverage = CoverageCollector("coverage", self, coverage)
        matrices: list[VirtualMatrix | Gicv2Matrix] = [
            VirtualMatrix(unit, unit.virtualization, coverage.hit)
            for unit in (board.model for board in boards)
            if isinstance(unit, CpuInterface) and unit.virtualization is not None
        ]
        matrices += [Gicv2Matrix(board.model, coverage.hit) for board in boards if isinstance(board.model, Gicv2)]
        self.matrix = MatrixCollector("matrix", self, matrices)
        memory = [Link.of(master, end) for master in dut.masters for end in ("mem", "mem_rsp")]
        self.state_check = EndOfTestWatch("end_of_test", self, EndOfTestCheck(self.platform, dut), [*memory, "mem.reset"])

    def connect_phase(self) -> None:
        """Each link's transactions go first to the block that they leave, then to the one that they enter, then to the rest."""
        for agent in self.agents:
            for monitor in agent.monitors:
                self.dispatcher.monitors[monitor.link] = monitor
                if self.run.stages == "full":
                    self._connect(monitor)
        self.dispatcher.ended = [*(checker.board.batch_ended for checker in self.checkers), self._check_mismatch_limit]
        self.dispatcher.idle = self.run.stages == "record"

    def _check_mismatch_limit(self, _: int) -> None:
        """After a mismatch software may wait for what never comes; after very many the rest tells nothing more."""
        wrong = sum(len(checker.board.mismatches) for checker in self.checkers) + len(self.journeys.board.mismatches)
        if wrong or self.dispatcher.breaches:
            self.dispatcher.wrong.set()
        if wrong + len(self.dispatcher.breaches) > MISMATCH_LIMIT:
            self.dispatcher.limit_reached.set()

    def _connect(self, monitor: LinkMonitor) -> None:
        link = monitor.link
        exports = [
            *([self.matrix.saw[link]] if link in self.matrix.saw else []),  # it looks at the state before the input is taken
            *(checker.left[link] for checker in self.checkers if link in checker.left),
            *(checker.entered[link] for checker in self.checkers if link in checker.entered),
            *self.journeys.saw.get(link, ()),
            *(watcher.saw[link] for watcher in (self.coverage, self.state_check) if link in watcher.saw),
        ]
        for export in exports:
            monitor.port.connect(export)

    # --- the verdict's material -----------------------------------------------------------------------------------------

    def mismatches(self) -> list[Mismatch]:
        """Everything that a check found wrong, in the order of cycles."""
        found = [m for checker in self.checkers for m in checker.board.mismatches] + self.journeys.board.mismatches
        found += [protocol_mismatch(breach) for breach in self.dispatcher.breaches]
        return sorted(found, key=lambda m: m.cycle)

    def compared(self) -> Counter[str]:
        """Transactions compared, by kind of link."""
        total: Counter[str] = Counter()
        for checker in self.checkers:
            for link, count in checker.board.compared.items():
                total[kind_of(link)] += count
        return total

    def hits(self) -> dict[str, int]:
        """What was covered, by "group: bin"."""
        hits = Counter(self.coverage.coverage.hits)
        if self.run.stages == "full":
            for link, count in self.dispatcher.records.waited.items():
                hits["back-pressure", kind_of(link)] += count
        return {f"{group}: {name}": count for (group, name), count in sorted(hits.items())}

    def pending(self) -> list[str]:
        """What is expected or open, as text."""
        expected = [f"{checker.board.name}: {line}" for checker in self.checkers for line in checker.board.pending()]
        return expected + [journey.story() for journey in self.journeys.board.open()]

    def finish(self, *, ends_open: bool) -> None:
        """The end: every scoreboard must be empty; `ends_open`: but for journeys."""
        for checker in self.checkers:
            checker.board.finish(self.dispatcher.cycle)
        if not ends_open:
            self.journeys.board.finish(self.dispatcher.cycle)
