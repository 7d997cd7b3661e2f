"""A run's folder belongs to one run: its name holds all options, and a lock keeps others out while it is in use."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from irqpath.core.errors import CheckError
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.toolchain.kept import Busy, digest, locked

#: The file that marks a folder as a run's.
CONFIG = "run.json"
#: Names that a run's folder is called by already, or that do not change what a run does.
_ELSEWHERE = ("folder", "path", "simulator", "seed")


def options(run: RunConfig, scenarios: Sequence[str], waves: bool) -> str:
    """All that a run may be told, besides what its folder is called by anyway."""
    values = {name: value for name, value in asdict(run).items() if name not in _ELSEWHERE}
    return json.dumps(values | {"scenarios": list(scenarios), "waves": waves}, sort_keys=True)


def suffix(chosen: str, usual: str) -> str:
    """What follows in a name: nothing for the usual options, a hash of others."""
    return "" if chosen == usual else f"-{digest([chosen])[:8]}"


@contextmanager
def claimed(place: Path, what: str = "this run") -> Iterator[Path]:
    """A folder or file for one process alone: `place`, or while another process uses that, `place` with .2, .3, ... behind its
    name, which one line on standard error says."""
    with ExitStack() as stack:
        for n in itertools.count(1):
            own = place if n == 1 else place.with_name(f"{place.stem}.{n}{place.suffix}")
            try:
                stack.enter_context(locked(own.with_name(f".{own.name}.lock"), str(own), patience=0, temporary=True))
            except Busy as busy:
                if n == 1:
                    first = busy
                continue
            break
        if own != place:
            print(f"irqpath: {first.holder} uses {place}: {what} writes {own}", file=sys.stderr, flush=True)
        yield own


def clear(folder: Path) -> None:
    """Make it empty. Raises `CheckError` where it holds something and is no run's."""
    try:
        # the mark goes last: a folder that was half cleared is still known as a run's
        left = sorted(folder.iterdir(), key=lambda path: path.name == CONFIG)
    except FileNotFoundError:
        folder.mkdir(parents=True)
        return
    except NotADirectoryError:
        raise CheckError(f"{folder} is no folder; name another by --out") from None
    if left and left[-1].name != CONFIG:
        raise CheckError(f"{folder} is not empty and holds no run ({CONFIG}); remove it, or name another by --out")
    for path in left:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
