"""What a run leaves beside its log and JUnit file: its transactions as JSON Lines, and the command that repeats it."""

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
