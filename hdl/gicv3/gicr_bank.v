// SGIs and PPIs of one Redistributor: their state, the registers of the SGI_base frame, and the best candidate among
// them (golden model: pymodel/irqpath/gic/common/bank.py; IHI 0069 4, GICR_IGROUPR0 to GICR_ICFGR1). SGIs are always
// edge-triggered.
`default_nettype none
`include "generated/irqpath_regs.vh"
module gicr_bank #(
    parameter PRIORITY_BITS = 5
) (
    input  wire        clk,
    input  wire        rst,
    // registers: a permitted access to any frame offset; `value` is of the 32-bit register or of the byte
    input  wire        write,
    input  wire [16:0] address,
    input  wire        byte_access,
    input  wire [31:0] data,
    output reg  [31:0] value,
    output wire        disables,      // the write clears an enable
    // life cycle
    input  wire        pend_sgi,
    input  wire [3:0]  sgi,
    input  wire        drive,         // a PPI's wire changes
    input  wire [3:0]  ppi,           // INTID - 16
    input  wire        ppi_level,
    input  wire        activate,
    input  wire        deactivate,
    input  wire [4:0]  intid,
    // what follows
    output reg  [31:0] group,
    output reg  [15:0] level,         // wires of the PPIs, as sampled
    output wire [31:0] candidates,    // pending, enabled, not active
    input  wire        search,
    input  wire [31:0] eligible,
    output wire        best_valid,
    output wire [7:0]  best_priority,
    output wire [4:0]  best_intid
);
    localparam [7:0] PRIORITY_MASK = 8'hFF << (8 - PRIORITY_BITS);

    reg [31:0]  enable, latch, active;
    reg [15:0]  ppi_edge;             // GICR_ICFGR1: PPIs that are edge-triggered
    reg [255:0] priorities;

    wire [31:0] pending = latch | {level & ~ppi_edge, 16'd0};
    assign candidates   = pending & enable & ~active;
    assign disables     = write && address == `IRQPATH_GICR_ICENABLER0 && |(enable & data);

    // the lowest priority value, then the lowest INTID
    max_tree #(.N(32), .WIDTH(8), .LEAST(1)) best (
        .enable(search), .valid(eligible), .keys(priorities), .any(best_valid), .key(best_priority), .index(best_intid)
    );

    wire       is_priority = address >= `IRQPATH_GICR_IPRIORITYR && address < `IRQPATH_GICR_IPRIORITYR + 17'd32;
    wire [4:0] idx         = address[4:0];

    function [31:0] config_word(input [15:0] edges);
        integer k;
        begin
            config_word = 32'd0;
            for (k = 0; k < 16; k = k + 1) config_word[2*k+1] = edges[k];
        end
    endfunction

    always @*
        case (address)
            `IRQPATH_GICR_IGROUPR0:   value = group;
            `IRQPATH_GICR_ISENABLER0,
            `IRQPATH_GICR_ICENABLER0: value = enable;
            `IRQPATH_GICR_ISPENDR0,
            `IRQPATH_GICR_ICPENDR0:   value = pending;
            `IRQPATH_GICR_ISACTIVER0,
            `IRQPATH_GICR_ICACTIVER0: value = active;
            `IRQPATH_GICR_ICFGR0:     value = 32'hAAAA_AAAA;
            `IRQPATH_GICR_ICFGR1:     value = config_word(ppi_edge);
            default:
                value = !is_priority ? 32'd0 : byte_access ? {24'd0, priorities[{idx, 3'b000} +: 8]}
                                             : priorities[{idx[4:2], 5'b00000} +: 32];
        endcase

    wire [31:0] bit_of_intid = 32'd1 << intid;
    wire [31:0] bit_of_ppi   = 32'h1_0000 << ppi;
    integer k;
    always @(posedge clk)
        if (rst) begin
            group      <= 32'd0;
            enable     <= 32'd0;
            latch      <= 32'd0;
            active     <= 32'd0;
            ppi_edge   <= 16'd0;
            level      <= 16'd0;
            priorities <= 256'd0;
        end else begin
            if (pend_sgi) latch[{1'b0, sgi}] <= 1'b1;
            if (drive) begin
                level[ppi] <= ppi_level;
                if (ppi_level && ppi_edge[ppi]) latch <= latch | bit_of_ppi;
            end
            if (activate) begin
                active <= active | bit_of_intid;
                latch <= latch & ~bit_of_intid;
            end
            if (deactivate) active <= active & ~bit_of_intid;
            if (write) begin
                case (address)
                    `IRQPATH_GICR_IGROUPR0:   group  <= data;
                    `IRQPATH_GICR_ISENABLER0: enable <= enable | data;
                    `IRQPATH_GICR_ICENABLER0: enable <= enable & ~data;
                    `IRQPATH_GICR_ISPENDR0:   latch  <= latch | data;
                    `IRQPATH_GICR_ICPENDR0:   latch  <= latch & ~data;
                    `IRQPATH_GICR_ISACTIVER0: active <= active | data;
                    `IRQPATH_GICR_ICACTIVER0: active <= active & ~data;
                    `IRQPATH_GICR_ICFGR1:     for (k = 0; k < 16; k = k + 1) ppi_edge[k] <= data[2*k+1];
                    default: ;
                endcase
                if (is_priority) begin
                    if (byte_access) priorities[{idx, 3'b000} +: 8] <= data[7:0] & PRIORITY_MASK;
                    else priorities[{idx[4:2], 5'b00000} +: 32] <= data & {4{PRIORITY_MASK}};
                end
            end
        end
endmodule
`default_nettype wire
