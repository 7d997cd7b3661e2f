"""What a run must exercise: a coverage plan names its bins, and has none that a device's links can't bring about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import FIRST_LPI, GicConfig
from irqpath.core.errors import ArchError
from irqpath.core.link import Link
from irqpath.core.transactions import (
    Activate,
    Clear,
    PeStatus,
    Quiesce,
    Release,
    Set,
    SgiKind,
    SpiActivate,
    SpiDeactivate,
    SpiOffer,
    SpiRecall,
    SpiRecallAck,
    SpiRelease,
    WakeRequest,
)
from irqpath.gic.its.commands import COMMANDS
from irqpath_testbench.dut.description import Dut
from irqpath_testbench.env.coverage_changes import INTERRUPT, PE
from irqpath_testbench.env.coverage_matrix import GROUP
from irqpath_testbench.env.coverage_matrix_gicv2 import matrix as gicv2_matrix
from irqpath_testbench.env.coverage_virtual import virtual_plan
from irqpath_testbench.env.plan_gicv2 import gicv2_plan

_SPI_MESSAGES = (SpiOffer, SpiRecall, SpiActivate, SpiRelease, SpiRecallAck, SpiDeactivate, PeStatus, WakeRequest)


@dataclass(frozen=True, slots=True)
class Group:
    """A coverage group: its name and the bins that must be hit."""

    name: str
    bins: tuple[str, ...]


_STREAM = ("Set", "Clear", "Release", "Quiesce", "Activate", "Deactivate", "ClearAck", "QuiesceAck")
#: What may be under way at the same time, down and up.
STREAM_CROSSINGS: dict[tuple[type, type], str] = {
    (Set, Activate): "Set with Activate",
    (Clear, Activate): "Clear with Activate",
    (Set, Release): "Set with Release",
    (Quiesce, Activate): "Quiesce with Activate",
}
_CROSSINGS = tuple(STREAM_CROSSINGS.values())
_SIGNALS = Group("signalled by", ("IRQ", "FIQ"))
_TRIGGERS = Group("trigger", ("level", "edge"))
#: LPIs that the scenarios of `lpi` and `lpi-direct` use
_LPIS, _DIRECT_LPIS = range(FIRST_LPI, FIRST_LPI + 64), range(FIRST_LPI, FIRST_LPI + 40)
_FAULTS = (
    ArchError.ITS_BAD_COMMAND,
    ArchError.MAPD_DEVICE_OOR,
    ArchError.MAPD_ITTSIZE_OOR,
    ArchError.MAPC_COLLECTION_OOR,
    ArchError.MAPC_PROCNUM_OOR,
    ArchError.MAPTI_UNMAPPED_DEVICE,
    ArchError.MAPTI_ID_OOR,
    ArchError.MAPTI_PHYSICALID_OOR,
    ArchError.MAPTI_COLLECTION_OOR,
    ArchError.MOVI_UNMAPPED,
    ArchError.INT_UNMAPPED,
    ArchError.CLEAR_UNMAPPED,
    ArchError.INV_UNMAPPED,
    ArchError.DISCARD_UNMAPPED,
    ArchError.INVALL_UNMAPPED,
    ArchError.SYNC_PROCNUM_OOR,
    ArchError.MOVALL_PROCNUM_OOR,
    ArchError.ITS_CWRITER_OOR,
    ArchError.MSI_UNMAPPED,
)


def _waits(*kinds: str) -> Group:
    """Kinds of links on which something must have waited for READY."""
    return Group("back-pressure", kinds)


def changed(kind: str, *more: str) -> Group:
    """What software changes of enabled interrupts of a kind while they come."""
    return Group(f"{kind} changed", (*INTERRUPT, *more))


#: On which kinds of links each group is seen, and by which it can come about at all; of others a plan has the groups that it has
#: for any device.
_SEEN_ON: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(kinds.split())
    for names, kinds in (
        (("at PE", "acknowledge", "nesting", "end of interrupt", "PE changed"), "gicc_sys gicc_sys_rsp"),
        (("signalled by",), "gicc_irq"),
        (("stream", "crossing on the stream"), "stream_down stream_up"),
        (("SGI at PE", "SGI changed", "PPI changed", "trigger"), "gicr_reg gicc_sys_rsp"),
        (("range selector", "register", "targets"), "gicd_reg gicc_sys stream_up dist_up dist_down"),
        (("PPI at PE",), "gicr_ppi gicc_sys_rsp"),
        (("SPI", "SPI changed", "routing", "dist", "message"), "gicd_reg dist_down dist_up gicc_sys_rsp"),
        (("crossing on dist",), "gicd_reg dist_down dist_up"),
        (("LPI", "pending table", "bit of an LPI", "bit of an address of GICR"), "gicr_mem gicc_sys_rsp"),
        (("direct",), "gicr_reg gicr_mem"),
        (("virtual line", "while a virtual line is high"), "gicc_irq gicc_sys"),
        (("List register", "written", "HW", "exception level", "trap", "guest's register"), "gicc_sys gicc_sys_rsp"),
        (("event in state",), "gicc_sys gicc_sys_rsp stream_down"),
        (("guest's acknowledge", "guest's nesting", "guest's end", "maintenance condition"), "gicc_sys gicc_sys_rsp"),
        (("deactivated",), "stream_up"),
        (("command", "finding", "LPI taken from a Redistributor"), "its_reg its_cmd its_ack"),
        (("bit of a DeviceID", "bit of an EventID", "bit of an address of ITS"), "its_msi its_cmd its_mem"),
    )
    for name in names
}
#: Without which kinds of links a path is not there.
_PATHS: Final[Mapping[str, frozenset[str]]] = {
    "sgi": frozenset(("gicd_reg",)),
    "ppi": frozenset(("gicr_ppi",)),
    "spi": frozenset(("gicd_reg", "gicd_spi")),
    "mbi": frozenset(("gicd_reg",)),
    "lpi": frozenset(("its_msi", "its_cmd")),
    "lpi-direct": frozenset(("gicr_mem",)),
    **dict.fromkeys(("virtio-tx", "virtio-rx", "virtio-intx"), frozenset(("gicd_reg", "gicd_spi", "gicr_ppi"))),
    "vf": frozenset(("its_msi", "its_cmd", "gicr_ppi")),
}
#: Paths of virtual interrupts.
_VIRTUAL: Final = ("virq-lr", "virq-hw", "maint", "virtio-tx", "virtio-rx", "virtio-intx", "vf")


def plan(path: str, dut: Dut) -> tuple[Group, ...]:
    """What the scenarios of `path` must exercise of a device: nothing that it has no links for."""
    there = {link.kind for link in dut.names}
    # messages between GICD and a Redistributor are sent because of what software asks of GICD
    waits = {kind_of(link) for link in dut.names} - ({"dist"} if "gicd_reg" not in there else set())
    features = {"mbi": dut.config.message_spis, "lpi-direct": dut.config.direct_lpi}
    features |= dict.fromkeys(_VIRTUAL, dut.config.virtual is not None)
    if not (_PATHS.get(path, frozenset()) <= there and features.get(path, True)):
        return ()
    if path.endswith("gicv2"):
        if dut.gicv2 is None:
            return ()
        if path != "gicv2":
            return _gicv2_packet_plan(dut.gicv2)
        return tuple(Group(name, bins) for name, bins in (*gicv2_plan(dut.gicv2).items(), (GROUP, gicv2_matrix())))
    groups = [group for group in _plan(path, dut.config) if _SEEN_ON.get(group.name, frozenset()) <= there]
    kept = [
        replace(group, bins=tuple(bin_ for bin_ in group.bins if group.name != "back-pressure" or bin_ in waits))
        for group in groups
    ]
    return tuple(group for group in kept if group.bins)


def _plan(path: str, config: GicConfig) -> tuple[Group, ...]:
    """The plan for a device that has everything."""
    pes = range(config.pes)
    at_pe = _at_pe(config.pes)
    spis = Group("SPI", tuple(f"SPI {intid}" for intid in range(32, config.last_spi + 1)))
    pe_changed = Group("PE changed", PE)
    plans: dict[str, tuple[Group, ...]] = {
        "sgi": _sgi_plan(config),
        "ppi": (
            changed("PPI"),
            pe_changed,
            Group("PPI at PE", tuple(f"PPI {intid} at PE {pe}" for pe in pes for intid in range(16, 32))),
            _TRIGGERS,
            _SIGNALS,
            Group("stream", _STREAM),
            Group("crossing on the stream", ("Set with Activate", "Clear with Activate")),
            _waits("reg", "sysreg", "stream", "dist"),
        ),
        "spi": (
            changed("SPI", "route"),
            pe_changed,
            spis,
            at_pe,
            _TRIGGERS,
            _SIGNALS,
            Group("routing", ("affinity", *["1-of-N"] * config.one_of_n)),
            Group("dist", tuple(t.__name__ for t in _SPI_MESSAGES)),
            Group("crossing on dist", ("SpiOffer with SpiActivate", "SpiRecall with SpiActivate")),
            _waits("reg", "sysreg", "stream", "dist"),
        ),
        "mbi": (
            changed("SPI", "route"),
            pe_changed,
            spis,
            at_pe,
            _TRIGGERS,
            Group("message", ("SETSPI edge", "SETSPI level", "CLRSPI edge", "CLRSPI level", "no such SPI")),
            _waits("reg", "sysreg", "stream", "dist"),
        ),
        "lpi": (
            Group("LPI", tuple(f"LPI {intid}" for intid in _LPIS)),
            at_pe,
            Group("command", tuple(name for name, _ in COMMANDS.values())),
            Group("finding", tuple(error.name for error in _FAULTS)),
            Group("LPI taken from a Redistributor", (*["pending"] * (config.pes > 1), "not pending")),
            Group("pending table", ("one bit written", "read again")),
            pe_changed,
            *_width_plan(config),
            _waits("reg", "sysreg", "stream", "dist", "mem", "msi", "its_gicr"),
        ),
        "lpi-direct": (
            Group("LPI", tuple(f"LPI {intid}" for intid in _DIRECT_LPIS)),
            at_pe,
            Group("direct", ("SETLPIR", "CLRLPIR", "INVLPIR", "INVALLR", "SYNCR busy")),
            Group("pending table", ("one bit written", "read again")),
            _waits("reg", "sysreg", "stream", "mem"),
        ),
        "virtio-tx": _packet_plan(config, "LPI"),
        "virtio-rx": _packet_plan(config, "LPI"),
        "virtio-intx": (*_packet_plan(config, "SPI"), Group("virtual line", ("vIRQ", "maintenance"))),
        "vf": (*_packet_plan(config, "LPI"), Group("command", ("mapd", "mapc", "mapti", "inv", "sync"))),
    }
    virtual = [Group(name, bins) for name, bins in virtual_plan(path, config).items()]
    return plans.get(path, (*virtual, _waits("sysreg", "stream")) if virtual else ())


def _at_pe(pes: int) -> Group:
    """Interrupts at each PE."""
    return Group("at PE", tuple(f"PE {pe}" for pe in range(pes)))


def _packet_plan(config: GicConfig, message: str) -> tuple[Group, ...]:
    """Each PE has interrupts; the guest those of its device, of its timer, and with a second vCPU calls, which trap."""
    calls = ("SGI",) if config.pes > 2 else ()
    traps = (Group("trap", ("to EL2",)),) if calls else ()
    return (_at_pe(config.pes), Group("HW", ("PPI",)), Group("guest's acknowledge", (*calls, "PPI", message)), *traps)


def _gicv2_packet_plan(config: Gicv2Config) -> tuple[Group, ...]:
    """The same on a GICv2."""
    return (
        _at_pe(config.pes),
        Group("signalled by", ("IRQ", "VIRQ")),
        Group("acknowledged by", ("GICC_IAR", "GICV_IAR")),
    )


def _width_plan(config: GicConfig) -> tuple[Group, ...]:
    """Every bit of the numbers that lead to an LPI, and of the addresses of tables, is set in some that is used."""
    if not config.its:
        return ()
    shape, address = config.its[0], _bits(52, 8)
    return (
        Group("bit of an LPI", _bits(config.intid_bits)),
        Group("bit of a DeviceID", _bits(shape.device_bits)),
        Group("bit of an EventID", _bits(shape.event_bits)),
        Group("bit of an address of GICR", address),
        Group("bit of an address of ITS", address),
    )


def _bits(count: int, first: int = 0) -> tuple[str, ...]:
    return tuple(f"bit {n}" for n in range(first, count))


def _sgi_plan(config: GicConfig) -> tuple[Group, ...]:
    pes = range(config.pes)
    targets = ("itself", "one other", "several", "all but itself (IRM)", "none that exists")
    return (
        Group("SGI at PE", tuple(f"SGI {intid} at PE {pe}" for pe in pes for intid in range(16))),
        Group("register", tuple(kind.name for kind in SgiKind)),
        Group("range selector", ("zero", "not zero")),
        Group("targets", targets if config.pes > 1 else ("itself", "none that exists")),
        _SIGNALS,
        Group("nesting", ("depth 1", "depth 2", "depth 3")),
        Group("end of interrupt", ("EOImode 0", "EOImode 1")),
        Group("acknowledge", ("an interrupt", "spurious (1023)")),
        Group("stream", _STREAM),
        Group("crossing on the stream", _CROSSINGS),
        changed("SGI"),
        Group("PE changed", PE),
        _waits("reg", "sysreg", "stream", "dist"),
    )


def uncovered_bins(planned: Sequence[Group], hits: Mapping[str, int]) -> list[str]:
    """The bins of `planned` that are missing in `hits`, which is counted by "group: bin"."""
    return [f"{group.name}: {name}" for group in planned for name in group.bins if not hits.get(f"{group.name}: {name}")]


#: The kind of a link by its end, where it is called otherwise.
_KINDS = {
    "sys_rsp": "sysreg",
    "rsp": "reg",
    "wake": "irq",
    "ppi": "irq",
    "spi": "irq",
    "mem_rsp": "mem",
    "msi_rsp": "msi",
    "cmd": "its_gicr",
    "ack": "its_gicr",
}


def kind_of(name: str) -> str:
    """The kind of link (sysreg, reg, stream, dist, irq, mem, its_gicr, msi) that a monitored link belongs to."""
    link = Link(name)
    return link.unit if link.unit in ("stream", "dist") else _KINDS.get(link.end, link.end)
