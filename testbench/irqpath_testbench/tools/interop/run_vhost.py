"""Our driver side against a device that is not ours: DPDK's vhost library, in another process, over vhost-user."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections import deque
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.virtio.driver_queue import IndirectArea, Virtqueue
from irqpath.virtio.faults import QueueFull
from irqpath.virtio.net import VIRTIO_NET_F_MRG_RXBUF
from irqpath.virtio.virtqueue import vring_create_virtqueue
from irqpath.virtio.wire import Sg, bits, packed_init, vring_init
from irqpath_testbench.tools.interop.linux import FOLDER, HERE, Arena, ensure_package
from irqpath_testbench.tools.interop.run_linux import Result, Variant
from irqpath_testbench.tools.interop.vhost_user import VhostUser
from irqpath_testbench.tools.toolchain import kept, processes
from irqpath_testbench.tools.toolchain.processes import Tied

PACKAGE: Final = "libdpdk-dev"
_BASE: Final = 0x10_0000
_BYTES: Final = 1 << 26
_RX, _TX = 0, 1
_HEADER: Final = 12
#: Bytes of a receive buffer: short ones, of which a frame takes several, where DPDK takes so many (one less than the ring has).
_RX_SHORT, _RX_LONG = 128, 512
_TX_BYTES: Final = 512
_FRAME: Final = (60, 400)
_PATIENCE: Final = 10.0
#: How often the driver sleeps though it could go on: on a busy machine it would hardly ever wait for an interrupt else.
_DOZE: Final = 0.1


def build(*, install: bool = False) -> Path:
    """The device's program. `install`: the Debian packages that it needs, if they are missing.

    Raises `CheckError` where DPDK or a compiler is missing.
    """
    ensure_package("pkg-config", lambda: shutil.which("pkg-config") is not None, install=install)
    ensure_package(PACKAGE, lambda: _pkg_config("--exists") is not None, install=install)
    source = HERE / "vhost_device.c"
    flags, libraries = _pkg_config("--cflags"), _pkg_config("--libs")
    assert flags is not None and libraries is not None  # it exists

    def make(folder: Path) -> None:
        done = processes.run(["gcc", "-O2", "-o", str(folder / "vhost_device"), str(source), *flags, *libraries])
        if done.returncode:
            raise CheckError(f"vhost_device.c does not compile: {done.stdout.strip().splitlines()[0]}")

    key = kept.digest([source, *flags, *libraries, *(_pkg_config("--modversion") or [])])
    return kept.ensure_version(FOLDER / "vhost_device", key, make, "DPDK's vhost device") / "vhost_device"


def _pkg_config(option: str) -> list[str] | None:
    done = processes.run(["pkg-config", option, "libdpdk"], stderr=subprocess.DEVNULL)
    return done.stdout.split() if done.returncode == 0 else None


class VhostDevice:
    """The device's process, for as long as the block lasts. `path`: its socket."""

    def __enter__(self) -> VhostDevice:
        self._folder = Path(tempfile.mkdtemp(prefix="irqpath-vhost-"))
        self.path = self._folder / "socket"
        self._log = (self._folder / "log").open("w+")
        self._tied = Tied([build(), self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True)
        self._process = self._tied.process
        assert self._process.stdout is not None  # it is a pipe
        line = self._process.stdout.readline()
        if line.strip() != "ready":
            self._log.seek(0)
            said = self._log.read().strip().splitlines() or ["it said nothing"]
            self._tied.end()
            raise CheckError(f"DPDK's vhost device does not start: {said[-1]}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None  # it is a pipe
        self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._tied.end()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Loop:
    """A network driver of ours: what it sends must come back, in order, and whoever sleeps must be woken."""

    def __init__(self, path: Path, variant: Variant, seed: int) -> None:
        self.variant = variant
        self.rng = random.Random(seed)
        self.result = Result(variant)
        self._file = os.memfd_create("irqpath")
        os.ftruncate(self._file, _BYTES)
        self.arena = Arena(_BYTES, self._file, _BASE)
        self.vhost = VhostUser(path)
        self._mergeable = mergeable = (variant.num - 1) * _RX_SHORT >= _HEADER + _FRAME[1]
        self._rx_bytes = _RX_SHORT if mergeable else _RX_LONG
        features = variant.features | (bits(VIRTIO_NET_F_MRG_RXBUF) if mergeable else 0)
        if features & ~self.vhost.features:
            raise CheckError(f"DPDK does not offer features {features & ~self.vhost.features:#x}")
        self.vhost.negotiate(features)
        self.vhost.share(self._file, _BASE, _BYTES)
        self.queues: list[Virtqueue] = []
        for n in (_RX, _TX):
            make = packed_init if variant.packed else vring_init
            vring = make(variant.num, _BASE + 0x10_0000 * n)
            area = IndirectArea(_BASE + 0x20_0000 + n * 0x10_0000, 4)
            self.queues.append(vring_create_virtqueue(vring, self.arena, features, index=n, indirect=area))
            self.vhost.start(n, vring)
        self._free: dict[int, list[int]] = {
            _RX: [_BASE + 0x100_0000 + n * self._rx_bytes for n in range(variant.num)],
            _TX: [_BASE + 0x200_0000 + n * _TX_BYTES for n in range(variant.num)],
        }
        self._places: dict[int, dict[int, int]] = {_RX: {}, _TX: {}}
        # DPDK drops a buffer whose indirect table on a packed ring is as long as the ring (nr_descs >= vq->size), though 2.8.19
        # permits it: such buffers are not made here.
        short = variant.packed and variant.indirect
        self._most = max(1, min(4, variant.num - short))
        self._next = 0
        self.sent: deque[bytes] = deque()
        self._parts: list[bytes] = []
        self._wanted = 0

    def run(self, buffers: int) -> Result:
        """At least `buffers` buffers, both queues together."""
        started = time.perf_counter()
        self._refill()
        while self.result.buffers < buffers or self.sent:
            added = self.result.buffers < buffers and self._send()
            self._kick(_TX)
            got = self._reap() + self._receive()
            if (not added and not got) or self.rng.random() < _DOZE:
                self._sleep()
        self.result.seconds = time.perf_counter() - started
        for n in (_RX, _TX):
            self.vhost.stop(n)
        self.vhost.close()
        os.close(self._file)
        if self._parts:
            raise CheckError(f"{self.variant}: a frame came back in part")
        return self.result

    def _kick(self, queue: int) -> None:
        if self.queues[queue].virtqueue_kick() is not None:
            self.result.kicks += 1
            self.vhost.kick(queue)

    def _add(self, queue: int, elements: list[Sg], place: int) -> bool:
        token = self._next
        try:
            if queue == _TX:
                self.queues[queue].virtqueue_add(elements, (), token)
            else:
                self.queues[queue].virtqueue_add((), elements, token)
        except QueueFull:
            return False
        self._next += 1
        self._places[queue][token] = place
        return True

    def _send(self) -> int:
        """A few frames, each in one to four elements."""
        count = 0
        while self._free[_TX] and self.rng.random() < 0.8:
            place = self._free[_TX][-1]
            data = bytes(_HEADER) + self.rng.randbytes(self.rng.randint(*_FRAME))
            cuts = sorted(self.rng.sample(range(_HEADER, len(data)), self.rng.randint(0, self._most - 1)))
            edges = [0, *cuts, len(data)]
            elements = [(place + a, b - a) for a, b in pairwise(edges)]
            self.arena.load(place, data)
            if not self._add(_TX, elements, place):
                break
            self._free[_TX].pop()
            self.sent.append(data[_HEADER:])
            count += 1
        return count

    def _reap(self) -> int:
        """Transmitted frames come back used, with no byte written."""
        count = 0
        while (got := self.queues[_TX].virtqueue_get_buf()) is not None:
            token, length = got
            if length:
                raise CheckError(f"{self.variant}: DPDK wrote {length} bytes into a frame that it only reads")
            self._free[_TX].append(self._places[_TX].pop(token))
            count += 1
        self.result.buffers += count
        return count

    def _receive(self) -> int:
        """Received buffers: frames in the order in which they were sent, of as many buffers as the header says."""
        count = 0
        while (got := self.queues[_RX].virtqueue_get_buf()) is not None:
            token, length = got
            place = self._places[_RX].pop(token)
            data = self.arena.dump(place, length)
            if not self._parts:
                # Without mergeable buffers num_buffers must be 1 (5.1.6.4.1); DPDK leaves it 0.
                self._wanted = int.from_bytes(data[10:12], "little") if self._mergeable else 1
                data = data[_HEADER:]
            self._parts.append(data)
            if len(self._parts) == self._wanted:
                self._compare(b"".join(self._parts))
                self._parts = []
            self._free[_RX].append(place)
            count += 1
        self.result.buffers += count
        if count:
            self._refill()
        return count

    def _compare(self, frame: bytes) -> None:
        """A frame has come back: it is the oldest one that is out."""
        wanted = self.sent.popleft() if self.sent else b""
        if frame != wanted:
            same = next((n for n, (a, b) in enumerate(zip(frame, wanted, strict=False)) if a != b), min(len(frame), len(wanted)))
            later = " (it is one that was sent later)" if frame in self.sent else ""
            raise CheckError(
                f"{self.variant}, buffer {self.result.buffers}: a frame of {len(frame)} bytes came back where {len(wanted)} "
                f"bytes are expected; they differ from byte {same} on{later}"
            )

    def _refill(self) -> None:
        while self._free[_RX] and self._add(_RX, [(self._free[_RX][-1], self._rx_bytes)], self._free[_RX][-1]):
            self._free[_RX].pop()
        self._kick(_RX)

    def _sleep(self) -> None:
        """Nothing to do: wait for the device's interrupt, which must come."""
        if not self.sent and not self._places[_TX]:
            return
        came = self.vhost.called((_RX, _TX), _PATIENCE)
        self.result.interrupts += len(came)
        if not came:
            raise CheckError(f"{self.variant}: after {self.result.buffers} buffers no interrupt came for {_PATIENCE:.0f} s")


def run(device: VhostDevice, variant: Variant, buffers: int, seed: int) -> Result:
    """One variant. Raises `CheckError` for whatever is wrong."""
    return Loop(device.path, variant, seed).run(buffers)
