// The virtual CPU interface of a GICC by its system registers: ICH_*_EL2, ICV_*_EL1 behind the encodings of ICC_*_EL1,
// ICC_SRE_EL2, and where an access goes (golden models: pymodel/irqpath/gic/gicc/virtual_registers.py and
// virtualization.py; IHI 0069 12.3, 12.4). What it answers, GICC puts out.
//
// After a reset the PE is at EL2, EL2 is enabled, and HCR_EL2 redirects nothing.
//
// Leaves out: GICv4 and with it ICH_HCR_EL2.DVIM and vSGIEOICount (RES0), virtual SEIs (TSEI can be written), NMIs.
`default_nettype none
`include "generated/irqpath_regs.vh"
module gicc_virtual #(
    parameter LIST_REGISTERS  = 4,    // 1 to 16
    parameter PRIORITY_BITS   = 5,    // 5 to 8
    parameter PREEMPTION_BITS = 5,    // 5 to 7, at most PRIORITY_BITS
    parameter INTID_BITS_24   = 0,    // ICH_VTR_EL2.IDbits: 1 for 24 bits, 0 for 16
    parameter AFF3            = 0,    // ICH_VTR_EL2.A3V
    parameter GICV4           = 0     // ICH_VTR_EL2.nV4 is 0; what a Redistributor of GICv4 would present is left out
) (
    input  wire        clk,
    input  wire        rst,
    // an access that GICC takes now; `tells`: the PE tells its state, {EEL2, FIQ, IRQ, NS of SCR_EL3, EL} and HCR_EL2
    input  wire        reads,
    input  wire        writes,
    input  wire        tells,
    input  wire [15:0] register,
    input  wire [63:0] data,
    // it is answered from here, and no business of the physical interface
    output wire        takes,
    output wire        ok,
    output wire        trap,
    output wire [63:0] response,        // of a read; the Exception level of a trap
    // HW=1: the physical interrupt is to be deactivated
    output wire        deactivates,
    output wire [12:0] intid,
    // as they are, not registered
    output wire        virq,
    output wire        vfiq,
    output wire        maintenance
);
    localparam LEVELS = 1 << PREEMPTION_BITS;
    localparam [31:0] VTR = (PRIORITY_BITS - 1) << `IRQPATH_ICH_VTR_EL2_PRIbits_LSB
                            | (PREEMPTION_BITS - 1) << `IRQPATH_ICH_VTR_EL2_PREbits_LSB
                            | INTID_BITS_24 << `IRQPATH_ICH_VTR_EL2_IDbits_LSB
                            | AFF3 << `IRQPATH_ICH_VTR_EL2_A3V_LSB
                            | (GICV4 != 0 ? 0 : 1) << `IRQPATH_ICH_VTR_EL2_nV4_LSB
                            | 1 << `IRQPATH_ICH_VTR_EL2_TDS_LSB
                            | (LIST_REGISTERS - 1) << `IRQPATH_ICH_VTR_EL2_ListRegs_LSB;
    localparam [31:0] CTLR_RO = (PRIORITY_BITS - 1) << `IRQPATH_ICC_CTLR_EL1_PRIbits_LSB
                                | INTID_BITS_24 << `IRQPATH_ICC_CTLR_EL1_IDbits_LSB
                                | AFF3 << `IRQPATH_ICC_CTLR_EL1_A3V_LSB;

    // --- where it goes ----------------------------------------------------------------------------------------------
    reg  [1:0] el;
    reg        hcr_fmo, hcr_imo, scr_ns, scr_irq, scr_fiq, scr_eel2;
    wire       to_virtual, undefined, of_el2;
    wire [1:0] trap_el;
    wire [31:0] hcr;
    gicc_route route (
        .register(register), .el(el), .hcr_fmo(hcr_fmo), .hcr_imo(hcr_imo), .scr_ns(scr_ns), .scr_irq(scr_irq),
        .scr_fiq(scr_fiq), .scr_eel2(scr_eel2), .tc(hcr[`IRQPATH_ICH_HCR_EL2_TC_LSB]),
        .tall0(hcr[`IRQPATH_ICH_HCR_EL2_TALL0_LSB]), .tall1(hcr[`IRQPATH_ICH_HCR_EL2_TALL1_LSB]),
        .tdir(hcr[`IRQPATH_ICH_HCR_EL2_TDIR_LSB]), .to_virtual(to_virtual), .trap(trap), .trap_el(trap_el),
        .undefined(undefined), .of_el2(of_el2)
    );
    assign takes  = to_virtual || trap || undefined || of_el2;
    wire   by_el2 = of_el2 && !trap && !undefined;

    always @(posedge clk)
        if (rst) begin
            el <= 2'd2;
            {scr_eel2, scr_fiq, scr_irq, scr_ns} <= 4'b0001;
            {hcr_imo, hcr_fmo} <= 2'b00;
        end else if (tells) begin
            {scr_eel2, scr_fiq, scr_irq, scr_ns, el} <= register[5:0];
            {hcr_imo, hcr_fmo} <= data[4:3];
        end

    // --- registers: `x` of the hypervisor, `g` of the guest ---------------------------------------------------------
    wire       x_lr   = register[15:4] == 12'hE66 && {1'b0, register[3:0]} < LIST_REGISTERS[4:0];
    wire [1:0] ap_n   = register[1:0];    // op2[1:0] counts them
    wire       ap_is  = {ap_n, 5'd0} < LEVELS;
    wire       x_ap   = (register[15:2] == 14'h3990 || register[15:2] == 14'h3992) && ap_is;   // ICH_AP<0,1>R<n>_EL2
    wire       g_ap   = (register[15:2] == 14'h3191 || register[15:2] == 14'h3192) && ap_is;   // ICC_AP<0,1>R<n>_EL1
    wire       g_iar  = register == `IRQPATH_ICC_IAR0_EL1 || register == `IRQPATH_ICC_IAR1_EL1;
    wire       g_eoir = register == `IRQPATH_ICC_EOIR0_EL1 || register == `IRQPATH_ICC_EOIR1_EL1;
    wire       g_bpr  = register == `IRQPATH_ICC_BPR0_EL1 || register == `IRQPATH_ICC_BPR1_EL1;
    wire       g_igrpen = register == `IRQPATH_ICC_IGRPEN0_EL1 || register == `IRQPATH_ICC_IGRPEN1_EL1;
    wire       g_dir  = register == `IRQPATH_ICC_DIR_EL1;
    wire       group  = register == `IRQPATH_ICC_IAR1_EL1 || register == `IRQPATH_ICC_EOIR1_EL1
                        || register == `IRQPATH_ICC_HPPIR1_EL1 || register == `IRQPATH_ICC_BPR1_EL1
                        || register == `IRQPATH_ICC_IGRPEN1_EL1 || register[15:2] == 14'h3992
                        || register[15:2] == 14'h3192;
    wire       g_reads  = reads && to_virtual;
    wire       g_writes = writes && to_virtual;
    wire       x_writes = writes && by_el2;
    wire [23:0] ended   = data[23:0];
    wire       special  = ended[23:2] == 22'd255;      // 1020 to 1023

    wire [63:0] lr;
    wire [31:0] ap, vmcr;
    wire [7:0]  misr, pmr, running;
    wire [15:0] eisr, elrsr;
    wire [2:0]  bpr0, bpr1;
    wire        cbpr, eoimode, acknowledges;
    wire [1:0]  enables, pends;
    wire [23:0] best;
    virtual_cpu #(
        .LIST_REGISTERS(LIST_REGISTERS), .PRIORITY_BITS(PRIORITY_BITS), .PREEMPTION_BITS(PREEMPTION_BITS),
        .ID_BITS(INTID_BITS_24 != 0 ? 24 : 16)
    ) core (
        .clk(clk), .rst(rst),
        .acknowledge(g_reads && g_iar && acknowledges),
        .ends(g_writes && g_eoir && !special),
        .deactivates(g_writes && g_dir && eoimode && ended < 24'd1020),
        .group(group), .intid(ended),
        .write_lr(x_writes && x_lr), .write_hcr(x_writes && register == `IRQPATH_ICH_HCR_EL2),
        .write_vmcr(x_writes && register == `IRQPATH_ICH_VMCR_EL2),
        .write_ap(x_writes && x_ap || g_writes && g_ap), .write_pmr(g_writes && register == `IRQPATH_ICC_PMR_EL1),
        .write_bpr(g_writes && g_bpr), .write_ctlr(g_writes && register == `IRQPATH_ICC_CTLR_EL1),
        .write_igrpen(g_writes && g_igrpen),
        .lr_number(register[3:0]), .ap_number(ap_n), .data(data),
        .lr(lr), .ap(ap), .hcr(hcr), .misr(misr), .eisr(eisr), .elrsr(elrsr), .vmcr(vmcr), .pmr(pmr), .bpr0(bpr0),
        .bpr1(bpr1), .cbpr(cbpr), .eoimode(eoimode), .enables(enables), .running(running), .acknowledges(acknowledges),
        .acknowledged(best), .pends(pends), .deactivates_physical(deactivates), .physical(intid),
        .virq(virq), .vfiq(vfiq), .maintenance(maintenance)
    );

    // --- answers ----------------------------------------------------------------------------------------------------
    reg [63:0] x_data, g_data;
    reg        x_readable, g_readable;
    always @* begin
        x_readable = 1'b1;
        case (register)
            `IRQPATH_ICH_HCR_EL2:   x_data = {32'd0, hcr};
            `IRQPATH_ICH_VTR_EL2:   x_data = {32'd0, VTR};
            `IRQPATH_ICH_MISR_EL2:  x_data = {56'd0, misr};
            `IRQPATH_ICH_EISR_EL2:  x_data = {48'd0, eisr};
            `IRQPATH_ICH_ELRSR_EL2: x_data = {48'd0, elrsr};
            `IRQPATH_ICH_VMCR_EL2:  x_data = {32'd0, vmcr};
            `IRQPATH_ICC_SRE_EL2:   x_data = 64'd15;
            default: begin
                x_data     = x_lr ? lr : x_ap ? {32'd0, ap} : 64'd0;
                x_readable = x_lr || x_ap;
            end
        endcase
    end
    wire x_writable = register == `IRQPATH_ICH_HCR_EL2 || register == `IRQPATH_ICH_VMCR_EL2
                      || register == `IRQPATH_ICC_SRE_EL2 || x_lr || x_ap;

    always @* begin
        g_readable = 1'b1;
        case (register)
            `IRQPATH_ICC_PMR_EL1:     g_data = {56'd0, pmr};
            `IRQPATH_ICC_RPR_EL1:     g_data = {56'd0, running};
            `IRQPATH_ICC_CTLR_EL1:    g_data = {32'd0, CTLR_RO} | {62'd0, eoimode, cbpr};
            `IRQPATH_ICC_BPR0_EL1:    g_data = {61'd0, bpr0};
            `IRQPATH_ICC_BPR1_EL1:    g_data = {61'd0, bpr1};
            `IRQPATH_ICC_IAR0_EL1,
            `IRQPATH_ICC_IAR1_EL1:    g_data = {40'd0, acknowledges ? best : 24'd1023};
            `IRQPATH_ICC_HPPIR0_EL1,
            `IRQPATH_ICC_HPPIR1_EL1:  g_data = {40'd0, pends[group] ? best : 24'd1023};
            `IRQPATH_ICC_IGRPEN0_EL1: g_data = {63'd0, enables[0]};
            `IRQPATH_ICC_IGRPEN1_EL1: g_data = {63'd0, enables[1]};
            default: begin
                g_data     = g_ap ? {32'd0, ap} : 64'd0;
                g_readable = g_ap;
            end
        endcase
    end
    wire g_writable = register == `IRQPATH_ICC_PMR_EL1 || register == `IRQPATH_ICC_CTLR_EL1 || g_dir || g_bpr
                      || g_igrpen || g_eoir || g_ap;

    assign ok     = reads ? to_virtual && g_readable || by_el2 && x_readable
                          : to_virtual && g_writable || by_el2 && x_writable;
    assign response = trap ? {62'd0, trap_el} : reads && to_virtual ? g_data : reads && by_el2 ? x_data : 64'd0;
endmodule
`default_nettype wire
