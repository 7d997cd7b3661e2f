// A GICv2 of two PEs: what it takes, keeps and deactivates, whatever software does at its register ports (what
// reg_port.v shows is any access), wires do, and PEs that reset.
`default_nettype none
`include "formal/property.vh"
module gicv2_proof (
    input wire         clk,
    input wire         rst,
    input wire [1:0]   pe_rst,
    input wire [31:0]  spi,
    input wire [31:0]  ppi,
    input wire [39:0]  awuser,
    input wire [39:0]  aruser,
    // of `dut`: the course of an input, whose turn it is, and the access that is taken
    input wire [2:0]   state,
    input wire [6:0]   turn,
    input wire [4:0]   writes,
    input wire [12:0]  address,
    input wire [31:0]  data,
    input wire [2:0]   size,
    input wire [1:0]   one_pe,
    input wire [2:0]   pe,
    // what the interfaces do with it
    input wire [1:0]   acknowledges,
    input wire [1:0]   deactivates,
    input wire [1:0]   v_deactivates,
    input wire [19:0]  v_intid,
    input wire [9:0]   lines_now,
    input wire [45:0]  best_now,       // of each PE {source, valid, priority, INTID, group}
    // SPIs
    input wire [31:0]  enable,
    input wire [31:0]  latch,
    input wire [31:0]  level,
    input wire [31:0]  edges,
    input wire [31:0]  active,
    input wire [255:0] targets,
    input wire         word,           // the current one: 0 is that of the SPIs
    input wire [1:0]   looking,        // state of spi_winners.v
    input wire [1:0]   todo,
    input wire [55:0]  winners,        // {PE, group}
    input wire [75:0]  tops,
    // SGIs and PPIs
    input wire [255:0] sources,
    input wire [63:0]  p_latch,
    input wire [63:0]  p_active
);
    localparam [2:0] IDLE = 3'd0, SETTLE_UP = 3'd1, SETTLE_DOWN = 3'd2, SPIS_CHANGE = 3'd3, BEST = 3'd4, LINES = 3'd5;
    wire [1:0] irq, fiq, virq, vfiq, maintenance;
    irqpath_gicv2 #(.PES(2), .SPIS(32), .PRIORITY_BITS(4), .LIST_REGISTERS(1)) dut (
        .clk(clk), .rst(rst), .pe_rst(pe_rst), .awaddr(65'd0), .awsize(15'd0), .awvalid(5'd0), .awuser(awuser),
        .wvalid(5'd0), .wdata(320'd0), .bready(5'd0), .araddr(65'd0), .arsize(15'd0), .arvalid(5'd0), .aruser(aruser),
        .rready(5'd0), .spi(spi), .ppi(ppi), .irq(irq), .fiq(fiq), .virq(virq), .vfiq(vfiq),
        .maintenance(maintenance)
    );

    // it starts in any state that what is shown below allows, not with a reset, which may come in any cycle: so a fault
    // shows within an input
    reg start = 1'b1, was = 1'b0;
    always @(posedge clk) {start, was} <= {1'b0, !rst};

    // --- SPIs: what the tree of the best holds, PE by PE -------------------------------------------------------------
    wire [31:0] candidates = (latch | level & ~edges) & enable & ~active;
    wire        settled    = state == IDLE || state == LINES;    // `best_now` is what is now
    wire [3:0]  winners_fit, tops_fit;
    wire [1:0]  best_fits, sources_fit, latch_fits, takes_fit;
    wire [31:0] acknowledged [0:1];
    // SGIs: sources that come and go in this cycle
    wire [255:0] more, less, taken;
    wire [7:0]   targeted = data[25:24] == 2'd0 ? data[23:16] : data[25:24] == 2'd1 ? ~(8'd1 << pe)
                            : data[25:24] == 2'd2 ? 8'd1 << pe : 8'd0;
    wire [127:0] named = size == 3'd0 ? {120'd0, data[7:0]} << {address[3:0], 3'd0}
                                      : {96'd0, data} << {address[3:2], 5'd0};
    wire         sgir  = writes[0] && address == 13'hF00;
    genvar n, k;
    generate
        for (n = 0; n < 2; n = n + 1) begin : each
            wire [31:0] may;             // it may take them
            wire        looked = looking == 2'd0 || !todo[n];    // since the last change
            wire        found  = looking == 2'd2 && todo[n] && (n == 0 || !todo[0]) || word;
            for (k = 0; k < 32; k = k + 1) begin : spis
                assign may[k] = candidates[k] && targets[8*k+n];
            end
            for (k = 0; k < 2; k = k + 1) begin : groups
                wire [13:0] winner = winners[14*(2*n+k) +: 14];
                wire [18:0] top    = tops[19*(2*n+k) +: 19];
                assign winners_fit[2*n+k] = !winner[13] || may[winner[4:0]] || !looked && !found;
                assign tops_fit[2*n+k]    = !top[18] || top[9:5] == 5'd1 && may[top[4:0]] || !looked;
            end
            wire [2:0] source = best_now[23*n+20 +: 3];
            wire       valid  = best_now[23*n+19];
            wire [9:0] best   = best_now[23*n+1 +: 10];
            wire [7:0] of_sgi = sources[128*n + 8*best[3:0] +: 8];
            assign best_fits[n]   = !settled || !valid || best < 10'd32 || best < 10'd64 && may[best[4:0]];
            assign sources_fit[n] = !settled || !valid || best > 10'd15
                                    || of_sgi[source] && (of_sgi & ((8'd1 << source) - 8'd1)) == 8'd0;
            wire [15:0] some;
            for (k = 0; k < 16; k = k + 1) begin : sgis
                assign some[k] = |sources[128*n+8*k +: 8];
            end
            assign latch_fits[n] = state == SETTLE_UP || state == SETTLE_DOWN && (some & ~p_latch[32*n +: 16]) == 16'd0
                                   || p_latch[32*n +: 16] == some;

            assign acknowledged[n] = acknowledges[n] && best > 10'd31 ? 32'd1 << best[4:0] : 32'd0;
            assign takes_fit[n]    = (acknowledged[n] & ~may) == 32'd0;
            assign taken[128*n +: 128] = acknowledges[n] && best < 10'd16 ? 128'd1 << {best[3:0], source} : 128'd0;
            wire [127:0] cleared = writes[0] && one_pe[n] && address[12:4] == 9'h0F1 ? named : 128'd0;
            wire [127:0] set     = writes[0] && one_pe[n] && address[12:4] == 9'h0F2 ? named & {16{8'h03}} : 128'd0;
            wire [127:0] sent    = sgir && targeted[n] ? {120'd0, 8'd1 << pe} << {data[3:0], 3'd0} : 128'd0;
            assign less[128*n +: 128] = taken[128*n +: 128] | cleared;
            assign more[128*n +: 128] = sent | set;
        end
    endgenerate
    reg [255:0] was_sources, was_more, was_less, was_taken;

    // --- active interrupts -------------------------------------------------------------------------------------------
    // of {PPIs and SGIs of PE 1, of PE 0, SPIs}
    function [95:0] intid_bit(input [9:0] intid, input [1:0] by);
        intid_bit = intid < 10'd32 ? {by[1] ? 32'd1 << intid[4:0] : 32'd0, by[0] ? 32'd1 << intid[4:0] : 32'd0, 32'd0}
             : intid < 10'd64 ? 96'd1 << intid[4:0] : 96'd0;
    endfunction
    wire        set_active   = writes[0] && address[12:7] == 6'd6;       // GICD_ISACTIVER, GICD_ICACTIVER
    wire        clear_active = writes[0] && address[12:7] == 6'd7;
    wire [95:0] written = address[6:2] == 5'd0 ? {one_pe[1] ? data : 32'd0, one_pe[0] ? data : 32'd0, 32'd0}
                          : address[6:2] == 5'd1 ? {64'd0, data} : 96'd0;
    wire [95:0] begun  = intid_bit(best_now[10:1], {1'b0, acknowledges[0]}) & {96{acknowledges[0]}}
                          | intid_bit(best_now[33:24], {acknowledges[1], 1'b0}) & {96{acknowledges[1]}};
    wire [95:0] hardware = intid_bit(v_intid[9:0], 2'b01) & {96{v_deactivates[0]}}
                           | intid_bit(v_intid[19:10], 2'b10) & {96{v_deactivates[1]}};
    wire [95:0] over    = intid_bit(data[9:0], deactivates) & {96{|deactivates}} | hardware;
    wire [95:0] actives = {p_active, active};
    reg  [95:0] was_active, was_begin, was_end, was_hardware;
    reg         was_v;
    always @(posedge clk) begin
        was_sources <= sources;
        was_more    <= more;
        was_less    <= less;
        was_taken   <= taken;
        was_active  <= actives;
        was_begin   <= begun | (set_active ? written : 96'd0);
        was_end     <= over | (clear_active ? written : 96'd0);
        was_hardware <= hardware;
        was_v       <= |v_deactivates;
    end
    wire [95:0] ended = was_active & ~actives;

    wire       walks     = looking < 2'd3 && todo != 2'd0 && state == SPIS_CHANGE;
    wire       in_course = state <= LINES && (looking == 2'd0 || walks);
    wire [9:0] lines = {irq, fiq, virq, vfiq, maintenance};
    `PROPERTIES(1'b1)
        `PROPERTY(start, "course", in_course)
        `PROPERTY(start, "one turn", turn != 7'd0 && (turn & (turn - 7'd1)) == 7'd0)
        `PROPERTY(start, "winners", &winners_fit)
        `PROPERTY(start, "tops", &tops_fit)
        `PROPERTY(start, "best", &best_fits)
        `PROPERTY(start, "its source", &sources_fit)
        `PROPERTY(start, "SGI of a source", &latch_fits)
        `PROPERTY(start, "lines follow", state != IDLE || lines == lines_now)
        `PROPERTY(0, "one line", (irq & fiq) == 2'd0 && (virq & vfiq) == 2'd0 || state != IDLE)
        `PROPERTY(0, "one takes", acknowledges != 2'b11)
        `PROPERTY(0, "takes what pends", &takes_fit)
        `PROPERTY(0, "SGI not lost", !was || (was_sources & ~sources & ~was_less) == 256'd0)
        `PROPERTY(0, "SGI not made", !was || (sources & ~was_sources & ~was_more) == 256'd0)
        `PROPERTY(0, "SGI sent", !was || (was_more & ~sources) == 256'd0)
        `PROPERTY(0, "SGI taken once", !was || (was_taken & sources) == 256'd0 && (was_taken & ~was_sources) == 256'd0)
        `PROPERTY(0, "active by cause", !was || (actives & ~was_active & ~was_begin) == 96'd0)
        `PROPERTY(0, "active is kept", !was || (ended & ~was_end) == 96'd0)
        `PROPERTY(0, "one physical", !was || !was_v || ended == (was_active & was_hardware))
    `PROPERTIES_END
endmodule
`default_nettype wire
