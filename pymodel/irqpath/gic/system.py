"""`Gic`: all blocks of one interrupt controller, joined by their links.

Everything that enters settles before the call returns: messages travel until none is under way and the ITS has no command
left. That is the view of software that waits (and of a recording of a machine that does each access at once).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig
from irqpath.core.errors import CheckError, LinkError
from irqpath.core.link import Link
from irqpath.core.memory import Memory, MemPort
from irqpath.core.state import Part, Schema, Stateful
from irqpath.core.transactions import CommandStep, LpiAck, Out, PeReset, Reset, Transaction
from irqpath.gic.common.block import Block, Take
from irqpath.gic.common.outputs import Outputs
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.gic.gicc.secure import SecureCpuInterface
from irqpath.gic.gicd.distributor import Distributor
from irqpath.gic.gicr.redistributor import Redistributor
from irqpath.gic.its.its import Its

#: Messages that one input may cause before `Gic` calls it a livelock; far above what 1024 PEs need.
_LIMIT = 10_000_000


class _Redistributors:
    """The `LpiPort` of one ITS inside a `Gic`."""

    def __init__(self, gic: Gic, its: int) -> None:
        self._gic = gic
        self._links = [(Link.its_gicr(its, pe, "cmd"), Link.its_gicr(its, pe, "ack")) for pe in range(gic.config.pes)]

    def call(self, pe: int, command: Transaction) -> LpiAck:
        """Let the rest of the GIC run until the Redistributor of `pe` has answered."""
        link, response = self._links[pe]
        ack = self._gic.run_until(link, command, response)
        if not isinstance(ack, LpiAck):
            raise CheckError(f"{response} carried {ack!r} instead of an acknowledgement")
        return ack


def _cpu_interface(pe: int, config: GicConfig, policy: Policy) -> CpuInterface:
    """GICC of `pe`."""
    kind = SecureCpuInterface if config.security_or_extended else CpuInterface
    return kind(pe, config, policy)


class Gic(Stateful):
    """A whole GIC: `gicd`, `gicr[pe]`, `gicc[pe]`, `its[k]` over one memory."""

    def __init__(
        self,
        config: GicConfig,
        policy: Policy = IRQPATH,
        memory: Memory | None = None,
        reach: Callable[[str], MemPort] | None = None,
    ) -> None:
        """`reach`: through what a block reaches memory, by its name; None: all reach it at once."""
        self.config = config
        self.policy = policy
        self.memory = Memory() if memory is None else memory
        port: Callable[[str], MemPort] = reach or (lambda _: self.memory)
        self.gicd = Distributor(config, policy)
        self.gicr = [Redistributor(pe, config, port(f"gicr{pe}"), policy) for pe in range(config.pes)]
        self.gicc = [_cpu_interface(pe, config, policy) for pe in range(config.pes)]
        self.its = [Its(k, config, port(f"its{k}"), _Redistributors(self, k), policy) for k in range(len(config.its))]
        self._steps = [(its, (Link.of(its.name, "step"), CommandStep())) for its in self.its]
        inputs = [(link, block) for block in self.blocks() for link in block.inputs()]
        # a name equals its link, so that both are found
        self._entries: dict[str, Take] = {link: block.port(link, checked=True) for link, block in inputs}
        self._ports: dict[str, Take] = {link: block.port(link) for link, block in inputs}
        self._queue: deque[Out] = deque()
        self._out = Outputs()

    def schema(self) -> Schema:
        """Every block, and the memory. Between two inputs no message is under way."""
        many = Part(many=True)
        return {"gicd": Part(), "gicr": many, "gicc": many, "its": many, "memory": Part()}

    def blocks(self) -> list[Block]:
        """Every block, GICD first."""
        return [self.gicd, *self.gicr, *self.gicc, *self.its]

    def send(self, link: str, transaction: Transaction) -> Outputs:
        """Let `transaction` enter by `link`, settle, and return what left the GIC: response, changes of lines, probes, findings.

        `link` is a `Link` or its name ("gicd.reg"); what left is told by links, which equal their names.
        Raises `LinkError` when the link does not enter the GIC or does not carry such a transaction, `InputError` when it carries
        no such value; nothing has happened then.
        """
        enter = self._entries.get(link)
        if enter is None:
            raise LinkError(f"no block listens to link {link!r}; there are {self._links()}")
        self._queue.extend(enter(transaction))
        self._settle()
        for its, step in self._steps:
            while its.has_command():
                self._queue.append(step)
                self._settle()
        out, self._out = self._out, Outputs()
        return out

    def _links(self) -> str:
        """The links by name; where there are many, without their numbers."""
        links = sorted(Link(link) for link in self._entries)
        return ", ".join(links if len(links) <= 40 else sorted({link.pattern() for link in links}))

    def reset_pe(self, pe: int) -> Outputs:
        """The PE and its CPU interface are reset; its Redistributor takes back what they held."""
        out = self.send(Link.gicc(pe, "reset"), Reset())
        out += self.send(Link.gicr(pe, "reset"), PeReset())
        return out

    def run_until(self, link: str, transaction: Transaction, response: str) -> Transaction:
        """For a block that waits in the middle of an input: let the rest run until something leaves by link `response`."""
        queue = self._queue
        queue.append((Link(link), transaction))
        while queue:
            message = queue.popleft()
            if message[0] == response:
                return message[1]
            take = self._ports.get(message[0])
            if take is None:
                self._out.append(message)
            else:
                queue.extend(take(message[1]))
        raise CheckError(f"{transaction!r} on {link} was never answered on {response}")

    def _settle(self) -> None:
        queue, ports, steps = self._queue, self._ports, 0
        while queue:
            message = queue.popleft()
            take = ports.get(message[0])
            if take is None:
                self._out.append(message)
            else:
                queue.extend(take(message[1]))
            steps += 1
            if steps > _LIMIT:
                raise CheckError(f"livelock: {steps} messages after one input; the last was {message[1]!r} on {message[0]}")
