"""Gathering evidence: tests with pytest, recordings, QEMU where it is here, simulations; each into a file of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from irqpath.cli.terminal import program
from irqpath.cli.writing import naming
from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT, SOURCES
from irqpath.regs import BLOCKS, RegisterError
from irqpath.trace.replay import Replay
from irqpath_testbench.tools.conformance.evidence import FOLDER, Evidence, Seen, Source, save
from irqpath_testbench.tools.conformance.watch import ModelWatch
from irqpath_testbench.tools.oracle.run import run_machine
from irqpath_testbench.tools.oracle.session import Watch
from irqpath_testbench.tools.oracle.spec import MACHINES
from irqpath_testbench.tools.oracle.tools import missing
from irqpath_testbench.tools.sim.recordings import name_of, recordings
from irqpath_testbench.tools.toolchain import processes

#: The tests of the models alone.
TESTS: Final = ("testbench/unit/models",)
Say = Callable[[str], None]


def tests(say: Say, workers: str = "auto", paths: Sequence[str] = TESTS, folder: Path = FOLDER) -> bool:
    """Run the tests of the models; whether all passed. Those that did not are no evidence."""
    say(f"tests of the models ({', '.join(paths)}) ...")
    for old in folder.glob("tests-*.json"):
        old.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "tests.log"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        workers,
        "--dist",
        "loadfile",
        "-p",
        "irqpath_testbench.tools.conformance.plugin",
    ]
    with naming(log), log.open("w") as out:
        status = processes.run([*command, "--evidence", str(folder), *paths], cwd=ROOT, stdout=out, env=_here()).returncode
    say(f"  {log.read_text().strip().splitlines()[-1]}")
    if status:
        say(f"  some tests did not pass (see {log}): what they exercise does not count; run: make test")
    return status == 0


def _here() -> dict[str, str]:
    """This environment, with this tree first among the places of modules: an editable install may name another."""
    path = os.pathsep.join(part for part in (*map(str, SOURCES), os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": path}


def replays(say: Say, files: Sequence[Path] = (), folder: Path = FOLDER) -> bool:
    """Replay recordings, the project's own if none are named; whether all agree.

    One that deviates, or whose end is missing, is no evidence; nor is a register of which a deviation was tolerated.
    """
    evidence: Evidence = {}
    agree = True
    for path in files or recordings():
        name = name_of(path)
        say(f"recording {name} ...")
        recorder = ModelWatch()
        with recorder.installed():
            recorder.start()
            replay = Replay(path)
            findings = replay.run()
            seen = recorder.stop()
        if not findings.ok:
            say(f"  it does not replay without deviation, and does not count; run: {program()} replay {path}")
            agree = False
            continue
        tolerated = {_register(t.what) for t in replay.tolerances if findings.tolerated[t.name]}
        seen.registers = {key: bits for key, bits in seen.registers.items() if key.partition("/")[2] not in tolerated}
        seen.rules.clear()
        evidence[Source("recording", name)] = seen
    save(folder / "recordings.json", evidence)
    return agree


def _register(what: str) -> str:
    """The register that a tolerance is about: "GICR_ISENABLER of gicr1", "GICD_ISENABLER3" give the array's name."""
    name = what.split(" of ")[0].split("+")[0]
    for block in BLOCKS.values():
        try:
            return block.register(name).name
        except RegisterError:
            continue
    return name


class _Agreed(Watch):
    """Keeps of each operation what it touched, once QEMU has agreed."""

    def __init__(self, recorder: ModelWatch) -> None:
        self._recorder = recorder
        self.seen = Seen()

    def done(self) -> Seen:
        """What the models did for the operation that they have just executed."""
        return self._recorder.take()

    def agreed(self, done: object) -> None:
        """QEMU gave the same outcome, to the last bit."""
        assert isinstance(done, Seen)
        self.seen.add(done)


def oracle(say: Say, operations: int, folder: Path = FOLDER) -> bool:
    """Compare with QEMU, machine by machine; whether it agrees. What an exemption covers, or was not driven, is no evidence."""
    if lacking := missing():
        say(f"QEMU: not asked, {lacking[0].name} is not here; {lacking[0].fix}")
        return True
    specs = [spec for group in MACHINES.values() for spec in group]
    evidence: Evidence = {}
    agree = True
    for spec in specs:
        say(f"QEMU, machine {spec.name} ...")
        recorder = ModelWatch()
        with recorder.installed():
            recorder.start()
            watch = _Agreed(recorder)
            names = (f"{spec.name}/features/{n}" for n in range(operations))
            result = run_machine(spec, names, max(1, operations // len(specs)), folder=None, watch=watch)
            recorder.stop()
        if result.findings:
            say(f"  it differs ({result.findings[0].sequence}) and does not count; run: make oracle")
            agree = False
            continue
        evidence[Source("oracle", spec.name)] = watch.seen
    save(folder / "oracle.json", evidence)
    return agree


def simulations(say: Say, interrupts: int) -> bool:
    """Simulate every path in Verilator (`irqpath sim` writes its evidence); whether everything agrees."""
    say("co-simulation of every path ...")
    command = [sys.executable, "-m", "irqpath_testbench", "sim", "--seed", "1", "--no-replay", "-n", str(interrupts)]
    status = processes.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=None, env=_here()).returncode
    if status:
        say("  not everything agrees, and what does not is no evidence; run: make sim SEED=1")
    return status == 0


def forget(folder: Path = FOLDER) -> None:
    """Remove what was gathered before. Raises `CheckError` where a file cannot be removed."""
    for file in folder.glob("*.json"):
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise CheckError(f"{file} cannot be removed: {error.strerror}") from error
