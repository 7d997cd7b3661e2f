"""Failures of a regression by what they have in common, so that hundreds of failed jobs are a few things to look at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from irqpath_testbench.tools.regress.record import Record, Signature, Verdict

#: How often longer a run takes that writes waves.
WAVES_COST: Final = 3.0
#: Failures that waves say something about: the others built nothing, found nothing, or took too much as it was.
_SEEN_IN_WAVES: Final = frozenset({Verdict.FAILED, Verdict.DIED, Verdict.HUNG, Verdict.TIME})
#: Of a PE or a block, in a link's name.
_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures with one signature. `records`: the one to look at first: of the smallest seed the shortest run."""

    signature: Signature
    records: tuple[Record, ...]

    @property
    def first(self) -> Record:
        """The one to look at."""
        return self.records[0]


def group(records: Iterable[Record]) -> list[FailureGroup]:
    """The groups of all failures among `records`, in whatever order these come: the largest first."""
    found: dict[Signature, list[Record]] = {}
    for record in records:
        if not record.ok:
            found.setdefault(signature_of(record), []).append(record)
    groups = [FailureGroup(signature, tuple(sorted(members, key=_first_to_look_at))) for signature, members in found.items()]
    return sorted(groups, key=lambda g: (-len(g.records), g.signature))


def signature_of(record: Record) -> Signature:
    """What it is grouped by: the same link of another PE is the same kind of failure (dist*.down). A simulator that died names no
    check: what became of it is what such failures have in common."""
    if record.signature is None:
        return Signature(record.verdict.value)
    return replace(record.signature, link=_NUMBER.sub("*", record.signature.link))


def _first_to_look_at(record: Record) -> tuple[int, int, int, str]:
    """Cycles rather than seconds, which differ from run to run; a run that left no result may have taken any number."""
    cycles = sum(scenario.cycles for run in record.results.runs.values() for scenario in run.scenarios.values())
    return record.job.seed, record.job.interrupts, cycles, record.job.name


def to_rerun(groups: Sequence[FailureGroup], budget: float) -> list[Record]:
    """Of each group one failure to be run again with waves, as long as they take no more than `budget` seconds of a core: the
    first, or where that takes too long the shortest; larger groups come before smaller ones. What took no time ran nothing."""
    chosen: list[Record] = []
    for one in groups:
        worth = [record for record in one.records if record.verdict in _SEEN_IN_WAVES and record.wall > 0]
        if not worth:
            continue
        for record in (worth[0], min(worth, key=lambda r: r.wall)):
            if (cost := record.wall * WAVES_COST) <= budget:
                chosen.append(record)
                budget -= cost
                break
    return chosen
