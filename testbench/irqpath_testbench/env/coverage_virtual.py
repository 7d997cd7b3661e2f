"""Coverage of virtual interfaces: what a hypervisor and its guest did, and what the List registers were when they did it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from irqpath.config.sizes import FIRST_LPI, FIRST_SPECIAL, GicConfig
from irqpath.core.transactions import (
    Deactivate,
    LineChange,
    Observed,
    OutLine,
    PeState,
    Reset,
    SysRead,
    SysReadData,
    SysTrap,
    SysWrite,
)
from irqpath.regs import ICC, ICH
from irqpath_testbench.env.coverage_matrix import GROUP, matrix

#: bins of each group
LINES: Final = ("vIRQ", "vFIQ", "maintenance")
WRITTEN: Final = ("inactive", "pending", "active", "pending and active")
CONDITIONS: Final = ("EOI", "U", "LRENP", "NP", "VGrp0E", "VGrp0D", "VGrp1E", "VGrp1D")
ENDS: Final = ("EOImode 0", "EOImode 1", "DIR", "virtual LPI")
WHILE_HIGH: Final = ("state", "trap", "ICH_HCR_EL2", "List register", "IRQ", "reset")
ACKNOWLEDGES: Final = ("SGI", "PPI", "SPI", "LPI", "spurious")

_LRS: Final = {ICH.by_name(f"ICH_LR{n}_EL2").offset: n for n in range(16)}
_HCR, _VMCR, _MISR = (ICH.by_name(f"ICH_{name}_EL2").offset for name in ("HCR", "VMCR", "MISR"))
_IAR: Final = {ICC.by_name(f"ICC_IAR{group}_EL1").offset for group in (0, 1)}
_EOIR: Final = {ICC.by_name(f"ICC_EOIR{group}_EL1").offset for group in (0, 1)}
_DIR, _CTLR = ICC.by_name("ICC_DIR_EL1").offset, ICC.by_name("ICC_CTLR_EL1").offset
_NAMES: Final = {register.offset: register.name for registers in (ICC, ICH) for register in registers.registers}
#: that reach the virtual interface; of active priorities the first
_GUESTS: Final = tuple(
    f"ICV_{name}_EL1"
    for name in (
        *("PMR", "RPR", "CTLR", "DIR", "BPR0", "BPR1", "IAR0", "IAR1", "HPPIR0", "HPPIR1", "EOIR0", "EOIR1"),
        *("IGRPEN0", "IGRPEN1", "AP0R0", "AP1R0"),
    )
)

Hit = Callable[[str, str], None]


def virtual_plan(path: str, config: GicConfig) -> dict[str, tuple[str, ...]]:
    """Bins by group that a path of virtual interrupts must exercise; none for any other path."""
    virtual = config.virtual
    if virtual is None or path not in ("virq-lr", "virq-hw", "maint"):
        return {}
    common = {
        "virtual line": LINES[:2],
        "List register": tuple(map(str, range(virtual.list_registers))),
        "guest's acknowledge": ACKNOWLEDGES,
        "guest's end": ENDS,
    }
    if path == "virq-lr":
        nesting = {"guest's nesting": tuple(f"depth {n}" for n in (1, 2, 3))}
        more = {"written": WRITTEN, "while a virtual line is high": WHILE_HIGH, "guest's register": _GUESTS} | nesting
        more |= {GROUP: matrix(virtual)}
        return common | more | {"exception level": tuple(f"EL{el}" for el in range(4)), "trap": ("to EL2", "to EL3")}
    if path == "virq-hw":
        return common | {"HW": ("PPI", "SPI"), "deactivated": tuple(f"PE {pe}" for pe in range(config.pes))}
    return common | {"virtual line": LINES, "maintenance condition": CONDITIONS}


class VirtualCoverage:
    """`hit(group, bin)` is told each."""

    def __init__(self, config: GicConfig, hit: Hit) -> None:
        self._hit = hit
        pes = range(config.pes)
        self._high = [0 for _ in pes]  # bit n: vIRQ, vFIQ
        self._misr = [False for _ in pes]
        self._iar = [False for _ in pes]
        self._eoimode = [0 for _ in pes]
        self._depth = [0 for _ in pes]

    def told(self, pe: int, o: Observed) -> None:
        """Whatever goes on the link of system registers: states, and what traps."""
        if isinstance(o.transaction, PeState):
            self._hit("exception level", f"EL{o.transaction.el}")
            self._while_high(pe, "state")
        elif isinstance(o.transaction, SysTrap):
            self._hit("trap", f"to EL{o.transaction.el}")
            self._while_high(pe, "trap")

    def hypervisor(self, pe: int, o: Observed) -> None:
        """What `Split` says of the hypervisor."""
        t = o.transaction
        if isinstance(t, SysWrite):
            self._written(pe, t)
        elif isinstance(t, SysRead):
            self._misr[pe] = t.reg == _MISR
        elif isinstance(t, SysReadData) and self._misr[pe]:
            self._misr[pe] = False
            for bit, name in enumerate(CONDITIONS):
                if t.value >> bit & 1:
                    self._hit("maintenance condition", name)
        elif isinstance(t, LineChange):
            self._line(pe, t)
        elif isinstance(t, Reset):
            self._while_high(pe, "reset")
            self._eoimode[pe] = self._depth[pe] = 0

    def _line(self, pe: int, t: LineChange) -> None:
        number = t.line - OutLine.VIRQ
        if t.level:
            self._hit("virtual line", LINES[number])
        if number < 2:
            self._high[pe] = self._high[pe] & ~(1 << number) | t.level << number

    def physical_line(self, pe: int, o: Observed) -> None:
        """IRQ or FIQ rose or fell."""
        if isinstance(o.transaction, LineChange) and o.transaction.level:
            self._while_high(pe, "IRQ")

    def _while_high(self, pe: int, what: str) -> None:
        if self._high[pe]:
            self._hit("while a virtual line is high", what)

    def _written(self, pe: int, t: SysWrite) -> None:
        if t.reg in _LRS:
            self._hit("List register", f"{_LRS[t.reg]}")
            self._hit("written", WRITTEN[t.value >> 62])
            self._while_high(pe, "List register")
            if t.value >> 61 & 1 and t.value >> 62:
                physical = t.value >> 32 & 0x1FFF
                self._hit("HW", "PPI" if 16 <= physical < 32 else "SPI" if 32 <= physical < FIRST_SPECIAL else "other")
        elif t.reg == _HCR:
            self._while_high(pe, "ICH_HCR_EL2")
        elif t.reg == _VMCR:
            self._eoimode[pe] = t.value >> 9 & 1

    def guest(self, pe: int, o: Observed) -> None:
        """What `Split` says of the guest."""
        t = o.transaction
        if isinstance(t, SysReadData):
            if self._iar[pe]:
                self._acknowledged(pe, t.value)
            self._iar[pe] = False
            return
        if isinstance(t, SysRead):
            self._iar[pe] = t.reg in _IAR
        if isinstance(t, SysRead | SysWrite):
            self._hit("guest's register", _NAMES[t.reg].replace("ICC", "ICV") if t.reg in _NAMES else "none")
        if isinstance(t, SysWrite):
            self._ended(pe, t)

    def _acknowledged(self, pe: int, vintid: int) -> None:
        if FIRST_SPECIAL <= vintid < FIRST_SPECIAL + 4:
            self._hit("guest's acknowledge", "spurious" if vintid == FIRST_SPECIAL + 3 else "special")
            return
        kind = "SGI" if vintid < 16 else "PPI" if vintid < 32 else "SPI" if vintid < FIRST_LPI else "LPI"
        self._hit("guest's acknowledge", kind)
        self._depth[pe] += 1
        self._hit("guest's nesting", f"depth {self._depth[pe]}")

    def _ended(self, pe: int, t: SysWrite) -> None:
        if t.reg == _CTLR:
            self._eoimode[pe] = t.value >> 1 & 1
        elif t.reg == _DIR:
            self._hit("guest's end", "DIR")
        elif t.reg in _EOIR:
            self._depth[pe] = max(0, self._depth[pe] - 1)
            self._hit("guest's end", f"EOImode {self._eoimode[pe]}")
            if t.value >= FIRST_LPI:
                self._hit("guest's end", "virtual LPI")

    def up(self, pe: int, o: Observed) -> None:
        """To the Redistributor."""
        if isinstance(o.transaction, Deactivate):
            self._hit("deactivated", f"PE {pe}")
