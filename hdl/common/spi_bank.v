// The SPIs of a Distributor: their state, and the registers for it that GICv2 and GICv3 have in common (golden model:
// pymodel/irqpath/gic/common/bank.py; IHI 0048 4.3, IHI 0069 12.9). Who may take them is not known here.
//
// One word of 32 SPIs is the current one, that of what changed last; a Distributor looks at it again (spi_winners.v).
`default_nettype none
`include "generated/irqpath_regs.vh"
module spi_bank #(
    parameter SPIS          = 32,   // a multiple of 32, 32 to 960
    parameter PRIORITY_BITS = 5,
    parameter TARGETS       = 0,    // PEs that GICD_ITARGETSR knows; up to 1: it is RAZ/WI
    parameter MESSAGES      = 0     // there are `set` and `clear`
) (
    input  wire             clk,
    input  wire             rst,
    // registers: a permitted access to any offset of the frame; `value` is of the 32-bit register or of the byte
    input  wire             write,
    input  wire [15:0]      address,
    input  wire             byte_access,
    input  wire [31:0]      data,
    output reg  [31:0]      value,
    output wire             concerns,      // the write changes SPIs
    output wire             disables,      // it clears an enable
    // what changes about `intid`, at most one of them and of register writes at a time
    input  wire             drive,         // its wire does
    input  wire             pulse,         // it rises and falls at once
    input  wire             high,
    input  wire             set,           // a message sets it: a level stays asserted until another clears it
    input  wire             clear,
    input  wire             acknowledge,
    input  wire             deactivate,
    input  wire             touch,         // something that is kept elsewhere
    input  wire [9:0]       intid,
    output wire             group_of,      // its group, 0 where there is no such SPI
    output wire             changes,       // any of them, or a register write
    output wire [(SPIS > 32 ? $clog2(SPIS / 32) : 1)-1:0] its_word,     // the word of what changes
    // the current word: that of what changes, or the one that is visited
    input  wire             visit,
    input  wire [(SPIS > 32 ? $clog2(SPIS / 32) : 1)-1:0] visited,
    output reg  [(SPIS > 32 ? $clog2(SPIS / 32) : 1)-1:0] word,
    output wire [31:0]      candidates,    // pending, enabled, not active
    output wire [31:0]      groups,
    output wire [255:0]     ranks,         // priorities
    output wire [255:0]     lists,         // GICD_ITARGETSR
    output wire [SPIS-1:0]  levels         // of all wires, as taken last
);
    localparam       WORDS = SPIS / 32;
    localparam       WL    = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam       DEPTH = 1 << WL;
    localparam [7:0] PRIORITY_MASK = 8'hFF << (8 - PRIORITY_BITS);
    localparam [7:0] PE_MASK = (1 << TARGETS) - 1;

    // one bit an SPI; word n holds INTIDs 32(n+1) to 32(n+1)+31
    reg [31:0]  enable [0:DEPTH-1], group [0:DEPTH-1], latch [0:DEPTH-1], level [0:DEPTH-1], message [0:DEPTH-1];
    reg [31:0]  active [0:DEPTH-1], edges [0:DEPTH-1];
    reg [255:0] priorities [0:DEPTH-1], targets [0:DEPTH-1];

    function [31:0] kept(input [31:0] by_message);
        kept = MESSAGES != 0 ? by_message : 32'd0;
    endfunction
    wire [31:0] pending = latch[word] | (level[word] | kept(message[word])) & ~edges[word];
    assign candidates   = pending & enable[word] & ~active[word];
    assign groups       = group[word];
    assign ranks        = priorities[word];
    assign lists        = TARGETS > 1 ? targets[word] : 256'd0;
    genvar g;
    generate
        for (g = 0; g < WORDS; g = g + 1) begin : g_level
            assign levels[32*g +: 32] = level[g];
        end
    endgenerate

    // --- registers --------------------------------------------------------------------------------------------------
    wire in_array   = address >= `IRQPATH_GICD_IGROUPR && address < `IRQPATH_GICD_IPRIORITYR;   // 128 bytes each
    wire in_prio    = address[15:10] == 6'd1;     // GICD_IPRIORITYR
    wire in_targets = address[15:10] == 6'd2 && TARGETS > 1;
    wire in_config  = address >= `IRQPATH_GICD_ICFGR && address < `IRQPATH_GICD_ICFGR + 16'h100;
    wire [2:0]    array    = address[9:7];         // 1 IGROUPR, 2 ISENABLER, 3 ICENABLER, ...
    wire [4:0]    reg_word = in_array ? address[6:2] : in_config ? address[7:3] : address[9:5];
    wire          exists   = reg_word != 5'd0 && {27'd0, reg_word} <= WORDS
                             && (in_array || in_prio || in_targets || in_config);
    wire [4:0]    from_first = reg_word - 5'd1;
    wire [WL-1:0] idx        = exists ? from_first[WL-1:0] : 0;
    function [31:0] config_word(input [15:0] of);
        integer k;
        begin
            config_word = 32'd0;
            for (k = 0; k < 16; k = k + 1) config_word[2*k+1] = of[k];
        end
    endfunction
    wire [255:0] bytes = in_prio || TARGETS <= 1 ? priorities[idx] : targets[idx];
    always @* begin
        value = 32'd0;
        if (!exists) value = 32'd0;
        else if (in_array)
            case (array)
                3'd1:       value = group[idx];
                3'd2, 3'd3: value = enable[idx];
                3'd4, 3'd5: value = latch[idx] | (level[idx] | kept(message[idx])) & ~edges[idx];
                3'd6, 3'd7: value = active[idx];
                default: ;
            endcase
        else if (in_config) value = config_word(address[2] ? edges[idx][31:16] : edges[idx][15:0]);
        else value = byte_access ? {24'd0, bytes[{address[4:0], 3'b000} +: 8]} : bytes[{address[4:2], 5'b00000} +: 32];
    end
    assign concerns = write && exists;
    assign disables = concerns && in_array && array == 3'd3 && |(enable[idx] & data);
    wire [31:0]  masked = data & {4{in_prio ? PRIORITY_MASK : PE_MASK}};
    wire [255:0] lanes  = byte_access ? 256'hFF << {address[4:0], 3'd0} : 256'hFFFF_FFFF << {address[4:2], 5'd0};
    wire [255:0] placed = {224'd0, masked} << (byte_access ? {address[4:0], 3'd0} : {address[4:2], 5'd0});
    wire [255:0] bytes_next = bytes & ~lanes | placed & lanes;

    // --- changes ----------------------------------------------------------------------------------------------------
    wire [4:0]  named = intid[9:5] - 5'd1;
    assign its_word = named[WL-1:0];
    wire        there = intid[9:5] != 5'd0 && {27'd0, intid[9:5]} <= WORDS;
    wire [31:0] one   = there ? 32'd1 << intid[4:0] : 32'd0;
    wire        rises = (pulse || drive && high) && !(|(level[its_word] & one));
    wire        moves = drive || pulse || set || clear || acknowledge || deactivate || touch;
    assign group_of = |(group[its_word] & one);
    assign changes  = concerns || moves;

    integer k, j;
    always @(posedge clk)
        if (rst) begin
            word <= 0;
            for (k = 0; k < DEPTH; k = k + 1) begin
                enable[k]  <= 32'd0;
                group[k]   <= 32'd0;
                latch[k]   <= 32'd0;
                level[k]   <= 32'd0;
                message[k] <= 32'd0;
                active[k]  <= 32'd0;
                edges[k]   <= 32'd0;
                priorities[k] <= 256'd0;
                targets[k]    <= 256'd0;
            end
        end else begin
            if (changes) word <= concerns ? idx : its_word;
            else if (visit) word <= visited;
            if ((drive || pulse) && there) level[its_word][intid[4:0]] <= drive && high;
            if (rises || set) latch[its_word] <= latch[its_word] | edges[its_word] & one;
            if (set) message[its_word] <= message[its_word] | ~edges[its_word] & one;
            if (clear) begin
                latch[its_word]   <= latch[its_word] & ~one;
                message[its_word] <= message[its_word] & ~one;
            end
            if (acknowledge) begin
                latch[its_word]  <= latch[its_word] & ~one;
                active[its_word] <= active[its_word] | one;
            end
            if (deactivate) active[its_word] <= active[its_word] & ~one;
            if (concerns) begin
                if (in_array)
                    case (array)
                        3'd1: group[idx]  <= data;
                        3'd2: enable[idx] <= enable[idx] | data;
                        3'd3: enable[idx] <= enable[idx] & ~data;
                        3'd4: latch[idx]  <= latch[idx] | data;
                        // what a level asserts stays pending, a message's too
                        3'd5: latch[idx]  <= latch[idx] & ~data;
                        3'd6: active[idx] <= active[idx] | data;
                        3'd7: active[idx] <= active[idx] & ~data;
                        default: ;
                    endcase
                if (in_prio) priorities[idx] <= bytes_next;
                if (in_targets) targets[idx] <= bytes_next;
                if (in_config) for (j = 0; j < 16; j = j + 1) edges[idx][{address[2], j[3:0]}] <= data[2*j+1];
            end
        end

    wire unused = &{1'b0, from_first, named, 1'b0};
endmodule
`default_nettype wire
