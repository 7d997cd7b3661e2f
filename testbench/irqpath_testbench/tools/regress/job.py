"""One job of a regression: a frozen record of all that a run is told."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from irqpath.core.errors import CheckError
from irqpath_testbench.dut.parameters import PARAMETERS, DutParameters
from irqpath_testbench.env.run_config import INTERRUPTS
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.toolchain.kept import digest

#: Of a seed, that a job's name shows: a file's name has an end.
_SEED_DIGITS: Final = 20


@dataclass(frozen=True, slots=True)
class Job:
    """One path on one simulator and one device with one seed.

    `scenarios`: of the path, () for all; `interrupts`: as of `RunConfig`; `trace`, `events`: the recording that drives it by its
    file's name, and how many of its events (0: all), "" for none; `fault`, `model_fault`: to inject, 0 and "" for none: such a
    job is to find it; `code_coverage`: of the Verilog too; `timing`: its time is compared with the models' and held against the
    aims.
    """

    path: str
    simulator: str = "verilator"
    device: DutParameters = field(default_factory=DutParameters)
    seed: int = 1
    interrupts: int = INTERRUPTS
    scenarios: tuple[str, ...] = ()
    trace: str = ""
    events: int = 0
    fault: int = 0
    model_fault: str = ""
    code_coverage: bool = False
    timing: bool = False

    @property
    def name(self) -> str:
        """The same for equal jobs, another for any other; a file's name."""
        recording = f"-{self.trace.partition('.')[0]}" if self.trace else ""
        found = f"-fault{self.fault}" if self.fault else ""
        seed = str(self.seed)[:_SEED_DIGITS]
        return f"{self.path}{recording}-{self.simulator}{found}-seed{seed}-{digest([repr(self)])[:8]}"

    @property
    def must_fail(self) -> bool:
        """A fault is injected, and passes only if a check finds it."""
        return bool(self.fault or self.model_fault)

    def command(self) -> str:
        """The line that repeats it by itself."""
        mine, usual = self.device, PATHS[self.path].device
        other = [f"{name}={int(getattr(mine, name))}" for name in PARAMETERS if getattr(mine, name) != getattr(usual, name)]
        shape = ["--pes", str(mine.pes), "--priority-bits", str(mine.priority_bits)]
        shape += ["--device", ",".join(other)] if other else []
        words = [
            "irqpath",
            "sim",
            "--sim",
            self.simulator,
            "--paths",
            self.path,
            "--seed",
            str(self.seed),
            "-n",
            str(self.interrupts),
        ]
        words += ["--no-replay"]
        words += ["--no-timing"] * (not self.timing)
        words += shape if not self.trace else []  # a recording has its own device
        words += ["--scenarios", ",".join(self.scenarios)] if self.scenarios else []
        words += ["--recordings", self.trace.partition(".")[0]] if self.trace else []
        words += ["--events", str(self.events)] if self.events else []
        words += ["--fault", str(self.fault)] if self.fault else []
        words += ["--model-fault", self.model_fault] if self.model_fault else []
        return shlex.join(words)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self) | {"scenarios": list(self.scenarios)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Job:
        """What `to_json` gave. Raises `CheckError`."""
        try:
            values = dict(plain)
            device = DutParameters(**values.pop("device"))
            scenarios = tuple(values.pop("scenarios"))
            if unknown := sorted(values.keys() - {f.name for f in fields(cls)}):
                raise CheckError(f"a job has no {', '.join(unknown)}")
            return cls(device=device, scenarios=scenarios, **values)
        except (KeyError, TypeError) as error:
            raise CheckError(f"this is no job ({error})") from None
