// The dist link between GICD (down) and the GICR of one PE (up): kinds, and how much may be under way; the last is what
// irqpath_top.v builds its queues' depths on.
`default_nettype none
`include "formal/property.vh"
`include "generated/irqpath_links.vh"
module dist_properties #(
    parameter LINK         = 0,
    parameter REQUESTS     = 8,   // of the GICC, and of those before its resets
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
    wire        active = dn_valid || up_valid;
    // what the GICR asked for, and GICD has not acknowledged
    reg  [3:0]  acts, deacts, sgis;
    reg         status;
    // what GICD asked for
    reg         last, prior;          // the last offer, and the one that it replaced, are not answered
    reg  [23:0] last_intid, prior_intid;
    reg         recalling, controlling;

    // those of GICv4 (SgiMode) are none: the blocks have no GICv4
    localparam [15:0] DOWN_KINDS = `DIST_DOWN_KINDS;
    localparam [15:0] UP_KINDS   = `DIST_UP_KINDS;
    reg  [3:0]  dn, up;               // kinds
    reg         dn_goes, up_goes, is_act, is_deact, is_sgi, is_status, act_ack, deact_ack, sgi_ack, status_ack;
    reg         is_offer, is_recall, is_control, is_release, recalled, offered, older, of_older, leaves;
    reg         no_ack, is_held, no_response, of_last;
    reg  [23:0] up_intid;
    always @* begin
        {dn, up, dn_goes, up_goes, is_act, is_deact, is_sgi, is_status} = 14'd0;
        {act_ack, deact_ack, sgi_ack, status_ack} = 4'd0;
        {is_offer, is_recall, is_control, is_release, recalled, offered, older, of_older, leaves} = 9'd0;
        {no_ack, is_held, no_response, of_last, up_intid} = 28'd0;
        if (active) begin
            dn          = dn_msg[`DIST_DOWN_KIND];
            up          = up_msg[`DIST_UP_KIND];
            dn_goes     = dn_valid && dn_ready;
            up_goes     = up_valid && up_ready;
            is_act      = up == `DIST_SPI_ACTIVATE;
            is_deact    = up == `DIST_SPI_DEACTIVATE;
            is_sgi      = up == `DIST_SGI_REQUEST;
            is_status   = up == `DIST_PE_STATUS;
            act_ack     = dn == `DIST_SPI_ACTIVATE_ACK;
            deact_ack   = dn == `DIST_SPI_DEACTIVATE_ACK;
            sgi_ack     = dn == `DIST_SGI_ACK;
            status_ack  = dn == `DIST_PE_STATUS_ACK;
            is_offer    = dn == `DIST_SPI_OFFER;
            is_recall   = dn == `DIST_SPI_RECALL;
            is_control  = dn == `DIST_CONTROL;
            is_release  = up == `DIST_SPI_RELEASE;
            recalled    = up == `DIST_SPI_RECALL_ACK;
            up_intid    = up_msg[`DIST_SPI_RELEASE_INTID];
            offered     = dn_goes && is_offer;
            // the last one stays beside a new one; one before it may be there without it, where it was recalled
            older       = prior || offered && last;
            of_older    = older && up_intid == (offered && last ? last_intid : prior_intid);
            leaves      = up_goes && (is_act || is_release);
            of_last     = dn_msg[`DIST_SPI_RECALL_INTID] == last_intid;
            is_held     = prior && up_intid == prior_intid || last && up_intid == last_intid;
            no_ack      = act_ack && acts == 0 || deact_ack && deacts == 0 || sgi_ack && sgis == 0
                       || status_ack && !status;
            no_response = is_release && !is_held || recalled && !recalling
                       || up == `DIST_CONTROL_ACK && !controlling;
        end
    end

    always @(posedge clk)
        if (rst) {acts, deacts, sgis, status, last, prior, recalling, controlling} <= 17'd0;
        else if (active) begin
            acts   <= acts + {3'd0, up_goes && is_act} - {3'd0, dn_goes && act_ack};
            deacts <= deacts + {3'd0, up_goes && is_deact} - {3'd0, dn_goes && deact_ack};
            sgis   <= sgis + {3'd0, up_goes && is_sgi} - {3'd0, dn_goes && sgi_ack};
            status <= (status || up_goes && is_status) && !(dn_goes && status_ack);
            if (offered) begin
                last_intid <= dn_msg[`DIST_SPI_OFFER_INTID];
                if (last) prior_intid <= last_intid;
            end
            prior <= older && !(leaves && of_older);
            last   <= offered || last && !(leaves && !of_older && up_intid == last_intid) && !(up_goes && recalled);
            recalling   <= (recalling || dn_goes && is_recall) && !(up_goes && recalled);
            controlling <= (controlling || dn_goes && is_control) && !(up_goes && up == `DIST_CONTROL_ACK);
        end

    wire [3:0] requests = acts + deacts + sgis;
    `PROPERTIES(active)
        `PROPERTY(DOWN_ASSUMED, "down kind", !dn_valid || DOWN_KINDS[dn])
        `PROPERTY(DOWN_ASSUMED, "offers", !(dn_valid && is_offer) || !(last && prior) && !recalling)
        `PROPERTY(DOWN_ASSUMED, "recalls", !(dn_valid && is_recall) || !recalling && of_last)
        `PROPERTY(DOWN_ASSUMED, "controls", !(dn_valid && is_control) || !controlling)
        `PROPERTY(DOWN_ASSUMED, "acknowledges", !(dn_valid && no_ack))
        `PROPERTY(UP_ASSUMED, "up kind", !up_valid || UP_KINDS[up])
        `PROPERTY(UP_ASSUMED, "requests", requests + {3'd0, up_valid && (is_act || is_deact || is_sgi)} <= REQUESTS)
        `PROPERTY(UP_ASSUMED, "one status", !(up_valid && is_status) || !status)
        `PROPERTY(UP_ASSUMED, "responds", !(up_valid && no_response))
    `PROPERTIES_END
    link_properties #(.LINK(LINK), .WIDTH(`DIST_DOWN_BITS), .ASSUMED(DOWN_ASSUMED)) down_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(dn_valid), .ready(dn_ready), .payload(dn_msg)
    );
    link_properties #(.LINK(LINK), .WIDTH(`DIST_UP_BITS), .ASSUMED(UP_ASSUMED)) up_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(up_valid), .ready(up_ready), .payload(up_msg)
    );
endmodule
`default_nettype wire
