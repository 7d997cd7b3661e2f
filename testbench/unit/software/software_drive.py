"""A machine that runs a workload, whose packets are kept."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from irqpath.core.errors import CheckError
from irqpath.software.evolution import Setup
from irqpath.software.host.scheduler import SLICE as TURN
from irqpath.software.packets import Packet, Step
from irqpath.software.workload import Workload

if TYPE_CHECKING:
    from irqpath.sim.model_platform import ModelPlatform
    from irqpath.software.cpu.cycles import Cycles
    from irqpath.software.machine import Results

#: Cycles after which a machine with one vCPU that has not ended hangs.
LIMIT: Final = 4_000_000
#: Cycles from a response to its handler that are too many, if the guest is not busy with others.
LATE: Final = 40_000
#: And for each other vCPU on the PE: its time slice, and what interrupts it.
SLICE: Final = 60_000


@dataclass
class Run:
    """What a run has left: its packets, and its results."""

    packets: list[Packet] = field(default_factory=list)
    results: list[Results] = field(default_factory=list)

    @property
    def result(self) -> Results:
        """Of the run."""
        (result,) = self.results
        return result


def sharing(guests: int, vcpus: int, pes: int) -> int:
    """How many vCPUs share a PE at most; the last PE is QEMU's."""
    return -(-guests * vcpus // (Setup(guests=guests, vcpus=vcpus, pes=pes).places - 1))


def run(
    workload: Workload,
    generation: str = "GICv3",
    delivery: str = "MSI",
    *,
    pressure: int = 0,
    list_registers: int = 4,
    guests: int = 1,
    vcpus: int = 1,
    pes: int = 0,
    migrate: bool = False,
    cycles: Cycles | None = None,
    at_sync: bool = False,
) -> Run:
    """Run it to its end. Raises `CheckError`, also where a packet is handled late or takes its steps in another order. `at_sync`:
    what an ITS maps counts from the next SYNC on."""
    # As it is imported now: inside `injected` the copy with the bug.
    lib = importlib.import_module("irqpath.software.machine")
    found = Run()
    platform: ModelPlatform = lib.model(
        lib.Generation(generation),
        Setup(guests=guests, vcpus=vcpus, pes=pes).places,
        list_registers,
        policy=replace(lib.IRQPATH, its_maps_at_sync=at_sync),
    )
    machine = lib.Machine(
        platform,
        workload,
        delivery=lib.Delivery[delivery],
        guests=guests,
        vcpus=vcpus,
        migrate=migrate,
        cycles=cycles,
        finished=found.packets.append,
    )

    async def main() -> None:
        platform.pressure(pressure)
        found.results.append(await machine.run())

    try:
        platform.run(main(), LIMIT * guests * vcpus)
    except CheckError as error:
        if platform.reports:
            raise CheckError(f"{error}; the GIC's models report {platform.reports[-1]}") from error
        raise
    if platform.reports:
        raise CheckError(f"the GIC's models report {platform.reports[0]}")
    late = max(packet.times[Step.HANDLER] - packet.times[Step.RESPONSE] for packet in found.packets)
    others = sharing(guests, vcpus, pes) - 1
    devices = guests * (2 if workload.disk else 1)  # they share QEMU's PE, whose threads take turns
    if late > LATE + SLICE * others + TURN * (devices - 1):
        raise CheckError(f"a response has waited for {late} cycles until it was handled: late")
    if not all(in_order(packet) for packet in found.packets):
        raise CheckError("a packet has taken its steps in another order")
    return found


def in_order(packet: Packet) -> bool:
    """Whether the steps that it took came in the order of their numbers."""
    return list(packet.steps) == sorted(packet.steps)
