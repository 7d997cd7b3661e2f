"""The register frames of a GICv2: GICD, GICC, V2M; those of its virtual part are in `virtual` (IHI 0048 4.3, 4.4).

An access is `secure` when it is a Secure one or the GIC has no security: the registers then show everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from irqpath.config.gicv2 import V2mConfig
from irqpath.config.sizes import FIRST_SPECIAL
from irqpath.gic.common import security
from irqpath.gic.common.bank import Bank
from irqpath.gic.common.frame import FrameBlock, Read, Write, component_id, merge
from irqpath.gic.gicv2.cpu_interface import CBPR, Gicv2Cpu
from irqpath.gic.gicv2.distributor import Gicv2Distributor
from irqpath.gic.gicv2.virtual import GichFrame, GicvFrame
from irqpath.regs import GICC, GICD, GICD2, V2M, Frame

_NS_BYPASS: Final = 3 << 5


def gicd_frame(v3: bool) -> Frame:
    """GICD's frame: of a GICv2 4 KB, with the identification registers at its end."""
    return GICD if v3 else GICD2


def frames(dist: Gicv2Distributor, cpus: Sequence[Gicv2Cpu]) -> dict[str, FrameBlock]:
    """The frames of a GICv2 by name; `cpus`: its CPU interfaces by PE."""
    made: dict[str, FrameBlock] = {"gicd": GicdFrame(dist), "gicc": GiccFrame(dist, cpus)}
    virtual, v2m = dist.config.virtual, dist.config.v2m
    if virtual is not None:
        made["gich"] = GichFrame(virtual, dist.policy, cpus)
        made["gicv"] = GicvFrame(dist.config.gicc_iidr, dist.policy, cpus)
    if v2m is not None:
        made["v2m"] = V2mFrame(v2m, dist)
    return made


class GicdFrame(FrameBlock):
    """GICD_* of a GICv2."""

    def __init__(self, dist: Gicv2Distributor) -> None:
        self._dist = dist
        self._config = config = dist.config
        frame = gicd_frame(config.v3)
        super().__init__("gicd", frame, dist.policy, ())
        reads: dict[str, Read] = {
            "GICD_CTLR": self._read_ctlr,
            "GICD_IPRIORITYR": self._read_priority,
            "GICD_ITARGETSR": self._read_targets,
            "GICD_ICFGR": self._read_config,
            "GICD_SPENDSGIR": self._read_sgis,
            "GICD_CPENDSGIR": self._read_sgis,
        }
        writes: dict[str, Write] = {
            "GICD_CTLR": self._write_ctlr,
            "GICD_IPRIORITYR": self._write_priority,
            "GICD_ITARGETSR": self._write_targets,
            "GICD_ICFGR": self._write_config,
            "GICD_SGIR": self._write_sgir,
            "GICD_SPENDSGIR": self._write_spendsgir,
            "GICD_CPENDSGIR": self._write_cpendsgir,
        }
        self._bits(reads, writes)
        if config.security:
            reads["GICD_NSACR"], writes["GICD_NSACR"] = self._read_nsacr, self._write_nsacr
        fixed = {"GICD_TYPER": config.typer, "GICD_IIDR": config.gicd_iidr, "GICD_PIDR2": config.pidr2}
        fixed |= component_id(frame)
        zero = {register.name for register in frame.registers} - reads.keys() - writes.keys() - fixed.keys()
        self._bind(reads, writes, fixed, frozenset(zero))

    # --- who asks -------------------------------------------------------------------------------------------------------

    @property
    def _secure(self) -> bool:
        return self.request.secure or not self._config.security

    def _bank(self, n: int) -> Bank:
        """The bank of word `n` of an array with one bit an interrupt."""
        return self._dist.private[self.request.pe] if n == 0 else self._dist.shared

    def _allowed(self, n: int, level: int = 0) -> int:
        """Interrupts of word `n` that the access may touch (R3); `level`: what NSACR must grant for the others."""
        if self._secure:
            return 0xFFFF_FFFF
        shown = security.visible(self._bank(n), n)
        if level:
            private = self._dist.nsacr_private[self.request.pe]
            nsacr = [private, 0, *self._dist.nsacr[2:]]
            shown |= security.granted(nsacr, n, level)
        return shown

    # --- registers ------------------------------------------------------------------------------------------------------

    @property
    def _one_enable(self) -> bool:
        return self.policy.one_group_enable and not self._config.security

    def _read_ctlr(self, _: int) -> int:
        enables = self._dist.enables
        if not self._secure:
            return enables >> 1
        if self._one_enable:
            enables &= 1
        # a GICv3 in legacy operation with one Security state says so: DS is RAO
        return enables | (self._config.v3 and not self._config.security) << 6

    def _write_ctlr(self, _: int, value: int, mask: int) -> None:
        dist = self._dist
        if self._one_enable:
            dist.enables = 3 * (value & 1)
            return
        dist.enables = value & 3 if self._secure else dist.enables & 1 | (value & 1) << 1

    def _bits(self, reads: dict[str, Read], writes: dict[str, Write]) -> None:
        def reading(state: str, level: int = 0) -> Read:
            def read(n: int) -> int:
                bank = self._bank(n)
                return bank.word(getattr(bank, state), n) & self._allowed(n, level)

            return read

        def writing(change: str, level: int = 0, keep: int = 0) -> Write:
            def write(n: int, value: int, mask: int) -> None:
                bits = value & mask & self._allowed(n, level)
                getattr(self._bank(n), change)(n, bits & ~keep if n == 0 else bits)

            return write

        if self._config.groups:
            reads["GICD_IGROUPR"] = lambda n: self._bank(n).word(self._bank(n).group, n) if self._secure else 0
            writes["GICD_IGROUPR"] = self._write_group
        sgis = 0xFFFF
        fixed = sgis * self.policy.sgis_always_enabled
        reads["GICD_ISENABLER"] = reads["GICD_ICENABLER"] = reading("enable")
        writes["GICD_ISENABLER"], writes["GICD_ICENABLER"] = writing("enable_bits"), writing("disable_bits", keep=fixed)
        reads["GICD_ISPENDR"], reads["GICD_ICPENDR"] = reading("pending", 1), reading("pending", 2)
        # R18: SGIs are made pending and not pending by SPENDSGIR and CPENDSGIR only
        writes["GICD_ISPENDR"] = writing("pend_bits", 1, keep=sgis)
        writes["GICD_ICPENDR"] = writing("unpend_bits", 2, keep=sgis)
        reads["GICD_ISACTIVER"] = reads["GICD_ICACTIVER"] = reading("active", 2)
        writes["GICD_ISACTIVER"], writes["GICD_ICACTIVER"] = writing("activate_bits"), writing("deactivate_bits")

    def _write_group(self, n: int, value: int, mask: int) -> None:
        if self._secure:
            self._bank(n).write_group(n, value, mask)

    def _read_priority(self, n: int) -> int:
        bank = self._bank(n // 8)
        return bank.read_priority(n) if self._secure else security.read_priorities(bank, n)

    def _write_priority(self, n: int, value: int, mask: int) -> None:
        bank = self._bank(n // 8)
        if self._secure:
            bank.write_priority(n, value, mask)
        else:
            security.write_priorities(bank, n, value, mask)

    def _read_targets(self, n: int) -> int:
        if self._config.pes == 1 and not self.policy.itargets_of_one_pe:
            return 0
        if n < 8:
            return 0x0101_0101 << self.request.pe
        allowed = self._allowed(n // 8, security.ROUTE) >> 4 * (n % 8)
        found = (self._dist.targets[4 * n + k] << 8 * k for k in range(4) if allowed >> k & 1)
        return sum(found)

    def _write_targets(self, n: int, value: int, mask: int) -> None:
        if n < 8 or (self._config.pes == 1 and not self.policy.itargets_of_one_pe):
            return
        allowed = self._allowed(n // 8, security.ROUTE) >> 4 * (n % 8)
        for k in range(4):
            intid = 4 * n + k
            if allowed >> k & 1 and mask >> 8 * k & 0xFF and self._dist.shared.valid >> intid & 1:
                self._dist.write_target(intid, value >> 8 * k & 0xFF)

    def _read_config(self, n: int) -> int:
        shown = self._bank(n // 2).read_config(n)
        return shown & self._config_mask(n)

    def _config_mask(self, n: int) -> int:
        allowed = self._allowed(n // 2) >> 16 * (n % 2)
        return sum(3 << 2 * k for k in range(16) if allowed >> k & 1)

    def _write_config(self, n: int, value: int, mask: int) -> None:
        if n > 1:  # triggers of PPIs are fixed, as QEMU's (IHI 0048 4.3.13: IMPLEMENTATION DEFINED)
            self.configure(self._bank(n // 2), n, value, mask & self._config_mask(n))

    def _read_nsacr(self, n: int) -> int:
        if not self._secure:
            return 0
        return self._dist.nsacr_private[self.request.pe] if n == 0 else self._dist.nsacr[n]

    def _write_nsacr(self, n: int, value: int, mask: int) -> None:
        if not self._secure or n == 1:
            return
        if n == 0:
            pe = self.request.pe
            self._dist.nsacr_private[pe] = merge(self._dist.nsacr_private[pe], value, mask)
        else:
            self._dist.nsacr[n] = merge(self._dist.nsacr[n], value, mask)

    # --- SGIs -----------------------------------------------------------------------------------------------------------

    def _write_sgir(self, _: int, value: int, mask: int) -> None:
        """GICD_SGIR: TargetListFilter, CPUTargetList, NSATT (IHI 0048 4.3.15)."""
        pe, intid = self.request.pe, value & 0xF
        everyone = (1 << self._config.pes) - 1
        targets = {0: value >> 16 & 0xFF, 1: everyone & ~(1 << pe), 2: 1 << pe, 3: 0}[value >> 24 & 3]
        for target in range(self._config.pes):
            if targets >> target & 1 and self._permitted(target, intid, value >> 15 & 1):
                self._dist.pend_sgi(target, intid, 1 << pe)

    def _permitted(self, target: int, intid: int, nsatt: int) -> bool:
        """With security: Secure software names the group by NSATT; Non-secure reaches Group 1 and what NSACR grants."""
        if not self._config.security:
            return True
        group = self._dist.private[target].group >> intid & 1
        if self.request.secure:
            return group == nsatt
        return bool(group or self._dist.nsacr_private[target] >> 2 * intid & 3)

    def _read_sgis(self, n: int) -> int:
        pe = self.request.pe
        allowed = self._allowed(0) >> 4 * n
        return sum(self._dist.sources[pe][4 * n + k] << 8 * k for k in range(4) if allowed >> k & 1)

    def _change_sgis(self, n: int, bits: int, *, pend: bool) -> None:
        pe, allowed = self.request.pe, self._allowed(0) >> 4 * n
        change = self._dist.pend_sgi if pend else self._dist.unpend_sgi
        for k in range(4):
            sources = bits >> 8 * k & 0xFF & (1 << self._config.pes) - 1
            if sources and allowed >> k & 1:
                change(pe, 4 * n + k, sources)

    def _write_spendsgir(self, n: int, value: int, mask: int) -> None:
        self._change_sgis(n, value & mask, pend=True)

    def _write_cpendsgir(self, n: int, value: int, mask: int) -> None:
        self._change_sgis(n, value & mask, pend=False)


class GiccFrame(FrameBlock):
    """GICC_* of a GICv2: the accessing PE's."""

    def __init__(self, dist: Gicv2Distributor, cpus: Sequence[Gicv2Cpu]) -> None:
        super().__init__("gicc", GICC, dist.policy, ())
        self._cpus = cpus
        self._config = dist.config
        reads: dict[str, Read] = {
            "GICC_CTLR": self._read_ctlr,
            "GICC_PMR": self._read_pmr,
            "GICC_BPR": self._read_bpr,
            "GICC_ABPR": self._read_abpr,
            "GICC_IAR": lambda _: self._cpu.read_iar(self._secure),
            "GICC_AIAR": self._read_aiar,
            "GICC_RPR": self._read_rpr,
            "GICC_HPPIR": lambda _: self._cpu.read_hppir(self._secure),
            "GICC_AHPPIR": self._read_ahppir,
            "GICC_APR": self._read_apr,
            "GICC_NSAPR": self._read_nsapr,
        }
        writes: dict[str, Write] = {
            "GICC_CTLR": self._write_ctlr,
            "GICC_PMR": self._write_pmr,
            "GICC_BPR": self._write_bpr,
            "GICC_ABPR": self._write_abpr,
            "GICC_EOIR": lambda _, value, mask: self._cpu.write_eoir(value, self._secure),
            "GICC_AEOIR": self._write_aeoir,
            "GICC_DIR": lambda _, value, mask: self._cpu.write_dir(value, self._secure),
            "GICC_APR": self._write_apr,
            "GICC_NSAPR": self._write_nsapr,
        }
        fixed = {"GICC_IIDR": self._config.gicc_iidr}
        self._bind(reads, writes, fixed, frozenset())

    @property
    def _cpu(self) -> Gicv2Cpu:
        return self._cpus[self.request.pe]

    @property
    def _secure(self) -> bool:
        return self.request.secure or not self._config.security

    def _read_ctlr(self, _: int) -> int:
        ctlr = self._cpu.ctlr
        if self._secure:
            return ctlr
        return ctlr >> 1 & 1 | ctlr >> 2 & _NS_BYPASS | (ctlr >> 10 & 1) << 9

    def _write_ctlr(self, _: int, value: int, mask: int) -> None:
        cpu = self._cpu
        if not self._secure:
            mine = (value & 1) << 1 | (value & _NS_BYPASS) << 2 | (value >> 9 & 1) << 10
            value = cpu.ctlr & ~(1 << 1 | _NS_BYPASS << 2 | 1 << 10) | mine
        cpu.ctlr = value & cpu.ctlr_mask

    def _read_pmr(self, _: int) -> int:
        return self._cpu.pmr if self._secure else security.view(self._cpu.pmr)

    def _write_pmr(self, _: int, value: int, mask: int) -> None:
        cpu = self._cpu
        if not self._secure:
            if not cpu.pmr & 0x80:
                return  # Secure software keeps the mask in its half (IHI 0048 4.4.2)
            value = security.store(value & 0xFF)
        cpu.pmr = value & cpu.priority_mask

    def _read_bpr(self, _: int) -> int:
        cpu = self._cpu
        if self._secure:
            return cpu.bpr[0]
        return min(cpu.bpr[0] + 1, 7) if cpu.ctlr & CBPR else cpu.bpr[1]

    def _write_bpr(self, _: int, value: int, mask: int) -> None:
        cpu = self._cpu
        if self._secure:
            cpu.bpr[0] = max(value & 7, 7 - cpu.prebits)
        elif not cpu.ctlr & CBPR:
            cpu.bpr[1] = max(value & 7, 8 - cpu.prebits)

    def _read_abpr(self, _: int) -> int:
        return self._cpu.bpr[1] if self._secure else 0

    def _write_abpr(self, _: int, value: int, mask: int) -> None:
        if self._secure:
            self._cpu.bpr[1] = max(value & 7, 8 - self._cpu.prebits)

    def _read_aiar(self, _: int) -> int:
        return self._cpu.read_iar(False) if self._secure else 0

    def _read_ahppir(self, _: int) -> int:
        return self._cpu.read_hppir(False) if self._secure else 0

    def _write_aeoir(self, _: int, value: int, mask: int) -> None:
        if self._secure:
            self._cpu.write_eoir(value, False, aliased=True)

    def _read_rpr(self, _: int) -> int:
        running = self._cpu.running
        if self._secure or running == 0xFF:
            return running
        return security.view(running)

    def _read_apr(self, n: int) -> int:
        cpu = self._cpu
        if self._secure:
            return cpu.ap[0] >> 32 * n & 0xFFFF_FFFF
        return self._nonsecure_active(n)

    def _nonsecure_active(self, n: int) -> int:
        """The lower half of Group 1's active priorities, which is all that Non-secure software has (IHI 0048 4.4.14)."""
        half = 1 << (self._cpu.prebits - 1)
        return self._cpu.ap[1] >> half >> 32 * n & 0xFFFF_FFFF

    def _write_apr(self, n: int, value: int, mask: int) -> None:
        cpu = self._cpu
        if self._secure:
            cpu.write_ap(0, 32 * n, value)
        elif 32 * n < 1 << (cpu.prebits - 1):
            cpu.write_ap(1, (1 << (cpu.prebits - 1)) + 32 * n, value)

    def _read_nsapr(self, n: int) -> int:
        return self._cpu.ap[1] >> 32 * n & 0xFFFF_FFFF if self._secure else 0

    def _write_nsapr(self, n: int, value: int, mask: int) -> None:
        if self._secure:
            self._cpu.write_ap(1, 32 * n, value)


class V2mFrame(FrameBlock):
    """GICv2m: a write of an SPI's number is a pulse on its wire (SBSA, appendix on GICv2m)."""

    def __init__(self, v2m: V2mConfig, dist: Gicv2Distributor) -> None:
        super().__init__("v2m", V2M, dist.policy, ())
        self._dist = dist
        self._v2m = v2m
        fixed = {"V2M_MSI_TYPER": self._v2m.typer, "V2M_MSI_IIDR": self._v2m.iidr}
        self._bind({}, {"V2M_MSI_SETSPI_NS": self._set}, fixed, frozenset())

    def _set(self, _: int, value: int, mask: int) -> None:
        intid = value & 0x3FF
        if self._v2m.first_spi <= intid < self._v2m.first_spi + self._v2m.spis and intid < FIRST_SPECIAL:
            self._dist.shared.drive(intid, 1)
            self._dist.shared.drive(intid, 0)
