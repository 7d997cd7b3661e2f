"""`irqpath evolution run`: its tables, its file, its errors."""

from __future__ import annotations

import gc
import json
import tracemalloc
from pathlib import Path

import pytest

from irqpath.software.evolution import Distribution, measure
from irqpath.software.machine import Delivery, Generation
from irqpath.software.workload import Workload
from irqpath_testbench import cli


def test_what_it_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than 100 columns; the file has every generation and delivery, and the costs that were given."""
    monkeypatch.setenv("COLUMNS", "100")
    written = tmp_path / "evolution.json"
    words = ["--packets", "8", "--burst", "2", "--ring", "packed", "--cost", "wire=5000", "--json", str(written)]
    assert cli.main(["evolution", "run", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line.rstrip()) <= 100 for line in lines if "written to" not in line)
    assert sum("assigned" in line for line in lines) == 12
    assert sum("emulated" in line for line in lines) == 16
    found = json.loads(written.read_text(encoding="utf-8"))
    assert found["costs"]["wire"] == 5000
    assert found["workload"]["packed"]
    assert {(row["generation"], row["delivery"], row["guest"]) for row in found["rows"]} == {
        (generation, delivery, guest)
        for generation in ("GICv2", "GICv3", "GICv4.0", "GICv4.1")
        for delivery in ("msi", "assigned")
        if (generation, delivery) != ("GICv2", "assigned")
        for guest in ("running", "waiting")
    }
    for row in found["rows"]:
        assert row["packets"] == row["round_trip"]["count"] == 8
        assert row["interrupts_taken"] <= row["interrupts_sent"]
        assert row["round_trip"]["median"] > 5000
        assert (row["list_registers"] == 0) is (row["delivery"] == "assigned" and row["generation"] != "GICv3")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--packets", "0"], "a workload of 0 packets"),
        (["--size", "5"], "rings of 5 entries"),
        (["--cost", "wire"], "'wire' is not NAME=CYCLES"),
        (["--cost", "wires=1"], "no cost is called wires"),
    ],
)
def test_errors_are_one_line(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evolution", "run", *words]) == 2
    assert says in capsys.readouterr().err


def test_memory_does_not_grow_with_packets() -> None:
    """What a packet takes is given back when it has arrived."""
    taken = []
    for packets in (100, 100, 600):  # the first one fills caches
        gc.collect()
        tracemalloc.start()
        measure(Generation.GICV41, Delivery.ASSIGNED, Workload(packets, burst=4))
        taken.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert taken[2] < 1.1 * taken[1] + 20_000


def test_a_distribution() -> None:
    found = Distribution()
    assert found.at(0.5) == 0
    for cycles in (5, 1, 3, 3):
        found.add(cycles)
    assert [found.at(share) for share in (0, 0.25, 0.5, 0.75, 0.99, 1)] == [1, 1, 3, 3, 5, 5]
