// The pending LPIs that a Redistributor holds itself: SLOTS entries of INTID and configuration byte. Finds by INTID,
// the best and the worst by rank (enabled before disabled, then the lower priority value, then the lower INTID), the
// lowest free slot and the lowest used one. Combinational over the slots; `best` leaves out `moving`, `worst` leaves
// out what is in flight.
`default_nettype none
module lpi_store #(
    parameter SLOTS = 32,
    parameter [7:0] PRIORITY_MASK = 8'hF8
) (
    input  wire        clk,
    input  wire        rst,
    // change
    input  wire        insert,          // into the lowest free slot
    input  wire        remove,          // the entry of `key`
    input  wire        update,          // the configuration of `key`
    input  wire        empty,           // everything
    input  wire [23:0] key,
    input  wire [7:0]  config_byte,
    // find
    input  wire        active,          // an operation is under way: what is found is wanted, and what changes does
    output wire        hit,             // `key` is here
    output wire        full,
    output wire        any,             // some slot is used
    output wire [23:0] first_intid,     // of the lowest used slot
    input  wire [$clog2(SLOTS):0] index,         // of an entry to look at
    output wire        used,
    output wire [23:0] intid,
    input  wire        move,            // `moving` is no candidate
    input  wire [23:0] moving,
    input  wire        fly0,            // `flight0` may not spill
    input  wire [23:0] flight0,
    input  wire        fly1,
    input  wire [23:0] flight1,
    input  wire        enable,            // `best` and `worst` are wanted in this cycle
    output wire        best_valid,
    output wire [32:0] best,            // rank: {disabled, priority, INTID}
    output wire [32:0] worst
);
    localparam LOG2 = $clog2(SLOTS);

    reg [SLOTS-1:0]   valid;
    reg [24*SLOTS-1:0] intids;
    reg [8*SLOTS-1:0]  configs;

    reg [SLOTS-1:0] match;
    integer k, m;
    always @* begin
        m     = 0;   // no latch, whatever happens
        match = {SLOTS{1'b0}};
        if (active)
            for (m = 0; m < SLOTS; m = m + 1) match[m] = valid[m] && intids[24*m +: 24] == key;
    end

    wire [SLOTS-1:0] vacant     = ~valid;
    wire [SLOTS-1:0] first_free = vacant & (~vacant + 1'b1);
    wire [SLOTS-1:0] first_used = valid & (~valid + 1'b1);

    assign hit  = |match;
    assign full = &valid;
    assign any  = |valid;

    function [23:0] pick(input [24*SLOTS-1:0] from, input [SLOTS-1:0] one);
        integer n;
        begin
            pick = 24'd0;
            for (n = 0; n < SLOTS; n = n + 1) if (one[n]) pick = pick | from[24*n +: 24];
        end
    endfunction
    assign first_intid = active ? pick(intids, first_used) : 24'd0;
    assign used        = valid[index[LOG2-1:0]];
    assign intid       = intids[24*index[LOG2-1:0] +: 24];

    // the least rank of all, and the greatest
    reg [SLOTS-1:0]    candidate, spillable;
    reg [33*SLOTS-1:0] ranks;
    always @* begin : ranking
        integer n;
        n         = 0;   // no latch, whatever `enable`
        candidate = {SLOTS{1'b0}};
        spillable = {SLOTS{1'b0}};
        ranks     = {(33*SLOTS){1'b0}};
        if (enable)
            for (n = 0; n < SLOTS; n = n + 1) begin
                candidate[n]      = valid[n] && !(move && intids[24*n +: 24] == moving);
                spillable[n]      = valid[n] && !(fly0 && intids[24*n +: 24] == flight0)
                                             && !(fly1 && intids[24*n +: 24] == flight1);
                ranks[33*n +: 33] = {!configs[8*n], configs[8*n +: 8] & PRIORITY_MASK & 8'hFC, intids[24*n +: 24]};
            end
    end
    wire            spillable_any;
    wire [LOG2-1:0] best_slot, worst_slot;
    max_tree #(.N(SLOTS), .WIDTH(33), .LEAST(1)) least (
        .enable(enable), .valid(candidate), .keys(ranks), .any(best_valid), .key(best), .index(best_slot)
    );
    max_tree #(.N(SLOTS), .WIDTH(33)) greatest (
        .enable(enable), .valid(spillable), .keys(ranks), .any(spillable_any), .key(worst), .index(worst_slot)
    );

    always @(posedge clk)
        if (rst || empty) begin
            valid <= {SLOTS{1'b0}};
            if (rst) begin
                intids  <= {(24*SLOTS){1'b0}};
                configs <= {(8*SLOTS){1'b0}};
            end
        end else begin
            if (remove) valid <= valid & ~match;
            if (insert) begin
                valid <= valid | first_free;
                for (k = 0; k < SLOTS; k = k + 1)
                    if (first_free[k]) begin
                        intids[24*k +: 24] <= key;
                        configs[8*k +: 8]  <= config_byte;
                    end
            end
            if (update)
                for (k = 0; k < SLOTS; k = k + 1) if (match[k]) configs[8*k +: 8] <= config_byte;
        end

    wire unused = &{1'b0, index[LOG2], spillable_any, best_slot, worst_slot, 1'b0};
endmodule
`default_nettype wire
