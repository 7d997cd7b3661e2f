"""The PCI configuration space of a virtio function: header, BARs, capabilities (virtio 1.2, 4.1.2 and 4.1.4)."""

from __future__ import annotations

from typing import Final

from irqpath.core.state import Bytes, Commit, Plain, Schema, StateError, Stateful

VENDOR: Final = 0x1AF4
FIRST_DEVICE: Final = 0x1040
COMMAND: Final = 0x04
STATUS: Final = 0x06
INTERRUPT_STATUS: Final = 1 << 3
INTERRUPT_DISABLE: Final = 1 << 10
BUS_MASTER: Final = 1 << 2
MSIX_CAPABILITY: Final = 0x98
MSIX_CONTROL: Final = MSIX_CAPABILITY + 2
#: Where the pending bit array lies, unless the table needs the place.
PBA_OFFSET: Final = 0x800
#: The most that Message Control can tell (PCI Express, 7.7.2.2).
MAX_VECTORS: Final = 2048

#: (cfg_type, capability's offset, BAR offset, bytes): regions of BAR 4 (4.1.4).
REGIONS: Final = (
    ("common", 1, 0x40, 0x0000, 0x1000),
    ("isr", 3, 0x50, 0x1000, 0x1000),
    ("device", 4, 0x60, 0x2000, 0x1000),
    ("notify", 2, 0x70, 0x3000, 0x1000),
)
MSIX_BAR, VIRTIO_BAR = 1, 4
#: The PCI configuration access capability (4.1.4.9): a window of up to 4 bytes into a BAR.
PCI_CFG: Final = 0x84
PCI_CFG_DATA: Final = PCI_CFG + 16
_PCI_CFG_TYPE: Final = 5
_VIRTIO_BAR_TYPE: Final = 0xC
#: Places for notifications in BAR 4, as QEMU has it.
MAX_QUEUES: Final = 1024
_NOTIFY: Final = REGIONS[-1][3]


def notify_bytes(multiplier: int) -> int:
    """Bytes of the notification region, which is the last one of its BAR."""
    return max(REGIONS[-1][4], multiplier * MAX_QUEUES)


def pba_offset(vectors: int) -> int:
    """Where the pending bit array of so many vectors lies: behind the table."""
    return max(PBA_OFFSET, 16 * vectors)


def _msix_bytes(vectors: int) -> int:
    """Bytes of the BAR that holds table and pending bits: a power of two (PCI Express, 7.5.1.2.1)."""
    return max(0x1000, 1 << (pba_offset(vectors) + -(-vectors // 64) * 8 - 1).bit_length())


class PciConfig(Stateful):
    """256 bytes, of which software writes the command, the BARs, latencies, Message Control and where the window looks."""

    def __init__(self, device_id: int, vectors: int, notify_multiplier: int) -> None:
        self._identity = device_id, vectors, notify_multiplier
        self.space = bytearray(256)
        self._put(0x00, 2, VENDOR)
        self._put(0x02, 2, FIRST_DEVICE + device_id)
        self._put(STATUS, 2, 1 << 4)  # Status: a capability list
        self._put(0x08, 1, 1)  # Revision: not transitional
        self._put(0x0A, 2, {1: 0x0200, 2: 0x0100}.get(device_id, 0xFF00))
        self._put(0x2C, 2, VENDOR)
        self._put(0x2E, 2, 0x1100)
        self._put(0x3D, 1, 1)  # INTA
        self._bars = {
            MSIX_BAR: (_msix_bytes(vectors) if vectors else 0, 0),
            VIRTIO_BAR: (1 << (_NOTIFY + notify_bytes(notify_multiplier) - 1).bit_length(), _VIRTIO_BAR_TYPE),
        }
        self._put(0x10 + 4 * VIRTIO_BAR, 4, _VIRTIO_BAR_TYPE)
        following = 0
        for _, kind, at, offset, size in REGIONS:
            length = 20 if kind == 2 else 16
            self._put(at, 4, 0x09 | following << 8 | length << 16 | kind << 24)
            self._put(at + 4, 4, VIRTIO_BAR)
            self._put(at + 8, 4, offset)
            self._put(at + 12, 4, notify_bytes(notify_multiplier) if kind == 2 else size)
            if kind == 2:
                self._put(at + 16, 4, notify_multiplier)
            following = at
        self._put(PCI_CFG, 4, 0x09 | following << 8 | 20 << 16 | _PCI_CFG_TYPE << 24)
        following = PCI_CFG
        if vectors:
            self._put(MSIX_CAPABILITY, 4, 0x11 | following << 8 | vectors - 1 << 16)
            self._put(MSIX_CAPABILITY + 4, 4, MSIX_BAR)
            self._put(MSIX_CAPABILITY + 8, 4, pba_offset(vectors) | MSIX_BAR)
            following = MSIX_CAPABILITY
        self._put(0x34, 1, following)

    def schema(self) -> Schema:
        """All bytes."""
        return {"space": Bytes(256)}

    def checked(self, state: Plain, path: str) -> list[Commit]:
        """As `Stateful.checked`; only what software can have written may differ from a function after its reset."""
        commits = super().checked(state, path)
        wanted, reached = bytes.fromhex(state["space"]), PciConfig(*self._identity)
        for offset, byte in enumerate(wanted):
            reached.write(offset, 1, byte)
        for offset, byte in enumerate(wanted):
            if reached.space[offset] != byte:
                raise StateError(f"{path}.space: byte {offset:#x} is {byte:#x}; of this function it cannot be")
        return commits

    def _put(self, offset: int, size: int, value: int) -> None:
        self.space[offset : offset + size] = value.to_bytes(size, "little")

    def read(self, offset: int, size: int) -> int:
        """`size` bytes at `offset`; zero beyond what there is."""
        return int.from_bytes(self.space[offset : offset + size], "little")

    def write(self, offset: int, size: int, value: int) -> None:
        """A write by software; bits that cannot be written stay."""
        for at in range(size):
            byte = value >> 8 * at & 0xFF
            place = offset + at
            if place in (0x04, 0x0C, 0x0D, 0x3C, PCI_CFG + 4) or 0x10 <= place < 0x28 or PCI_CFG + 8 <= place < PCI_CFG + 20:
                self.space[place] = byte
            elif place == 0x05:
                self.space[place] = byte & INTERRUPT_DISABLE >> 8
            elif place == MSIX_CONTROL + 1 and self.space[MSIX_CAPABILITY]:
                self.space[place] = self.space[place] & 0x07 | byte & 0xC0
        for bar in range(6):
            if offset < 0x14 + 4 * bar and offset + size > 0x10 + 4 * bar:
                self._size_bar(bar)

    def _size_bar(self, bar: int) -> None:
        """Address bits below the BAR's size read as zero, so that software can size it; the type bits are fixed."""
        if bar == VIRTIO_BAR + 1:
            return  # the upper half of a 64-bit BAR
        size, kind = self._bars.get(bar, (0, 0))
        at = 0x10 + 4 * bar
        self._put(at, 4, self.read(at, 4) & ~(size - 1) & 0xFFFF_FFF0 | kind if size else 0)

    @property
    def window(self) -> tuple[int, int, int]:
        """Where the window looks: (BAR, offset, bytes) (4.1.4.9)."""
        return self.read(PCI_CFG + 4, 1), self.read(PCI_CFG + 8, 4), self.read(PCI_CFG + 12, 4)

    def set_window_data(self, value: int) -> None:
        """What a read through the window gave."""
        self._put(PCI_CFG_DATA, 4, value)

    @property
    def command(self) -> int:
        """The command register."""
        return self.read(COMMAND, 2)
