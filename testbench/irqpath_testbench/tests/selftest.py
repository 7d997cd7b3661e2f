"""Tests that must fail: each breaks one of the base test's rules, and unit/checkers checks that it fails for that reason."""

from __future__ import annotations

import logging
from collections.abc import Collection
from functools import partial

import pyuvm

from irqpath.core.errors import CheckError
from irqpath.gic.common.memory_block import MemBlock
from irqpath.gic.gicd.distributor import Distributor
from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.env.agents.software import Scenario
from irqpath_testbench.env.base_test import BaseTest
from irqpath_testbench.sequences import sgi, sgi_random
from irqpath_testbench.sequences.polling import until_set
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import bring_up, enable_groups, sweep
from irqpath_testbench.sequences.visible import read_place


async def _one_sgi(platform: Platform) -> None:
    """A little that is right."""
    pe = platform.pes[0]
    await enable_groups(pe, 0b11)
    await bring_up(pe, 0xFFFF_FFFF, [0x80] * 32)
    await pe.mrs("ICC_RPR_EL1")


@pyuvm.test()
class Passes(BaseTest):
    """Nothing wrong: the others fail for what they add to this."""

    def scenario(self) -> Scenario:
        """A little that is right."""
        return _one_sgi


@pyuvm.test()
class LogsAnError(BaseTest):
    """Somebody logs an error."""

    def scenario(self) -> Scenario:
        """Log it by a logger of its own."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            logging.getLogger("some.helper").error("injected error")

        return body


@pyuvm.test()
class LogsAnErrorInUvm(BaseTest):
    """A component logs an error."""

    def scenario(self) -> Scenario:
        """Log it as pyuvm components do."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            self.logger.error("injected error of a component")

        return body


@pyuvm.test()
class ComparesNothing(BaseTest):
    """The scenario does nothing that could be compared."""

    def scenario(self) -> Scenario:
        """Let time pass."""
        return lambda platform: platform.spend(100)


@pyuvm.test()
class BodyDoesNotRun(BaseTest):
    """A subclass overrides the run phase and raises no objection: pyuvm ends such a test at once, as passed."""

    def scenario(self) -> Scenario:
        """Never run."""
        return _one_sgi

    async def run_phase(self) -> None:
        """Override the phase that runs the body: it never runs."""


@pyuvm.test()
class LeavesABinUncovered(BaseTest):
    """The scenario does not do what it is for."""

    def scenario(self) -> Scenario:
        """A little that is right."""
        return _one_sgi

    def must_cover(self) -> Collection[str]:
        """More than that does."""
        return ("signalled by",)


@pyuvm.test()
class ClosesTooFew(BaseTest):
    """The scenario closes fewer journeys than it should."""

    def scenario(self) -> Scenario:
        """A little that is right."""
        return _one_sgi

    def must_close(self) -> int:
        """One more than none."""
        return 1


@pyuvm.test()
class ScenarioRaises(BaseTest):
    """Software finds something wrong."""

    def scenario(self) -> Scenario:
        """Raise."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            raise CheckError("injected exception")

        return body


@pyuvm.test()
class LeavesAnInterrupt(BaseTest):
    """An interrupt is sent and never taken: its journey does not end."""

    def scenario(self) -> Scenario:
        """Send it, end."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            await platform.pes[0].msr("ICC_SGI1R_EL1", sgi.sgir(7, targets=1))

        return body


@pyuvm.test()
class WaitsForEver(BaseTest):
    """Software waits for an interrupt that is masked."""

    def scenario(self) -> Scenario:
        """Send a masked SGI, wait for it."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            await platform.pes[0].msr("ICC_PMR_EL1", 0)
            await platform.pes[0].msr("ICC_SGI1R_EL1", sgi.sgir(7, targets=1))
            await platform.pes[0].wait_interrupt()

        return body


@pyuvm.test()
class PollsForEver(BaseTest):
    """Software polls, without a limit of its own, what does not come: every access is answered, and nothing gets on."""

    def scenario(self) -> Scenario:
        """Two PEs poll two registers that stay as they are."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)

            async def poll_for_ever(pe: Pe) -> None:
                while not await pe.read("GICR_ISPENDR0") & 1 << 9:
                    await pe.spend(3)

            jobs = [platform.start(poll_for_ever(pe), f"PE {pe.index}") for pe in platform.pes[:2]]
            for job in jobs:
                await job.join()

        return body


@pyuvm.test()
class PollsTooLong(BaseTest):
    """Software polls what does not come, with the limit that every poll of ours has."""

    def scenario(self) -> Scenario:
        """GICD_CTLR.RWP is waited for to become 1."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            await until_set(platform.pes[0], "GICD_CTLR", 31, "RWP")

        return body


@pyuvm.test()
class GoesOnAfterAMismatch(BaseTest):
    """Something differs, and what software does goes on without an end."""

    def scenario(self) -> Scenario:
        """The golden GICD gets another GICD_IROUTER40, which is read; then writes for ever."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            await self.env.dispatcher.flush()
            (gicd,) = (c.board.model for c in self.env.checkers if isinstance(c.board.model, Distributor))
            gicd.route[40] = 1
            await platform.pes[0].read("GICD_IROUTER40")
            await _for_ever(platform.pes[0])

        return body


@pyuvm.test()
class NeverEnds(BaseTest):
    """Nothing is wrong, software makes progress, and there is no end to it."""

    def scenario(self) -> Scenario:
        """Writes for ever."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            await _for_ever(platform.pes[0])

        return body


async def _for_ever(pe: Pe) -> None:
    while True:
        await pe.write("GICD_IPRIORITYR8", 0)


@pyuvm.test()
class HidesARegister(BaseTest):
    """A register differs from its golden model, and no traffic of the scenario tells."""

    def scenario(self) -> Scenario:
        """The golden GICD gets another GICD_IROUTER40, behind everybody's back."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            await sweep(platform)  # what was compared before counts for nothing
            await self.env.dispatcher.flush()
            (gicd,) = (c.board.model for c in self.env.checkers if isinstance(c.board.model, Distributor))
            gicd.route[40] = 1

        return body


@pyuvm.test()
class HidesAWordOfMemory(BaseTest):
    """A word of memory differs from the golden MEM, and nobody reads it."""

    def scenario(self) -> Scenario:
        """The golden MEM forgets a store."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            await platform.store(0x9_0000_1238, 4, 0x1234_5678)
            await platform.quiesce()
            await self.env.dispatcher.flush()
            (mem,) = (c.board.model for c in self.env.checkers if isinstance(c.board.model, MemBlock))
            mem.memory.write(0x9_0000_1238, 1, 0)

        return body


@pyuvm.test()
class ComparesAPart(BaseTest):
    """A test that gets round the comparison of the whole state, in part."""

    def scenario(self) -> Scenario:
        """A little that is right."""
        return _one_sgi

    async def compare_state(self) -> None:
        """All but one register."""
        state_check = self.env.state_check.state_check

        async def read_most() -> None:
            for place in state_check.places():
                if str(place) != "GICR_IPRIORITYR7 of gicr1":
                    await read_place(self.env.platform, place)

        state_check.read_everything = read_most  # type: ignore[method-assign]  # what it must see
        await super().compare_state()


@pyuvm.test()
class ComparesNoState(BaseTest):
    """A test that gets round the comparison of the whole state altogether."""

    def scenario(self) -> Scenario:
        """A little that is right."""
        return _one_sgi

    async def compare_state(self) -> None:
        """Override the comparison of the state: none is made."""


@pyuvm.test()
class NeverRests(BaseTest):
    """A scenario that leaves software behind, which goes on while the state is compared."""

    def scenario(self) -> Scenario:
        """SGIs from a job that nobody joins, each taken at once, with pauses in which everything is quiescent."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            pe = platform.pes[0]

            async def go_on() -> None:
                for _ in range(20):
                    await pe.spend(300)
                    await pe.msr("ICC_SGI1R_EL1", sgi.sgir(7, targets=1))
                    await pe.wait_interrupt()
                    await pe.msr("ICC_EOIR1_EL1", await pe.mrs("ICC_IAR1_EL1"))

            platform.start(go_on(), "left behind")

        return body


@pyuvm.test()
class LoopsInPython(BaseTest):
    """A loop without await: the simulator never gets its turn again."""

    def scenario(self) -> Scenario:
        """Loop."""

        async def body(platform: Platform) -> None:
            await _one_sgi(platform)
            await platform.pes[0].msr("ICC_SGI1R_EL1", sgi.sgir(7, targets=1))
            while True:
                pass

        return body


@pyuvm.test()
class Traffic(BaseTest):
    """A little traffic, for faults that are injected from outside."""

    def scenario(self) -> Scenario:
        """Random SGIs."""
        return partial(sgi_random.random_traffic, rng=Randoms("1"), interrupts=50)
