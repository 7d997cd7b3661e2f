// Back-pressure: `go` is high in one of 2**`level` cycles, at random (always for level 0). Python sets `level`.
// `restart`: the random numbers begin anew, so that a scenario meets the same ones whatever ran before it.
`default_nettype none
module throttle #(
    parameter SEED = 1
) (
    input  wire       clk,
    input  wire       restart,
    input  wire [2:0] level,
    output wire       go
);
    localparam [30:0] FIRST = 31'h2AAA_5555 ^ SEED[30:0];
    reg [30:0] lfsr;
    initial lfsr = FIRST;
    // x^31 + x^28 + 1, seven steps a cycle
    always @(posedge clk) lfsr <= restart ? FIRST : {lfsr[23:0], lfsr[30:24] ^ lfsr[27:21]};
    assign go = (lfsr[6:0] & ~(7'h7F << level)) == 7'd0;
endmodule
`default_nettype wire
