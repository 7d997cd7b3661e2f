// Sends on what comes, and lets an acknowledgement be passed by the next one if that is of another interrupt: it waits
// for one for up to 30 cycles. +irqpath_fault=6: whatever comes next passes it.
`default_nettype none
`include "generated/irqpath_links.vh"
module loose_stream (
    input  wire        clk,
    input  wire        rst,
    input  wire        in_tvalid,
    output wire        in_tready,
    input  wire [15:0] in_tdata,
    input  wire        in_tlast,
    output wire        out_tvalid,
    input  wire        out_tready,
    output wire [15:0] out_tdata,
    output wire        out_tlast,
    output wire        busy
);
    integer fault;
    initial if (!$value$plusargs("irqpath_fault=%d", fault)) fault = 0;

    reg         out_valid, held, passed;
    reg  [63:0] out_msg, held_msg;
    reg  [4:0]  timer;
    wire        in_valid, pop;
    wire [63:0] in_msg;
    wire        acknowledges = in_msg[`STREAM_DOWN_KIND] == `STREAM_ACTIVATE_ACK || in_msg[`STREAM_DOWN_KIND] == `STREAM_DEACTIVATE_ACK;
    wire        other  = in_msg[`STREAM_ACTIVATE_ACK_INTID] != held_msg[`STREAM_ACTIVATE_ACK_INTID];
    wire        passes = held && !passed && ((acknowledges && other) || fault == 6);
    wire        holds  = !held && acknowledges;
    wire        take   = in_valid && !out_valid && (passes || !held);
    assign busy = held || out_valid;
    stream_rx rx (
        .clk(clk), .rst(rst), .tvalid(in_tvalid), .tready(in_tready), .tdata(in_tdata), .tlast(in_tlast),
        .valid(in_valid), .msg(in_msg), .take(take)
    );
    stream_tx #(.LAST_BEATS(`STREAM_DOWN_LAST_BEATS)) tx (
        .clk(clk), .rst(rst), .valid(out_valid), .msg(out_msg), .pop(pop),
        .tvalid(out_tvalid), .tready(out_tready), .tdata(out_tdata), .tlast(out_tlast)
    );
    always @(posedge clk)
        if (rst) begin
            {out_valid, held, passed} <= 3'b000;
            timer <= 5'd0;
        end else begin
            timer <= timer + {4'd0, timer != 5'd30};
            if (pop) out_valid <= 1'b0;
            if (take && holds) begin
                held     <= 1'b1;
                passed   <= 1'b0;
                held_msg <= in_msg;
                timer    <= 5'd0;
            end else if (take) begin
                out_valid <= 1'b1;
                out_msg   <= in_msg;
                passed    <= 1'b1;
            end else if (!out_valid && held && (in_valid || passed || timer == 5'd30)) begin
                out_valid <= 1'b1;
                out_msg   <= held_msg;
                held      <= 1'b0;
            end
        end
endmodule
`default_nettype wire
