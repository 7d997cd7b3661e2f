"""JUnit files: one in each run's folder, one of all runs of an `irqpath sim`.

A file is written before anything runs, with every test case as an error, and again whenever more is known: what stays after a
kill says what did not come to its end. A case fails exactly where the exit status will.
"""

from __future__ import annotations

import ast
import enum
import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from irqpath.cli.writing import write_bytes
from irqpath.core.places import ROOT, source_of
from irqpath.trace.findings import Findings
from irqpath_testbench.tools.sim.outcome import Outcome

NAME: Final = "results.xml"
NOT_YET: Final = "it did not come to its end"
#: What XML 1.0 does not allow, not even escaped.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Verdict(enum.Enum):
    """Of a test case; the value is the element that says so."""

    PASSED = ""
    FAILED = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(slots=True)
class Case:
    """One test case. `why`: one line; `text`: the story; `kind`: a word for what went wrong."""

    name: str
    classname: str
    file: str
    line: int
    verdict: Verdict = Verdict.PASSED
    kind: str = ""
    why: str = ""
    text: str = ""
    seconds: float = 0.0

    def element(self) -> ElementTree.Element:
        """As XML."""
        attributes = {"name": self.name, "classname": self.classname, "file": self.file, "line": str(self.line)}
        element = ElementTree.Element("testcase", attributes | {"time": f"{self.seconds:.3f}"})
        if self.verdict is not Verdict.PASSED:
            said = {"type": self.kind, "message": _clean(self.why)}
            ElementTree.SubElement(element, self.verdict.value, said).text = _clean(self.text or self.why)
        return element


@dataclass(slots=True)
class Suite:
    """The cases of one run, with all its options."""

    name: str
    properties: dict[str, str] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing failed."""
        return all(case.verdict in (Verdict.PASSED, Verdict.SKIPPED) for case in self.cases)

    def element(self) -> ElementTree.Element:
        """As XML."""
        element = ElementTree.Element("testsuite", {"name": self.name, **_counts(self.cases)})
        properties = ElementTree.SubElement(element, "properties")
        for name, value in self.properties.items():
            ElementTree.SubElement(properties, "property", {"name": name, "value": _clean(value)})
        element.extend(case.element() for case in self.cases)
        return element


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    counts = {"tests": str(len(cases))}
    for verdict, word in ((Verdict.FAILED, "failures"), (Verdict.ERROR, "errors"), (Verdict.SKIPPED, "skipped")):
        counts[word] = str(sum(case.verdict is verdict for case in cases))
    return counts | {"time": f"{sum(case.seconds for case in cases):.3f}"}


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def write(file: Path, suites: Sequence[Suite]) -> None:
    """Write a whole file. Raises `OSError`."""
    root = ElementTree.Element("testsuites", {"name": "irqpath", **_counts([case for suite in suites for case in suite.cases])})
    root.extend(suite.element() for suite in suites)
    ElementTree.indent(root, " ")
    write_bytes(file, ElementTree.tostring(root, "utf-8", xml_declaration=True) + b"\n")


# --- runs -------------------------------------------------------------------------------------------------------------------


@functools.cache
def _classes(file: Path) -> Mapping[str, int]:
    """Line of each class of a Python file; not imported, for that takes cocotb and a simulator."""
    return {node.name: node.lineno for node in ast.parse(file.read_text()).body if isinstance(node, ast.ClassDef)}


def _from_top(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def place_of(module: str, scenario: str) -> tuple[str, int]:
    """File, from the project's top, and line of a scenario's own class; line 1 where the module has no such class."""
    file = source_of(module)
    lines = _classes(file) if file.is_file() else {}
    return _from_top(file), lines.get(scenario, 1)


def case_name(outcome: Outcome, scenario: str) -> str:
    """Unique over paths, recordings, simulators, devices and seeds."""
    run = outcome.run
    return f"{outcome.name}/{scenario} [{run.simulator}, {run.dut().name}, seed {run.seed}]"


def new_case(outcome: Outcome, scenario: str) -> Case:
    """A case that has passed so far."""
    return Case(case_name(outcome, scenario), f"irqpath.{outcome.name}.{scenario}", *place_of(outcome.module, scenario))


def suite_of(outcome: Outcome, more: Mapping[str, str] | None = None) -> Suite:
    """A run's suite as it is now. `more`: properties beside those of `RunConfig`."""
    run = outcome.run
    properties = {name: str(value) for name, value in asdict(run).items() if name != "device"}
    device = {"described": run.described} if run.described else {f"device.{n}": str(v) for n, v in asdict(run.device).items()}
    properties |= device
    properties |= {"scenarios": ",".join(outcome.wanted), "verdict": outcome.failure.value, **(more or {})}
    suite = Suite(f"{outcome.name} [{run.simulator}, {run.dut().name}, seed {run.seed}]", properties)
    results = {result["scenario"]: result for result in outcome.scenarios}
    suite.cases = [_case(outcome, name, results.get(name)) for name in outcome.wanted]
    if not outcome.ok and suite.ok:  # nothing of one scenario: of the run
        suite.cases.append(_run_case(outcome))
    return suite


def _run_case(outcome: Outcome) -> Case:
    case = new_case(outcome, "(the run)")
    case.verdict, case.kind, case.why = Verdict.ERROR, outcome.failure.name.lower(), outcome.failure.value
    case.text = f"{outcome.failure.value}: {outcome.detail}\n\nrepeat it: {_repeat(outcome, ','.join(outcome.wanted))}"
    return case


def _case(outcome: Outcome, scenario: str, result: Mapping[str, Any] | None) -> Case:
    case = new_case(outcome, scenario)
    if result is None:
        case.verdict, case.kind = Verdict.ERROR, outcome.failure.name.lower()
        first = outcome.detail.strip().splitlines()[:1]
        case.why = ": ".join([outcome.failure.value, *first]) if not outcome.ok else NOT_YET
        case.text = f"{outcome.failure.value}: {outcome.detail}\n\nrepeat it: {_repeat(outcome, scenario)}"
        return case
    case.seconds = outcome.took.get(scenario, float(result.get("cpu_seconds", 0.0)))
    if result["ok"]:
        return case
    case.verdict, case.kind = Verdict.FAILED, "mismatch" if result["listed"] else "check"
    case.why = str(result["failures"][0]).splitlines()[0]
    case.text = "\n".join([*result["failures"], *_story(result), "", f"repeat it: {_repeat(outcome, scenario)}"])
    return case


def _story(result: Mapping[str, Any]) -> list[str]:
    from irqpath_testbench.tools.sim.report import mismatch_lines

    lines = mismatch_lines(result["listed"][0]) if result["listed"] else []
    pending = [f"    {line}" for line in result["pending"][:3]]
    return [*lines, *["  pending when it ended:"] * bool(pending), *pending]


def _repeat(outcome: Outcome, scenario: str) -> str:
    from irqpath_testbench.tools.sim.report import command  # which reads outcomes too

    return command(outcome, scenario)


def coverage_case(outcome: Outcome, uncovered_bins: Sequence[str], *, whole: bool) -> Case:
    """The coverage plan of a path. `whole`: every scenario ran at full size and passed, so that an uncovered bin is a failure."""
    case = new_case(outcome, "coverage")
    if not whole:
        case.verdict, case.kind, case.why = Verdict.SKIPPED, "coverage", "not every scenario ran at full size and passed"
    elif uncovered_bins:
        case.verdict, case.kind, case.why = (
            Verdict.FAILED,
            "coverage",
            f"{len(uncovered_bins)} uncovered bins, {uncovered_bins[0]} among them",
        )
        case.text = "\n".join([*(f"not covered: {bin_}" for bin_ in uncovered_bins), "", f"repeat it: {_repeat(outcome, '')}"])
    return case


# --- recordings -------------------------------------------------------------------------------------------------------------


def replay_suite(recordings: Iterable[Path], results: Sequence[Findings] = ()) -> Suite:
    """A case a recording; those without a result did not come to their end."""
    found = {findings.name: findings for findings in results}
    suite = Suite("replay", {"policy": "qemu"})
    for path in recordings:
        name = path.name.split(".")[0]
        place = _from_top(path)
        suite.cases.append(_replay_case(name, place, found.get(name)))
    return suite


def _replay_case(name: str, place: str, findings: Findings | None) -> Case:
    case = Case(f"replay/{name}", f"irqpath.replay.{name}", place, 1)
    repeat = f"repeat it: irqpath replay {place}"
    if findings is None:
        case.verdict, case.kind, case.why, case.text = Verdict.ERROR, "ended", NOT_YET, f"{NOT_YET}\n\n{repeat}"
        return case
    case.seconds = findings.seconds
    if findings.ok:
        return case
    case.verdict, case.kind = Verdict.FAILED, "deviation"
    lines = [
        f"event {d.event}: {d.kind} {d.what}: expected {_value(d.expected)}, seen {_value(d.seen)}" for d in findings.deviations
    ]
    if findings.stopped:
        lines.append(f"stopped after {findings.events} events: {findings.stopped}")
    case.why = (lines or ["nothing was compared"])[0]
    first = findings.deviations[0] if findings.deviations else None
    story = [] if first is None else [*[first.detail] * bool(first.detail), *(f"  {line}" for line in first.history)]
    case.text = "\n".join([*(lines[:1] or [case.why]), *story, *lines[1:20], "", repeat])
    return case


def _value(value: int | str) -> str:
    return f"{value:#x}" if isinstance(value, int) else value


class Book:
    """The file of a whole `irqpath sim`: a suite a run, by the run's name, and those of what is not simulated."""

    def __init__(self, file: Path, planned: Iterable[Outcome], others: Iterable[Suite] = ()) -> None:
        """Write it with nothing done yet. Raises `OSError` where it cannot be written."""
        self.file = file
        self._suites = {outcome.name: suite_of(outcome) for outcome in planned} | {suite.name: suite for suite in others}
        write(file, list(self._suites.values()))

    def put(self, name: str, suite: Suite) -> None:
        """Take in what became of a run."""
        self._suites[name] = suite
        write(self.file, list(self._suites.values()))

    @property
    def ok(self) -> bool:
        """Nothing failed."""
        return all(suite.ok for suite in self._suites.values())


def write_refused(file: Path) -> None:
    """Write the file of an `irqpath sim` that has not begun yet, and may be refused. Raises `OSError`."""
    case = Case(
        "irqpath sim",
        "irqpath.sim",
        "testbench/irqpath_testbench/tools/sim/cli.py",
        1,
        Verdict.ERROR,
        "refused",
        "it did not begin",
    )
    write(file, [Suite("irqpath sim", {}, [case])])


def write_run(outcome: Outcome, more: Mapping[str, str] | None = None, extra: Iterable[Case] = ()) -> Suite:
    """Write the file of a run's folder; the suite that it holds."""
    suite = suite_of(outcome, more)
    suite.cases += extra
    write(Path(outcome.run.folder) / NAME, [suite])
    return suite
