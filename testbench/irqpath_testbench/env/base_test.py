"""The base of every co-simulation test. It owns the verdict: a test passes only if its body ran, something was compared while it
did, all state that software can see was compared when everything was quiescent, nothing differs, everything expected was
observed, no protocol was broken, and nobody logged an error.

A hang ends too: in RTL or in awaited Python by the watchdog in Verilog, in a loop of Python by a thread that looks for signs of
life; both say what was pending.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import RisingEdge, Timer, select
from pyuvm import uvm_test

from irqpath.core.errors import CheckError
from irqpath.sim.platform import Platform
from irqpath_testbench.env.agents.software import Scenario, SoftwareSequence
from irqpath_testbench.env.environment import MISMATCH_LIMIT, IrqpathEnv
from irqpath_testbench.env.local_timing import local, rows_path
from irqpath_testbench.env.plan import Group, plan, uncovered_bins
from irqpath_testbench.env.process import PROCESS
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.env.scoreboards.journeys import summary
from irqpath_testbench.env.timing_rows import Recorded, timing_rows
from irqpath_testbench.env.whole.after import Verilog, goes_on, whole_of
from irqpath_testbench.sequences import randoms

#: Mismatches that a result lists in full.
_LISTED = 20
#: Exit status of a simulation that the hang guard ended.
HANG_STATUS = 87


class ErrorCounter:
    """Counts log records of level ERROR and above, of any logger, while it is installed."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self._before: Callable[..., logging.LogRecord] | None = None

    def install(self) -> None:
        """Start counting."""
        self._before = before = logging.getLogRecordFactory()

        def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
            record = before(*args, **kwargs)
            if record.levelno >= logging.ERROR:
                self.messages.append(record.getMessage())
            return record

        logging.setLogRecordFactory(factory)

    def remove(self) -> None:
        """Stop counting."""
        if self._before is not None:
            logging.setLogRecordFactory(self._before)


class HangGuard(threading.Thread):
    """Ends the process when Python shows no heartbeat for `seconds`: a loop without `await`, or RTL that loops in no time.
    `goes_on` is called now and then while there is one."""

    def __init__(
        self, seconds: float, alive: Callable[[], int], report: Callable[[str], None], goes_on: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(daemon=True)
        self._goes_on = goes_on
        self._seconds = seconds
        self._alive = alive
        self._report = report
        self._main = threading.get_ident()
        self._stop = threading.Event()

    def run(self) -> None:
        """Look every tenth of the time."""
        last, since = self._alive(), time.monotonic()
        while not self._stop.wait(self._seconds / 10):
            now = self._alive()
            if now != last:
                last, since = now, time.monotonic()
                self._goes_on()
            elif time.monotonic() - since > self._seconds:
                frame = sys._current_frames().get(self._main)
                where = "".join(traceback.format_stack(frame)[-4:]) if frame else ""
                self._report(f"hang: no heartbeat from Python for {self._seconds:.0f} s; it is at\n{where}")
                os._exit(HANG_STATUS)

    def end(self) -> None:
        """The test is over."""
        self._stop.set()


class BaseTest(uvm_test):
    """Subclasses give `scenario`; they do not override the phases."""

    #: whether journeys may be open at the end
    ends_open = False

    def notes(self) -> dict[str, int]:
        """Counts of a scenario's own, for the report."""
        return {}

    def against_models(self) -> list[str]:
        """What a scenario's own software did otherwise on the models, which have run it again."""
        return []

    def scenario(self) -> Scenario:
        """The software to run."""
        raise NotImplementedError(f"{type(self).__name__} has no scenario")

    def plan(self) -> tuple[Group, ...]:
        """The coverage plan of the path."""
        return plan(self.run_config.path, self.run_config.dut())

    def must_cover(self) -> Collection[str]:
        """Groups of the coverage plan of which the scenario must hit every bin."""
        return ()

    def must_close(self) -> int:
        """Journeys that the scenario must at least close."""
        return 0

    def build_phase(self) -> None:
        """The environment, from the run's configuration object."""
        self.run_config = RunConfig.from_environment()
        randoms.forget()
        self.env = IrqpathEnv("env", self, self.run_config, cocotb.top)
        self.errors = ErrorCounter()
        self.errors.install()
        self.failures: list[str] = []
        self.body_ran = False
        self.verilog = Verilog()
        #: what of its time was compared with the models', the CPU seconds that took, and of these the models' run
        self.timing: dict[str, Any] = {}
        self.timing_seconds = self.whole_seconds = 0.0
        #: transactions compared while the scenario ran, without the comparison of the state that follows
        self.compared_meanwhile: int | None = None
        PROCESS.tidy()
        self.started, self.cpu_seconds = time.process_time(), 0.0
        self.said: dict[str, int] = {}

    async def run_phase(self) -> None:
        """Power up, run the scenario under the watchdog's eyes, drain."""
        self.raise_objection()
        guard = HangGuard(self.run_config.hang_seconds, self._heartbeat, self._hung, partial(goes_on, self.run_config))
        guard.start()
        try:
            platform = self.env.platform
            await Timer(1, "ns")  # at time 0 the testbench has not initialised its registers yet
            await platform.power_up()  # unseen: what a scenario before this one left in the device is not this one's fault
            await self.env.dispatcher.start()
            await platform.power_up()
            await self._run_to_its_end()
        finally:
            guard.end()
            self.drop_objection()

    async def _run_to_its_end(self) -> None:
        """The body, or what comes before its end: nothing may keep a scenario from having one."""
        run, platform, dispatcher = self.run_config, self.env.platform, self.env.dispatcher
        first, _ = await select(
            self._body(),
            platform.failed.wait(),
            RisingEdge(self.env.top.expired),
            self._grace(),
            dispatcher.limit_reached.wait(),
            platform.after(run.limit),
        )
        self.failures += platform.failures
        if first > 1:
            self.failures.append(
                {
                    2: f"watchdog: software made no progress for {run.watchdog} cycles, and the scenario has not ended",
                    3: f"ended early: {run.grace} cycles after the first mismatch",
                    4: f"ended early: more than {MISMATCH_LIMIT} mismatches",
                    5: f"ended early: it has taken {run.limit} cycles",
                }[first]
            )
        await dispatcher.flush()
        if first == 2:
            dispatcher.until(platform.now)

    async def _grace(self) -> None:
        """How long a scenario goes on after the first mismatch: what follows from it may tell more, or never end."""
        await self.env.dispatcher.wrong.wait()
        await self.env.platform.after(self.run_config.grace)

    async def _body(self) -> None:
        sequence = SoftwareSequence(type(self).__name__, self.scenario())
        self.verilog.began = self.env.platform.now
        await sequence.start(self.env.software.sequencer)
        self.verilog.ended = self.env.platform.now
        if sequence.item.failure is not None:
            error = sequence.item.failure
            self.failures.append(f"the scenario raised {type(error).__name__}: {error}")
        else:
            await self._rest()
            self.verilog.rested = self.env.platform.now
            self.compared_meanwhile = self.env.compared().total()
            try:
                await self.compare_state()
                await self._rest()
            except CheckError as error:
                self.failures.append(f"not all state that software can see could be read: {error}")
        self.body_ran = True

    async def _rest(self) -> None:
        """Nothing is under way any more, and all of it was seen."""
        await self.env.platform.quiesce()
        await self.env.dispatcher.flush()

    async def compare_state(self) -> None:
        """Read all state that software can see. The verdict looks at what was read, not at this."""
        state_check = self.env.state_check.state_check
        state_check.begin()
        if self.run_config.stages == "full":
            self.env.dispatcher.subscribe(state_check.saw)
        await state_check.read_everything()

    def check_phase(self) -> None:
        """The verdict."""
        self.errors.remove()
        self.env.dispatcher.records.close()
        pending = self.env.pending()
        if not self.failures:
            self.env.finish(ends_open=self.ends_open)
        mismatches = self.env.mismatches()
        if not self.body_ran and not self.failures:
            self.failures.append("the body of the test did not run")
        compared = self.env.compared().total() if self.compared_meanwhile is None else self.compared_meanwhile
        if self.run_config.stages == "full" and not compared:
            self.failures.append("nothing was compared")
        if not self.failures and self.run_config.stages == "full":
            self.failures += self.env.state_check.state_check.failures()
            self.failures += self._missed() + self.env.matrix.reached()[:1]
        self.failures += self.env.state_check.state_check.refused[:1]
        self.failures += [f"an error was logged: {message}" for message in self.errors.messages]
        if mismatches:
            self.failures.append(f"{len(mismatches)} mismatches")
        self.said = self.notes() if self.body_ran else {}  # of the Verilog; the same software may run again
        self.cpu_seconds = time.process_time() - self.started
        if not self.failures:
            self._compare_time()
        self._write(pending)
        if self.failures:
            raise AssertionError("; ".join(self.failures))

    def _missed(self) -> list[str]:
        """What the scenario had to exercise and did not: a scenario that no longer reaches what it is for proves nothing."""
        closed = self.env.journeys.board.closed.total()
        must = self.must_cover()
        planned = [group for group in self.plan() if group.name in must]
        missed = [f"not covered: {bin_}" for bin_ in uncovered_bins(planned, self.env.hits())]
        if closed < self.must_close():
            missed.append(f"{closed} journeys closed, at least {self.must_close()} must be")
        return missed

    def _compare_time(self) -> None:
        """How exact the profile is for each block, and the same software on the models; a user's device has a profile of its own.
        Where anything failed, or models are wrong on purpose, times tell nothing."""
        run, records, name = self.run_config, self.env.dispatcher.records, type(self).__name__
        if not run.timing or run.stages != "full" or run.model_fault:
            return
        before = time.process_time()
        recorded = Recorded(records.path, records.first, records.count, run.gic().pes)
        about = {"path": run.path, "seed": run.seed, "scenario": name}
        rows = timing_rows(recorded, self.env.timed, about, self.env.platform.pressures)
        rows.save(rows_path(Path(run.folder), name))
        if not run.described:
            self.verilog.first, self.verilog.count = records.first, records.count
            self.verilog.journeys = self.env.journeys.board.latencies()
            since = time.process_time()
            whole = whole_of(run, name, self.verilog, self.scenario())
            self.whole_seconds = time.process_time() - since
            self.timing = {"local": local(rows), "whole": whole.plain}
            self.failures += whole.failures
            if "failed" not in whole.plain:
                self.failures += self.against_models()
        self.timing_seconds = time.process_time() - before

    def _heartbeat(self) -> int:
        """Batches, and software that lets time pass: where it does little else, a batch is long in coming."""
        return self.env.dispatcher.batches + self.env.platform.waits

    # --- result -----------------------------------------------------------------------------------------------------------

    def _hung(self, why: str) -> None:
        self.failures.append(why)
        self._write(self.env.pending())

    def _write(self, pending: list[str]) -> None:
        path = Path(self.run_config.folder) / f"result-{type(self).__name__}.json"
        path.write_text(json.dumps(self.result(pending), indent=1) + "\n")

    def result(self, pending: list[str]) -> dict[str, Any]:
        """What the report prints of this scenario, as plain data."""
        env, journeys = self.env, self.env.journeys.board
        mismatches = env.mismatches()
        used = {c.board.name: dict(c.board.used) for c in env.checkers if c.board.used}
        return {
            "scenario": type(self).__name__,
            "path": self.run_config.path,
            "ok": not self.failures,
            "failures": self.failures,
            "pending": pending[:_LISTED] if self.failures else [],
            "compared": dict(sorted(env.compared().items())),
            "first_record": env.dispatcher.records.first,
            "records": env.dispatcher.records.count,
            "origin_ns": env.platform.origin - PROCESS.before,
            "cycles": env.platform.now,
            **({"pressure": env.platform.pressures} if env.platform.pressures else {}),
            "journeys": {
                "closed": journeys.closed.total(),
                "merged": journeys.merged.total(),
                "lost": dict(journeys.lost),
            },
            "to_line": summary(journeys.to_line),
            "to_acknowledge": summary([journey.acknowledge for journey in journeys.acknowledged]),
            "mismatches": len(mismatches),
            "listed": [asdict(m) for m in mismatches[:_LISTED]],
            "reports": {c.board.name: dict(c.board.reports) for c in env.checkers if c.board.reports},
            **({"timing": self.timing} if self.timing else {}),
            **({"used": used} if used else {}),
            **({"unfollowed": journeys.unfollowed} if journeys.unfollowed else {}),
            "notes": self.said,
            "flushed": sum(c.board.flushed for c in env.checkers),
            "hits": env.hits(),
            "draws": randoms.first_draws(),
            "cpu_seconds": self.cpu_seconds or time.process_time() - self.started,
            "check_seconds": env.dispatcher.seconds,
            "timing_seconds": self.timing_seconds,
            "whole_seconds": self.whole_seconds,
        }


__all__ = ["HANG_STATUS", "BaseTest", "ErrorCounter", "HangGuard", "Platform"]
