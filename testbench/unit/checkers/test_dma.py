"""Memory that a device reads and writes, events and the clock, on both platforms."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from irqpath import AccessError, CheckError, GicConfig, ModelPlatform
from irqpath.core.errors import IrqpathError
from irqpath.core.memory import aligned
from irqpath.core.transactions import BarrierKind, Msi, Observed
from irqpath.sim.model_platform import POLL_LIMIT
from irqpath_testbench.sequences import dma
from irqpath_testbench.tools.faults.injection import InjectedFault, injected
from irqpath_testbench.tools.sim.simulate import Outcome

Simulate = Callable[..., Outcome]
WITHOUT_LPIS = GicConfig(its=(), lpis=False)
Software = Callable[[ModelPlatform], Coroutine[Any, Any, None]]


def on_models(software: Software, config: GicConfig = WITHOUT_LPIS) -> ModelPlatform:
    """The platform after it."""
    platform = ModelPlatform(config)
    platform.run(software(platform))
    return platform


def failure(software: Software) -> str:
    """What it raises on the models as they are imported now."""
    models = importlib.import_module("irqpath.sim.model_platform")
    platform = models.ModelPlatform(importlib.import_module("irqpath.config.sizes").GicConfig())
    try:
        platform.run(software(platform))
    except IrqpathError as error:
        return str(error)
    return ""


def test_on_the_model_platform() -> None:
    on_models(dma.copy)
    on_models(dma.receive, GicConfig())


@pytest.mark.parametrize("simulator", ["verilator", "icarus"])
def test_on_verilog(run: Simulate, simulator: str) -> None:
    outcome = run("irqpath_testbench.tests.test_dma", "Copy", "Receive", simulator=simulator)
    assert outcome.ok, (outcome.detail, [scenario["failures"] for scenario in outcome.scenarios])


def test_what_overtakes_what() -> None:
    """A read overtakes a write of other bytes, unless a barrier stands between; never one of its own bytes."""

    async def software(platform: ModelPlatform) -> None:
        device, other = platform.dma(), platform.dma()
        device.write(0x1000, 8, 1)
        device.write(0x1008, 8, 1)
        assert await device.read(0x2000, 8) == 0
        assert await other.read(0x1008, 8) == 0, "the second write is under way"
        assert await device.read(0x1004, 4) == 0
        assert await device.read(0x1000, 4) == 1
        assert await device.read(0x1008, 4) == 1
        device.write(0x1000, 8, 2)
        await device.barrier(BarrierKind.READ)
        assert await platform.load(0x1000, 8) == 1
        await device.barrier(BarrierKind.WRITE)
        assert await platform.load(0x1000, 8) == 2
        device.write(0x1000, 8, 3)
        await platform.quiesce()
        assert await platform.load(0x1000, 8) == 3

    on_models(software)


def test_writes_keep_their_order() -> None:
    async def software(platform: ModelPlatform) -> None:
        device = platform.dma()
        for value in range(5):
            device.write(0x1000, 4, value)
        await device.barrier()
        assert await platform.load(0x1000, 4) == 4

    on_models(software)


@pytest.mark.parametrize(("address", "count"), [(0x1000, 0), (0x1001, 1), (0x1003, 2), (0x1FFD, 7), (0x1001, 1500), (0x100C, 16)])
def test_a_block_of_any_length(address: int, count: int) -> None:
    """Each of its bytes by one access, as wide as alignment and its end allow; and what `write_block` was given may change."""
    pieces = aligned(address, count)
    assert [byte for at, size in pieces for byte in range(at, at + size)] == list(range(address, address + count))
    assert all(size in (1, 2, 4, 8) and not at % size for at, size in pieces)
    wider = [(at, size) for at, size in pieces if size < 8 and not at % (2 * size) and at + 2 * size <= address + count]
    assert not wider

    async def software(platform: ModelPlatform) -> None:
        device, data = platform.dma(), bytearray(n & 0xFF for n in range(count))
        device.write_block(address, data)
        kept = bytes(data)
        data[:] = bytes(count)
        assert await device.read_block(address, count) == kept
        assert platform.gic.memory.dump(address, count) == kept
        assert platform.gic.memory.dump(address + count, 8) == bytes(8)

    on_models(software)


def test_reads_keep_their_order() -> None:
    """One that waits for a write of its bytes is not passed by the next."""

    async def software(platform: ModelPlatform) -> None:
        device, order = platform.dma(), []

        async def read(address: int) -> None:
            await device.read(address, 8)
            order.append(address)

        device.write(0x1000, 8, 1)
        jobs = [platform.start(read(address), f"read at {address:#x}") for address in (0x1000, 0x2000)]
        for job in jobs:
            await job.join()
        assert order == [0x1000, 0x2000]

    on_models(software)


def test_a_write_does_not_pass_a_message() -> None:
    """When the ITS takes the message, memory has the write before it and not the one behind."""
    seen: list[tuple[int, int]] = []

    def listen(observed: Observed) -> None:
        if isinstance(observed.transaction, Msi):
            seen.append((platform.gic.memory.read(0x1000, 4), platform.gic.memory.read(0x1008, 4)))

    async def software(machine: ModelPlatform) -> None:
        device = machine.dma()
        device.write(0x1000, 4, 1)
        device.send_msi(0, 0)
        device.write(0x1008, 4, 1)
        await device.barrier(BarrierKind.WRITE)
        assert await machine.load(0x1008, 4) == 1

    platform = ModelPlatform(GicConfig(), listen=listen)
    platform.run(software(platform))
    assert seen == [(1, 0)]


def test_an_access_that_cannot_be() -> None:
    async def software(platform: ModelPlatform) -> None:
        for outside in ((1 << 52) - 1, -1):
            with pytest.raises(AccessError, match="outside the 52-bit physical address space"):
                platform.dma().write_block(outside, b"ab")
            with pytest.raises(AccessError, match="outside the 52-bit physical address space"):
                await platform.dma().read_block(outside, 2)
        with pytest.raises(CheckError, match="device 5 sends event 3, and there is no ITS"):
            platform.dma().send_msi(5, 3)
        with pytest.raises(AccessError, match="is not aligned"):
            platform.dma().write(0x1001, 2, 0)
        with pytest.raises(AccessError, match="use 1, 2, 4 or 8"):
            await platform.dma().read(0x1000, 3)

    on_models(software)


# --- that it is noticed -----------------------------------------------------------------------------------------------


DMA = "irqpath.sim.dma"
LOST = InjectedFault("event-lost", DMA, "        self._event.set()\n", "        pass\n")
MESSAGE_FIRST = InjectedFault(
    "message-first",
    DMA,
    'self._post(f"message of device {device}", lambda: self._platform.send_msi(device, event))',
    'self._platform.start(self._platform.send_msi(device, event), "message")',
)
WRITE_PASSED = InjectedFault("write-passed", DMA, "in self._posted if write.first", "in () if write.first")
NO_BARRIER = InjectedFault("no-barrier", DMA, "else list(self._posted)", "else []")


async def flag(platform: ModelPlatform) -> None:
    """Two writes and a barrier: then software sees the second, too."""
    device = platform.dma()
    device.write(0x1004, 4, 1)
    device.write(0x1000, 4, 1)
    await platform.spend(1)
    await device.barrier()
    if not await platform.load(0x1000, 4):
        raise CheckError("the barrier has not waited")


@pytest.mark.parametrize(
    ("fault", "software", "noticed"),
    [
        (LOST, dma.copy, "an event that was set has not happened"),
        (MESSAGE_FIRST, dma.receive, "the message has passed what the device wrote before it"),
        (WRITE_PASSED, dma.copy, "a device does not read what it has written"),
        (WRITE_PASSED, dma.receive, "a device does not read the block that it has written"),
        (NO_BARRIER, flag, "the barrier has not waited"),
    ],
)
def test_a_bug_is_noticed(fault: InjectedFault, software: Software, noticed: str) -> None:
    """An event that is lost; a message, or a read of the same bytes, that passes an older write; a barrier that does nothing."""
    assert not failure(software)
    with injected(fault):
        assert noticed in failure(software)


def test_a_wait_that_ends_with_an_error() -> None:
    """It says what was waited for, and how long; who waits for less is told so."""
    platform = ModelPlatform(WITHOUT_LPIS)
    with pytest.raises(CheckError, match="waited for 100,000 cycles: used buffer of a device that sleeps has not happened"):
        platform.run(dma.never(platform))
    assert platform.now == POLL_LIMIT

    async def software(machine: ModelPlatform) -> None:
        event = machine.event("the end")
        for cycles in (0, 7):
            with pytest.raises(CheckError, match=f"waited for {cycles} cycles: the end has not happened"):
                await event.wait(cycles)
        assert machine.now == 7
        event.set()
        await event.wait(0)
        assert event.happened

    on_models(software)


@pytest.mark.parametrize("simulator", ["verilator", "icarus"])
def test_a_wait_that_ends_on_verilog(run: Simulate, simulator: str) -> None:
    outcome = run("irqpath_testbench.tests.test_dma", "Never", simulator=simulator)
    (result,) = outcome.scenarios
    assert result["failures"][0] == (
        "the scenario raised CheckError: waited for 16,000 cycles: used buffer of a device that sleeps has not happened"
    )
