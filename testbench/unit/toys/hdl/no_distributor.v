// Stands where a Redistributor expects a GICD: enables both groups, acknowledges what must be acknowledged, has no SPIs
// and passes no SGI on.
`default_nettype none
`include "generated/irqpath_links.vh"
module no_distributor (
    input  wire        clk,
    input  wire        rst,
    input  wire        up_valid,
    output wire        up_ready,
    input  wire [`DIST_UP_BITS-1:0] up_msg,
    output reg         dn_valid,
    input  wire        dn_ready,
    output reg  [`DIST_DOWN_BITS-1:0] dn_msg
);
    reg begun;
    assign up_ready = !dn_valid && begun;
    always @(posedge clk)
        if (rst) begin
            begun    <= 1'b0;
            dn_valid <= 1'b0;
            dn_msg   <= {`DIST_DOWN_BITS{1'b0}};
        end else if (!begun) begin
            begun    <= 1'b1;
            dn_valid <= 1'b1;
            dn_msg   <= `DIST_CONTROL_PACK(2'b11);
        end else if (dn_valid) dn_valid <= !dn_ready;
        else if (up_valid) begin
            dn_valid <= up_msg[`DIST_UP_KIND] == `DIST_PE_STATUS || up_msg[`DIST_UP_KIND] == `DIST_SGI_REQUEST;
            dn_msg   <= up_msg[`DIST_UP_KIND] == `DIST_PE_STATUS ? `DIST_PE_STATUS_ACK_PACK : `DIST_SGI_ACK_PACK;
        end
    wire unused = &{1'b0, up_msg[`DIST_UP_BITS-1:4], 1'b0};
endmodule
`default_nettype wire
