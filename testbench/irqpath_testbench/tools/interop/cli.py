"""`make interop`: both sides of a virtqueue against Linux and DPDK, all variants, sizes 1 to 1,024.

usage: python -m irqpath_testbench.tools.interop.cli [--buffers N] [--sizes 1,2,...] [--only linux|vhost] [--jobs N] [--seed N]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from irqpath.cli.console import console
from irqpath.cli.ending import fail, guarded
from irqpath.cli.parser import Parser
from irqpath.cli.table import Figures
from irqpath.cli.writing import check_writable, write_text
from irqpath.core.errors import CheckError, IrqpathError
from irqpath_testbench.tools.interop import linux, run_linux, run_vhost
from irqpath_testbench.tools.interop.linux import FOLDER, LinuxDriver
from irqpath_testbench.tools.interop.run_linux import SIZES, Result, Variant, variants
from irqpath_testbench.tools.interop.run_vhost import VhostDevice
from irqpath_testbench.tools.toolchain import processes

#: So many entries have room in the memory that is shared.
MAX_SIZE: Final = 8192
PARTNERS: Final = {
    "linux": "Linux's driver, irqpath's device, irqpath's driver in lockstep",
    "vhost": "irqpath's driver, DPDK's vhost device in another process",
}


def with_linux(jobs: Iterable[tuple[Variant, int, int]]) -> list[tuple[Result, str]]:
    """Run variants against Linux's driver, in this process. Each with what went wrong, "" if nothing did."""
    driver = LinuxDriver()
    return [_tried(variant, lambda v, b, s: run_linux.run(driver, v, b, s), buffers, seed) for variant, buffers, seed in jobs]


def with_vhost(jobs: Iterable[tuple[Variant, int, int]]) -> list[tuple[Result, str]]:
    """The same against DPDK; a device that failed once is started anew."""
    results = []
    for variant, buffers, seed in jobs:
        with VhostDevice() as device:
            results.append(_tried(variant, lambda v, b, s, d=device: run_vhost.run(d, v, b, s), buffers, seed))
    return results


def _tried(variant: Variant, run: Any, buffers: int, seed: int) -> tuple[Result, str]:
    try:
        return run(variant, buffers, seed), ""
    except IrqpathError as error:
        return Result(variant), str(error)


def run_all(partner: str, buffers: int, sizes: tuple[int, ...], seed: int, jobs: int) -> Iterator[tuple[Result, str]]:
    """All variants against one partner, `jobs` processes at a time, in order. Raises `CheckError` where it cannot be had."""
    work = [(variant, buffers, seed + n) for n, variant in enumerate(variants(sizes))]
    run = with_linux if partner == "linux" else with_vhost
    if partner == "linux":
        linux.build(install=True)
    else:
        run_vhost.build(install=True)
        jobs = 1  # its device is a process of its own
    with processes.pool(jobs) as pool:
        futures = [pool.submit(run, [item]) for item in work]
        for (variant, _, _), future in zip(work, futures, strict=True):
            try:
                yield from future.result()
            except BrokenProcessPool as error:
                raise CheckError(f"{variant}, or a ring that ran beside it: the process crashed; try --jobs 1") from error


def report(partner: str, found: list[tuple[Result, str]], out: Path) -> bool:
    """Print and write what was found; True if all is well."""
    screen = console()
    _table(partner, found).print(screen)
    failed = [error for _, error in found if error]
    for error in failed:
        screen.print(f"[red]failed[/red] {error}", highlight=False, soft_wrap=True)
    total = sum(result.buffers for result, _ in found)
    screen.print(f"{partner}: {len(found) - len(failed)} rings passed, {len(failed)} failed, {total:,} buffers", highlight=False)
    rows = [asdict(result) | {"ring": str(result.variant), "error": error} for result, error in found]
    write_text(out, json.dumps(rows, indent=1) + "\n")
    return not failed and total > 0


def _table(partner: str, found: list[tuple[Result, str]]) -> Figures:
    table = Figures(PARTNERS[partner], ("ring",), ("buffers", "kicks", "interrupts", "µs a buffer"))
    for result, error in found:
        if not error:
            micro = result.seconds / result.buffers * 1e6
            table.add(str(result.variant), *(f"{n:,}" for n in (result.buffers, result.kicks, result.interrupts)), f"{micro:.0f}")
    return table


def main() -> int:
    """As `run`; 2 for an error, which is told in one line."""
    return guarded(run)


def run() -> int:
    """0: all rings pass; 1: some do not. Raises `CheckError` where a partner cannot be had."""
    parser = Parser(prog="make interop ARGS=...", allow_abbrev=False, description="virtqueues against Linux and DPDK")
    parser.add_argument("--buffers", type=int, default=100_000, metavar="N", help="for each ring (default: %(default)s)")
    parser.add_argument(
        "--sizes", default=",".join(map(str, SIZES)), help="ring sizes, separated by commas (default: %(default)s)"
    )
    parser.add_argument("--only", choices=tuple(PARTNERS), help="one partner (default: all)")
    parser.add_argument(
        "--jobs", type=int, default=min(2, os.cpu_count() or 1), metavar="N", help="processes (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the random choices (default: %(default)s)")
    args = parser.parse_args()
    try:
        sizes = tuple(int(size) for size in args.sizes.split(","))
    except ValueError:
        return fail(f"--sizes {args.sizes}: give numbers, separated by commas", 2)
    for size in sizes:
        if not 1 <= size <= MAX_SIZE:
            return fail(f"--sizes {size}: a ring has 1 to {MAX_SIZE:,} entries here", 2)
    for option in ("buffers", "jobs"):
        if getattr(args, option) < 1:
            return fail(f"--{option} {getattr(args, option)}: give 1 or more", 2)
    return compare([args.only] if args.only else list(PARTNERS), sizes, args)


def compare(partners: list[str], sizes: tuple[int, ...], args: argparse.Namespace) -> int:
    """All partners in turn; the exit status."""
    good = True
    total = len(variants(sizes))
    for partner in partners:
        started = time.perf_counter()
        check_writable(FOLDER / f"{partner}.json")
        found: list[tuple[Result, str]] = []
        try:
            for result, error in run_all(partner, args.buffers, sizes, args.seed, args.jobs):
                found.append((result, error))
                text = f"failed: {error}" if error else f"{result.variant} passed"
                print(f"{partner} {len(found)} of {total}: {text}", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            if found:
                report(partner, found, FOLDER / f"{partner}.json")
            raise
        good &= report(partner, found, FOLDER / f"{partner}.json")
        print(f"{partner}: {time.perf_counter() - started:.0f} s", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
