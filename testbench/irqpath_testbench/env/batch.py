"""The cocotb module of a simulator process that does several runs, which differ in seed and folder: one after the other runs the
scenarios of the module that the environment names.

What cocotb found is written where a run ends, into that run's folder: what comes after cannot take it away.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
import os
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cocotb
import cocotb.regression
from cocotb.regression import Test, TestGenerator

from irqpath_testbench.env.process import LOG, MODULE, PROCESS, SEPARATOR, log_to, mark
from irqpath_testbench.env.run_config import VARIABLE, RunConfig

#: Environment variable of cocotb's: its JUnit file.
_RESULTS = "COCOTB_RESULTS_FILE"


class Batch(TestGenerator):
    """The scenarios of each run, as tests of cocotb."""

    def __init__(self) -> None:
        super().__init__(self._nothing)
        self._at = -1
        self._places: list[str] = []

    async def _nothing(self, top: Any) -> None:
        """No test is made of it."""

    def generate_tests(self) -> Iterable[Test]:
        """Every scenario of the module for each run."""
        self._places = os.environ[VARIABLE].split(SEPARATOR)
        scenarios = list(_tests(os.environ[MODULE]))
        for number in range(len(self._places)):
            for scenario in scenarios:
                yield self._of_run(scenario, number)

    def _of_run(self, scenario: Test, number: int) -> Test:
        async def run(*args: Any, **kwargs: Any) -> None:
            if number != self._at:
                self._begin(number)
            # as cocotb does it where a module runs by itself
            digest = int(hashlib.sha1(scenario.fullname.encode()).hexdigest(), 16)
            random.seed(RunConfig.from_environment().seed % 2**32 + digest)
            await scenario.func(*args, **kwargs)

        mine = copy.copy(scenario)
        mine.func, mine.module = run, scenario.module + mark(number)
        return mine

    def _begin(self, number: int) -> None:
        """A run begins, and the one before it is over."""
        manager = cocotb.regression._manager_inst
        place = Path(self._places[number])
        if self._at >= 0:
            PROCESS.run_ends()
            manager.xunit.write(os.environ[_RESULTS])
            manager.xunit = type(manager.xunit)()
            log_to(place.with_name(LOG))
        self._at = number
        os.environ[VARIABLE] = str(place)
        os.environ[_RESULTS] = str(place.with_name(Path(os.environ[_RESULTS]).name))


def _tests(module: str) -> Iterator[Test]:
    """The tests of a module, in its order."""
    for item in vars(importlib.import_module(module)).values():
        if isinstance(item, Test):
            yield item
        elif isinstance(item, TestGenerator):
            yield from item.generate_tests()


batch = Batch()
