"""The model of KVM's vgic: on the golden model of a virtual CPU interface nothing that is injected is lost, doubled or late."""

from __future__ import annotations

import importlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irqpath.core.errors import InputError
from irqpath.software.kvm.interrupt import NOBODY
from irqpath.software.kvm.list_register import (
    NO_PHYSICAL,
    ListRegister,
    decode_gicv3,
    encode_gicv3,
)
from irqpath.software.kvm.vcpu import Interface
from irqpath.software.kvm.vgic import Vgic, sgi1r_targets
from irqpath_testbench.tools.faults.injection import InjectedFault, injected, models
from unit.models.virtual_drive import EN, VirtualBench

TIMER: Final = 27
UIE: Final = 1 << 1
#: Edge-triggered: SGIs, an SPI, LPIs; each with a priority of its own in steps that preempt.
EDGES: Final = {1: 0x40, 2: 0xA0, 40: 0x80, 8192: 0xA0, 8193: 0xA0, 8194: 0x60, 8200: 0xA0}


# --- a guest on the golden model ----------------------------------------------------------------------------------------------


@dataclass
class Guest:
    """A vCPU on a virtual CPU interface of the golden models, entered and left as KVM does.

    `waiting`: interrupts that were injected and not acknowledged since; `running`: acknowledged, not ended; `wire`: the timer's
    output, `active`: its physical interrupt is.
    """

    count: int = 4
    waiting: set[int] = field(default_factory=set)
    running: list[int] = field(default_factory=list)
    wire: bool = False
    active: bool = False

    def __post_init__(self) -> None:
        self.vgic: Vgic = importlib.import_module(Vgic.__module__).Vgic(
            list_registers=self.count, physical_level=lambda irq: self.wire
        )
        self.vgic.map_physical(TIMER, TIMER)
        self.vgic.irq(TIMER).priority = 0x20
        for intid, priority in EDGES.items():
            irq = self.vgic.irq(intid)
            irq.edge, irq.priority = True, priority
        self.bench = VirtualBench(models(), registers=self.count).virtual_boot()

    def inject(self, intid: int) -> None:
        """A message, an SGI."""
        self.vgic.inject(intid, level=True)
        self.waiting.add(intid)

    def fire(self) -> None:
        """The timer's output rises."""
        self.wire = True
        self.take()

    def take(self) -> None:
        """The host takes the timer's interrupt while its output is up, unless it is still active."""
        if self.wire and not self.active:
            self.active = True
            self.vgic.inject(TIMER, level=True)
            self.waiting.add(TIMER)

    def run(self, steps: Sequence[str]) -> None:
        """Enter, let the guest take these steps, leave; check what is written and what comes back."""
        vcpu = self.vgic.vcpus[0]
        before = [(irq.intid, irq.active, irq.priority) for irq in vcpu.ap_list if irq.wanted == 0]
        entry = self.vgic.flush(0)
        chosen = {lr.intid for lr in entry.list_registers}
        assert len(chosen) == len(entry.list_registers) == min(self.count, len(before))
        if len(self.running) <= self.count:
            assert chosen.issuperset(self.running)  # the guest can't end what isn't there
        assert entry.underflow == (len(before) > self.count)
        for intid, active, priority in before:  # nothing that stays out comes before one that is in
            if intid not in chosen:
                assert all(a or (not active and p <= priority) for i, a, p in before if i in chosen)
        self.bench.msr("ICH_HCR_EL2", EN | (UIE if entry.underflow else 0))
        for n, lr in enumerate(entry.list_registers):
            self.bench.msr(f"ICH_LR{n}_EL2", encode_gicv3(lr))
        for step in steps:
            self.step(step)
        self.leave(entry.list_registers)

    def step(self, step: str) -> None:
        """Of the guest: acknowledge, end, or reprogram the timer without a look at its interrupt."""
        if step == "acknowledge":
            intid = self.bench.guest_ack()
            if intid == 1023:
                return
            assert intid in self.waiting, f"{intid} delivered, and nobody waits for it"
            assert intid not in self.running, f"{intid} delivered again before its end"
            self.waiting.discard(intid)
            self.running.append(intid)
            if intid == TIMER:
                self.wire = False
        elif step == "end" and self.running:
            intid = self.running.pop()
            self.bench.guest_eoi(intid)
            if intid == TIMER:
                self.active = False  # HW=1
        elif step == "withdraw":
            self.wire = False

    def leave(self, written: Sequence[ListRegister]) -> None:
        """As KVM does: what is empty isn't read."""
        empty = self.bench.mrs("ICH_ELRSR_EL2")
        back = []
        for n, lr in enumerate(written):
            back.append(lr.invalid() if empty >> n & 1 else decode_gicv3(self.bench.mrs(f"ICH_LR{n}_EL2")))
            self.bench.msr(f"ICH_LR{n}_EL2", 0)
        self.bench.msr("ICH_HCR_EL2", 0)
        if TIMER in self.vgic.fold(0, back):
            self.active = False
        if any(lr.intid == TIMER for lr in written) and not self.wire:
            self.waiting.discard(TIMER)  # withdrawn before it was taken: KVM looks at the output, and forgets it
        self.take()
        listed = [irq.intid for irq in self.vgic.vcpus[0].ap_list]
        assert len(listed) == len(set(listed))
        assert all(irq.listed_by == 0 for irq in self.vgic.vcpus[0].ap_list)

    def drain(self) -> None:
        """The guest takes and ends everything."""
        for _ in range(40):
            if not (self.waiting or self.running):
                break
            self.run(["end"] * len(self.running) + ["acknowledge", "end"] * self.count)
        assert not self.waiting, f"lost: {sorted(self.waiting)}"
        self.run(["acknowledge"])
        assert not self.running
        assert not self.vgic.vcpus[0].ap_list


_STEPS: Final = st.lists(st.sampled_from(("acknowledge", "acknowledge", "end", "withdraw")), max_size=6)
_ACTIONS: Final = st.lists(st.one_of(st.sampled_from(tuple(EDGES)), st.just(TIMER), _STEPS), max_size=40)


def _play(actions: Sequence[int | list[str]], count: int) -> None:
    guest = Guest(count)
    for action in actions:
        match action:
            case int() if action == TIMER:
                guest.fire()
            case int():
                guest.inject(action)
            case list():
                guest.run(action)
    guest.drain()


@given(_ACTIONS, st.sampled_from((1, 2, 4)))
def test_nothing_is_lost_or_doubled(actions: list[int | list[str]], count: int) -> None:
    """Edges that come while pending merge; each other one is taken once; the timer, too, and not after it was withdrawn."""
    _play(actions, count)


BUGS: Final = (
    ("fold", "irq.edge and lr.pending", "False"),
    ("fold", "irq.active = lr.active", "pass"),
    ("fold", "irq.line_level = physical_level(irq)", "irq.line_level = True"),
    ("fold", "    vcpu.underflow = False\n", ""),
    ("fold", "if irq.wanted != vcpu.number", "if irq.wanted == vcpu.number"),
    ("flush", "            irq.pending_latch = False\n", "            pass\n"),
    ("flush", "            irq.line_level = False", "            pass"),
    ("flush", "key=VgicIrq.place", "key=lambda irq: irq.intid"),
    ("flush", "irq is not vcpu.ap_list[-1]", "False"),
    ("vgic", "irq.listed_by == NOBODY and vcpu != NOBODY", "vcpu != NOBODY"),
)


@pytest.mark.parametrize(("module", "old", "new"), BUGS, ids=[f"{module}-{n}" for n, (module, _, _) in enumerate(BUGS)])
def test_the_test_above_sees_bugs(module: str, old: str, new: str) -> None:
    """Each of these loses an interrupt, doubles one, or makes the wrong choice, within some hundreds of random runs."""
    with injected(InjectedFault("bug", f"irqpath.software.kvm.{module}", old, new)), pytest.raises(AssertionError):
        for seed in range(400):
            _play(_random_actions(random.Random(seed)), (1, 2, 4)[seed % 3])


def _random_actions(rng: random.Random) -> list[int | list[str]]:
    def action() -> int | list[str]:
        if rng.random() < 0.5:
            return rng.choice((*EDGES, TIMER))
        return rng.choices(("acknowledge", "end", "withdraw"), (4, 2, 1), k=rng.randrange(6))

    return [action() for _ in range(rng.randrange(40))]


def test_random_runs_without_a_bug() -> None:
    """The same as it is."""
    for seed in range(100):
        _play(_random_actions(random.Random(seed)), (1, 2, 4)[seed % 3])


# --- what the guest above doesn't have ----------------------------------------------------------------------------------------


def _finished(registers: Sequence[ListRegister]) -> list[ListRegister]:
    """The guest acknowledged and ended all of them."""
    return [lr.invalid() for lr in registers]


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 7)), min_size=1, max_size=30), st.sampled_from((1, 2, 4)))
def test_an_sgi_of_gicv2_comes_once_for_each_source(sgis: list[tuple[int, int]], count: int) -> None:
    """And all its sources before anything of less priority."""
    vgic = Vgic(8, list_registers=count, gicv2=True)
    for intid in range(16):
        vgic.irq(intid).priority = intid << 4
    for intid, source in sgis:
        vgic.sgi(intid, (0,), source)
    seen: list[tuple[int, int]] = []
    for _ in range(len(sgis) + 1):
        entry = vgic.flush(0)
        seen += [(lr.intid, lr.source) for lr in entry.list_registers]
        more = {lr.intid for lr in entry.list_registers if lr.eoi}
        assert more == {intid for intid in more if vgic.irq(intid).source}
        vgic.fold(0, _finished(entry.list_registers))
    assert sorted(seen) == sorted(set(sgis))
    left = [set(seen[n:]) for n in range(len(seen))]
    if count == 1:
        assert all(min(rest)[0] == sgi[0] for sgi, rest in zip(seen, left, strict=True))


def test_an_active_sgi_of_gicv2_keeps_its_source() -> None:
    """The other sources wait until it ends, which asks for maintenance."""
    vgic = Vgic(4, gicv2=True)
    vgic.sgi(5, (1,), source=2)
    (lr,) = vgic.flush(1).list_registers
    assert (lr.source, lr.eoi, lr.pending) == (2, False, True)
    vgic.fold(1, [lr._replace(pending=False, active=True)])
    vgic.sgi(5, (1,), source=0)
    vgic.sgi(5, (1,), source=3)
    (lr,) = vgic.flush(1).list_registers
    assert (lr.source, lr.eoi, lr.pending, lr.active) == (2, True, False, True)
    vgic.fold(1, _finished([lr]))
    assert [(lr.source, lr.eoi) for lr in vgic.flush(1).list_registers] == [(0, True)]


def test_a_level_asks_for_maintenance_and_is_resampled() -> None:
    """Pending while its line is up, told once at each end, and gone once the owner has lowered it."""
    ended: list[int] = []

    def lower(intid: int) -> None:
        ended.append(intid)
        vgic.inject(intid, level=len(ended) < 2)

    vgic = Vgic(ended=lower)
    vgic.inject(34, level=True)
    for times in (1, 2):
        (lr,) = vgic.flush(0).list_registers
        assert (lr.eoi, lr.pending, lr.active, lr.physical) == (True, True, False, NO_PHYSICAL)
        vgic.fold(0, [lr._replace(pending=False, active=True)])
        (lr,) = vgic.flush(0).list_registers
        assert (lr.pending, lr.active) == (False, True)  # never both: its line is looked at when it ends
        vgic.fold(0, _finished([lr]))
        assert ended == [34] * times
    assert vgic.flush(0).list_registers == ()


def test_a_disabled_interrupt_waits_for_its_enable() -> None:
    """Pending, on no list; an active one stays in a List register."""
    vgic = Vgic()
    irq = vgic.irq(40)
    irq.edge, irq.enabled = True, False
    vgic.inject(40, level=True)
    assert vgic.flush(0).list_registers == ()
    irq.enabled = True
    vgic.queue(irq)
    (lr,) = vgic.flush(0).list_registers
    irq.enabled = False
    vgic.fold(0, [lr._replace(pending=False, active=True)])
    assert vgic.flush(0).list_registers[0].active


def test_an_interrupt_moves_when_it_is_not_active() -> None:
    """To the vCPU that it's now for: at the fold of the one that had it, and never while that one has it active."""
    vgic = Vgic(2)
    irq = vgic.irq(40)
    irq.edge = True
    vgic.inject(40, level=True)
    (lr,) = vgic.flush(0).list_registers
    irq.target = 1
    vgic.fold(0, [lr._replace(active=True)])
    assert vgic.flush(1).list_registers == ()
    (lr,) = vgic.flush(0).list_registers
    assert lr.active
    assert lr.pending
    vgic.fold(0, [lr._replace(active=False)])
    assert vgic.flush(0).list_registers == ()
    assert [lr.intid for lr in vgic.flush(1).list_registers] == [40]


def test_an_lpi_that_is_unmapped_is_forgotten() -> None:
    """Also by a List register that still holds it."""
    vgic = Vgic()
    vgic.inject(8192, level=True)
    vgic.inject(8193, level=True)
    entry = vgic.flush(0)
    vgic.unmap(8192)
    vgic.fold(0, entry.list_registers)
    assert [lr.intid for lr in vgic.flush(0).list_registers] == [8193]


def test_a_timer_that_is_loaded() -> None:
    """Its physical interrupt is made active while its output is up or the guest has it active."""
    level = True
    vgic = Vgic(physical_level=lambda irq: level)
    vgic.map_physical(TIMER, TIMER)
    assert not vgic.timer_loaded(TIMER, 0, level=False)
    assert vgic.timer_loaded(TIMER, 0, level=True)
    (lr,) = vgic.flush(0).list_registers
    assert (lr.physical, lr.pending) == (TIMER, True)
    assert vgic.fold(0, [lr._replace(pending=False, active=True)]) == ()
    assert vgic.timer_loaded(TIMER, 0, level=False)
    (lr,) = vgic.flush(0).list_registers
    assert (lr.pending, lr.active) == (False, True)
    vgic.fold(0, [lr._replace(active=False)])
    assert not vgic.timer_loaded(TIMER, 0, level=False)
    vgic.timer_loaded(TIMER, 0, level=True)
    level = False
    assert vgic.fold(0, vgic.flush(0).list_registers) == (TIMER,)  # not taken, and its output has fallen


def test_what_is_restored_is_what_was_saved() -> None:
    """Nothing before the first time, nor after a reset; then what is pending is gone, too."""
    vgic = Vgic()
    vgic.map_physical(TIMER, TIMER)
    assert vgic.load(0) is None
    vgic.put(0, Interface(0xF04C000A, (("ICH_AP1R0_EL2", 1 << 24),)))
    assert vgic.load(0) == Interface(0xF04C000A, (("ICH_AP1R0_EL2", 1 << 24),))
    vgic.inject(8192, level=True)
    vgic.inject(TIMER, level=True)
    vgic.reset_vcpu(0)
    assert vgic.load(0) is None
    assert vgic.flush(0).list_registers == ()
    assert vgic.irq(8192).listed_by == NOBODY
    assert vgic.irq(TIMER).physical == TIMER


@pytest.mark.parametrize(
    ("value", "intid", "targets"),
    [
        (0x1000002, 1, (1,)),
        (0xF00000F, 15, (0, 1, 2, 3)),
        (0x3010003, 3, (16, 17)),
        (1 << 40 | 0x2000000, 2, (0, 2, *range(3, 20))),
        (1 << 44 | 0x1000001, 1, ()),
        (0x1008000, 1, (15,)),
        (0x10100F0, 1, ()),
    ],
)
def test_targets_of_an_sgi(value: int, intid: int, targets: tuple[int, ...]) -> None:
    """ICC_SGI1R_EL1, written by vCPU 1 of 20."""
    assert sgi1r_targets(value, 1, 20) == (intid, targets)


@pytest.mark.parametrize("sizes", [{"vcpus": 0}, {"list_registers": 0}, {"list_registers": 17}, {"vcpus": 9, "gicv2": True}])
def test_sizes_that_no_machine_has(sizes: dict[str, int]) -> None:
    """One clear error."""
    with pytest.raises(InputError, match="a vgic of"):
        Vgic(**sizes)  # type: ignore[arg-type]  # bool where int stands
