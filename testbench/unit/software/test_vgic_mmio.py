"""A guest's accesses to what KVM emulates of its interrupt controller."""

from __future__ import annotations

from typing import Final

import pytest

from irqpath.core.errors import CheckError
from irqpath.core.memory import Memory
from irqpath.gic.its.encoding import Command, discard, invall, mapc, mapd, mapti, movi, vsync
from irqpath.regs import GICD, GICR, GITS
from irqpath.software.cpu.exits import Exit, Reason
from irqpath.software.host.v2m import V2mFrame
from irqpath.software.host.vgic_its import VgicIts
from irqpath.software.host.vgic_mmio import VgicMmio
from irqpath.software.host.vgic_mmio_gicv2 import VgicMmioGicv2
from irqpath.software.irqchip.gicv2m import Gicv2m
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


def test_the_distributor_of_a_gicv2() -> None:
    """What is private is the accessing vCPU's; SPIs go to the first of their targets, an SGI to those that GICD_SGIR names."""
    vgic = Vgic(3, gicv2=True)
    mmio = VgicMmioGicv2(vgic, 32)

    def write(name: str, value: int, by: int) -> tuple[int, ...]:
        return mmio.write("gicd", *_at(name), value, by)

    def read(name: str, by: int = 0) -> int:
        return mmio.read("gicd", *_at(name), by)

    assert read("GICD_TYPER") == 1 | 2 << 5
    assert read("GICD_CTLR") == 0
    assert [read("GICD_ITARGETSR0", vcpu) for vcpu in range(3)] == [0x0101_0101, 0x0202_0202, 0x0404_0404]
    write("GICD_ITARGETSR8", 0x0706_0400, 0)
    assert read("GICD_ITARGETSR8") == 0x0102_0401
    write("GICD_ISENABLER0", 1 << 27, 1)
    assert [vgic.irq(27, vcpu).enabled for vcpu in range(3)] == [True] * 3  # (as they are made; KVM disables them)
    write("GICD_ICENABLER0", 1 << 27, 1)
    assert [vgic.irq(27, vcpu).enabled for vcpu in range(3)] == [True, False, True]
    assert write("GICD_SGIR", 5 << 16 | 3, 1) == (0, 2)
    assert write("GICD_SGIR", 1 << 24 | 4, 1) == (0, 2)
    assert write("GICD_SGIR", 2 << 24 | 4, 1) == (1,)
    assert vgic.irq(3, 0).source == vgic.irq(3, 2).source == 1 << 1
    assert not vgic.irq(3, 1).pending


def test_a_frame_of_messages() -> None:
    frame = V2mFrame(48, 16)
    read = Exit(Reason.MMIO, "v2m", 0x8, 4)
    frame.access(read)
    assert read.result == 48 << 16 | 16
    with pytest.raises(CheckError, match="V2M_MSI_SETSPI_NS, which no driver here makes"):
        frame.access(Exit(Reason.MMIO, "v2m", 0x40, 4, value=48))
    with pytest.raises(CheckError, match="3 events, and the GICv2m frame has 2 SPIs left"):
        Gicv2m(0, [48, 49]).allocate(3)
