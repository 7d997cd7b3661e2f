// A virtual CPU interface without its registers' addresses: List registers, virtual priorities, maintenance (golden
// model: pymodel/irqpath/gic/gicc/virtual_interface.py; IHI 0069 6, 12.4; IHI 0048 5). A register face in front of it
// (gicc_virtual.v, gicv2_virtual.v) asks for at most one operation in a cycle; what it changes is there in the next.
//
// At equal priority the lowest List register wins; an end of interrupt drops the priority before it looks for its List
// register; a vINTID in two List registers is that of the lower one (all three ours, where the architecture is silent
// or calls it UNPREDICTABLE).
//
// Leaves out: what the Redistributor presents (GICv4), superpriority, virtual SEIs.
`default_nettype none
module virtual_cpu #(
    parameter LIST_REGISTERS  = 4,    // 1 to 16
    parameter PRIORITY_BITS   = 5,    // 5 to 8
    parameter PREEMPTION_BITS = 5,    // 5 to 7, at most PRIORITY_BITS
    parameter ID_BITS         = 16,   // of vINTID: 16 or 24; of a GICv2 13, the source of an SGI above its INTID
    parameter GICV2           = 0     // one set of active priorities, AckCtl, FIQEn; writes of CTLR as of VMCR
) (
    input  wire        clk,
    input  wire        rst,
    // the guest: of `group`, with `intid`
    input  wire        acknowledge,   // only where `acknowledges`
    input  wire        ends,          // EOIR with an INTID that is not special
    input  wire        deactivates,   // DIR with an INTID that has an active state, and EOImode is 1
    input  wire        group,
    input  wire [23:0] intid,
    // writes, of `data`
    input  wire        write_lr,      // of `lr_number`
    input  wire        write_hcr,
    input  wire        write_vmcr,
    input  wire        write_ap,      // of `group`, 32 levels from 32 * `ap_number` on
    input  wire        write_pmr,
    input  wire        write_bpr,     // of `group`
    input  wire        write_ctlr,
    input  wire        write_igrpen,  // of `group`
    input  wire [3:0]  lr_number,
    input  wire [1:0]  ap_number,
    input  wire [63:0] data,
    // what is read
    output wire [63:0] lr,            // of `lr_number`, 0 where there is none
    output wire [31:0] ap,            // of `group` and `ap_number`
    output wire [31:0] hcr,
    output wire [7:0]  misr,
    output wire [15:0] eisr,
    output wire [15:0] elrsr,
    output wire [31:0] vmcr,
    output reg  [7:0]  pmr,
    output wire [2:0]  bpr0,
    output wire [2:0]  bpr1,          // as the guest reads it
    output reg         cbpr,
    output reg         eoimode,
    output reg  [1:0]  enables,
    output wire [7:0]  running,
    output wire        acknowledges,  // the highest priority pending interrupt is of `group`, and signalled
    output wire [23:0] acknowledged,  // its vINTID
    output wire [1:0]  pends,         // the highest priority pending interrupt is of {Group 1, Group 0}
    // HW=1: the physical interrupt follows
    output wire        deactivates_physical,
    output wire [12:0] physical,
    // as they are, not registered
    output wire        virq,
    output wire        vfiq,
    output wire        maintenance
);
    localparam [7:0] PRIORITY_MASK = 8'hFF << (8 - PRIORITY_BITS);
    localparam INDEX_BITS = LIST_REGISTERS > 1 ? $clog2(LIST_REGISTERS) : 1;
    // bits of HCR and MISR
    localparam EN = 0, UIE = 1, LRENPIE = 2, NPIE = 3, VGRP0EIE = 4, VGRP0DIE = 5, VGRP1EIE = 6, VGRP1DIE = 7;

    reg [7:0] control;    // HCR, below its traps
    reg [4:0] traps;      // TC, TALL0, TALL1, TSEI, TDIR
    reg [4:0] eoicount;
    reg       ackctl, fiqen;

    // --- List registers ---------------------------------------------------------------------------------------------
    wire [LIST_REGISTERS-1:0] lr_pending, lr_active, lr_used, lr_done, lr_hw, lr_group, lr_ends, holds;
    wire [8*LIST_REGISTERS-1:0]  lr_level;
    wire [24*LIST_REGISTERS-1:0] lr_vintid;
    wire [13*LIST_REGISTERS-1:0] lr_pintid;
    wire [64*16-1:0]             lr_value;
    wire [LIST_REGISTERS-1:0]    first = holds & (~holds + 1'b1);   // the List register that an end is about
    wire [INDEX_BITS-1:0]        best_index;
    genvar n;
    generate
        for (n = 0; n < LIST_REGISTERS; n = n + 1) begin : g_lr
            list_register #(.PRIORITY_BITS(PRIORITY_BITS), .ID_BITS(ID_BITS)) register (
                .clk(clk), .rst(rst), .write(write_lr && lr_number == n), .data(data),
                .acknowledge(acknowledge && best_index == n), .deactivate(lr_ends[n]),
                .pending(lr_pending[n]), .active(lr_active[n]), .used(lr_used[n]), .done(lr_done[n]), .hw(lr_hw[n]),
                .group(lr_group[n]), .level(lr_level[8*n +: 8]), .vintid(lr_vintid[24*n +: 24]),
                .pintid(lr_pintid[13*n +: 13]), .value(lr_value[64*n +: 64])
            );
            assign holds[n] = lr_active[n] && lr_vintid[24*n +: 24] == intid;
        end
        if (LIST_REGISTERS < 16) begin : g_none
            assign lr_value[64*16-1 : 64*LIST_REGISTERS] = {(64 * (16 - LIST_REGISTERS)){1'b0}};
        end
    endgenerate
    assign lr    = lr_value[64*lr_number +: 64];
    assign eisr  = {{(16 - LIST_REGISTERS){1'b0}}, lr_done};
    assign elrsr = {{(16 - LIST_REGISTERS){1'b0}}, ~lr_used & ~lr_done};

    // --- the highest priority pending interrupt, of enabled groups ---------------------------------------------------
    wire       best_valid;
    wire [7:0] best_level;
    max_tree #(.N(LIST_REGISTERS), .LEAST(1)) best (
        .enable(|lr_pending),
        .valid(lr_pending & (lr_group & {LIST_REGISTERS{enables[1]}} | ~lr_group & {LIST_REGISTERS{enables[0]}})),
        .keys(lr_level), .any(best_valid), .key(best_level), .index(best_index)
    );
    wire best_group = lr_group[best_index];

    wire [2:0] own_bpr1;
    wire [7:0] mask0, mask1;
    wire       preempts, raises, drops, active, of_group0, unused_group;
    cpu_priorities #(.PREEMPTION_BITS(PREEMPTION_BITS), .ONE_SET(GICV2)) priorities (
        .clk(clk), .rst(rst), .level(best_level), .group(best_group), .preempts(preempts),
        .raise(raises), .drop({drops && !of_group0, drops}),
        .write_bpr({write_vmcr || write_bpr && group && (!cbpr || GICV2 != 0), write_vmcr || write_bpr && !group}),
        .bpr_next(write_vmcr ? {data[20:18], data[23:21]} : {2{data[2:0]}}), .cbpr(cbpr),
        .write_ap(write_ap), .ap_group(group), .ap_number(ap_number), .ap_next(data[31:0]),
        .bpr0(bpr0), .bpr1(own_bpr1), .ap(ap), .active(active), .of_group0(of_group0),
        .of_ap_group(unused_group), .running(running), .mask0(mask0), .mask1(mask1)
    );
    wire signalled = control[EN] && best_valid && best_level < pmr && preempts;

    assign acknowledged = lr_vintid[24*best_index +: 24];
    assign pends        = {best_valid && best_group, best_valid && !best_group};
    assign acknowledges = signalled && best_group == group;
    assign raises       = acknowledge && acknowledged[23:2] != 22'd255;    // one of the special INTIDs has no priority

    // --- end of interrupt --------------------------------------------------------------------------------------------
    wire        found    = |holds;
    reg         found_group, found_hw;
    reg  [7:0]  found_level;
    reg  [12:0] found_pintid;
    integer k;
    always @* begin
        found_group  = 1'b0;
        found_hw     = 1'b0;
        found_level  = 8'd0;
        found_pintid = 13'd0;
        for (k = 0; k < LIST_REGISTERS; k = k + 1)
            if (first[k]) begin
                found_group  = lr_group[k];
                found_hw     = lr_hw[k];
                found_level  = lr_level[8*k +: 8];
                found_pintid = lr_pintid[13*k +: 13];
            end
    end
    wire lpi     = intid >= 24'd8192;      // it has no separate deactivation
    assign drops = ends && active;
    wire same    = GICV2 != 0 || found_group == group && (found_level & (found_group ? mask1 : mask0)) == running;
    wire retires = found && (deactivates || drops && same && (!eoimode || lpi));
    wire counts  = !found && (deactivates || drops && !eoimode && !lpi);
    assign lr_ends = first & {LIST_REGISTERS{retires}};
    assign deactivates_physical = retires && found_hw && found_pintid < 13'd1020;    // as if by ICC_DIR_EL1
    assign physical = found_pintid;

    // --- registers ---------------------------------------------------------------------------------------------------
    assign hcr  = {eoicount, 12'd0, traps, 2'd0, control};
    assign vmcr = {pmr, bpr0, own_bpr1, 8'd0, eoimode, 4'd0, cbpr, fiqen, ackctl, enables};
    assign bpr1 = !cbpr ? own_bpr1 : &bpr0 ? 3'd7 : bpr0 + 3'd1;

    wire few = (lr_used & (lr_used - 1'b1)) == {LIST_REGISTERS{1'b0}};    // at most one
    assign misr[EN]       = |lr_done;
    assign misr[UIE]      = control[UIE] && few;
    assign misr[LRENPIE]  = control[LRENPIE] && |eoicount;
    assign misr[NPIE]     = control[NPIE] && lr_pending == {LIST_REGISTERS{1'b0}};
    assign misr[VGRP0EIE] = control[VGRP0EIE] && enables[0];
    assign misr[VGRP0DIE] = control[VGRP0DIE] && !enables[0];
    assign misr[VGRP1EIE] = control[VGRP1EIE] && enables[1];
    assign misr[VGRP1DIE] = control[VGRP1DIE] && !enables[1];

    assign virq        = signalled && (best_group || !fiqen);
    assign vfiq        = signalled && !best_group && fiqen;
    assign maintenance = control[EN] && |misr;

    wire [7:0] pmr_next  = write_vmcr ? data[31:24] : data[7:0];
    always @(posedge clk)
        if (rst) begin
            control  <= 8'd0;
            traps    <= 5'd0;
            eoicount <= 5'd0;
            enables  <= 2'b00;
            ackctl   <= 1'b0;
            fiqen    <= GICV2 == 0;    // with system registers Group 0 is vFIQ
            cbpr     <= 1'b0;
            eoimode  <= 1'b0;
            pmr      <= 8'd0;
        end else begin
            if (write_hcr) {eoicount, traps, control} <= {data[31:27], GICV2 != 0 ? 5'd0 : data[14:10], data[7:0]};
            else if (counts) eoicount <= eoicount + 5'd1;
            if (write_vmcr || write_ctlr && GICV2 != 0) {eoimode, cbpr, enables} <= {data[9], data[4], data[1:0]};
            else if (write_ctlr) {eoimode, cbpr} <= data[1:0];
            if ((write_vmcr || write_ctlr) && GICV2 != 0) {fiqen, ackctl} <= data[3:2];
            if (write_igrpen) enables <= group ? {data[0], enables[0]} : {enables[1], data[0]};
            if (write_vmcr || write_pmr) pmr <= pmr_next & PRIORITY_MASK;
        end

    wire unused = &{1'b0, data, unused_group, 1'b0};
endmodule
`default_nettype wire
