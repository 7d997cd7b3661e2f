// Records every change of a wire, after reset, as {line number, level}.
`default_nettype none
`include "record.vh"
module line_monitor #(
    parameter LINK = 0,
    parameter [7:0]  LINE = 8'd0
) (
    input  wire        clk,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    input  wire        line,
    output wire        fire
);
    wire [15:0] link = LINK[15:0];
    reg was;
    wire [151:0] wide = {143'd0, LINE, line};
    wire [151:0] nothing = 152'd0;
    initial was = 1'b0;
    assign fire = line !== was;
    always @(posedge clk) begin
        if (^line === 1'bx) `RECORD(link, `CODE_X, cycle, cycle, nothing);
        else if (line != was) begin
            `RECORD(link, `CODE_TRANSFER, cycle, cycle, wide);
            was <= line;
        end
    end
endmodule
`default_nettype wire
