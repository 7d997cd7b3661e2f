"""A hypervisor's hands on a GICv4: vPEs, their tables, residency, and the ITS commands for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from irqpath.config.sizes import FIRST_LPI, SPURIOUS, DirectConfig, VirtualConfig
from irqpath.core.transactions import RegRead, RegReadData, RegWrite
from unit.models.drive import on
from unit.models.its_drive import ITTS, VALID, Command, ItsDriver, mapc, mapd, sync
from unit.models.virtual_drive import VirtualBench

if TYPE_CHECKING:
    from irqpath.config.policy import Policy
    from irqpath_testbench.tools.faults.plants import Lib

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
    vpe: int, rdbase: int, *, valid: int = 1, alloc: int = 1, ptz: int = 1, doorbell: int = SPURIOUS, v41: bool = False
) -> Command:
    """VMAPP, with the pending and configuration tables of this bench."""
    head = 0x29
    if v41:
        head |= alloc << 8 | ptz << 9 | VCONFS + vpe * STRIDE
    return head, vpe << 32 | (doorbell if v41 else 0), rdbase << 16 | valid << 63, VPTS + vpe * STRIDE | (BITS - 1)


def vmapti(device: int, event: int, vpe: int, intid: int, doorbell: int = SPURIOUS) -> Command:
    """VMAPTI."""
    return 0x2A | device << 32, event | vpe << 32, intid | doorbell << 32, 0


def vmapi(device: int, event: int, vpe: int, doorbell: int = SPURIOUS) -> Command:
    """VMAPI."""
    return 0x2B | device << 32, event | vpe << 32, doorbell << 32, 0


def vmovi(device: int, event: int, vpe: int, doorbell: int | None = None) -> Command:
    """VMOVI; a doorbell sets D."""
    return 0x21 | device << 32, event | vpe << 32, (doorbell or 0) << 32 | (doorbell is not None), 0


def vmovp(vpe: int, rdbase: int, *, sequence: int = 0, itslist: int = 0, doorbell: int | None = None) -> Command:
    """VMOVP; a default doorbell sets DB (GICv4.1)."""
    return 0x22 | sequence << 32, vpe << 32 | itslist, rdbase << 16 | (doorbell is not None) << 63, doorbell or 0


def vsync(vpe: int) -> Command:
    """VSYNC."""
    return 0x25, vpe << 32, 0, 0


def vinvall(vpe: int) -> Command:
    """VINVALL."""
    return 0x2D, vpe << 32, 0, 0


def invdb(vpe: int) -> Command:
    """INVDB."""
    return 0x2E, vpe << 32, 0, 0


def vsgi(vpe: int, intid: int, *, enable: int = 1, priority: int = 0xA, group: int = 1, clear: int = 0) -> Command:
    """VSGI; `priority`: four bits."""
    return 0x23 | enable << 8 | clear << 9 | group << 10 | priority << 20 | intid << 32, vpe << 32, 0, 0


class DirectBench(VirtualBench):
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
        **direct: Any,
    ) -> None:
        its = lib.ItsConfig(itt_entry_bytes=16, vpe_entry_bytes=32 if v41 else 8)
        config = lib.GicConfig(
            pes=pes,
            its=(its,) * number_of_its,
            virtual=VirtualConfig(direct=True, dvim=True, direct_sgis=v41),
            direct=DirectConfig(v41=v41, sgis=v41, **direct),
            common_lpi_aff=common_lpi_aff,
            affinities=affinities,
            aff3_valid=any(affinity >> 24 for affinity in affinities),
        )
        super().__init__(lib, config, policy)
        self.v41 = v41
        self.boot().lpis()
        self.its = [SharedQueueDriver(self, k) for k in range(number_of_its)]
        for driver in self.its:
            driver.boot()
            driver.write("GITS_CTLR", 0)
            driver.write("GITS_BASER2", VPE_TABLE | VALID | 15)
            driver.write("GITS_CTLR", 1)
            driver.go(*(mapc(pe, pe) for pe in range(pes)), mapd(1, ITTS + driver.its * 0x10_0000, 5))
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
        (answer,) = on(self.send(f"gicr{pe}.reg", RegRead(at.offset, size)), f"gicr{pe}.rsp")
        assert isinstance(answer, RegReadData)
        return answer.value

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


class SharedQueueDriver(ItsDriver):
    """An `ItsDriver` with a queue of its own for each ITS."""

    def __init__(self, bench: DirectBench, its: int) -> None:
        super().__init__(bench, its)
        self.queue = 0x5000_0000 + its * 0x1_0000

    def boot(self, *, enable: bool = True) -> SharedQueueDriver:
        """Tables of its own, but for the vPE table."""
        self.write("GITS_BASER0", 0x5100_0000 + self.its * 0x1_0000 | VALID | 15)
        self.write("GITS_BASER1", 0x5200_0000 + self.its * 0x1_0000 | VALID | 15)
        self.write("GITS_CBASER", self.queue | VALID)
        self.write("GITS_CTLR", int(enable))
        self.tail = 0
        return self

    def put(self, *commands: Command) -> None:
        """Write commands into the queue without telling the ITS."""
        for command in commands:
            for n, word in enumerate(command):
                self.bench.memory.write(self.queue + self.tail + 8 * n, 8, word)
            self.tail = (self.tail + 32) % self.queue_bytes


__all__ = ["DirectBench", "sync"]
