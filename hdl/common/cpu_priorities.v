// Priorities of a CPU interface, physical or virtual: binary points, active priorities, and whether an interrupt
// preempts (IHI 0069 4.8, IHI 0048 3.3). Whoever instantiates it asks for at most one operation in a cycle.
`default_nettype none
module cpu_priorities #(
    parameter PREEMPTION_BITS = 5,   // 4 to 7
    parameter ONE_SET         = 0    // both groups' active priorities are kept as Group 0's (GICH_APR)
) (
    input  wire        clk,
    input  wire        rst,
    // an interrupt that would be taken
    input  wire [7:0]  level,
    input  wire        group,
    output wire        preempts,     // its group priority is above the running one
    // operations
    input  wire        raise,        // it is taken
    input  wire [1:0]  drop,         // the highest active priority is dropped, of each group
    input  wire [1:0]  write_bpr,    // of each group
    input  wire [5:0]  bpr_next,     // {Group 1, Group 0}
    input  wire        cbpr,
    input  wire        write_ap,     // of `ap_group`, 32 levels from 32 * `ap_number` on
    input  wire        ap_group,     // whose active priorities are asked about
    input  wire [1:0]  ap_number,
    input  wire [31:0] ap_next,
    // what follows
    output reg  [2:0]  bpr0,
    output reg  [2:0]  bpr1,
    output wire [31:0] ap,           // of `ap_group` and `ap_number`
    output wire        active,       // something is
    output wire        of_group0,    // the highest active priority is of Group 0,
    output wire        of_ap_group,  // of `ap_group`
    output wire [7:0]  running,
    output wire [7:0]  mask0,        // a priority's bits that preempt, of each group
    output wire [7:0]  mask1
);
    localparam LEVELS = 1 << PREEMPTION_BITS;
    localparam [2:0] BPR0_MIN = 3'd7 - PREEMPTION_BITS[2:0];
    localparam [2:0] BPR1_MIN = BPR0_MIN + 3'd1;

    reg  [LEVELS-1:0] ap0, ap1;
    wire [LEVELS-1:0] both   = ap0 | ap1;
    wire [LEVELS-1:0] lowest = both & (~both + 1'b1);
    function [7:0] position_of(input [LEVELS-1:0] one);   // position of the single bit set
        integer k;
        begin
            position_of = 8'd0;
            for (k = 0; k < LEVELS; k = k + 1)
                if (one[k]) position_of = position_of | k[7:0];
        end
    endfunction
    wire [7:0] preempt = level & (group ? mask1 : mask0);
    assign mask0    = 8'hFE << bpr0;
    assign mask1    = !cbpr ? 8'hFF << bpr1 : mask0;
    assign active   = |both;
    assign running  = active ? position_of(lowest) << (8 - PREEMPTION_BITS) : 8'hFF;
    assign preempts = preempt < running;

    wire [7:0]        raised     = preempt >> (8 - PREEMPTION_BITS);
    wire [LEVELS-1:0] raised_bit = {{(LEVELS-1){1'b0}}, 1'b1} << raised;
    wire              to_group1  = group && ONE_SET == 0;

    wire [LEVELS-1:0] asked = ap_group ? ap1 : ap0;
    assign of_group0   = |(ap0 & lowest);
    assign of_ap_group = |(asked & lowest);
    wire [127:0] wide = {{(128-LEVELS){1'b0}}, asked};
    wire [127:0] next = wide & ~(128'hFFFF_FFFF << {ap_number, 5'd0}) | {96'd0, ap_next} << {ap_number, 5'd0};
    assign ap = wide[{ap_number, 5'd0} +: 32];

    always @(posedge clk)
        if (rst) begin
            bpr0 <= BPR0_MIN;
            bpr1 <= BPR1_MIN;
            ap0  <= {LEVELS{1'b0}};
            ap1  <= {LEVELS{1'b0}};
        end else begin
            if (write_bpr[0]) bpr0 <= bpr_next[2:0] > BPR0_MIN ? bpr_next[2:0] : BPR0_MIN;
            if (write_bpr[1]) bpr1 <= bpr_next[5:3] > BPR1_MIN ? bpr_next[5:3] : BPR1_MIN;
            if (raise && !to_group1) ap0 <= ap0 | raised_bit;
            else if (drop[0]) ap0 <= ap0 & ~lowest;
            else if (write_ap && !ap_group) ap0 <= next[LEVELS-1:0];
            if (raise && to_group1) ap1 <= ap1 | raised_bit;
            else if (drop[1]) ap1 <= ap1 & ~lowest;
            else if (write_ap && ap_group) ap1 <= next[LEVELS-1:0];
        end

    wire unused = &{1'b0, next, 1'b0};
endmodule
`default_nettype wire
