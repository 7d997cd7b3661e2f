"""The generated <frame>_access.v permit just the accesses that `Frame.lookup` permits, and call bad what is not reserved."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from irqpath.regs import GICC, GICD, GICD2, GICH, GICR, GICV, GITS, V2M, Frame

GENERATED = Path(__file__).resolve().parents[3] / "hdl" / "generated"
SIZES = (1, 2, 4, 8)

#: Every offset and size of a frame: two bits a size, `permitted` in the even ones and `bad` in the odd ones.
BENCH = """`timescale 1ns/1ns
module bench;
    reg  [{top}:0] address;
    reg  [2:0]  size;
    wire        permitted, bad;
    {name}_access dut (.address(address), .size(size), .permitted(permitted), .bad(bad));
    reg  [7:0]  responses [0:{last}];
    reg  [7:0]  response;
    integer     at, n;
    initial begin
        for (at = 0; at <= {last}; at = at + 1) begin
            for (n = 0; n < 4; n = n + 1) begin
                address = at;
                size = n;
                #1;
                response[2*n] = permitted;
                response[2*n+1] = bad;
            end
            responses[at] = response;
        end
        $writememh("responses.hex", responses);
    end
endmodule
"""


def simulate(name: str, frame: Frame, directory: Path) -> list[int]:
    """The module's responses, one byte an offset."""
    tools = [shutil.which(tool) for tool in ("iverilog", "vvp")]
    assert all(tools), "iverilog or vvp is not on PATH: install Icarus Verilog (Debian: apt-get install iverilog)"
    last = frame.size_bytes - 1
    bench = directory / "bench.v"
    bench.write_text(BENCH.format(name=name, last=last, top=last.bit_length() - 1), encoding="utf-8")
    build = [str(tools[0]), "-g2005", "-Wall", "-o", "image", str(bench), str(GENERATED / f"{name}_access.v")]
    subprocess.run(build, cwd=directory, check=True)
    subprocess.run([str(tools[1]), "image"], cwd=directory, check=True, stdout=subprocess.DEVNULL)
    text = (directory / "responses.hex").read_text(encoding="utf-8")
    responses = [int(line, 16) for line in text.splitlines() if not line.startswith("//")]
    assert len(responses) == frame.size_bytes
    return responses


def expected(frame: Frame, offset: int) -> int:
    """The response that the register tables give."""
    response = 0
    for n, size in enumerate(SIZES):
        permitted = frame.lookup(offset, size) is not None
        bad = not permitted and not frame.reserved(offset, size)
        response |= permitted << 2 * n | bad << 2 * n + 1
    return response


#: The frames, by what their modules are called after.
FRAMES = {"gicd": GICD, "gicr": GICR, "gits": GITS, "gicd2": GICD2, "gicc": GICC, "gich": GICH, "gicv": GICV, "v2m": V2M}


@pytest.mark.parametrize("name", FRAMES)
def test_access_module_agrees_with_the_tables(name: str, tmp_path: Path) -> None:
    frame = FRAMES[name]
    responses = simulate(name, frame, tmp_path)
    wrong = [(offset, bin(seen)) for offset, seen in enumerate(responses) if seen != expected(frame, offset)]
    assert not wrong[:10], f"{len(wrong)} offsets differ"
    assert any(response & 0b0101_0101 for response in responses)
    assert any(response & 0b1010_1010 for response in responses)
