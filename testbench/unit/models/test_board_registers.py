"""`Board`: where registers lie, by address and by name, and calls that cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from irqpath import (
    AccessError,
    AddressMap,
    ArchError,
    Board,
    CheckError,
    ConfigError,
    GicConfig,
    Gicv2Config,
    InputError,
    ItsConfig,
    StateError,
)
from irqpath.board.board import Finding, Result
from irqpath.regs import RegisterError
from unit.models.board_drive import CONFIGS, GICC, GICD, GICH, GICR, GICV, ITS, RAM, V2M, V41


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
