"""`irqpath replay`: recordings of real software against the golden models."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from irqpath.cli.console import console
from irqpath.cli.writing import check_writable
from irqpath.config.policy import PRESETS, preset
from irqpath.trace.findings import Findings
from irqpath.trace.kvm import report as kvm
from irqpath.trace.kvm.replay import ONLY, VgicReplay
from irqpath.trace.reader import look_for
from irqpath.trace.replay import Replay
from irqpath.trace.report import print_findings, write_json
from irqpath.trace.virtio_replay import VirtioReplay

#: What can be replayed by itself.
_PARTS: dict[str, type[VirtioReplay | VgicReplay]] = {"virtio": VirtioReplay, ONLY: VgicReplay}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `irqpath replay`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings (*.jsonl.gz)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings for machines")
    parser.add_argument(
        "--policy",
        default="qemu",
        help=f"choices of the implementation: {', '.join(PRESETS)} (default: qemu, the recorded machine)",
    )
    parser.add_argument(
        "--only",
        choices=tuple(_PARTS),
        default="",
        help="replay only this part: virtio, also of machines whose GIC the models do not cover; what KVM writes for its guests",
    )


def run(args: argparse.Namespace) -> int:
    """0: everything compared agrees; 1: a deviation, or nothing compared; 2: a recording could not be read to its end.

    Raises `TraceError` before anything is replayed when one of the files cannot be read.
    """
    _look_for(args.files)
    check_writable(args.json)
    out = console()
    results = replay_all(args.files, out, args.policy, args.only)
    print_findings(out, results, kvm.print_table if args.only == ONLY else None)
    if args.json:
        write_json(args.json, results)
    if any(findings.stopped for findings in results):
        return 2
    return 0 if all(findings.ok for findings in results) else 1


def _look_for(files: Sequence[Path]) -> None:
    for path in files:
        look_for(path)


def _show(progress: Progress, task: TaskID, share: float) -> None:
    progress.update(task, completed=share)


def replay_all(files: Sequence[Path], out: Console, policy: str = "qemu", only: str = "") -> list[Findings]:
    """Replay each file, or `only` a part of it, with a progress bar where the console is a terminal.

    Raises `ConfigError` for an unknown policy.
    """
    chosen = preset(policy)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    results = []
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as progress:
        for path in files:
            task = progress.add_task(f"replay {path.name}", total=1.0)
            replay = _PARTS[only](path) if only else Replay(path, policy=chosen)
            results.append(replay.run(partial(_show, progress, task)))
    return results
