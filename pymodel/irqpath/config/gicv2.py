"""What one GICv2 has, and a GICv3 in legacy operation: its size and identity (IHI 0048; IHI 0069 10)."""

from __future__ import annotations

from dataclasses import dataclass, field

from irqpath.config.rules import GICV2_RULES, V2M_RULES
from irqpath.config.sizes import FIRST_SPECIAL, VirtualConfig
from irqpath.core.checked import check


@dataclass(frozen=True, slots=True)
class V2mConfig:
    """A GICv2m message frame for `spis` SPIs from `first_spi` on. Raises `ConfigError`."""

    first_spi: int = 80
    spis: int = 64
    iidr: int = 0

    def __post_init__(self) -> None:
        check(self, V2M_RULES)

    @property
    def typer(self) -> int:
        """MSI_TYPER."""
        return self.first_spi << 16 | self.spis


@dataclass(frozen=True, slots=True)
class Gicv2Config:
    """A GICv2 (IHI 0048), or with `v3` a GICv3 in legacy operation (IHI 0069 10): AckCtl is RAZ/WI, LSPI RES0 (R80).

    `pes`: 1 to 8; `spis`: 0 or a multiple of 32 up to 960; `priority_bits`: 4 to 8, with `security` 5 to 8; `lockable_spis`:
    GICD_TYPER.LSPI. Raises `ConfigError`.
    """

    pes: int = 1
    spis: int = 32
    priority_bits: int = 5
    security: bool = False
    groups: bool = True
    v3: bool = False
    lockable_spis: int = 0
    gicd_iidr: int = 0
    #: GICC_IIDR, GICD_PIDR2; 0: those of the architecture, 0x20000 and 0x2B, with `v3` 0x30000 and 0x3B
    gicc_iidr: int = 0
    pidr2: int = 0
    virtual: VirtualConfig | None = None
    v2m: V2mConfig | None = None

    def __post_init__(self) -> None:
        if self.gicc_iidr == 0:
            object.__setattr__(self, "gicc_iidr", 0x0003_0000 if self.v3 else 0x0002_0000)
        if self.pidr2 == 0:
            object.__setattr__(self, "pidr2", 0x3B if self.v3 else 0x2B)
        check(self, GICV2_RULES)

    @property
    def last_spi(self) -> int:
        """The highest SPI INTID; 31 when there are none."""
        return min(31 + self.spis, FIRST_SPECIAL - 1)

    @property
    def typer(self) -> int:
        """GICD_TYPER."""
        return self.spis // 32 | (self.pes - 1) << 5 | self.security << 10 | self.lockable_spis << 11


def gicv3_legacy(pes: int, *, spis: int = 32, security: bool = False) -> Gicv2Config:
    """The configuration `gicv3-legacy`: a GICv3 whose software uses neither affinity routing nor system registers (ARE = 0,
    SRE = 0). The configuration `gicv2` is `Gicv2Config(pes, ...)` itself."""
    return Gicv2Config(pes, spis, security=security, v3=True)


@dataclass(frozen=True, slots=True)
class Gicv2Machine:
    """A GICv2 as it stands in a reference machine."""

    name: str
    config: Gicv2Config = field(default_factory=Gicv2Config)

    def __post_init__(self) -> None:
        check(self, ())


def qemu_virt_gicv2(pes: int, *, el2: bool = False) -> Gicv2Machine:
    """The GICv2 of QEMU 10's `virt` machine without EL3: 256 SPIs, 8 priority bits, a GICv2m frame for 64 of them."""
    virtual = VirtualConfig(list_registers=4, id_bits=10, gicv2=True) if el2 else None
    config = Gicv2Config(
        pes=pes,
        spis=256,
        priority_bits=8,
        gicd_iidr=0x43B,
        gicc_iidr=0x2043B,
        virtual=virtual,
        v2m=V2mConfig(80, 64, 0x5100000),
    )
    return Gicv2Machine(f"qemu-virt-gicv2{'-el2' if el2 else ''}", config)
