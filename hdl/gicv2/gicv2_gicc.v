// GICC of one PE in a GICv2: the physical CPU interface behind memory-mapped registers, without Security Extensions
// (golden model: pymodel/irqpath/gic/gicv2/cpu_interface.py; IHI 0048 4.4).
`default_nettype none
`include "generated/irqpath_regs.vh"
module gicv2_gicc #(
    parameter PRIORITY_BITS = 5,           // 4 to 8
    parameter SPIS          = 32,
    parameter [31:0] IIDR   = 32'h0002_0000
) (
    input  wire        clk,
    input  wire        rst,
    // a permitted access of this PE
    input  wire        read,
    input  wire        write,
    input  wire [12:0] address,
    input  wire [31:0] data,
    output reg  [31:0] value,
    // the highest priority pending interrupt of the groups in `groups`; `source`: of an SGI
    input  wire [1:0]  enables,            // GICD_CTLR
    output wire [1:0]  groups,
    input  wire        best_valid,
    input  wire [7:0]  best_priority,
    input  wire [9:0]  best_intid,
    input  wire        best_group,
    input  wire [2:0]  source,
    // the access acknowledges it, or deactivates `ended`
    output wire        acknowledges,
    output wire        deactivates,
    output wire [9:0]  ended,
    input  wire        ended_group,        // the group of `ended`
    // as they are, not registered
    output wire        irq,
    output wire        fiq
);
    localparam PREBITS = PRIORITY_BITS > 7 ? 7 : PRIORITY_BITS;
    localparam [7:0] PRIORITY_MASK = 8'hFF << (8 - PRIORITY_BITS);
    localparam [31:0] END_OF_SPIS = SPIS + 32;
    localparam ACKCTL = 2, FIQEN = 3, CBPR = 4, EOIMODE = 9;

    reg  [9:0]  ctlr;
    reg  [7:0]  pmr;
    wire [2:0]  bpr0, bpr1;
    wire [31:0] ap;
    wire [7:0]  running;
    wire        preempts, active, of_group0;
    wire [16:0] unused;

    // --- acknowledge -------------------------------------------------------------------------------------------------
    assign groups = enables & ctlr[1:0];
    wire signalled = best_valid && best_priority < pmr && preempts;
    wire aliased   = address == `IRQPATH_GICC_AIAR || address == `IRQPATH_GICC_AHPPIR;
    wire is_iar    = address == `IRQPATH_GICC_IAR || address == `IRQPATH_GICC_AIAR;
    wire is_hppir  = address == `IRQPATH_GICC_HPPIR || address == `IRQPATH_GICC_AHPPIR;
    wire shown     = aliased ? best_group : !best_group || ctlr[ACKCTL];    // a read tells its INTID
    wire [12:0] best_value = {best_intid < 10'd16 ? source : 3'd0, best_intid};
    wire [12:0] shows = shown ? best_value : aliased ? 13'd1023 : 13'd1022;
    assign acknowledges = read && is_iar && signalled && shown;
    assign irq = signalled && !fiq;
    assign fiq = signalled && !best_group && ctlr[FIQEN];

    // --- end of interrupt --------------------------------------------------------------------------------------------
    assign ended = data[9:0];
    wire exists  = {22'd0, ended} < END_OF_SPIS;
    wire is_eoir = address == `IRQPATH_GICC_EOIR || address == `IRQPATH_GICC_AEOIR && ended_group;
    wire drops   = write && is_eoir && exists && active;
    assign deactivates = drops && !ctlr[EOIMODE] || write && address == `IRQPATH_GICC_DIR && exists && ctlr[EOIMODE];

    // --- registers ---------------------------------------------------------------------------------------------------
    wire is_ap = address[12:4] == 9'h00D;                   // GICC_APR<n>
    wire is_nsap = address[12:4] == 9'h00E;                 // GICC_NSAPR<n>
    cpu_priorities #(.PREEMPTION_BITS(PREBITS)) priorities (
        .clk(clk), .rst(rst), .level(best_priority), .group(best_group), .preempts(preempts),
        .raise(acknowledges), .drop({drops && !of_group0, drops}),
        .write_bpr({write && address == `IRQPATH_GICC_ABPR, write && address == `IRQPATH_GICC_BPR}),
        .bpr_next({2{data[2:0]}}), .cbpr(ctlr[CBPR]),
        .write_ap(write && (is_ap || is_nsap)), .ap_group(is_nsap), .ap_number(address[3:2]), .ap_next(data),
        .bpr0(bpr0), .bpr1(bpr1), .ap(ap), .active(active), .of_group0(of_group0),
        .of_ap_group(unused[16]), .running(running), .mask0(unused[7:0]), .mask1(unused[15:8])
    );
    always @*
        case (address)
            `IRQPATH_GICC_CTLR:   value = {22'd0, ctlr};
            `IRQPATH_GICC_PMR:    value = {24'd0, pmr};
            `IRQPATH_GICC_BPR:    value = {29'd0, bpr0};
            `IRQPATH_GICC_ABPR:   value = {29'd0, bpr1};
            `IRQPATH_GICC_RPR:    value = {24'd0, running};
            `IRQPATH_GICC_IIDR:   value = IIDR;
            default: value = is_ap || is_nsap ? ap
                             : is_iar ? {19'd0, signalled ? shows : 13'd1023}
                             : is_hppir ? {19'd0, best_valid ? shows : 13'd1023} : 32'd0;
        endcase
    always @(posedge clk)
        if (rst) begin
            ctlr <= 10'd0;
            pmr  <= 8'd0;
        end else if (write) begin
            if (address == `IRQPATH_GICC_CTLR) ctlr <= data[9:0];
            if (address == `IRQPATH_GICC_PMR) pmr <= data[7:0] & PRIORITY_MASK;
        end

    wire unused_data = &{1'b0, data, unused, 1'b0};
endmodule
`default_nettype wire
