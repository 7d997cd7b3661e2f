// msg_fifo: what goes in comes out, in order. Of the messages one is followed: that whose place in the sequence,
// counted as the FIFO counts, is `place`. The FIFO's user is assumed to keep to fifo_properties.
`default_nettype none
`include "formal/property.vh"
module msg_fifo_proof #(
    parameter WIDTH = 3,
    parameter LOG2  = 2
) (
    input wire             clk,
    input wire             rst,
    input wire             push,
    input wire [WIDTH-1:0] in,
    input wire             pop,
    // registers of `dut`
    input wire [LOG2:0]           head,
    input wire [LOG2:0]           tail,
    input wire [(WIDTH<<LOG2)-1:0] slots
);
    wire             valid;
    wire [WIDTH-1:0] out;
    wire [LOG2:0]    count;
    msg_fifo #(.WIDTH(WIDTH), .DEPTH(1 << LOG2)) dut (
        .clk(clk), .rst(rst), .push(push), .in(in), .pop(pop), .valid(valid), .out(out), .count(count)
    );
    fifo_properties #(.DEPTH(1 << LOG2), .ASSUMED(1)) user (
        .clk(clk), .rst(rst), .push(push), .pop(pop), .count(count)
    );
    initial assume (rst);

    (* anyconst *) reg [LOG2:0] place;
    reg                         inside;
    reg  [WIDTH-1:0]            followed;
    wire [LOG2:0]               ahead = place - head;
    always @(posedge clk)
        if (rst) inside <= 1'b0;
        else begin
            if (push && tail == place) begin
                inside   <= 1'b1;
                followed <= in;
            end
            if (pop && head == place) inside <= 1'b0;
        end
    `PROPERTIES(1'b1)
        `PROPERTY(0, "waits", inside == (ahead < count))
        `PROPERTY(0, "kept", !inside || slots[WIDTH * place[LOG2-1:0] +: WIDTH] == followed)
        `PROPERTY(0, "order", !(pop && head == place) || out == followed)
        `PROPERTY(0, "valid", valid == (count != 0))
    `PROPERTIES_END
endmodule
`default_nettype wire
