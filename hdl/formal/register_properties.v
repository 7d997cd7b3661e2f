// A register port (AXI4 subset): a response only to an access that was accepted, one access at a time, a write as a
// whole.
`default_nettype none
`include "formal/property.vh"
module register_properties #(
    parameter LINK             = 0,
    parameter REQUEST_ASSUMED  = 0,   // what the manager guarantees
    parameter RESPONSE_ASSUMED = 0    // what the block guarantees
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    input  wire        awvalid,
    input  wire        awready,
    input  wire        wvalid,
    input  wire        wready,
    input  wire        bvalid,
    input  wire        bready,
    input  wire [1:0]  bresp,
    input  wire        arvalid,
    input  wire        arready,
    input  wire        rvalid,
    input  wire        rready,
    input  wire [63:0] rdata,
    input  wire [1:0]  rresp
);
    wire aw = awvalid && awready;
    wire ar = arvalid && arready;
    reg  writing, reading;               // accepted, not answered
    always @(posedge clk) begin
        writing <= !rst && (writing || aw) && !(bvalid && bready);
        reading <= !rst && (reading || ar) && !(rvalid && rready);
    end
    `PROPERTIES(awvalid || wvalid || bvalid || arvalid || rvalid)
        `PROPERTY(RESPONSE_ASSUMED, "write response", !bvalid || writing)
        `PROPERTY(RESPONSE_ASSUMED, "read response", !rvalid || reading)
        `PROPERTY(RESPONSE_ASSUMED, "one access", !(aw && ar) && !((aw || ar) && (writing || reading)))
        `PROPERTY(RESPONSE_ASSUMED, "whole write", aw == (wvalid && wready))
    `PROPERTIES_END
    link_properties #(.LINK(LINK), .WIDTH(2), .ASSUMED(RESPONSE_ASSUMED)) write_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(bvalid), .ready(bready), .payload(bresp)
    );
    link_properties #(.LINK(LINK), .WIDTH(66), .ASSUMED(RESPONSE_ASSUMED)) read_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(rvalid), .ready(rready), .payload({rresp, rdata})
    );
endmodule
`default_nettype wire
