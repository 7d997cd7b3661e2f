"""What software can know that runs a sequence: what it wrote, what it was told, and so what it may do next.

`judge(op)` says before an operation whether the architecture leaves its effect open: "" or a tag, the name of the rule that is
broken on purpose. `learn(op, value)` takes notice of it afterwards. Nothing here knows a golden model: the values come from
whatever executes the sequence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from irqpath.config.sizes import FIRST_LPI, FIRST_SPECIAL, GicConfig
from irqpath.gic.gicc.pe_state import FMO, IMO, Kind, kind_of
from irqpath.regs import GICD, GITS
from irqpath_testbench.tools.oracle.generator import layout
from irqpath_testbench.tools.oracle.generator.frames import frame_of
from irqpath_testbench.tools.oracle.generator.guest_knowledge import GuestKnowledge
from irqpath_testbench.tools.oracle.generator.its_knowledge import ItsKnowledge
from irqpath_testbench.tools.oracle.generator.ops import NON_SECURE, Op

_AT_EL3: Final = 3
_VPENDBASER: Final = 0x2_0078
#: Bit of HCR_EL2 that sends a kind of register to the virtual interface; the others go with either bit.
_REDIRECTION: Final = {Kind.GROUP0: FMO, Kind.GROUP1: IMO, Kind.SRE: 0, Kind.EL2: 0, Kind.EL3: 0, Kind.SGI: 0}

#: Every tag, with what it means.
TAGS: Final[dict[str, str]] = {
    "EOIR_ORDER": "ICC_EOIR of an INTID or group that is not the last acknowledged one (IHI 0069 ICC_EOIR1_EL1, R14)",
    "DIR_EOIMODE": "ICC_DIR_EL1 written with EOImode 0 (IHI 0069 ICC_DIR_EL1)",
    "DIR_NOT_ACTIVE": "ICC_DIR_EL1 of an INTID that this PE has not left active (IHI 0069 ICC_DIR_EL1)",
    "AP_WRITE": "ICC_AP<m>R<n>_EL1 written with another value than was read (IHI 0069 ICC_AP0R<n>_EL1)",
    "CONFIG_WHILE_ENABLED": "ICFGR of an enabled interrupt changed (IHI 0069 GICD_ICFGR<n>)",
    "GROUP_WHILE_ACTIVE": "GICD_IGROUPR of an active interrupt changed in a GICv2 (IHI 0048 4.3.4)",
    "LPI_TABLE_WHILE_ENABLED": "PROPBASER or PENDBASER written with EnableLPIs 1 (IHI 0069 GICR_PENDBASER)",
    "ITS_WHILE_ENABLED": "GITS_CBASER or GITS_BASER written with GITS_CTLR.Enabled 1 (IHI 0069 GITS_BASER<n>)",
    "ACCESS_SIZE": "access of a size that the register does not permit (IHI 0069 12.1)",
    "ITS_COMMAND": "ITS command with an operand that is not mapped or out of range (IHI 0069 5.3)",
    "LR_DUPLICATE": "two List registers hold the same virtual or physical INTID (IHI 0069 ICH_LR<n>_EL2)",
    "LR_HW_PENDING_ACTIVE": "List register with HW 1 written pending and active (IHI 0069 ICH_LR<n>_EL2, R53)",
    "ITS_WITHOUT_TABLES": "GITS_CTLR.Enabled set while GITS_CBASER, GITS_BASER0 or GITS_BASER1 is not valid (IHI 0069 GITS_CTLR)",
    "LR_PHYSICAL_INTID": "List register with HW 1 whose pINTID is an SGI or special (IHI 0069 ICH_LR<n>_EL2)",
    "LR_SPECIAL_INTID": "List register with a special or reserved INTID (IHI 0069 ICH_LR<n>_EL2)",
    "VIRTUAL_EOIR_ORDER": "a guest's ICC_EOIR out of order (IHI 0069 ICV_EOIR1_EL1)",
    "VIRTUAL_DIR_EOIMODE": "a guest's ICC_DIR with EOImode 0 (IHI 0069 ICV_DIR_EL1)",
    "VIRTUAL_DIR_NOT_ACTIVE": "a guest's ICC_DIR of what it has not left active (IHI 0069 ICV_DIR_EL1)",
    "VIRTUAL_AP_WRITE": "ICH_AP<m>R<n>_EL2 written with another value than was read (IHI 0069 ICH_AP0R<n>_EL2)",
    "ITS_REMAP": "ITS command that maps what is mapped already, or unmaps what is in use (IHI 0069 5.3)",
}


@dataclass(slots=True)
class PeKnowledge:
    """One PE. `handling`: acknowledged and not ended, (group, INTID), the last one last; `dropped`: ended but still active."""

    handling: list[tuple[int, int]] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    #: EOImode by Security state and level of the access, see `Knowledge.split`; absent: 0
    eoimodes: dict[int, int] = field(default_factory=dict)
    #: what the AP registers were last known to hold, by name; absent: not known
    ap: dict[str, int] = field(default_factory=dict)
    enabled: int = 0
    lpis: bool = False
    #: active priorities were forged: the two groups may hold the same one
    forged: bool = False
    #: HCR_EL2: where the accesses of EL1 go
    hcr: int = 0


def redirected(register: str, hcr: int) -> bool:
    """Whether an access from EL1 goes to the virtual interface, with that HCR_EL2 (IHI 0069 12.2)."""
    return bool(hcr & _REDIRECTION.get(kind_of(register), FMO | IMO))


class Knowledge:
    """A machine of `config`, from reset on."""

    def __init__(self, config: GicConfig) -> None:
        self.config = config
        self.pes = [PeKnowledge() for _ in range(config.pes)]
        self.spis_enabled = 0
        self.guests = [GuestKnowledge() for _ in range(config.pes)]
        self.its = ItsKnowledge(config)
        #: vPE that is resident at each PE
        self.resident: list[int | None] = [None for _ in range(config.pes)]

    # --- judging --------------------------------------------------------------------------------------------------------

    def judge(self, op: Op) -> str:
        """ "" if the architecture says what `op` does now, else the tag of what it leaves open."""
        if op.kind == "sw":
            return self._judge_sysreg(op)
        if op.kind in ("mr", "mw"):
            return self._judge_access(op)
        if op.kind == "cmd":
            return self.its.judge(op.words)
        return ""

    def _judge_sysreg(self, op: Op) -> str:
        pe = self.pes[op.pe]
        name = op.what
        if name.startswith("ICH_"):
            return self.guests[op.pe].judge_hypervisor(op)
        if self.virtual(op):
            return self.guests[op.pe].judge_guest(op)
        if name in ("ICC_EOIR0_EL1", "ICC_EOIR1_EL1"):
            intid = op.value & 0xFF_FFFF
            if FIRST_SPECIAL <= intid < FIRST_LPI:
                return ""
            return "" if pe.handling and pe.handling[-1] == (int(name[8]), intid) else "EOIR_ORDER"
        if name == "ICC_DIR_EL1":
            if not self.split(op):
                return "DIR_EOIMODE"
            return "" if op.value in pe.dropped else "DIR_NOT_ACTIVE"
        if name.startswith("ICC_AP"):
            return "" if pe.ap.get(name) == op.value else "AP_WRITE"
        return ""

    def _judge_access(self, op: Op) -> str:
        frame = frame_of(op.what)
        access = frame.lookup(op.at, op.size)
        if access is None:
            return "" if frame.reserved(op.at, op.size) else "ACCESS_SIZE"
        if op.kind == "mr":
            return ""
        name = frame.registers[access.register].name
        if name in ("GICR_PROPBASER", "GICR_PENDBASER"):
            return "LPI_TABLE_WHILE_ENABLED" if self.pes[int(op.what[4:])].lpis else ""
        if name in ("GITS_CBASER", "GITS_BASER"):
            return "ITS_WHILE_ENABLED" if self.its.enabled else ""
        if name == "GITS_CTLR" and op.value & 1 and not self.its.enabled:
            return "" if self.its.placed else "ITS_WITHOUT_TABLES"
        if name in ("GICD_ICFGR", "GICR_ICFGR1"):
            enabled = self.spis_enabled if frame is GICD else self.pes[int(op.what[4:])].enabled
            n = access.index if frame is GICD else 1
            return "CONFIG_WHILE_ENABLED" if enabled >> 16 * n & 0xFFFF else ""
        return ""

    def split(self, op: Op) -> bool:
        """Whether an EOI leaves the interrupt active (EOImode) in the state of `op`: EL3 and both Security states differ."""
        key = _AT_EL3 if op.state & 3 == 3 else op.state & NON_SECURE
        return bool(self.pes[op.pe].eoimodes.get(key if self.config.security else 0))

    def virtual(self, op: Op) -> bool:
        """Whether a system register access goes to the virtual interface of its PE."""
        if self.config.virtual is None or op.state & 3 != 1:
            return False
        return redirected(op.what, self.pes[op.pe].hcr)

    # --- learning -------------------------------------------------------------------------------------------------------

    def learn(self, op: Op, value: int) -> None:
        """`op` was executed (it did not trap, and no interrupt kept it from running); `value` is what a read gave."""
        if op.what.startswith("ICH_"):
            self.guests[op.pe].learn_hypervisor(op, value)
        elif op.kind in ("sr", "sw") and self.virtual(op):
            self.guests[op.pe].learn_guest(op, value)
        elif op.kind == "sw":
            self._wrote_sysreg(op)
        elif op.kind == "sr":
            self._read_sysreg(op, value)
        elif op.kind == "mw":
            self._wrote(op)
        elif op.kind == "cmd":
            self.its.learn(op.words)
        elif op.kind == "m" and layout.PROPERTIES <= op.at < layout.PENDING and any(pe.lpis for pe in self.pes):
            self.its.configured(op.at - layout.PROPERTIES + FIRST_LPI)

    def _wrote_sysreg(self, op: Op) -> None:
        pe, name = self.pes[op.pe], op.what
        if name in ("ICC_EOIR0_EL1", "ICC_EOIR1_EL1"):
            self._ended(pe, int(name[8]), op.value & 0xFF_FFFF, self.split(op))
        elif name == "ICC_DIR_EL1":
            if op.value in pe.dropped:
                pe.dropped.remove(op.value)
        elif name == "ICC_CTLR_EL1":
            pe.eoimodes[op.state & NON_SECURE if self.config.security else 0] = op.value >> 1 & 1
        elif name == "ICC_CTLR_EL3":
            pe.eoimodes = {_AT_EL3: op.value >> 2 & 1, 0: op.value >> 3 & 1, NON_SECURE: op.value >> 4 & 1}
        elif name == "HCR_EL2":
            pe.hcr = op.value
        elif name.startswith("ICC_AP"):
            if pe.ap.get(name) != op.value:
                pe.handling.clear()
                pe.ap.clear()
                pe.forged = True
            pe.ap[name] = op.value

    def _ended(self, pe: PeKnowledge, group: int, intid: int, split: bool) -> None:
        """An EOI: the priority drops, whichever INTID it names."""
        if FIRST_SPECIAL <= intid < FIRST_LPI:
            return
        pe.ap.clear()
        if not pe.handling or pe.handling[-1][0] != group:
            return
        _, ended = pe.handling.pop()
        if ended < FIRST_SPECIAL and (split or ended != intid):
            pe.dropped.append(ended)

    def _read_sysreg(self, op: Op, value: int) -> None:
        pe, name = self.pes[op.pe], op.what
        if name in ("ICC_IAR0_EL1", "ICC_IAR1_EL1"):
            if not FIRST_SPECIAL <= value < FIRST_LPI:
                pe.handling.append((int(name[7]), value))
                pe.ap.clear()
        elif name.startswith("ICC_AP"):
            pe.ap[name] = value

    def _wrote(self, op: Op) -> None:
        if op.what.startswith("gicr") and op.at == _VPENDBASER:
            table = (op.value & 0x000F_FFFF_FFFF_0000) - layout.VIRTUAL_PENDING
            self.resident[int(op.what[4:])] = table >> 16 if op.value >> 63 else None
            return
        frame = frame_of(op.what)
        access = frame.lookup(op.at, op.size)
        if access is None:
            return
        name = frame.registers[access.register].name
        if frame is GITS:
            self.its.wrote(name, access.index, op.value, op.size)
        elif name in ("GICD_ISENABLER", "GICR_ISENABLER0"):
            self._enable(op, access.index, set_=True)
        elif name in ("GICD_ICENABLER", "GICR_ICENABLER0"):
            self._enable(op, access.index, set_=False)
        elif name == "GICR_CTLR":
            pe = self.pes[int(op.what[4:])]
            pe.lpis = bool(op.value & 1) and self.config.lpis

    def _enable(self, op: Op, n: int, *, set_: bool) -> None:
        bits = op.value << 32 * n
        if op.what == "gicd":
            self.spis_enabled = self.spis_enabled | bits if set_ else self.spis_enabled & ~bits
        else:
            pe = self.pes[int(op.what[4:])]
            pe.enabled = pe.enabled | bits if set_ else pe.enabled & ~bits
