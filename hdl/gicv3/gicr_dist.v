// The Distributor as a Redistributor sees it: what GICD_CTLR enables, what the CPU interface asked of GICD, and what
// GICD was told of the PE (golden model: pymodel/irqpath/gic/gicr/distributor_link.py). Messages to GICD are made
// here and nowhere else; which SPI is given back and when, see gicr_spi.v.
//
// At most one message is queued in a cycle.
`default_nettype none
`include "generated/irqpath_links.vh"
module gicr_dist #(
    parameter       UP_DEPTH = 16,
    parameter [3:0] REQUESTS = 4'd8      // outstanding at most
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        pe_reset,          // the CPU interface was reset
    // dist
    output wire        up_valid,
    input  wire        up_ready,
    output wire [`DIST_UP_BITS-1:0] up_msg,
    // from GICD
    input  wire        control,           // Control, with what GICD_CTLR enables
    input  wire [1:0]  control_enables,
    input  wire        sgi_ack,
    input  wire        spi_activate_ack,
    input  wire        spi_deactivate_ack,
    input  wire        status_ack,
    // requests of GICC: GenerateSgi is passed on (`sgi_request`), Activate and Deactivate of SPI `su_intid`
    input  wire        generate_sgi,
    input  wire        activate_spi,
    input  wire        deactivate_spi,
    input  wire [23:0] su_intid,
    input  wire [`DIST_UP_BITS-1:0] sgi_request,
    // SPIs that are given back
    input  wire        give_back,
    input  wire [23:0] give_back_intid,
    input  wire        recall_ack,
    input  wire [23:0] recall_ack_intid,
    input  wire        second,            // the second message: SpiRecallAck of `recall_intid`
    input  wire [23:0] recall_intid,
    // the PE, as GICD should know it
    input  wire [1:0]  dpg,
    input  wire        available,
    input  wire [1:0]  cpu_groups,
    input  wire        tell,              // send it if GICD does not know, and has acknowledged the last
    input  wire        respond,           // GICC holds what it should: acknowledge Control
    // what follows
    output reg  [1:0]  dist_groups,
    output wire        sgi_done,          // GICD has done what GICC still waits for
    output wire        spi_activate_done,
    output wire        spi_deactivate_done,
    output wire        status_known,      // GICD knows the PE as it is now
    output wire        room               // for another request of GICC
);
    reg        control_outstanding;
    reg        status_outstanding;
    reg  [4:0] status_sent;               // {dpg, awake, enables}
    wire [4:0] status       = {dpg, available, cpu_groups};
    wire       send_status  = tell && status != status_sent && !status_outstanding;
    wire       send_control = respond && control_outstanding;
    assign     status_known = status_ack && status == status_sent;

    // of a CPU interface and of those before its resets together: it has as many as it may of its own, and resets may
    // follow each other faster than GICD acknowledges
    wire [3:0] sgis_out, activations_out, deactivations_out;
    assign     room = sgis_out + activations_out + deactivations_out < REQUESTS;
    gicr_requests sgis (
        .clk(clk), .rst(rst), .sent(generate_sgi), .acked(sgi_ack), .flush(pe_reset), .done(sgi_done),
        .out(sgis_out)
    );
    gicr_requests activations (
        .clk(clk), .rst(rst), .sent(activate_spi), .acked(spi_activate_ack), .flush(pe_reset), .done(spi_activate_done),
        .out(activations_out)
    );
    gicr_requests deactivations (
        .clk(clk), .rst(rst), .sent(deactivate_spi), .acked(spi_deactivate_ack), .flush(pe_reset),
        .done(spi_deactivate_done), .out(deactivations_out)
    );

    reg         up_push;
    reg  [`DIST_UP_BITS-1:0] up_in;
    always @* begin
        up_push = 1'b1;
        up_in   = {`DIST_UP_BITS{1'b0}};
        if (generate_sgi)        up_in = sgi_request;
        else if (activate_spi)   up_in = `DIST_SPI_ACTIVATE_PACK(su_intid);
        else if (deactivate_spi) up_in = `DIST_SPI_DEACTIVATE_PACK(su_intid);
        else if (give_back)      up_in = `DIST_SPI_RELEASE_PACK(give_back_intid);
        else if (recall_ack)     up_in = `DIST_SPI_RECALL_ACK_PACK(recall_ack_intid);
        else if (second)         up_in = `DIST_SPI_RECALL_ACK_PACK(recall_intid);
        else if (send_status)    up_in = `DIST_PE_STATUS_PACK(available, dpg, cpu_groups);
        else if (send_control)   up_in = `DIST_CONTROL_ACK_PACK;
        else                     up_push = 1'b0;
    end
    wire [$clog2(UP_DEPTH):0] up_count;
    msg_fifo #(.WIDTH(`DIST_UP_BITS), .DEPTH(UP_DEPTH)) up_queue (
        .clk(clk), .rst(rst), .push(up_push), .in(up_in), .pop(up_valid && up_ready), .valid(up_valid), .out(up_msg),
        .count(up_count)
    );

    always @(posedge clk)
        if (rst) dist_groups <= 2'b00;
        else if (control) dist_groups <= control_enables;

    always @(posedge clk)
        if (rst) control_outstanding <= 1'b0;
        else if (control) control_outstanding <= 1'b1;
        else if (respond) control_outstanding <= 1'b0;

    always @(posedge clk)
        if (rst) {status_outstanding, status_sent} <= 6'd0;
        else if (send_status) {status_outstanding, status_sent} <= {1'b1, status};
        else if (status_ack) status_outstanding <= 1'b0;

    wire unused = &{1'b0, up_count, 1'b0};
endmodule
`default_nettype wire
