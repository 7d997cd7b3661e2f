"""The discrete-event kernel and the model platform: time, order, barriers, and clear words when something hangs."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from irqpath.config.sizes import SPURIOUS, GicConfig
from irqpath.core.errors import CheckError
from irqpath.core.transactions import Activate, GenerateSgi, LineChange, Observed, Set, SgiDeliver, SgiRequest
from irqpath.regs import RegisterError
from irqpath.sim.kernel import Event, Kernel
from irqpath.sim.model_platform import ModelPlatform, locate
from irqpath.sim.platform import FIQ, IRQ, Pe
from irqpath.sim.timing.profile import Profile, named
from unit.models.drive import sgir

CONFIG = GicConfig(pes=2, lpis=False, its=())

# --- kernel -------------------------------------------------------------------------------------------------------------


def test_time_passes_in_order() -> None:
    kernel, log = Kernel(), []

    async def walk(name: str, *waits: int) -> None:
        for cycles in waits:
            await kernel.after(cycles)
            log.append((kernel.now, name))

    kernel.start(walk("a", 5, 5), "a")
    kernel.start(walk("b", 5, 1), "b")
    kernel.run(kernel.start(walk("c", 10, 0), "c"), 100)
    assert log == [(5, "a"), (5, "b"), (6, "b"), (10, "c"), (10, "c"), (10, "a")]


def test_events_carry_a_value_once() -> None:
    kernel, seen = Kernel(), []
    event = Event()

    async def wait() -> None:
        seen.append(await event)
        seen.append(await event)

    async def fire() -> None:
        event.set("first")
        event.set("second")
        await kernel.after(1)

    kernel.start(wait(), "wait")
    kernel.run(kernel.start(fire(), "fire"), 10)
    assert seen == ["first", "first"]


def test_a_task_that_nobody_joins_still_fails_the_run() -> None:
    kernel = Kernel()

    async def bad() -> None:
        await kernel.after(3)
        raise ValueError("broken")

    async def main() -> None:
        await kernel.after(10)

    kernel.start(bad(), "bad")
    with pytest.raises(ValueError, match="broken"):
        kernel.run(kernel.start(main(), "main"), 100)
    assert kernel.now == 3


def test_an_error_reaches_the_caller_through_join() -> None:
    kernel = Kernel()

    async def bad() -> None:
        raise ValueError("broken")

    async def main() -> None:
        await kernel.start(bad(), "bad").join()

    with pytest.raises(ValueError, match="broken"):
        kernel.run(kernel.start(main(), "main"), 100)


def test_a_hang_names_who_waits() -> None:
    kernel = Kernel()

    async def forever() -> None:
        await Event()

    async def ticking() -> None:
        while True:
            await kernel.after(7)

    kernel.start(forever(), "PE 1 waits")
    with pytest.raises(CheckError, match=r"cycle 0: nothing is scheduled any more, and these still wait: PE 1 waits, main"):
        kernel.run(kernel.start(forever(), "main"), 1000)
    kernel.start(ticking(), "timer")
    with pytest.raises(
        CheckError, match=r"cycle 994: 1000 cycles have passed, and these still wait: PE 1 waits, main, timer, next"
    ):
        kernel.run(kernel.start(forever(), "next"), 1000)


# --- platform -----------------------------------------------------------------------------------------------------------


async def bring_up(pe: Pe) -> None:
    """One PE as an operating system brings it up, with all SGIs in Group 1."""
    await pe.write("GICR_WAKER", 0)
    while await pe.read("GICR_WAKER"):
        await pe.spend(5)
    await pe.write("GICR_IGROUPR0", 0xFFFF_FFFF)
    await pe.write("GICR_ISENABLER0", 0xFFFF)
    await pe.msr("ICC_PMR_EL1", 0xF0)
    await pe.msr("ICC_IGRPEN1_EL1", 1)
    await pe.dsb()


def test_sgi_round_trip_in_time() -> None:
    seen: list[Observed] = []
    platform = ModelPlatform(CONFIG, listen=seen.append)
    log: list[tuple[str, int]] = []

    async def receive(pe: Pe) -> None:
        assert await pe.wait_interrupt() == IRQ
        log.append(("line", platform.now))
        assert await pe.mrs("ICC_IAR1_EL1") == 7
        await pe.msr("ICC_EOIR1_EL1", 7)
        await pe.dsb()
        assert pe.lines == 0
        assert await pe.mrs("ICC_IAR1_EL1") == SPURIOUS
        log.append(("done", platform.now))

    async def main() -> None:
        first, second = platform.pes
        await first.write("GICD_CTLR", 2)
        for pe in platform.pes:
            await bring_up(pe)
        job = platform.start(receive(second), "receiver")
        log.append(("sent", platform.now))
        await first.msr("ICC_SGI1R_EL1", sgir(7, 0b10))
        await first.dsb()
        log.append(("barrier", platform.now))
        await job.join()
        await platform.quiesce()

    platform.run(main())
    assert [name for name, _ in log] in (["sent", "barrier", "line", "done"], ["sent", "line", "barrier", "done"])
    times = dict(log)
    assert 10 < times["line"] - times["sent"] < 60, "several hops of a few cycles"
    assert not platform.reports
    path = [o for o in seen if isinstance(o.transaction, (GenerateSgi, SgiRequest, SgiDeliver, Set, Activate))]
    assert [o.link for o in path] == ["stream0.up", "dist0.up", "dist1.down", "stream1.down", "stream1.up"]
    assert [o.accept for o in path] == sorted(o.accept for o in path)
    assert all(o.offer <= o.accept for o in seen)


def observed(profile: Profile) -> list[tuple[str, int]]:
    """When the messages of an SGI are accepted, from the first, with a profile."""
    seen: list[Observed] = []
    platform = ModelPlatform(CONFIG, profile=profile, listen=seen.append)

    async def main() -> None:
        await platform.pes[0].write("GICD_CTLR", 2)
        await bring_up(platform.pes[1])
        await platform.quiesce()
        seen.clear()
        await platform.pes[0].msr("ICC_SGI1R_EL1", sgir(7, 0b10))
        await platform.pes[1].wait_interrupt()

    platform.run(main())
    way = [o for o in seen if isinstance(o.transaction, (GenerateSgi, SgiRequest, SgiDeliver, Set, LineChange))]
    return [(o.link, o.accept - way[0].accept) for o in way]


def test_profile_decides_on_the_time() -> None:
    usual = named("irqpath")
    quick, slow = observed(usual), observed(usual.with_(f"gicd.sgi={usual.blocks['gicd'].costs['sgi'] + 100}"))
    assert [link for link, _ in quick] == [link for link, _ in slow]
    assert [slow[n][1] - quick[n][1] for n in range(len(quick))] == [0, 0, *[100] * (len(quick) - 2)]


def test_waiting_for_an_interrupt_ends() -> None:
    platform = ModelPlatform(CONFIG)

    async def main() -> None:
        pe = platform.pes[0]
        begin = platform.now
        assert await pe.wait_interrupt(cycles=50) == 0
        assert platform.now == begin + 50
        await pe.write("GICD_CTLR", 1)
        await pe.write("GICR_WAKER", 0)
        await pe.write("GICR_ISENABLER0", 1)
        await pe.msr("ICC_PMR_EL1", 0xF0)
        await pe.msr("ICC_IGRPEN0_EL1", 1)
        await pe.write("GICR_ISPENDR0", 1)
        assert await pe.wait_interrupt(cycles=500) == FIQ
        assert await pe.wait_interrupt() == FIQ, "it is there: no waiting"

    platform.run(main())


@pytest.mark.parametrize(
    ("software", "error", "text"),
    [
        (lambda pe: pe.mrs("ICC_EOIR1_EL1"), CheckError, "PE 1: MRS of ICC_EOIR1_EL1 is UNDEFINED"),
        (lambda pe: pe.msr("ICC_IAR1_EL1", 0), CheckError, "PE 1: MSR of ICC_IAR1_EL1 is UNDEFINED"),
        (lambda pe: pe.read("GICD_NOTHING"), RegisterError, "no register GICD_NOTHING"),
    ],
)
def test_software_errors_are_named(software: Callable[[Pe], Coroutine[Any, Any, Any]], error: type[Exception], text: str) -> None:
    platform = ModelPlatform(CONFIG)

    async def main() -> None:
        await software(platform.pes[1])

    with pytest.raises(error, match=text):
        platform.run(main())


def test_registers_are_found_by_name() -> None:
    assert locate("GICR_IPRIORITYR2", 3) == ("gicr3", 0x1_0408, 4)
    assert locate("GICD_IROUTER32", 3) == ("gicd", 0x6100, 8)


def test_an_access_that_no_register_takes() -> None:
    platform = ModelPlatform(CONFIG)

    async def main() -> None:
        assert await platform.pes[0].read_at("gicd", 0, 2) == (0, False)
        assert not await platform.pes[0].write_at("gicr1", 0x10, 8, 0)
        assert len(platform.reports) == 2

    platform.run(main())


def test_software_that_hangs_is_named() -> None:
    platform = ModelPlatform(CONFIG)

    async def receiver() -> None:
        await platform.pes[1].wait_interrupt()

    async def main() -> None:
        await platform.start(receiver(), "interrupt handler of PE 1").join()

    with pytest.raises(CheckError, match="nothing is scheduled any more, and these still wait: main, interrupt handler of PE 1"):
        platform.run(main())


def test_reset_of_a_pe_under_way() -> None:
    """A PE that is reset in the midst of traffic comes up again and gets what was pending."""
    platform = ModelPlatform(CONFIG)

    async def main() -> None:
        first, second = platform.pes
        await first.write("GICD_CTLR", 2)
        for pe in platform.pes:
            await bring_up(pe)
        for cycles in range(12):
            await first.msr("ICC_SGI1R_EL1", sgir(7, 0b10))
            await platform.spend(cycles)
            await platform.reset_pe(1)
            await bring_up(second)
            assert await second.wait_interrupt(200) == IRQ, cycles
            assert await second.mrs("ICC_IAR1_EL1") == 7
            await second.msr("ICC_EOIR1_EL1", 7)
            await second.dsb()
            await platform.quiesce()

    platform.run(main())
    assert not platform.reports


def test_a_platform_that_nobody_has_any_more_is_gone() -> None:
    """What an idle block keeps for its next input keeps nothing alive."""

    async def main(pe: Pe) -> None:
        await pe.read("GICR_CTLR")
        await pe.read("GITS_CTLR")

    def run() -> weakref.ref[ModelPlatform]:
        platform = ModelPlatform(GicConfig(pes=1))
        platform.run(main(platform.pes[0]))
        platform.run(main(platform.pes[0]))  # it can go on
        return weakref.ref(platform)

    gone = run()
    gc.collect()
    assert gone() is None
