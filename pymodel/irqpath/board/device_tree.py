"""The device-tree source of a machine's GIC: the bindings `arm,gic-v3`, `arm,gic` and `arm,gic-v2m-frame` of Linux."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from irqpath.board.address_map import Places, Region
from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import GicConfig
from irqpath.core.errors import ConfigError

#: Cells of `interrupts`: a PPI; active high, level-sensitive.
_PPI, _HIGH = 1, 4
_FIRST_PPI: Final = 16


def source(config: GicConfig | Gicv2Config, places: Places, mbi_ranges: Sequence[tuple[int, int]]) -> str:
    """The text. Raises `ConfigError` for message-based SPIs that the GIC does not have."""
    inside = _gicv2(config, places) if isinstance(config, Gicv2Config) else _gicv3(config, places, mbi_ranges)
    if isinstance(config, Gicv2Config) and mbi_ranges:
        raise ConfigError("mbi_ranges: a GICv2 takes messages in a frame of GICv2m, which Gicv2Config.v2m makes")
    base = places.named("gicd").base
    lines = (
        "/dts-v1/;",
        "",
        "/ {",
        *_indent(
            (
                "#address-cells = <2>;",
                "#size-cells = <2>;",
                "interrupt-parent = <&gic>;",
                "",
                f"gic: interrupt-controller@{base:x} {{",
                *_indent(inside),
                "};",
            )
        ),
        "};",
    )
    return "\n".join(lines) + "\n"


def _common(compatible: str, reg: Sequence[Region]) -> Iterator[str]:
    yield f'compatible = "{compatible}";'
    yield f"reg = {', '.join(map(_reg, reg))};"
    yield "interrupt-controller;"
    yield "#interrupt-cells = <3>;"
    yield "#address-cells = <2>;"
    yield "#size-cells = <2>;"
    yield "ranges;"


def _maintenance(config: GicConfig | Gicv2Config) -> Iterator[str]:
    if config.virtual is not None:
        yield f"interrupts = <{_PPI} {config.virtual.maintenance_ppi - _FIRST_PPI} {_HIGH}>;"


def _gicv2(config: Gicv2Config, places: Places) -> Iterator[str]:
    frames = ["gicd", "gicc", *(["gich", "gicv"] if config.virtual is not None else [])]
    yield from _common("arm,cortex-a15-gic", [places.named(name) for name in frames])
    yield from _maintenance(config)
    if config.v2m is not None:
        frame = places.named("v2m")
        yield ""
        yield f"v2m: v2m@{frame.base:x} {{"
        yield from _indent(
            (
                'compatible = "arm,gic-v2m-frame";',
                f"reg = {_reg(frame)};",
                "msi-controller;",
                f"arm,msi-base-spi = <{config.v2m.first_spi}>;",
                f"arm,msi-num-spis = <{config.v2m.spis}>;",
            )
        )
        yield "};"


def _gicv3(config: GicConfig, places: Places, mbi_ranges: Sequence[tuple[int, int]]) -> Iterator[str]:
    first = places.named("gicr0")
    last = places.named(f"gicr{config.pes - 1}")
    stride = places.named("gicr1").base - first.base if config.pes > 1 else first.size
    yield from _common("arm,gic-v3", [places.named("gicd"), Region(first.base, last.end - first.base, "gicr")])
    yield "#redistributor-regions = <1>;"
    if stride != first.size:
        yield f"redistributor-stride = <{_cells(stride)}>;"
    yield from _maintenance(config)
    if mbi_ranges:
        for start, count in mbi_ranges:
            if not config.message_spis or start < 32 or count < 1 or start + count - 1 > config.last_spi:
                raise ConfigError(
                    f"mbi_ranges has {count} SPIs from {start} on: GICD_SETSPI_NSR takes "
                    + (f"those from 32 to {config.last_spi}" if config.message_spis else "none here (GicConfig.message_spis)")
                )
        yield "msi-controller;"
        yield f"mbi-ranges = {', '.join(f'<{start} {count}>' for start, count in mbi_ranges)};"
    for n in range(len(config.its)):
        frame = places.named(f"its{n}")
        yield ""
        yield f"its{n}: msi-controller@{frame.base:x} {{"
        yield from _indent(('compatible = "arm,gic-v3-its";', f"reg = {_reg(frame)};", "msi-controller;", "#msi-cells = <1>;"))
        yield "};"


def _indent(lines: Iterable[str]) -> Iterator[str]:
    return (f"\t{line}" if line else "" for line in lines)


def _reg(region: Region) -> str:
    return f"<{_cells(region.base)} {_cells(region.size)}>"


def _cells(value: int) -> str:
    return f"{value >> 32:#x} {value & 0xFFFF_FFFF:#x}"
