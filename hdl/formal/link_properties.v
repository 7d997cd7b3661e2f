// A valid/ready link: VALID stays, and the payload is stable, until READY. In simulation monitor.v records the same
// breaches of each link that it watches.
`default_nettype none
`include "formal/property.vh"
module link_properties #(
    parameter LINK    = 0,
    parameter WIDTH   = 64,
    parameter ASSUMED = 0
) (
    input  wire             clk,
    input  wire             rst,
    input  wire [31:0]      fd,
    input  wire [39:0]      cycle,
    input  wire             valid,
    input  wire             ready,
    input  wire [WIDTH-1:0] payload
);
    `PROPERTIES
    reg             waiting;
    reg [WIDTH-1:0] held;
    always @(posedge clk) begin
        waiting <= !rst && valid && !ready;
        held    <= payload;
    end
    `PROPERTY(ASSUMED, "valid falls", !waiting || valid)
    `PROPERTY(ASSUMED, "payload changes", !waiting || payload === held)
endmodule
`default_nettype wire
