"""What software costs on a machine that was published: its times as cycles of the machine's GIC, in which the models count."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from irqpath.core.errors import ConfigError
from irqpath.software.costs.data import Machine, Run, machines
from irqpath.software.cpu.cycles import Cycles


@dataclass(frozen=True, slots=True)
class Published:
    """`published`: names of costs that come from the run; the others are those of no machine, in cycles of its CPU."""

    machine: Machine
    run: Run
    cycles: Cycles
    published: frozenset[str]

    @property
    def mhz(self) -> int | None:
        """Of the models' cycles; None where the machine's clocks are not known, whose CPU and GIC count as one."""
        return self.machine.gic.mhz if self.machine.gic is not None else None


def short(name: str) -> str:
    """A machine's or a run's name as one types it: "ampere-altra"."""
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")


def names() -> tuple[str, ...]:
    """What `published` takes: machines, and where one has several runs each of them: "cortex-a57/split-mode-kvm"."""
    found = []
    for machine in machines():
        runs = [run for run in machine.runs if _usable(machine, run)]
        found += [short(machine.name)] * bool(runs)
        found += [f"{short(machine.name)}/{short(run.name)}" for run in runs if len(runs) > 1]
    return tuple(found)


def published(name: str) -> Published:
    """By what is typed; a machine alone means its first run. Raises `ConfigError` for one that is not known, or whose times are
    in ns and whose clocks are not known."""
    wanted, _, run_wanted = name.partition("/")
    for machine in machines():
        if short(machine.name) == wanted:
            for run in machine.runs:
                if run_wanted in ("", short(run.name)) and _usable(machine, run):
                    return _published(machine, run)
    raise ConfigError(f"there are no costs in cycles of {name!r}; there are those of {', '.join(names())}")


def _usable(machine: Machine, run: Run) -> bool:
    return run.unit == "cycles" or (machine.cpu is not None and machine.gic is not None)


def _published(machine: Machine, run: Run) -> Published:
    """An exit and its entry are a hypercall (hvc), what is more is KVM's (mmio_vgic) and QEMU's (mmio_user)."""
    in_ns = run.unit == "ns"
    assert machine.gic is not None or not in_ns  # see `_usable`
    scale = machine.gic.mhz / 1000 if in_ns and machine.gic is not None else 1.0
    times = {row: round(time * scale) for row, time in run.times.items()}
    costs = {"exit": times["hvc"] // 2, "entry": times["hvc"] - times["hvc"] // 2}
    for cost, row in (("vgic", "mmio_vgic"), ("user", "mmio_user")):
        if row in times:
            costs[cost] = times[row] - times["hvc"]
    return Published(machine, run, Cycles(**(_assumed(machine) | costs)), frozenset(costs))


def _assumed(machine: Machine) -> dict[str, int]:
    """The costs of no machine: cycles of its CPU as cycles of its GIC."""
    ratio = machine.gic.mhz / machine.cpu.mhz if machine.gic is not None and machine.cpu is not None else 1.0
    usual = Cycles()
    return {cost.name: round(getattr(usual, cost.name) * ratio) for cost in fields(usual)}
