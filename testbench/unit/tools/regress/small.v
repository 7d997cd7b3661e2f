module sub(input wire clk, input wire [1:0] a, output reg [3:0] q);
    initial q = 0;
    always @(posedge clk) begin
        if (a[0]) q <= q + 1;
        else if (a == 2'd2) q <= 0;
        case (a)
            2'd0: q[3] <= 1'b1;
            2'd1: q[2] <= a[1] ? 1'b0 : 1'b1;
            default: ;
        endcase
    end
endmodule
