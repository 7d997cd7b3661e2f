"""What the environment has for a block: its golden model in a scoreboard, the order in which it takes its inputs, the agents of
its links. Each kind of block is one entry of `BLOCKS`; a device has those blocks and links that its description names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pyuvm import uvm_component

from irqpath.core.errors import ConfigError
from irqpath.core.transactions import SgiRequest
from irqpath.gic.common.block import Block
from irqpath.gic.common.memory_block import MemBlock
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.gic.gicd.distributor import Distributor
from irqpath.gic.gicr.redistributor import Redistributor
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
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind of block. All are told the device and the block's number.

    `model`: makes its golden model; `order`: of its inputs, as the head of its file states it, None where monitors do not see
    when an input is complete; `agents`: their classes, each with its links.
    """

    model: Callable[[Dut, int], Model]
    agents: Callable[[Dut, int], Mapping[type[LinkAgent], tuple[str, ...]]]
    order: Callable[[Dut, int], Order | None] = field(default=lambda _dut, _number: None)


def _gicd(dut: Dut, _: int) -> Model:
    return Model(Distributor(dut.config, dut.policy))


def _gicd_order(dut: Dut, _: int) -> Order:
    messages = [f"dist{pe}.up" for pe in range(dut.config.pes)]
    return Order((messages, ("gicd.spi", "gicd.reg")), unjudged=(SgiRequest,))  # SGIs wait for room in all queues


def _gicd_agents(dut: Dut, _: int) -> dict[type[LinkAgent], tuple[str, ...]]:
    messages = tuple(f"dist{pe}.{way}" for pe in range(dut.config.pes) for way in ("down", "up"))
    return {RegAgent: _register_port("gicd"), WireAgent: ("gicd.spi",), DistAgent: messages}


def _gicr(dut: Dut, pe: int) -> Model:
    port = ObservedPort(f"gicr{pe}")
    return Model(Redistributor(pe, dut.config, port, dut.policy), port, (f"gicr{pe}.mem",))


def _gicr_order(_: Dut, pe: int) -> Order:
    up = f"stream{pe}.up"
    return Order(((f"dist{pe}.down",), (up,), (f"its0.gicr{pe}.cmd",), (f"gicr{pe}.ppi", f"gicr{pe}.reg")), partial=(up,))


def _gicr_agents(_: Dut, pe: int) -> dict[type[LinkAgent], tuple[str, ...]]:
    return {
        RegAgent: _register_port(f"gicr{pe}"),
        StreamAgent: _both(f"stream{pe}"),
        DistAgent: _both(f"dist{pe}"),
        WireAgent: (f"gicr{pe}.ppi",),
        IrqAgent: (f"gicr{pe}.wake",),
        MemAgent: (f"gicr{pe}.mem", f"gicr{pe}.mem_rsp"),
    }


def _gicc(dut: Dut, pe: int) -> Model:
    return Model(CpuInterface(pe, dut.config, dut.policy))


def _gicc_agents(_: Dut, pe: int) -> dict[type[LinkAgent], tuple[str, ...]]:
    system = (f"gicc{pe}.sys", f"gicc{pe}.sys_rsp", f"gicc{pe}.reset")
    return {SysregAgent: system, StreamAgent: _both(f"stream{pe}"), IrqAgent: (f"gicc{pe}.irq",)}


def _its(dut: Dut, number: int) -> Model:
    port, commands = ObservedPort(f"its{number}"), (f"its{number}.gicr{pe}.cmd" for pe in range(dut.config.pes))
    return Model(Its(number, dut.config, port, port, dut.policy), port, (*commands, f"its{number}.mem"))


def _its_order(_: Dut, number: int) -> Order:
    return Order(((f"its{number}.reg", f"its{number}.msi", f"its{number}.step"),))


def _its_agents(dut: Dut, number: int) -> dict[type[LinkAgent], tuple[str, ...]]:
    name = f"its{number}"
    commands = (f"{name}.gicr{pe}.{way}" for pe in range(dut.config.pes) for way in ("cmd", "ack"))
    return {
        RegAgent: _register_port(name),
        ItsAgent: (f"{name}.msi", f"{name}.msi_rsp", f"{name}.step", *commands),
        MemAgent: (f"{name}.mem", f"{name}.mem_rsp"),
    }


def _mem(dut: Dut, _: int) -> Model:
    return Model(MemBlock(dut.masters, MEM_PAGES))


def _mem_order(dut: Dut, _: int) -> Order:
    return Order(([f"{master}.mem" for master in dut.masters],))


def _mem_agents(dut: Dut, _: int) -> dict[type[LinkAgent], tuple[str, ...]]:
    return {MemAgent: (*(f"{m}.{link}" for m in dut.masters for link in ("mem", "mem_rsp")), "mem.reset")}


def _register_port(block: str) -> tuple[str, ...]:
    return (f"{block}.reg", f"{block}.rsp", f"{block}.reset")


def _both(link: str) -> tuple[str, ...]:
    return (f"{link}.down", f"{link}.up")


#: By the block's name without its number.
BLOCKS: Final[dict[str, Entry]] = {
    "gicd": Entry(_gicd, _gicd_agents, _gicd_order),
    "gicr": Entry(_gicr, _gicr_agents, _gicr_order),
    "gicc": Entry(_gicc, _gicc_agents),  # a message of several beats goes before system registers
    "its": Entry(_its, _its_agents, _its_order),
    "mem": Entry(_mem, _mem_agents, _mem_order),
}


def entry_of(dut: Dut, block: str) -> tuple[Entry, int]:
    """The entry of a block of a device, and the block's number. Raises `ConfigError`."""
    kind = block.rstrip("0123456789")
    if kind not in BLOCKS:
        raise ConfigError(f"device {dut.name}: {block} is no block that a golden model checks; there are {', '.join(BLOCKS)}")
    return BLOCKS[kind], int(block[len(kind) :] or 0)


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
    asks = {link: _reply(link) for link in model.asks if link in there or dut.config.lpis}
    if model.port is None or not asks:
        return BlockScoreboard(model.block, bound, story, comparison)
    return PortScoreboard(model.block, model.port, asks, bound, story, comparison)


def _reply(link: str) -> str:
    """The link of the responses to what a model asks by its port."""
    return link.removesuffix(".cmd") + ".ack" if link.endswith(".cmd") else response_of(link)


def agents(dut: Dut, parent: uvm_component, driver: Callable[[str], object]) -> Iterator[LinkAgent]:
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
