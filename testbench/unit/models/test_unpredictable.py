"""What the architecture calls UNPREDICTABLE is reported, and goes as the Policy says; the list of cases is held to the code."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from functools import partial
from importlib import resources
from typing import Any

import pytest

from irqpath.config.policy import Policy
from irqpath.config.sizes import GicConfig, ItsConfig, VirtualConfig
from irqpath.core.errors import ArchError
from irqpath.core.transactions import CommandStep
from irqpath.gic.its.encoding import discard, mapc, mapd, mapi, mapti, vmapti, vmovp, vsync
from irqpath_testbench.sequences.fields import VALID
from irqpath_testbench.tools.faults.injection import models
from unit.models.drive import Bench, on, reg_read, reports, write_request
from unit.models.gicv2_drive import Gicv2Bench
from unit.models.gicv4_drive import VPE_TABLE, Gicv4Bench, vmapp
from unit.models.its_drive import ITTS, ModelItsDriver
from unit.models.secure_drive import SecureBench
from unit.models.virtual_drive import INVALID, VirtualBench, lr

CASES: list[dict[str, str]] = tomllib.loads(resources.files("irqpath.rules").joinpath("unpredictable.toml").read_text())["case"]


def test_the_list_and_the_code_agree() -> None:
    """Each case is reported by a finding that there is, with a Policy that there is, or left with a reason; every finding that
    calls itself UNPREDICTABLE is in the list."""
    assert len({case["what"] for case in CASES}) == len(CASES)
    policies = {f.name for f in fields(Policy)}
    for case in CASES:
        assert case["read"]
        assert ("error" in case) != ("left" in case), case["what"]
        assert case.get("error", "SGI_RANGE") in ArchError.__members__
        assert case.get("policy", "name") in policies
    listed = {case.get("error") for case in CASES}
    assert {error.name for error in ArchError if "UNPREDICTABLE" in error.text} <= listed


@pytest.mark.parametrize("ignores", [False, True])
@pytest.mark.parametrize("kind", ["physical", "secure", "gicv2"])
def test_a_trigger_changed_while_enabled(kind: str, ignores: bool) -> None:
    """Of SPIs and PPIs, extended ones too: reported, by the Policy changed or not; of the disabled ones nothing is said."""
    policy = Policy(icfgr_while_enabled="ignore" if ignores else "change")
    arrays = [("GICD_ICFGR2", "GICD_ISENABLER1", "GICD_ICENABLER1")]
    bench: Any
    if kind == "gicv2":
        bench = Gicv2Bench(models(), policy, spis=64)
    elif kind == "secure":
        bench = SecureBench(models(), policy, security=True, espis=32, eppis=32)
        bench.read = bench.reg
        bench.write = bench.reg
        arrays.append(("GICD_ICFGRE0", "GICD_ISENABLERE0", "GICD_ICENABLERE0"))
        arrays.append(("GICR_ICFGRE0", "GICR_ISENABLERE0", "GICR_ICENABLERE0"))
    else:
        bench = Bench(models(), GicConfig(its=()), policy)
    if kind != "gicv2":
        arrays.append(("GICR_ICFGR1", "GICR_ISENABLER0", "GICR_ICENABLER0"))
    for config, enable, disable in arrays:
        shift = 16 if config == "GICR_ICFGR1" else 0  # the PPIs are its upper half
        bench.write(config, 0)
        bench.write(enable, 0b10 << shift)
        bench.found.clear()
        bench.write(config, 0b1010)
        assert bench.found == [ArchError.ICFGR_WHILE_ENABLED], config
        assert bench.read(config) == (0b0010 if ignores else 0b1010)
        bench.found.clear()
        bench.write(config, bench.read(config))
        assert not bench.found, "nothing changes"
        bench.write(disable, 0xFFFF_FFFF)
        bench.write(config, 0b1010)
        assert not bench.found
        assert bench.read(config) == 0b1010


@pytest.mark.parametrize("choice", ["overwrite", "ignore"])
@pytest.mark.parametrize("entry_bytes", [8, 12, 16])
def test_an_event_that_is_mapped_already(choice: Any, entry_bytes: int) -> None:
    """MAPTI and MAPI: reported whatever the Policy does; after DISCARD it is free again."""
    bench = Bench(models(), GicConfig(its=(ItsConfig(itt_entry_bytes=entry_bytes),)), Policy(its_remap=choice)).boot()
    bench.lpis()
    its = ModelItsDriver(bench).boot()
    its.go(mapc(0, 0), mapd(1, ITTS, 13), mapti(1, 3, 8195, 0))
    for intid in (8195, 8196):
        bench.lpi_config(intid)
    assert not bench.found
    its.go(mapti(1, 3, 8196, 0))
    assert bench.found == [ArchError.MAPTI_REMAP]
    bench.msi(1, 3)
    assert bench.take() == [8196 if choice == "overwrite" else 8195]
    its.go(discard(1, 3), mapti(1, 3, 8196, 0), mapi(1, 8200, 0))
    assert bench.found == [ArchError.MAPTI_REMAP]
    its.go(mapi(1, 8200, 0))
    assert bench.found == [ArchError.MAPTI_REMAP] * 2


@pytest.mark.parametrize("choice", ["overwrite", "ignore"])
def test_an_event_that_is_mapped_already_to_a_virtual_lpi(choice: Any) -> None:
    """VMAPTI after VMAPTI, VMAPTI after MAPTI, and the other way round."""
    bench = Gicv4Bench(models(), policy=Policy(its_remap=choice))
    bench.map_vpe(0)
    bench.map_event(0, 0, 8192)
    bench.vconfig(8193)
    bench.lpi_config(9000)
    for command in (vmapti(1, 0, 0, 8193), mapti(1, 0, 9000, 0)):
        bench.found.clear()
        bench.its[0].go(command)
        assert bench.found == [ArchError.MAPTI_REMAP]
    bench.schedule(0)
    bench.msi(1, 0)
    assert (bench.take(), bench.guest_takes()) == (([9000], []) if choice == "overwrite" else ([], [8192]))


@pytest.mark.parametrize("choice", ["resident", "ignore"])
def test_a_vpe_resident_where_it_is_not_mapped(choice: Any) -> None:
    """GICv4.1, Redistributors with vPE tables of their own: reported; resident, or not. Where they share a table it is the way to
    move a vPE, and nothing is said."""
    for aff in (0, 3):
        bench = Gicv4Bench(
            models(), pes=2, v41=True, common_lpi_aff=aff, affinities=(0x0000, 0x0100), policy=Policy(foreign_vpe=choice)
        )
        bench.gicr(1, "GICR_VPROPBASER", VPE_TABLE | VALID | 15)
        bench.map_vpe(0, 0)
        bench.map_event(0, 0, 8192)
        bench.found.clear()
        bench.schedule(0, pe=1)
        assert bench.found == ([ArchError.VPE_ELSEWHERE] if aff else [])
        assert bench.gic.gicr[1].vlpi is not None
        assert bench.gic.gicr[1].vlpi.resident == (choice == "resident" or not aff)
        if not aff:
            bench.msi(1, 0)
            assert bench.guest_takes(1) == [8192]


def test_a_vpe_resident_without_a_table() -> None:
    """GICR_VPENDBASER.Valid with GICR_VPROPBASER.Valid = 0, beside a vPE that the table does not map."""
    bench = Gicv4Bench(models(), v41=True)
    bench.schedule(5)
    assert bench.found == [ArchError.VPE_NOT_IN_TABLE]
    bench.deschedule()
    bench.gicr(0, "GICR_VPROPBASER", 0)
    bench.found.clear()
    bench.schedule(0)
    assert bench.found == [ArchError.VPROPBASER_INVALID]


def test_list_registers() -> None:
    """A special vINTID is reported when it is written not inactive; two of one vINTID when the guest takes one of them."""
    bench = VirtualBench(models()).virtual_boot()
    for vintid in (1019, 1020, 1023, 1024):
        bench.found.clear()
        bench.msr("ICH_LR0_EL2", lr(vintid))
        assert bench.found == ([ArchError.LR_SPECIAL_INTID] if 1020 <= vintid <= 1023 else [])
    bench.found.clear()
    bench.msr("ICH_LR0_EL2", 1020)
    assert not bench.found, "inactive"
    bench.msr("ICH_LR0_EL2", lr(40))
    bench.msr("ICH_LR1_EL2", lr(40))
    bench.msr("ICH_LR2_EL2", 40)
    assert not bench.found
    assert bench.guest_ack() == 40
    assert bench.found == [ArchError.LR_DUPLICATE]


def test_list_registers_of_a_gicv2() -> None:
    """Two of one VirtualID, but not two of one SGI from different sources."""
    pending = 1 << 28
    for values, found in (((40, 40), True), ((3, 3), True), ((3, 3 | 1 << 10), False), ((40, 41), False)):
        bench = Gicv2Bench(models(), virtual=VirtualConfig(id_bits=10, gicv2=True))
        for name, value in (("GICH_HCR", 1), ("GICV_CTLR", 3), ("GICV_PMR", 0xFF)):
            bench.write(name, value)
        for n, value in enumerate(values):
            bench.write(f"GICH_LR{n}", pending | value)
        assert bench.read("GICV_IAR") in values
        assert bench.found == [ArchError.LR_DUPLICATE] * found, values


@pytest.mark.parametrize("gicv2", [False, True])
def test_a_physical_intid_that_none_can_be(gicv2: bool) -> None:
    """A List register with HW = 1 names a PPI or an SPI, extended ones too; one that is inactive may name anything."""
    for physical in (0, 15, 16, 1019, 1020, 1023, *(() if gicv2 else (1024, 1056, 4096))):
        special = physical < 16 or 1020 <= physical <= 1023
        bench: Any
        if gicv2:
            bench = Gicv2Bench(models(), virtual=VirtualConfig(id_bits=10, gicv2=True))
            write = partial(bench.write, "GICH_LR0")
            state, inactive = 1 << 31 | 1 << 28 | physical << 10 | 40, 1 << 31 | physical << 10 | 40
        else:
            bench = VirtualBench(models()).virtual_boot()
            write = partial(bench.msr, "ICH_LR0_EL2")
            state, inactive = lr(40, physical=physical), lr(40, state=INVALID, physical=physical)
        write(inactive)
        assert not bench.found
        write(state)
        assert bench.found == [ArchError.LR_PHYSICAL_INTID] * special, physical


def test_queue_and_tables_stay_until_the_its_is_quiescent() -> None:
    """GITS_CBASER and GITS_BASER<n> of an ITS that was disabled while a VSYNC waits for another ITS: reported and ignored, and
    GITS_CREADR is where it was."""
    bench = Gicv4Bench(models(), pes=2, number_of_its=2)
    for its in (0, 1):
        bench.map_vpe(0, 0, its=its)
    queue, its0 = bench.its[0], bench.gic.its[0]
    queue.put(vmovp(0, 1), vsync(0))
    its0.predict("its0.reg", write_request("GITS_CWRITER", queue.tail))
    moved = on(its0.predict("its0.step", CommandStep()), "its0.its1.peer")
    its0.predict("its0.step", CommandStep())
    its0.predict("its0.reg", write_request("GITS_CTLR", 0))
    assert not reg_read(its0, "GITS_CTLR") >> 31
    at, tables = its0.creadr, list(its0.baser)
    for name in ("GITS_CBASER", "GITS_BASER0", "GITS_BASER2"):
        assert reports(its0.predict("its0.reg", write_request(name, 0))) == [ArchError.ITS_REG_WHILE_ENABLED]
    assert (its0.creadr, its0.baser) == (at, tables)
    for response in on(bench.gic.its[1].predict("its0.its1.peer", moved[0]), "its1.its0.peer"):
        its0.predict("its1.its0.peer", response)
    assert its0.creadr == queue.tail
    assert reg_read(its0, "GITS_CTLR") >> 31
    assert not reports(its0.predict("its0.reg", write_request("GITS_CBASER", VALID)))
    assert its0.creadr == 0


@pytest.mark.parametrize("v41", [False, True])
def test_a_vpe_that_is_mapped_already(v41: bool) -> None:
    """GICv4.1: each ITS maps it once, the first with ALLOC."""
    bench = Gicv4Bench(models(), pes=2, v41=v41, number_of_its=2)
    own = 0x6300_0000  # GICv4.0: each ITS has its vPE table
    if not v41:
        bench.its[1].write("GITS_CTLR", 0)
        bench.its[1].write("GITS_BASER2", own | VALID | 15)
        bench.its[1].write("GITS_CTLR", 1)
    for its in (0, 1):
        bench.map_vpe(3, its=its)
    assert not bench.found
    for its, alloc in ((0, 0), (1, 0), (1, 1)):
        bench.found.clear()
        bench.its[its].go(vmapp(3, 1, alloc=alloc, v41=v41))
        assert bench.found == [ArchError.VMAPP_REMAP]
    bench.found.clear()
    bench.its[0].go(vmapp(3, 1, valid=False, v41=v41), vmapp(3, 1, v41=v41))
    assert not bench.found
