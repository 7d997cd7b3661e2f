"""`Board`: a whole machine by address, the same for a GICv2 and a GICv3 or GICv4."""

from __future__ import annotations

import json
import mmap
import random
import re
from dataclasses import replace
from typing import Any

import pytest

from irqpath import (
    AccessError,
    ArchError,
    Board,
    Gic,
    GicConfig,
    Gicv2Config,
    ItsConfig,
    Memory,
)
from irqpath.board.board import Lines, Result
from irqpath.config.gicv2 import V2mConfig
from irqpath.config.sizes import VirtualConfig
from irqpath.core.transactions import LineChange, Msi, RegRead, RegWrite, Report, SgiPended, SysWrite
from irqpath.gic.common.outputs import Outputs
from irqpath.regs import system_register
from unit.models.board_drive import CONFIGS, GICC, GICD, GICR, ITS, RAM, V2M, acknowledge, set_up


@pytest.mark.parametrize("name", CONFIGS)
def test_a_wire_of_each_pe(name: str) -> None:
    seen: list[tuple[int, str, int]] = []
    board = Board(CONFIGS[name], on_line=lambda pe, line, level: seen.append((pe, line, level)))
    set_up(board)
    last = board.config.pes - 1
    seen.clear()
    board.wire(27, 1, pe=last)
    assert seen == [(last, "irq", 1)]
    assert board.lines(last) == Lines(irq=1)
    assert board.lines(0) == Lines()
    assert acknowledge(board, last) == 27
    assert board.lines(last) == Lines()
    assert board.findings == []


def test_a_guest() -> None:
    """The hypervisor's List register, the trap that it sets, and its maintenance interrupt, which is a PPI."""
    board = Board(GicConfig(virtual=VirtualConfig(), its=(), lpis=False))
    board.pe_state(0, 2)
    set_up(replaced := Board(replace(GicConfig(pes=2), virtual=VirtualConfig())))
    assert board.msr(0, "ICH_HCR_EL2", 1).ok
    assert board.msr(0, "ICH_VMCR_EL2", 0xFF << 24 | 0b11).ok
    assert board.msr(0, "ICH_LR0_EL2", 1 << 62 | 1 << 60 | 0xA0 << 48 | 27).ok
    assert board.lines(0) == Lines(virq=1)
    board.pe_state(0, 1, hcr=0x8000_0000 | 0b11 << 3)
    assert board.mrs(0, "ICV_IAR1_EL1").value == 27
    board.pe_state(0, 2)
    assert board.msr(0, "ICH_HCR_EL2", 1 | 1 << 12).ok  # TALL1
    board.pe_state(0, 1, hcr=0b11 << 3)
    assert board.mrs(0, "ICC_IAR1_EL1") == Result(trap=2)
    # En, UIE: no List register holds anything
    assert replaced.msr(1, "ICH_HCR_EL2", 0b11).ok
    assert replaced.lines(1) == Lines(irq=1, maintenance=1)
    assert acknowledge(replaced, 1) == 25
    assert replaced.msr(1, "ICH_HCR_EL2", 0).ok
    assert replaced.lines(1) == Lines()


def test_messages() -> None:
    """GICD_SETSPI_NSR and GICv2m by address; an ITS by the device's own write."""
    board = Board(GicConfig(pes=2))
    set_up(board)
    for at, value in ((0xC08, 0b10 << 16), (0x84, 1 << 8), (0x104, 1 << 8)):  # edge, Group 1, enabled
        assert board.write(0, GICD + at, 4, value).ok
    assert board.write(0, GICD + 0x40, 4, 40).ok
    assert acknowledge(board, 0) == 40
    assert board.msi(3, 1).ok
    assert board.findings == [], "GITS_CTLR.Enabled is 0: dropped"
    assert board.write(0, ITS + 0x1_0040, 4, 1).ok
    assert [finding.error for finding in board.findings] == [ArchError.TRANSLATER_WITHOUT_DEVICE]

    v2m = Board(Gicv2Config(pes=2, spis=64, v2m=V2mConfig(64, 16)))
    set_up(v2m)
    for at, size, value in ((0x108, 4, 1 << 6), (0xC10, 4, 0b10 << 12), (0x800 + 70, 1, 0b10)):
        assert v2m.write(0, GICD + at, size, value).ok
    assert v2m.write(0, V2M + 0x40, 4, 70).ok
    assert v2m.lines(1) == Lines(irq=1)
    assert acknowledge(v2m, 1) == 70


def _traffic(board: Board, rng: random.Random, steps: int) -> list[Any]:
    """What a machine outcomes to random accesses, wires and resets."""
    outcomes: list[Any] = []
    v2 = isinstance(board.config, Gicv2Config)
    for _ in range(steps):
        pe, intid = rng.randrange(board.config.pes), rng.choice((3, 20, 27, 33, 40))
        match rng.randrange(6):
            case 0:
                board.wire(max(intid, 16), rng.randrange(2), pe)
            case 1 if v2:
                outcomes.append(board.write(pe, GICD + 0xF00, 4, rng.randrange(4) << 16 | intid & 15))
            case 1:
                outcomes.append(board.msr(pe, "ICC_SGI1R_EL1", rng.randrange(4) | (intid & 15) << 24))
            case 2:
                outcomes.append(acknowledge(board, pe))
            case 3 if v2:
                outcomes.append(board.write(pe, GICC + 0x10, 4, intid))
            case 3:
                outcomes.append(board.msr(pe, "ICC_EOIR1_EL1", intid))
            case 4:
                at = rng.choice((0x84, 0x104, 0x184, 0x204, 0x424, 0x824))
                outcomes.append(board.write(pe, GICD + at, 4, rng.getrandbits(32)))
            case _ if rng.randrange(20) == 0:
                board.reset(pe)
        outcomes.append(board.lines(pe))
    return outcomes


@pytest.mark.parametrize("name", CONFIGS)
def test_save_and_restore_in_the_middle(name: str) -> None:
    """Another machine goes on where this one was, and whoever watches its lines knows."""
    first = Board(CONFIGS[name])
    set_up(first)
    rng = random.Random(name)
    _traffic(first, rng, 200)
    for _ in range(1000):
        if any(any(first.lines(pe)) for pe in range(first.config.pes)):
            break
        _traffic(first, rng, 1)
    assert first.write(0, RAM, 8, 0x1234).ok
    saved = json.loads(json.dumps(first.state()))
    lines: dict[tuple[int, str], int] = {}
    second = Board(CONFIGS[name], on_line=lambda pe, line, level: lines.update({(pe, line): level}))
    second.restore(saved)
    for pe in range(first.config.pes):
        assert second.lines(pe) == first.lines(pe)
        assert all(lines.get((pe, line), 0) == level for line, level in first.lines(pe)._asdict().items())
    assert second.read(0, RAM, 8).value == 0x1234
    again = random.Random(1)
    expected = _traffic(first, again, 300)
    again.seed(1)
    assert _traffic(second, again, 300) == expected
    assert second.state() == first.state()
    assert len(second.findings) <= len(first.findings)


@pytest.mark.parametrize("name", CONFIGS)
def test_reset_of_everything(name: str) -> None:
    board = Board(CONFIGS[name])
    set_up(board)
    _traffic(board, random.Random(3), 200)
    for intid in (16, 20, 27, 33, 40):
        for pe in range(board.config.pes):
            board.wire(intid, 0, pe)
    board.reset()
    fresh = Board(CONFIGS[name])
    assert all(board.lines(pe) == Lines() for pe in range(board.config.pes))
    set_up(board)
    set_up(fresh)
    again = [_traffic(each, random.Random(4), 200) for each in (board, fresh)]
    assert again[0] == again[1]


# --- memory -----------------------------------------------------------------------------------------------------------


def test_a_buffer_as_memory() -> None:
    """An instruction-set simulator's RAM: both see what the other writes, at any address around it too."""
    ram = mmap.mmap(-1, 0x2000)
    memory = Memory()
    memory.map(RAM, ram)
    memory.write(RAM + 0x1FF8, 8, 0x0102_0304_0506_0708)
    memory.write(RAM + 0x2000, 4, 9)
    assert ram[0x1FF8:] == bytes((8, 7, 6, 5, 4, 3, 2, 1))
    ram[0x10] = 0xFF
    assert memory.read(RAM + 0x10, 1) == 0xFF
    assert not memory.known_zero(RAM, 0x100)
    assert memory.known_zero(RAM + 0x100, 0x1E00)
    assert memory.dump(RAM + 0x1FFC, 8) == bytes((4, 3, 2, 1, 9, 0, 0, 0))
    saved = memory.state()
    ram[:] = bytes(0x2000)
    memory.write(RAM + 0x5000, 4, 1)
    memory.restore(saved)
    assert (ram[0x10], ram[0x1FF8], memory.read(RAM + 0x2000, 4), memory.read(RAM + 0x5000, 4)) == (0xFF, 8, 9, 0)


@pytest.mark.parametrize(
    ("address", "buffer", "text"),
    [
        (RAM, bytes(0x1000), "a buffer of 4096 bytes at 0x40010000 can't be memory: it is read-only, or not contiguous"),
        (RAM, memoryview(bytearray(0x2000))[::2], "it is read-only, or not contiguous"),
        (RAM, bytearray(0x800), "both must be multiples of 4096"),
        (RAM, bytearray(0), "both must be multiples of 4096"),
        (RAM + 8, bytearray(0x1000), "both must be multiples of 4096"),
        ((1 << 52) - 0x1000, bytearray(0x2000), "lies outside the 52-bit physical address space"),
        (RAM - 0x1000, bytearray(0x2000), "would hide what memory has at 0x40000000: map it before anything is written"),
    ],
)
def test_a_buffer_that_cannot_be(address: int, buffer: bytes | bytearray | memoryview, text: str) -> None:
    memory = Memory()
    memory.write(RAM, 8, 1)
    with pytest.raises(AccessError, match=re.escape(text)):
        memory.map(address if "hide" in text else address + 0x1_0000 * (address == RAM), buffer)


class Ram:
    """Somebody's memory port."""

    def __init__(self) -> None:
        self.bytes: dict[int, int] = {}

    def read(self, address: int, size: int) -> int:
        """Little-endian."""
        return sum(self.bytes.get(address + n, 0) << 8 * n for n in range(size))

    def write(self, address: int, size: int, value: int) -> None:
        """Little-endian."""
        self.bytes.update({address + n: value >> 8 * n & 0xFF for n in range(size)})

    def known_zero(self, address: int, count: int) -> bool:
        """It does not know."""
        return False

    def peek(self, address: int, size: int) -> int | None:
        """As `read`."""
        return self.read(address, size)


def test_a_memory_port() -> None:
    """LPI configuration in memory that the models know by its port alone; it is not in the machine's state."""
    ram = Ram()
    board = Board(GicConfig(its=(), direct_lpi=True), memory=ram)
    ram.write(RAM, 1, 0xA1)
    assert board.write(0, GICD, 4, 2).ok
    for at, size, value in ((0x14, 4, 0), (0x70, 8, RAM | 13), (0x78, 8, RAM + 0x1_0000 | 1 << 62), (0, 4, 1), (0x40, 8, 8192)):
        assert board.write(0, GICR + at, size, value).ok
    for name, value in (("ICC_PMR_EL1", 0xF0), ("ICC_IGRPEN1_EL1", 1)):
        assert board.msr(0, name, value).ok
    assert acknowledge(board, 0) == 8192
    assert board.state()["gic"]["memory"] == {}
    board.memory.load(RAM + 3, b"abc")
    assert board.memory.dump(RAM + 2, 4) == b"\0abc"
    assert board.read(0, RAM + 4, 2).value == int.from_bytes(b"bc", "little")


# --- what a Gic puts out, told apart ------------------------------------------------------------------------------------


def test_outputs_told_apart() -> None:
    gic = Gic(GicConfig(its=(ItsConfig(),)))
    gic.send("gicd.reg", RegWrite(0, 4, 2))
    for offset, value in ((0x14, 0), (0x1_0080, 0xFFFF), (0x1_0100, 0xFFFF)):
        gic.send("gicr0.reg", RegWrite(offset, 4, value))
    for name, value in (("ICC_PMR_EL1", 0xF0), ("ICC_IGRPEN1_EL1", 1)):
        gic.send("gicc0.sys", SysWrite(system_register(name).offset, value))
    out = gic.send("gicc0.sys", SysWrite(system_register("ICC_SGI1R_EL1").offset, 3 << 24 | 1))
    assert isinstance(out, Outputs)
    assert [len(kind) for kind in (out.responses, out.lines, out.probes, out.findings)] == [1, 1, 1, 0]
    assert isinstance(out.lines[0][1], LineChange)
    assert isinstance(out.probes[0][1], SgiPended)
    out = gic.send("gicd.reg", RegRead(4, 1))
    assert [len(kind) for kind in (out.responses, out.lines, out.probes, out.findings)] == [1, 0, 0, 1]
    assert isinstance(out.findings[0][1], Report)
    assert gic.send("its0.msi", Msi(0, 0)).responses
    assert isinstance(gic.reset_pe(0), Outputs)
