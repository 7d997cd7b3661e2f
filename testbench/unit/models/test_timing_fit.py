"""Learning a timing profile: data made from a profile give it back, and nothing is learned from what does not tell it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irqpath.core.errors import CheckError
from irqpath.sim.timing.fit import SAMPLES, fit
from irqpath.sim.timing.local import classes, misses, predict, summary
from irqpath.sim.timing.profile import Costs, Profile
from irqpath.sim.timing.rows import ALWAYS, Rows, load
from irqpath.sim.timing.term import Term

_NUMBERS = st.integers(0, 40)
_COUNTS = ("told", "queues")


def made(profile: Profile, terms: list[Term], each: int, seed: int, *, wrong: int = 0, base: int = 100) -> Rows:
    """Rows of a block "gicd" in which every term is seen `each` times, as the profile says, but for the first `wrong` things."""
    count = len(terms) * each
    number = np.tile(np.arange(len(terms)), each)
    cycles = np.array([profile.cycles("gicd", term) for term in terms])[number]
    accept = base + 1000 * np.arange(count)
    offer = accept + cycles
    offer[:wrong] += 5
    zeros, none = np.zeros(count, np.int64), np.full(count, -1)
    things = {
        "block": zeros,
        "link": zeros,
        "term": number,
        "start": np.arange(count),
        "base": none,
        "offer": offer,
        "floor": none,
    }
    inputs = {"block": zeros, "link": zeros, "ready": accept, "accept": accept, "term": number, "base": none}
    about = {"path": "spi", "seed": seed, "scenario": "Made"}
    return Rows(("gicd",), ("gicd",), ("dist0.down",), tuple(("gicd", t) for t in terms), things, inputs, about)


@settings(max_examples=40)
@given(offer=_NUMBERS, wake=_NUMBERS, told=st.integers(0, 5), queues=st.integers(0, 5), wrong=st.integers(0, 20))
def test_a_profile_is_found_again(offer: int, wake: int, told: int, queues: int, wrong: int) -> None:
    """From nothing: costs and what counts add, though some samples are not as they should be."""
    profile = Profile("true", {"gicd": Costs({"offer": offer, "wake": wake}, {"told": told, "queues": queues})})
    combined = [(0, 0), (1, 0), (0, 1), (2, 3), (4, 1)]
    terms = [
        Term(name, tuple((what, n) for what, n in zip(_COUNTS, counts, strict=True) if n))
        for name in ("offer", "wake")
        for counts in combined
    ]
    recordings = [made(profile, terms, 20, seed, wrong=wrong) for seed in (1, 2)]
    learned = fit(recordings, Profile("learned", {}))
    assert learned.profile.blocks["gicd"].costs == profile.blocks["gicd"].costs
    assert learned.profile.blocks["gicd"].each == profile.blocks["gicd"].each
    assert learned.kept == {"gicd": {}}
    assert learned.profile.blocks["gicd"].measured == {"queues": (0, 3), "told": (0, 4)}


def test_too_little_leaves_a_number_as_it_was() -> None:
    """Fewer than 30 samples, or of one seed; and it is named, with how many there were."""
    true, prior = (Profile("p", {"gicd": Costs({"offer": n, "wake": n})}) for n in (7, 3))
    terms = [Term("offer"), Term("wake")]
    one_seed = fit([made(true, terms, SAMPLES, 1)], prior)
    assert one_seed.profile.blocks["gicd"].costs == {"offer": 3, "wake": 3}
    assert one_seed.kept == {"gicd": {"offer": SAMPLES, "wake": SAMPLES}}
    few = fit([made(true, terms[:1], SAMPLES, 1), made(true, terms, 2, 2)], prior)
    assert few.profile.blocks["gicd"].costs == {"offer": 7, "wake": 3}
    assert few.kept == {"gicd": {"wake": 2}}


def test_what_always_comes_together_changes_as_little_as_it_can() -> None:
    """A count that never varies cannot be told from the cost that it stands beside: what they add up to is right."""
    true, prior = (Profile("p", {"gicd": Costs({"offer": n}, {"told": 1})}) for n in (7, 3))
    term = Term("offer", (("told", 2),))
    learned = fit([made(true, [term], SAMPLES, seed) for seed in (1, 2)], prior).profile
    assert learned.cycles("gicd", term) == true.cycles("gicd", term)


def test_a_link_that_was_not_free_tells_nothing() -> None:
    """The offer came a cycle after the acceptance before it: the term is at most so long."""
    true, prior = (Profile("p", {"gicd": Costs({"offer": n})}) for n in (7, 3))
    recordings = [made(true, [Term("offer")], SAMPLES, seed) for seed in (1, 2)]
    for rows in recordings:
        rows.things["floor"][:] = rows.things["offer"]
    assert fit(recordings, prior).profile == prior


def test_only_an_input_that_waited_tells_when_a_block_was_ready() -> None:
    """Of two inputs at once the second waits; of two that are far apart it does not."""
    true, prior = (Profile("p", {"gicd": Costs({"scan": n})}) for n in (6, 1))
    term, count = Term("scan"), 2 * SAMPLES
    ready = 100 * np.repeat(np.arange(count // 2), 2)
    accept = ready.copy()
    accept[1::2] += 6
    zeros, none, empty = np.zeros(count, np.int64), np.full(count, -1), np.empty(0, np.int64)
    inputs = {"block": zeros, "link": zeros, "ready": ready, "accept": accept, "term": zeros, "base": none}
    things = dict.fromkeys(("block", "link", "term", "start", "base", "offer", "floor"), empty)
    recordings = [Rows(("gicd",), ("gicd",), ("gicd.reg",), (("gicd", term),), things, inputs, {"seed": seed}) for seed in (1, 2)]
    assert fit(recordings, prior).profile.blocks == true.blocks
    (found,) = classes(recordings[0], predict(recordings[0], true))
    assert (found.name, found.n, found.exact) == ("next after scan", SAMPLES, SAMPLES)
    late = classes(recordings[0], predict(recordings[0], prior))
    assert [(c.name, c.n, c.exact, c.absolute) for c in late] == [("next after scan", SAMPLES, 0, 5 * SAMPLES)]


def test_a_prediction_goes_on_from_itself_until_the_block_is_idle() -> None:
    """A profile that is a cycle short is a cycle more wrong with each input that waits, and right again after a pause."""
    term = Term("scan")
    profile = Profile("p", {"gicd": Costs({"scan": 5})})
    ready = np.array([0, 1, 2, 100])
    accept = np.array([0, 6, 12, 100])
    zeros, none, empty = np.zeros(4, np.int64), np.full(4, -1), np.empty(0, np.int64)
    inputs = {"block": zeros, "link": zeros, "ready": ready, "accept": accept, "term": zeros, "base": none}
    things = dict.fromkeys(("block", "link", "term", "start", "base", "offer", "floor"), empty)
    rows = Rows(("gicd",), ("gicd",), ("gicd.reg",), (("gicd", term),), things, inputs, {})
    assert predict(rows, profile).accepts.tolist() == [0, 5, 10, 100]
    inputs["ready"][3] = ALWAYS
    inputs["base"] = np.array([-1, -1, 20, -1])  # the third is done five cycles after a response in cycle 20
    assert predict(rows, profile).accepts.tolist() == [0, 5, 10, 25]


def test_classes_weigh_the_same_and_rare_ones_together() -> None:
    """Of a frequent class all are exact, of another none: half; what is missed names the class and an example."""
    profile = Profile("p", {"gicd": Costs({"offer": 7, "wake": 9})})
    rows = made(profile, [Term("offer")], 900, 1)
    late = made(Profile("q", {"gicd": Costs({"wake": 12})}), [Term("wake")], 60, 1)
    found = [*classes(rows, predict(rows, profile)), *classes(late, predict(late, profile))]
    assert summary(found)["gicd"].exact == 0.5
    assert summary(found)["gicd"].mean_abs == 1.5
    (missed,) = misses(found)
    assert "gicd 50.00 %" in missed and "'wake': 0 of 60 exact" in missed
    assert "dist0.down offered in cycle 112, predicted -3, caused by dist0.down in cycle 100 (spi seed 1 Made)" in missed
    assert misses(classes(rows, predict(rows, profile))) == []


def test_a_term_that_a_profile_does_not_have_is_a_miss() -> None:
    """It is not left out."""
    rows = made(Profile("p", {"gicd": Costs({"offer": 7})}), [Term("offer")], SAMPLES, 1)
    (found,) = classes(rows, predict(rows, Profile("empty", {})))
    assert (found.n, found.exact) == (SAMPLES, 0)


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    """And a file of something else is refused in one line."""
    profile = Profile("p", {"gicd": Costs({"offer": 7}, {"told": 1})})
    rows = made(profile, [Term("offer", (("told", 2),))], 3, 1, base=1 << 33)
    rows.save(tmp_path / "rows.npz")
    again = load(tmp_path / "rows.npz")
    assert (again.blocks, again.kinds, again.links, again.terms, again.about) == (
        rows.blocks,
        rows.kinds,
        rows.links,
        rows.terms,
        rows.about,
    )
    assert all(np.array_equal(again.things[name], column) for name, column in rows.things.items())
    assert all(np.array_equal(again.inputs[name], column) for name, column in rows.inputs.items())
    (tmp_path / "other.npz").write_bytes(b"PK no")
    with pytest.raises(CheckError, match="holds no rows"):
        load(tmp_path / "other.npz")
