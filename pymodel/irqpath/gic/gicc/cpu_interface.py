"""GICC: the physical CPU interface of one PE, reached by system registers (ICC_*_EL1; IHI 0069 4, 12.2, appendix A).

Inputs: `gicc<n>.sys` (SysRead, SysWrite, Barrier), `stream<n>.down` (Set, Clear, Quiesce, DownstreamControl and
acknowledges), `gicc<n>.reset`. Outputs: `gicc<n>.sys_rsp`, `stream<n>.up`, `gicc<n>.irq` (LineChange of nIRQ and nFIQ, level 1 =
asserted), `gicc<n>.probe`. Order within one input: response, stream, lines.

One Security state: Group 0 signals FIQ, Group 1 signals IRQ, and ICC_BPR1 counts as the Non-secure copy does (R11, R12).
"""

from __future__ import annotations

from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import FIRST_LPI, FIRST_SPECIAL, SPURIOUS, GicConfig
from irqpath.core.errors import ArchError
from irqpath.core.link import Link
from irqpath.core.state import Int, Many, Part, Schema, Shape, Table, Tuple, Vector, bits
from irqpath.core.transactions import (
    Activate,
    Clear,
    ClearAck,
    Deactivate,
    DownstreamControl,
    DownstreamControlAck,
    LineChange,
    OutLine,
    PeState,
    Quiesce,
    QuiesceAck,
    Release,
    Reset,
    Set,
    SgiKind,
    SysRead,
    SysReadData,
    SysWrite,
    SysWriteAck,
    UpstreamControl,
)
from irqpath.gic.common.block import Block
from irqpath.gic.common.offer import Candidate
from irqpath.gic.common.shapes import GROUP, GROUPS, INTID, MAYBE_CANDIDATE
from irqpath.gic.gicc.physical_registers import physical
from irqpath.gic.gicc.requests import Requests
from irqpath.gic.gicc.virtual_interface import VirtualInterface
from irqpath.gic.gicc.virtual_registers import Reader, Writer
from irqpath.gic.gicc.virtualization import Virtualization, encoded

#: ICC_RPR_EL1 when nothing is active
IDLE_PRIORITY = 0xFF


def running_of(active: int, shift: int) -> int:
    """The running priority, 8 bits: the highest of `active`, bit n for priority n << `shift` (IHI 0069 4.8.6)."""
    return ((active & -active).bit_length() - 1) << shift if active else IDLE_PRIORITY


class CpuInterface(Block):
    """GICC of PE `pe`. State is plain integers: `pmr`, `bpr` and `ap` by group, `enables` (bit n: ICC_IGRPENn), `held`."""

    __slots__ = (
        "_acked",
        "_config",
        "_irq",
        "_policy",
        "_reads",
        "_shift",
        "_sys_rsp",
        "_up",
        "_writes",
        "ap",
        "bpr",
        "cbpr",
        "enables",
        "eoimode",
        "held",
        "lines",
        "pe",
        "pmhe",
        "pmr",
        "prebits",
        "requests",
        "running",
        "settings",
        "virtualization",
    )

    def __init__(self, pe: int, config: GicConfig, policy: Policy = IRQPATH) -> None:
        super().__init__(f"gicc{pe}", (Link.gicc(pe, "sys_rsp"), Link.stream(pe, "up"), Link.gicc(pe, "irq")))
        self.pe = pe
        self.requests = Requests(self, config)
        self.virtualization = self._virtualization(config, policy)
        self._config = config
        self._policy = policy
        #: preemption bits: at most 7, so that ICC_BPR0_EL1 has 7 - prebits as its least value
        self.prebits = min(config.priority_bits, 7)
        self._shift = 8 - self.prebits
        self._sys_rsp, self._up, self._irq = Link.gicc(pe, "sys_rsp"), Link.stream(pe, "up"), Link.gicc(pe, "irq")
        self._reads, self._writes = self._registers()
        sys, down = Link.gicc(pe, "sys"), Link.stream(pe, "down")
        self._on(sys, SysRead, self.physical_read)
        self._on(sys, SysWrite, self.physical_write)
        self._on(down, Set, self._set)
        self._on(down, Clear, self._clear)
        self._on(down, Quiesce, self._quiesce)
        self._on(down, DownstreamControl, self._downstream_control)
        self.requests.listen()
        self._on(Link.gicc(pe, "reset"), Reset, self._reset)
        if self.virtualization is not None:
            self.virtualization.listen()
        self.lines = [0, 0]
        self._reset_state()

    def _virtualization(self, config: GicConfig, policy: Policy) -> Virtualization | None:
        """The virtual interface and the PE's state, where the configuration has a virtual interface."""
        return None if config.virtual is None else Virtualization(self, config, policy, PeState(2))

    @property
    def virtual(self) -> VirtualInterface | None:
        """The virtual interface, if there is one."""
        return None if self.virtualization is None else self.virtualization.virtual

    @property
    def virtual_lines(self) -> list[int]:
        """Levels of vIRQ, vFIQ and the maintenance interrupt as put out."""
        return [0, 0, 0] if self.virtualization is None else self.virtualization.virtual_lines

    def _reset_state(self) -> None:
        self.pmr = 0
        self.bpr = [7 - self.prebits, 8 - self.prebits]
        self.ap = [0, 0]
        self.running = IDLE_PRIORITY
        self.enables = 0
        self.eoimode = self.cbpr = self.pmhe = 0
        self.held: Candidate | None = None
        self.requests.reset()
        self.settings = 0
        self._acked: dict[tuple[int, int], int] = {}
        if self.virtualization is not None:
            self.virtualization.reset()

    def schema(self) -> Schema:
        """The registers, the held interrupt, what is outstanding."""
        groups = len(self.ap)
        levels = Vector((1 << (1 << self.prebits)) - 1)
        virtual: dict[str, Shape | Part] = {} if self.virtualization is None else {"virtualization": Part(inline=True)}
        return virtual | {
            "pmr": bits(8),
            "bpr": Many(Int(8), groups),
            "ap": Many(levels, groups),
            "running": bits(8),
            "enables": GROUPS,
            "eoimode": Int(1),
            "cbpr": Int(1),
            "pmhe": Int(1),
            "held": MAYBE_CANDIDATE,
            "requests": Part(inline=True),
            "settings": bits(16),
            "_acked": Table(Tuple((GROUP, bits(7))), INTID),
            "lines": Many(Int(1), 2),
        }

    # --- what the architecture derives ----------------------------------------------------------------------------------

    def group_mask(self, group: int) -> int:
        """Bits of an 8-bit priority that make the group priority (IHI 0069 4.8, priority grouping; R11, R12)."""
        if group == 0 or self.cbpr:
            return (0xFF << (self.bpr[0] + 1)) & 0xFF
        return (0xFF << self.bpr[1]) & 0xFF

    def signalled(self) -> int | None:
        """Group of the held interrupt if it is signalled to the PE now, else None (R10)."""
        held = self.held
        if held is None:
            return None
        priority, _, group = held
        if not self.enables >> group & 1 or priority >= self.pmr:
            return None
        return group if self._preempts(priority & self.group_mask(group), group) else None

    def _preempts(self, group_priority: int, group: int) -> bool:
        """Whether what is active in any group gives way (IHI 0069 4.8.4, preemption)."""
        running = self.running & self.group_mask(group) if self._policy.running_priority_masked else self.running
        return group_priority < running or self.running == IDLE_PRIORITY

    def _update_running(self) -> None:
        self.running = running_of(self.ap[0] | self.ap[1], self._shift)

    def update_lines(self) -> None:
        """Bring all output lines up to date."""
        group = self.signalled() if self.held is not None else None
        irq, fiq = int(group == 1), int(group == 0)
        lines = self.lines
        if irq != lines[0]:
            lines[0] = irq
            self._out.append((self._irq, LineChange(OutLine.IRQ, irq)))
        if fiq != lines[1]:
            lines[1] = fiq
            self._out.append((self._irq, LineChange(OutLine.FIQ, fiq)))
        if self.virtualization is not None:
            self.virtualization.update_lines()

    # --- stream ---------------------------------------------------------------------------------------------------------

    def _set(self, t: Set) -> None:
        self._release()
        self.held = (t.priority, t.intid, t.group)
        self._release_disabled()
        self.update_lines()

    def _clear(self, t: Clear) -> None:
        if self.held is not None and self.held[1] == t.intid:
            self.held = None
        self._out.append((self._up, ClearAck(t.intid)))
        self.update_lines()

    def _quiesce(self, _: Quiesce) -> None:
        if self.virtualization is not None:
            self.virtualization.quiesce()
        self._release()
        self._out.append((self._up, QuiesceAck()))
        self.update_lines()

    def _downstream_control(self, t: DownstreamControl) -> None:
        self.settings = t.value
        self._out.append((self._up, DownstreamControlAck()))

    def _release(self) -> None:
        if self.held is not None:
            self._out.append((self._up, Release(self.held[1])))
            self.held = None

    def _release_disabled(self) -> None:
        """Hand back an interrupt of a group that is disabled here, so that another can come (IHI 0069 ICC_IGRPEN1_EL1)."""
        if self._policy.disabled_group_blocks:
            return
        if self.held is not None and not self.enables >> self.held[2] & 1:
            self._release()

    def _reset(self, _: Reset) -> None:
        self._reset_state()
        self.update_lines()

    # --- system registers -----------------------------------------------------------------------------------------------

    def physical_read(self, t: SysRead) -> None:
        """An access that reaches the physical interface."""
        read = self._reads.get(t.reg)
        if read is None:
            self.report(ArchError.UNDEFINED_SYSREG, f"read of {t.reg:#06x}")
            self._out.append((self._sys_rsp, SysReadData(0, ok=False)))
            return
        self.respond_read(read)

    def respond_read(self, read: Reader) -> None:
        """Answer a read of a register, before whatever `read` puts out."""
        at = len(self._out)
        value = read()
        self._out.insert(at, (self._sys_rsp, SysReadData(value)))

    def physical_write(self, t: SysWrite) -> None:
        """An access that reaches the physical interface."""
        write = self._writes.get(t.reg)
        self._out.append((self._sys_rsp, SysWriteAck(ok=write is not None)))
        if write is None:
            self.report(ArchError.UNDEFINED_SYSREG, f"write of {t.reg:#06x}")
            return
        write(t.value)
        self.update_lines()

    def read_iar(self, group: int) -> int:
        """ICC_IAR<group>_EL1: acknowledge the held interrupt if it is signalled and of this group, else 1023 (R10)."""
        held = self.held
        if held is None or held[2] != group or self.signalled() is None:
            return SPURIOUS
        return self._take(held)

    def _take(self, held: Candidate) -> int:
        priority, intid, group = held
        self._raise(priority, intid, group)
        self._update_running()
        self.held = None
        self.requests.send(Activate(intid))
        self.update_lines()
        return intid

    def _raise(self, priority: int, intid: int, group: int) -> None:
        """A priority becomes active."""
        level = (priority & self.group_mask(group)) >> self._shift
        self.ap[group] |= 1 << level
        self._acked[group, level] = intid

    def read_hppir(self, group: int) -> int:
        """ICC_HPPIR<group>_EL1: the held interrupt if it is of this group and the group is enabled here, else 1023."""
        held = self.held
        return held[1] if held is not None and held[2] == group and self.enables >> group & 1 else SPURIOUS

    def write_eoir(self, group: int, value: int) -> None:
        """ICC_EOIR<group>_EL1: priority drop, and deactivation when EOImode is 0 (R13 to R16, R23)."""
        intid = value & 0xFF_FFFF
        if self._is_special(intid):
            return
        if self._end(group, intid) and not self._split() and intid < FIRST_LPI:
            self._deactivate(intid)

    def _is_special(self, intid: int) -> bool:
        """An INTID that nothing is ended by: special ones, and those up to LPIs but for extended ones (R16)."""
        return FIRST_SPECIAL <= intid < FIRST_LPI and not (self._config.extended and intid > SPURIOUS)

    def _split(self) -> bool:
        """EOImode: priority drop and deactivation are two."""
        return bool(self.eoimode)

    def _end(self, group: int, intid: int) -> bool:
        """Priority drop by ICC_EOIR<group>_EL1; False if there is nothing that it may end."""
        active = self.ap[0] | self.ap[1]
        if not active:
            self.report(ArchError.EOIR_NOT_ACTIVE, f"INTID {intid}")
            return False
        bit = active & -active
        if not self.ap[group] & bit:
            self.report(ArchError.EOIR_WRONG_GROUP, f"INTID {intid}, ICC_EOIR{group}_EL1")
            return False
        self._drop(group, bit, intid)
        return True

    def _drop(self, group: int, bit: int, intid: int) -> None:
        acked = self._acked.pop((group, bit.bit_length() - 1), intid)
        if acked != intid:
            self.report(ArchError.EOIR_WRONG_INTID, f"INTID {intid}, acknowledged was {acked}")
        self.ap[group] &= ~bit
        self._update_running()

    def _deactivate(self, intid: int) -> None:
        self.requests.send(Deactivate(intid))

    def write_dir(self, value: int) -> None:
        """ICC_DIR_EL1: deactivate, only with EOImode 1 (R15); an LPI has no active state (R23)."""
        intid = value & 0xFF_FFFF
        if not self._split():
            self.report(ArchError.DIR_WITHOUT_EOIMODE, f"INTID {intid}")
        elif intid >= FIRST_LPI:
            self.report(ArchError.DIR_OF_LPI, f"INTID {intid}")
        elif intid < FIRST_SPECIAL or (intid > SPURIOUS and self._config.extended):
            self._deactivate(intid)

    def write_sgir(self, kind: SgiKind, value: int) -> None:
        """ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1."""
        self.requests.generate_sgi(int(kind), value)

    def write_igrpen(self, group: int, value: int) -> None:
        """ICC_IGRPEN<group>_EL1."""
        copy = self._copy(group)
        self._write_enables(1 << copy, (value & 1) << copy)

    def read_igrpen(self, group: int) -> int:
        """ICC_IGRPEN<group>_EL1."""
        return self.enables >> self._copy(group) & 1

    def _copy(self, group: int) -> int:
        """The group whose enable an access to ICC_IGRPEN<group>_EL1 reaches."""
        return group

    def _write_enables(self, mask: int, value: int) -> None:
        enables = self.enables & ~mask | value & mask
        if enables != self.enables:
            self.enables = enables
            self.requests.send(UpstreamControl(enables))
            self._release_disabled()

    def write_bpr(self, group: int, value: int) -> None:
        """ICC_BPR<group>_EL1: at least the least binary point (R11); with CBPR the Group 1 copy ignores writes (R12)."""
        if group == 1 and self.cbpr:
            return
        self.bpr[group] = max(value & 7, 7 - self.prebits + group)

    def read_bpr1(self) -> int:
        """ICC_BPR1_EL1; with CBPR it reads ICC_BPR0_EL1 + 1, at most 7 (R12)."""
        return min(self.bpr[0] + 1, 7) if self.cbpr else self.bpr[1]

    def read_ctlr(self) -> int:
        """ICC_CTLR_EL1."""
        return self._config.icc_ctlr_ro | self.pmhe << 6 | self.eoimode << 1 | self.cbpr

    def write_ctlr(self, value: int) -> None:
        """ICC_CTLR_EL1: CBPR, EOImode, PMHE."""
        self.cbpr, self.eoimode, self.pmhe = value & 1, value >> 1 & 1, value >> 6 & 1

    def write_ap(self, group: int, n: int, value: int) -> None:
        """ICC_AP<group>R<n>_EL1: 32 of the active priorities."""
        levels = (1 << (1 << self.prebits)) - 1
        self.ap[group] = (self.ap[group] & ~(0xFFFF_FFFF << 32 * n) | (value & 0xFFFF_FFFF) << 32 * n) & levels
        self._acked = {k: v for k, v in self._acked.items() if self.ap[k[0]] >> k[1] & 1}
        self._update_running()

    def write_pmr(self, value: int) -> None:
        """ICC_PMR_EL1: unimplemented low bits are RAZ/WI (R1)."""
        self.pmr = value & self._config.priority_mask

    def _registers(self) -> tuple[dict[int, Reader], dict[int, Writer]]:
        """Handlers by encoding; a register that is missing from both is UNDEFINED."""
        reads, writes = encoded(physical(self, self._config.sre_reset))
        if self.virtualization is not None:
            more_reads, more_writes = self.virtualization.physical_registers()
            reads.update(more_reads)
            writes.update(more_writes)
        return reads, writes
