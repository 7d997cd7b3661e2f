"""A time as a multiple of one other, and what leaving one machine out says of any way to predict.

Everything is relative: errors are logarithms, and what several machines say is joined by the geometric mean, so that a machine
twice as fast is predicted half the time, and cycles serve as well as nanoseconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Protocol, TypeAlias

from irqpath.software.costs.data import Machine, Times

#: From the times that are given to the one that is predicted.
Predictor: TypeAlias = Callable[[Times], float]
#: By machine, the logarithms of predicted over known time of its runs.
Errors: TypeAlias = Mapping[str, Sequence[float]]


class Method(Protocol):
    """A way to predict one row from others, which are `given`."""

    row: str
    given: tuple[str, ...]

    def fit(self, machines: Sequence[Machine]) -> Predictor | None:
        """What these machines teach; None where they cannot."""


def mean(values: Sequence[float]) -> float:
    """The geometric mean."""
    return math.exp(fmean(math.log(value) for value in values))


def typical(errors: Errors) -> float:
    """Root mean square over the machines, each of which weighs the same."""
    return math.sqrt(fmean(fmean(error * error for error in runs) for runs in errors.values()))


def left_out(method: Method, machines: Sequence[Machine]) -> Errors:
    """What a method errs for each machine, learned from the others. It has the machines of which that can be said."""
    found = {}
    for machine in machines:
        predict = method.fit([other for other in machines if other != machine])
        runs = [run.times for run in machine.runs if method.row in run.times and run.times.keys() >= set(method.given)]
        if predict is not None and runs:
            found[machine.name] = [math.log(predict({row: run[row] for row in method.given}) / run[method.row]) for run in runs]
    return found


class Ratio:
    """A row as a multiple of `reference`."""

    def __init__(self, row: str, reference: str) -> None:
        self.row, self.reference = row, reference
        self.given: tuple[str, ...] = (reference,)

    def fit(self, machines: Sequence[Machine]) -> Predictor | None:
        """See `Method`."""
        factors = []
        for machine in machines:
            runs = [run.times for run in machine.runs if {self.row, self.reference} <= run.times.keys()]
            if runs:
                factors.append(mean([run[self.row] / run[self.reference] for run in runs]))
        if not factors:
            return None
        factor, reference = mean(factors), self.reference
        return lambda times: times[reference] * factor


def rank(errors: Errors) -> tuple[int, float]:
    """The least is the best: what more machines stand behind, then what errs less."""
    return -len(errors), typical(errors) if errors else math.inf


def best_ratio(row: str, given: Sequence[str], machines: Sequence[Machine]) -> Ratio | None:
    """The ratio to that of the given rows which is best when one machine is left out; None where nothing can be learned. The end
    of interrupt is no measure of anything else: its share of a hypercall changes more than fivefold between machines."""
    able = [ratio for ratio in (Ratio(row, other) for other in given if other != "eoi") if ratio.fit(machines) is not None]
    return min(able, key=lambda ratio: rank(left_out(ratio, machines)), default=None)
