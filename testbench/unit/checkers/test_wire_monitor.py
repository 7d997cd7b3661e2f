"""When a wire that enters a block was offered: its edge at the pin, though the block looks at it later."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from irqpath.core.links.families import numbered
from irqpath.core.places import HDL
from irqpath.core.transactions import LineChange, Observed
from irqpath_testbench.dut.recorder import Breach, Records

TESTBENCH_HDL = HDL.parent / "testbench" / "irqpath_testbench" / "dut" / "hdl"
PPIS = next(number for number, (link, _) in numbered(1).items() if str(link) == "gicr0.ppi")

#: What a cycle is given: reset, strobe, level, number, wires 16 to 31, as hexadecimal fields.
BENCH = """`timescale 1ns/1ns
module bench;
    reg         clk, rst, strobe, level;
    reg  [7:0]  number;
    reg  [15:0] lines;
    reg  [39:0] cycle;
    reg  [31:0] fd;
    reg  [31:0] given [0:{last}];
    wire        fire;
    integer     at;
    wire_monitor #(.LINK({link}), .FIRST(16), .LINES(16)) dut (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .lines(lines), .strobe(strobe), .number({{16'd0, number}}),
        .level(level), .fire(fire));
    initial begin
        $readmemh("given.hex", given);
        fd  = $fopen("records.bin", "wb");
        clk = 1'b0;
        for (at = 0; at <= {last}; at = at + 1) begin
            cycle = at;
            {{rst, strobe, level, number, lines}} = given[at][26:0];
            #1 clk = 1'b1;
            #1 clk = 1'b0;
        end
        $fclose(fd);
    end
endmodule
"""

#: (reset, wires, what is taken: its number and level)
Cycle = tuple[bool, int, tuple[int, int] | None]


def recorded(cycles: list[Cycle], folder: Path) -> list[Observed | Breach]:
    """What the monitor writes."""
    tools = [shutil.which(tool) for tool in ("iverilog", "vvp")]
    assert all(tools), "iverilog or vvp is not on PATH: install Icarus Verilog (Debian: apt-get install iverilog)"
    words = []
    for rst, lines, taken in cycles:
        number, level = taken or (16, 0)
        words.append(rst << 26 | (taken is not None) << 25 | level << 24 | number << 16 | lines)
    (folder / "given.hex").write_text("\n".join(f"{word:x}" for word in words))
    (folder / "bench.v").write_text(BENCH.format(last=len(cycles) - 1, link=PPIS))
    sources = [str(folder / "bench.v"), str(TESTBENCH_HDL / "wire_monitor.v")]
    search = [f"-I{place}" for place in (HDL, TESTBENCH_HDL)]
    subprocess.run([str(tools[0]), "-g2005", "-Wall", *search, "-o", "image", *sources], cwd=folder, check=True)
    subprocess.run([str(tools[1]), "image"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    records = Records(folder / "records.bin", 1)
    records.open()
    try:
        return records.read()
    finally:
        records.close()


def told(found: list[Observed | Breach]) -> list[tuple[int, int, int, int]]:
    """Of each record the wire, its level, and the cycles of offer and acceptance."""
    seen = []
    for o in found:
        assert isinstance(o, Observed) and isinstance(o.transaction, LineChange), o
        seen.append((o.transaction.line, o.transaction.level, o.offer, o.accept))
    return seen


WIRE = 1 << 4  # INTID 20


def pulses(*levels: int, taken: dict[int, int]) -> list[Cycle]:
    """Wire 20 has a level a cycle, from cycle 2 on, and is taken in some."""
    after = [(False, WIRE * level, (20, taken[at]) if at in taken else None) for at, level in enumerate(levels, 2)]
    return [(True, 0, None), (True, 0, None), *after]


@pytest.mark.parametrize(
    ("cycles", "wanted"),
    [
        (pulses(0, 1, 1, 0, taken={3: 1, 5: 0}), [(1, 3, 3), (0, 5, 5)]),  # taken when they come
        (pulses(0, 1, 1, 1, 0, 0, 0, taken={5: 1, 8: 0}), [(1, 3, 5), (0, 6, 8)]),
        (pulses(0, 1, 0, 0, 0, 0, taken={5: 1, 6: 0}), [(1, 3, 5), (0, 4, 6)]),  # it fell before it was taken high
        (pulses(0, 1, 0, 1, 1, 0, taken={6: 1, 7: 0}), [(1, 3, 6), (0, 7, 7)]),  # the first of two rises was caught
        (pulses(0, 1, 1, 0, 1, 1, 0, 0, taken={4: 1, 9: 0}), [(1, 3, 4), (0, 8, 9)]),  # a gap that nobody saw
        (pulses(0, 1, 0, 1, 0, 1, 1, taken={3: 1, 4: 0, 8: 1}), [(1, 3, 3), (0, 4, 4), (1, 5, 8)]),
        (pulses(0, 1, 0, 1, 1, 1, taken={3: 1, 6: 0, 7: 1}), [(1, 3, 3), (0, 4, 6), (1, 5, 7)]),  # low is taken late
        ([(True, WIRE, None), (False, WIRE, None), (False, WIRE, (20, 1))], [(1, 1, 2)]),  # high since the reset
        (pulses(0, 0, 0, taken={3: 1, 4: 0}), [(1, 3, 3), (0, 4, 4)]),  # it never had that level
    ],
)
def test_a_wire_is_offered_at_its_edge(cycles: list[Cycle], wanted: list[tuple[int, int, int]], tmp_path: Path) -> None:
    assert told(recorded(cycles, tmp_path)) == [(20, *rest) for rest in wanted]


def test_wires_are_told_apart(tmp_path: Path) -> None:
    """Random wires, before a block that looks at one of them at random times: the same as by a wire alone."""
    rng = random.Random(7)
    cycles: list[Cycle] = [(True, 0, None)]
    wanted, seen, was = [], [0] * 16, [0] * 16
    rose, fell, caught = [0] * 16, [0] * 16, [False] * 16
    for at in range(1, 4000):
        lines = [level ^ (rng.random() < 0.05) for level in was]
        for n in range(16):
            if lines[n] > was[n] and not seen[n] and not caught[n]:
                rose[n], caught[n] = at, True
            fell[n] = at if lines[n] < was[n] else fell[n]
        taken, waiting = None, [n for n in range(16) if (lines[n] or caught[n]) != seen[n]]
        if waiting and rng.random() < 0.3:
            n = rng.choice(waiting)
            seen[n] ^= 1
            caught[n] = False
            wanted.append((16 + n, seen[n], rose[n] if seen[n] else fell[n], at))
            taken = (16 + n, seen[n])
        was = lines
        cycles.append((False, sum(level << n for n, level in enumerate(lines)), taken))
    assert len(wanted) > 500 and any(offer < accept - 9 for _, _, offer, accept in wanted)
    assert told(recorded(cycles, tmp_path)) == wanted
