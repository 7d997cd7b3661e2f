"""The comparison with Linux's driver and DPDK's device finds faults that are injected in our side of the ring."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from irqpath.core.errors import IrqpathError
from irqpath_testbench.tools.faults.injection import InjectedFault, injected
from irqpath_testbench.tools.interop import linux, run_vhost

#: Each test needs what `make interop` would install.
NEEDS_LINUX = pytest.mark.skipif(not linux._archives(), reason="no linux-source package; `make interop` installs it")
NEEDS_DPDK = pytest.mark.skipif(
    shutil.which("pkg-config") is None or run_vhost._pkg_config("--exists") is None,
    reason="no libdpdk-dev package; `make interop` installs it",
)
BUFFERS = 3000


@contextmanager
def fresh(name: str) -> Iterator[ModuleType]:
    """A module of `irqpath_testbench.tools.interop` over the models as they are imported now."""
    kept = {n: sys.modules.pop(n) for n in list(sys.modules) if n.startswith("irqpath_testbench.tools.interop")}
    try:
        yield importlib.import_module(f"irqpath_testbench.tools.interop.{name}")
    finally:
        for n in [n for n in sys.modules if n.startswith("irqpath_testbench.tools.interop")]:
            del sys.modules[n]
        sys.modules.update(kept)


def fault(name: str, module: str, old: str, new: str, count: int = 1) -> InjectedFault:
    """A bug in `irqpath.virtio`."""
    return InjectedFault(name, f"irqpath.virtio.{module}", old, new, count)


#: A bug, the ring that shows it (packed, indirect, event_idx, num), and what the report must say.
Bug = tuple[InjectedFault, tuple[bool, bool, bool, int], str]

LINUX: tuple[Bug, ...] = (
    (fault("contents", "chain", "port.load(address + offset, run)", "port.load(address + offset, bytes(len(run)))"),
     (False, False, False, 16), "came back with"),
    (fault("elements-swapped", "chain", "for address, size in self.readable)", "for address, size in self.readable[::-1])"),
     (True, False, False, 16), "arrived changed"),
    (fault("device-length", "split_device", "self._port.write(at + 4, 4, length)", "self._port.write(at + 4, 4, length // 2)"),
     (False, True, False, 16), "came back with"),
    (fault("driver-length", "packed_driver", "return id_, length", "return id_, length // 2"),
     (True, False, False, 16), "buffer returned"),
    (fault("order", "split_device", "self._write_entry(self.state.next_used + number, id_, length)",
           "self._write_entry(self.state.next_used + (len(self.state.filled) and number ^ 1), id_, length)"),
     (False, False, False, 16), ""),
    (fault("driver-never-kicks", "split_driver", "return need_event(port.read(vring.avail_event, 2)",
           "return False and need_event(port.read(vring.avail_event, 2)"),
     (False, False, True, 16), "kick: Linux True, irqpath False"),
    (fault("driver-kicks-too-often", "packed_driver", "return flags != RING_EVENT_FLAGS_DISABLE", "return True"),
     (True, False, False, 16), "kick: Linux False, irqpath True"),
    (fault("device-wants-no-kick", "split_device", "port.write(vring.avail_event, 2, self._read_avail_index())", "pass"),
     (False, False, True, 16), "both sides sleep"),
    (fault("device-never-interrupts", "packed_device", "return need_event(index", "return False and need_event(index"),
     (True, False, True, 16), "both sides sleep"),
    (fault("room", "driver_queue", "if needed > s.num_free:", "if needed >= s.num_free:"),
     (False, False, False, 16), "room for a buffer"),
)  # fmt: skip

VHOST: tuple[Bug, ...] = (
    (fault("address", "split_driver", "write(at, 8, address)", "write(at, 8, address + n)"),
     (False, False, False, 16), "they differ from byte"),
    (fault("length", "packed_driver", "return id_, length", "return id_, length and length - 1"),
     (True, False, False, 64), "a frame of"),
    (fault("never-kicks", "split_driver", "return need_event(port.read(vring.avail_event, 2)",
           "return False and need_event(port.read(vring.avail_event, 2)"),
     (False, False, True, 16), "no interrupt came"),
    (fault("never-kicks-packed", "packed_driver", "return need_event(index", "return False and need_event(index"),
     (True, False, True, 16), "no interrupt came"),
    (fault("no-interrupts-wanted", "split_driver", "self._port.write(self.vring.used_event, 2, self.state.last_used)", "pass"),
     (False, True, True, 16), "no interrupt came"),
    (fault("wrap-not-turned", "packed_driver", "s.used_wrap = not s.used_wrap", "pass"),
     (True, False, False, 16), ""),
)  # fmt: skip


def told(error: BaseException) -> str:
    """What a run ended with; anything but an error of irqpath's is no report."""
    assert any(kind.__name__ == IrqpathError.__name__ for kind in type(error).__mro__), repr(error)
    return str(error)


@NEEDS_LINUX
@pytest.mark.parametrize(("bug", "ring", "says"), LINUX, ids=[bug[0].name for bug in LINUX])
def test_linux_finds(bug: InjectedFault, ring: tuple[bool, bool, bool, int], says: str) -> None:
    """Contents, lengths, order, room and notifications: a few thousand buffers show any of these."""
    with injected(bug), fresh("run_linux") as run_linux:
        driver: Any = importlib.import_module("irqpath_testbench.tools.interop.linux").LinuxDriver()
        with pytest.raises(Exception) as caught:
            run_linux.run(driver, run_linux.Variant(*ring), BUFFERS, 1)
        assert says in told(caught.value)


@NEEDS_DPDK
@pytest.mark.parametrize(("bug", "ring", "says"), VHOST, ids=[bug[0].name for bug in VHOST])
def test_dpdk_finds(bug: InjectedFault, ring: tuple[bool, bool, bool, int], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contents, lengths, and notifications both ways: DPDK's device sleeps until it hears of something."""
    with injected(bug), fresh("run_vhost") as vhost:
        monkeypatch.setattr(vhost, "_PATIENCE", 1.0)
        with vhost.VhostDevice() as device, pytest.raises(Exception) as caught:
            vhost.run(device, vhost.Variant(*ring), BUFFERS, 1)
        assert says in told(caught.value)


@NEEDS_LINUX
@NEEDS_DPDK
def test_nothing_is_found_where_nothing_is_injected() -> None:
    """The same runs without a bug."""
    with fresh("run_linux") as run_linux, fresh("run_vhost") as vhost:
        driver = importlib.import_module("irqpath_testbench.tools.interop.linux").LinuxDriver()
        for packed in (False, True):
            run_linux.run(driver, run_linux.Variant(packed, True, True, 16), BUFFERS, 1)
            with vhost.VhostDevice() as device:
                vhost.run(device, vhost.Variant(packed, False, True, 16), BUFFERS, 1)
