"""Where the register frames and RAM of a machine lie."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from irqpath.core.errors import ConfigError
from irqpath.core.memory import ADDRESS_BITS

_PAGE: Final = 0x1000
#: ITSs of which there are several, or which are larger than the place that QEMU's `virt` has for one.
_MORE_ITS: Final = 0x2000_0000
_ITS_STRIDE: Final = 0x4_0000
_ITS_PLACE: Final = 0x2_0000


class Region(NamedTuple):
    """`size` bytes at `base`; `name`: "gicd", "gicr3", "its0", "gicc", "gich", "gicv", "v2m", or "ram"."""

    base: int
    size: int
    name: str

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.base + self.size


@dataclass(frozen=True, slots=True)
class AddressMap:
    """Base addresses in bytes. The defaults are those of QEMU's `virt` machine.

    `gicr`: RD_base of the first Redistributor, and `gicr_stride` the distance to the next; None: those of the configuration.
    `its`: the ITSs in their order; None: the place that QEMU has for one, or where it is too small, from 0x2000_0000 on, 256 KB
    each. `ram`: (base, size) of each part of memory that an access by address reaches.
    """

    gicd: int = 0x0800_0000
    gicc: int = 0x0801_0000
    v2m: int = 0x0802_0000
    gich: int = 0x0803_0000
    gicv: int = 0x0804_0000
    its: tuple[int, ...] | None = None
    gicr: int | None = None
    gicr_stride: int | None = None
    ram: tuple[tuple[int, int], ...] = ((0x4000_0000, 0x3F_C000_0000),)

    def its_bases(self, sizes: list[int]) -> list[int]:
        """GITS_base of ITSs whose frames are so large. Raises `ConfigError` unless there are as many as addresses."""
        if self.its is None:
            if len(sizes) == 1 and sizes[0] <= _ITS_PLACE:
                return [0x0808_0000]
            return [_MORE_ITS + n * _ITS_STRIDE for n in range(len(sizes))]
        if len(self.its) != len(sizes):
            raise ConfigError(f"AddressMap.its has {len(self.its)} addresses: the GIC has {len(sizes)} ITSs")
        return list(self.its)


class Places:
    """The regions of one machine, in the order of their addresses. Raises `ConfigError` for one that lies badly."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self.regions = sorted(regions)
        self._bases = [region.base for region in self.regions]
        for region in self.regions:
            if region.name != "ram" and region.base % _PAGE:
                raise ConfigError(f"{region.name} at {region.base:#x}: the base of a frame is a multiple of 4 KB")
            if region.size <= 0 or region.base < 0 or region.end > 1 << ADDRESS_BITS:
                raise ConfigError(
                    f"{region.name} at {region.base:#x}, {region.size:#x} bytes: it must lie in {ADDRESS_BITS} bits"
                )
        for low, high in zip(self.regions, self.regions[1:], strict=False):
            if high.base < low.end:
                where = f"{low.name}, {low.base:#x} to {low.end - 1:#x}"
                raise ConfigError(f"{high.name} at {high.base:#x} overlaps {where}: give AddressMap another place")

    def at(self, address: int, size: int) -> Region | None:
        """The region in which the `size` bytes at `address` lie, None where no single one holds them all."""
        n = bisect_right(self._bases, address) - 1
        if n < 0:
            return None
        region = self.regions[n]
        return region if address + size <= region.base + region.size else None

    def named(self, name: str) -> Region:
        """The region of that name. Raises `ConfigError` naming those that there are."""
        for region in self.regions:
            if region.name == name:
                return region
        raise ConfigError(f"the machine has no {name}; there are {', '.join(region.name for region in self.regions)}")
