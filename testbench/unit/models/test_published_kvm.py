"""The scenarios of kvm-unit-tests' arm/gic.c against the golden models, written anew.

What the suite asks of a machine that runs under KVM is asked here of the models, of every PE at once: who took what, from whom,
how often, and that no acknowledge read 1023. Its ITS scenarios are in
`test_published_kvm_its`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

import pytest

from irqpath.config.policy import IRQPATH, KVM, QEMU, Policy
from irqpath.config.sizes import SPURIOUS, GicConfig
from irqpath.core.errors import IrqpathError
from irqpath.core.transactions import OutLine, RegRead, RegReadData, RegWrite, RegWriteAck
from irqpath_testbench.tools.faults.injection import InjectedFault, find, injected, models
from unit.models.drive import Bench, sgir
from unit.models.gicv2_drive import Gicv2Bench

SUITE: Final = "kvm-unit-tests arm/gic.c"
POLICIES: Final = (IRQPATH, KVM, QEMU)
PES: Final = 4
SENDER: Final = 1
IPI: Final = 1

#: (PE, INTID, source) -> how often; the source of what is not a GICv2's SGI is 0.
Hits = Counter[tuple[int, int, int]]


def published(scenario: str) -> pytest.MarkDecorator:
    return pytest.mark.published(SUITE, scenario)


# --- the interrupt handlers ---------------------------------------------------------------------------------------------


def handled_v2(bench: Gicv2Bench) -> Hits:
    """Every PE handles interrupts as long as its nIRQ asks for it; none may turn out spurious."""
    hits: Hits = Counter()
    for pe in range(bench.config.pes):
        while bench.lines[pe][OutLine.IRQ]:
            value = bench.ack(pe)
            assert value & 0x3FF != SPURIOUS, f"PE {pe} was interrupted for nothing"
            hits[pe, value & 0x3FF, value >> 10 & 7] += 1
            bench.eoi(value, pe)
    return hits


def handled(bench: Bench) -> Hits:
    """As `handled_v2`, by system registers."""
    hits: Hits = Counter()
    for pe in range(bench.config.pes):
        while bench.irq(pe):
            intid = bench.ack(pe)
            assert intid != SPURIOUS, f"PE {pe} was interrupted for nothing"
            hits[pe, intid, 0] += 1
            bench.eoi(intid, pe)
    return hits


def gicv2(pes: int = PES, policy: Policy = IRQPATH) -> Gicv2Bench:
    bench = Gicv2Bench(models(), policy, pes=pes, spis=64).boot(1)
    for pe in range(pes):
        bench.write("GICD_ICENABLER0", 0xFFFF_0000, pe)
    return bench


def gicv3(pes: int = PES, policy: Policy = IRQPATH) -> Bench:
    bench = Bench(models(), GicConfig(pes=pes, its=(), lpis=False), policy).boot()
    for pe in range(pes):
        bench.set_up(IPI, pe=pe)
    return bench


# --- ipi ----------------------------------------------------------------------------------------------------------------


@published("ipi: self, target-list and broadcast, GICv2")
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
@pytest.mark.parametrize("pes", [2, 4, 8])
def test_ipi_of_a_gicv2(pes: int, policy: Policy) -> None:
    bench = gicv2(pes, policy)
    bench.sgi(IPI, 0, SENDER, filter_=2)
    assert handled_v2(bench) == {(SENDER, IPI, SENDER): 1}
    targets = [pe for pe in range(pes) if pe % 2 != SENDER & 1]
    bench.sgi(IPI, sum(1 << pe for pe in targets), SENDER)
    assert handled_v2(bench) == {(pe, IPI, SENDER): 1 for pe in targets}
    bench.sgi(IPI, 0, SENDER, filter_=1)
    assert handled_v2(bench) == {(pe, IPI, SENDER): 1 for pe in range(pes) if pe != SENDER}
    assert not bench.found


@published("ipi: self, target-list and broadcast, GICv3")
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
@pytest.mark.parametrize("pes", [2, 4, 20])
def test_ipi_of_a_gicv3(pes: int, policy: Policy) -> None:
    """With 20 PEs the target list needs one write a cluster of 16."""
    bench = gicv3(pes, policy)
    bench.msr("ICC_SGI1R_EL1", sgir(IPI, 1 << SENDER), SENDER)
    assert handled(bench) == {(SENDER, IPI, 0): 1}
    targets = [pe for pe in range(pes) if pe % 2 != SENDER & 1]
    for cluster in range((pes + 15) // 16):
        listed = sum(1 << pe % 16 for pe in targets if pe // 16 == cluster)
        bench.msr("ICC_SGI1R_EL1", sgir(IPI, listed, aff=cluster), SENDER)
    assert handled(bench) == {(pe, IPI, 0): 1 for pe in targets}
    bench.msr("ICC_SGI1R_EL1", sgir(IPI, irm=1), SENDER)
    assert handled(bench) == {(pe, IPI, 0): 1 for pe in range(pes) if pe != SENDER}
    assert not bench.found


@published("ipi: from every PE to one, GICv2")
def test_ipis_of_all_senders() -> None:
    """The suite's check of the sender, with all at once: a GICv2 keeps them apart, a GICv3 merges them."""
    bench = gicv2(8)
    for pe in range(8):
        bench.sgi(IPI, 1 << 5, pe)
    assert handled_v2(bench) == {(5, IPI, source): 1 for source in range(8)}
    merged = gicv3(8)
    for pe in range(8):
        merged.msr("ICC_SGI1R_EL1", sgir(IPI, 1 << 5), pe)
    assert handled(merged) == {(5, IPI, 0): 1}


# --- active -------------------------------------------------------------------------------------------------------------


@published("active: the handler deactivates by GICD_ICACTIVER, GICv2")
def test_active_clear_of_a_gicv2() -> None:
    bench = gicv2()
    bench.sgi(IPI, 0, SENDER, filter_=2)
    value = bench.ack(SENDER)
    assert (value & 0x3FF, value >> 10) == (IPI, SENDER)
    assert bench.read("GICD_ISACTIVER0", SENDER) == 1 << IPI
    bench.write("GICD_ICACTIVER0", 1 << IPI, SENDER)
    assert [bench.read("GICD_ISACTIVER0", pe) for pe in range(PES)] == [0] * PES
    assert handled_v2(bench) == {}
    bench.sgi(IPI, 0, SENDER, filter_=2)
    assert handled_v2(bench) == {}, "its priority still runs: no GICC_EOIR was written"
    bench.eoi(value, SENDER)
    assert handled_v2(bench) == {(SENDER, IPI, SENDER): 1}


@published("active: the handler deactivates by GICR_ICACTIVER0, GICv3")
def test_active_clear_of_a_gicv3() -> None:
    bench = gicv3()
    bench.msr("ICC_SGI1R_EL1", sgir(IPI, 1 << SENDER), SENDER)
    assert bench.ack(SENDER) == IPI
    assert bench.active(IPI, SENDER)
    bench.write("GICR_ICACTIVER0", 1 << IPI, SENDER)
    assert not any(bench.active(IPI, pe) for pe in range(PES))
    assert handled(bench) == {}
    bench.msr("ICC_SGI1R_EL1", sgir(IPI, 1 << SENDER), SENDER)
    assert handled(bench) == {}
    bench.eoi(IPI, SENDER)
    assert handled(bench) == {(SENDER, IPI, 0): 1}


@published("active: no delivery while ISACTIVER holds it")
def test_active_set_holds_it_back() -> None:
    """Set active by software, an SGI becomes pending but is not delivered until the active state is cleared."""
    bench = gicv3()
    bench.write("GICR_ISACTIVER0", 1 << IPI, 2)
    bench.msr("ICC_SGI1R_EL1", sgir(IPI, irm=1), SENDER)
    assert handled(bench) == {(pe, IPI, 0): 1 for pe in (0, 3)}
    assert bench.pending(IPI, 2)
    assert bench.ack(2) == SPURIOUS
    bench.write("GICR_ICACTIVER0", 1 << IPI, 2)
    assert handled(bench) == {(2, IPI, 0): 1}
    second = gicv2()
    second.write("GICD_ISACTIVER0", 1 << IPI, 2)
    second.sgi(IPI, 0, SENDER, filter_=1)
    assert handled_v2(second) == {(pe, IPI, SENDER): 1 for pe in (0, 3)}
    second.write("GICD_ICACTIVER0", 1 << IPI, 2)
    assert handled_v2(second) == {(2, IPI, SENDER): 1}


# --- mmio ---------------------------------------------------------------------------------------------------------------

TYPER, IIDR, IPRIORITYR, ITARGETSR, ICPIDR2 = 0x004, 0x008, 0x400, 0x800, 0xFE8


class Registers:
    """Raw accesses of a GICv2's Distributor by PE 0."""

    def __init__(self, bench: Gicv2Bench) -> None:
        self.bench = bench

    def read(self, offset: int, size: int = 4) -> int:
        (response,) = [t for _, t in self.bench.send("gicd.reg", RegRead(offset, size, 0, True)) if isinstance(t, RegReadData)]
        assert response.ok
        return response.value

    def write(self, offset: int, value: int, size: int = 4) -> None:
        out = self.bench.send("gicd.reg", RegWrite(offset, size, value, 0, True))
        assert [t.ok for _, t in out if isinstance(t, RegWriteAck)] == [True]

    def read_only(self, offset: int, *, razwi: bool = False) -> bool:
        """No pattern that is written changes it; `razwi`: and it is 0."""
        first = self.read(offset)
        for pattern in (0xFFFF_FFFF, 0xA5A5_5A5A, 0, first ^ 0xFFFF_FFFF):
            self.write(offset, pattern)
            if self.read(offset) != first:
                return False
        return not (razwi and first)

    def bytes_accessible(self, offset: int, pattern: int, mask: int) -> None:
        """Of a word that holds `pattern` and keeps `mask`: each byte reads alone, and is written alone."""
        self.write(offset, pattern)
        kept = pattern & mask
        assert [self.read(offset + n, 1) for n in range(4)] == list(kept.to_bytes(4, "little"))
        for n in range(4):
            kept = kept & ~(0xFF << 8 * n) | (0x1F << 8 * n) & mask
            self.write(offset + n, 0x1F, 1)
            assert self.read(offset) == kept, f"byte {n}"


@published("mmio: GICD_TYPER, GICD_IIDR and ICPIDR2")
@pytest.mark.parametrize("policy", [KVM, QEMU], ids=lambda policy: policy.name)
@pytest.mark.parametrize("pes", [1, 2, 3, 8])
def test_mmio_identification(pes: int, policy: Policy) -> None:
    bench = gicv2(pes, policy)
    registers = Registers(bench)
    typer = registers.read(TYPER)
    assert (typer >> 5 & 7) + 1 == pes, "all PEs have an interface"
    assert ((typer & 0x1F) + 1) * 32 == 32 + bench.config.spis
    assert registers.read(IIDR) == bench.config.gicd_iidr
    assert registers.read(ICPIDR2) >> 4 & 0xF == 2
    assert all(registers.read_only(offset) for offset in (TYPER, IIDR, ICPIDR2))


@published("mmio: GICD_IPRIORITYR")
@pytest.mark.parametrize("bits", [4, 5, 8])
def test_mmio_priorities(bits: int) -> None:
    """All SPIs keep the same number of bits, at least four; bytes are accessible; beyond the last SPI is nothing."""
    registers = Registers(Gicv2Bench(models(), KVM, pes=2, spis=64, priority_bits=bits))
    irqs = 32 * ((registers.read(TYPER) & 0x1F) + 1)
    first, last, beyond = IPRIORITYR + 32, IPRIORITYR + irqs - 4, IPRIORITYR + irqs
    mask = (0xFF << (8 - bits) & 0xFF) * 0x0101_0101
    for offset in range(first, beyond, 4):
        registers.write(offset, 0xFFFF_FFFF)
        assert registers.read(offset) == mask
        registers.write(offset, 0)
        assert registers.read(offset) == 0
    assert registers.read_only(beyond, razwi=True)
    registers.write(last, 0xFF7F_BF3F)
    assert registers.read(last) == 0xFF7F_BF3F & mask
    registers.bytes_accessible(first, 0xFF7F_BF3F, mask)


@published("mmio: GICD_ITARGETSR")
@pytest.mark.parametrize("pes", [2, 3, 8])
def test_mmio_targets(pes: int) -> None:
    """Bits of PEs that are not there are RAZ/WI; where the SPI goes follows what is kept."""
    bench = gicv2(pes, KVM)
    registers = Registers(bench)
    irqs = 32 * ((registers.read(TYPER) & 0x1F) + 1)
    mask = ((1 << pes) - 1) * 0x0101_0101
    registers.write(ITARGETSR + 32, 0xFFFF_FFFF)
    assert registers.read(ITARGETSR + 32) == mask
    assert registers.read_only(ITARGETSR + irqs, razwi=True)
    registers.bytes_accessible(ITARGETSR + 32, 0x0103_020F, mask)
    registers.write(ITARGETSR + 32, 0x0103_020F)
    assert registers.read(ITARGETSR + 32) == 0x0103_020F & mask
    bench.write("GICD_ICFGR2", 0xAAAA_AAAA)
    for intid in range(32, 36):
        bench.wire(intid, 1)
        bench.wire(intid, 0)
        targets = 0x0103_020F >> 8 * (intid - 32) & mask & 0xFF
        asked = {pe for pe in range(pes) if bench.lines[pe][OutLine.IRQ]}
        lowest = (targets & -targets or 1).bit_length() - 1  # KVM tells one VCPU
        assert asked == {lowest}
        taker = max(asked)
        assert bench.take(taker) == [intid]
        assert handled_v2(bench) == {}, "one PE takes it, for all"


# --- bugs that these scenarios must notice ------------------------------------------------------------------------------

NOTICES: Final[list[tuple[str | InjectedFault, Callable[[], None]]]] = [
    ("sgi-source-not-shown", lambda: test_ipi_of_a_gicv2(4, IRQPATH)),
    ("sgi-sources-merged", test_ipis_of_all_senders),
    ("sgir-filter-ignored", lambda: test_ipi_of_a_gicv2(4, IRQPATH)),
    ("priority-keeps-low-bits", lambda: test_mmio_priorities(5)),
    (InjectedFault("iar", "irqpath.gic.common.bank", "self.active |= bit\n", "pass\n"), test_active_clear_of_a_gicv3),
    (
        InjectedFault(
            "active-ignored",
            "irqpath.gic.common.bank",
            "return self.pending & self.enable & ~self.active",
            "return self.pending & self.enable",
        ),
        test_active_set_holds_it_back,
    ),
    (
        InjectedFault(
            "absent", "irqpath.gic.gicv2.distributor", "mask if self.policy.itargets_keep_absent else mask &", "mask | "
        ),
        lambda: test_mmio_targets(3),
    ),
]


@pytest.mark.parametrize(
    ("fault", "scenario"), NOTICES, ids=[fault if isinstance(fault, str) else fault.name for fault, _ in NOTICES]
)
def test_a_bug_is_noticed(fault: str | InjectedFault, scenario: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """The scenario passes above; with the bug in the models it does not."""
    with injected(find(fault) if isinstance(fault, str) else fault) as lib:
        monkeypatch.setattr(f"{__name__}.models", lambda: lib)
        with pytest.raises((AssertionError, IrqpathError)):
            scenario()
