// Where an access to a system register goes: the physical interface, the virtual one, a trap, or nowhere (UNDEFINED).
// It follows from the register and the PE's state alone (golden model: pymodel/irqpath/gic/gicc/pe_state.py; the
// accessibility pseudocode of the register pages of DDI 0601; IHI 0069 12.2, 12.4).
`default_nettype none
`include "generated/irqpath_regs.vh"
module gicc_route (
    input  wire [15:0] register,
    input  wire [1:0]  el,           // Exception level of the PE
    input  wire        hcr_fmo,      // HCR_EL2
    input  wire        hcr_imo,
    input  wire        scr_ns,       // SCR_EL3
    input  wire        scr_irq,
    input  wire        scr_fiq,
    input  wire        scr_eel2,
    input  wire        tc,           // ICH_HCR_EL2
    input  wire        tall0,
    input  wire        tall1,
    input  wire        tdir,
    // at most one of them; none: it reaches the physical interface
    output wire        to_virtual,
    output wire        trap,
    output wire [1:0]  trap_el,
    output wire        undefined,
    output wire        of_el2        // a register of EL2, whether it is reached or not
);
    // the kinds of registers: of neither group, of Group 0, of Group 1, ICC_DIR_EL1, ICC_*SGI*R_EL1, ICC_SRE_EL1, of
    // EL2, of EL3; one that there is not is of neither group
    localparam [2:0] COMMON = 3'd0, GROUP0 = 3'd1, GROUP1 = 3'd2, DIR = 3'd3, SGI = 3'd4, SRE = 3'd5, EL2 = 3'd6,
        EL3 = 3'd7;
    reg [2:0] kind;
    always @* begin
        kind = COMMON;
        case (register)
            `IRQPATH_ICC_IAR0_EL1, `IRQPATH_ICC_EOIR0_EL1, `IRQPATH_ICC_HPPIR0_EL1, `IRQPATH_ICC_BPR0_EL1,
            `IRQPATH_ICC_IGRPEN0_EL1, `IRQPATH_ICC_AP0R0_EL1, `IRQPATH_ICC_AP0R1_EL1, `IRQPATH_ICC_AP0R2_EL1,
            `IRQPATH_ICC_AP0R3_EL1: kind = GROUP0;
            `IRQPATH_ICC_IAR1_EL1, `IRQPATH_ICC_EOIR1_EL1, `IRQPATH_ICC_HPPIR1_EL1, `IRQPATH_ICC_BPR1_EL1,
            `IRQPATH_ICC_IGRPEN1_EL1, `IRQPATH_ICC_AP1R0_EL1, `IRQPATH_ICC_AP1R1_EL1, `IRQPATH_ICC_AP1R2_EL1,
            `IRQPATH_ICC_AP1R3_EL1, `IRQPATH_ICC_NMIAR1_EL1: kind = GROUP1;
            `IRQPATH_ICC_DIR_EL1: kind = DIR;
            `IRQPATH_ICC_SGI0R_EL1, `IRQPATH_ICC_SGI1R_EL1, `IRQPATH_ICC_ASGI1R_EL1: kind = SGI;
            `IRQPATH_ICC_SRE_EL1: kind = SRE;
            `IRQPATH_ICC_CTLR_EL3, `IRQPATH_ICC_SRE_EL3, `IRQPATH_ICC_IGRPEN1_EL3: kind = EL3;
            `IRQPATH_ICC_SRE_EL2, `IRQPATH_ICH_HCR_EL2, `IRQPATH_ICH_VTR_EL2, `IRQPATH_ICH_MISR_EL2,
            `IRQPATH_ICH_EISR_EL2, `IRQPATH_ICH_ELRSR_EL2, `IRQPATH_ICH_VMCR_EL2, `IRQPATH_ICH_AP0R0_EL2,
            `IRQPATH_ICH_AP0R1_EL2, `IRQPATH_ICH_AP0R2_EL2, `IRQPATH_ICH_AP0R3_EL2, `IRQPATH_ICH_AP1R0_EL2,
            `IRQPATH_ICH_AP1R1_EL2, `IRQPATH_ICH_AP1R2_EL2, `IRQPATH_ICH_AP1R3_EL2: kind = EL2;
            default: if (register[15:4] == 12'hE66) kind = EL2;    // ICH_LR<n>_EL2
        endcase
    end

    wire el2_enabled = scr_ns || scr_eel2;
    wire guest       = el == 2'd1 && el2_enabled;
    wire el2_reached = el == 2'd3 || el == 2'd2 && el2_enabled;
    wire others      = kind == COMMON || kind == DIR || kind == SGI;
    assign of_el2    = kind == EL2;
    assign undefined = kind == EL3 || kind == EL2 && !el2_reached
                       || kind != EL3 && kind != EL2 && el == 2'd0;

    // below EL2
    wire asked   = kind == GROUP0 && hcr_fmo || kind == GROUP1 && hcr_imo || others && (hcr_fmo || hcr_imo);
    wire trap_el2 = guest && (kind == GROUP0 && tall0 || kind == GROUP1 && tall1 || others && tc
                              || kind == DIR && tdir || kind == SGI && asked);
    assign to_virtual = guest && asked && !trap_el2;
    // to EL3, where it takes the interrupts concerned
    wire trap_el3 = (el == 2'd1 || el == 2'd2) && !trap_el2 && !to_virtual
                    && (kind == GROUP0 && scr_fiq || kind == GROUP1 && scr_irq || others && scr_irq && scr_fiq);
    assign trap    = trap_el2 || trap_el3;
    assign trap_el = trap_el2 ? 2'd2 : 2'd3;
endmodule
`default_nettype wire
