"""A pytest plugin: `-p irqpath_testbench.tools.conformance.plugin --evidence FOLDER` writes down what each test that passes
exercises.

Every process of pytest-xdist writes a file of its own. A test that runs on models with an injected fault counts for the rule that
the bug breaks, once noticed, and for nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from irqpath_testbench.tools.conformance.evidence import Evidence, Seen, Source, save
from irqpath_testbench.tools.conformance.watch import ModelWatch

_KEY: Final = pytest.StashKey["Watcher"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare --evidence."""
    parser.addoption("--evidence", type=Path, default=None, metavar="FOLDER", help="where to write what each test exercises")


def pytest_configure(config: pytest.Config) -> None:
    """ModelWatch, where asked to; with pytest-xdist the workers do, not the process that hands out the tests."""
    folder: Path | None = config.getoption("--evidence")
    hands_out = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if folder is not None and not hands_out:
        config.stash[_KEY] = watcher = Watcher(folder)
        config.pluginmanager.register(watcher)


def source_of(item: pytest.Item) -> Source:
    """The test function, whatever its parameters; a scenario of a published suite by that suite's name."""
    published = item.get_closest_marker("published")
    if published is not None and len(published.args) == 2:
        return Source("published", ": ".join(str(part) for part in published.args))
    file, _, rest = item.nodeid.partition("::")
    return Source("test", f"{file}::{rest.split('[')[0]}")


class Watcher:
    """Records from the set-up of a test to its end, and keeps that if every phase passed."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"tests-{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}.json"
        self._recorder = ModelWatch()
        self._evidence: Evidence = {}
        self._passed = False
        self._stack = ExitStack()

    def pytest_sessionstart(self) -> None:
        """Begin to watch."""
        self._stack.enter_context(self._recorder.installed())

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """One test."""
        self._passed = True
        fault = getattr(getattr(item, "callspec", None), "params", {}).get("fault")
        if fault is None:
            self._recorder.start()
        yield
        seen = self._recorder.stop()
        if self._passed:
            self._keep(item, Seen() if fault is not None else seen, fault)

    def _keep(self, item: pytest.Item, seen: Seen, fault: Any) -> None:
        rules = {id_ for marker in item.iter_markers("rule") for id_ in marker.args}
        breaks = rules if fault is None else rules & set(getattr(fault, "breaks", rules))
        seen.rules = dict.fromkeys(sorted(breaks), int(fault is not None))
        self._evidence.setdefault(source_of(item), Seen()).add(seen)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase that did not pass makes the test worthless here; so does being skipped."""
        if not report.passed:
            self._passed = False

    def pytest_sessionfinish(self) -> None:
        """Write the file."""
        self._stack.close()
        save(self._file, self._evidence)
