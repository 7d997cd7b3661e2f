// For each queue of SPIs (a PE, or whoever else they wait for) the best deliverable one of each group, by a tree of two
// levels: of each word of 32 SPIs a winner for each queue and group, and the best of the winners. After a change its
// word alone is looked at again, queue by queue, so the work does not grow with the number of SPIs.
`default_nettype none
module spi_winners #(
    parameter WORDS  = 1,    // 1 to 30
    parameter QUEUES = 1,    // 1 to 16
    parameter STEADY = 0     // every queue takes the same time: its best is found again though the winner stays
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [(WORDS > 1 ? $clog2(WORDS) : 1)-1:0] word,    // the current one
    // which queues had a winner in the word, while `ask`
    input  wire                ask,
    output reg  [QUEUES-1:0]   had,
    // these are looked at from the next cycle on, while `busy`, the last in the cycle in which it `ends`
    input  wire                start,
    input  wire [QUEUES-1:0]   queues,
    output wire                busy,
    output wire                ends,
    // what of the word `queue` may have, while `looks`
    output wire [3:0]          queue,
    output wire                looks,
    input  wire [31:0]         mine,
    input  wire [31:0]         groups,
    input  wire [255:0]        ranks,          // priorities
    output wire [38*QUEUES-1:0] best           // of each queue {Group 1, Group 0}, {valid, priority, INTID} each
);
    localparam WL = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam QL = QUEUES > 1 ? $clog2(QUEUES) : 1;
    localparam [1:0] IDLE = 2'd0, WIN = 2'd1, TOP = 2'd2;

    reg [13:0]       winner [0:(1<<(QL+1+WL))-1];    // {valid, priority, number in the word} by {queue, group, word}
    reg [18:0]       top [0:(2<<QL)-1];              // {valid, priority, INTID} by {queue, group}
    reg [1:0]        state;
    reg [QUEUES-1:0] todo;                           // queues that are still to be looked at
    genvar g;
    generate
        for (g = 0; g < 2 * QUEUES; g = g + 1) begin : g_best
            assign best[19*g +: 19] = top[g];
        end
    endgenerate

    function [3:0] lowest(input [QUEUES-1:0] of);
        integer k;
        begin
            lowest = 4'd0;
            for (k = QUEUES - 1; k >= 0; k = k - 1) if (of[k]) lowest = k[3:0];
        end
    endfunction
    assign queue = lowest(todo);
    assign looks = state == WIN;
    assign busy  = state != IDLE;
    wire [QUEUES-1:0] rest  = todo & (todo - 1'b1);
    wire [QL+WL:0]    slot0 = {queue[QL-1:0], 1'b0, word};
    wire [QL+WL:0]    slot1 = {queue[QL-1:0], 1'b1, word};
    always @* begin : look_for_winners
        integer m;
        m   = 0;  // no latch, whatever `ask`
        had = {QUEUES{1'b0}};
        if (ask)
            for (m = 0; m < QUEUES; m = m + 1)
                had[m] = winner[{m[QL-1:0], 1'b0, word}][13] || winner[{m[QL-1:0], 1'b1, word}][13];
    end

    // the winners of `queue`, by {group, word}
    reg [2*WORDS-1:0]  has_winner;
    reg [16*WORDS-1:0] winner_priorities;
    always @* begin : winners_of_queue
        integer n;
        n                 = 0;      // no latch, whatever the state
        has_winner        = {(2*WORDS){1'b0}};
        winner_priorities = {(16*WORDS){1'b0}};
        if (state == TOP)
            for (n = 0; n < WORDS; n = n + 1) begin
                {has_winner[n], winner_priorities[8*n +: 8]} = winner[{queue[QL-1:0], 1'b0, n[WL-1:0]}][13:5];
                {has_winner[WORDS+n], winner_priorities[8*(WORDS+n) +: 8]} = winner[{queue[QL-1:0], 1'b1,
                    n[WL-1:0]}][13:5];
            end
    end
    // of each group the best of `mine`, {valid, priority, number}, and the best of the winners, {valid, priority,
    // INTID}
    wire [13:0] win [0:1];
    wire [18:0] best_winner [0:1];
    generate
        for (g = 0; g < 2; g = g + 1) begin : g_group
            max_tree #(.N(32), .WIDTH(8), .LEAST(1)) of_word (
                .enable(looks), .valid(mine & (g == 0 ? ~groups : groups)), .keys(ranks),
                .any(win[g][13]), .key(win[g][12:5]), .index(win[g][4:0])
            );
            wire          any;
            wire [7:0]    rank;
            wire [WL-1:0] n;
            wire [4:0]    number;
            max_tree #(.N(WORDS), .WIDTH(8), .LEAST(1)) of_words (
                .enable(state == TOP), .valid(has_winner[WORDS*g +: WORDS]),
                .keys(winner_priorities[8*WORDS*g +: 8*WORDS]),
                .any(any), .key(rank), .index(n)
            );
            assign number         = winner[{queue[QL-1:0], g[0], n}][4:0];
            assign best_winner[g] = any ? {1'b1, rank, {{(5-WL){1'b0}}, n} + 5'd1, number} : 19'd0;
        end
    endgenerate

    wire stays = STEADY == 0 && winner[slot0] == win[0] && winner[slot1] == win[1];
    wire next  = state == TOP || looks && stays;          // the queue has been looked at
    assign ends = next && rest == {QUEUES{1'b0}};
    integer k;
    always @(posedge clk)
        if (rst) begin
            state <= IDLE;
            todo  <= {QUEUES{1'b0}};
            for (k = 0; k < (1 << (QL + 1 + WL)); k = k + 1) winner[k] <= 14'd0;
            for (k = 0; k < (2 << QL); k = k + 1) top[k] <= 19'd0;
        end else begin
            if (start && !busy) begin
                todo  <= queues;
                state <= |queues ? WIN : IDLE;
            end else if (next) begin
                todo  <= rest;
                state <= ends ? IDLE : WIN;
            end else if (looks) state <= TOP;
            if (looks) begin
                winner[slot0] <= win[0];
                winner[slot1] <= win[1];
            end
            if (state == TOP) begin
                top[{queue[QL-1:0], 1'b0}] <= best_winner[0];
                top[{queue[QL-1:0], 1'b1}] <= best_winner[1];
            end
        end
endmodule
`default_nettype wire
