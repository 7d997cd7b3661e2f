"""Memory that a device reads and writes, events and the clock, on both platforms."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from irqpath import AccessError, CheckError, GicConfig, ModelPlatform
from irqpath.core.errors import IrqpathError
from irqpath.core.transactions import BarrierKind
from irqpath.sim import dma as model_dma
from irqpath.sim.model_platform import POLL_LIMIT
from irqpath_testbench.sequences import dma
from irqpath_testbench.tools.faults.injection import InjectedFault, injected
from irqpath_testbench.tools.sim.simulate import Outcome

Simulate = Callable[..., Outcome]
Software = Callable[[ModelPlatform], Coroutine[Any, Any, None]]


def on_models(software: Software) -> ModelPlatform:
    """The platform after it."""
    platform = ModelPlatform(GicConfig(its=(), lpis=False))
    platform.run(software(platform))
    return platform


def failure(software: Software) -> str:
    """What it raises on the models as they are imported now."""
    models = importlib.import_module("irqpath.sim.model_platform")
    config = importlib.import_module("irqpath.config.sizes").GicConfig(its=(), lpis=False)
    platform = models.ModelPlatform(config)
    try:
        platform.run(software(platform))
    except IrqpathError as error:
        return str(error)
    return ""


def test_on_the_model_platform() -> None:
    on_models(dma.copy)


@pytest.mark.parametrize("simulator", ["verilator", "icarus"])
def test_on_verilog(run: Simulate, simulator: str) -> None:
    outcome = run("irqpath_testbench.tests.test_dma", "Copy", simulator=simulator)
    assert outcome.ok, (outcome.detail, [scenario["failures"] for scenario in outcome.scenarios])


def test_what_overtakes_what() -> None:
    """A read overtakes a write of other bytes, unless a barrier stands between; never one of its own bytes."""

    async def software(platform: ModelPlatform) -> None:
        device, other = platform.dma(), platform.dma()
        device.write(0x1000, 8, 1)
        assert await device.read(0x2000, 8) == 0
        assert await other.read(0x1000, 8) == 0, "the write is under way"
        assert await device.read(0x1004, 4) == 0
        assert await device.read(0x1000, 4) == 1
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


def test_an_access_that_cannot_be() -> None:
    async def software(platform: ModelPlatform) -> None:
        with pytest.raises(AccessError, match="is not aligned"):
            platform.dma().write(0x1001, 2, 0)
        with pytest.raises(AccessError, match="use 1, 2, 4 or 8"):
            await platform.dma().read(0x1000, 3)

    on_models(software)


# --- that it is noticed -----------------------------------------------------------------------------------------------


def test_a_barrier_that_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the flag may be seen before the data, or the data never; here writes of a page of its own are faster."""

    async def nothing(_self: object, _kind: BarrierKind = BarrierKind.FULL) -> None:
        """No wait."""

    async def software(platform: ModelPlatform) -> None:
        device = platform.dma()
        device.write(0x1000, 4, 1)
        await device.barrier()
        if not await platform.load(0x1000, 4):
            raise CheckError("the barrier has not waited")

    on_models(software)
    monkeypatch.setattr(model_dma.ModelDma, "barrier", nothing)
    with pytest.raises(CheckError, match="the barrier has not waited"):
        on_models(software)


def test_a_wait_that_ends_with_an_error() -> None:
    """It says what was waited for, and how long; who waits for less is told so."""
    platform = ModelPlatform(GicConfig(its=(), lpis=False))
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


def test_an_event_that_is_lost() -> None:
    with injected(InjectedFault("lost", "irqpath.sim.dma", "        self._event.set()\n", "        pass\n")):
        assert "an event that was set has not happened" in failure(dma.copy)
