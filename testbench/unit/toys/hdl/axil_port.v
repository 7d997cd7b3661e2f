// An AXI4-Lite register port of DATA bits in front of a block whose port is the AXI4 subset of hdl/common/reg_port.v.
// It takes the address of a write at once, and its data with the block. A read of 64 data bits is one of 64 bits
// where the register has them: GICD_IROUTER<n>, GICR_TYPER. +irqpath_fault=7: of a read, the lower word always comes;
// 8: RVALID falls before RREADY.
`default_nettype none
module axil_port #(
    parameter DATA = 32,
    parameter REDISTRIBUTOR = 0
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              s_awvalid,
    output wire              s_awready,
    input  wire [16:0]       s_awaddr,
    input  wire              s_wvalid,
    output wire              s_wready,
    input  wire [DATA-1:0]   s_wdata,
    input  wire [DATA/8-1:0] s_wstrb,
    output wire              s_bvalid,
    input  wire              s_bready,
    output wire [1:0]        s_bresp,
    input  wire              s_arvalid,
    output wire              s_arready,
    input  wire [16:0]       s_araddr,
    output wire              s_rvalid,
    input  wire              s_rready,
    output wire [DATA-1:0]   s_rdata,
    output wire [1:0]        s_rresp,
    output wire              awvalid,
    input  wire              awready,
    output wire              arvalid,
    input  wire              arready,
    output wire [16:0]       addr,
    output wire [2:0]        size,
    output wire [63:0]       wdata,
    input  wire              bvalid,
    input  wire [1:0]        bresp,
    input  wire              rvalid,
    input  wire [63:0]       rdata,
    input  wire [1:0]        rresp,
    output wire              ready
);
    integer fault;
    initial if (!$value$plusargs("irqpath_fault=%d", fault)) fault = 0;

    reg         odd;
    reg         held;      // the address of a write
    reg  [16:0] waddr;
    reg         upper;     // of the read under way
    wire [16:0] address = held ? waddr : s_araddr;
    wire        long    = REDISTRIBUTOR != 0 ? s_araddr[16:3] == 14'd1 : s_araddr[16:13] == 4'd3;
    wire [2:0]  lane, narrow;
    wire [63:0] word    = DATA == 32 && upper && fault != 7 ? rdata >> 32 : rdata;
    strobed #(.DATA(DATA)) u_strobed (
        .write(held), .upper(address[2]), .data(s_wdata), .strobe(s_wstrb), .lane(lane), .size(narrow), .wdata(wdata)
    );
    assign s_awready = !held;
    assign s_wready  = held && awready;
    assign s_arready = !held && arready;
    assign awvalid   = held && s_wvalid;
    assign arvalid   = !held && s_arvalid;
    assign addr      = {address[16:3], lane};
    assign size      = DATA == 64 && !held && long && !address[2] ? 3'd3 : narrow;
    assign s_bvalid  = bvalid;
    assign s_bresp   = bresp;
    assign s_rvalid  = rvalid && !(fault == 8 && odd);
    assign s_rdata   = word[DATA-1:0];
    assign s_rresp   = rresp;
    assign ready     = bvalid ? s_bready : s_rready && s_rvalid;
    always @(posedge clk)
        if (rst) {odd, held, waddr, upper} <= 20'd0;
        else begin
            odd <= !odd;
            if (held) held <= !(awvalid && awready);
            else if (s_awvalid) {held, waddr} <= {1'b1, s_awaddr};
            if (arvalid && arready) upper <= s_araddr[2];
        end
    wire unused = &{1'b0, address[1:0], word, 1'b0};
endmodule
`default_nettype wire
