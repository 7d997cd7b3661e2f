"""The interrupt paths that work in RTL, and the tests of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from irqpath.cli.parser import did_you_mean
from irqpath.core.errors import CheckError
from irqpath_testbench.dut.description import Dut
from irqpath_testbench.dut.parameters import DIRECT, GICV2, GICV2_MACHINE, MACHINE, VIRTUAL, DutParameters, qemu_virt


@dataclass(frozen=True, slots=True)
class Path:
    """One interrupt path: its name, its cocotb module and its scenarios, in the order in which they run. `needs`: parameters of
    the device, and the least that they must be for this path; `widths`: the same, for all scenarios but those of `any_width`;
    `links`: kinds of links (`Link.kind`) that its software uses; `packets`: these are what it counts, not journeys."""

    name: str
    module: str
    scenarios: tuple[str, ...]
    device: DutParameters = field(default_factory=DutParameters)
    needs: Mapping[str, int] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)
    any_width: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    packets: bool = False

    def lacks(self, dut: Dut, scenarios: Sequence[str]) -> str:
        """What a described device has not that `scenarios` need, as text; "": they can run on it."""
        if self.name == LINUX:
            return "a recorded machine"
        kinds = {link.kind for link in dut.names}
        if missing := [kind for kind in self.links if kind not in kinds]:
            return f"links {', '.join(missing)}"
        config, shape = dut.config, dut.config.its[0] if dut.config.its else None
        has = {
            "message_spis": int(config.message_spis),
            "direct_lpi": int(config.direct_lpi),
            "its": len(config.its),
            "pes": config.pes,
        }
        has["gicv2"] = int(dut.gicv2 is not None)
        has["virtual"] = int(dut.virtual is not None)
        has["maintained"] = int(dut.maintained)
        has |= {} if shape is None else {name: getattr(shape, name) for name in self.widths}
        needs = {**self.needs, **(self.widths if set(scenarios) - set(self.any_width) else {})}
        return ", ".join(f"{name}={least}" for name, least in needs.items() if has.get(name, 0) < least)


#: The path that recordings of Linux drive.
LINUX: Final = "linux"

#: Kinds of links that software of every path uses.
_REGISTERS: Final = ("gicd_reg", "gicr_reg", "gicc_sys", "gicc_irq")

#: Paths of packets, each with its scenario. A GICv2 has no ITS, to which an assigned function writes.
_PACKETS: Final = {"virtio-tx": "Transmit", "virtio-rx": "Receive", "virtio-intx": "Intx"}

PATHS: Final[dict[str, Path]] = {
    path.name: path
    for path in (
        Path(
            "sgi",
            "irqpath_testbench.tests.test_sgi",
            ("EverySgi", "Ranges", "Preemption", "Crossings", "Resets", "Accesses", "RandomTraffic"),
            links=_REGISTERS,
        ),
        Path("ppi", "irqpath_testbench.tests.test_ppi", ("EveryPpi", "PpiLevels", "RandomPpis"), links=(*_REGISTERS, "gicr_ppi")),
        Path(
            "spi",
            "irqpath_testbench.tests.test_spi",
            ("EverySpi", "SpiLevels", "OneOfN", "SpiResets", "SpisGivenBack", "RandomSpis"),
            links=(*_REGISTERS, "gicd_spi"),
        ),
        Path(
            "mbi",
            "irqpath_testbench.tests.test_mbi",
            ("EveryMessage", "RandomMessages"),
            needs={"message_spis": 1},
            links=_REGISTERS,
        ),
        Path(
            "lpi",
            "irqpath_testbench.tests.test_lpi",
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
                "ResetsWhileGicdWaits",
                "RandomLpis",
                "GeneratedLpis",
            ),
            needs={"its": 1},
            widths={"device_bits": 16, "event_bits": 14, "collection_bits": 4},
            any_width=("WidthsAtTheTop", "WidthsAnywhere", "ItsAccesses", "MemoryFull"),
            links=(*_REGISTERS, "its_reg", "its_msi", "sw_mem"),
        ),
        Path(LINUX, "irqpath_testbench.tests.test_linux", ("Lockstep", "Stress"), qemu_virt(1)),
        Path(
            "lpi-direct",
            "irqpath_testbench.tests.test_lpi_direct",
            ("DirectLpis", "EnablingLpis", "RandomDirectLpis"),
            DIRECT,
            {"direct_lpi": 1},
            links=(*_REGISTERS, "sw_mem"),
        ),
        Path(
            "virq-lr",
            "irqpath_testbench.tests.test_virq_lr",
            (
                "EveryListRegister",
                "VirtualPreemption",
                "VirtualEnds",
                "VirtualTies",
                "Traps",
                "GuestCrossings",
                "EventsInStates",
                "GeneratedGuests",
                "RandomGuests",
            ),
            VIRTUAL,
            {"virtual": 1},
            links=_REGISTERS,
        ),
        Path(
            "virq-hw",
            "irqpath_testbench.tests.test_virq_hw",
            ("EveryHardwareInterrupt", "EndsOfHardware", "RandomHardware"),
            VIRTUAL,
            {"virtual": 1},
            links=(*_REGISTERS, "gicr_ppi", "gicd_spi"),
        ),
        Path(
            "maint",
            "irqpath_testbench.tests.test_maint",
            ("MaintenanceConditions", "RandomMaintenance"),
            VIRTUAL,
            {"virtual": 1},
            links=(*_REGISTERS, "gicr_ppi"),
        ),
        Path(
            "gicv2",
            "irqpath_testbench.tests.test_gicv2",
            (
                "EverySource",
                "SgiSources",
                "Nesting",
                "TwoGroups",
                "SpiStates",
                "Gicv2Resets",
                "Gicv2Accesses",
                "Gicv2Guests",
                "GuestGroups",
                "Gicv2EventsInStates",
                "RandomGicv2",
                "Sequences",
            ),
            GICV2,
            {"gicv2": 1, "virtual": 1},
            links=("gicd_reg", "gicc_reg", "gicc_irq", "gicd_spi", "gicd_ppi"),
        ),
        *(
            Path(
                name,
                "irqpath_testbench.tests.test_virtio",
                (scenario,),
                MACHINE,
                {"virtual": 1, "its": 1, "pes": 2},
                links=(*_REGISTERS, "gicr_ppi", "gicd_spi", "sw_mem", "its_msi"),
                packets=True,
            )
            for name, scenario in (*_PACKETS.items(), ("vf", "Assigned"))
        ),
        *(
            Path(
                f"{name}-gicv2",
                "irqpath_testbench.tests.test_virtio",
                (scenario,),
                GICV2_MACHINE,
                {"gicv2": 1, "virtual": 1, "maintained": 1, "pes": 2},
                links=("gicd_reg", "gicc_reg", "gich_reg", "gicv_reg", "gicc_irq", "gicd_spi", "gicd_ppi"),
                packets=True,
            )
            for name, scenario in _PACKETS.items()
        ),
    )
}


def choose(names: str) -> list[Path]:
    """The paths of a comma-separated list; all for "". Raises `CheckError` naming those that exist."""
    wanted = _listed(names)
    unknown = [name for name in wanted if name not in PATHS]
    if unknown:
        hint = did_you_mean(unknown[0], PATHS)
        raise CheckError(f"no path is called {', '.join(map(repr, unknown))}{hint or ';'} these work: {', '.join(PATHS)}")
    return [PATHS[name] for name in wanted or PATHS]


def choose_scenarios(paths: str, names: str) -> dict[str, tuple[str, ...]]:
    """What to run: path -> its scenarios, in the order in which they were asked for.

    `paths`: as for `choose`. `names`: a comma-separated list, "" for all scenarios of the paths; "EverySgi" is a scenario of
    every chosen path that has it, "sgi:EverySgi" one of that path alone, which is chosen by it where `paths` is "".

    Raises `CheckError` for a path or a scenario that does not exist, and for a path that was asked for but gets no scenario.
    """
    chosen = choose(paths)
    wanted = [_scenario(name, chosen if paths else list(PATHS.values())) for name in _listed(names)]
    if not wanted:
        return {path.name: path.scenarios for path in chosen}
    found = {path.name: tuple(dict.fromkeys(scenario for owners, scenario in wanted if path.name in owners)) for path in chosen}
    idle = [name for name, scenarios in found.items() if not scenarios]
    if idle and paths:
        raise CheckError(
            f"path {idle[0]} has no scenario {', '.join(repr(s) for _, s in wanted)}; leave the path out, or name one of "
            f"{', '.join(PATHS[idle[0]].scenarios)}"
        )
    return {name: scenarios for name, scenarios in found.items() if scenarios}


def _scenario(name: str, chosen: Sequence[Path]) -> tuple[list[str], str]:
    """The paths, of those that were chosen, to which a scenario as it was typed belongs, and its name."""
    prefix, colon, scenario = name.rpartition(":")
    if colon and not prefix.strip():
        raise CheckError(
            f"scenario {name!r} has a colon without a path before it; write PATH:NAME, such as sgi:EverySgi, or NAME"
        )
    among = choose(prefix) if colon else chosen
    if among[0] not in chosen:
        raise CheckError(f"scenario {name}: path {prefix} is not among --paths {','.join(path.name for path in chosen)}")
    owners = [path.name for path in among if scenario in path.scenarios]
    if not owners:
        there = list(dict.fromkeys(each for path in among for each in path.scenarios))
        hint = did_you_mean(scenario, there) or ";"
        who = f"path {among[0].name} has" if len(among) == 1 else "the chosen paths have"
        raise CheckError(f"{who} no scenario {scenario!r}{hint} there are {', '.join(there)}")
    return owners, scenario


def _listed(names: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in names.split(","))) if names else []
