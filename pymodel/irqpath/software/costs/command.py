"""`irqpath evolution predict`: takes what is known of a machine under KVM, and predicts its other times."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from irqpath.cli.console import console as make_console
from irqpath.cli.writing import check_writable, write_text
from irqpath.software.costs.data import INPUTS
from irqpath.software.costs.prediction import predict
from irqpath.software.costs.report import as_json, print_prediction

_HELP = {
    "hvc": "a hypercall that KVM answers at once",
    "mmio_user": "a read of a device that QEMU emulates (mmio_read_user)",
    "mmio_vgic": "a read of a register of the Distributor that KVM emulates (mmio_read_vgic)",
    "eoi": "the guest's end of an interrupt, without an exit",
    "ipi": "an SGI to another vCPU that spins, to its handler",
}


def add_command(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command and its options."""
    text = "predict times of a machine from those that are known, as kvm-unit-tests' micro-bench measures them"
    known = commands.add_parser("predict", help=text, description=text, allow_abbrev=False)
    for row in INPUTS:
        known.add_argument(f"--{row.replace('_', '-')}", type=_nanoseconds, metavar="NS", help=f"{_HELP[row]}, in ns")
    known.add_argument("--json", type=Path, metavar="FILE", help="write what is predicted there, too")


def run(args: argparse.Namespace) -> int:
    """Always 0. Raises `ConfigError`, `OSError`."""
    given = {row: time for row in INPUTS if (time := getattr(args, row)) is not None}
    found = predict(given)
    check_writable(args.json)
    console = make_console()
    print_prediction(console, given, found)
    if args.json is not None:
        write_text(args.json, json.dumps(as_json(given, found), indent=2, ensure_ascii=False) + "\n")
        console.print(f"written to {args.json}", highlight=False, soft_wrap=True)
    return 0


def _nanoseconds(text: str) -> float:
    """A time. What is no number at all ends here; what no machine can have, in `predict`."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of nanoseconds") from None
