"""A guest's accesses to what KVM emulates of its interrupt controller."""

from __future__ import annotations

from typing import Final

import pytest

from irqpath.core.errors import CheckError
from irqpath.core.memory import Memory
from irqpath.gic.its.encoding import Command, discard, invall, mapc, mapd, mapti, movi, vsync
from irqpath.regs import GICD, GICR, GITS
from irqpath.software.host.vgic_its import VgicIts
from irqpath.software.host.vgic_mmio import VgicMmio
from irqpath.software.kvm.vgic import Vgic
from irqpath.virtio.port import GuestMemory

QUEUE: Final = 0x1000
PROPERTIES: Final = 0x8000


def _at(name: str) -> tuple[int, int]:
    element = (GICD if name.startswith("GICD") else GICR).element(name)
    return element.offset, element.register.width_bytes


class Frames:
    """The registers of a guest with two vCPUs, by name."""

    def __init__(self) -> None:
        self.vgic = Vgic(2)
        self.mmio = VgicMmio(self.vgic, 64, 16)

    def write(self, name: str, value: int, vcpu: int = 0) -> None:
        """Write one; of a Redistributor, that of `vcpu`."""
        self.mmio.write("gicd" if name.startswith("GICD") else f"gicr{vcpu}", *_at(name), value)

    def read(self, name: str, vcpu: int = 0) -> int:
        """Read one."""
        return self.mmio.read("gicd" if name.startswith("GICD") else f"gicr{vcpu}", *_at(name))


@pytest.mark.parametrize("name", ["GICD_I{}ENABLER1", "GICR_I{}ENABLER0", "GICD_I{}PENDR2", "GICR_I{}PENDR0"])
def test_bits_are_set_and_cleared(name: str) -> None:
    """Ones count; both registers show the same, and those of another vCPU are others."""
    frames = Frames()
    frames.write(name.format("C"), 0xFFFF_FFFF, 1)
    frames.write(name.format("S"), 0b1011 << 8, 1)
    frames.write(name.format("C"), 0b0001 << 8, 1)
    assert frames.read(name.format("S"), 1) == frames.read(name.format("C"), 1) == 0b1010 << 8
    if name.startswith("GICR"):
        assert frames.read(name.format("S"), 0) != 0b1010 << 8


def test_arrays_and_identity() -> None:
    """Priorities, triggers, groups, routes; bytes of a priority register; what is read-only."""
    frames = Frames()
    frames.write("GICD_IPRIORITYR10", 0x40302010)
    frames.mmio.write("gicd", _at("GICD_IPRIORITYR10")[0] + 2, 1, 0x90)
    assert frames.read("GICD_IPRIORITYR10") == 0x40902010
    assert frames.vgic.irq(42).priority == 0x90
    frames.write("GICD_ICFGR2", 2 << 2 * 3)
    assert frames.vgic.irq(35).edge
    assert frames.read("GICD_ICFGR2") == 2 << 2 * 3
    frames.write("GICR_ICFGR1", 0)
    frames.write("GICR_IGROUPR0", 0x1234, 1)
    assert frames.read("GICR_IGROUPR0", 1) == 0x1234
    frames.write("GICD_IROUTER40", 1)
    assert frames.vgic.irq(40, 0).target == 1
    assert [frames.read("GICR_TYPER", vcpu) >> 4 & 1 for vcpu in (0, 1)] == [0, 1]
    assert frames.read("GICD_TYPER") & 0x1F == 2
    frames.write("GICD_CTLR", 0b11)
    assert frames.read("GICD_CTLR") & 0b11 == 0b11
    frames.write("GICR_WAKER", 0b10)
    assert frames.read("GICR_WAKER") == 0
    with pytest.raises(CheckError, match="a guest's access"):
        frames.mmio.read("gicd", 1, 4)


class Commands:
    """A software ITS and its queue."""

    def __init__(self) -> None:
        self.memory = GuestMemory(Memory())
        self.vgic = Vgic(2)
        self.its = VgicIts(self.vgic, self.memory, lambda: PROPERTIES)
        self.its.write(GITS.element("GITS_CBASER").offset, 1 << 63 | QUEUE)
        self.tail = 0

    def run(self, *commands: Command) -> None:
        """Execute them."""
        for command in commands:
            for n, word in enumerate(command):
                self.memory.write(QUEUE + self.tail + 8 * n, 8, word)
            self.tail = (self.tail + 32) % 0x1000
        self.its.write(GITS.element("GITS_CWRITER").offset, self.tail)
        assert self.its.read(GITS.element("GITS_CREADR").offset, 8) == self.tail


def test_a_message_follows_its_mapping() -> None:
    """Mapped, configured, moved, discarded; the cache forgets what is discarded."""
    commands = Commands()
    commands.memory.write(PROPERTIES + 5, 1, 0x81)
    commands.run(mapc(0, 0), mapc(1, 1), mapd(8, 0x4000, 4), mapti(8, 3, 8197, 0))
    assert commands.its.translate(8, 3) == 8197
    assert commands.its.translate(8, 4) is None
    irq = commands.vgic.irq(8197)
    assert (irq.enabled, irq.priority, irq.target) == (True, 0x80, 0)
    commands.memory.write(PROPERTIES + 5, 1, 0x40)
    commands.run(movi(8, 3, 1), invall(1))
    assert (irq.enabled, irq.priority, irq.target) == (False, 0x40, 1)
    commands.run(discard(8, 3))
    assert commands.its.translate(8, 3) is None
    with pytest.raises(CheckError, match="ITS command 0x25"):
        commands.run(vsync(0))
