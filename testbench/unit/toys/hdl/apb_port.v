// An APB4 register port of 32 data bits in front of a block whose port is the AXI4 subset of hdl/common/reg_port.v.
// `taken` is high when the block takes an access.
`default_nettype none
module apb_port (
    input  wire        clk,
    input  wire        rst,
    input  wire        psel,
    input  wire        penable,
    input  wire        pwrite,
    input  wire [16:0] paddr,
    input  wire [31:0] pwdata,
    input  wire [3:0]  pstrb,
    output wire        pready,
    output wire [31:0] prdata,
    output wire        pslverr,
    output wire        taken,
    output wire        awvalid,
    input  wire        awready,
    output wire        arvalid,
    input  wire        arready,
    output wire [16:0] addr,
    output wire [2:0]  size,
    output wire [63:0] wdata,
    input  wire        bvalid,
    input  wire [1:0]  bresp,
    input  wire        rvalid,
    input  wire [63:0] rdata,
    input  wire [1:0]  rresp,
    output wire        ready
);
    reg        sent;
    wire       goes  = psel && !sent;
    wire [2:0] lane;
    strobed #(.DATA(32)) u_strobed (
        .write(pwrite), .upper(paddr[2]), .data(pwdata), .strobe(pstrb), .lane(lane), .size(size), .wdata(wdata)
    );
    assign awvalid = goes && pwrite;
    assign arvalid = goes && !pwrite;
    assign addr    = {paddr[16:3], lane};
    assign taken   = (awvalid && awready) || (arvalid && arready);
    assign ready   = psel && penable;
    assign pready  = bvalid || rvalid;
    assign prdata  = paddr[2] ? rdata[63:32] : rdata[31:0];
    assign pslverr = bvalid ? bresp[1] : rvalid && rresp[1];
    always @(posedge clk)
        if (rst) sent <= 1'b0;
        else sent <= taken || (sent && !(ready && pready));
    wire unused = &{1'b0, paddr[1:0], bresp[0], rresp[0], 1'b0};
endmodule
`default_nettype wire
