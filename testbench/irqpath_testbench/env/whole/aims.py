"""What `timing.whole` must reach (aims.toml): which aims a comparison misses, and whether its path enforces them yet."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from irqpath_testbench.env.whole.compare import HOPS

_FILE: Final = Path(__file__).with_name("aims.toml")
#: Kinds of aims.
KINDS: Final = ("unpaired", "directed", "exact", "random")


@dataclass(frozen=True, slots=True)
class Aims:
    """The limits, as aims.toml explains them. `enforced`: kinds of aims by path."""

    unpaired: float
    journey_max_abs: int
    exact: frozenset[str]
    random: frozenset[str]
    journeys: int
    median: int
    p99: float
    kolmogorov: float
    cycles: float
    enforced: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Miss:
    """An aim of some kind that was missed, and how: it names the hop, and the class of journeys where there is one."""

    kind: str
    what: str


def aims_of(text: str) -> Aims:
    """What a file like aims.toml says. Raises `ValueError`, `KeyError` where it is malformed."""
    plain = tomllib.loads(text)
    enforced = {path: frozenset(kinds) for path, kinds in plain["enforced"].items()}
    for path, kinds in enforced.items():
        if unknown := kinds.difference(KINDS):
            raise ValueError(f"path {path} enforces {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    random = plain["random"]
    return Aims(
        unpaired=plain["unpaired"]["percent"],
        journey_max_abs=plain["directed"]["journey_max_abs"],
        exact=frozenset(plain["exact"]["scenarios"]),
        random=frozenset(random["scenarios"]),
        journeys=random["journeys"],
        median=random["median"],
        p99=random["p99"],
        kolmogorov=random["kolmogorov"],
        cycles=random["cycles"],
        enforced=enforced,
    )


@cache
def aims() -> Aims:
    """This project's."""
    return aims_of(_FILE.read_text(encoding="utf-8"))


def missed(scenario: str, whole: Mapping[str, Any], limits: Aims) -> list[Miss]:
    """What one scenario's comparison misses; of a random one only what is of every scenario, for the rest needs more journeys."""
    found = list(_unpaired(whole, limits))
    if scenario not in limits.random:
        found += _directed(whole, limits)
    if scenario in limits.exact and (first := whole["transactions"].get("first")):
        where = f"transaction {first['transaction']} of {first['link']}"
        off = whole["transactions"]["compared"] - whole["transactions"]["in_cycle"]
        found.append(Miss("exact", f"{off:,} transactions are in another cycle, first {where}: {_cycles(first)}"))
    return found


def _cycles(both: Mapping[str, Any]) -> str:
    verilog, model = ("none" if both[side] is None else f"cycle {both[side]}" for side in ("verilog", "model"))
    return f"{verilog} in Verilog, {model} on the models"


def _unpaired(whole: Mapping[str, Any], limits: Aims) -> Iterator[Miss]:
    total = whole["journeys"] + whole["unpaired"]
    if 100 * whole["unpaired"] > limits.unpaired * total:
        yield Miss("unpaired", f"{whole['unpaired']:,} of {total:,} journeys are on one side only")


def _directed(whole: Mapping[str, Any], limits: Aims) -> Iterator[Miss]:
    for hop, name in HOPS.items():
        if whole[hop]["journey_max_abs"] > limits.journey_max_abs:
            worst = whole[hop]["worst"]
            where = f"{worst['cause']} {worst['intid']} at PE {worst['pe']}, journey {worst['journey']}"
            off = whole[hop]["compared"] - whole[hop]["to_the_cycle"]
            told = f"{worst['verilog']} cycles in Verilog, {worst['model']} on the models"
            yield Miss("directed", f"{name}: {off:,} journeys differ, most {where}: {told}")


def missed_by_random(whole: Mapping[str, Any], limits: Aims) -> list[Miss]:
    """What random scenarios together miss; nothing where they have too few journeys to tell."""
    if whole["journeys"] < limits.journeys:
        return []
    found = []
    cycles = whole["cycles"]
    if abs(cycles["percent"]) > limits.cycles:
        found.append(f"length of the run: {cycles['verilog']:,} cycles in Verilog, {cycles['model']:,} on the models")
    for hop, name in HOPS.items():
        of_hop = whole[hop]
        if of_hop["median"] is None:
            continue
        checks = (
            ("median", abs(of_hop["median"]["difference"]) > limits.median),
            ("p99", abs(of_hop["p99"]["percent"]) > limits.p99),
        )
        for figure, far in checks:
            if far:
                both = of_hop[figure]
                found.append(f"{name}, {figure}: {both['verilog']} cycles in Verilog, {both['model']} on the models")
        if of_hop["kolmogorov"] > limits.kolmogorov:
            found.append(f"{name}: Kolmogorov distance {of_hop['kolmogorov']}, at most {limits.kolmogorov}")
    return [Miss("random", what) for what in found]


def enforced(path: str, misses: list[Miss], limits: Aims) -> list[str]:
    """Those that fail a run of `path`, as text."""
    kinds = limits.enforced.get(path, frozenset())
    return [miss.what for miss in misses if miss.kind in kinds]
