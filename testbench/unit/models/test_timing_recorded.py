"""Rows that runs on the Verilog left (`rows`): the profile predicts all of them, and what is changed in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from irqpath.sim.timing.fit import fit
from irqpath.sim.timing.local import Class, classes, misses, pooled, predict, summary
from irqpath.sim.timing.profile import Profile, named
from irqpath.sim.timing.rows import Rows, load

_FOLDER = Path(__file__).with_name("rows")
NAMES = sorted(path.stem for path in _FOLDER.glob("*.npz"))


def _rows(name: str) -> Rows:
    return load(_FOLDER / f"{name}.npz")


def _classes(profile: Profile, *names: str) -> list[Class]:
    return pooled(c for rows in map(_rows, names or NAMES) for c in classes(rows, predict(rows, profile)))


@pytest.mark.parametrize("name", NAMES)
def test_the_profile_predicts_every_row(name: str) -> None:
    """To the cycle."""
    found = _classes(named("irqpath"), name)
    assert found
    assert [(c.kind, c.name, c.misses) for c in found if c.exact < c.n] == []
    assert misses(found) == []


@pytest.mark.parametrize(
    ("change", "kind", "class_"),
    [
        ("gicc.ends=4", "gicc", "next after ends"),
        ("gicc.line=2", "gicc", "line"),
        ("gicd.scan=4", "gicd", "scan"),
        ("gicd.winners=2", "gicd", "scan"),
        ("gicd.sgi=3", "gicd", "sgi"),
        ("gicr.decide=3", "gicr", "update"),
        ("gicr.respond=4", "gicr", "next after update"),
        ("gicr.done=4", "gicr", "done"),
        ("its.find=5", "its", "find"),
        ("its.read=0", "its", "entry"),
        ("mem.ends=3", "mem", "next after ends"),
    ],
)
def test_a_number_that_is_not_the_verilogs_is_named(change: str, kind: str, class_: str) -> None:
    """By block and class: what a change of the Verilog looks like from the other side."""
    found = _classes(named("irqpath").with_(change))
    wrong = {(c.kind, c.name) for c in found if c.share < 0.9}
    assert (kind, class_) in wrong
    assert {k for k, _ in wrong} == {kind}
    assert summary(found)[kind].exact < 0.99
    (missed,) = misses(found)
    assert missed.startswith(f"{kind} ")


def test_the_profile_is_learned_again() -> None:
    """From one where much is wrong: what there is enough of comes back, the rest is named and stays."""
    true = named("irqpath")
    other = ("gicc.ends=9", "gicd.scan=7", "gicd.queues=0", "gicr.decide=5", "gicr.update=0", "its.find=9", "mem.ends=7")
    wrong = true.with_(*other)
    recordings = [_rows(name) for name in NAMES]
    for seed, rows in enumerate(recordings):
        rows.about["seed"] = seed  # type: ignore[index]  # it was loaded as a dictionary
    learned = fit(recordings, wrong)
    for kind, costs in true.blocks.items():
        kept = learned.kept.get(kind, {})
        for part in ("costs", "each"):
            new, old = getattr(learned.profile.blocks[kind], part), getattr(costs, part)
            assert {n: c for n, c in new.items() if n not in kept} == {n: c for n, c in old.items() if n not in kept}
