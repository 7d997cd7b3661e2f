"""The bugs that are planted in the virtio models: `testbench/irqpath_testbench/virtio_plants.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import irqpath_testbench.plants
from irqpath_testbench.plants import Plant, registry

PLANTS: Final = registry(Path(irqpath_testbench.plants.__file__).with_name("virtio_plants.toml"))


def plants(*names: str) -> tuple[Plant, ...]:
    """Plants by name. Raises `KeyError` for an unknown one, when the tests are collected."""
    return tuple(PLANTS[name] for name in names)
