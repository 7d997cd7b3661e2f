"""`timing.whole`: a run of the Verilog and the same software on the models, journey by journey and link by link."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from irqpath.core.link import Link
from irqpath_testbench.env.scoreboards.journeys import Latency
from irqpath_testbench.env.whole.machine import Seen
from irqpath_testbench.env.whole.statistics import (
    Difference,
    as_pairs,
    difference,
    from_pairs,
    histogram,
    kolmogorov,
)

#: What of a journey is compared, by name: from its cause to the PE's line, where that rose for it alone, and to the response that
#: tells software the INTID.
HOPS: Final = {"line": "cause to line", "acknowledge": "to acknowledge"}


@dataclass(frozen=True, slots=True)
class Pair:
    """The `number`-th journey of an INTID at a PE, from 1, on both platforms."""

    number: int
    verilog: Latency
    model: Latency

    def off(self, hop: str) -> int | None:
        """Cycles that the models say more; None where one of them has no such hop."""
        one, other = getattr(self.verilog, hop), getattr(self.model, hop)
        return None if one < 0 or other < 0 else other - one


def pairs_of(verilog: Iterable[Latency], model: Iterable[Latency]) -> tuple[list[Pair], int]:
    """Journeys by their number among those of an INTID at a PE, guests' apart, and how many have none that they can be compared
    with."""
    kept: dict[tuple[int, int, bool], tuple[list[Latency], list[Latency]]] = defaultdict(lambda: ([], []))
    for side, journeys in enumerate((verilog, model)):
        for journey in journeys:
            kept[journey.pe, journey.intid, journey.virtual][side].append(journey)
    pairs, unpaired = [], 0
    for ours, theirs in kept.values():
        pairs += [Pair(n, one, other) for n, (one, other) in enumerate(zip(ours, theirs, strict=False), 1)]
        unpaired += abs(len(ours) - len(theirs))
    return pairs, unpaired


def compare(verilog: Seen, model: Seen) -> dict[str, Any]:
    """As data for a result: figures in cycles and in percent of the Verilog's."""
    pairs, unpaired = pairs_of(verilog.journeys, model.journeys)
    hops = {hop: _hop(hop, verilog.journeys, model.journeys, pairs) for hop in HOPS}
    return {
        "cycles": Difference(verilog.ended - verilog.began, model.ended - model.began).plain(),
        "journeys": len(pairs),
        "unpaired": unpaired,
        **hops,
        "transactions": _transactions(verilog.accepts, model.accepts),
    }


def _hop(hop: str, verilog: Iterable[Latency], model: Iterable[Latency], pairs: Iterable[Pair]) -> dict[str, Any]:
    ours, theirs = ([latency for each in side if (latency := getattr(each, hop)) >= 0] for side in (verilog, model))
    return _figures(histogram(ours), histogram(theirs)) | _misses(hop, pairs)


def _figures(verilog: Counter[int], model: Counter[int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, percent in (("median", 50), ("p99", 99)):
        figure = difference(verilog, model, percent)
        found[name] = None if figure is None else figure.plain()
    found["kolmogorov"] = round(kolmogorov(verilog, model), 4)
    found["verilog"], found["model"] = as_pairs(verilog), as_pairs(model)
    return found


def _misses(hop: str, pairs: Iterable[Pair]) -> dict[str, Any]:
    """How far single journeys are off, by the kind of their cause, and the worst of them."""
    worst: Pair | None = None
    most: dict[str, int] = {}
    total = off_by_any = count = 0
    for pair in pairs:
        off = pair.off(hop)
        if off is None:
            continue
        count += 1
        total += abs(off)
        off_by_any += off != 0
        kind = pair.verilog.path
        most[kind] = max(most.get(kind, 0), abs(off))
        if worst is None or abs(off) > abs(worst.off(hop) or 0):
            worst = pair
    found: dict[str, Any] = {
        "compared": count,
        "to_the_cycle": count - off_by_any,
        "journey_max_abs": max(most.values(), default=0),
        "mean_abs": round(total / count, 3) if count else 0.0,
        "by_cause": dict(sorted(most.items())),
    }
    if worst is not None and worst.off(hop):
        v, m = worst.verilog, worst.model
        what = {"cause": v.path, "pe": v.pe, "intid": v.intid, "journey": worst.number, "offer": v.cause}
        found["worst"] = {**what, "verilog": getattr(v, hop), "model": getattr(m, hop)}
    return found


def _transactions(verilog: Mapping[Link, list[int]], model: Mapping[Link, list[int]]) -> dict[str, Any]:
    """The n-th transaction of a link on both sides: how many there are, how many were accepted in the same cycle, and the first
    that was not."""
    found: dict[str, Any] = {"compared": 0, "in_cycle": 0}
    first: tuple[int, Link, int] | None = None
    for link in sorted(verilog.keys() | model.keys()):
        ours, theirs = verilog.get(link, []), model.get(link, [])
        found["compared"] += max(len(ours), len(theirs))
        for number, cycle, other in _both(ours, theirs):
            if cycle == other:
                found["in_cycle"] += 1
            elif first is None or min(c for c in (cycle, other) if c >= 0) < first[0]:
                first = (min(c for c in (cycle, other) if c >= 0), link, number)
    if first is not None:
        _, link, number = first
        cycles = {name: _at(side.get(link, []), number) for name, side in (("verilog", verilog), ("model", model))}
        found["first"] = {"link": str(link), "transaction": number + 1, **cycles}
    return found


def _both(ours: list[int], theirs: list[int]) -> Iterator[tuple[int, int, int]]:
    """(number from 0, cycle, cycle) up to the first that differs, and those after it which do not; -1: there is none."""
    for number in range(max(len(ours), len(theirs))):
        yield number, ours[number] if number < len(ours) else -1, theirs[number] if number < len(theirs) else -1


def _at(cycles: list[int], number: int) -> int | None:
    return cycles[number] if number < len(cycles) else None


def pooled(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Several comparisons as one: journeys of all of them, and the sum of their lengths."""
    wholes = list(parts)
    found: dict[str, Any] = {
        "cycles": Difference(*(sum(w["cycles"][side] for w in wholes) for side in ("verilog", "model"))).plain(),
        "journeys": sum(w["journeys"] for w in wholes),
        "unpaired": sum(w["unpaired"] for w in wholes),
        "transactions": {name: sum(w["transactions"][name] for w in wholes) for name in ("compared", "in_cycle")},
    }
    for hop in HOPS:
        of_hop = [w[hop] for w in wholes]
        verilog, model = (from_pairs(pair for h in of_hop for pair in h[side]) for side in ("verilog", "model"))
        counts = {name: sum(h[name] for h in of_hop) for name in ("compared", "to_the_cycle")}
        most: dict[str, int] = {}
        for h in of_hop:
            for cause, off in h["by_cause"].items():
                most[cause] = max(most.get(cause, 0), off)
        found[hop] = (
            _figures(verilog, model)
            | counts
            | {
                "journey_max_abs": max((h["journey_max_abs"] for h in of_hop), default=0),
                "mean_abs": round(sum(h["mean_abs"] * h["compared"] for h in of_hop) / max(1, counts["compared"]), 3),
                "by_cause": dict(sorted(most.items())),
            }
        )
    return found
