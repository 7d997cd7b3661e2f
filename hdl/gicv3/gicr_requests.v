// Requests of one kind that a Redistributor passed on to GICD for its CPU interface: how many GICD has not
// acknowledged yet. A reset of the PE flushes them: GICD still acknowledges each, but the CPU interface waits for
// none.
`default_nettype none
module gicr_requests (
    input  wire clk,
    input  wire rst,
    input  wire sent,      // at most one of `sent`, `acked`, `flush` at a time
    input  wire acked,
    input  wire flush,
    output wire done,      // `acked`, and the CPU interface waits for it
    output reg  [3:0] out  // outstanding at GICD
);
    reg [3:0] flushed;     // of these, flushed

    assign done = acked && flushed == 4'd0;

    always @(posedge clk)
        if (rst) out <= 4'd0;
        else if (sent) out <= out + 4'd1;
        else if (acked) out <= out - 4'd1;

    always @(posedge clk)
        if (rst) flushed <= 4'd0;
        else if (flush) flushed <= out;
        else if (acked && flushed != 4'd0) flushed <= flushed - 4'd1;
endmodule
`default_nettype wire
