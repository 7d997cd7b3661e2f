// The blocks of a GIC of one PE, 32 SPIs and no LPIs, whose register ports are the AXI4 subset of
// hdl/common/reg_port.v: 0 is GICD's and 1 the Redistributor's, side by side in vectors. What joins them to a bus is
// around it.
`default_nettype none
`include "generated/irqpath_links.vh"
module small_gic (
    input  wire        clk,
    input  wire        rst,
    input  wire        pe_rst,
    input  wire [1:0]  awvalid,
    output wire [1:0]  awready,
    input  wire [1:0]  arvalid,
    output wire [1:0]  arready,
    input  wire [33:0] addr,
    input  wire [5:0]  size,
    input  wire [127:0] wdata,
    output wire [1:0]  bvalid,
    output wire [3:0]  bresp,
    output wire [1:0]  rvalid,
    output wire [127:0] rdata,
    output wire [3:0]  rresp,
    input  wire [1:0]  ready,
    output wire        busy,
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
    wire        dn_valid, dn_ready, up_valid, up_ready;
    wire [`DIST_DOWN_BITS-1:0] dn_msg;
    wire [`DIST_UP_BITS-1:0]   up_msg;
    wire        down_tvalid, down_tready, down_tlast, up_tvalid, up_tready, up_tlast;
    wire [15:0] down_tdata, up_tdata;
    wire        sampled, high, spi_sampled, spi_level, stream_rst, pe_reset_seen, gicd_busy, gicr_busy, gicc_busy;
    wire [3:0]  number;
    wire [9:0]  spi_intid;
    wire [1:0]  wready;
    assign busy = gicd_busy || gicr_busy || gicc_busy;

    gicd #(.PES(1), .SPIS(32), .ONE_OF_N(0), .MESSAGE_SPIS(0), .TYPER(32'h0278_0001)) u_gicd (
        .clk(clk), .rst(rst),
        .awvalid(awvalid[0]), .awready(awready[0]), .awaddr(addr[15:0]), .awsize(size[2:0]),
        .wvalid(awvalid[0]), .wready(wready[0]), .wdata(wdata[63:0]), .bvalid(bvalid[0]), .bready(ready[0]),
        .bresp(bresp[1:0]),
        .arvalid(arvalid[0]), .arready(arready[0]), .araddr(addr[15:0]), .arsize(size[2:0]),
        .rvalid(rvalid[0]), .rready(ready[0]), .rdata(rdata[63:0]), .rresp(rresp[1:0]),
        .dn_valid(dn_valid), .dn_ready(dn_ready), .dn_msg(dn_msg), .up_valid(up_valid), .up_ready(up_ready),
        .up_msg(up_msg),
        .spi(spi), .spi_sampled(spi_sampled), .spi_intid(spi_intid), .spi_level(spi_level), .busy(gicd_busy)
    );
    gicr #(.LPIS(0), .ONE_OF_N(0)) u_gicr (
        .clk(clk), .rst(rst), .pe_rst(pe_rst),
        .awvalid(awvalid[1]), .awready(awready[1]), .awaddr(addr[33:17]), .awsize(size[5:3]),
        .wvalid(awvalid[1]), .wready(wready[1]), .wdata(wdata[127:64]), .bvalid(bvalid[1]), .bready(ready[1]),
        .bresp(bresp[3:2]),
        .arvalid(arvalid[1]), .arready(arready[1]), .araddr(addr[33:17]), .arsize(size[5:3]),
        .rvalid(rvalid[1]), .rready(ready[1]), .rdata(rdata[127:64]), .rresp(rresp[3:2]),
        .dn_valid(dn_valid), .dn_ready(dn_ready), .dn_msg(dn_msg), .up_valid(up_valid), .up_ready(up_ready),
        .up_msg(up_msg),
        .down_tvalid(down_tvalid), .down_tready(down_tready), .down_tdata(down_tdata), .down_tlast(down_tlast),
        .stream_up_tvalid(up_tvalid), .stream_up_tready(up_tready), .stream_up_tdata(up_tdata),
        .stream_up_tlast(up_tlast),
        .cmd_valid(1'b0), .cmd_ready(), .cmd_msg({`ITS_CMD_BITS{1'b0}}), .ack_valid(), .ack_ready(1'b0), .ack_msg(),
        .mem_valid(), .mem_ready(1'b0), .mem_write(), .mem_size(), .mem_address(), .mem_wdata(), .mem_rvalid(1'b0),
        .mem_rdata(64'd0),
        .ppi(ppi), .ppi_sampled(sampled), .ppi_number(number), .ppi_high(high),
        .wake(wake), .stream_rst(stream_rst), .pe_reset_seen(pe_reset_seen), .busy(gicr_busy)
    );
    gicc u_gicc (
        .clk(clk), .rst(pe_rst),
        .sys_valid(sys_valid), .sys_ready(sys_ready), .sys_op(sys_op), .sys_reg(sys_reg), .sys_data(sys_data),
        .rsp_valid(sys_rsp_valid), .rsp_ready(sys_rsp_ready), .rsp_op(sys_rsp_op), .rsp_ok(sys_rsp_ok),
        .rsp_data(sys_rsp_data),
        .down_tvalid(down_tvalid), .down_tready(down_tready), .down_tdata(down_tdata), .down_tlast(down_tlast),
        .up_tvalid(up_tvalid), .up_tready(up_tready), .up_tdata(up_tdata), .up_tlast(up_tlast),
        .irq(irq), .fiq(fiq), .busy(gicc_busy)
    );
    wire unused = &{1'b0, wready, sampled, high, number, spi_sampled, spi_level, spi_intid, stream_rst, pe_reset_seen,
        1'b0};
endmodule
`default_nettype wire
