"""How exact a profile is, block by block: each is told when its inputs were offered and its accesses answered, and predicts from
its own predicted state when it takes each input and offers each output.

What was measured corrects the prediction only where the block is idle, for then nothing but an input's offer counts. The shares
are means over classes, so that what is rare counts as much as what is frequent; a class is the cost of an offer, or the cost
after which an input that waited is taken. What takes one cycle whatever happens ("taken") and memory's responses do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from irqpath.sim.timing.profile import Profile
from irqpath.sim.timing.rows import UNKNOWN, Column, Rows
from irqpath.sim.timing.term import Term
from irqpath.sim.timing.throttle import going, next_going

#: No class of its own: it takes one cycle, whatever happens.
FIXED: Final = frozenset(("taken", "reset"))
#: Examples of what is not exact, a class.
MISSES: Final = 2
#: What was met fewer times than this is no class of its own.
FEW: Final = 30
#: Shares that must be exact, by kind of block, and the mean error that none may have more of, in cycles.
AIMS: Final = {"gicc": 0.999, "its": 0.999, "mem": 0.999, "gicv2": 0.999, "gicd": 0.995, "gicr": 0.99}
MEAN: Final = 0.02
#: What counts in no class.
_NO_CLASS: Final = -1
#: Kinds of blocks whose offers do not count.
_NOT_OFFERS: Final = frozenset(("mem",))
#: Kinds of blocks whose inputs back-pressure holds up.
THROTTLED: Final = frozenset(("mem",))
_FAR: Final = 1 << 41
#: Cycles that are looked at after the last that was measured.
_BEYOND: Final = 4096


@dataclass(frozen=True, slots=True)
class Class:
    """Errors of one class. `n`: how many; `exact`: of them to the cycle; `absolute`: sum of the errors, in cycles; `misses`: the
    first that are not exact, as text."""

    kind: str
    name: str
    n: int
    exact: int
    absolute: int
    misses: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Predicted to the cycle, of 1."""
        return self.exact / self.n

    @property
    def mean(self) -> float:
        """Mean error in cycles."""
        return self.absolute / self.n

    def __add__(self, other: Class) -> Class:
        misses = (self.misses + other.misses)[:MISSES]
        return replace(
            self, n=self.n + other.n, exact=self.exact + other.exact, absolute=self.absolute + other.absolute, misses=misses
        )


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


def _cycles(profile: Profile, kind: str, term: Term) -> int:
    try:
        return profile.blocks[kind].cycles(term)
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


def classes(rows: Rows, prediction: Prediction) -> list[Class]:
    """The classes of one recording."""
    things, inputs = rows.things, rows.inputs
    names, of_term = _named(rows, _offer_class)
    found = _classes(rows, names, of_term[things["term"]], prediction.offers, things["offer"], _offer)
    accept, predicted = inputs["accept"], prediction.accepts
    if not len(accept):
        return found
    names, of_term = _named(rows, _next_class)
    first = np.r_[True, inputs["block"][1:] != inputs["block"][:-1]]
    waited = (accept > inputs["ready"]) | (predicted > inputs["ready"])
    which = np.where(~first & waited, of_term[np.r_[0, inputs["term"][:-1]]], _NO_CLASS)
    return found + _classes(rows, names, which, predicted, accept, _acceptance)


def _offer_class(kind: str, name: str) -> str:
    return "" if name in FIXED or kind in _NOT_OFFERS else name


def _next_class(kind: str, name: str) -> str:
    return f"next after {name}" if name != "reset" else ""


def _named(rows: Rows, name_of: Callable[[str, str], str]) -> tuple[list[tuple[str, str]], Column]:
    """Kinds and names of the classes, in order, and the number of each term's class among them."""
    pairs = [(kind, name_of(kind, term.name)) for kind, term in rows.terms]
    names = sorted({pair for pair in pairs if pair[1]})
    numbers = {pair: n for n, pair in enumerate(names)}
    return names, np.array([numbers.get(pair, _NO_CLASS) for pair in pairs] or [_NO_CLASS], np.int64)


def _classes(
    rows: Rows,
    names: Sequence[tuple[str, str]],
    which: Column,
    predicted: Column,
    measured: Column,
    tell: Callable[[Rows, int, int], str],
) -> list[Class]:
    """`which`: the number of each one's class."""
    error = np.where(predicted == UNKNOWN, measured, predicted - measured)
    counted = which != _NO_CLASS
    number = np.bincount(which[counted], minlength=len(names)).tolist()
    wrong = np.flatnonzero(counted & (error != 0))
    by_class: dict[int, list[int]] = {}
    for at, n in zip(wrong.tolist(), which[wrong].tolist(), strict=True):
        by_class.setdefault(n, []).append(at)
    found = []
    for n, (kind, name) in enumerate(names):
        if number[n]:
            missed = by_class.get(n, [])
            told = tuple(tell(rows, at, int(error[at])) for at in missed[:MISSES])
            found.append(Class(kind, name, number[n], number[n] - len(missed), int(np.abs(error[missed]).sum()), told))
    return found


def _offer(rows: Rows, at: int, error: int) -> str:
    """An offer that was not predicted."""
    things = rows.things
    start, since = int(things["start"][at]), int(things["base"][at])
    cause = f"after a response in cycle {since}"
    if start >= 0:
        cause = f"caused by {_name(rows, rows.inputs['link'][start])} in cycle {int(rows.inputs['accept'][start])}"
    link = _name(rows, things["link"][at])
    return f"{link} offered in cycle {int(things['offer'][at])}, predicted {error:+}, {cause} ({_whose(rows)})"


def _acceptance(rows: Rows, at: int, error: int) -> str:
    """An acceptance that was not predicted."""
    inputs = rows.inputs
    before = f"{_name(rows, inputs['link'][at - 1])} in cycle {int(inputs['accept'][at - 1])}"
    link = _name(rows, inputs["link"][at])
    return f"{link} accepted in cycle {int(inputs['accept'][at])}, predicted {error:+}, after {before} ({_whose(rows)})"


def _name(rows: Rows, link: int) -> str:
    return rows.links[int(link)]


def _whose(rows: Rows) -> str:
    about = rows.about
    return f"{about.get('path', '')} seed {about.get('seed', '')} {about.get('scenario', '')}"


@dataclass(frozen=True, slots=True)
class Local:
    """Of one kind of block: the share that is predicted to the cycle and the mean error, each class weighing the same."""

    exact: float
    mean_abs: float
    n: int


def pooled(found: Iterable[Class]) -> list[Class]:
    """Classes of several recordings: those of the same name as one."""
    known: dict[tuple[str, str], Class] = {}
    for c in found:
        key = (c.kind, c.name)
        known[key] = known[key] + c if key in known else c
    return [known[key] for key in sorted(known)]


def summary(found: Iterable[Class]) -> dict[str, Local]:
    """By kind of block. Classes that were met fewer than `FEW` times weigh together as much as one."""
    by_kind: dict[str, list[Class]] = {}
    rare: dict[str, Class] = {}
    for c in pooled(found):
        if c.n >= FEW:
            by_kind.setdefault(c.kind, []).append(c)
        else:
            rare[c.kind] = rare[c.kind] + c if c.kind in rare else c
    for kind, c in rare.items():
        by_kind.setdefault(kind, []).append(c)
    return {
        kind: Local(sum(c.share for c in of) / len(of), sum(c.mean for c in of) / len(of), sum(c.n for c in of))
        for kind, of in sorted(by_kind.items())
    }


def misses(found: Iterable[Class]) -> list[str]:
    """The aims that are missed, each with the class that is furthest from it."""
    known = pooled(found)
    told = []
    for kind, of_kind in summary(known).items():
        least = AIMS.get(kind)
        if least is None or (of_kind.exact >= least and of_kind.mean_abs <= MEAN):
            continue
        worst = min((c for c in known if c.kind == kind), key=lambda c: (c.share, -c.mean))
        told.append(
            f"{kind} {100 * of_kind.exact:.2f} % to the cycle (at least {100 * least:g} %), mean error {of_kind.mean_abs:.3f} "
            f"cycles (at most {MEAN:g}); worst class {worst.name!r}: {worst.exact} of {worst.n} exact, such as "
            f"{worst.misses[0] if worst.misses else 'none'}"
        )
    return told
