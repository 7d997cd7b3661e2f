"""One typed object that says everything about a run; the host writes it, the simulation reads it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from irqpath.cli.writing import write_text
from irqpath.config.sizes import GicConfig
from irqpath.core.errors import ConfigError
from irqpath_testbench.dut.parameters import DutParameters

#: With so many places for LPIs, scenarios that use all INTIDs leave none in the pending table.
_PLACES = 8
#: Environment variable with the path of the JSON file.
VARIABLE = "IRQPATH_RUN"
#: Interrupts that random traffic sends unless told otherwise; from so many on it must cover its plan.
INTERRUPTS = 1500


@dataclass(frozen=True, slots=True)
class RunConfig:
    """One simulation: the device, what runs, where it writes.

    `interrupts`: how many the random scenario sends; `bound`: cycles after which an output is late; `grace`: cycles that a
    scenario goes on after the first mismatch; `watchdog`: cycles without progress of software after which it is ended (it must be
    more than a poll may take, see `poll_limit`); `longest`: cycles that a scenario may take at all, 0: by its interrupts;
    `hang_seconds`: what the watchdog is, for Python, in seconds without a heartbeat.
    """

    path: str
    folder: str
    seed: int = 1
    interrupts: int = INTERRUPTS
    device: DutParameters = field(default_factory=DutParameters)
    simulator: str = "verilator"
    bound: int = 20_000
    grace: int = 40_000
    watchdog: int = 100_000
    longest: int = 0
    hang_seconds: float = 60.0
    #: "full"; for the benchmark less: "decode" turns records into transactions and drops them, "record" leaves them in the file
    stages: str = "full"
    #: a recording that drives the device, and how many of its events are used (0: all)
    trace: str = ""
    events: int = 0
    #: faults to inject: number in the Verilog (0: none), names in the golden models separated by commas ("": none)
    fault: int = 0
    model_fault: str = ""

    @property
    def poll_limit(self) -> int:
        """Cycles that a poll of software may take: it says what it waited for, which the watchdog can't, so it ends first."""
        return self.watchdog * 4 // 5

    @property
    def limit(self) -> int:
        """Cycles that a scenario may take: many times more than any takes."""
        return self.longest or 20_000_000 + 20_000 * self.interrupts

    def gic(self) -> GicConfig:
        """The golden models' configuration for the Verilog as it is built."""
        return self.device.gic()

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        write_text(path, json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> RunConfig:
        """Read it. Raises `ConfigError` naming the file when it is not such an object."""
        try:
            values = json.loads(path.read_text())
            known = {f.name for f in fields(cls)}
            values["device"] = DutParameters(**values["device"])
            return cls(**{name: value for name, value in values.items() if name in known})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ConfigError(f"{path}: no run configuration ({error}); `irqpath sim` writes it") from error

    @classmethod
    def from_environment(cls) -> RunConfig:
        """The run that the host started. Raises `ConfigError` outside one."""
        path = os.environ.get(VARIABLE)
        if not path:
            raise ConfigError(f"{VARIABLE} is not set: start simulations with `irqpath sim`")
        return cls.load(Path(path))


def patient(run: RunConfig) -> RunConfig:
    """The run, with a longer `bound` and `watchdog` where its device may rightly be busy for longer than usual.

    A Redistributor with few places for LPIs keeps the others in the pending table, and may read that to its end before it answers
    anything: at most 8 cycles a word of 64 INTIDs.
    """
    device = run.device
    if not device.lpis or device.lpi_slots >= _PLACES:
        return run
    table = (1 << device.intid_bits) // 64 * 8
    return replace(run, bound=run.bound + table, watchdog=run.watchdog + 2 * table)
