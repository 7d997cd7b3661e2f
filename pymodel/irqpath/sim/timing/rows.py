"""Rows: what happened in recorded runs, each with the term that says what it costs; as arrays, for a million of them.

Two tables a recording. *Things* are offers: the cycle from which a term counts (`base`, or where that is -1 the acceptance of the
input number `start`), the cycle of the offer (`offer`), and the cycle before which the link was not free (`floor`). *Inputs* are
in the order of acceptance, a block after the other: when each could be taken (`ready`: its last beat, or what keeps it waiting
while the block is idle), when it was (`accept`), and the term and base from which the block can take the next one.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from irqpath.cli.writing import write_bytes
from irqpath.core.errors import CheckError
from irqpath.sim.timing.term import Term

Column = NDArray[np.int64]
#: An input that the block takes as soon as it is idle: it is always ready.
ALWAYS: Final = -1
#: What cannot be told.
UNKNOWN: Final = -(1 << 40)
_VERSION: Final = 1
_TYPES: Final = (np.int8, np.int16, np.int32, np.int64)
_THINGS: Final = ("block", "link", "term", "start", "base", "offer", "floor")
_INPUTS: Final = ("block", "link", "ready", "accept", "term", "base")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one recording. `blocks`, `links`: names, by number; `kinds`: of each block; `terms`: of (kind, term), by number;
    `things`, `inputs`: columns by name; `about`: whose rows these are (path, seed, scenario)."""

    blocks: tuple[str, ...]
    kinds: tuple[str, ...]
    links: tuple[str, ...]
    terms: tuple[tuple[str, Term], ...]
    things: Mapping[str, Column]
    inputs: Mapping[str, Column]
    about: Mapping[str, Any]
    #: levels of back-pressure, each with the first cycle in which it stands; none before
    pressure: tuple[tuple[int, int], ...] = ()

    def save(self, path: Path) -> None:
        """Write a file. Raises `OSError`."""
        head = {
            "version": _VERSION,
            "blocks": self.blocks,
            "kinds": self.kinds,
            "links": self.links,
            "terms": [[kind, term.name, term.counts] for kind, term in self.terms],
            "about": dict(self.about),
            "pressure": self.pressure,
        }
        columns = {f"things_{name}": _narrow(column) for name, column in self.things.items()}
        columns |= {f"inputs_{name}": _narrow(column) for name, column in self.inputs.items()}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **columns)
        write_bytes(path, file.getvalue())


def load(path: Path) -> Rows:
    """What `Rows.save` wrote. Raises `CheckError`, `OSError`."""
    try:
        with np.load(path, allow_pickle=False) as file:
            head = json.loads(file["head"].tobytes())
            if head["version"] != _VERSION:
                raise ValueError(f"its version is {head['version']}, and this irqpath reads {_VERSION}")
            things, inputs = (
                {name: file[f"{table}_{name}"].astype(np.int64) for name in names}
                for table, names in (("things", _THINGS), ("inputs", _INPUTS))
            )
    except (ValueError, KeyError, EOFError, BadZipFile) as error:
        raise CheckError(f"{path} holds no rows ({error}); a run of this irqpath writes them") from None
    terms = tuple((kind, Term(name, tuple((what, n) for what, n in counts))) for kind, name, counts in head["terms"])
    pressure = tuple((since, level) for since, level in head["pressure"])
    blocks, kinds, links = (tuple(head[what]) for what in ("blocks", "kinds", "links"))
    return Rows(blocks, kinds, links, terms, things, inputs, head["about"], pressure)


def _narrow(column: Column) -> NDArray[np.signedinteger[Any]]:
    """As few bytes as hold it: a run has many rows."""
    if not len(column):
        return column
    least, most = int(column.min()), int(column.max())
    return column.astype(next(t for t in _TYPES if np.iinfo(t).min <= least and most <= np.iinfo(t).max))


def columns(names: Sequence[str], parts: Sequence[Sequence[Column]]) -> dict[str, Column]:
    """Parts, each with its columns in the order of `names`, one below the other."""
    empty = np.empty(0, np.int64)
    return {name: np.concatenate([part[n] for part in parts]) if parts else empty for n, name in enumerate(names)}
