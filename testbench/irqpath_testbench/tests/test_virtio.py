"""Paths `virtio-tx`, `virtio-rx`, `virtio-intx` and `vf`: packets of a guest, through the host, its device and back."""

from __future__ import annotations

import pyuvm

from irqpath.sim.platform import Platform
from irqpath.software.packets import Packet
from irqpath_testbench.env.agents.software import Scenario
from irqpath_testbench.env.base_test import BaseTest
from irqpath_testbench.sequences import virtio
from irqpath_testbench.sequences.randoms import Randoms


class Packets(BaseTest):
    """`software(platform, rng, interrupts, packets)`: each packet takes its steps in the same cycles as on the models."""

    #: a timer's interrupt may have come when the last guest ends, which nobody takes any more
    ends_open = True

    def build_phase(self) -> None:
        """No run yet."""
        super().build_phase()
        #: packets of the Verilog, then of the models
        self.runs: list[list[Packet]] = []

    @staticmethod
    async def software(platform: Platform, rng: Randoms, interrupts: int, packets: list[Packet]) -> None:
        """The scenario; subclasses put theirs here."""
        raise NotImplementedError

    def scenario(self) -> Scenario:
        """The class's software, with packets of its own."""
        software, packets = type(self).software, list[Packet]()
        self.runs.append(packets)
        rng, interrupts = Randoms(f"{self.run_config.seed}:{type(self).__name__}"), self.run_config.interrupts
        return lambda platform: software(platform, rng, interrupts, packets)

    def notes(self) -> dict[str, int]:
        """How many packets went all the way."""
        return {"packets": len(self.runs[0])}

    def against_models(self) -> list[str]:
        """The same packets there."""
        differ = virtio.unlike(*self.runs)
        return [f"{line}; {len(differ)} such differences" for line in differ[:1]]


@pyuvm.test()
class Transmit(Packets):
    """The transmit queue is full again and again."""

    software = staticmethod(virtio.transmit)


@pyuvm.test()
class Receive(Packets):
    """Packets come one by one."""

    software = staticmethod(virtio.receive)


@pyuvm.test()
class Intx(Packets):
    """By the wire."""

    software = staticmethod(virtio.intx)


@pyuvm.test()
class Assigned(Packets):
    """By LPIs of an assigned function."""

    software = staticmethod(virtio.assigned)
