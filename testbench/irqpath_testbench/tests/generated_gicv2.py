"""The generator of the comparison with QEMU drives Verilog: what random testing reaches in the models it reaches here."""

from __future__ import annotations

from irqpath.config.gicv2 import Gicv2Config
from irqpath.sim.platform import FIQ, IRQ, Platform
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.tools.oracle.generator import Choices, Generator, Op
from irqpath_testbench.tools.oracle.generator.frames import GICD2
from irqpath_testbench.tools.oracle.generator.knowledge import TAGS

#: Operations of a sequence, after which another begins, which knows nothing of it.
_LENGTH = 400
#: Bits of the lines of a PE: vIRQ is above nFIQ by two.
_VIRTUAL_LSB = 3


async def sequences(platform: Platform, config: Gicv2Config, rng: Randoms, operations: int) -> None:
    """Two sequences at a time, each by a generator of its own, so that accesses, wires and messages of one meet those of the
    other; half of them do what is UNPREDICTABLE too, which this project's Verilog and models do alike."""
    platform.pressure(1)
    jobs = [platform.start(_stream(platform, config, rng.of(f"stream {n}"), operations // 2), f"stream {n}") for n in range(2)]
    for job in jobs:
        await job.join()
    platform.pressure(0)
    for intid in range(16, config.last_spi + 1):
        for pe in range(config.pes) if intid < 32 else (0,):
            platform.wire(intid, 0, pe)


async def _stream(platform: Platform, config: Gicv2Config, rng: Randoms, operations: int) -> None:
    done = 0
    while done < operations:
        tags = frozenset(tag for tag in TAGS if rng.random() < 0.5) if rng.random() < 0.5 else frozenset[str]()
        generator = Generator(config, rng, Choices(tags))
        until = min(done + _LENGTH, operations)
        while done < until:
            for op in generator.next().ops:
                value = await _execute(platform, op)
                lines = [pe.lines for pe in platform.pes]
                generator.observe(op, value, [n & (IRQ | FIQ) for n in lines], [n >> _VIRTUAL_LSB & 3 for n in lines])
                done += 1
            if rng.random() < 0.004:
                await platform.reset_pe(rng.randrange(config.pes))
            if rng.random() < 0.2:
                await platform.spend(rng.randrange(1, 60))


async def _execute(platform: Platform, op: Op) -> int:
    """Do it; what was read. System registers are not the GIC's."""
    pe = platform.pes[op.pe]
    block = "gicd" if op.what == GICD2 else op.what
    match op.kind:
        case "mr":
            return (await pe.read_at(block, op.at, op.size))[0]
        case "mw":
            await pe.write_at(block, op.at, op.size, op.value)
        case "spi" | "ppi":
            platform.wire(op.at, op.value, op.pe)
        case _:
            pass
    return 0
