"""The ITS scenarios of kvm-unit-tests' arm/gic.c against the golden models, written anew (see `test_published_kvm`).

A migration is `state()`, JSON, and `restore()` into a fresh GIC.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Final

import pytest

from irqpath.config.policy import IRQPATH, KVM, Policy
from irqpath.config.sizes import FIRST_LPI, GicConfig, ItsConfig
from irqpath.core.errors import IrqpathError
from irqpath.gic.its.encoding import interrupt, inv, invall, mapc, mapd, mapti
from irqpath_testbench.sequences.fields import ENABLE_LPIS
from irqpath_testbench.tools.faults.injection import find, injected, models
from unit.models.drive import PEND, PEND_STRIDE, PROP, Bench
from unit.models.its_drive import COLLECTIONS, DEVICES, ITTS, ModelItsDriver, its_bench
from unit.models.test_published_kvm import PES, POLICIES, handled, published

#: What the suite gives an LPI.
DEFAULT: Final = 0xA0
FIRST, SECOND = 8195, 8196


def its_ready(policy: Policy = IRQPATH) -> tuple[Bench, ModelItsDriver]:
    """Four PEs, LPIs enabled."""
    config = GicConfig(pes=PES, its=(ItsConfig(),))
    return its_bench(Bench(models(), config, policy))


def its_setup(policy: Policy = IRQPATH) -> tuple[Bench, ModelItsDriver]:
    """Device 2, event 20: LPI 8195 on PE 3; device 7, event 255: LPI 8196 on PE 2."""
    bench, its = its_ready(policy)
    bench.lpi_config(FIRST, DEFAULT)
    bench.lpi_config(SECOND, DEFAULT)
    its.go(
        mapd(2, ITTS + 0x2_0000, 7),
        mapd(7, ITTS + 0x7_0000, 7),
        mapc(3, 3),
        mapc(2, 2),
        invall(2),
        invall(3),
        mapti(2, 20, FIRST, 3),
        mapti(7, 255, SECOND, 2),
    )
    assert its.drained()
    return bench, its


def migrated(bench: Bench, its: ModelItsDriver, policy: Policy) -> tuple[Bench, ModelItsDriver]:
    """The machine goes on elsewhere: only what `state` says, as JSON, goes with it."""
    copy = Bench(models(), bench.config, policy)
    copy.gic.restore(json.loads(json.dumps(bench.gic.state())))
    copy.lines = deepcopy(bench.lines)
    driver = ModelItsDriver(copy)
    driver.tail = its.tail
    return copy, driver


@published("its-introspection")
def test_its_introspection() -> None:
    """GITS_IIDR and GITS_TYPER are read-only; physical LPIs; ID spaces; a device table and a collection table."""
    bench, its = its_ready(KVM)
    for name in ("GITS_IIDR", "GITS_TYPER"):
        first = its.read(name)
        for pattern in ((1 << 64) - 1, 0xA5A5_5A5A_A5A5_5A5A, 0):
            its.write(name, pattern & ((1 << (64 if name == "GITS_TYPER" else 32)) - 1))
            assert its.read(name) == first
    typer, config = its.read("GITS_TYPER"), bench.config.its[0]
    assert typer & 1 == 1, "physical LPIs"
    assert (typer >> 4 & 0xF) + 1 == config.itt_entry_bytes
    widths = ((typer >> 8 & 0x1F) + 1, (typer >> 13 & 0x1F) + 1, (typer >> 32 & 0xF) + 1 if typer >> 36 & 1 else 16)
    assert widths == (config.event_bits, config.device_bits, config.collection_bits)
    types = [its.read(f"GITS_BASER{n}") >> 56 & 7 for n in range(8)]
    assert (types.count(1), types.count(4)) == (1, 1)
    for kind, table in ((1, DEVICES), (4, COLLECTIONS)):
        baser = its.read(f"GITS_BASER{types.index(kind)}")
        assert baser & 0xFFFF_FFFF_F000 == table
        assert (baser >> 48 & 0x1F) + 1 == (config.device_entry_bytes if kind == 1 else config.collection_entry_bytes)


@published("its-trigger")
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_its_trigger(policy: Policy) -> None:
    """INT delivers to the right PE; not while the LPI is disabled; what came meanwhile arrives with INVALL after it is enabled
    again; nothing after the device is unmapped."""
    bench, its = its_setup(policy)
    its.go(interrupt(2, 20))
    assert handled(bench) == {(3, FIRST, 0): 1}
    its.go(interrupt(7, 255))
    assert handled(bench) == {(2, SECOND, 0): 1}
    bench.lpi_config(FIRST, DEFAULT, enabled=False)
    its.go(inv(2, 20), interrupt(2, 20))
    assert handled(bench) == {}
    bench.lpi_config(FIRST, DEFAULT)
    its.go(interrupt(2, 20), invall(3))
    assert handled(bench) == {(3, FIRST, 0): 1}, "both INTs are one pending LPI"
    its.go(interrupt(2, 20))
    assert handled(bench) == {(3, FIRST, 0): 1}
    assert its.drained()
    its.go(mapd(2, ITTS + 0x2_0000, 7, valid=False))
    its.go(interrupt(2, 20))
    assert handled(bench) == {}
    assert bench.found, "INT of an unmapped device is an error"
    assert its.drained() is (policy.its_command_error == "skip")


@published("its-migration")
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_its_migration(policy: Policy) -> None:
    bench, its = migrated(*its_setup(policy), policy)
    its.go(interrupt(2, 20))
    assert handled(bench) == {(3, FIRST, 0): 1}
    its.go(interrupt(7, 255))
    assert handled(bench) == {(2, SECOND, 0): 1}
    bench.msi(2, 20)
    assert handled(bench) == {(3, FIRST, 0): 1}
    assert its.drained()
    assert not bench.found


@published("its-migrate-unmapped-collection")
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_its_migrate_unmapped_collection(policy: Policy) -> None:
    """MAPTI to a collection that is mapped only after the migration."""
    bench, its = its_setup(policy)
    its.go(mapti(2, 0, FIRST_LPI, 0))
    bench.lpi_config(FIRST_LPI, DEFAULT)
    bench, its = migrated(bench, its, policy)
    bench.msi(2, 0)
    assert handled(bench) == {}, "the collection is not mapped"
    its.go(mapc(0, 0), invall(0))
    its.go(interrupt(7, 255))
    assert handled(bench) == {(2, SECOND, 0): 1}
    assert bench.memory.read(PROP, 1) == DEFAULT | 1
    its.go(interrupt(2, 0))
    assert handled(bench) == {(0, FIRST_LPI, 0): 1}
    assert its.drained()


@published("its-pending-migration")
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_its_pending_migration(policy: Policy) -> None:
    """256 LPIs that software put into the pending tables of two PEs, interleaved, while LPIs were disabled there: each arrives
    once, on its own PE, after LPIs are enabled and the machine has moved."""
    bench, its = its_ready(policy)
    its.go(mapd(2, ITTS + 0x2_0000, 7), mapc(3, 3), mapc(2, 2))
    for pe in (2, 3):
        bench.write("GICR_CTLR", 0, pe)
        assert bench.read("GICR_CTLR", pe) & 0b1001 == 0, "EnableLPIs and RWP"
    owner = {FIRST_LPI + n: 3 if n % 2 else 2 for n in range(256)}
    for intid, pe in owner.items():
        its.go(mapti(2, intid - FIRST_LPI, intid, pe))
        bench.lpi_config(intid, DEFAULT)
        at = PEND + pe * PEND_STRIDE + intid // 8
        bench.memory.write(at, 1, bench.memory.read(at, 1) | 1 << intid % 8)
    its.go(invall(2), invall(3))
    for pe in (2, 3):
        bench.write("GICR_PENDBASER", PEND + pe * PEND_STRIDE, pe)
        bench.write("GICR_CTLR", ENABLE_LPIS, pe)
    moved, its = migrated(bench, its, policy)
    expected = {(pe, intid, 0): 1 for intid, pe in owner.items()}
    assert handled(moved) == expected
    assert handled(bench) == expected, "the original has them still"
    assert its.drained()
    assert not moved.found


# --- bugs that these scenarios must notice ------------------------------------------------------------------------------

NOTICES: Final[list[tuple[str, Callable[[], None]]]] = [
    ("inv-does-nothing", lambda: test_its_trigger(KVM)),
    ("invall-does-nothing", lambda: test_its_trigger(KVM)),
    ("mapti-needs-collection", lambda: test_its_migrate_unmapped_collection(IRQPATH)),
    ("unmapped-collection-is-pe-0", lambda: test_its_migrate_unmapped_collection(IRQPATH)),
    ("pending-table-never-read", lambda: test_its_pending_migration(IRQPATH)),
]


@pytest.mark.parametrize(("fault", "scenario"), NOTICES, ids=[fault for fault, _ in NOTICES])
def test_a_bug_is_noticed(fault: str, scenario: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """The scenario passes above; with the bug in the models it does not."""
    with injected(find(fault)) as lib:
        monkeypatch.setattr(f"{__name__}.models", lambda: lib)
        with pytest.raises((AssertionError, IrqpathError)):
            scenario()
