"""Golden models of an Arm GIC, of virtio and of the software around them; needs no simulator.

The public API is what `__all__` names. Each name is imported when it is first used: importing this package loads nothing else,
for set-up and the command line run before any third-party package is there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from irqpath.board.address_map import AddressMap
    from irqpath.board.board import Board
    from irqpath.config.gicv2 import Gicv2Config, V2mConfig
    from irqpath.config.policy import PRESETS, Policy, preset
    from irqpath.config.sizes import GicConfig, Gicv4Config, ItsConfig, VirtualConfig, qemu_virt_gicv3
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
    from irqpath.regs import GICC, GICD, GICH, GICR, GICV, GITS, ICC, ICH, V2M, system_register
    from irqpath.sim.model_platform import ModelPlatform
    from irqpath.sim.platform import Pe, Platform
    from irqpath.trace.replay import Replay
    from irqpath.virtio.blk import Blk, MemoryDisk
    from irqpath.virtio.mmio import VirtioMmio
    from irqpath.virtio.net import LoopbackWire, Net
    from irqpath.virtio.pci import VirtioPci
    from irqpath.virtio.policy import VirtioPolicy
    from irqpath.virtio.port import GuestMemory
    from irqpath.virtio.virtqueue import device_queue, vring_create_virtqueue
    from irqpath.virtio.wire import packed_init, vring_init

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
    "V2M",
    "AccessError",
    "AddressMap",
    "ArchError",
    "Blk",
    "Board",
    "CheckError",
    "ConfigError",
    "Gic",
    "GicConfig",
    "Gicv2",
    "Gicv2Config",
    "Gicv4Config",
    "GuestMemory",
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
    "V2mConfig",
    "VirtioMmio",
    "VirtioPci",
    "VirtioPolicy",
    "VirtualConfig",
    "device_queue",
    "packed_init",
    "preset",
    "qemu_virt_gicv3",
    "system_register",
    "transactions",
    "vring_create_virtqueue",
    "vring_init",
]

_HOMES: Final[dict[str, tuple[str, ...]]] = {
    "irqpath.board.address_map": ("AddressMap",),
    "irqpath.board.board": ("Board",),
    "irqpath.config.gicv2": (
        "Gicv2Config",
        "V2mConfig",
    ),
    "irqpath.config.policy": (
        "PRESETS",
        "Policy",
        "preset",
    ),
    "irqpath.config.sizes": (
        "GicConfig",
        "Gicv4Config",
        "ItsConfig",
        "VirtualConfig",
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
        "V2M",
        "system_register",
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
    "irqpath.virtio.policy": ("VirtioPolicy",),
    "irqpath.virtio.port": ("GuestMemory",),
    "irqpath.virtio.virtqueue": (
        "device_queue",
        "vring_create_virtqueue",
    ),
    "irqpath.virtio.wire": (
        "packed_init",
        "vring_init",
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
