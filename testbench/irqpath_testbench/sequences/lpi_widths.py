"""LPIs at the ends of every width: INTIDs, DeviceIDs, EventIDs and collections of all bits, tables anywhere in 52 bits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from irqpath.config.sizes import GicConfig
from irqpath.core.errors import CheckError
from irqpath.gic.its import encoding
from irqpath.gic.its.encoding import Command
from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.sequences.its import FIRST_LPI, ItsDriver, Layout
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import Handler, any_priority, bring_up, enable_groups, serve_all

_TOP = 1 << 52
_PAGE = 0x1_0000
_PAGE_SIZE = 2  # GITS_BASER.Page_Size of 64 KB
_ENTRY = 8
_LAST_PAGES = 256
#: LPIs that are pending at a time: fewer than a Redistributor holds, for one that spilled makes it read the whole table
_TOGETHER = 8


@dataclass(frozen=True, slots=True)
class _Mapped:
    """An event, what it is mapped to, and the PE of its collection."""

    device: int
    event: int
    intid: int
    icid: int
    pe: int


def _ends(bits: int, first: int = 0) -> list[int]:
    """Numbers of `bits` bits from `first` on: each power of two, the greatest, and where they are not too many for the memory
    the number before each power."""
    numbers = {1 << n for n in range(bits)} | {(1 << n) - 1 for n in range(bits + 1) if bits <= 16 or n == bits}
    return sorted(n for n in numbers if n >= first)


def _distinct(rng: Randoms, numbers: list[int], count: int) -> list[int]:
    """`count` of `numbers` in random order; where they are too few, with others close to them."""
    found = dict.fromkeys(rng.sample(numbers, min(count, len(numbers))))
    for _ in range(64 * count):  # enough to find them if they exist
        if len(found) == count:
            break
        found[rng.choice(numbers) ^ rng.randrange(64)] = None
    return list(found)


async def at_the_top(platform: Platform, rng: Randoms) -> None:
    """Tables end where memory ends."""
    await _Widths(platform, rng, _at_the_top(platform)).run()


async def whole_table(platform: Platform, rng: Randoms) -> None:
    """The first and the last LPI are pending when LPIs are disabled and enabled again: the whole table is read."""
    pe, bits = platform.pes[0], platform.config.intid_bits
    await enable_groups(pe, 0b11)
    await bring_up(pe, 0xFFFF_FFFF, [0x80] * 32)
    driver = ItsDriver(platform, pe, lpi_bits=bits, layout=Layout(configuration=1 << 40, pending=1 << 41))
    handler = Handler(pe, rng.pe(pe.index))
    await driver.start()
    await driver.run(encoding.mapc(0, 0), encoding.mapd(0, driver.layout.itts, 0))
    await pe.msr("ICC_PMR_EL1", 0)
    for event, intid in enumerate((FIRST_LPI, (1 << bits) - 1)):
        await driver.configure(intid, 0x40)
        await driver.run(encoding.mapti(0, event, intid, 0), encoding.interrupt(0, event))
    await driver.disable_lpis(pe)
    await driver.enable_lpis(pe, zero=False)
    await pe.msr("ICC_PMR_EL1", 0xFF)
    await serve_all(platform, [handler])
    if handler.handled != 2:
        raise CheckError(f"two LPIs were pending in the table, and {handler.handled} came")


async def anywhere(platform: Platform, rng: Randoms) -> None:
    """Tables lie somewhere."""
    await _Widths(platform, rng, _anywhere(platform, rng)).run()


def _itt_bytes(platform: Platform) -> int:
    shape = platform.config.its[0]
    return max(_PAGE, shape.itt_entry_bytes << shape.event_bits)


def _pending_bytes(config: GicConfig) -> int:
    """A bit for each INTID; GICR_PENDBASER is an address of 64 KB."""
    return max(_PAGE, 1 << config.intid_bits >> 3)


def _at_the_top(platform: Platform) -> Layout:
    """One below the other from the last byte on; the greatest last."""
    config, shape = platform.config, platform.config.its[0]
    at = _TOP

    def below(size: int, align: int = _PAGE) -> int:
        nonlocal at
        at = (at - size) & ~(align - 1)
        return at

    return Layout(
        configuration=below(1 << config.intid_bits),
        pending=below(config.pes * _pending_bytes(config)),
        pending_stride=_pending_bytes(config),
        queue=below(_PAGE),
        devices=below(_LAST_PAGES * _PAGE),
        collections=below(_LAST_PAGES * _PAGE),
        level2=below(max(_PAGE, _ENTRY << shape.device_bits)),
        itts=below(2 * _itt_bytes(platform)),
    )


def _anywhere(platform: Platform, rng: Randoms) -> Layout:
    """Each in another eighth of memory, at any address that it may have."""
    slots = rng.sample(range(8), 7)

    def within(size: int, align: int) -> int:
        return slots.pop() * _TOP // 8 + rng.randrange(0, _TOP // 8 - size, align)

    config, shape = platform.config, platform.config.its[0]
    return Layout(
        configuration=within(1 << config.intid_bits, 0x1000),
        pending=within(config.pes * _pending_bytes(config), _PAGE),
        pending_stride=_pending_bytes(config),
        queue=within(_PAGE, 0x1000),
        devices=within(_LAST_PAGES * _PAGE, _PAGE),
        collections=within(_LAST_PAGES * _PAGE, _PAGE),
        level2=within(max(_PAGE, _ENTRY << shape.device_bits), _PAGE),
        itts=within(2 * _itt_bytes(platform), 0x100),
    )


class _Widths:
    """LPIs at the ends of everything, with tables at one place."""

    def __init__(self, platform: Platform, rng: Randoms, layout: Layout) -> None:
        self.platform = platform
        self.rng = rng
        self.layout = layout
        self.handlers = [Handler(pe, rng.pe(pe.index), busy_cycles=4) for pe in platform.pes]
        shape = platform.config.its[0]
        devices, events = _ends(shape.device_bits), _ends(shape.event_bits)
        self.big = devices[-1]  # the device that has every EventID
        pairs = [(device, 0) for device in devices[:-1]] + [(self.big, event) for event in events]
        intids = _distinct(rng, _ends(platform.config.intid_bits, FIRST_LPI), len(pairs))
        pairs = rng.sample(pairs, len(intids))
        collections = _ends(shape.collection_bits)
        icids = [collections[n % len(collections)] for n in range(len(pairs))]
        self.mapped = [
            _Mapped(*pair, intid, icid, icid % len(platform.pes)) for pair, intid, icid in zip(pairs, intids, icids, strict=True)
        ]
        pages = (_ENTRY << shape.device_bits) // _PAGE or 1
        indirect = pages > _LAST_PAGES
        self.driver = ItsDriver(
            platform,
            platform.pes[0],
            indirect=indirect,
            page_size=_PAGE_SIZE,
            lpi_bits=32,  # more than there are: those of GICD_TYPER count (R29)
            device_pages=(pages * _ENTRY + _PAGE - 1) // _PAGE if indirect else pages,
            collection_pages=(_ENTRY << shape.collection_bits) // _PAGE or 1,
            level2_pages=sorted({device * _ENTRY // _PAGE for device in devices}),
            layout=layout,
        )

    async def run(self) -> None:
        """Map, deliver one by one, change and move what is pending, write it back, ask for what does not exist."""
        await enable_groups(self.platform.pes[0], 0b11)
        for pe in self.platform.pes:
            await bring_up(pe, 0xFFFF_FFFF, [0x80] * 32)
        await self.driver.start()
        await self._map()
        for m in self.mapped:
            await self.platform.send_msi(m.device, m.event)
            await self.platform.pes[m.pe].wait_interrupt()
            await self.handlers[m.pe].service()
        for chunk in self._chunks():
            await self._change(chunk)
        if self.platform.config.lpi_disable:
            for chunk in self._chunks():
                await self._write_back(chunk)
        await self._beyond()
        await serve_all(self.platform, self.handlers)

    def _chunks(self) -> Iterator[list[_Mapped]]:
        for first in range(0, len(self.mapped), _TOGETHER):
            yield self.mapped[first : first + _TOGETHER]

    async def _map(self) -> None:
        shape = self.platform.config.its[0]
        commands: list[Command] = [encoding.mapc(m.icid, m.pe) for m in self.mapped]
        itt = self.layout.itts + _itt_bytes(self.platform)
        commands.append(encoding.mapd(self.big, self.layout.itts, shape.event_bits - 1))
        for m in self.mapped:
            if m.device != self.big:
                commands.append(encoding.mapd(m.device, itt, 0))
                itt += 0x100
            commands.append(encoding.mapti(m.device, m.event, m.intid, m.icid))
            await self.driver.configure(m.intid, any_priority(self.platform.config, self.rng))
        await self.driver.run(*commands)

    async def _mask(self, mask: int) -> None:
        for pe in self.platform.pes:
            await pe.msr("ICC_PMR_EL1", mask)

    async def _change(self, chunk: list[_Mapped]) -> None:
        """Every command on LPIs that are pending."""
        await self._mask(0)
        for m in chunk:
            await self.platform.send_msi(m.device, m.event)
        for n, m in enumerate(chunk):
            other = self.mapped[self.rng.randrange(len(self.mapped))]
            match n % 4:
                case 0:
                    await self.driver.configure(m.intid, any_priority(self.platform.config, self.rng))
                    await self.driver.run(encoding.inv(m.device, m.event))
                case 1:
                    await self.driver.run(encoding.movi(m.device, m.event, other.icid))
                    await self.driver.run(encoding.interrupt(m.device, m.event), encoding.movi(m.device, m.event, m.icid))
                case 2:
                    await self.driver.run(encoding.clear(m.device, m.event))
                case _:
                    await self.driver.configure(m.intid, any_priority(self.platform.config, self.rng))
                    await self.driver.run(encoding.invall(m.icid), encoding.sync(m.pe))
        last = len(self.platform.pes) - 1
        await self.driver.run(encoding.movall(0, last))
        await self._mask(0xFF)
        await serve_all(self.platform, self.handlers)
        for m in chunk[::3]:
            await self.driver.run(encoding.discard(m.device, m.event), encoding.mapti(m.device, m.event, m.intid, m.icid))

    async def _write_back(self, chunk: list[_Mapped]) -> None:
        """LPIs are disabled while some are pending: their bits are in the pending table; each is raised again from there."""
        await self._mask(0)
        for m in chunk:
            await self.platform.send_msi(m.device, m.event)
        await self.platform.quiesce()
        for pe in {m.pe: self.platform.pes[m.pe] for m in chunk}.values():
            await self.driver.disable_lpis(pe)
            for m in chunk:
                if m.pe == pe.index:
                    await self._take_from_table(pe, m.intid)
            await self.driver.enable_lpis(pe)
        await self.driver.run(*(encoding.interrupt(m.device, m.event) for m in chunk))
        await self._mask(0xFF)
        await serve_all(self.platform, self.handlers)

    async def _take_from_table(self, pe: Pe, intid: int) -> None:
        at, bit = self.layout.pending_of(pe.index) + intid // 8, 1 << intid % 8
        byte = await self.platform.load(at, 1)
        if not byte & bit:
            raise CheckError(f"LPI {intid} was pending, and its bit in the pending table of PE {pe.index} is not set")
        await self.platform.store(at, 1, byte & ~bit)

    async def _beyond(self) -> None:
        """The first of each number that does not exist."""
        config, shape = self.platform.config, self.platform.config.its[0]
        device, icid = self.mapped[0].device, self.mapped[0].icid
        wrong = [encoding.mapti(device, 0, 1 << config.intid_bits, icid), encoding.mapti(self.big, 0, (1 << 32) - 1, icid)]
        if shape.device_bits < 32:
            wrong.append(encoding.mapd(1 << shape.device_bits, self.layout.itts, 0))
            await self.platform.send_msi(1 << shape.device_bits, 0)
        if shape.event_bits < 32:
            wrong += [encoding.mapd(device, self.layout.itts, shape.event_bits), encoding.inv(self.big, 1 << shape.event_bits)]
            await self.platform.send_msi(self.big, 1 << shape.event_bits)
        if shape.collection_bits < 16:
            wrong.append(encoding.mapc(1 << shape.collection_bits, 0))
        for command in wrong:
            await self.driver.faulty(command)
        await self.platform.quiesce()
