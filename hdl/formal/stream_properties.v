// The GIC Stream between a GICR (down) and a GICC (up): beats, kinds, and how much may be under way; the last is what
// irqpath_top.v builds its queues' depths on. Counted where a message's last beat is accepted.
`default_nettype none
`include "formal/property.vh"
`include "generated/irqpath_links.vh"
module stream_properties #(
    parameter LINK         = 0,
    parameter CREDITS      = 4,
    parameter DOWN_ASSUMED = 0,   // what the GICR guarantees
    parameter UP_ASSUMED   = 0    // what the GICC guarantees
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    input  wire        down_tvalid,
    input  wire        down_tready,
    input  wire [15:0] down_tdata,
    input  wire        down_tlast,
    input  wire        up_tvalid,
    input  wire        up_tready,
    input  wire [15:0] up_tdata,
    input  wire        up_tlast
);
    wire       active = down_tvalid || up_tvalid;
    reg  [3:0] down_was, up_was;             // kind of the message whose first beat has gone
    reg  [1:0] down_beat, up_beat;
    reg  [`STREAM_DOWN_BITS-1:0] down_sent;  // the beats of a message that have gone
    reg  [23:0] set_intid;                   // of the last Set
    // requests of the GICC that are not acknowledged, by kind
    reg  [3:0] acts, deacts, sgis, controls;
    // candidates that the GICC has not answered, and what else it has to answer
    reg  [1:0] sets;
    reg        clearing, quiescing, connecting;

    localparam [15:0] DOWN_KINDS      = `STREAM_DOWN_KINDS;
    localparam [15:0] UP_KINDS        = `STREAM_UP_KINDS;
    localparam [31:0] DOWN_LAST_BEATS = `STREAM_DOWN_LAST_BEATS;
    localparam [31:0] UP_LAST_BEATS   = `STREAM_UP_LAST_BEATS;
    reg  [3:0] down, up;                     // kinds
    reg  [`STREAM_DOWN_BITS-1:0] down_msg;
    reg        down_goes, up_goes, down_done, up_done, down_last, up_last;
    reg        is_act, is_deact, is_sgi, is_control, leaves, asks;
    reg        act_ack, deact_ack, sgi_ack, control_ack, is_set, is_clear, is_quiesce, is_connect;
    reg        quiet, of_last, no_ack, no_response;
    always @* begin
        {down, up, down_goes, up_goes, down_done, up_done, down_last, up_last} = 14'd0;
        {is_act, is_deact, is_sgi, is_control, leaves, asks, act_ack, deact_ack, sgi_ack, control_ack} = 10'd0;
        {is_set, is_clear, is_quiesce, is_connect, quiet, of_last, no_ack, no_response} = 8'd0;
        down_msg = {`STREAM_DOWN_BITS{1'b0}};
        if (active) begin
            down        = down_beat == 2'd0 ? down_tdata[3:0] : down_was;
            up          = up_beat == 2'd0 ? up_tdata[3:0] : up_was;
            down_goes   = down_tvalid && down_tready;
            up_goes     = up_tvalid && up_tready;
            down_done   = down_goes && down_tlast;
            up_done     = up_goes && up_tlast;
            down_last   = down_beat == DOWN_LAST_BEATS[{down, 1'b0} +: 2];
            up_last     = up_beat == UP_LAST_BEATS[{up, 1'b0} +: 2];
            down_msg    = down_sent | {48'd0, down_tdata} << {down_beat, 4'd0};
            is_act      = up == `STREAM_ACTIVATE;
            is_deact    = up == `STREAM_DEACTIVATE;
            is_sgi      = up == `STREAM_GENERATE_SGI;
            is_control  = up == `STREAM_UPSTREAM_CONTROL;
            leaves      = is_act || up == `STREAM_RELEASE;
            asks        = is_act || is_deact || is_sgi || is_control;
            act_ack     = down == `STREAM_ACTIVATE_ACK;
            deact_ack   = down == `STREAM_DEACTIVATE_ACK;
            sgi_ack     = down == `STREAM_GENERATE_SGI_ACK;
            control_ack = down == `STREAM_UPSTREAM_CONTROL_ACK;
            is_set      = down == `STREAM_SET;
            is_clear    = down == `STREAM_CLEAR;
            is_quiesce  = down == `STREAM_QUIESCE;
            is_connect  = down == `STREAM_DOWNSTREAM_CONTROL;
            quiet       = !quiescing && !connecting;
            of_last     = !down_tlast || down_msg[`STREAM_CLEAR_INTID] == set_intid;
            no_ack      = act_ack && acts == 0 || deact_ack && deacts == 0 || sgi_ack && sgis == 0
                       || control_ack && controls == 0;
            no_response = leaves && sets == 0 || up == `STREAM_CLEAR_ACK && !clearing
                       || up == `STREAM_QUIESCE_ACK && !quiescing
                       || up == `STREAM_DOWNSTREAM_CONTROL_ACK && !connecting;
        end
    end

    always @(posedge clk)
        if (rst) begin
            {down_was, up_was, down_beat, up_beat} <= 12'd0;
            {down_sent, set_intid} <= 88'd0;
            {acts, deacts, sgis, controls} <= 16'd0;
            {sets, clearing, quiescing, connecting} <= 5'd0;
        end else if (active) begin
            if (down_goes) begin
                down_beat <= down_tlast ? 2'd0 : down_beat + 2'd1;
                down_was  <= down;
                down_sent <= down_tlast ? {`STREAM_DOWN_BITS{1'b0}} : down_msg;
            end
            if (down_done && is_set) set_intid <= down_msg[`STREAM_SET_INTID];
            if (up_goes) begin
                up_beat <= up_tlast ? 2'd0 : up_beat + 2'd1;
                up_was  <= up;
            end
            acts     <= acts + {3'd0, up_done && is_act} - {3'd0, down_done && act_ack};
            deacts   <= deacts + {3'd0, up_done && is_deact} - {3'd0, down_done && deact_ack};
            sgis     <= sgis + {3'd0, up_done && is_sgi} - {3'd0, down_done && sgi_ack};
            controls <= controls + {3'd0, up_done && is_control} - {3'd0, down_done && control_ack};
            // with ClearAck and QuiesceAck the GICC holds nothing, and what it gave back before went before
            if (up_done && (up == `STREAM_CLEAR_ACK || up == `STREAM_QUIESCE_ACK)) sets <= 2'd0;
            else sets <= sets + {1'b0, down_done && is_set} - {1'b0, up_done && leaves};
            clearing   <= (clearing || down_done && is_clear) && !(up_done && up == `STREAM_CLEAR_ACK);
            quiescing  <= (quiescing || down_done && is_quiesce) && !(up_done && up == `STREAM_QUIESCE_ACK);
            connecting <= (connecting || down_done && is_connect) && !(up_done && up == `STREAM_DOWNSTREAM_CONTROL_ACK);
        end

    wire [3:0] requests = acts + deacts + sgis + controls;
    `PROPERTIES(active)
        `PROPERTY(DOWN_ASSUMED, "down kind", !down_tvalid || DOWN_KINDS[down])
        `PROPERTY(DOWN_ASSUMED, "down beats", !down_tvalid || down_tlast == down_last)
        `PROPERTY(DOWN_ASSUMED, "sets", !(down_tvalid && is_set) || sets < 2 && !clearing && quiet)
        `PROPERTY(DOWN_ASSUMED, "clears", !(down_tvalid && is_clear) || !clearing && quiet && of_last)
        `PROPERTY(DOWN_ASSUMED, "quiesces", !(down_tvalid && (is_quiesce || is_connect)) || quiet)
        `PROPERTY(DOWN_ASSUMED, "acknowledges", !(down_tvalid && no_ack))
        `PROPERTY(UP_ASSUMED, "up kind", !up_tvalid || UP_KINDS[up])
        `PROPERTY(UP_ASSUMED, "up beats", !up_tvalid || up_tlast == up_last)
        `PROPERTY(UP_ASSUMED, "credits", requests + {3'd0, up_tvalid && asks} <= CREDITS)
        `PROPERTY(UP_ASSUMED, "responds", !(up_tvalid && no_response))
    `PROPERTIES_END
    link_properties #(.LINK(LINK), .WIDTH(17), .ASSUMED(DOWN_ASSUMED)) down_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(down_tvalid), .ready(down_tready), .payload({down_tlast,
        down_tdata})
    );
    link_properties #(.LINK(LINK), .WIDTH(17), .ASSUMED(UP_ASSUMED)) up_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(up_tvalid), .ready(up_tready), .payload({up_tlast,
        up_tdata})
    );
endmodule
`default_nettype wire
