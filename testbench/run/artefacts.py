"""What a run leaves beside its log and JUnit file: its transactions as JSON Lines, the command that repeats it, and with waves a
GTKWave view that groups the signals by link."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from pymodel.errors import CheckError
from pymodel.transactions import Observed, Transaction
from testbench.recorder import Breach, Records
from testbench.run_config import RunConfig

TRANSACTIONS = "transactions.jsonl"
COMMAND = "command.txt"
VIEW = "waves.gtkw"


#: What a line says besides the transaction's own fields, which lie apart under `fields`: no name of theirs can meet one of these.
ENVELOPE: Final = ("link", "offer", "accept", "kind", "fields")
#: Files of a run that are large, and of use only to whoever looks into it.
BULK: Final = ("records.bin", TRANSACTIONS)


def write_transactions(run: RunConfig) -> int:
    """Every record of the run, one object a line: link, offer, accept (cycles), kind (the transaction's name) and fields; returns
    how many. `read_transactions` reads them back.

    A breach of a link's protocol has `breach` instead of kind and fields, and no offer.
    """
    folder = Path(run.folder)
    records = Records(folder / "records.bin", run.device.pes)
    records.open()
    path, count = folder / TRANSACTIONS, 0
    try:
        with path.open("wb") as file:
            for record in records.read():
                count += 1
                file.write(line(record))
    except OSError as error:  # a full disk does not say which file it was
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        records.close()
    return count


def line(record: Observed | Breach) -> bytes:
    """One record as JSON."""
    if not isinstance(record, Observed):
        return orjson.dumps({"link": record.link, "accept": record.cycle, "breach": record.what}) + b"\n"
    transaction = record.transaction
    kind = type(transaction).__name__
    values = {name: _plain(getattr(transaction, name)) for name in _FIELDS[kind]}
    entry = (record.link, record.offer, record.accept, kind, values)
    return orjson.dumps(dict(zip(ENVELOPE, entry, strict=True))) + b"\n"


def _hints(kind: type[Any]) -> dict[str, Any]:
    """Types of a transaction's fields by name."""
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in fields(kind)}


#: Transactions by name, and the types of their fields.
_KINDS: Final[dict[str, type[Any]]] = {kind.__name__: kind for kind in typing.get_args(Transaction)}
_FIELDS: Final = {name: _hints(kind) for name, kind in _KINDS.items()}


def read_transactions(lines: Iterable[bytes]) -> Iterator[Observed | Breach]:
    """The records of lines that `write_transactions` wrote. Raises `CheckError` naming the line for any other."""
    for number, text in enumerate(lines, 1):
        try:
            value = orjson.loads(text)
            if "breach" in value:
                yield Breach(value["link"], value["accept"], value["breach"])
                continue
            kind = _KINDS[value["kind"]]
            given = {name: _typed(hint, value["fields"][name]) for name, hint in _FIELDS[value["kind"]].items()}
            yield Observed(value["link"], value["offer"], value["accept"], kind(**given))
        except (ValueError, KeyError, TypeError) as error:
            raise CheckError(f"line {number} of {TRANSACTIONS} is no transaction ({error!r})") from error


def _plain(value: Any) -> Any:
    """A field's value as JSON has it: members of an enumeration that is no number by their name."""
    if isinstance(value, int | str):
        return int(value) if isinstance(value, enum.Enum) else value
    if isinstance(value, enum.Enum):
        return value.name
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return value


def _typed(hint: Any, value: Any) -> Any:
    """A value as JSON has it, as its field wants it."""
    if typing.get_origin(hint) is tuple:
        kinds = typing.get_args(hint)
        if len(kinds) == 2 and kinds[1] is Ellipsis:
            return tuple(_typed(kinds[0], part) for part in value)
        return tuple(_typed(kind, part) for kind, part in zip(kinds, value, strict=True))
    if isinstance(hint, types.UnionType):  # of enumerations without a name in common
        hint = next(kind for kind in typing.get_args(hint) if value in kind.__members__)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint(value) if issubclass(hint, int) else hint[value]
    if isinstance(hint, type) and is_dataclass(hint):
        return hint(**{name: _typed(part, value[name]) for name, part in _hints(hint).items()})
    return value


def drop_bulk(run: RunConfig) -> None:
    """Remove what is large."""
    for name in BULK:
        (Path(run.folder) / name).unlink(missing_ok=True)


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
