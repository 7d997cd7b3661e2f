"""Packets of `irqpath sim` on the models, on each generation: what is run, what is printed, what the JUnit file says."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from irqpath.core.errors import CheckError
from irqpath.software.evolution import Row
from irqpath_testbench.sequences.virtio import FOR_A_PACKET
from irqpath_testbench.tools.sim import modelled
from irqpath_testbench.tools.sim.junit import Verdict


def _printed(results: list[modelled.Modelled]) -> str:
    out = io.StringIO()
    modelled.print_modelled(Console(file=out, width=150), results)
    return out.getvalue()


def test_each_path_runs_on_each_generation() -> None:
    """A GICv2 has no ITS for an assigned function; other paths have no packets."""
    asked = modelled.asked(["sgi", "virtio-tx", "vf"], 3, 1500, 2)
    assert [(one.path, one.generation.value) for one in asked] == [
        ("virtio-tx", "GICv2"),
        ("virtio-tx", "GICv3"),
        ("virtio-tx", "GICv4.0"),
        ("virtio-tx", "GICv4.1"),
        ("vf", "GICv3"),
        ("vf", "GICv4.0"),
        ("vf", "GICv4.1"),
    ]


@pytest.mark.parametrize("path", ["virtio-tx", "virtio-rx", "virtio-intx", "vf"])
def test_a_row_says_what_it_costs(path: str) -> None:
    """As many packets as were asked for, on all generations, and the same twice."""
    asked = modelled.asked([path], 3, 4 * FOR_A_PACKET, 2)
    results = [modelled.run(one) for one in asked]
    assert [one.why for one in results] == [""] * len(asked)
    assert {one.row.packets for one in results} == {4}
    assert modelled.run(asked[0]).row == results[0].row
    assert _printed(results).count(path) == len(asked)
    assert modelled.suite(asked, results).ok


def test_one_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the console, and in the JUnit file with the command that repeats it; so is one that did not come to its end."""

    def fails(*_: object) -> Row:
        raise CheckError("packet 7 is doubled")

    monkeypatch.setattr(modelled, "measure", fails)
    asked = modelled.asked(["vf"], 3, 1500, 2)
    failed = modelled.run(asked[0])
    assert _printed([failed]) == "vf/GICv3 [models, 2 PEs, seed 3]: packet 7 is doubled\n"
    cases = modelled.suite(asked, [failed, replace(failed, asked=asked[1], why="")]).cases
    assert [case.verdict for case in cases] == [Verdict.FAILED, Verdict.PASSED, Verdict.ERROR]
    for case in (cases[0], cases[2]):
        assert case.text.endswith("repeat it: irqpath sim --paths vf --pes 2 --seed 3 -n 1500")
