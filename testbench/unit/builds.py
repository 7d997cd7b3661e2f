"""The builds with Verilator that `make sim` and `make test` make: each costs a minute. A test that wants another takes one of
these or Icarus, which builds in a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from irqpath.core.errors import CheckError
from irqpath_testbench.dut.parameters import DIRECT, GICV2, GICV2_MACHINE, MACHINE, VIRTUAL, qemu_virt
from irqpath_testbench.tools.sim.build import Build
from unit.toys.devices import PAIR

#: So many at most.
MOST: Final = 12
#: Each build, and what runs on it.
BUILDS: Final = (
    (Build(), "make sim: the paths that name no device; all INTIDs of 24 bits; figures of the documentation"),
    (
        Build(faults=True),
        "tests of injected faults, of the testbench itself, of repeated runs, of the bare-metal program, of DMA",
    ),
    (Build(device=DIRECT), "make sim: path lpi-direct"),
    (Build(device=VIRTUAL), "make sim: paths virq-lr, virq-hw, maint"),
    (Build(device=MACHINE), "make sim: paths virtio-tx, virtio-rx, virtio-intx, vf"),
    (Build(device=GICV2_MACHINE), "make sim: the same paths with a GICv2"),
    (Build(device=GICV2), "make sim: path gicv2"),
    (Build(device=GICV2, faults=True), "tests of injected faults of a GICv2"),
    (Build(device=replace(VIRTUAL, pes=2), faults=True), "tests of injected faults of virtual CPU interfaces"),
    (Build(device=qemu_virt(1)), "make sim: path linux; the recording of one PE"),
    (Build(device=qemu_virt(2), waves=True), "recordings of two PEs; views of waves"),
    (Build(described=PAIR), "the testbench that is made for a device of others"),
)


def refuse_more(what: Build, builds: Sequence[tuple[Build, str]] = BUILDS) -> None:
    """Raises `CheckError` for a build with Verilator that is none of these."""
    if what.simulator != "verilator" or any(what.folder == build.folder for build, _ in builds):
        return
    listed = "\n".join(f"  {build.folder.name}: {why}" for build, why in builds)
    raise CheckError(
        f"{what.folder.name} is a build with Verilator that tests do not make: use Icarus, or one of\n{listed}\n"
        f"(testbench/unit/builds.py, {MOST} at most)"
    )
