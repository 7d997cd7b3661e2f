"""GIC-600's GICR_PWRR: a Redistributor is off after a reset, is turned on before it is woken, off only while its PE sleeps."""

from __future__ import annotations

from irqpath.config.policy import GIC600
from irqpath.config.sizes import GicConfig
from irqpath.core.transactions import RegRead, RegReadData, RegWrite
from irqpath_testbench.tools.faults.injection import models
from unit.models.drive import Bench

PWRR = 0x24


def read(bench: Bench) -> int:
    """GICR_PWRR."""
    out = bench.gic.send("gicr0.reg", RegRead(PWRR, 4))
    return next(t.value for _, t in out if isinstance(t, RegReadData))


def write(bench: Bench, value: int) -> None:
    """GICR_PWRR."""
    bench.gic.send("gicr0.reg", RegWrite(PWRR, 4, value))


def test_power_up_and_down() -> None:
    """As Trusted Firmware-A does it: RDPD cleared, RDGPD and RDGPO equal, then GICR_WAKER; and the other way round."""
    bench = Bench(models(), GicConfig(its=(), lpis=False), GIC600)
    assert read(bench) == 0b1101
    bench.write("GICR_WAKER", 0)
    assert bench.read("GICR_WAKER") == 6, "it is off"
    write(bench, 0)
    assert read(bench) == 0
    bench.boot()
    bench.set_up(40, edge=True)
    bench.pulse(40)
    assert bench.irq()
    write(bench, 1)
    assert read(bench) == 0, "its PE is awake"
    bench.write("GICR_WAKER", 2)
    write(bench, 1)
    assert read(bench) == 0b1101
    twin = Bench(models(), bench.config, GIC600)
    twin.gic.restore(bench.gic.state())
    assert read(twin) == 0b1101
    write(bench, 0)
    bench.write("GICR_WAKER", 0)
    bench.msr("ICC_IGRPEN1_EL1", 1)
    assert bench.take() == [40]


def test_others_have_no_such_register() -> None:
    bench = Bench(models(), GicConfig(its=(), lpis=False))
    assert read(bench) == 0
    write(bench, 1)
    assert read(bench) == 0
    bench.boot()
