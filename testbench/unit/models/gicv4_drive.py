"""A hypervisor's hands on a GICv4: vPEs, their tables, residency, and the ITS commands for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from irqpath.config.sizes import FIRST_LPI, SPURIOUS, Gicv4Config, VirtualConfig
from irqpath.core.transactions import RegRead, RegReadData, RegWrite
from irqpath.gic.its import encoding
from irqpath.gic.its.encoding import COMMAND_BYTES, Command, mapc, mapd, vmapti, vsync
from irqpath_testbench.sequences.fields import VALID
from unit.models.drive import on
from unit.models.its_drive import COLLECTIONS, DEVICES, ITTS, QUEUE, ModelItsDriver
from unit.models.virtual_drive import VirtualBench

if TYPE_CHECKING:
    from irqpath.config.policy import Policy
    from irqpath_testbench.tools.faults.injection import Lib

#: Where the hypervisor puts the tables of its vPEs: pending tables by vPEID, configuration tables, the vPE table.
VPTS: Final = 0x6000_0000
VCONFS: Final = 0x6100_0000
VPE_TABLE: Final = 0x6200_0000
STRIDE: Final = 0x1_0000
BITS: Final = 14

DIRTY, PENDING_LAST = 1 << 60, 1 << 61
IDAI = DOORBELL = 1 << 62
VGRP1EN: Final = 1 << 58
VGRPS: Final = 3 << 58


def vmapp(
    vpe: int, rdbase: int, *, valid: bool = True, alloc: int = 1, ptz: int = 1, doorbell: int = SPURIOUS, v41: bool = False
) -> Command:
    """VMAPP, with the pending and configuration tables of this bench."""
    table = VPTS + vpe * STRIDE
    if not v41:
        return encoding.vmapp(vpe, rdbase, table, BITS - 1, valid=valid)
    vconf = VCONFS + vpe * STRIDE
    return encoding.vmapp_v41(vpe, rdbase, table, BITS - 1, vconf, doorbell, alloc=bool(alloc), ptz=bool(ptz), valid=valid)


class Gicv4Bench(VirtualBench):
    """A GICv4 (or GICv4.1) with ITSs; every PE is up, LPIs are enabled, device 1 has 32 events, `its[k]` drives ITS k."""

    def __init__(
        self,
        lib: Lib,
        *,
        pes: int = 1,
        v41: bool = False,
        number_of_its: int = 1,
        policy: Policy | None = None,
        common_lpi_aff: int = 0,
        affinities: tuple[int, ...] = (),
        **gicv4: Any,
    ) -> None:
        its = lib.ItsConfig(itt_entry_bytes=16, vpe_entry_bytes=32 if v41 else 8)
        config = lib.GicConfig(
            pes=pes,
            its=(its,) * number_of_its,
            virtual=VirtualConfig(gicv4=True, dvim=True, vsgi_eoi_count=v41),
            gicv4=Gicv4Config(v41=v41, sgis=v41, **gicv4),
            common_lpi_aff=common_lpi_aff,
            affinities=affinities,
            aff3_valid=any(affinity >> 24 for affinity in affinities),
        )
        super().__init__(lib, config, policy)
        self.v41 = v41
        self.boot().lpis()
        self.its = [OwnQueueDriver(self, k) for k in range(number_of_its)]
        for driver in self.its:
            driver.boot()
            driver.write("GITS_CTLR", 0)
            driver.write("GITS_BASER2", VPE_TABLE | VALID | 15)
            driver.write("GITS_CTLR", 1)
            driver.go(*(mapc(pe, pe) for pe in range(pes)), mapd(1, ITTS + driver.its * 0x10_0000, 4))
        for pe in range(pes):
            self.virtual_boot(pe=pe)
            table = VPE_TABLE | VALID | 15 if v41 else VCONFS | (BITS - 1)
            self.gicr(pe, "GICR_VPROPBASER", table)

    def gicr(self, pe: int, name: str, value: int | None = None) -> int:
        """Read, or write, a register of VLPI_base."""
        at = self.gic.gicr[pe].frame.element(name)
        size = at.register.width_bytes
        if value is not None:
            self.send(f"gicr{pe}.reg", RegWrite(at.offset, size, value))
            return 0
        (response,) = on(self.send(f"gicr{pe}.reg", RegRead(at.offset, size)), f"gicr{pe}.rsp")
        assert isinstance(response, RegReadData)
        return response.value

    def vconfig(self, intid: int, priority: int = 0xA0, *, vpe: int = 0, enabled: bool = True) -> None:
        """Configuration of a virtual LPI. GICv4.0: one table for all vPEs here."""
        self.memory.write(VCONFS + (vpe * STRIDE if self.v41 else 0) + intid - FIRST_LPI, 1, priority & 0xFC | enabled)

    def map_vpe(self, vpe: int, pe: int = 0, *, doorbell: int = SPURIOUS, its: int = 0) -> None:
        """VMAPP; the first ITS allocates, the others join."""
        self.its[its].go(vmapp(vpe, pe, alloc=int(its == 0), doorbell=doorbell, v41=self.v41), vsync(vpe))

    def map_event(self, event: int, vpe: int, intid: int, *, doorbell: int = SPURIOUS, priority: int = 0xA0) -> None:
        """Map an event of device 1 to an enabled virtual LPI."""
        self.vconfig(intid, priority, vpe=vpe)
        if doorbell != SPURIOUS:
            self.lpi_config(doorbell)
        self.its[0].go(vmapti(1, event, vpe, intid, doorbell), vsync(vpe))
        assert self.its[0].drained()

    def schedule(self, vpe: int, pe: int = 0, *, flags: int = 0) -> None:
        """The vPE becomes resident."""
        value = vpe | VGRPS if self.v41 else VPTS + vpe * STRIDE
        self.gicr(pe, "GICR_VPENDBASER", VALID | value | flags)

    def deschedule(self, pe: int = 0, *, flags: int = 0) -> int:
        """The vPE leaves; GICR_VPENDBASER as it then reads."""
        value = self.gicr(pe, "GICR_VPENDBASER") & ~(VALID | PENDING_LAST | (DOORBELL if self.v41 else 0))
        self.gicr(pe, "GICR_VPENDBASER", value | flags)
        return self.gicr(pe, "GICR_VPENDBASER")

    def in_vpt(self, vpe: int, intid: int) -> int:
        """The bit of a virtual LPI in its pending table."""
        return self.memory.read(VPTS + vpe * STRIDE + intid // 8, 1) >> (intid % 8) & 1

    def guest_takes(self, pe: int = 0) -> list[int]:
        """The guest acknowledges and ends until nothing is left."""
        taken: list[int] = []
        while (intid := self.guest_ack(pe)) != SPURIOUS:
            taken.append(intid)
            self.guest_eoi(intid, pe)
            assert len(taken) < 1000, "interrupts without end"
        return taken


class OwnQueueDriver(ModelItsDriver):
    """An `ModelItsDriver` with a queue of its own for each ITS."""

    def __init__(self, bench: Gicv4Bench, its: int) -> None:
        super().__init__(bench, its)
        self.queue = QUEUE + its * 0x1_0000

    def boot(self, *, enable: bool = True) -> OwnQueueDriver:
        """Tables of its own, but for the vPE table."""
        self.write("GITS_BASER0", DEVICES + self.its * 0x1_0000 | VALID | 15)
        self.write("GITS_BASER1", COLLECTIONS + self.its * 0x1_0000 | VALID | 15)
        self.write("GITS_CBASER", self.queue | VALID)
        self.write("GITS_CTLR", int(enable))
        self.tail = 0
        return self

    def put(self, *commands: Command) -> None:
        """Write commands into the queue without telling the ITS."""
        for command in commands:
            for n, word in enumerate(command):
                self.bench.memory.write(self.queue + self.tail + 8 * n, 8, word)
            self.tail = (self.tail + COMMAND_BYTES) % self.queue_bytes
