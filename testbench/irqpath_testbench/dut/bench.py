"""The testbench around a device that somebody describes: Verilog that joins his module to drivers, monitors, the recorder and the
watchdog of hdl/, with the names that the RTL platform looks for. What it can't drive (memory, messages of devices) needs a
testbench of one's own, which a description can name too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from irqpath.core.errors import ConfigError
from irqpath.core.link import Link
from irqpath.core.links import CHANNELS, numbered
from irqpath.core.links.ports import SYS_REQUEST, SYS_RESPONSE
from irqpath_testbench.dut.description import (
    Apb,
    Axi4,
    AxiLite,
    AxiStream,
    Dut,
    Messages,
    Reach,
    ResetSeen,
    Signals,
    SystemRegisters,
    Wires,
    named,
    response_of,
)

#: Its module.
TOP: Final = "irqpath_bench"
_NAME: Final = re.compile(r"(\w+)(?:\[(\d+)(?::\d+)?\])?")
#: Signals of buses by role, and their bits; addresses apart.
_HANDSHAKES: Final = dict.fromkeys(
    ("awvalid", "awready", "wvalid", "wready", "bvalid", "bready", "arvalid", "arready", "rvalid", "rready"), 1
)
_AXI: Final = _HANDSHAKES | {"wdata": 64, "bresp": 2, "rdata": 64, "rresp": 2}
_APB: Final = dict.fromkeys(("psel", "penable", "pwrite", "pready", "pslverr"), 1) | {"pwdata": 32, "pstrb": 4, "prdata": 32}
_REQUEST: Final = {"valid": 1, "ready": 1, "op": 2, "reg": 16, "data": 64}
_SYSTEM: Final = _REQUEST | {"rsp_valid": 1, "rsp_ready": 1, "rsp_op": 2, "rsp_ok": 1, "rsp_data": 64}
_STREAM: Final = {"tvalid": 1, "tready": 1, "tdata": 16, "tlast": 1}
#: What may be reached how, by `Link.kind`.
_LINKS: Final = {
    Axi4: ("gicd_reg", "gicr_reg", "its_reg", "gicc_reg", "gich_reg", "gicv_reg", "v2m_reg"),
    Apb: ("gicd_reg", "gicr_reg", "its_reg"),
    AxiLite: ("gicd_reg", "gicr_reg", "its_reg"),
    SystemRegisters: ("gicc_sys",),
    AxiStream: ("stream_down", "stream_up"),
    Messages: ("dist_down", "dist_up", "its_cmd", "its_ack"),
    Wires: ("gicc_irq", "gicr_wake", "gicr_ppi", "gicd_spi", "gicd_ppi"),
    ResetSeen: ("gicd_reset", "gicr_reset", "gicc_reset", "its_reset"),
}
_COMMON: Final = ".clk(clk), .fd(fd), .cycle(cycle)"

_HEAD: Final = """\
// Made by irqpath_testbench.dut.bench from the description of device {name}. Do not edit.
`default_nettype none
`include "generated/irqpath_records.vh"
module {top};
    wire        clk;
    wire [39:0] cycle;
    reg         restart;
    clock u_clock (.restart(restart), .clk(clk), .cycle(cycle));

    // what Python sets and reads; see irqpath_tb.v
    reg           set_iri_rst /*verilator public_flat_rw*/;
    reg [{pes}-1:0] set_pe_rst /*verilator public_flat_rw*/;
    reg           set_mem_rst /*verilator public_flat_rw*/;
    reg           set_restart /*verilator public_flat_rw*/;
    reg [2:0]     set_pressure /*verilator public_flat_rw*/;
    reg           flush /*verilator public_flat_rw*/;
    wire          ready /*verilator public_flat_rd*/;
    wire          expired /*verilator public_flat_rd*/;
    wire          idle /*verilator public_flat_rd*/;
    wire          rests /*verilator public_flat_rd*/;
    reg           iri_rst, iri_was;
    reg [{pes}-1:0] pe_rst, pe_was;
    reg [2:0]     pressure;
    wire [31:0]   fd;
    wire          any, moves, busy;
    initial begin
        {{iri_rst, set_iri_rst, set_mem_rst, restart, set_restart, flush, iri_was}} = 7'b1100000;
        {{pe_rst, set_pe_rst, pe_was}} = {{ {{(2*{pes}){{1'b1}}}}, {{{pes}{{1'b0}}}} }};
        {{pressure, set_pressure}} = 6'd0;
    end
    always @(posedge clk) begin
        iri_rst  <= set_iri_rst;
        pe_rst   <= set_pe_rst;
        pressure <= set_pressure;
        restart  <= set_restart;
        iri_was  <= iri_rst;
        pe_was   <= pe_rst;
    end
"""

_TAIL: Final = """\
    recorder u_recorder (.clk(clk), .any(any), .flush(flush), .fd(fd), .ready(ready));
    wire in_reset = iri_rst || restart;
    watchdog u_watchdog (
        .clk(clk), .any(any || in_reset), .moves(moves || in_reset), .busy(busy), .expired(expired), .idle(idle), .rests(rests)
    );
endmodule
`default_nettype wire
"""


def bench(dut: Dut) -> str:
    """The Verilog. Raises `ConfigError` for a link that it can't reach as described."""
    return _Bench(dut).text()


class _Bench:
    """Puts the text together."""

    def __init__(self, dut: Dut) -> None:
        self._dut = dut
        self._numbers = {link: number for number, (link, _) in numbered(dut.config.pes).items()}
        self._ports: dict[str, int] = {}  # of the device: bits
        self._fires: list[str] = []
        self._registers: list[str] = []  # register ports, by the prefix of their wires
        self._lines: list[str] = []
        self._makers: dict[type, Callable[[Link, int, Reach], Iterator[str]]] = {
            Axi4: self._axi,
            Apb: self._apb,
            AxiLite: self._axi_lite,
            SystemRegisters: self._system,
            AxiStream: self._stream,
            Messages: self._messages,
            Wires: self._wires,
            ResetSeen: self._reset,
        }

    def text(self) -> str:
        """All of it."""
        dut = self._dut
        for name, reach in dut.links.items():
            link, maker = Link(name), self._makers.get(type(reach))
            if maker is None or link.kind not in _LINKS.get(type(reach), ()) or link not in self._numbers:
                raise ConfigError(
                    f"device {dut.name}: {link} can't be reached by {type(reach).__name__} in a testbench that is made"
                )
            self._lines += maker(link, max(link.number, 0), reach)
        self._lines += self._progress()
        self._lines.append(f"assign any = |{{{', '.join(self._fires)}}};")
        idle = "1'b0"
        self._lines.append(f"assign busy = {self._signal(dut.busy, 1) if dut.busy else idle};")
        turn = "~" * dut.resets.low
        for name, value in ((dut.resets.iri, "iri_rst"), (dut.resets.pe, "pe_rst")):
            if name:
                self._lines.append(f"assign {self._signal(name, 1 if value == 'iri_rst' else dut.config.pes)} = {turn}{value};")
        head = _HEAD.format(name=dut.name, top=TOP, pes=dut.config.pes)
        wires = [f"wire [{bits - 1}:0] p_{port};" for port, bits in self._ports.items()]
        body = "".join(f"    {line}\n" for line in (*wires, *self._device(), *self._lines))
        return f"{head}{body}{_TAIL}"

    def _device(self) -> Iterator[str]:
        parameters = ", ".join(f".{name}({value})" for name, value in self._dut.parameters.items())
        ports = ", ".join((f".{self._dut.clock}(clk)", *(f".{port}(p_{port})" for port in self._ports)))
        yield f"{self._dut.top} {f'#({parameters}) ' if parameters else ''}dut ({ports});"

    # --- names ------------------------------------------------------------------------------------------------------------

    def _signal(self, name: str, bits: int) -> str:
        """The expression of a signal of the device, and a wire for it if it is a port."""
        if name.startswith("."):
            return f"dut{name}"
        found = _NAME.fullmatch(name)
        if found is None:
            raise ConfigError(f"device {self._dut.name}: {name!r} is no name of a signal")
        width = bits if found[2] is None else int(found[2]) + 1
        self._ports[found[1]] = max(width, self._ports.get(found[1], 0))
        return f"p_{name}"

    def _bus(self, signals: Signals, roles: Mapping[str, int]) -> dict[str, str]:
        """The expressions of the signals of a bus, by role."""
        return {role: self._signal(named(signals, role), bits) for role, bits in roles.items()}

    def _fire(self, link: Link, suffix: str = "") -> str:
        wire = f"fire_{link.identifier()}{suffix}"
        self._fires.append(wire)
        return wire

    def _number(self, link: Link) -> int:
        return self._numbers[link]

    def _throttle(self, wire: str, seed: int) -> Iterator[str]:
        yield f"wire {wire};"
        yield f"throttle #(.SEED({seed})) slow_{wire} (.clk(clk), .restart(restart), .level(pressure), .go({wire}));"

    # --- buses ------------------------------------------------------------------------------------------------------------

    def _register_port(self, link: Link) -> tuple[str, str]:
        """Prefix of its wires, and the numbers of its links as parameters of a monitor."""
        x = link.identifier()
        self._registers.append(x)
        return x, f".REQUEST({self._number(link)}), .RESPONSE({self._number(response_of(link))})"

    def _axi(self, link: Link, _: int, reach: Reach) -> Iterator[str]:
        assert isinstance(reach, Axi4)
        x, numbers = self._register_port(link)
        yield from self._throttle(f"{x}_go", 17 * len(self._registers))
        bus = self._bus(reach.signals, _AXI)
        yield f"wire [16:0] {x}_addr; wire [2:0] {x}_size; wire [7:0] {x}_user;"
        yield f"wire [63:0] {x}_rdata; wire {x}_written, {x}_read;"
        for way in ("aw", "ar"):
            yield f"assign {self._signal(named(reach.signals, f'{way}addr'), reach.address)} = {x}_addr[{reach.address - 1}:0];"
            yield f"assign {self._signal(named(reach.signals, f'{way}size'), 3)} = {x}_size;"
            if reach.user:
                yield f"assign {self._signal(named(reach.signals, f'{way}user'), 8)} = {x}_user;"
        joined = ", ".join(f".{role}({signal})" for role, signal in bus.items())
        driven = f".addr({x}_addr), .size({x}_size), .user({x}_user)"
        yield f"reg_driver drive_{x} (.clk(clk), .rst(iri_rst), .go({x}_go), {driven}, {joined});"
        seen = ", ".join(f".{way}addr({x}_addr), .{way}size({x}_size), .{way}user({x}_user)" for way in ("aw", "ar"))
        fire = self._fire(link)
        yield f"wire {fire};"
        yield f"axi_monitor #({numbers}) watch_{x} ({_COMMON}, .rst(iri_rst), {seen}, {joined}, .fire({fire}));"
        yield f"assign {x}_written = {bus['bvalid']} && {bus['bready']}, {x}_read = {bus['rvalid']} && {bus['rready']};"
        yield f"assign {x}_rdata = {bus['rdata']};"

    def _apb(self, link: Link, pe: int, reach: Reach) -> Iterator[str]:
        assert isinstance(reach, Apb)
        x, numbers = self._register_port(link)
        yield from self._throttle(f"{x}_go", 17 * len(self._registers))
        bus = self._bus(reach.signals, _APB)
        joined = ", ".join(f".{role}({signal})" for role, signal in bus.items())
        yield from self._apb_driver(x, 32, joined)
        yield f"assign {self._signal(named(reach.signals, 'paddr'), reach.address)} = {x}_addr[{reach.address - 1}:0];"
        taken = self._signal(reach.taken, 1) if reach.taken else f"{bus['psel']} && !{bus['penable']}"
        fire = self._fire(link)
        yield f"wire {fire};"
        yield f"apb_monitor #({numbers}, .PE({pe})) watch_{x} ({_COMMON},"
        yield f"    .rst(iri_rst), .taken({taken}), {joined}, .paddr({x}_addr), .fire({fire}));"

    def _apb_driver(self, x: str, data: int, joined: str) -> Iterator[str]:
        yield f"wire [16:0] {x}_addr; wire [7:0] {x}_user; wire [63:0] {x}_rdata; wire {x}_written, {x}_read, {x}_wide;"
        told = ", ".join(f".{wire}({x}_{wire})" for wire in ("user", "written", "read", "wide", "rdata"))
        yield f"apb_driver #(.DATA({data})) drive_{x} (.clk(clk), .rst(iri_rst), .go({x}_go), {joined},"
        yield f"    .paddr({x}_addr), {told});"

    def _axi_lite(self, link: Link, pe: int, reach: Reach) -> Iterator[str]:
        assert isinstance(reach, AxiLite)
        x, numbers = self._register_port(link)
        yield from self._throttle(f"{x}_go", 17 * len(self._registers))
        widths = {"wdata": reach.data, "wstrb": reach.data // 8, "bresp": 2, "rdata": reach.data, "rresp": 2}
        bus = self._bus(reach.signals, _HANDSHAKES | widths)
        joined = ", ".join(f".{role}({signal})" for role, signal in bus.items())
        words = {"pwdata": reach.data, "prdata": reach.data, "pstrb": reach.data // 8}
        yield from (f"wire [{words.get(role, 1) - 1}:0] {x}_{role};" for role in _APB)
        inner = ", ".join(f".{role}({x}_{role})" for role in _APB)
        yield from self._apb_driver(x, reach.data, inner)
        shape = f".DATA({reach.data})"
        yield f"axil_bridge #({shape}) bridge_{x} (.clk(clk), .rst(iri_rst), .go({x}_go), {inner}, {joined});"
        for way in ("aw", "ar"):
            yield f"assign {self._signal(named(reach.signals, f'{way}addr'), reach.address)} = {x}_addr[{reach.address - 1}:0];"
        taken = self._signal(reach.taken, 1) if reach.taken else "1'b0"
        fire = self._fire(link)
        yield f"wire {fire};"
        yield f"axil_monitor #({numbers}, .PE({pe}), {shape}, .LATE({int(bool(reach.taken))})) watch_{x} ({_COMMON},"
        seen = f".awaddr({x}_addr), .araddr({x}_addr), .wide({x}_wide), {joined}"
        yield f"    .rst(iri_rst), .taken({taken}), {seen}, .fire({fire}));"

    def _system(self, link: Link, pe: int, reach: Reach) -> Iterator[str]:
        assert isinstance(reach, SystemRegisters)
        x, rst = link.identifier(), f"pe_rst[{pe}]"
        yield from self._throttle(f"{x}_go", 23 * (pe + 1))
        bus = self._bus(reach.signals, _SYSTEM)
        joined = ", ".join(f".{'register' if r == 'reg' else r}({s})" for r, s in bus.items())
        yield f"sys_driver drive_{x} (.clk(clk), .rst({rst}), .go({x}_go), {joined});"
        request = f"`SYS_REQUEST_PACK({bus['data']}, {bus['reg']}, {bus['op']})"
        response = f"`SYS_RESPONSE_PACK({bus['rsp_data']}, {bus['rsp_ok']}, {bus['rsp_op']})"
        yield from self._monitor(link, rst, bus["valid"], bus["ready"], request, SYS_REQUEST.bits)
        yield from self._monitor(response_of(link), rst, bus["rsp_valid"], bus["rsp_ready"], response, SYS_RESPONSE.bits)
        yield f"wire {x}_read = {bus['op']} == 2'd0; wire [15:0] {x}_reg = {bus['reg']};"
        yield f"wire [63:0] {x}_data = {bus['rsp_data']};"

    def _monitor(self, link: Link, rst: str, valid: str, ready: str, payload: str, bits: int) -> Iterator[str]:
        fire, x = self._fire(link), link.identifier()
        handshake = f".valid({valid}), .ready({ready}), .payload({payload}), .fire({fire})"
        yield f"wire {fire};"
        yield f"monitor #(.LINK({self._number(link)}), .WIDTH({bits})) watch_{x} ({_COMMON}, .rst({rst}), {handshake});"

    def _stream(self, link: Link, pe: int, reach: Reach) -> Iterator[str]:
        assert isinstance(reach, AxiStream)
        rst = self._signal(reach.reset, 1) if reach.reset else f"iri_rst || pe_rst[{pe}]"
        fire = self._fire(link)
        joined = ", ".join(f".{role}({signal})" for role, signal in self._bus(reach.signals, _STREAM).items())
        yield f"wire {fire};"
        x = link.identifier()
        yield f"stream_monitor #(.LINK({self._number(link)})) watch_{x} ({_COMMON}, .rst({rst}), {joined}, .fire({fire}));"

    def _messages(self, link: Link, _: int, reach: Reach) -> Iterator[str]:
        assert isinstance(reach, Messages)
        bits = CHANNELS[link.kind].bits
        bus = self._bus(reach.signals, {"valid": 1, "ready": 1, "msg": bits})
        yield from self._monitor(link, "iri_rst", bus["valid"], bus["ready"], bus["msg"], bits)

    # --- wires and resets -------------------------------------------------------------------------------------------------

    def _wires(self, link: Link, pe: int, reach: Reach) -> Iterator[str]:
        assert isinstance(reach, Wires)
        match link.end:
            case "irq":
                yield from self._lines_of(link, pe, reach)
            case "wake":
                wake = ("~" if reach.low else "") + self._signal(named(reach.signals, "wake"), 1)
                yield from self._line_monitor(link, "iri_rst", 2, 1, wake)
            case "ppi":
                yield from self._driven(link, reach, "ppi", 16, 16, 4)
            case _:
                yield from self._driven(link, reach, "spi", 32, self._dut.config.spis, 10)

    def _lines_of(self, link: Link, pe: int, reach: Wires) -> Iterator[str]:
        """The lines of a PE; those of a GICv2 are registers of a block that the PE's reset is an input of."""
        gicv2 = self._dut.gicv2
        virtual = ("virq", "vfiq", "maintenance") if gicv2 is not None and gicv2.virtual is not None else ()
        names = {role: self._signal(named(reach.signals, role), 1) for role in ("irq", "fiq", *virtual)}
        irq, fiq, *more = ("~" * reach.low + name for name in names.values())
        virq, vfiq = more[:2] or ("1'b0", "1'b0")
        yield f"pe_lines {self._dut.scope(link)} (.clk(clk), .irq({irq}), .fiq({fiq}), .virq({virq}), .vfiq({vfiq}));"
        lines = [fiq, irq] if not more else [*reversed(more), "1'b0", fiq, irq]  # the third is that of a Redistributor
        rst = f"pe_rst[{pe}]" if gicv2 is None else "iri_rst"
        yield from self._line_monitor(link, rst, 0, len(lines), f"{{{', '.join(lines)}}}")

    def _driven(self, link: Link, reach: Wires, role: str, first: int, count: int, bits: int) -> Iterator[str]:
        """Wires that enter: Python writes registers of 32, which go on at the next edge."""
        x, taken = self._dut.scope(link), f"{link.identifier()}_taken"
        words = [x.format(word=word) for word in range(-(-count // 32))]
        width = min(count, 32)
        for word in words:
            yield f"reg [{width - 1}:0] {word} /*verilator public_flat_rw*/; initial {word} = {width}'d0;"
        yield f"reg [{count - 1}:0] {taken}; initial {taken} = {count}'d0;"
        yield f"always @(posedge clk) {taken} <= {{{', '.join(reversed(words))}}};"
        if reach.driven:
            levels, own = (
                taken,
                [f"{{{count - 1}'d0, {self._signal(port, 1)}}} << {intid - first}" for intid, port in reach.driven],
            )
            taken = f"{link.identifier()}_levels"
            yield f"wire [{count - 1}:0] {taken} = {' | '.join([levels, *own])};"
        yield f"assign {self._signal(named(reach.signals, role), count)} = {'~' * reach.low}{taken};"
        if reach.sampled is None:
            yield from self._line_monitor(link, "iri_rst", first, count, taken)
            return
        strobe, number, level = (self._signal(name, n) for name, n in zip(reach.sampled, (1, bits, 1), strict=True))
        intid = f"{{20'd1, {number}}}" if role == "ppi" else f"{{14'd0, {number}}}"
        fire = self._fire(link)
        shape = f".LINK({self._number(link)}), .FIRST({first}), .LINES({count})"
        taking = f".lines({taken}), .strobe({strobe}), .number({intid}), .level({level}), .fire({fire})"
        yield f"wire {fire};"
        yield f"wire_monitor #({shape}) watch_{link.identifier()} ({_COMMON}, .rst(iri_rst), {taking});"

    def _line_monitor(self, link: Link, rst: str, first: int, count: int, lines: str) -> Iterator[str]:
        fire, x = self._fire(link), link.identifier()
        shape = f".LINK({self._number(link)}), .FIRST({first}), .LINES({count})"
        yield f"wire {fire};"
        yield f"line_monitor #({shape}) watch_{x} ({_COMMON}, .rst({rst}), .lines({lines}), .fire({fire}));"

    def _reset(self, link: Link, pe: int, reach: Reach) -> Iterator[str]:
        assert isinstance(reach, ResetSeen)
        rises = f"pe_rst[{pe}] && !pe_was[{pe}]"
        if link.unit == "gicc":
            seen = f"{self._signal(reach.pe, 1)} && !iri_rst" if reach.pe else rises
            yield from self._event(link, seen, int(bool(reach.pe)))
            return
        yield from self._event(link, "iri_rst && !iri_was", 0)
        if link.unit == "gicr":
            yield from self._event(link, f"{self._signal(reach.pe, 1) if reach.pe else rises} && !iri_rst", 1, "_of_pe")

    def _event(self, link: Link, strobe: str, payload: int, suffix: str = "") -> Iterator[str]:
        fire, x = self._fire(link, suffix), link.identifier()
        shape = f".LINK({self._number(link)}), .PAYLOAD(8'd{payload})"
        yield f"wire {fire};"
        yield f"event_monitor #({shape}) watch_{x}{suffix} ({_COMMON}, .strobe({strobe}), .fire({fire}));"

    def _progress(self) -> Iterator[str]:
        """What tells that software gets on."""
        ports = list(reversed(self._registers))
        pes = [pe for pe in reversed(range(self._dut.config.pes)) if Link.gicc(pe, "sys") in self._dut.links]
        if not ports or (len(pes) < self._dut.config.pes and self._dut.gicv2 is None):
            raise ConfigError(f"device {self._dut.name}: a testbench is made where there is a register port, and each PE has one")
        per_port = {"written": "written", "read": "read", "addr": "addr", "user": "user", "rdata": "rdata"}
        joined = [f".{port}({{{', '.join(f'{x}_{wire}' for x in ports)}}})" for port, wire in per_port.items()]
        if pes:
            joined.append(f".sys_response({{{', '.join(f'fire_gicc{pe}_sys_rsp' for pe in pes)}}})")
            for port, wire in (("sys_read", "read"), ("sys_reg", "reg"), ("sys_data", "data")):
                joined.append(f".{port}({{{', '.join(f'gicc{pe}_sys_{wire}' for pe in pes)}}})")
        else:  # a GICv2's are memory-mapped
            joined.append(".sys_response(1'b0), .sys_read(1'b0), .sys_reg(16'd0), .sys_data(64'd0)")
        joined += [".mem_response(1'b0), .mem_write(1'b0), .mem_address(52'd0), .mem_rdata(64'd0), .msi_response(1'b0)"]
        yield f"progress #(.PES({len(pes) or 1}), .PORTS({len(ports)})) u_progress ("
        yield f"    .clk(clk), .rst(iri_rst || restart), {', '.join(joined)}, .moves(moves)"
        yield ");"
