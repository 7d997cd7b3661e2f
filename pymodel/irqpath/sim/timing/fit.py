"""Learns a profile from rows.

Blocks are deterministic given their state, so what a term takes is the same each time, and a cost is a mode, not a mean; only
what counts add is found by least squares, over the modes of the terms that have been seen, and rounded. What says only that a
term is at most so long (the link was not free, nothing waited for the block, back-pressure) is left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from irqpath.sim.timing.local import THROTTLED
from irqpath.sim.timing.profile import Costs, Profile
from irqpath.sim.timing.rows import ALWAYS, Rows
from irqpath.sim.timing.term import Term

#: A number is learned from so many samples, of so many seeds, at least.
SAMPLES: Final = 30
SEEDS: Final = 2
_PASSES: Final = 30
_TIGHT: Final = 1e-3
_NO_COST: Final = "reset"


@dataclass(slots=True)
class Samples:
    """What was seen of one term. `cycles`: how often it took so many; `seeds`: in which."""

    cycles: Counter[int] = field(default_factory=Counter)
    seeds: set[int] = field(default_factory=set)

    @property
    def mode(self) -> int:
        """The most frequent, of equals the least."""
        return min(self.cycles, key=lambda cycles: (-self.cycles[cycles], cycles))

    @property
    def n(self) -> int:
        """How many."""
        return self.cycles.total()


#: By (name, counts).
Seen = dict[Term, Samples]


@dataclass(frozen=True, slots=True)
class Fit:
    """A profile that was learned. `kept`: by kind of block the numbers that were left at what they were, for there is not enough
    to learn them from: name -> samples; `samples`: by kind how many each number was learned from."""

    profile: Profile
    kept: Mapping[str, Mapping[str, int]]
    samples: Mapping[str, Mapping[str, int]]


def fit(recordings: Iterable[Rows], prior: Profile) -> Fit:
    """Learn from all recordings; what they don't tell stays as `prior` has it."""
    seen: dict[str, Seen] = defaultdict(dict)
    for rows in recordings:
        _collect(rows, seen)
    blocks, kept, samples = dict(prior.blocks), {}, {}
    for kind, terms in sorted(seen.items()):
        blocks[kind], kept[kind], samples[kind] = _costs(terms, prior.blocks.get(kind, Costs()))
    return Fit(Profile(prior.name, blocks), kept, samples)


def _collect(rows: Rows, seen: dict[str, Seen]) -> None:
    things, inputs, accept = rows.things, rows.inputs, rows.inputs["accept"]
    start = things["start"]
    base = np.where(start >= 0, accept[np.maximum(start, 0)] if len(accept) else 0, things["base"])
    free = things["offer"] > things["floor"]
    _add(rows, seen, things["term"][free], (things["offer"] - base)[free])
    if len(accept) > 1:
        same = inputs["block"][1:] == inputs["block"][:-1]
        waited = same & ((accept[1:] > inputs["ready"][1:]) | (inputs["ready"][1:] == ALWAYS))
        if rows.pressure:
            throttled = np.array([kind in THROTTLED for kind in rows.kinds])[inputs["block"][1:]]
            waited &= ~(throttled & (_level(rows, accept[1:]) > 0))
        base = np.where(inputs["base"] >= 0, inputs["base"], accept)[:-1]
        _add(rows, seen, inputs["term"][:-1][waited], (accept[1:] - base)[waited])


def _level(rows: Rows, cycles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of back-pressure, in these cycles."""
    since = [first for first, _ in rows.pressure]
    levels = np.array([0, *(level for _, level in rows.pressure)])
    result: NDArray[np.int64] = levels[np.searchsorted(since, cycles, side="right")]
    return result


def _add(rows: Rows, seen: dict[str, Seen], term: NDArray[np.int64], cycles: NDArray[np.int64]) -> None:
    pairs, counts = np.unique(np.stack([term, cycles]), axis=1, return_counts=True)
    seed = int(rows.about.get("seed", 0))
    for n, value, count in zip(*pairs.tolist(), counts.tolist(), strict=True):
        kind, key = rows.terms[n]
        if key.name != _NO_COST:
            samples = seen[kind].setdefault(key, Samples())
            samples.cycles[value] += count
            samples.seeds.add(seed)


def _costs(seen: Seen, prior: Costs) -> tuple[Costs, dict[str, int], dict[str, int]]:
    """The table of one kind of block."""
    enough, samples = _enough(seen)
    kept = {name: samples.get(name, 0) for name in (*prior.costs, *prior.each) if name not in enough}
    kept |= {name: n for name, n in samples.items() if name not in enough}
    before = {**prior.costs, **prior.each}
    terms = [term for term in seen if term.name in enough or any(name in enough for name, _ in term.counts)]
    learned = _solve(terms, [seen[term] for term in terms], sorted(enough), before)
    each = dict(prior.each)
    for name in {name for term in seen for name, _ in term.counts}:
        each[name] = learned.get(name, before.get(name, 0))
    costs = dict(prior.costs)
    for name in {term.name for term in seen}:
        found = _constant(name, seen, each) if name in enough else None
        costs[name] = before.get(name, 0) if found is None else found
    return Costs(dict(sorted(costs.items())), dict(sorted(each.items())), _measured(seen, prior)), kept, samples


def _enough(seen: Seen) -> tuple[set[str], dict[str, int]]:
    """The numbers that there is enough to learn from, and how many samples there are of each."""
    samples: Counter[str] = Counter()
    seeds: dict[str, set[int]] = defaultdict(set)
    for term, found in seen.items():
        for name in (term.name, *(name for name, _ in term.counts)):
            samples[name] += found.n
            seeds[name] |= found.seeds
    return {name for name, n in samples.items() if n >= SAMPLES and len(seeds[name]) >= SEEDS}, dict(samples)


def _solve(terms: Sequence[Term], samples: Sequence[Samples], names: Sequence[str], before: Mapping[str, int]) -> dict[str, int]:
    """What each of `names` is, by least squares over the modes: the change from what was before, the least where several explain
    the same; terms that do not fit lose their weight."""
    if not terms or not names:
        return {}
    column = {name: n for n, name in enumerate(names)}
    design = np.zeros((len(terms), len(names)))
    wanted = np.zeros(len(terms))
    for row, (term, found) in enumerate(zip(terms, samples, strict=True)):
        wanted[row] = found.mode
        for name, count in ((term.name, 1), *term.counts):
            wanted[row] -= before.get(name, 0) * count
            if name in column:
                design[row, column[name]] += count
    weight = np.sqrt([float(found.n) for found in samples])
    weight = np.minimum(weight, 30.0)
    change = np.zeros(len(names))
    robust = np.ones(len(terms))
    for _ in range(_PASSES):
        scale = weight * np.sqrt(robust)
        change = np.linalg.lstsq(design * scale[:, None], wanted * scale, rcond=1e-9)[0]
        robust = 1 / np.maximum(np.abs(design @ change - wanted), _TIGHT)
        robust /= robust.max()
    return {name: max(before.get(name, 0) + round(float(change[n])), 0) for name, n in column.items()}


def _constant(name: str, seen: Seen, each: Mapping[str, int]) -> int | None:
    """The most frequent of what is left of a cost when the counts are taken off."""
    left: Counter[int] = Counter()
    for term, found in seen.items():
        if term.name == name:
            more = sum(each[what] * count for what, count in term.counts)
            for cycles, n in found.cycles.items():
                left[cycles - more] += n
    found_ = [cycles for cycles in left if cycles >= 0]
    return min(found_, key=lambda cycles: (-left[cycles], cycles)) if found_ else None


def _measured(seen: Seen, prior: Costs) -> dict[str, tuple[int, int]]:
    """The least and the greatest of each count; one that a term does not have is 0."""
    greatest: dict[str, int] = {}
    for term in seen:
        for name, count in term.counts:
            greatest[name] = max(greatest.get(name, 0), count)
    return {name: (0, most) for name, most in sorted(greatest.items())}
