// The physical LPIs of one Redistributor (golden model: pymodel/irqpath/gic/gicr/lpi.py; IHI 0069 5.1): a store of
// pending LPIs, the rest in the pending table in memory. What is in the store is clear in the table. When the store is
// full the worst-ranked LPI spills into the table, and before a best one is named the table is read again if one that
// spilled may rank before it.
//
// One operation at a time: `start` with `op`, then `done` for one cycle with the result. Every access to memory is made
// in the order in which the golden model makes it.
`default_nettype none
module gicr_lpi #(
    parameter SLOTS         = 32,
    parameter INTID_BITS    = 16,
    parameter PRIORITY_BITS = 5
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,
    input  wire [2:0]  op,
    input  wire [23:0] operand,       // INTID
    output wire        done,
    output reg         result,        // CLEAR: it was pending; BEST, ANY: there is one
    output reg  [7:0]  result_priority,
    output reg  [23:0] result_intid,
    // from the Redistributor
    input  wire        enabled,       // GICR_CTLR.EnableLPIs
    input  wire [4:0]  idbits,        // GICR_PROPBASER.IDbits
    input  wire [51:0] prop_base,
    input  wire [51:0] pend_base,
    input  wire        ptz,
    input  wire        move,          // `moving` is being handed to another Redistributor: no candidate here
    input  wire [23:0] moving,
    input  wire        fly0,          // GICC may hold `flight0`
    input  wire [23:0] flight0,
    input  wire        fly1,
    input  wire [23:0] flight1,
    // mem: one access at a time; size is the logarithm of bytes, data are right-aligned
    output wire        mem_valid,
    input  wire        mem_ready,
    output reg         mem_write,
    output reg  [1:0]  mem_size,
    output reg  [51:0] mem_address,
    output reg  [63:0] mem_wdata,
    input  wire        mem_rvalid,
    input  wire [63:0] mem_rdata
);
    localparam [2:0] SET = 3'd0, CLEAR = 3'd1, INV = 3'd2, INVALL = 3'd3, ENABLE = 3'd4, FLUSH = 3'd5, BEST = 3'd6,
        ANY = 3'd7;
    localparam [4:0] IDLE = 5'd0, REQUEST = 5'd1, WAIT = 5'd2, DONE = 5'd3, TABLE = 5'd4, TABLE1 = 5'd5,
                     SET0 = 5'd6, SET1 = 5'd7, SET2 = 5'd8, SET3 = 5'd9, SET4 = 5'd10,
                     CLEAR0 = 5'd11, CLEAR1 = 5'd12,
                     INV0 = 5'd13, INV1 = 5'd14, INV2 = 5'd15, INV3 = 5'd16, INV4 = 5'd17,
                     EACH = 5'd18, EACH1 = 5'd19, EACH2 = 5'd20,
                     CHECK = 5'd21, NAME = 5'd22,
                     WORD = 5'd23, WORD1 = 5'd24, BIT = 5'd25, BIT1 = 5'd26, BIT2 = 5'd27, BIT3 = 5'd28, BIT4 = 5'd29,
                     WORD_END = 5'd30, WORD_NEXT = 5'd31;
    localparam [7:0] PRIORITY_MASK = 8'hFF << (8 - PRIORITY_BITS);

    reg [4:0]  state;
    reg [4:0]  after;          // where to go with the response of memory
    reg [4:0]  table_after;    // where to go when the bit of `table_intid` is set in the pending table
    reg [4:0]  refill_after;   // where to go when the pending table has been read
    reg [2:0]  doing;
    reg [23:0] intid;          // the operand, or the LPI of the bit that is being taken in
    reg [7:0]  cfg;            // its configuration byte
    reg        spilled;
    reg [32:0] bound;
    reg [32:0] victim;         // rank of the entry that makes room
    reg [$clog2(SLOTS):0] index;
    reg [23:0] table_intid;
    reg [24:0] word;           // first INTID of the current table word; one bit more, to see the end of 24 bits
    reg [63:0] data, rest, todo;
    reg [63:0] response;

    wire [5:0]  wanted   = {1'b0, idbits} + 6'd1;
    wire [5:0]  bits     = wanted < INTID_BITS[5:0] ? wanted : INTID_BITS[5:0];
    wire [63:0] limit    = 64'd1 << bits;
    wire        in_range = intid >= 24'd8192 && {40'd0, intid} < limit;
    wire [32:0] rank     = {!cfg[0], cfg & PRIORITY_MASK & 8'hFC, intid};

    function [51:0] prop_at(input [51:0] base, input [23:0] number);
        prop_at = base + {28'd0, number} - 52'd8192;
    endfunction
    function [51:0] pend_at(input [51:0] base, input [23:0] number);
        pend_at = base + {28'd0, number >> 3};
    endfunction

    // --- the store --------------------------------------------------------------------------------------------------
    wire        hit, full, any, used, best_valid;
    wire [23:0] first_intid, slot_intid;
    wire [32:0] best, worst;
    wire        spills = worst < rank;    // the newcomer ranks worst: it goes into the table
    wire        last   = index == SLOTS[$clog2(SLOTS):0];
    wire        insert = (state == SET3 || state == BIT3) && !full || state == SET4 || state == BIT4;
    wire        evict  = (state == SET3 || state == BIT3) && full && !spills;
    wire        remove = state == CLEAR0 || evict;
    wire        update = state == INV1 || state == EACH1;
    wire        empty  = state == IDLE && start && op == ENABLE || state == EACH && last && doing == FLUSH;
    wire [23:0] key    = evict ? worst[23:0] : state == EACH1 ? slot_intid : intid;
    lpi_store #(.SLOTS(SLOTS), .PRIORITY_MASK(PRIORITY_MASK)) store (
        .clk(clk), .rst(rst), .insert(insert), .remove(remove), .update(update), .empty(empty), .key(key),
        .config_byte(update ? response[7:0] : cfg),
        .active(state != IDLE), .hit(hit), .full(full), .any(any), .first_intid(first_intid), .index(index),
        .used(used), .intid(slot_intid),
        .move(move), .moving(moving), .fly0(fly0), .flight0(flight0), .fly1(fly1), .flight1(flight1),
        .enable(state == SET3 || state == BIT3 || state == CHECK || state == NAME),
        .best_valid(best_valid), .best(best), .worst(worst)
    );

    wire [63:0] lowest = todo & (~todo + 64'd1);
    function [5:0] position(input [63:0] one);
        integer n;
        begin
            position = 6'd0;
            for (n = 0; n < 64; n = n + 1) if (one[n]) position = position | n[5:0];
        end
    endfunction
    wire [63:0] bit_mask    = 64'd1 << intid[5:0];
    wire [63:0] victim_mask = 64'd1 << victim[5:0];
    wire        in_word     = victim[23:6] == word[23:6];

    assign mem_valid = state == REQUEST;
    assign done      = state == DONE;

    task read(input [51:0] addr, input [1:0] size, input [4:0] then);
        begin
            mem_write   <= 1'b0;
            mem_size    <= size;
            mem_address <= addr;
            after       <= then;
            state       <= REQUEST;
        end
    endtask
    task write(input [51:0] addr, input [1:0] size, input [63:0] value, input [4:0] then);
        begin
            mem_write   <= 1'b1;
            mem_size    <= size;
            mem_address <= addr;
            mem_wdata   <= value;
            after       <= then;
            state       <= REQUEST;
        end
    endtask
    task into_table(input [23:0] number, input [4:0] then);   // set the bit of an LPI in the pending table
        begin
            table_intid <= number;
            table_after <= then;
            state       <= TABLE;
        end
    endtask
    task spill(input [32:0] spilling);
        begin
            bound   <= spilled && bound < spilling ? bound : spilling;
            spilled <= 1'b1;
        end
    endtask
    task refill(input [4:0] then);
        begin
            spilled      <= 1'b0;
            word         <= 25'd8192;
            refill_after <= then;
            state        <= WORD;
        end
    endtask

    always @(posedge clk)
        if (rst) begin
            {state, after, table_after, refill_after} <= {4{IDLE}};
            doing   <= SET;
            intid   <= 24'd0;
            cfg     <= 8'd0;
            spilled <= 1'b0;
            bound   <= 33'd0;
            victim  <= 33'd0;
            index   <= 0;
            table_intid <= 24'd0;
            word        <= 25'd0;
            {data, rest, todo, response} <= 256'd0;
            result          <= 1'b0;
            result_priority <= 8'd0;
            result_intid    <= 24'd0;
            mem_write       <= 1'b0;
            mem_size        <= 2'd0;
            mem_address     <= 52'd0;
            mem_wdata       <= 64'd0;
        end else
            case (state)
                IDLE: if (start) begin
                    doing  <= op;
                    intid  <= operand;
                    index  <= 0;
                    result <= 1'b0;
                    case (op)
                        SET:           state <= SET0;
                        CLEAR:         state <= CLEAR0;
                        INV:           state <= INV0;
                        INVALL, FLUSH: state <= EACH;
                        ENABLE: begin
                            bound <= 33'd0;
                            if (ptz) begin
                                spilled <= 1'b0;
                                state   <= DONE;
                            end else refill(DONE);
                        end
                        default:       state <= CHECK;
                    endcase
                end
                REQUEST: if (mem_ready) state <= WAIT;
                WAIT: if (mem_rvalid) begin
                    response <= mem_rdata;
                    state  <= after;
                end
                DONE: state <= IDLE;

                TABLE: read(pend_at(pend_base, table_intid), 2'd0, TABLE1);
                TABLE1:
                    if (response[{3'b000, table_intid[2:0]}]) state <= table_after;
                    else write(pend_at(pend_base, table_intid), 2'd0, response | 64'd1 << table_intid[2:0],
                        table_after);

                SET0:
                    if (!enabled || !in_range || hit) state <= DONE;
                    else if (spilled) read(pend_at(pend_base, intid), 2'd0, SET1);
                    else read(prop_at(prop_base, intid), 2'd0, SET2);
                SET1:
                    if (response[{3'b000, intid[2:0]}]) state <= DONE;
                    else read(prop_at(prop_base, intid), 2'd0, SET2);
                SET2: begin
                    cfg   <= response[7:0];
                    state <= SET3;
                end
                SET3:
                    if (!full) state <= DONE;
                    else if (spills) begin
                        spill(rank);
                        into_table(intid, DONE);
                    end else begin
                        victim <= worst;
                        into_table(worst[23:0], SET4);
                    end
                SET4: begin
                    spill(victim);
                    state <= DONE;
                end

                CLEAR0: begin
                    result <= hit;
                    if (hit || !enabled || !spilled || !in_range) state <= DONE;
                    else read(pend_at(pend_base, intid), 2'd0, CLEAR1);
                end
                CLEAR1:
                    if (!response[{3'b000, intid[2:0]}]) state <= DONE;
                    else begin
                        result <= 1'b1;
                        write(pend_at(pend_base, intid), 2'd0, response & ~(64'd1 << intid[2:0]), DONE);
                    end

                INV0:
                    if (hit) read(prop_at(prop_base, intid), 2'd0, INV1);
                    else if (enabled && spilled && in_range) read(pend_at(pend_base, intid), 2'd0, INV2);
                    else state <= DONE;
                INV1: state <= DONE;
                INV2:
                    if (response[{3'b000, intid[2:0]}]) read(prop_at(prop_base, intid), 2'd0, INV3);
                    else state <= DONE;
                INV3: begin
                    cfg   <= response[7:0];
                    state <= INV4;
                end
                INV4: begin
                    if (rank < bound) bound <= rank;
                    state <= DONE;
                end

                // INVALL reads every configuration again, FLUSH writes every pending bit back; both by slots
                EACH:
                    if (last) begin
                        bound <= 33'd0;
                        if (doing == FLUSH) spilled <= 1'b0;
                        state <= DONE;
                    end else if (!used) index <= index + 1'b1;
                    else if (doing == INVALL) read(prop_at(prop_base, slot_intid), 2'd0, EACH1);
                    else into_table(slot_intid, EACH2);
                EACH1, EACH2: begin
                    index <= index + 1'b1;
                    state <= EACH;
                end

                CHECK:   // BEST and ANY: is what is held enough to answer?
                    if (doing == BEST ? enabled && spilled && (!best_valid || bound < best)
                                      : enabled && spilled && !any) refill(NAME);
                    else state <= NAME;
                NAME: begin
                    result          <= doing == ANY ? any : enabled && best_valid && !best[32];
                    result_priority <= best[31:24];
                    result_intid    <= doing == ANY ? first_intid : best[23:0];
                    state           <= DONE;
                end

                WORD:
                    if ({39'd0, word} >= limit) state <= refill_after;
                    else read(pend_at(pend_base, word[23:0]), 2'd3, WORD1);
                WORD1: begin
                    {data, rest, todo} <= {3{response}};
                    state <= response == 64'd0 ? WORD_NEXT : BIT;
                end
                BIT: begin
                    intid <= {word[23:6], position(lowest)};
                    todo  <= todo & ~lowest;
                    state <= todo == 64'd0 ? WORD_END : BIT1;
                end
                BIT1: read(prop_at(prop_base, intid), 2'd0, BIT2);
                BIT2: begin
                    cfg   <= response[7:0];
                    state <= BIT3;
                end
                BIT3: begin
                    state <= BIT;
                    if (!full) rest <= rest & ~bit_mask;
                    else if (spills) spill(rank);
                    else begin
                        victim <= worst;
                        state  <= BIT4;
                    end
                end
                BIT4: begin
                    spill(victim);
                    rest <= rest & ~bit_mask | (in_word ? victim_mask : 64'd0);
                    if (in_word) state <= BIT;
                    else into_table(victim[23:0], BIT);
                end
                WORD_END:
                    if (rest == data) state <= WORD_NEXT;
                    else write(pend_at(pend_base, word[23:0]), 2'd3, rest, WORD_NEXT);
                default: begin   // WORD_NEXT
                    word  <= word + 25'd64;
                    state <= WORD;
                end
            endcase

    wire unused = &{1'b0, victim[32:24], 1'b0};
endmodule
`default_nettype wire
