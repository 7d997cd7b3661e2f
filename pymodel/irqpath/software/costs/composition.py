"""A time as the sum of others and a rest, as hops.toml says.

Each machine says what multiple of a row its rest is, never less than 0, and so how long the new machine would take if it were
like that one; the prediction is the geometric mean of these. For a row of the sum that is not given its best ratio stands in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from irqpath.software.costs.data import Composition, Machine, Times
from irqpath.software.costs.ratios import Predictor, Ratio, best_ratio, mean


class Composed:
    """The method of one composition. `stand_ins`: ratios for what is not given."""

    def __init__(self, row: str, composition: Composition, given: Sequence[str], stand_ins: Mapping[str, Ratio]) -> None:
        self.row = row
        self._composition, self._stand_ins = composition, stand_ins
        parts = (*composition.counts, composition.rest)
        used = (part if part in given else stand_ins[part].reference for part in parts)
        self.given = tuple(dict.fromkeys(used))

    def fit(self, machines: Sequence[Machine]) -> Predictor | None:
        """See `Method`."""
        counts, rest = self._composition.counts, self._composition.rest
        parts: dict[str, Predictor] = {}
        for part in (*counts, rest):
            predictor = self._stand_ins[part].fit(machines) if part in self._stand_ins else _given(part)
            if predictor is None:
                return None
            parts[part] = predictor

        def whole(times: Times) -> float:
            return sum(count * parts[part](times) for part, count in counts.items())

        multiples = []
        for machine in machines:
            runs = [run.times for run in machine.runs if run.times.keys() >= {self.row, *self.given}]
            if runs:
                multiples.append(max(0.0, fmean((run[self.row] - whole(run)) / parts[rest](run) for run in runs)))
        if not multiples:
            return None
        return lambda times: mean([whole(times) + multiple * parts[rest](times) for multiple in multiples])


def compose(row: str, composition: Composition, given: Sequence[str], machines: Sequence[Machine]) -> Composed | None:
    """The composition from what is given; None where that is too little: a part cannot be had, or all exits from a single row."""
    stand_ins = {}
    for part in (*composition.counts, composition.rest):
        if part not in given:
            ratio = best_ratio(part, given, machines)
            if ratio is None:
                return None
            stand_ins[part] = ratio
    composed = Composed(row, composition, given, stand_ins)
    several = len({*composed.given} - {"eoi"}) > 1
    return composed if several and composed.fit(machines) is not None else None


def _given(row: str) -> Predictor:
    return lambda times: times[row]
