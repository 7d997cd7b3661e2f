"""Whether recordings bear a rule out: a fault that breaks it is injected into the models, and a recording no longer replays.

The recordings were made by software and a machine that know nothing of our rules; one that notices is independent evidence.
"""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from irqpath.core.errors import IrqpathError
from irqpath_testbench.tools.conformance.evidence import FOLDER, Evidence, Seen, Source, save
from irqpath_testbench.tools.faults.injection import find, injected, registry
from irqpath_testbench.tools.sim.recordings import FOLDER as RECORDINGS
from irqpath_testbench.tools.toolchain import processes

#: One of each kind of machine; together they hold what the others do.
CHOSEN: Final = ("v3-its-smp2", "nest-v2-smp1", "nest-v4-cut")
#: Seconds after which a replay is taken for endless: a true one takes about one.
_LIMIT: Final = 30


def by_recordings(say: Callable[[str], None], folder: Path = FOLDER) -> None:
    """Replay `CHOSEN` with each fault of the models, and note which recording notices which rule's bug."""
    faults = list(registry().values())
    say(f"{len(faults)} injected faults against {len(CHOSEN)} recordings ...")
    evidence: Evidence = {}
    noticed = 0
    with processes.pool(os.cpu_count()) as pool:
        for fault, name in zip(faults, pool.map(noticed_by, [fault.name for fault in faults]), strict=True):
            if not name:
                continue
            noticed += 1
            seen = evidence.setdefault(Source("recording", name), Seen())
            for id_ in fault.breaks:
                seen.rules[id_] = seen.rules.get(id_, 0) + 1
    say(f"  recordings notice {noticed} of them")
    save(folder / "injecting.json", evidence)


def noticed_by(fault: str, chosen: Sequence[str] = CHOSEN) -> str:
    """The first recording that does not replay with that bug in the models; "" if all of `chosen` do."""
    with injected(find(fault)):
        replay = importlib.import_module("irqpath.trace.replay").Replay
        for name in chosen:
            if not _replays(replay, RECORDINGS / f"{name}.jsonl.gz"):
                return name
    return ""


class _EndlessError(Exception):
    """A replay that does not come to an end."""


def _replays(replay: Callable[[Path], object], path: Path) -> bool:
    def ring(*_: object) -> None:
        raise _EndlessError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(_LIMIT)
    try:
        findings = replay(path).run()  # type: ignore[attr-defined]  # a copy of Replay, with classes of its own
        return bool(findings.ok)
    except (IrqpathError, _EndlessError, ArithmeticError, LookupError, AssertionError, TypeError, ValueError, AttributeError):
        return False  # a model with a bug may do anything
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
