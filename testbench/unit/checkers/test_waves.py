"""The views of waves: with both simulators every signal that they name is there, of that width, and means what they say."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from irqpath.core.links import CHANNELS, channel_of, encode
from irqpath.core.transactions import Observed, SysRead, SysWrite
from irqpath_testbench.dut.parameters import DIRECT, DutParameters, qemu_virt
from irqpath_testbench.dut.recorder import records_of
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.cli import first_mismatch
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.simulate import Outcome, simulate
from irqpath_testbench.tools.sim.waves import COMMANDS, TOP, lanes, names, time_of, write_views

#: Its build with Verilator is that of the recordings of two PEs too.
MACHINE = qemu_virt(2)


def _signals(dump: Path) -> dict[str, Any]:
    """What a file of waves holds, by name. Its reader is a program of Rust without types for Python."""
    reader: Any = importlib.import_module("pywellen")
    return {signal.full_name: signal for signal in reader.Waveform(str(dump)).all_vars()}


@pytest.fixture(scope="module", params=[pytest.param(s, marks=pytest.mark.simulator(s)) for s in ("icarus", "verilator")])
def waves(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, dict[str, Any]]:
    """Two small scenarios: the run and its waves."""
    folder = tmp_path_factory.mktemp(request.param) / "run"
    config = RunConfig("sgi", str(folder), device=MACHINE, simulator=request.param)
    outcome = simulate(Build(request.param, MACHINE, waves=True), config, PATHS["sgi"].module, ["Accesses", "EverySgi"])
    assert outcome.ok, outcome.detail
    (dump,) = folder.glob("*.fst")
    return outcome, _signals(dump)


def test_every_signal_is_there(waves: tuple[Outcome, dict[str, Any]]) -> None:
    """In the view of GTKWave with its width, in Surfer's commands by its name."""
    outcome, found = waves
    config = outcome.run
    for title, signals in lanes(config).items():
        for signal in signals:
            there = found.get(f"{TOP}.{signal.name}")
            assert there is not None, f"{title}: {signal.name} is not in the waves of {config.simulator}"
            assert there.bitwidth == signal.bits, (title, signal)


def test_the_marker_and_the_names_are_right(waves: tuple[Outcome, dict[str, Any]]) -> None:
    """In the cycle of each record, the waves have its number, and the lanes its message: kind, INTID, register."""
    outcome, found = waves
    result = outcome.scenarios[-1]
    assert result["origin_ns"] > 0
    everything = records_of(Path(outcome.run.folder), outcome.run.device.pes, result)
    seen = [r for r in everything if isinstance(r, Observed)]
    messages = accesses = 0
    for record in seen:
        at = time_of(record.accept, result["origin_ns"]) - 1

        def value(name: str, at: int = at) -> int:
            return int(found[f"{TOP}.{name}"].signal.value_at(at))

        block, _, kind = record.link.partition(".")
        number = re.search(r"(\d+)\.\w+$", record.link)
        if kind == "sys" and isinstance(record.transaction, SysRead | SysWrite):
            lane = f"lane[{block.removeprefix('gicc')}]"
            write = isinstance(record.transaction, SysWrite)
            assert (value("cycle"), value(f"{lane}.sysreg_access")) == (record.accept, 2 if write else 1)
            assert value(f"{lane}.sysreg_register") == record.transaction.reg
            accesses += 1
        elif number and block.startswith(("stream", "dist")):
            channel = channel_of(record.link)
            word = encode(channel, record.transaction)
            name = f"lane[{number[1]}].{channel}"
            assert value(name) == word & 0xF
            assert names()[channel][1][word & 0xF] == type(record.transaction).__name__
            assert value(f"{name}_intid") == getattr(record.transaction, "intid", value(f"{name}_intid"))
            messages += 1
    assert messages > 100
    assert accesses > 100


@pytest.mark.parametrize("device", [MACHINE, DIRECT, qemu_virt(1, its=False), DutParameters(pes=8)])
def test_the_files_are_whole(device: DutParameters, tmp_path: Path) -> None:
    """Each lane and each file of names is there; what has no ITS shows none."""
    config = RunConfig("sgi", str(tmp_path), device=device)
    view, commands = write_views(config, tmp_path / "dump.fst", 22_815_000)
    text = view.read_text()
    assert text.startswith(f'[dumpfile] "{tmp_path / "dump.fst"}"\n')
    assert "\n*-17.000000 22815000 22815000 -1 " in text
    assert "\n[markername] Afirst mismatch\n" in text
    titles = re.findall(r"^-(.*)$", text, re.MULTILINE)
    assert titles[::2] == titles[1::2] == list(lanes(config))
    assert [f"PE {pe}" for pe in range(device.pes)] == [title for title in titles[::2] if title.startswith("PE ")]
    assert ("ITS" in titles) is device.its
    for number, file in re.findall(r"^\^(\d+) (.*)$", text, re.MULTILINE):
        assert Path(file).stem == list(names())[int(number) - 1]
        assert Path(file).read_text()
    said = commands.read_text()
    assert commands.name == COMMANDS
    assert "cursor_set 22815000\nmarker_set first_mismatch\n" in said
    assert "variable_add irqpath_tb.cycle\n" in said
    formats = {path.stem for path in (tmp_path / ".surfer" / "mappings").iterdir()}
    assert set(re.findall(r"item_set_format (\w+)", said)) <= formats | {"Unsigned"}
    items = [line for line in said.splitlines() if line.startswith(("divider_add", "variable_add"))]
    letters = re.findall(r"item_focus (\w+)_\nitem_set_format (\w+)", said)
    for word, shown in letters:
        number = int("".join(f"{'abcdefghijklmnop'.index(c):x}" for c in word), 16)
        (signal,) = [s for group in lanes(config).values() for s in group if f"variable_add {TOP}.{s.name}" == items[number]]
        assert shown == ("Unsigned" if signal.shown == "decimal" else f"irqpath_{signal.shown}")
    write_views(config, tmp_path / "dump.fst")
    assert "markername" not in view.read_text() and "cursor_set" not in commands.read_text()


def test_names_are_those_of_the_links_and_registers() -> None:
    """Every kind of every message; every value fits its width and is one word."""
    for channel, messages in CHANNELS.items():
        assert set(names()[channel][1].values()) == {"-", *(message.type.__name__ for message in messages)}
    assert names()["gicr"][1][1 << 17 | 0x14] == "GICR_WAKER"
    assert names()["gicd"][1][1 << 17 | 0x401] == "GICD_IPRIORITYR0+1"
    for bits, values in names().values():
        assert all(0 <= value < 1 << bits and len(text.split()) == 1 for value, text in values.items())


def test_the_first_mismatch_is_that_of_the_first_scenario_with_one() -> None:
    """Not of one that passed before."""
    outcome = Outcome(RunConfig("sgi", "folder"))
    assert first_mismatch(outcome) is None
    outcome.scenarios = [
        {"listed": [], "origin_ns": 0},
        {"listed": [{"cycle": 700}, {"cycle": 710}], "origin_ns": 20_000},
        {"listed": [{"cycle": 9}], "origin_ns": 40_000},
    ]
    assert first_mismatch(outcome) == time_of(700, 20_000) == 27_005_000
