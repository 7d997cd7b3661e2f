"""Guests that send packets through a machine, on whatever platform: the paths `virtio-tx`, `virtio-rx`, `virtio-intx`, `vf`.

The host, the guest and their devices are `irqpath.software`; what they do is checked there (nothing is lost, doubled, reordered
or late), what the interrupt controller does below them by its scoreboards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.sim.platform import Platform
from irqpath.software.machine import Delivery, Machine
from irqpath.software.packets import Packet, Step
from irqpath.software.workload import Workload
from irqpath_testbench.sequences.randoms import Randoms

#: Interrupts that a packet stands for, where so many are asked for: it needs some ten, and thousands of cycles of software.
FOR_A_PACKET = 50
#: Bursts that fill the transmit queue, so that the guest must be told when there is room again.
TRANSMIT = Workload(burst=12, interval=3000, size=8)
#: One packet at a time, which finds a guest that has blocked or one that does something else.
RECEIVE = Workload(interval=8000)
#: By path: what its guest sends, and how the device's interrupts reach it.
LOADS: Final = {
    "virtio-tx": (TRANSMIT, Delivery.MSI),
    "virtio-rx": (RECEIVE, Delivery.MSI),
    "virtio-intx": (RECEIVE, Delivery.INTX),
    "vf": (RECEIVE, Delivery.ASSIGNED),
}


def load(path: str, rng: Randoms, interrupts: int) -> Workload:
    """What the guest of a path sends."""
    return replace(LOADS[path][0], seed=rng.getrandbits(32), packets=max(1, interrupts // FOR_A_PACKET))


async def _send(platform: Platform, rng: Randoms, interrupts: int, packets: list[Packet], path: str) -> None:
    """Raises `CheckError` where a packet is missing, or took its steps in another order."""
    workload, delivery = load(path, rng, interrupts), LOADS[path][1]
    machine = Machine(platform, workload, delivery=delivery, vcpus=platform.config.pes - 1, finished=packets.append)
    await machine.run()
    if [packet.number for packet in packets] != list(range(workload.packets)):
        raise CheckError(f"of {workload.packets} packets {len(packets)} came back, or not in the order in which they were sent")
    for packet in packets:
        if list(packet.steps) != sorted(packet.steps):
            raise CheckError(f"packet {packet.number} has taken its steps in another order: {packet.times[1:]}")


async def transmit(platform: Platform, rng: Randoms, interrupts: int, packets: list[Packet]) -> None:
    """Path `virtio-tx`: the guest's transmit queue is full again and again. `packets` gets them as they come back."""
    await _send(platform, rng, interrupts, packets, "virtio-tx")


async def receive(platform: Platform, rng: Randoms, interrupts: int, packets: list[Packet]) -> None:
    """Path `virtio-rx`: packets come one by one."""
    await _send(platform, rng, interrupts, packets, "virtio-rx")


async def intx(platform: Platform, rng: Randoms, interrupts: int, packets: list[Packet]) -> None:
    """Path `virtio-intx`: as `receive`, by the wire, whose level is sampled again after the guest's end of interrupt."""
    await _send(platform, rng, interrupts, packets, "virtio-intx")


async def assigned(platform: Platform, rng: Randoms, interrupts: int, packets: list[Packet]) -> None:
    """Path `vf`: an assigned virtual function, whose messages are LPIs of the host."""
    await _send(platform, rng, interrupts, packets, "vf")


def unlike(verilog: Sequence[Packet], models: Sequence[Packet]) -> list[str]:
    """What the same packets did otherwise: a line for each step that was not taken in the same cycle."""
    told = [] if len(verilog) == len(models) else [f"{len(verilog)} packets, on the models {len(models)}"]
    for one, other in zip(verilog, models, strict=False):
        told += [
            f"packet {one.number}, step {step.value} ({step.name}): in cycle {one.times[step]}, on the models {other.times[step]}"
            for step in Step
            if one.times[step] != other.times[step]
        ]
    return told
