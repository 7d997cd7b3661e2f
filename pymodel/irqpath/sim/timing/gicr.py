"""The timer of GICR (hdl/gicv3/gicr*.v): an input, what it does to LPIs, the best candidate, the offer, what waited for that.

What goes at once is `taken`. The rest is told from UPDATE, in which the best candidate is sought: `update` where nothing in
memory is reached before, with each operation on LPIs ("op") and its steps; else `done`, from the last response, with the steps
that follow it. `each` says what comes after UPDATE: `decide` for the offer, `respond` for what waited.

Operations are "set", "clear", "inv", "each" (of every LPI that is held: INVALL), "flush", "enable", "any" (LpiTakeAny), "best"
(the table is read for the best LPI). Accesses are "config", a configuration byte; "table", a byte of the pending table; "word", 8
bytes of it; "stored", of either. The way from one to the next is named by the operation ("refill": whatever reads the whole
table) and both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.core.link import Link
from irqpath.core.transactions import (
    Activate,
    Clear,
    ClearAck,
    ControlAck,
    LineChange,
    LpiAck,
    LpiClear,
    LpiInv,
    LpiInvall,
    LpiSet,
    LpiSync,
    LpiTake,
    LpiTakeAny,
    MemRead,
    MemWrite,
    Out,
    PeReset,
    PeStatus,
    RegWrite,
    Release,
    Reset,
    Set,
    SpiActivate,
    SpiRecallAck,
    SpiRelease,
    Transaction,
    WakeRequest,
)
from irqpath.gic.gicr.lpi import PTZ
from irqpath.gic.gicr.redistributor import Redistributor
from irqpath.gic.gicr.waker import Power
from irqpath.regs import GICR
from irqpath.sim.timing.term import LAST, RESET, Term, counted

_TAKEN: Final = Term("taken")
#: Of an input that does nothing to LPIs, by far the most.
_DECIDE: Final = Term("update", (("decide", 1),))
_RESPOND: Final = Term("update", (("respond", 1),))
_WAKE: Final = Term("update", (("wake", 1),))
_COMMANDS: Final[dict[type, str]] = {
    LpiSet: "set",
    LpiClear: "clear",
    LpiInv: "inv",
    LpiInvall: "each",
    LpiTake: "clear",
    LpiTakeAny: "any",
}
#: A tuple, not a union: that would be made anew for each input.
_GONE: Final = (Activate, Release, ClearAck)
_DIRECT: Final = {"GICR_SETLPIR": "set", "GICR_CLRLPIR": "clear", "GICR_INVLPIR": "inv", "GICR_INVALLR": "each"}
#: Registers that do something to LPIs lie before this.
_LPI_REGISTERS: Final = 0x100
#: Messages to GICD that go at once: of two the other goes next.
_GIVEN_BACK: Final = frozenset((SpiActivate, SpiRelease, SpiRecallAck))
#: Operations that read the whole pending table.
_REFILLS: Final = frozenset(("enable", "best", "any"))
#: Steps of operations that reach nothing in memory: one, but for these; and where GICR_PENDBASER.PTZ says that there is nothing.
_STEPS: Final = {"any": 2}
#: Steps after an access until an operation is done; of those that read the whole table, where it was the last.
_AFTER: Final = {"config": 2, "table": 1, "stored": 0}
_OF_WORD: Final = {"word": 3, "stored": 2, "config": 6}
#: Steps after the last access of a flush, until what waited is told.
_FLUSHED: Final = 3
_REFILL: Final = {
    (last, this): Term("refill.stored" if last == "stored" else f"refill.{last}.{this}", (), LAST)
    for last in (*_AFTER, "word")
    for this in (*_AFTER, "word")
}
#: By far the most of these.
_WORDS: Final = _REFILL["word", "word"]
#: What goes in DECIDE.
_DECIDED: Final = frozenset((Set, Clear, PeStatus))
_WORD: Final = 8
_PROPERTY_ADDRESS: Final = 0x000F_FFFF_FFFF_F000
_PENDING_ADDRESS: Final = 0x000F_FFFF_FFFF_0000
_PENDING_BYTES: Final = 1 << 21


class GicrTimer:
    """See the head of the file."""

    def __init__(self, block: Redistributor) -> None:
        self._block = block
        self._slots = block.policy.lpi_store
        #: the best LPI must be sought again
        self._stale = False
        self._operand = self._moving = -1
        self._syncing = False
        self._cause: type = Reset
        self._fresh()
        self._begin()

    def _begin(self) -> None:
        """Nothing of the input is known yet."""
        #: nothing but what most inputs do
        self._plain = False
        #: GICD is told so many things at once; the flush is under way, or over; the model has said all
        self._ups = 0
        self._reset = self._over = self._flushing = self._flushed = False
        self._best = self._responses = self._again = self._anew = 0
        self._op = self._last = ""
        self._any = self._empty = False

    def enters(self, link: Link, transaction: Transaction) -> None:
        """See `Timer`."""
        self._begin()
        kind = self._cause = type(transaction)
        if kind == Reset:
            self._reset, self._stale = True, False
            return
        lpi = self._block.lpi
        self._flushing = lpi.flushing
        self._syncing = bool(self._block.commands.syncing) or kind == LpiSync
        if isinstance(transaction, _GONE):
            self._gone(transaction)
        elif kind in _COMMANDS:
            self._command(transaction)
        elif isinstance(transaction, RegWrite):
            if transaction.offset < _LPI_REGISTERS:
                self._written(transaction)
        elif kind == PeReset and lpi.moving >= 0:
            self._ask("clear")
            self._moves()

    def _ask(self, op: str, operand: int = -1) -> None:
        """The input asks for an operation."""
        self._op, self._operand = op, operand
        self._stale = True
        self._fresh()

    def _fresh(self) -> None:
        """No access was made."""
        self._used: list[int] = []
        self._walked = 0
        self._left = self._considered = -1
        self._full = False

    def _command(self, t: Transaction) -> None:
        if isinstance(t, LpiTake) and self._block.offer.holds(t.intid):
            self._stale = True
        else:
            self._ask(_COMMANDS[type(t)], getattr(t, "intid", -1))

    def _gone(self, t: Activate | Release | ClearAck) -> None:
        """GICC holds something no more."""
        moving = t.intid == self._block.lpi.moving
        activated = isinstance(t, Activate)
        if moving or (activated and t.intid >= FIRST_LPI):
            self._ask("clear")
            self._again = int(moving and activated)
        if moving:
            self._moves()

    def _moves(self) -> None:
        """The LPI that is being handed over is not at GICC any more."""
        moving = self._block.commands.moving
        self._moving = self._block.lpi.moving
        self._any = moving is not None and moving[1]

    def _written(self, t: RegWrite) -> None:
        """A register that may do something to LPIs."""
        access, config = GICR.lookup(t.offset, t.size), self._block._config
        if access is None or not config.lpis:
            return
        name, enabled = GICR.registers[access.register].name, self._block.lpi.enabled
        if name == "GICR_CTLR":
            if t.value & 1 and not enabled:
                self._ask("enable")
                self._empty = bool(self._block.lpi.pendbaser & PTZ)
            elif not t.value & 1 and enabled and config.lpi_disable:
                self._stale = self._flushing = True
                self._fresh()
        elif name in _DIRECT and config.direct_lpi:
            self._ask(_DIRECT[name], t.value & 0xFFFF_FFFF)

    # --- accesses -------------------------------------------------------------------------------------------------------

    def asks(self, link: Link, request: Transaction) -> Term:
        """See `Timer`."""
        if self._last == "word" and type(request) is MemRead and request.size == _WORD:
            return _WORDS
        this = self._access(request)
        if self._flushing and this == "table" and self._op != "flush" and not self._block.lpi.enabled:
            self._fresh()
            term = self._told(flush=1, slots=self._walk())
            self._op = "flush"
        elif this == "word" and self._op not in _REFILLS:
            term = self._told(refill=1)
            self._op, self._again, self._anew = "best", 0, 0
            self._fresh()
        elif self._responses == 0:
            slots = self._walk() if self._op == "each" else 0
            term = Term("start", counted(steps=int(self._op == "any"), slots=slots, pair=self._pair))
        else:
            term = self._next(this)
        self._last = this
        if this == "config" and self._op in _REFILLS:
            self._considered = self._intid(request)
            store = self._block.lpi.slots
            self._full = len(store) - store.count(None) >= self._slots
        return term

    def _next(self, this: str) -> Term:
        op, displaced, slots = self._op, 0, 0
        if op == "flush" and this == "table":
            return Term("flush.next", counted(steps=_AFTER[self._last], slots=self._walk()), LAST)
        if op in _REFILLS:
            op = "refill"
            if not (self._full and self._last == "config" and this != "table"):
                return _REFILL[self._last, this]
            displaced = int(self._holds(self._considered))
        elif op == "each":
            slots = self._walk()
        return Term(f"{op}.{self._last}.{this}", counted(displaced=displaced, slots=slots), LAST)

    def _access(self, request: Transaction) -> str:
        """What it is of the tables."""
        if isinstance(request, MemWrite):
            return "stored"
        assert isinstance(request, MemRead)  # there is nothing else
        if request.size == _WORD:
            return "word"
        base = self._block.lpi.pendbaser & _PENDING_ADDRESS
        return "table" if 0 <= request.address - base < _PENDING_BYTES and not self._configures(request.address) else "config"

    def _configures(self, address: int) -> bool:
        """Whether the byte is one of the configuration table."""
        lpi = self._block.lpi
        return 0 <= address - (lpi.propbaser & _PROPERTY_ADDRESS) < lpi.limit - FIRST_LPI

    def _intid(self, request: Transaction) -> int:
        assert isinstance(request, MemRead)  # of a configuration
        return request.address - (self._block.lpi.propbaser & _PROPERTY_ADDRESS) + FIRST_LPI

    def _holds(self, intid: int) -> bool:
        """Whether the store has that LPI."""
        return any(entry is not None and entry[0] == intid for entry in self._block.lpi.slots)

    def _walk(self) -> int:
        """Slots of the store that are looked at in vain until the next one that is used, or until the end."""
        if not self._walked:
            self._used = [slot for slot, entry in enumerate(self._block.lpi.slots) if entry is not None][::-1]
        until = self._used.pop() if self._used else self._slots
        vain, self._walked = until - self._walked, until + 1
        return vain

    def _rest(self) -> int:
        """Slots after the last one that is used."""
        if self._left < 0:
            self._left = self._walk()
        return self._left

    def responded(self, response: Transaction) -> None:
        """See `Timer`."""
        self._responses += 1

    # --- what leaves ----------------------------------------------------------------------------------------------------

    @property
    def _pair(self) -> int:
        return int(self._ups > 1)

    def leaves(self, link: Link, transaction: Transaction) -> Term | None:
        """See `Timer`."""
        kind = type(transaction)
        if self._reset:
            return RESET
        if kind in _GIVEN_BACK:
            self._ups += 1
            self._plain = self._plain and self._ups == 1
            return _TAKEN
        if isinstance(transaction, LpiAck) and not self._syncing:
            return self._acknowledged(transaction)
        if kind in _DECIDED:
            if self._plain:
                return _DECIDE
            if self._over:
                return self._told(best=self._best, decide=1)
            # of all accesses to memory only those of a flush come after the offer
            return self._told(decide=1) if kind != PeStatus and self._flushing and self._op != "flush" else None
        if kind in (ControlAck, LpiAck):
            return self._settled() if self._over else None
        if isinstance(transaction, LineChange) and transaction.level and self._cause != WakeRequest:
            if self._plain:
                return _WAKE
            return self._told(best=self._best, wake=1) if self._over else None
        return _TAKEN

    def _acknowledged(self, t: LpiAck) -> Term:
        """Of an operation: what LpiTakeAny finds is cleared then."""
        if self._op == "any":
            self._again = t.pending
        elif self._any and not (t.pending and t.intid == self._moving):
            self._another(t.pending)
        return self._told()

    def _another(self, found: int) -> None:
        """The LPI that was being handed over for LpiTakeAny is not pending any more: another is sought in its place."""
        self._anew = 1
        self._again += 1 + found
        self._any = False

    def predicted(self, outputs: Sequence[Out] = ()) -> None:
        """See `Timer`."""
        if self._reset:
            return
        self._over = True
        block = self._block
        if self._any and block.commands.moving is not None:
            self._another(0)
        awake = block.waker.power is Power.AWAKE
        forwarded = block.dist_groups & (block.cpu_groups if awake else 3)
        if self._stale and forwarded & 2 and block.lpi.enabled:
            self._stale = False
            self._best = int(self._op != "best")
        if self._flushing and not block.lpi.flushing:
            self._stale = self._flushed = True
        self._plain = not (self._op or self._best or self._flushed or self._ups > 1)

    def ends(self) -> Term:
        """See `Timer`."""
        if self._plain:
            return _RESPOND
        return RESET if self._reset else self._settled()

    def _settled(self) -> Term:
        """What waited for the CPU interface to hold what it should, after the flush if there is one."""
        if self._op == "flush":
            return Term("done", counted(steps=_AFTER[self._last] + _FLUSHED, slots=self._rest()), LAST)
        if self._flushed:
            return self._told(best=self._best, respond=1, flushed=1, slots=self._slots)
        return self._told(best=self._best, respond=1)

    def _told(self, **counts: int) -> Term:
        """A term from UPDATE: where it begins, and what is counted from there."""
        op, responses = self._op, self._responses
        if not op or (not responses and op != "best"):
            if op:
                counts["op"] = 1 + self._again
                counts["steps"] = _STEPS.get(op, 1) - self._empty + self._again + self._anew
            if op == "each":
                counts["slots"] = counts.get("slots", 0) + self._slots
            return Term("update", counted(pair=self._pair, **counts))
        counts["op"] = self._again
        counts["steps"] = self._after() + self._again + self._anew
        if op == "each":
            counts["slots"] = counts.get("slots", 0) + self._rest()
        return Term("done", counted(**counts), LAST)

    def _after(self) -> int:
        """Steps that follow the last access of an operation until it is done."""
        op, last = self._op, self._last
        if op in _REFILLS:
            return _OF_WORD[last] + (op != "enable")
        if op == "inv" and last == "config":
            return 1 + (self._responses > 1)
        if op == "set" and last == "stored":
            return int(self._holds(self._operand))
        return _AFTER[last]
