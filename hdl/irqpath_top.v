// The interrupt controller: GICD, and for each PE a GICR and a GICC.
//
// Why the blocks can't deadlock. Every queue is at least as deep as the number of messages that can be under way in it, so a
// block that accepted an input never waits to queue its outputs:
//   stream up    a GICC has at most CREDITS=4 unacknowledged requests, answers at most 2 unretired Set by Release, 1 Clear and
//                1 Quiesce or DownstreamControl: 8 places.
//   stream down  a GICR has at most 2 unretired Set, 1 Clear and 1 Quiesce or DownstreamControl under way, and returns at most
//                CREDITS=4 acknowledges: 8 places.
//   dist up      at most 4 requests of the GICC and 4 of one that was reset since, 2 SpiRelease, 1 SpiRecallAck, 1 PeStatus,
//                1 ControlAck: 16 places.
//   dist down    at most 8 acknowledges, 2 SpiOffer, 1 SpiRecall, 1 Control, 1 PeStatusAck, 1 WakeRequest: 14 of 16 places;
//                an SGI is accepted by GICD only while every queue has fewer than 2 messages, so there is room for it.
// A GICC, GICR and GICD therefore always come back to accepting messages, and the only inputs that ever wait for more than the
// block itself are an SGI at GICD (for a Redistributor to take messages, which it always does) and software's accesses (for an
// acknowledge or for software to take the last answer).
`default_nettype none
module irqpath_top #(
    parameter              PES           = 2,    // 1 to 8
    parameter              PRIORITY_BITS = 5,    // 4 to 8
    parameter [32*PES-1:0] AFFINITIES    = {PES{32'd0}},
    parameter [31:0]       GICD_TYPER    = 32'h0278_0000,
    parameter [31:0]       IIDR          = 32'h4900_0000,
    parameter [7:0]        PIDR2         = 8'h3B
) (
    input  wire              clk,
    input  wire              iri_rst,        // GICD and all GICR
    input  wire [PES-1:0]    pe_rst,         // a PE and its GICC
    // sysreg, one a PE
    input  wire [PES-1:0]    sys_valid,
    output wire [PES-1:0]    sys_ready,
    input  wire [2*PES-1:0]  sys_op,
    input  wire [16*PES-1:0] sys_reg,
    input  wire [64*PES-1:0] sys_data,
    output wire [PES-1:0]    rsp_valid,
    input  wire [PES-1:0]    rsp_ready,
    output wire [2*PES-1:0]  rsp_op,
    output wire [PES-1:0]    rsp_ok,
    output wire [64*PES-1:0] rsp_data,
    // reg: port 0 is GICD, port 1+n the GICR of PE n
    input  wire [PES:0]          awvalid,
    output wire [PES:0]          awready,
    input  wire [17*(PES+1)-1:0] awaddr,
    input  wire [3*(PES+1)-1:0]  awsize,
    input  wire [PES:0]          wvalid,
    output wire [PES:0]          wready,
    input  wire [64*(PES+1)-1:0] wdata,
    output wire [PES:0]          bvalid,
    input  wire [PES:0]          bready,
    output wire [2*(PES+1)-1:0]  bresp,
    input  wire [PES:0]          arvalid,
    output wire [PES:0]          arready,
    input  wire [17*(PES+1)-1:0] araddr,
    input  wire [3*(PES+1)-1:0]  arsize,
    output wire [PES:0]          rvalid,
    input  wire [PES:0]          rready,
    output wire [64*(PES+1)-1:0] rdata,
    output wire [2*(PES+1)-1:0]  rresp,
    // irq
    output wire [PES-1:0]    irq,
    output wire [PES-1:0]    fiq,
    output wire [PES-1:0]    wake,
    output wire              busy            // some block works or holds a message
);
    wire [PES-1:0]    dist_dn_valid, dist_dn_ready, dist_up_valid, dist_up_ready;
    wire [64*PES-1:0] dist_dn_msg, dist_up_msg;
    wire [PES-1:0]    down_tvalid, down_tready, down_tlast, up_tvalid, up_tready, up_tlast;
    wire [16*PES-1:0] down_tdata, up_tdata;
    wire [PES-1:0]    stream_rst, pe_reset_seen;
    wire [PES-1:0]    gicr_busy, gicc_busy;
    wire              gicd_busy;

    assign busy = gicd_busy || |gicr_busy || |gicc_busy;

    gicd #(.PES(PES), .AFFINITIES(AFFINITIES), .TYPER(GICD_TYPER), .IIDR(IIDR), .PIDR2(PIDR2)) u_gicd (
        .clk(clk), .rst(iri_rst),
        .awvalid(awvalid[0]), .awready(awready[0]), .awaddr(awaddr[15:0]), .awsize(awsize[2:0]),
        .wvalid(wvalid[0]), .wready(wready[0]), .wdata(wdata[63:0]),
        .bvalid(bvalid[0]), .bready(bready[0]), .bresp(bresp[1:0]),
        .arvalid(arvalid[0]), .arready(arready[0]), .araddr(araddr[15:0]), .arsize(arsize[2:0]),
        .rvalid(rvalid[0]), .rready(rready[0]), .rdata(rdata[63:0]), .rresp(rresp[1:0]),
        .dn_valid(dist_dn_valid), .dn_ready(dist_dn_ready), .dn_msg(dist_dn_msg),
        .up_valid(dist_up_valid), .up_ready(dist_up_ready), .up_msg(dist_up_msg),
        .busy(gicd_busy)
    );

    genvar n;
    generate
        for (n = 0; n < PES; n = n + 1) begin : pe
            gicr #(
                .PE(n), .PES(PES), .PRIORITY_BITS(PRIORITY_BITS), .AFFINITY(AFFINITIES[32*n +: 32]), .IIDR(IIDR), .PIDR2(PIDR2)
            ) u_gicr (
                .clk(clk), .rst(iri_rst), .pe_rst(pe_rst[n]),
                .awvalid(awvalid[n+1]), .awready(awready[n+1]), .awaddr(awaddr[17*(n+1) +: 17]), .awsize(awsize[3*(n+1) +: 3]),
                .wvalid(wvalid[n+1]), .wready(wready[n+1]), .wdata(wdata[64*(n+1) +: 64]),
                .bvalid(bvalid[n+1]), .bready(bready[n+1]), .bresp(bresp[2*(n+1) +: 2]),
                .arvalid(arvalid[n+1]), .arready(arready[n+1]), .araddr(araddr[17*(n+1) +: 17]), .arsize(arsize[3*(n+1) +: 3]),
                .rvalid(rvalid[n+1]), .rready(rready[n+1]), .rdata(rdata[64*(n+1) +: 64]), .rresp(rresp[2*(n+1) +: 2]),
                .dn_valid(dist_dn_valid[n]), .dn_ready(dist_dn_ready[n]), .dn_msg(dist_dn_msg[64*n +: 64]),
                .up_valid(dist_up_valid[n]), .up_ready(dist_up_ready[n]), .up_msg(dist_up_msg[64*n +: 64]),
                .down_tvalid(down_tvalid[n]), .down_tready(down_tready[n]), .down_tdata(down_tdata[16*n +: 16]), .down_tlast(down_tlast[n]),
                .stream_up_tvalid(up_tvalid[n]), .stream_up_tready(up_tready[n]), .stream_up_tdata(up_tdata[16*n +: 16]),
                .stream_up_tlast(up_tlast[n]),
                .wake(wake[n]), .stream_rst(stream_rst[n]), .pe_reset_seen(pe_reset_seen[n]), .busy(gicr_busy[n])
            );
            gicc #(.PRIORITY_BITS(PRIORITY_BITS)) u_gicc (
                .clk(clk), .rst(pe_rst[n]),
                .sys_valid(sys_valid[n]), .sys_ready(sys_ready[n]), .sys_op(sys_op[2*n +: 2]), .sys_reg(sys_reg[16*n +: 16]),
                .sys_data(sys_data[64*n +: 64]),
                .rsp_valid(rsp_valid[n]), .rsp_ready(rsp_ready[n]), .rsp_op(rsp_op[2*n +: 2]), .rsp_ok(rsp_ok[n]),
                .rsp_data(rsp_data[64*n +: 64]),
                .down_tvalid(down_tvalid[n]), .down_tready(down_tready[n]), .down_tdata(down_tdata[16*n +: 16]), .down_tlast(down_tlast[n]),
                .up_tvalid(up_tvalid[n]), .up_tready(up_tready[n]), .up_tdata(up_tdata[16*n +: 16]), .up_tlast(up_tlast[n]),
                .irq(irq[n]), .fiq(fiq[n]), .busy(gicc_busy[n])
            );
        end
    endgenerate

    wire unused = &{1'b0, awaddr[16], araddr[16], stream_rst, pe_reset_seen, 1'b0};
endmodule
`default_nettype wire
