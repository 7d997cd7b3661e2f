"""What a replay finds: counts by kind, deviations, tolerated deviations by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Deviation:
    """The model and the recording disagree.

    `event`: number of the event (the file's line less one); `kind`: what was compared; `what`: register or output by name;
    `cpu`: -1 where none is concerned; `expected`: the model's; `seen`: the recording's; `intids`: interrupts concerned.
    """

    event: int
    kind: str
    what: str
    cpu: int
    expected: int | str
    seen: int | str
    detail: str = ""
    intids: tuple[int, ...] = ()
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A deviation of the reference machine that is known and allowed.

    It matches one register (`what`, an element's name), the bits of `field_mask` only, and a `condition` on the deviation.
    """

    name: str
    reason: str
    what: str
    field_mask: int
    condition: Callable[[Deviation], bool]

    def covers(self, deviation: Deviation) -> bool:
        """Whether `deviation` is this one, and nothing besides it is wrong."""
        if deviation.what != self.what or not isinstance(deviation.expected, int) or not isinstance(deviation.seen, int):
            return False
        return not (deviation.expected ^ deviation.seen) & ~self.field_mask and self.condition(deviation)


@dataclass(slots=True)
class Findings:
    """The result of one replay. `stopped`: why it ended before the recording did, "" if it did not.

    `compared`: one an event; `also`: checks besides, for which no event stands (something that rightly did not happen);
    `only`: what the replay was restricted to, "" for everything.
    """

    name: str
    machine: str = ""
    policy: str = ""
    events: int = 0
    compared: Counter[str] = field(default_factory=Counter)
    also: Counter[str] = field(default_factory=Counter)
    unchecked: Counter[str] = field(default_factory=Counter)
    tolerated: Counter[str] = field(default_factory=Counter)
    deviations: list[Deviation] = field(default_factory=list)
    stopped: str = ""
    seconds: float = 0.0
    only: str = ""

    @property
    def reads(self) -> int:
        """GIC values that software read and that were compared."""
        return self.compared["register read"] + self.compared["system register read"]

    @property
    def ok(self) -> bool:
        """Complete, something was compared, and nothing deviates."""
        return not self.stopped and not self.deviations and (self.compared.total() if self.only else self.reads) > 0

    def judge(self, deviation: Deviation, tolerances: Sequence[Tolerance]) -> bool:
        """Count `deviation` as tolerated, or keep it. True if it is kept."""
        for tolerance in tolerances:
            if tolerance.covers(deviation):
                self.tolerated[tolerance.name] += 1
                return False
        self.deviations.append(deviation)
        return True

    def tolerate(self, deviation: Deviation, name: str) -> None:
        """What came later shows that `deviation`, which was kept, is allowed by this name."""
        self.deviations = [kept for kept in self.deviations if kept is not deviation]
        self.tolerated[name] += 1

    def to_json(self) -> dict[str, Any]:
        """Plain data: `events`, `compared` by kind, `deviations`, `tolerated` by name, `unchecked` by kind, and more."""
        return {
            "name": self.name,
            "machine": self.machine,
            "policy": self.policy,
            "events": self.events,
            "compared": dict(sorted(self.compared.items())),
            "also": dict(sorted(self.also.items())),
            "deviations": [
                {
                    "event": d.event,
                    "kind": d.kind,
                    "what": d.what,
                    "cpu": d.cpu,
                    "expected": d.expected,
                    "seen": d.seen,
                    "detail": d.detail,
                    "intids": list(d.intids),
                    "history": list(d.history),
                }
                for d in self.deviations
            ],
            "tolerated": dict(sorted(self.tolerated.items())),
            "unchecked": dict(sorted(self.unchecked.items())),
            "stopped": self.stopped,
            "ok": self.ok,
            "seconds": round(self.seconds, 3),
        }
