"""A PATH of its own for each test, filled with scripts that pretend to be tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

FakeTool = Callable[..., Path]


@pytest.fixture
def fake_tool(tmp_path: Path) -> FakeTool:
    """Return `make(name, script, folder="bin")`: writes an executable shell script and returns its path."""

    def make(name: str, script: str, folder: str = "bin") -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return make
