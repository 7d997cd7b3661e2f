"""Device status and the negotiation of features: what a driver may do, and in which order (virtio 1.2, 2.1, 2.2, 3.1)."""

from __future__ import annotations

from typing import Final

from irqpath.virtio.faults import Fault
from irqpath.virtio.features import name_of, unmet
from irqpath.virtio.wire import VIRTIO_F_VERSION_1

# Device status (2.1)
ACKNOWLEDGE: Final = 1
DRIVER: Final = 2
DRIVER_OK: Final = 4
FEATURES_OK: Final = 8
DEVICE_NEEDS_RESET: Final = 64
FAILED: Final = 128
#: Bits of device status that are not defined.
_UNDEFINED: Final = 0x30
#: Bit -> those that are set before it (3.1.1). DRIVER_OK without FEATURES_OK is a fault of its own.
_STEPS_BEFORE: Final = {DRIVER: ACKNOWLEDGE, FEATURES_OK: ACKNOWLEDGE | DRIVER, DRIVER_OK: ACKNOWLEDGE | DRIVER}


def status_faults(status: int, value: int) -> list[tuple[Fault, str]]:
    """What is wrong about writing `value` where device status is `status`, and that a device can ignore: steps out of order, bits
    that the driver does not set."""
    new = value & ~status
    found = []
    strange = new & (_UNDEFINED | DEVICE_NEEDS_RESET)
    if strange:
        found.append((Fault.STATUS_UNDEFINED, f"{strange:#x}"))
    if status & FAILED and new & (ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK):
        found.append((Fault.STATUS_AFTER_FAILED, f"from {status:#x} to {value:#x}"))
    if any(new & bit and before & ~value for bit, before in _STEPS_BEFORE.items()):
        found.append((Fault.STATUS_STEP, f"from {status:#x} to {value:#x}"))
    return found


def objections(device_id: int, offered: int, features: int, *, discouraged: bool = False) -> list[tuple[Fault, str]]:
    """Why a driver must not accept these features of a device of this type; `discouraged` as of `unmet`."""
    found = [(Fault.FEATURE_NOT_OFFERED, name_of(device_id, bit)) for bit in range(64) if features & ~offered & 1 << bit]
    if not features >> VIRTIO_F_VERSION_1 & 1:
        found.append((Fault.VERSION_1_NOT_ACCEPTED, ""))
    else:
        needs = unmet(device_id, features, discouraged=discouraged)
        found += [(Fault.FEATURE_NEEDS_ANOTHER, problem) for problem in needs]
    return found
