// rr_arbiter: one of those that ask, and everyone that keeps asking after fewer than N others. `who` is any of them.
`default_nettype none
`include "formal/property.vh"
module rr_arbiter_proof #(
    parameter N = 5
) (
    input wire         clk,
    input wire         rst,
    input wire [N-1:0] request,
    input wire         take,
    input wire [N-1:0] turn       // register of `dut`
);
    wire [N-1:0] grant;
    rr_arbiter #(.N(N)) dut (.clk(clk), .rst(rst), .request(request), .take(take), .grant(grant));
    grant_properties #(.N(N)) choice (.clk(clk), .rst(rst), .request(request), .grant(grant));
    initial assume (rst);

    (* anyconst *) reg [$clog2(N)-1:0] who;
    always @* assume (who < N);
    reg  [$clog2(N):0]        before;    // others that were taken since `who` asks
    always @(posedge clk)
        if (rst || !request[who] || take && grant[who]) before <= 0;
        else if (take) before <= before + 1'b1;

    // how many may go before `who`: the places from `turn` on
    reg  [$clog2(N):0]        places;
    integer                   n;
    always @* begin
        places = 0;
        for (n = 0; n < N; n = n + 1)
            if (turn[n]) places = who >= n ? who - n : who + N - n;
    end
    `PROPERTIES(1'b1)
        `PROPERTY(0, "turn", turn != 0 && (turn & (turn - 1'b1)) == 0)
        `PROPERTY(0, "fair", before + (request[who] ? places : 0) < N)
    `PROPERTIES_END
endmodule
`default_nettype wire
