"""Proofs of the Verilog: their data fit the sources, a broken property is named, a run that proves nothing is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from irqpath.core.errors import CheckError
from irqpath.core.places import HDL
from irqpath_testbench.cli import main
from irqpath_testbench.dut.properties import Property, properties
from irqpath_testbench.tools.faults.rtl_faults import FAULTS
from irqpath_testbench.tools.formal import cli, proofs, symbiyosys
from irqpath_testbench.tools.formal.proofs import BOUNDED, INDUCTION, PROOFS, Fault, Proof
from irqpath_testbench.tools.formal.symbiyosys import HOLDS, PROVED
from irqpath_testbench.tools.toolchain.tool import ToolMissing

#: By module: the links by which the testbench records its properties, as the injected faults name them.
RECORDED_BY = {
    "stream_properties": ("stream0.up",),
    "dist_properties": ("dist0.up", ".up"),
    "command_properties": (".cmd",),
    "sysreg_properties": (".sys",),
    "memory_properties": (".mem",),
    "fifo_properties": (".up",),
    "virtual_properties": ("gicc0.sys",),
}
#: Properties that an injected fault breaks in simulation.
SIMULATED = [fault.property for fault in FAULTS if fault.property]
FIFO = next(proof for proof in PROOFS if proof.name == "msg_fifo")


@pytest.fixture
def solver() -> None:
    """Skip where yosys or Yices is missing."""
    try:
        symbiyosys.versions()
    except ToolMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_sources_and_faults_fit(proof: Proof) -> None:
    """Each edit stands once in one of the proof's files, and is for a property that the proof has. A proof without a fault may
    prove nothing."""
    assert all((HDL / name).is_file() for name in proof.sources)
    titles = {found.title for name in proof.sources for found in properties(name)}
    assert titles and proof.faults
    for fault in proof.faults:
        assert fault.file in proof.sources and fault.property in titles
        assert symbiyosys.edited(fault.file, fault) != symbiyosys.edited(fault.file, None)
    assert proof.at_least if proof.mode == BOUNDED else not proof.at_least


def test_every_property_is_broken_by_a_fault() -> None:
    """In a proof or in simulation. What is an assumption in all circumstances is another's: it is asserted elsewhere."""
    assert proofs.unbroken(PROOFS, SIMULATED) == []


def test_a_property_without_a_fault_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its module too: one of the same name elsewhere has a fault. A proof's own properties count, and what is included."""
    (tmp_path / "formal").mkdir()
    for file in ("sysreg_properties.v", "new_proof.v", "new_inside.vh"):
        line = '`PROPERTY(0, "responds", 1)\n`PROPERTY(1, "assumed", 1)\n'
        (tmp_path / "formal" / file).write_text(line)
    found = proofs.unbroken(PROOFS, SIMULATED, tmp_path)
    assert [p.title for p in found] == ["new_inside: responds", "new_proof: responds", "sysreg_properties: responds"]


@pytest.mark.usefixtures("solver")
def test_checking_properties_fails_where_one_has_no_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever proofs are chosen: it is said of all."""
    lone = Property("formal/new_proof.v", "lonely", 7, "0")
    monkeypatch.setattr(cli, "unbroken", lambda *_: [lone])
    monkeypatch.setattr(cli, "WORK", tmp_path / "formal")
    status = main(
        ["formal", "--check-properties", "--proofs", "max_tree", "--mode", "bounded", "--json", str(tmp_path / "found")]
    )
    assert status == 1
    said = capsys.readouterr().out
    assert "formal: hdl/formal/new_proof.v:7: no injected fault breaks 'new_proof: lonely'" in said


def test_faults_of_simulations_fit() -> None:
    """Each names a property that there is, on a link by which the testbench records it."""
    titles = {found.title: found for path in (HDL / "formal").glob("*.v") for found in properties(f"formal/{path.name}")}
    for fault in FAULTS:
        if fault.property:
            assert fault.property in titles and fault.check == "protocol"
            assert any(link.endswith(fault.link) for link in RECORDED_BY[fault.property.partition(":")[0]])


def test_names_fit_into_a_record() -> None:
    names = [p.name for path in (HDL / "formal").glob("*.v") for p in properties(f"formal/{path.name}")]
    assert names and all(0 < len(name) <= 16 and name.isascii() for name in names)


@pytest.mark.usefixtures("solver")
def test_a_proof(tmp_path: Path) -> None:
    found = symbiyosys.prove(FIFO, tmp_path / "proof")
    assert (found.verdict, found.passed, found.broken) == (PROVED, True, ())
    assert cli.explained(FIFO, found) == []


@pytest.mark.usefixtures("solver")
def test_a_broken_property_is_named(tmp_path: Path) -> None:
    """With its file and line, a trace that exists, and what to run next."""
    fault = next(each for each in FIFO.faults if each.property == "msg_fifo_proof: order")
    found = symbiyosys.prove(FIFO, tmp_path / "proof", fault)
    assert not found.passed
    (broken,) = found.broken
    lines = (HDL / broken.file).read_text().splitlines()
    assert (broken.title, '"order"' in lines[broken.line - 1]) == ("msg_fifo_proof: order", True)
    assert found.trace is not None and found.trace.is_file()
    said = "\n".join(cli.explained(FIFO, found))
    for words in (
        f"{broken.file}:{broken.line}: 'msg_fifo_proof: order' does not hold",
        str(found.trace),
        "irqpath formal --proofs msg_fifo",
    ):
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
