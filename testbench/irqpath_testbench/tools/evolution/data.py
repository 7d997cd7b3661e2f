"""What was run and what came of it, as plain data: what evolution.json holds, and what tables and page are made of.

Counts are of all packets of a row, times in cycles. Beside each part stands the command that makes its numbers again.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from irqpath.software.evolution import DEVICES, Curve, Distribution, traps
from irqpath.software.packets import Step
from irqpath.software.recording import Recorded
from irqpath_testbench.tools.evolution.asked import Asked
from irqpath_testbench.tools.evolution.course import Evolution, Found

#: Plain data: dictionaries, lists, numbers, texts.
Data: TypeAlias = dict[str, Any]
#: Shares of a distribution, by name.
SHARES: Final = {"median": 0.5, "p99": 0.99, "p99.9": 0.999, "maximum": 1.0}


def as_data(asked: Asked, evolution: Evolution) -> Data:
    """All of it."""
    load, cycles = asked.setup.workload, asked.setup.cycles
    return {
        "command": asked.command(),
        "workload": {name: getattr(load, name) for name in load.__dataclass_fields__},
        "vcpus": asked.setup.vcpus,
        "pes": asked.setup.pes or asked.setup.vcpus + 1,
        "costs": {name: getattr(cycles, name) for name in cycles.__dataclass_fields__},
        "rows": [_row(asked, found) for found in evolution.found],
        "left_out": [{"name": row.name, "why": row.why} for row in evolution.left_out],
    }


def _row(asked: Asked, found: Found) -> Data:
    row, results = found.row, found.row.results
    return {
        "name": row.name,
        "command": asked.row(row.name).command(),
        "generation": row.generation.value,
        "device": DEVICES[row.delivery],
        "delivery": row.delivery.name.lower(),
        "guest": "waiting" if row.waiting else "running",
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


def _distribution(found: Distribution, histogram: bool = True) -> Data:
    numbers: Data = {"count": found.counts.total()} | {name: found.at(share) for name, share in SHARES.items()}
    return numbers | {"histogram": [list(bar) for bar in found.histogram()]} if histogram else numbers
