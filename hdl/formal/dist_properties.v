// The dist link between GICD (down) and the GICR of one PE (up): kinds, and how much may be under way; the last is what
// irqpath_top.v builds its queues' depths on.
`default_nettype none
`include "formal/property.vh"
`include "generated/irqpath_links.vh"
module dist_properties #(
    parameter LINK         = 0,
    parameter REQUESTS     = 8,   // of the GICC, and of one that was reset since
    parameter DOWN_ASSUMED = 0,   // what GICD guarantees
    parameter UP_ASSUMED   = 0    // what the GICR guarantees
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    input  wire        dn_valid,
    input  wire        dn_ready,
    input  wire [`DIST_DOWN_BITS-1:0] dn_msg,
    input  wire        up_valid,
    input  wire        up_ready,
    input  wire [`DIST_UP_BITS-1:0] up_msg
);
    `PROPERTIES
    wire [3:0] dn      = dn_msg[`DIST_DOWN_KIND];
    wire [3:0] up      = up_msg[`DIST_UP_KIND];
    wire       dn_goes = dn_valid && dn_ready;
    wire       up_goes = up_valid && up_ready;
    // what the GICR asked for, and GICD has not acknowledged
    wire is_act     = up == `DIST_SPI_ACTIVATE, is_deact = up == `DIST_SPI_DEACTIVATE;
    wire is_sgi     = up == `DIST_SGI_REQUEST, is_status = up == `DIST_PE_STATUS;
    wire act_ack    = dn == `DIST_SPI_ACTIVATE_ACK, deact_ack = dn == `DIST_SPI_DEACTIVATE_ACK;
    wire sgi_ack    = dn == `DIST_SGI_ACK, status_ack = dn == `DIST_PE_STATUS_ACK;
    reg  [3:0] acts, deacts, sgis;
    reg        status;
    // what GICD asked for
    wire is_offer   = dn == `DIST_SPI_OFFER, is_recall = dn == `DIST_SPI_RECALL, is_control = dn == `DIST_CONTROL;
    wire is_release = up == `DIST_SPI_RELEASE, recalled = up == `DIST_SPI_RECALL_ACK;
    reg         last, prior;          // the last offer, and the one that it replaced, are not answered
    reg  [23:0] last_intid, prior_intid;
    reg         recalling, controlling;
    wire [23:0] up_intid = up_msg[`DIST_SPI_RELEASE_INTID];
    wire        offered  = dn_goes && is_offer;
    wire        older    = offered ? last : prior;
    wire        of_older = older && up_intid == (offered ? last_intid : prior_intid);
    wire        leaves   = up_goes && (is_act || is_release);

    always @(posedge clk)
        if (rst) {acts, deacts, sgis, status, last, prior, recalling, controlling} <= 17'd0;
        else begin
            acts   <= acts + {3'd0, up_goes && is_act} - {3'd0, dn_goes && act_ack};
            deacts <= deacts + {3'd0, up_goes && is_deact} - {3'd0, dn_goes && deact_ack};
            sgis   <= sgis + {3'd0, up_goes && is_sgi} - {3'd0, dn_goes && sgi_ack};
            status <= (status || up_goes && is_status) && !(dn_goes && status_ack);
            if (offered) begin
                last_intid   <= dn_msg[`DIST_SPI_OFFER_INTID];
                prior_intid <= last_intid;
            end
            prior <= older && !(leaves && of_older);
            last   <= offered || last && !(leaves && !of_older && up_intid == last_intid) && !(up_goes && recalled);
            recalling   <= (recalling || dn_goes && is_recall) && !(up_goes && recalled);
            controlling <= (controlling || dn_goes && is_control) && !(up_goes && up == `DIST_CONTROL_ACK);
        end

    wire [3:0] requests = acts + deacts + sgis;
    wire no_ack    = act_ack && acts == 0 || deact_ack && deacts == 0 || sgi_ack && sgis == 0 || status_ack && !status;
    wire is_held   = prior && up_intid == prior_intid || last && up_intid == last_intid;
    wire no_response = is_release && !is_held || recalled && !recalling || up == `DIST_CONTROL_ACK && !controlling;
    // those of GICv4 (SgiMode) are none: the blocks have no GICv4
    localparam [15:0] DOWN_KINDS = `DIST_DOWN_KINDS;
    localparam [15:0] UP_KINDS   = `DIST_UP_KINDS;
    `PROPERTY(DOWN_ASSUMED, "down kind", !dn_valid || DOWN_KINDS[dn])
    `PROPERTY(DOWN_ASSUMED, "offers", !(dn_valid && is_offer) || !(last && prior) && !recalling)
    wire       of_last = dn_msg[`DIST_SPI_RECALL_INTID] == last_intid;
    `PROPERTY(DOWN_ASSUMED, "recalls", !(dn_valid && is_recall) || !recalling && of_last)
    `PROPERTY(DOWN_ASSUMED, "controls", !(dn_valid && is_control) || !controlling)
    `PROPERTY(DOWN_ASSUMED, "acknowledges", !(dn_valid && no_ack))
    `PROPERTY(UP_ASSUMED, "up kind", !up_valid || UP_KINDS[up])
    `PROPERTY(UP_ASSUMED, "requests", requests + {3'd0, up_valid && (is_act || is_deact || is_sgi)} <= REQUESTS)
    `PROPERTY(UP_ASSUMED, "one status", !(up_valid && is_status) || !status)
    `PROPERTY(UP_ASSUMED, "responds", !(up_valid && no_response))
    link_properties #(.LINK(LINK), .WIDTH(`DIST_DOWN_BITS), .ASSUMED(DOWN_ASSUMED)) down_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(dn_valid), .ready(dn_ready), .payload(dn_msg)
    );
    link_properties #(.LINK(LINK), .WIDTH(`DIST_UP_BITS), .ASSUMED(UP_ASSUMED)) up_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(up_valid), .ready(up_ready), .payload(up_msg)
    );
endmodule
`default_nettype wire
