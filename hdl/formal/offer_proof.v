// offer: whatever the candidates are and whatever the far end answers, of what it holds.
`default_nettype none
`include "formal/property.vh"
module offer_proof (
    input wire        clk,
    input wire        rst,
    input wire        best_valid,
    input wire [7:0]  best_priority,
    input wire [23:0] best_intid,
    input wire        best_group,
    input wire        decide,
    input wire        retire,
    input wire [23:0] retire_intid,
    input wire        cleared,
    // registers of `dut`
    input wire        clearing,
    input wire [7:0]  held_priority,
    input wire        held_group
);
    wire        set, clear, held, replaced, settled;
    wire [23:0] held_intid, replaced_intid;
    offer dut (
        .clk(clk), .rst(rst), .best_valid(best_valid), .best_priority(best_priority), .best_intid(best_intid),
        .best_group(best_group), .decide(decide), .set(set), .clear(clear),
        .retire(retire), .retire_intid(retire_intid), .cleared(cleared), .held(held), .held_intid(held_intid),
        .replaced(replaced), .replaced_intid(replaced_intid), .settled(settled)
    );
    initial assume (rst);

    // what the far end holds: as many as were sent and neither answered nor withdrawn
    reg  [1:0] sent;
    reg        asked;
    wire       sends = decide && set;
    always @(posedge clk)
        if (rst) {sent, asked} <= 3'd0;
        else begin
            sent  <= cleared ? 2'd0 : sent + {1'b0, sends} - {1'b0, retire};
            asked <= (asked || decide && clear) && !cleared;
        end
    // it answers what it got in order, a withdrawal when it was asked, and one input at a time comes; a block decides
    // between inputs

    wire at_best = held_intid == best_intid && held_priority == best_priority && held_group == best_group;
    wire [23:0] older = replaced ? replaced_intid : held_intid;   // of the two that the far end may hold
    `PROPERTIES(1'b1)
        `PROPERTY(1, "retired", !retire || (replaced || held) && retire_intid == older)
        `PROPERTY(1, "cleared", !cleared || asked && !replaced)
        `PROPERTY(1, "one input", {1'b0, retire} + {1'b0, cleared} + {1'b0, decide} <= 2'd1)
        `PROPERTY(0, "one of both", !(set && clear))
        `PROPERTY(0, "two at most", sent == {1'b0, held} + {1'b0, replaced})
        `PROPERTY(0, "no third", !set || sent < 2'd2)
        `PROPERTY(0, "withdrawal", asked == clearing && (!clearing || !set && !clear))
        `PROPERTY(0, "two INTIDs", !replaced || held && held_intid != replaced_intid)
        `PROPERTY(0, "better only", !(set && held) || {best_priority, best_intid} < {held_priority, held_intid})
        `PROPERTY(0, "settled", !settled || held == best_valid && (!held || at_best))
    `PROPERTIES_END
endmodule
`default_nettype wire
