"""A machine that runs a workload, whose packets are kept."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from irqpath.core.errors import CheckError
from irqpath.sim.model_platform import ModelPlatform
from irqpath.software.packets import Packet, Step
from irqpath.software.workload import Workload

if TYPE_CHECKING:
    from irqpath.software.machine import Results

#: Cycles after which a machine that has not ended hangs.
LIMIT: Final = 20_000_000


@dataclass
class Run:
    """What a run has left: its packets, and its results."""

    packets: list[Packet] = field(default_factory=list)
    results: list[Results] = field(default_factory=list)
    platform: ModelPlatform | None = None

    @property
    def result(self) -> Results:
        """Of the run."""
        (result,) = self.results
        return result


def run(workload: Workload, *, pressure: int = 0, prepare: Callable[[Any], None] | None = None, **options: Any) -> Run:
    """Run it to its end; `prepare` is given the machine before. Raises `CheckError`."""
    # As it is imported now: inside `injected` the copy with the bug.
    lib = importlib.import_module("irqpath.software.machine")
    found = Run()
    platform = found.platform = ModelPlatform(lib.gicv3())
    machine = lib.Machine(platform, workload, finished=found.packets.append, **options)
    if prepare is not None:
        prepare(machine)

    async def main() -> None:
        platform.pressure(pressure)
        found.results.append(await machine.run())

    platform.run(main(), LIMIT)
    if platform.reports:
        raise CheckError(f"the GIC's models report {platform.reports[0]}")
    return found


def in_order(packet: Packet) -> bool:
    """Whether the steps that it took came in the order of their numbers."""
    times = [packet.times[step] for step in Step if packet.took(step)]
    return times == sorted(times)
