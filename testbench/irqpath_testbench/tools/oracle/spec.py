"""The machines that the oracle compares: how QEMU is asked for one, and which configuration of the models it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from irqpath.config.gicv2 import Gicv2Config, qemu_virt_gicv2
from irqpath.config.policy import QEMU, Policy
from irqpath.config.sizes import GicConfig, qemu_virt_gicv3, qemu_virt_gicv4
from irqpath.core.errors import CheckError
from irqpath_testbench.tools.oracle.generator.frames import GICD2
from irqpath_testbench.tools.oracle.generator.ops import NON_SECURE

#: DeviceIDs, that is device << 3 on bus 0, of the PCI devices that send messages.
EDU_DEVICES: Final = (8, 16, 24)
_BASES: Final = {
    "gicd": 0x0800_0000,
    GICD2: 0x0800_0000,
    "gicc": 0x0801_0000,
    "v2m": 0x0802_0000,
    "gich": 0x0803_0000,
    "gicv": 0x0804_0000,
    "its0": 0x0808_0000,
}
_GICR: Final = 0x080A_0000


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """One machine. `home`: the exception level of the register server, the highest that there is."""

    name: str
    config: GicConfig | Gicv2Config
    policy: Policy
    qemu_machine: str
    qemu_cpu: str
    qemu_gic: str
    home: int = 1
    #: "2", "3" or "4", as recordings say
    gic: str = "3"
    qemu_extra: tuple[str, ...] = ()
    #: DeviceIDs that can write GITS_TRANSLATER: the server's own stores come from 0, the others are PCI devices (`edu`).
    messengers: tuple[int, ...] = (0, *EDU_DEVICES)

    #: states (see `Op`) that sequences run in, each in one of them; () for that of the register server
    states: tuple[int, ...] = ()
    #: registers that QEMU's reset forgets: (block, offset), each PE's is zeroed
    forgotten: tuple[tuple[str, int], ...] = ()

    def base(self, block: str) -> int:
        """Physical address of a block's frame."""
        found = _BASES.get(block)
        if found is None:
            assert isinstance(self.config, GicConfig)  # only that has Redistributors
            found = _GICR + int(block[4:]) * self.config.gicr_stride
        return found


def _v3(pes: int, priority_bits: int, *, el2: bool = False) -> MachineSpec:
    """GICv3 with an ITS; with EL2 the register server is a hypervisor, else there is EL1 only."""
    config = replace(qemu_virt_gicv3(pes, lpis=True, its=True, el2=el2).config, priority_bits=priority_bits)
    extra = tuple(word for device in EDU_DEVICES for word in ("-device", f"edu,addr={device >> 3:#x}.0"))
    extra += ("-global", "arm-gicv3-common.force-8-bit-prio=on") if priority_bits == 8 else ()
    name = f"v3-{pes}pe-{priority_bits}bit{'-el2' if el2 else ''}"
    machine = f"virt,gic-version=3,its=on,virtualization={'on' if el2 else 'off'}"
    return MachineSpec(name, config, QEMU, machine, "cortex-a57", "arm-gicv3", 2 if el2 else 1, qemu_extra=extra)


def _secure(pes: int) -> MachineSpec:
    """GICv3 with two Security states and no EL2; the register server is at EL3."""
    config = replace(qemu_virt_gicv3(pes, lpis=True, its=True).config, security=True)
    extra = tuple(word for device in EDU_DEVICES for word in ("-device", f"edu,addr={device >> 3:#x}.0"))
    machine = "virt,gic-version=3,its=on,secure=on"
    states = (3, 3 | NON_SECURE, 1, 1 | NON_SECURE)
    return MachineSpec(f"v3-secure-{pes}pe", config, QEMU, machine, "cortex-a57", "arm-gicv3", 3, "3", extra, states=states)


def _v4(pes: int) -> MachineSpec:
    """GICv4.0 with an ITS and a hypervisor."""
    extra = tuple(word for device in EDU_DEVICES for word in ("-device", f"edu,addr={device >> 3:#x}.0"))
    machine = "virt,gic-version=4,its=on,virtualization=on"
    return MachineSpec(f"v4-{pes}pe", qemu_virt_gicv4(pes).config, QEMU, machine, "cortex-a57", "arm-gicv3", 2, "4", extra)


def _v2(pes: int, *, el2: bool = False) -> MachineSpec:
    """GICv2 with a GICv2m frame."""
    name = f"v2-{pes}pe{'-el2' if el2 else ''}"
    machine = f"virt,gic-version=2,virtualization={'on' if el2 else 'off'}"
    config = qemu_virt_gicv2(pes, el2=el2).config
    # GICC_APR<n>, GICC_NSAPR<n>, GICH_APR
    forgotten = tuple(("gicc", 0xD0 + 4 * n) for n in range(8)) + (("gich", 0xF0),) * el2
    return MachineSpec(
        name, config, QEMU, machine, "cortex-a57", "arm_gic", 2 if el2 else 1, "2", messengers=(), forgotten=forgotten
    )


#: `--machine` -> the machines that its sequences take turns on.
MACHINES: Final[dict[str, tuple[MachineSpec, ...]]] = {
    "v2": (_v2(2), _v2(1), _v2(4), _v2(2, el2=True)),
    "v3-secure": (_secure(1), _secure(2)),
    "v4": (_v4(1), _v4(2)),
    "v3": (_v3(2, 5), _v3(1, 5), _v3(4, 5), _v3(1, 8), _v3(1, 5, el2=True), _v3(2, 5, el2=True)),
}


def machines(name: str) -> tuple[MachineSpec, ...]:
    """The machines of `--machine name`. Raises `CheckError` naming those that exist."""
    if name not in MACHINES:
        raise CheckError(f"no machine is called {name!r}; there are {', '.join(MACHINES)}")
    return MACHINES[name]
