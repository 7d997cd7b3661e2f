"""What a CPU interface asked of its Redistributor and waits for (IHI 0069 appendix A)."""

from __future__ import annotations

from typing import Protocol

from irqpath.core.state import Flag, Int, Schema, Stateful
from irqpath.core.transactions import Barrier, BarrierAck, Transaction


class RequestsHost(Protocol):
    """The CPU interface around it."""

    @property
    def pe(self) -> int:
        """The number of its PE."""

    def emit(self, link: str, transaction: Transaction) -> None:
        """Put something out."""


class Requests(Stateful):
    """`owed`: acknowledges that the Redistributor owes; `barrier`: the PE waits for all of them."""

    __slots__ = ("_host", "_sys_rsp", "_up", "barrier", "owed")

    def __init__(self, host: RequestsHost) -> None:
        self._host = host
        self._sys_rsp, self._up = f"gicc{host.pe}.sys_rsp", f"stream{host.pe}.up"
        self.reset()

    def reset(self) -> None:
        """As after a reset of the PE."""
        self.owed = 0
        self.barrier = False

    def schema(self) -> Schema:
        """Both."""
        return {"owed": Int(1 << 20), "barrier": Flag()}

    def send(self, t: Transaction) -> None:
        """Send what the Redistributor acknowledges later."""
        self.owed += 1
        self._host.emit(self._up, t)

    def acknowledged(self, _: object) -> None:
        """The Redistributor acknowledged one of them."""
        self.owed = max(0, self.owed - 1)
        if self.barrier and not self.owed:
            self.barrier = False
            self._host.emit(self._sys_rsp, BarrierAck())

    def wait(self, _: Barrier) -> None:
        """The PE waits until all are acknowledged."""
        if self.owed:
            self.barrier = True
        else:
            self._host.emit(self._sys_rsp, BarrierAck())
