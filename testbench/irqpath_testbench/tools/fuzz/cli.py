"""`make fuzz SECONDS=n`: every target in turn under atheris; what is found is reported and kept.

usage: python -m irqpath_testbench.tools.fuzz.cli [--seconds N] [--target NAME]
"""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Final

from irqpath.cli.ending import fail, guarded
from irqpath.cli.parser import Parser
from irqpath.cli.writing import check_writable, naming
from irqpath.core.places import ROOT, needs_checkout
from irqpath_testbench.tools.fuzz.targets import TARGETS
from irqpath_testbench.tools.sim.limits import reached
from irqpath_testbench.tools.toolchain import kept, processes

CORPUS: Final = Path(__file__).with_name("corpus")
WORK: Final = ROOT / "build" / "fuzz"
_HANG_SECONDS: Final = 20
_LONGEST: Final = 1024
#: As it is typed in the project's folder, where set-up puts it.
PYTHON: Final = ".venv/bin/python"


def fuzz(target: str, seconds: int) -> tuple[int, list[Path]]:
    """Fuzz one target for so many seconds: (inputs that were tried, inputs that failed)."""
    work, found = WORK / target, WORK / "found" / target
    for folder in (work, found, CORPUS / target):
        folder.mkdir(parents=True, exist_ok=True)
        check_writable(folder / ".writable")
    before = set(found.iterdir())
    command = [sys.executable, "-m", "irqpath_testbench.tools.fuzz.worker", target, str(work), str(CORPUS / target)]
    command += [f"-max_total_time={seconds}", f"-timeout={_HANG_SECONDS}", f"-max_len={_LONGEST}", f"-artifact_prefix={found}/"]
    log = WORK / f"{target}.log"
    with naming(log), log.open("w") as out:
        processes.run(command, stdout=out, cwd=ROOT)
    counts = re.findall(r"^#(\d+)", log.read_text(errors="replace"), re.MULTILINE)
    return int(counts[-1]) if counts else 0, sorted(set(found.iterdir()) - before)


def reason(target: str) -> str:
    """The line of the target's log that says what happened."""
    lines = (WORK / f"{target}.log").read_text(errors="replace").splitlines()
    for n, line in enumerate(lines):
        if "Uncaught Python exception" in line and n + 1 < len(lines):
            return lines[n + 1].strip()
    return next((line for line in lines if "ERROR" in line), lines[-1] if lines else "nothing was printed")


def main() -> int:
    """As `run`; 2 for an error, which is told in one line."""
    return guarded(run)


def run() -> int:
    """0: nothing found; 1: something was; 2: it could not run."""
    parser = Parser(prog="make fuzz SECONDS=n", allow_abbrev=False, description="coverage-guided fuzzing of virtqueues")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="for all targets together (default: %(default)s)")
    parser.add_argument("--target", choices=tuple(TARGETS), help="one target (default: all)")
    args = parser.parse_args()
    needs_checkout("the fuzzer")
    if importlib.util.find_spec("atheris") is None:
        return fail("the fuzzer needs the Python package atheris, which exists for Linux on x86_64; run: make setup", 2)
    if args.seconds < 1:
        return fail(f"--seconds {args.seconds}: give 1 or more", 2)
    try:
        with kept.locked(WORK / ".lock", f"the fuzzer's folder {WORK}", patience=0):
            return fuzz_all([args.target] if args.target else list(TARGETS), args.seconds)
    except KeyboardInterrupt:
        print(f"what was found until then is in {WORK / 'found'}", flush=True)
        raise


def fuzz_all(targets: list[str], seconds: int) -> int:
    """Targets in turn, with what was found; the exit status."""
    bad = False
    for target in targets:
        tried, failed = fuzz(target, max(1, seconds // len(targets)))
        print(f"{target}: {tried:,} inputs, {len(failed)} findings", flush=True)
        for path in failed:
            again = f"{PYTHON} -m irqpath_testbench.tools.fuzz.repeat {target} {path.relative_to(ROOT)}"
            print(f"  {reason(target)}\n  to repeat: {again}")
        if not tried and not failed:
            why = reached(WORK) or f"{target} was not fuzzed: {reason(target)}; see {WORK / target}.log"
            return fail(why, 2)
        bad |= bool(failed)
    if bad:
        print(f"keep what was found as a test: copy it to {CORPUS.relative_to(ROOT)}/TARGET/")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
