"""What software costs, in cycles of the machine's clock, beyond the accesses to the interrupt controller that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from irqpath.core.errors import ConfigError
from irqpath.software.costs.data import Machine, machines


@dataclass(frozen=True, slots=True)
class Cycles:
    """`exit`, `entry`: of a guest, its registers saved and restored; `load`, `put`: of a vCPU, at the PE where it runs; `vgic`:
    KVM emulates an access to the interrupt controller; `user`: from KVM to QEMU and back; `wake`: a thread is made ready, another
    comes; `inject`: irqfd to the vgic; `loop`: the event loop hears a file descriptor; `forward`, `respond`: QEMU's device with
    a packet; `send`, `receive`: the guest's driver with a packet, `complete`: at the end of a poll; `handler`: an interrupt
    handler; `disk`: what the disk takes for a request, at most; `wire`: until a packet comes back, `gap`: between two of them.
    The values are those of no machine: see `of_machine`."""

    exit: int = 300
    entry: int = 300
    load: int = 200
    put: int = 200
    vgic: int = 850
    user: int = 6000
    wake: int = 900
    inject: int = 300
    loop: int = 600
    forward: int = 400
    respond: int = 400
    send: int = 200
    receive: int = 200
    complete: int = 100
    handler: int = 150
    disk: int = 12000
    wire: int = 3000
    gap: int = 100

    def __post_init__(self) -> None:
        for cost in fields(self):
            if getattr(self, cost.name) < 0:
                raise ConfigError(f"{cost.name} costs {getattr(self, cost.name)} cycles: less than none")

    def overridden(self, costs: Mapping[str, int]) -> Cycles:
        """These with others in their place, by name. Raises `ConfigError` for a name that is none."""
        names = {cost.name for cost in fields(self)}
        unknown = sorted(costs.keys() - names)
        if unknown:
            raise ConfigError(f"no cost is called {unknown[0]}; there are {', '.join(sorted(names))}")
        return replace(self, **costs)


def of_machine(name: str, run: str) -> Cycles:
    """Those of a published machine: an exit and its entry are a hypercall (hvc), what is more is KVM's (mmio_vgic) and QEMU's
    (mmio_user). Raises `ConfigError` for a machine, or a run of it, that is not known or has no cycles."""
    for machine in machines():
        if machine.name == name:
            return _of(machine, run)
    raise ConfigError(f"no machine is called {name!r}; there are {', '.join(machine.name for machine in machines())}")


def _of(machine: Machine, name: str) -> Cycles:
    for run in machine.runs:
        if run.name == name and run.unit == "cycles":
            hvc = round(run.times["hvc"])
            vgic, user = round(run.times["mmio_vgic"]) - hvc, round(run.times["mmio_user"]) - hvc
            return Cycles(exit=hvc // 2, entry=hvc - hvc // 2, vgic=vgic, user=user)
    raise ConfigError(f"{machine.name} has no run {name!r} in cycles")
