"""Proofs of the Verilog: their data fit the sources, a broken property is named, a run that proves nothing is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from irqpath.core.errors import CheckError
from irqpath.core.places import HDL
from irqpath_testbench.tools.faults.rtl_faults import FAULTS
from irqpath_testbench.tools.formal import cli, proofs, symbiyosys
from irqpath_testbench.tools.formal.proofs import BOUNDED, INDUCTION, PROOFS, Fault, Proof
from irqpath_testbench.tools.formal.symbiyosys import HOLDS, PROVED
from irqpath_testbench.tools.toolchain.tool import ToolMissing

#: Properties that no proof reaches within its depth, as they take a Redistributor that was woken: the testbench watches them in
#: every simulation. Which injected fault of rtl_faults.toml breaks each there; 0: none does yet.
SIMULATED = {
    "formal/stream_properties.v": {
        "down kind": 110,
        "down beats": 111,
        "sets": 112,
        "clears": 113,
        "quiesces": 114,
        "acknowledges": 115,
    },
    "formal/dist_properties.v": {
        "down kind": 116,
        "acknowledges": 117,
        "up kind": 118,
        "one status": 119,
        "responds": 120,
        "requests": 0,
        "recalls": 122,
        "offers": 123,
        "controls": 124,
    },
    "formal/command_properties.v": {"command": 125, "one command": 126, "acknowledges": 127},
}
#: The link by which the testbench records what such a file says.
RECORDED_BY = {
    "formal/stream_properties.v": "stream0.up",
    "formal/dist_properties.v": "dist0.up",
    "formal/command_properties.v": ".cmd",
}
FIFO = next(proof for proof in PROOFS if proof.name == "msg_fifo")


@pytest.fixture
def solver() -> None:
    """Skip where yosys or z3 is missing."""
    try:
        symbiyosys.versions()
    except ToolMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_sources_and_faults_fit(proof: Proof) -> None:
    """Each edit stands once in one of the proof's files, and is for a property that the proof has."""
    assert all((HDL / name).is_file() for name in proof.sources)
    names = {found.name for name in proof.sources for found in proofs.properties(name)}
    assert names
    for fault in proof.faults:
        assert fault.file in proof.sources and fault.property in names
        assert symbiyosys.edited(fault.file, fault) != symbiyosys.edited(fault.file, None)
    assert proof.at_least if proof.mode == BOUNDED else not proof.at_least


def test_every_property_is_broken_by_a_fault() -> None:
    """Those that are only ever assumed are a neighbour's: they are asserted elsewhere."""
    files = [f"formal/{path.name}" for path in sorted((HDL / "formal").glob("*.v"))]
    asserted = {(p.file, p.name) for file in files for p in proofs.properties(file) if p.assumed != "1"}
    broken = {
        (found.file, found.name)
        for proof in PROOFS
        for fault in proof.faults
        for name in proof.sources
        for found in proofs.properties(name)
        if found.name == fault.property
    }
    missing = asserted - broken - {(file, name) for file, names in SIMULATED.items() for name in names}
    assert not missing - {("formal/sysreg_properties.v", "operation"), ("formal/memory_properties.v", "response")}


def test_what_no_proof_reaches_is_broken_in_simulation() -> None:
    """By the fault that the list names, on the link of its properties; no fault for a property is missing from the list."""
    faults = {fault.number: fault for fault in FAULTS if fault.property}
    listed = [(file, name, number) for file, names in SIMULATED.items() for name, number in names.items() if number]
    assert sorted(number for _, _, number in listed) == sorted(faults)
    for file, name, number in listed:
        assert faults[number].property == name and RECORDED_BY[file].endswith(faults[number].link)
    for file, names in SIMULATED.items():
        assert set(names) <= {found.name for found in proofs.properties(file)}


def test_names_fit_into_a_record() -> None:
    names = [p.name for path in (HDL / "formal").glob("*.v") for p in proofs.properties(f"formal/{path.name}")]
    assert names and all(0 < len(name) <= 16 and name.isascii() for name in names)


@pytest.mark.usefixtures("solver")
def test_a_proof(tmp_path: Path) -> None:
    found = symbiyosys.prove(FIFO, tmp_path / "proof")
    assert (found.verdict, found.passed, found.broken) == (PROVED, True, ())
    assert cli.explained(FIFO, found) == []


@pytest.mark.usefixtures("solver")
def test_a_broken_property_is_named(tmp_path: Path) -> None:
    """With its file and line, a trace that exists, and what to run next."""
    fault = next(each for each in FIFO.faults if each.property == "order")
    found = symbiyosys.prove(FIFO, tmp_path / "proof", fault)
    assert not found.passed
    (broken,) = found.broken
    lines = (HDL / broken.file).read_text().splitlines()
    assert (broken.name, '"order"' in lines[broken.line - 1]) == ("order", True)
    assert found.trace is not None and found.trace.is_file()
    said = "\n".join(cli.explained(FIFO, found))
    for words in (f"{broken.file}:{broken.line}: 'order' does not hold", str(found.trace), "irqpath formal --proofs msg_fifo"):
        assert words in said


@pytest.mark.usefixtures("solver")
def test_a_register_that_is_not_there(tmp_path: Path) -> None:
    """Nothing is proved of a wire without a driver."""
    with pytest.raises(CheckError, match="the proof msg_fifo cannot be run"):
        symbiyosys.prove(replace(FIFO, registers={"head": "dut.nowhere"}), tmp_path / "proof")


def test_a_fault_that_fits_no_more() -> None:
    with pytest.raises(CheckError, match=r"common/msg_fifo.v has 0 times what an injected fault replaces: 'nowhere'"):
        symbiyosys.edited("common/msg_fifo.v", Fault("order", "common/msg_fifo.v", "nowhere", "here"))


def test_a_bounded_proof_that_runs_out_of_time(tmp_path: Path) -> None:
    """It holds to where it came, if that is deep enough."""
    proof = Proof("slow", "slow_proof", (), BOUNDED, 20, at_least=5)
    said = "Checking assertions in step 7..\nSBY DONE (TIMEOUT, rc=8)\n"
    found = symbiyosys._outcome(proof, said, 60.0, tmp_path / "log.txt")
    assert (found.verdict, found.depth) == (HOLDS, 7)
    found = symbiyosys._outcome(replace(proof, at_least=8), said, 60.0, tmp_path / "log.txt")
    assert (found.passed, found.depth) == (False, 7)
    assert "within 60 s only 7 cycles were looked at, 8 are wanted" in cli.explained(replace(proof, at_least=8), found)[0]


def test_a_proof_that_is_not_there() -> None:
    with pytest.raises(CheckError, match="no proof is called 'fifo'; there are msg_fifo,"):
        proofs.chosen("fifo", "", PROOFS)
    assert proofs.chosen("gicc,msg_fifo", INDUCTION, PROOFS) == [FIFO]


def test_a_property_is_one_line() -> None:
    """By its line it is told from the others when a fault must break it alone."""
    lines = [line for path in sorted((HDL / "formal").glob("*.v")) for line in path.read_text(encoding="utf-8").splitlines()]
    properties = [line for line in lines if "`PROPERTY(" in line]
    assert properties
    assert [line for line in properties if line.count("(") != line.count(")")] == []
