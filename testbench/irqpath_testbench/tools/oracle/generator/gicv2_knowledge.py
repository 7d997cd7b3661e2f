"""What software can know of a GICv2 (IHI 0048), as `knowledge` for a GICv3."""

from __future__ import annotations

from dataclasses import dataclass, field

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import FIRST_SPECIAL
from irqpath_testbench.tools.oracle.generator.frames import frame_of
from irqpath_testbench.tools.oracle.generator.ops import Op

_ACKNOWLEDGE = {"GICC_IAR": False, "GICC_AIAR": True, "GICV_IAR": False, "GICV_AIAR": True}
_END = {"GICC_EOIR": False, "GICC_AEOIR": True, "GICV_EOIR": False, "GICV_AEOIR": True}
_APS = ("GICC_APR", "GICC_NSAPR", "GICH_APR", "GICV_APR")


@dataclass(slots=True)
class InterfaceKnowledge:
    """One CPU interface, physical or virtual. `handling`: acknowledged and not ended, (by the alias, value read), the last one
    last; `dropped`: ended but still active; `forged`: its active priorities were."""

    handling: list[tuple[bool, int]] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    eoimode: int = 0
    ap: dict[str, int] = field(default_factory=dict)
    forged: bool = False


class Gicv2Knowledge:
    """A GICv2 of `config`. `physical`, `virtual`: by PE; `listed[pe]`: List register -> what may still be valid in it."""

    def __init__(self, config: Gicv2Config) -> None:
        self.config = config
        self.physical = [InterfaceKnowledge() for _ in range(config.pes)]
        self.virtual = [InterfaceKnowledge() for _ in range(config.pes)]
        self.listed: list[dict[int, int]] = [{} for _ in range(config.pes)]
        self.enabled = [0] * config.pes  # SGIs and PPIs, then SPIs by all
        self.spis_enabled = 0
        #: words of GICD_IGROUPR as written: of SGIs and PPIs by PE, of SPIs by number
        self.private_groups = [0] * config.pes
        self.groups: dict[int, int] = {}

    def interface(self, op: Op) -> InterfaceKnowledge:
        """The interface that an access of GICC, GICH or GICV is about."""
        return (self.physical if op.what == "gicc" else self.virtual)[op.pe]

    # --- judging --------------------------------------------------------------------------------------------------------

    def judge(self, op: Op) -> str:
        """ "" if the architecture says what `op` does now, else the tag of what it leaves open."""
        if op.kind not in ("mr", "mw"):
            return ""
        frame = frame_of(op.what)
        access = frame.lookup(op.at, op.size)
        if access is None:
            return "" if frame.reserved(op.at, op.size) else "ACCESS_SIZE"
        if op.kind == "mr":
            return ""
        name = frame.registers[access.register].name
        if name in _END:
            return self._judge_end(op, name)
        if name in ("GICC_DIR", "GICV_DIR"):
            known = self.interface(op)
            prefix = "" if name == "GICC_DIR" else "VIRTUAL_"
            if not known.eoimode:
                return f"{prefix}DIR_EOIMODE"
            return "" if op.value in known.dropped else f"{prefix}DIR_NOT_ACTIVE"
        if name in _APS:
            same = self.interface(op).ap.get(f"{name}{access.index}") == op.value
            return "" if same else "AP_WRITE" if op.what == "gicc" else "VIRTUAL_AP_WRITE"
        if name == "GICH_LR":
            return self._judge_list_register(access.index, op)
        if name == "GICD_IGROUPR":
            return "GROUP_WHILE_ACTIVE" if self._regroups(op, access.index) & self._busy(op.pe, access.index) else ""
        if name == "GICD_ICFGR":
            enabled = self.spis_enabled | self.enabled[op.pe]
            return "CONFIG_WHILE_ENABLED" if enabled >> 16 * access.index & 0xFFFF else ""
        return ""

    def _regroups(self, op: Op, n: int) -> int:
        """Bits of word `n` that a write of GICD_IGROUPR changes."""
        return op.value ^ (self.private_groups[op.pe] if n == 0 else self.groups.get(n, 0))

    def _busy(self, pe: int, n: int) -> int:
        """Interrupts of word `n` that were acknowledged and may be active, SGIs and PPIs by `pe`."""
        interfaces = [self.physical[pe]] if n == 0 else self.physical
        values = [value for known in interfaces for value in (*(v for _, v in known.handling), *known.dropped)]
        return sum({1 << intid % 32 for value in values if (intid := value & 0x3FF) // 32 == n})

    def _judge_end(self, op: Op, name: str) -> str:
        if op.value & 0x3FF >= FIRST_SPECIAL:
            return ""
        known = self.interface(op)
        if known.handling and known.handling[-1] == (_END[name], op.value):
            return ""
        return "EOIR_ORDER" if op.what == "gicc" else "VIRTUAL_EOIR_ORDER"

    def _judge_list_register(self, n: int, op: Op) -> str:
        value, others = op.value, [lr for k, lr in self.listed[op.pe].items() if k != n]
        if not value >> 28 & 3:
            return ""
        if any(lr & 0x3FF == value & 0x3FF for lr in others):
            return "LR_DUPLICATE"
        if value >> 31 and any(lr >> 31 and lr >> 10 & 0x3FF == value >> 10 & 0x3FF for lr in others):
            return "LR_DUPLICATE"
        if value >> 31 and value >> 28 & 3 == 3:
            return "LR_HW_PENDING_ACTIVE"
        return "LR_SPECIAL_INTID" if value & 0x3FF >= FIRST_SPECIAL else ""

    # --- learning -------------------------------------------------------------------------------------------------------

    def learn(self, op: Op, value: int) -> None:
        """`op` was executed; `value` is what a read gave."""
        if op.kind not in ("mr", "mw"):
            return
        frame = frame_of(op.what)
        access = frame.lookup(op.at, op.size)
        if access is None:
            return
        name, index = frame.registers[access.register].name, access.index
        if name in _APS:
            self._active_priorities(op, f"{name}{index}", value)
        elif name == "GICH_LR":
            held = op.value if op.kind == "mw" else value
            self.listed[op.pe].pop(index, None)
            if held >> 28 & 3:
                self.listed[op.pe][index] = held
        elif op.kind == "mr":
            self._read(op, name, value)
        else:
            self._wrote(op, name, index)

    def _read(self, op: Op, name: str, value: int) -> None:
        if name in _ACKNOWLEDGE:
            if value & 0x3FF < FIRST_SPECIAL:
                known = self.interface(op)
                known.handling.append((_ACKNOWLEDGE[name], value))
                known.ap.clear()
        elif name == "GICH_ELSR" and op.at == 0x30:
            self.listed[op.pe] = {n: lr for n, lr in self.listed[op.pe].items() if not value >> n & 1}

    def _wrote(self, op: Op, name: str, index: int) -> None:
        if name in _END:
            self._ended(op)
        elif name in ("GICC_DIR", "GICV_DIR"):
            known = self.interface(op)
            if op.value in known.dropped:
                known.dropped.remove(op.value)
        elif name in ("GICC_CTLR", "GICV_CTLR", "GICH_VMCR"):
            self.interface(op).eoimode = op.value >> 9 & 1
        elif name == "GICD_IGROUPR":
            if index == 0:
                self.private_groups[op.pe] = op.value
            else:
                self.groups[index] = op.value
        elif name in ("GICD_ISENABLER", "GICD_ICENABLER"):
            self._enable(op, index, set_=name == "GICD_ISENABLER")

    def _ended(self, op: Op) -> None:
        if op.value & 0x3FF >= FIRST_SPECIAL:
            return
        known = self.interface(op)
        known.ap.clear()
        if not known.handling:
            return
        _, ended = known.handling.pop()
        if known.eoimode or ended != op.value:
            known.dropped.append(ended)

    def _active_priorities(self, op: Op, name: str, value: int) -> None:
        known = self.interface(op)
        if op.kind == "mw" and known.ap.get(name) != op.value:
            known.handling.clear()
            known.ap.clear()
            known.forged = True
        known.ap[name] = op.value if op.kind == "mw" else value

    def _enable(self, op: Op, n: int, *, set_: bool) -> None:
        bits = op.value << 32 * n
        if n == 0:
            old = self.enabled[op.pe]
            self.enabled[op.pe] = old | bits if set_ else old & ~bits
        else:
            self.spis_enabled = self.spis_enabled | bits if set_ else self.spis_enabled & ~bits
