// PROPERTY(assumed, name, holds): `holds` in every cycle without `rst`. For yosys (FORMAL) an assertion, or an
// assumption where `assumed`; in simulation a record by the module's LINK (record.vh), whose payload is the name, at
// most 24 characters. A module that uses it has a parameter LINK, inputs clk, rst, fd and cycle, and PROPERTIES before
// the first one.
`ifndef IRQPATH_PROPERTY_VH
`define IRQPATH_PROPERTY_VH
`ifndef FORMAL
`include "record.vh"
`define PROPERTIES \
    task broken(input [`RECORD_PAYLOAD] name); \
        begin `RECORD(LINK[15:0], `CODE_PROPERTY, cycle, cycle, name) end \
    endtask
`define PROPERTY(assumed, name, holds) always @(posedge clk) if (!rst && (holds) !== 1'b1) broken(name);
`else
`define PROPERTIES
`define PROPERTY(assumed, name, holds) always @* if (!rst) begin if (assumed) assume (holds); else assert (holds); end
`endif
`endif
