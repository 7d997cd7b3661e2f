// Records every change of wires as {line number, level}, from the first reset on; before it they mean nothing. Wires
// that change in one cycle are recorded in the order of their numbers.
`default_nettype none
`include "record.vh"
module line_monitor #(
    parameter LINK  = 0,
    parameter FIRST = 0,    // number of the first line
    parameter LINES = 1
) (
    input  wire             clk,
    input  wire             rst,
    input  wire [31:0]      fd,
    input  wire [39:0]      cycle,
    input  wire [LINES-1:0] lines,
    output wire             fire
);
    wire [15:0]     link    = LINK[15:0];
    wire [`RECORD_PAYLOAD] nothing = {`RECORD_PAYLOAD_BITS{1'b0}};
    reg [LINES-1:0] was;
    reg             in_reset, armed;
    wire [`RECORD_PAYLOAD] change [0:LINES-1];
    integer         k;
    genvar          n;
    generate
        for (n = 0; n < LINES; n = n + 1) begin : payload
            localparam [23:0] NUMBER = FIRST + n;
            wire [`LINE_BITS-1:0] line = `LINE_PACK(lines[n], NUMBER);
            assign change[n] = {{(`RECORD_PAYLOAD_BITS-`LINE_BITS){1'b0}}, line};
        end
    endgenerate

    initial begin
        was      = {LINES{1'b0}};
        in_reset = 1'b0;
        armed    = 1'b0;
    end

    assign fire = armed && lines !== was;
    always @(posedge clk) begin
        in_reset <= rst === 1'b1;
        if (in_reset) armed <= 1'b1;
        if (!armed) was <= {LINES{1'b0}};
        else if (^lines === 1'bx) begin `RECORD(link, `CODE_X, cycle, cycle, nothing) end
        else begin
            for (k = 0; k < LINES; k = k + 1)
                if (lines[k] != was[k]) begin `RECORD(link, `CODE_TRANSFER, cycle, cycle, change[k]) end
            was <= lines;
        end
    end
endmodule
`default_nettype wire
