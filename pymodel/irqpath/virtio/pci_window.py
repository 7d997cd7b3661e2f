"""The window pci_cfg_data of configuration space, by which software without BARs reaches the registers (virtio 1.2, 4.1.4.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from irqpath.core.transactions import Out, RegRead, RegReadData, RegWrite, RegWriteAck
from irqpath.virtio.pci_config import MSIX_BAR, PCI_CFG_DATA, REGIONS, VIRTIO_BAR, PciConfig, notify_bytes

_Response = TypeVar("_Response", RegReadData, RegWriteAck)
#: What reads and what writes a region.
Region = tuple[Callable[[RegRead], None], Callable[[RegWrite], None]]


class Window:
    """Accesses through the window go to `regions`; what these answer into `out()` is taken back. `refuse` reports a bad one."""

    __slots__ = ("_notify_multiplier", "_out", "_refuse", "_regions")

    def __init__(
        self,
        regions: Mapping[str, Region],
        out: Callable[[], list[Out]],
        refuse: Callable[[str, int, int], None],
        notify_multiplier: int,
    ) -> None:
        self._regions = regions
        self._out = out
        self._refuse = refuse
        self._notify_multiplier = notify_multiplier

    def read(self, pci: PciConfig) -> None:
        """Software reads pci_cfg_data: read where the window looks, and put what was read there (4.1.4.9.1)."""
        found = self._looked_into(pci)
        if found is not None:
            region, offset, size = found
            self._regions[region][0](RegRead(offset, size))
            pci.set_window_data(taken_back(self._out(), RegReadData).value)

    def write(self, pci: PciConfig) -> None:
        """Software writes pci_cfg_data: write its first bytes to where the window looks (4.1.4.9.1)."""
        found = self._looked_into(pci)
        if found is not None:
            region, offset, size = found
            value = pci.read(PCI_CFG_DATA, size)
            self._regions[region][1](RegWrite(offset, size, value))
            taken_back(self._out(), RegWriteAck)

    def _looked_into(self, pci: PciConfig) -> tuple[str, int, int] | None:
        """As `_in_window`; a look where a driver must not is reported."""
        found = self._in_window(pci)
        if found is None:
            bar, offset, size = pci.window
            self._refuse(f"pci_cfg_data: BAR {bar}", offset, size)
        return found

    def _in_window(self, pci: PciConfig) -> tuple[str, int, int] | None:
        """(region, offset in it, bytes) that the window looks at; None where a driver must not look (4.1.4.9.2)."""
        bar, offset, size = pci.window
        if size not in (1, 2, 4) or offset % size:
            return None
        if bar == MSIX_BAR:
            return "msix", offset, size
        for name, _, _, start, count in REGIONS:
            if bar == VIRTIO_BAR and start <= offset < start + (
                notify_bytes(self._notify_multiplier) if name == "notify" else count
            ):
                return name, offset - start, size
        return None


def taken_back(out: list[Out], kind: type[_Response]) -> _Response:
    """The response to an access through the window, which is no response to software."""
    at = next(n for n in range(len(out) - 1, -1, -1) if isinstance(out[n][1], kind))
    response = out.pop(at)[1]
    assert isinstance(response, kind)  # that is how it was found
    return response
