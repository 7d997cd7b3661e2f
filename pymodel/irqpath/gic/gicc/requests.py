"""What a CPU interface asked of its Redistributor and waits for (IHI 0069 appendix A)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from irqpath.config.sizes import GicConfig
from irqpath.core.link import Link
from irqpath.core.state import Flag, Int, Schema, Stateful
from irqpath.core.transactions import (
    ActivateAck,
    Barrier,
    BarrierAck,
    DeactivateAck,
    GenerateSgi,
    GenerateSgiAck,
    Transaction,
    UpstreamControlAck,
)
from irqpath.gic.common.inputs import Limit


class RequestsHost(Protocol):
    """The CPU interface around it."""

    @property
    def pe(self) -> int:
        """The number of its PE."""

    def emit(self, link: Link, transaction: Transaction) -> None:
        """Put something out."""

    def listen(self, link: Link, kind: type, handler: Callable[..., None], *limits: Limit) -> None:
        """Register an input."""


class Requests(Stateful):
    """`outstanding`: acknowledgements that the Redistributor has not sent; `barrier`: the PE waits for all of them."""

    __slots__ = ("_config", "_host", "_sys_rsp", "_up", "barrier", "outstanding")

    def __init__(self, host: RequestsHost, config: GicConfig) -> None:
        self._config = config
        self._host = host
        self._sys_rsp, self._up = Link.gicc(host.pe, "sys_rsp"), Link.stream(host.pe, "up")
        self.reset()

    def reset(self) -> None:
        """As after a reset of the PE."""
        self.outstanding = 0
        self.barrier = False

    def schema(self) -> Schema:
        """Both."""
        return {"outstanding": Int(1 << 20), "barrier": Flag()}

    def listen(self) -> None:
        """Register the inputs."""
        self._host.listen(Link.gicc(self._host.pe, "sys"), Barrier, self._wait)
        for ack in (ActivateAck, DeactivateAck, GenerateSgiAck, UpstreamControlAck):
            self._host.listen(Link.stream(self._host.pe, "down"), ack, self.acknowledged)

    def send(self, t: Transaction) -> None:
        """Send what the Redistributor acknowledges later."""
        self.outstanding += 1
        self._host.emit(self._up, t)

    def generate_sgi(self, kind: int, value: int) -> None:
        """A write of ICC_SGI0R_EL1 or its like. Without ICC_CTLR_EL1.RSS, RS is RES0: Aff0 0 to 15 is meant, whatever was
        written (R81)."""
        aff = (value >> 48 & 0xFF) << 16 | (value >> 32 & 0xFF) << 8 | (value >> 16 & 0xFF)
        rs = value >> 44 & 0xF if self._config.selects_range else 0
        self.send(GenerateSgi(kind, value >> 24 & 0xF, value >> 40 & 1, aff, rs, value & 0xFFFF))

    def acknowledged(self, _: object) -> None:
        """The Redistributor acknowledged one of them."""
        self.outstanding = max(0, self.outstanding - 1)
        if self.barrier and not self.outstanding:
            self.barrier = False
            self._host.emit(self._sys_rsp, BarrierAck())

    def _wait(self, _: Barrier) -> None:
        """The PE waits until all are acknowledged."""
        if self.outstanding:
            self.barrier = True
        else:
            self._host.emit(self._sys_rsp, BarrierAck())
