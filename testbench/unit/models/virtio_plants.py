"""The bugs that are planted in the virtio models: `testbench/irqpath_testbench/tools/faults/virtio_plants.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import irqpath_testbench.tools.faults.plants
from irqpath_testbench.tools.faults.plants import Plant, registry

PLANTS: Final = registry(Path(irqpath_testbench.tools.faults.plants.__file__).with_name("virtio_plants.toml"))


def plants(*names: str) -> tuple[Plant, ...]:
    """Plants by name. Raises `KeyError` for an unknown one, when the tests are collected."""
    return tuple(PLANTS[name] for name in names)
