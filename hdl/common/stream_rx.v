// Receives a message in 16-bit beats. `valid` rises with the last beat on the wire, which is accepted only when the block
// takes the message: so the link's acceptance is the block's.
`default_nettype none
module stream_rx (
    input  wire        clk,
    input  wire        rst,
    input  wire        tvalid,
    output wire        tready,
    input  wire [15:0] tdata,
    input  wire        tlast,
    output wire        valid,
    output wire [63:0] msg,
    input  wire        take
);
    reg  [47:0] low;
    reg  [1:0]  beat;

    assign valid  = tvalid && tlast && !rst;
    assign tready = !rst && (tlast ? take : 1'b1);
    assign msg    = {16'd0, low} | ({48'd0, tdata} << {beat, 4'b0000});

    always @(posedge clk)
        if (rst || (valid && take)) begin
            beat <= 2'd0;
            low  <= 48'd0;
        end else if (tvalid && !tlast) begin
            beat <= beat + 2'd1;
            low  <= msg[47:0];
        end
endmodule
`default_nettype wire
