// GICC: what it guarantees to its PE and to its GICR, which guarantee theirs.
`default_nettype none
`include "formal/property.vh"
module gicc_proof #(
    parameter PRIORITY_BITS = 4,
    parameter CREDITS       = 1
) (
    input wire        clk,
    input wire        rst,
    input wire        sys_valid,
    input wire [1:0]  sys_op,
    input wire [15:0] sys_reg,
    input wire [63:0] sys_data,
    input wire        rsp_ready,
    input wire        down_tvalid,
    input wire [15:0] down_tdata,
    input wire        down_tlast,
    input wire        up_tready,
    // registers of `dut`
    input wire        push,
    input wire        pop,
    input wire [3:0]  count
);
    wire        sys_ready, rsp_valid, rsp_ok, down_tready, up_tvalid, up_tlast, irq, fiq, busy;
    wire [1:0]  rsp_op;
    wire [63:0] rsp_data;
    wire [15:0] up_tdata;
    gicc #(.PRIORITY_BITS(PRIORITY_BITS), .CREDITS(CREDITS)) dut (
        .clk(clk), .rst(rst), .sys_valid(sys_valid), .sys_ready(sys_ready), .sys_op(sys_op), .sys_reg(sys_reg),
        .sys_data(sys_data), .rsp_valid(rsp_valid), .rsp_ready(rsp_ready), .rsp_op(rsp_op), .rsp_ok(rsp_ok),
        .rsp_data(rsp_data), .down_tvalid(down_tvalid), .down_tready(down_tready), .down_tdata(down_tdata),
        .down_tlast(down_tlast), .up_tvalid(up_tvalid), .up_tready(up_tready), .up_tdata(up_tdata), .up_tlast(up_tlast),
        .irq(irq), .fiq(fiq), .busy(busy)
    );
    initial assume (rst);
    sysreg_properties #(.REQUEST_ASSUMED(1)) sysreg (
        .clk(clk), .rst(rst), .sys_valid(sys_valid), .sys_ready(sys_ready), .sys_op(sys_op), .sys_reg(sys_reg),
        .sys_data(sys_data), .rsp_valid(rsp_valid), .rsp_ready(rsp_ready), .rsp_op(rsp_op), .rsp_ok(rsp_ok),
        .rsp_data(rsp_data)
    );
    stream_properties #(.CREDITS(CREDITS), .DOWN_ASSUMED(1)) stream (
        .clk(clk), .rst(rst), .down_tvalid(down_tvalid), .down_tready(down_tready), .down_tdata(down_tdata),
        .down_tlast(down_tlast), .up_tvalid(up_tvalid), .up_tready(up_tready), .up_tdata(up_tdata), .up_tlast(up_tlast)
    );
    fifo_properties #(.DEPTH(8)) queue (.clk(clk), .rst(rst), .push(push), .pop(pop), .count(count));
endmodule
`default_nettype wire
