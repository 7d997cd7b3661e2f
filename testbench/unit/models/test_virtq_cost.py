"""The cost of a buffer does not grow with the ring's size or with the number of queues: counted, not timed."""

from __future__ import annotations

import pytest

from irqpath.virtio.wire import VIRTIO_F_IN_ORDER, VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC, bits
from irqpath_testbench.tools.bench.counting import counted
from irqpath_testbench.tools.bench.virtqueue import Pairs

_EVERYTHING = bits(VIRTIO_F_IN_ORDER, VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC)


def calls(packed: bool, num: int, features: int, queues: int, buffers: int = 512) -> float:
    """Function calls, Python's and C's, for a buffer; every queue is used, and what is out is a quarter of the ring."""
    pairs = Pairs(packed, num, features, queues)
    pairs.batch = 4
    pairs.go(4 * queues)
    count, done = counted(lambda: pairs.go(buffers))
    return count / done


@pytest.mark.parametrize("packed", [False, True], ids=["split", "packed"])
@pytest.mark.parametrize("features", [0, _EVERYTHING], ids=["plain", "everything"])
def test_calls_a_buffer(packed: bool, features: int) -> None:
    """The same for 16 and for 32,768 entries, for one queue and for 64."""
    base = calls(packed, 16, features, 1)
    assert 20 < base < 200
    for num, queues in ((32768, 1), (16, 64)):
        assert calls(packed, num, features, queues) == pytest.approx(base, rel=0.02)
