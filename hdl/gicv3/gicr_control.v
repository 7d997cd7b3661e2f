// The registers of a Redistributor's RD_base frame (golden model: pymodel/irqpath/gic/gicr/registers.py): GICR_CTLR,
// where the tables of LPIs are, direct LPIs. What GICR_WAKER does is in gicr_power.v.
`default_nettype none
`include "generated/irqpath_regs.vh"
module gicr_control #(
    parameter        LPIS       = 1,
    parameter        DIRECT_LPI = 0,
    parameter        ONE_OF_N   = 1,
    parameter        CES        = 1,
    parameter [63:0] TYPER      = 64'd0,
    parameter [31:0] IIDR       = 32'd0,
    parameter [7:0]  PIDR2      = 8'h3B
) (
    input  wire        clk,
    input  wire        rst,
    // a permitted access to any frame offset; `value` is of the 64-bit word
    input  wire        write,
    input  wire [16:0] address,
    input  wire [2:0]  size,
    input  wire [63:0] data,
    output reg  [63:0] value,
    // GICR_WAKER
    output wire        waker_write,
    input  wire        processor_sleep,
    input  wire        children_asleep,
    // RWP and Busy last until GICC holds what it should
    input  wire        disables,          // the write clears a bit of GICR_ICENABLER0
    input  wire        respond,           // GICC holds what it should
    // 1-of-N
    output reg  [1:0]  dpg,
    input  wire        status_known,      // by GICD
    // LPIs
    output reg         lpi_enabled,
    output wire        enable_lpis,       // EnableLPIs is being set, cleared
    output wire        disable_lpis,
    output reg         flushing,          // it was cleared, but pending LPIs are not yet in memory
    input  wire        flushed,
    output reg  [63:0] propbaser,
    output reg  [63:0] pendbaser,
    output wire        direct_set,        // GICR_SETLPIR and its companions: what is written, to which LPI
    output wire        direct_clear,
    output wire        direct_inv,
    output wire        direct_invall,
    output wire [23:0] direct_intid
);
    reg rwp, direct_busy, dpg_outstanding;

    wire [16:0] word_addr = {address[16:3], 3'b000};     // the 64-bit word
    wire        waits     = rwp || dpg_outstanding || flushing;
    wire [31:0] ctlr      = {6'd0, dpg, 20'd0, waits, 1'b0, CES != 0 && LPIS != 0, lpi_enabled};
    wire [31:0] waker     = {29'd0, children_asleep, processor_sleep, 1'b0};
    always @*
        case (word_addr)
            `IRQPATH_GICR_CTLR:       value = {IIDR, ctlr};
            `IRQPATH_GICR_TYPER:      value = TYPER;
            `IRQPATH_GICR_STATUSR:    value = {waker, 32'd0};
            `IRQPATH_GICR_PROPBASER:  value = LPIS != 0 ? propbaser : 64'd0;
            `IRQPATH_GICR_PENDBASER:  value = LPIS != 0 ? pendbaser & ~(64'd1 << 62) : 64'd0;   // PTZ reads as 0 (R28)
            `IRQPATH_GICR_SYNCR:      value = {63'd0, direct_busy};
            `IRQPATH_GICR_PIDR2:      value = {56'd0, PIDR2};
            `IRQPATH_GICR_CIDR0:      value = {32'hF0, 32'h0D};
            `IRQPATH_GICR_CIDR2:      value = {32'hB1, 32'h05};
            default:                  value = 64'd0;
        endcase

    wire [63:0] lanes       = (size == 3'd3 ? {64{1'b1}} : 64'hFFFF_FFFF) << {address[2], 5'd0};
    wire [63:0] lane_data   = data << {address[2], 5'd0};
    wire        write_ctlr  = write && address == `IRQPATH_GICR_CTLR;
    wire        write_dpg   = write_ctlr && ONE_OF_N != 0 && data[25:24] != dpg;
    wire        tables_free = LPIS != 0 && !lpi_enabled && !flushing;
    assign waker_write  = write && address == `IRQPATH_GICR_WAKER;
    assign enable_lpis  = write_ctlr && LPIS != 0 && data[0] && !lpi_enabled;
    assign disable_lpis = write_ctlr && LPIS != 0 && CES != 0 && !data[0] && lpi_enabled;

    wire direct = DIRECT_LPI != 0 && LPIS != 0 && write;
    assign direct_set    = direct && word_addr == `IRQPATH_GICR_SETLPIR && !address[2];
    assign direct_clear  = direct && word_addr == `IRQPATH_GICR_CLRLPIR && !address[2];
    assign direct_inv    = direct && word_addr == `IRQPATH_GICR_INVLPIR && !address[2];
    assign direct_invall = direct && word_addr == `IRQPATH_GICR_INVALLR;
    assign direct_intid  = |data[31:24] ? 24'd0 : data[23:0];   // an INTID that is no LPI changes nothing

    always @(posedge clk)
        if (rst) rwp <= 1'b0;
        else if (disables) rwp <= 1'b1;
        else if (respond) rwp <= 1'b0;

    always @(posedge clk)
        if (rst) direct_busy <= 1'b0;
        else if (direct_clear || direct_inv || direct_invall) direct_busy <= 1'b1;
        else if (respond) direct_busy <= 1'b0;

    always @(posedge clk)
        if (rst) {dpg_outstanding, dpg} <= 3'd0;
        else if (write_dpg) {dpg_outstanding, dpg} <= {1'b1, data[25:24]};
        else if (status_known) dpg_outstanding <= 1'b0;

    always @(posedge clk)
        if (rst) {lpi_enabled, flushing} <= 2'b00;
        else if (enable_lpis) lpi_enabled <= 1'b1;
        else if (disable_lpis) {lpi_enabled, flushing} <= 2'b01;
        else if (flushed) flushing <= 1'b0;

    function [63:0] written(input [63:0] old, input [63:0] bits, input [63:0] by);
        written = old & ~bits | by & bits;
    endfunction
    always @(posedge clk)
        if (rst) {propbaser, pendbaser} <= 128'd0;
        else if (write && tables_free) begin
            if (word_addr == `IRQPATH_GICR_PROPBASER)
                propbaser <= written(propbaser, lanes & `IRQPATH_GICR_PROPBASER_WMASK, lane_data);
            if (word_addr == `IRQPATH_GICR_PENDBASER)
                pendbaser <= written(pendbaser, lanes & `IRQPATH_GICR_PENDBASER_WMASK, lane_data);
        end else if (disable_lpis) pendbaser[62] <= 1'b0;   // PTZ was of the table as it was then (R28)

    wire unused = &{1'b0, data[63:32], 1'b0};
endmodule
`default_nettype wire
