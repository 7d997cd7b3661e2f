"""The scoreboards of all blocks of a device."""

from __future__ import annotations

from collections.abc import Callable

from irqpath.core.link import Link, block_kind, block_number
from irqpath.core.transactions import SgiRequest, Transaction
from irqpath.gic.common.memory_block import MemBlock
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.gic.gicd.distributor import Distributor
from irqpath.gic.gicr.redistributor import Redistributor
from irqpath.gic.its.its import Its
from irqpath_testbench.dut.parameters import MEM_PAGES, DutParameters
from irqpath_testbench.env.scoreboards.block import BlockScoreboard
from irqpath_testbench.env.scoreboards.order import Order
from irqpath_testbench.env.scoreboards.ports import ObservedPort, PortScoreboard


def block_boards(
    device: DutParameters, bound: int, story: Callable[[str, Transaction], str] | None = None
) -> list[BlockScoreboard]:
    """One for each block, each around a golden model of its own that learns only what monitors saw."""
    config, policy = device.gic(), device.policy()
    boards = [BlockScoreboard(Distributor(config, policy), bound, story)]
    for pe in range(config.pes):
        name = f"gicr{pe}"
        port, memory = ObservedPort(name), Link.gicr(pe, "mem")
        boards += [
            PortScoreboard(Redistributor(pe, config, port, policy), port, {memory: memory.sibling("mem_rsp")}, bound, story),
            BlockScoreboard(CpuInterface(pe, config, policy), bound, story),
        ]
    for number in range(len(config.its)):
        name = f"its{number}"
        port = ObservedPort(name)
        links: dict[str, str] = {Link.its_gicr(number, pe, "cmd"): Link.its_gicr(number, pe, "ack") for pe in range(config.pes)}
        links[Link.its(number, "mem")] = Link.its(number, "mem_rsp")
        boards.append(PortScoreboard(Its(number, config, port, port, policy), port, links, bound, story))
    boards.append(BlockScoreboard(MemBlock(device.masters, MEM_PAGES), bound, story))
    for board in boards:
        order = order_of(board.name, device)
        if order is not None:
            board.keep(order)
    return boards


def order_of(block: str, device: DutParameters) -> Order | None:
    """The order of inputs that the head of a block's file states; None where monitors do not see when an input is complete
    (GICC: a message of several beats, before system registers)."""
    kind, number = block_kind(block), block_number(block)
    match kind:
        case "gicd":
            messages = [Link.dist(pe, "up") for pe in range(device.pes)]
            return Order((messages, ("gicd.spi", "gicd.reg")), unjudged=(SgiRequest,))  # SGIs wait for room in all queues
        case "gicr":
            up, command = Link.stream(number, "up"), Link.its_gicr(0, number, "cmd")
            ranks = ((Link.dist(number, "down"),), (up,), (command,), (Link.gicr(number, "ppi"), Link.gicr(number, "reg")))
            return Order(ranks, partial=(up,))
        case "its":
            return Order((tuple(Link.its(number, end) for end in ("reg", "msi", "step")),))
        case "mem":
            return Order(([Link.of(master, "mem") for master in device.masters],))
    return None
