"""How to look at the waves of a run: a view for GTKWave, and a file of commands for Surfer with the same lanes.

A lane shows one PE or one block: what software does there, its lines, and every message by its name and INTID, as
lanes.vh has them. Below them are the links as they are. A marker stands at the first mismatch.

Both viewers give values names by files of their own: `names/*.txt` (a GTKWave translate filter: a value in hexadecimal, a name)
and `.surfer/mappings/*` (a Surfer mapping translator, found where Surfer is started).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from irqpath.cli.writing import write_text
from irqpath.core.link import Link
from irqpath.core.links import CHANNELS
from irqpath.regs import GICD, GICR, GITS, ICC, Frame
from irqpath_testbench.env.run_config import RunConfig

VIEW: Final = "waves.gtkw"
COMMANDS: Final = "waves.sucl"
TOP: Final = "irqpath_tb"
#: The clock (clock.v) in picoseconds, the unit of time in the waves (build.py): its first rising edge, its period.
_FIRST_EDGE, _PERIOD = 5_000, 10_000
#: So many cycles before the marker the view begins.
_BEFORE: Final = 20
#: GTKWave's zoom: -log2 of the time a step; such that about a hundred cycles fit a screen.
_ZOOM: Final = -17.0
#: What values 0 stand for.
_NOTHING: Final = "-"
#: Bit of a register's number that says that there is one (lanes.vh).
_REGISTER: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal to show: its name below `irqpath_tb`, its bits, and how its values are shown: by a set of `names()`, "decimal", or
    "" for hexadecimal."""

    name: str
    bits: int
    shown: str = ""


def _lane(scope: str, *signals: tuple[str, int, str]) -> tuple[Signal, ...]:
    return tuple(Signal(f"{scope}.{name}", bits, shown) for name, bits, shown in signals)


_PE_LANE: Final = (
    ("sysreg_access", 2, "access"),
    ("sysreg_register", 16, "icc"),
    ("sysreg_written", 64, ""),
    ("sysreg_response", 1, ""),
    ("sysreg_read", 64, ""),
    ("irq_line", 1, ""),
    ("fiq_line", 1, ""),
    ("wake_request", 1, ""),
    ("ppi_wires", 16, ""),
    ("stream_down", 4, "stream_down"),
    ("stream_down_intid", 24, "decimal"),
    ("stream_up", 4, "stream_up"),
    ("stream_up_intid", 24, "decimal"),
    ("dist_down", 4, "dist_down"),
    ("dist_down_intid", 24, "decimal"),
    ("dist_up", 4, "dist_up"),
    ("dist_up_intid", 24, "decimal"),
    ("gicr_access", 2, "access"),
    ("gicr_register", 18, "gicr"),
    ("gicr_written", 64, ""),
    ("gicr_read", 64, ""),
)
_PE_ITS: Final = (
    ("its_cmd", 5, "its_cmd"),
    ("its_cmd_intid", 24, "decimal"),
    ("its_ack", 4, "its_ack"),
)
_PE_MEMORY: Final = (
    ("mem_access", 2, "access"),
    ("mem_address", 52, ""),
)
_GICD_LANE: Final = (
    ("gicd_access", 2, "access"),
    ("gicd_register", 18, "gicd"),
    ("gicd_written", 64, ""),
    ("gicd_read", 64, ""),
    ("spi_sampled", 1, ""),
    ("spi_intid", 10, "decimal"),
    ("spi_level", 1, ""),
)
_ITS_LANE: Final = (
    ("its_access", 2, "access"),
    ("its_register", 18, "gits"),
    ("its_written", 64, ""),
    ("its_read", 64, ""),
    ("msi_offered", 1, ""),
    ("msi_device_id", 32, ""),
    ("msi_event_id", 32, "decimal"),
    ("command_step", 1, ""),
    ("mem_access", 2, "access"),
    ("mem_address", 52, ""),
)
_SOFTWARE_LANE: Final = (
    ("mem_access", 2, "access"),
    ("mem_address", 52, ""),
    ("mem_written", 64, ""),
    ("mem_read", 64, ""),
)

#: The links as they are, by name: signals, each with the bits of one (1 if there is no number, those of a word
#: where there is the name of a channel) and of what there are many, which then lie side by side, the lowest first.
_LINKS: Final[Mapping[str, str]] = {
    "reg: GICD, GICR 0 on, ITS": (
        "awvalid/port awready/port addr:17/port size:3/port wdata:64/port bvalid/port bready/port bresp:2/port "
        "arvalid/port arready/port rvalid/port rready/port rdata:64/port rresp:2/port"
    ),
    "sysreg": (
        "sys_valid/pe sys_ready/pe sys_op:2/pe sys_reg:16/pe sys_data:64/pe rsp_valid/pe rsp_ready/pe rsp_ok/pe rsp_data:64/pe"
    ),
    "stream down, GICR to GICC": "dut.down_tvalid/pe dut.down_tready/pe dut.down_tdata:16/pe dut.down_tlast/pe",
    "stream up, GICC to GICR": "dut.up_tvalid/pe dut.up_tready/pe dut.up_tdata:16/pe dut.up_tlast/pe",
    "dist down, GICD to GICR": "dut.dist_dn_valid/pe dut.dist_dn_ready/pe dut.dist_dn_msg:dist_down/pe",
    "dist up, GICR to GICD": "dut.dist_up_valid/pe dut.dist_up_ready/pe dut.dist_up_msg:dist_up/pe",
    "irq": "spi/spi ppi:16/pe irq/pe fiq/pe wake/pe",
    "mem: GICR 0 on, ITS, software": (
        "bus_valid/port bus_ready/port bus_write/port bus_size:2/port bus_address:52/port "
        "bus_wdata:64/port bus_rvalid/port mem_rsp_write mem_rsp_error mem_rsp_rdata:64"
    ),
    "msi": "msi_valid msi_ready msi_device:32 msi_event:32 msi_rsp_valid",
    "its_gicr": "dut.cmd_valid/pe dut.cmd_ready/pe dut.cmd_msg:its_cmd dut.ack_valid/pe dut.ack_ready/pe dut.ack_msg:its_ack/pe",
}
#: Of those that not every device has: the link that one has with them.
_OF_SOME: Final[Mapping[str, Link]] = {"msi": Link.its(0, "msi"), "its_gicr": Link.its_gicr(0, 0, "cmd")}


def lanes(run: RunConfig) -> dict[str, tuple[Signal, ...]]:
    """What is shown, in groups: the clock and the number of the cycle, a lane a PE and a block, the links that are there."""
    dut = run.dut()
    groups: dict[str, tuple[Signal, ...]] = {"time": (Signal("clk", 1), Signal("cycle", 40, "decimal"))}
    for pe in range(dut.config.pes):
        commands = _PE_ITS if Link.its_gicr(0, pe, "cmd") in dut.links else ()
        memory = _PE_MEMORY if Link.gicr(pe, "mem") in dut.links else ()
        groups[f"PE {pe}"] = _lane(f"lane[{pe}]", *_PE_LANE, *commands, *memory)
    groups["GICD"] = _lane("lane_gicd", *_GICD_LANE)
    if Link.its(0, "reg") in dut.links:
        groups["ITS"] = _lane("lane_its", *_ITS_LANE)
    if Link.of("sw", "mem") in dut.links:
        groups["software's memory accesses"] = _lane("lane_software", *_SOFTWARE_LANE)
    many = {"": 1, "pe": dut.config.pes, "port": dut.config.pes + 2, "spi": dut.config.spis}
    for title, signals in _LINKS.items():
        if title not in _OF_SOME or _OF_SOME[title] in dut.links:
            groups[f"link {title}"] = tuple(_vector(word, many) for word in signals.split())
    return groups


def _vector(word: str, many: Mapping[str, int]) -> Signal:
    """A signal as `_LINKS` writes it."""
    head, _, of = word.partition("/")
    name, _, bits = head.partition(":")
    one = CHANNELS[bits].bits if bits in CHANNELS else int(bits or 1)
    return Signal(name, one * many[of])


@cache
def names() -> Mapping[str, tuple[int, Mapping[int, str]]]:
    """What the values of signals are called: name of the set -> (bits, value -> name)."""
    found: dict[str, tuple[int, Mapping[int, str]]] = {"access": (2, {0: _NOTHING, 1: "read", 2: "write", 3: "barrier"})}
    for name, channel in CHANNELS.items():
        found[name] = (channel.kind_bits, {0: _NOTHING} | {message.kind: message.type.__name__ for message in channel})
    found["icc"] = (16, {0: _NOTHING} | {register.offset: register.name for register in ICC.registers})
    for name, frame in (("gicd", GICD), ("gicr", GICR), ("gits", GITS)):
        found[name] = (18, {0: _NOTHING} | dict(_offsets(frame)))
    return found


def _offsets(frame: Frame) -> Iterator[tuple[int, str]]:
    """Every address at which a register can be accessed; one inside it by the name and its distance."""
    for register in frame.registers:
        for n in range(register.count if register.is_array else 1):
            name = f"{register.name}{register.first + n}" if register.is_array else register.name
            for inside in range(0, register.width_bits // 8, min(register.sizes)):
                offset = register.offset + n * register.stride + inside
                yield _REGISTER | offset, f"{name}+{inside}" if inside else name


def time_of(cycle: int, origin: int = 0) -> int:
    """The time in the waves, in picoseconds, at which what a record calls `cycle` happens: the edge at which that number ends.
    `origin`: the nanosecond at which the scenario's cycle 0 begins."""
    return 1000 * origin + _FIRST_EDGE + _PERIOD * cycle


def write_views(run: RunConfig, dump: Path, mismatch: int | None = None) -> tuple[Path, Path]:
    """Write the view for GTKWave and the commands for Surfer beside the waves `dump`, and the files of names; returns the two.

    `mismatch`: the time of the first mismatch in picoseconds, if there is one.
    """
    folder = Path(run.folder)
    for name, (bits, values) in names().items():
        digits = -(-bits // 4)
        write_text(_filter(folder, name), "".join(f"{value:0{digits}x} {text}\n" for value, text in sorted(values.items())))
        head = f"Name = {_format(name)}\nBits = {bits}\n"
        mapping = folder / ".surfer" / "mappings" / f"{_format(name)}.txt"
        write_text(mapping, head + "".join(f"{value:#x} {text}\n" for value, text in sorted(values.items())))
    groups = lanes(run)
    write_text(folder / VIEW, "\n".join(_gtkwave(folder, dump, groups, mismatch)) + "\n")
    write_text(folder / COMMANDS, "\n".join(_surfer(dump, groups, mismatch)) + "\n")
    return folder / VIEW, folder / COMMANDS


def _filter(folder: Path, name: str) -> Path:
    return folder / "names" / f"{name}.txt"


def _format(name: str) -> str:
    """How a Surfer format is called: one word, that no other project uses."""
    return f"irqpath_{name}"


# --- GTKWave ------------------------------------------------------------------------------------------------------------

#: Flags of a trace in a save file (GTKWave's analyzer.h): hexadecimal, decimal, to the right, a group's begin and end, closed,
#: named by a file.
_HEX, _DEC, _BIN, _RIGHT, _BLANK, _NAMED = 0x2, 0x4, 0x8, 0x20, 0x200, 0x2000
_BEGIN, _END, _CLOSED, _COLLAPSED = 0x80_0000, 0x100_0000, 0x40_0000, 0x1000


def _gtkwave(folder: Path, dump: Path, groups: Mapping[str, Sequence[Signal]], mismatch: int | None) -> Iterator[str]:
    """A save file. The links are closed groups: whoever wants them opens them."""
    yield f'[dumpfile] "{dump}"'
    yield f'[savefile] "{folder / VIEW}"'
    at = -1 if mismatch is None else mismatch
    yield f"[timestart] {max(0, at - _BEFORE * _PERIOD)}"
    yield "[size] 1600 1000"
    yield " ".join([f"*{_ZOOM:f}", *map(str, (at, at)), *["-1"] * 25])  # the primary marker, then the named ones, A to Z
    if mismatch is not None:
        yield "[markername] Afirst mismatch"
    yield from ("[sst_width] 200", "[signals_width] 320")
    files = {name: number for number, name in enumerate(names(), 1)}
    for title, signals in groups.items():
        closed = _CLOSED if title.startswith("link ") else 0
        yield f"@{_BEGIN | _BLANK | closed:x}"
        yield f"-{title}"
        for signal in signals:
            yield f"@{_flags(signal):x}"
            if signal.shown in files:
                yield f"^{files[signal.shown]} {_filter(folder, signal.shown)}"
            extent = f"[{signal.bits - 1}:0]" if signal.bits > 1 else ""
            yield f"+{{{signal.name.rpartition('.')[2]}}} {TOP}.{signal.name}{extent}"
        yield f"@{_END | _BLANK | (closed and _CLOSED | _COLLAPSED):x}"
        yield f"-{title}"


def _flags(signal: Signal) -> int:
    if signal.shown == "decimal":
        return _DEC | _RIGHT
    if signal.shown:
        return _HEX | _RIGHT | _NAMED
    return _HEX | _RIGHT if signal.bits > 1 else _BIN | _RIGHT


# --- Surfer -------------------------------------------------------------------------------------------------------------


def _surfer(dump: Path, groups: Mapping[str, Sequence[Signal]], mismatch: int | None) -> Iterator[str]:
    """Commands of Surfer: the lanes below dividers, then their formats, then the marker."""
    yield f"load_file {dump}"
    formats = []
    item = 0
    for title, signals in groups.items():
        if title.startswith("link "):
            continue
        yield f"divider_add {title.replace(' ', '_')}"
        item += 1
        for signal in signals:
            yield f"variable_add {TOP}.{signal.name}"
            if signal.shown:
                format_name = "Unsigned" if signal.shown == "decimal" else _format(signal.shown)
                formats += [f"item_focus {_letters(item)}_", f"item_set_format {format_name}"]
            item += 1
    yield from formats
    yield "item_unfocus"
    if mismatch is not None:
        yield f"cursor_set {mismatch}"
        yield "marker_set first_mismatch"
        yield "goto_cursor"


def _letters(item: int) -> str:
    """The number of an item as Surfer has it typed: in hexadecimal, with the letters a to p."""
    return "".join("abcdefghijklmnop"[int(digit, 16)] for digit in f"{item:x}")
