"""What a List register holds, in both formats, against the description of the registers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from irqpath.regs import GICH, ICH, Frame, SystemRegisters
from irqpath.software.kvm.list_register import (
    NO_PHYSICAL,
    ListRegister,
    decode_gicv2,
    decode_gicv3,
    encode_gicv2,
    encode_gicv3,
)


@st.composite
def list_registers(draw: st.DrawFn, *, gicv2: bool) -> ListRegister:
    """Any that a hypervisor writes."""
    hw = draw(st.booleans())
    intid = draw(st.integers(0, 1019 if gicv2 else 0xFFFF))
    return ListRegister(
        intid=intid,
        pending=draw(st.booleans()),
        active=draw(st.booleans()),
        group=draw(st.integers(0, 1)),
        priority=draw(st.integers(0, 0x1F)) << 3,
        physical=draw(st.integers(16, 1019)) if hw else NO_PHYSICAL,
        eoi=not hw and draw(st.booleans()),
        source=draw(st.integers(0, 7)) if gicv2 and not hw else 0,
    )


@given(list_registers(gicv2=False))
def test_a_list_register_of_gicv3_keeps_all(lr: ListRegister) -> None:
    """Both ways, each field where the register description has it."""
    value = encode_gicv3(lr)
    assert decode_gicv3(value) == lr
    assert _field(ICH, "ICH_LR0_EL2", "vINTID", value) == lr.intid
    assert _field(ICH, "ICH_LR0_EL2", "State", value) == lr.pending | lr.active << 1
    assert _field(ICH, "ICH_LR0_EL2", "Priority", value) == lr.priority
    assert _field(ICH, "ICH_LR0_EL2", "HW", value) == (lr.physical != NO_PHYSICAL)


@given(list_registers(gicv2=True))
def test_a_list_register_of_gicv2_keeps_all(lr: ListRegister) -> None:
    """The same of GICH_LR, whose priority has five bits."""
    value = encode_gicv2(lr)
    assert decode_gicv2(value) == lr
    assert value < 1 << 32
    assert _field(GICH, "GICH_LR", "VirtualID", value) == lr.intid
    assert _field(GICH, "GICH_LR", "State", value) == lr.pending | lr.active << 1
    assert _field(GICH, "GICH_LR", "Priority", value) == lr.priority >> 3
    assert _field(GICH, "GICH_LR", "Grp1", value) == lr.group


def _field(frame: Frame | SystemRegisters, register: str, name: str, value: int) -> int:
    found = next(f for r in frame.registers if r.name == register for f in r.fields if f.name == name)
    return value >> found.lsb & (1 << found.width) - 1
