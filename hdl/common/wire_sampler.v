// Wires that a block takes in one at a time, the lowest first: what differs from the level that it took last. A rise is
// kept until it is taken, so that a pulse of one cycle is not lost while the block is busy; one that follows a fall
// which has not been taken merges with the one before.
`default_nettype none
module wire_sampler #(
    parameter N = 32
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire [N-1:0]         wires,
    input  wire [N-1:0]         level,     // as taken last
    input  wire                 take,      // the change is taken now; `level` follows
    output wire                 changed,   // there is one
    output reg  [$clog2(N)-1:0] number,
    output wire                 high
);
    reg  [N-1:0] was, caught;
    wire [N-1:0] seen    = wires | caught;
    wire [N-1:0] differs = seen ^ level;
    wire [N-1:0] taken   = {{(N-1){1'b0}}, take} << number;
    integer      k;
    assign changed = |differs;
    assign high    = seen[number];
    always @* begin
        number = 0;
        k      = 0;
        if (changed) for (k = N - 1; k >= 0; k = k - 1) if (differs[k]) number = k[$clog2(N)-1:0];
    end

    always @(posedge clk)
        if (rst) begin
            was    <= {N{1'b0}};
            caught <= {N{1'b0}};
        end else begin
            was    <= wires;
            caught <= (caught | wires & ~was) & ~taken & ~level;
        end
endmodule
`default_nettype wire
