"""Linux's own virtqueue driver as a library: built from Debian's linux-source, called through ctypes, over a shared arena."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import tarfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from irqpath.cli.writing import naming, write_bytes
from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT
from irqpath.core.transactions import BarrierKind
from irqpath.virtio.wire import VIRTIO_F_RING_PACKED, Sg, Vring
from irqpath_testbench.tools.setup import system
from irqpath_testbench.tools.toolchain import kept, packages, processes
from irqpath_testbench.tools.toolchain.tool import capture

PACKAGE: Final = "linux-source"
LIBRARY: Final = "liblinux_virtio.so"
HERE: Final = Path(__file__).parent
FOLDER: Final = ROOT / "build" / "interop"
_WANTED: Final = (
    "drivers/virtio/virtio_ring.c",
    "tools/virtio/",
    "tools/include/",
    "include/linux/",
    "include/uapi/linux/",
)
#: Its memory comes from the arena; and what the headers of tools/virtio lack for it.
_DEFINED: Final = [
    "-Dmalloc=shim_malloc",
    "-Dfree=shim_free",
    "-Drealloc=shim_realloc",
    "-Ddata_race(x)=(x)",
    "-DCONFIG_PHYS_ADDR_T_64BIT",
]
ARENA_BYTES: Final = 1 << 26


def ensure_package(package: str, present: Callable[[], bool], *, install: bool) -> None:
    """Say that a Debian package is missing unless `present`; with `install` install it first, where the user may, and say so.

    Raises `CheckError` that names the command.
    """
    if present():
        return
    if install and packages.manager() == "apt-get" and system.privilege() is not None:
        log_file = FOLDER / "apt.log"
        print(
            f"installing Debian's package {package} on this system ({system.OPT_OUT}=no keeps it from that; log: {log_file}) ...",
            file=sys.stderr,
            flush=True,
        )
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with naming(log_file), log_file.open("a") as log:
            system.install([package], log)
    if not present():
        otherwise = "" if install else " (or: make interop, which installs it)"
        raise CheckError(
            f"this needs Debian's package {package}; run: apt-get install --no-install-recommends {package}{otherwise}"
        )


def _archives() -> list[Path]:
    return sorted(Path("/usr/src").glob("linux-source-*.tar.xz"))


def _unpack(archive: Path, target: Path) -> None:
    """The few files of the kernel's source that are compiled, as they are."""
    with tarfile.open(archive, "r:xz") as tar:
        for member in tar:
            _, _, name = member.name.partition("/")
            if member.isfile() and name.startswith(_WANTED):
                source = tar.extractfile(member)
                assert source is not None  # it is a file
                write_bytes(target / name, source.read())


def build(*, install: bool = False) -> Path:
    """The library. `install`: Linux's source, a Debian package, if it is missing.

    Raises `CheckError` where the source or the compiler is missing.
    """
    ensure_package(PACKAGE, lambda: bool(_archives()), install=install)
    archive = _archives()[-1]
    key = kept.digest([archive.name, str(archive.stat().st_size), *_WANTED])
    linux = kept.ensure_version(FOLDER / "linux", key, lambda new: _unpack(archive, new), f"what is used of {archive.name}")
    shim = HERE / "linux_shim.c"
    key = kept.digest([key, *_flags(Path()), _gcc_version(), shim])
    place = FOLDER / "liblinux_virtio"
    return kept.ensure_version(place, key, lambda new: _compile(linux, shim, new), "Linux's virtqueue driver") / LIBRARY


def _gcc_version() -> str:
    status, version = capture(["gcc", "-dumpfullversion"])
    if status:
        raise CheckError("no gcc on PATH; run: apt-get install gcc")
    return version


def _flags(linux: Path) -> list[str]:
    tools = linux / "tools" / "virtio"
    flags = ["-O2", "-g", "-fPIC", "-w", "-fno-strict-overflow", "-fno-strict-aliasing", "-fno-common", "-U_FORTIFY_SOURCE"]
    flags += [f"-I{tools}", f"-I{linux / 'tools' / 'include'}"]
    return [*flags, "-include", str(linux / "include" / "linux" / "kconfig.h"), *_DEFINED]


def _compile(linux: Path, shim: Path, folder: Path) -> None:
    ring = linux / "drivers" / "virtio" / "virtio_ring.c"
    linked = ["-shared", "-Wl,-z,defs", "-o", str(folder / LIBRARY)]
    done = processes.run(["gcc", *_flags(linux), *linked, str(ring), str(shim), "-lpthread"])
    if done.returncode:
        raise CheckError(f"virtio_ring.c of {_archives()[-1].name} does not compile: {done.stdout.strip().splitlines()[0]}")


class Arena:
    """Memory that a driver and a device share, as a `RingPort`; `base`: the address of its first byte, by default where it is
    mapped. `file`: descriptor of a file to map, by default none."""

    def __init__(self, size: int = ARENA_BYTES, file: int = -1, base: int | None = None) -> None:
        self._map = mmap.mmap(file, size)
        self._anchor = (ctypes.c_char * size).from_buffer(self._map)
        self.base: Final = ctypes.addressof(self._anchor) if base is None else base
        self.size: Final = size
        self.view: Final = memoryview(self._map)
        # One item of such a view is read and written by one access of its size.
        self._items = {1: self.view, 2: self.view.cast("H"), 4: self.view.cast("I"), 8: self.view.cast("Q")}
        self._fence = threading.Lock()

    def read(self, address: int, size: int, /) -> int:
        """One access."""
        if not self.contains(address, size):
            raise CheckError(f"read of {size} bytes at {address:#x}, outside the arena")
        return self._items[size][(address - self.base) // size]

    def write(self, address: int, size: int, value: int, /) -> None:
        """One access."""
        if not self.contains(address, size):
            raise CheckError(f"write of {size} bytes at {address:#x}, outside the arena")
        self._items[size][(address - self.base) // size] = value & ((1 << 8 * size) - 1)

    def barrier(self, kind: BarrierKind, /) -> None:
        """Loads and stores keep their order on x86 and behind a Python bytecode; only a store and a later load need a fence,
        which taking a lock is."""
        if kind is BarrierKind.FULL:
            with self._fence:
                pass

    def dump(self, address: int, count: int, /) -> bytes:
        """A run of bytes."""
        at = address - self.base
        return bytes(self.view[at : at + count])

    def load(self, address: int, data: bytes, /) -> None:
        """A run of bytes."""
        at = address - self.base
        self.view[at : at + len(data)] = data

    def contains(self, address: int, count: int, /) -> bool:
        """Whether it lies in the arena."""
        return self.base <= address and address + count <= self.base + self.size


class LinuxDriver:
    """The library with its arena. One at a time: the library has one arena."""

    def __init__(self) -> None:
        self.arena = Arena()
        self.lib = lib = ctypes.CDLL(os.fspath(build()))
        lib.shim_arena.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        lib.shim_open.argtypes, lib.shim_open.restype = [ctypes.c_uint, ctypes.c_uint64], ctypes.c_void_p
        lib.shim_get_buf.restype = ctypes.c_int64
        # The upper half is the buffers'.
        lib.shim_arena(self.arena.base, self.arena.size // 2)
        self.buffers = self.arena.base + self.arena.size // 2

    def queue(self, num: int, features: int) -> LinuxQueue:
        """A queue of Linux's driver. Raises `CheckError` where it refuses to make one."""
        handle = self.lib.shim_open(num, features)
        if not handle:
            raise CheckError(f"Linux's driver refuses a queue of {num} entries with features {features:#x}")
        return LinuxQueue(self, handle, num, bool(features >> VIRTIO_F_RING_PACKED & 1))


class LinuxQueue:
    """A queue in Linux's hands: the same functions as `Virtqueue`, by their Linux names."""

    def __init__(self, driver: LinuxDriver, handle: int, num: int, packed: bool) -> None:
        self.lib = driver.lib
        self.handle = ctypes.c_void_p(handle)
        self._elements = (ctypes.c_uint64 * 128)()
        self._length = ctypes.c_uint()
        places = (ctypes.c_uint64 * 3)()
        self.lib.shim_addresses(self.handle, places)
        self.vring = Vring(num, places[0], places[1], places[2], packed)

    def virtqueue_add(self, readable: Sequence[Sg], writable: Sequence[Sg], token: int) -> bool:
        """False if there is no room."""
        flat = self._elements
        at = 0
        for address, size in (*readable, *writable):
            flat[at] = address
            flat[at + 1] = size
            at += 2
        status: int = self.lib.shim_add(self.handle, len(readable), len(writable), flat, ctypes.c_uint64(token))
        if status not in (0, -28):
            raise CheckError(f"virtqueue_add_sgs gave {status}")
        return status == 0

    def virtqueue_kick_prepare(self) -> bool:
        """Whether the device is to be notified."""
        return bool(self.lib.shim_kick_prepare(self.handle))

    def virtqueue_get_buf(self) -> tuple[int, int] | None:
        """(token, used length), or None."""
        token: int = self.lib.shim_get_buf(self.handle, ctypes.byref(self._length))
        return None if token < 0 else (token, self._length.value)

    def virtqueue_disable_cb(self) -> None:
        """Ask for no interrupts."""
        self.lib.shim_disable_cb(self.handle)

    def virtqueue_enable_cb(self) -> bool:
        """Ask for interrupts; False if a used buffer waits."""
        return bool(self.lib.shim_enable_cb(self.handle))

    def interrupt(self) -> bool:
        """An interrupt arrives; whether Linux found something used."""
        return bool(self.lib.shim_interrupt(self.handle))

    @property
    def broken(self) -> bool:
        """Whether Linux took the device for broken."""
        return bool(self.lib.shim_broken(self.handle))

    @property
    def num_free(self) -> int:
        """Free descriptors."""
        free: int = self.lib.shim_num_free(self.handle)
        return free

    def close(self) -> None:
        """Give everything back."""
        self.lib.shim_close(self.handle)
