"""Injecting faults: copies with the bug inside `injected`, nothing left outside, clear errors, faults for a whole process."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import irqpath.gic
from irqpath.core.errors import ConfigError
from irqpath_testbench.tools.faults import injection
from irqpath_testbench.tools.faults.injection import (
    InjectedFault,
    InjectionError,
    Lib,
    copied,
    find,
    importers,
    injected,
    install_from_environment,
    load,
    models,
    registry,
)
from unit.models.rule_tests import RuleTest, rule

ROOT = Path(__file__).resolve().parents[3]
BANK = "irqpath.gic.common.bank"
#: A bug that every test of pending state sees.
FAULT = InjectedFault("never-pending", BANK, "return self.latch |", "return 0 & self.latch |")


def pending(lib: Lib) -> int:
    """Pending interrupts of a bank with one latch set."""
    bank = lib.Bank(1, 0xFF)
    bank.pend_bits(0, 1)
    return bank.pending


def snapshot() -> tuple[dict[str, object], list[object], dict[str, object]]:
    """What an import could leave behind."""
    return dict(sys.modules), list(sys.meta_path), dict(vars(irqpath.gic))


def test_injected_classes_have_the_fault() -> None:
    true = models()
    with injected(FAULT) as lib:
        assert (pending(lib), pending(true)) == (0, 1)
        assert lib.Bank is not true.Bank
        assert lib.Gic is not true.Gic, "it holds a reference to the bank"
        assert lib.CpuInterface is true.CpuInterface, "it holds none"
        assert lib.GicConfig is true.GicConfig
    assert pending(models()) == 1


def test_nothing_is_left_behind() -> None:
    models()
    before = snapshot()
    with injected(FAULT):
        fabric = importlib.import_module("irqpath.sim.fabric")  # a module that this process may not have imported yet
        assert vars(fabric)["Gic"] is models().Gic
    after = snapshot()
    assert after[1:] == before[1:]
    assert {name for name in after[0] if name.startswith("irqpath.gic")} <= before[0].keys()
    assert all(after[0][name] is module for name, module in before[0].items())
    from irqpath.gic.common.bank import Bank

    assert Bank is models().Bank


def test_an_exception_leaves_nothing_either() -> None:
    models()
    before = snapshot()
    with pytest.raises(ConfigError), injected(FAULT) as lib:
        lib.GicConfig(pes=0)
    assert snapshot() == before


def test_several_modules_at_once() -> None:
    also = InjectedFault("deaf", "irqpath.config.sizes", "return min(31 + self.spis, FIRST_SPECIAL - 1)", "return 31")
    with injected(FAULT, also) as lib:
        assert pending(lib) == 0
        assert lib.GicConfig().last_spi == 31
        assert lib.Gic(lib.GicConfig(its=())).config.last_spi == 31
    assert models().GicConfig().last_spi == 63


def test_two_faults_in_one_module() -> None:
    other = InjectedFault("no-acknowledge", BANK, "self.active |= bit", "pass")
    with injected(FAULT, other) as lib:
        bank = lib.Bank(1, 0xFF)
        bank.acknowledge(0)
        assert (pending(lib), bank.active) == (0, 0)


def test_a_copy_without_a_fault_is_as_good() -> None:
    true = models()
    with copied([BANK]) as lib:
        assert pending(lib) == 1
        assert lib.Bank is not true.Bank


def test_faults_nest() -> None:
    other = InjectedFault("no-acknowledge", BANK, "self.active |= bit", "pass")
    with injected(FAULT) as outer:
        with injected(other) as inner:
            assert (pending(inner), pending(outer)) == (1, 0)
        assert models().Bank is outer.Bank


@pytest.mark.parametrize("count", [0, 2])
def test_a_fault_that_does_not_match(count: int) -> None:
    models()
    before = snapshot()
    fault = (
        InjectedFault("stale", BANK, "no such text", "")
        if not count
        else InjectedFault("stale", BANK, "self.latch |= bit", "", count=2)
    )
    with (
        pytest.raises(InjectionError, match=r"fault stale no longer matches: irqpath.gic.common.bank has '.*' \d times, not"),
        injected(fault),
    ):
        pass
    assert snapshot() == before


def test_a_fault_in_no_module() -> None:
    with (
        pytest.raises(InjectionError, match=r"there is no module irqpath\.gic\.nothing"),
        injected(InjectedFault("x", "irqpath.gic.nothing", "", "")),
    ):
        pass


def test_importers() -> None:
    assert {"irqpath.gic.system", "irqpath.sim.fabric", "irqpath.trace.replay"} <= importers([BANK])
    assert "irqpath.gic.gicc.cpu_interface" not in importers([BANK])
    assert "irqpath.gic.gicd.distributor" in importers(["irqpath.gic.gicd.registers"])
    assert importers([]) == frozenset()


def test_injection_is_quick() -> None:
    for name in (BANK, "irqpath.core.transactions"):
        fault = InjectedFault("same", name, "from __future__ import annotations", "from __future__ import annotations")
        with injected(fault):
            pass
        begin = time.process_time()
        with injected(fault):
            pass
        assert time.process_time() - begin < 0.3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[fault]]\nname="a"\nmodule="m"\nold="o"', "fault a: .*new"),
        ('[[fault]]\nname="a"\nmodule="m"\nold="o"\nnew="n"\nolder="x"', "fault a: .*older"),
        ('[[fault]]\nname="a"\nmodule="m"\nold="o"\nnew="n"\n' * 2, "two faults called a"),
    ],
)
def test_a_wrong_registry_is_refused(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(text)
    with pytest.raises(InjectionError, match=message):
        load(file)


def test_every_kind_has_its_file_and_every_name_is_found() -> None:
    """No file of faults of models lies beside those that the registries name, and no name is in two of them."""
    folder = Path(injection.__file__).parent
    assert {*injection.REGISTRIES.values(), folder / "rtl_faults.toml"} == set(folder.glob("*.toml"))
    for kind in injection.REGISTRIES:
        for name, fault in registry(kind).items():
            assert find(name) == fault


@pytest.mark.parametrize("fault", registry().values(), ids=lambda fault: fault.name)
def test_every_registered_fault_matches(fault: InjectedFault) -> None:
    with injected(fault) as lib:
        assert lib.Gic


# --- faults for a whole process -----------------------------------------------------------------------------------------

SCRIPT = """
from irqpath_testbench.tools.faults.injection import install_from_environment
print(",".join(fault.name for fault in install_from_environment()))
from irqpath.gic.common.bank import Bank
bank = Bank(1, 0xFF)
bank.level = 1
print(bank.pending)
"""


def run_injected(names: str | None) -> list[str]:
    """What a process prints that injects what IRQPATH_MODEL_FAULT says."""
    environment = {key: value for key, value in os.environ.items() if key != injection.VARIABLE}
    if names is not None:
        environment[injection.VARIABLE] = names
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()


def test_fault_from_the_environment() -> None:
    assert run_injected(None) == run_injected("") == ["", "1"]
    assert run_injected("level-ignores-line") == ["level-ignores-line", "0"]
    assert run_injected("level-ignores-line, pmr-not-strict")[0] == "level-ignores-line,pmr-not-strict"


def test_environment_errors() -> None:
    with pytest.raises(InjectionError, match=r"no fault is called 'nonsense'; model_faults.toml has \d+ of them"):
        install_from_environment({injection.VARIABLE: "nonsense"})
    models()
    with pytest.raises(
        InjectionError, match=r"fault pmr-not-strict comes too late: irqpath\.gic\.gicc\.cpu_interface is loaded already"
    ):
        install_from_environment({injection.VARIABLE: "pmr-not-strict"})
    before = snapshot()
    assert install_from_environment({}) == ()
    assert snapshot() == before


# --- rule tests ---------------------------------------------------------------------------------------------------------


def test_a_surviving_fault_fails_the_test() -> None:
    @rule("R7", faults=(FAULT,))
    def asks_nothing(lib: Lib) -> None:
        assert lib.Bank

    asks_nothing(None)
    with pytest.raises(pytest.fail.Exception, match="asks_nothing, for R7: fault never-pending survives"):
        asks_nothing(FAULT)


def test_a_noticed_fault_passes_the_test() -> None:
    @rule("R7", faults=(FAULT, "pmr-not-strict"))
    def asks(lib: Lib) -> None:
        assert pending(lib) == 1

    asks(None)
    asks(FAULT)
    declared = vars(asks)["rule_test"]
    assert isinstance(declared, RuleTest)
    assert (declared.name, declared.cites, [fault.name for fault in declared.faults]) == (
        "asks",
        ("R7",),
        [FAULT.name, "pmr-not-strict"],
    )


def test_a_wrong_body_fails_on_the_true_models() -> None:
    @rule("R7", faults=(FAULT,))
    def wrong(lib: Lib) -> None:
        assert pending(lib) == 0

    with pytest.raises(AssertionError):
        wrong(None)


def test_a_body_that_breaks_is_no_proof() -> None:
    """Only assertions and irqpath's own errors count: a TypeError in the body must not pass for a bug noticed."""

    @rule("R7", faults=(FAULT,))
    def breaks(lib: Lib) -> None:
        if not pending(lib):
            raise TypeError("a mistake in the test")

    with pytest.raises(TypeError):
        breaks(FAULT)
