"""The scoreboards of all blocks of a device."""

from __future__ import annotations

from collections.abc import Callable

from pymodel.gic.cpu_interface import CpuInterface
from pymodel.gic.distributor import Distributor
from pymodel.gic.its import Its
from pymodel.gic.memory_block import MemBlock
from pymodel.gic.redistributor import Redistributor
from pymodel.transactions import Transaction
from testbench.device import MEM_PAGES, Device
from testbench.scoreboards.block import BlockScoreboard
from testbench.scoreboards.ports import ObservedPort, PortScoreboard
from testbench.scoreboards.turns import InTurnScoreboard


def block_boards(device: Device, bound: int, story: Callable[[str, Transaction], str] | None = None) -> list[BlockScoreboard]:
    """One for each block, each around a golden model of its own that learns only what monitors saw."""
    config, policy = device.gic(), device.policy()
    boards = [BlockScoreboard(Distributor(config, policy), bound, story)]
    for pe in range(config.pes):
        name = f"gicr{pe}"
        port = ObservedPort(name)
        boards += [
            PortScoreboard(Redistributor(pe, config, port, policy), port, {f"{name}.mem": f"{name}.mem_rsp"}, bound, story),
            BlockScoreboard(CpuInterface(pe, config, policy), bound, story),
        ]
    for number in range(len(config.its)):
        name = f"its{number}"
        port = ObservedPort(name)
        links = {f"{name}.gicr{pe}.cmd": f"{name}.gicr{pe}.ack" for pe in range(config.pes)}
        links[f"{name}.mem"] = f"{name}.mem_rsp"
        boards.append(PortScoreboard(Its(number, config, port, port, policy), port, links, bound, story))
    return [*boards, InTurnScoreboard(MemBlock(device.masters, MEM_PAGES), device.masters, bound, story)]
