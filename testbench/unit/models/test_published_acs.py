"""What Arm's Architecture Compliance Suites (bsa-acs, sysarch-acs) ask of a system's GIC, asked of the golden models anew.

The suites find the hardware by firmware tables, which models have none of: here its configuration says what must be found. Left
out: checks of firmware tables and of SMMUs (StreamIDs), and test_os_v2m004's demand that GICD_ISPENDR<n> not reach an SPI of a
message frame, which no GIC architecture makes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import pytest

from irqpath.config.gicv2 import V2mConfig
from irqpath.config.sizes import FIRST_EPPI, FIRST_LPI, SPURIOUS, GicConfig, ItsConfig, VirtualConfig
from irqpath.core.errors import IrqpathError
from irqpath.core.transactions import OutLine, RegWrite, RegWriteAck
from irqpath.gic.its.encoding import mapc, mapd, mapti, sync
from irqpath_testbench.sequences.fields import VALID
from irqpath_testbench.tools.faults.injection import InjectedFault, find, injected, models
from unit.models.drive import Bench, sgir
from unit.models.gicv2_drive import Gicv2Bench
from unit.models.its_drive import COLLECTIONS, DEVICES, ITTS, QUEUE, ModelItsDriver
from unit.models.secure_drive import SecureBench
from unit.models.virtual_drive import ACTIVE, VirtualBench, lr

GIC: Final = "bsa-acs test_pool/gic/operating_system"
HYP: Final = "bsa-acs test_pool/gic/hypervisor"
EXERCISER: Final = "bsa-acs test_pool/exerciser/operating_system"

#: PPIs that BSA recommends, by what drives them.
TIMERS: Final = {"EL1 physical": 30, "EL1 virtual": 27, "EL2 physical": 26, "EL2 virtual": 28}


def serve(bench: Bench, clear: Callable[[int], None], pe: int = 0) -> list[int]:
    """The interrupt handler of a PE: while nIRQ asks, acknowledge, quiet the device, end. None may be spurious."""
    taken = []
    while bench.irq(pe):
        intid = bench.ack(pe)
        assert intid != SPURIOUS
        clear(intid)
        bench.eoi(intid, pe)
        taken.append(intid)
        assert len(taken) < 100, "the device stays quiet, the interrupt does not"
    return taken


# --- identification -----------------------------------------------------------------------------------------------------


@pytest.mark.published(f"{GIC}/test_os_g001.c", "B_GIC_01: GIC version")
def test_gic_version() -> None:
    """ArchRev of PIDR2 in every frame: 2 of a GICv2, 3 of a GICv3."""
    bench = Bench(models(), GicConfig(pes=3))
    for name in ("GICD_PIDR2", "GICR_PIDR2", "GITS_PIDR2"):
        assert [bench.read(name, pe) >> 4 & 0xF for pe in range(3)] == [3, 3, 3]
    assert Gicv2Bench(models()).read("GICD_PIDR2") >> 4 & 0xF == 2


@pytest.mark.published(f"{GIC}/test_os_g003.c", "B_GIC_03: with PCIe a GICv3 has LPIs and an ITS")
@pytest.mark.parametrize("count", [1, 2, 4])
def test_lpis_and_its(count: int) -> None:
    """GICD_TYPER.LPIS, GICR_TYPER.PLPIS of every PE, GITS_TYPER.Physical of every ITS; the last Redistributor says so."""
    bench = Bench(models(), GicConfig(pes=3, its=(ItsConfig(),) * count))
    assert bench.read("GICD_TYPER") >> 17 & 1 == 1
    typers = [bench.read("GICR_TYPER", pe) for pe in range(3)]
    assert [typer & 1 for typer in typers] == [1, 1, 1]
    assert [typer >> 4 & 1 for typer in typers] == [0, 0, 1]
    assert [typer >> 8 & 0xFFFF for typer in typers] == [0, 1, 2]
    assert [ModelItsDriver(bench, its).read("GITS_TYPER") & 1 for its in range(count)] == [1] * count
    without = Bench(models(), GicConfig(lpis=False, its=()))
    assert (without.read("GICD_TYPER") >> 17 & 1, without.read("GICR_TYPER") & 1) == (0, 0)


@pytest.mark.published(f"{GIC}/test_os_g004.c", "B_GIC_04: two Security states")
def test_security_states() -> None:
    """GICD_CTLR.DS is 0 and GICD_TYPER.SecurityExtn 1 in one, the other way round in the other; software cannot turn it."""
    for security in (True, False):
        bench = SecureBench(models(), security=security)
        bench.reg("GICD_CTLR", 0 if not security else 1 << 6)
        assert bench.reg("GICD_CTLR") >> 6 & 1 == (not security)
        assert bench.reg("GICD_TYPER") >> 10 & 1 == security


# --- SGIs, PPIs, SPIs ---------------------------------------------------------------------------------------------------


@pytest.mark.published(f"{GIC}/test_os_g005.c", "B_GIC_05: Non-secure SGIs")
@pytest.mark.published("sysarch-acs test_pool/gic/g005.c", "Non-secure SGIs are implemented")
def test_nonsecure_sgis() -> None:
    """INTIDs 0 to 7 are Non-secure software's to enable, send and take on every PE; those Secure software keeps are not."""
    bench = SecureBench(models(), security=True, pes=2).secure_boot()
    for pe in (0, 1):
        bench.reg("GICR_ICENABLER0", 0xFFFF_FFFF, pe)
        bench.reg("GICR_IGROUPR0", 0xFFFF_00FF, pe)
        bench.at(1, pe=pe)
        bench.reg("GICR_ISENABLER0", 0xFFFF, pe, secure=False)
        assert bench.reg("GICR_ISENABLER0", pe=pe, secure=False) == 0x00FF
        assert bench.reg("GICR_ISENABLER0", pe=pe) == 0x00FF
    assert bench.reg("GICD_CTLR", secure=False) >> 1 & 1 == 1, "EnableGrp1A: Non-secure Group 1 is forwarded"
    for sender, target in ((0, 0), (0, 1), (1, 0), (1, 1)):
        for intid in range(16):
            bench.msr("ICC_SGI1R_EL1", sgir(intid, 1 << target), sender)
            assert serve(bench, lambda _: None, target) == ([intid] if intid < 8 else [])
            assert not bench.irq(1 - target)


@pytest.mark.published(f"{GIC}/test_os_g006.c", "B_PPI_01: EL1 timers' PPIs arrive")
@pytest.mark.published(f"{GIC}/test_os_g007.c", "B_PPI_00: EL1 virtual timer's PPI arrives")
@pytest.mark.published(f"{HYP}/test_hyp_g001.c", "B_PPI_02: EL2 timers' PPIs arrive")
def test_timer_ppis() -> None:
    """Each, on each PE, once for each time it fires, and on no other PE; the line falls in the handler."""
    bench = Bench(models(), GicConfig(pes=3, its=(), lpis=False)).boot()
    for pe in range(3):
        for intid in TIMERS.values():
            bench.set_up(intid, pe=pe)
    for pe in range(3):
        for intid in TIMERS.values():
            for _ in range(2):
                bench.wire(intid, 1, pe)
                assert [bench.irq(other) for other in range(3)] == [int(other == pe) for other in range(3)]
                assert serve(bench, partial(bench.wire, level=0, pe=pe), pe) == [intid]
                assert not (bench.pending(intid, pe) or bench.active(intid, pe))
    assert not bench.found


@pytest.mark.published(f"{GIC}/test_os_g006.c", "B_PPI_01: a timer on an extended PPI")
def test_timer_on_an_extended_ppi() -> None:
    bench = SecureBench(models(), eppis=64, pes=2).secure_boot_if(False)
    for pe in (0, 1):
        bench.reg("GICR_IGROUPRE1", 1 << 7, pe)
        bench.reg("GICR_ISENABLERE1", 1 << 7, pe)
    intid = FIRST_EPPI + 32 + 7
    bench.drive(intid, 1, 1)
    assert serve(bench, lambda timer: bench.drive(timer, 0, 1), 1) == [intid]
    assert bench.irq(0) == 0


@pytest.mark.published(f"{HYP}/test_hyp_g003.c", "B_PPI_02: the maintenance interrupt is a PPI")
def test_maintenance_interrupt() -> None:
    """ICH_HCR_EL2.{En,UIE,LRENPIE} with empty List registers raises it, wired to PPI 25; the handler clears the bits, and it
    does not come again."""
    config = GicConfig(pes=2, its=(), lpis=False, virtual=VirtualConfig())
    assert config.virtual is not None
    ppi = config.virtual.maintenance_ppi
    assert ppi == 25
    bench = VirtualBench(models(), config).boot()
    assert isinstance(bench, VirtualBench)
    for pe in (0, 1):
        bench.set_up(ppi, pe=pe)
    for pe in (1, 0):
        bench.msr("ICH_HCR_EL2", bench.mrs("ICH_HCR_EL2", pe) | 7, pe)
        assert [bench.maintenance(other) for other in (0, 1)] == [int(other == pe) for other in (0, 1)]
        assert bench.mrs("ICH_MISR_EL2", pe) == 1 << 1
        bench.wire(ppi, bench.maintenance(pe), pe)

        def handler(_: int, pe: int = pe) -> None:
            bench.msr("ICH_HCR_EL2", bench.mrs("ICH_HCR_EL2", pe) & ~7, pe)
            bench.wire(ppi, bench.maintenance(pe), pe)

        assert serve(bench, handler, pe) == [ppi]
        assert (bench.maintenance(pe), bench.pending(ppi, pe), bench.active(ppi, pe)) == (0, False, False)


@pytest.mark.published(f"{HYP}/test_hyp_g003.c", "B_PPI_02: the maintenance interrupt ends when its reason does")
def test_maintenance_ends_with_two_list_registers() -> None:
    """Underflow lasts until two List registers are valid, whatever their state."""
    bench = VirtualBench(models()).boot()
    assert isinstance(bench, VirtualBench)
    bench.msr("ICH_HCR_EL2", 7)
    for lrs, level in (((lr(40),), 1), ((lr(40), lr(41, state=ACTIVE)), 0), ((0, lr(41)), 1)):
        bench.virtual_boot(*lrs, hcr=7)
        assert bench.maintenance() == level
        bench.virtual_boot(0, 0, hcr=7)


@pytest.mark.published("bsa-acs test_pool/watchdog/operating_system/test_os_w002.c", "B_WD_03: WS0 interrupt, an SPI")
def test_watchdog_spi() -> None:
    """Level-sensitive, to the PE that it is routed to; still asserted at the end of the interrupt, it comes again."""
    bench = Bench(models(), GicConfig(pes=3, its=(), lpis=False)).boot()
    for pe, intid in enumerate((32, 48, 63)):
        bench.set_up(intid, pe=pe)
        bench.wire(intid, 1)
        assert [bench.irq(other) for other in range(3)] == [int(other == pe) for other in range(3)]
        assert bench.ack(pe) == intid
        bench.eoi(intid, pe)
        assert serve(bench, lambda _: bench.wire(_, 0), pe) == [intid]


@pytest.mark.published(f"{EXERCISER}/test_os_e006.c", "PCI_LI_02: legacy interrupts")
def test_pcie_legacy_interrupts() -> None:
    """INTA to INTD of two functions, shared lines: each line stays asserted until both functions are quiet."""
    bench = Bench(models(), GicConfig(its=(), lpis=False)).boot()
    functions = {0: {0, 1, 2, 3}, 1: {1, 3}}
    for pin in range(4):
        bench.set_up(40 + pin)
    asserted = {(function, pin) for function, pins in functions.items() for pin in pins}
    for pin in range(4):
        bench.wire(40 + pin, 1)

    def quiet_one(intid: int) -> None:
        pin = intid - 40
        asserted.remove(min(entry for entry in asserted if entry[1] == pin))
        bench.wire(intid, int(any(entry[1] == pin for entry in asserted)))

    assert serve(bench, quiet_one) == [40, 41, 41, 42, 43, 43]
    assert not asserted


@pytest.mark.published("bsa-acs test_pool/power_wakeup/operating_system/test_os_u001.c", "wake from a timer's interrupt")
def test_wake_by_a_timer() -> None:
    """The interrupt of a sleeping PE asks for its power and is delivered once the PE is awake; others sleep on."""
    bench = Bench(models(), GicConfig(pes=2, its=(), lpis=False)).boot()
    for pe in (0, 1):
        bench.set_up(30, pe=pe)
        bench.write("GICR_WAKER", 2, pe)
        assert bench.read("GICR_WAKER", pe) == 6, "ChildrenAsleep"
    bench.wire(30, 1, 1)
    assert (bench.wakes, bench.irq(1)) == ([0, 1], 0)
    bench.write("GICR_WAKER", 0, 1)
    assert bench.read("GICR_WAKER", 1) == 0
    assert serve(bench, lambda timer: bench.wire(timer, 0, 1), 1) == [30]
    assert (bench.wakes[0], bench.read("GICR_WAKER", 0)) == (0, 6)


# --- GICv2m -------------------------------------------------------------------------------------------------------------


@pytest.mark.published(f"{GIC}/test_os_g002.c", "B_GIC_02: a GICv2 with PCIe has a message frame")
@pytest.mark.published(f"{GIC}/test_os_v2m002.c", "MSI_TYPER and MSI_IIDR are read-only, the SPIs exist")
@pytest.mark.published(f"{GIC}/test_os_v2m003.c", "MSI_SETSPI takes 32 and 16 bits")
@pytest.mark.published(f"{GIC}/test_os_v2m004.c", "MSI_SETSPI makes the SPIs of the frame, each")
def test_gicv2m_frame() -> None:
    frame = V2mConfig(first_spi=40, spis=20, iidr=0x123)
    bench = Gicv2Bench(models(), pes=2, spis=64, v2m=frame).boot()
    typer = bench.read("V2M_MSI_TYPER")
    first, count = typer >> 16 & 0x3FF, typer & 0x3FF
    assert (first, count) == (40, 20)
    assert first >= 32 and first + count <= 1020
    for name, offset in (("V2M_MSI_TYPER", 0x008), ("V2M_MSI_IIDR", 0xFCC)):
        before = bench.read(name)
        bench.send("v2m.reg", RegWrite(offset, 4, before ^ 0xFFFF_FFFF, 0, True))
        assert bench.read(name) == before
    for n in range(2, 4):
        bench.write(f"GICD_ICFGR{n}", 0xAAAA_AAAA)
    for intid in range(32, 96):
        for size in (4, 2):
            out = bench.send("v2m.reg", RegWrite(0x040, size, intid, 0, True))
            assert [t.ok for _, t in out if isinstance(t, RegWriteAck)] == [True]
            inside = first <= intid < first + count
            assert bench.lines[0][OutLine.IRQ] == inside
            assert (bench.take(0), bench.take(1)) == ([intid] if inside else [], [])


# --- ITS ----------------------------------------------------------------------------------------------------------------


def its_system(its: tuple[ItsConfig, ...], pes: int = 3) -> tuple[Bench, list[ModelItsDriver]]:
    """Every ITS with tables and a queue of its own, LPIs enabled everywhere."""
    bench = Bench(models(), GicConfig(pes=pes, its=its))
    bench.boot().lpis()
    drivers: list[ModelItsDriver] = []
    for number in range(len(its)):
        driver = _Driver(bench, number)
        driver.write("GITS_BASER0", DEVICES + driver.offset | VALID | 127)
        driver.write("GITS_BASER1", COLLECTIONS + driver.offset | VALID | 15)
        driver.write("GITS_CBASER", QUEUE + driver.offset | VALID)
        driver.write("GITS_CTLR", 1)
        drivers.append(driver)
    return bench, drivers


class _Driver(ModelItsDriver):
    """Its memory lies apart from that of other ITSs."""

    @property
    def offset(self) -> int:
        return self.its * 0x10_0000

    def put(self, *commands: tuple[int, int, int, int]) -> None:
        for command in commands:
            for n, word in enumerate(command):
                self.bench.memory.write(QUEUE + self.offset + self.tail + 8 * n, 8, word)
            self.tail = (self.tail + 32) % self.queue_bytes


@pytest.mark.published(f"{GIC}/test_os_its001.c", "ITS_01: each group has an ITS")
@pytest.mark.published(f"{GIC}/test_os_its002.c", "ITS_02: each ITS is in one group")
def test_every_its_translates_its_own_devices() -> None:
    """The same DeviceID and EventID behind two ITSs are two interrupts; neither ITS knows the other's devices."""
    bench, drivers = its_system((ItsConfig(), ItsConfig()))
    for number, its in enumerate(drivers):
        intid, target = FIRST_LPI + 10 * number, 1 + number
        bench.lpi_config(intid)
        its.go(mapc(0, target), mapd(5, ITTS + 0x100_0000 * (number + 1), 3), mapti(5, 3, intid, 0), sync(target))
        assert its.drained()
    drivers[0].go(mapd(6, ITTS + 0x300_0000, 3), mapti(6, 0, FIRST_LPI + 1, 0))
    bench.lpi_config(FIRST_LPI + 1)
    for number in (0, 1):
        bench.msi(5, 3, number)
        assert [bench.irq(pe) for pe in range(3)] == [int(pe == 1 + number) for pe in range(3)]
        assert bench.take(1 + number) == [FIRST_LPI + 10 * number]
    bench.msi(6, 0, 1)
    assert [bench.take(pe) for pe in range(3)] == [[], [], []]
    bench.msi(6, 0, 0)
    assert [bench.take(pe) for pe in range(3)] == [[], [FIRST_LPI + 1], []]


@pytest.mark.published(f"{EXERCISER}/test_os_e004.c", "ITS_DEV_6: a write of GITS_TRANSLATER makes the LPI")
@pytest.mark.parametrize(("device_bits", "event_bits"), [(4, 3), (8, 5), (12, 11)])
def test_id_widths(device_bits: int, event_bits: int) -> None:
    """GITS_TYPER.{Devbits,ID_bits} are the widths that work: the last DeviceID and EventID, and no more."""
    bench, (its,) = its_system((ItsConfig(device_bits=device_bits, event_bits=event_bits),))
    typer = its.read("GITS_TYPER")
    assert ((typer >> 13 & 0x1F) + 1, (typer >> 8 & 0x1F) + 1) == (device_bits, event_bits)
    device, event = (1 << device_bits) - 1, (1 << event_bits) - 1
    bench.lpi_config(0x204C)
    its.go(mapc(0, 1), mapd(device, ITTS, event_bits - 1), mapti(device, event, 0x204C, 0), sync(1))
    assert its.drained()
    for wrong_device, wrong_event in ((device + 1, event), (device, event + 1), (device - 1, event), (device, event - 1)):
        bench.msi(wrong_device, wrong_event)
        assert [bench.take(pe) for pe in range(3)] == [[], [], []], (wrong_device, wrong_event)
    bench.msi(device, event)
    assert [bench.take(pe) for pe in range(3)] == [[], [0x204C], []]
    its.go(mapd(device + 1, ITTS + 0x1_0000, event_bits - 1))
    assert not its.drained(), "a DeviceID that is too wide is an error of the command"


@pytest.mark.published(f"{EXERCISER}/test_os_e013.c", "ITS_DEV_4: an MSI of another master is not this device's")
@pytest.mark.published("sysarch-acs test_pool/gic/its004.c", "ITS_DEV_7: DeviceIDs are distinct by requester")
def test_messages_of_many_devices_and_events() -> None:
    """Eight requesters of eight vectors each, spread over three PEs: every message is one interrupt, its own, on its PE, and
    one of a device that is not mapped is none."""
    bench, (its,) = its_system((ItsConfig(),))
    requesters = [0x0100, 0x0101, 0x0108, 0x0200, 0x0208, 0x1000, 0x10F8, 0xFFFF]
    its.go(*(mapc(pe, pe) for pe in range(3)))
    expected = {}
    for n, device in enumerate(requesters):
        its.go(mapd(device, ITTS + n * 0x1_0000, 2))
        for event in range(8):
            intid, pe = FIRST_LPI + 0x100 + n * 8 + event, (n + event) % 3
            bench.lpi_config(intid)
            its.go(mapti(device, event, intid, pe))
            expected[device, event] = (pe, intid)
    assert its.drained()
    for (device, event), (pe, intid) in expected.items():
        bench.msi(device, event)
        assert [bench.irq(other) for other in range(3)] == [int(other == pe) for other in range(3)]
        assert bench.take(pe) == [intid]
        bench.msi(device ^ 0x4000, event)
        assert not any(bench.irq(other) for other in range(3))
    for device, event in expected:
        bench.msi(device, event)
        bench.msi(device, event)
    taken = [bench.take(pe) for pe in range(3)]
    assert [sorted(intids) for intids in taken] == [sorted(i for p, i in expected.values() if p == pe) for pe in range(3)]


# --- bugs that these scenarios must notice ------------------------------------------------------------------------------

LEVEL_STAYS: Final = InjectedFault("level-stays", "irqpath.gic.common.bank", "self.level &= ~bit", "pass")
NOTICES: Final[list[tuple[str | InjectedFault, Callable[[], None]]]] = [
    ("gicr-shows-secure", test_nonsecure_sgis),
    ("event-limit-plus-one", lambda: test_id_widths(8, 5)),
    ("lrenp-without-count", test_maintenance_interrupt),
    ("underflow-of-none-only", test_maintenance_ends_with_two_list_registers),
    ("lpi-stays-pending", test_messages_of_many_devices_and_events),
    (LEVEL_STAYS, test_timer_ppis),
    (LEVEL_STAYS, test_watchdog_spi),
    (
        InjectedFault("level-forgotten", "irqpath.gic.common.bank", "(self.level | self.message) & ~self.edge", "0"),
        test_pcie_legacy_interrupts,
    ),
    (
        InjectedFault(
            "no-wake",
            "irqpath.gic.gicr.redistributor",
            "elif self._best(self.dist_groups) is not None:\n            self.waker.set_wake(1)",
            "elif False:\n            self.waker.set_wake(1)",
        ),
        test_wake_by_a_timer,
    ),
    (
        InjectedFault("wide-device", "irqpath.gic.its.its", "None if device >> self.config.device_bits else ", ""),
        lambda: test_id_widths(8, 5),
    ),
    (
        InjectedFault(
            "v2m-one-more", "irqpath.gic.gicv2.registers", "intid < self._v2m.first_spi +", "intid <= self._v2m.first_spi +"
        ),
        test_gicv2m_frame,
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
