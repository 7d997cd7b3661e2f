"""What was run and what came of it, as plain data: what evolution.json holds, and what tables and page are made of.

Counts are of all packets of a row, times in cycles. Beside each part stands the command that makes its numbers again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from irqpath.software.costs.data import Clock, hops
from irqpath.software.cpu.published import published
from irqpath.software.evolution import DEVICES, Curve, Distribution, Row, traps
from irqpath.software.machine import Delivery, Generation
from irqpath.software.packets import Step
from irqpath.software.recording import Recorded
from irqpath_testbench.tools.evolution.asked import Asked
from irqpath_testbench.tools.evolution.course import Evolution, Found

#: Plain data: dictionaries, lists, numbers, texts.
Data: TypeAlias = dict[str, Any]
#: Shares of a distribution, by name.
SHARES: Final = {"median": 0.5, "p99": 0.99, "p99.9": 0.999, "maximum": 1.0}

#: How a step is written.
STEPS: Final = {
    "add_buf": "1 add_buf",
    "kick": "2 kick",
    "event_loop": "3 event loop",
    "forwarded": "4 forwarded",
    "response": "5 response",
    "irqfd": "6 irqfd",
    "virtual_interrupt": "7 virtual interrupt",
    "handler": "8 handler",
}


def as_data(asked: Asked, evolution: Evolution) -> Data:
    """All of it."""
    load, cycles = asked.setup.workload, asked.setup.cycles
    return {
        "command": asked.command(),
        "workload": {name: getattr(load, name) for name in load.__dataclass_fields__},
        "guests": asked.setup.guests,
        "vcpus": asked.setup.vcpus,
        "pes": asked.setup.places,
        "costs": {name: getattr(cycles, name) for name in cycles.__dataclass_fields__},
        "profile": _profile(asked.profile) if asked.profile else None,
        "published": [name for name in _published(asked) if name not in dict(asked.given)],
        "figures": [
            {"name": f.name, "value": f.value, "to": f.to, "unit": f.unit, "source": f.source} for f in hops().figures.values()
        ],
        "rows": [_row(asked, found) for found in evolution.found],
        "left_out": [{"name": row.name, "why": row.why} for row in evolution.left_out],
    }


def _published(asked: Asked) -> list[str]:
    """Costs that were published."""
    return sorted(published(asked.profile).published) if asked.profile else []


def _profile(name: str) -> Data:
    """The machine whose costs these are, its clocks, and where its times were read."""
    found = published(name)
    machine = found.machine
    return {
        "name": name,
        "machine": machine.name,
        "run": found.run.name,
        "source": found.run.source,
        "calibrates": machine.calibrates,
        "mhz": found.mhz,
        "cpu": _clock(machine.cpu),
        "gic": _clock(machine.gic),
    }


def _clock(clock: Clock | None) -> Data | None:
    return {"mhz": clock.mhz, "assumed": clock.assumed, "source": clock.source} if clock else None


def _rests_on(asked: Asked, row: Row) -> str:
    """What stands behind a row's cycles. Of a VLPI's way nobody has published anything."""
    if row.delivery is Delivery.ASSIGNED and row.generation in (Generation.GICV40, Generation.GICV41):
        return "unvalidated"
    if not asked.profile:
        return "assumed"
    return "published exits" if published(asked.profile).machine.calibrates else "older exits"


def _row(asked: Asked, found: Found) -> Data:
    row, results = found.row, found.row.results
    return {
        "name": row.name,
        "command": asked.row(row.name).command(),
        "generation": row.generation.value,
        "device": DEVICES[row.delivery],
        "delivery": row.delivery.name.lower(),
        "guest": "waiting" if row.waiting else "running",
        "rests_on": _rests_on(asked, row),
        "packets": row.packets,
        "cycles": results.cycles,
        "throughput": round(row.throughput, 1),
        "exits": {reason.name.lower(): count for reason, count in results.exits.items()},
        "traps": traps(row),
        "user": results.user,
        "kicks_of_vcpu": results.kicks,
        "wakes": results.wakes,
        "doorbells": results.doorbells,
        "list_registers": results.list_registers,
        "interrupts_sent": results.notifications,
        "interrupts_taken": results.interrupts,
        "sgis": results.sgis,
        "ticks": results.ticks,
        "kicks_sent": results.sent,
        "kicks_suppressed": results.suppressed,
        "latency": _distribution(row.latency),
        "round_trip": _distribution(row.round_trip),
        "hops": [
            {"from": before.name.lower(), "to": step.name.lower(), "packets": count, "cycles": total}
            for (before, step), (count, total) in sorted(row.hops.items())
        ],
        "packet": _packet(found.recorded) if found.recorded else None,
        "load": _curve(asked, found.curve) if found.curve else [],
    }


def _packet(recorded: Recorded) -> Data:
    packet = recorded.packet
    start = packet.times[Step.ADD_BUF]
    return {
        "number": packet.number,
        "cycle": start,
        "steps": {step.name.lower(): packet.times[step] - start for step in Step if packet.took(step)},
        "moments": [
            {"cycle": m.cycle, "from": m.source.value, "to": m.target.value, "says": m.says, "step": m.step}
            for m in recorded.moments
        ],
    }


def _curve(asked: Asked, curve: Curve) -> list[Data]:
    return [
        {
            "rate": rate,
            "command": asked.at(curve.name, rate).command(),
            "packets": row.packets,
            "throughput": round(row.throughput, 1),
            "exits": row.exits,
            "interrupts_taken": row.results.interrupts,
            "latency": _distribution(row.latency, histogram=False),
            "round_trip": _distribution(row.round_trip, histogram=False),
        }
        for rate, row in curve.points
    ]


def hops_of(row: Data) -> Iterator[Data]:
    """Where a packet's time goes on average: by the step that a hop leads to, cycles of all packets over all packets."""
    cycles: dict[str, int] = {}
    for hop in row["hops"]:
        cycles[hop["to"]] = cycles.get(hop["to"], 0) + hop["cycles"]
    for number, step in enumerate(STEPS):
        if step in cycles:
            yield {"step": step, "number": number, "cycles": cycles[step] / row["packets"]}


def _distribution(found: Distribution, histogram: bool = True) -> Data:
    numbers: Data = {"count": found.counts.total()} | {name: found.at(share) for name, share in SHARES.items()}
    return numbers | {"histogram": [list(bar) for bar in found.histogram()]} if histogram else numbers
