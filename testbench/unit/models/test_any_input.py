"""Whatever software writes anywhere, in any Security state and at any Exception level: the models answer, report what is wrong,
and have a state that can be restored; they never fail."""

from __future__ import annotations

import random

import pytest

from irqpath.config.gicv2 import Gicv2Config, V2mConfig, gicv3_legacy
from irqpath.config.policy import PRESETS, Policy
from irqpath.config.sizes import GicConfig, Gicv4Config, ItsConfig, VirtualConfig
from irqpath.core.transactions import (
    LineChange,
    Msi,
    PeState,
    RegRead,
    RegReadData,
    RegWrite,
    RegWriteAck,
    SysRead,
    SysReadData,
    SysTrap,
    SysWrite,
    SysWriteAck,
    Transaction,
)
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.gic.system import Gic
from irqpath.regs import ICC, ICH, Frame

ITS = ItsConfig(itt_entry_bytes=16, vpe_entry_bytes=32, event_bits=5, device_bits=5)
CONFIGS = {
    "physical": GicConfig(pes=2, direct_lpi=True),
    "v4.1": GicConfig(
        pes=2,
        its=(ITS, ITS),
        virtual=VirtualConfig(gicv4=True, dvim=True, vsgi_eoi_count=True),
        gicv4=Gicv4Config(v41=True, sgis=True, vmovp=False, sgis_without_active_state=True),
    ),
    "secure": GicConfig(
        pes=2,
        its=(ITS,),
        security=True,
        espis=64,
        eppis=64,
        nmi=True,
        virtual=VirtualConfig(gicv4=True, list_registers=16, nmi=True),
        gicv4=Gicv4Config(),
    ),
}
GICV2 = {
    "gicv2": Gicv2Config(pes=3, security=True, virtual=VirtualConfig(id_bits=10, gicv2=True), v2m=V2mConfig(40, 8)),
    "gicv3-legacy": gicv3_legacy(2),
}
SYSTEM = [register.offset for registers in (ICC, ICH) for register in registers.registers]
RESPONSES = (RegReadData, RegWriteAck, SysReadData, SysWriteAck, SysTrap)
#: Tables stay inside the address space.
ADDRESSES = ~(0xF << 48)


def value(rng: random.Random, bits: int) -> int:
    """Something of everything, ends of the range more often."""
    some = (rng.getrandbits(64), 0, (1 << 64) - 1, 1 << 63 | 0x4000_0000 | rng.getrandbits(8), 1 << rng.randrange(64))
    intids = (1, 27, 32, 40, 1023, 1056, 4096, 8192)
    return rng.choice((*some, rng.choice(intids))) & ADDRESSES & ((1 << bits) - 1)


def access(rng: random.Random, frames: list[tuple[str, Frame]], pes: int) -> tuple[str, Transaction]:
    """A read or a write of any register."""
    block, frame = rng.choice(frames)
    register = rng.choice(frame.registers)
    offset, size = register.offset + rng.randrange(register.count) * register.stride, rng.choice(register.sizes)
    pe, secure = rng.randrange(pes), rng.random() < 0.5
    if rng.random() < 0.3:
        return f"{block}.reg", RegRead(offset, size, pe, secure)
    return f"{block}.reg", RegWrite(offset, size, value(rng, 8 * size), pe, secure)


def something(rng: random.Random, gic: Gic, frames: list[tuple[str, Frame]]) -> tuple[str, Transaction]:
    """Any input of a GICv3 or v4."""
    pes = gic.config.pes
    pe = rng.randrange(pes)
    match rng.randrange(10):
        case 0 | 1 | 2 | 3:
            return access(rng, frames, pes)
        case 4 | 5 | 6:
            return f"gicc{pe}.sys", SysWrite(rng.choice(SYSTEM), value(rng, 64))
        case 7:
            return f"gicc{pe}.sys", SysRead(rng.choice(SYSTEM))
        case 8 if gic.config.virtual is not None:
            return f"gicc{pe}.sys", PeState(rng.randrange(4), rng.choice((0, 8, 16, 24)), rng.choice((0, 1, 3, 5, 7)))
        case _:
            if rng.random() < 0.3 and gic.its:
                return "its0.msi", Msi(rng.randrange(4), rng.randrange(4))
            intid = rng.choice((16, 27, 32, 40, 63))
            return ("gicd.spi" if intid >= 32 else f"gicr{pe}.ppi"), LineChange(intid, rng.randrange(2))


@pytest.mark.parametrize("policy", PRESETS.values(), ids=lambda policy: policy.name)
@pytest.mark.parametrize("name", CONFIGS)
def test_a_gic_responds_whatever_is_asked(name: str, policy: Policy) -> None:
    """One answer an access; a restorable state at the end of each sequence."""
    config = CONFIGS[name]
    for seed in range(6):
        rng = random.Random(f"{name} {policy.name} {seed}")
        gic = Gic(config, policy)
        gic.memory.load(0x4000_0000, rng.randbytes(0x4000))
        frames = [("gicd", gic.gicd.frame), *((r.name, r.frame) for r in gic.gicr), *((its.name, its.frame) for its in gic.its)]
        for _ in range(300):
            link, asked = something(rng, gic, frames)
            out = gic.send(link, asked)
            if isinstance(asked, RegRead | RegWrite | SysRead | SysWrite):
                assert sum(isinstance(t, RESPONSES) for _, t in out) == 1, asked
        twin = Gic(config, policy)
        twin.restore(gic.state())
        assert twin.state() == gic.state()


@pytest.mark.parametrize("name", GICV2)
def test_a_gicv2_responds_whatever_is_asked(name: str) -> None:
    config = GICV2[name]
    for seed in range(12):
        rng = random.Random(f"{name} {seed}")
        gic = Gicv2(config)
        frames = [(block, frame.frame) for block, frame in gic.frames.items()]
        for _ in range(300):
            link, asked = access(rng, frames, config.pes)
            assert sum(isinstance(t, RESPONSES) for _, t in gic.send(link, asked)) == 1, asked
            intid = rng.choice((16, 27, 32, 40))
            gic.send("gicd.spi" if intid >= 32 else f"gicd.ppi{rng.randrange(config.pes)}", LineChange(intid, rng.randrange(2)))
        twin = Gicv2(config)
        twin.restore(gic.state())
        assert twin.state() == gic.state()
