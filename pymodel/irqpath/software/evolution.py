"""The same packets on one generation of GIC after the other: what each delivery costs, counted and in cycles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from irqpath.core.errors import CheckError
from irqpath.core.transactions import Observed
from irqpath.sim.model_platform import ModelPlatform
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.cpu.exits import Reason
from irqpath.software.machine import Delivery, Generation, Machine, Results, deliveries, model
from irqpath.software.packets import Packet, Step
from irqpath.software.workload import Workload

#: (generation, delivery, whether the guest waits for its packets and does nothing else)
Run: TypeAlias = tuple[Generation, Delivery, bool]
#: What is run, in this order.
RUNS: Final[tuple[Run, ...]] = tuple(
    (generation, delivery, waiting)
    for waiting in (False, True)
    for delivery in (Delivery.MSI, Delivery.ASSIGNED)
    for generation in Generation
    if delivery in deliveries(generation)
)
#: What a device is called by the way its interrupts take.
DEVICES: Final = {Delivery.MSI: "emulated", Delivery.INTX: "emulated-intx", Delivery.ASSIGNED: "assigned"}
#: Cycles a packet that a run may take, besides those of its start.
PER_PACKET, START = 1_000_000, 10_000_000
#: PEs that a GIC of each generation can have.
MOST_PES: Final = 8
#: Packets of a row that are kept whole, its first ones.
KEPT: Final = 64
#: Bars of a histogram, at most.
_BARS: Final = 48


@dataclass(frozen=True, slots=True)
class Setup:
    """What all rows have in common: what each guest sends, what software costs; `guests`, and `vcpus` of each; `pes`: of the
    machine, 0: as `places` says."""

    workload: Workload = field(default_factory=lambda: Workload(1000, burst=4, interval=8000))
    cycles: Cycles = field(default_factory=Cycles)
    guests: int = 1
    vcpus: int = 1
    pes: int = 0

    @property
    def places(self) -> int:
        """PEs: one for each vCPU and one for QEMU, as far as each generation has as many, if nothing else was asked for."""
        return self.pes or min(self.guests * self.vcpus + 1, MOST_PES)

    @property
    def packets(self) -> int:
        """Of all guests."""
        return self.guests * self.workload.packets

    def load(self, waiting: bool) -> Workload:
        """What the guest of a row sends; one that waits has nothing else to do."""
        return replace(self.workload, idle=True, interval=0) if waiting else self.workload

    def machine(
        self,
        generation: Generation,
        delivery: Delivery,
        waiting: bool,
        finished: Callable[[Packet], None],
        listen: Callable[[Observed], None] | None = None,
    ) -> tuple[ModelPlatform, Machine]:
        """The machine of a row; `listen` is told every transaction of its GIC. Raises `ConfigError` where there is none."""
        platform = model(generation, self.places, listen=listen)
        machine = Machine(
            platform, self.load(waiting), delivery=delivery, guests=self.guests, vcpus=self.vcpus, cycles=self.cycles,
            finished=finished,
        )  # fmt: skip
        return platform, machine


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that there is not, and why."""

    name: str
    why: str


def name_of(generation: Generation, delivery: Delivery, waiting: bool) -> str:
    """What a row is called: "gicv3-emulated-runs"."""
    return f"{generation.value.lower()}-{DEVICES[delivery]}-{'waits' if waiting else 'runs'}"


def runs(only: Sequence[str] = ()) -> tuple[Run, ...]:
    """All of `RUNS`, or those that `only` names."""
    return tuple(run for run in RUNS if not only or name_of(*run) in only)


def names() -> tuple[str, ...]:
    """Of all of `RUNS`."""
    return tuple(name_of(*run) for run in RUNS)


@dataclass(slots=True)
class Distribution:
    """Cycles, by how often they came: exact, and no larger for more packets that take the same."""

    counts: Counter[int] = field(default_factory=Counter)

    def add(self, cycles: int) -> None:
        """One more."""
        self.counts[cycles] += 1

    def at(self, share: float) -> int:
        """The least value that this share of all (0 to 1) does not exceed; 0 where there are none."""
        left = share * self.counts.total()
        for cycles in sorted(self.counts):
            left -= self.counts[cycles]
            if left <= 0:
                return cycles
        return 0

    def histogram(self) -> list[tuple[int, int, int]]:
        """(first, last, how many) of each range of cycles in which there are any; ranges are equally wide."""
        if not self.counts:
            return []
        least = min(self.counts)
        width = -(-(max(self.counts) - least + 1) // _BARS)
        bars: Counter[int] = Counter()
        for cycles, count in self.counts.items():
            bars[(cycles - least) // width] += count
        return [(least + n * width, least + (n + 1) * width - 1, bars[n]) for n in sorted(bars)]


@dataclass(slots=True)
class Row:
    """One generation and delivery; `waiting`: the guest has blocked when its packets come back. `latency`: from a response in the
    virtqueue to its handler, of packets that were interrupted for; `round_trip`: from add_buf to the handler, of all; `hops`: by
    a step and the next that a packet took, how many packets and how many cycles in all; `first`: its first packets."""

    generation: Generation
    delivery: Delivery
    waiting: bool = False
    packets: int = 0
    results: Results = field(default_factory=Results)
    latency: Distribution = field(default_factory=Distribution)
    round_trip: Distribution = field(default_factory=Distribution)
    hops: dict[tuple[Step, Step], tuple[int, int]] = field(default_factory=dict)
    first: list[Packet] = field(default_factory=list)

    def finished(self, packet: Packet) -> None:
        """A packet has come back."""
        times = packet.times
        self.packets += 1
        if len(self.first) < KEPT:
            self.first.append(packet)
        self.round_trip.add(times[Step.HANDLER] - times[Step.ADD_BUF])
        if packet.took(Step.VIRTUAL_INTERRUPT):
            self.latency.add(times[Step.HANDLER] - times[Step.RESPONSE])
        before = Step.ADD_BUF
        for step in Step:
            if step != before and packet.took(step):
                count, cycles = self.hops.get((before, step), (0, 0))
                self.hops[before, step] = count + 1, cycles + times[step] - times[before]
                before = step

    @property
    def name(self) -> str:
        """What it is called."""
        return name_of(self.generation, self.delivery, self.waiting)

    @property
    def exits(self) -> int:
        """All exits."""
        return sum(self.results.exits.values())

    @property
    def throughput(self) -> float:
        """Packets in a million cycles."""
        return 1e6 * self.packets / self.results.cycles if self.results.cycles else 0.0

    def typical(self) -> Packet | None:
        """Of its first packets, one that took as many steps as any, and of these the one whose latency, and then whose round trip
        is nearest to the median, the last of several; None where nothing has come back."""
        most = max((len(packet.steps) for packet in self.first), default=0)
        whole = [packet for packet in self.first if len(packet.steps) == most]
        latency, round_trip = self.latency.at(0.5), self.round_trip.at(0.5)

        def far(packet: Packet) -> tuple[int, int]:
            end = packet.times[Step.HANDLER]
            return abs(end - packet.times[Step.RESPONSE] - latency), abs(end - packet.times[Step.ADD_BUF] - round_trip)

        return min(reversed(whole), key=far, default=None)


def measure(
    setup: Setup, generation: Generation, delivery: Delivery, waiting: bool, progress: Callable[[], None] = lambda: None
) -> Row:
    """Run a row on the models; `progress` is called after each packet. Raises `CheckError` where a check fails, `ConfigError`
    where there is no such machine."""
    row = Row(generation, delivery, waiting)

    def finished(packet: Packet) -> None:
        row.finished(packet)
        progress()

    platform, machine = setup.machine(generation, delivery, waiting, finished)

    async def main() -> None:
        row.results = await machine.run()

    platform.run(main(), START + PER_PACKET * setup.packets)
    if platform.reports:
        raise CheckError(f"{generation.value}, {delivery.value}: the GIC's models report {platform.reports[0]}")
    return row


@dataclass(frozen=True, slots=True)
class Curve:
    """A row at one load after the other: (packets offered in a million cycles, what came of it)."""

    name: str
    points: tuple[tuple[int, Row], ...]


def traps(row: Row) -> int:
    """Exits because of what the guest did to its interrupt controller, its device or a system register."""
    return row.results.exits[Reason.MMIO] + row.results.exits[Reason.SYSREG]
