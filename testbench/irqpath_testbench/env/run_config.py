"""One typed object that says everything about a run; the host writes it, the simulation reads it."""

from __future__ import annotations

import importlib
import json
import os
import sys
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from irqpath.cli.writing import write_text
from irqpath.config.sizes import GicConfig
from irqpath.core.errors import ConfigError, IrqpathError
from irqpath_testbench.dut.description import Dut
from irqpath_testbench.dut.parameters import DutParameters

#: Environment variable with the path of the JSON file.
VARIABLE = "IRQPATH_RUN"
#: Interrupts that random traffic sends unless told otherwise; from so many on it must cover its plan.
INTERRUPTS = 1500


@dataclass(frozen=True, slots=True)
class RunConfig:
    """One simulation: the device, what runs, where it writes.

    `described`: where a device of a user's is described, "module:name" of a `Dut`; "": it is this project's Verilog, as `device`
    says. `interrupts`: how many the random scenario sends; `bound`: cycles after which an output is late, 0: as the device has
    it; `grace`: cycles that a scenario goes on after the first mismatch; `watchdog`: cycles without progress of software after
    which it is ended (it must be more than a poll may take, see `poll_limit`); `longest`: cycles that a scenario may take at all,
    0: by its interrupts; `hang_seconds`: what the watchdog is, for Python, in seconds without a heartbeat.
    """

    path: str
    folder: str
    seed: int = 1
    interrupts: int = INTERRUPTS
    device: DutParameters = field(default_factory=DutParameters)
    simulator: str = "verilator"
    bound: int = 0
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
    described: str = ""
    #: whether its time is compared with the models' afterwards
    timing: bool = True
    #: of open-loop traffic, interrupts that arrive in a cycle on average
    rate: float = 0.0

    @property
    def poll_limit(self) -> int:
        """Cycles that a poll of software may take: it says what it waited for, which the watchdog can't, so it ends first."""
        return self.watchdog * 4 // 5

    @property
    def limit(self) -> int:
        """Cycles that a scenario may take: many times more than any takes."""
        return self.longest or 20_000_000 + 20_000 * self.interrupts

    def dut(self) -> Dut:
        """The device under test. Raises `ConfigError` where there is no such description."""
        return described(self.described) if self.described else self.device.dut()

    def gic(self) -> GicConfig:
        """The golden models' configuration for the Verilog as it is built."""
        return self.dut().config

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


def described(where: str) -> Dut:
    """The description at "module:name". Raises `ConfigError`."""
    module, _, name = where.partition(":")
    try:
        dut = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"{where!r} names no device ({error}): give module:name of a Dut that Python finds") from error
    except IrqpathError:
        raise
    except Exception as error:  # whatever a module of somebody else's does
        raise ConfigError(f"{where!r} names no device: {module} raises {type(error).__name__}: {error}") from error
    if not isinstance(dut, Dut):
        raise ConfigError(f"{where!r} names a {type(dut).__name__}, not a Dut")
    return dut


def imported_from(where: str) -> Path:
    """The folder in which Python looks for the module of "module:name", which is imported already."""
    top = sys.modules[where.partition(":")[0].partition(".")[0]]
    return Path(next(iter(top.__path__)) if hasattr(top, "__path__") else str(top.__file__)).parent


def patient(run: RunConfig) -> RunConfig:
    """The run, with a longer `watchdog` where its device may rightly be busy for longer than usual."""
    return replace(run, watchdog=run.watchdog + 2 * run.dut().bounds.busy)
