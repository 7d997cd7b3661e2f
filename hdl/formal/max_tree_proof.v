// max_tree, which is combinational: what holds for every input of one cycle holds always. `other` is any of the keys.
`default_nettype none
`include "formal/property.vh"
module max_tree_proof #(
    parameter N     = 6,
    parameter WIDTH = 3,
    parameter LEAST = 0
) (
    input wire               clk,
    input wire               enable,
    input wire [N-1:0]       valid,
    input wire [WIDTH*N-1:0] keys
);
    wire                 rst = 1'b0;
    wire                 any;
    wire [WIDTH-1:0]     key;
    wire [(N > 1 ? $clog2(N) : 1)-1:0] index;
    max_tree #(.N(N), .WIDTH(WIDTH), .LEAST(LEAST)) dut (
        .enable(enable), .valid(valid), .keys(keys), .any(any), .key(key), .index(index)
    );
    (* anyconst *) reg [(N > 1 ? $clog2(N) : 1)-1:0] other;
    wire                 there = enable && other < N && valid[other];
    wire [WIDTH-1:0]     its   = keys[WIDTH*other +: WIDTH];
    `PROPERTIES(1'b1)
        `PROPERTY(0, "any", any == (enable && |valid))
        `PROPERTY(0, "a valid one", !any || index < N && valid[index] && key == keys[WIDTH*index +: WIDTH])
        `PROPERTY(0, "none better", !there || (LEAST != 0 ? key <= its : key >= its))
        `PROPERTY(0, "the lowest", !there || key != its || index <= other)
        `PROPERTY(0, "none", any || key == 0 && index == 0)
    `PROPERTIES_END
endmodule
`default_nettype wire
