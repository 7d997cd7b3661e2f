// The link between the ITS and one GICR: one command at a time, and one acknowledgement of each.
`default_nettype none
`include "formal/property.vh"
`include "generated/irqpath_links.vh"
module command_properties #(
    parameter LINK            = 0,
    parameter COMMAND_ASSUMED = 0,   // what the ITS guarantees
    parameter ACK_ASSUMED     = 0    // what the GICR guarantees
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    input  wire        cmd_valid,
    input  wire        cmd_ready,
    input  wire [`ITS_CMD_BITS-1:0] cmd_msg,
    input  wire        ack_valid,
    input  wire        ack_ready,
    input  wire [`ITS_ACK_BITS-1:0] ack_msg
);
    wire [4:0] kind = cmd_msg[`ITS_CMD_KIND];
    localparam [31:0] KINDS = `ITS_CMD_KINDS;
    reg        waiting;               // accepted, not acknowledged
    always @(posedge clk) waiting <= !rst && (waiting || cmd_valid && cmd_ready) && !(ack_valid && ack_ready);
    `PROPERTIES(cmd_valid || ack_valid)
        `PROPERTY(COMMAND_ASSUMED, "command", !cmd_valid || KINDS[kind])
        `PROPERTY(COMMAND_ASSUMED, "one command", !cmd_valid || !waiting)
        `PROPERTY(ACK_ASSUMED, "acknowledges", !ack_valid || waiting && ack_msg[`ITS_ACK_KIND] == `ITS_LPI_ACK)
    `PROPERTIES_END
    link_properties #(.LINK(LINK), .WIDTH(`ITS_CMD_BITS), .ASSUMED(COMMAND_ASSUMED)) command_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(cmd_valid), .ready(cmd_ready), .payload(cmd_msg)
    );
    link_properties #(.LINK(LINK), .WIDTH(`ITS_ACK_BITS), .ASSUMED(ACK_ASSUMED)) ack_link (
        .clk(clk), .rst(rst), .fd(fd), .cycle(cycle), .valid(ack_valid), .ready(ack_ready), .payload(ack_msg)
    );
endmodule
`default_nettype wire
