"""Arguments, course and report of `irqpath formal`."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from rich.console import Console

from irqpath.cli.console import console as make_console
from irqpath.cli.table import Figures
from irqpath.cli.writing import check_writable, write_text
from irqpath.core.places import ROOT
from irqpath_testbench.tools.faults.rtl_faults import FAULTS
from irqpath_testbench.tools.formal.proofs import BOUNDED, MODES, PROOFS, Fault, Proof, chosen, unbroken
from irqpath_testbench.tools.formal.symbiyosys import Broken, Outcome, prove, versions
from irqpath_testbench.tools.toolchain import yosys
from irqpath_testbench.tools.toolchain.kept import locked

WORK: Final = ROOT / "build" / "formal"
T = TypeVar("T")
R = TypeVar("R")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `irqpath formal`."""
    parser.add_argument("--proofs", default="", metavar="NAME,...", help="these alone (default: all)")
    parser.add_argument("--mode", default="", choices=("", *MODES), help="proofs of this mode alone (default: both)")
    parser.add_argument(
        "--check-properties",
        action="store_true",
        help="checker qualification: inject faults one at a time, each of which must break its property; every property must "
        "have one, here or in simulation",
    )
    parser.add_argument(
        "--jobs", type=_jobs, default=os.cpu_count() or 1, metavar="N", help="proofs at a time (default: %(default)s)"
    )
    parser.add_argument(
        "--json", type=Path, default=ROOT / "build" / "formal.json", metavar="FILE", help="default: build/formal.json"
    )


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of proofs; give 1 or more")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """0: everything holds, or every fault is found; 1: not so. Raises `ToolMissing`, `CheckError`."""
    proofs = chosen(args.proofs, args.mode, PROOFS)
    check_writable(args.json)
    said = versions()
    console = make_console()
    WORK.mkdir(parents=True, exist_ok=True)
    with locked(WORK / ".lock", str(WORK), patience=0):
        yosys.run(["help log"], WORK)  # the first call on a machine takes a minute: two at once would take two
        if args.check_properties:
            return _check_properties(console, proofs, args)
        return _prove(console, said, proofs, args)


def _each(work: Callable[[T], R], items: Sequence[T], jobs: int) -> list[R]:
    """`work` of each, so many at a time, in order."""
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _prove(console: Console, said: str, proofs: Sequence[Proof], args: argparse.Namespace) -> int:
    outcomes = _each(lambda proof: prove(proof, WORK / proof.name), proofs, args.jobs)
    table = new_table(said)
    for proof, outcome in zip(proofs, outcomes, strict=True):
        table.add(proof.name, proof.mode, str(outcome.depth), f"{outcome.seconds:.1f}", outcome.verdict)
    table.print(console)
    for proof, outcome in zip(proofs, outcomes, strict=True):
        for line in explained(proof, outcome):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    write_text(args.json, json.dumps({"proofs": [_plain(outcome) for outcome in outcomes]}, indent=1) + "\n")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def new_table(said: str) -> Figures:
    """The table of proofs, without a row."""
    return Figures(f"proofs, by {said}", ("proof", "mode"), ("depth", "seconds", "verdict"))


def explained(proof: Proof, outcome: Outcome) -> list[str]:
    """Of a proof that failed: what is broken where, what shows it, what to run next."""
    if outcome.passed:
        return []
    if not outcome.broken:
        limit = f"within {proof.seconds} s only {outcome.depth} cycles were looked at"
        wanted = f", {proof.at_least} are wanted" if proof.mode == BOUNDED else ""
        return [f"formal: {proof.name}: {limit}{wanted}; see {outcome.log}"]
    lines = [f"formal: {proof.name}: {broken.file}:{broken.line}: {broken.title!r} does not hold" for broken in outcome.broken]
    lines += [f"  {note}" for note in outcome.notes]
    if outcome.trace is not None:
        lines.append(f"  what leads there: {outcome.trace}")
    return [*lines, f"  again: irqpath formal --proofs {proof.name}"]


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "proof": outcome.proof,
        "verdict": outcome.verdict,
        "passed": outcome.passed,
        "depth": outcome.depth,
        "seconds": round(outcome.seconds, 1),
        "broken": [{"name": b.title, "file": b.file, "line": b.line} for b in outcome.broken],
        "trace": str(outcome.trace) if outcome.trace else None,
        "log": str(outcome.log),
    }


def _check_properties(console: Console, proofs: Sequence[Proof], args: argparse.Namespace) -> int:
    tries = [(proof, number, fault) for proof in proofs for number, fault in enumerate(proof.faults)]
    outcomes = _each(lambda each: prove(each[0], WORK / f"{each[0].name}-fault{each[1]}", each[2]), tries, args.jobs)
    table = Figures(
        "injected faults, and the property that each must break", ("proof", "property"), ("depth", "seconds", "verdict")
    )
    missed = []
    for (proof, _, fault), outcome in zip(tries, outcomes, strict=True):
        found = breaks(fault, outcome.broken)
        missed += [] if found else [(proof, fault, outcome)]
        verdict = "found" if found else "NOT FOUND"
        table.add(proof.name, fault.property, str(outcome.depth), f"{outcome.seconds:.1f}", verdict)
    table.print(console)
    simulated = {fault.property: fault.number for fault in FAULTS if fault.property}
    bare = unbroken(PROOFS, simulated)
    said = [f"formal: in simulation fault {number} breaks {title!r}" for title, number in simulated.items()]
    said += [f"formal: hdl/{p.file}:{p.line}: no injected fault breaks {p.title!r}" for p in bare]
    for line in said:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for proof, fault, outcome in missed:
        instead = ", ".join(broken.title for broken in outcome.broken) or "nothing"
        line = f"formal: {proof.name}: {fault.new!r} in {fault.file} breaks {instead}, not {fault.property!r}; see {outcome.log}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    rows = [_plain(outcome) | {"property": fault.property} for (_, _, fault), outcome in zip(tries, outcomes, strict=True)]
    write_text(args.json, json.dumps({"faults": rows}, indent=1) + "\n")
    return 1 if missed or bare else 0


def breaks(fault: Fault, broken: Sequence[Broken]) -> bool:
    """The property that the fault is to break is among those that are broken."""
    return any(each.title == fault.property for each in broken)
