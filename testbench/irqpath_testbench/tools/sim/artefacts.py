"""What a run leaves beside its log and JUnit file: its transactions as JSON Lines, and the command that repeats it."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from irqpath.cli.writing import naming
from irqpath.core.errors import CheckError, LinkError
from irqpath.core.link import Link
from irqpath.core.transactions import Observed, Transaction
from irqpath_testbench.dut.recorder import Breach, Records
from irqpath_testbench.env.run_config import RunConfig

TRANSACTIONS = "transactions.jsonl"
COMMAND = "command.txt"


#: What a line says besides the transaction's own fields, which lie apart under `fields`: no name of theirs can meet one of these.
ENVELOPE: Final = ("scenario", "link", "offer", "accept", "kind", "fields")
#: Files of a run that are large, and of use only to whoever looks into it.
BULK: Final = ("records.bin", TRANSACTIONS)


def write_transactions(run: RunConfig) -> int:
    """Every record of the run, one object a line: scenario, link, offer, accept (cycles since the scenario's start), kind (the
    transaction's name) and fields; returns how many. `read_transactions` reads them back.

    A breach of a link's protocol has `breach` instead of kind and fields, and no offer. The scenario is null of the resets that
    come between scenarios, and of one that left no result.
    """
    folder = Path(run.folder)
    records = Records(folder / "records.bin", run.gic().pes)
    records.open()
    path, count = folder / TRANSACTIONS, 0
    scenarios = _scenarios(folder)
    try:
        with naming(path), path.open("wb") as file:
            for section in records.sections((first, end) for first, end, _ in scenarios):
                name = next((name for first, end, name in scenarios if first <= count < end), None)
                count += len(section)
                file.writelines(line(record, name) for record in section)
    finally:
        records.close()
    return count


def _scenarios(folder: Path) -> list[tuple[int, int, str]]:
    """Of each scenario that left a result, in the order in which they ran: first record, the one behind the last, name."""
    results = [orjson.loads(path.read_bytes()) for path in folder.glob("result-*.json")]
    return sorted((r["first_record"], r["first_record"] + r["records"], r["scenario"]) for r in results)


def line(record: Observed | Breach, scenario: str | None = None) -> bytes:
    """One record as JSON."""
    if not isinstance(record, Observed):
        breach = {"scenario": scenario, "link": record.link, "accept": record.cycle, "breach": record.what}
        return orjson.dumps(breach) + b"\n"
    transaction = record.transaction
    kind = type(transaction).__name__
    values = {name: _plain(getattr(transaction, name)) for name in _FIELDS[kind]}
    entry = (scenario, record.link, record.offer, record.accept, kind, values)
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
            yield Observed(Link(value["link"]), value["offer"], value["accept"], kind(**given))
        except (LinkError, ValueError, KeyError, TypeError) as error:
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
