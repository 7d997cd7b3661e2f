// The clock and the cycle counter: made here, so that no Python runs for a cycle in which nothing happens. `restart`
// sets the counter to 0: every scenario counts from its own start.
`default_nettype none
module clock (
    input  wire       restart,
    output reg        clk,
    output reg [39:0] cycle
);
    initial begin
        clk   = 1'b0;
        cycle = 40'd0;
    end
    always #5 clk = ~clk;
    always @(posedge clk) cycle <= restart ? 40'd0 : cycle + 40'd1;
endmodule
`default_nettype wire
