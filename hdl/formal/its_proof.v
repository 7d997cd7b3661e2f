// ITS: what it guarantees to software, to memory and to the GICRs, of which there are two.
`default_nettype none
`include "formal/property.vh"
`include "formal/register_port.vh"
`include "generated/irqpath_links.vh"
module its_proof (
    input wire        clk,
    input wire        rst,
    input wire        msi_valid,
    input wire [31:0] msi_device,
    input wire [31:0] msi_event,
    input wire [1:0]   cmd_ready,
    input wire [1:0]   ack_valid,
    input wire [2*`ITS_ACK_BITS-1:0] ack_msg,
    input wire        mem_ready,
    input wire        mem_rvalid,
    input wire [63:0] mem_rdata
);
    `REGISTER_WIRES(17)
    wire        msi_ready, msi_rsp_valid, mem_valid, mem_write, step, busy;
    wire [1:0]  cmd_valid, ack_ready, mem_size;
    wire [`ITS_CMD_BITS-1:0] cmd_msg;
    wire [63:0] mem_wdata;
    wire [51:0] mem_address;
    its #(.PES(2)) dut (
        .clk(clk), .rst(rst), `REGISTER_PORT,
        .msi_valid(msi_valid), .msi_ready(msi_ready), .msi_device(msi_device), .msi_event(msi_event),
        .msi_rsp_valid(msi_rsp_valid), .cmd_valid(cmd_valid), .cmd_ready(cmd_ready), .cmd_msg(cmd_msg),
        .ack_valid(ack_valid),
        .ack_ready(ack_ready), .ack_msg(ack_msg), .mem_valid(mem_valid), .mem_ready(mem_ready), .mem_write(mem_write),
        .mem_size(mem_size), .mem_address(mem_address), .mem_wdata(mem_wdata), .mem_rvalid(mem_rvalid),
        .mem_rdata(mem_rdata),
        .step(step), .busy(busy)
    );
    initial assume (rst);
    register_properties registers (
        .clk(clk), .rst(rst), `REGISTER_HANDSHAKES
    );
    command_properties #(.ACK_ASSUMED(1)) commands0 (
        .clk(clk), .rst(rst), .cmd_valid(cmd_valid[0]), .cmd_ready(cmd_ready[0]), .cmd_msg(cmd_msg),
        .ack_valid(ack_valid[0]),
        .ack_ready(ack_ready[0]), .ack_msg(ack_msg[`ITS_ACK_BITS-1:0])
    );
    command_properties #(.ACK_ASSUMED(1)) commands1 (
        .clk(clk), .rst(rst), .cmd_valid(cmd_valid[1]), .cmd_ready(cmd_ready[1]), .cmd_msg(cmd_msg),
        .ack_valid(ack_valid[1]),
        .ack_ready(ack_ready[1]), .ack_msg(ack_msg[2*`ITS_ACK_BITS-1:`ITS_ACK_BITS])
    );
    memory_properties #(.RESPONSE_ASSUMED(1)) memory (
        .clk(clk), .rst(rst), .valid(mem_valid), .ready(mem_ready), .write(mem_write), .size(mem_size),
        .address(mem_address),
        .wdata(mem_wdata), .rvalid(mem_rvalid)
    );
    reg msi_waits;
    always @(posedge clk) msi_waits <= !rst && msi_valid && msi_ready;
    `PROPERTIES(1'b1)
        `PROPERTY(0, "one GICR", !(&cmd_valid))
        `PROPERTY(0, "msi response", msi_rsp_valid == msi_waits)
    `PROPERTIES_END
endmodule
`default_nettype wire
