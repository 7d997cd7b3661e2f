"""Golden models of an Arm GIC, of virtio and of the software around them; needs no simulator.

The public API is what `__all__` names. Each name is imported when it is first used: importing this package loads nothing else,
for set-up and the command line run before any third-party package is there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from irqpath.config.gicv2 import Gicv2Config
    from irqpath.config.policy import PRESETS, Policy, preset
    from irqpath.config.sizes import GicConfig, ItsConfig, qemu_virt_gicv3
    from irqpath.core import transactions
    from irqpath.core.errors import (
        AccessError,
        ArchError,
        CheckError,
        ConfigError,
        InputError,
        IrqpathError,
        LinkError,
        TraceError,
    )
    from irqpath.core.link import Link
    from irqpath.core.memory import Memory, MemPort
    from irqpath.core.state import StateError
    from irqpath.gic.gicv2.gic import Gicv2
    from irqpath.gic.system import Gic
    from irqpath.regs import GICC, GICD, GICH, GICR, GICV, GITS, ICC, ICH
    from irqpath.sim.model_platform import ModelPlatform
    from irqpath.sim.platform import Pe, Platform
    from irqpath.trace.replay import Replay
    from irqpath.virtio.blk import Blk, MemoryDisk
    from irqpath.virtio.mmio import VirtioMmio
    from irqpath.virtio.net import LoopbackWire, Net
    from irqpath.virtio.pci import VirtioPci
    from irqpath.virtio.virtqueue import device_queue, vring_create_virtqueue

__version__ = "0.1.0"
__all__ = [
    "GICC",
    "GICD",
    "GICH",
    "GICR",
    "GICV",
    "GITS",
    "ICC",
    "ICH",
    "PRESETS",
    "AccessError",
    "ArchError",
    "Blk",
    "CheckError",
    "ConfigError",
    "Gic",
    "GicConfig",
    "Gicv2",
    "Gicv2Config",
    "InputError",
    "IrqpathError",
    "ItsConfig",
    "Link",
    "LinkError",
    "LoopbackWire",
    "MemPort",
    "Memory",
    "MemoryDisk",
    "ModelPlatform",
    "Net",
    "Pe",
    "Platform",
    "Policy",
    "Replay",
    "StateError",
    "TraceError",
    "VirtioMmio",
    "VirtioPci",
    "device_queue",
    "preset",
    "qemu_virt_gicv3",
    "transactions",
    "vring_create_virtqueue",
]

_HOMES: Final[dict[str, tuple[str, ...]]] = {
    "irqpath.config.gicv2": ("Gicv2Config",),
    "irqpath.config.policy": (
        "PRESETS",
        "Policy",
        "preset",
    ),
    "irqpath.config.sizes": (
        "GicConfig",
        "ItsConfig",
        "qemu_virt_gicv3",
    ),
    "irqpath.core": ("transactions",),
    "irqpath.core.errors": (
        "AccessError",
        "ArchError",
        "CheckError",
        "ConfigError",
        "InputError",
        "IrqpathError",
        "LinkError",
        "TraceError",
    ),
    "irqpath.core.link": ("Link",),
    "irqpath.core.memory": (
        "Memory",
        "MemPort",
    ),
    "irqpath.core.state": ("StateError",),
    "irqpath.gic.gicv2.gic": ("Gicv2",),
    "irqpath.gic.system": ("Gic",),
    "irqpath.regs": (
        "GICC",
        "GICD",
        "GICH",
        "GICR",
        "GICV",
        "GITS",
        "ICC",
        "ICH",
    ),
    "irqpath.sim.model_platform": ("ModelPlatform",),
    "irqpath.sim.platform": (
        "Pe",
        "Platform",
    ),
    "irqpath.trace.replay": ("Replay",),
    "irqpath.virtio.blk": (
        "Blk",
        "MemoryDisk",
    ),
    "irqpath.virtio.mmio": ("VirtioMmio",),
    "irqpath.virtio.net": (
        "LoopbackWire",
        "Net",
    ),
    "irqpath.virtio.pci": ("VirtioPci",),
    "irqpath.virtio.virtqueue": (
        "device_queue",
        "vring_create_virtqueue",
    ),
}
_HOME: Final = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A public name, from its module (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = importlib.import_module(_HOME[name])
    value = getattr(home, name) if hasattr(home, name) else importlib.import_module(f"{home.__name__}.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
