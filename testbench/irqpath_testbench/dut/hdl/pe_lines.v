// What software on a PE sees of its lines, {vfiq, virq, 0, fiq, irq}: `lines` to read at falling edges, where Python is
// awake, `alert` to wait on.
`default_nettype none
module pe_lines (
    input wire clk,
    input wire irq,
    input wire fiq,
    input wire virq,
    input wire vfiq
);
    reg [4:0] lines /*verilator public_flat_rd*/;
    reg [4:0] alert /*verilator public_flat_rd*/;
    initial {lines, alert} = 10'd0;
    always @(posedge clk) lines <= {vfiq, virq, 1'b0, fiq, irq};
    always @(negedge clk) alert <= lines;
endmodule
`default_nettype wire
