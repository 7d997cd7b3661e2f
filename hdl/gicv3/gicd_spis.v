// The SPIs of the Distributor: their state and registers, and for each queue (a PE, or the pool of 1-of-N interrupts
// that no PE has been chosen for) the best deliverable one of each group (golden model:
// pymodel/irqpath/gic/common/bank.py, spis.py, distributor.py).
//
// The best is kept by a tree of two levels: of each word of 32 SPIs a winner for each queue and group, and the best of
// the winners. After a change only its word is looked at again (`refresh`), queue by queue, so the work does not grow
// with the number of SPIs; queues that neither have nor had anything in the word are passed over, and those that the
// change of one SPI does not concern: all but the one that it is in, the one that it was in (of the PE that gave it
// back), and the pool if it is a 1-of-N interrupt.
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
    output reg  [63:0]      value,          // right-aligned
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
    localparam [7:0] PRIORITY_MASK = 8'hFF << (8 - PRIORITY_BITS);

    // widths of indices: of words of SPIs, of queues
    localparam WL = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam QL = $clog2(QUEUES);
    localparam DEPTH = 1 << WL;

    // one bit an SPI; word n holds INTIDs 32(n+1) to 32(n+1)+31
    reg [31:0]  enable [0:DEPTH-1], group [0:DEPTH-1], latch [0:DEPTH-1], level [0:DEPTH-1], message [0:DEPTH-1];
    reg [31:0]  active [0:DEPTH-1], edges [0:DEPTH-1], irm [0:DEPTH-1], located [0:DEPTH-1];
    reg [255:0] priorities [0:DEPTH-1];
    reg [127:0] where [0:DEPTH-1];          // queue of each
    reg [127:0] holder [0:DEPTH-1];         // PE that may hold it, where `located`
    reg [31:0]  affinity [0:32*DEPTH-1];        // GICD_IROUTER

    // --- tree -------------------------------------------------------------------------------------------------------
    reg [13:0]  winner [0:(1<<(QL+1+WL))-1];     // {valid, priority, number in the word} by {queue, group, word}
    reg [18:0]  top [0:(2<<QL)-1];          // {valid, priority, INTID} by {queue, group}
    genvar t;
    generate
        for (t = 0; t < 2 * QUEUES; t = t + 1) begin : g_best
            assign best[19*t +: 19] = top[t];
        end
    endgenerate

    localparam [2:0] IDLE = 3'd0, NORMAL = 3'd1, WIN = 3'd2, TOP = 3'd3, FORGET = 3'd4;
    reg [2:0]   state;
    reg [WORDS-1:0] given;                  // words in which a PE was chosen for a 1-of-N interrupt
    // of these, words that `forget` has to look at; the first is the current one
    reg [WORDS-1:0] left;
    reg [WL-1:0] word;                      // the current one
    reg [QUEUES-1:0] todo;                  // queues that are still to be looked at
    reg         single;                     // the current change was of one SPI, of this number in the word
    reg [4:0]   changed_number;
    reg         from_valid;                 // and by something at this PE
    reg [3:0]   from_pe;
    reg         forgetting;
    reg [3:0]   forget_pe;
    reg [1:0]   forget_takes;
    assign busy      = state != IDLE;
    assign forgotten = !forgetting;

    wire [31:0] pending    = latch[word] | (level[word] | message[word]) & ~edges[word];
    wire [31:0] candidates = pending & enable[word] & ~active[word];

    // which SPIs of the word belong to the queue and may be delivered by it
    function [31:0] of_queue(input [127:0] w, input [31:0] l, input [127:0] h, input [3:0] q);
        integer k;
        for (k = 0; k < 32; k = k + 1) of_queue[k] = w[4*k +: 4] == q && (!l[k] || h[4*k +: 4] == q);
    endfunction
    // queues that have something in the word, or had a winner there
    reg [QUEUES-1:0] occupied;
    always @* begin : look_for_work
        integer m;
        m        = 0;  // no latch, whatever the state
        occupied = {QUEUES{1'b0}};
        if (state == NORMAL)
            for (m = 0; m < QUEUES; m = m + 1)
                occupied[m] = winner[{m[QL-1:0], 1'b0, word}][13] || winner[{m[QL-1:0], 1'b1, word}][13]
                              || |(candidates & of_queue(where[word], located[word], holder[word], m[3:0]));
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
    function [3:0] lowest(input [QUEUES-1:0] of);
        integer k;
        begin
            lowest = 4'd0;
            for (k = QUEUES - 1; k >= 0; k = k - 1) if (of[k]) lowest = k[3:0];
        end
    endfunction
    wire [3:0]  queue = lowest(todo);
    wire [QUEUES-1:0] rest = todo & (todo - 1'b1);
    wire        looks = state == WIN;
    wire [31:0] mine  = looks ? candidates & of_queue(where[word], located[word], holder[word], queue) : 32'd0;
    wire [QL+WL:0] slot0 = {queue[QL-1:0], 1'b0, word};
    wire [QL+WL:0] slot1 = {queue[QL-1:0], 1'b1, word};

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
    genvar g;
    generate
        for (g = 0; g < 2; g = g + 1) begin : g_group
            max_tree #(.N(32), .WIDTH(8), .LEAST(1)) of_word (
                .enable(looks), .valid(mine & (g == 0 ? ~group[word] : group[word])), .keys(priorities[word]),
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

    // which SPIs of the word `forget` is about
    function [31:0] of_pe(input [127:0] w, input [3:0] p);
        integer k;
        for (k = 0; k < 32; k = k + 1) of_pe[k] = w[4*k +: 4] == p;
    endfunction
    wire [31:0] stale = state == FORGET ? irm[word] & of_pe(where[word], forget_pe)
                                          & ((forget_takes[0] ? 32'd0 : ~group[word]) | (forget_takes[1] ? 32'd0
                                              : group[word]))
                                        : 32'd0;
    function [WL-1:0] first_of(input [WORDS-1:0] words);
        integer k;
        begin
            first_of = 0;
            for (k = WORDS - 1; k >= 0; k = k - 1) if (words[k]) first_of = k[WL-1:0];
        end
    endfunction
    wire [WORDS-1:0] left_then = left & (left - 1'b1);
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

    wire [31:0]     wires [0:DEPTH-1];
    genvar u;
    generate
        for (u = 0; u < DEPTH; u = u + 1) begin : g_wires
            if (u < WORDS) begin : g_there
                assign wires[u] = seen[32*u +: 32];
            end else begin : g_none
                assign wires[u] = 32'd0;
            end
        end
    endgenerate
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
    // which array, and which word or SPI of it
    // 128 bytes an array of bits
    wire in_array  = address >= `IRQPATH_GICD_IGROUPR && address < `IRQPATH_GICD_IPRIORITYR;
    wire in_prio   = address >= `IRQPATH_GICD_IPRIORITYR && address < `IRQPATH_GICD_IPRIORITYR + 16'h400;
    wire in_config = address >= `IRQPATH_GICD_ICFGR && address < `IRQPATH_GICD_ICFGR + 16'h100;
    wire in_route  = address >= 16'h6000 && address < 16'h8000;
    wire set_spi   = MESSAGE_SPIS != 0 && address == `IRQPATH_GICD_SETSPI_NSR;
    wire clr_spi   = MESSAGE_SPIS != 0 && address == `IRQPATH_GICD_CLRSPI_NSR;
    wire [2:0] array = address[9:7];          // 1 IGROUPR, 2 ISENABLER, 3 ICENABLER, ... (each 128 bytes)
    wire [12:0] named = data[12:0];           // INTID in GICD_SETSPI and GICD_CLRSPI

    reg  [4:0] reg_word;                      // word of SPIs, counted from INTID 0
    reg  [9:0] reg_intid;
    always @* begin
        reg_intid = 10'd0;
        if (in_array) reg_word = address[6:2];
        else if (in_prio) reg_word = address[9:5];
        else if (in_config) reg_word = address[7:3];
        else if (in_route) begin
            reg_intid = address[12:3];
            reg_word  = reg_intid[9:5];
        end else begin
            reg_intid = named[9:0];
            reg_word  = reg_intid[9:5];
        end
    end
    wire       exists = reg_word != 5'd0 && {27'd0, reg_word} <= WORDS && (in_array || in_prio || in_config
        || in_route || named[12:10] == 3'd0);
    wire [4:0] from_first = reg_word - 5'd1;
    wire [WL-1:0] idx     = exists ? from_first[WL-1:0] : 0;
    wire [4:0] number     = reg_intid[4:0];
    wire [WL+4:0] spi_idx = {idx, number};

    wire [31:0] idx_pending = latch[idx] | (level[idx] | message[idx]) & ~edges[idx];
    function [31:0] config_word(input [15:0] of);
        integer k;
        begin
            config_word = 32'd0;
            for (k = 0; k < 16; k = k + 1) config_word[2*k+1] = of[k];
        end
    endfunction
    wire [63:0] route = {24'd0, AFF3 != 0 ? affinity[spi_idx][31:24] : 8'd0, irm[idx][number], 7'd0,
        affinity[spi_idx][23:0]};
    always @* begin
        value = 64'd0;
        if (!exists) value = 64'd0;
        else if (in_array)
            case (array)
                3'd1:       value[31:0] = group[idx];
                3'd2, 3'd3: value[31:0] = enable[idx];
                3'd4, 3'd5: value[31:0] = idx_pending;
                3'd6, 3'd7: value[31:0] = active[idx];
                default: ;
            endcase
        else if (in_prio)
            value[31:0] = size == 3'd0 ? {24'd0, priorities[idx][{address[4:0], 3'b000} +: 8]}
                : priorities[idx][{address[4:2], 5'b00000} +: 32];
        else if (in_config) value[31:0] = config_word(address[2] ? edges[idx][31:16] : edges[idx][15:0]);
        else if (in_route) value = route >> {address[2], 5'd0};
    end

    wire        writes   = write && exists;
    wire [31:0] bits     = data[31:0];
    assign disables = writes && in_array && array == 3'd3 && |(enable[idx] & bits);
    assign concerns = writes && (in_array || in_prio || in_config || in_route || set_spi || clr_spi);
    wire [31:0] one_bit  = 32'd1 << number;

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

    wire [4:0]  life_from = intid[9:5] - 5'd1;
    wire [WL-1:0] life_word = life_from[WL-1:0];
    wire [31:0] life_bit  = 32'd1 << intid[4:0];
    wire [31:0] drive_bit = 32'd1 << first_bit;

    integer k, j;
    always @(posedge clk)
        if (rst) begin
            state <= IDLE;
            word  <= 0;
            given <= {WORDS{1'b0}};
            left  <= {WORDS{1'b0}};
            todo  <= {QUEUES{1'b0}};
            {single, changed_number, from_valid, from_pe} <= 11'd0;
            forgetting   <= 1'b0;
            forget_pe    <= 4'd0;
            forget_takes <= 2'b00;
            for (k = 0; k < DEPTH; k = k + 1) begin
                enable[k]  <= 32'd0;
                group[k]   <= 32'd0;
                latch[k]   <= 32'd0;
                level[k]   <= 32'd0;
                message[k] <= 32'd0;
                active[k]  <= 32'd0;
                edges[k]   <= 32'd0;
                irm[k]     <= 32'd0;
                located[k] <= 32'd0;
                priorities[k] <= 256'd0;
                where[k]   <= {32{queue_of(32'd0)}};
                holder[k]  <= 128'd0;
            end
            for (k = 0; k < 32 * DEPTH; k = k + 1) affinity[k] <= 32'd0;
            for (k = 0; k < (1 << (QL + 1 + WL)); k = k + 1) winner[k] <= 14'd0;
            for (k = 0; k < (2 << QL); k = k + 1) top[k] <= 19'd0;
        end else begin
            if (drive) begin
                level[first_word][first_bit] <= changed_level;
                if (changed_level) latch[first_word] <= latch[first_word] | edges[first_word] & drive_bit;
                word <= first_word;
            end
            if (acknowledge) begin
                active[life_word] <= active[life_word] | life_bit;
                latch[life_word] <= latch[life_word] & ~life_bit;
            end
            if (deactivate) active[life_word] <= active[life_word] & ~life_bit;
            if (unlocate && located[life_word][intid[4:0]] && holder[life_word][{intid[4:0], 2'b00} +: 4] == pe) begin
                located[life_word] <= located[life_word] & ~life_bit;
                if (irm[life_word][intid[4:0]]) where[life_word][{intid[4:0], 2'b00} +: 4] <= POOL;
            end
            if (locate) begin
                located[life_word] <= located[life_word] | life_bit;
                holder[life_word][{intid[4:0], 2'b00} +: 4] <= pe;
            end
            if (assign_pe) where[life_word][{intid[4:0], 2'b00} +: 4] <= pe;
            if (acknowledge || deactivate || unlocate || assign_pe) word <= life_word;
            if (state == IDLE) begin
                single         <= !(concerns && !set_spi && !clr_spi) && !forget;
                changed_number <= drive ? first_bit : concerns ? number : intid[4:0];
                from_valid     <= unlocate;
                from_pe        <= pe;
            end

            if (concerns) begin
                word <= idx;
                if (in_array)
                    case (array)
                        3'd1: group[idx]  <= bits;
                        3'd2: enable[idx] <= enable[idx] | bits;
                        3'd3: enable[idx] <= enable[idx] & ~bits;
                        3'd4: latch[idx]  <= latch[idx] | bits;
                        // what a level asserts stays pending, a message's too
                        3'd5: latch[idx]  <= latch[idx] & ~bits;
                        3'd6: active[idx] <= active[idx] | bits;
                        3'd7: active[idx] <= active[idx] & ~bits;
                        default: ;
                    endcase
                if (in_prio) begin
                    if (size == 3'd0) priorities[idx][{address[4:0], 3'b000} +: 8] <= bits[7:0] & PRIORITY_MASK;
                    else priorities[idx][{address[4:2], 5'b00000} +: 32] <= bits & {4{PRIORITY_MASK}};
                end
                if (in_config)
                    for (j = 0; j < 16; j = j + 1) edges[idx][{address[2], j[3:0]}] <= bits[2*j+1];
                if (in_route) begin
                    affinity[spi_idx] <= aff_next;
                    irm[idx][number] <= irm_next;
                    where[idx][{number, 2'b00} +: 4] <= where_next;
                end
                if (set_spi) begin
                    latch[idx]   <= latch[idx] | edges[idx] & one_bit;
                    message[idx] <= message[idx] | ~edges[idx] & one_bit;
                end
                if (clr_spi) begin
                    latch[idx]   <= latch[idx] & ~one_bit;
                    message[idx] <= message[idx] & ~one_bit;
                end
            end

            case (state)
                IDLE:
                    if (forget && ONE_OF_N != 0) begin
                        forgetting   <= 1'b1;
                        forget_pe    <= pe;
                        forget_takes <= takes;
                        word         <= first_of(given);
                        left         <= given;
                        state        <= FORGET;
                    end else if (refresh) state <= NORMAL;
                NORMAL: begin   // a 1-of-N interrupt that can't be delivered forgets the PE that was chosen for it
                    where[word] <= to_pool(where[word], irm[word] & ~candidates);
                    given[word] <= has_given;
                    todo        <= occupied & concerned;
                    state       <= |(occupied & concerned) ? WIN : forgetting ? FORGET : IDLE;
                end
                WIN: begin
                    winner[slot0] <= win[0];
                    winner[slot1] <= win[1];
                    if (winner[slot0] != win[0] || winner[slot1] != win[1]) state <= TOP;
                    else begin
                        todo <= rest;
                        if (rest == {QUEUES{1'b0}}) state <= forgetting ? FORGET : IDLE;
                    end
                end
                TOP: begin
                    top[{queue[QL-1:0], 1'b0}] <= best_winner[0];
                    top[{queue[QL-1:0], 1'b1}] <= best_winner[1];
                    todo  <= rest;
                    state <= |rest ? WIN : forgetting ? FORGET : IDLE;
                end
                // FORGET: the current word, again after its refresh, when nothing of it is stale any more
                default:
                    if (left == {WORDS{1'b0}}) begin
                        forgetting <= 1'b0;
                        state      <= IDLE;
                    end else if (|stale) begin
                        where[word] <= to_pool(where[word], stale);
                        state       <= NORMAL;
                    end else begin
                        word <= first_of(left_then);
                        left <= left_then;
                    end
            endcase
        end

    wire unused = &{1'b0, life_from, from_first, data[63:32], routed, 1'b0};
endmodule
`default_nettype wire
