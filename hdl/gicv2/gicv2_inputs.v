// Which input a GICv2 takes next: the reset of a PE first; then register accesses and wires in turn: GICD, GICC, GICH,
// GICV, V2M, an SPI, a PPI (the lowest of what changed). A PE's reset is an input once, when it begins.
`default_nettype none
module gicv2_inputs #(
    parameter PES  = 1,
    parameter SPIS = 32
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              idle,       // the block can take an input
    input  wire [PES-1:0]    pe_rst,
    input  wire [4:0]        req,        // of V2M, GICV, GICH, GICC, GICD
    input  wire [SPIS-1:0]   spi,
    input  wire [SPIS-1:0]   spi_level,
    input  wire [16*PES-1:0] ppi,
    input  wire [16*PES-1:0] ppi_level,
    // what is taken
    output wire [PES-1:0]    reset_seen,
    output wire [4:0]        take,
    output wire              take_spi,
    output wire              take_ppi,
    output wire              accepted,
    output wire [9:0]        driven,     // INTID of the SPI, INTID - 16 of the PPI
    output wire [PES-1:0]    ppi_pe,
    output wire              high
);
    localparam PL = $clog2(16 * PES), SL = $clog2(SPIS);
    reg  [PES-1:0] was, waits;
    wire [PES-1:0] rises = pe_rst & ~was;
    wire           resets = |waits;
    assign reset_seen = idle ? waits & (~waits + 1'b1) : {PES{1'b0}};
    always @(posedge clk)
        if (rst) begin
            was   <= {PES{1'b0}};
            waits <= {PES{1'b0}};
        end else begin
            was   <= pe_rst;
            waits <= (waits | rises) & ~reset_seen;
        end

    wire          spi_changed, ppi_changed, spi_high, ppi_high;
    wire [SL-1:0] spi_number;
    wire [PL-1:0] ppi_number;
    wire_sampler #(.N(SPIS)) spis (
        .clk(clk), .rst(rst), .wires(spi), .level(spi_level), .take(take_spi), .changed(spi_changed),
        .number(spi_number), .high(spi_high)
    );
    wire_sampler #(.N(16 * PES)) ppis (
        .clk(clk), .rst(rst), .wires(ppi), .level(ppi_level), .take(take_ppi), .changed(ppi_changed),
        .number(ppi_number), .high(ppi_high)
    );
    wire [6:0] chosen;
    wire       turns = idle && !resets;
    rr_arbiter #(.N(7)) arbiter (
        .clk(clk), .rst(rst), .request({ppi_changed, spi_changed, req}), .take(turns), .grant(chosen)
    );
    assign {take_ppi, take_spi, take} = turns ? chosen : 7'd0;
    assign accepted = idle && (resets || |chosen);
    assign driven   = take_ppi ? {6'd0, ppi_number[3:0]} : {{(10-SL){1'b0}}, spi_number} + 10'd32;
    assign high     = take_ppi ? ppi_high : spi_high;
    assign ppi_pe   = {{(PES-1){1'b0}}, 1'b1} << ({4'd0, ppi_number} >> 4);
endmodule
`default_nettype wire
