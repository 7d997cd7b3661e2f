// The best interrupt that a Redistributor may forward: of its SGIs and PPIs, the SPI that GICD offers, and its LPIs.
// The lowest priority value wins, then the lowest INTID.
`default_nettype none
module gicr_select (
    input  wire        clk,
    input  wire        rst,
    input  wire        update,            // find it now
    input  wire        awake,             // the CPU interface takes messages
    input  wire [1:0]  forwarded,         // groups
    // SGIs and PPIs, of groups that are forwarded
    input  wire        own_valid,
    input  wire [7:0]  own_priority,
    input  wire [4:0]  own_intid,
    input  wire        own_group,
    input  wire        spi,
    input  wire [7:0]  spi_priority,
    input  wire [23:0] spi_intid,
    input  wire        spi_group,
    input  wire        lpi,               // always of Group 1
    input  wire [7:0]  lpi_priority,
    input  wire [23:0] lpi_intid,
    output wire        something_waits,   // at `update`: there is one, whether the CPU interface takes it or not
    output reg         best_valid,
    output reg  [7:0]  best_priority,
    output reg  [23:0] best_intid,
    output reg         best_group
);
    wire        spi_here = spi && forwarded[spi_group];
    wire        lpi_here = lpi && forwarded[1];
    wire [31:0] own_rank = {own_priority, 19'd0, own_intid};
    wire [31:0] spi_rank = {spi_priority, spi_intid};
    wire [31:0] lpi_rank = {lpi_priority, lpi_intid};
    wire        spi_wins = spi_here && (!own_valid || spi_rank < own_rank);
    wire [31:0] two_rank = spi_wins ? spi_rank : own_rank;
    wire        lpi_wins = lpi_here && (!(own_valid || spi_here) || lpi_rank < two_rank);
    wire        found    = own_valid || spi_here || lpi_here;
    assign      something_waits = update && found;

    always @(posedge clk)
        if (rst) {best_valid, best_priority, best_intid, best_group} <= 34'd0;
        else if (update) begin
            best_valid                  <= awake && found;
            {best_priority, best_intid} <= lpi_wins ? lpi_rank : two_rank;
            best_group                  <= lpi_wins || (spi_wins ? spi_group : own_group);
        end
endmodule
`default_nettype wire
