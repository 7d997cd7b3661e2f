// A small FIFO for messages. `push` is never given while it is full: whoever instantiates it shows that at most DEPTH
// messages, a power of two, can be under way (see irqpath_top.v). What leaves is stable until it is popped.
`default_nettype none
module msg_fifo #(
    parameter WIDTH = 64,
    parameter DEPTH = 8
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   push,
    input  wire [WIDTH-1:0]       in,
    input  wire                   pop,
    output wire                   valid,
    output wire [WIDTH-1:0]       out,
    output wire [$clog2(DEPTH):0] count
);
    localparam LOG2 = $clog2(DEPTH);
    reg [WIDTH-1:0] slots [0:DEPTH-1];
    reg [LOG2:0]    head;
    reg [LOG2:0]    tail;

    assign count = tail - head;
    assign valid = head != tail;
    assign out   = slots[head[LOG2-1:0]];

    always @(posedge clk) begin
        if (push) slots[tail[LOG2-1:0]] <= in;
        if (rst) begin
            head <= 0;
            tail <= 0;
        end else begin
            if (push) tail <= tail + 1'b1;
            if (pop) head <= head + 1'b1;
        end
    end
endmodule
`default_nettype wire
