// The SPIs of a GICv2: their state and registers, and for each PE the best deliverable one of each group among those
// that GICD_ITARGETSR sends there (golden models: pymodel/irqpath/gic/common/bank.py, gicv2/distributor.py; IHI 0048
// 4.3).
//
// The best is kept by a tree of two levels: of each word of 32 SPIs a winner for each PE and group, and the best of the
// winners. After a change its word alone is looked at again, PE by PE.
`default_nettype none
`include "generated/irqpath_regs.vh"
module gicv2_spis #(
    parameter SPIS          = 32,   // a multiple of 32, 32 to 960
    parameter PES           = 1,    // 1 to 8
    parameter PRIORITY_BITS = 5
) (
    input  wire             clk,
    input  wire             rst,
    // registers: a permitted access to any offset of the frame; `value` is of the 32-bit register or of the byte
    input  wire             write,
    input  wire [15:0]      address,       // of a GICD, below 4 KB
    input  wire             byte_access,
    input  wire [31:0]      data,
    output reg  [31:0]      value,
    output wire             concerns,      // the write changes SPIs
    // a wire changes, or (`pulse`) rises and falls at once
    input  wire             drive,
    input  wire             pulse,
    input  wire [9:0]       driven,
    input  wire             high,
    output wire [SPIS-1:0]  spi_level,     // of the wires, as taken last
    // life cycle
    input  wire             acknowledge,
    input  wire             deactivate,
    input  wire [9:0]       intid,
    output wire             group_of,      // its group, 0 where there is no such SPI
    output wire             busy,          // what changed is looked at
    output wire [38*PES-1:0] best          // of each PE {Group 1, Group 0}, {valid, priority, INTID} each
);
    localparam       WORDS = SPIS / 32;
    localparam       WL    = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam       DEPTH = 1 << WL;
    localparam       PL    = PES > 1 ? $clog2(PES) : 1;
    localparam [31:0] LAST_PE = PES - 1;
    localparam [7:0] PRIORITY_MASK = 8'hFF << (8 - PRIORITY_BITS);
    localparam [7:0] PE_MASK = (1 << PES) - 1;
    localparam [1:0] IDLE = 2'd0, WIN = 2'd1, TOP = 2'd2;

    // one bit an SPI; word n holds INTIDs 32(n+1) to 32(n+1)+31
    reg [31:0]  enable [0:DEPTH-1], group [0:DEPTH-1], latch [0:DEPTH-1], level [0:DEPTH-1];
    reg [31:0]  active [0:DEPTH-1], edges [0:DEPTH-1];
    reg [255:0] priorities [0:DEPTH-1], targets [0:DEPTH-1];
    reg [13:0]  winner [0:(1<<(PL+1+WL))-1];    // {valid, priority, number in the word} by {PE, group, word}
    reg [18:0]  top [0:(2<<PL)-1];              // {valid, priority, INTID} by {PE, group}
    reg [1:0]     state;
    reg [WL-1:0]  word;                         // the current one
    reg [PL-1:0]  pe;
    assign busy = state != IDLE;
    genvar g;
    generate
        for (g = 0; g < 2 * PES; g = g + 1) begin : g_best
            assign best[19*g +: 19] = top[g];
        end
    endgenerate

    generate
        for (g = 0; g < WORDS; g = g + 1) begin : g_level
            assign spi_level[32*g +: 32] = level[g];
        end
    endgenerate

    // --- the best of a word, and of all words ------------------------------------------------------------------------
    wire [31:0] candidates    = (latch[word] | level[word] & ~edges[word]) & enable[word] & ~active[word];
    function [31:0] of_pe(input [255:0] t, input [2:0] p);
        integer k;
        for (k = 0; k < 32; k = k + 1) of_pe[k] = PES == 1 || t[8*k + {29'd0, p} +: 1];
    endfunction
    wire [2:0]  pe_number = {{(3-PL){1'b0}}, pe};
    wire        looks     = state == WIN;
    wire [31:0] mine      = looks ? candidates & of_pe(targets[word], pe_number) : 32'd0;
    reg  [2*WORDS-1:0]  has_winner;
    reg  [16*WORDS-1:0] winner_priorities;
    always @* begin : winners_of_pe
        integer n;
        n                 = 0;      // no latch, whatever the state
        has_winner        = {(2*WORDS){1'b0}};
        winner_priorities = {(16*WORDS){1'b0}};
        if (state == TOP)
            for (n = 0; n < WORDS; n = n + 1) begin
                {has_winner[n], winner_priorities[8*n +: 8]} = winner[{pe, 1'b0, n[WL-1:0]}][13:5];
                {has_winner[WORDS+n], winner_priorities[8*(WORDS+n) +: 8]} = winner[{pe, 1'b1, n[WL-1:0]}][13:5];
            end
    end
    wire [13:0] win [0:1];
    wire [18:0] best_winner [0:1];
    generate
        for (g = 0; g < 2; g = g + 1) begin : g_group
            max_tree #(.N(32), .WIDTH(8), .LEAST(1)) of_word (
                .enable(looks), .valid(mine & (g == 0 ? ~group[word] : group[word])), .keys(priorities[word]),
                .any(win[g][13]), .key(win[g][12:5]), .index(win[g][4:0])
            );
            wire          any;
            wire [7:0]    rank;
            wire [WL-1:0] n;
            wire [4:0]    number = winner[{pe, g[0], n}][4:0];
            max_tree #(.N(WORDS), .WIDTH(8), .LEAST(1)) of_words (
                .enable(state == TOP), .valid(has_winner[WORDS*g +: WORDS]),
                .keys(winner_priorities[8*WORDS*g +: 8*WORDS]), .any(any), .key(rank), .index(n)
            );
            assign best_winner[g] = any ? {1'b1, rank, {{(5-WL){1'b0}}, n} + 5'd1, number} : 19'd0;
        end
    endgenerate

    // --- registers ---------------------------------------------------------------------------------------------------
    wire in_array   = address >= `IRQPATH_GICD_IGROUPR && address < `IRQPATH_GICD_IPRIORITYR;
    wire in_prio    = address[15:10] == 6'd1;     // GICD_IPRIORITYR
    wire in_targets = address[15:10] == 6'd2;     // GICD_ITARGETSR
    wire in_config  = address >= `IRQPATH_GICD_ICFGR && address < `IRQPATH_GICD_ICFGR + 16'h100;
    wire [2:0]    array    = address[9:7];         // 1 IGROUPR, 2 ISENABLER, 3 ICENABLER, ... (each 128 bytes)
    wire [4:0]    reg_word = in_array ? address[6:2] : in_config ? address[7:3] : address[9:5];
    wire          exists   = reg_word != 5'd0 && {27'd0, reg_word} <= WORDS
                             && (in_array || in_prio || in_targets && PES > 1 || in_config);
    wire [4:0]    from_first = reg_word - 5'd1;
    wire [WL-1:0] idx        = exists ? from_first[WL-1:0] : 0;
    function [31:0] config_word(input [15:0] of);
        integer k;
        begin
            config_word = 32'd0;
            for (k = 0; k < 16; k = k + 1) config_word[2*k+1] = of[k];
        end
    endfunction
    wire [255:0] bytes = in_prio ? priorities[idx] : targets[idx];
    always @* begin
        value = 32'd0;
        if (!exists) value = 32'd0;
        else if (in_array)
            case (array)
                3'd1:       value = group[idx];
                3'd2, 3'd3: value = enable[idx];
                3'd4, 3'd5: value = latch[idx] | level[idx] & ~edges[idx];
                3'd6, 3'd7: value = active[idx];
                default: ;
            endcase
        else if (in_config) value = config_word(address[2] ? edges[idx][31:16] : edges[idx][15:0]);
        else value = byte_access ? {24'd0, bytes[{address[4:0], 3'b000} +: 8]} : bytes[{address[4:2], 5'b00000} +: 32];
    end
    assign concerns = write && exists;
    wire [255:0] lanes  = byte_access ? 256'hFF << {address[4:0], 3'b000} : 256'hFFFF_FFFF << {address[4:2], 5'd0};
    wire [31:0]  masked = data & {4{in_prio ? PRIORITY_MASK : PE_MASK}};
    wire [255:0] placed = {224'd0, masked} << (byte_access ? {address[4:0], 3'b000} : {address[4:2], 5'd0});
    wire [255:0] bytes_next = bytes & ~lanes | placed & lanes;

    // --- changes -----------------------------------------------------------------------------------------------------
    wire [4:0]    driven_from = driven[9:5] - 5'd1;
    wire [WL-1:0] driven_word = driven_from[WL-1:0];
    wire [31:0]   driven_bit  = 32'd1 << driven[4:0];
    wire          was_high    = |(level[driven_word] & driven_bit);
    wire          rises       = (pulse || drive && high) && !was_high;
    wire          there       = intid[9:5] != 5'd0 && {27'd0, intid[9:5]} <= WORDS;
    wire [4:0]    life_from   = intid[9:5] - 5'd1;
    wire [WL-1:0] life_word   = there ? life_from[WL-1:0] : 0;
    wire [31:0]   life_bit    = there ? 32'd1 << intid[4:0] : 32'd0;
    assign group_of = |(group[life_word] & life_bit);

    integer k, j;
    always @(posedge clk)
        if (rst) begin
            state <= IDLE;
            word  <= 0;
            pe    <= 0;
            for (k = 0; k < DEPTH; k = k + 1) begin
                enable[k]  <= 32'd0;
                group[k]   <= 32'd0;
                latch[k]   <= 32'd0;
                level[k]   <= 32'd0;
                active[k]  <= 32'd0;
                edges[k]   <= 32'd0;
                priorities[k] <= 256'd0;
                targets[k]    <= 256'd0;
            end
            for (k = 0; k < (1 << (PL + 1 + WL)); k = k + 1) winner[k] <= 14'd0;
            for (k = 0; k < (2 << PL); k = k + 1) top[k] <= 19'd0;
        end else begin
            if (drive || pulse) begin
                level[driven_word][driven[4:0]] <= drive && high;
                if (rises) latch[driven_word] <= latch[driven_word] | edges[driven_word] & driven_bit;
                word <= driven_word;
            end
            if (acknowledge) begin
                active[life_word] <= active[life_word] | life_bit;
                latch[life_word]  <= latch[life_word] & ~life_bit;
            end
            if (deactivate) active[life_word] <= active[life_word] & ~life_bit;
            if (acknowledge || deactivate) word <= life_word;
            if (concerns) begin
                word <= idx;
                if (in_array)
                    case (array)
                        3'd1: group[idx]  <= data;
                        3'd2: enable[idx] <= enable[idx] | data;
                        3'd3: enable[idx] <= enable[idx] & ~data;
                        3'd4: latch[idx]  <= latch[idx] | data;
                        3'd5: latch[idx]  <= latch[idx] & ~data;    // what a level asserts stays pending
                        3'd6: active[idx] <= active[idx] | data;
                        3'd7: active[idx] <= active[idx] & ~data;
                        default: ;
                    endcase
                if (in_prio) priorities[idx] <= bytes_next;
                if (in_targets) targets[idx] <= bytes_next;
                if (in_config) for (j = 0; j < 16; j = j + 1) edges[idx][{address[2], j[3:0]}] <= data[2*j+1];
            end
            case (state)
                IDLE:
                    if (concerns || drive || pulse || acknowledge || deactivate) begin
                        state <= WIN;
                        pe    <= 0;
                    end
                WIN: begin
                    winner[{pe, 1'b0, word}] <= win[0];
                    winner[{pe, 1'b1, word}] <= win[1];
                    state <= TOP;
                end
                default: begin
                    top[{pe, 1'b0}] <= best_winner[0];
                    top[{pe, 1'b1}] <= best_winner[1];
                    pe    <= pe + 1'b1;
                    state <= pe == LAST_PE[PL-1:0] ? IDLE : WIN;
                end
            endcase
        end

    wire unused = &{1'b0, from_first, driven_from, life_from, 1'b0};
endmodule
`default_nettype wire
