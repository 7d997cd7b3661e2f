"""Small devices, described as a user describes his own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from irqpath.config.sizes import GicConfig
from irqpath.core.places import HDL, verilog
from irqpath.core.transactions import ActivateAck, DeactivateAck
from irqpath_testbench.dut.comparison import Freedom, Window
from irqpath_testbench.dut.description import Apb, Axi4, AxiStream, Dut, Messages, Resets, ResetSeen, SystemRegisters, Wires

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


def _slave(number: int) -> dict[str, str]:
    """The signals of one of two APB slaves in vectors."""
    bits = {"paddr": 17, "pwdata": 32, "pstrb": 4, "prdata": 32}
    roles = ("psel", "penable", "pwrite", "paddr", "pwdata", "pstrb", "pready", "prdata", "pslverr")
    widths = {role: bits.get(role, 1) for role in roles}
    return {
        role: f"{role}[{number}]" if width == 1 else f"{role}[{(number + 1) * width - 1}:{number * width}]"
        for role, width in widths.items()
    }


APB_GIC = Dut(
    name="apb_gic",
    top="apb_gic",
    sources=(*_BLOCKS, _TOYS / "apb_port.v", _TOYS / "apb_gic.v"),
    config=SMALL,
    busy=".busy",
    blocks=("gicd", "gicr0", "gicc0"),
    links={
        "gicd.reg": Apb(_slave(0), taken=".taken[0]"),
        "gicd.spi": Wires("", sampled=(".spi_sampled", ".spi_intid", ".spi_level")),
        "gicd.reset": ResetSeen(),
        "gicr0.reg": Apb(_slave(1), taken=".taken[1]"),
        "gicr0.ppi": Wires("", sampled=(".sampled", ".number", ".high")),
        "gicr0.wake": Wires(""),
        "gicr0.reset": ResetSeen(".pe_reset_seen"),
        "dist0.down": Messages(".dn_"),
        "dist0.up": Messages(".up_"),
        "stream0.down": AxiStream(".down_", reset=".stream_rst"),
        "stream0.up": AxiStream(".up_", reset=".stream_rst"),
        "gicc0.sys": SystemRegisters("sys_"),
        "gicc0.irq": Wires(""),
        "gicc0.reset": ResetSeen(),
    },
)
