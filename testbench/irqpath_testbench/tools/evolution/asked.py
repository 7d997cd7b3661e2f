"""What `irqpath evolution run` was asked for, and the command that asks for it, or for a part of it, again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from typing import Final

from irqpath.software.evolution import Setup

#: Packets that are offered in a million cycles, by default one after the other, for the curves.
LOADS: Final = (100, 200, 400, 800, 1200, 1600)
#: Packets of a point of a curve, at most.
POINT_PACKETS: Final = 1000
#: Options that are fields of a workload.
_OF_LOAD: Final = ("size", "burst", "interval", "rate")
_USUAL: Final = Setup()


@dataclass(frozen=True, slots=True)
class Asked:
    """`setup`: what all rows have in common, with all costs; `profile`: the machine that they are of, by the name that was typed,
    "": of none; `given`: costs that were given one by one; `only`: names of rows,
    none: all; `loads`: of the curves, none: no curves."""

    setup: Setup = field(default_factory=Setup)
    profile: str = ""
    given: tuple[tuple[str, int], ...] = ()
    only: tuple[str, ...] = ()
    loads: tuple[int, ...] = LOADS

    def point(self) -> Setup:
        """The setup of a curve's point, whose load is another."""
        load = self.setup.workload
        return replace(self.setup, workload=replace(load, packets=min(load.packets, POINT_PACKETS)))

    def command(self) -> str:
        """The command line."""
        load, setup = self.setup.workload, self.setup
        words = ["irqpath", "evolution", "run", "--packets", load.packets, "--seed", load.seed]
        words += ["--ring", "packed"] if load.packed else []
        for name in _OF_LOAD:
            if getattr(load, name) != getattr(_USUAL.workload, name):
                words += [f"--{name}", getattr(load, name)]
        for name in ("guests", "vcpus", "pes"):
            if getattr(setup, name) != getattr(_USUAL, name):
                words += [f"--{name}", getattr(setup, name)]
        words += ["--costs", self.profile] if self.profile else []
        for name, cycles in self.given:
            words += ["--set", f"{name}={cycles}"]
        words += ["--only", ",".join(self.only)] if self.only else []
        if self.loads != LOADS:
            words += ["--loads", ",".join(map(str, self.loads)) or "none"]
        return shlex.join(map(str, words))

    def row(self, name: str) -> Asked:
        """The same for one row, without its curve."""
        return replace(self, only=(name,), loads=())

    def at(self, name: str, rate: int) -> Asked:
        """The same for one point of a row's curve."""
        point = self.point()
        return replace(self.row(name), setup=replace(point, workload=replace(point.workload, rate=rate)))
