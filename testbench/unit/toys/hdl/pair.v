// A device of two blocks: the Redistributor and the CPU interface of one PE, with PPIs and SGIs of its own PE and
// nothing else. Its resets are low while they last. LOOSE: acknowledgements of the Redistributor may swap
// (loose_stream.v), and nIRQ dips for a cycle when the CPU interface takes a message. +irqpath_fault=1: nIRQ stays
// high; 3: reads of the Redistributor have bit 20 inverted; 5: nIRQ dips for 60 cycles.
`default_nettype none
`include "generated/irqpath_links.vh"
module pair #(
    parameter LOOSE = 0
) (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        pe_rst_n,
    input  wire        s_axi_awvalid,
    output wire        s_axi_awready,
    input  wire [16:0] s_axi_awaddr,
    input  wire [2:0]  s_axi_awsize,
    input  wire        s_axi_wvalid,
    output wire        s_axi_wready,
    input  wire [63:0] s_axi_wdata,
    output wire        s_axi_bvalid,
    input  wire        s_axi_bready,
    output wire [1:0]  s_axi_bresp,
    input  wire        s_axi_arvalid,
    output wire        s_axi_arready,
    input  wire [16:0] s_axi_araddr,
    input  wire [2:0]  s_axi_arsize,
    output wire        s_axi_rvalid,
    input  wire        s_axi_rready,
    output wire [63:0] s_axi_rdata,
    output wire [1:0]  s_axi_rresp,
    input  wire        icc_req,
    output wire        icc_gnt,
    input  wire [1:0]  icc_op,
    input  wire [15:0] icc_reg,
    input  wire [63:0] icc_wdata,
    output wire        icc_rvalid,
    input  wire        icc_rready,
    output wire [1:0]  icc_rop,
    output wire        icc_rok,
    output wire [63:0] icc_rdata,
    input  wire [15:0] ppi,
    output wire        irq_n,
    output wire        fiq_n,
    output wire        wake,
    output wire        active
);
    integer fault;
    initial if (!$value$plusargs("irqpath_fault=%d", fault)) fault = 0;

    wire        dn_valid, dn_ready, up_valid, up_ready;
    wire [`DIST_DOWN_BITS-1:0] dn_msg;
    wire [`DIST_UP_BITS-1:0]   up_msg;
    wire        down_tvalid, down_tready, down_tlast, up_tvalid, up_tready, up_tlast;
    wire [15:0] down_tdata, up_tdata;
    wire        sampled, high, stream_rst, pe_reset_seen, gicr_busy, gicc_busy, irq, fiq;
    wire [3:0]  number;
    wire [63:0] rdata;
    wire        made_tvalid, made_tready, made_tlast, stream_busy;
    wire [15:0] made_tdata;
    reg  [5:0]  dip;
    always @(posedge clk)
        if (!pe_rst_n) dip <= 6'd0;
        else if (LOOSE != 0 && down_tvalid && down_tready && down_tlast) dip <= fault == 5 ? 6'd60 : 6'd1;
        else if (dip != 6'd0) dip <= dip - 6'd1;
    assign active      = gicr_busy || gicc_busy || stream_busy;
    assign irq_n       = !(irq && fault != 1 && dip == 6'd0);
    assign fiq_n       = !fiq;
    assign s_axi_rdata = fault == 3 ? rdata ^ 64'h10_0000 : rdata;

    no_distributor u_nobody (
        .clk(clk), .rst(!rst_n), .up_valid(up_valid), .up_ready(up_ready), .up_msg(up_msg),
        .dn_valid(dn_valid), .dn_ready(dn_ready), .dn_msg(dn_msg)
    );
    gicr #(.LPIS(0), .ONE_OF_N(0)) u_gicr (
        .clk(clk), .rst(!rst_n), .pe_rst(!pe_rst_n),
        .awvalid(s_axi_awvalid), .awready(s_axi_awready), .awaddr(s_axi_awaddr), .awsize(s_axi_awsize),
        .wvalid(s_axi_wvalid), .wready(s_axi_wready), .wdata(s_axi_wdata),
        .bvalid(s_axi_bvalid), .bready(s_axi_bready), .bresp(s_axi_bresp),
        .arvalid(s_axi_arvalid), .arready(s_axi_arready), .araddr(s_axi_araddr), .arsize(s_axi_arsize),
        .rvalid(s_axi_rvalid), .rready(s_axi_rready), .rdata(rdata), .rresp(s_axi_rresp),
        .dn_valid(dn_valid), .dn_ready(dn_ready), .dn_msg(dn_msg), .up_valid(up_valid), .up_ready(up_ready),
        .up_msg(up_msg),
        .down_tvalid(made_tvalid), .down_tready(made_tready), .down_tdata(made_tdata), .down_tlast(made_tlast),
        .stream_up_tvalid(up_tvalid), .stream_up_tready(up_tready), .stream_up_tdata(up_tdata),
        .stream_up_tlast(up_tlast),
        .cmd_valid(1'b0), .cmd_ready(), .cmd_msg({`ITS_CMD_BITS{1'b0}}), .ack_valid(), .ack_ready(1'b0), .ack_msg(),
        .mem_valid(), .mem_ready(1'b0), .mem_write(), .mem_size(), .mem_address(), .mem_wdata(), .mem_rvalid(1'b0),
        .mem_rdata(64'd0),
        .ppi(ppi), .ppi_sampled(sampled), .ppi_number(number), .ppi_high(high),
        .wake(wake), .stream_rst(stream_rst), .pe_reset_seen(pe_reset_seen), .busy(gicr_busy)
    );
    generate
        if (LOOSE != 0) begin : g_loose
            loose_stream u_stream (
                .clk(clk), .rst(stream_rst), .in_tvalid(made_tvalid), .in_tready(made_tready), .in_tdata(made_tdata),
                .in_tlast(made_tlast), .out_tvalid(down_tvalid), .out_tready(down_tready), .out_tdata(down_tdata),
                .out_tlast(down_tlast), .busy(stream_busy)
            );
        end else begin : g_straight
            assign {down_tvalid, down_tdata, down_tlast} = {made_tvalid, made_tdata, made_tlast};
            assign made_tready = down_tready;
            assign stream_busy = 1'b0;
        end
    endgenerate
    gicc u_gicc (
        .clk(clk), .rst(!pe_rst_n),
        .sys_valid(icc_req), .sys_ready(icc_gnt), .sys_op(icc_op), .sys_reg(icc_reg), .sys_data(icc_wdata),
        .rsp_valid(icc_rvalid), .rsp_ready(icc_rready), .rsp_op(icc_rop), .rsp_ok(icc_rok), .rsp_data(icc_rdata),
        .down_tvalid(down_tvalid), .down_tready(down_tready), .down_tdata(down_tdata), .down_tlast(down_tlast),
        .up_tvalid(up_tvalid), .up_tready(up_tready), .up_tdata(up_tdata), .up_tlast(up_tlast),
        .irq(irq), .fiq(fiq), .busy(gicc_busy)
    );
    wire unused = &{1'b0, sampled, high, number, stream_rst, pe_reset_seen, 1'b0};
endmodule
`default_nettype wire
