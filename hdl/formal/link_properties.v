// A valid/ready link: VALID stays, and the payload is stable, until READY. For proofs only: in simulation monitor.v and
// stream_monitor.v record the same breaches of each link.
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
    generate
        if (`PROVED) begin : proof
            reg             waiting;
            reg [WIDTH-1:0] held;
            always @(posedge clk) begin
                waiting <= !rst && valid && !ready;
                held    <= payload;
            end
            `PROPERTIES(1'b1)
                `PROPERTY(ASSUMED, "valid falls", !waiting || valid)
                `PROPERTY(ASSUMED, "payload changes", !waiting || payload === held)
            `PROPERTIES_END
        end else begin : watched
            wire unused = &{1'b0, clk, rst, fd, cycle, valid, ready, payload, LINK[0], ASSUMED[0], 1'b0};
        end
    endgenerate
endmodule
`default_nettype wire
