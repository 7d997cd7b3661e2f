// A virtual CPU interface, whatever its guest and its hypervisor do: List registers, EOIcount, HW = 1, maintenance (IHI
// 0069 6.2, 6.3, 12.4).
`default_nettype none
`include "formal/property.vh"
module virtual_properties #(
    parameter LINK           = 0,
    parameter LIST_REGISTERS = 4,
    parameter ASSUMED        = 0     // how its register face uses it
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    // what is asked: {what guest and hypervisor write besides, HCR, List register, DIR, EOIR, IAR}
    input  wire [10:0] operations,
    input  wire [3:0]  lr_number,
    input  wire        acknowledges,    // IAR finds something
    input  wire        eoimode,
    // its state
    input  wire [LIST_REGISTERS-1:0] active,
    input  wire [LIST_REGISTERS-1:0] pending,
    input  wire [LIST_REGISTERS-1:0] used,
    input  wire [LIST_REGISTERS-1:0] done,     // ended, and asks for maintenance
    input  wire [LIST_REGISTERS-1:0] hw,
    input  wire [13*LIST_REGISTERS-1:0] pintid,
    input  wire [31:0] hcr,
    input  wire [1:0]  enables,
    // what it puts out
    input  wire        deactivates_physical,
    input  wire [12:0] physical,
    input  wire        virq,
    input  wire        vfiq,
    input  wire        maintenance
);
    localparam [LIST_REGISTERS-1:0] NONE = {LIST_REGISTERS{1'b0}};
    localparam IAR = 0, EOIR = 1, DIR = 2, LR = 3, HCR = 4;

    // the cycle before
    reg        was, was_end, was_hcr, was_physical;    // was: it was no reset
    reg        moved;                                  // something was asked, or there was a reset
    reg [LIST_REGISTERS-1:0] was_active, was_hw, written;
    reg [13*LIST_REGISTERS-1:0] was_pintid;
    reg [12:0] was_intid;
    reg [4:0]  was_count;
    initial moved = 1'b1;
    always @(posedge clk) begin
        moved <= rst || |operations;
        if (moved || |operations || rst || `PROVED) begin    // else all stays as it is
            was          <= !rst;
            was_active   <= active;
            was_hw       <= hw;
            was_pintid   <= pintid;
            written      <= operations[LR] ? {{(LIST_REGISTERS-1){1'b0}}, 1'b1} << lr_number : NONE;
            was_end      <= operations[EOIR] || operations[DIR];
            was_hcr      <= operations[HCR];
            was_physical <= deactivates_physical;
            was_intid    <= physical;
            was_count    <= hcr[31:27];
        end
    end
    wire [LIST_REGISTERS-1:0] ended = was_active & ~active & ~written;    // those that an end deactivated
    wire [4:0] more = hcr[31:27] - was_count;
    reg        hardware;       // of these, there is one whose physical interrupt there is
    reg [12:0] of_hardware;
    integer    k;
    always @* begin
        hardware    = 1'b0;
        of_hardware = 13'd0;
        for (k = 0; k < LIST_REGISTERS; k = k + 1)
            if (ended[k] && was_hw[k] && was_pintid[13*k +: 13] < 13'd1020) begin
                hardware    = 1'b1;
                of_hardware = was_pintid[13*k +: 13];
            end
    end
    wire few   = (used & (used - 1'b1)) == NONE;    // at most one
    wire asks  = hcr[1] && few || hcr[2] && hcr[31:27] != 5'd0 || hcr[3] && pending == NONE || |done
                 || hcr[4] && enables[0] || hcr[5] && !enables[0] || hcr[6] && enables[1] || hcr[7] && !enables[1];

    `PROPERTIES(`PROVED || moved || |operations)
        `PROPERTY(ASSUMED, "one operation", (operations & (operations - 1'b1)) == 11'd0)
        `PROPERTY(ASSUMED, "acknowledgement", !operations[IAR] || acknowledges)
        `PROPERTY(ASSUMED, "DIR", !operations[DIR] || eoimode)
        `PROPERTY(0, "active is kept", !was || ended == NONE || was_end && (ended & (ended - 1'b1)) == NONE)
        `PROPERTY(0, "counts ends once", !was || was_hcr || more == 5'd0 || more == 5'd1 && was_end && ended == NONE)
        `PROPERTY(0, "one physical", !was || was_physical == hardware && (!was_physical || was_intid == of_hardware))
        `PROPERTY(0, "maintenance", maintenance == (hcr[0] && asks))
        `PROPERTY(0, "one line", !(virq && vfiq))
    `PROPERTIES_END
endmodule
`default_nettype wire
