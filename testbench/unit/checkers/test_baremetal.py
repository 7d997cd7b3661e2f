"""The bare-metal GIC test on the models, by `Board` and by the model platform, on the Verilog, and on QEMU."""

from __future__ import annotations

import importlib
import inspect
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

import irqpath
from irqpath import AddressMap, Board, CheckError, GicConfig, Gicv2Config, ModelPlatform, Policy, preset
from irqpath.config.gicv2 import qemu_virt_gicv2
from irqpath.config.sizes import ItsConfig, qemu_virt_gicv3
from irqpath.core.places import ROOT
from irqpath_testbench.sequences.baremetal import kept
from irqpath_testbench.tools.faults.injection import find, injected
from irqpath_testbench.tools.sim.simulate import Outcome

pytest.importorskip("unicorn", reason="the extra `iss` is not installed: an instruction-set simulator")

from irqpath_testbench.sequences.baremetal import on_board
from irqpath_testbench.sequences.baremetal.on_platform import Run
from irqpath_testbench.tools import baremetal as build

Simulate = Callable[..., Outcome]
MACHINES: dict[str, tuple[GicConfig | Gicv2Config, Policy]] = {
    "gicv2": (Gicv2Config(pes=2), preset("irqpath")),
    "gicv2-qemu": (qemu_virt_gicv2(2, el2=True).config, preset("qemu")),
    "gicv3": (GicConfig(pes=2), preset("irqpath")),
    "gicv3-pta": (GicConfig(pes=2, its=(ItsConfig(pta=True),)), preset("irqpath")),
    "gicv3-gic600": (GicConfig(pes=4, priority_bits=5), replace(preset("gic600"), power_register=False)),
    "gicv3-qemu": (qemu_virt_gicv3(2, lpis=True, its=True, el2=True).config, preset("qemu")),
    "gicv3-kvm": (GicConfig(pes=2), preset("kvm")),
}


def program(config: GicConfig | Gicv2Config) -> bytes:
    """The binary for such a GIC."""
    return kept(2 if isinstance(config, Gicv2Config) else 3).read_bytes()


@pytest.mark.parametrize("name", MACHINES)
def test_on_a_board(name: str) -> None:
    config, policy = MACHINES[name]
    machine = on_board.Machine(config, policy, program(config))
    assert (machine.run(), machine.output) == (0, "PASS\n")
    assert machine.board.findings == []


def test_on_the_model_platform() -> None:
    platform = ModelPlatform(GicConfig(pes=2))
    run = Run(platform, program(platform.config))
    platform.run(run.run())
    assert run.output == "PASS\n"
    assert platform.reports == []


def test_saved_and_restored_between_any_two_turns() -> None:
    """The GIC's state is whole: another machine's models go on with it."""
    config = GicConfig(pes=2)
    machine = on_board.Machine(config, preset("irqpath"), program(config))
    for _ in range(10_000):
        other = Board(config, memory=machine.board.memory, address_map=machine.board.address_map)
        other.restore(machine.board.state())
        machine.board = other
        for pe, cpu in list(machine.cpus.items()):
            if other.lines(pe).irq:
                cpu.interrupt()
            machine.serve(pe, cpu, cpu.run(500))
        if machine.status is not None:
            break
    assert (machine.status, machine.output) == (0, "PASS\n")


def test_the_page_shows_the_harness() -> None:
    page = (ROOT / "docs/baremetal.md").read_text(encoding="utf-8")
    assert inspect.getsource(on_board.Machine) in page
    assert len(page.partition("```python\n")[2].partition("```")[0].splitlines()) <= 120


@pytest.mark.parametrize("simulator", ["verilator", "icarus"])
def test_on_verilog(run: Simulate, simulator: str) -> None:
    outcome = run("irqpath_testbench.tests.test_baremetal", "BareMetal", path="lpi", simulator=simulator, watchdog=200_000)
    assert outcome.ok, (outcome.detail, [scenario["failures"] for scenario in outcome.scenarios])


# --- that the program is right ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", build.VERSIONS)
def test_the_binary_is_the_source(version: int) -> None:
    recorded, here = build.COMPILER.read_text(encoding="utf-8").strip(), build.compiler()
    if here != recorded:
        pytest.skip(f"the binaries are made by {recorded}; here is {here or 'no cross compiler'}")
    assert build.build(version) == kept(version).read_bytes(), f"run: python -m {build.__name__}"


@pytest.mark.parametrize("version", build.VERSIONS)
def test_on_qemu(version: int) -> None:
    """Somebody else's GIC passes it too: its timing is another, and it has no device that drives wires."""
    qemu = shutil.which("qemu-system-aarch64")
    if qemu is None:
        pytest.skip("no qemu-system-aarch64 on PATH")
    machine = ("-M", f"virt,gic-version={version}", "-cpu", "cortex-a72", "-smp", "2", "-m", "64")
    loader = ("-device", f"loader,file={kept(version)},addr={on_board.ENTRY:#x}")
    begin = ("-device", f"loader,addr={on_board.ENTRY:#x},cpu-num=0")
    command = (qemu, *machine, "-display", "none", "-semihosting", *loader, *begin)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "PASS\n")


# --- that it is noticed -----------------------------------------------------------------------------------------------

#: A fault, and what the program says of it.
NOTICED: Final = {
    "pmr-not-strict": "masked SPI is pending: expected 0x1, got 0x0",
    "eoimode-ignored-by-eoir": "EOImode 1: it stays active: expected 0x1, got 0x0",
    "dir-does-nothing": "EOImode 1: deactivated, it comes again: expected 0x29, got 0xffffffff",
    "irouter-ignored": "SPI that is routed to the other PE: expected 0x2b, got 0xffffffff",
    "sgi-source-not-shown": "SGI from the other PE: expected 0x403, got 0x3",
    "idbits-one-less": "LPI: expected 0x2000, got 0xffffffff",
}


@pytest.mark.parametrize("name", NOTICED)
def test_an_injected_fault_fails_with_its_step(name: str) -> None:
    fault = find(name)
    true: Any = irqpath.Gicv2Config if "gicv2" in fault.module else irqpath.GicConfig
    machine = on_board.Machine(true(pes=2), preset("irqpath"), program(true()))
    at = AddressMap(ram=((on_board.RAM, len(machine.ram)),))
    with injected(fault):
        board = importlib.import_module("irqpath.board.board").Board
        config = importlib.import_module(true.__module__).__dict__[true.__name__](pes=2)
        machine.board = board(config, memory=machine.board.memory, address_map=at)
        assert machine.run() == 1
    assert machine.output == f"FAIL {NOTICED[name]}\n"


def test_a_program_without_an_end() -> None:
    machine = on_board.Machine(*MACHINES["gicv3"], bytes.fromhex("00000014"))  # b .
    with pytest.raises(CheckError, match="the program has not ended after 10 turns; it printed ''"):
        machine.run(turns=10)
