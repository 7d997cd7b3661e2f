"""CPU time of a co-simulation by stage: the same scenario with the same seed, run with more and more of the stages.

The stimulus does not depend on what is recorded or checked, so the cycles of all runs must be equal; that is asserted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT
from irqpath.core.transactions import Observed
from irqpath.gic.system import Gic
from irqpath_testbench.dut.recorder import Breach, records_of
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.bench import harness
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.simulate import Outcome, simulate

SCENARIO = "RandomTraffic"


@dataclass(frozen=True, slots=True)
class Stages:
    """CPU microseconds per checked transaction. `stimulus`: software and drivers in Python and the simulator's own share;
    for Icarus it includes the RTL, which cannot be run without them."""

    simulator: str
    transactions: int
    cycles: int
    per_100_cycles: float
    rtl: float
    stimulus: float
    recording: float
    transfer: float
    models: float
    scoreboards: float
    total: float
    bare_ratio: float


def _run(simulator: str, stages: str, interrupts: int, *, silent: bool = False) -> Outcome:
    folder = ROOT / "build" / "bench" / f"{simulator}-{'silent' if silent else stages}"
    config = RunConfig(
        path="sgi",
        folder=str(folder),
        seed=1,
        interrupts=interrupts,
        simulator=simulator,
        stages=stages,
        watchdog=1_000_000,
        timing=False,
    )
    outcome = simulate(Build(simulator, silent=silent), config, PATHS["sgi"].module, [SCENARIO])
    if not outcome.ok:
        raise CheckError(
            f"the benchmark's {simulator} run ({stages}) failed: {outcome.detail or outcome.scenarios[0]['failures']}"
        )
    return outcome


def _observed(outcome: Outcome) -> list[Observed]:
    """The records of a run, the scenario's own only: from its reset on."""
    found = []
    for record in records_of(Path(outcome.run.folder), outcome.run.device.pes, outcome.scenarios[0]):
        if isinstance(record, Breach):
            raise CheckError(f"the benchmark's records are damaged: {record}")
        found.append(record)
    return found


def _model_seconds(observed: list[Observed], gic: Gic) -> float:
    """CPU seconds of the golden models alone over a run's records."""
    predict = {link: block.predict for block in gic.blocks() for link in block.inputs()}
    calls = [(predict[o.link], o.link, o.transaction) for o in observed if o.link in predict]
    started = time.process_time()
    for call, link, transaction in calls:
        call(link, transaction)
    return time.process_time() - started


#: (records, writes them): what runs, from the least to the whole; interleaved, so that a busy moment meets all alike.
_KINDS = (("record", True), ("record", False), ("decode", False), ("full", False))


def measure(simulator: str, interrupts: int, repeat: int) -> Stages:
    """Run all stages of `simulator`, `repeat` times in turn, and take the least of each: what comes on top is the machine's.

    Raises `CheckError` where a run fails or the runs are not the same traffic.
    """
    rounds = [[_run(simulator, stages, interrupts, silent=silent) for stages, silent in _KINDS] for _ in range(repeat)]
    outcome = rounds[0][-1]
    cycles = {o.scenarios[0]["cycles"] for turn in rounds for o in turn}
    if len(cycles) != 1:
        raise CheckError(f"the benchmark's {simulator} runs differ in length ({sorted(cycles)} cycles): not the same traffic")
    silent, record, decode, full = (min(float(turn[n].scenarios[0]["cpu_seconds"]) for turn in rounds) for n in range(4))
    observed = _observed(outcome)
    count: int = sum(outcome.scenarios[0]["compared"].values())
    models = min(_model_seconds(observed, Gic(outcome.run.gic())) for _ in range(repeat))
    bare = _bare(observed, outcome.run.folder, repeat) if simulator == "verilator" else None

    def micro(seconds: float) -> float:
        return seconds / float(count) * 1e6

    rtl = bare.seconds if bare else 0.0
    return Stages(
        simulator=simulator,
        transactions=count,
        cycles=min(cycles),
        per_100_cycles=100 * count / min(cycles),
        rtl=micro(rtl),
        stimulus=micro(silent - rtl),
        recording=micro(record - silent),
        transfer=micro(decode - record),
        models=micro(models),
        scoreboards=micro(full - decode - models),
        total=micro(full),
        bare_ratio=full / rtl if rtl else 0.0,
    )


def _bare(observed: list[Observed], folder: str, repeat: int) -> harness.Bare:
    """The same accesses on the same Verilog without Python; that it behaved the same is checked by its responses."""
    stimulus = Path(folder) / "stimulus.bin"
    responses, checksum = harness.write_stimulus(observed, stimulus)
    program = harness.build()
    result = min((harness.run(program, stimulus) for _ in range(repeat)), key=lambda bare: bare.seconds)
    if (result.responses, result.checksum) != (responses, checksum):
        raise CheckError(
            f"the C++ harness saw {result.responses} responses (checksum {result.checksum:#x}), the co-simulation {responses} "
            f"({checksum:#x}): not the same traffic"
        )
    return result
