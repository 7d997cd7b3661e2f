"""plan.json: what a regression was asked to do, and where. It is read when a regression goes on, and by its report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from irqpath.cli.writing import write_text
from irqpath.core.errors import CheckError
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import PLAN

#: Of the format.
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """`name`: of the regression, `plan`: of its plan; `options`: of the command line, for the report; `environment`: commit,
    dirty or not, tools, machine; `sources`: digest of all that jobs depend on; `begin`: Unix time."""

    name: str
    plan: str
    jobs: tuple[Job, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    sources: str = ""
    begin: float = 0.0

    @property
    def commit(self) -> str:
        """Of the sources, "" where it is not known."""
        return str(self.environment.get("commit") or "")

    @property
    def dirty(self) -> bool:
        """Sources differ from the commit."""
        return bool(self.environment.get("dirty"))

    def save(self, folder: Path) -> None:
        """Write it. Raises `OSError`."""
        plain = {
            "version": VERSION,
            "name": self.name,
            "plan": self.plan,
            "jobs": [job.to_json() for job in self.jobs],
            "options": dict(self.options),
            "environment": dict(self.environment),
            "sources": self.sources,
            "begin": self.begin,
        }
        write_text(folder / PLAN, json.dumps(plain, indent=None, sort_keys=True) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Asked:
        """That of the regression in `folder`. Raises `CheckError`."""
        path = folder / PLAN
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            version = plain.pop("version")
            if version == VERSION:
                jobs = tuple(Job.from_json(job) for job in plain.pop("jobs"))
                options, environment = dict(plain.pop("options")), dict(plain.pop("environment"))
                return cls(jobs=jobs, options=options, environment=environment, **plain)
        except FileNotFoundError:
            raise CheckError(f"{folder} holds no regression ({PLAN}); begin one, without --resume") from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, CheckError) as error:
            raise CheckError(f"{path} does not say what was asked for ({error}); begin anew, without --resume") from None
        raise CheckError(f"{path} is of another version of irqpath; begin anew, without --resume")
