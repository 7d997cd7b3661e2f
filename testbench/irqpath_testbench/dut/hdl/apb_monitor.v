// Watches an APB4 register port of 32 data bits. Records a request when the block takes it (`taken`), between the first
// cycle of the transfer and the one before its last, and the response in the last. Payloads are those of axi_monitor.v;
// the size of a write follows from its strobes, a read is of 32 bits. The requests are those of PE number PE: APB does
// not say whose they are.
`default_nettype none
`include "record.vh"
module apb_monitor #(
    parameter REQUEST  = 0,   // link of the requests
    parameter RESPONSE = 0,
    parameter [7:0] PE = 8'd0
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    input  wire        taken,
    input  wire        psel,
    input  wire        penable,
    input  wire        pwrite,
    input  wire [16:0] paddr,
    input  wire [31:0] pwdata,
    input  wire [3:0]  pstrb,
    input  wire        pready,
    input  wire [31:0] prdata,
    input  wire        pslverr,
    output wire        fire
);
    reg        was_taken;
    wire       ends = psel && penable && pready;
    wire       request_fire, response_fire;
    wire [2:0] lane, size;
    strobes #(.BYTES(4)) u_strobes (.strobe(pwrite ? pstrb : 4'd0), .lane(lane), .size(size));
    wire [31:0] written = pwrite ? pwdata >> {lane, 3'b000} : 32'd0;
    wire [63:0] read    = pwrite ? 64'd0 : {prdata, prdata};
    initial was_taken = 1'b0;
    assign fire = request_fire || response_fire;
    always @(posedge clk)
        if (rst || ends) was_taken <= 1'b0;
        else if (psel && taken) was_taken <= 1'b1;
    monitor #(.LINK(REQUEST), .WIDTH(`REG_REQUEST_BITS)) request (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(psel && !was_taken), .ready(taken),
        .payload(`REG_REQUEST_PACK({32'd0, written}, {3'd0, paddr[16:2], lane[1:0]}, size, PE, pwrite)),
        .fire(request_fire)
    );
    monitor #(.LINK(RESPONSE), .WIDTH(`REG_RESPONSE_BITS)) response (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(ends), .ready(1'b1),
        .payload(`REG_RESPONSE_PACK(read, pslverr, pwrite)), .fire(response_fire)
    );
    wire unused = &{1'b0, paddr[1:0], lane[2], 1'b0};
endmodule
`default_nettype wire
