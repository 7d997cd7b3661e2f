"""Recordings as lists of lines, to be changed and replayed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from irqpath.trace.findings import Findings
from irqpath.trace.replay import Replay

TRACES = Path(__file__).parent / "traces"
#: Of GICv4, what concerns KVM's vgic alone: List registers, residency, doorbells, the guests' timer and their SGIs.
GICV4 = TRACES.parent / "vgic" / "nest-v4-trap-vgic.jsonl.gz"
Lines = list[str]


def read_lines(name: str) -> Lines:
    """The lines of a recording of the project."""
    with gzip.open(TRACES / f"{name}.jsonl.gz", "rt") as file:
        return file.read().splitlines()


def parsed(lines: Lines) -> list[dict[str, Any]]:
    """Its events, the header first."""
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def smp1() -> Lines:
    """The smallest recording: one CPU, an ITS, MSI-X."""
    return read_lines("v3-its-smp1")


@pytest.fixture
def replay(tmp_path: Path) -> Callable[[Lines], Findings]:
    """Write lines as a recording and replay it."""

    def run(lines: Lines) -> Findings:
        path = tmp_path / "changed.jsonl"
        path.write_text("\n".join(lines) + "\n")
        return Replay(path).run()

    return run
