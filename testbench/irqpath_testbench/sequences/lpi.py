"""Scenarios of the path `lpi` (MSI through the ITS); random traffic: `lpi_random.py`."""

from __future__ import annotations

from dataclasses import replace

from irqpath.core.errors import CheckError
from irqpath.gic.its import encoding
from irqpath.regs import GITS
from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.dut.description import MEM_PAGES
from irqpath_testbench.sequences.its import FIRST_LPI, PLACES, ItsDriver
from irqpath_testbench.sequences.polling import until_clear
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.sgi import sgir
from irqpath_testbench.sequences.software import Handler, any_priority, bring_up, enable_groups, serve_all, sweep
from irqpath_testbench.sequences.visible import odd_access, registers

EVENT_BITS = 4
EVENTS = 1 << EVENT_BITS


async def start(platform: Platform, **options: int) -> ItsDriver:
    """Groups enabled, every PE up, LPIs and the ITS (if there is one) enabled; `options`: those of `ItsDriver`."""
    await enable_groups(platform.pes[0], 0b11)
    for pe in platform.pes:
        await bring_up(pe, 0xFFFF_FFFF, [0x80] * 32)
    driver = ItsDriver(platform, platform.pes[0], **options)  # type: ignore[arg-type]  # its keywords
    await driver.start()
    return driver


def handlers_of(platform: Platform, rng: Randoms) -> list[Handler]:
    """A handler for each PE."""
    return [Handler(pe, rng.pe(pe.index), busy_cycles=6) for pe in platform.pes]


def lpi_of(device: int, event: int) -> int:
    """The LPI that the scenarios map an event to."""
    return FIRST_LPI + device * EVENTS + event


def itt_of(device: int) -> int:
    """Where the ITT of a device lies."""
    return PLACES.itts + device * 0x100


async def map_devices(driver: ItsDriver, devices: int) -> None:
    """`devices` with 16 events each, spread over one collection a PE."""
    pes = len(driver.platform.pes)
    await driver.run(*(encoding.mapc(icid, icid) for icid in range(pes)))
    for device in range(devices):
        commands = [encoding.mapd(device, itt_of(device), EVENT_BITS - 1)]
        for event in range(EVENTS):
            await driver.configure(lpi_of(device, event), 0x20 + 8 * (event % 16))
            commands.append(encoding.mapti(device, event, lpi_of(device, event), (device + event) % pes))
        await driver.run(*commands)


async def every_lpi(platform: Platform, rng: Randoms) -> None:
    """Each event of each device: its message, the tables, the LPI, the acknowledgement and the end of interrupt, one at a
    time."""
    driver = await start(platform)
    await map_devices(driver, 4)
    handlers = handlers_of(platform, rng)
    for device in range(4):
        for event in range(EVENTS):
            await platform.send_msi(device, event)
            target = handlers[(device + event) % len(handlers)]
            await target.pe.wait_interrupt()
            await target.service()
    for device, event in ((4, 0), (1024, 0), (0, EVENTS), (1 << 16, 0), (3, 0xFFFF_FFFF)):  # nowhere to go
        await platform.send_msi(device, event)
    await platform.quiesce()


async def commands(platform: Platform, rng: Randoms) -> None:
    """Each command and what it does to an LPI that is pending, held by the CPU interface, or neither."""
    driver = await start(platform)
    await map_devices(driver, 2)
    pes, handlers = platform.pes, handlers_of(platform, rng)
    last = len(pes) - 1
    for mask in (0xFF, 0x00):  # with PMR 0 the CPU interface holds what is pending, but does not signal it
        for pe in pes:
            await pe.msr("ICC_PMR_EL1", mask)
        await driver.run(encoding.interrupt(0, 1), encoding.sync(1 % len(pes)))
        await driver.run(encoding.clear(0, 1), encoding.sync(1 % len(pes)))
        await platform.send_msi(0, 2)
        await driver.run(encoding.movi(0, 2, last), encoding.sync(last))
        await driver.run(encoding.movi(0, 2, last))  # to where it is
        await platform.send_msi(0, 3)
        await driver.run(encoding.discard(0, 3), encoding.sync(0))
        await platform.send_msi(0, 3)  # unmapped now
        await driver.run(encoding.mapti(0, 3, lpi_of(0, 3), 0))
        for event in range(4, 8):
            await platform.send_msi(0, event)
        await driver.run(encoding.movall(0, last), encoding.movall(last, last), encoding.sync(last))
        await driver.configure(lpi_of(1, 4), 0x40, enable=False)
        await driver.run(encoding.inv(1, 4))
        await platform.send_msi(1, 4)
        await platform.quiesce()
        await driver.configure(lpi_of(1, 4), 0x10)
        await driver.run(encoding.inv(1, 4), encoding.sync(5 % len(pes)))
        for event in range(8, 12):
            await platform.send_msi(1, event)
            await driver.configure(lpi_of(1, event), 0xE0 - 8 * event, enable=event != 9)
        await driver.run(*(encoding.invall(icid) for icid in range(len(pes))))
        await driver.configure(lpi_of(1, 9), 0x30)
        await driver.run(*(encoding.invall(icid) for icid in range(len(pes))))
        await driver.run(encoding.mapd(5, itt_of(64), 13), encoding.mapi(5, FIRST_LPI + 64, 0))
        await driver.configure(FIRST_LPI + 64, 0x60)
        await platform.send_msi(5, FIRST_LPI + 64)
        await driver.run(encoding.mapc(0, last), encoding.sync(last), encoding.mapc(0, 0))
        await sweep(platform)
        for pe in pes:
            await pe.msr("ICC_PMR_EL1", 0xFF)
        await serve_all(platform, handlers)
        await driver.run(encoding.movi(0, 2, 2 % len(pes)))
    await driver.run(encoding.mapd(1, 0, 0, valid=False))
    await platform.send_msi(1, 0)
    await platform.quiesce()


async def tables(platform: Platform, rng: Randoms) -> None:
    """Two-level device tables with every page size, a queue that wraps, stalls and what comes after, queue registers."""
    driver = await start(platform)
    handlers = handlers_of(platform, rng)
    for page_size in (0, 1, 2):
        await driver.disable_its()
        driver.indirect, driver.page_size, driver.queue_pages = True, page_size, 1 + page_size % 2
        await driver.start_its()
        await driver.run(encoding.mapc(0, 0), encoding.mapc(1, len(platform.pes) - 1))
        per_page = 512 << 2 * page_size
        for number, device in enumerate((0, 1, per_page - 1, per_page, 3 * per_page + 5)):
            intid = FIRST_LPI + 128 + number
            await driver.configure(intid, 0x50)
            await driver.run(encoding.mapd(device, itt_of(80 + number), 0), encoding.mapti(device, 1, intid, number % 2))
            await platform.send_msi(device, 1)
        await driver.run(encoding.mapd(8 * per_page - 1, itt_of(90), 0))
        await serve_all(platform, handlers)
        for _ in range(3):  # more commands than the queue has places
            await driver.run(*(encoding.inv(0, 1) for _ in range(60)))
        if page_size == 0:
            await _faults(driver, per_page)
    await driver.put(encoding.inv(0, 1))
    await driver.pe.write("GITS_CWRITER", 0xF_FFE0)  # beyond the queue: the ITS waits
    await platform.quiesce()
    await driver.pe.read("GITS_CREADR")
    await driver.pe.write("GITS_CWRITER", driver.at)
    await driver.done()
    await platform.quiesce()


async def _faults(driver: ItsDriver, per_page: int) -> None:
    """Every way in which a command can be wrong."""
    pes = len(driver.platform.pes)
    await driver.run(encoding.discard(1, 1), encoding.mapti(1, 0, FIRST_LPI, 9))  # collection 9 is not mapped: no fault yet
    for command in (
        (0xFF, 0, 0, 0),
        encoding.mapd(0, itt_of(0), 16),
        encoding.mapd(8 * per_page, itt_of(0), 0),
        encoding.mapd(1 << 16, itt_of(0), 0),
        encoding.mapc(0, pes),
        encoding.mapc(0xFFFF, 0),
        encoding.mapti(2, 0, FIRST_LPI, 0),
        encoding.mapti(0, 2, FIRST_LPI, 0),
        encoding.mapti(0, 0, FIRST_LPI - 1, 0),
        encoding.mapti(0, 0, 1 << driver.platform.config.intid_bits, 0),
        encoding.mapti(0, 0, FIRST_LPI, 0xFFFF),
        encoding.mapi(0, 0, 0),
        encoding.movi(0, 0, 0),
        encoding.movi(0, 1, 9),
        encoding.interrupt(1, 0),
        encoding.interrupt(1, 1),
        encoding.interrupt(2, 0),
        encoding.clear(0, 0),
        encoding.inv(0, 0),
        encoding.discard(0, 0),
        encoding.invall(9),
        encoding.sync(pes),
        encoding.sync(1 << 16),
        encoding.mapc(0, 1 << 16),
        encoding.movall(1 << 16, 0),
        encoding.movall(0, 1 << 16),
        encoding.mapd(512 * per_page, itt_of(0), 0),
        encoding.movall(0, pes),
        encoding.movall(pes, 0),
    ):
        await driver.faulty(command)


async def spill(platform: Platform, rng: Randoms) -> None:
    """More pending LPIs than a Redistributor holds: the rest lies in the pending table; LPIs are disabled and enabled again."""
    driver = await start(platform)
    await driver.run(*(encoding.mapc(icid, icid) for icid in range(len(platform.pes))))
    pe, handler = platform.pes[0], Handler(platform.pes[0], rng.pe(0), busy_cycles=4)
    devices = range(5)
    for device in devices:
        commands = [encoding.mapd(device, itt_of(device), EVENT_BITS - 1)]
        for event in range(EVENTS):
            await driver.configure(lpi_of(device, event), any_priority(platform.config, rng), enable=rng.random() < 0.9)
            commands.append(encoding.mapti(device, event, lpi_of(device, event), 0))
        await driver.run(*commands)
    await _better_in_the_table(driver, handler, [(device, event) for device in devices for event in range(EVENTS)])
    for again in range(2):
        await pe.msr("ICC_PMR_EL1", 0)
        everything = [(device, event) for device in devices for event in range(EVENTS)]
        rng.shuffle(everything)
        for device, event in everything:
            await platform.send_msi(device, event)
        for device, event in everything[:6]:
            await driver.configure(lpi_of(device, event), any_priority(platform.config, rng))
            await driver.run(encoding.inv(device, event))
        await driver.run(*(encoding.clear(device, event) for device, event in everything[6:12]))
        await _beyond_the_tables(driver)
        target = (again + 1) % len(platform.pes)
        await driver.run(*(encoding.movi(device, event, target) for device, event in everything[12:18]))
        for device, event in everything[18:24]:
            await driver.configure(lpi_of(device, event), any_priority(platform.config, rng))
        await driver.run(encoding.invall(0))  # also of those that lie in the table
        if again:
            await _disable_and_write(driver, pe)
            await driver.enable_lpis(pe, zero=False)
        await pe.msr("ICC_PMR_EL1", 0xFF)
        handlers = [handler, *(Handler(other, rng.pe(other.index), busy_cycles=4) for other in platform.pes[1:])]
        await serve_all(platform, handlers)
        for device, event in everything:
            await driver.configure(lpi_of(device, event), any_priority(platform.config, rng))
        await driver.run(*(encoding.invall(icid) for icid in range(len(platform.pes))))
        await serve_all(platform, handlers)
        await driver.run(*(encoding.movi(device, event, 0) for device, event in everything[12:18]))


async def _better_in_the_table(driver: ItsDriver, handler: Handler, events: list[tuple[int, int]]) -> None:
    """An LPI that lies in the pending table is given a better priority than all that the Redistributor holds: it is the next."""
    pe, platform = handler.pe, driver.platform
    await pe.msr("ICC_PMR_EL1", 0)
    for device, event in events:
        await driver.configure(lpi_of(device, event), 0x40 if lpi_of(device, event) % 2 else 0x80)
        await driver.run(encoding.inv(device, event))
        await platform.send_msi(device, event)
    spilled = events[-2:]  # the worst of all: the lower priority, the higher INTIDs
    spilled = [(device, event) for device, event in spilled if not lpi_of(device, event) % 2]
    for device, event in spilled:
        await driver.configure(lpi_of(device, event), 0x20)
        await driver.run(encoding.inv(device, event), encoding.sync(pe.index))
    await pe.msr("ICC_PMR_EL1", 0xFF)
    await platform.quiesce()
    for device, event in spilled:
        first = await pe.mrs("ICC_HPPIR1_EL1")
        if first != lpi_of(device, event):
            raise CheckError(f"PE {pe.index}: INTID {lpi_of(device, event)} was given the best priority, and {first} comes first")
    await serve_all(platform, [handler])


async def _beyond_the_tables(driver: ItsDriver) -> None:
    """Commands about an LPI that the ITS knows and the tables of the Redistributors have no place for."""
    device, intid = 9, 1 << driver.lpi_bits
    if intid >> driver.platform.config.intid_bits:
        return  # the ITS knows none either
    mapped = (encoding.mapd(device, itt_of(device), EVENT_BITS - 1), encoding.mapti(device, 0, intid, 0))
    await driver.run(
        *mapped,
        *(command(device, 0) for command in (encoding.interrupt, encoding.inv, encoding.clear)),
        encoding.movi(device, 0, 0),
    )
    await driver.run(encoding.discard(device, 0), encoding.mapd(device, 0, EVENT_BITS - 1, valid=False))


async def _disable_and_write(driver: ItsDriver, pe: Pe) -> None:
    """Writes of the bases do nothing until LPIs are disabled, which takes as long as their pending bits are written back."""
    elsewhere = replace(driver.layout, configuration=0x9000_0000, pending=0x9100_0000)
    await pe.write("GICR_CTLR", 0)
    await pe.write("GICR_PROPBASER", elsewhere.configuration | (driver.lpi_bits - 1))
    await pe.write("GICR_PENDBASER", elsewhere.pending_of(pe.index))
    for register in ("GICR_PROPBASER", "GICR_PENDBASER"):
        await pe.read(register)
    await driver.disable_lpis(pe)
    for register in ("GICR_PROPBASER", "GICR_PENDBASER"):
        await pe.read(register)


async def its_accesses(platform: Platform, rng: Randoms) -> None:
    """Registers of the ITS by every size and at odd places; it stays disabled, for tables lie nowhere."""
    pe, ctlr = platform.pes[-1], GITS.element("GITS_CTLR").offset
    places = [place for place in registers(platform.config) if place.block == "its0"]
    for _ in range(600):
        offset, size = odd_access(rng, places, GITS.size_bytes)
        if rng.random() < 0.5:
            await pe.read_at("its0", offset, size)
        elif not offset <= ctlr < offset + size:
            await pe.write_at("its0", offset, size, rng.getrandbits(8 * size))


async def long_queue(platform: Platform, rng: Randoms) -> None:
    """A command queue of 20 pages, in which GITS_CREADR and GITS_CWRITER have 17 bits that matter, to its end and around it."""
    driver = await start(platform, queue_pages=20)
    handlers = handlers_of(platform, rng)
    await map_devices(driver, 1)
    size, word = driver.queue_pages << 12, encoding.sync(0)[0]
    places = range(driver.at, size, encoding.COMMAND_BYTES)
    for place in places:
        await platform.store(driver.layout.queue + place, 8, word)  # its other words, never written, are zero
    for end in (0x1_0000 - encoding.COMMAND_BYTES, 0x1_0000, 0x1_0000 + encoding.COMMAND_BYTES, size - encoding.COMMAND_BYTES):
        driver.at = end
        await platform.pes[0].write("GITS_CWRITER", end)
        await driver.done()
    for event in range(4):  # the first of them lies in the last place
        await driver.run(encoding.interrupt(0, event), encoding.sync(event % len(platform.pes)))
    await serve_all(platform, handlers)


async def memory_full(platform: Platform, rng: Randoms) -> None:
    """Every page of the memory is taken: what finds none is refused, what lies in one is not."""
    pages = rng.sample(range(1 << 40), MEM_PAGES)
    for n, page in enumerate(pages):
        await platform.store((page << 12) + 8 * rng.randrange(512), 8, n + 1)
    for page in rng.sample(range(1 << 40), 3):
        try:
            await platform.store(page << 12, 8, 1)
        except CheckError:
            await platform.load(page << 12, 8)
        else:
            raise CheckError(f"the memory took a page more than the {MEM_PAGES} that it has")
    for page in rng.sample(pages, 20):
        size = 1 << rng.randrange(4)
        at = (page << 12) + (rng.randrange(0x1000) & ~(size - 1))
        await platform.store(at, size, rng.getrandbits(8 * size))
        await platform.load(at & ~7, 8)


async def groups_while_busy(platform: Platform, rng: Randoms) -> None:
    """GICD_CTLR changes, and again, while a Redistributor is busy with its LPIs: RWP holds until it has answered the last."""
    driver = await start(platform)
    await map_devices(driver, 2)
    first = platform.pes[0]
    await first.msr("ICC_PMR_EL1", 0)
    for event in range(0, EVENTS, len(platform.pes)):
        await platform.send_msi(0, event)
    platform.pressure(3)
    for delay in range(0, 60, 6):
        await driver.put(encoding.invall(0))
        await platform.spend(delay)
        for groups in (0b01, 0b11, 0b10, 0b00, 0b11):
            await first.write("GICD_CTLR", groups)
            await first.read("GICD_CTLR")
        await until_clear(first, "GICD_CTLR", 31, "RWP")
        await driver.done()
    platform.pressure(0)
    await first.msr("ICC_PMR_EL1", 0xFF)
    await serve_all(platform, handlers_of(platform, rng))


async def crossings(platform: Platform, rng: Randoms) -> None:
    """A command takes an LPI away while its PE acknowledges it; swept over delays."""
    driver = await start(platform)
    await map_devices(driver, 1)
    target, other = platform.pes[0], len(platform.pes) - 1
    handlers = handlers_of(platform, rng)
    intid = lpi_of(0, 0)
    for case in ("clear", "movi", "movall", "inv", "discard", "disable"):
        for delay in range(0, 96, 4):
            await driver.configure(intid, 0x40)
            await driver.run(encoding.mapti(0, 0, intid, 0), encoding.inv(0, 0))
            await platform.send_msi(0, 0)
            await target.wait_interrupt()
            job = platform.start(_take_away(driver, case, intid, other), case)
            await platform.spend(delay)
            await handlers[0].poll(1)
            await job.join()
            await serve_all(platform, handlers)
    await driver.configure(intid, 0x40)
    await driver.run(encoding.mapti(0, 0, intid, 0), encoding.inv(0, 0))
    await serve_all(platform, handlers)


async def _take_away(driver: ItsDriver, case: str, intid: int, other: int) -> None:
    match case:
        case "clear":
            await driver.run(encoding.clear(0, 0), encoding.sync(0))
        case "movi":
            await driver.run(encoding.movi(0, 0, other), encoding.sync(other))
        case "movall":
            await driver.run(encoding.movall(0, other), encoding.sync(other))
        case "inv":
            await driver.configure(intid, 0x40, enable=False)
            await driver.run(encoding.inv(0, 0), encoding.sync(0))
        case "discard":
            await driver.run(encoding.discard(0, 0), encoding.sync(0))
        case _:
            await driver.disable_lpis(driver.platform.pes[0])
            await driver.enable_lpis(driver.platform.pes[0], zero=False)


async def resets_while_gicd_waits(platform: Platform, rng: Randoms) -> None:
    """A PE sends SGIs and is reset, again and again, while GICD waits for a Redistributor that reads its pending table: what each
    of them had asked is done, and none of it is taken for what the next asks."""
    driver = await start(platform)
    handlers = handlers_of(platform, rng)
    reader, target = platform.pes[0], platform.pes[-1]
    sender = platform.pes[1 % len(platform.pes)]
    to_reader = 1 << (platform.config.affinities[0] & 0xF)
    for count in range(1, 7):
        await driver.disable_lpis(reader)
        await driver.enable_lpis(reader, zero=False)
        for intid in range(4):
            await sender.msr("ICC_SGI1R_EL1", sgir(intid, targets=to_reader))
        for _ in range(count):
            job = platform.start(_send_four(target, to_reader), f"PE {target.index}")
            await platform.spend(40 + rng.randrange(40))
            await platform.reset_pe(target.index)
            await job.join()
        await bring_up(target, 0xFFFF_FFFF, [0x80] * 32)
        await serve_all(platform, handlers)


async def _send_four(pe: Pe, targets: int) -> None:
    for intid in range(4, 10):
        try:
            await pe.msr("ICC_SGI1R_EL1", sgir(intid, targets=targets))
        except CheckError:  # an access that a reset ends has no response
            return
