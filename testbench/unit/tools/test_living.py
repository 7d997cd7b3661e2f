"""A run that is looked at while it writes."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from irqpath_testbench.tools.sim.limits import reached
from irqpath_testbench.tools.sim.simulate import living


def test_a_file_that_goes_meanwhile_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a temporary file does when it gets its name: it is listed, and not there any more."""
    (tmp_path / ".rows.part").symlink_to(tmp_path / "gone")
    (tmp_path / "log.txt").write_text("12345")
    living(lambda: tmp_path, 5, lambda: None)()
    monkeypatch.setattr(Path, "is_symlink", lambda _: False)
    monkeypatch.setattr(Path, "is_file", lambda _: True)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (5, 5))
    assert "log.txt" in reached(tmp_path)


def test_a_run_of_which_no_file_changes_is_ended(tmp_path: Path) -> None:
    """After so many seconds."""
    look = living(lambda: tmp_path, 0, lambda: None)
    with pytest.raises(RuntimeError, match="no heartbeat for 0 s"):
        [look() for _ in range(1000)]
