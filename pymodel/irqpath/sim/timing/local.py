"""How exact a profile is, block by block: each is told when its inputs were offered and its accesses answered, and predicts from
its own predicted state when it takes each input and offers each output.

What was measured corrects the prediction only where the block is idle, for then nothing but an input's offer counts. The shares
are means over classes, so that what is rare counts as much as what is frequent; a class is the cost of an offer, or the cost
after which an input that waited is taken. What takes one cycle whatever happens ("taken") and memory's responses do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from irqpath.sim.timing.profile import Profile
from irqpath.sim.timing.rows import ALWAYS, UNKNOWN, Column, Rows
from irqpath.sim.timing.throttle import going, next_going

#: No class of its own: it takes one cycle, whatever happens.
FIXED: Final = frozenset(("taken", "reset"))
#: Kinds of blocks whose offers do not count.
_NOT_OFFERS: Final = frozenset(("mem",))
#: Kinds of blocks whose inputs back-pressure holds up.
THROTTLED: Final = frozenset(("mem",))
_FAR: Final = 1 << 41
#: Cycles that are looked at after the last that was measured.
_BEYOND: Final = 4096


@dataclass(frozen=True, slots=True)
class Miss:
    """What was not predicted to the cycle. `at`: number of the thing or input; `error`: cycles, predicted less measured."""

    at: int
    error: int


@dataclass(frozen=True, slots=True)
class Class:
    """Errors of one class. `n`: how many; `exact`: of them to the cycle; `absolute`: sum of the errors, in cycles; `misses`: the
    first of those that are not exact."""

    kind: str
    name: str
    n: int
    exact: int
    absolute: int
    misses: tuple[Miss, ...] = ()

    @property
    def share(self) -> float:
        """Predicted to the cycle, of 1."""
        return self.exact / self.n

    @property
    def mean(self) -> float:
        """Mean error in cycles."""
        return self.absolute / self.n

    def __add__(self, other: Class) -> Class:
        misses = (self.misses + other.misses)[:_MISSES]
        total = (self.n + other.n, self.exact + other.exact, self.absolute + other.absolute)
        return Class(self.kind, self.name, *total, misses)


_MISSES: Final = 2


@dataclass(frozen=True, slots=True)
class Prediction:
    """Of one recording: when each input is taken and each thing offered. `UNKNOWN`: nothing is said, or a term has no number."""

    accepts: Column
    offers: Column


def predict(rows: Rows, profile: Profile) -> Prediction:
    """By a profile."""
    cycles = np.array([_cycles(profile, kind, term) for kind, term in rows.terms] or [UNKNOWN], np.int64)
    accepts = _accepts(rows, cycles)
    things = rows.things
    start = things["start"]
    base = np.where(start >= 0, accepts[np.maximum(start, 0)] if len(accepts) else 0, things["base"])
    offers = np.maximum(base + cycles[things["term"]], things["floor"])
    return Prediction(accepts, np.where((cycles[things["term"]] == UNKNOWN) | (base < 0), UNKNOWN, offers))


def _cycles(profile: Profile, kind: str, term: object) -> int:
    try:
        return profile.blocks[kind].cycles(term)  # type: ignore[arg-type]
    except KeyError:
        return UNKNOWN


def _accepts(rows: Rows, cycles: Column) -> Column:
    """When each input is taken: when it is ready, and the block has done with the one before."""
    inputs = rows.inputs
    if not len(inputs["accept"]):
        return inputs["accept"]
    cost, block = cycles[inputs["term"]], inputs["block"]
    own = (inputs["base"] < 0) & (cost != UNKNOWN)
    ends = np.where((inputs["base"] >= 0) & (cost != UNKNOWN), inputs["base"] + cost, UNKNOWN)
    first = np.r_[True, block[1:] != block[:-1]]
    before = np.r_[False, own[:-1]] & ~first
    known_end = np.where(first, UNKNOWN, np.r_[UNKNOWN, ends[:-1]])
    ready = np.maximum(inputs["ready"], known_end)
    # nothing is known of what was before: what was measured is believed
    lost = ~before & (known_end == UNKNOWN)
    ready = np.where(lost, inputs["accept"], ready)
    added = np.cumsum(np.where(before, np.r_[0, cost[:-1]], 0))
    segment = np.cumsum(~before) * _FAR
    result: Column = np.maximum.accumulate(ready - added + segment) + added - segment
    if rows.pressure:
        _throttle(rows, result, ready, np.where(before, np.r_[0, cost[:-1]], UNKNOWN))
    return result


def _throttle(rows: Rows, accepts: Column, ready: Column, after: Column) -> None:
    """Memory under back-pressure: it takes an access when that is let through. `after`: cycles from the access before."""
    block = rows.inputs["block"]
    for number, kind in enumerate(rows.kinds):
        at = np.flatnonzero(block == number)
        if kind not in THROTTLED or not len(at):
            continue
        cycles = int(rows.inputs["accept"][at].max()) + _BEYOND
        following = next_going(going(rows.pressure, cycles)).tolist()
        found, last = [], 0
        for can, more in zip(ready[at].tolist(), after[at].tolist(), strict=True):
            last = following[min(max(can, last + more), cycles - 1)]
            found.append(last)
        accepts[at] = found


def classes(rows: Rows, prediction: Prediction) -> Iterator[Class]:
    """The classes of one recording."""
    things, inputs = rows.things, rows.inputs
    names = np.array([_offer_class(kind, term.name) for kind, term in rows.terms], object)
    if len(things["offer"]):
        yield from _classes(rows, names[things["term"]], things["block"], prediction.offers, things["offer"], "")
    if not len(inputs["accept"]):
        return
    after = np.array([term.name for _, term in rows.terms], object)
    term = np.r_[0, inputs["term"][:-1]]
    first = np.r_[True, inputs["block"][1:] != inputs["block"][:-1]]
    accept, predicted = inputs["accept"], prediction.accepts
    waited = (accept > inputs["ready"]) | (predicted > inputs["ready"])
    there = ~first & waited & (after[term] != "reset")
    class_ = np.where(there, after[term], "")
    yield from _classes(rows, class_, inputs["block"], predicted, accept, "next after ")


def _offer_class(kind: str, name: str) -> str:
    return "" if name in FIXED or kind in _NOT_OFFERS else name


def _classes(
    rows: Rows, names: np.ndarray[tuple[int], np.dtype[np.object_]], block: Column, predicted: Column, measured: Column, what: str
) -> Iterator[Class]:
    kinds = np.array(rows.kinds, object)[block]
    error = np.where(predicted == UNKNOWN, measured, predicted - measured)
    for kind in sorted(set(rows.kinds)):
        for name in sorted(set(names[kinds == kind]) - {""}):
            at = np.flatnonzero((kinds == kind) & (names == name))
            wrong = at[error[at] != 0]
            misses = tuple(Miss(int(n), int(error[n])) for n in wrong[:_MISSES])
            yield Class(kind, what + name, len(at), len(at) - len(wrong), int(np.abs(error[at]).sum()), misses)


@dataclass(frozen=True, slots=True)
class Local:
    """Of one kind of block: the share that is predicted to the cycle and the mean error, each class weighing the same."""

    exact: float
    mean_abs: float
    n: int


def summary(found: Iterable[Class]) -> dict[str, Local]:
    """By kind of block."""
    by_kind: dict[str, dict[str, Class]] = {}
    for c in found:
        known = by_kind.setdefault(c.kind, {})
        known[c.name] = known[c.name] + c if c.name in known else c
    return {
        kind: Local(
            sum(c.share for c in known.values()) / len(known),
            sum(c.mean for c in known.values()) / len(known),
            sum(c.n for c in known.values()),
        )
        for kind, known in sorted(by_kind.items())
    }


__all__ = ["ALWAYS", "UNKNOWN", "Class", "Local", "Miss", "Prediction", "classes", "predict", "summary"]
