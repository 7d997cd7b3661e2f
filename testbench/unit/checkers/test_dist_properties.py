"""Properties of the link between GICD and GICR keep what is outstanding: an offer, and the one before it that GICC may hold."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from irqpath.core.links.ports import RECORD
from irqpath.core.places import HDL
from irqpath_testbench.dut.parameters import TESTBENCH_HDL
from irqpath_testbench.tools.toolchain import icarus
from irqpath_testbench.tools.toolchain.processes import run

pytestmark = pytest.mark.simulator("icarus")

BENCH: Final = """
`include "generated/irqpath_links.vh"
module bench;
    reg clk = 0, rst = 1, dn = 0, up = 0;
    reg [`DIST_DOWN_BITS-1:0] dn_msg = 0;
    reg [`DIST_UP_BITS-1:0] up_msg = 0;
    integer fd;
    dist_properties properties (
        .clk(clk), .rst(rst), .fd(fd), .cycle(40'd0),
        .dn_valid(dn), .dn_ready(1'b1), .dn_msg(dn_msg), .up_valid(up), .up_ready(1'b1), .up_msg(up_msg)
    );
    task tick; begin #1 clk = 1; #1 clk = 0; dn = 0; up = 0; end endtask
    initial begin
        fd = $fopen("breaches.bin", "wb");
        tick; rst = 0;
        %s
        $fclose(fd);
        $finish;
    end
endmodule
"""
#: What goes which way, for an INTID.
_MESSAGES: Final = {
    "offer": "dn = 1; dn_msg = `DIST_SPI_OFFER_PACK(2'd1, 8'd8, 24'd%s); tick;",
    "recall": "dn = 1; dn_msg = `DIST_SPI_RECALL_PACK(24'd%s); tick;",
    "recalled": "up = 1; up_msg = `DIST_SPI_RECALL_ACK_PACK(24'd%s); tick;",
    "release": "up = 1; up_msg = `DIST_SPI_RELEASE_PACK(24'd%s); tick;",
}
#: One was replaced, and what replaced it was recalled before GICC had it: the first is still there.
_RECALLED: Final = ("offer 60", "offer 34", "recall 34", "recalled 34", "offer 62")


@pytest.mark.parametrize(
    ("messages", "breaches"),
    [
        ((*_RECALLED, "release 60", "offer 40", "release 62"), 0),
        ((*_RECALLED, "release 34"), 1),
        ((*_RECALLED, "offer 40"), 1),
        ((*_RECALLED, "release 60", "release 60"), 1),
        ((*_RECALLED, "release 62", "release 60"), 0),
        (("offer 60", "offer 34", "release 60", "recall 34", "recalled 34"), 0),
        (("offer 60", "offer 34", "recall 60"), 1),
    ],
    ids=lambda value: None if isinstance(value, int) else ", ".join(value),
)
def test_what_is_outstanding_between_gicd_and_gicr(messages: tuple[str, ...], breaches: int, tmp_path: Path) -> None:
    steps = [_MESSAGES[kind] % intid for kind, intid in map(str.split, messages)]
    (tmp_path / "bench.v").write_text(BENCH % "\n        ".join(steps))
    sources = [HDL / "formal" / f"{name}_properties.v" for name in ("dist", "link")]
    folders = [f"-I{folder}" for folder in (HDL, TESTBENCH_HDL)]
    compiler = Path(icarus.find().path)
    words: list[str | Path] = [compiler, "-g2005", *folders, "-s", "bench", "-o", "bench", "bench.v", *sources]
    done = run(words, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    done = run([compiler.with_name("vvp"), "bench"], cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "breaches.bin").stat().st_size == breaches * RECORD.bits // 8
