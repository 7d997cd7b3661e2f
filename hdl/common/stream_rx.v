// Receives a message in 16-bit beats. `valid` rises with the last beat on the wire, which is accepted only when the
// block takes the message: so the link's acceptance is the block's.
`default_nettype none
`include "generated/irqpath_links.vh"
module stream_rx (
    input  wire        clk,
    input  wire        rst,
    input  wire        tvalid,
    output wire        tready,
    input  wire [15:0] tdata,
    input  wire        tlast,
    output wire        valid,
    output wire [`STREAM_UP_BITS-1:0] msg,
    input  wire        take
);
    reg  [`STREAM_UP_BITS-17:0] low;
    reg  [1:0]  beat;

    assign valid  = tvalid && tlast && !rst;
    assign tready = !rst && (tlast ? take : 1'b1);
    assign msg    = {16'd0, low} | ({{(`STREAM_UP_BITS-16){1'b0}}, tdata} << {beat, 4'b0000});

    always @(posedge clk)
        if (rst || (valid && take)) begin
            beat <= 2'd0;
            low  <= {(`STREAM_UP_BITS-16){1'b0}};
        end else if (tvalid && !tlast) begin
            beat <= beat + 2'd1;
            low  <= msg[`STREAM_UP_BITS-17:0];
        end
endmodule
`default_nettype wire
