"""Predicts what is not known of a machine from what is, and says how far that can be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from irqpath.core.errors import ConfigError
from irqpath.software.costs.composition import Composed, compose
from irqpath.software.costs.data import INPUTS, PREDICTED, Machine, Run, Times, calibrating, hops, machines
from irqpath.software.costs.ratios import Errors, Method, Ratio, best_ratio, left_out, rank, typical

#: No range is wider than this, either way.
WIDEST: Final = 0.40
#: An interval is stated where so many machines stand behind it; fewer have a spread.
MACHINES: Final = 5
#: Student's t, 95 % on one side, by degrees of freedom: 90 % between the two.
_STUDENT: Final = (math.inf, 6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812)
#: Longer is no time of any of the rows, in ns: a second.
LONGEST: Final = 1e9
#: What can never take longer than what.
_ORDER: Final = (
    ("hvc", "mmio_vgic"),
    ("mmio_vgic", "mmio_user"),
    ("hvc", "mmio_user"),
    ("hvc", "ipi"),
    ("eoi", "hvc"),
    ("eoi", "ipi"),
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one method says. `time`: in the unit of what was given; `errors`: of each machine, when it was left out; `of`: the row
    of a ratio, "" of a composition."""

    time: float
    errors: Errors
    of: str = ""

    @property
    def error(self) -> float:
        """Its typical error as a share: 0.1 is 10 %."""
        return math.expm1(typical(self.errors)) if self.errors else math.inf


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row of a machine. `time` lies between `low` and `high`, all in the unit of what was given; `capped`: the range was cut
    at `WIDEST`, and known machines err by more; `taken`: the better of the two that follow; `composed`: what the composition
    says, where there is one; `ratio`: the best single ratio."""

    row: str
    time: float
    low: float
    high: float
    capped: bool
    taken: Estimate
    composed: Estimate | None
    ratio: Estimate

    @property
    def by_composition(self) -> bool:
        """Whether the composition is taken: leaving one machine out says that it is better."""
        return self.taken is self.composed

    @property
    def interval(self) -> bool:
        """Whether the range is an interval of 90 %: enough machines stand behind it, and it was not cut."""
        return len(self.taken.errors) >= MACHINES and not self.capped


@dataclass(frozen=True, slots=True)
class Known:
    """A row that was published, and what is predicted of it from the machine's other times when it is left out."""

    machine: Machine
    run: Run
    row: str
    predicted: float

    @property
    def error(self) -> float:
        """As a share of what is known: 0.1 is 10 % too long."""
        return self.predicted / self.run.times[self.row] - 1


def check(given: Times) -> None:
    """Raise `ConfigError` for times that no machine has: none at all, not above 0, absurd in size or order."""
    if not given:
        raise ConfigError(f"nothing is known of the machine: give one time at least, of {', '.join(INPUTS)}")
    if given.keys() == {"eoi"}:
        raise ConfigError("eoi alone predicts nothing, for it needs no exit: give another time besides")
    for row, time in given.items():
        if row not in INPUTS:
            raise ConfigError(f"{row} is no time to predict from; there are {', '.join(INPUTS)}")
        if not (math.isfinite(time) and 0 < time <= LONGEST):
            raise ConfigError(f"{row} of {time:g} ns is no time: it is above 0, and a second at most")
    for shorter, longer in _ORDER:
        if shorter in given and longer in given and given[shorter] > given[longer]:
            raise ConfigError(
                f"{shorter} of {given[shorter]:g} ns is longer than {longer} of {given[longer]:g} ns, of which it is a part"
            )


def predict(given: Times) -> dict[str, Prediction]:
    """What is not given, by row. `given`: in ns. Raises `ConfigError`."""
    check(given)
    found = (_row(row, given) for row in PREDICTED if row not in given)
    return {prediction.row: prediction for prediction in found if prediction is not None}


def known() -> Iterator[Known]:
    """Every published row that can be predicted from the others of its run, its machine left out."""
    for machine in machines():
        others = [other for other in calibrating() if other != machine]
        for run in machine.runs:
            for row in PREDICTED:
                given = {name: run.times[name] for name in INPUTS if name in run.times and name != row}
                methods = _methods(row, tuple(given)) if row in run.times else None
                predictor = methods.better.fit(others) if methods else None
                if predictor is not None:
                    yield Known(machine, run, row, predictor(given))


@dataclass(frozen=True, slots=True)
class _Methods:
    """The two ways to predict a row, and what they err."""

    ratio: Ratio
    ratio_errors: Errors
    composed: Composed | None
    composed_errors: Errors

    @property
    def better(self) -> Method:
        """The composition only where leaving one machine out says so."""
        return self.composed if self.composed is not None and rank(self.composed_errors) < rank(self.ratio_errors) else self.ratio


@cache
def _methods(row: str, given: tuple[str, ...]) -> _Methods | None:
    from_ = calibrating()
    ratio = best_ratio(row, given, from_)
    if ratio is None:
        return None
    composition = hops().compose.get(row)
    composed = compose(row, composition, given, from_) if composition is not None else None
    return _Methods(ratio, left_out(ratio, from_), composed, left_out(composed, from_) if composed is not None else {})


def _row(row: str, given: Times) -> Prediction | None:
    methods = _methods(row, tuple(given))
    if methods is None:
        return None
    ratio = _estimate(methods.ratio, given, methods.ratio_errors, methods.ratio.reference)
    composed = _estimate(methods.composed, given, methods.composed_errors) if methods.composed is not None else None
    taken = composed if composed is not None and methods.better is methods.composed else ratio
    width = _width(taken.errors)
    low, high = math.exp(-width), math.exp(width)
    return Prediction(
        row,
        taken.time,
        taken.time * max(low, 1 - WIDEST),
        taken.time * min(high, 1 + WIDEST),
        low < 1 - WIDEST or high > 1 + WIDEST,
        taken,
        composed,
        ratio,
    )


def _estimate(method: Method, given: Times, errors: Errors, of: str = "") -> Estimate:
    predictor = method.fit(calibrating())
    if predictor is None:
        raise ConfigError(f"{method.row} cannot be learned from {', '.join(method.given)}")
    return Estimate(predictor(given), errors, of)


def _width(errors: Errors) -> float:
    """Half the range, as a logarithm: what is typical of the machines that were left out, widened for how few they are."""
    return typical(errors) * _STUDENT[min(len(errors), len(_STUDENT)) - 1] if errors else math.inf
