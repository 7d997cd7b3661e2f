// PROPERTIES(active) PROPERTY(assumed, name, holds) ... PROPERTIES_END: each `holds` in every cycle without `rst` in
// which `active` is high. Where it is low they hold anyway, and cost a simulator nothing. For yosys (FORMAL) a property
// is an assertion, or an assumption where `assumed`; in simulation a record by the module's LINK (record.vh), whose
// payload is the name, at most 24 characters. A module that uses them has a parameter LINK and inputs clk, rst, fd and
// cycle. PROVED is 1 for yosys, 0 in simulation.
`ifndef IRQPATH_PROPERTY_VH
`define IRQPATH_PROPERTY_VH
`ifndef FORMAL
`include "record.vh"
`define PROVED 0
`define PROPERTIES(active) \
    task broken(input [`RECORD_PAYLOAD] name); \
        begin `RECORD(LINK[15:0], `CODE_PROPERTY, cycle, cycle, name) end \
    endtask \
    always @(posedge clk) if (!rst && (active)) begin
`define PROPERTY(assumed, name, holds) if ((holds) !== 1'b1) broken(name);
`else
`define PROVED 1
`define PROPERTIES(active) always @* if (!rst && (active)) begin
`define PROPERTY(assumed, name, holds) if (assumed) assume (holds); else assert (holds);
`endif
`define PROPERTIES_END end
`endif
