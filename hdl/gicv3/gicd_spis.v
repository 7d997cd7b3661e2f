// The SPIs of the Distributor: their state and registers (spi_bank.v), their routes, and for each queue (a PE, or the
// pool of 1-of-N interrupts that no PE has been chosen for) the best deliverable one of each group (spi_winners.v;
// golden model: pymodel/irqpath/gic/gicd/spis.py, distributor.py).
//
// After a change only its word is looked at again (`refresh`); queues that neither have nor had anything in the word
// are passed over, and those that the change of one SPI does not concern: all but the one that it is in, the one that
// it was in (of the PE that gave it back), and the pool if it is a 1-of-N interrupt.
`default_nettype none
`include "generated/irqpath_regs.vh"
module gicd_spis #(
    parameter              SPIS          = 32,   // a multiple of 32, 32 to 960
    parameter              PES           = 1,
    parameter              PRIORITY_BITS = 5,
    parameter              ONE_OF_N      = 1,
    parameter              MESSAGE_SPIS  = 1,
    parameter              AFF3          = 0,
    parameter [32*PES-1:0] AFFINITIES    = {PES{32'd0}}
) (
    input  wire             clk,
    input  wire             rst,
    // registers: a permitted access to any frame offset; `value` is the 64-bit word that holds it
    input  wire             write,
    input  wire [15:0]      address,
    input  wire [2:0]       size,
    input  wire [63:0]      data,           // right-aligned
    output wire [63:0]      value,          // right-aligned
    output wire             disables,       // the write clears an enable
    output wire             concerns,       // the write changes SPIs: `refresh` must follow
    // wires
    input  wire [SPIS-1:0]  spi,
    output wire             changed,
    output wire [9:0]       changed_intid,
    output wire             changed_level,
    input  wire             drive,          // the change is taken in
    // life cycle, of `intid`
    input  wire             acknowledge,
    input  wire             deactivate,
    input  wire             unlocate,       // PE `pe` holds it no more
    input  wire             locate,         // offered to PE `pe`
    input  wire             assign_pe,      // a 1-of-N interrupt is given to PE `pe`
    input  wire [9:0]       intid,
    input  wire [3:0]       pe,
    // 1-of-N interrupts of PE `pe` in groups that it does not take go back to the pool, one word of SPIs after the
    // other: of those in which some PE has any, which are few however many SPIs there are
    input  wire             forget,
    input  wire [1:0]       takes,
    output wire             forgotten,      // all of them were looked at
    // refresh one word
    input  wire             refresh,
    output wire             busy,
    // the best of each queue and group: {valid, priority, INTID}; queue PES is the pool
    output wire [19*2*(PES+1)-1:0] best
);
    localparam       WORDS    = SPIS / 32;
    localparam       QUEUES   = PES + 1;
    localparam [3:0] POOL     = PES[3:0];
    localparam [3:0] NOWHERE  = 4'd15;
    localparam       WL       = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam       DEPTH    = 1 << WL;

    // one bit an SPI; word n holds INTIDs 32(n+1) to 32(n+1)+31
    reg [31:0]  irm [0:DEPTH-1], located [0:DEPTH-1];
    reg [127:0] where [0:DEPTH-1];          // queue of each
    reg [127:0] holder [0:DEPTH-1];         // PE that may hold it, where `located`
    reg [31:0]  affinity [0:32*DEPTH-1];    // GICD_IROUTER

    // --- which are looked at -----------------------------------------------------------------------------------------
    localparam [1:0] IDLE = 2'd0, NORMAL = 2'd1, LOOK = 2'd2, FORGET = 2'd3;
    reg [1:0]   state;
    reg [WORDS-1:0] given;                  // words in which a PE was chosen for a 1-of-N interrupt
    // of these, words that `forget` has to look at; the first is the current one
    reg [WORDS-1:0] left;
    reg         single;                     // the current change was of one SPI, of this number in the word
    reg [4:0]   changed_number;
    reg         from_valid;                 // and by something at this PE
    reg [3:0]   from_pe;
    reg         forgetting;
    reg [3:0]   forget_pe;
    reg [1:0]   forget_takes;
    assign busy      = state != IDLE;
    assign forgotten = !forgetting;

    wire [WL-1:0]  word;                    // the current one
    wire [31:0]    candidates, groups;
    wire [255:0]   ranks;
    // which SPIs of the word belong to the queue and may be delivered by it
    function [31:0] of_queue(input [127:0] w, input [31:0] l, input [127:0] h, input [3:0] q);
        integer k;
        for (k = 0; k < 32; k = k + 1) of_queue[k] = w[4*k +: 4] == q && (!l[k] || h[4*k +: 4] == q);
    endfunction
    // queues that have something in the word, or had a winner there
    wire [QUEUES-1:0] had;
    reg  [QUEUES-1:0] occupied;
    always @* begin : look_for_work
        integer m;
        m        = 0;  // no latch, whatever the state
        occupied = had;
        if (state == NORMAL)
            for (m = 0; m < QUEUES; m = m + 1)
                occupied[m] = had[m] || |(candidates & of_queue(where[word], located[word], holder[word], m[3:0]));
    end
    reg [QUEUES-1:0] concerned;
    wire [127:0] where_of_word = where[word];
    wire [31:0]  irm_of_word   = irm[word];
    wire [3:0]   where_now     = where_of_word[{changed_number, 2'b00} +: 4];
    always @* begin : look_for_queues
        integer m;
        for (m = 0; m < QUEUES; m = m + 1)
            concerned[m] = !single || where_now == m[3:0] || (from_valid && from_pe == m[3:0])
                           || (m == PES && irm_of_word[changed_number]);
    end
    wire [QUEUES-1:0] todo = occupied & concerned;
    wire [3:0]  queue;
    wire        looks, ends, unused_busy;
    spi_winners #(.WORDS(WORDS), .QUEUES(QUEUES)) winners (
        .clk(clk), .rst(rst), .word(word), .ask(state == NORMAL), .had(had), .start(state == NORMAL), .queues(todo),
        .busy(unused_busy), .ends(ends), .queue(queue), .looks(looks),
        .mine(looks ? candidates & of_queue(where[word], located[word], holder[word], queue) : 32'd0),
        .groups(groups), .ranks(ranks), .best(best)
    );

    // which SPIs of the word `forget` is about
    function [31:0] of_pe(input [127:0] w, input [3:0] p);
        integer k;
        for (k = 0; k < 32; k = k + 1) of_pe[k] = w[4*k +: 4] == p;
    endfunction
    wire [31:0] stale = state == FORGET ? irm[word] & of_pe(where[word], forget_pe)
                                          & ((forget_takes[0] ? 32'd0 : ~groups) | (forget_takes[1] ? 32'd0 : groups))
                                        : 32'd0;
    function [WL-1:0] first_of(input [WORDS-1:0] words);
        integer k;
        begin
            first_of = 0;
            for (k = WORDS - 1; k >= 0; k = k - 1) if (words[k]) first_of = k[WL-1:0];
        end
    endfunction
    wire [WORDS-1:0] left_then = left & (left - 1'b1);
    wire        visit     = state == IDLE && forget && ONE_OF_N != 0 || state == FORGET && |left && !(|stale);
    wire        has_given = state == NORMAL && |(irm[word] & candidates & ~of_pe(where[word], POOL));
    function [127:0] to_pool(input [127:0] w, input [31:0] which);
        integer k;
        for (k = 0; k < 32; k = k + 1) to_pool[4*k +: 4] = which[k] ? POOL : w[4*k +: 4];
    endfunction

    // --- wires ------------------------------------------------------------------------------------------------------
    reg [WORDS-1:0] differs;
    reg [WL-1:0]    first_word;
    reg [31:0]      difference;
    reg [4:0]       first_bit;
    // a rise is kept until it is taken in, so that a pulse of one cycle is not lost while the block is busy; one that
    // follows a fall which has not been taken in merges with the one before
    reg  [SPIS-1:0] was, caught;
    wire [SPIS-1:0] seen     = spi | caught;
    wire [SPIS-1:0] levels;
    wire [31:0]     wires [0:DEPTH-1], level [0:DEPTH-1];
    genvar u;
    generate
        for (u = 0; u < DEPTH; u = u + 1) begin : g_wires
            if (u < WORDS) begin : g_there
                assign wires[u] = seen[32*u +: 32];
                assign level[u] = levels[32*u +: 32];
            end else begin : g_none
                assign wires[u] = 32'd0;
                assign level[u] = 32'd0;
            end
        end
    endgenerate
    integer         c;
    wire [SPIS-1:0] taken_in = {{(SPIS-1){1'b0}}, drive} << {first_word, first_bit};
    always @(posedge clk)
        if (rst) begin
            was    <= {SPIS{1'b0}};
            caught <= {SPIS{1'b0}};
        end else begin
            was    <= spi;
            for (c = 0; c < WORDS; c = c + 1)
                caught[32*c +: 32] <= (caught[32*c +: 32] | spi[32*c +: 32] & ~was[32*c +: 32]) & ~taken_in[32*c +: 32]
                                      & ~level[c];
        end

    integer         w;
    always @* begin
        first_word = 0;
        for (w = WORDS - 1; w >= 0; w = w - 1) begin
            differs[w] = seen[32*w +: 32] != level[w];
            if (differs[w]) first_word = w[WL-1:0];
        end
        difference = wires[first_word] ^ level[first_word];
        first_bit  = 5'd0;
        for (w = 31; w >= 0; w = w - 1) if (difference[w]) first_bit = w[4:0];
    end
    assign changed       = |differs;
    wire [31:0] wires_of_first = wires[first_word];
    assign changed_intid = {{{(5-WL){1'b0}}, first_word} + 5'd1, first_bit};
    assign changed_level = wires_of_first[first_bit];

    // --- registers --------------------------------------------------------------------------------------------------
    // of one SPI: GICD_IROUTER, and the messages, whose data are its INTID
    wire in_route = address >= 16'h6000 && address < 16'h8000;
    wire set_spi  = MESSAGE_SPIS != 0 && address == `IRQPATH_GICD_SETSPI_NSR;
    wire clr_spi  = MESSAGE_SPIS != 0 && address == `IRQPATH_GICD_CLRSPI_NSR;
    wire [12:0]   named     = in_route ? {3'd0, address[12:3]} : data[12:0];
    wire          exists    = named[12:5] != 8'd0 && {24'd0, named[12:5]} <= WORDS && (in_route || set_spi || clr_spi);
    wire [4:0]    from_first = named[9:5] - 5'd1;
    wire [WL-1:0] idx       = exists ? from_first[WL-1:0] : 0;
    wire [4:0]    number    = named[4:0];
    wire [WL+4:0] spi_idx   = {idx, number};
    wire          of_one    = write && exists;
    wire          routes    = of_one && in_route;

    wire [31:0]   bank_value;
    wire          bank_concerns, unused_changes, unused_group;
    wire [WL-1:0] its_word;
    wire [255:0]  unused_lists;
    spi_bank #(.SPIS(SPIS), .PRIORITY_BITS(PRIORITY_BITS), .MESSAGES(1)) bank (
        .clk(clk), .rst(rst), .write(write), .address(address), .byte_access(size == 3'd0), .data(data[31:0]),
        .value(bank_value), .concerns(bank_concerns), .disables(disables),
        .drive(drive), .pulse(1'b0), .high(changed_level), .set(of_one && set_spi), .clear(of_one && clr_spi),
        .acknowledge(acknowledge), .deactivate(deactivate), .touch(unlocate || assign_pe || routes),
        .intid(drive ? changed_intid : of_one ? named[9:0] : intid),
        .group_of(unused_group), .changes(unused_changes), .its_word(its_word),
        .visit(visit), .visited(first_of(state == IDLE ? given : left_then)), .word(word),
        .candidates(candidates), .groups(groups), .ranks(ranks), .lists(unused_lists), .levels(levels)
    );
    assign concerns = bank_concerns || of_one;

    wire [63:0] route = {24'd0, AFF3 != 0 ? affinity[spi_idx][31:24] : 8'd0, irm[idx][number], 7'd0,
        affinity[spi_idx][23:0]};
    assign value = in_route && exists ? route >> {address[2], 5'd0} : {32'd0, bank_value};

    // GICD_IROUTER after the write
    wire [63:0] lanes    = (size == 3'd3 ? {64{1'b1}} : 64'hFFFF_FFFF) << {address[2], 5'd0};
    wire [63:0] routed   = route & ~lanes | data << {address[2], 5'd0} & lanes;
    wire        irm_next = ONE_OF_N != 0 && routed[31];
    wire [31:0] aff_next = {AFF3 != 0 ? routed[39:32] : 8'd0, routed[23:0]};
    function [3:0] queue_of(input [31:0] aff);
        integer p;
        begin
            queue_of = NOWHERE;
            for (p = 0; p < PES; p = p + 1) if (AFFINITIES[32*p +: 32] == aff) queue_of = p[3:0];
        end
    endfunction
    wire [3:0]  where_next = irm_next ? POOL : queue_of(aff_next);

    wire [31:0] life_bit  = 32'd1 << intid[4:0];

    integer k;
    always @(posedge clk)
        if (rst) begin
            state <= IDLE;
            given <= {WORDS{1'b0}};
            left  <= {WORDS{1'b0}};
            {single, changed_number, from_valid, from_pe} <= 11'd0;
            forgetting   <= 1'b0;
            forget_pe    <= 4'd0;
            forget_takes <= 2'b00;
            for (k = 0; k < DEPTH; k = k + 1) begin
                irm[k]     <= 32'd0;
                located[k] <= 32'd0;
                where[k]   <= {32{queue_of(32'd0)}};
                holder[k]  <= 128'd0;
            end
            for (k = 0; k < 32 * DEPTH; k = k + 1) affinity[k] <= 32'd0;
        end else begin
            if (unlocate && located[its_word][intid[4:0]] && holder[its_word][{intid[4:0], 2'b00} +: 4] == pe) begin
                located[its_word] <= located[its_word] & ~life_bit;
                if (irm[its_word][intid[4:0]]) where[its_word][{intid[4:0], 2'b00} +: 4] <= POOL;
            end
            if (locate) begin
                located[its_word] <= located[its_word] | life_bit;
                holder[its_word][{intid[4:0], 2'b00} +: 4] <= pe;
            end
            if (assign_pe) where[its_word][{intid[4:0], 2'b00} +: 4] <= pe;
            if (state == IDLE) begin
                single         <= !bank_concerns && !routes && !forget;
                changed_number <= drive ? first_bit : of_one ? number : intid[4:0];
                from_valid     <= unlocate;
                from_pe        <= pe;
            end

            if (routes) begin
                affinity[spi_idx] <= aff_next;
                irm[idx][number] <= irm_next;
                where[idx][{number, 2'b00} +: 4] <= where_next;
            end

            case (state)
                IDLE:
                    if (forget && ONE_OF_N != 0) begin
                        forgetting   <= 1'b1;
                        forget_pe    <= pe;
                        forget_takes <= takes;
                        left         <= given;
                        state        <= FORGET;
                    end else if (refresh) state <= NORMAL;
                NORMAL: begin   // a 1-of-N interrupt that can't be delivered forgets the PE that was chosen for it
                    where[word] <= to_pool(where[word], irm[word] & ~candidates);
                    given[word] <= has_given;
                    state       <= |todo ? LOOK : forgetting ? FORGET : IDLE;
                end
                LOOK: if (ends) state <= forgetting ? FORGET : IDLE;
                // FORGET: the current word, again after its refresh, when nothing of it is stale any more
                default:
                    if (left == {WORDS{1'b0}}) begin
                        forgetting <= 1'b0;
                        state      <= IDLE;
                    end else if (|stale) begin
                        where[word] <= to_pool(where[word], stale);
                        state       <= NORMAL;
                    end else left <= left_then;
            endcase
        end

    wire unused = &{1'b0, from_first, data[63:32], routed, unused_busy, unused_changes, unused_group, unused_lists,
                    1'b0};
endmodule
`default_nettype wire
