"""What the commands of an ITS use of it, and how an ITS reaches Redistributors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from irqpath.config.policy import Policy
from irqpath.config.sizes import Gicv4Config, ItsConfig
from irqpath.core.errors import ArchError
from irqpath.core.memory import MemPort
from irqpath.core.transactions import LpiAck, Transaction, VmovpReached, VpeMoved
from irqpath.gic.common.tables import Device, Table


class LpiPort(Protocol):
    """How an ITS commands a Redistributor while it handles one input."""

    def call(self, pe: int, command: Transaction) -> LpiAck:
        """Send `command` to the Redistributor of `pe` and wait for its acknowledgement."""


class ItsHost(Protocol):
    """The ITS around a command: its tables, memory and Redistributors."""

    @property
    def config(self) -> ItsConfig:
        """Sizes."""

    @property
    def policy(self) -> Policy:
        """What the architecture leaves open."""

    @property
    def mem(self) -> MemPort:
        """Where the tables are."""

    @property
    def rds(self) -> LpiPort:
        """The Redistributors."""

    @property
    def lpi_limit(self) -> int:
        """INTIDs from here on are none of this GIC."""

    def device_address(self, device: int) -> int | None:
        """Address of the device's entry; None if the DeviceID has none."""

    def device(self, device: int) -> Device | None:
        """The device, None if it is not mapped."""

    def device_at(self, address: int) -> Device | None:
        """The device whose entry lies at `address`, None if it is not mapped."""

    def collection_address(self, icid: int) -> int | None:
        """Address of the collection's entry; None if the ICID has none."""

    def collection(self, icid: int) -> int | None:
        """The PE of the collection, None if it is not mapped."""

    def pe_of(self, rdbase: int) -> int | None:
        """The PE that RDbase names (R35), None if there is no such."""

    def wrote(self, table: str, **fields: int) -> None:
        """Announce a table entry by its meaning."""

    def report(self, error: ArchError, detail: str = "") -> None:
        """Announce a finding."""


class Gicv4ItsHost(ItsHost, Protocol):
    """The ITS around a command of a GICv4."""

    @property
    def number(self) -> int:
        """Which ITS it is."""

    @property
    def number_of_its(self) -> int:
        """ITSs of the GIC."""

    @property
    def gicv4(self) -> Gicv4Config:
        """What GICv4 has here."""

    @property
    def tables(self) -> Sequence[Table]:
        """The device, collection and vPE tables."""

    @property
    def gic_intid_bits(self) -> int:
        """INTID bits of the GIC."""

    @property
    def outstanding(self) -> Mapping[int, int]:
        """Outstanding acknowledgements of `VpeMoved` from the other ITSs, by vPEID."""

    def shares_vpe_table(self, pe: int) -> bool:
        """The vPE table of the Redistributor of `pe` is this ITS's (GICv4.1)."""

    def tell_others(self, t: VpeMoved | VmovpReached) -> None:
        """Tell the other ITSs; of `VpeMoved` an acknowledgement is outstanding then."""

    def meet(self, sequence: int, itslist: int) -> bool:
        """This ITS has come to the VMOVP with that sequence number; True if it is the first of `itslist`."""
