"""The virtual CPU interface: where accesses go (redirection, traps), every number of List registers, widths, resets, and random
sequences of a hypervisor and a guest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irqpath.config.policy import QEMU
from irqpath.config.sizes import SPURIOUS, GicConfig, VirtualConfig
from irqpath.core.errors import ConfigError
from irqpath.core.transactions import (
    Deactivate,
    PeState,
    SysRead,
    SysReadData,
    SysWrite,
    VActivate,
    VActivateAck,
    VClear,
    VClearAck,
    VRelease,
    VSet,
)
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.gic.gicc.pe_state import FMO, IMO
from irqpath.gic.gicc.virtual_interface import DVIM, TALL0, TALL1, TC, TDIR
from irqpath_testbench.tools.faults.injection import models
from unit.models.drive import on, sysreg
from unit.models.virtual_drive import ACTIVE, EN, INVALID, OPEN, PENDING, VirtualBench, lr

GROUP0 = ("ICC_IAR0_EL1", "ICC_HPPIR0_EL1", "ICC_BPR0_EL1", "ICC_AP0R0_EL1", "ICC_IGRPEN0_EL1")
GROUP1 = ("ICC_IAR1_EL1", "ICC_HPPIR1_EL1", "ICC_BPR1_EL1", "ICC_AP1R0_EL1", "ICC_IGRPEN1_EL1")
COMMON = ("ICC_PMR_EL1", "ICC_RPR_EL1", "ICC_CTLR_EL1")
SGIS = ("ICC_SGI0R_EL1", "ICC_SGI1R_EL1", "ICC_ASGI1R_EL1")


def distinct(bench: VirtualBench) -> None:
    """PMR, BPR and AP of the virtual and the physical interface differ, so that a read tells which one it reached."""
    bench.msr("ICC_PMR_EL1", 0x40)
    bench.virtual_boot(vmcr=OPEN | 0b1 << 4)


def reached(bench: VirtualBench, names: tuple[str, ...]) -> set[str]:
    return {bench.access(name) for name in names}


@pytest.mark.parametrize("hcr", [0, IMO, FMO, IMO | FMO])
def test_redirection_by_hcr(hcr: int) -> None:
    """IMO redirects Group 1, FMO Group 0, either the common registers; SGIs trap."""
    bench = VirtualBench(models())
    distinct(bench)
    bench.msr("ICC_BPR0_EL1", 7)
    bench.msr("ICC_BPR1_EL1", 7)
    bench.enter(hcr=hcr)
    assert (bench.mrs("ICC_PMR_EL1") == 0xF8) is bool(hcr)
    assert (bench.mrs("ICC_BPR0_EL1") == 2) is bool(hcr & FMO)
    assert (bench.mrs("ICC_BPR1_EL1") == 3) is bool(hcr & IMO)
    assert {bench.access(name, 0) for name in SGIS} == ({"EL2"} if hcr else {"ok"})


@pytest.mark.parametrize(
    ("trap", "names"),
    [(TALL0, GROUP0), (TALL1, GROUP1), (TC, COMMON), (TDIR, ()), (0, ())],
    ids=["TALL0", "TALL1", "TC", "TDIR", "none"],
)
@pytest.mark.parametrize("hcr", [0, IMO | FMO])
def test_traps_of_the_guest(trap: int, names: tuple[str, ...], hcr: int) -> None:
    """Each trap bit concerns its registers only, and only at EL1; nothing happens but the trap."""
    bench = VirtualBench(models())
    bench.virtual_boot(lr(40), hcr=EN | trap)
    before = [bench.mrs("ICH_LR0_EL2"), bench.mrs("ICH_VMCR_EL2")]
    assert reached(bench, GROUP0 + GROUP1 + COMMON) == {"ok"}
    bench.virtual_boot(lr(40), hcr=EN | trap)
    bench.enter(hcr=hcr)
    for name in names:
        assert bench.access(name) == "EL2"
    others = tuple(name for name in (*GROUP0, *GROUP1[1:], *COMMON) if name not in names)
    assert reached(bench, others) == {"ok"}
    assert bench.access("ICC_DIR_EL1", 40) == ("EL2" if trap in (TC, TDIR) else "ok")
    bench.leave()
    assert [bench.mrs("ICH_LR0_EL2"), bench.mrs("ICH_VMCR_EL2")] == before


def test_exception_levels() -> None:
    """EL0 reaches nothing, EL1 nothing of EL2, nobody without EL3 a register of EL3."""
    bench = VirtualBench(models())
    assert bench.access("ICC_SRE_EL2") == bench.access("ICH_VTR_EL2") == "ok"
    assert bench.access("ICC_SRE_EL3") == "UNDEFINED"
    bench.enter()
    assert bench.access("ICH_VTR_EL2") == bench.access("ICC_SRE_EL2") == bench.access("ICH_LR0_EL2", 0) == "UNDEFINED"
    assert bench.mrs("ICC_SRE_EL1") == 7
    bench.send("gicc0.sys", PeState(0))
    assert reached(bench, GROUP0 + GROUP1 + COMMON) == {"UNDEFINED"}


@pytest.mark.parametrize("registers", range(1, 17))
def test_every_number_of_list_registers(registers: int) -> None:
    """Each takes and signals an interrupt; the one beyond is UNDEFINED."""
    bench = VirtualBench(models(), registers=registers)
    assert bench.mrs("ICH_VTR_EL2") & 0x1F == registers - 1
    bench.virtual_boot(*(lr(40 + n, 0x80 + 8 * (n % 4)) for n in range(registers)))
    assert bench.mrs("ICH_ELRSR_EL2") == 0
    if registers < 16:
        assert bench.access(f"ICH_LR{registers}_EL2") == "UNDEFINED"
    order = sorted(range(registers), key=lambda n: (n % 4, n))
    for n in order:
        assert bench.guest_ack() == 40 + n
        assert bench.lr_state(n) == ACTIVE
        bench.guest_eoi(40 + n)
    assert bench.mrs("ICH_ELRSR_EL2") == (1 << registers) - 1


@pytest.mark.parametrize(("priority_bits", "preemption_bits"), [(5, 5), (6, 6), (7, 7), (8, 7), (8, 5)])
def test_priority_widths(priority_bits: int, preemption_bits: int) -> None:
    """Unimplemented bits of a priority are RES0, binary points have their least values, active priorities their registers."""
    virtual = VirtualConfig(priority_bits=priority_bits, preemption_bits=preemption_bits)
    bench = VirtualBench(models(), GicConfig(lpis=False, its=(), virtual=virtual))
    mask = 0xFF << (8 - priority_bits) & 0xFF
    bench.virtual_boot(lr(40, 0x5F))
    assert bench.mrs("ICH_LR0_EL2") >> 48 & 0xFF == 0x5F & mask
    bench.msr("ICH_VMCR_EL2", 0xFF << 24 | 2)
    assert bench.guest_read("ICC_PMR_EL1") == mask
    assert bench.guest_read("ICC_BPR0_EL1") == 7 - preemption_bits
    assert bench.guest_ack() == 40
    level = 0x5F >> (8 - preemption_bits)
    assert bench.mrs(f"ICH_AP1R{level // 32}_EL2") == 1 << level % 32
    assert bench.guest_read(f"ICC_AP1R{level // 32}_EL1") == 1 << level % 32
    count = (1 << preemption_bits) // 32
    if count < 4:
        assert bench.access(f"ICH_AP0R{count}_EL2") == "UNDEFINED"


def test_special_intid_in_a_list_register() -> None:
    """It is returned and never active (pseudocode of ICV_IAR1_EL1)."""
    bench = VirtualBench(models()).virtual_boot(lr(1021))
    assert bench.guest_ack() == 1021
    assert bench.lr_state(0) == INVALID
    assert bench.guest_read("ICC_RPR_EL1") == 0xFF


def test_res0_bits_by_policy() -> None:
    """QEMU keeps bits of List registers and of VPMR that the architecture has as RES0."""
    bench = VirtualBench(models()).virtual_boot(lr(40) | 0x7 << 32 | 1 << 50)
    assert bench.mrs("ICH_LR0_EL2") == lr(40)
    qemu = VirtualBench(models(), policy=QEMU).virtual_boot(lr(40) | 0x7 << 32 | 1 << 50)
    assert qemu.mrs("ICH_LR0_EL2") == lr(40) | 0x7 << 32
    assert (bench.mrs("ICH_VMCR_EL2") >> 24, qemu.mrs("ICH_VMCR_EL2") >> 24) == (0xF8, 0xFF)


def test_reset_of_a_pe() -> None:
    bench = VirtualBench(models()).virtual_boot(lr(40), hcr=EN | 1 << 3)
    assert bench.virq()
    bench.reset_pe(0)
    assert (bench.virq(), bench.maintenance(), bench.mrs("ICH_LR0_EL2"), bench.mrs("ICH_HCR_EL2")) == (0, 0, 0, 0)
    assert bench.mrs("ICH_VMCR_EL2") == 0x4C_0008


@pytest.mark.parametrize("physical", [16, 27, 1019, 1020, 1023, 1024, 8191])
def test_a_guests_end_deactivates_what_the_hypervisors_would(physical: int) -> None:
    """With HW = 1 an end is as if the hypervisor had written ICC_DIR_EL1, which does nothing from INTID 1020 on."""
    gicc = CpuInterface(0, GicConfig(lpis=False, its=(), virtual=VirtualConfig()))
    for name, value in (("ICH_HCR_EL2", EN), ("ICH_VMCR_EL2", OPEN), ("ICH_LR0_EL2", lr(40, physical=physical))):
        gicc.predict("gicc0.sys", SysWrite(sysreg(name), value))
    gicc.predict("gicc0.sys", PeState(1, IMO | FMO))
    gicc.predict("gicc0.sys", SysRead(sysreg("ICC_IAR1_EL1")))
    out = gicc.predict("gicc0.sys", SysWrite(sysreg("ICC_EOIR1_EL1"), 40))
    assert [t for _, t in out if isinstance(t, Deactivate)] == ([Deactivate(physical)] if physical < 1020 else [])


@pytest.mark.parametrize(
    "fields",
    [{"list_registers": 0}, {"list_registers": 17}, {"priority_bits": 4}, {"preemption_bits": 6}, {"id_bits": 10}],
)
def test_impossible_configurations(fields: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=next(iter(fields))):
        VirtualConfig(**fields)  # type: ignore[arg-type]  # wrong on purpose


# --- direct virtual interrupts on the stream ----------------------------------------------------------------------------


def gicv4_bench(**policy: bool) -> VirtualBench:
    lib = models()
    config = GicConfig(lpis=False, its=(), virtual=VirtualConfig(gicv4=True, dvim=True))
    return VirtualBench(lib, config, lib.Policy(**policy)).virtual_boot()  # type: ignore[arg-type]  # its fields


def test_offered_interrupt_is_held_replaced_and_taken() -> None:
    bench = gicv4_bench()
    gicc = bench.gic.gicc[0]
    gicc.predict("stream0.down", VSet(8192, 0x80, 1))
    out = gicc.predict("stream0.down", VSet(8193, 0x70, 1))
    assert on(out, "stream0.up") == [VRelease(8192)]
    gicc.predict("gicc0.sys", PeState(1, IMO))
    out = gicc.predict("gicc0.sys", SysRead(sysreg("ICC_IAR1_EL1")))
    assert on(out, "gicc0.sys_rsp") == [SysReadData(8193)]
    assert on(out, "stream0.up") == [VActivate(8193)]
    assert on(gicc.predict("stream0.down", VClear(8193)), "stream0.up") == [VClearAck(8193)]
    assert gicc.predict("stream0.down", VActivateAck(8193)) == []


def test_masked_offered_interrupts() -> None:
    """ICH_HCR_EL2.DVIM hides what the hardware injects, not the List registers."""
    bench = gicv4_bench()
    gicc = bench.gic.gicc[0]
    gicc.predict("stream0.down", VSet(8192, 0x80, 1))
    assert bench.guest_read("ICC_HPPIR1_EL1") == 8192
    bench.msr("ICH_HCR_EL2", EN | DVIM)
    assert bench.guest_read("ICC_HPPIR1_EL1") == SPURIOUS
    bench.msr("ICH_LR0_EL2", lr(40, 0x90))
    assert bench.guest_read("ICC_HPPIR1_EL1") == 40


# --- random sequences against a plain reference -------------------------------------------------------------------------

ENTRY = st.tuples(st.integers(0, 3), st.integers(0, 31), st.integers(0, 1), st.integers(32, 39))


@settings(max_examples=60)
@given(st.lists(st.one_of(ENTRY, st.sampled_from(["ack0", "ack1", "eoi"])), max_size=40))
def test_guest_takes_the_best_by_the_book(steps: list[object]) -> None:
    """List registers as a plain dictionary: what is signalled is the least priority that is below the running one."""
    bench = VirtualBench(models()).virtual_boot()
    lrs: dict[int, list[int]] = {}
    running: list[tuple[int, int, int]] = []  # priority, group, INTID
    for step in steps:
        if isinstance(step, tuple):
            n, level, group, intid = step
            if any(entry[2] == intid for m, entry in lrs.items() if m != n) or any(r[2] == intid for r in running):
                continue
            if n in lrs and lrs[n][3] == ACTIVE:
                continue
            lrs[n] = [level * 8, group, intid, PENDING]
            bench.msr(f"ICH_LR{n}_EL2", lr(intid, level * 8, group=group))
        elif step == "eoi":
            if running:
                _, group, intid = running.pop()
                bench.guest_eoi(intid, group=group)
                lrs = {n: entry for n, entry in lrs.items() if entry[2] != intid}
        else:
            group = int(str(step)[3])
            best = min(((e[0], n) for n, e in lrs.items() if e[3] == PENDING), default=None)
            due = SPURIOUS
            if best is not None and best[0] < 0xF8 and best[0] < (running[-1][0] if running else 0x100):
                entry = lrs[best[1]]
                if entry[1] == group:
                    due = entry[2]
                    entry[3] = ACTIVE
                    running.append((entry[0], group, entry[2]))
            assert bench.guest_ack(group=group) == due
        pending = [(e[0], n) for n, e in lrs.items() if e[3] == PENDING]
        best = min(pending, default=None)
        signalled = best is not None and best[0] < 0xF8 and best[0] < (running[-1][0] if running else 0x100)
        assert (bench.virq(), bench.vfiq()) == (
            int(signalled and lrs[best[1]][1] == 1) if best else 0,
            int(signalled and lrs[best[1]][1] == 0) if best else 0,
        )
