// What software on a PE sees of its lines, {fiq, irq}: `lines` to read at falling edges, where Python is awake, `alert`
// to wait on.
`default_nettype none
module pe_lines (
    input wire clk,
    input wire irq,
    input wire fiq
);
    reg [1:0] lines /*verilator public_flat_rd*/;
    reg [1:0] alert /*verilator public_flat_rd*/;
    initial {lines, alert} = 4'b0000;
    always @(posedge clk) lines <= {fiq, irq};
    always @(negedge clk) alert <= lines;
endmodule
`default_nettype wire
