// A msg_fifo: it is never given more than it has room for, nothing is taken that is not there.
`default_nettype none
`include "formal/property.vh"
module fifo_properties #(
    parameter LINK    = 0,
    parameter DEPTH   = 8,
    parameter ASSUMED = 0
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire [31:0]            fd,
    input  wire [39:0]            cycle,
    input  wire                   push,
    input  wire                   pop,
    input  wire [$clog2(DEPTH):0] count
);
    `PROPERTIES(1'b1)
        `PROPERTY(ASSUMED, "overflow", !push || count < DEPTH)
        `PROPERTY(ASSUMED, "underflow", !pop || count != 0)
        `PROPERTY(0, "count", count <= DEPTH)
    `PROPERTIES_END
endmodule
`default_nettype wire
