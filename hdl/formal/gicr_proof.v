// GICR: what it guarantees to GICD, to its GICC, to the ITS and to software. What gicr_lpi.v says of LPIs is any value
// here; that it keeps to the mem link is a proof of its own.
`default_nettype none
`include "formal/property.vh"
`include "formal/register_port.vh"
`include "generated/irqpath_links.vh"
module gicr_proof (
    input wire        clk,
    input wire        rst,
    input wire        pe_rst,
    input wire        dn_valid,
    input wire [`DIST_DOWN_BITS-1:0] dn_msg,
    input wire        up_ready,
    input wire        down_tready,
    input wire        up_tvalid,
    input wire [15:0] up_tdata,
    input wire        up_tlast,
    input wire        cmd_valid,
    input wire [`ITS_CMD_BITS-1:0] cmd_msg,
    input wire        ack_ready,
    input wire        mem_ready,
    input wire        mem_rvalid,
    input wire [63:0] mem_rdata,
    input wire [15:0] ppi,
    // registers of `dut`
    input wire        up_push,
    input wire [4:0]  up_count,
    input wire        down_push,
    input wire        down_pop,
    input wire [3:0]  down_count
);
    `REGISTER_WIRES(17)
    wire        dn_ready, up_valid, down_tvalid, down_tlast, up_tready, cmd_ready, ack_valid, mem_valid, mem_write;
    wire        wake, ppi_sampled, ppi_high, stream_rst, pe_reset_seen, busy;
    wire [1:0]  mem_size;
    wire [3:0]  ppi_number;
    wire [15:0] down_tdata;
    wire [51:0] mem_address;
    wire [`DIST_UP_BITS-1:0] up_msg;
    wire [`ITS_ACK_BITS-1:0] ack_msg;
    wire [63:0] mem_wdata;
    gicr #(.PRIORITY_BITS(4), .LPI_SLOTS(4)) dut (
        .clk(clk), .rst(rst), `REGISTER_PORT,
        .pe_rst(pe_rst), .dn_valid(dn_valid), .dn_ready(dn_ready), .dn_msg(dn_msg), .up_valid(up_valid),
        .up_ready(up_ready),
        .up_msg(up_msg), .down_tvalid(down_tvalid), .down_tready(down_tready), .down_tdata(down_tdata),
        .down_tlast(down_tlast), .stream_up_tvalid(up_tvalid), .stream_up_tready(up_tready), .stream_up_tdata(up_tdata),
        .stream_up_tlast(up_tlast), .cmd_valid(cmd_valid), .cmd_ready(cmd_ready), .cmd_msg(cmd_msg),
        .ack_valid(ack_valid),
        .ack_ready(ack_ready), .ack_msg(ack_msg), .mem_valid(mem_valid), .mem_ready(mem_ready), .mem_write(mem_write),
        .mem_size(mem_size), .mem_address(mem_address), .mem_wdata(mem_wdata), .mem_rvalid(mem_rvalid),
        .mem_rdata(mem_rdata),
        .ppi(ppi), .wake(wake), .ppi_sampled(ppi_sampled), .ppi_number(ppi_number), .ppi_high(ppi_high),
        .stream_rst(stream_rst), .pe_reset_seen(pe_reset_seen), .busy(busy)
    );
    initial assume (rst);
    register_properties registers (
        .clk(clk), .rst(rst), `REGISTER_HANDSHAKES
    );
    dist_properties #(.DOWN_ASSUMED(1)) dist_link (
        .clk(clk), .rst(rst), .dn_valid(dn_valid), .dn_ready(dn_ready), .dn_msg(dn_msg), .up_valid(up_valid),
        .up_ready(up_ready), .up_msg(up_msg)
    );
    stream_properties #(.UP_ASSUMED(1)) stream (
        .clk(clk), .rst(stream_rst), .down_tvalid(down_tvalid), .down_tready(down_tready), .down_tdata(down_tdata),
        .down_tlast(down_tlast), .up_tvalid(up_tvalid), .up_tready(up_tready), .up_tdata(up_tdata), .up_tlast(up_tlast)
    );
    command_properties #(.COMMAND_ASSUMED(1)) commands (
        .clk(clk), .rst(rst), .cmd_valid(cmd_valid), .cmd_ready(cmd_ready), .cmd_msg(cmd_msg), .ack_valid(ack_valid),
        .ack_ready(ack_ready), .ack_msg(ack_msg)
    );
    fifo_properties #(.DEPTH(16)) up_queue (.clk(clk), .rst(rst), .push(up_push), .pop(up_valid && up_ready),
        .count(up_count));
    fifo_properties #(.DEPTH(8)) down_queue (
        .clk(clk), .rst(stream_rst), .push(down_push), .pop(down_pop), .count(down_count)
    );
endmodule
`default_nettype wire
