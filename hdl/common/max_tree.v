// The greatest of N keys among the valid ones, or the least (LEAST), and its index: of equal keys the lowest. A tree of
// pairs, so its depth grows with the logarithm of N. Where `enable` is 0 nothing is compared (which saves simulation
// time), and nothing found.
`default_nettype none
module max_tree #(
    parameter N     = 32,
    parameter WIDTH = 8,
    parameter LEAST = 0
) (
    input  wire                 enable,
    input  wire [N-1:0]         valid,
    input  wire [WIDTH*N-1:0]   keys,
    output wire                 any,
    output wire [WIDTH-1:0]     key,
    output wire [(N > 1 ? $clog2(N) : 1)-1:0] index
);
    localparam LEVELS = N > 1 ? $clog2(N) : 1;
    localparam LEAVES = 1 << LEVELS;
    localparam NODE   = 1 + WIDTH + LEVELS;    // {valid, key, index}

    reg [NODE*LEAVES-1:0] nodes;
    reg [NODE-1:0]        low, high;
    reg                   better;
    integer               level, n;
    always @* begin
        nodes  = {(NODE*LEAVES){1'b0}};    // no latch, whatever `enable`
        low    = {NODE{1'b0}};
        high   = {NODE{1'b0}};
        better = 1'b0;
        level  = 0;
        n      = 0;
        if (enable) begin
            for (n = 0; n < N; n = n + 1) nodes[NODE*n +: NODE] = {valid[n], keys[WIDTH*n +: WIDTH], n[LEVELS-1:0]};
            for (level = 0; level < LEVELS; level = level + 1)
                for (n = 0; n < LEAVES >> (level + 1); n = n + 1) begin
                    low  = nodes[NODE*(2*n) +: NODE];
                    high = nodes[NODE*(2*n+1) +: NODE];
                    better = LEAST != 0 ? high[LEVELS +: WIDTH] < low[LEVELS +: WIDTH]
                                        : high[LEVELS +: WIDTH] > low[LEVELS +: WIDTH];
                    nodes[NODE*n +: NODE] = high[NODE-1] && (!low[NODE-1] || better) ? high : low;
                end
        end
    end
    assign {any, key, index} = nodes[NODE-1] ? nodes[NODE-1:0] : {NODE{1'b0}};
endmodule
`default_nettype wire
