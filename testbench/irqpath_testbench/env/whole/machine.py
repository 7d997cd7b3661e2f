"""A scenario on the model platform: the journeys that it makes there, when each link carried something, and how long it takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from irqpath.core.link import Link
from irqpath.core.transactions import Observed
from irqpath.sim.gicv2_platform import Gicv2Platform
from irqpath.sim.model_platform import ModelPlatform
from irqpath.sim.platform import Platform
from irqpath.sim.timing.profile import Profile
from irqpath_testbench.dut.description import MEM_PAGES, Dut
from irqpath_testbench.dut.recorder import link_numbers
from irqpath_testbench.env.scoreboards.gicv2_journeys import Gicv2Journeys
from irqpath_testbench.env.scoreboards.journey import JourneyBoard
from irqpath_testbench.env.scoreboards.journeys import Journey, JourneyScoreboard, Latency

#: Transactions after which a long run tells that it goes on.
_BEAT = 1 << 16


@dataclass(slots=True)
class Seen:
    """What a scenario did on one platform. `began`, `ended`: cycles in which its software began and ended; `journeys`: those that
    were acknowledged, in that order, then those of guests; `accepts`: cycles of acceptance by link."""

    began: int = 0
    ended: int = 0
    journeys: list[Latency] = field(default_factory=list)
    accepts: dict[Link, list[int]] = field(default_factory=dict)


class _Ears:
    """Hands on what the platform observes in the order of records: by cycle of acceptance, and within a cycle by the links'
    numbers, for what happens there in one cycle has no order."""

    def __init__(
        self, pes: int, board: JourneyBoard, beat: Callable[[], None], listen: Callable[[Observed], None] | None
    ) -> None:
        numbers = {link: number for number, link in link_numbers(pes).items()}
        self._number: Callable[[Observed], int] = lambda observed: numbers.get(observed.link, -1)
        handlers = {link: tuple(board.on(link)) for link in board.links()}
        #: of links that nobody listens to
        self.cycles: dict[Link, list[int]] = {} if listen else {link: [] for link in numbers if link not in handlers}
        #: by link: cycles of acceptance, and who is told
        self._heard = _Heard(handlers, listen)
        self._beat = beat
        self._left = _BEAT
        self._now = -1
        self._same: list[Observed] = []

    @property
    def accepts(self) -> dict[Link, list[int]]:
        """Cycles of acceptance by link, of those that were heard."""
        return {link: accepts for link, (accepts, _) in self._heard.items()}

    def hear(self, observed: Observed) -> None:
        """A transaction was accepted, in this cycle or a later one."""
        if observed[2] != self._now:
            self.end()
            self._now = observed[2]
        self._same.append(observed)

    def end(self) -> None:
        """Nothing more comes in this cycle."""
        same = self._same
        if len(same) > 1:
            same.sort(key=self._number)
        for observed in same:
            accepts, handlers = self._heard[observed[0]]
            accepts.append(observed[2])
            for handler in handlers:
                handler(observed)
        self._left -= len(same)
        if self._left < 0:
            self._left = _BEAT
            self._beat()
        same.clear()


class _Heard(dict[Link, tuple[list[int], tuple[Callable[[Observed], None], ...]]]):
    """By link: cycles of acceptance, and who is told: `listen` before the handlers."""

    def __init__(
        self, handlers: Mapping[str, tuple[Callable[[Observed], None], ...]], listen: Callable[[Observed], None] | None
    ) -> None:
        self._handlers = handlers
        self._first = () if listen is None else (listen,)

    def __missing__(self, link: Link) -> tuple[list[int], tuple[Callable[[Observed], None], ...]]:
        made = self[link] = ([], (*self._first, *self._handlers.get(link, ())))
        return made


def run_on_models(
    dut: Dut,
    scenario: Callable[[Platform], Awaitable[None]],
    began: int,
    limit: int,
    beat: Callable[[], None] = lambda: None,
    *,
    profile: Profile | None = None,
    listen: Callable[[Observed], None] | None = None,
    told: Callable[[Journey, Latency], None] | None = None,
) -> Seen:
    """Run `scenario` on the models of `dut`; its software begins in cycle `began`, and it takes `limit` cycles at most.

    `beat` is called now and then; `profile`: what things cost, None: as in this project's Verilog; `listen` gets every
    transaction, before `told` gets the journey that it brings to its acknowledgement. Raises what the software raises, and
    `CheckError` where it does not end.
    """
    board = _board(dut)
    board.told = told
    ears = _Ears(dut.config.pes, board, beat, listen)
    seen = Seen(began)
    platform = _platform(dut, profile, ears.hear)
    platform.only_cycles(ears.cycles)

    async def software() -> None:
        await platform.until(began)
        await scenario(platform)
        seen.ended = platform.now
        await platform.quiesce()

    platform.run(software(), limit)
    ears.end()
    used = {link: cycles for link, cycles in ears.cycles.items() if cycles}
    seen.journeys, seen.accepts = board.latencies(), ears.accepts | used
    return seen


def _board(dut: Dut) -> JourneyBoard:
    if dut.gicv2 is not None:
        return Gicv2Journeys(dut.config, dut.gicv2)
    return JourneyScoreboard(dut.config, dut.policy, dut.bounds)


def _platform(dut: Dut, profile: Profile | None, listen: Callable[[Observed], None]) -> ModelPlatform:
    if dut.gicv2 is not None:
        return Gicv2Platform(dut.gicv2, dut.policy, profile, listen, maintained=dut.maintained)
    return ModelPlatform(dut.config, dut.policy, profile, listen, pages=MEM_PAGES)
