"""What `irqpath evolution run` prints: tables that fit 100 columns, made of the data that is written too."""

from __future__ import annotations

from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console

from irqpath.cli.table import Figures
from irqpath_testbench.tools.evolution.data import Data

_KEYS: Final = ("GIC", "device", "guest")
#: Counts by their headings, of a row's data.
COUNTS: Final = {
    "exits": "exits",
    "traps": "traps",
    "QEMU": "user",
    "List registers": "list_registers",
    "doorbells": "doorbells",
    "kicks": "kicks_sent",
    "suppressed": "kicks_suppressed",
    "interrupts": "interrupts_taken",
}
#: Times by their headings: the distribution, and what of it.
TIMES: Final = {
    "median": ("latency", "median"),
    "p99": ("latency", "p99"),
    "p99.9": ("latency", "p99.9"),
    "round trip": ("round_trip", "median"),
    "its p99": ("round_trip", "p99"),
}


def keys_of(row: Data) -> tuple[str, str, str]:
    """What names a row, as one reads it."""
    return row["generation"], row["device"].replace("-", ", "), "waits" if row["guest"] == "waiting" else "runs"


def count_of(row: Data, heading: str) -> str:
    """A count for one packet."""
    found = row[COUNTS[heading]]
    total = sum(found.values()) if isinstance(found, dict) else found
    return f"{total / row['packets']:.2f}"


def time_of(row: Data, heading: str) -> str:
    """A time in cycles."""
    kind, what = TIMES[heading]
    return f"{row[kind][what]:,}"


def print_tables(console: Console, data: Data, *, steps: bool = False) -> None:
    """Counts and times; curves where there are any. `steps`: the steps of each row's packet, too."""
    rows = data["rows"]
    title = f"For one packet, of {rows[0]['packets']:,}"
    columns = ("exits", "traps", "QEMU", "List registers", "doorbells", "kicks", "suppressed", "interrupts")
    counted = Figures(title, _KEYS, columns, SIMPLE_HEAD)
    title = "From the response to the handler, and from add_buf to the handler, in cycles"
    microseconds = ("median µs", "round trip µs") if _mhz(data) else ()
    columns = ("median", "p99", "p99.9", "round trip", "its p99", *microseconds, "rests on")
    timed = Figures(title, _KEYS, columns, SIMPLE_HEAD)
    for row in rows:
        counted.add(*keys_of(row), *(count_of(row, heading) for heading in COUNTS))
        timed.add(*keys_of(row), *(time_of(row, heading) for heading in TIMES), *_microseconds(data, row), row["rests_on"])
    counted.print(console)
    console.print()
    timed.print(console)
    if rows[0]["load"]:
        _print_loads(console, rows)
    if steps:
        _print_steps(console, rows)
    for row in data["left_out"]:
        console.print(f"left out: {row['name']}: {row['why']}", highlight=False, markup=False, soft_wrap=True)
    console.print(costs_of(data), highlight=False, markup=False, soft_wrap=True)


def _mhz(data: Data) -> int | None:
    """Of the cycles, where it is known."""
    return data["profile"]["mhz"] if data["profile"] else None


def _microseconds(data: Data, row: Data) -> list[str]:
    mhz = _mhz(data)
    return [microseconds(row[kind]["median"], mhz) for kind in ("latency", "round_trip")] if mhz else []


def microseconds(cycles: int, mhz: int) -> str:
    """Cycles of a clock as µs."""
    return f"{cycles / mhz:.2f}"


def costs_of(data: Data) -> str:
    """What stands behind the costs of software, and clocks, in a sentence or two."""
    profile = data["profile"]
    if profile is None:
        return "what software costs is assumed; --costs takes that of a machine, --set says otherwise"
    of = f"{', '.join(data['published'])} are of {profile['machine']} ({profile['run']}), which calibrates"
    of = of if profile["calibrates"] else f"{of} nothing: it is from before KVM was rewritten for VHE"
    clocks = ", ".join(_clock(name, profile[name.lower()]) for name in ("CPU", "GIC") if profile[name.lower()])
    return f"{of}; what else software costs is assumed; {clocks or 'its clocks were not read: CPU and GIC count as one'}"


def _clock(name: str, clock: Data) -> str:
    return f"{name} {clock['mhz']:,} MHz{' (assumed)' if clock['assumed'] else ''}"


def _print_loads(console: Console, rows: list[Data]) -> None:
    """By packets offered in a million cycles: how many get through, and how long the slow ones take."""
    rates = _rates(rows[0])
    through = Figures("Packets through in a million cycles, by packets offered", _KEYS, rates, SIMPLE_HEAD)
    slow = Figures("From add_buf to the handler, 99th percentile in cycles, by packets offered", _KEYS, rates, SIMPLE_HEAD)
    for row in rows:
        through.add(*keys_of(row), *(f"{point['throughput']:,.0f}" for point in row["load"]))
        slow.add(*keys_of(row), *(f"{point['round_trip']['p99']:,}" for point in row["load"]))
    console.print()
    through.print(console)
    console.print()
    slow.print(console)


def _rates(row: Data) -> list[str]:
    return [f"{point['rate']:,}" for point in row["load"]]


def _print_steps(console: Console, rows: list[Data]) -> None:
    for row in rows:
        packet = row["packet"]
        if packet is None:
            continue
        table = Figures(f"Packet {packet['number']} of {row['name']}", ("step", "what happens", "by"), ("cycle",), SIMPLE_HEAD)
        for moment in packet["moments"]:
            by = moment["from"] if moment["from"] == moment["to"] else f"{moment['from']} to {moment['to']}"
            table.add(str(moment["step"] or ""), moment["says"], by, f"{moment['cycle']:,}")
        console.print()
        table.print(console)
