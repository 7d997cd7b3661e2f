"""Register frames of the virtio transports: which fields lie where (virtio 1.2, 4.1.4.3 and 4.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """One field: offset and size in bytes; a 64-bit field is accessed by its halves."""

    name: str
    offset: int
    size: int


#: struct virtio_pci_common_cfg
PCI_COMMON: Final = (
    Field("device_feature_select", 0, 4),
    Field("device_feature", 4, 4),
    Field("driver_feature_select", 8, 4),
    Field("driver_feature", 12, 4),
    Field("config_msix_vector", 16, 2),
    Field("num_queues", 18, 2),
    Field("device_status", 20, 1),
    Field("config_generation", 21, 1),
    Field("queue_select", 22, 2),
    Field("queue_size", 24, 2),
    Field("queue_msix_vector", 26, 2),
    Field("queue_enable", 28, 2),
    Field("queue_notify_off", 30, 2),
    Field("queue_desc_low", 32, 4),
    Field("queue_desc_high", 36, 4),
    Field("queue_driver_low", 40, 4),
    Field("queue_driver_high", 44, 4),
    Field("queue_device_low", 48, 4),
    Field("queue_device_high", 52, 4),
    Field("queue_notify_data", 56, 2),
    Field("queue_reset", 58, 2),
)

#: MMIO Device Register Layout, version 2 and legacy (version 1)
MMIO: Final = (
    Field("MagicValue", 0x00, 4),
    Field("Version", 0x04, 4),
    Field("DeviceID", 0x08, 4),
    Field("VendorID", 0x0C, 4),
    Field("DeviceFeatures", 0x10, 4),
    Field("DeviceFeaturesSel", 0x14, 4),
    Field("DriverFeatures", 0x20, 4),
    Field("DriverFeaturesSel", 0x24, 4),
    Field("GuestPageSize", 0x28, 4),
    Field("QueueSel", 0x30, 4),
    Field("QueueNumMax", 0x34, 4),
    Field("QueueNum", 0x38, 4),
    Field("QueueAlign", 0x3C, 4),
    Field("QueuePFN", 0x40, 4),
    Field("QueueReady", 0x44, 4),
    Field("QueueNotify", 0x50, 4),
    Field("InterruptStatus", 0x60, 4),
    Field("InterruptACK", 0x64, 4),
    Field("Status", 0x70, 4),
    Field("QueueDescLow", 0x80, 4),
    Field("QueueDescHigh", 0x84, 4),
    Field("QueueDriverLow", 0x90, 4),
    Field("QueueDriverHigh", 0x94, 4),
    Field("QueueDeviceLow", 0xA0, 4),
    Field("QueueDeviceHigh", 0xA4, 4),
    Field("SHMSel", 0xAC, 4),
    Field("SHMLenLow", 0xB0, 4),
    Field("SHMLenHigh", 0xB4, 4),
    Field("SHMBaseLow", 0xB8, 4),
    Field("SHMBaseHigh", 0xBC, 4),
    Field("QueueReset", 0xC0, 4),
    Field("ConfigGeneration", 0xFC, 4),
)
#: The device-specific configuration space follows.
MMIO_CONFIG: Final = 0x100

COMMON_BY_OFFSET: Final = {field.offset: field for field in PCI_COMMON}
COMMON_BY_NAME: Final = {field.name: field for field in PCI_COMMON}
MMIO_BY_OFFSET: Final = {field.offset: field for field in MMIO}
MMIO_BY_NAME: Final = {field.name: field for field in MMIO}
