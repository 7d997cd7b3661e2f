"""Bare metal: a small GIC test of ours in C and assembly (`program/`: source and binaries), and the PE that runs it.

It imports irqpath.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROGRAM: Final = Path(__file__).with_name("program")


def kept(version: int) -> Path:
    """The binary for a GICv2 or GICv3; it is loaded at, and begins at, 0x4020_0000."""
    return PROGRAM / f"gicv{version}.bin"
