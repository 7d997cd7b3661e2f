"""The scoreboard of one block.

Input: everything that monitors saw enter the block, in the order of acceptance; it goes to the golden model. Output: everything
that monitors saw leave it. Rule of order: on each link the block's outputs are those that the model announced, in that order,
none before its cause, none missing at the end. Whether another order is legal too, and which, is the comparison's to say that the
device's description chooses (`dut/comparison.py`); what it lets pass is counted by rule.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import NamedTuple

from irqpath.core.errors import IrqpathError
from irqpath.core.link import Link, block_kind
from irqpath.core.transactions import (
    LineChange,
    Observed,
    Out,
    PeReset,
    RegRead,
    RegWrite,
    Report,
    Reset,
    SysRead,
    SysWrite,
    Transaction,
)
from irqpath.gic.common.block import Block
from irqpath.regs import GICC, GICD, GICD2, GICH, GICR, GICV, GITS, ICC, ICH, V2M, Element, Frame
from irqpath_testbench.dut.comparison import EXACT, Comparison
from irqpath_testbench.env.scoreboards.lines import SettledLines
from irqpath_testbench.env.scoreboards.order import Order
from irqpath_testbench.env.scoreboards.timed import TimedBlock

_HEXADECIMAL = frozenset(("value", "offset", "priority", "targets", "address"))
_FRAMES: dict[str, Frame] = {"gicd": GICD, "gicr": GICR, "its": GITS, "gicc": GICC, "gich": GICH, "gicv": GICV, "v2m": V2M}


#: The journey so far of the interrupt that a transaction on a link is about.
Story = Callable[[str, Transaction], str]
#: Inputs that flush what is expected.
RESETS = (Reset, PeReset)


class ExpectedOutput(NamedTuple):
    """What the model announced, and the input that caused it. Made once an output, so a named tuple (see `Observed`)."""

    transaction: Transaction
    cause: Observed


#: Makes a `ExpectedOutput` of a pair, in half the time of calling it.
_expected_output: Callable[[tuple[Transaction, Observed]], ExpectedOutput] = partial(tuple.__new__, ExpectedOutput)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A check that failed. `check`: which one, by name; `differs`: field by field; `cause`: the input that the model answered;
    `rule`: what it breaks, with the specification's section; `journey`: of the interrupt concerned, so far."""

    check: str
    link: str
    cycle: int
    expected: str
    observed: str
    rule: str
    differs: str = ""
    cause: str = ""
    journey: str = ""


class BlockScoreboard:
    """Holds a block of the device under test against its golden model."""

    def __init__(self, model: Block, bound: int = 5000, story: Story | None = None, comparison: Comparison = EXACT) -> None:
        """`bound`: cycles after which an announced output that was not offered is late. `story(link, transaction)` tells the
        journey of the interrupt that a transaction is about, for messages. `comparison`: what may be put out."""
        self.model = model
        self.name = model.name
        self.compared: Counter[str] = Counter()
        self.mismatches: list[Mismatch] = []
        self.reports: Counter[str] = Counter()
        self.flushed = 0
        #: is told what the golden model says beside its outputs
        self.probe: Callable[[Transaction], None] | None = None
        self._order: Order | None = None
        self.remember: Callable[[Observed], None] | None = None
        #: notes which cost each thing has
        self.timed: TimedBlock | None = None
        self._bound = bound
        self._story = story
        self._comparison = comparison
        self._lines = None if comparison.settle is None else SettledLines(comparison.settle, self._line_wrong)
        #: outputs that are legal only by a rule of the comparison, by that rule
        self.used: Counter[str] = Counter() if self._lines is None else self._lines.used
        self._expected: dict[str, deque[ExpectedOutput]] = {link: deque() for link in model.outputs()}
        self._levels: dict[tuple[str, int], int] = {}  # of output wires, as seen
        self._flushed_by: Observed | None = None  # the last reset
        self._cut: dict[
            str, tuple[int, deque[ExpectedOutput]]
        ] = {}  # changes of wires that were expected when a reset came, and its cycle

    def leaving(self) -> frozenset[str]:
        """Links whose transactions `left` takes."""
        return self.model.outputs()

    def entering(self) -> frozenset[str]:
        """Links whose transactions `entered` takes."""
        return self.model.inputs()

    def enters(self, link: str) -> Callable[[Observed], None]:
        """`entered`, for what comes on `link`."""
        return self.entered

    def leaves(self, link: str) -> Callable[[Observed], None]:
        """`left`, for what comes on `link`: called for very many transactions, nearly all of which are as they should be."""
        expected, count, judge = self._expected[link], self.compared, self._judge

        def compare(observed: Observed) -> None:
            if expected:
                wanted, cause = expected[0]
                seen = observed.transaction
                # what is exactly what is expected next is legal in any mode; of wires, more is to be noted
                if wanted == seen and observed.offer > cause.accept and type(seen) is not LineChange:
                    count[link] += 1
                    expected.popleft()
                    return
            judge(observed)

        return compare

    def entered(self, observed: Observed) -> None:
        """A monitor saw `observed` enter the block."""
        if self.remember is not None:
            self.remember(observed)
            if observed.offer != observed.accept:
                self._check_order(observed)
        self._predict(observed)

    def time(self, timed: TimedBlock) -> None:
        """Note from now on which cost each thing has."""
        self.timed = timed

    def keep(self, order: Order) -> None:
        """Inputs must be taken in this order."""
        self._order, self.remember = order, order.remember

    def _check_order(self, observed: Observed) -> None:
        """Whether an input that waited was the next to be taken."""
        passed = None if self._order is None else self._order.passed(observed)
        if passed is not None:
            first = f"{text(observed.transaction)} on {observed.link}, which waited since cycle {observed.offer}"
            rule = f"order in which {self.name} takes what waits (head of its file in hdl/)"
            self._fail("out of turn", passed.link, passed.accept, first, passed, rule)

    def _ask(self, observed: Observed) -> list[Out]:
        """What the golden model says."""
        try:
            if self.timed is not None:
                return self.timed.predict(self.model, observed)
            return self.model.predict(observed.link, observed.transaction)
        except IrqpathError as error:
            self._fail("illegal input", observed.link, observed.accept, "an input that the block has", observed, str(error))
            return []

    def _predict(self, observed: Observed) -> None:
        """Ask the golden model; what it announces is expected."""
        _, _, accept, cause = observed
        reset = type(cause) is Reset
        lines = self._lines
        if type(cause) in RESETS:
            self._flush(observed)
        if lines is not None:
            lines.took(accept)
        outputs = self._ask(observed)
        for link, transaction in outputs:
            expected = self._expected.get(link)
            if expected is not None:
                if lines is not None and type(transaction) is LineChange:
                    lines.announced(link, transaction, observed)
                elif not (reset and isinstance(transaction, LineChange)):
                    expected.append(_expected_output((transaction, observed)))
            elif link.end == "probe":
                if isinstance(transaction, Report):
                    self.reports[transaction.error.name] += 1
                if self.probe is not None:
                    self.probe(transaction)
        if reset:
            self._lines_fall(observed)

    def _lines_fall(self, reset: Observed) -> None:
        """A reset may meet a wire before or after it followed the block's state: what was seen high must fall, nothing else.
        A wire may have followed in the very cycle of the reset, and be recorded after it. What falls together is recorded in the
        order of the lines."""
        if self._lines is not None:
            self._lines.reset(reset)
        for (link, line), level in sorted(self._levels.items()):
            if level:
                self._expected[link].append(ExpectedOutput(LineChange(line, 0), reset))

    def left(self, observed: Observed) -> None:
        """A monitor saw `observed` leave the block."""
        self._judge(observed)

    def _judge(self, observed: Observed) -> None:
        """Compare an output with what is expected."""
        self.compared[observed.link] += 1
        expected = self._expected[observed.link]
        seen = observed.transaction
        if isinstance(seen, LineChange):
            if self._lines is not None:
                self._lines.saw(observed, seen)
                return
            if self._was_cut(observed, expected):
                return
            self._levels[observed.link, seen.line] = seen.level
        announced = [d.transaction for d in expected]
        verdict = self._comparison.judge(self.model, announced, seen)
        if verdict.legal:
            answered = expected[verdict.index]
            del expected[verdict.index]
            if verdict.reason:
                self.used[verdict.reason] += 1
            if observed.offer <= answered.cause.accept:
                self._fail("output before its cause", observed.link, observed.offer, answered, observed)
        elif not expected:
            self._fail("unexpected", observed.link, observed.accept, "nothing", observed)
        else:
            self._differs(observed, expected, self._comparison.nearest(announced, seen), verdict.reason)

    def _differs(self, observed: Observed, expected: deque[ExpectedOutput], index: int, reason: str) -> None:
        """None of what is expected allows `observed`, which is held against number `index`: it takes that one's place."""
        wanted = expected[index]
        del expected[index]
        if index and wanted.transaction == observed.transaction:
            self._fail("out of order", observed.link, observed.accept, expected[0], observed, reason)
        else:
            self._fail("differs", observed.link, observed.accept, wanted, observed)

    def _line_wrong(self, check: str, link: str, cycle: int, wanted: LineChange, cause: Observed | None, said: str) -> None:
        expected = text(wanted) if cause is None else ExpectedOutput(wanted, cause)
        self._fail(check, link, cycle, expected, said)

    def _was_cut(self, observed: Observed, expected: deque[ExpectedOutput]) -> bool:
        """Whether a wire followed the block's state in the cycle of a reset; then what it must do after the reset is turned."""
        cycle, cut = self._cut.get(observed.link, (-1, None))
        if cycle != observed.accept or not cut or cut[0].transaction != observed.transaction:
            return False
        change = cut.popleft()
        assert isinstance(change.transaction, LineChange)  # nothing else is kept
        line, level = change.transaction.line, change.transaction.level
        self._levels[observed.link, line] = level
        fall = [d for d in expected if d.transaction == LineChange(line, 0)]
        if level:
            expected.append(ExpectedOutput(LineChange(line, 0), change.cause))
        elif fall:
            expected.remove(fall[0])
        return True

    def batch_ended(self, cycle: int) -> None:
        """All records up to `cycle` were handed over: look for what is late."""
        for link, expected in self._expected.items():
            if expected and cycle - expected[0].cause.accept > self._bound:
                self._fail("late", link, cycle, expected.popleft(), f"nothing within {self._bound} cycles")
        if self._lines is not None and self._asked_all():
            self._lines.until(cycle)

    def _asked_all(self) -> bool:
        """Whether the model was asked about everything that has entered."""
        return True

    def finish(self, cycle: int) -> None:
        """The end: nothing may be expected any more."""
        for link, expected in self._expected.items():
            while expected:
                self._fail("expected but not observed", link, cycle, expected.popleft(), "nothing until the end")
        if self._lines is not None:
            self._lines.finish(cycle)

    def pending(self) -> list[str]:
        """What is expected, as text, oldest first."""
        found = [(d.cause.accept, link, d) for link, expected in self._expected.items() for d in expected]
        return [
            f"{link}: {text(d.transaction)}, since cycle {at} ({text(d.cause.transaction)})"
            for at, link, d in sorted(found, key=lambda f: f[0])
        ] + [
            f"{link}: {text(wanted)}, not settled since cycle {at}"
            for at, link, wanted in (() if self._lines is None else self._lines.pending())
        ]

    def _flush(self, reset: Observed) -> None:
        """A reset flushes what is under way in its domain: everything, or the stream alone where only the PE was reset."""
        if reset is self._flushed_by:
            return
        self._flushed_by = reset
        for link, expected in self._expected.items():
            if isinstance(reset.transaction, Reset) or Link(link).unit == "stream":
                self.flushed += len(expected)
                lines = deque(d for d in expected if isinstance(d.transaction, LineChange))
                self._cut[link] = (reset.accept, lines)
                expected.clear()
                if self.timed is not None:
                    self.timed.flushed(Link(link), reset.accept)

    def _fail(
        self, check: str, link: str, cycle: int, expected: ExpectedOutput | str, observed: Observed | str, detail: str = ""
    ) -> None:
        cause, differs, wanted = "", "", expected if isinstance(expected, str) else text(expected.transaction)
        seen = observed if isinstance(observed, str) else text(observed.transaction)
        subject = None if isinstance(observed, str) else observed.transaction
        rule = detail or rule_of(self.name, link, subject)
        if isinstance(expected, ExpectedOutput):
            cause = f"{text(expected.cause.transaction)} on {expected.cause.link} in cycle {expected.cause.accept}"
            rule = detail or rule_of(self.name, link, expected.cause.transaction)
            if subject is not None:
                differs = difference(self.name, expected, subject)
            subject = expected.transaction
        journey = "" if self._story is None or subject is None else self._story(link, subject)
        self.mismatches.append(Mismatch(check, link, cycle, wanted, seen, rule, differs, cause, journey))


def _system_register(encoding: int) -> Element | None:
    return ICC.by_encoding(encoding) or ICH.by_encoding(encoding)


def _system_name(encoding: int) -> str:
    return (ICH if ICH.by_encoding(encoding) else ICC).name_at(encoding)


def text(transaction: Transaction) -> str:
    """A transaction as text: type and fields, registers by name."""
    if isinstance(transaction, SysRead | SysWrite):
        name = _system_name(transaction.reg)
        return f"SysRead({name})" if isinstance(transaction, SysRead) else f"SysWrite({name}, {transaction.value:#x})"
    parts = []
    for f in fields(transaction):
        value = getattr(transaction, f.name)
        parts.append(f"{f.name}={value:#x}" if f.name in _HEXADECIMAL else f"{f.name}={value}")
    return f"{type(transaction).__name__}({', '.join(parts)})"


def difference(block: str, expected: ExpectedOutput, observed: Transaction) -> str:
    """What differs, field by field; the value of a register by its fields."""
    wanted, cause = expected.transaction, expected.cause.transaction
    if type(wanted) is not type(observed):
        return f"in kind: {type(wanted).__name__}, {type(observed).__name__}"
    parts = []
    for f in fields(wanted):
        one, other = getattr(wanted, f.name), getattr(observed, f.name)
        if one == other:
            continue
        if f.name == "value" and isinstance(cause, RegRead | SysRead):
            one, other = (_register_fields(block, expected.cause.link, cause, value) for value in (one, other))
        parts.append(f"in {f.name}: {one}; {other}")
    return ", ".join(parts)


def _frame(block: str, link: str) -> Frame | None:
    """The frame of `block` that an access is to; of a GICv2, which has several, that of `link`, by which the access or its
    response goes: None, where that is no register port."""
    if block != "gicv2":
        return _FRAMES[block_kind(block)]
    kind = block_kind(Link(link).block)
    return GICD2 if kind == "gicd" else _FRAMES.get(kind)


def _register_fields(block: str, link: str, cause: RegRead | SysRead, value: int) -> str:
    """The value that a read gave, by fields; the number where it has none or only a part was read."""
    if isinstance(cause, SysRead):
        element = _system_register(cause.reg)
        register, whole = (element.register, True) if element else (None, False)
    else:
        frame = _frame(block, link)
        access = frame.lookup(cause.offset, cause.size) if frame else None
        register = frame.registers[access.register] if frame and access else None
        whole = register is not None and register.width_bytes == cause.size
    if register is None or not whole or value >> register.width_bits:
        return f"{value:#x}"
    return register.text(value)


def rule_of(block: str, link: str, cause: Transaction | None) -> str:
    """What an output on `link` follows from: the register's page, or the protocol of the link."""
    if isinstance(cause, SysRead | SysWrite):
        element = _system_register(cause.reg)
        return f"{_system_name(cause.reg)}: {element.register.source if element else 'IHI 0069 12.2'}"
    if isinstance(cause, RegRead | RegWrite) and (frame := _frame(block, link)) is not None:
        access = frame.lookup(cause.offset, cause.size)
        if access is not None:
            register = frame.registers[access.register]
            return f"{frame.name_at(cause.offset)}: {register.source}"
        return frame.explain(cause.offset, cause.size)
    found = Link(link)
    if found.unit == "stream":
        return "GIC Stream Protocol, IHI 0069 appendix A"
    if found.unit == "dist":
        return "link dist between GICD and GICR (hdl/gicv3/irqpath_top.v)"
    if found.end in ("mem", "mem_rsp"):
        return "tables in memory: IHI 0069 5.1 (LPIs), 5.2 (ITS); order of accesses: golden model of the block"
    if found.end in ("cmd", "ack"):
        return "link its_gicr between ITS and GICR (pymodel/irqpath/core/links)"
    return "IHI 0069 4, interrupt handling and prioritization"
