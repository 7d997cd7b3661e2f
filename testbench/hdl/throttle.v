// Back-pressure: `go` is high in one of 2**`level` cycles, at random (always for level 0). Python sets `level`.
`default_nettype none
module throttle #(
    parameter SEED = 1
) (
    input  wire       clk,
    input  wire [2:0] level,
    output wire       go
);
    reg [30:0] lfsr;
    initial lfsr = 31'h2AAA_5555 ^ SEED[30:0];
    always @(posedge clk) lfsr <= {lfsr[23:0], lfsr[30:24] ^ lfsr[27:21]};   // x^31 + x^28 + 1, seven steps a cycle
    assign go = (lfsr[6:0] & ~(7'h7F << level)) == 7'd0;
endmodule
`default_nettype wire
