"""A scenario on the model platform: the journeys that it makes there, when each link carried something, and how long it takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from irqpath.core.link import Link
from irqpath.core.transactions import Observed
from irqpath.sim.model_platform import ModelPlatform
from irqpath.sim.platform import Platform
from irqpath.sim.timing.profile import Profile
from irqpath_testbench.dut.description import Dut
from irqpath_testbench.env.scoreboards.journeys import Journey, JourneyScoreboard, Latency

#: Transactions after which a long run tells that it goes on.
_BEAT = 1 << 16


@dataclass(slots=True)
class Seen:
    """What a scenario did on one platform. `began`, `ended`: cycles in which its software began and ended; `journeys`: those that
    were acknowledged, in that order; `accepts`: cycles of acceptance by link."""

    began: int = 0
    ended: int = 0
    journeys: list[Latency] = field(default_factory=list)
    accepts: dict[Link, list[int]] = field(default_factory=dict)


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
    accepts: defaultdict[Link, list[int]] = defaultdict(list)
    board = JourneyScoreboard(dut.config, dut.policy, dut.bounds)
    handlers = {link: tuple(board.on(link)) for link in board.links()}
    left = _BEAT

    board.told = told

    def heard(observed: Observed) -> None:
        nonlocal left
        left -= 1
        if not left:
            left = _BEAT
            beat()
        accepts[observed.link].append(observed.accept)
        if listen is not None:
            listen(observed)
        for handler in handlers.get(observed.link, ()):
            handler(observed)

    seen = Seen(began)
    platform = ModelPlatform(dut.config, dut.policy, profile, heard)

    async def software() -> None:
        await platform.until(began)
        await scenario(platform)
        seen.ended = platform.now
        await platform.quiesce()

    platform.run(software(), limit)
    seen.journeys, seen.accepts = board.acknowledged, dict(accepts)
    return seen
