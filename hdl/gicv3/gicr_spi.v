// The SPI that GICD offers to a Redistributor, and what the Redistributor owes GICD for it (golden model:
// pymodel/irqpath/gic/gicr/distributor_link.py). One that GICD replaces or recalls is given back at once or, if GICC
// may hold it, when GICC does not any more.
`default_nettype none
module gicr_spi (
    input  wire        clk,
    input  wire        rst,
    input  wire        pe_reset,          // GICC was reset
    // from GICD: `dn_intid` is offered in the place of the last, or wanted back
    input  wire        offered,
    input  wire        recalled,
    input  wire [23:0] dn_intid,
    input  wire [7:0]  dn_priority,
    input  wire        dn_group,
    // from GICC, which holds `su_intid` no more: it acknowledged it (an SPI, if `activate_spi`), or gave it back
    input  wire        activate,
    input  wire        activate_spi,
    input  wire        returned,
    input  wire [23:0] su_intid,
    // what GICC may hold
    input  wire        held,
    input  wire [23:0] held_intid,
    input  wire        replaced,
    input  wire [23:0] replaced_intid,
    // the offer
    output reg         spi,
    output reg  [7:0]  spi_priority,
    output reg  [23:0] spi_intid,
    output reg         spi_group,
    // to GICD: SpiRelease or SpiRecallAck now; a second message, SpiRecallAck of `recall_intid`, next
    output wire        give_back,
    output wire [23:0] give_back_intid,
    output wire        recall_ack,
    output wire [23:0] recall_ack_intid,
    output wire        second_back,
    output reg  [23:0] recall_intid
);
    reg         old_valid, recalling;     // one that GICD replaced, one that it recalls, while GICC may hold it
    reg  [23:0] old_intid;

    wire holds_spi = held && held_intid == spi_intid || replaced && replaced_intid == spi_intid;
    wire holds_dn  = held && held_intid == dn_intid || replaced && replaced_intid == dn_intid;

    // What GICC does not hold any more, because it took it, gave it back, or was reset, may be what GICD waits for: a
    // replaced SPI (SpiRelease, unless it was taken), a recalled one (SpiRecallAck), or both, of one INTID or of two.
    // Each is answered once. GICD recalls what it offered last, so the replaced one came to GICC before, and is
    // answered first.
    wire left          = activate || returned;
    wire holds_old     = held && held_intid == old_intid || replaced && replaced_intid == old_intid;
    wire holds_recall  = held && held_intid == recall_intid || replaced && replaced_intid == recall_intid;
    wire old_gone      = old_valid && (pe_reset ? holds_old : left && su_intid == old_intid);
    wire recalled_gone = recalling && (pe_reset ? holds_recall : left && su_intid == recall_intid);
    wire release_outstanding = old_gone && !activate;
    wire both                = release_outstanding && recalled_gone;
    wire first_back          = release_outstanding || recalled_gone && !activate;
    assign second_back       = recalled_gone && activate || both;

    assign give_back        = first_back && release_outstanding || offered && spi && !holds_spi;
    assign give_back_intid  = offered ? spi_intid : old_intid;
    assign recall_ack       = first_back && !release_outstanding || recalled && !holds_dn;
    assign recall_ack_intid = recalled ? dn_intid : recall_intid;

    always @(posedge clk)
        if (rst) {spi, spi_priority, spi_intid, spi_group} <= 34'd0;
        else if (offered) {spi, spi_priority, spi_intid, spi_group} <= {1'b1, dn_priority, dn_intid, dn_group};
        else if (recalled && spi_intid == dn_intid || activate_spi && spi_intid == su_intid) spi <= 1'b0;

    always @(posedge clk)
        if (rst) {old_valid, old_intid} <= 25'd0;
        else if (offered && spi && holds_spi) {old_valid, old_intid} <= {1'b1, spi_intid};
        else if (old_gone) old_valid <= 1'b0;

    always @(posedge clk)
        if (rst) {recalling, recall_intid} <= 25'd0;
        else if (recalled && holds_dn) {recalling, recall_intid} <= {1'b1, dn_intid};
        else if (recalled_gone) recalling <= 1'b0;
endmodule
`default_nettype wire
