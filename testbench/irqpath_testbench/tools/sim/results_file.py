"""Records of results as JSON files: written whole, read strictly."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from irqpath.cli.writing import write_text
from irqpath.core.errors import CheckError
from irqpath_testbench.env.plan import Group
from irqpath_testbench.tools.sim.folders import CONFIG
from irqpath_testbench.tools.sim.results import Range, Results, Run, Scenario, merge

#: The record of a run, in its folder.
RECORD: Final = "record.json"
#: Of the format: a file of another is refused.
VERSION: Final = 1
_FLAGS, _RANGES = ("ok",), ("to_line", "to_acknowledge")
_COUNTERS = ("compared", "lost", "findings", "used", "notes", "hits")
_FIELDS = {f.name for f in fields(Scenario)}


def to_json(results: Results) -> str:
    """One JSON object, the same text for equal records."""
    plain = {
        "version": VERSION,
        "goals": {name: [[group.name, list(group.bins)] for group in groups] for name, groups in results.goals.items()},
        "runs": {name: _plain(run) for name, run in results.runs.items()},
    }
    return json.dumps(plain, indent=1, sort_keys=True) + "\n"


def _plain(run: Run) -> dict[str, Any]:
    return {
        "plan": run.plan,
        "failure": run.failure,
        "scenarios": {name: asdict(scenario) for name, scenario in run.scenarios.items()},
    }


def from_json(text: str, where: str) -> Results:
    """What `to_json` wrote; `where`: what an error names. Raises `CheckError`."""
    try:
        plain = _object(json.loads(text), "the file")
        if plain.get("version") != VERSION:
            raise _MalformedError(f"its version is {plain.get('version')!r}, and this irqpath reads {VERSION}")
        goals = {name: _groups(groups, f"the plan of {name}") for name, groups in _object(plain.get("goals"), "goals").items()}
        runs = {name: _run(run, name) for name, run in _object(plain.get("runs"), "runs").items()}
    except (_MalformedError, ValueError, RecursionError) as error:
        raise CheckError(
            f"{where} is no record of results ({error}); `irqpath sim` writes one into a run's folder as {RECORD}: run it "
            "again, or leave the file out"
        ) from None
    return Results(goals, runs)


class _MalformedError(Exception):
    """What is wrong in a record."""


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _MalformedError(f"{what}: not an object")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise _MalformedError(f"{what}: not a text")
    return value


def _count(value: object, what: str) -> int:
    if type(value) is not int or value < 0:
        raise _MalformedError(f"{what}: not a number from 0 up")
    return value


def _groups(value: object, what: str) -> tuple[Group, ...]:
    if not isinstance(value, list):
        raise _MalformedError(f"{what}: not a list")
    groups = []
    for entry in value:
        if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[1], list):
            raise _MalformedError(f"{what}: a group is its name and a list of bins")
        groups.append(Group(_text(entry[0], what), tuple(_text(name, what) for name in entry[1])))
    return tuple(groups)


def _run(value: object, name: str) -> Run:
    plain = _object(value, name)
    return Run(
        _text(plain.get("plan"), f"{name}: plan"),
        _text(plain.get("failure"), f"{name}: failure"),
        {s: _scenario(v, f"{name}: {s}") for s, v in _object(plain.get("scenarios"), f"{name}: scenarios").items()},
    )


def _scenario(value: object, where: str) -> Scenario:
    plain = _object(value, where)
    if plain.keys() != _FIELDS:
        raise _MalformedError(f"{where}: {', '.join(sorted(plain.keys() ^ _FIELDS))} missing or unknown")
    return Scenario(**{name: _field(name, v, f"{where}: {name}") for name, v in plain.items()})


def _field(name: str, value: object, where: str) -> Any:
    if name in _FLAGS:
        if not isinstance(value, bool):
            raise _MalformedError(f"{where}: neither true nor false")
        return value
    if name in _COUNTERS:
        return {key: _count(n, f"{where}: {key}") for key, n in _object(value, where).items()}
    if name in _RANGES:
        return None if value is None else _range(value, where)
    return _count(value, where)


def _range(value: object, where: str) -> Range:
    plain = _object(value, where)
    if plain.keys() != {"least", "greatest"}:
        raise _MalformedError(f"{where}: least and greatest")
    return Range(_count(plain["least"], where), _count(plain["greatest"], where))


def save(results: Results, path: Path) -> None:
    """Write a file. Raises `OSError`."""
    write_text(path, to_json(results))


def load(path: Path) -> Results:
    """Read a file. Raises `CheckError`, `OSError`."""
    return from_json(path.read_text(encoding="utf-8", errors="replace"), str(path))


def collect(places: Iterable[Path]) -> Results:
    """All records in `places`: files, and folders with everything below. Raises `CheckError` where one is malformed, a folder
    has none, or a run was killed before it wrote its own: nothing is left out in silence."""
    return merge(load(path) for place in places for path in _records(place))


def _records(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise CheckError(f"{place} is neither a file nor a folder; give folders of runs, such as build/runs")
    for config in sorted(place.rglob(CONFIG)):
        if not config.with_name(RECORD).exists():
            raise CheckError(f"the run in {config.parent} left no {RECORD}: it was killed; run it again, or remove the folder")
    found = sorted(place.rglob(RECORD))
    if not found:
        raise CheckError(f"{place} holds no results ({RECORD} of a run); give folders that `irqpath sim` wrote")
    return found
