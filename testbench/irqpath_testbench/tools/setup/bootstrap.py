"""Sets up a checkout: `python3 testbench/irqpath_testbench/tools/setup/bootstrap.py`, or `make setup`.

Makes `.venv` at the top with everything in requirements.txt, and installs from the system's package manager what only
it has. A second run finds nothing to do. This file stays readable for any Python 3, to be able to refuse an old one.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]


def newer_python() -> str:
    """Return the name of a new enough Python that starts here, "" if there is none."""
    for name in ("python3.13", "python3.12", "python3.11"):
        # A version manager's stub may be on PATH and yet refuse to run.
        if shutil.which(name) and subprocess.call([name, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            return name
    return ""


def main() -> int:
    """Refuse an old Python in one line, or hand over to the set-up proper; return the exit status."""
    if sys.version_info < (3, 11):
        other = newer_python()
        advice = f"run: make PYTHON={other} ..." if other else "install it, then run: make PYTHON=python3.11 ..."
        found = f"{sys.executable} is Python {sys.version_info[0]}.{sys.version_info[1]}"
        print(f"irqpath set-up: error: {found}; 3.11 or newer is needed; {advice}", file=sys.stderr)
        return 1
    sys.path[:0] = [str(ROOT / "pymodel"), str(ROOT / "testbench")]
    from irqpath_testbench.tools.setup.steps import run

    return run(ROOT)


if __name__ == "__main__":
    sys.exit(main())
