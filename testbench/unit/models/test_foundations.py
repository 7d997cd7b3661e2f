"""What all models stand on: transactions, memory, errors, configurations, policies: edge cases and clear errors."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irqpath.config.policy import PRESETS, Policy, preset
from irqpath.config.sizes import GicConfig, ItsConfig, linear_affinities, qemu_virt_gicv3
from irqpath.core import errors, transactions
from irqpath.core.errors import AccessError, ArchError, ConfigError, IrqpathError, LinkError
from irqpath.core.memory import ADDRESS_BITS, PAGE_BYTES, Memory
from irqpath.core.transactions import Activate, Clear, Set, SysRead
from irqpath.gic.common.block import Block, Verdict
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.gic.system import Gic

# --- transactions -------------------------------------------------------------------------------------------------------

KINDS = typing.get_args(transactions.Transaction)


def test_every_transaction_is_listed() -> None:
    classes = [thing for thing in vars(transactions).values() if isinstance(thing, type)]
    defined = {kind.__name__ for kind in classes if dataclasses.is_dataclass(kind)}
    assert defined - {"Observed"} == {kind.__name__ for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_transactions_are_small_immutable_values(kind: type) -> None:
    count = sum(f.default is dataclasses.MISSING for f in dataclasses.fields(kind))
    one, other = kind(*range(count)), kind(*range(count))
    assert one == other
    assert hash(one) == hash(other)
    assert not hasattr(one, "__dict__")
    assert kind.__doc__
    for field in dataclasses.fields(kind):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, field.name, 9)


def test_kinds_are_never_equal() -> None:
    same_fields: list[transactions.Transaction] = [Activate(5), Clear(5)]
    assert same_fields[0] != same_fields[1]


# --- memory -------------------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.integers(0, 3 * PAGE_BYTES - 8), st.sampled_from([1, 2, 4, 8]), st.integers(0, (1 << 64) - 1)), max_size=30
    )
)
def test_memory_is_bytes(stores: list[tuple[int, int, int]]) -> None:
    memory, plain = Memory(), bytearray(3 * PAGE_BYTES)
    for address, size, value in stores:
        at = address & ~(size - 1)
        memory.write(at, size, value)
        plain[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
        assert memory.read(at, size) == value & (1 << 8 * size) - 1
    assert memory.dump(0, len(plain)) == plain
    assert all(bytes(page) == plain[at : at + PAGE_BYTES] for at, page in memory.pages())


def test_load_and_dump_cross_pages() -> None:
    memory = Memory()
    data = bytes(n % 251 for n in range(3 * PAGE_BYTES))
    memory.load(PAGE_BYTES - 5, data)
    assert memory.dump(PAGE_BYTES - 5, len(data)) == data
    assert memory.dump(0, PAGE_BYTES - 5) == bytes(PAGE_BYTES - 5)
    assert [at for at, _ in memory.pages()] == [0, PAGE_BYTES, 2 * PAGE_BYTES, 3 * PAGE_BYTES]
    assert memory.dump(5, 0) == b""


def test_memory_that_was_never_written_reads_zero() -> None:
    memory = Memory()
    assert memory.read((1 << ADDRESS_BITS) - 8, 8) == 0
    assert list(memory.pages()) == [], "reading makes no page"


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda m: m.read(0, 3), "memory access of 3 bytes at 0x0: use 1, 2, 4 or 8"),
        (lambda m: m.write(2, 4, 0), "memory access of 4 bytes at 0x2 is not aligned"),
        (lambda m: m.read(1 << ADDRESS_BITS, 1), "outside the 52-bit physical address space"),
        (lambda m: m.write(-8, 8, 0), "outside the 52-bit physical address space"),
        (lambda m: m.load((1 << ADDRESS_BITS) - 1, b"ab"), "2 bytes at 0xfffffffffffff lie outside"),
        (lambda m: m.dump(-1, 1), "outside"),
        (lambda m: m.dump(0, -1), "-1 bytes"),
    ],
)
def test_memory_errors(act: Callable[[Memory], object], text: str) -> None:
    with pytest.raises(AccessError, match=text):
        act(Memory())


# --- errors -------------------------------------------------------------------------------------------------------------


def test_findings_say_where_and_what() -> None:
    for finding in ArchError:
        assert finding.section.startswith(("IHI 0069", "DDI 0601")), finding
        assert finding.text
    assert len({finding.value for finding in ArchError}) == len(ArchError)


def test_exceptions_have_one_base() -> None:
    kinds = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, Exception)]
    assert all(issubclass(kind, IrqpathError) for kind in kinds)
    assert len(kinds) >= 6


# --- configurations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: GicConfig(pes=0), "GicConfig.pes is 0: a GIC of this kit has 1 to 1024 PEs"),
        (lambda: GicConfig(pes=1025), "1025"),
        (lambda: GicConfig(spis=33), "multiple of 32"),
        (lambda: GicConfig(spis=992), "up to 960"),
        (lambda: GicConfig(spis=-32), "-32"),
        (lambda: GicConfig(priority_bits=3), "4 to 8"),
        (lambda: GicConfig(priority_bits=9), "4 to 8"),
        (lambda: GicConfig(intid_bits=9, lpis=False, its=()), "10 to 24"),
        (lambda: GicConfig(intid_bits=25), "10 to 24"),
        (lambda: GicConfig(intid_bits=13), "LPIs start at 8192"),
        (lambda: GicConfig(cpu_intid_bits=20), "16 or 24"),
        (lambda: GicConfig(lpis=False), "its given with lpis=False"),
        (lambda: GicConfig(pes=2, affinities=(0, 0)), "2 distinct values"),
        (lambda: GicConfig(pes=2, affinities=(0,)), "2 distinct values"),
    ],
)
def test_impossible_configurations(make: Callable[[], object], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        make()


def test_affinities_are_clusters_of_16() -> None:
    assert linear_affinities(18)[14:] == (0x00E, 0x00F, 0x100, 0x101)
    assert GicConfig(pes=3).affinities == (0, 1, 2)


def test_type_registers() -> None:
    machine = qemu_virt_gicv3(2, lpis=True, its=True)
    assert machine.name == "qemu-virt-gicv3-its"
    assert machine.config.gicd_typer == 0x37A_0008
    assert machine.config.gits_typer(0) == 0x1F_0001_EFB1
    assert qemu_virt_gicv3(1, lpis=False, its=False).config.gicd_typer == 0x378_0008
    config = GicConfig(pes=2, direct_lpi=True, priority_bits=8, cpu_intid_bits=24, range_selector=True)
    assert [config.gicr_typer(pe) for pe in (0, 1)] == [0x29, 0x1_0000_0139]
    assert config.icc_ctlr_ro == 7 << 8 | 1 << 11 | 1 << 18


def test_derived_sizes() -> None:
    assert [GicConfig(spis=n).last_spi for n in (0, 32, 960)] == [31, 63, 991]
    assert [GicConfig(priority_bits=n).priority_mask for n in (4, 5, 8)] == [0xF0, 0xF8, 0xFF]
    config = GicConfig(pes=2, its=(ItsConfig(), ItsConfig(pta=True)))
    first = config.gicr_base >> 16
    assert [config.rdbase_to_pe(n, 0) for n in (0, 1, 2)] == [0, 1, None]
    assert [config.rdbase_to_pe(first + n, 1) for n in (-2, 0, 1, 2, 4)] == [None, 0, None, 1, None]


# --- policies -----------------------------------------------------------------------------------------------------------


def test_presets() -> None:
    assert set(PRESETS) == {"irqpath", "qemu", "kvm", "gic600"}
    assert all(preset(name).name == name for name in PRESETS)
    with pytest.raises(ConfigError, match="no policy is called 'QEMU'; there are irqpath, qemu, kvm, gic600"):
        preset("QEMU")


@pytest.mark.parametrize("bits", [3, 9])
def test_impossible_priority_bits(bits: int) -> None:
    with pytest.raises(ConfigError, match="4 to 8, or None"):
        Policy(stored_priority_bits=bits)


def test_impossible_store() -> None:
    with pytest.raises(ConfigError, match="lpi_store is -1: 0"):
        Policy(lpi_store=-1)


# --- blocks -------------------------------------------------------------------------------------------------------------


def test_unknown_inputs_are_refused() -> None:
    gicc = CpuInterface(0, GicConfig())
    with pytest.raises(LinkError, match=r"gicc0 has no input 'stream1\.down' that carries Set"):
        gicc.predict("stream1.down", Set(1, 0, 0))
    with pytest.raises(LinkError, match="carries Activate"):
        gicc.predict("stream0.down", Activate(1))
    gic = Gic(GicConfig(its=()))
    with pytest.raises(LinkError, match=r"no block listens to link 'gicc7\.sys'; there are dist0\.down, "):
        gic.send("gicc7.sys", SysRead(0))
    assert gic.gicc[0].inputs() == {"gicc0.sys", "stream0.down", "gicc0.reset"}


def test_exact_acceptance() -> None:
    block: Block = CpuInterface(0, GicConfig())
    assert block.accept([], Clear(1)) == Verdict(False, -1, "nothing is expected on this link")
    assert block.accept([Clear(1), Clear(2)], Clear(1)) == Verdict(True, 0, "")
    assert not block.accept([Clear(1), Clear(2)], Clear(2)).legal


def test_undefined_system_registers() -> None:
    gicc = CpuInterface(0, GicConfig())
    for request in (SysRead(0), transactions.SysWrite(0, 1)):
        out = gicc.predict("gicc0.sys", request)
        assert not any(getattr(t, "ok", False) for _, t in out)
        assert [t.error for _, t in out if isinstance(t, transactions.Report)] == [ArchError.UNDEFINED_SYSREG]
