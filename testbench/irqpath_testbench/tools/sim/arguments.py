"""Types of command-line arguments that commands share: what is wrong is said in one line."""

from __future__ import annotations

import argparse
from pathlib import Path

from irqpath_testbench.dut.parameters import PARAMETERS
from irqpath_testbench.tools.faults.rtl_faults import INJECTABLE


def seed(text: str) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; give a whole number such as 1 or 0x2a") from None
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is negative; give a whole number from 0 up")
    return value


def positive(text: str) -> int:
    return number(text, 1, 10_000_000, "interrupts")


def jobs(text: str) -> int:
    return number(text, 1, 1024, "jobs at a time")


def folder(text: str) -> Path:
    path = Path(text).absolute()
    if not text or (path.exists() and not path.is_dir()):
        raise argparse.ArgumentTypeError(f"{text!r} is no folder; give one that is there or can be made")
    return path


def file(text: str) -> Path:
    path = Path(text).absolute()
    if not text or path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a folder; give the name of a file")
    return path


def events(text: str) -> int:
    return number(text, 1, 10**9, "events")


def pes(text: str) -> int:
    return number(text, 1, 8, "PEs")


def bits(text: str) -> int:
    return number(text, 4, 8, "priority bits")


def fault(text: str) -> int:
    known = sorted(fault.number for fault in INJECTABLE)
    if not text.isdecimal() or int(text) not in (0, *known):
        raise argparse.ArgumentTypeError(
            f"no fault {text!r} can be injected into the Verilog; give one of {', '.join(map(str, known))}"
            " (testbench/irqpath_testbench/tools/faults/rtl_faults.toml)"
        )
    return int(text)


def device(text: str) -> dict[str, int]:
    """Parameters by name. What values they may have is `DutParameters`'s to say."""
    found: dict[str, int] = {}
    for part in text.split(","):
        name, _, value = part.strip().partition("=")
        if name not in PARAMETERS:
            raise argparse.ArgumentTypeError(f"the Verilog has no parameter {name!r}; it has {', '.join(PARAMETERS)}")
        try:
            found[name] = int(value, 0)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{part.strip()!r} gives {name} no number; write {name}=N") from None
    return found


def number(text: str, low: int, high: int, what: str) -> int:
    if not text.isdecimal() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of {what}; give {low} to {high}")
    return int(text)
