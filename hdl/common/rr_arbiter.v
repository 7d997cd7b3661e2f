// A round-robin arbiter: of those that ask, the first from the one on that follows the last taken. `grant` is one-hot,
// or 0 where nobody asks; the next one's turn comes with `take`.
`default_nettype none
module rr_arbiter #(
    parameter N = 2
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [N-1:0] request,
    input  wire         take,
    output wire [N-1:0] grant
);
    reg  [N-1:0]   turn;    // one-hot: the one that goes first
    wire [2*N-1:0] twice = {request, request} & ~({request, request} - {{N{1'b0}}, turn});
    assign grant = twice[N-1:0] | twice[2*N-1:N];

    always @(posedge clk)
        if (rst) turn <= 1;
        else if (take && |request) turn <= grant << 1 | grant >> (N - 1);
endmodule
`default_nettype wire
