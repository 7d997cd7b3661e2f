"""Configurations that contradict themselves: every rule with what breaks it and its nearest neighbour that is legal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest

from irqpath.config import rules as rules
from irqpath.config.gicv2 import Gicv2Config, Gicv2Machine, V2mConfig, gicv3_legacy, qemu_virt_gicv2
from irqpath.config.policy import PRESETS, Policy
from irqpath.config.sizes import GicConfig, Gicv4Config, ItsConfig, Machine, VirtualConfig, qemu_virt_gicv3, qemu_virt_gicv4
from irqpath.core.checked import Rule
from irqpath.core.errors import ConfigError
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.gic.system import Gic
from irqpath_testbench.dut import parameters
from irqpath_testbench.dut.parameters import DEVICE_RULES, DutParameters

Fields = dict[str, Any]

_V4: Final[Fields] = {"virtual": VirtualConfig(gicv4=True), "its": (ItsConfig(itt_entry_bytes=16, vpe_entry_bytes=32),)}
_NARROW = ItsConfig(itt_entry_bytes=16, vpe_entry_bytes=32, vpe_bits=8)
_PTA = ItsConfig(itt_entry_bytes=16, vpe_entry_bytes=32, pta=True)
_GICV2_VIRTUAL = VirtualConfig(id_bits=10, gicv2=True)
_GICV2: Final[Fields] = {"gicv2": True, "id_bits": 10}
_TABLE: Final[Fields] = {"pes": 2, "affinities": (0x000, 0x100), "gicv4": Gicv4Config(v41=True, shared_table=3), **_V4}


@dataclass(frozen=True, slots=True)
class Case:
    """`bad` breaks the rule, `good` differs in one thing and is legal. `only`: the rule alone complains of `bad`."""

    rule: str
    bad: Fields
    good: Fields


def _range(field: str, low: int, high: int, **more: Any) -> list[Case]:
    """Both ends of a range, and what lies beyond."""
    rule = f"range of {field}"
    return [
        Case(rule, {field: low - 1, **more}, {field: low, **more}),
        Case(rule, {field: high + 1, **more}, {field: high, **more}),
    ]


ITS: Final = [
    *_range("device_bits", 1, 32),
    *_range("event_bits", 1, 32),
    *_range("collection_bits", 1, 16),
    *_range("vpe_bits", 1, 16),
    Case("device entries hold an address", {"device_entry_bytes": 4}, {"device_entry_bytes": 8}),
    Case("collection entries hold an RDbase", {"collection_entry_bytes": 16}, {"collection_entry_bytes": 8}),
    Case("translation entries hold a mapping", {"itt_entry_bytes": 9}, {"itt_entry_bytes": 12}),
    Case("vPE entries hold a mapping", {"vpe_entry_bytes": 40}, {"vpe_entry_bytes": 32}),
]
GICV4: Final = [
    Case("sgis needs v41", {"sgis": True}, {"sgis": True, "v41": True}),
    *_range("shared_table", 0, 3, v41=True),
    Case("shared_table needs v41", {"shared_table": 1}, {"shared_table": 1, "v41": True}),
    Case("individual_doorbells needs v41", {"individual_doorbells": False}, {"individual_doorbells": False, "v41": True}),
    Case(
        "sgis_without_active_state needs v41",
        {"sgis_without_active_state": True},
        {"sgis_without_active_state": True, "v41": True},
    ),
]
VIRTUAL: Final = [
    Case("number of List registers", {"list_registers": 17}, {"list_registers": 16}),
    Case("number of List registers", {"list_registers": 0}, {"list_registers": 1}),
    Case("number of List registers", {"list_registers": 65, **_GICV2}, {"list_registers": 64, **_GICV2}),
    *_range("priority_bits", 5, 8),
    Case("priorities of a GICv2's List registers", {"priority_bits": 6, **_GICV2}, {"priority_bits": 5, **_GICV2}),
    Case("preemption within priority", {"preemption_bits": 6}, {"preemption_bits": 6, "priority_bits": 6}),
    Case("preemption within priority", {"preemption_bits": 8, "priority_bits": 8}, {"preemption_bits": 7, "priority_bits": 8}),
    Case("virtual INTID bits", {"id_bits": 10}, _GICV2),
    Case("virtual INTID bits", {"id_bits": 24, "gicv2": True}, {"id_bits": 24}),
    *(
        Case(f"{name} is not GICv2's", {name: True, **_GICV2}, {name: True, "gicv4": True})
        for name in ("gicv4", "dvim", "vsgi_eoi_count", "nmi", "aff3_valid")
    ),
    Case("dvim needs gicv4", {"dvim": True}, {"dvim": True, "gicv4": True}),
    Case("vsgi_eoi_count needs gicv4", {"vsgi_eoi_count": True}, {"vsgi_eoi_count": True, "gicv4": True}),
    Case("the maintenance interrupt is a PPI", {"maintenance_ppi": 15}, {"maintenance_ppi": 16}),
    Case("the maintenance interrupt is a PPI", {"maintenance_ppi": 32}, {"maintenance_ppi": 31}),
    Case("the maintenance interrupt is a PPI", {"maintenance_ppi": 1056, **_GICV2}, {"maintenance_ppi": 1056}),
]
_NO_LPIS: Final[Fields] = {"lpis": False, "its": ()}
GIC: Final = [
    *_range("pes", 1, 1024),
    Case("whole words of SPIs", {"spis": 33}, {"spis": 64}),
    Case("whole words of SPIs", {"spis": 992}, {"spis": 960}),
    *_range("priority_bits", 4, 8),
    *_range("intid_bits", 10, 24, cpu_intid_bits=24, **_NO_LPIS),
    Case("INTID bits of the CPU interface", {"cpu_intid_bits": 20}, {"cpu_intid_bits": 24}),
    Case("the CPU interface takes every INTID", {"intid_bits": 17}, {"intid_bits": 17, "cpu_intid_bits": 24}),
    Case("extended SPIs as whole words", {"espis": 1056}, {"espis": 1024}),
    Case("extended PPIs", {"eppis": 96}, {"eppis": 64}),
    Case("INTIDs of extended SPIs", {"espis": 32, "intid_bits": 12, **_NO_LPIS}, {"espis": 32, "intid_bits": 13, **_NO_LPIS}),
    Case("INTIDs of extended PPIs", {"eppis": 32, "intid_bits": 10, **_NO_LPIS}, {"eppis": 32, "intid_bits": 11, **_NO_LPIS}),
    Case("INTIDs of LPIs", {"intid_bits": 13, "its": ()}, {"intid_bits": 14, "its": ()}),
    Case("priorities of two Security states", {"priority_bits": 4, "security": True}, {"priority_bits": 5, "security": True}),
    Case(
        "place for Non-secure superpriority",
        {"priority_bits": 8, "security": True, "nmi": True},
        {"priority_bits": 8, "nmi": True},
    ),
    Case("an ITS makes LPIs", {"lpis": False}, _NO_LPIS),
    Case("direct_lpi needs lpis", {"direct_lpi": True, **_NO_LPIS}, {"direct_lpi": True, "its": ()}),
    Case("invlpir_without_rvpeid needs lpis", {"invlpir_without_rvpeid": True, **_NO_LPIS}, {"invlpir_without_rvpeid": True}),
    Case("number of ITSs", {"its": (ItsConfig(),) * 17}, {"its": (ItsConfig(),) * 16}),
    *_range("common_lpi_aff", 0, 3),
    *_range("iidr", 0, 0xFFFF_FFFF),
    Case("range of pidr2", {"pidr2": 0x13B}, {"pidr2": 0x3B}),
    Case("architecture revision", {"pidr2": 0x2B}, {"pidr2": 0x4B}),
    Case("SRE_EL1 is RAO/WI", {"sre_reset": 0b110}, {"sre_reset": 0b001}),
    Case("frames of 64 KB", {"gicr_base": 0x1000}, {"gicr_base": 0x1_0000}),
    Case("a Redistributor's frames", {"gicr_stride": 0x1_0000}, {"gicr_stride": 0x3_0000}),
    Case(
        "a GICv4 Redistributor's frames",
        {**_V4, "its": (_PTA,), "gicv4": Gicv4Config()},
        {**_V4, "its": (_PTA,), "gicv4": Gicv4Config(), "gicr_stride": 0x4_0000},
    ),
    Case(
        "the last Redistributor's address",
        {"pes": 2, "gicr_base": 0xF_FFFF_FFFE_0000},
        {"pes": 1, "gicr_base": 0xF_FFFF_FFFE_0000},
    ),
    Case("GICv3's virtual interface", {"virtual": _GICV2_VIRTUAL}, {"virtual": VirtualConfig()}),
    Case(
        "the maintenance interrupt is there",
        {"virtual": VirtualConfig(maintenance_ppi=1088), "eppis": 32},
        {"virtual": VirtualConfig(maintenance_ppi=1088), "eppis": 64},
    ),
    Case(
        "GICv4 needs LPIs and virtual interfaces",
        {**_V4, "virtual": VirtualConfig(), "gicv4": Gicv4Config()},
        {**_V4, "gicv4": Gicv4Config()},
    ),
    Case("entries that hold virtual LPIs and vPEs", {**_V4, "its": (ItsConfig(),), "gicv4": Gicv4Config()}, _V4),
    Case(
        "one width of vPEIDs",
        {**_V4, "its": (*_V4["its"], _NARROW), "gicv4": Gicv4Config(v41=True)},
        {**_V4, "its": (_NARROW, _NARROW), "gicv4": Gicv4Config(v41=True)},
    ),
    Case(
        "vPEIDs of a GICv4.0",
        {**_V4, "its": (_NARROW,), "gicv4": Gicv4Config()},
        {**_V4, "its": (_NARROW,), "gicv4": Gicv4Config(v41=True)},
    ),
    Case(
        "SGIs without active state",
        {**_V4, "gicv4": Gicv4Config(v41=True, sgis_without_active_state=True), "security": True},
        {**_V4, "gicv4": Gicv4Config(v41=True, sgis_without_active_state=True)},
    ),
    Case(
        "the virtual CPU interface takes every virtual LPI",
        {**_V4, "gicv4": Gicv4Config(), "intid_bits": 17, "cpu_intid_bits": 24},
        {**_V4, "gicv4": Gicv4Config(), "intid_bits": 16, "cpu_intid_bits": 24},
    ),
    Case(
        "the virtual CPU interface takes every virtual LPI",
        {**_V4, "gicv4": Gicv4Config(), "intid_bits": 24, "cpu_intid_bits": 24},
        {
            **_V4,
            "gicv4": Gicv4Config(),
            "intid_bits": 24,
            "cpu_intid_bits": 24,
            "virtual": VirtualConfig(gicv4=True, id_bits=24),
        },
    ),
    Case(
        "virtual SGIs at both ends",
        {**_V4, "gicv4": Gicv4Config(v41=True, sgis=True)},
        {**_V4, "gicv4": Gicv4Config(v41=True, sgis=True), "virtual": VirtualConfig(gicv4=True, vsgi_eoi_count=True)},
    ),
    Case(
        "superpriority of virtual interrupts",
        {"nmi": True, "virtual": VirtualConfig()},
        {"nmi": True, "virtual": VirtualConfig(nmi=True)},
    ),
    Case("revision of a GICv4", {**_V4, "gicv4": Gicv4Config(), "pidr2": 0x3B}, {**_V4, "gicv4": Gicv4Config()}),
    Case("one affinity a PE", {"pes": 2, "affinities": (0, 0)}, {"pes": 2, "affinities": (0, 1)}),
    Case("one affinity a PE", {"pes": 2, "affinities": (0,)}, {"pes": 1, "affinities": (5,)}),
    Case("one affinity a PE", {"pes": 1, "affinities": (0, 1)}, {"pes": 2}),
    Case(
        "affinities of four levels",
        {"affinities": (1 << 32,), "aff3_valid": True},
        {"affinities": (0xFFFF_FF0F,), "aff3_valid": True},
    ),
    Case("affinities of four levels", {"affinities": (-1,)}, {"affinities": (1,)}),
    Case("Aff3 without A3V", {"affinities": (1 << 24,)}, {"affinities": (1 << 24,), "aff3_valid": True}),
    Case("Aff0 above 15 without RSS", {"affinities": (16,)}, {"affinities": (16,), "range_selector": True}),
    Case(
        "Aff0 above 15 without RSS",
        {"affinities": (16,), "range_selector": True, "cpu_range_selector": False},
        {"affinities": (15,), "range_selector": True, "cpu_range_selector": False},
    ),
    Case("Aff0 above 15 without RSS", {"affinities": (16,), "cpu_range_selector": True}, {"cpu_range_selector": True}),
    Case("who shares the vPE table", _TABLE, {**_TABLE, "common_lpi_aff": 3}),
]
V2M: Final = [
    *_range("first_spi", 32, 1019, spis=1),
    *_range("spis", 1, 988, first_spi=32),
    Case("the frame's last SPI", {"first_spi": 1000, "spis": 21}, {"first_spi": 1000, "spis": 20}),
    *_range("iidr", 0, 0xFFFF_FFFF),
]
GICV2: Final = [
    *_range("pes", 1, 8),
    Case("whole words of SPIs", {"spis": 1}, {"spis": 32}),
    *_range("priority_bits", 4, 8),
    Case("priorities of two Security states", {"priority_bits": 4, "security": True}, {"priority_bits": 5, "security": True}),
    Case("a GICv2's virtual interface", {"virtual": VirtualConfig()}, {"virtual": _GICV2_VIRTUAL}),
    Case("no lockable SPIs in a GICv3", {"v3": True, "lockable_spis": 1, "security": True}, {"v3": True, "security": True}),
    *_range("lockable_spis", 0, 31, security=True),
    Case(
        "lockable SPIs that exist",
        {"lockable_spis": 1, "spis": 0, "security": True},
        {"lockable_spis": 1, "spis": 32, "security": True},
    ),
    Case("lockable_spis needs security", {"lockable_spis": 1}, {"lockable_spis": 1, "security": True}),
    Case("security needs groups", {"security": True, "groups": False}, {"groups": False}),
    Case("groups of a GICv3", {"v3": True, "groups": False}, {"v3": True}),
    *_range("gicd_iidr", 0, 0xFFFF_FFFF),
    Case("range of gicc_iidr", {"gicc_iidr": 1 << 32}, {"gicc_iidr": 0xFFF2_FFFF}),
    Case("range of pidr2", {"pidr2": 0x100}, {"pidr2": 0x1B}),
    Case("architecture revision", {"pidr2": 0x3B}, {"pidr2": 0x3B, "v3": True}),
    Case("architecture revision", {"pidr2": 0x2B, "v3": True}, {"pidr2": 0x2B}),
    Case("architecture of the CPU interface", {"gicc_iidr": 0x3_0000}, {"gicc_iidr": 0x3_0000, "v3": True}),
    Case("SPIs of the message frame", {"v2m": V2mConfig(40, 32)}, {"v2m": V2mConfig(40, 24)}),
]
POLICY: Final = [
    Case("stored priority bits", {"stored_priority_bits": 9}, {"stored_priority_bits": 8}),
    Case("stored priority bits", {"stored_priority_bits": 3}, {"stored_priority_bits": None}),
    Case("room for LPIs", {"lpi_store": -1}, {"lpi_store": 0}),
    Case(
        "a GICR_WAKER that can't be written gates nothing",
        {"waker_razwi": True},
        {"waker_razwi": True, "waker_gates": False},
    ),
    Case(
        "a Redistributor that is off and forwards",
        {"power_register": True, "waker_gates": False},
        {"power_register": True},
    ),
]
DEVICE: Final = [
    *(
        Case(f"range of {name}", {name: values[-1] + 1}, {name: values[0]})
        for name, values in parameters.RANGES.items()
        if name != "pidr2"
    ),
    Case("range of pidr2", {"pidr2": -1}, {"pidr2": 0x30}),
    Case("INTID bits of the CPU interface", {"intid_bits": 17, "cpu_intid_24": False}, {"intid_bits": 16, "cpu_intid_24": False}),
    Case("the Verilog is a GICv3", {"pidr2": 0x4B}, {"pidr2": 0x3F}),
    Case(
        "the wire of a GICv2's maintenance line",
        {"maintained": True},
        {"maintained": True, "gicv2": True, "its": False, "virtual": True},
    ),
]

Make = Callable[..., object]
TABLES: Final[tuple[tuple[Make, Sequence[Rule], list[Case]], ...]] = (
    (ItsConfig, rules.ITS_RULES, ITS),
    (Gicv4Config, rules.GICV4_RULES, GICV4),
    (VirtualConfig, rules.VIRTUAL_RULES, VIRTUAL),
    (GicConfig, (*rules.GIC_RULES, *rules.AFFINITY_RULES), GIC),
    (V2mConfig, rules.V2M_RULES, V2M),
    (Gicv2Config, rules.GICV2_RULES, GICV2),
    (Policy, rules.POLICY_RULES, POLICY),
    (DutParameters, DEVICE_RULES, DEVICE),
)
_EACH: Final = [(make, {rule.name: rule for rule in table}, case) for make, table, cases in TABLES for case in cases]


@pytest.mark.parametrize(("make", "table", "case"), _EACH, ids=[f"{make.__name__}-{case.rule}" for make, _, case in _EACH])
def test_a_contradiction_is_refused(make: Make, table: dict[str, Rule], case: Case) -> None:
    """By one error that names the field and says what to do; its neighbour is accepted."""
    rule = table[case.rule]
    with pytest.raises(ConfigError) as raised:
        make(**case.bad)
    said = str(raised.value)
    assert re.match(rf"{make.__name__}\.{rule.field}( is |: )", said), said
    text = rule.says.split("{", maxsplit=1)[0]
    assert text in said
    assert "\n" not in said
    make(**case.good)


@pytest.mark.parametrize(("make", "table", "cases"), TABLES, ids=lambda part: getattr(part, "__name__", ""))
def test_every_rule_has_its_case(make: Make, table: Sequence[Rule], cases: list[Case]) -> None:
    names = [rule.name for rule in table]
    assert len(set(names)) == len(names)
    assert {case.rule for case in cases} == set(names)


@pytest.mark.parametrize(
    ("make", "fields", "said"),
    [
        (GicConfig, {"pes": "4"}, "GicConfig.pes is '4': a whole number is wanted"),
        (GicConfig, {"spis": 32.0}, "GicConfig.spis is 32.0: a whole number is wanted"),
        (GicConfig, {"pes": True}, "GicConfig.pes is True: a whole number is wanted"),
        (GicConfig, {"lpis": 2}, "GicConfig.lpis is 2: it is a switch, 0 or 1"),
        (GicConfig, {"its": []}, "GicConfig.its is []: a tuple of which each is ItsConfig is wanted"),
        (GicConfig, {"its": (None,)}, "GicConfig.its is (None,): a tuple of which each is ItsConfig is wanted"),
        (
            GicConfig,
            {"affinities": ("0",)},
            "GicConfig.affinities is ('0',): a tuple of which each is a whole number is wanted",
        ),
        (GicConfig, {"virtual": Gicv4Config()}, "VirtualConfig or None is wanted"),
        (Gicv2Config, {"v2m": 7}, "Gicv2Config.v2m is 7: V2mConfig or None is wanted"),
        (Machine, {"name": "m", "config": Gicv2Config()}, "Machine.config is "),
        (Gicv2Machine, {"name": "m", "config": None}, "Gicv2Machine.config is None: Gicv2Config is wanted"),
        (Policy, {"lpi_config": "never"}, "Policy.lpi_config is 'never': one of 'pending', 'cached', 'use' is wanted"),
        (Policy, {"name": 3}, "Policy.name is 3: a text is wanted"),
    ],
)
def test_a_field_of_the_wrong_type_is_refused(make: Make, fields: Fields, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        make(**fields)


def test_a_policy_that_keeps_less_than_the_cpu_interface_compares() -> None:
    """They meet first in the models."""
    said = "Policy.stored_priority_bits is 4: the CPU interfaces compare 5; keep as many, or None"
    for make in (lambda p: Gic(GicConfig(), p), lambda p: Gicv2(Gicv2Config(), p)):
        with pytest.raises(ConfigError, match=said):
            make(Policy(stored_priority_bits=4))
        make(Policy(stored_priority_bits=5))


def test_what_the_models_refuse_is_not_built() -> None:
    """Rules of GicConfig that Device can break without breaking one of its own: none today, and the models are asked."""
    for switch in ("rss", "cpu_rss", "aff3", "direct_lpi", "its"):
        assert DutParameters(**{switch: not getattr(DutParameters(), switch)}).gic()


def test_the_machines_and_presets_are_no_contradictions() -> None:
    """Every preset fits every machine that is built in."""
    machines = [qemu_virt_gicv4(2), *(qemu_virt_gicv3(2, lpis=lpis, its=lpis) for lpis in (False, True))]
    for policy in PRESETS.values():
        for machine in machines:
            assert Gic(machine.config, policy)
        for gicv2 in (qemu_virt_gicv2(2).config, gicv3_legacy(2), Gicv2Config(v3=True)):
            try:
                assert Gicv2(gicv2, policy)
            except ConfigError as error:
                assert "stored_priority_bits" in str(error)


def test_identities_follow_the_architecture() -> None:
    """Where they are not given: ArchRev of GICv2, GICv3 and GICv4, GICD_TYPER2 of a GICv4.1 with narrow vPEIDs."""
    assert (GicConfig().pidr2, GicConfig(**_V4, gicv4=Gicv4Config()).pidr2) == (0x3B, 0x4B)
    assert (Gicv2Config().pidr2, Gicv2Config(v3=True).pidr2) == (0x2B, 0x3B)
    assert (Gicv2Config().gicc_iidr, Gicv2Config(v3=True).gicc_iidr) == (0x2_0000, 0x3_0000)
    narrow = GicConfig(**{**_V4, "its": (_NARROW,)}, gicv4=Gicv4Config(v41=True, sgis_without_active_state=True))
    assert narrow.gicd_typer2 == 1 << 8 | 1 << 7 | 7
    assert GicConfig(**_V4, gicv4=Gicv4Config(v41=True)).gicd_typer2 == 0
