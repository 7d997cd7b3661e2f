"""The same packets on one generation of GIC after the other: what each delivery costs, counted and in cycles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from irqpath.core.errors import CheckError
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.cpu.exits import Reason
from irqpath.software.machine import Delivery, Generation, Machine, Results, deliveries, model
from irqpath.software.packets import Packet, Step
from irqpath.software.workload import Workload

#: What is run, in this order: (generation, delivery, whether the guest waits for its packets and does nothing else).
RUNS: Final = tuple(
    (generation, delivery, waiting)
    for waiting in (False, True)
    for delivery in (Delivery.MSI, Delivery.ASSIGNED)
    for generation in Generation
    if delivery in deliveries(generation)
)
#: Cycles a packet that a run may take, besides those of its start.
_PER_PACKET, _START = 1_000_000, 10_000_000


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


@dataclass(slots=True)
class Row:
    """One generation and delivery; `waiting`: the guest has blocked when its packets come back. `latency`: from a response in the
    virtqueue to its handler, of packets that were interrupted for; `round_trip`: from add_buf to the handler, of all; `hops`: by
    a step and the next that a packet took, how many packets and how many cycles in all."""

    generation: Generation
    delivery: Delivery
    waiting: bool = False
    packets: int = 0
    results: Results = field(default_factory=Results)
    latency: Distribution = field(default_factory=Distribution)
    round_trip: Distribution = field(default_factory=Distribution)
    hops: dict[tuple[Step, Step], tuple[int, int]] = field(default_factory=dict)

    def finished(self, packet: Packet) -> None:
        """A packet has come back."""
        times = packet.times
        self.packets += 1
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
    def exits(self) -> int:
        """All exits."""
        return sum(self.results.exits.values())


def measure(
    generation: Generation,
    delivery: Delivery,
    workload: Workload,
    cycles: Cycles | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Row:
    """Run a workload on the models; `progress` is called after each packet. Raises `CheckError` where a check fails."""
    row = Row(generation, delivery, workload.idle)

    def finished(packet: Packet) -> None:
        row.finished(packet)
        progress()

    platform = model(generation)
    machine = Machine(platform, workload, delivery=delivery, cycles=cycles, finished=finished)

    async def main() -> None:
        row.results = await machine.run()

    platform.run(main(), _START + _PER_PACKET * workload.packets)
    if platform.reports:
        raise CheckError(f"{generation.value}, {delivery.value}: the GIC's models report {platform.reports[0]}")
    return row


def measured(workload: Workload, cycles: Cycles | None, progress: Callable[[], None]) -> Iterator[Row]:
    """All of `RUNS`, one after the other. Raises `CheckError`."""
    for generation, delivery, waiting in RUNS:
        load = replace(workload, idle=True, interval=0) if waiting else workload
        yield measure(generation, delivery, load, cycles, progress)


def as_json(workload: Workload, cycles: Cycles, rows: list[Row]) -> dict[str, Any]:
    """What was run and what came of it, as plain data; counts are of all packets, latencies in cycles."""
    return {
        "workload": {name: getattr(workload, name) for name in Workload.__dataclass_fields__},
        "costs": {name: getattr(cycles, name) for name in Cycles.__dataclass_fields__},
        "rows": [_row(row) for row in rows],
    }


def _row(row: Row) -> dict[str, Any]:
    found = row.results
    return {
        "generation": row.generation.value,
        "delivery": row.delivery.name.lower(),
        "guest": "waiting" if row.waiting else "running",
        "packets": row.packets,
        "cycles": found.cycles,
        "exits": {reason.name.lower(): count for reason, count in found.exits.items()},
        "user": found.user,
        "kicks_of_vcpu": found.kicks,
        "wakes": found.wakes,
        "doorbells": found.doorbells,
        "list_registers": found.list_registers,
        "interrupts_sent": found.notifications,
        "interrupts_taken": found.interrupts,
        "kicks_sent": found.sent,
        "kicks_suppressed": found.suppressed,
        "latency": _distribution(row.latency),
        "round_trip": _distribution(row.round_trip),
        "hops": [
            {"from": before.name.lower(), "to": step.name.lower(), "packets": count, "cycles": total}
            for (before, step), (count, total) in sorted(row.hops.items())
        ],
    }


def _distribution(found: Distribution) -> dict[str, int]:
    return {
        "count": found.counts.total(),
        "median": found.at(0.5),
        "p99": found.at(0.99),
        "p99.9": found.at(0.999),
        "maximum": found.at(1),
    }


def traps(row: Row) -> int:
    """Exits because of what the guest did to its interrupt controller, its device or a system register."""
    return row.results.exits[Reason.MMIO] + row.results.exits[Reason.SYSREG]
