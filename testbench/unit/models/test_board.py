"""`Board`: a whole machine by address, the same for a GICv2 and a GICv3 or GICv4."""

from __future__ import annotations

import json
import mmap
import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from irqpath import (
    AccessError,
    AddressMap,
    ArchError,
    Board,
    CheckError,
    ConfigError,
    Gic,
    GicConfig,
    Gicv2Config,
    InputError,
    ItsConfig,
    Memory,
    StateError,
)
from irqpath.board.board import Finding, Lines, Result
from irqpath.config.gicv2 import V2mConfig, qemu_virt_gicv2
from irqpath.config.sizes import Gicv4Config, VirtualConfig, qemu_virt_gicv3, qemu_virt_gicv4
from irqpath.core.transactions import LineChange, Msi, RegRead, RegWrite, Report, SgiPended, SysWrite
from irqpath.gic.common.outputs import Outputs
from irqpath.regs import RegisterError, system_register

GICD, GICC, V2M, GICH, GICV = (0x0800_0000 + 0x1_0000 * n for n in range(5))
ITS, GICR = 0x0808_0000, 0x080A_0000
RAM = 0x4000_0000
CONFIGS: dict[str, GicConfig | Gicv2Config] = {
    "gicv2": Gicv2Config(pes=2),
    "gicv2-el2-v2m": qemu_virt_gicv2(4, el2=True).config,
    "gicv3-legacy": Gicv2Config(pes=2, v3=True),
    "gicv3": GicConfig(pes=2),
    "gicv3-qemu": qemu_virt_gicv3(4, lpis=True, its=True, el2=True).config,
    "gicv4": qemu_virt_gicv4(2).config,
}
#: GICv4.1, two ITSs
V41 = GicConfig(
    pes=2,
    its=(ItsConfig(itt_entry_bytes=12, vpe_entry_bytes=32),) * 2,
    virtual=VirtualConfig(gicv4=True, vsgi_eoi_count=True),
    gicv4=Gicv4Config(v41=True, sgis=True),
    gicr_stride=0x4_0000,
)


def set_up(board: Board) -> None:
    """Group enables and open masks of every PE, interrupts in Group 1 (GICv2: Group 0, the only one that signals IRQ alike)."""
    v2 = isinstance(board.config, Gicv2Config)
    assert board.write(0, GICD, 4, 1 if v2 else 2).ok
    stride = board.places.named("gicr1").base - board.places.named("gicr0").base if not v2 else 0
    for pe in range(board.config.pes):
        if v2:
            assert board.write(pe, GICC + 4, 4, 0xF0).ok
            assert board.write(pe, GICC, 4, 1).ok
            assert board.write(pe, GICD + 0x100, 4, 0xFFFF_FFFF).ok
        else:
            assert board.write(pe, GICR + pe * stride + 0x14, 4, 0).ok
            assert board.write(pe, GICR + pe * stride + 0x1_0080, 4, 0xFFFF_FFFF).ok
            assert board.write(pe, GICR + pe * stride + 0x1_0100, 4, 0xFFFF_FFFF).ok
            assert board.msr(pe, "ICC_PMR_EL1", 0xF0).ok
            assert board.msr(pe, "ICC_IGRPEN1_EL1", 1).ok


def acknowledge(board: Board, pe: int) -> int:
    """GICC_IAR or ICC_IAR1_EL1."""
    result = board.read(pe, GICC + 0xC, 4) if isinstance(board.config, Gicv2Config) else board.mrs(pe, "ICC_IAR1_EL1")
    assert result.ok
    return result.value


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


def test_places_of_qemu() -> None:
    """The frames lie where QEMU's `virt` machine has them, and say who they are."""
    gicv2, its = Board(CONFIGS["gicv2-el2-v2m"]), Board(CONFIGS["gicv3-qemu"])
    assert gicv2.read(0, GICD + 0xFE8, 4).value >> 4 == 2  # GICD_PIDR2.ArchRev
    assert gicv2.read(0, GICC + 0xFC, 4).value == 0x2043B  # GICC_IIDR
    assert gicv2.read(0, V2M + 8, 4).value == 80 << 16 | 64  # MSI_TYPER
    assert gicv2.read(0, GICH + 4, 4).value & 0x3F == 3  # GICH_VTR.ListRegs
    assert gicv2.read(0, GICV + 0xFC, 4).value == 0x2043B
    assert its.read(0, GICD + 4, 4).value == 0x37A_0008
    assert its.read(0, ITS + 8, 8).value == 0x1F_0001_EFB1
    for pe in range(4):
        assert its.read(0, GICR + 0x2_0000 * pe + 8, 8).value >> 8 & 0xFFFF == pe
    assert its.read(0, GICR + 0x8_0000, 4).aborted


def test_places_of_your_own() -> None:
    at = AddressMap(gicd=0x1000_0000, gicr=0x2000_0000, gicr_stride=0x10_0000, its=(0x3000_0000,), ram=((0, 0x1000),))
    board = Board(GicConfig(pes=2), address_map=at)
    assert board.read(1, 0x2010_0008, 8).value == board.config.gicr_typer(1)  # type: ignore[union-attr]  # it is a GicConfig
    assert board.read(0, 0x2002_0000, 4).aborted, "between two Redistributors"
    assert board.write(0, 0x10, 8, 1 << 64 | 7).ok
    assert board.memory.read(0x10, 8) == 7
    two = Board(V41)
    assert [region.base for region in two.places.regions if region.name.startswith("its")] == [0x2000_0000, 0x2004_0000]


def test_what_nothing_holds_aborts() -> None:
    board = Board(GicConfig())
    for address, size in ((0, 4), (0x0900_0000, 8), (GICD + 0x1_0000, 4), (RAM - 4, 8), (RAM + 2, 4)):
        assert board.read(0, address, size) == Result(aborted=True), hex(address)
        assert board.write(0, address, size, 0) == Result(aborted=True), hex(address)
    # an access that a register does not take, as the Policy says; reserved space is RAZ/WI
    assert board.read(0, GICD + 4, 1).aborted
    assert board.findings == [Finding("gicd", ArchError.BAD_ACCESS, board.findings[0].detail)]
    assert board.read(0, GICD + 0x30, 4) == Result()


def test_calls_that_cannot_be() -> None:
    board = Board(GicConfig(), address_map=AddressMap())
    calls: tuple[tuple[type[Exception], Callable[[], Any], str], ...] = (
        (AccessError, lambda: board.read(0, GICD, 3), "access of 3 bytes at 0x8000000: use 1, 2, 4 or 8"),
        (CheckError, lambda: board.read(1, GICD, 4), "there is no PE 1: the machine has 1, from 0"),
        (CheckError, lambda: board.lines(-1), "there is no PE -1"),
        (CheckError, lambda: board.reset(1), "there is no PE 1"),
        (CheckError, lambda: board.msi(0, 0, its=1), "the machine has no ITS 1"),
        (CheckError, lambda: Board(Gicv2Config()).msi(0, 0), "the machine has no ITS 0"),
        (InputError, lambda: board.wire(64, 1), "gicd.spi: LineChange with line=0x40"),
        (InputError, lambda: board.mrs(0, 1 << 16), "0x10000 is no encoding of a system register"),
        (RegisterError, lambda: board.mrs(0, "ICC_NOTHING_EL1"), "ICC_NOTHING_EL1"),
        (RegisterError, lambda: board.mrs(0, (3, 8, 0, 0, 0)), "op1 of a system register has 3 bits"),
        (StateError, lambda: board.restore({}), "the state lacks _levels, gic"),
    )
    for error, call, text in calls:
        with pytest.raises(error, match=f"^{re.escape(text)}|{re.escape(text)}"):
            call()


@pytest.mark.parametrize(
    ("config", "at", "text"),
    [
        (GicConfig(), AddressMap(its=(GICD,)), "its0 at 0x8000000 overlaps gicd, 0x8000000 to 0x800ffff"),
        (GicConfig(), AddressMap(ram=((0, 1 << 30),)), "gicd at 0x8000000 overlaps ram, 0x0 to 0x3fffffff"),
        (GicConfig(pes=2), AddressMap(gicr=GICR, gicr_stride=0x1_0000), "gicr1 at 0x80b0000 overlaps gicr0"),
        (GicConfig(), AddressMap(gicd=0x800), "gicd at 0x800: the base of a frame is a multiple of 4 KB"),
        (GicConfig(), AddressMap(ram=((1 << 52, 16),)), "it must lie in 52 bits"),
        (GicConfig(), AddressMap(its=()), "AddressMap.its has 0 addresses: the GIC has 1 ITSs"),
        (GicConfig(its=(ItsConfig(pta=True),)), AddressMap(gicr=0x1000_0000), "with GITS_TYPER.PTA, say something else"),
    ],
)
def test_places_that_cannot_be(config: GicConfig, at: AddressMap, text: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(text)):
        Board(config, address_map=at)


def test_a_system_register_by_any_name() -> None:
    board = Board(GicConfig(priority_bits=5))
    assert board.msr(0, "ICC_PMR_EL1", 0xFF).ok
    for name in ("ICC_PMR_EL1", "ICV_PMR_EL1", "S3_0_C4_C6_0", "s3_0_c4_c6_0", 0xC230, (3, 0, 4, 6, 0)):
        assert board.mrs(0, name) == Result(0xF8), name
    assert board.mrs(0, (3, 0, 0, 0, 5)) == Result(undefined=True)
    assert board.msr(0, "ICC_IAR1_EL1", 0) == Result(undefined=True)
    assert [finding.error for finding in board.findings] == [ArchError.UNDEFINED_SYSREG] * 2
    assert Board(Gicv2Config()).mrs(0, "ICC_PMR_EL1") == Result(undefined=True), "a GICv2 has none"


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


# --- device tree ------------------------------------------------------------------------------------------------------

#: A node's contents: properties, then nodes (dtc's order), as device-tree source.
_TOKEN = re.compile(r'\s*("[^"]*"|/dts-v1/|[\w,.#@+-]+:?|&\w+|[<>{};=,/])')


def parse(text: str) -> dict[str, Any]:
    """A device tree's source as nested dicts; fails where `dtc` would not take it."""
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        assert found, f"no token at {text[at : at + 30]!r}"
        tokens.append(found[1])
        at = found.end()
    tokens.reverse()

    def take(wanted: str) -> None:
        assert tokens.pop() == wanted, wanted

    def cells() -> list[int | str]:
        take("<")
        values: list[int | str] = []
        while tokens[-1] != ">":
            token = tokens.pop()
            values.append(token if token.startswith("&") else int(token, 0))
        take(">")
        return values

    def node() -> dict[str, Any]:
        inside: dict[str, Any] = {}
        nodes = False
        take("{")
        while tokens[-1] != "}":
            name = tokens.pop()
            if name.endswith(":"):
                inside[":"] = inside.get(":", [])
                name = tokens.pop()
            assert name not in inside, f"{name} twice"
            if tokens[-1] == "{":
                nodes = True
                inside[name] = node()
                continue
            assert not nodes, f"the property {name} follows a node"
            values: list[Any] = []
            if tokens[-1] == "=":
                take("=")
                while True:
                    values += [tokens.pop().strip('"')] if tokens[-1].startswith('"') else [cells()]
                    if tokens[-1] != ",":
                        break
                    take(",")
            take(";")
            inside[name] = values
        take("}")
        take(";")
        return inside

    take("/dts-v1/")
    take(";")
    take("/")
    root = node()
    assert not tokens
    return root


@pytest.mark.parametrize("name", [*CONFIGS, "gicv41"])
def test_device_tree(name: str) -> None:
    board = Board(CONFIGS.get(name, V41))
    root = parse(board.device_tree())
    gic = root["interrupt-controller@8000000"]
    assert root["interrupt-parent"] == [["&gic"]]
    assert gic["interrupt-controller"] == []
    assert gic["#interrupt-cells"] == [[3]]
    assert ("interrupts" in gic) == (board.config.virtual is not None)
    regions = {(region.base, region.size): region.name for region in board.places.regions}
    for node in (gic, *(inside for inside in gic.values() if isinstance(inside, dict))):
        assert node["compatible"][0].startswith("arm,")
        for high, low, size_high, size in node["reg"]:
            place = (high << 32 | low, size_high << 32 | size)
            first = board.places.at(place[0], 1)
            assert place in regions or (first is not None and first.name == "gicr0"), place
    nodes = [inside for inside in gic if "@" in inside]
    assert len(nodes) == (len(board.config.its) if isinstance(board.config, GicConfig) else board.config.v2m is not None)
    assert all("msi-controller" in gic[inside] for inside in nodes)


@pytest.mark.parametrize("name", [*CONFIGS, "gicv41"])
def test_dtc_takes_the_device_tree(name: str) -> None:
    """The compiler itself, where it is at hand, without a warning."""
    dtc = shutil.which("dtc")
    if dtc is None:
        pytest.skip("no dtc on PATH")
    config = CONFIGS.get(name, V41)
    messages = ((32, 32),) if isinstance(config, GicConfig) and config.message_spis else ()
    source = Board(config).device_tree(messages)
    done = subprocess.run([dtc, "-O", "dtb", "-o", os.devnull], input=source, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_device_tree_of_message_based_spis() -> None:
    board = Board(GicConfig(spis=64))
    gic = parse(board.device_tree(((64, 16), (90, 6))))["interrupt-controller@8000000"]
    assert gic["mbi-ranges"] == [[64, 16], [90, 6]]
    assert gic["msi-controller"] == []
    with pytest.raises(ConfigError, match="mbi_ranges has 7 SPIs from 90 on: GICD_SETSPI_NSR takes those from 32 to 95"):
        board.device_tree(((90, 7),))
    with pytest.raises(ConfigError, match="none here"):
        Board(GicConfig(message_spis=False)).device_tree(((32, 1),))
    with pytest.raises(ConfigError, match="GICv2m"):
        Board(Gicv2Config()).device_tree(((32, 1),))


def test_a_device_tree_that_is_none() -> None:
    """The parser of this test notices what `dtc` would."""
    text = Board(GicConfig()).device_tree()
    changes = (
        (";\n\t\t#size", "\n\t\t#size"),
        ("};\n};", "};\n}"),
        ("<3>", "<3"),
        ("reg =", "compatible ="),
        ("ranges;", "a {};"),
    )
    for old, new in changes:
        with pytest.raises((AssertionError, ValueError, IndexError)):
            parse(text.replace(old, new, 1))


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
