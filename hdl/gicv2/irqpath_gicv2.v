// A GICv2 for up to 8 PEs, without Security Extensions: GICD, a memory-mapped GICC for each PE, with VIRTUAL also GICH
// and GICV, and a GICv2m frame (golden model: pymodel/irqpath/gic/gicv2/gic.py; IHI 0048).
//
// One checked block: it has no links inside. Runs to completion: one input is accepted, a register access answered at
// once; then SGIs follow their sources (SETTLE_UP, SETTLE_DOWN), the word of what changed among SPIs is looked at again
// (SPIS), each PE's highest priority pending interrupt is found (BEST), and the lines follow (LINES). When several
// inputs wait, the order is that of gicv2_inputs.v. There are no queues: a port takes its next access when the response
// to the last has gone.
//
// The register ports are those of GICD, GICC, GICH, GICV and V2M, in this order from bit 0 on; AxUSER is the number of
// the PE that asks, and picks what is banked. The reset of a PE (`pe_rst`) is an input too: it resets the PE's CPU
// interfaces.
//
// Leaves out: Security Extensions, interrupt bypass (the bits of GICC_CTLR are kept), more than 16 List registers.
`default_nettype none
`include "generated/irqpath_regs.vh"
module irqpath_gicv2 #(
    parameter        PES            = 1,     // 1 to 8
    parameter        SPIS           = 32,    // a multiple of 32, 32 to 960
    parameter        PRIORITY_BITS  = 5,     // 4 to 8
    parameter        VIRTUAL        = 1,     // there are GICH and GICV
    parameter        LIST_REGISTERS = 4,     // 1 to 16
    parameter        V2M_FIRST      = 32,    // SPIs of the message frame
    parameter        V2M_SPIS       = 32,    // 0: none
    parameter [31:0] GICD_IIDR      = 32'd0,
    parameter [31:0] GICC_IIDR      = 32'h0002_0000,
    parameter [31:0] V2M_IIDR       = 32'd0,
    parameter [7:0]  PIDR2          = 8'h2B
) (
    input  wire              clk,
    input  wire              rst,
    input  wire [PES-1:0]    pe_rst,
    // registers (AXI4 subset, see reg_port.v)
    input  wire [4:0]        awvalid,
    output wire [4:0]        awready,
    input  wire [64:0]       awaddr,
    input  wire [14:0]       awsize,
    input  wire [39:0]       awuser,
    input  wire [4:0]        wvalid,
    output wire [4:0]        wready,
    input  wire [319:0]      wdata,
    output wire [4:0]        bvalid,
    input  wire [4:0]        bready,
    output wire [9:0]        bresp,
    input  wire [4:0]        arvalid,
    output wire [4:0]        arready,
    input  wire [64:0]       araddr,
    input  wire [14:0]       arsize,
    input  wire [39:0]       aruser,
    output wire [4:0]        rvalid,
    input  wire [4:0]        rready,
    output wire [319:0]      rdata,
    output wire [9:0]        rresp,
    // irq: registers; in, wires of INTIDs 32 on, and of 16 to 31 of each PE
    input  wire [SPIS-1:0]   spi,
    input  wire [16*PES-1:0] ppi,
    output reg  [PES-1:0]    irq,
    output reg  [PES-1:0]    fiq,
    output reg  [PES-1:0]    virq,
    output reg  [PES-1:0]    vfiq,
    output reg  [PES-1:0]    maintenance,
    // strobes: what is an input of the block now, beside accesses
    output wire              spi_sampled,
    output wire [9:0]        spi_intid,
    output wire [PES-1:0]    ppi_sampled,
    output wire [3:0]        ppi_number,     // INTID - 16
    output wire              wire_level,
    output wire [PES-1:0]    reset_seen,
    output wire              busy
);
    localparam [2:0] IDLE = 3'd0, SETTLE_UP = 3'd1, SETTLE_DOWN = 3'd2, SPIS_CHANGE = 3'd3, BEST = 3'd4, LINES = 3'd5;
    localparam GICD = 0, GICC = 1, GICH = 2, GICV = 3, V2M = 4;
    localparam [31:0] MSI_TYPER = V2M_FIRST << `IRQPATH_V2M_MSI_TYPER_SPI_base_LSB | V2M_SPIS;

    reg [2:0] state;
    wire      idle = state == IDLE;
    assign    busy = !idle || |bvalid || |rvalid;

    // --- inputs ------------------------------------------------------------------------------------------------------
    wire [4:0]   req, req_write, take, permitted, bad;
    wire [64:0]  req_address;
    wire [14:0]  req_size;
    wire [319:0] req_data, response;
    wire         take_spi, take_ppi, accepted;
    wire [9:0]   driven;
    wire [PES-1:0]    ppi_pe;
    wire [SPIS-1:0]   spi_level;
    wire [16*PES-1:0] ppi_level;
    wire [4:0]        there = VIRTUAL != 0 ? req : req & 5'b10011;    // GICH, GICV: nobody
    gicv2_inputs #(.PES(PES), .SPIS(SPIS)) inputs (
        .clk(clk), .rst(rst), .idle(idle), .pe_rst(pe_rst), .req(there), .spi(spi), .spi_level(spi_level), .ppi(ppi),
        .ppi_level(ppi_level), .reset_seen(reset_seen), .take(take), .take_spi(take_spi), .take_ppi(take_ppi),
        .accepted(accepted), .driven(driven), .ppi_pe(ppi_pe), .high(wire_level)
    );
    assign spi_sampled = take_spi;
    assign spi_intid   = driven;
    assign ppi_sampled = take_ppi ? ppi_pe : {PES{1'b0}};
    assign ppi_number  = driven[3:0];

    // the access that is taken, of whichever port
    reg  [12:0] address;
    reg  [2:0]  size, pe;
    reg  [31:0] data;
    integer     k;
    always @* begin
        address = 13'd0;
        size    = 3'd0;
        pe      = 3'd0;
        data    = 32'd0;
        for (k = 0; k < 5; k = k + 1)
            if (take[k]) begin
                address = req_address[13*k +: 13];
                size    = req_size[3*k +: 3];
                pe      = req_write[k] ? awuser[8*k +: 3] : aruser[8*k +: 3];
                data    = req_data[64*k +: 32];
            end
    end
    wire [4:0]     writes = take & req_write & permitted;
    wire [4:0]     reads  = take & ~req_write & permitted;
    wire           byte_access = size == 3'd0;
    wire [7:0]     pe_bit = 8'd1 << pe;
    wire [PES-1:0] one_pe = pe_bit[PES-1:0];
    genvar n;
    generate
        for (n = 0; n < 5; n = n + 1) begin : port
            wire [12:0] addr = req_address[13*n +: 13];
            wire [2:0]  of = req_size[3*n +: 3];
            wire        fits, refused;
            reg_port #(.ADDRESS(13)) registers (
                .clk(clk), .rst(rst),
                .awvalid(awvalid[n]), .awready(awready[n]), .awaddr(awaddr[13*n +: 13]), .awsize(awsize[3*n +: 3]),
                .wvalid(wvalid[n]), .wready(wready[n]), .wdata(wdata[64*n +: 64]),
                .bvalid(bvalid[n]), .bready(bready[n]), .bresp(bresp[2*n +: 2]),
                .arvalid(arvalid[n]), .arready(arready[n]), .araddr(araddr[13*n +: 13]), .arsize(arsize[3*n +: 3]),
                .rvalid(rvalid[n]), .rready(rready[n]), .rdata(rdata[64*n +: 64]), .rresp(rresp[2*n +: 2]),
                .req(req[n]), .write(req_write[n]), .address(req_address[13*n +: 13]), .size(req_size[3*n +: 3]),
                .data(req_data[64*n +: 64]), .take(take[n]), .done(take[n]), .response(response[64*n +: 64]),
                .error(bad[n])
            );
            if (n == GICD) begin : g_gicd
                gicd2_access access (.address(addr[11:0]), .size(of), .permitted(fits), .bad(refused));
            end else if (n == GICC) begin : g_gicc
                gicc_access access (.address(addr), .size(of), .permitted(fits), .bad(refused));
            end else if (n == GICH) begin : g_gich
                gich_access access (.address(addr[11:0]), .size(of), .permitted(fits), .bad(refused));
            end else if (n == GICV) begin : g_gicv
                gicv_access access (.address(addr), .size(of), .permitted(fits), .bad(refused));
            end else begin : g_v2m
                v2m_access access (.address(addr[11:0]), .size(of), .permitted(fits), .bad(refused));
            end
            // frames of 4 KB end there
            wire beyond = n != GICC && n != GICV && addr[12];
            assign permitted[n] = fits && !beyond;
            assign bad[n]       = refused || beyond;
        end
    endgenerate

    // --- GICD, and the message frame ---------------------------------------------------------------------------------
    wire [31:0] gicd_value, v2m_value;
    wire        sgis_change, spis_busy, ended_group;
    wire [1:0]  enables;
    wire [2*PES-1:0]  groups;
    wire [23*PES-1:0] best;
    wire [PES-1:0]    acknowledges, deactivates, v_deactivates;
    wire        acknowledge = |acknowledges;
    reg  [9:0]  intid;                      // of the life cycle
    wire [11:0] of_v2m  = address[11:0];
    wire        named   = {22'd0, data[9:0]} >= V2M_FIRST && {22'd0, data[9:0]} < V2M_FIRST + V2M_SPIS;
    wire        message = writes[V2M] && of_v2m == `IRQPATH_V2M_MSI_SETSPI_NS && named;
    assign v2m_value = of_v2m == `IRQPATH_V2M_MSI_TYPER ? MSI_TYPER
                       : of_v2m == `IRQPATH_V2M_MSI_IIDR ? V2M_IIDR : 32'd0;
    gicv2_gicd #(.PES(PES), .SPIS(SPIS), .PRIORITY_BITS(PRIORITY_BITS), .IIDR(GICD_IIDR), .PIDR2(PIDR2)) u_gicd (
        .clk(clk), .rst(rst), .write(writes[GICD]), .address(address[11:0]), .byte_access(byte_access), .data(data),
        .value(gicd_value), .one_pe(one_pe), .pe(pe),
        .drive_spi(take_spi), .drive_ppi(take_ppi), .pulse(message), .driven(message ? data[9:0] : driven),
        .ppi_pe(ppi_pe), .high(wire_level), .spi_level(spi_level), .ppi_level(ppi_level),
        .acknowledge(acknowledge), .deactivate(|deactivates || |v_deactivates), .intid(intid), .group_of(ended_group),
        .sgis_change(sgis_change), .settle_up(state == SETTLE_UP), .settle_down(state == SETTLE_DOWN),
        .busy(spis_busy), .enables(enables), .search(state == BEST), .groups(groups), .best(best)
    );

    // --- the CPU interfaces ------------------------------------------------------------------------------------------
    // {source, valid, priority, INTID, group} as they were at the last input's end
    reg  [23*PES-1:0] best_now;
    wire [32*PES-1:0] gicc_value, gich_value, gicv_value;
    wire [10*PES-1:0] v_intid;
    wire [PES-1:0]    irq_now, fiq_now, virq_now, vfiq_now, maintenance_now;
    generate
        for (n = 0; n < PES; n = n + 1) begin : pes
            wire [9:0] ended;
            gicv2_gicc #(.PRIORITY_BITS(PRIORITY_BITS), .SPIS(SPIS), .IIDR(GICC_IIDR)) u_gicc (
                .clk(clk), .rst(rst || reset_seen[n]),
                .read(reads[GICC] && one_pe[n]), .write(writes[GICC] && one_pe[n]), .address(address),
                .data(data), .value(gicc_value[32*n +: 32]), .enables(enables),
                .groups(groups[2*n +: 2]), .source(best_now[23*n+20 +: 3]), .best_valid(best_now[23*n+19]),
                .best_priority(best_now[23*n+11 +: 8]), .best_intid(best_now[23*n+1 +: 10]),
                .best_group(best_now[23*n]),
                .acknowledges(acknowledges[n]), .deactivates(deactivates[n]), .ended(ended), .ended_group(ended_group),
                .irq(irq_now[n]), .fiq(fiq_now[n])
            );
            if (VIRTUAL != 0) begin : g_virtual
                gicv2_virtual #(.LIST_REGISTERS(LIST_REGISTERS), .IIDR(GICC_IIDR)) u_virtual (
                    .clk(clk), .rst(rst || reset_seen[n]), .x_write(writes[GICH] && one_pe[n]),
                    .g_read(reads[GICV] && one_pe[n]), .g_write(writes[GICV] && one_pe[n]), .address(address),
                    .data(data), .x_value(gich_value[32*n +: 32]), .g_value(gicv_value[32*n +: 32]),
                    .deactivates(v_deactivates[n]), .intid(v_intid[10*n +: 10]),
                    .virq(virq_now[n]), .vfiq(vfiq_now[n]), .maintenance(maintenance_now[n])
                );
            end else begin : g_none
                assign {gich_value[32*n +: 32], gicv_value[32*n +: 32], v_intid[10*n +: 10]} = 74'd0;
                assign {v_deactivates[n], virq_now[n], vfiq_now[n], maintenance_now[n]} = 4'd0;
            end
            always @(posedge clk)
                if (rst) best_now[23*n +: 23] <= 23'd0;
                else if (state == BEST && !spis_busy) best_now[23*n +: 23] <= best[23*n +: 23];
            wire unused = &{1'b0, ended, 1'b0};
        end
    endgenerate

    reg [31:0] gicc_read, gich_read, gicv_read;
    always @* begin
        gicc_read = 32'd0;
        gich_read = 32'd0;
        gicv_read = 32'd0;
        for (k = 0; k < PES; k = k + 1)
            if (one_pe[k]) begin
                gicc_read = gicc_value[32*k +: 32];
                gich_read = gich_value[32*k +: 32];
                gicv_read = gicv_value[32*k +: 32];
            end
    end
    always @* begin
        intid = data[9:0];
        for (k = 0; k < PES; k = k + 1) begin
            if (acknowledges[k]) intid = best_now[23*k+1 +: 10];
            if (v_deactivates[k]) intid = v_intid[10*k +: 10];
        end
    end
    assign response = {32'd0, reads[V2M] ? v2m_value : 32'd0, 32'd0, reads[GICV] ? gicv_read : 32'd0,
                       32'd0, reads[GICH] ? gich_read : 32'd0, 32'd0, reads[GICC] ? gicc_read : 32'd0,
                       32'd0, reads[GICD] ? gicd_value : 32'd0};

    // --- the course of an input --------------------------------------------------------------------------------------
    always @(posedge clk)
        if (rst) begin
            state <= IDLE;
            {irq, fiq, virq, vfiq, maintenance} <= {(5*PES){1'b0}};
        end else
            case (state)
                IDLE:        if (accepted) state <= sgis_change ? SETTLE_UP : SPIS_CHANGE;
                SETTLE_UP:   state <= SETTLE_DOWN;
                SETTLE_DOWN: state <= BEST;
                SPIS_CHANGE: if (!spis_busy) state <= BEST;
                BEST:        state <= LINES;
                default: begin
                    state <= IDLE;
                    irq   <= irq_now;
                    fiq   <= fiq_now;
                    virq  <= virq_now;
                    vfiq  <= vfiq_now;
                    maintenance <= maintenance_now;
                end
            endcase

    wire unused = &{1'b0, req_data, pe_bit, awuser, aruser, 1'b0};
endmodule
`default_nettype wire
