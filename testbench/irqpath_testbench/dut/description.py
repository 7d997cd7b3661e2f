"""What a device under test is: data from which the environment, the platform, the recorder and the builds take everything that is
the device's. This project's own Verilog is described in the same way (`parameters.py`).

A link is named as in the golden models: "gicr0.reg", "stream0.down". Who describes one says how it is reached: through a driver
that the testbench has already (`Mailbox`), watched by a monitor that it has already (`Watched`), or on a bus of the device, for
which a driver and a monitor are made (`bench.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig, VirtualConfig
from irqpath.core.errors import ConfigError, LinkError
from irqpath.core.link import Link
from irqpath_testbench.dut.comparison import EXACT, Comparison

#: Pages of 4 KB that the testbench's memory has (parameter MEM_PAGES of mem.v).
MEM_PAGES: Final = 256

#: Which signals of a device make a bus: a prefix, or for the role of each ("awvalid", "psel") its name, from a map or a function.
#: A name is that of a port of the device, or of bits of one ("irq[1]"); one that begins with a dot lies inside (".u_gicr.ready").
Signals: TypeAlias = str | Mapping[str, str] | Callable[[str], str]


def named(signals: Signals, role: str) -> str:
    """The name of the signal of this role. Raises `ConfigError` for one that a map does not have."""
    if isinstance(signals, str):
        return signals + role
    if isinstance(signals, Mapping):
        if role not in signals:
            raise ConfigError(f"a bus has no signal {role!r}; its map names {', '.join(signals)}")
        return signals[role]
    return signals(role)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The testbench has a driver for it at `scope`, below its top: "port[0].driver". "{word}" stands for the number of a word of
    32 wires."""

    scope: str


@dataclass(frozen=True, slots=True)
class Watched:
    """The testbench has a monitor on it, and drives it without Python or not at all."""


@dataclass(frozen=True, slots=True)
class Axi4:
    """A register port: single-beat AXI4 with 64 data bits whose slave takes address and data of a write together. `address`: bits
    of AxADDR; `user`: whether there is AxUSER, the number of the requesting PE."""

    signals: Signals
    address: int = 17
    user: bool = False


@dataclass(frozen=True, slots=True)
class Apb:
    """A register port: APB4 with 32 data bits. `taken`: a signal that is high in the cycle in which the block takes an access, if
    that is not the first (setup) one. An access of 64 bits is two."""

    signals: Signals
    address: int = 17
    taken: str = ""


@dataclass(frozen=True, slots=True)
class AxiLite:
    """A register port: AXI4-Lite with 32 or 64 `data` bits. WSTRB says which bytes a write is of. `taken`: a signal that is high
    in the cycle in which the block takes an access, if that is not the one in which the last of its address and its data are
    accepted. On 32 data bits an access of 64 bits is two; on 64 a read of 32 bits looks at its half of what comes.

    Raises `ConfigError`.
    """

    signals: Signals
    data: int = 32
    address: int = 17
    taken: str = ""

    def __post_init__(self) -> None:
        if self.data not in (32, 64):
            raise ConfigError(f"AXI4-Lite has 32 or 64 data bits, not {self.data}")


@dataclass(frozen=True, slots=True)
class SystemRegisters:
    """System register accesses of a PE: valid, ready, op, reg, data; rsp_valid, rsp_ready, rsp_op, rsp_ok, rsp_data."""

    signals: Signals


@dataclass(frozen=True, slots=True)
class AxiStream:
    """One direction of the GIC Stream, 16-bit AXI4-Stream, between two blocks: watched. `reset`: a signal that empties it, where
    it is not the reset of either block."""

    signals: Signals
    reset: str = ""


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of 64 bits between two blocks, with valid and ready: watched. Roles: valid, ready, msg."""

    signals: Signals


@dataclass(frozen=True, slots=True)
class Wires:
    """Wires, in (roles: "spi", "ppi") or out ("irq", "fiq", of a GICv2 with virtual interfaces "virq", "vfiq", "maintenance";
    "wake"); `low`: a wire is low when it asserts. `sampled`: of wires
    that enter, the signals that say when the block takes a change: strobe, number (of a PPI: less 16; of an SPI: its INTID),
    level (the offer is the wire's change); None: when it comes. `driven`: INTIDs of wires that enter, each with the output of the
    device that drives it, too."""

    signals: Signals
    low: bool = False
    sampled: tuple[str, str, str] | None = None
    driven: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ResetSeen:
    """The reset of a block. `pe`: of a Redistributor, and of a CPU interface of a GICv2, the signal that is high when the block
    takes the reset of its PE; "": when it comes."""

    pe: str = ""


#: How a link is reached.
Reach: TypeAlias = Mailbox | Watched | Axi4 | Apb | AxiLite | SystemRegisters | AxiStream | Messages | Wires | ResetSeen


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds in cycles. `output`: after which an announced output is late; `busy`: that a block may be busy beyond that, so that
    software waits; `queue`: that a Set waits in the Redistributor's queue behind other messages before it is offered (8 messages
    of 4 beats), `offer`: that an SpiOffer waits in GICD's, behind whatever its Redistributor does."""

    output: int = 20_000
    busy: int = 0
    queue: int = 32
    offer: int = 20_000


#: As this project's Verilog has them.
USUAL: Final = Bounds()


@dataclass(frozen=True, slots=True)
class Resets:
    """Resets, high or (`low`) low while they last. `iri`: of GICD, the Redistributors and the ITSs; `pe`: of the PEs and their
    CPU interfaces, a bit each; a name that is "" is not there. `settle`: cycles after them until the device rests."""

    iri: str = "rst"
    pe: str = "pe_rst"
    low: bool = False
    settle: int = 4


@dataclass(frozen=True, slots=True)
class Dut:
    """A device under test.

    `name`: of builds and reports. `top`: the module that is simulated: the device, around which a testbench is made, or (`bench`)
    a testbench that has everything that `links` say. `parameters`: of the top. `sources`: its Verilog files, `includes`: folders
    of headers. `blocks`: those that a golden model of their own checks; each needs all its links. `links`: by name, see above.
    `clock`, `busy`: ports; `busy` is high while the device works though no link moves, "" where it never does. `comparisons`: by
    block, what it may put out, where that is not exactly what its model says. `gicv2`: of a GICv2, what its model is configured
    as; `config` has its size then, and no more.

    Raises `ConfigError`.
    """

    name: str
    top: str
    config: GicConfig
    links: Mapping[str, Reach]
    blocks: tuple[str, ...]
    sources: tuple[Path, ...] = ()
    includes: tuple[Path, ...] = ()
    parameters: Mapping[str, int] = field(default_factory=dict)
    policy: Policy = IRQPATH
    bench: bool = False
    clock: str = "clk"
    resets: Resets = Resets()
    busy: str = ""
    bounds: Bounds = USUAL
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)
    gicv2: Gicv2Config | None = None

    def __post_init__(self) -> None:
        if not self.blocks:
            raise ConfigError(f"device {self.name}: no block is to be checked")
        if unknown := sorted(set(self.comparisons) - set(self.blocks)):
            raise ConfigError(f"device {self.name} has a comparison for {', '.join(unknown)}; it checks {', '.join(self.blocks)}")
        for link in self.links:
            try:
                Link(link)
            except LinkError as error:
                raise ConfigError(f"device {self.name}: {error}") from error
            self._check_driven(Link(link))
        own = [link for link, reach in self.links.items() if isinstance(reach, Mailbox | Watched)]
        if own and not self.bench:
            raise ConfigError(f"device {self.name}: {own[0]} is reached in a testbench of your own, which needs bench=True")

    def _check_driven(self, link: Link) -> None:
        """Outputs of the device drive wires that there are on `link`. Raises `ConfigError`."""
        reach = self.links[link]
        there = {"ppi": range(16, 32), "spi": range(32, self.config.last_spi + 1)}.get(link.end, range(0))
        for intid, port in reach.driven if isinstance(reach, Wires) else ():
            if intid not in there:
                has = f"{there[0]} to {there[-1]}" if there else "none that enters"
                raise ConfigError(f"device {self.name}, link {link}: {port} drives wire {intid}; its wires are {has}")

    @property
    def names(self) -> frozenset[Link]:
        """All links, those of responses too."""
        links = [Link(name) for name in self.links]
        return frozenset((*links, *map(response_of, links)))

    @property
    def masters(self) -> tuple[str, ...]:
        """Masters of the memory, in the order in which they take turns."""
        return tuple(link.block for link in map(Link, self.links) if link.end == "mem")

    @property
    def virtual(self) -> VirtualConfig | None:
        """Its virtual CPU interfaces; None where it has none."""
        return (self.config if self.gicv2 is None else self.gicv2).virtual

    @property
    def maintained(self) -> bool:
        """Whether the maintenance line of each PE of a GICv2 is wired to its PPI; that of a GICv3 always is."""
        if self.gicv2 is None or self.gicv2.virtual is None:
            return False
        ppi, reaches = self.gicv2.virtual.maintenance_ppi, [self.links.get(Link.gicv2_ppi(pe)) for pe in range(self.config.pes)]
        return all(isinstance(reach, Wires) and ppi in dict(reach.driven) for reach in reaches)

    def scope(self, link: str) -> str:
        """Where in the testbench the driver of `link` lies. Raises `ConfigError` where there is no such link."""
        reach = self.links.get(link)
        if reach is None:
            raise ConfigError(f"device {self.name} has no link {link}; there are {', '.join(self.links)}")
        if isinstance(reach, Mailbox):
            return reach.scope
        entered = Link(link)
        return f"drive_{entered.identifier()}" + "_{word}" * (entered.end == "spi")

    def comparison(self, block: str) -> Comparison:
        """What `block` may put out."""
        return self.comparisons.get(block, EXACT)


def response_of(link: Link) -> Link:
    """The link of the responses to what goes on `link`; itself where there is none."""
    return link.response or link
