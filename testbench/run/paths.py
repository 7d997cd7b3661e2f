"""The interrupt paths that work in RTL, and the tests of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pymodel.errors import CheckError
from testbench.device import DIRECT, Device, qemu_virt


@dataclass(frozen=True, slots=True)
class Path:
    """One interrupt path: its name, its cocotb module and its scenarios, in the order in which they run. `needs`: parameters of
    the device, and the least that they must be for this path; `widths`: the same, for all scenarios but those of `any_width`."""

    name: str
    module: str
    scenarios: tuple[str, ...]
    device: Device = field(default_factory=Device)
    needs: Mapping[str, int] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)
    any_width: tuple[str, ...] = ()


#: The path that recordings of Linux drive.
LINUX: Final = "linux"

PATHS: Final[dict[str, Path]] = {
    path.name: path
    for path in (
        Path(
            "sgi",
            "testbench.cosim.test_sgi",
            ("EverySgi", "Ranges", "Preemption", "Crossings", "Resets", "Accesses", "RandomTraffic"),
        ),
        Path("ppi", "testbench.cosim.test_ppi", ("EveryPpi", "PpiLevels", "RandomPpis")),
        Path("spi", "testbench.cosim.test_spi", ("EverySpi", "SpiLevels", "OneOfN", "SpiResets", "SpisGivenBack", "RandomSpis")),
        Path("mbi", "testbench.cosim.test_mbi", ("EveryMessage", "RandomMessages"), needs={"message_spis": 1}),
        Path(
            "lpi",
            "testbench.cosim.test_lpi",
            (
                "EveryLpi",
                "Commands",
                "Tables",
                "LongQueue",
                "Spill",
                "GroupsWhileBusy",
                "LpiCrossings",
                "WidthsAtTheTop",
                "WidthsAnywhere",
                "ItsAccesses",
                "MemoryFull",
                "RandomLpis",
            ),
            needs={"its": 1},
            widths={"device_bits": 16, "event_bits": 14, "collection_bits": 4},
            any_width=("WidthsAtTheTop", "WidthsAnywhere", "ItsAccesses", "MemoryFull"),
        ),
        Path(LINUX, "testbench.cosim.test_linux", ("Settled", "Racing"), qemu_virt(1)),
        Path("lpi-direct", "testbench.cosim.test_lpi_direct", ("DirectLpis", "RandomDirectLpis"), DIRECT, {"direct_lpi": 1}),
    )
}


def choose(names: str) -> list[Path]:
    """The paths of a comma-separated list; all for "". Raises `CheckError` naming those that exist."""
    wanted = list(dict.fromkeys(name.strip() for name in names.split(","))) if names else []
    unknown = [name for name in wanted if name not in PATHS]
    if unknown:
        raise CheckError(f"no path is called {', '.join(map(repr, unknown))}; these work: {', '.join(PATHS)}")
    return [PATHS[name] for name in wanted or PATHS]


def choose_scenarios(path: Path, names: str) -> tuple[str, ...]:
    """The scenarios of `path` in a comma-separated list; all for "". Raises `CheckError` naming those that exist."""
    wanted = tuple(dict.fromkeys(name.strip() for name in names.split(","))) if names else ()
    unknown = [name for name in wanted if name not in path.scenarios]
    if unknown:
        raise CheckError(
            f"path {path.name} has no scenario {', '.join(map(repr, unknown))}; there are {', '.join(path.scenarios)}"
        )
    return wanted or path.scenarios
