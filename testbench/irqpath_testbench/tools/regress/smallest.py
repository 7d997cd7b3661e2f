"""The fewest sets that cover all that any covers: exact where a search of limited size ends, otherwise greedy and pruned.

(Set cover is NP-hard. What makes it small here is that most bins are reached by every job: what only one job reaches makes that
one necessary, and after that little is left.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Final

#: Nodes of the search after which it gives up; about a second.
_NODES: Final = 3_000
#: With more different sets than this, comparing all pairs takes longer than it is worth.
_PAIRS: Final = 1_500


def smallest_cover(sets: Mapping[str, int], nodes: int = _NODES) -> tuple[tuple[str, ...], bool]:
    """Names of sets (bit masks) whose union is that of all, in their order, and whether no fewer have it. Earlier sets are
    preferred, so that it repeats. `nodes`: of the search, 0: greedy alone."""
    names: dict[int, str] = {}
    for name, mask in sets.items():
        if mask:
            names.setdefault(mask, name)
    masks = _not_contained(list(names))
    everything = reduce(or_, masks, 0)
    needed, rest = _needed(masks, everything)
    candidates = _not_contained(list(dict.fromkeys(mask & rest for mask in masks if mask & rest)))
    back: dict[int, int] = {}
    for mask in masks:
        back.setdefault(mask & rest, mask)
    greedy = _pruned(_greedy(candidates, rest), rest)
    search = _Search(candidates, nodes, greedy)
    search.run(rest, [])
    chosen = needed | {back[mask] for mask in search.best}
    wanted = {names[mask] for mask in chosen}
    return tuple(name for name in sets if name in wanted), search.whole


def _not_contained(masks: Sequence[int]) -> list[int]:
    """Those that no other contains."""
    if len(masks) > _PAIRS:
        return list(masks)
    kept: list[int] = []
    for mask in sorted(masks, key=lambda m: -m.bit_count()):  # a set is contained in larger ones only
        if not any(mask & ~other == 0 for other in kept):
            kept.append(mask)
    keep = set(kept)
    return [mask for mask in masks if mask in keep]


def _needed(masks: Sequence[int], everything: int) -> tuple[set[int], int]:
    """Sets with an element that no other has, and what is not covered by these."""
    once = twice = 0
    for mask in masks:
        twice |= once & mask
        once |= mask
    only = everything & ~twice
    needed = {mask for mask in masks if mask & only}
    return needed, everything & ~reduce(or_, needed, 0)


def _greedy(masks: Sequence[int], rest: int) -> list[int]:
    """Each time what covers most of the rest, the earliest of equals."""
    chosen: list[int] = []
    while rest:
        best = max(masks, key=lambda mask: (mask & rest).bit_count())
        chosen.append(best)
        rest &= ~best
    return chosen


def _pruned(chosen: Sequence[int], rest: int) -> list[int]:
    """Without those that the others make superfluous, the latest chosen first."""
    kept = list(chosen)
    for mask in reversed(chosen):
        without = [other for other in kept if other != mask]
        if rest & ~reduce(or_, without, 0) == 0:
            kept = without
    return kept


@dataclass(slots=True)
class _Search:
    """Branch and bound: the element that the fewest sets have is covered by one of these."""

    masks: Sequence[int]
    nodes: int
    best: list[int]
    #: it was not given up
    whole: bool = True
    _having: dict[int, list[int]] = field(default_factory=dict)
    _beside: dict[int, int] = field(default_factory=dict)

    def run(self, rest: int, chosen: list[int]) -> None:
        """Look for fewer than `best` that hold `chosen` and cover `rest` too."""
        if not rest:
            if len(chosen) < len(self.best):
                self.best = list(chosen)
            return
        if len(chosen) + self._at_least(rest) >= len(self.best):
            return
        if self.nodes <= 0:
            self.whole = False
            return
        self.nodes -= 1
        for mask in sorted(self._sets_of(self._rarest(rest)), key=lambda m: -(m & rest).bit_count()):
            self.run(rest & ~mask, [*chosen, mask])

    def _sets_of(self, element: int) -> list[int]:
        if element not in self._having:
            self._having[element] = [mask for mask in self.masks if mask & element]
            self._beside[element] = reduce(or_, self._having[element], 0)
        return self._having[element]

    def _rarest(self, rest: int) -> int:
        return min(_elements(rest), key=lambda element: len(self._sets_of(element)))

    def _at_least(self, rest: int) -> int:
        """Elements of which no set has two take a set each."""
        count = 0
        for element in sorted(_elements(rest), key=lambda e: len(self._sets_of(e))):
            if element & rest:
                count += 1
                rest &= ~self._beside[element]
        return count


def _elements(mask: int) -> list[int]:
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest)
        mask ^= lowest
    return found
