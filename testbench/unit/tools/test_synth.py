"""Synthesis of the smallest block, and of designs that are no hardware."""

from __future__ import annotations

from pathlib import Path

import pytest

from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.toolchain import synth, yosys
from irqpath_testbench.tools.toolchain.lint_hdl import design

_PORTS = "module irqpath_top (input wire clk, input wire [7:0] a, input wire e, output reg [7:0] b);\n"
GOOD = f"""{_PORTS}
  reg [7:0] store [0:3];
  always @(posedge clk) begin
    if (e) store[a[1:0]] <= a;
    b <= store[a[3:2]] + a;
  end
endmodule
"""
LATCH = f"{_PORTS}  always @* if (e) b = a;\nendmodule\n"
LOOP = f"{_PORTS}  wire [7:0] c;\n  assign c = b + a;\n  always @* b = e ? c : a;\nendmodule\n"
TWICE = f"{_PORTS}  always @(posedge clk) b <= a;\n  always @(posedge clk) b <= ~a;\nendmodule\n"
SYNTAX = f"{_PORTS}  always @(posedge clk) b <= ;\nendmodule\n"
MISSING = f"{_PORTS}  nowhere u (.a(a));\nendmodule\n"


def _cost(folder: Path, text: str) -> synth.Cost:
    (folder / "irqpath_top.v").write_text(text)
    return synth.synthesize(design(folder, "irqpath_top"), {}, "")


def test_the_smallest_block() -> None:
    """GICC in the default device: the parameters that reach it are those of irqpath_top."""
    of = design(ROOT / "hdl", "irqpath_top")
    parameters = DutParameters().top_parameters()
    cost = synth.synthesize(of, parameters, yosys.BLOCKS["gicc"])
    assert cost.cells > 100 and cost.flip_flop_bits > 100
    assert cost.memory_bits == 8 * 64  # its queue of 8 messages
    fewer = synth.synthesize(of, DutParameters(priority_bits=4).top_parameters(), yosys.BLOCKS["gicc"])
    assert fewer.flip_flop_bits < cost.flip_flop_bits


def test_virtual_interfaces_by_list_registers() -> None:
    """Each List register more costs the same flip-flops; without a virtual interface there are none of them."""
    of = design(ROOT / "hdl", "irqpath_top")
    found = {name: device for _, name, device in synth.configurations("gicc", DutParameters())}
    assert [device.list_registers for device in found.values() if device.virtual] == list(synth.LIST_REGISTERS)
    names = ("gicc", "gicc, virtual, 1 List register", "gicc, virtual, 4 List registers")
    none, one, four = (synth.synthesize(of, found[name].top_parameters(), yosys.BLOCKS["gicc"]).flip_flop_bits for name in names)
    each = (four - one) // 3
    assert one + 3 * each == four and none < one - each
    assert [name for _, name, _ in synth.configurations("gicd", DutParameters())] == ["gicd"]


def test_what_is_counted(tmp_path: Path) -> None:
    cost = _cost(tmp_path, GOOD)
    assert (cost.flip_flop_bits, cost.memory_bits) == (8, 32)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LATCH, "Latch inferred for signal"),
        (LOOP, "found logic loop"),
        (TWICE, "multiple conflicting drivers"),
        (SYNTAX, r"irqpath_top\.v:2: ERROR: syntax error"),
        (MISSING, "nowhere"),
    ],
    ids=["latch", "loop", "two drivers", "syntax", "no module"],
)
def test_no_hardware(tmp_path: Path, text: str, says: str) -> None:
    """The message is yosys', with the file."""
    with pytest.raises(CheckError, match=says) as raised:
        _cost(tmp_path, text)
    assert "irqpath_top" in str(raised.value)


def test_a_block_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "irqpath_top.v").write_text(GOOD)
    with pytest.raises(CheckError, match="ssertion failed"):
        synth.synthesize(design(tmp_path, "irqpath_top"), {}, "u_gicd")


def test_a_failed_block_fails_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "irqpath_top.v").write_text(LATCH)
    assert synth.main(["--hdl", str(tmp_path), "--blocks", "gicc"]) == 1
    assert "FAILED" in capsys.readouterr().out
    assert synth.main(["--hdl", str(tmp_path), "--blocks", "gics"]) == 2
    assert "no block is called 'gics'" in capsys.readouterr().err
