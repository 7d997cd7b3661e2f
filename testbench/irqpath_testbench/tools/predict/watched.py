"""A profile that notes what it is asked: numbers that somebody set, and counts beyond those that it was learned from."""

from __future__ import annotations

from dataclasses import dataclass, field

from irqpath.sim.timing.profile import Profile
from irqpath.sim.timing.term import Term


@dataclass(frozen=True, slots=True)
class Watched(Profile):
    """`changed`: numbers that are not measured, such as "mem.read", by what they were set to; `used`: those that came to be used;
    `beyond`: by kind of block and count, the greatest and the least that was asked, where it lies outside what was measured."""

    changed: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    beyond: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def cycles(self, kind: str, term: Term) -> int:
        """See `Profile`."""
        if self.changed:
            names = (f"{kind}.{name}" for name in (term.name, *(counted for counted, _ in term.counts)))
            self.used.update(name for name in names if name in self.changed)
        if term.counts and self.blocks[kind].measured:
            for name in self.outside(kind, term):
                counts = [count for counted, count in term.counts if counted == name]
                least, greatest = self.beyond.get((kind, name), (counts[0], counts[0]))
                self.beyond[kind, name] = (min(least, *counts), max(greatest, *counts))
        return Profile.cycles(self, kind, term)

    def marks(self) -> list[tuple[str, str]]:
        """What of a prediction was not measured: the kind of block, and a line that says what."""
        found = [(name.partition(".")[0], f"{name} is set to {self.changed[name]}") for name in sorted(self.used)]
        for (kind, name), (least, greatest) in sorted(self.beyond.items()):
            low, high = self.blocks[kind].measured.get(name, (0, 0))
            asked = f"{least}" if least == greatest else f"{least} to {greatest}"
            found.append((kind, f"{kind}: {name} is {asked}, measured from {low} to {high}"))
        return found


def watched(profile: Profile, changes: list[str]) -> Watched:
    """`profile` with `changes` (see `Profile.with_`). Raises `ConfigError`."""
    new = profile.with_(*changes)
    pairs = (change.partition("=") for change in changes)
    return Watched(new.name, new.blocks, {name.strip(): value.strip() for name, _, value in pairs})
