"""The result of one job: one record, written once and whole. What is not a whole record is not believed."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from irqpath.cli.writing import write_text
from irqpath.core.errors import CheckError
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.sim import results_file
from irqpath_testbench.tools.sim.results import Results

#: In a regression's folder: what was asked for, and the records.
PLAN: Final = "plan.json"
RECORDS: Final = "records"
#: Of the format: a record of another is not believed.
VERSION: Final = 1


class Verdict(enum.Enum):
    """What became of a job."""

    PASSED = "passed"
    FAILED = "a check failed"
    MISSED = "no check found the injected fault"
    DIED = "the simulator died"
    HUNG = "the simulator hung"
    TIME = "it took too long"
    MEMORY = "it took too much memory"
    BUILD = "the Verilog was not built"
    ERROR = "it could not be run"


@dataclass(frozen=True, slots=True, order=True)
class Signature:
    """What failures of one kind have in common, "" where it does not apply: the check that failed, the link, the field of its
    transaction, the scenario."""

    check: str
    link: str = ""
    field: str = ""
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The result of `job`.

    `reason`: one line that says why it did not pass; `story`: the first failure as the run printed it; `signature`: of a failure;
    `attempts`: how often it was run; `wall`, `cpu`: seconds of the last one, `memory`: bytes that it took at most; `began`: Unix
    time; `draws`: the first random values of each scenario, as text; `before`: names of the jobs that the same simulator process
    ran before; `folder`: where its files lie, relative to the regression's; `results`: coverage and counts.
    """

    job: Job
    verdict: Verdict
    reason: str = ""
    story: str = ""
    signature: Signature | None = None
    attempts: int = 1
    wall: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    began: float = 0.0
    draws: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    folder: str = ""
    results: Results = field(default_factory=Results)

    @property
    def ok(self) -> bool:
        """It passed."""
        return self.verdict is Verdict.PASSED

    def to_json(self) -> str:
        """One line of JSON."""
        plain = {
            name: getattr(self, name) for name in ("reason", "story", "attempts", "wall", "cpu", "memory", "began", "folder")
        }
        plain |= {"version": VERSION, "job": self.job.to_json(), "verdict": self.verdict.value, "draws": dict(self.draws)}
        plain |= {"signature": asdict(self.signature) if self.signature else None, "before": list(self.before)}
        plain["results"] = json.loads(results_file.to_json(self.results))
        return json.dumps(plain, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str) -> Record:
        """What `to_json` gave; `where`: what an error names. Raises `CheckError`."""
        try:
            values: dict[str, Any] = json.loads(text)
            if values.pop("version") != VERSION:
                raise CheckError(f"{where} is a record of another version of irqpath")
            signature, results = values.pop("signature"), json.dumps(values.pop("results"))
            return cls(
                job=Job.from_json(values.pop("job")),
                verdict=Verdict(values.pop("verdict")),
                signature=Signature(**signature) if signature else None,
                before=tuple(values.pop("before")),
                results=results_file.from_json(results, where),
                **values,
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CheckError(f"{where} is no record of a job ({error})") from None


class Records:
    """The records of a regression, a file each in `folder`, by the names of their jobs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, job: Job) -> Path:
        """The file of a job's record."""
        return self._folder / f"{job.name}.json"

    def write(self, record: Record) -> None:
        """Write it as a whole or not at all. Raises `OSError`."""
        write_text(self.path(record.job), record.to_json())

    def read(self, job: Job) -> Record | None:
        """That of a job, None where there is none that is whole and of just this job."""
        path = self.path(job)
        try:
            record = Record.from_json(path.read_text(encoding="utf-8"), str(path))
        except (OSError, CheckError, UnicodeDecodeError):
            return None
        return record if record.job == job else None

    def all(self) -> Iterator[Record]:
        """All that are whole, by name."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                yield Record.from_json(path.read_text(encoding="utf-8"), str(path))
            except (OSError, CheckError, UnicodeDecodeError):
                continue
