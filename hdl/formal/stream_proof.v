// stream_tx to stream_rx: each message comes out as it went in, as far as its beats reach, and is taken once.
`default_nettype none
`include "formal/property.vh"
`include "generated/irqpath_links.vh"
module stream_proof #(
    parameter [31:0] LAST_BEATS = 32'hE4E4_E4E4    // each number of beats
) (
    input wire        clk,
    input wire        rst,
    input wire        valid,
    input wire [`STREAM_UP_BITS-1:0] msg,
    input wire        ready,
    input wire        takes,
    // registers of `tx`, `rx` and `queue`
    input wire [1:0]  tx_beat,
    input wire [1:0]  rx_beat,
    input wire [`STREAM_UP_BITS-17:0] low,
    input wire        waiting
);
    wire        pop, tvalid, tready, tlast, got;
    wire [15:0] tdata;
    wire [`STREAM_UP_BITS-1:0] out;
    wire        take = takes && got;
    stream_tx #(.LAST_BEATS(LAST_BEATS)) tx (
        .clk(clk), .rst(rst), .valid(valid), .msg(msg), .pop(pop), .tvalid(tvalid), .tready(tready && ready),
        .tdata(tdata),
        .tlast(tlast)
    );
    stream_rx rx (
        .clk(clk), .rst(rst), .tvalid(tvalid && ready), .tready(tready), .tdata(tdata), .tlast(tlast), .valid(got),
        .msg(out),
        .take(take)
    );
    link_properties #(.WIDTH(17)) beats (
        .clk(clk), .rst(rst), .valid(tvalid), .ready(tready && ready), .payload({tlast, tdata})
    );
    link_properties #(.WIDTH(`STREAM_UP_BITS), .ASSUMED(1)) queue (.clk(clk), .rst(rst), .valid(valid), .ready(pop),
        .payload(msg));
    initial assume (rst);

    wire [1:0]  last = LAST_BEATS[{msg[`STREAM_UP_KIND], 1'b0} +: 2];
    wire [`STREAM_UP_BITS-1:0] all = ~{`STREAM_UP_BITS{1'b0}};
    `PROPERTIES(1'b1)
        `PROPERTY(0, "beat", tx_beat == rx_beat && (tx_beat == 0 || waiting && tx_beat <= last))
        `PROPERTY(0, "low", {16'd0, low} == (msg & ~(all << 16 * tx_beat)))
        `PROPERTY(0, "message", !got || out == (msg & ~(all << 16 * (last + 3'd1))))
        `PROPERTY(0, "taken once", take == pop)
    `PROPERTIES_END
endmodule
`default_nettype wire
