// GICD of a GICv2: its registers, banked by the PE that asks, SGIs and PPIs of every PE, SPIs, and for each PE the
// highest priority pending interrupt (golden models: pymodel/irqpath/gic/gicv2/distributor.py, registers.py; IHI 0048
// 4.3).
//
// Leaves out: Security Extensions (GICD_NSACR is RAZ/WI), configuration of PPIs (level-sensitive), lockable SPIs.
`default_nettype none
`include "generated/irqpath_regs.vh"
module gicv2_gicd #(
    parameter        PES           = 1,     // 1 to 8
    parameter        SPIS          = 32,    // a multiple of 32, 32 to 960
    parameter        PRIORITY_BITS = 5,
    parameter [31:0] IIDR          = 32'd0,
    parameter [7:0]  PIDR2         = 8'h2B
) (
    input  wire             clk,
    input  wire             rst,
    // a permitted access of PE `pe`
    input  wire             write,
    input  wire [11:0]      address,
    input  wire             byte_access,
    input  wire [31:0]      data,
    output reg  [31:0]      value,
    // the PE that does something
    input  wire [PES-1:0]   one_pe,         // one-hot
    input  wire [2:0]       pe,
    // wires, and the pulse of a message
    input  wire             drive_spi,
    input  wire             drive_ppi,      // of PE `ppi_pe`
    input  wire             pulse,
    input  wire [9:0]       driven,         // INTID of an SPI, INTID - 16 of a PPI
    input  wire [PES-1:0]   ppi_pe,
    input  wire             high,
    output wire [SPIS-1:0]  spi_level,
    output wire [16*PES-1:0] ppi_level,
    // life cycle, of `intid` as `pe` sees it
    input  wire             acknowledge,
    input  wire             deactivate,
    input  wire [9:0]       intid,
    output wire             group_of,       // its group
    // the order: what changes at the input, then `settle_up` and `settle_down` where `sgis_change` (SGIs follow their
    // sources), then `search` when not `busy`: what is pending for each PE, of its `groups`
    output wire             sgis_change,
    input  wire             settle_up,
    input  wire             settle_down,
    output wire             busy,
    output reg  [1:0]       enables,
    input  wire             search,
    input  wire [2*PES-1:0] groups,
    output wire [23*PES-1:0] best           // {source, valid, priority, INTID, group} each
);
    localparam [31:0] TYPER = (PES - 1) << `IRQPATH_GICD_TYPER_CPUNumber_LSB | SPIS / 32;

    wire [15:0] wide    = {4'd0, address};
    wire        private_life = intid < 10'd32;
    wire        is_sgi  = intid < 10'd16;
    wire        sgir    = write && wide == `IRQPATH_GICD_SGIR;
    wire        in_cpend = address[11:4] == 8'hF1;                 // GICD_CPENDSGIR
    wire        in_spend = address[11:4] == 8'hF2;                 // GICD_SPENDSGIR
    assign sgis_change  = sgir || write && (in_cpend || in_spend) || acknowledge && is_sgi;

    // --- SGIs and PPIs of each PE ------------------------------------------------------------------------------------
    wire [7:0]  pes_before = 8'd1 << pe;
    wire [7:0]  targets = data[25:24] == 2'd0 ? data[23:16] : data[25:24] == 2'd1 ? ~pes_before
                          : data[25:24] == 2'd2 ? pes_before : 8'd0;
    wire [127:0] sgi_bits = byte_access ? {120'd0, data[7:0]} << {address[3:0], 3'b000}
                                        : {96'd0, data} << {address[3:2], 5'd0};
    wire [31:0]  sgi_kept = (wide == `IRQPATH_GICD_ISPENDR || wide == `IRQPATH_GICD_ICPENDR)
                            ? 32'hFFFF_0000 : 32'hFFFF_FFFF;
    wire [16:0]  bank_address = settle_up ? `IRQPATH_GICR_ISPENDR0 : settle_down ? `IRQPATH_GICR_ICPENDR0
                                : {5'b1_0000, address};
    wire [32*PES-1:0]  bank_value, bank_groups;
    wire [128*PES-1:0] sources;
    wire [38*PES-1:0]  spi_best;
    genvar n;
    generate
        for (n = 0; n < PES; n = n + 1) begin : g_pe
            wire [31:0]  candidates, group;
            wire         any, unused_disables;
            wire [7:0]   rank;
            wire [4:0]   first;
            wire [15:0]  some;
            wire [2:0]   lowest;
            wire [1:0]   mine = groups[2*n +: 2];
            wire         written = write && one_pe[n] && wide != `IRQPATH_GICD_ICFGR + 16'd4;
            gicr_bank #(.PRIORITY_BITS(PRIORITY_BITS)) bank (
                .clk(clk), .rst(rst), .write(written || settle_up || settle_down), .address(bank_address),
                .byte_access(byte_access),
                .data(settle_up ? {16'd0, some} : settle_down ? {16'd0, ~some} : data & sgi_kept),
                .value(bank_value[32*n +: 32]), .disables(unused_disables),
                .pend_sgi(1'b0), .sgi(4'd0), .drive(drive_ppi && ppi_pe[n]), .ppi(driven[3:0]), .ppi_level(high),
                .activate(acknowledge && one_pe[n] && private_life),
                .deactivate(deactivate && one_pe[n] && private_life), .intid(intid[4:0]),
                .group(group), .level(ppi_level[16*n +: 16]), .candidates(candidates), .search(search),
                .eligible(candidates & (group & {32{mine[1]}} | ~group & {32{mine[0]}})),
                .best_valid(any), .best_priority(rank), .best_intid(first)
            );
            assign bank_groups[32*n +: 32] = group;
            gicv2_sgis #(.PES(PES)) sgis (
                .clk(clk), .rst(rst), .send(sgir && targets[n]), .set(write && in_spend && one_pe[n]),
                .clear(write && in_cpend && one_pe[n]), .take(acknowledge && is_sgi && one_pe[n]),
                .sgi(sgir ? data[3:0] : search ? first[3:0] : intid[3:0]), .from(pe), .bits(sgi_bits),
                .sources(sources[128*n +: 128]), .some(some), .lowest(lowest)
            );
            // an SPI before what is private only if its priority is above: of equal ones the lowest INTID goes first
            wire [37:0] spi    = spi_best[38*n +: 38];
            wire        spi0   = spi[18] && mine[0];
            wire        spi1   = spi[37] && mine[1];
            wire        second = spi1 && !(spi0 && spi[17:0] <= spi[36:19]);
            wire [18:0] shared = second ? spi[37:19] : spi0 ? spi[18:0] : 19'd0;
            wire        spi_first = shared[18] && !(any && rank <= shared[17:10]);
            assign best[23*n +: 23] = spi_first ? {3'd0, shared, second}
                                                : any ? {lowest, 1'b1, rank, 5'd0, first, group[first]} : 23'd0;
            wire unused = &{1'b0, unused_disables, 1'b0};
        end
    endgenerate

    // --- SPIs --------------------------------------------------------------------------------------------------------
    localparam WORDS = SPIS / 32;
    localparam WL    = WORDS > 1 ? $clog2(WORDS) : 1;
    wire [31:0]    spi_value, candidates, spi_groups;
    wire [255:0]   ranks, lists;
    wire [WL-1:0]  word, unused_word;
    wire [3:0]     looked;                  // the PE that the current word is looked at for
    wire [PES-1:0] unused_had;
    wire           spi_group, changes, looks, unused_ends, unused_concerns, unused_spis;
    spi_bank #(.SPIS(SPIS), .PRIORITY_BITS(PRIORITY_BITS), .TARGETS(PES)) spis (
        .clk(clk), .rst(rst), .write(write), .address(wide), .byte_access(byte_access), .data(data), .value(spi_value),
        .concerns(unused_concerns), .disables(unused_spis), .drive(drive_spi), .pulse(pulse), .high(high), .set(1'b0),
        .clear(1'b0), .acknowledge(acknowledge && !private_life), .deactivate(deactivate && !private_life),
        .touch(1'b0), .intid(drive_spi || pulse ? driven : intid), .group_of(spi_group), .changes(changes),
        .its_word(unused_word), .visit(1'b0), .visited({WL{1'b0}}), .word(word), .candidates(candidates),
        .groups(spi_groups), .ranks(ranks), .lists(lists), .levels(spi_level)
    );
    function [31:0] of_pe(input [255:0] t, input [3:0] p);
        integer k;
        for (k = 0; k < 32; k = k + 1) of_pe[k] = PES == 1 || t[8*k + {28'd0, p} +: 1];
    endfunction
    spi_winners #(.WORDS(WORDS), .QUEUES(PES), .STEADY(1)) winners (
        .clk(clk), .rst(rst), .word(word), .ask(1'b0), .had(unused_had), .start(changes), .queues({PES{1'b1}}),
        .busy(busy), .ends(unused_ends), .queue(looked), .looks(looks),
        .mine(looks ? candidates & of_pe(lists, looked) : 32'd0), .groups(spi_groups), .ranks(ranks),
        .best(spi_best)
    );

    // --- registers ---------------------------------------------------------------------------------------------------
    reg [31:0]  own_value, own_groups;      // of the accessing PE
    reg [127:0] own_sources;
    integer     k;
    always @* begin
        own_value   = 32'd0;
        own_groups  = 32'd0;
        own_sources = 128'd0;
        for (k = 0; k < PES; k = k + 1)
            if (one_pe[k]) begin
                own_value   = bank_value[32*k +: 32];
                own_groups  = bank_groups[32*k +: 32];
                own_sources = sources[128*k +: 128];
            end
    end
    assign group_of = private_life ? own_groups[intid[4:0]] : spi_group;

    always @* begin
        value = own_value | spi_value;      // each is 0 where it has no such register
        if (address[11:5] == 7'h40 && PES > 1)                   // GICD_ITARGETSR0 to 7: the PE that reads
            value = byte_access ? {24'd0, pes_before} : {4{pes_before}};
        if (in_cpend || in_spend)
            value = byte_access ? {24'd0, own_sources[{address[3:0], 3'b000} +: 8]}
                                : own_sources[{address[3:2], 5'd0} +: 32];
        case (wide)
            `IRQPATH_GICD_CTLR:  value = {30'd0, enables};
            `IRQPATH_GICD_TYPER: value = TYPER;
            `IRQPATH_GICD_IIDR:  value = IIDR;
            16'hFE8:             value = {24'd0, PIDR2};         // the identification registers end the frame
            16'hFF0:             value = 32'h0D;
            16'hFF4:             value = 32'hF0;
            16'hFF8:             value = 32'h05;
            16'hFFC:             value = 32'hB1;
            default: ;
        endcase
    end
    always @(posedge clk)
        if (rst) enables <= 2'b00;
        else if (write && wide == `IRQPATH_GICD_CTLR) enables <= data[1:0];

    wire unused = &{1'b0, unused_concerns, unused_spis, unused_word, unused_had, unused_ends, targets, 1'b0};
endmodule
`default_nettype wire
