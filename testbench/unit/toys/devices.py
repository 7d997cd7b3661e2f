"""Small devices, described as a user describes his own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from irqpath.config.sizes import GicConfig
from irqpath.core.places import HDL, verilog
from irqpath.core.transactions import ActivateAck, DeactivateAck
from irqpath_testbench.dut.comparison import Freedom, Window
from irqpath_testbench.dut.description import (
    Apb,
    Axi4,
    AxiLite,
    AxiStream,
    Dut,
    Messages,
    Reach,
    Resets,
    ResetSeen,
    SystemRegisters,
    Wires,
)

_TOYS = Path(__file__).parent / "hdl"
#: This project's blocks, of which the toys are made.
_BLOCKS = tuple(verilog(HDL))

#: The system register port of `pair`, by a map of names.
ICC = {
    "valid": "icc_req",
    "ready": "icc_gnt",
    "op": "icc_op",
    "reg": "icc_reg",
    "data": "icc_wdata",
    "rsp_valid": "icc_rvalid",
    "rsp_ready": "icc_rready",
    "rsp_op": "icc_rop",
    "rsp_ok": "icc_rok",
    "rsp_data": "icc_rdata",
}
SMALL = GicConfig(
    pes=1, spis=32, intid_bits=16, cpu_intid_bits=16, priority_bits=5, lpis=False, its=(), one_of_n=False, message_spis=False
)

PAIR = Dut(
    name="pair",
    top="pair",
    sources=(*_BLOCKS, _TOYS / "no_distributor.v", _TOYS / "loose_stream.v", _TOYS / "pair.v"),
    config=SMALL,
    resets=Resets(iri="rst_n", pe="pe_rst_n", low=True, settle=20),
    busy="active",
    blocks=("gicr0", "gicc0"),
    links={
        "gicr0.reg": Axi4("s_axi_"),
        "gicr0.ppi": Wires({"ppi": "ppi"}, sampled=(".sampled", ".number", ".high")),
        "gicr0.wake": Wires(""),
        "gicr0.reset": ResetSeen(".pe_reset_seen"),
        "dist0.down": Messages(".dn_"),
        "dist0.up": Messages(".up_"),
        "stream0.down": AxiStream(lambda role: f".down_{role}", reset=".stream_rst"),
        "stream0.up": AxiStream(lambda role: f".up_{role}", reset=".stream_rst"),
        "gicc0.sys": SystemRegisters(ICC),
        "gicc0.irq": Wires({"irq": "irq_n", "fiq": "fiq_n"}, low=True),
        "gicc0.reset": ResetSeen(),
    },
)

#: Acknowledgements of the Redistributor that may pass each other.
ACKNOWLEDGEMENTS = Freedom(
    "acknowledgements of other interrupts",
    "the state of one interrupt does not depend on another's",
    lambda later, earlier: (
        isinstance(later, ActivateAck | DeactivateAck)
        and isinstance(earlier, ActivateAck | DeactivateAck)
        and later.intid != earlier.intid
    ),
)
#: The same device with freedoms that it takes, and as if it had none.
STRICT = replace(PAIR, name="loose", parameters={"LOOSE": 1})
LOOSE = replace(STRICT, comparisons={"gicr0": Window((ACKNOWLEDGEMENTS,), depth=1), "gicc0": Window(settle=16)})


def _slave(number: int, **widths: int) -> dict[str, str]:
    """The signals, by role, of one of two slaves in vectors. `widths`: bits of each."""
    return {
        role: f"{role}[{number}]" if width == 1 else f"{role}[{(number + 1) * width - 1}:{number * width}]"
        for role, width in widths.items()
    }


def _apb(number: int) -> Apb:
    handshake = dict.fromkeys(("psel", "penable", "pwrite", "pready", "pslverr"), 1)
    return Apb(_slave(number, **handshake, paddr=17, pwdata=32, pstrb=4, prdata=32), taken=f".taken[{number}]")


def _axi_lite(number: int, data: int, taken: str = "") -> AxiLite:
    handshake = {f"{channel}{end}": 1 for channel in ("aw", "w", "b", "ar", "r") for end in ("valid", "ready")}
    widths = handshake | {"awaddr": 17, "wdata": data, "wstrb": data // 8, "bresp": 2, "araddr": 17, "rdata": data, "rresp": 2}
    return AxiLite(_slave(number, **widths), data, taken=taken)


def _small(name: str, port: str, ports: tuple[Reach, Reach], **parameters: int) -> Dut:
    """A GIC (small_gic.v) whose register ports are reached as `ports` say: GICD's, the Redistributor's."""
    return Dut(
        name=name,
        top=f"{port}_gic",
        sources=(*_BLOCKS, *(_TOYS / f"{part}.v" for part in ("strobed", f"{port}_port", "small_gic", f"{port}_gic"))),
        parameters=parameters,
        config=SMALL,
        busy=".busy",
        blocks=("gicd", "gicr0", "gicc0"),
        links={
            "gicd.reg": ports[0],
            "gicd.spi": Wires("", sampled=(".u_gic.spi_sampled", ".u_gic.spi_intid", ".u_gic.spi_level")),
            "gicd.reset": ResetSeen(),
            "gicr0.reg": ports[1],
            "gicr0.ppi": Wires("", sampled=(".u_gic.sampled", ".u_gic.number", ".u_gic.high")),
            "gicr0.wake": Wires(""),
            "gicr0.reset": ResetSeen(".u_gic.pe_reset_seen"),
            "dist0.down": Messages(".u_gic.dn_"),
            "dist0.up": Messages(".u_gic.up_"),
            "stream0.down": AxiStream(".u_gic.down_", reset=".u_gic.stream_rst"),
            "stream0.up": AxiStream(".u_gic.up_", reset=".u_gic.stream_rst"),
            "gicc0.sys": SystemRegisters("sys_"),
            "gicc0.irq": Wires(""),
            "gicc0.reset": ResetSeen(),
        },
    )


APB_GIC = _small("apb_gic", "apb", (_apb(0), _apb(1)))
AXI_LITE_GIC = _small("axil_gic", "axil", (_axi_lite(0, 32), _axi_lite(1, 32)), DATA=32)
WIDE_GIC = _small("axil64_gic", "axil", (_axi_lite(0, 64, ".taken[0]"), _axi_lite(1, 64, ".taken[1]")), DATA=64)
