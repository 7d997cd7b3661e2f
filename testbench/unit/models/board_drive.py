"""Machines for the tests of `Board`, and what their software does first."""

from __future__ import annotations

from irqpath import (
    Board,
    GicConfig,
    Gicv2Config,
    ItsConfig,
)
from irqpath.config.gicv2 import qemu_virt_gicv2
from irqpath.config.sizes import Gicv4Config, VirtualConfig, qemu_virt_gicv3, qemu_virt_gicv4

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
