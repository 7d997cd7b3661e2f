// The interrupt controller: GICD, for each PE a GICR and a GICC, an ITS; the memory in which their tables lie is
// outside.
//
// Why the blocks can't deadlock. Every queue is at least as deep as the number of messages that can be under way in it,
// so a block that accepted an input never waits to queue its outputs:
//   stream up    a GICC has at most CREDITS=4 unacknowledged requests, answers at most 2 unretired Set by Release, 1
//                Clear and 1 Quiesce or DownstreamControl: 8 places.
//   stream down  a GICR has at most 2 unretired Set, 1 Clear and 1 Quiesce or DownstreamControl under way, and returns
//                at most CREDITS=4 acknowledgements: 8 places.
//   dist up      at most 8 requests, of the GICC and of those before its resets: a GICR leaves one more with the GICC;
//                2 SpiRelease, 1 SpiRecallAck, 1 PeStatus, 1 ControlAck: 16 places.
//   dist down    at most 8 acknowledgements, 2 SpiOffer, 1 SpiRecall, 1 Control, 1 PeStatusAck, 1 WakeRequest: 14 of 16
//                places; an SGI is accepted by GICD only while every queue has fewer than 2 messages, so there is room
//                for it.
//   mem          a master has one access under way; the memory answers in the next cycle and waits for nobody.
//   its_gicr     the ITS has one command under way, to one GICR, and waits for its acknowledgement. A GICR takes a
//                command whenever it is idle, between other inputs. Two acknowledgements come later: that of LpiTake
//                for an LPI that GICC may hold, after GICC has answered the Clear or acknowledged the interrupt; and
//                that of LpiSync, after GICC holds just what it should. Both need GICR and GICC to go on, which they
//                do, for no block waits for the ITS: MSIs and software's accesses to the ITS do, nothing else.
// A GICC, GICR and GICD therefore always come back to accepting messages, and the only inputs that ever wait for more
// than the block itself are an SGI at GICD (for a Redistributor to take messages, which it always does), wires (which
// are sampled when the block is idle and nothing else waits), and software's accesses (for an acknowledgement or for
// software to take the response).
//
// Leaves out: a second ITS; ITS=0 with DIRECT_LPI=0 builds a GIC without LPIs.
`default_nettype none
`include "generated/irqpath_regs.vh"
`include "generated/irqpath_links.vh"
module irqpath_top #(
    parameter              PES             = 2,    // 1 to 8
    parameter              SPIS            = 32,   // 32 to 960 in steps of 32
    parameter              PRIORITY_BITS   = 5,    // 4 to 8
    parameter              INTID_BITS      = 16,   // 14 to 24, GICD_TYPER.IDbits + 1
    parameter              CPU_INTID_24    = 0,    // ICC_CTLR_EL1.IDbits: 24 bits instead of 16
    parameter              ONE_OF_N        = 1,
    parameter              MESSAGE_SPIS    = 1,
    parameter              AFF3            = 0,
    parameter              RSS             = 0,    // GICD_TYPER.RSS: SGIs reach affinities whose level 0 is above 15
    parameter              CPU_RSS         = 0,    // ICC_CTLR_EL1.RSS
    parameter [32*PES-1:0] AFFINITIES      = {PES{32'd0}},
    parameter              ITS             = 1,
    parameter              DIRECT_LPI      = 0,    // GICR_SETLPIR and its companions
    // 4 to 64, a power of two: two may be at GICC, and their betters need a place
    parameter              LPI_SLOTS       = 32,
    parameter              CES             = 1,    // GICR_CTLR.EnableLPIs can be cleared
    parameter [1:0]        COMMON_LPI_AFF  = 2'd0,
    parameter              DEVICE_BITS     = 16,   // 1 to 32
    parameter              EVENT_BITS      = 16,   // 1 to 32
    parameter              COLLECTION_BITS = 16,   // 1 to 16
    parameter              ITT_ENTRY_BYTES = 8,    // 8, 12 or 16
    parameter              ITS_STALL       = 1,    // a faulty command stalls the queue; else it is skipped
    parameter              VIRTUAL         = 0,    // the CPU interfaces have a virtual one
    parameter              LIST_REGISTERS  = 4,    // 1 to 16
    parameter              VIRTUAL_PRIORITY_BITS   = 5,    // 5 to 8
    parameter              VIRTUAL_PREEMPTION_BITS = 5,    // 5 to 7, at most VIRTUAL_PRIORITY_BITS
    parameter              CPU_GICV4       = 0,    // the CPU interfaces say that they are a GICv4's
    parameter              MAINTENANCE_PPI = 25,   // 16 to 31: the INTID of the maintenance interrupt
    parameter [31:0]       IIDR            = 32'h49 << `IRQPATH_GICD_IIDR_ProductID_LSB,
    parameter [7:0]        PIDR2           = 8'h3B
) (
    input  wire              clk,
    input  wire              iri_rst,        // GICD, all GICR, ITS
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
    // reg: port 0 is GICD, port 1+n the GICR of PE n, port 1+PES the ITS
    input  wire [PES+1:0]        awvalid,
    output wire [PES+1:0]        awready,
    input  wire [17*(PES+2)-1:0] awaddr,
    input  wire [3*(PES+2)-1:0]  awsize,
    input  wire [PES+1:0]        wvalid,
    output wire [PES+1:0]        wready,
    input  wire [64*(PES+2)-1:0] wdata,
    output wire [PES+1:0]        bvalid,
    input  wire [PES+1:0]        bready,
    output wire [2*(PES+2)-1:0]  bresp,
    input  wire [PES+1:0]        arvalid,
    output wire [PES+1:0]        arready,
    input  wire [17*(PES+2)-1:0] araddr,
    input  wire [3*(PES+2)-1:0]  arsize,
    output wire [PES+1:0]        rvalid,
    input  wire [PES+1:0]        rready,
    output wire [64*(PES+2)-1:0] rdata,
    output wire [2*(PES+2)-1:0]  rresp,
    // msi: writes of devices to GITS_TRANSLATER
    input  wire              msi_valid,
    output wire              msi_ready,
    input  wire [31:0]       msi_device,
    input  wire [31:0]       msi_event,
    output wire              msi_rsp_valid,
    // mem: port n is the GICR of PE n, port PES the ITS; one access of each at a time
    output wire [PES:0]          mem_valid,
    input  wire [PES:0]          mem_ready,
    output wire [PES:0]          mem_write,
    output wire [2*(PES+1)-1:0]  mem_size,       // logarithm of the bytes
    output wire [52*(PES+1)-1:0] mem_address,
    output wire [64*(PES+1)-1:0] mem_wdata,      // right-aligned
    input  wire [PES:0]          mem_rvalid,
    input  wire [63:0]           mem_rdata,      // of the access that is answered, whoever made it
    // irq
    input  wire [SPIS-1:0]   spi,            // INTIDs 32 on
    input  wire [16*PES-1:0] ppi,            // INTIDs 16 to 31 of each PE
    output wire [PES-1:0]    irq,
    output wire [PES-1:0]    fiq,
    output wire [PES-1:0]    virq,
    output wire [PES-1:0]    vfiq,
    output wire [PES-1:0]    maintenance,    // each PE's own is wired to its PPI, too
    output wire [PES-1:0]    wake,
    output wire              busy            // some block works or holds a message
);
    localparam LPIS    = ITS != 0 || DIRECT_LPI != 0 ? 1 : 0;
    // fields without a line are 0
    localparam [31:0] GICD_TYPER = SPIS / 32 << `IRQPATH_GICD_TYPER_ITLinesNumber_LSB
                                   | (MESSAGE_SPIS != 0 ? 1 : 0) << `IRQPATH_GICD_TYPER_MBIS_LSB
                                   | LPIS << `IRQPATH_GICD_TYPER_LPIS_LSB
                                   | (INTID_BITS - 1) << `IRQPATH_GICD_TYPER_IDbits_LSB
                                   | (AFF3 != 0 ? 1 : 0) << `IRQPATH_GICD_TYPER_A3V_LSB
                                   | (ONE_OF_N != 0 ? 0 : 1) << `IRQPATH_GICD_TYPER_No1N_LSB
                                   | (RSS != 0 ? 1 : 0) << `IRQPATH_GICD_TYPER_RSS_LSB;
    localparam [63:0] ONE        = 64'd1;
    localparam [63:0] GITS_TYPER = ONE << `IRQPATH_GITS_TYPER_Physical_LSB
                                   | ({32'd0, ITT_ENTRY_BYTES[31:0]} - ONE) << `IRQPATH_GITS_TYPER_ITT_entry_size_LSB
                                   | ({32'd0, EVENT_BITS[31:0]} - ONE) << `IRQPATH_GITS_TYPER_ID_bits_LSB
                                   | ({32'd0, DEVICE_BITS[31:0]} - ONE) << `IRQPATH_GITS_TYPER_Devbits_LSB
                                   | ({32'd0, COLLECTION_BITS[31:0]} - ONE) << `IRQPATH_GITS_TYPER_CIDbits_LSB
                                   | ONE << `IRQPATH_GITS_TYPER_CIL_LSB;

    wire [PES-1:0]    dist_dn_valid, dist_dn_ready, dist_up_valid, dist_up_ready;
    wire [`DIST_DOWN_BITS*PES-1:0] dist_dn_msg;
    wire [`DIST_UP_BITS*PES-1:0] dist_up_msg;
    wire [PES-1:0]    down_tvalid, down_tready, down_tlast, up_tvalid, up_tready, up_tlast;
    wire [16*PES-1:0] down_tdata, up_tdata;
    wire [PES-1:0]    cmd_valid, cmd_ready, ack_valid, ack_ready;
    wire [`ITS_CMD_BITS-1:0]    cmd_msg;
    wire [`ITS_ACK_BITS*PES-1:0] ack_msg;
    wire [PES-1:0]    stream_rst, pe_reset_seen, ppi_sampled, ppi_high;
    wire [4*PES-1:0]  ppi_number;
    wire              spi_sampled, spi_level, its_step;
    wire [9:0]        spi_intid;
    wire [PES-1:0]    gicr_busy, gicc_busy;
    wire              gicd_busy, its_busy;

    assign busy = gicd_busy || its_busy || |gicr_busy || |gicc_busy;

    gicd #(
        .PES(PES), .SPIS(SPIS), .PRIORITY_BITS(PRIORITY_BITS), .ONE_OF_N(ONE_OF_N), .MESSAGE_SPIS(MESSAGE_SPIS),
        .AFF3(AFF3), .RSS(RSS),
        .AFFINITIES(AFFINITIES), .TYPER(GICD_TYPER), .IIDR(IIDR), .PIDR2(PIDR2)
    ) u_gicd (
        .clk(clk), .rst(iri_rst),
        .awvalid(awvalid[0]), .awready(awready[0]), .awaddr(awaddr[15:0]), .awsize(awsize[2:0]),
        .wvalid(wvalid[0]), .wready(wready[0]), .wdata(wdata[63:0]),
        .bvalid(bvalid[0]), .bready(bready[0]), .bresp(bresp[1:0]),
        .arvalid(arvalid[0]), .arready(arready[0]), .araddr(araddr[15:0]), .arsize(arsize[2:0]),
        .rvalid(rvalid[0]), .rready(rready[0]), .rdata(rdata[63:0]), .rresp(rresp[1:0]),
        .dn_valid(dist_dn_valid), .dn_ready(dist_dn_ready), .dn_msg(dist_dn_msg),
        .up_valid(dist_up_valid), .up_ready(dist_up_ready), .up_msg(dist_up_msg),
        .spi(spi), .spi_sampled(spi_sampled), .spi_intid(spi_intid), .spi_level(spi_level),
        .busy(gicd_busy)
    );

    generate
        if (ITS != 0) begin : g_its
            its #(
                .PES(PES), .INTID_BITS(INTID_BITS), .DEVICE_BITS(DEVICE_BITS), .EVENT_BITS(EVENT_BITS),
                .COLLECTION_BITS(COLLECTION_BITS), .ITT_ENTRY_BYTES(ITT_ENTRY_BYTES), .STALL(ITS_STALL),
                .TYPER(GITS_TYPER),
                .IIDR(IIDR), .PIDR2(PIDR2)
            ) u_its (
                .clk(clk), .rst(iri_rst),
                .awvalid(awvalid[PES+1]), .awready(awready[PES+1]), .awaddr(awaddr[17*(PES+1) +: 17]),
                .awsize(awsize[3*(PES+1) +: 3]),
                .wvalid(wvalid[PES+1]), .wready(wready[PES+1]), .wdata(wdata[64*(PES+1) +: 64]),
                .bvalid(bvalid[PES+1]), .bready(bready[PES+1]), .bresp(bresp[2*(PES+1) +: 2]),
                .arvalid(arvalid[PES+1]), .arready(arready[PES+1]), .araddr(araddr[17*(PES+1) +: 17]),
                .arsize(arsize[3*(PES+1) +: 3]),
                .rvalid(rvalid[PES+1]), .rready(rready[PES+1]), .rdata(rdata[64*(PES+1) +: 64]),
                .rresp(rresp[2*(PES+1) +: 2]),
                .msi_valid(msi_valid), .msi_ready(msi_ready), .msi_device(msi_device), .msi_event(msi_event),
                .msi_rsp_valid(msi_rsp_valid),
                .cmd_valid(cmd_valid), .cmd_ready(cmd_ready), .cmd_msg(cmd_msg),
                .ack_valid(ack_valid), .ack_ready(ack_ready), .ack_msg(ack_msg),
                .mem_valid(mem_valid[PES]), .mem_ready(mem_ready[PES]), .mem_write(mem_write[PES]),
                .mem_size(mem_size[2*PES +: 2]),
                .mem_address(mem_address[52*PES +: 52]), .mem_wdata(mem_wdata[64*PES +: 64]),
                .mem_rvalid(mem_rvalid[PES]), .mem_rdata(mem_rdata), .step(its_step), .busy(its_busy)
            );
        end else begin : g_no_its    // accesses to it and messages are never accepted
            assign {awready[PES+1], wready[PES+1], bvalid[PES+1], arready[PES+1], rvalid[PES+1]} = 5'd0;
            assign bresp[2*(PES+1) +: 2]   = 2'd0;
            assign rresp[2*(PES+1) +: 2]   = 2'd0;
            assign rdata[64*(PES+1) +: 64] = 64'd0;
            assign {msi_ready, msi_rsp_valid, its_step, its_busy} = 4'd0;
            assign cmd_valid = {PES{1'b0}};
            assign ack_ready = {PES{1'b0}};
            assign cmd_msg   = {`ITS_CMD_BITS{1'b0}};
            assign mem_valid[PES] = 1'b0;
            assign mem_write[PES] = 1'b0;
            assign mem_size[2*PES +: 2]      = 2'd0;
            assign mem_address[52*PES +: 52] = 52'd0;
            assign mem_wdata[64*PES +: 64]   = 64'd0;
            wire unused = &{1'b0, awvalid[PES+1], wvalid[PES+1], bready[PES+1], arvalid[PES+1], rready[PES+1],
                awaddr[17*(PES+1) +: 17],
                            awsize[3*(PES+1) +: 3], wdata[64*(PES+1) +: 64], araddr[17*(PES+1) +: 17],
                                arsize[3*(PES+1) +: 3],
                            msi_valid, msi_device, msi_event, cmd_ready, ack_valid, ack_msg, mem_ready[PES],
                                mem_rvalid[PES], 1'b0};
        end
    endgenerate

    genvar n;
    generate
        for (n = 0; n < PES; n = n + 1) begin : pe
            wire [15:0] ppi_of_pe = ppi[16*n +: 16]
                                    | (VIRTUAL != 0 ? {15'd0, maintenance[n]} << (MAINTENANCE_PPI - 16) : 16'd0);
            gicr #(
                .PE(n), .PES(PES), .PRIORITY_BITS(PRIORITY_BITS), .INTID_BITS(INTID_BITS), .LPIS(LPIS),
                .DIRECT_LPI(DIRECT_LPI),
                .LPI_SLOTS(LPI_SLOTS), .ONE_OF_N(ONE_OF_N), .CES(CES), .COMMON_LPI_AFF(COMMON_LPI_AFF),
                .AFFINITY(AFFINITIES[32*n +: 32]), .IIDR(IIDR), .PIDR2(PIDR2)
            ) u_gicr (
                .clk(clk), .rst(iri_rst), .pe_rst(pe_rst[n]),
                .awvalid(awvalid[n+1]), .awready(awready[n+1]), .awaddr(awaddr[17*(n+1) +: 17]),
                .awsize(awsize[3*(n+1) +: 3]),
                .wvalid(wvalid[n+1]), .wready(wready[n+1]), .wdata(wdata[64*(n+1) +: 64]),
                .bvalid(bvalid[n+1]), .bready(bready[n+1]), .bresp(bresp[2*(n+1) +: 2]),
                .arvalid(arvalid[n+1]), .arready(arready[n+1]), .araddr(araddr[17*(n+1) +: 17]),
                .arsize(arsize[3*(n+1) +: 3]),
                .rvalid(rvalid[n+1]), .rready(rready[n+1]), .rdata(rdata[64*(n+1) +: 64]), .rresp(rresp[2*(n+1) +: 2]),
                .dn_valid(dist_dn_valid[n]), .dn_ready(dist_dn_ready[n]),
                .dn_msg(dist_dn_msg[`DIST_DOWN_BITS*n +: `DIST_DOWN_BITS]),
                .up_valid(dist_up_valid[n]), .up_ready(dist_up_ready[n]),
                .up_msg(dist_up_msg[`DIST_UP_BITS*n +: `DIST_UP_BITS]),
                .down_tvalid(down_tvalid[n]), .down_tready(down_tready[n]), .down_tdata(down_tdata[16*n +: 16]),
                .down_tlast(down_tlast[n]),
                .stream_up_tvalid(up_tvalid[n]), .stream_up_tready(up_tready[n]),
                .stream_up_tdata(up_tdata[16*n +: 16]),
                .stream_up_tlast(up_tlast[n]),
                .cmd_valid(cmd_valid[n]), .cmd_ready(cmd_ready[n]), .cmd_msg(cmd_msg),
                .ack_valid(ack_valid[n]), .ack_ready(ack_ready[n]), .ack_msg(ack_msg[`ITS_ACK_BITS*n +: `ITS_ACK_BITS]),
                .mem_valid(mem_valid[n]), .mem_ready(mem_ready[n]), .mem_write(mem_write[n]),
                .mem_size(mem_size[2*n +: 2]),
                .mem_address(mem_address[52*n +: 52]), .mem_wdata(mem_wdata[64*n +: 64]), .mem_rvalid(mem_rvalid[n]),
                .mem_rdata(mem_rdata),
                .ppi(ppi_of_pe), .ppi_sampled(ppi_sampled[n]), .ppi_number(ppi_number[4*n +: 4]),
                .ppi_high(ppi_high[n]),
                .wake(wake[n]), .stream_rst(stream_rst[n]), .pe_reset_seen(pe_reset_seen[n]), .busy(gicr_busy[n])
            );
            gicc #(
                .PRIORITY_BITS(PRIORITY_BITS), .INTID_BITS_24(CPU_INTID_24), .AFF3(AFF3), .RSS(CPU_RSS),
                .VIRTUAL(VIRTUAL), .LIST_REGISTERS(LIST_REGISTERS), .VIRTUAL_PRIORITY_BITS(VIRTUAL_PRIORITY_BITS),
                .VIRTUAL_PREEMPTION_BITS(VIRTUAL_PREEMPTION_BITS), .GICV4(CPU_GICV4)
            ) u_gicc (
                .clk(clk), .rst(pe_rst[n]),
                .sys_valid(sys_valid[n]), .sys_ready(sys_ready[n]), .sys_op(sys_op[2*n +: 2]),
                .sys_reg(sys_reg[16*n +: 16]),
                .sys_data(sys_data[64*n +: 64]),
                .rsp_valid(rsp_valid[n]), .rsp_ready(rsp_ready[n]), .rsp_op(rsp_op[2*n +: 2]), .rsp_ok(rsp_ok[n]),
                .rsp_data(rsp_data[64*n +: 64]),
                .down_tvalid(down_tvalid[n]), .down_tready(down_tready[n]), .down_tdata(down_tdata[16*n +: 16]),
                .down_tlast(down_tlast[n]),
                .up_tvalid(up_tvalid[n]), .up_tready(up_tready[n]), .up_tdata(up_tdata[16*n +: 16]),
                .up_tlast(up_tlast[n]),
                .irq(irq[n]), .fiq(fiq[n]), .virq(virq[n]), .vfiq(vfiq[n]), .maintenance(maintenance[n]),
                .busy(gicc_busy[n])
            );
        end
    endgenerate

    // for monitors
    wire unused = &{1'b0, awaddr[16], araddr[16], stream_rst, pe_reset_seen, ppi_sampled, ppi_number, ppi_high,
        spi_sampled, spi_intid, spi_level,
                    its_step, 1'b0};
endmodule
`default_nettype wire
