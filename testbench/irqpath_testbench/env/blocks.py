"""What the environment has for a block: its golden model in a scoreboard, the order in which it takes its inputs, the agents of
its links. Each kind of block is one entry of `BLOCKS`; a device has those blocks and links that its description names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pyuvm import uvm_component

from irqpath.core.errors import ConfigError
from irqpath.core.link import Link, block_kind, block_number
from irqpath.core.transactions import SgiRequest
from irqpath.gic.common.block import Block
from irqpath.gic.common.memory_block import MemBlock
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.gic.gicd.distributor import Distributor
from irqpath.gic.gicr.redistributor import Redistributor
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.gic.its.its import Its
from irqpath_testbench.dut.description import MEM_PAGES, Dut, response_of
from irqpath_testbench.env.agents.dist import DistAgent
from irqpath_testbench.env.agents.irq import IrqAgent, WireAgent
from irqpath_testbench.env.agents.its import ItsAgent
from irqpath_testbench.env.agents.link import LinkAgent
from irqpath_testbench.env.agents.mem import MemAgent
from irqpath_testbench.env.agents.reg import RegAgent
from irqpath_testbench.env.agents.stream import StreamAgent
from irqpath_testbench.env.agents.sysreg import SysregAgent
from irqpath_testbench.env.scoreboards.block import BlockScoreboard, Story
from irqpath_testbench.env.scoreboards.order import Order
from irqpath_testbench.env.scoreboards.ports import ObservedPort, PortScoreboard


@dataclass(frozen=True, slots=True)
class Model:
    """A golden model of a block. `port`: what it reaches memory and other blocks by, `asks`: the links of what it asks there."""

    block: Block
    port: ObservedPort | None = None
    asks: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind of block. All are told the device and the block's number.

    `model`: makes its golden model; `order`: of its inputs, as the head of its file states it, None where monitors do not see
    when an input is complete; `agents`: their classes, each with its links.
    """

    model: Callable[[Dut, int], Model]
    agents: Callable[[Dut, int], Mapping[type[LinkAgent], tuple[Link, ...]]]
    order: Callable[[Dut, int], Order | None] = field(default=lambda _dut, _number: None)


def _gicd(dut: Dut, _: int) -> Model:
    return Model(Distributor(dut.config, dut.policy))


def _gicd_order(dut: Dut, _: int) -> Order:
    messages = [Link.dist(pe, "up") for pe in range(dut.config.pes)]
    wires = () if dut.bench else ("gicd.spi",)  # somebody else's may take cycles before they reach his block
    return Order(((messages, ("gicd.spi", "gicd.reg")),), (SgiRequest,), wires)  # SGIs wait for room in all queues


def _gicd_agents(dut: Dut, _: int) -> dict[type[LinkAgent], tuple[Link, ...]]:
    messages = tuple(Link.dist(pe, way) for pe in range(dut.config.pes) for way in ("down", "up"))
    return {RegAgent: _register_port("gicd"), WireAgent: (Link("gicd.spi"),), DistAgent: messages}


def _gicr(dut: Dut, pe: int) -> Model:
    port = ObservedPort(f"gicr{pe}")
    return Model(Redistributor(pe, dut.config, port, dut.policy), port, (Link.gicr(pe, "mem"),))


def _gicr_order(dut: Dut, pe: int) -> Order:
    up, command, wires = Link.stream(pe, "up"), Link.its_gicr(0, pe, "cmd"), Link.gicr(pe, "ppi")
    ranks = ((Link.dist(pe, "down"),), (up,), (command,), (wires, Link.gicr(pe, "reg")))
    return Order(ranks, partial=(up,) if dut.bench else (up, wires))


def _gicr_agents(_: Dut, pe: int) -> dict[type[LinkAgent], tuple[Link, ...]]:
    return {
        RegAgent: _register_port(f"gicr{pe}"),
        StreamAgent: (Link.stream(pe, "down"), Link.stream(pe, "up")),
        DistAgent: (Link.dist(pe, "down"), Link.dist(pe, "up")),
        WireAgent: (Link.gicr(pe, "ppi"),),
        IrqAgent: (Link.gicr(pe, "wake"),),
        MemAgent: (Link.gicr(pe, "mem"), Link.gicr(pe, "mem_rsp")),
    }


def _gicc(dut: Dut, pe: int) -> Model:
    return Model(CpuInterface(pe, dut.config, dut.policy))


def _gicc_agents(_: Dut, pe: int) -> dict[type[LinkAgent], tuple[Link, ...]]:
    system = tuple(Link.gicc(pe, end) for end in ("sys", "sys_rsp", "reset"))
    stream = (Link.stream(pe, "down"), Link.stream(pe, "up"))
    return {SysregAgent: system, StreamAgent: stream, IrqAgent: (Link.gicc(pe, "irq"),)}


def _its(dut: Dut, number: int) -> Model:
    port, commands = ObservedPort(f"its{number}"), (Link.its_gicr(number, pe, "cmd") for pe in range(dut.config.pes))
    return Model(Its(number, dut.config, port, port, dut.policy), port, (*commands, Link.its(number, "mem")))


def _its_order(_: Dut, number: int) -> Order:
    return Order((tuple(Link.its(number, end) for end in ("reg", "msi", "step")),))


def _its_agents(dut: Dut, number: int) -> dict[type[LinkAgent], tuple[Link, ...]]:
    commands = (Link.its_gicr(number, pe, way) for pe in range(dut.config.pes) for way in ("cmd", "ack"))
    return {
        RegAgent: _register_port(f"its{number}"),
        ItsAgent: (*(Link.its(number, end) for end in ("msi", "msi_rsp", "step")), *commands),
        MemAgent: (Link.its(number, "mem"), Link.its(number, "mem_rsp")),
    }


def _mem(dut: Dut, _: int) -> Model:
    return Model(MemBlock(dut.masters, MEM_PAGES))


def _mem_order(dut: Dut, _: int) -> Order:
    return Order(([Link.of(master, "mem") for master in dut.masters],))


def _mem_agents(dut: Dut, _: int) -> dict[type[LinkAgent], tuple[Link, ...]]:
    return {MemAgent: (*(Link.of(m, end) for m in dut.masters for end in ("mem", "mem_rsp")), Link("mem.reset"))}


#: Register frames of a GICv2, in the order of its ports.
_GICV2_FRAMES: Final = ("gicd", "gicc", "gich", "gicv", "v2m")


def _gicv2(dut: Dut, _: int) -> Model:
    if dut.gicv2 is None:
        raise ConfigError(f"device {dut.name}: block gicv2 needs `gicv2`, the configuration of its model")
    return Model(Gicv2(dut.gicv2, dut.policy))


def _gicv2_order(dut: Dut, _: int) -> Order:
    # wires are not judged: PPIs have one turn together, and a message takes an SPI's level back, whose wire then comes anew
    wires = [Link("gicd.spi"), *(Link.gicv2_ppi(pe) for pe in range(dut.config.pes))]
    return Order(((*(Link.of(frame, "reg") for frame in _GICV2_FRAMES), *wires),), partial=wires)


def _gicv2_agents(dut: Dut, _: int) -> dict[type[LinkAgent], tuple[Link, ...]]:
    pes = range(dut.config.pes)
    ports = (Link.of(frame, end) for frame in _GICV2_FRAMES for end in ("reg", "rsp"))
    return {
        RegAgent: (*ports, Link("gicd.reset"), *(Link.gicc(pe, "reset") for pe in pes)),
        WireAgent: (Link("gicd.spi"), *(Link.gicv2_ppi(pe) for pe in pes)),
        IrqAgent: tuple(Link.gicc(pe, "irq") for pe in pes),
    }


def _register_port(block: str) -> tuple[Link, ...]:
    return tuple(Link.of(block, end) for end in ("reg", "rsp", "reset"))


#: By the block's name without its number.
BLOCKS: Final[dict[str, Entry]] = {
    "gicd": Entry(_gicd, _gicd_agents, _gicd_order),
    "gicr": Entry(_gicr, _gicr_agents, _gicr_order),
    "gicc": Entry(_gicc, _gicc_agents),  # a message of several beats goes before system registers
    "gicv2": Entry(_gicv2, _gicv2_agents, _gicv2_order),
    "its": Entry(_its, _its_agents, _its_order),
    "mem": Entry(_mem, _mem_agents, _mem_order),
}


def entry_of(dut: Dut, block: str) -> tuple[Entry, int]:
    """The entry of a block of a device, and the block's number. Raises `ConfigError`."""
    kind = block_kind(block)
    if kind not in BLOCKS:
        raise ConfigError(f"device {dut.name}: {block} is no block that a golden model checks; there are {', '.join(BLOCKS)}")
    return BLOCKS[kind], max(block_number(block), 0)


def block_boards(dut: Dut, bound: int, story: Story | None = None) -> list[BlockScoreboard]:
    """One for each block, each around a golden model of its own that learns only what monitors saw. `bound`: cycles.

    Raises `ConfigError` for a block some of whose links are not there. (One scoreboard around a model of several blocks, `Gic`,
    would take the place of theirs: it has its place here and is not made yet.)
    """
    boards = []
    for block in dut.blocks:
        entry, number = entry_of(dut, block)
        model = entry.model(dut, number)
        board = _board(dut, model, bound, story)
        if missing := sorted((board.leaving() | board.entering()) - dut.names):
            raise ConfigError(f"device {dut.name}: {block} can't be checked without its links {', '.join(missing)}")
        order = entry.order(dut, number)
        if order is not None:
            board.keep(order)
        boards.append(board)
    return boards


def _board(dut: Dut, model: Model, bound: int, story: Story | None) -> BlockScoreboard:
    """A block that asks nobody in the middle of an input needs no more than the plain one."""
    comparison, there = dut.comparison(model.block.name), dut.names
    asks = {link: response_of(link) for link in model.asks if link in there or dut.config.lpis}
    if model.port is None or not asks:
        return BlockScoreboard(model.block, bound, story, comparison)
    return PortScoreboard(model.block, model.port, asks, bound, story, comparison)


def agents(dut: Dut, parent: uvm_component, driver: Callable[[Link], object]) -> Iterator[LinkAgent]:
    """The agents of all links that are there, each link in one. `driver(link)`: what drives it, None for what is only watched."""
    there, taken = dut.names, set[str]()
    for block in dut.blocks:
        entry, number = entry_of(dut, block)
        for kind, links in entry.agents(dut, number).items():
            mine = tuple(link for link in links if link in there and link not in taken)
            taken.update(mine)
            if mine:
                yield kind(f"{kind.__name__.removesuffix('Agent').lower()}_{block}", parent, mine, driver(mine[0]))
    if left := sorted(there - taken):
        raise ConfigError(f"device {dut.name}: no block that is checked has the links {', '.join(left)}")
