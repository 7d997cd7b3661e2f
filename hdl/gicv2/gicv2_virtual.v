// GICH and GICV of one PE: the virtual CPU interface (virtual_cpu.v) behind memory-mapped registers (golden model:
// pymodel/irqpath/gic/gicv2/virtual.py; IHI 0048 5.3, 5.5).
`default_nettype none
`include "generated/irqpath_regs.vh"
module gicv2_virtual #(
    parameter LIST_REGISTERS = 4,          // 1 to 16
    parameter [31:0] IIDR    = 32'h0002_0000
) (
    input  wire        clk,
    input  wire        rst,
    // permitted accesses of this PE, at most one at a time
    input  wire        x_write,            // GICH
    input  wire        g_read,             // GICV
    input  wire        g_write,
    input  wire [12:0] address,
    input  wire [31:0] data,
    output reg  [31:0] x_value,
    output reg  [31:0] g_value,
    // HW=1: the physical interrupt is to be deactivated
    output wire        deactivates,
    output wire [9:0]  intid,
    // as they are, not registered
    output wire        virq,
    output wire        vfiq,
    output wire        maintenance
);
    localparam PRIORITY_BITS = 5;
    localparam [31:0] VTR = (PRIORITY_BITS - 1) << `IRQPATH_GICH_VTR_PRIbits_LSB
                            | (PRIORITY_BITS - 1) << `IRQPATH_GICH_VTR_PREbits_LSB | (LIST_REGISTERS - 1);

    // --- GICH_LR<n> and the layout of ICH_LR<n>_EL2; the source of an SGI is vINTID [12:10] --------------------------
    wire        is_lr = address[12:8] == 5'd1 && {26'd0, address[7:2]} < LIST_REGISTERS;
    wire [12:0] id    = {data[31] || data[9:0] >= 10'd16 ? 3'd0 : data[12:10], data[9:0]};
    wire [63:0] unpacked = {data[29:28], data[31], data[30], 4'd0, data[27:23], 3'd0, 3'd0,
                            data[31] ? {3'd0, data[19:10]} : {3'd0, data[19], 9'd0}, 19'd0, id};
    wire [63:0] lr;
    wire [31:0] packed_lr = {lr[61], lr[60], lr[63:62], lr[55:51], 3'd0,
                             lr[61] ? lr[41:32] : {lr[41], 6'd0, lr[12:10]}, lr[9:0]};

    // --- accesses ----------------------------------------------------------------------------------------------------
    wire [11:0] of_gich = address[11:0];
    wire is_vmcr = of_gich == `IRQPATH_GICH_VMCR;
    wire is_xap  = of_gich == `IRQPATH_GICH_APR;
    wire is_gap  = address == `IRQPATH_GICV_APR;
    wire is_iar  = address == `IRQPATH_GICV_IAR || address == `IRQPATH_GICV_AIAR;
    wire is_eoir = address == `IRQPATH_GICV_EOIR || address == `IRQPATH_GICV_AEOIR;
    wire aliased = address == `IRQPATH_GICV_AIAR || address == `IRQPATH_GICV_AHPPIR || address == `IRQPATH_GICV_AEOIR;
    wire special = data[9:0] >= 10'd1020;
    wire [31:0] hcr, vmcr, ap;
    wire [7:0]  misr, pmr, running;
    wire [15:0] eisr, elrsr;
    wire [2:0]  bpr0, bpr1;
    wire        cbpr, eoimode, unused_acknowledges;
    wire [1:0]  enables, pends;
    wire [23:0] best;
    wire [12:0] physical;
    wire        signalled = virq || vfiq;
    wire        shown     = pends[1] ? aliased || vmcr[2] : !aliased;     // a read tells its INTID (AckCtl)
    wire [12:0] shows = shown ? best[12:0] : aliased ? 13'd1023 : 13'd1022;
    virtual_cpu #(
        .LIST_REGISTERS(LIST_REGISTERS), .PRIORITY_BITS(PRIORITY_BITS), .PREEMPTION_BITS(PRIORITY_BITS), .ID_BITS(13),
        .GICV2(1)
    ) core (
        .clk(clk), .rst(rst),
        .acknowledge(g_read && is_iar && signalled && shown),
        .ends(g_write && is_eoir && !special),
        .deactivates(g_write && address == `IRQPATH_GICV_DIR && eoimode && !special),
        .group(address == `IRQPATH_GICV_ABPR),
        .intid({11'd0, data[12:0]}),
        .write_lr(x_write && is_lr), .write_hcr(x_write && of_gich == `IRQPATH_GICH_HCR),
        .write_vmcr(x_write && is_vmcr), .write_ap(x_write && is_xap || g_write && is_gap),
        .write_pmr(g_write && address == `IRQPATH_GICV_PMR),
        .write_bpr(g_write && (address == `IRQPATH_GICV_BPR || address == `IRQPATH_GICV_ABPR)),
        .write_ctlr(g_write && address == `IRQPATH_GICV_CTLR), .write_igrpen(1'b0),
        .lr_number(address[5:2]), .ap_number(2'd0),
        .data(x_write && is_lr ? unpacked : {32'd0, data}),
        .lr(lr), .ap(ap), .hcr(hcr), .misr(misr), .eisr(eisr), .elrsr(elrsr), .vmcr(vmcr), .pmr(pmr), .bpr0(bpr0),
        .bpr1(bpr1), .cbpr(cbpr), .eoimode(eoimode), .enables(enables), .running(running),
        .acknowledges(unused_acknowledges), .acknowledged(best), .pends(pends), .deactivates_physical(deactivates),
        .physical(physical),
        .virq(virq), .vfiq(vfiq), .maintenance(maintenance)
    );
    assign intid = physical[9:0];

    always @*
        case (of_gich)
            `IRQPATH_GICH_HCR:      x_value = hcr;
            `IRQPATH_GICH_VTR:      x_value = VTR;
            `IRQPATH_GICH_VMCR:     x_value = vmcr;
            `IRQPATH_GICH_MISR:     x_value = {24'd0, misr};
            `IRQPATH_GICH_EISR:     x_value = {16'd0, eisr};
            `IRQPATH_GICH_ELSR:     x_value = {16'd0, elrsr};
            `IRQPATH_GICH_APR:      x_value = ap;
            default:                x_value = is_lr ? packed_lr : 32'd0;
        endcase
    always @*
        case (address)
            `IRQPATH_GICV_CTLR:   g_value = {22'd0, vmcr[9:0]};
            `IRQPATH_GICV_PMR:    g_value = {24'd0, pmr};
            `IRQPATH_GICV_BPR:    g_value = {29'd0, bpr0};
            `IRQPATH_GICV_ABPR:   g_value = {29'd0, vmcr[20:18]};
            `IRQPATH_GICV_IAR,
            `IRQPATH_GICV_AIAR:   g_value = {19'd0, signalled ? shows : 13'd1023};
            `IRQPATH_GICV_HPPIR,
            `IRQPATH_GICV_AHPPIR: g_value = {19'd0, |pends ? shows : 13'd1023};
            `IRQPATH_GICV_RPR:    g_value = {24'd0, running};
            `IRQPATH_GICV_APR:    g_value = ap;
            `IRQPATH_GICV_IIDR:   g_value = IIDR;
            default:              g_value = 32'd0;
        endcase

    wire unused = &{1'b0, bpr1, cbpr, enables, best, physical, unused_acknowledges, lr, 1'b0};
endmodule
`default_nettype wire
