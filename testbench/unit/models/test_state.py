"""State as plain data: a model that is saved and restored, between inputs or in the middle of messages, goes on as the original
does; a corrupt state is refused by the name of the field, and changes nothing."""

from __future__ import annotations

import copy
import json
import random
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irqpath.config.gicv2 import Gicv2Config, V2mConfig
from irqpath.config.policy import Policy
from irqpath.config.sizes import FIRST_LPI, SPURIOUS, GicConfig, VirtualConfig
from irqpath.core.link import Link
from irqpath.core.memory import Memory
from irqpath.core.state import StateError
from irqpath.core.transactions import Barrier, LineChange, Out, SysRead, Transaction
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.gic.its.encoding import clear, interrupt, inv, vmovi, vmovp, vsgi
from irqpath.gic.system import Gic
from irqpath_testbench.tools.faults.injection import InjectedFault, injected, models
from unit.models.drive import Bench, sysreg, write_request
from unit.models.gicv2_drive import Gicv2Bench
from unit.models.gicv4_drive import DOORBELL, Gicv4Bench
from unit.models.its_drive import ModelItsDriver
from unit.models.secure_drive import SecureBench
from unit.models.virtual_drive import lr

Step = Callable[[Any, random.Random], object]


def logged(bench: Any) -> list[list[Out]]:
    """Everything that leaves the bench's GIC from now on."""
    log: list[list[Out]] = []
    send = bench.gic.send

    def wrapped(link: str, t: Transaction) -> list[Out]:
        out: list[Out] = send(link, t)
        log.append(list(out))
        return out

    bench.gic = _Proxy(bench.gic, wrapped)
    return log


class _Proxy:
    """A GIC whose `send` is watched."""

    def __init__(self, gic: Any, send: Any) -> None:
        self._gic = gic
        self.send = send

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gic, name)


# --- worlds: a bench and what may happen in it --------------------------------------------------------------------------


def plain() -> Bench:
    """A physical GICv3 of two PEs with an ITS."""
    lib = models()
    bench = Bench(lib, GicConfig(pes=2), Policy(lpi_store=4)).boot()
    bench.lpis()
    for intid in range(16, 40):
        bench.set_up(intid, priority=0x40 + intid % 8 * 8, pe=intid % 2)
    driver = ModelItsDriver(bench).boot()
    driver.map(1, 12, pe=0, bits=4)
    driver.map(2, 12, pe=1, icid=1, first=FIRST_LPI + 20, bits=4)
    return bench


def gicv40() -> Gicv4Bench:
    """A GICv4.0 of two PEs."""
    return _gicv4(Gicv4Bench(models(), pes=2, policy=Policy(lpi_store=4)))


def gicv41() -> Gicv4Bench:
    """A GICv4.1 of two PEs and two ITSs, with virtual SGIs' configuration in the vPE table."""
    bench = _gicv4(Gicv4Bench(models(), pes=2, v41=True, number_of_its=2, policy=Policy(vsgi_config="table")))
    bench.its[0].go(vsgi(0, 3), vsgi(1, 4, group=0, priority=3))
    return bench


def _gicv4(bench: Gicv4Bench) -> Gicv4Bench:
    for vpe in (0, 1):
        bench.map_vpe(vpe, vpe, doorbell=9100 + vpe)
    for event in range(8):
        bench.map_event(event, event % 2, FIRST_LPI + event, doorbell=9000 + event, priority=0x80 + 8 * (event % 3))
    for doorbell in (*range(9000, 9008), 9100, 9101):
        bench.lpi_config(doorbell)
    return bench


def secure() -> SecureBench:
    """Two Security states, extended INTIDs, superpriority, EL2."""
    virtual = VirtualConfig(nmi=True)
    bench = SecureBench(models(), security=True, espis=32, eppis=32, nmi=True, pes=2, virtual=virtual).secure_boot()
    for intid in range(32, 64):
        bench.group(intid, intid % 3)
    bench.reg("GICD_INMIR1", 1 << 7)
    return bench


def gicv2() -> Gicv2Bench:
    """A GICv2 of three PEs with security, virtual interfaces and a message frame."""
    virtual = VirtualConfig(id_bits=10, gicv2=True)
    bench = Gicv2Bench(models(), pes=3, security=True, virtual=virtual, v2m=V2mConfig(40, 16)).boot()
    for pe in range(3):
        bench.write("GICH_HCR", 1, pe)
        bench.write("GICH_VMCR", 0xF8 << 24 | 3, pe)
    return bench


def _take(bench: Bench, rng: random.Random) -> None:
    pe = rng.randrange(bench.config.pes)
    intid = bench.ack(pe)
    if intid != SPURIOUS and rng.random() < 0.8:
        bench.eoi(intid, pe)


PLAIN_STEPS: list[Step] = [
    lambda b, r: b.wire(r.randrange(16, 40), r.randrange(2), r.randrange(2)),
    lambda b, r: b.pend(r.randrange(40), r.randrange(2)),
    lambda b, r: b.unpend(r.randrange(40), r.randrange(2)),
    lambda b, r: b.enable(r.randrange(40), r.randrange(2)),
    lambda b, r: b.disable(r.randrange(40), r.randrange(2)),
    lambda b, r: b.set_priority(r.randrange(40), r.randrange(256), r.randrange(2)),
    lambda b, r: b.route(r.randrange(32, 40), r.randrange(3)),
    lambda b, r: b.msr("ICC_PMR_EL1", r.choice((0xFF, 0x60)), r.randrange(2)),
    lambda b, r: b.msr("ICC_SGI1R_EL1", r.randrange(16) << 24 | r.randrange(4), r.randrange(2)),
    lambda b, r: b.write("GICR_WAKER", r.choice((0, 0, 0, 2)), r.randrange(2)),
    lambda b, r: b.reset_pe(r.randrange(2)) if r.random() < 0.1 else None,
    _take,
    _take,
    lambda b, r: b.msi(r.choice((1, 2)), r.randrange(12)),
    lambda b, r: b.msi(r.choice((1, 2)), r.randrange(12)),
    lambda b, r: b.eoi(r.randrange(16, 40), r.randrange(2)),
]
GICV4_STEPS: list[Step] = [
    *PLAIN_STEPS[:9],
    _take,
    lambda b, r: b.msi(1, r.randrange(9)),
    lambda b, r: b.msi(1, r.randrange(9)),
    lambda b, r: b.schedule(r.randrange(2), r.randrange(2)),
    lambda b, r: b.deschedule(r.randrange(2), flags=r.choice((0, DOORBELL))),
    lambda b, r: b.guest_takes(r.randrange(2)),
    lambda b, r: b.guest_ack(r.randrange(2)),
    lambda b, r: b.its[0].go(r.choice((clear, inv, interrupt))(1, r.randrange(8))),
    lambda b, r: b.its[0].go(vmovp(r.randrange(2), r.randrange(2), doorbell=9000 + r.randrange(2))),
    lambda b, r: b.its[0].go(vmovi(1, r.randrange(8), r.randrange(2))),
    lambda b, r: b.vconfig(FIRST_LPI + r.randrange(8), r.randrange(256), enabled=r.random() < 0.7),
    lambda b, r: b.msr(f"ICH_LR{r.randrange(4)}_EL2", lr(40 + r.randrange(8), 8 * r.randrange(32)), r.randrange(2)),
]
SECURE_STEPS: list[Step] = [
    lambda b, r: b.drive(r.choice((*range(16, 64), *range(1056, 1088), *range(4096, 4128))), r.randrange(2), r.randrange(2)),
    lambda b, r: b.reg("GICD_ISENABLERE0", r.getrandbits(32)),
    lambda b, r: b.reg("GICR_IGROUPRE0", r.getrandbits(32), r.randrange(2)),
    lambda b, r: b.reg("GICR_ISENABLERE0", r.getrandbits(32), r.randrange(2)),
    lambda b, r: b.reg("GICD_ISPENDR1", r.getrandbits(32), secure=r.random() < 0.5),
    lambda b, r: b.reg("GICD_NSACR2", r.getrandbits(32)),
    lambda b, r: b.reg("GICD_IPRIORITYR9", r.getrandbits(32), secure=r.random() < 0.5),
    lambda b, r: b.at(*r.choice(((1,), (2,), (3,))), secure=r.random() < 0.5, pe=r.randrange(2)),
    lambda b, r: b.access("ICC_IAR0_EL1", pe=r.randrange(2)),
    lambda b, r: b.access("ICC_IAR1_EL1", pe=r.randrange(2)),
    lambda b, r: b.access("ICC_NMIAR1_EL1", pe=r.randrange(2)),
    lambda b, r: b.access("ICC_EOIR0_EL1", r.randrange(32, 64), r.randrange(2)),
    lambda b, r: b.access("ICC_EOIR1_EL1", r.randrange(32, 64), r.randrange(2)),
    lambda b, r: b.access("ICC_DIR_EL1", r.randrange(32, 64), r.randrange(2)),
    lambda b, r: b.access("ICC_CTLR_EL1", r.randrange(4), r.randrange(2)),
    lambda b, r: b.access("ICC_SGI1R_EL1", r.randrange(16) << 24 | r.randrange(4), r.randrange(2)),
]
GICV2_STEPS: list[Step] = [
    lambda b, r: b.wire(r.randrange(16, 60), r.randrange(2), r.randrange(3)),
    lambda b, r: b.sgi(r.randrange(16), r.randrange(8), r.randrange(3), filter_=r.randrange(3), nsatt=r.randrange(2)),
    lambda b, r: b.write("GICD_ITARGETSR8", r.getrandbits(32)),
    lambda b, r: b.write("GICD_IGROUPR1", r.getrandbits(32)),
    lambda b, r: b.write("GICD_IPRIORITYR9", r.getrandbits(32), secure=r.random() < 0.5),
    lambda b, r: b.write("GICD_CPENDSGIR1", r.getrandbits(32), r.randrange(3)),
    lambda b, r: b.write("GICC_CTLR", r.choice((3, 7, 0x207)), r.randrange(3)),
    lambda b, r: b.write("V2M_MSI_SETSPI_NS", r.randrange(40, 58)),
    lambda b, r: b.write(f"GICH_LR{r.randrange(4)}", r.getrandbits(32), r.randrange(3)),
    lambda b, r: b.read("GICV_IAR", r.randrange(3)),
    lambda b, r: b.write("GICV_EOIR", r.randrange(1024), r.randrange(3)),
    lambda b, r: b.read("GICC_IAR", r.randrange(3), secure=r.random() < 0.5),
    lambda b, r: b.write("GICC_EOIR", r.randrange(64), r.randrange(3)),
    lambda b, r: b.write("GICC_DIR", r.randrange(64), r.randrange(3)),
]
WORLDS: dict[str, tuple[Callable[[], Any], list[Step]]] = {
    "plain": (plain, PLAIN_STEPS),
    "gicv40": (gicv40, GICV4_STEPS),
    "gicv41": (gicv41, GICV4_STEPS),
    "secure": (secure, SECURE_STEPS),
    "gicv2": (gicv2, GICV2_STEPS),
}


@pytest.mark.parametrize("world", WORLDS)
@settings(max_examples=6)
@given(seed=st.integers(0, 1 << 32), before=st.integers(0, 120))
def test_a_restored_gic_goes_on_as_the_original(world: str, seed: int, before: int) -> None:
    """Saved through JSON in the middle of a random sequence, restored into a fresh GIC: every output of the rest is the same."""
    _goes_on(world, seed, before)


def _goes_on(world: str, seed: int, before: int) -> None:
    make, steps = WORLDS[world]
    rng = random.Random(seed)
    original, twin = make(), make()
    for _ in range(before):
        rng.choice(steps)(original, rng)
    saved = json.loads(json.dumps(original.gic.state()))
    twin.gic.restore(saved)
    assert twin.gic.state() == saved
    for driver, other in zip(getattr(original, "its", []), getattr(twin, "its", []), strict=True):
        other.tail = driver.tail
    logs = logged(original), logged(twin)
    other_rng = random.Random()
    for _ in range(60):
        other_rng.setstate(rng.getstate())
        step = rng.choice(steps)
        other_rng.choice(steps)
        step(original, rng)
        step(twin, other_rng)
        assert logs[0] == logs[1]
    assert original.gic.state() == twin.gic.state()


#: (world, module, what its schema forgets): each a state that is saved without one field.
FORGOTTEN = [
    ("plain", "irqpath.gic.common.bank", '"latch", '),
    ("plain", "irqpath.gic.gicr.lpi", '            "slots": Many(entry),\n'),
    ("plain", "irqpath.gic.gicc.cpu_interface", '            "_acked": Table(Tuple((GROUP, bits(7))), INTID),\n'),
    ("gicv40", "irqpath.gic.gicc.virtual_interface", '            "offered": MAYBE_CANDIDATE,\n'),
    ("gicv41", "irqpath.gic.gicr.doorbells", '            "armed": Table(bits(16), GROUPS),\n'),
    ("gicv2", "irqpath.gic.gicv2.distributor", '            "sources": Many(Many(bits(8), 16), pes),\n'),
]


@pytest.mark.parametrize(("world", "module", "forgotten"), FORGOTTEN, ids=[entry[2].split('"')[1] for entry in FORGOTTEN])
def test_a_forgotten_field_is_noticed(world: str, module: str, forgotten: str) -> None:
    """The property fails for a model whose state lacks something."""
    with injected(InjectedFault("forgets", module, forgotten, "")), pytest.raises(AssertionError):
        for seed in range(12):
            _goes_on(world, seed, 100)


# --- in the middle of messages ------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(seed=st.integers(0, 1 << 32))
def test_blocks_are_saved_between_any_two_messages(seed: int) -> None:
    """One message at a time in a random order of links; all blocks are saved and restored into others while messages travel."""
    rng = random.Random(seed)
    config = GicConfig(pes=2, its=(), lpis=False)
    gic, bench = Gic(config), Bench(models(), config)
    start = bench.boot()
    for intid in (17, 18, 40, 41):
        start.set_up(intid, priority=8 * intid & 0xFF)
    gic.restore(start.gic.state())
    queues: dict[str, deque[Transaction]] = {}

    def offer(out: list[Out]) -> None:
        for link, t in out:
            queues.setdefault(link, deque()).append(t)

    consumers = _consumers(gic)
    for _ in range(80):
        match rng.randrange(5):
            case 0:
                offer([(Link("gicd.spi"), LineChange(rng.choice((40, 41)), rng.randrange(2)))])
            case 1:
                offer([(Link.gicr(rng.randrange(2), "ppi"), LineChange(rng.choice((17, 18)), rng.randrange(2)))])
            case 2:
                offer([(Link.gicc(rng.randrange(2), "sys"), SysRead(sysreg("ICC_IAR1_EL1")))])
            case 3:
                name = rng.choice(("GICD_ICENABLER1", "GICD_ISENABLER1"))
                offer([(Link("gicd.reg"), write_request(name, 0x300))])
            case _:
                waiting = [link for link, queue in queues.items() if queue and link in consumers]
                if waiting:
                    link = rng.choice(waiting)
                    message = queues[link].popleft()
                    other = _copy(gic)
                    out = consumers[link](link, message)
                    assert _consumers(other)[link](link, message) == out
                    assert other.state() == gic.state()
                    if rng.random() < 0.5:
                        gic, consumers = other, _consumers(other)
                    offer(out)


def _consumers(gic: Gic) -> dict[str, Any]:
    return {link: block.predict for block in gic.blocks() for link in block.inputs()}


def _copy(gic: Gic) -> Gic:
    other = Gic(gic.config, gic.policy)
    other.restore(json.loads(json.dumps(gic.state())))
    return other


# --- corrupt states -----------------------------------------------------------------------------------------------------


def leaves(plain_state: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of everything in a state that is no dict or list."""
    if isinstance(plain_state, dict | list):
        items = plain_state.items() if isinstance(plain_state, dict) else enumerate(plain_state)
        for key, value in items:
            yield from leaves(value, (*path, key))
    else:
        yield path


def replaced(plain_state: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a state with one leaf changed."""
    changed = copy.deepcopy(plain_state)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def dotted(path: tuple[Any, ...]) -> str:
    """A path as errors name it."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


@pytest.mark.parametrize("world", WORLDS)
def test_a_corrupt_state_is_refused_by_name(world: str) -> None:
    """Any leaf of a wrong kind: the error names it (a key of a table by its place), and the GIC is as before."""
    make, steps = WORLDS[world]
    rng = random.Random(world)
    bench = make()
    for _ in range(60):
        rng.choice(steps)(bench, rng)
    good = bench.gic.state()
    paths = list(leaves({key: value for key, value in good.items() if key != "memory"}))
    for path in rng.sample(paths, 60):
        with pytest.raises(StateError) as caught:
            bench.gic.restore(replaced(good, path, {"no": "such"}))
        named = str(caught.value).split(" is ")[0].split(" has ")[0].split(" (")[0]
        assert named
        assert dotted(path).startswith(named), (named, dotted(path))
    assert bench.gic.state() == good


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s.pop("gicd"), "the state lacks gicd"),
        (lambda s: s.update(gicx=1), "the state has the unknown gicx"),
        (lambda s: s["gicr"].pop(), r"gicr is \[.*: a list of 2 is needed"),
        (lambda s: s["gicc"][1].update(pmr=256), r"gicc\[1\].pmr is 256: an integer from 0 to 255 is needed"),
        (lambda s: s["gicc"][1].update(pmr=True), r"gicc\[1\].pmr is True"),
        (
            lambda s: s["gicr"][0]["bank"].update(enable="0x1ffffffff"),
            r"gicr\[0\].bank.enable is '0x1ffffffff'",
        ),
        (lambda s: s["gicr"][0]["bank"].update(priority="00"), r"gicr\[0\].bank.priority is '00': 32 bytes"),
        (lambda s: s["gicr"][0].update(power="DOZING"), r"gicr\[0\].power is 'DOZING': one of ASLEEP, WAKING"),
        (lambda s: s["gicr"][0]["lpi"].update(slots=[[1]]), r"gicr\[0\].lpi.slots\[0\] is \[1\]: a list of 2"),
        (lambda s: s["gicd"].update(located=[[40, 0], [40, 1]]), "gicd.located has the key 40 twice"),
        (lambda s: s["gicd"]["status"][0].pop("awake"), r"gicd.status\[0\] lacks awake"),
    ],
)
def test_what_a_refusal_says(change: Callable[[Any], object], says: str) -> None:
    gic = Gic(GicConfig(pes=2))
    good = gic.state()
    broken = copy.deepcopy(good)
    change(broken)
    with pytest.raises(StateError, match=says):
        gic.restore(broken)
    assert gic.state() == good


def test_a_state_of_another_size_is_refused() -> None:
    with pytest.raises(StateError, match=r"gicd\.offers"):
        Gic(GicConfig(pes=1)).restore(Gic(GicConfig(pes=2)).state())
    with pytest.raises(StateError, match="gicd"):
        Gicv2(Gicv2Config(pes=1)).restore(Gicv2(Gicv2Config(pes=2)).state())


def test_memory_state() -> None:
    """Pages that hold something, and nothing else."""
    memory = Memory()
    memory.write(0x5000, 8, 0x1234)
    memory.write(0x9000, 1, 0)
    other = Memory()
    other.write(0x7000, 1, 7)
    other.restore(json.loads(json.dumps(memory.state())))
    assert [at for at, _ in other.contents] == [0x5000]
    assert (other.read(0x5000, 8), other.read(0x7000, 1)) == (0x1234, 0)


def test_a_block_alone() -> None:
    """Any block has a state of its own, under the names of its attributes."""
    gic = Gic(GicConfig(pes=1, its=()))
    gic.gicc[0].predict("gicc0.sys", Barrier())
    state = gic.gicc[0].state()
    assert state["pmr"] == 0
    state["pmr"] = 0xF8
    gic.gicc[0].restore(state)
    assert gic.gicc[0].pmr == 0xF8
