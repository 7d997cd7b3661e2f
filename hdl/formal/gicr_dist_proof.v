// gicr_dist: what a Redistributor sends GICD for a CPU interface that has CREDITS requests under way at most, and is
// reset at any time. SPIs that are given back are left out: gicr_spi.v.
`default_nettype none
`include "formal/property.vh"
`include "generated/irqpath_links.vh"
module gicr_dist_proof #(
    parameter CREDITS = 1
) (
    input wire        clk,
    input wire        rst,
    // what the Redistributor takes, one at a time, or its phase
    input wire        pe_reset,
    input wire        dn_valid,
    input wire        takes,
    input wire [`DIST_DOWN_BITS-1:0] dn_msg,
    input wire        generate_sgi,
    input wire        activate_spi,
    input wire        deactivate_spi,
    input wire        tell,
    input wire        respond,
    input wire [23:0] su_intid,
    input wire [1:0]  dpg,
    input wire        available,
    input wire [1:0]  cpu_groups,
    input wire        up_ready,
    // registers of `dut`
    input wire        push,
    input wire [2:0]  count
);
    wire       take = dn_valid && takes;
    wire [3:0] kind = dn_msg[`DIST_DOWN_KIND];
    wire       sgi_ack            = take && kind == `DIST_SGI_ACK;
    wire       spi_activate_ack   = take && kind == `DIST_SPI_ACTIVATE_ACK;
    wire       spi_deactivate_ack = take && kind == `DIST_SPI_DEACTIVATE_ACK;
    wire       up_valid, sgi_done, spi_activate_done, spi_deactivate_done, status_known;
    wire [1:0] dist_groups;
    wire [`DIST_UP_BITS-1:0] up_msg;
    wire room;
    gicr_dist #(.UP_DEPTH(4), .REQUESTS(2 * CREDITS)) dut (
        .clk(clk), .rst(rst), .pe_reset(pe_reset), .up_valid(up_valid), .up_ready(up_ready), .up_msg(up_msg),
        .control(take && kind == `DIST_CONTROL), .control_enables(dn_msg[`DIST_CONTROL_ENABLES]), .sgi_ack(sgi_ack),
        .spi_activate_ack(spi_activate_ack), .spi_deactivate_ack(spi_deactivate_ack),
        .status_ack(take && kind == `DIST_PE_STATUS_ACK), .generate_sgi(generate_sgi), .activate_spi(activate_spi),
        .deactivate_spi(deactivate_spi), .su_intid(su_intid),
        .sgi_request(`DIST_SGI_REQUEST_PACK(2'd0, 1'b0, 4'd0, su_intid[3:0], su_intid[15:0], su_intid)),
        .give_back(1'b0), .give_back_intid(24'd0), .recall_ack(1'b0), .recall_ack_intid(24'd0), .second(1'b0),
        .recall_intid(24'd0), .dpg(dpg), .available(available), .cpu_groups(cpu_groups), .tell(tell), .respond(respond),
        .dist_groups(dist_groups), .sgi_done(sgi_done), .spi_activate_done(spi_activate_done),
        .spi_deactivate_done(spi_deactivate_done), .status_known(status_known),
        .room(room)
    );
    initial assume (rst);

    // requests of the CPU interface that are not acknowledged
    wire       asks  = generate_sgi || activate_spi || deactivate_spi;
    wire       done  = sgi_done || spi_activate_done || spi_deactivate_done;
    reg  [3:0] own;
    always @(posedge clk)
        if (rst || pe_reset) own <= 4'd0;
        else own <= own + {3'd0, asks} - {3'd0, done};
    wire [2:0] inputs = {2'd0, pe_reset} + {2'd0, take} + {2'd0, generate_sgi} + {2'd0, activate_spi}
                        + {2'd0, deactivate_spi} + {2'd0, tell} + {2'd0, respond};
    `PROPERTIES(1'b1)
        `PROPERTY(1, "one input", inputs <= 3'd1)
        `PROPERTY(1, "has credit", !asks || own < CREDITS && room)
    `PROPERTIES_END
    dist_properties #(.REQUESTS(2 * CREDITS), .DOWN_ASSUMED(1)) dist_link (
        .clk(clk), .rst(rst), .dn_valid(dn_valid), .dn_ready(takes), .dn_msg(dn_msg), .up_valid(up_valid),
        .up_ready(up_ready), .up_msg(up_msg)
    );
    fifo_properties #(.DEPTH(4)) queue (
        .clk(clk), .rst(rst), .push(push), .pop(up_valid && up_ready), .count(count)
    );
endmodule
`default_nettype wire
