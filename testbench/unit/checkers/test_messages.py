"""What users type wrongly gets one line that says what is wrong, where, and what to do; a status that is not 0; nothing else."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
from pathlib import Path

import pytest

from irqpath.cli.ending import USAGE_ERROR
from irqpath.core.places import ROOT
from irqpath_testbench import cli
from irqpath_testbench.tools.faults.injection import VARIABLE
from irqpath_testbench.tools.sim import cli as sim
from irqpath_testbench.tools.sim.paths import PATHS, choose, choose_scenarios

TRACE = "testbench/unit/replay/traces/v3-its-smp1.jsonl.gz"


def _refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that `irqpath` says before it does anything."""
    status = cli.main(arguments)
    printed = capsys.readouterr()
    assert status == USAGE_ERROR
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("irqpath: error: ")
    return line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--sim foo", ["--sim", "'foo'", "verilator", "icarus"]),
        ("--paths foo", ["no path is called 'foo'", "sgi"]),
        ("--scenarios :EverySgi", ["':EverySgi'", "without a path before it", "PATH:NAME"]),
        ("--device ports=3", ["has no parameter 'ports'", "spis", "lpi_slots"]),
        ("--device spis", ["'spis' gives spis no number", "spis=N"]),
        ("--device spis=33", ["DutParameters.spis is 33", "32 to 960 in steps of 32"]),
        ("--paths spi,lpi --device its=0", ["path lpi needs a device with its=1"]),
        ("--device event_bits=2", ["scenario EveryLpi of path lpi needs a device with event_bits=14 or more", "WidthsAnywhere"]),
        ("--paths linux --pes 2", ["path linux is run on the recorded machines", "leave --device, --pes"]),
        ("--device its=2", ["DutParameters.its is 2: it is a switch"]),
        ("--paths sgi --events 3", ["--events is for path linux, which does not run"]),
        ("--scenarios EverySgi --recordings v3-its-smp1", ["--recordings is for path linux, which does not run"]),
        ("--paths linux --recordings nope", ["no recording 'nope'", "v3-its-smp1"]),
        ("--paths linux --recordings nest-v4-cut", ["a recording of parts of a run; the Verilog takes whole ones"]),
        ("--paths sgi,foo,bar", ["'foo', 'bar'"]),
        ("--paths ,", ["no path is called ''"]),
        ("--paths sgj", ["no path is called 'sgj': did you mean sgi?"]),
        ("--scenarios Foo", ["the chosen paths have no scenario 'Foo'", "EverySgi", "RandomTraffic"]),
        ("--paths sgi --scenarios Foo", ["path sgi has no scenario 'Foo'", "EverySgi", "RandomTraffic"]),
        ("--scenarios everySgi", ["no scenario 'everySgi': did you mean EverySgi?"]),
        ("--scenarios sgi:EverySpi", ["path sgi has no scenario 'EverySpi': did you mean EverySgi?"]),
        ("--scenarios spj:EverySpi", ["no path is called 'spj': did you mean spi?"]),
        ("--paths sgi --scenarios spi:EverySpi", ["scenario spi:EverySpi: path spi is not among --paths sgi"]),
        ("--paths sgi,spi --scenarios EverySpi", ["path sgi has no scenario 'EverySpi'", "leave the path out"]),
        ("--paths sgi --replay --no-replay", ["--no-replay: not allowed with argument --replay"]),
        ("--scenarios EverySgi,", ["no scenario ''"]),
        ("--seed abc", ["'abc' is no seed", "whole number"]),
        ("--seed -1", ["'-1' is negative", "from 0 up"]),
        ("--seed 1.5", ["'1.5' is no seed"]),
        ("-n 0", ["'0' is no number of interrupts", "give 1 to"]),
        ("-n -1", ["'-1' is no number of interrupts"]),
        ("-n abc", ["'abc' is no number of interrupts"]),
        ("-n ²", ["'²' is no number of interrupts"]),
        ("-n 10000001", ["give 1 to 10000000"]),
        ("--pes 0", ["'0' is no number of PEs", "1 to 8"]),
        ("--pes 9", ["'9' is no number of PEs"]),
        ("--priority-bits 3", ["'3' is no number of priority bits", "4 to 8"]),
        (
            "--fault 99",
            [
                "no fault '99' can be injected into the Verilog",
                "give one of 1, 2,",
                "testbench/irqpath_testbench/tools/faults/rtl_faults.toml",
            ],
        ),
        ("--fault -4", ["no fault '-4'"]),
        ("--fault x", ["no fault 'x'"]),
        ("--model-fault nope", ["no fault is called 'nope'", "model_faults.toml"]),
        ("--model-fault sgi-ack-after-deliver", ["did you mean sgi-ack-after-delivery?"]),
        ("--described unit.nowhere:X", ["'unit.nowhere:X' names no device", "give module:name of a Dut that Python finds"]),
        ("--described unit.toys.devices:NOBODY", ["has no attribute 'NOBODY'"]),
        ("--described unit.toys.devices:SMALL", ["'unit.toys.devices:SMALL' names a GicConfig, not a Dut"]),
        ("--described unit.toys.devices:PAIR", ["no path can run on device pair: sgi needs links gicd_reg"]),
        ("--described unit.toys.devices:APB_GIC --paths ppi,lpi", ["path lpi needs links its_reg, its_msi, sw_mem"]),
        (
            "--described unit.toys.devices:APB_GIC --scenarios EveryMessage",
            ["path mbi needs message_spis=1, which device apb_gic"],
        ),
        ("--described unit.toys.devices:APB_GIC --paths linux", ["path linux needs a recorded machine"]),
        ("--described unit.toys.devices:APB_GIC --pes 2", ["--device, --pes and --priority-bits", "with --described"]),
        ("--described unit.toys.devices:APB_GIC --fault 3", ["--fault: of this project's own device"]),
        ("--wave", ["unrecognized arguments: --wave", "did you mean --waves?"]),
        ("extra", ["unrecognized arguments: extra"]),
    ],
)
def test_sim(arguments: str, says: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is built, nothing runs."""
    line = _refused(["sim", *arguments.split()], capsys)
    for part in says:
        assert part in line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("", "the following arguments are required: SCENARIO|PATH"),
        ("Foo", "no scenario 'Foo'"),
        ("EverySg", "did you mean EverySgi?"),
        ("sgi:Nope", "path sgi has no scenario 'Nope'"),
        ("EverySgi,Ranges", "'EverySgi,Ranges' is no scenario or path; give one, such as sgi:EverySgi"),
        ("linux", "path linux is driven by recordings"),
        ("Stress", "path linux is driven by recordings"),
        ("Accesses", "Accesses: no interrupt is acknowledged in it"),
        ("EverySgi --set mem.reed=40", "profile irqpath has no mem.reed; it has mem.read"),
        ("EverySgi --set mem.read", "'mem.read' changes no number of a profile: say as in mem.read=40"),
        ("EverySgi --set mem.read=-1", "'mem.read=-1': cycles are a number from 0 up"),
        ("EverySgi --profile nofile", "nofile: No such file or directory; --profile takes a file"),
        ("EverySgi --profile Makefile", "Makefile is no profile"),
        ("EverySgi --html .", "is a folder; give the name of a file"),
        ("EverySgi --pes 9", "'9' is no number of PEs; give 1 to 8"),
        ("EverySgi --device spi=64", "the Verilog has no parameter 'spi'"),
        ("lpi --device its=0", "path lpi needs a machine with"),
    ],
)
def test_predict(arguments: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and nothing that a prediction would print."""
    assert says in _refused(["predict", *arguments.split()], capsys)


def test_sim_with_an_unknown_fault_in_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable that injects into the models is not passed over."""
    monkeypatch.setenv(VARIABLE, "nope")
    assert "no fault is called 'nope'" in _refused(["sim"], capsys)


def test_replay_of_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing recording is told before the others are replayed; a directory is none."""
    line = _refused(["replay", "nofile"], capsys)
    assert "nofile cannot be read: No such file or directory; give the path of a recording" in line
    missing = tmp_path / "v3-its-smp9.jsonl.gz"
    assert f"{missing} cannot be read" in _refused(["replay", str(ROOT / TRACE), str(missing)], capsys)
    assert f"{tmp_path} cannot be read: Is a directory" in _refused(["replay", str(tmp_path)], capsys)
    assert "required: FILE" in _refused(["replay"], capsys)
    assert "no policy is called 'foo'" in _refused(["replay", "--policy", "foo", str(ROOT / TRACE)], capsys)


@pytest.mark.parametrize(("text", "says"), [("", "empty"), ("Makefile\n", "line 1: no JSON")])
def test_replay_of_what_is_no_recording(text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says so; the table shows that nothing was compared."""
    path = tmp_path / "none.jsonl"
    path.write_text(text)
    assert cli.main(["replay", str(path)]) == USAGE_ERROR
    lines = [line for line in capsys.readouterr().out.splitlines() if str(path) in line]
    assert len(lines) == 1
    assert says in lines[0]


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("SIM=foo", "'foo' (choose from"),
        ("PATHS=foo", "no path is called 'foo'"),
        ("SEED=abc", "'abc' is no seed"),
        ("SEED=it's", '"it\'s" is no seed'),
        ("N=0", "'0' is no number of interrupts"),
        ("N=-1", "'-1' is no number of interrupts"),
        ("ARGS=--fault 99", "no fault '99'"),
    ],
)
def test_make_sim(variable: str, says: str) -> None:
    """make adds only that the target failed."""
    if not (ROOT / ".venv" / "bin" / "python").exists():
        pytest.skip("the project is not set up here: run make setup")
    done = _make("--silent", "sim", variable)
    assert done.returncode != 0
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1, done.stderr
    assert said[0].startswith("irqpath: error: ")
    assert says in said[0]


def _make(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


#: Every target -> the variables that it takes; the words of `make help`.
TARGETS = {
    **dict.fromkeys(("help", "setup", "doctor", "lint", "docs", "figures", "lock", "clean", "distclean"), ""),
    **dict.fromkeys(("synth", "formal", "mutate", "regs", "conformance", "bench", "interop", "calibrate"), "ARGS"),
    "sim": "SIM PATHS SEED N WAVES KEEP JOBS ARGS",
    "regress": "PLAN SEEDS PATHS SIM JOBS RESUME ARGS",
    "test": "PYTEST_WORKERS ARGS",
    "oracle": "SEED N ARGS",
    "fuzz": "SECONDS ARGS",
    "evolution": "PACKETS SEED VCPUS PES GUESTS RATE BURST RING JOBS ARGS",
}
VARIABLES = (
    "SIM",
    "PATHS",
    "SEED",
    "N",
    "WAVES",
    "KEEP",
    "PLAN",
    "SEEDS",
    "JOBS",
    "RESUME",
    "SECONDS",
    "PACKETS",
    "VCPUS",
    "PES",
    "GUESTS",
    "RATE",
    "BURST",
    "RING",
    "PYTEST_WORKERS",
    "ARGS",
)


def test_the_targets_are_these() -> None:
    """As `make help` has them."""
    shown = re.findall(r"^  ([a-z-]+) ", _make("help").stdout, re.MULTILINE)
    assert sorted(shown) == sorted(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_takes_its_own_variables_alone(target: str) -> None:
    """Every other one is refused in one line before anything runs."""
    taken = [*TARGETS[target].split(), "PYTHON", "IRQPATH_SYSTEM_PACKAGES"]
    assert _make("--dry-run", target, *(f"{name}={'python3' if name == 'PYTHON' else 'no'}" for name in taken)).returncode == 0
    for name in [name for name in VARIABLES if name not in taken][:3]:
        done = _make("--dry-run", target, f"{name}=1")
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert f"make {target} takes no variable {name}" in line


def test_what_the_recipes_read_is_taken() -> None:
    """A variable that is added to a recipe is added to what its target takes."""
    text = (ROOT / "Makefile").read_text()
    for name, target in (("SIM", "sim"), ("REGRESS", "regress"), ("EVOLUTION", "evolution")):
        (options,) = re.findall(rf"^{name}_OPTIONS = (.*(?:\\\n.*)*)", text, re.MULTILINE)
        read = set(re.findall(r"\$\((?:if |filter-out 0 no,)?\$?\(?([A-Z]+)\)", options))
        assert read and read <= set(TARGETS[target].split()), target
    for target, recipe in re.findall(r"^([a-z]+): setup ##.*\n\t((?:.*\\\n)*.*)", text, re.MULTILINE):
        own = set(re.findall(r"\$\(([A-Z_]+)\)", recipe)) & set(VARIABLES)
        assert own <= set(TARGETS[target].split()), target


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("sim PATH=sgi", "make sim takes no variable PATH: did you mean PATHS?"),
        ("sim paths=sgi", "make sim takes no variable paths: did you mean PATHS?"),
        ("sim Seed=1", "did you mean SEED?"),
        ("sim SEEDS=1", "did you mean SEED?"),
        ("sim PTAHS=sgi SEED=1", "did you mean PATHS?"),
        ("sim WAVE=1", "did you mean WAVES?"),
        ("sim SIMULATOR=icarus", "did you mean SIM?"),
        ("sim QQQ=1", "make sim takes no variable QQQ; it takes: SIM, PATHS, SEED, N, WAVES, KEEP, JOBS, ARGS, PYTHON."),
        ("fuzz SECOND=1", "did you mean SECONDS?"),
        ("PATH=x", "make help takes no variable PATH"),
        ("sim WAVES=off", "make sim: WAVES=off is neither 1 nor 0; write WAVES=1 or leave it out"),
        ("sim KEEP=false", "make sim: KEEP=false is neither 1 nor 0"),
        ("setup IRQPATH_SYSTEM_PACKAGE=no", "IRQPATH_SYSTEM_PACKAGE: did you mean IRQPATH_SYSTEM_PACKAGES?"),
        ("clean sim KEEPS=1", "make clean sim takes no variable KEEPS"),
        ("smi SEED=1", "make has no target smi: did you mean sim?"),
    ],
)
def test_make_refuses_what_is_mistyped(arguments: str, says: str) -> None:
    """One line, status 2; nothing has run, not even set-up."""
    done = _make(*arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert says in line


def test_lists_may_have_spaces_and_repetitions() -> None:
    """`--paths "sgi, sgi"` means what it says."""
    (path,) = choose("sgi, sgi")
    assert choose_scenarios("sgi", " Resets,EverySgi,Resets") == {"sgi": ("Resets", "EverySgi")}
    assert choose_scenarios("sgi", "") == {"sgi": path.scenarios}
    assert list(choose_scenarios("", "")) == list(PATHS)


def test_a_scenario_may_name_its_path() -> None:
    """Only that path runs, unless others are named too."""
    assert choose_scenarios("", "sgi:EverySgi, spi:EverySpi,sgi:Resets") == {"sgi": ("EverySgi", "Resets"), "spi": ("EverySpi",)}
    assert choose_scenarios("spi,sgi", "EverySpi,sgi:EverySgi") == {"spi": ("EverySpi",), "sgi": ("EverySgi",)}
    assert choose_scenarios("", "RandomLpis") == {"lpi": ("RandomLpis",)}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", True),
        ("--no-replay", False),
        ("--paths sgi", False),
        ("--scenarios sgi:EverySgi", False),
        ("--paths sgi --replay", True),
        ("--paths sgi --no-replay", False),
    ],
)
def test_recordings_are_replayed_when_everything_runs(arguments: str, expected: bool) -> None:
    """Or when they are asked for."""
    parser = argparse.ArgumentParser()
    sim.add_arguments(parser)
    assert sim.replays(parser.parse_args(arguments.split())) is expected
