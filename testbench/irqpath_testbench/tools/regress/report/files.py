"""What programs read: jobs.jsonl, junit.xml, regress.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from irqpath.cli.writing import write_text
from irqpath_testbench.tools.regress.groups import FailureGroup
from irqpath_testbench.tools.regress.record import Record, Verdict
from irqpath_testbench.tools.regress.report.code import code_json
from irqpath_testbench.tools.regress.report.regression import NOT_RUN, Counts, Regression, Row, device_text
from irqpath_testbench.tools.sim import junit
from irqpath_testbench.tools.sim.paths import PATHS

JOBS: Final = "jobs.jsonl"
JUNIT: Final = "junit.xml"
REGRESS: Final = "regress.json"
#: Of regress.json and jobs.jsonl.
VERSION: Final = 1


def write_files(folder: Path, regression: Regression) -> None:
    """Write them. Raises `OSError`."""
    write_text(folder / JOBS, "".join(json.dumps(_line(row), sort_keys=True) + "\n" for row in regression.rows))
    junit.write(folder / JUNIT, _suites(regression))
    write_text(folder / REGRESS, json.dumps(as_json(regression), indent=1) + "\n")


def _line(row: Row) -> dict[str, Any]:
    """A job with its result; what it covered is in its record."""
    line: dict[str, Any] = {"name": row.name, "command": row.job.command()}
    record = row.record
    if record is None:
        return line | {"job": row.job.to_json(), "verdict": NOT_RUN, "ok": False}
    plain: dict[str, Any] = json.loads(record.to_json())
    for name in ("results", "version"):
        del plain[name]
    sums = {name: getattr(row, name) for name in ("scenarios", "compared", "closed", "cycles", "mismatches")}
    return line | plain | sums | {"ok": record.ok, "quarantined": row.quarantined}


# --- JUnit ------------------------------------------------------------------------------------------------------------------


def _suites(regression: Regression) -> list[junit.Suite]:
    """One a path and simulator, with a case a job; what is known to fail is skipped, so that a file fails where the regression
    does. One more for what is wrong with all."""
    asked = regression.asked
    told = {"plan": asked.plan, "regression": asked.name, "commit": asked.commit, "dirty": str(asked.dirty).lower()}
    more = [junit.Suite("the regression", told, [_wrong(line) for line in regression.wrong])] if regression.wrong else []
    return more + [
        junit.Suite(f"{path} [{simulator}]", told, [_case(row) for row in counts.rows])
        for (path, simulator), counts in regression.suites.items()
    ]


def _wrong(line: str) -> junit.Case:
    place = "testbench/irqpath_testbench/tools/regress/record.py"
    return junit.Case(line, "irqpath.regress", place, 1, junit.Verdict.FAILED, "regression", line)


def _case(row: Row) -> junit.Case:
    job, record = row.job, row.record
    place = junit.place_of(PATHS[job.path].module, record.signature.scenario if record and record.signature else "")
    case = junit.Case(row.name, f"irqpath.{job.path}.{job.simulator}", *place, seconds=row.wall)
    if row.ok:
        return case
    again = f"repeat it: {job.command()}"
    if record is None:
        case.verdict, case.kind, case.why, case.text = junit.Verdict.ERROR, "not_run", NOT_RUN, f"{NOT_RUN}\n\n{again}"
    else:
        found = record.verdict in (Verdict.FAILED, Verdict.MISSED)
        case.verdict = junit.Verdict.FAILED if found else junit.Verdict.ERROR
        if row.quarantined:
            case.verdict, again = junit.Verdict.SKIPPED, f"quarantined: {row.quarantined}\n{again}"
        case.kind, case.why = record.verdict.name.lower(), record.reason or record.verdict.value
        case.text = "\n".join([case.why, *[record.story] * bool(record.story), "", again])
    return case


# --- regress.json -----------------------------------------------------------------------------------------------------------


def as_json(regression: Regression) -> dict[str, Any]:
    """All that is counted, as plain data."""
    asked = regression.asked
    return {
        "version": VERSION,
        "name": asked.name,
        "plan": asked.plan,
        "ok": regression.ok,
        "options": dict(asked.options),
        "environment": dict(asked.environment),
        "totals": _totals(regression),
        "times": {
            "begin": asked.begin,
            "end": regression.end,
            "elapsed": regression.elapsed,
            "cpu": regression.counts.cpu,
            "wall": asdict(regression.counts.wall),
            "memory": asdict(regression.counts.memory),
        },
        "suites": [
            {
                "path": path,
                "simulator": simulator,
                **_counts(counts),
                "wall": asdict(counts.wall),
                "memory": asdict(counts.memory),
            }
            for (path, simulator), counts in regression.suites.items()
        ],
        "groups": [_group(one) for one in regression.groups],
        "wrong": list(regression.wrong),
        "quarantined": {row.name: row.quarantined for row in regression.rows if row.quarantined},
        "not_run": [row.name for row in regression.rows if row.record is None],
        "coverage": [
            {
                "plan": plan.name,
                "bins": [asdict(one) for one in plan.bins],
                "uncovered": list(plan.uncovered),
                "smallest": list(plan.smallest),
                "exact": plan.exact,
            }
            for plan in regression.coverage
        ],
        "code": code_json(regression.code),
    }


def _totals(regression: Regression) -> dict[str, Any]:
    rows = regression.rows
    sums = {name: sum(getattr(row, name) for row in rows) for name in ("scenarios", "compared", "closed", "cycles", "mismatches")}
    verdicts = {verdict.value: n for verdict in Verdict if (n := regression.verdicts.get(verdict, 0))}
    bins = {"bins": regression.bins, "bins_covered": regression.bins_covered}
    return _counts(regression.counts) | {"groups": len(regression.groups), "verdicts": verdicts} | sums | bins


def _counts(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in ("jobs", "passed", "failed", "quarantined", "not_run")}


def _group(one: FailureGroup) -> dict[str, Any]:
    return {
        "signature": asdict(one.signature),
        "jobs": [record.job.name for record in one.records],
        "first": _failure(one.first),
    }


def _failure(record: Record) -> dict[str, Any]:
    job = record.job
    return {
        "job": job.name,
        "path": job.path,
        "simulator": job.simulator,
        "device": device_text(job),
        "seed": job.seed,
        "verdict": record.verdict.value,
        "reason": record.reason,
        "story": record.story,
        "repeat": job.command(),
        "folder": record.folder,
    }
