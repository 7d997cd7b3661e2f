"""Faults injected into the Verilog: the list, that its edits fit hdl/, and the copies that are made with them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from irqpath.core.errors import CheckError
from irqpath.core.places import HDL
from irqpath_testbench.dut.parameters import TESTBENCH_HDL
from irqpath_testbench.tools.faults import rtl_copy
from irqpath_testbench.tools.faults.rtl_faults import FAULTS, HANG, INJECTABLE, SLOWER, UNKNOWN, Edit, RtlFault, load
from irqpath_testbench.tools.sim.build import sources
from irqpath_testbench.tools.toolchain import icarus

SOURCE: Final = """// two gates
`default_nettype none
module gates (
    input  wire a,
    input  wire b,
    output wire x,
    output wire y
);
    assign x = a & b;
    assign y = a & ~b;
endmodule
"""
#: What hdl/ would say if a fault were still written there.
OF_FAULTS: Final = re.compile(r"inject|irqpath_fault|plusargs|`ifdef|fault\.vh", re.IGNORECASE)


def _fault(number: int, *edits: tuple[str, str], file: str = "gates.v") -> RtlFault:
    return RtlFault(number, file, "", tuple(Edit(old, new) for old, new in edits))


@pytest.fixture
def gates(tmp_path: Path) -> Path:
    path = tmp_path / "gates.v"
    path.write_text(SOURCE)
    return path


def test_every_edit_fits_the_verilog() -> None:
    """Each fault is in the copy of its file, as often as it has edits."""
    copies = {path.name: text for path, text in rtl_copy.edited(sources()).items()}
    for fault in INJECTABLE:
        assert len(re.findall(rf"`INJECTED\({fault.number}\)", copies[fault.file])) >= len(fault.edits) > 0, fault
    said = [re.findall(r"`INJECTED\((\d+)\)", text) for text in copies.values()]
    assert {int(number) for numbers in said for number in numbers} == {fault.number for fault in INJECTABLE}


def test_every_fault_must_be_found() -> None:
    """A fault that nobody picks proves nothing: those that no scenario finds are used by tests of their own."""
    assert {fault.number for fault in INJECTABLE} - {fault.number for fault in FAULTS} == {HANG, UNKNOWN, *SLOWER}
    assert all(fault.check and fault.link for fault in FAULTS)


def test_the_verilog_says_nothing_of_faults() -> None:
    found = [
        f"{path.relative_to(HDL)}:{number}: {line.strip()}"
        for path in sorted(HDL.rglob("*.v*"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if OF_FAULTS.search(line)
    ]
    assert not found


def test_faults_of_one_line_and_of_one_expression(gates: Path) -> None:
    """They are put where their text is, in whatever order they are listed."""
    both = [
        _fault(2, ("& b;", "& (b || INJECTED);")),
        _fault(1, ("x = a", "x = (a || INJECTED)"), ("y = a", "y = INJECTED ? b : a")),
    ]
    (text,) = rtl_copy.edited([gates], both).values()
    assert "assign x = (a || `INJECTED(1)) & (b || `INJECTED(2));" in text and "assign y = `INJECTED(1) ? b : a & ~b;" in text
    assert text == next(iter(rtl_copy.edited([gates], both[::-1]).values()))


def test_without_edits_the_source_stays_as_it_is(gates: Path, tmp_path: Path) -> None:
    """Not even copied; and what is copied differs by its edits alone, in the same lines."""
    assert rtl_copy.edited([gates], []) == {} and rtl_copy.write({}, [gates], tmp_path / "copies") == [gates]
    (text,) = rtl_copy.edited([gates], [_fault(1, ("a & b", "a & b & !INJECTED"))]).values()
    header, line, *copied = text.splitlines()
    assert (header, line) == ('`include "fault.vh"', f'`line 1 "{gates}" 0')
    changed = [(old, new) for old, new in zip(SOURCE.splitlines(), copied, strict=True) if old != new]
    assert changed == [(");", "); `FAULT_INJECTION"), ("    assign x = a & b;", "    assign x = a & b & !`INJECTED(1);")]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            _fault(3, ("a | b", "INJECTED")),
            r"fault 3 of rtl_faults\.toml no longer matches: gates\.v has 'a \| b' 0 times, not once",
        ),
        (
            _fault(3, ("assign", "INJECTED")),
            r"fault 3 of rtl_faults\.toml no longer matches: gates\.v has 'assign' 2 times, not once",
        ),
        (_fault(3, ("a & b;", "INJECTED;")), r"faults (1 and 3|3 and 1) of rtl_faults\.toml change the same text of gates\.v"),
        (_fault(3, file="gone.v"), r"fault 3 of rtl_faults\.toml is in gone\.v, which is not there"),
    ],
    ids=["no text", "two texts", "overlap", "no file"],
)
def test_an_edit_that_does_not_fit_is_refused(fault: RtlFault, message: str, gates: Path) -> None:
    with pytest.raises(CheckError, match=message):
        rtl_copy.edited([gates], [_fault(1, ("x = a", "x = a & !INJECTED")), fault])


def test_a_source_without_a_module_is_refused(gates: Path) -> None:
    gates.write_text("// nothing\n")
    with pytest.raises(CheckError, match=r"gates\.v has no module"):
        rtl_copy.edited([gates], [_fault(1, ("nothing", "INJECTED"))])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('number = 1\nfile = "f.v"', "fault 1: 'edits'"),
        ('number = 1\nfile = "f.v"\nedits = []', "fault 1: .*'what'"),
        ('number = 1\nfile = "f.v"\nwhat = ""\nedits = [{ old = "a" }]', "fault 1: .*'new'"),
        ('number = 1\nfile = "f.v"\nwhat = ""\nedits = [{ old = "a", new = "b" }]', "fault 1: 'b' does not say INJECTED"),
        (
            'number = 1\nfile = "f.v"\nwhat = ""\nedits = [{ old = "a", new = "INJECTED\\nb" }]',
            "fault 1: .* are not as many lines",
        ),
        ('number = 512\nfile = "f.v"\nwhat = ""\nedits = []', "fault 512: a number is one of 1 to 511"),
        ('number = 1\nfile = "f.v"\nwhat = ""\nedits = []\n' * 2, "two faults with number 1"),
    ],
    ids=["no edits", "no what", "no new", "no condition", "lines", "number", "twice"],
)
def test_a_wrong_list_is_refused(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(re.sub(r"^number", "[[fault]]\nnumber", text, flags=re.MULTILINE))
    with pytest.raises(CheckError, match=rf"faults\.toml.*{message}"):
        load(file)


def test_messages_lead_to_the_source(gates: Path, tmp_path: Path) -> None:
    """What a simulator says of a copy names the file and the line that somebody can change."""
    gates.write_text(SOURCE.replace("~b", "~c"))
    copies = rtl_copy.edited([gates], [_fault(1, ("a & b", "a & b & !INJECTED"))])
    (copy,) = rtl_copy.write(copies, [gates], tmp_path / "copies")
    assert copy != gates and gates.read_text() == SOURCE.replace("~b", "~c")
    command = [icarus.find().path, "-g2005", "-t", "null", "-I", str(TESTBENCH_HDL), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    line = SOURCE.splitlines().index("    assign y = a & ~b;") + 1
    assert done.returncode != 0 and f"{gates}:{line}: error" in done.stderr
