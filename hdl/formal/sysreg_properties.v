// The sysreg link of a GICC: a response only to an access that was accepted, of its kind, one access at a time.
`default_nettype none
`include "formal/property.vh"
module sysreg_properties #(
    parameter LINK             = 0,
    parameter VIRTUAL          = 0,   // there are PeState, which has no response, and traps
    parameter REQUEST_ASSUMED  = 0,   // what the PE guarantees
    parameter RESPONSE_ASSUMED = 0    // what the GICC guarantees
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    input  wire        sys_valid,
    input  wire        sys_ready,
    input  wire [1:0]  sys_op,
    input  wire [15:0] sys_reg,
    input  wire [63:0] sys_data,
    input  wire        rsp_valid,
    input  wire        rsp_ready,
    input  wire [1:0]  rsp_op,
    input  wire        rsp_ok,
    input  wire [63:0] rsp_data
);
    reg       waiting;                // accepted, not answered
    reg [1:0] op;
    wire      traps = VIRTUAL != 0 && rsp_op == 2'd3 && op < 2'd2;
    always @(posedge clk) begin
        waiting <= !rst && (waiting || sys_valid && sys_ready && sys_op != 2'd3) && !(rsp_valid && rsp_ready);
        if (sys_valid && sys_ready) op <= sys_op;
    end
    `PROPERTIES(sys_valid || rsp_valid)
        `PROPERTY(REQUEST_ASSUMED, "operation", !sys_valid || sys_op < 2'd3 || VIRTUAL != 0)
        `PROPERTY(RESPONSE_ASSUMED, "response", !rsp_valid || waiting && (rsp_op == op || traps))
        `PROPERTY(RESPONSE_ASSUMED, "one access", !(sys_valid && sys_ready && waiting))
    `PROPERTIES_END
    link_properties #(.LINK(LINK), .WIDTH(82), .ASSUMED(REQUEST_ASSUMED)) request_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(sys_valid), .ready(sys_ready),
        .payload({sys_op, sys_reg, sys_data})
    );
    link_properties #(.LINK(LINK + 1), .WIDTH(67), .ASSUMED(RESPONSE_ASSUMED)) response_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(rsp_valid), .ready(rsp_ready), .payload({rsp_op, rsp_ok,
        rsp_data})
    );
endmodule
`default_nettype wire
