"""What two sets of latencies have in common: medians, percentiles, the distance of their distributions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

#: How often each latency, in cycles, was seen.
Histogram: TypeAlias = Mapping[int, int]


def percentile(values: Histogram, percent: float) -> int:
    """The least latency that `percent` of 100 of them do not exceed. Raises `ValueError` where there are none."""
    total = sum(values.values())
    if not total:
        raise ValueError("no latencies, no percentile")
    seen = 0
    for value in sorted(values):
        seen += values[value]
        if 100 * seen >= percent * total:
            return value
    raise AssertionError("all of them do not exceed the greatest")


def kolmogorov(one: Histogram, other: Histogram) -> float:
    """The greatest difference between their cumulative distributions, 0 to 1; 0 where one has nothing."""
    totals = sum(one.values()), sum(other.values())
    if not all(totals):
        return 0.0
    seen, far = [0, 0], 0.0
    for value in sorted({*one, *other}):
        seen[0] += one.get(value, 0)
        seen[1] += other.get(value, 0)
        far = max(far, abs(seen[0] / totals[0] - seen[1] / totals[1]))
    return far


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of the Verilog's and the models'."""

    verilog: int
    model: int

    @property
    def cycles(self) -> int:
        """What the models say more."""
        return self.model - self.verilog

    @property
    def percent(self) -> float:
        """The same, of 100 of the Verilog's; 0 where that is 0 and they agree, else 100."""
        return 100 * self.cycles / self.verilog if self.verilog else 100.0 * bool(self.cycles)

    def plain(self) -> dict[str, Any]:
        """As data."""
        return {"verilog": self.verilog, "model": self.model, "difference": self.cycles, "percent": round(self.percent, 3)}


def difference(verilog: Histogram, model: Histogram, percent: float) -> Difference | None:
    """That of a percentile; None where one of them has none."""
    return Difference(percentile(verilog, percent), percentile(model, percent)) if verilog and model else None


def histogram(values: Iterable[int]) -> Counter[int]:
    """Of latencies one by one."""
    return Counter(values)


def as_pairs(values: Histogram) -> list[list[int]]:
    """A histogram for JSON: [latency, how often], the least first."""
    return [[value, values[value]] for value in sorted(values)]


def from_pairs(pairs: Iterable[Sequence[int]]) -> Counter[int]:
    """What `as_pairs` gave."""
    found: Counter[int] = Counter()
    for value, times in pairs:
        found[value] += times
    return found
