"""What a run leaves beside its log and JUnit file: its transactions as JSON Lines, the command that repeats it, and with waves a
GTKWave view that groups the signals by link."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import orjson

from pymodel.transactions import Observed
from pymodel.writing import naming
from testbench.recorder import Records
from testbench.run_config import RunConfig

TRANSACTIONS = "transactions.jsonl"
COMMAND = "command.txt"
VIEW = "waves.gtkw"


def write_transactions(run: RunConfig) -> int:
    """Every record of the run, one object a line: link, offer, accept (cycles), kind and fields; returns how many.

    A breach of a link's protocol has `breach` instead of a kind.
    """
    folder = Path(run.folder)
    records = Records(folder / "records.bin", run.device.pes)
    records.open()
    names: dict[type, tuple[str, ...]] = {}
    count = 0
    with naming(folder / TRANSACTIONS), (folder / TRANSACTIONS).open("wb") as file:
        for record in records.read():
            count += 1
            if not isinstance(record, Observed):
                file.write(orjson.dumps({"link": record.link, "accept": record.cycle, "breach": record.what}) + b"\n")
                continue
            transaction = record.transaction
            kind = type(transaction)
            if kind not in names:
                names[kind] = tuple(f.name for f in fields(transaction))
            entry = {"link": record.link, "offer": record.offer, "accept": record.accept, "kind": kind.__name__}
            for name in names[kind]:
                entry[name] = getattr(transaction, name)
            file.write(orjson.dumps(entry) + b"\n")
    records.close()
    return count


def link_signals(run: RunConfig) -> dict[str, list[str]]:
    """Signals in `irqpath_tb` by link. Vectors hold the bits of all PEs or ports; a view shows them whole."""
    device = run.device
    groups = {
        "reg: awvalid awready addr size wdata bvalid | arvalid arready rvalid rdata (GICD, GICR 0.., ITS)": [
            "awvalid", "awready", "addr", "size", "wdata", "bvalid", "bready", "bresp",
            "arvalid", "arready", "rvalid", "rready", "rdata", "rresp",
        ],
        "sysreg (PE 0 lowest)": ["sys_valid", "sys_ready", "sys_op", "sys_reg", "sys_data", "rsp_valid", "rsp_ready", "rsp_ok", "rsp_data"],
        "stream down, GICR to GICC": ["dut.down_tvalid", "dut.down_tready", "dut.down_tdata", "dut.down_tlast"],
        "stream up, GICC to GICR": ["dut.up_tvalid", "dut.up_tready", "dut.up_tdata", "dut.up_tlast"],
        "dist down, GICD to GICR": ["dut.dist_dn_valid", "dut.dist_dn_ready", "dut.dist_dn_msg"],
        "dist up, GICR to GICD": ["dut.dist_up_valid", "dut.dist_up_ready", "dut.dist_up_msg"],
        "irq": ["spi", "ppi", "irq", "fiq", "wake"],
        "mem (GICR 0.., ITS, software)": [
            "dut.mem_valid", "dut.mem_ready", "dut.mem_write", "dut.mem_size", "dut.mem_address", "dut.mem_wdata",
            "dut.mem_rsp_valid", "mem_rsp_write", "mem_rsp_error", "mem_rsp_rdata",
        ],
    }  # fmt: skip
    if device.its:
        groups["msi"] = ["msi_valid", "msi_ready", "msi_device", "msi_event", "msi_rsp_valid"]
        groups["its_gicr"] = ["dut.cmd_valid", "dut.cmd_ready", "dut.cmd_msg", "dut.ack_valid", "dut.ack_ready", "dut.ack_msg"]
    return groups


#: Widths of the vectors above for one PE, port or master; a name that is missing has one bit.
_WIDTH = {
    "addr": 17, "size": 3, "wdata": 64, "bresp": 2, "rdata": 64, "rresp": 2, "sys_op": 2, "sys_reg": 16, "sys_data": 64, "rsp_data": 64,
    "dut.down_tdata": 16, "dut.up_tdata": 16, "dut.dist_dn_msg": 64, "dut.dist_up_msg": 64, "ppi": 16, "dut.mem_size": 2,
    "dut.mem_address": 52, "dut.mem_wdata": 64, "dut.ack_msg": 64,
}  # fmt: skip
#: Vectors that do not grow with the number of PEs: their width.
_FIXED = {"mem_rsp_rdata": 64, "msi_device": 32, "msi_event": 32, "dut.cmd_msg": 64}
_SINGLE = frozenset(("mem_rsp_write", "mem_rsp_error", "msi_valid", "msi_ready", "msi_rsp_valid"))
_PORTS = frozenset(
    [
        "awvalid",
        "awready",
        "addr",
        "size",
        "wdata",
        "bvalid",
        "bready",
        "bresp",
        "arvalid",
        "arready",
        "rvalid",
        "rready",
        "rdata",
        "rresp",
        "dut.mem_valid",
        "dut.mem_ready",
        "dut.mem_write",
        "dut.mem_size",
        "dut.mem_address",
        "dut.mem_wdata",
        "dut.mem_rsp_valid",
    ]
)


def _vector(name: str, run: RunConfig) -> str:
    """The name as waves have it, with its range."""
    if name in _SINGLE:
        return name
    if name == "spi":
        width = run.device.spis
    elif name in _FIXED:
        width = _FIXED[name]
    else:
        width = _WIDTH.get(name, 1) * (run.device.pes + 2 * (name in _PORTS))
    return name if width == 1 else f"{name}[{width - 1}:0]"


def write_view(run: RunConfig, dump: Path) -> Path:
    """A GTKWave save file for `dump`; open it with `gtkwave waves.gtkw`."""
    path = Path(run.folder) / VIEW
    top = "irqpath_tb."
    lines = [f'[dumpfile] "{dump}"', f'[savefile] "{path}"', "[timestart] 0", "@28", f"{top}clk"]
    for title, signals in link_signals(run).items():
        lines += ["@200", f"-{title}"]
        for name in signals:
            vector = _vector(name, run)
            lines += ["@22" if "[" in vector else "@28", f"{top}{vector}"]
    path.write_text("\n".join(lines) + "\n")
    return path
