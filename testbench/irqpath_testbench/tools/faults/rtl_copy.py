"""Verilog with the injected faults: copies of the sources, with the edits of rtl_faults.toml.

A copy has every fault of its file; a run picks one. Its lines are those of the source, by whose name simulators call it: what
they say of a copy leads to the source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from irqpath.cli.writing import write_text
from irqpath.core.errors import CheckError
from irqpath_testbench.tools.faults.rtl_faults import CONDITION, INJECTABLE, RtlFault

#: The end of a module's header, alone on its line.
_HEADER: Final = re.compile(r"^module\b.*?^\);", re.MULTILINE | re.DOTALL)
_CONDITION: Final = re.compile(rf"\b{CONDITION}\b")


def edited(sources: Sequence[Path], faults: Sequence[RtlFault] | None = None) -> dict[Path, str]:
    """The text of each source that has faults (None: all that can be injected), with them.

    Raises `CheckError`: an edit that does not match its file any more, two that change the same text, or a fault whose file is
    none of `sources`."""
    of_file: dict[str, list[RtlFault]] = {}
    for fault in INJECTABLE if faults is None else faults:
        of_file.setdefault(fault.file, []).append(fault)
    named = {path.name: path for path in sources}
    for file, its_faults in of_file.items():
        if file not in named:
            raise CheckError(f"fault {its_faults[0].number} of rtl_faults.toml is in {file}, which is not there")
    return {named[file]: _copy(named[file], its_faults) for file, its_faults in of_file.items()}


def write(copies: Mapping[Path, str], sources: Sequence[Path], folder: Path) -> list[Path]:
    """`sources`, with those that have a copy in place of it; the copies are written into `folder`."""
    for path, text in copies.items():
        write_text(folder / path.name, text)
    return [folder / path.name if path in copies else path for path in sources]


def _copy(path: Path, faults: Sequence[RtlFault]) -> str:
    source = path.read_text(encoding="utf-8")
    changes = sorted(_changes(path, source, faults))
    for (_, end, number, _), (start, _, other, _) in pairwise(changes):
        if start < end:
            raise CheckError(f"faults {number} and {other} of rtl_faults.toml change the same text of {path.name}")
    for start, end, _, new in reversed(changes):  # from the end, so that what is before stays where it is
        source = source[:start] + new + source[end:]
    return f'`include "fault.vh"\n`line 1 "{path}" 0\n{source}'


def _changes(path: Path, source: str, faults: Sequence[RtlFault]) -> list[tuple[int, int, int, str]]:
    """What changes in `source`: where it begins and ends, the fault's number (0: of all), and what it becomes."""
    headers = list(_HEADER.finditer(source))
    if not headers:
        raise CheckError(f"{path.name} has no module whose header ends with a line of its own, to inject faults into")
    changes = [(header.end(), header.end(), 0, " `FAULT_INJECTION") for header in headers]
    for fault in faults:
        for edit in fault.edits:
            found = source.count(edit.old)
            if found != 1:
                which = f"fault {fault.number} of rtl_faults.toml"
                raise CheckError(f"{which} no longer matches: {path.name} has {edit.old!r} {found} times, not once")
            start = source.index(edit.old)
            new = _CONDITION.sub(f"`INJECTED({fault.number})", edit.new)
            changes.append((start, start + len(edit.old), fault.number, new))
    return changes
