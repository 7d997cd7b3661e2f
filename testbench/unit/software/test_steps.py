"""The eight steps of each packet, for every delivery and both kinds of rings."""

from __future__ import annotations

import pytest

from irqpath.core.errors import CheckError, ConfigError
from irqpath.sim.model_platform import ModelPlatform
from irqpath.software.cpu.cycles import Cycles, of_machine
from irqpath.software.cpu.exits import Reason
from irqpath.software.machine import Generation, Machine, gic
from irqpath.software.packets import Ledger, Packet, Packets, Step
from irqpath.software.workload import Workload
from unit.software.software_drive import run

ALWAYS = (Step.ADD_BUF, Step.FORWARDED, Step.RESPONSE, Step.HANDLER)


WITH_ITS = ("GICv3", "GICv4.0", "GICv4.1")
DELIVERIES = ("MSI", "INTX", "ASSIGNED")
#: A GICv2 has no ITS, and no assigned function.
MACHINES = [
    (generation, delivery)
    for generation in ("GICv2", *WITH_ITS)
    for delivery in DELIVERIES
    if (generation, delivery) != ("GICv2", "ASSIGNED")
]


def _steps(generation: str, delivery: str) -> tuple[Step, ...]:
    """Those of a packet that goes alone: an assigned function has no event loop, and with GICv4 no irqfd."""
    left = set()
    if delivery == "ASSIGNED":
        left = {Step.EVENT_LOOP} if generation == "GICv3" else {Step.EVENT_LOOP, Step.IRQFD}
    return tuple(step for step in Step if step not in left)


@pytest.mark.parametrize("packed", [False, True], ids=["split", "packed"])
@pytest.mark.parametrize(("generation", "delivery"), MACHINES)
def test_an_idle_machine_takes_every_step(generation: str, delivery: str, packed: bool) -> None:
    """One packet at a time: each is kicked, heard, and interrupts; those of INTx share the wire with what was transmitted."""
    found = run(Workload(6, idle=True, packed=packed), generation, delivery)
    assert [packet.number for packet in found.packets] == list(range(6))
    for packet in found.packets[1:]:
        assert packet.steps == _steps(generation, delivery), packet
    result = found.result
    assert result.exits[Reason.WFI] + result.exits[Reason.INTERRUPT] >= 5
    assert (result.list_registers == 0) is (delivery == "ASSIGNED" and generation != "GICv3")


@pytest.mark.parametrize("packed", [False, True], ids=["split", "packed"])
@pytest.mark.parametrize(("generation", "delivery"), MACHINES)
def test_a_busy_machine_shares_steps(generation: str, delivery: str, packed: bool) -> None:
    """Bursts: what is suppressed on either side is missing, and the rest comes in order."""
    found = run(Workload(24, burst=8, size=16, interval=500, packed=packed), generation, delivery)
    assert [packet.number for packet in found.packets] == list(range(24))
    assert all(packet.took(step) for packet in found.packets for step in ALWAYS)
    result = found.result
    assert result.sent < 24
    assert result.notifications < 24
    assert any(not packet.took(Step.VIRTUAL_INTERRUPT) for packet in found.packets)


def test_a_running_guest_is_interrupted_without_an_exit_by_gicv4() -> None:
    """The guest does other work while its packets come back: with GICv3 each is an exit, with GICv4 none is."""
    load = Workload(6, interval=30_000, tick=0)
    exits = {g: run(load, g, "ASSIGNED").result.exits[Reason.INTERRUPT] for g in WITH_ITS}
    assert exits["GICv3"] >= 6
    assert exits["GICv4.0"] == exits["GICv4.1"] == 0
    emulated = run(load, "GICv4.1", "MSI").result
    assert emulated.exits[Reason.INTERRUPT] >= 6  # what QEMU emulates is injected, whatever the GIC can


@pytest.mark.parametrize("vcpus", [2, 3])
@pytest.mark.parametrize(("generation", "delivery"), [("GICv2", "MSI"), *(("GICv3", delivery) for delivery in DELIVERIES)])
def test_more_vcpus_call_each_other(generation: str, delivery: str, vcpus: int) -> None:
    """After each burst the first vCPU calls the others by SGI, which traps (that of a GICv2 as an access to its Distributor), and
    each says by another that it has done it."""
    found = run(Workload(24, burst=4, interval=500), generation, delivery, vcpus=vcpus)
    calls = (24 // 4 + 1) * (vcpus - 1)
    assert found.result.exits[Reason.SYSREG] == (0 if generation == "GICv2" else 2 * calls)
    assert 2 * calls - (vcpus - 1) <= found.result.sgis <= 2 * calls  # nobody waits for the last ones


def test_a_gicv2_has_no_assigned_function() -> None:
    with pytest.raises(ConfigError, match="a GICv2 has none"):
        run(Workload(1), "GICv2", "ASSIGNED")


@pytest.mark.parametrize("migrate", [False, True], ids=["stay", "move"])
def test_virtual_sgis_of_gicv41(migrate: bool) -> None:
    """The sender's exits are the same, but no List register is written and nobody is kicked: who blocks has its doorbell."""
    load = Workload(24, burst=4, interval=500, tick=0)
    for delivery in ("MSI", "ASSIGNED"):
        found = run(load, "GICv4.1", delivery, vcpus=3, migrate=migrate).result
        before = run(load, "GICv4.0", delivery, vcpus=3, migrate=migrate).result
        assert found.exits[Reason.SYSREG] == before.exits[Reason.SYSREG] == 2 * (24 // 4 + 1) * 2
        assert found.doorbells > before.doorbells
        assert found.list_registers < before.list_registers
        assert (found.list_registers == 0) is (delivery == "ASSIGNED")


def test_what_costs_more_takes_longer() -> None:
    """Of a published machine, and with a cost of one's own."""
    vhe = run(Workload(3, idle=True), cycles=of_machine("Cortex-A57", "el2Linux (like VHE)"))
    split = run(Workload(3, idle=True), cycles=of_machine("Cortex-A57", "split-mode KVM"))
    slow = run(Workload(3, idle=True), cycles=Cycles().overridden({"wire": 100_000}))
    assert vhe.result.cycles < split.result.cycles < slow.result.cycles
    with pytest.raises(ConfigError, match="no cost is called wires; there are complete, entry"):
        Cycles().overridden({"wires": 1})
    with pytest.raises(ConfigError, match="less than none"):
        Cycles(exit=-1)
    with pytest.raises(ConfigError, match="no machine is called 'Cray'"):
        of_machine("Cray", "1")
    with pytest.raises(ConfigError, match="has no run 'one CPU, GICv2' in cycles"):
        of_machine("Juno r2", "one CPU, GICv2")


@pytest.mark.parametrize(
    "wrong",
    [
        {"packets": 0},
        {"burst": 0},
        {"interval": -1},
        {"spurious": -1},
        {"size": 3},
        {"size": 512},
        {"size": 12},
        {"tick": 100},
        {"tick": -1},
    ],
)
def test_workloads_that_are_none(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=r"a workload of|rings of|a tick every"):
        Workload(**wrong)  # type: ignore[arg-type]  # bool where int stands


@pytest.mark.parametrize(("generation", "delivery"), MACHINES)
def test_guests_have_packets_of_their_own(generation: str, delivery: str) -> None:
    """Two guests: each gets its own, in order, which its ledger asserts; what is counted is of both."""
    one = run(Workload(9, burst=3, interval=700, tick=0), generation, delivery).result
    both = run(Workload(9, burst=3, interval=700, tick=0), generation, delivery, guests=2)
    assert len(both.packets) == 18
    assert both.result.sent == 2 * one.sent
    assert both.result.cycles < 2 * one.cycles  # they share QEMU's PE, and no other


@pytest.mark.parametrize("many", [{"guests": 0}, {"guests": 17}, {"guests": 2, "vcpus": 33, "pes": 2}])
def test_too_many_guests(many: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="guests of"):
        run(Workload(1), pes=many.pop("pes", 2), **many)  # type: ignore[arg-type]  # none is a bool


def test_a_gic_without_a_place_for_it() -> None:
    with pytest.raises(ConfigError, match="a vCPU and 2 PEs; this GIC has 1"):
        Machine(ModelPlatform(gic(Generation.GICV3, 1)), Workload())


# --- the ledger and the steps themselves --------------------------------------------------------------------------------------


def _content(number: int) -> bytes:
    return number.to_bytes(8, "little") + b"content"


@pytest.mark.parametrize(
    ("arrives", "says"),
    [
        ([0, 0], "packet 0 is doubled"),
        ([1], "packet 1 has arrived before packet 0, which is lost or late"),
        ([0, 1, 2, 3], "packet 3 has arrived, and nobody sent it"),
        ([0, 1], "1 packets are lost, the first is 2"),
    ],
)
def test_the_ledger_sees_it(arrives: list[int], says: str) -> None:
    ledger = Ledger()
    for number in range(3):
        ledger.sent(_content(number))
    with pytest.raises(CheckError, match=says):
        for number in arrives:
            ledger.arrived(_content(number))
        ledger.close()


def test_the_ledger_sees_another_content() -> None:
    ledger = Ledger()
    ledger.sent(_content(0))
    with pytest.raises(CheckError, match="another content"):
        ledger.arrived(_content(0) + b"!")


def test_a_step_is_taken_once_and_by_a_packet_that_is_there() -> None:
    done: list[Packet] = []
    packets = Packets(lambda: 7, done.append)
    packets.add(0)
    packets.forwarded(0)
    with pytest.raises(CheckError, match="packet 0 takes step 4 twice"):
        packets.forwarded(0)
    packets.responded(0)
    packets.handled(0)
    assert (len(done), packets.open) == (1, 0)
    assert done[0].steps == ALWAYS
    with pytest.raises(CheckError, match="packet 0 is not on its way"):
        packets.responded(0)
