// Watches a register port (single-beat AXI4 subset). Records a request when its address (and, of a write, its data) has
// been accepted, and a response when it has; data are right-aligned in a request and as on the bus in a response.
`default_nettype none
`include "record.vh"
module axi_monitor #(
    parameter REQUEST  = 0,   // link of the requests
    parameter RESPONSE = 0
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    input  wire        awvalid,
    input  wire        awready,
    input  wire [16:0] awaddr,
    input  wire [2:0]  awsize,
    input  wire [7:0]  awuser,
    input  wire        wvalid,
    input  wire        wready,
    input  wire [63:0] wdata,
    input  wire        bvalid,
    input  wire        bready,
    input  wire [1:0]  bresp,
    input  wire        arvalid,
    input  wire        arready,
    input  wire [16:0] araddr,
    input  wire [2:0]  arsize,
    input  wire [7:0]  aruser,
    input  wire        rvalid,
    input  wire        rready,
    input  wire [63:0] rdata,
    input  wire [1:0]  rresp,
    output wire        fire
);
    // a request is one transfer of address and data together: this subset's slaves take both in one cycle
    wire [63:0] written = wdata >> {awaddr[2:0], 3'b000};
    wire write_fire, read_fire, b_fire, r_fire;
    assign fire = write_fire || read_fire || b_fire || r_fire;
    monitor #(.LINK(REQUEST), .WIDTH(`REG_REQUEST_BITS)) write_request (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(awvalid && wvalid), .ready(awready && wready),
        .payload(`REG_REQUEST_PACK(written, {3'd0, awaddr}, awsize, awuser, 1'b1)), .fire(write_fire)
    );
    monitor #(.LINK(REQUEST), .WIDTH(`REG_REQUEST_BITS)) read_request (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(arvalid), .ready(arready),
        .payload(`REG_REQUEST_PACK(64'd0, {3'd0, araddr}, arsize, aruser, 1'b0)), .fire(read_fire)
    );
    monitor #(.LINK(RESPONSE), .WIDTH(`REG_RESPONSE_BITS)) write_response (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(bvalid), .ready(bready),
        .payload(`REG_RESPONSE_PACK(64'd0, bresp[1], 1'b1)), .fire(b_fire)
    );
    monitor #(.LINK(RESPONSE), .WIDTH(`REG_RESPONSE_BITS)) read_response (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(rvalid), .ready(rready),
        .payload(`REG_RESPONSE_PACK(rdata, rresp[1], 1'b0)), .fire(r_fire)
    );
    wire unused = &{1'b0, bresp[0], rresp[0], 1'b0};
endmodule
`default_nettype wire
