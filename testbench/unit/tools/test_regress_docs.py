"""docs/regressions.md: its plan is one, its recipes for CI are YAML that runs what there is and keeps what is written."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from irqpath.core.places import ROOT
from irqpath_testbench.tools.regress import plan
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Verdict
from irqpath_testbench.tools.regress.report import report
from unit.tools import regress_records as made

#: It brings no types.
yaml: Any = importlib.import_module("yaml")
_PAGE = (ROOT / "docs" / "regressions.md").read_text(encoding="utf-8")
_RECIPES: dict[str, Any] = {
    name: yaml.safe_load(text)
    for name, text in re.findall(r"`(\.[\w./-]+\.yml)`[^`]*?```yaml\n(.*?)```", _PAGE.replace("`junit.xml`", ""), re.DOTALL)
}


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a regression of the plan nightly has been reported in build/regress."""
    found = tmp_path_factory.mktemp("top")
    made.write(found / "build" / "regress" / "nightly", [Job("sgi")], [Record(Job("sgi"), Verdict.PASSED)])
    assert report(found / "build" / "regress" / "nightly")
    return found


def _texts(plain: Any) -> Iterator[str]:
    """All that is a text in it, line by line."""
    if isinstance(plain, dict):
        for value in plain.values():
            yield from _texts(value)
    elif isinstance(plain, list):
        for value in plain:
            yield from _texts(value)
    elif isinstance(plain, str):
        yield from plain.splitlines()


def test_both_recipes_are_found() -> None:
    assert list(_RECIPES) == [".github/workflows/regression.yml", ".gitlab-ci.yml"]


@pytest.mark.parametrize("name", _RECIPES)
def test_a_recipe_runs_what_there_is(name: str) -> None:
    """With the plans that it names, from the environment."""
    text = re.search(rf"{re.escape(name)}.*?```yaml\n(.*?)```", _PAGE, re.DOTALL)
    assert text
    chosen = [word for word in plan.names() if re.search(rf"\b{word}\b", text[1])]
    assert chosen == ["smoke", "nightly"] or sorted(chosen) == ["nightly", "smoke"]
    assert [line for line in _texts(_RECIPES[name]) if line.startswith("make ")] == ["make regress"]
    for word in chosen:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
        done = subprocess.run(
            ["make", "--dry-run", "regress"],
            cwd=ROOT,
            env=environment | {"PLAN": word},
            capture_output=True,
            text=True,
            check=True,
        )
        assert re.search(rf"irqpath_testbench regress '{word}'\s*$", done.stdout)


@pytest.mark.parametrize("name", _RECIPES)
def test_a_recipe_keeps_what_is_written(name: str, top: Path) -> None:
    """Every pattern fits something that a regression leaves."""
    named = [line for line in _texts(_RECIPES[name]) if "build/regress" in line]
    patterns = [re.search(r"build/regress[^\s\"]*", line.replace("$PLAN", "nightly")) for line in named]
    left = [str(path.relative_to(top)) for path in top.rglob("*")]
    assert len(patterns) >= 6
    for pattern in patterns:
        assert pattern
        assert any(fnmatch(path, pattern[0]) for path in left), pattern[0]


def test_the_page_names_every_file_that_is_written(top: Path) -> None:
    rows = re.findall(r"^\| (`.*?) \|", _PAGE, re.MULTILINE)
    named = {name.rstrip("/") for row in rows for name in re.findall(r"`([\w./]+)`", row)}
    assert named == {path.name for path in (top / "build" / "regress" / "nightly").iterdir()} | {"runs", "waves"}
    assert (top / "build" / "regress" / "trend.sqlite").is_file()


def test_the_plan_of_the_page_is_one(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", _PAGE, re.DOTALL)
    (tmp_path / "mine.toml").write_text(text)
    found = plan.load(str(tmp_path / "mine.toml"))
    jobs = found.jobs()
    assert {"spi", "mbi", "sgi"} <= {job.path for job in jobs}
    assert any(job.must_fail for job in jobs)
    assert {job.device.spis for job in jobs if job.path == "mbi" and job.interrupts == 1500} >= {64, 960}
