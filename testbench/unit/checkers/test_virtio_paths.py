"""Packets of a guest on a path's device: each takes its steps in the same cycles again, and a device that is slower is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from irqpath.sim.platform import Platform
from irqpath.software.packets import Packet
from irqpath_testbench.env.whole.machine import run_on_models
from irqpath_testbench.sequences import virtio
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.tools.sim.paths import PATHS

_SOFTWARE: Final = {
    "virtio-tx": virtio.transmit,
    "virtio-rx": virtio.receive,
    "virtio-intx": virtio.intx,
    "vf": virtio.assigned,
    "virtio-tx-gicv2": virtio.transmit,
    "virtio-rx-gicv2": virtio.receive,
    "virtio-intx-gicv2": virtio.intx,
}
_INTERRUPTS: Final = 6 * virtio.FOR_A_PACKET
_LIMIT: Final = 10_000_000


def _packets(path: str, *, began: int = 1000, **parameters: bool) -> list[Packet]:
    software, packets = _SOFTWARE[path], list[Packet]()
    run_on_models(
        replace(PATHS[path].device, pes=2, **parameters).dut(),
        lambda platform: software(platform, Randoms(f"1:{path}"), _INTERRUPTS, packets),
        began,
        _LIMIT,
    )
    return packets


@pytest.mark.parametrize("path", _SOFTWARE)
def test_packets_take_their_steps_again(path: str) -> None:
    """The same seed, the same cycles."""
    packets = _packets(path)
    assert len(packets) == _INTERRUPTS // virtio.FOR_A_PACKET
    assert virtio.unlike(packets, _packets(path)) == []


@pytest.mark.parametrize("path", _SOFTWARE)
def test_a_step_in_another_cycle_is_told(path: str) -> None:
    """Here all of them are, a cycle late."""
    first, *_ = virtio.unlike(_packets(path), _packets(path, began=1001))
    assert first.startswith("packet 0, step 1 (ADD_BUF): in cycle ")


@pytest.mark.parametrize("path", _SOFTWARE)
def test_nothing_happens_after_the_end(path: str) -> None:
    """No timer of a guest or of the host is left: what is compared at the end of a test must not move."""
    heard: list[int] = []
    ended: list[int] = []

    async def software(platform: Platform) -> None:
        await _SOFTWARE[path](platform, Randoms(f"77:{path}"), _INTERRUPTS, [])
        await platform.quiesce()
        ended.append(platform.now)
        await platform.spend(2_000_000)

    dut = replace(PATHS[path].device, pes=4).dut()
    run_on_models(dut, software, 1000, _LIMIT, listen=lambda observed: heard.append(observed.accept))
    assert heard and max(heard) <= ended[0]


def test_packets_that_are_missing_are_told() -> None:
    """However far the others agree."""
    packets = _packets("vf")
    assert virtio.unlike(packets[:-1], packets) == [f"{len(packets) - 1} packets, on the models {len(packets)}"]


def test_a_gicv2_s_maintenance_line_is_wired_to_its_ppi() -> None:
    """Where it is not, nothing comes at the end of an interrupt that is level-sensitive, of which a List register told nobody
    before."""
    wired, loose = _packets("virtio-intx-gicv2"), _packets("virtio-intx-gicv2", maintained=False)
    assert virtio.unlike(wired, loose)


def test_every_path_of_packets_is_tested() -> None:
    """Here."""
    assert set(_SOFTWARE) == {name for name, path in PATHS.items() if path.packets}
    assert set(virtio.LOADS) == {name for name in _SOFTWARE if not name.endswith("-gicv2")}
