// The CPU interface as its Redistributor sees it: the stream to and from GICC, and what GICC may hold (offer.v; IHI
// 0069 appendix A). Messages to GICC are made here and nowhere else.
//
// At most one message is queued in a cycle: the answer to the input that is taken, or a step of the offer with
// `decide`.
`default_nettype none
`include "generated/irqpath_links.vh"
module gicr_stream #(
    parameter PRIORITY_BITS = 5,
    parameter DOWN_DEPTH    = 8
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        stream_rst,       // the stream is being reset
    input  wire        pe_reset,         // GICC was reset: it holds nothing any more
    // stream
    output wire        down_tvalid,
    input  wire        down_tready,
    output wire [15:0] down_tdata,
    output wire        down_tlast,
    input  wire        up_tvalid,
    output wire        up_tready,
    input  wire [15:0] up_tdata,
    input  wire        up_tlast,
    // a message of GICC waits; it is taken
    output wire        su_valid,
    output wire [`STREAM_UP_BITS-1:0] su_msg,
    input  wire        take_su,
    // what is answered now: what GICC sent (`su_intid`), and what GICD acknowledged (`dn_intid`)
    input  wire [23:0] su_intid,
    input  wire        activate_done,
    input  wire        deactivate_done,
    input  wire        upstream_control,
    input  wire [23:0] dn_intid,
    input  wire        sgi_done,
    input  wire        spi_activate_done,
    input  wire        spi_deactivate_done,
    // the connection, see gicr_power.v
    input  wire        start_sleep,
    input  wire        start_wake,
    // the offer
    input  wire        best_valid,
    input  wire [7:0]  best_priority,
    input  wire [23:0] best_intid,
    input  wire        best_group,
    input  wire        decide,
    input  wire        retire,           // GICC acknowledged or gave back `su_intid`
    input  wire        cleared,          // GICC confirmed Clear
    output wire        held,             // GICC may hold `held_intid`
    output wire [23:0] held_intid,
    output wire        replaced,
    output wire [23:0] replaced_intid,
    output wire        lpi_in_flight,    // one of them is an LPI
    output wire        settled,          // GICC holds what it should
    output wire        sending
);
    wire set, clear;
    offer to_gicc (
        .clk(clk), .rst(rst || pe_reset),
        .best_valid(best_valid), .best_priority(best_priority), .best_intid(best_intid), .best_group(best_group),
        .decide(decide), .set(set), .clear(clear),
        .retire(retire), .retire_intid(su_intid), .cleared(cleared),
        .held(held), .held_intid(held_intid), .replaced(replaced), .replaced_intid(replaced_intid), .settled(settled)
    );
    assign lpi_in_flight = held && held_intid >= 24'd8192 || replaced && replaced_intid >= 24'd8192;

    stream_rx rx (
        .clk(clk), .rst(stream_rst), .tvalid(up_tvalid), .tready(up_tready), .tdata(up_tdata), .tlast(up_tlast),
        .valid(su_valid), .msg(su_msg), .take(take_su)
    );

    reg         down_push;
    reg  [`STREAM_DOWN_BITS-1:0] down_in;
    always @* begin
        down_push = 1'b1;
        down_in   = {`STREAM_DOWN_BITS{1'b0}};
        if (activate_done)            down_in = `STREAM_ACTIVATE_ACK_PACK(su_intid);
        else if (deactivate_done)     down_in = `STREAM_DEACTIVATE_ACK_PACK(su_intid);
        else if (upstream_control)    down_in = `STREAM_UPSTREAM_CONTROL_ACK_PACK;
        else if (sgi_done)            down_in = `STREAM_GENERATE_SGI_ACK_PACK;
        else if (spi_activate_done)   down_in = `STREAM_ACTIVATE_ACK_PACK(dn_intid);
        else if (spi_deactivate_done) down_in = `STREAM_DEACTIVATE_ACK_PACK(dn_intid);
        else if (start_sleep)         down_in = `STREAM_QUIESCE_PACK;
        else if (start_wake)          down_in = `STREAM_DOWNSTREAM_CONTROL_PACK(8'd0, PRIORITY_BITS[15:0]);
        else if (decide && set)       down_in = `STREAM_SET_PACK({1'b0, best_group}, best_priority, best_intid);
        else if (decide && clear)     down_in = `STREAM_CLEAR_PACK(held_intid);
        else                          down_push = 1'b0;
    end

    // What was queued for a GICC that is being reset is dropped; what the end of its reset queues is not.
    wire                down_pop;
    wire [`STREAM_DOWN_BITS-1:0] down_msg;
    wire [$clog2(DOWN_DEPTH):0] down_count;
    msg_fifo #(.WIDTH(`STREAM_DOWN_BITS), .DEPTH(DOWN_DEPTH)) down_queue (
        .clk(clk), .rst(rst || stream_rst && !pe_reset), .push(down_push), .in(down_in), .pop(down_pop),
        .valid(sending),
        .out(down_msg), .count(down_count)
    );
    stream_tx #(.LAST_BEATS(`STREAM_DOWN_LAST_BEATS)) tx (
        .clk(clk), .rst(stream_rst), .valid(sending), .msg(down_msg), .pop(down_pop),
        .tvalid(down_tvalid), .tready(down_tready), .tdata(down_tdata), .tlast(down_tlast)
    );

    wire unused = &{1'b0, down_count, 1'b0};
endmodule
`default_nettype wire
