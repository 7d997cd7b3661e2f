"""GICR_WAKER and GICR_PWRR: whether the PE sleeps, and the connection to its CPU interface (IHI 0069 11.1, appendix A)."""

from __future__ import annotations

import enum
from typing import Protocol

from irqpath.config.policy import Policy
from irqpath.core.errors import ArchError
from irqpath.core.link import Link
from irqpath.core.state import Flag, Int, OneOf, Schema, Stateful
from irqpath.core.transactions import (
    DownstreamControl,
    DownstreamControlAck,
    LineChange,
    OutLine,
    Quiesce,
    QuiesceAck,
    Transaction,
)


class Power(enum.IntEnum):
    """Where the connection to the CPU interface stands (IHI 0069 11.1, appendix A)."""

    ASLEEP = 0
    WAKING = 1
    AWAKE = 2
    QUIESCING = 3


class WakerHost(Protocol):
    """The Redistributor around it."""

    @property
    def pe(self) -> int:
        """The number of its PE."""

    @property
    def name(self) -> str:
        """Its name in links."""

    @property
    def policy(self) -> Policy:
        """What the architecture leaves open."""

    def emit(self, link: Link, transaction: Transaction) -> None:
        """Put something out."""

    def report(self, error: ArchError, detail: str = "") -> None:
        """Announce a finding."""

    def send_status(self) -> None:
        """Tell GICD what it must know of this PE."""

    def update(self) -> None:
        """Move the CPU interface nearer to the best candidate."""


class Waker(Stateful):
    """`processor_sleep`: GICR_WAKER.ProcessorSleep; `powered_off`: GICR_PWRR; `power`: where the connection stands; `wake`: level
    of the wake line. `priority_bits` go to the CPU interface when it is connected."""

    __slots__ = ("_down", "_host", "_policy", "_priority_bits", "_wake", "power", "powered_off", "processor_sleep", "wake")

    def __init__(self, host: WakerHost, priority_bits: int) -> None:
        self._host = host
        self._policy = host.policy
        self._priority_bits = priority_bits
        self._down, self._wake = Link.stream(host.pe, "down"), Link.gicr(host.pe, "wake")
        self.reset()

    def reset(self) -> None:
        """As after a reset of the Redistributor."""
        self.processor_sleep = True
        self.powered_off = self._policy.power_register
        self.power = Power.ASLEEP if self._policy.waker_gates else Power.AWAKE
        self.wake = 0

    def schema(self) -> Schema:
        """All of it."""
        power = OneOf({power.name: power for power in Power})
        return {"processor_sleep": Flag(), "powered_off": Flag(), "power": power, "wake": Int(1)}

    @property
    def available(self) -> bool:
        """The PE takes interrupts, and will go on to: what GICD is told."""
        return self.power is Power.AWAKE and not (self.processor_sleep and self._policy.waker_gates)

    def children_asleep(self) -> bool:
        """GICR_WAKER.ChildrenAsleep."""
        if not self._policy.waker_gates:
            return self.processor_sleep
        return self.power in (Power.ASLEEP, Power.WAKING)

    def write(self, sleep: bool) -> None:
        """GICR_WAKER.ProcessorSleep: ChildrenAsleep follows when the CPU interface has answered (R22)."""
        if sleep == self.processor_sleep or self.powered_off:
            return
        if self.power in (Power.WAKING, Power.QUIESCING):
            self._host.report(ArchError.WAKER_TWICE)
        self.processor_sleep = sleep
        if self._policy.waker_gates:
            self._follow()
            self._host.update()

    def _follow(self) -> None:
        if self.processor_sleep and self.power is Power.AWAKE:
            self.power = Power.QUIESCING
            self._host.emit(self._down, Quiesce())
        elif not self.processor_sleep and self.power is Power.ASLEEP:
            self._connect()
        self._host.send_status()

    def _connect(self) -> None:
        self.power = Power.WAKING
        self._host.emit(self._down, DownstreamControl(0, self._priority_bits))

    def quiesced(self, _: QuiesceAck) -> None:
        """The CPU interface holds nothing any more."""
        self.power = Power.ASLEEP
        self._follow()
        self._host.update()

    def connected(self, _: DownstreamControlAck) -> None:
        """The CPU interface takes messages."""
        self.power = Power.AWAKE
        self.set_wake(0)
        self._follow()
        self._host.update()

    def disconnected(self) -> None:
        """The CPU interface was reset without Quiesce: begin anew what was under way."""
        if self.power is Power.WAKING:
            self._connect()
        elif self.power is Power.QUIESCING:
            self.power = Power.ASLEEP
            self._follow()

    def set_wake(self, level: int) -> None:
        """The wake line."""
        if self.wake != level:
            self.wake = level
            self._host.emit(self._wake, LineChange(OutLine.WAKE, level))
