"""What virtio leaves to the implementation, each choice a named field, with presets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from irqpath.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class VirtioPolicy:
    """The choices of one implementation. Defaults are those of `irqpath`."""

    name: str = "irqpath"

    #: Elements that an indirect table may have; None: the queue size (virtio 1.2, 2.7.5.3.1). Linux makes longer tables and
    #: QEMU takes 1,024.
    max_indirect: int | None = None

    #: An element of no bytes is a fault, as QEMU has it; virtio 1.2, 2.6 forbids only a buffer without elements.
    zero_length_faults: bool = False

    #: The first decision after a reset, and on a packed ring after each wrap, is to interrupt, whatever used_event says (QEMU).
    first_interrupt: bool = False

    #: A used descriptor of a packed ring has WRITE set where the device wrote something (2.8.3); QEMU leaves it clear.
    used_write_flag: bool = True

    #: IN_ORDER: buffers that were used completely are skipped, and one used entry closes the batch (2.7.9, 2.8.8).
    in_order_batches: bool = True

    #: An event that is pending at a masked vector goes on by its new vector when it is mapped to another one; QEMU forgets it.
    #: The specification does not say (4.1.5.1.2).
    remapping_keeps_pending: bool = True

    #: A queue whose ring overlaps with itself or with another's is not enabled; QEMU does not look. It is reported either way.
    refuse_overlap: bool = True

    #: FEATURES_OK is refused for a feature without another one that it needs (2.2.2); QEMU looks at ACCESS_PLATFORM only.
    check_needs: bool = True

    #: FEATURES_OK is refused, too, for combinations that the specification only advises against (5.1.4.2).
    refuse_discouraged: bool = False

    def __post_init__(self) -> None:
        if self.max_indirect is not None and not 1 <= self.max_indirect <= 1 << 15:
            raise ConfigError(f"VirtioPolicy.max_indirect is {self.max_indirect}: 1 to 32,768, or None for the queue size")


IRQPATH: Final = VirtioPolicy()
QEMU: Final = VirtioPolicy(
    "qemu",
    max_indirect=1024,
    zero_length_faults=True,
    first_interrupt=True,
    used_write_flag=False,
    in_order_batches=False,
    remapping_keeps_pending=False,
    refuse_overlap=False,
    check_needs=False,
)
