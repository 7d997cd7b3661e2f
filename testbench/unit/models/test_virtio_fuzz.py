"""The fuzz targets over what was found once, over random bytes, and over injected faults, which they must find."""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import irqpath_testbench.tools.fuzz
from irqpath_testbench.tools.faults.injection import InjectedFault, injected
from irqpath_testbench.tools.fuzz.targets import TARGETS, Finding, Watched

TARGETS_MODULE = "irqpath_testbench.tools.fuzz.targets"
CORPUS = Path(irqpath_testbench.tools.fuzz.__file__).with_name("corpus")
FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file())
EACH = pytest.mark.parametrize("target", TARGETS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name[:12]}")
def test_what_was_found_once(path: Path) -> None:
    """Every input of the corpus, findings among them, passes."""
    TARGETS[path.parent.name](path.read_bytes())


@EACH
@settings(max_examples=60)
@given(data=st.binary(max_size=300))
def test_random_bytes(target: str, data: bytes) -> None:
    """Whatever the other side does."""
    TARGETS[target](data)


#: Bugs of a kind that each target must find.
BUGS = [
    (target, InjectedFault(name, f"irqpath.virtio.{module}", old, new, count))
    for target, name, module, old, new, count in (
        ("device", "extent-not-checked", "chain", "if not self._port.contains(address, size):", "if False:", 2),
        ("device", "faults-escape", "core", "except RingFault as error:", "except ZeroDivisionError as error:", 3),
        ("device", "used-elsewhere", "split_device", "self.vring.device + 4 + 8 *", "self.vring.driver + 4 + 8 *", 1),
        ("device", "used-twice", "packed_device", "DESC_BYTES * slot_", "DESC_BYTES * (slot_ + num)", 1),
        ("driver", "broken-goes-on", "driver_queue", "if self.broken is not None:", "if False:", 1),
        ("driver", "any-id", "driver_queue", "if id_ not in s.buffers:", "if False:", 1),
        ("registers", "answer-too-wide", "transport", "(value or 0) & ((1 << 8 * size) - 1)", "(value or 0) << 8", 1),
        ("registers", "one-bar-sized", "pci_config", "for bar in range(6):", "for bar in ((offset - 0x10) // 4,):", 1),
        ("device", "jump-remembered", "split_device", "if (index - s.next_avail) & 0xFFFF <= self.vring.num:", "if True:", 1),
        ("device_state", "queues-unchecked", "core", "if setup.enabled != (saved is not None):", "if False:", 1),
        ("state", "anything-restored", "state", "if origin is None and type(value) is hint:", "if True:", 1),
    )
]


@pytest.mark.parametrize(("target", "fault"), BUGS, ids=[fault.name for _, fault in BUGS])
def test_an_injected_fault_is_found(target: str, fault: InjectedFault) -> None:
    """A thousand or two random inputs suffice."""
    rng = random.Random(fault.name)
    with injected(fault), fresh_targets() as targets:
        for _ in range(2000):
            try:
                targets[target](rng.randbytes(rng.randrange(300)))
            except Exception:
                return
    pytest.fail(f"{target} does not find {fault.name}")


@contextmanager
def fresh_targets() -> Iterator[dict[str, Callable[[bytes], None]]]:
    """The targets over the models as they are imported now."""
    name = TARGETS_MODULE
    kept = sys.modules.pop(name)
    try:
        targets: dict[str, Callable[[bytes], None]] = importlib.import_module(name).TARGETS
        yield targets
    finally:
        sys.modules[name] = kept


def test_a_stray_store_is_a_finding() -> None:
    """The watch itself."""
    memory = Watched(lambda: [(0x2000, 16)])
    memory.write(0x2008, 8, 1)
    for address in (0x2010, 0x1FF8):
        with pytest.raises(Finding, match="stray store"):
            memory.write(address, 8, 1)
    with pytest.raises(Finding, match="outside memory"):
        memory.read(1 << 40, 8)
    memory.frozen = True
    with pytest.raises(Finding, match="after a fault"):
        memory.write(0x2000, 8, 1)
