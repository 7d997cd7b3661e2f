"""Nothing survives its parent: programs, what they start, workers of a pool; whatever ends the parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from irqpath.core.places import SOURCES
from irqpath_testbench.tools.toolchain.processes import Tied, follow, run, which_of

#: A program that starts another and waits: its arguments are in the process table, and so is `marker`.
TREE = "(sh -c 'sleep 300; : {marker}'; : {marker}) & sh -c 'sleep 300; : {marker}'; : {marker}"
#: Ways to run the tree from Python, each after it has said "ready".
WAYS = {
    "run": "processes.run(['sh', '-c', tree])",
    "follow": "processes.follow(['sh', '-c', tree], cwd='/', env=dict(os.environ), output=None)",
    "tied": "processes.Tied(['sh', '-c', tree]); time.sleep(300)",
    "pool": "with processes.pool(2) as pool: list(pool.map(time.sleep, [300, 300]))",
    "program in a pool": "with processes.pool(1) as pool: list(pool.map(processes.run, [['sh', '-c', tree]]))",
}
PARENT = """
import os, signal, sys, time
from irqpath.cli import signals
from irqpath_testbench.tools.toolchain import processes
if __name__ == "__main__":
    # Tests that are started in the background of a shell inherit an ignored SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    tree, way = sys.argv[1], sys.argv[2]
    try:
        with signals.raised():
            print("ready", flush=True)
            exec(way)
    except KeyboardInterrupt as interrupt:
        print(signals.message_of(interrupt), flush=True)
        sys.exit(signals.status_of(interrupt))
"""


def _soon(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL], ids=lambda n: n.name)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_survives(way: str, number: signal.Signals, tmp_path: Path) -> None:
    """Started, killed, and looked for in the process table."""
    script = tmp_path / "parent.py"  # its name marks workers too
    script.write_text(PARENT)
    command = [sys.executable, str(script), TREE.format(marker=tmp_path), WAYS[way]]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, SOURCES))}
    ) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == "ready\n"
        assert _soon(lambda: len(which_of(tmp_path)) >= 3), "it did not start"
        parent.send_signal(number)
        assert parent.wait(20) == (-number if number == signal.SIGKILL else 128 + number)
        said = parent.stdout.read()
    assert said == {signal.SIGKILL: "", signal.SIGINT: "interrupted\n"}.get(number, f"ended by {number.name}\n")
    assert _soon(lambda: not which_of(tmp_path)), which_of(tmp_path)


def test_what_a_program_leaves_behind_is_ended(tmp_path: Path) -> None:
    """A child that goes on after its parent came to a good end."""
    assert follow(["sh", "-c", f"sh -c 'sleep 300; : {tmp_path}' &"], cwd="/", env=dict(os.environ), output=None) == 0
    assert _soon(lambda: not which_of(tmp_path))


def test_run_gives_status_and_words() -> None:
    done = run(["sh", "-c", "cat; echo out; echo err >&2; exit 3"], stdin="in\n")
    assert (done.returncode, done.stdout) == (3, "in\nout\nerr\n")
    apart = run(["sh", "-c", "echo out; echo err >&2"], stderr=subprocess.PIPE)
    assert (apart.stdout, apart.stderr) == ("out\n", "err\n")
    with pytest.raises(FileNotFoundError):
        run(["no-such-program"])
    with pytest.raises(subprocess.TimeoutExpired):
        run(["sleep", "300"], timeout=0.1)


def test_a_program_that_is_stopped_ends_too(tmp_path: Path) -> None:
    """As QEMU is, whenever nobody uses it."""
    tied = Tied(["sh", "-c", f"sleep 300; : {tmp_path}"])
    tied.process.send_signal(signal.SIGSTOP)
    tied.end()
    assert tied.process.returncode == -signal.SIGKILL and _soon(lambda: not which_of(tmp_path))
