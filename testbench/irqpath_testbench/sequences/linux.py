"""Linux drives the device: the inputs of a recording (register accesses, stores to tables and commands, messages, wires, resets)
go to the platform; what Linux read is compared, where the time of the recording is kept.

`lockstep`: after each input everything becomes quiescent, as in the recorded machine; then a read must give what Linux read.
`stress`: the order is kept on each PE and among the wires and messages only, with random delays, so that the device is met in
the middle of its work. What it reads then differs from the recording; the scoreboards still hold it against the models.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from irqpath.config.sizes import FIRST_LPI
from irqpath.core.errors import CheckError
from irqpath.core.transactions import PeState
from irqpath.regs import GICC, GICD, GICH, GICR, GICV, GITS, V2M, Frame
from irqpath.sim.platform import Pe, Platform, TrapError
from irqpath.trace.reader import Event, events, survey
from irqpath_testbench.sequences.randoms import Randoms

#: Regions of recordings, with the block that is there and its registers; the others are Redistributors.
_FRAMES: dict[str, tuple[str, Frame]] = {
    "gicd": ("gicd", GICD),
    "gits": ("its0", GITS),
    "gicc": ("gicc", GICC),
    "gich": ("gich", GICH),
    "gicv": ("gicv", GICV),
    "v2m": ("v2m", V2M),
}
_TABLES = ("its.", "lpi.")
#: Of a GICv4 and its LPIs: system registers that hold an INTID; what announces them at GICD (TYPER, TYPER2, PIDR2); of a
#: Redistributor what is not left out, the frame of SGIs and PPIs, and GICR_WAKER.
_OF_INTIDS = ("ICC_IAR0_EL1", "ICC_IAR1_EL1", "ICC_EOIR0_EL1", "ICC_EOIR1_EL1", "ICC_DIR_EL1")
_ANNOUNCE = tuple(GICD.element(f"GICD_{name}").offset for name in ("TYPER", "TYPER2", "PIDR2"))
_SGI_FRAME, _WAKER = 0x1_0000, GICR.element("GICR_WAKER").offset
#: What a CPU interface takes its PE to be after a reset.
_RESET = PeState(2)
#: Events of the total order that one stream may be ahead of the slowest one.
_AHEAD = 24


@dataclass(slots=True)
class Linux:
    """One recording on one platform. `limit`: events of the file that are used, 0: all. `compared`: reads; `left`: inputs of a
    GICv4's ITS and of LPIs, which were left out."""

    platform: Platform
    path: Path
    rng: Randoms
    limit: int = 0
    driven: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    left: int = 0
    deviations: list[str] = field(default_factory=list)
    _filled: set[int] = field(default_factory=set)
    #: HCR_EL2 of a PE as recorded, and the state that its CPU interface was told (IHI 0069 12.3: it redirects accesses)
    _hcr: dict[int, int] = field(default_factory=dict)
    _told: dict[int, PeState] = field(default_factory=dict)

    def _inputs(self) -> Iterator[tuple[int, Event]]:
        """(event number, event) of what is an input of an interrupt controller; the resets of power-up have been given."""
        started = False
        gic = survey(self.path).header.gic
        gicv4 = gic == "4"
        for line, event in events(self.path):
            number = line - 1
            if self.limit and number > self.limit:
                return
            kind = event["e"]
            if gicv4 and kind == "cmd" and event["n"] == "vmapp":
                return  # what follows are VLPIs
            started = started or kind != "cpurst"
            region = event.get("r", "")
            if kind in ("mw", "mr"):
                wanted = region in _FRAMES or region.startswith("gicr")
            elif kind in ("m", "snap"):
                wanted = region.startswith(_TABLES)
            else:
                # the memory-mapped CPU interface of the recorded GICv2 is not reset with its PE
                wanted = kind in ("sw", "sr", "st", "hcr", "spi", "msi") or (kind == "cpurst" and started and gic != "2")
                wanted = wanted or (kind == "ppi" and event["i"] != self._own_wire())
            if wanted and gicv4 and not self._of_gicv4(event):
                self.left += 1
            elif wanted:
                yield number, event

    def _own_wire(self) -> int | None:
        """The PPI that the device raises by itself: its maintenance interrupt; None where it has no virtual interface."""
        virtual = self.platform.config.virtual
        return None if virtual is None else virtual.maintenance_ppi

    def _of_gicv4(self, event: Event) -> bool:
        """Whether it concerns the CPU interfaces of a GICv4's recording, and what List registers forward: not its ITS, LPIs and
        what announces them."""
        if event["e"] in ("sr", "sw"):
            return not (event["g"] in _OF_INTIDS and event["v"] >= FIRST_LPI)
        if event["e"] in ("mr", "mw"):
            region, offset = str(event["r"]), event["o"]
            if region == "gicd":
                return offset not in _ANNOUNCE
            return region.startswith("gicr") and (_SGI_FRAME <= offset < 2 * _SGI_FRAME or offset == _WAKER)
        return event["e"] in ("st", "hcr", "ppi", "spi", "cpurst")

    async def lockstep(self) -> None:
        """Each input after the other. Raises `CheckError` when Linux read something else."""
        for number, event in self._inputs():
            value = await self._drive(event)
            await self.platform.quiesce()
            if value is not None:
                self._compare(number, event, value)
        self._judge()
        if not self.compared:
            raise CheckError(f"{self.path.name}: Linux reads nothing in the first {self.limit} events; use more of them")

    async def stress(self) -> None:
        """Streams side by side: one a PE, one of wires and messages."""
        streams: dict[int, list[tuple[int, Event]]] = {}
        for number, event in self._inputs():
            wires = event["e"] in ("spi", "ppi", "msi")
            streams.setdefault(-1 if wires else event.get("c", 0), []).append((number, event))
        heads = {stream: inputs[0][0] for stream, inputs in streams.items()}
        jobs = [self.platform.start(self._stream(key, streams[key], heads), f"Linux stream {key}") for key in sorted(streams)]
        for job in jobs:
            await job.join()

    async def _stream(self, key: int, inputs: list[tuple[int, Event]], heads: dict[int, int]) -> None:
        rng = self.rng.of(f"stream {key}")
        for number, event in inputs:
            heads[key] = number
            while number > min(heads.values()) + _AHEAD:
                await self.platform.spend(8)
            await self._drive(event)
            if rng.random() < 0.3:
                await self.platform.spend(rng.randrange(1, 30))
        heads[key] = 1 << 62

    async def _drive(self, event: Event) -> int | None:
        """Give one input; the value, if it is a read."""
        kind = event["e"]
        self.driven[kind] += 1
        match kind:
            case "mr" | "mw":
                pe = self.platform.pes[event.get("c", 0)]
                region = str(event["r"])
                block, _ = _FRAMES.get(region, (region, GICR))
                if kind == "mr":
                    return (await pe.read_at(block, event["o"], event["s"]))[0]
                await pe.write_at(block, event["o"], event["s"], event["v"])
            case "sr":
                return await (await self._at(event)).mrs(event["g"])
            case "sw":
                await (await self._at(event)).msr(event["g"], event["v"])
            case "st":
                await self._trap(event)
            case "hcr":
                self._hcr[event["c"]] = event["v"]
            case "spi":
                self.platform.wire(event["i"], event["l"])
            case "ppi":
                self.platform.wire(event["i"], event["l"], event["c"])
            case "msi":
                await self.platform.send_msi(event["dev"], event["v"])
            case "cpurst":
                await self.platform.reset_pe(event["c"])
                self._told.pop(event["c"], None)
            case "m":
                await self._store(event["a"], bytes.fromhex(event["h"]))
            case _:
                data = bytes([event["f"]]) * event["n"] if "f" in event else bytes.fromhex(event.get("h", ""))
                await self._store(event["a"], data)
        return None

    async def _at(self, event: Event) -> Pe:
        """The PE, its CPU interface told at which Exception level the access is, and what HCR_EL2 is."""
        index = event["c"]
        pe = self.platform.pes[index]
        if self.platform.config.virtual is not None:
            state = PeState(event["x"], self._hcr.get(index, 0))
            if self._told.get(index, _RESET) != state:
                self._told[index] = state
                await pe.enter(state)
        return pe

    async def _trap(self, event: Event) -> None:
        """An access that trapped, and so must here."""
        pe = await self._at(event)
        try:
            await (pe.msr(event["g"], event["v"]) if "v" in event else pe.mrs(event["g"]))
        except TrapError:
            return
        raise CheckError(f"{self.path.name}: PE {event['c']}: the access to {event['g']} trapped when it was recorded, not here")

    async def _store(self, address: int, data: bytes) -> None:
        """Bytes into memory by aligned accesses; zeros where nothing was stored before are there already."""
        at = 0
        while at < len(data):
            size = 8
            while (address + at) % size or at + size > len(data):
                size //= 2
            value = int.from_bytes(data[at : at + size], "little")
            page = (address + at) >> 12
            if value or page in self._filled:
                self._filled.add(page)
                await self.platform.store(address + at, size, value)
            at += size

    def _compare(self, number: int, event: Event, value: int) -> None:
        self.compared += 1
        if value != event["v"]:
            name = event["g"] if event["e"] == "sr" else self._register(event)
            self.deviations.append(f"event {number}: PE {event['c']} read {name}: {value:#x}, Linux read {event['v']:#x}")

    @staticmethod
    def _register(event: Event) -> str:
        _, frame = _FRAMES.get(event["r"], ("", GICR))
        return f"{frame.name_at(event['o'])} ({event['r']})"

    def _judge(self) -> None:
        if self.deviations:
            more = f" (and {len(self.deviations) - 5} more)" if len(self.deviations) > 5 else ""
            found = "; ".join(self.deviations[:5])
            raise CheckError(f"{self.path.name}: {len(self.deviations)} of {self.compared} reads differ: {found}{more}")
