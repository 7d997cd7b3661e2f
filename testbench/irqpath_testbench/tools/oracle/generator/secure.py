"""Actions of Secure software at EL3 on a GIC with two Security states (GICD_CTLR.DS = 0): groups, permissions, enables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from irqpath_testbench.tools.oracle.generator import common
from irqpath_testbench.tools.oracle.generator.common import GROUPR, PRIORITY, SENABLE
from irqpath_testbench.tools.oracle.generator.ops import NON_SECURE, Op, mrs, msr, read, write
from irqpath_testbench.tools.oracle.generator.scene import Planned, Scene, Weighted, bound

_EL3: Final = 3
_GRPMODR, _NSACR = 0xD00, 0xE00


def opening(s: Scene) -> Iterator[Planned]:
    """All three groups on, interrupts in all of them."""
    yield "secure-control", lambda s: [write("gicd", 0, 0x37, state=_EL3)]
    for pe in range(s.pes):
        yield (
            "secure-enable",
            bound(
                lambda s, n: [
                    msr("ICC_IGRPEN1_EL3", 3, n, _EL3),
                    msr("ICC_IGRPEN0_EL1", 1, n, _EL3),
                    msr("ICC_PMR_EL1", s.choose((0xFF, 0xF8, 0xF0)), n, _EL3),
                ],
                pe,
            ),
        )
        yield (
            "secure-private",
            bound(
                lambda s, n: [
                    write(f"gicr{n}", 0x1_0000 + GROUPR, s.rng.getrandbits(32), pe=n, state=_EL3),
                    write(f"gicr{n}", 0x1_0000 + _GRPMODR, s.rng.getrandbits(32), pe=n, state=_EL3),
                    write(f"gicr{n}", 0x1_0000 + SENABLE, 0xFFFF_FFFF, pe=n, state=_EL3),
                ],
                pe,
            ),
        )
    for intid in s.spis:
        yield (
            "secure-shared",
            bound(
                lambda s, n: [
                    write("gicd", GROUPR + n // 32 * 4, s.rng.getrandbits(32), state=_EL3),
                    write("gicd", _GRPMODR + n // 32 * 4, s.rng.getrandbits(32), state=_EL3),
                    write("gicd", SENABLE + n // 32 * 4, 1 << n % 32, state=_EL3),
                    write("gicd", PRIORITY + n, s.priority(), 1, state=_EL3),
                ],
                intid,
            ),
        )


def regroup(s: Scene) -> Sequence[Op]:
    """IGROUPR, IGRPMODR or NSACR of some interrupt."""
    intid, pe = s.interrupt(), s.pe()
    block, base = s.block(intid, pe)
    offset = s.choose((GROUPR, _GRPMODR, _NSACR))
    at = base + offset + (intid // 16 if offset == _NSACR else intid // 32) * 4
    return [write(block, at, s.rng.getrandbits(32), pe=pe, state=_EL3), read(block, at, pe=pe, state=s.choose((_EL3, s.state)))]


def prioritise(s: Scene) -> Sequence[Op]:
    """A priority, in the whole range, and how the other state sees it."""
    intid, pe = s.interrupt(), s.pe()
    block, base = s.block(intid, pe)
    at = base + PRIORITY + intid
    return [write(block, at, s.priority(), 1, pe, _EL3), read(block, at, 1, pe, s.choose((_EL3, 1, 1 | NON_SECURE)))]


def enable(s: Scene) -> Sequence[Op]:
    """Group enables of the Distributor and of a CPU interface: mostly on."""
    if s.chance(0.5):
        return [write("gicd", 0, 0x30 | s.choose((7, 7, 7, 5, 3, 6)), state=_EL3), read("gicd", 0, state=s.state)]
    return [msr("ICC_IGRPEN1_EL3", s.choose((3, 3, 3, 1, 2)), s.pe(), _EL3)]


def look(s: Scene) -> Sequence[Op]:
    """What EL3 and both states below it see."""
    names = ("ICC_CTLR_EL3", "ICC_IGRPEN1_EL3", "ICC_SRE_EL3")
    common = ("ICC_RPR_EL1", "ICC_PMR_EL1", "ICC_BPR1_EL1", "ICC_CTLR_EL1", "ICC_IGRPEN1_EL1", "ISR_EL1")
    pe = s.pe()
    if s.chance(0.3):
        return [mrs(s.choose(names), pe, s.choose((_EL3, s.state)))]
    return [mrs(s.choose(common), pe, state) for state in (_EL3, _EL3 | NON_SECURE, 1, 1 | NON_SECURE)]


_ALL: Final[tuple[Weighted, ...]] = (
    ("secure-regroup", 3, regroup),
    ("secure-prioritise", 3, prioritise),
    ("secure-enable", 1, enable),
    ("secure-look", 5, look),
)


ACTIONS: Final = common.where(lambda s: s.config.security, _ALL)
