// The offering side of a link that holds one candidate at its far end (GICR to GICC by the stream; GICD to GICR for
// SPIs). The rules are those of the golden model (pymodel/irqpath/gic/common/offer.py): a better candidate replaces the
// held one, one replacement at a time; a held one that is no candidate any more is withdrawn first. Combinational
// decision, state moves with `decide`.
`default_nettype none
module offer (
    input  wire        clk,
    input  wire        rst,
    // the best candidate now
    input  wire        best_valid,
    input  wire [7:0]  best_priority,
    input  wire [23:0] best_intid,
    input  wire        best_group,
    // what to do about it; takes effect in a cycle with `decide`
    input  wire        decide,
    output wire        set,
    output wire        clear,
    // messages from the far end
    input  wire        retire,        // it acknowledged or released `retire_intid`
    input  wire [23:0] retire_intid,
    input  wire        cleared,       // it acknowledged the withdrawal
    // state
    output reg         held,
    output reg  [23:0] held_intid,
    output reg         replaced,
    output reg  [23:0] replaced_intid,
    output wire        settled
);
    reg        clearing;
    reg  [7:0] held_priority;
    reg        held_group;

    wire same   = best_valid == held && (!held || (best_priority == held_priority && best_intid == held_intid
        && best_group == held_group));
    wire better = best_valid && held && best_intid != held_intid
                  && {best_priority, best_intid} < {held_priority, held_intid};
    wire replace = better && !replaced;

    assign set     = !clearing && !same && best_valid && (!held || replace);
    assign clear   = !clearing && !same && held && !better;
    assign settled = !clearing && !replaced && same;

    always @(posedge clk)
        if (rst) begin
            held           <= 1'b0;
            replaced       <= 1'b0;
            clearing       <= 1'b0;
            held_priority  <= 8'd0;
            held_intid     <= 24'd0;
            held_group     <= 1'b0;
            replaced_intid <= 24'd0;
        end else begin
            if (decide && set) begin
                held          <= 1'b1;
                held_priority <= best_priority;
                held_intid    <= best_intid;
                held_group    <= best_group;
                if (held) begin
                    replaced       <= 1'b1;
                    replaced_intid <= held_intid;
                end
            end
            if (decide && clear) clearing <= 1'b1;
            if (retire) begin
                if (replaced && replaced_intid == retire_intid) replaced <= 1'b0;
                else if (held_intid == retire_intid) held <= 1'b0;
            end
            if (cleared && clearing) begin
                clearing <= 1'b0;
                held     <= 1'b0;
            end
        end
endmodule
`default_nettype wire
