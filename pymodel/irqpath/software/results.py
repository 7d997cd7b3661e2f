"""What is counted of a guest while it sends."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from irqpath.software.cpu.exits import Reason


@dataclass(slots=True)
class Results:
    """What has been counted since the guest began to send. `exits`: by reason, of them `user` in QEMU; `kicks`: of a vCPU in
    guest mode; `wakes`: of a blocked one; `doorbells`: of its vPE; `list_registers`: written; `notifications`: interrupts of the
    device; `interrupts`: taken by the guest, `sgis` and `ticks` of timers besides; `sent`, `suppressed`: kicks of the
    guest's driver; `cycles`: from the first packet to the last."""

    exits: dict[Reason, int] = field(default_factory=dict)
    user: int = 0
    kicks: int = 0
    wakes: int = 0
    doorbells: int = 0
    list_registers: int = 0
    notifications: int = 0
    interrupts: int = 0
    sgis: int = 0
    ticks: int = 0
    sent: int = 0
    suppressed: int = 0
    cycles: int = 0

    def since(self, before: Results) -> Results:
        """What has been counted since then."""
        exits = {reason: count - before.exits[reason] for reason, count in self.exits.items()}
        numbers = {
            field.name: getattr(self, field.name) - getattr(before, field.name) for field in fields(self) if field.name != "exits"
        }
        return Results(exits, **numbers)

    def __add__(self, other: Results) -> Results:
        """Those of two guests; `cycles`: of the one that took longer."""
        exits = {reason: self.exits.get(reason, 0) + other.exits.get(reason, 0) for reason in Reason}
        numbers = {
            field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self) if field.name != "exits"
        }
        return Results(exits, **{**numbers, "cycles": max(self.cycles, other.cycles)})
