"""What a run exercised, counted from monitored transactions and journeys. A plan names the bins; an empty bin is a hole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from pymodel.config import GicConfig
from pymodel.regs import ICC
from pymodel.transactions import (
    Activate,
    Clear,
    ClearAck,
    Deactivate,
    GenerateSgi,
    LineChange,
    Observed,
    Quiesce,
    QuiesceAck,
    Release,
    Set,
    SgiDeliver,
    SgiKind,
    SysRead,
    SysReadData,
    SysWrite,
    WakeRequest,
)

_EOIR = {ICC.by_name(f"ICC_EOIR{group}_EL1").offset for group in (0, 1)}
_DIR = ICC.by_name("ICC_DIR_EL1").offset
_CTLR = ICC.by_name("ICC_CTLR_EL1").offset
_IAR = {ICC.by_name(f"ICC_IAR{group}_EL1").offset for group in (0, 1)}
_SPURIOUS = 1023
_KINDS = {int(kind): kind.name for kind in SgiKind}


@dataclass(frozen=True, slots=True)
class Group:
    """A coverage group: its name and the bins that must be hit."""

    name: str
    bins: tuple[str, ...]


def sgi_plan(config: GicConfig) -> tuple[Group, ...]:
    """What the path `sgi` must exercise."""
    pes = range(config.pes)
    crossings = ["Set with Activate", "Clear with Activate", "Set with Release", "Quiesce with Activate"]
    return (
        Group("SGI at PE", tuple(f"SGI {intid} at PE {pe}" for pe in pes for intid in range(16))),
        Group("register", tuple(kind.name for kind in SgiKind)),
        Group(
            "targets",
            ("itself", "one other", "several", "all but itself (IRM)", "none that exists")[: 5 if config.pes > 1 else 1],
        ),
        Group("signalled by", ("IRQ", "FIQ")),
        Group("nesting", ("depth 1", "depth 2", "depth 3")),
        Group("end of interrupt", ("EOImode 0", "EOImode 1")),
        Group("acknowledge", ("an interrupt", "spurious (1023)")),
        Group("stream", ("Set", "Clear", "Release", "Quiesce", "Activate", "Deactivate", "ClearAck", "QuiesceAck")),
        Group("crossing on the stream", tuple(crossings)),
    )


class Coverage:
    """Counts by (group, bin)."""

    def __init__(self, config: GicConfig, plan: tuple[Group, ...]) -> None:
        self.plan = plan
        self.hits: Counter[tuple[str, str]] = Counter()
        self._config = config
        self._eoimode = [0] * config.pes
        self._depth = [0] * config.pes
        self._iar = [False] * config.pes
        self._last_down: list[list[Observed]] = [[] for _ in range(config.pes)]
        self._handlers: dict[str, Callable[[int, Observed], None]] = {}
        for pe in range(config.pes):
            self._handlers |= {
                f"gicc{pe}.sys": self._system,
                f"gicc{pe}.sys_rsp": self._answer,
                f"gicc{pe}.irq": self._line,
                f"stream{pe}.up": self._up,
                f"stream{pe}.down": self._down,
                f"dist{pe}.down": self._deliver,
            }
        self._pe = {link: int(link.split(".")[0].lstrip("abcdefghijklmnopqrstuvwxyz")) for link in self._handlers}

    def saw(self, observed: Observed) -> None:
        """A monitor saw a transaction."""
        handler = self._handlers.get(observed.link)
        if handler is not None:
            handler(self._pe[observed.link], observed)

    def holes(self, *groups: Group) -> list[str]:
        """Bins of `groups`, of the whole plan if none is given, that were never hit."""
        return [f"{g.name}: {b}" for g in groups or self.plan for b in g.bins if not self.hits[g.name, b]]

    def shares(self) -> dict[str, tuple[int, int]]:
        """(bins hit, bins planned) by group."""
        return {g.name: (sum(bool(self.hits[g.name, b]) for b in g.bins), len(g.bins)) for g in self.plan}

    def _hit(self, group: str, name: str) -> None:
        self.hits[group, name] += 1

    def _system(self, pe: int, o: Observed) -> None:
        t = o.transaction
        self._iar[pe] = isinstance(t, SysRead) and t.reg in _IAR
        if not isinstance(t, SysWrite):
            return
        if t.reg == _CTLR:
            self._eoimode[pe] = t.value >> 1 & 1
        elif t.reg in _EOIR:
            self._depth[pe] = max(0, self._depth[pe] - 1)
            self._hit("end of interrupt", f"EOImode {self._eoimode[pe]}")

    def _answer(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not self._iar[pe] or not isinstance(t, SysReadData):
            return
        self._iar[pe] = False
        if t.value == _SPURIOUS:
            self._hit("acknowledge", "spurious (1023)")
            return
        self._hit("acknowledge", "an interrupt")
        self._hit("SGI at PE", f"SGI {t.value} at PE {pe}")
        self._depth[pe] += 1
        self._hit("nesting", f"depth {self._depth[pe]}")

    def _line(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, LineChange) and t.level:
            self._hit("signalled by", ("IRQ", "FIQ")[t.line])

    def _up(self, pe: int, o: Observed) -> None:
        t = o.transaction
        self._hit("stream", type(t).__name__)
        if isinstance(t, GenerateSgi):
            self._hit("register", _KINDS.get(t.kind, f"kind {t.kind}"))
            self._hit("targets", self._targets(pe, t))
            return
        for down in self._last_down[pe]:
            if down.accept >= o.offer and down.offer <= o.accept:
                self._crossing(down, o)

    def _crossing(self, down: Observed, up: Observed) -> None:
        """Both were under way at the same time."""
        for first, second, name in (
            (Set, Activate, "Set with Activate"),
            (Clear, Activate, "Clear with Activate"),
            (Set, Release, "Set with Release"),
            (Quiesce, Activate, "Quiesce with Activate"),
        ):
            if isinstance(down.transaction, first) and isinstance(up.transaction, second):
                self._hit("crossing on the stream", name)

    def _down(self, pe: int, o: Observed) -> None:
        self._hit("stream", type(o.transaction).__name__)
        self._last_down[pe] = [*self._last_down[pe][-2:], o]

    def _deliver(self, pe: int, o: Observed) -> None:
        if isinstance(o.transaction, SgiDeliver | WakeRequest):
            self._hit("distribution", type(o.transaction).__name__)

    def _targets(self, pe: int, t: GenerateSgi) -> str:
        if t.irm:
            return "all but itself (IRM)"
        affinities = [t.aff << 8 | t.rs << 4 | n for n in range(16) if t.targets >> n & 1]
        present = [self._config.affinities.index(a) for a in affinities if a in self._config.affinities]
        if not present:
            return "none that exists"
        if present == [pe]:
            return "itself"
        return "one other" if len(present) == 1 else "several"


__all__ = ["ClearAck", "Coverage", "Deactivate", "Group", "QuiesceAck", "sgi_plan"]
