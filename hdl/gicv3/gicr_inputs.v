// Which input a Redistributor takes next, and the wires of its PPIs.
//
// One input is taken while the block is idle. When several wait, the order is that of the head of gicr.v.
`default_nettype none
module gicr_inputs (
    input  wire        clk,
    input  wire        rst,
    input  wire        pe_rst,
    input  wire        idle,             // the block can take an input
    // what waits
    input  wire        dn_valid,
    input  wire        su_valid,
    input  wire        cmd_valid,
    input  wire        hold_commands,    // the ITS awaits the answer to the last one
    input  wire        req,
    input  wire [15:0] ppi,              // wires of INTIDs 16 to 31
    input  wire [15:0] ppi_level,        // as they were taken last
    // what is taken
    output wire        take_rst,         // the reset of the PE is over
    output wire        take_dn,
    output wire        take_su,
    output wire        take_cmd,
    output wire        take_ppi,
    output wire        take_reg,
    output wire        accepted,         // any of them
    output wire [3:0]  ppi_number,       // of take_ppi: INTID - 16
    output wire        ppi_high,
    // what is left
    output reg         pe_reset_pending,
    output wire        ppi_waits
);
    reg         wire_last;               // of wires and registers, a wire was taken last
    reg  [15:0] ppi_was, ppi_caught;     // a rise is kept until it is taken in, as in gicd_spis.v
    wire [15:0] ppi_seen    = ppi | ppi_caught;
    wire [15:0] ppi_changed = ppi_seen ^ ppi_level;

    assign take_rst = idle && pe_reset_pending && !pe_rst;
    assign take_dn  = idle && !take_rst && dn_valid;
    assign take_su  = idle && !take_rst && !dn_valid && su_valid;
    assign take_cmd = idle && !take_rst && !dn_valid && !su_valid && cmd_valid && !hold_commands;
    wire before_ppi = take_rst || take_dn || take_su || take_cmd;
    assign take_ppi = idle && !before_ppi && ppi_waits && !(req && wire_last);
    assign take_reg = idle && !before_ppi && req && !(ppi_waits && !wire_last);
    assign accepted = before_ppi || take_ppi || take_reg;

    function [3:0] lowest16(input [15:0] bits);
        integer k;
        begin
            lowest16 = 4'd0;
            for (k = 15; k >= 0; k = k - 1) if (bits[k]) lowest16 = k[3:0];
        end
    endfunction
    assign ppi_waits  = |ppi_changed;
    assign ppi_number = lowest16(ppi_changed);
    assign ppi_high   = ppi_seen[ppi_number];

    always @(posedge clk)
        if (rst) pe_reset_pending <= 1'b0;
        else if (pe_rst) pe_reset_pending <= 1'b1;
        else if (take_rst) pe_reset_pending <= 1'b0;

    always @(posedge clk)
        if (rst) wire_last <= 1'b0;
        else if (take_ppi || take_reg) wire_last <= take_ppi;

    always @(posedge clk)
        if (rst) {ppi_was, ppi_caught} <= 32'd0;
        else begin
            ppi_was    <= ppi;
            ppi_caught <= (ppi_caught | ppi & ~ppi_was) & ~({15'd0, take_ppi} << ppi_number) & ~ppi_level;
        end
endmodule
`default_nettype wire
