"""Every register of GICD, GICR and GITS in the models, driven from the register tables: sizes, reset values, RAZ, WI."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from irqpath.config.policy import PRESETS, Policy
from irqpath.config.sizes import GicConfig, ItsConfig
from irqpath.core.errors import ArchError, ConfigError
from irqpath.core.memory import Memory
from irqpath.core.transactions import RegRead, RegReadData, RegWrite, RegWriteAck
from irqpath.gic.common.block import Block
from irqpath.gic.common.frame import FrameBlock
from irqpath.gic.gicd.distributor import Distributor
from irqpath.gic.gicr.redistributor import Redistributor
from irqpath.gic.its.its import Its
from irqpath.regs import GICD, GICR, GITS, Frame, Register
from unit.models.drive import Redistributors, on, reports

CONFIG = GicConfig(spis=64, aff3_valid=True, direct_lpi=True, its=(ItsConfig(itt_entry_bytes=12),), iidr=0x43B, priority_bits=5)
SIZES = (1, 2, 4, 8)
FRAMES = {"GICD": GICD, "GICR": GICR, "GITS": GITS}
EVERY = [pytest.param(frame, r, id=r.name) for frame in FRAMES.values() for r in frame.registers]
#: Reset values that the configuration gives.
CONFIGURED = {
    "GICD_TYPER": CONFIG.gicd_typer,
    "GICD_IIDR": 0x43B,
    "GICD_PIDR2": CONFIG.pidr2,
    "GICR_CTLR": 0b010,
    "GICR_IIDR": 0x43B,
    "GICR_TYPER": CONFIG.gicr_typer(0),
    "GICR_PIDR2": CONFIG.pidr2,
    "GITS_TYPER": CONFIG.gits_typer(0),
    "GITS_IIDR": 0x43B,
    "GITS_PIDR2": CONFIG.pidr2,
}
#: GITS_BASER: the table's type and the size of its entries.
BASERS = (1 << 56 | 7 << 48, 4 << 56 | 7 << 48)


def block_of(frame: Frame, policy: Policy | None = None, config: GicConfig = CONFIG) -> Block:
    """A fresh block with that frame."""
    policy = policy or Policy()
    match frame.name:
        case "GICD":
            return Distributor(config, policy)
        case "GICR":
            return Redistributor(0, config, Memory(), policy)
        case _:
            return Its(0, config, Memory(), Redistributors(), policy)


def read(block: Block, offset: int, size: int) -> tuple[RegReadData, list[ArchError]]:
    """The response to a read, and what was reported."""
    out = block.predict(f"{block.name}.reg", RegRead(offset, size))
    (response,) = on(out, f"{block.name}.rsp")
    assert isinstance(response, RegReadData)
    return response, reports(out)


def write(block: Block, offset: int, size: int, value: int) -> tuple[bool, list[ArchError]]:
    """Whether a write was answered without an error, and what was reported."""
    out = block.predict(f"{block.name}.reg", RegWrite(offset, size, value))
    (response,) = on(out, f"{block.name}.rsp")
    assert isinstance(response, RegWriteAck)
    return response.ok, reports(out)


def whole(block: Block, register: Register, index: int) -> int:
    """A whole element."""
    response, found = read(block, register.element_offset(index), register.width_bytes)
    assert response.ok
    assert not found
    return response.value


def elements(register: Register) -> range:
    """Numbers of the elements."""
    return range(register.first, register.first + register.count)


def reset_value(register: Register, index: int) -> int:
    """What the tables and the configuration say."""
    if register.name == "GITS_BASER":
        return BASERS[index] if index < 2 else 0
    return CONFIGURED.get(register.name, register.reset)


@pytest.mark.parametrize(("frame", "register"), EVERY)
def test_reset_value(frame: Frame, register: Register) -> None:
    block = block_of(frame)
    for index in elements(register):
        assert whole(block, register, index) == reset_value(register, index), register.element_name(index)


def accesses(frame: Frame, register: Register, index: int) -> Iterator[tuple[int, int, bool]]:
    """(offset, size, permitted) of every access that touches an element and nothing else."""
    first = register.element_offset(index)
    for size in SIZES:
        for offset in range(first, first + register.width_bytes - size + 1):
            yield offset, size, frame.lookup(offset, size) is not None


@pytest.mark.parametrize(("frame", "register"), EVERY)
def test_every_permitted_size_reads_its_part(frame: Frame, register: Register) -> None:
    block = block_of(frame)
    for index in elements(register):
        value = whole(block, register, index)
        for offset, size, permitted in accesses(frame, register, index):
            if permitted:
                shift = 8 * (offset - register.element_offset(index))
                response, found = read(block, offset, size)
                assert (response, found) == (RegReadData(value >> shift & (1 << 8 * size) - 1), [])


@pytest.mark.parametrize("policy", PRESETS.values(), ids=PRESETS.keys())
@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_every_other_size_gets_the_policys_response(frame: Frame, policy: Policy) -> None:
    block = block_of(frame, policy)
    ok = policy.bad_access == "razwi"
    refused = 0
    for register in frame.registers:
        for index in (register.first, register.first + register.count - 1):
            before = whole(block, register, index)
            for offset, size, permitted in accesses(frame, register, index):
                if not permitted:
                    assert read(block, offset, size) == (RegReadData(0, ok), [ArchError.BAD_ACCESS])
                    assert write(block, offset, size, (1 << 8 * size) - 1) == (ok, [ArchError.BAD_ACCESS])
                    refused += 1
            assert whole(block, register, index) == before
    assert refused > 100


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_reserved_space_is_razwi(frame: Frame) -> None:
    block = block_of(frame)
    tried = 0
    for offset in range(0, frame.size_bytes, 4):
        if frame.reserved(offset, 4):
            assert write(block, offset, 4, 0xFFFF_FFFF) == (True, [])
            assert read(block, offset, 4) == (RegReadData(0), [])
            tried += 1
    assert tried > 100


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_outside_the_frame_is_refused(frame: Frame) -> None:
    block = block_of(frame)
    assert read(block, frame.size_bytes, 4) == (RegReadData(0, False), [ArchError.BAD_ACCESS])
    assert write(block, frame.size_bytes - 4, 8, 0) == (False, [ArchError.BAD_ACCESS])


@pytest.mark.parametrize(("frame", "register"), EVERY)
def test_writes_change_only_what_can_be_written(frame: Frame, register: Register) -> None:
    """All ones, then zeros: read-only bits stay, what cannot be read stays hidden, elements of no interrupt are RAZ/WI."""
    for index in {register.first, register.first + 1, register.first + register.count - 1} & set(elements(register)):
        block = block_of(frame)
        before = whole(block, register, index)
        for value in ((1 << register.width_bits) - 1, 0):
            write(block, register.element_offset(index), register.width_bytes, value)
            after = whole(block, register, index)
            assert after & ~register.read_mask == 0
            assert (after ^ before) & ~(register.write_mask | volatile(register)) == 0
            if index < register.raz_elements or register.write_mask == 0:
                assert after == before


def volatile(register: Register) -> int:
    """Read-only bits that follow the work that a write starts."""
    return {"GICD_CTLR": 1 << 31, "GICR_CTLR": 1 << 3, "GICR_WAKER": 0b100, "GITS_CTLR": 1 << 31}.get(register.name, 0)


@pytest.mark.parametrize(
    ("frame", "name", "kept"),
    [
        (GICD, "GICD_CTLR", 0x83),
        (GICD, "GICD_IGROUPR1", 0xFFFF_FFFF),
        (GICD, "GICD_ISENABLER2", 0xFFFF_FFFF),
        (GICD, "GICD_ISPENDR2", 0xFFFF_FFFF),
        (GICD, "GICD_ISACTIVER2", 0xFFFF_FFFF),
        (GICD, "GICD_ISACTIVER3", 0),
        (GICD, "GICD_IPRIORITYR8", 0xF8F8_F8F8),
        (GICD, "GICD_IPRIORITYR7", 0),
        (GICD, "GICD_IPRIORITYR24", 0),
        (GICD, "GICD_ICFGR2", 0xAAAA_AAAA),
        (GICD, "GICD_ICFGR1", 0),
        (GICD, "GICD_ICFGR6", 0),
        (GICD, "GICD_IROUTER95", 0xFF_80FF_FFFF),
        (GICD, "GICD_IROUTER96", 0),
        (GICR, "GICR_CTLR", 0x0300_0001),
        (GICR, "GICR_IGROUPR0", 0xFFFF_FFFF),
        (GICR, "GICR_ISENABLER0", 0xFFFF_FFFF),
        (GICR, "GICR_ISPENDR0", 0xFFFF_FFFF),
        (GICR, "GICR_ISACTIVER0", 0xFFFF_FFFF),
        (GICR, "GICR_IPRIORITYR7", 0xF8F8_F8F8),
        (GICR, "GICR_ICFGR1", 0xAAAA_AAAA),
        (GICR, "GICR_PROPBASER", 0x070F_FFFF_FFFF_FF9F),
        (GICR, "GICR_PENDBASER", 0x070F_FFFF_FFFF_0F80),
        (GITS, "GITS_CBASER", 0xB8EF_FFFF_FFFF_FCFF),
        (GITS, "GITS_BASER0", 0xF8E0_FFFF_FFFF_FFFF),
        (GITS, "GITS_BASER2", 0),
    ],
)
def test_what_a_write_keeps(frame: Frame, name: str, kept: int) -> None:
    block = block_of(frame)
    at = frame.element(name)
    ones = (1 << at.register.width_bits) - 1
    before = whole(block, at.register, at.index)
    assert write(block, at.offset, at.register.width_bytes, ones)[0]
    after = whole(block, at.register, at.index)
    assert after & ~volatile(at.register) == (before | kept) & ~volatile(at.register)
    assert after & at.register.write_mask & ~kept == 0


@pytest.mark.parametrize("suffix", ["ENABLER", "PENDR", "ACTIVER"])
def test_set_and_clear_registers_show_the_same_state(suffix: str) -> None:
    for frame, number in ((GICD, 1), (GICR, 0)):
        block = block_of(frame)
        s, c = (frame.element(f"{frame.name}_I{letter}{suffix}{number}") for letter in "SC")
        for at, value, state in (
            (s, 0x8000_FF01, 0x8000_FF01),
            (c, 0x0000_0F01, 0x8000_F000),
            (s, 2, 0x8000_F002),
            (c, 0, 0x8000_F002),
        ):
            write(block, at.offset, 4, value)
            assert whole(block, s.register, number) == whole(block, c.register, number) == state
        write(block, c.offset, 4, 0xFFFF_FFFF)
        assert whole(block, s.register, number) == 0


def test_parts_of_wide_registers() -> None:
    """Each half of a 64-bit register, and each byte of IPRIORITYR, is written on its own."""
    its = block_of(GITS)
    base = GITS.element("GITS_BASER0").offset
    write(its, base + 4, 4, 0x8000_0012)
    write(its, base, 4, 0x3456_7005)
    assert read(its, base, 8)[0].value == 0x8107_0012_3456_7005
    gicr = block_of(GICR)
    at = GICR.element("GICR_IPRIORITYR3").offset
    for n in range(4):
        write(gicr, at + n, 1, 0x10 * n + 0x18)
    assert read(gicr, at, 4)[0].value == 0x4838_2818
    write(gicr, at, 4, 0x8090_A0B0)
    assert [read(gicr, at + n, 1)[0].value for n in range(4)] == [0xB0, 0xA0, 0x90, 0x80]


def test_without_the_option_its_registers_are_razwi() -> None:
    bare = GicConfig(spis=0, lpis=False, its=(), one_of_n=False, message_spis=False)
    gicr = block_of(GICR, config=bare)
    for name in ("GICR_CTLR", "GICR_PROPBASER", "GICR_PENDBASER", "GICR_SYNCR"):
        at = GICR.element(name)
        write(gicr, at.offset, at.register.width_bytes, (1 << at.register.width_bits) - 1)
        assert whole(gicr, at.register, 0) == 0, name
    gicd = block_of(GICD, config=bare)
    for name, kept in (("GICD_CTLR", 0x53), ("GICD_SETSPI_NSR", 0), ("GICD_ISENABLER1", 0), ("GICD_IROUTER32", 0)):
        at = GICD.element(name)
        write(gicd, at.offset, 4, 0xFFFF_FFFF)
        assert read(gicd, at.offset, 4)[0].value == kept, name


def test_a_forgotten_register_is_noticed() -> None:
    class Careless(FrameBlock):
        def __init__(self) -> None:
            super().__init__("gicd", GICD, Policy(), [])
            self._bind({"GICD_NONSENSE": lambda _: 0}, {}, {}, frozenset(GICD.names()) - {"GICD_CTLR"})

    with pytest.raises(ConfigError, match=r"registers without a model \['GICD_CTLR'\], unknown \['GICD_NONSENSE'\]"):
        Careless()
