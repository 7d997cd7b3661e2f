"""What leaves a whole GIC because of one input, told apart by its kind."""

from __future__ import annotations

from typing import Final

from irqpath.core.transactions import (
    BarrierAck,
    CommandDone,
    EntryWritten,
    LineChange,
    MsiAck,
    Out,
    RegReadData,
    RegWriteAck,
    Report,
    SgiPended,
    SysReadData,
    SysTrap,
    SysWriteAck,
)

#: Types of what answers an access, a barrier or a message.
RESPONSES: Final = frozenset({RegReadData, RegWriteAck, SysReadData, SysWriteAck, SysTrap, MsiAck, BarrierAck})
_PROBES: Final = frozenset({SgiPended, CommandDone, EntryWritten})


class Outputs(list[Out]):
    """A list of (link, transaction) in the order in which they left, and each kind of them alone. It is sorted when it is asked
    for: who looks at the list alone pays nothing."""

    __slots__ = ()

    @property
    def responses(self) -> list[Out]:
        """Responses to what was asked: one to an access, a barrier or a message, none to a wire."""
        return [out for out in self if type(out[1]) in RESPONSES]

    @property
    def lines(self) -> list[Out]:
        """Changes of output wires."""
        return [out for out in self if type(out[1]) is LineChange]

    @property
    def probes(self) -> list[Out]:
        """What no wire shows: SGIs that became pending, commands carried out, table entries written."""
        return [out for out in self if type(out[1]) in _PROBES]

    @property
    def findings(self) -> list[Out]:
        """What software or a device did that the architecture calls an error or UNPREDICTABLE."""
        return [out for out in self if type(out[1]) is Report]
