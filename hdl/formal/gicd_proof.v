// GICD: what it guarantees to the GICRs, of which there are two, and to software. What is the best of the SPIs is any
// value here.
`default_nettype none
`include "formal/property.vh"
`include "formal/register_port.vh"
`include "generated/irqpath_links.vh"
module gicd_proof (
    input wire         clk,
    input wire         rst,
    input wire [1:0]   dn_ready,
    input wire [1:0]   up_valid,
    input wire [2*`DIST_UP_BITS-1:0] up_msg,
    input wire [31:0]  spi,
    // registers of `dut`
    input wire [1:0]   push,
    input wire [9:0]   count,
    input wire [1:0]   request,
    input wire [1:0]   grant
);
    `REGISTER_WIRES(16)
    wire         spi_sampled, spi_level, busy;
    wire [1:0]   dn_valid, up_ready;
    wire [2*`DIST_DOWN_BITS-1:0] dn_msg;
    wire [9:0]   spi_intid;
    gicd #(.PES(2), .SPIS(32), .PRIORITY_BITS(4), .AFFINITIES({32'd1, 32'd0})) dut (
        .clk(clk), .rst(rst), `REGISTER_PORT,
        .dn_valid(dn_valid), .dn_ready(dn_ready), .dn_msg(dn_msg), .up_valid(up_valid), .up_ready(up_ready),
        .up_msg(up_msg),
        .spi(spi), .spi_sampled(spi_sampled), .spi_intid(spi_intid), .spi_level(spi_level), .busy(busy)
    );
    initial assume (rst);
    register_properties registers (
        .clk(clk), .rst(rst), `REGISTER_HANDSHAKES
    );
    genvar n;
    generate
        for (n = 0; n < 2; n = n + 1) begin : pe
            dist_properties #(.UP_ASSUMED(1)) dist_link (
                .clk(clk), .rst(rst), .dn_valid(dn_valid[n]), .dn_ready(dn_ready[n]),
                .dn_msg(dn_msg[`DIST_DOWN_BITS*n +: `DIST_DOWN_BITS]),
                .up_valid(up_valid[n]), .up_ready(up_ready[n]), .up_msg(up_msg[`DIST_UP_BITS*n +: `DIST_UP_BITS])
            );
            fifo_properties #(.DEPTH(16)) queue (
                .clk(clk), .rst(rst), .push(push[n]), .pop(dn_valid[n] && dn_ready[n]), .count(count[5*n +: 5])
            );
        end
    endgenerate
    grant_properties #(.N(2)) messages (.clk(clk), .rst(rst), .request(request), .grant(grant));
endmodule
`default_nettype wire
