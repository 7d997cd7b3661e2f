"""plan.json: what a regression was asked to do, and where."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from irqpath.core.errors import CheckError
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import PLAN


@dataclass(frozen=True, slots=True)
class Asked:
    """`name`: of the regression, `plan`: of its plan; `environment`: commit, dirty or not, versions of tools and whatever else
    stands there; `begin`: Unix time."""

    name: str
    plan: str
    jobs: tuple[Job, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    begin: float = 0.0

    @property
    def commit(self) -> str:
        """Of the sources, "" where it is not known."""
        return str(self.environment.get("commit") or "")

    @property
    def dirty(self) -> bool:
        """Sources differ from the commit."""
        return bool(self.environment.get("dirty"))


def read_asked(folder: Path) -> Asked:
    """That of the regression in `folder`. Raises `CheckError`."""
    path = folder / PLAN
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        jobs = tuple(Job.from_json(job) for job in plain["jobs"])
        plan, name = str(plain["plan"]), str(plain.get("name") or folder.name)
        options, environment = dict(plain.get("options", {})), dict(plain.get("environment", {}))
        return Asked(name, plan, jobs, options, environment, float(plain.get("begin", 0.0)))
    except FileNotFoundError:
        raise CheckError(f"{folder} is no regression's folder: it has no {PLAN}") from None
    except (ValueError, TypeError, KeyError, AttributeError, CheckError) as error:
        raise CheckError(f"{path} does not say what a regression was asked ({error})") from None
