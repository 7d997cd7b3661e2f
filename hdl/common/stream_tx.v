// Sends a message as 16-bit AXI4-Stream beats, low beat first, TLAST on the last (IHI 0069 appendix A; the encoding is
// ours, see generated/irqpath_links.vh). `LAST_BEATS` holds, two bits a kind of message, the number of its beats less
// one.
`default_nettype none
`include "generated/irqpath_links.vh"
module stream_tx #(
    parameter [31:0] LAST_BEATS = 32'd0
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        valid,   // a message waits
    input  wire [`STREAM_UP_BITS-1:0] msg,
    output wire        pop,     // its last beat goes now
    output wire        tvalid,
    input  wire        tready,
    output wire [15:0] tdata,
    output wire        tlast
);
    reg  [1:0]  beat;
    wire [1:0]  last = LAST_BEATS[{msg[`STREAM_UP_KIND], 1'b0} +: 2];

    assign tvalid = valid;
    assign tdata  = msg[{beat, 4'b0000} +: 16];
    assign tlast  = beat == last;
    assign pop    = tvalid && tready && tlast;

    always @(posedge clk)
        if (rst || pop) beat <= 2'd0;
        else if (tvalid && tready) beat <= beat + 2'd1;
endmodule
`default_nettype wire
