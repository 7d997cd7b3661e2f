// A GIC of one PE, 32 SPIs and no LPIs whose register ports are AXI4-Lite of DATA bits: those of GICD and of the
// Redistributor are two slaves side by side in vectors. Faults: strobed.v,
// axil_port.v.
`default_nettype none
module axil_gic #(
    parameter DATA = 32
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        pe_rst,
    // 0: GICD, 1: the Redistributor
    input  wire [1:0]  awvalid,
    output wire [1:0]  awready,
    input  wire [33:0] awaddr,
    input  wire [1:0]  wvalid,
    output wire [1:0]  wready,
    input  wire [2*DATA-1:0] wdata,
    input  wire [DATA/4-1:0] wstrb,
    output wire [1:0]  bvalid,
    input  wire [1:0]  bready,
    output wire [3:0]  bresp,
    input  wire [1:0]  arvalid,
    output wire [1:0]  arready,
    input  wire [33:0] araddr,
    output wire [1:0]  rvalid,
    input  wire [1:0]  rready,
    output wire [2*DATA-1:0] rdata,
    output wire [3:0]  rresp,
    input  wire        sys_valid,
    output wire        sys_ready,
    input  wire [1:0]  sys_op,
    input  wire [15:0] sys_reg,
    input  wire [63:0] sys_data,
    output wire        sys_rsp_valid,
    input  wire        sys_rsp_ready,
    output wire [1:0]  sys_rsp_op,
    output wire        sys_rsp_ok,
    output wire [63:0] sys_rsp_data,
    input  wire [31:0] spi,
    input  wire [15:0] ppi,
    output wire        irq,
    output wire        fiq,
    output wire        wake
);
    wire [1:0]  b_awvalid, b_awready, b_arvalid, b_arready, b_bvalid, b_rvalid, b_ready;
    wire [33:0] addr;
    wire [5:0]  size;
    wire [127:0] b_wdata, b_rdata;
    wire [3:0]  b_bresp, b_rresp;
    wire [1:0]  taken = (b_awvalid & b_awready) | (b_arvalid & b_arready);
    wire        busy;

    genvar n;
    generate
        for (n = 0; n < 2; n = n + 1) begin : port
            axil_port #(.DATA(DATA), .REDISTRIBUTOR(n)) u_port (
                .clk(clk), .rst(rst),
                .s_awvalid(awvalid[n]), .s_awready(awready[n]), .s_awaddr(awaddr[17*n +: 17]),
                .s_wvalid(wvalid[n]), .s_wready(wready[n]), .s_wdata(wdata[DATA*n +: DATA]),
                .s_wstrb(wstrb[DATA/8*n +: DATA/8]),
                .s_bvalid(bvalid[n]), .s_bready(bready[n]), .s_bresp(bresp[2*n +: 2]),
                .s_arvalid(arvalid[n]), .s_arready(arready[n]), .s_araddr(araddr[17*n +: 17]),
                .s_rvalid(rvalid[n]), .s_rready(rready[n]), .s_rdata(rdata[DATA*n +: DATA]),
                .s_rresp(rresp[2*n +: 2]),
                .awvalid(b_awvalid[n]), .awready(b_awready[n]), .arvalid(b_arvalid[n]), .arready(b_arready[n]),
                .addr(addr[17*n +: 17]), .size(size[3*n +: 3]), .wdata(b_wdata[64*n +: 64]),
                .bvalid(b_bvalid[n]), .bresp(b_bresp[2*n +: 2]), .rvalid(b_rvalid[n]), .rdata(b_rdata[64*n +: 64]),
                .rresp(b_rresp[2*n +: 2]), .ready(b_ready[n])
            );
        end
    endgenerate
    small_gic u_gic (
        .clk(clk), .rst(rst), .pe_rst(pe_rst),
        .awvalid(b_awvalid), .awready(b_awready), .arvalid(b_arvalid), .arready(b_arready), .addr(addr), .size(size),
        .wdata(b_wdata), .bvalid(b_bvalid), .bresp(b_bresp), .rvalid(b_rvalid), .rdata(b_rdata),
        .rresp(b_rresp), .ready(b_ready),
        .busy(busy),
        .sys_valid(sys_valid), .sys_ready(sys_ready), .sys_op(sys_op), .sys_reg(sys_reg), .sys_data(sys_data),
        .sys_rsp_valid(sys_rsp_valid), .sys_rsp_ready(sys_rsp_ready), .sys_rsp_op(sys_rsp_op),
        .sys_rsp_ok(sys_rsp_ok), .sys_rsp_data(sys_rsp_data),
        .spi(spi), .ppi(ppi), .irq(irq), .fiq(fiq), .wake(wake)
    );
    wire unused = &{1'b0, taken, busy, 1'b0};
endmodule
`default_nettype wire
