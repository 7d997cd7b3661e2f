"""The Verilog as it is built: its parameters, and what the golden models must be told to be the same device."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Final

from irqpath.config.gicv2 import Gicv2Config, V2mConfig
from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig, ItsConfig, VirtualConfig
from irqpath.core.checked import Rule, check
from irqpath.core.link import Link
from irqpath.core.places import HDL, verilog
from irqpath_testbench.dut.description import USUAL, Axi4, Bounds, Dut, Mailbox, Reach, Resets, ResetSeen, Watched, Wires

#: Identity of this project's Verilog (GICD_IIDR, GICR_IIDR): no JEP106 implementer, product 0x49.
IIDR: Final = 0x4900_0000

#: The Verilog around the device: clocks, drivers, monitors, recorder.
TESTBENCH_HDL: Final = Path(__file__).parent / "hdl"
#: What its GICC_IIDR has above: the architecture's version.
_GICV2: Final = 0x0002_0000
#: Parameters of `irqpath_gicv2`, and those that `irqpath_top` has not.
_GICV2_PARAMETERS: Final = ("PES", "SPIS", "PRIORITY_BITS", "VIRTUAL", "LIST_REGISTERS", "V2M_FIRST", "V2M_SPIS", "V2M_IIDR")
_OF_GICV2: Final = ("gicv2", "v2m_first", "v2m_spis", "v2m_iidr", "maintained")
#: With so many places for LPIs, scenarios that use all INTIDs leave none in the pending table.
_PLACES: Final = 8
#: What the parameters that are numbers may be.
RANGES: Final[dict[str, range | tuple[int, ...]]] = {
    "pes": range(1, 9),
    "spis": range(32, 961, 32),
    "priority_bits": range(4, 9),
    "intid_bits": range(14, 25),
    "lpi_slots": (4, 8, 16, 32, 64),
    "common_lpi_aff": range(4),
    "device_bits": range(1, 33),
    "event_bits": range(1, 33),
    "collection_bits": range(1, 17),
    "itt_entry_bytes": (8, 12, 16),
    "list_registers": range(1, 17),
    "virtual_priority_bits": range(5, 9),
    "virtual_preemption_bits": range(5, 8),
    "maintenance_ppi": range(16, 32),
    "v2m_first": range(32, 992),
    "v2m_spis": range(1, 961),
    "v2m_iidr": range(1 << 32),
    "iidr": range(1 << 32),
    "pidr2": range(256),
}


def _as_text(values: range | tuple[int, ...]) -> str:
    if not isinstance(values, range):
        return f"one of {values}"
    return f"{values[0]} to {values[-1]}{f' in steps of {values.step}' * (values.step > 1)}"


def _in_range(name: str) -> Rule:
    values = RANGES[name]
    says = f"the Verilog is built with {_as_text(values)}"
    return Rule(f"range of {name}", name, lambda d: getattr(d, name) in values, says)


#: What the parameters must be; the models' own rules come on top (`GicConfig`).
DEVICE_RULES: Final = (
    *map(_in_range, RANGES),
    Rule(
        "INTID bits of the CPU interface",
        "intid_bits",
        lambda d: d.cpu_intid_24 or d.intid_bits <= 16,
        "the Verilog is built with 14 to 16 where cpu_intid_24=0",
    ),
    Rule(
        "the Verilog is a GICv3",
        "pidr2",
        lambda d: d.pidr2 >> 4 == 3,
        "ArchRev, bits [7:4], is 3: the Verilog is a GICv3",
    ),
    Rule(
        "the wire of a GICv2's maintenance line",
        "maintained",
        lambda d: not d.maintained or (d.gicv2 and d.virtual),
        "1 is for gicv2=1,virtual=1; that of a GICv3 is wired always",
    ),
)


@dataclass(frozen=True, slots=True)
class DutParameters:
    """Parameters of `irqpath_top`, named as there (in lower case), with widths that tests reach all of. `lpi_slots`: a power of
    two, 4 to 64 (two LPIs may be at the CPU interface, and those that outrank them need a place).

    Raises `ConfigError` when the Verilog has no such build.
    """

    pes: int = 4
    spis: int = 64
    priority_bits: int = 5
    intid_bits: int = 24
    cpu_intid_24: bool = True
    one_of_n: bool = True
    message_spis: bool = True
    aff3: bool = False
    rss: bool = False
    cpu_rss: bool = False
    its: bool = True
    direct_lpi: bool = False
    lpi_slots: int = 32
    ces: bool = True
    common_lpi_aff: int = 0
    device_bits: int = 16
    event_bits: int = 16
    collection_bits: int = 16
    itt_entry_bytes: int = 8
    its_stall: bool = True
    virtual: bool = False
    list_registers: int = 4
    virtual_priority_bits: int = 5
    virtual_preemption_bits: int = 5
    cpu_gicv4: bool = False
    maintenance_ppi: int = 25
    iidr: int = IIDR
    pidr2: int = 0x3B
    #: a GICv2, which is another top, `irqpath_gicv2`: it has those that follow, `pes`, `spis`, `priority_bits`, `virtual`,
    #: `list_registers` and `iidr`
    gicv2: bool = False
    v2m_first: int = 32
    v2m_spis: int = 32
    v2m_iidr: int = IIDR
    #: the maintenance line of each PE of a GICv2 is wired to its PPI
    maintained: bool = False

    def __post_init__(self) -> None:
        check(self, DEVICE_RULES)
        self.gic()  # what the models refuse is not built either

    def parameters(self) -> dict[str, int]:
        """Parameters of `irqpath_tb`."""
        return {name.upper(): int(value) for name, value in asdict(self).items() if name not in _OF_GICV2}

    def top_parameters(self) -> dict[str, str]:
        """Parameters of `irqpath_top`, as Verilog, that irqpath_tb.v gives it; of a GICv2 those of `irqpath_gicv2`."""
        if self.gicv2:
            wide = ("GICD_IIDR", "GICC_IIDR", "V2M_IIDR")
            named = self.dut().parameters.items()
            return {name: f"32'h{value:x}" if name in wide else str(value) for name, value in named}
        widths = {"COMMON_LPI_AFF": 2, "IIDR": 32, "PIDR2": 8}
        given = {
            name: f"{widths[name]}'h{value:x}" if name in widths else str(value) for name, value in self.parameters().items()
        }
        affinities = sum(affinity << 32 * pe for pe, affinity in enumerate(self.affinities))
        return given | {"AFFINITIES": f"{32 * self.pes}'h{affinities:x}"}

    def mark(self) -> str:
        """A name for the build: what differs from the default device."""
        default = asdict(DutParameters())
        parts = [f"{name}{int(value):x}" for name, value in asdict(self).items() if value != default[name]]
        return "-".join(parts or ["default"])

    @property
    def affinities(self) -> tuple[int, ...]:
        """Affinities of the PEs: Aff0 counts them, and is above 15 at odd ones where an SGI can say so."""
        return tuple(pe | (0x10 if self.rss and self.cpu_rss and pe % 2 else 0) for pe in range(self.pes))

    @property
    def lpis(self) -> bool:
        """Whether the Redistributors have LPIs."""
        return self.its or self.direct_lpi

    @property
    def masters(self) -> tuple[str, ...]:
        """Masters of the memory, by the name of their links, in the order of the Verilog."""
        return (*(f"gicr{pe}" for pe in range(self.pes)), "its0", "sw")

    def gic(self) -> GicConfig:
        """The golden models' configuration; of a GICv2 its size (see `Dut`)."""
        if self.gicv2:
            return GicConfig(self.pes, self.spis, priority_bits=self.priority_bits, lpis=False, its=(), message_spis=False)
        return GicConfig(
            pes=self.pes,
            spis=self.spis,
            intid_bits=self.intid_bits,
            priority_bits=self.priority_bits,
            lpis=self.lpis,
            its=(self._its(),) if self.its else (),
            direct_lpi=self.direct_lpi,
            message_spis=self.message_spis,
            one_of_n=self.one_of_n,
            cpu_intid_bits=24 if self.cpu_intid_24 else 16,
            aff3_valid=self.aff3,
            range_selector=self.rss,
            cpu_range_selector=self.cpu_rss,
            affinities=self.affinities,
            common_lpi_aff=self.common_lpi_aff,
            lpi_disable=self.ces,
            iidr=self.iidr,
            pidr2=self.pidr2,
            virtual=self._virtual() if self.virtual else None,
        )

    def _virtual(self) -> VirtualConfig:
        return VirtualConfig(
            list_registers=self.list_registers,
            priority_bits=self.virtual_priority_bits,
            preemption_bits=self.virtual_preemption_bits,
            id_bits=24 if self.cpu_intid_24 else 16,
            aff3_valid=self.aff3,
            gicv4=self.cpu_gicv4,
            maintenance_ppi=self.maintenance_ppi,
        )

    def dut(self) -> Dut:
        """The device, as everybody describes his: in the testbench irqpath_tb, with a monitor on every link."""
        if self.gicv2:
            return gicv2(self)
        return Dut(
            name=self.mark(),
            top="irqpath_tb",
            config=self.gic(),
            policy=self.policy(),
            links=self._links(),
            blocks=self._blocks(),
            sources=tuple(sorted(verilog(HDL))),
            includes=(HDL,),
            parameters=self.parameters(),
            bench=True,
            bounds=self._bounds(),
        )

    def _bounds(self) -> Bounds:
        """A Redistributor with few places for LPIs keeps the others in the pending table, and may read that to its end before it
        responds to anything: at most 8 cycles a word of 64 INTIDs."""
        few = self.lpis and self.lpi_slots < _PLACES
        table = (1 << self.intid_bits) // 64 * 8 if few else 0
        return Bounds(output=USUAL.output + table, busy=table)

    def _blocks(self) -> tuple[str, ...]:
        """Those that are there."""
        of_pes = [f"{kind}{pe}" for pe in range(self.pes) for kind in ("gicr", "gicc")]
        return ("gicd", *of_pes, *["its0"] * self.its, "mem")

    def _links(self) -> dict[str, Reach]:
        """Links and where irqpath_tb has their drivers."""
        links: dict[str, Reach] = {"gicd.reg": Mailbox("port[0].driver"), "gicd.spi": Mailbox("spis[{word}].level")}
        watched = [Link("gicd.reset"), Link("mem.reset")]
        for pe in range(self.pes):
            links |= {
                Link.gicr(pe, "reg"): Mailbox(f"port[{pe + 1}].driver"),
                Link.gicr(pe, "ppi"): Mailbox(f"pe[{pe}].ppi_level"),
                Link.gicc(pe, "sys"): Mailbox(f"pe[{pe}].driver"),
                Link.gicc(pe, "irq"): Mailbox(f"pe[{pe}]"),
            }
            watched += [link(pe, way) for link in (Link.stream, Link.dist) for way in ("down", "up")]
            watched += [Link.gicr(pe, "reset"), Link.gicr(pe, "wake"), Link.gicc(pe, "reset")]
        if self.its:
            links |= {"its0.reg": Mailbox(f"port[{self.pes + 1}].driver"), "its0.msi": Mailbox("devices")}
            watched += [Link.its(0, "reset"), Link.its(0, "step")]
            watched += [Link.its_gicr(0, pe, way) for pe in range(self.pes) for way in ("cmd", "ack")]
        memory = {Link.of(master, "mem"): Mailbox("software") if master == "sw" else Watched() for master in self.masters}
        return links | dict.fromkeys(watched, Watched()) | memory

    def _its(self) -> ItsConfig:
        return ItsConfig(
            device_bits=self.device_bits,
            event_bits=self.event_bits,
            collection_bits=self.collection_bits,
            itt_entry_bytes=self.itt_entry_bytes,
        )

    def policy(self) -> Policy:
        """The golden models' choices."""
        return replace(IRQPATH, lpi_store=self.lpi_slots, its_command_error="stall" if self.its_stall else "skip")


#: Register ports of irqpath_gicv2, from bit 0 on.
_GICV2_PORTS: Final = ("gicd", "gicc", "gich", "gicv", "v2m")
_ADDRESS: Final = 13


def gicv2(device: DutParameters) -> Dut:
    """The GICv2, in a testbench that is made for it."""
    config = Gicv2Config(
        pes=device.pes,
        spis=device.spis,
        priority_bits=device.priority_bits,
        gicd_iidr=device.iidr,
        gicc_iidr=device.iidr | _GICV2,
        virtual=_gicv2_virtual(device) if device.virtual else None,
        v2m=V2mConfig(device.v2m_first, device.v2m_spis, device.v2m_iidr),
    )
    parameters = {name: int(getattr(device, name.lower())) for name in _GICV2_PARAMETERS}
    return Dut(
        name=device.mark(),
        top="irqpath_gicv2",
        config=device.gic(),
        gicv2=config,
        links=_gicv2_links(device),
        blocks=("gicv2",),
        sources=tuple(sorted(verilog(HDL))),
        includes=(HDL,),
        parameters=parameters | {"GICD_IIDR": config.gicd_iidr, "GICC_IIDR": config.gicc_iidr},
        resets=Resets(iri="rst", pe="pe_rst"),
        busy="busy",
    )


def _gicv2_virtual(device: DutParameters) -> VirtualConfig:
    return VirtualConfig(device.list_registers, id_bits=10, gicv2=True, maintenance_ppi=device.maintenance_ppi)


def _gicv2_links(device: DutParameters) -> dict[str, Reach]:
    """Links and how they are reached."""
    there = [(n, name) for n, name in enumerate(_GICV2_PORTS) if device.virtual or name not in ("gich", "gicv")]
    links: dict[str, Reach] = {Link.of(name, "reg"): Axi4(_port(n), _ADDRESS, user=True) for n, name in there}
    sampled = ("spi_sampled", "spi_intid", "wire_level")
    links |= {Link("gicd.spi"): Wires("", sampled=sampled), Link("gicd.reset"): ResetSeen()}
    for pe in range(device.pes):
        ppi = {"ppi": f"ppi[{16 * pe + 15}:{16 * pe}]"}
        driven = ((device.maintenance_ppi, f"maintenance[{pe}]"),) if device.maintained else ()
        links |= {
            Link.gicv2_ppi(pe): Wires(ppi, sampled=(f"ppi_sampled[{pe}]", "ppi_number", "wire_level"), driven=driven),
            Link.gicc(pe, "irq"): Wires({role: f"{role}[{pe}]" for role in ("irq", "fiq", "virq", "vfiq", "maintenance")}),
            Link.gicc(pe, "reset"): ResetSeen(f"reset_seen[{pe}]"),
        }
    return links


def _port(number: int) -> dict[str, str]:
    """The signals of a register port, by role."""
    handshakes = {f"{channel}{end}": 1 for channel in ("aw", "w", "b", "ar", "r") for end in ("valid", "ready")}
    widths = handshakes | {"wdata": 64, "bresp": 2, "rdata": 64, "rresp": 2}
    address = {"addr": _ADDRESS, "size": 3, "user": 8}
    widths |= {f"{channel}{end}": bits for channel in ("aw", "ar") for end, bits in address.items()}
    return {
        role: f"{role}[{number}]" if bits == 1 else f"{role}[{bits * number + bits - 1}:{bits * number}]"
        for role, bits in widths.items()
    }


#: Names of the parameters beside the numbers of PEs and of priority bits.
PARAMETERS: Final = tuple(f.name for f in fields(DutParameters) if f.name not in ("pes", "priority_bits"))


#: Without an ITS: LPIs through GICR_SETLPIR and its companions.
DIRECT: Final = DutParameters(its=False, direct_lpi=True, lpi_slots=8)


#: A GICv2.
GICV2: Final = DutParameters(gicv2=True, its=False, virtual=True)
#: With virtual CPU interfaces; what their paths need, and no more.
VIRTUAL: Final = DutParameters(spis=32, its=False, virtual=True)
#: A host for guests with virtio devices.
MACHINE: Final = DutParameters(spis=32, virtual=True)
#: The same, with a GICv2.
GICV2_MACHINE: Final = DutParameters(spis=32, gicv2=True, its=False, virtual=True, maintained=True)


def qemu_virt(pes: int, *, its: bool = True, virtual: bool = False, cpu_gicv4: bool = False) -> DutParameters:
    """With the identity of QEMU's `virt` machine (GICv3, with or without an ITS, one Security state), as recordings have it;
    `virtual`: with the virtualization extensions of the PEs; `cpu_gicv4`: their CPU interfaces are a GICv4's."""
    return DutParameters(
        pes=pes,
        its=its,
        spis=256,
        intid_bits=16,
        cpu_intid_24=True,
        one_of_n=False,
        message_spis=False,
        aff3=True,
        common_lpi_aff=1,
        itt_entry_bytes=12,
        its_stall=False,
        virtual=virtual,
        cpu_gicv4=cpu_gicv4,
        iidr=0x43B,
    )


def qemu_virt_gicv2(pes: int, *, el2: bool = False) -> DutParameters:
    """With the identity of QEMU's `virt` machine (GICv2, with or without virtual interfaces), as recordings have it."""
    return DutParameters(
        pes=pes,
        gicv2=True,
        its=False,
        spis=256,
        priority_bits=8,
        virtual=el2,
        iidr=0x43B,
        v2m_first=80,
        v2m_spis=64,
        v2m_iidr=0x510_0000,
    )
