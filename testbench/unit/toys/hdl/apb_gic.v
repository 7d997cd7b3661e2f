// A GIC of one PE, 32 SPIs and no LPIs whose register ports are APB: those of GICD and of the Redistributor are two
// slaves of one width, side by side in vectors. Faults: strobed.v.
`default_nettype none
module apb_gic (
    input  wire        clk,
    input  wire        rst,
    input  wire        pe_rst,
    // 0: GICD, 1: the Redistributor
    input  wire [1:0]  psel,
    input  wire [1:0]  penable,
    input  wire [1:0]  pwrite,
    input  wire [33:0] paddr,
    input  wire [63:0] pwdata,
    input  wire [7:0]  pstrb,
    output wire [1:0]  pready,
    output wire [63:0] prdata,
    output wire [1:0]  pslverr,
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
    wire [1:0]  taken, awvalid, awready, arvalid, arready, bvalid, rvalid, ready;
    wire [33:0] addr;
    wire [5:0]  size;
    wire [127:0] wdata, rdata;
    wire [3:0]  bresp, rresp;
    wire        busy;

    genvar n;
    generate
        for (n = 0; n < 2; n = n + 1) begin : port
            apb_port u_port (
                .clk(clk), .rst(rst), .psel(psel[n]), .penable(penable[n]), .pwrite(pwrite[n]),
                .paddr(paddr[17*n +: 17]), .pwdata(pwdata[32*n +: 32]), .pstrb(pstrb[4*n +: 4]),
                .pready(pready[n]), .prdata(prdata[32*n +: 32]), .pslverr(pslverr[n]), .taken(taken[n]),
                .awvalid(awvalid[n]), .awready(awready[n]), .arvalid(arvalid[n]), .arready(arready[n]),
                .addr(addr[17*n +: 17]), .size(size[3*n +: 3]), .wdata(wdata[64*n +: 64]),
                .bvalid(bvalid[n]), .bresp(bresp[2*n +: 2]), .rvalid(rvalid[n]), .rdata(rdata[64*n +: 64]),
                .rresp(rresp[2*n +: 2]), .ready(ready[n])
            );
        end
    endgenerate
    small_gic u_gic (
        .clk(clk), .rst(rst), .pe_rst(pe_rst),
        .awvalid(awvalid), .awready(awready), .arvalid(arvalid), .arready(arready), .addr(addr), .size(size),
        .wdata(wdata), .bvalid(bvalid), .bresp(bresp), .rvalid(rvalid), .rdata(rdata), .rresp(rresp), .ready(ready),
        .busy(busy),
        .sys_valid(sys_valid), .sys_ready(sys_ready), .sys_op(sys_op), .sys_reg(sys_reg), .sys_data(sys_data),
        .sys_rsp_valid(sys_rsp_valid), .sys_rsp_ready(sys_rsp_ready), .sys_rsp_op(sys_rsp_op),
        .sys_rsp_ok(sys_rsp_ok), .sys_rsp_data(sys_rsp_data),
        .spi(spi), .ppi(ppi), .irq(irq), .fiq(fiq), .wake(wake)
    );
    wire unused = &{1'b0, taken, busy, 1'b0};
endmodule
`default_nettype wire
