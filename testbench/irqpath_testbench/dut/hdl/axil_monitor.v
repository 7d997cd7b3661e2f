// Watches an AXI4-Lite register port. Records a request when the block takes it (`taken`; LATE 0: when the last of
// its address and its data has been accepted) and the response when it has been. Payloads are those of axi_monitor.v.
// The size of a write follows from its strobes; a read is of 32 bits, on 64 data bits of as many as the driver wants
// (`wide`), for the bus does not say it, and the requests are those of PE number PE, for it does not say whose they
// are. A request is offered to the block when nothing but the block's taking it is awaited, and not before what the
// bus alone has accepted.
`default_nettype none
`include "record.vh"
module axil_monitor #(
    parameter REQUEST  = 0,   // link of the requests
    parameter RESPONSE = 0,
    parameter [7:0] PE = 8'd0,
    parameter DATA = 32,
    parameter LATE = 0
) (
    input  wire              clk,
    input  wire              rst,
    input  wire [31:0]       fd,
    input  wire [39:0]       cycle,
    input  wire              taken,
    input  wire              wide,
    input  wire              awvalid,
    input  wire              awready,
    input  wire [16:0]       awaddr,
    input  wire              wvalid,
    input  wire              wready,
    input  wire [DATA-1:0]   wdata,
    input  wire [DATA/8-1:0] wstrb,
    input  wire              bvalid,
    input  wire              bready,
    input  wire [1:0]        bresp,
    input  wire              arvalid,
    input  wire              arready,
    input  wire [16:0]       araddr,
    input  wire              rvalid,
    input  wire              rready,
    input  wire [DATA-1:0]   rdata,
    input  wire [1:0]        rresp,
    output wire              fire
);
    // what was accepted and the block has not taken
    reg               aw_held, w_held, ar_held;
    reg  [16:0]       aw_was, ar_was;
    reg  [DATA-1:0]   w_was;
    reg  [DATA/8-1:0] strobe_was;
    initial {aw_held, w_held, ar_held} = 3'b000;

    wire               write_whole = (aw_held || awvalid) && (w_held || wvalid);
    wire               write_taken = write_whole && (LATE != 0 ? taken : (aw_held || awready) && (w_held || wready));
    wire               write_shown = write_taken || (LATE == 0 && ((aw_held && wvalid) || (w_held && awvalid)));
    wire               read_taken  = LATE != 0 ? (ar_held || arvalid) && taken && !write_whole : arready;
    wire               read_shown  = LATE != 0 ? read_taken : arvalid;
    wire [16:0]        waddr       = aw_held ? aw_was : awaddr;
    wire [16:0]        raddr       = ar_held ? ar_was : araddr;
    wire [DATA-1:0]    data        = w_held ? w_was : wdata;
    wire [2:0]         lane, size;
    wire [63:0]        written     = {{(64-DATA){1'b0}}, data} >> {lane, 3'b000};
    wire [63:0]        read        = {(64/DATA){rdata}};
    strobes #(.BYTES(DATA/8)) u_strobes (.strobe(w_held ? strobe_was : wstrb), .lane(lane), .size(size));
    always @(posedge clk)
        if (rst) {aw_held, w_held, ar_held} <= 3'b000;
        else begin
            if (write_taken) {aw_held, w_held} <= 2'b00;
            else begin
                if (awvalid && awready) {aw_held, aw_was} <= {1'b1, awaddr};
                if (wvalid && wready) {w_held, w_was, strobe_was} <= {1'b1, wdata, wstrb};
            end
            if (read_taken) ar_held <= 1'b0;
            else if (arvalid && arready) {ar_held, ar_was} <= {1'b1, araddr};
        end

    wire        write_fire, read_fire, b_fire, r_fire;
    wire [16:0] address = {waddr[16:2], 2'b00} | {14'd0, lane};
    assign fire = write_fire || read_fire || b_fire || r_fire;
    monitor #(.LINK(REQUEST), .WIDTH(`REG_REQUEST_BITS)) write_request (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(write_shown), .ready(write_taken),
        .payload(`REG_REQUEST_PACK(written, {3'd0, address}, size, PE, 1'b1)), .fire(write_fire)
    );
    monitor #(.LINK(REQUEST), .WIDTH(`REG_REQUEST_BITS)) read_request (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(read_shown), .ready(read_taken),
        .payload(`REG_REQUEST_PACK(64'd0, {3'd0, raddr[16:2], 2'b00}, {2'b01, wide}, PE, 1'b0)), .fire(read_fire)
    );
    monitor #(.LINK(RESPONSE), .WIDTH(`REG_RESPONSE_BITS)) write_response (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(bvalid), .ready(bready),
        .payload(`REG_RESPONSE_PACK(64'd0, bresp[1], 1'b1)), .fire(b_fire)
    );
    monitor #(.LINK(RESPONSE), .WIDTH(`REG_RESPONSE_BITS)) read_response (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(rvalid), .ready(rready),
        .payload(`REG_RESPONSE_PACK(read, rresp[1], 1'b0)), .fire(r_fire)
    );
    wire unused = &{1'b0, bresp[0], rresp[0], waddr[1:0], raddr[1:0], taken, 1'b0};
endmodule
`default_nettype wire
