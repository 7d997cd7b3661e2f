// The mem link of one master: one access at a time, and one response to each.
`default_nettype none
`include "formal/property.vh"
module memory_properties #(
    parameter LINK            = 0,
    parameter REQUEST_ASSUMED = 0,   // what the master guarantees
    parameter RESPONSE_ASSUMED  = 0    // what the memory guarantees
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    input  wire        valid,
    input  wire        ready,
    input  wire        write,
    input  wire [1:0]  size,
    input  wire [51:0] address,
    input  wire [63:0] wdata,
    input  wire        rvalid
);
    reg waiting;                      // accepted, not answered
    always @(posedge clk) waiting <= !rst && (waiting || valid && ready) && !rvalid;
    `PROPERTIES(valid || rvalid)
        `PROPERTY(REQUEST_ASSUMED, "one access", !valid || !waiting)
        `PROPERTY(RESPONSE_ASSUMED, "response", !rvalid || waiting)
    `PROPERTIES_END
    link_properties #(.LINK(LINK), .WIDTH(55), .ASSUMED(REQUEST_ASSUMED)) request_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(valid), .ready(ready), .payload({write, size, address})
    );
    link_properties #(.LINK(LINK), .WIDTH(64), .ASSUMED(REQUEST_ASSUMED)) data_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(valid && write), .ready(ready), .payload(wdata)
    );
endmodule
`default_nettype wire
