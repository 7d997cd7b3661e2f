"""Journeys of LPIs: from a message, an INT command or GICR_SETLPIR to the pending state at a Redistributor, and from one
Redistributor to another (MOVI, MOVALL).

The ITS runs to completion, so the LpiSet that follows an input of the ITS, before its next one, is that input's; one that
follows an acknowledgement with a pending interrupt is that interrupt moving.
"""

from __future__ import annotations

from functools import partial

from irqpath.config.sizes import FIRST_LPI, GicConfig
from irqpath.core.link import Link
from irqpath.core.transactions import CommandStep, LpiAck, LpiClear, LpiSet, Msi, Observed, RegWrite
from irqpath.regs import GICR
from irqpath_testbench.env.scoreboards.block import text
from irqpath_testbench.env.scoreboards.journey import Handler, Journey, JourneyBoard, Key
from irqpath_testbench.sequences.fields import PTZ

_CTLR, _PROPBASER, _PENDBASER, _SETLPIR, _CLRLPIR = (
    GICR.element(f"GICR_{name}").offset for name in ("CTLR", "PROPBASER", "PENDBASER", "SETLPIR", "CLRLPIR")
)


class LpiCauses:
    """What the ITS is at, and which Redistributors take LPIs."""

    def __init__(self, board: JourneyBoard, config: GicConfig) -> None:
        pes = range(config.pes)
        self._board = board
        self._config = config
        self._enabled = [False for _ in pes]
        self._ptz = [False for _ in pes]
        self._bits = [0 for _ in pes]
        self._cause: Observed | None = None
        self._moving: Journey | None = None
        self._sent = False

    def needs(self) -> dict[str, frozenset[Link]]:
        """All that it listens to."""
        return {"LPI": frozenset(map(Link, self.handlers()))}

    def handlers(self) -> dict[str, Handler]:
        """Inputs of the ITS, its commands and their acknowledgements; registers of the Redistributors."""
        found: dict[str, Handler] = {Link.gicr(pe, "reg"): self._register for pe in range(self._config.pes)}
        for number in range(len(self._config.its)):
            found |= {Link.its(number, end): self._input for end in ("msi", "step", "reg")}
            for pe in range(self._config.pes):
                found[Link.its_gicr(number, pe, "cmd")] = partial(self._command, pe)
                found[Link.its_gicr(number, pe, "ack")] = partial(self._acknowledge, pe)
        return found

    def activated(self, key: Key) -> None:
        """Nothing follows."""

    def deactivated(self, key: Key, o: Observed) -> None:
        """Nothing follows."""

    def reset(self, pe: int) -> None:
        """LPIs belong to the interrupt controller."""

    def under_way(self) -> list[Journey]:
        """One that moves."""
        return [] if self._moving is None else [self._moving]

    def finish(self, cycle: int) -> None:
        """The last message."""
        self._ended()

    def _input(self, _: int, o: Observed) -> None:
        self._ended()
        self._cause, self._sent = o, False

    def _ended(self) -> None:
        """The ITS is done with its input."""
        if self._cause is not None and isinstance(self._cause.transaction, Msi) and not self._sent:
            self._board.lost["message not mapped"] += 1
        self._cause = None

    def _command(self, pe: int, _: int, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, LpiClear):
            self._clears(pe, t.intid, o, "CLEAR or DISCARD")
        if not isinstance(t, LpiSet):
            return
        cause, self._sent = self._cause, True
        if cause is None or not isinstance(cause.transaction, Msi | CommandStep):
            self._board.fail("spurious LPI", o.link, o.accept, "a message or a command before", text(t))
            return
        moving, self._moving = self._moving, None
        journey = Journey("lpi", t.intid, pe, cause) if moving is None else moving
        journey.pe = pe
        journey.hops.append(o)
        self._arrives(pe, t.intid, journey)

    def _arrives(self, pe: int, intid: int, journey: Journey) -> None:
        if not self._enabled[pe]:
            self._board.lost["LPIs disabled at the Redistributor"] += 1
        elif not FIRST_LPI <= intid < 1 << self._bits[pe]:
            self._board.lost["beyond GICR_PROPBASER.IDbits"] += 1
        else:
            self._board.begins(journey, (pe, intid))

    def _acknowledge(self, pe: int, _: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, LpiAck) or not t.pending:
            return
        self._moving = self._board.pending.pop((pe, t.intid), None)
        if self._moving is None:
            self._board.fail("spurious move", o.link, o.accept, "a pending journey", text(t))
        else:
            self._moving.hops.append(o)
            self._moving.acknowledged = self._moving.asserted = -1

    def _register(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, RegWrite):
            return
        if t.offset == _PROPBASER and not self._enabled[pe] and t.size >= 4:
            self._bits[pe] = min((t.value & 0x1F) + 1, self._config.intid_bits)
        elif t.offset == _PENDBASER and t.size == 8:
            self._ptz[pe] = bool(t.value & PTZ)
        elif t.offset == _PENDBASER + 4 and t.size == 4:
            self._ptz[pe] = bool(t.value << 32 & PTZ)
        elif t.offset == _CTLR and t.size == 4:
            self._enable(pe, bool(t.value & 1))
        elif self._config.direct_lpi and t.offset == _SETLPIR and t.value >= FIRST_LPI:
            self._arrives(pe, t.value, Journey("lpi-direct", t.value, pe, o))
        elif self._config.direct_lpi and t.offset == _CLRLPIR:
            self._clears(pe, t.value, o, "cleared by GICR_CLRLPIR")

    def _clears(self, pe: int, intid: int, o: Observed, reason: str) -> None:
        """Where LPIs are disabled commands are ignored: the table keeps what is pending (IHI 0069, GICR_CTLR.EnableLPIs)."""
        if self._enabled[pe]:
            self._board.cleared((pe, intid), o.accept, reason)

    def _enable(self, pe: int, enable: bool) -> None:
        """GICR_CTLR.EnableLPIs. With GICR_PENDBASER.PTZ the pending table is all zeros, whatever was pending."""
        if enable and not self._enabled[pe] and self._ptz[pe]:
            for key in [key for key in self._board.pending if key[0] == pe and key[1] >= FIRST_LPI]:
                del self._board.pending[key]
                self._board.lost["GICR_PENDBASER.PTZ"] += 1
            self._ptz[pe] = False  # it was of the table as it was then (R28)
        self._enabled[pe] = enable if self._config.lpi_disable else self._enabled[pe] or enable
