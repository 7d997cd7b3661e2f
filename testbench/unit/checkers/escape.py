"""Whether the unit tests notice the bugs of cosim_faults.toml: `python -m unit.checkers.escape [NAME ...]`.

Runs testbench/unit/models once for each (about 20 s), all of them without names. Exit status 0 only if every one escapes: a bug
that the unit tests notice says nothing about co-simulation, and belongs into model_faults.toml with a rule test.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from irqpath.core.errors import IrqpathError
from irqpath_testbench.tools.faults.injection import VARIABLE, find, registry
from irqpath_testbench.tools.toolchain import processes

ROOT = Path(__file__).resolve().parents[3]

#: Imports every module that the documentation names, when a fault comes too late; it tests no model.
_LEFT_OUT: Final = ("--ignore=testbench/unit/models/test_readme.py",)


def noticed_by(name: str, *arguments: str) -> list[str]:
    """The unit tests that fail with the fault `name`. Raises `InjectionError` for an unknown one, `IrqpathError` when pytest did
    not come to run them. `arguments`: more for pytest."""
    find(name)
    done = processes.run(
        [sys.executable, "-m", "pytest", "-q", "testbench/unit/models", *_LEFT_OUT, *arguments],
        cwd=ROOT,
        env=os.environ | {VARIABLE: name},
        stderr=subprocess.PIPE,
    )
    if done.returncode not in (0, 1):
        raise IrqpathError(f"pytest ended with status {done.returncode} under fault {name}:\n{done.stdout[-2000:]}{done.stderr}")
    return [line.split()[1] for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]


def main(names: Sequence[str]) -> int:
    """Print what each fault is noticed by; 0 if all escape, 1 if not."""
    caught = 0
    for name in names or registry("cosim"):
        tests = noticed_by(name)
        caught += bool(tests)
        print(f"{name}: {f'noticed by {tests[0]} and {len(tests) - 1} more' if tests else 'no unit test notices it'}", flush=True)
    return int(caught > 0)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except IrqpathError as error:
        sys.exit(f"irqpath: error: {error}")
