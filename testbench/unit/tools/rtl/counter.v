// A counter with a memory: the smallest design that shows that a simulator builds, runs and writes waves.
`timescale 1ns / 1ps

module counter (
    input  wire       clk,
    input  wire       rst,
    output reg  [7:0] count,
    output reg  [7:0] previous
);
    reg [7:0] history [0:3];

    initial count = 8'd0;

    always @(posedge clk) begin
        if (rst) begin
            count <= 8'd0;
        end else begin
            history[count[1:0]] <= count;
            previous <= history[count[1:0] - 2'd1];
            count <= count + 8'd1;
        end
    end
endmodule
