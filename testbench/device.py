"""The Verilog as it is built: its parameters, and what the golden models must be told to be the same device."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Final

from pymodel.config import GicConfig, ItsConfig
from pymodel.errors import ConfigError
from pymodel.policy import IRQPATH, Policy

#: Identity of this project's Verilog (GICD_IIDR, GICR_IIDR): no JEP106 implementer, product 0x49.
IIDR: Final = 0x4900_0000
#: Pages of 4 KB that hdl/mem.v has (parameter MEM_PAGES).
MEM_PAGES: Final = 256


@dataclass(frozen=True, slots=True)
class Device:
    """Parameters of `irqpath_top`, named as there (in lower case). `lpi_slots`: a power of two, 2 to 64.

    Raises `ConfigError` when the Verilog has no such build.
    """

    pes: int = 4
    spis: int = 64
    priority_bits: int = 5
    intid_bits: int = 16
    cpu_intid_24: bool = False
    one_of_n: bool = True
    message_spis: bool = True
    aff3: bool = False
    its: bool = True
    direct_lpi: bool = False
    lpi_slots: int = 32
    ces: bool = True
    common_lpi_aff: int = 0
    itt_entry_bytes: int = 8
    its_stall: bool = True
    iidr: int = IIDR
    pidr2: int = 0x3B

    def __post_init__(self) -> None:
        if not 1 <= self.pes <= 8:
            raise ConfigError(f"Device.pes is {self.pes}: the Verilog is built with 1 to 8 PEs")
        if self.lpi_slots not in (2, 4, 8, 16, 32, 64):
            raise ConfigError(f"Device.lpi_slots is {self.lpi_slots}: use 2, 4, 8, 16, 32 or 64")

    def parameters(self) -> dict[str, int]:
        """Parameters of `irqpath_tb`."""
        return {name.upper(): int(value) for name, value in asdict(self).items()}

    def mark(self) -> str:
        """A name for the build: what differs from the default device."""
        default = asdict(Device())
        parts = [f"{name}{int(value):x}" for name, value in asdict(self).items() if value != default[name]]
        return "-".join(parts or ["default"])

    @property
    def lpis(self) -> bool:
        """Whether the Redistributors have LPIs."""
        return self.its or self.direct_lpi

    @property
    def masters(self) -> tuple[str, ...]:
        """Masters of the memory, by the name of their links, in the order of the Verilog."""
        return (*(f"gicr{pe}" for pe in range(self.pes)), "its0", "sw")

    def gic(self) -> GicConfig:
        """The golden models' configuration."""
        return GicConfig(
            pes=self.pes,
            spis=self.spis,
            intid_bits=self.intid_bits,
            priority_bits=self.priority_bits,
            lpis=self.lpis,
            its=(ItsConfig(itt_entry_bytes=self.itt_entry_bytes),) if self.its else (),
            direct_lpi=self.direct_lpi,
            message_spis=self.message_spis,
            one_of_n=self.one_of_n,
            cpu_intid_bits=24 if self.cpu_intid_24 else 16,
            aff3_valid=self.aff3,
            common_lpi_aff=self.common_lpi_aff,
            lpi_disable=self.ces,
            iidr=self.iidr,
            pidr2=self.pidr2,
        )

    def policy(self) -> Policy:
        """The golden models' choices."""
        return replace(IRQPATH, lpi_store=self.lpi_slots, its_command_error="stall" if self.its_stall else "skip")


#: Without an ITS: LPIs through GICR_SETLPIR and its companions.
DIRECT: Final = Device(its=False, direct_lpi=True, lpi_slots=8)


def qemu_virt(pes: int) -> Device:
    """With the identity of QEMU's `virt` machine (GICv3 and ITS, one Security state), as recordings of it have it."""
    return Device(
        pes=pes,
        spis=256,
        cpu_intid_24=True,
        one_of_n=False,
        message_spis=False,
        aff3=True,
        common_lpi_aff=1,
        itt_entry_bytes=12,
        its_stall=False,
        iidr=0x43B,
    )
