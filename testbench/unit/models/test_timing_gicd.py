"""The timer of GICD: what it counts of the golden model's state."""

from __future__ import annotations

from irqpath.config.sizes import GicConfig
from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, PeStatus, RegWrite, SpiOffer, SpiRecall, Transaction
from irqpath.gic.gicd.distributor import IRM, Distributor
from irqpath.sim.timing.gicd import GicdTimer
from irqpath.sim.timing.term import Term

_REG, _WIRES = Link("gicd.reg"), Link("gicd.spi")


def test_a_pe_that_is_chosen_again_is_counted_though_it_is_the_same() -> None:
    """GICD_IROUTER is written of a 1-of-N interrupt that waits until its PE has answered a recall."""
    gicd = Distributor(GicConfig(pes=1))
    timer = GicdTimer(gicd)

    def takes(link: Link, transaction: Transaction) -> tuple[list[type[Transaction]], Term]:
        timer.enters(link, transaction)
        outputs = gicd.predict(link, transaction)
        timer.predicted(outputs)
        for to, what in outputs:
            timer.leaves(to, what)
        return [type(what) for to, what in outputs if to.unit == "dist"], timer.ends()

    def routes(intid: int) -> tuple[list[type[Transaction]], Term]:
        return takes(_REG, RegWrite(0x6000 + 8 * intid, 8, IRM))

    takes(Link.dist(0, "up"), PeStatus(enables=3, awake=1, dpg=0))
    for offset, value in ((0x0000, 3), (0x0084, 0xFFFF_FFFF), (0x0104, 0b11)):  # CTLR, IGROUPR1, ISENABLER1
        takes(_REG, RegWrite(offset, 4, value))
    for intid in (32, 33):
        routes(intid)
    assert takes(_WIRES, LineChange(32, 1))[0] == [SpiOffer]
    takes(_WIRES, LineChange(33, 1))
    sent, _ = takes(_WIRES, LineChange(32, 0))
    assert sent == [SpiRecall] and gicd.chosen == {33: 0}
    sent, term = routes(33)
    assert sent == [] and gicd.chosen == {33: 0} and ("assigned", 1) in term.counts
