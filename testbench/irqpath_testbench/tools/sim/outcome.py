"""What became of one simulation."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from irqpath_testbench.env.run_config import RunConfig


class Failure(enum.Enum):
    """How a run can fail."""

    NONE = "passed"
    MISMATCH = "a check failed"
    NO_RESULT = "the simulation left no result"
    DISAGREE = "the JUnit file and the results disagree"
    HANG = "the simulation hung"
    CRASH = "the simulator failed after its last scenario"
    BUILD = "the Verilog was not built"
    ENDED = "the run was ended before its end"
    NOT_RUN = "it was not run"


@dataclass(slots=True)
class Outcome:
    """What one simulation left. `scenarios`: the result of each scenario, as `BaseTest.result` gives it; `wanted`: names of those
    that were to run, of the cocotb module `module`; `took`: wall seconds of those that ended."""

    run: RunConfig
    failure: Failure = Failure.NONE
    detail: str = ""
    scenarios: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    wanted: tuple[str, ...] = ()
    module: str = ""
    took: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Everything passed."""
        return self.failure is Failure.NONE

    @property
    def name(self) -> str:
        """What the run is called: its path, and the recording that drives it if there is one."""
        run = self.run
        return run.path if not run.trace else f"{run.path}-{run.trace.rpartition('/')[2].split('.')[0]}"
