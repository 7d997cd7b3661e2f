// Which bytes of a bus a write is of, by its byte strobes: the first (`lane`) and how many (`size`: AxSIZE; 7: none
// that is an access). No strobes, those of a read, are all of a word.
`default_nettype none
module strobes #(
    parameter BYTES = 4
) (
    input  wire [BYTES-1:0] strobe,
    output reg  [2:0]       lane,
    output reg  [2:0]       size
);
    integer n;
    reg [3:0] ones;
    reg [7:0] run;
    wire      unused = &{1'b0, run, 1'b0};
    always @* begin
        ones = 4'd0;
        lane = 3'd0;
        for (n = BYTES - 1; n >= 0; n = n - 1)
            if (strobe[n]) begin
                ones = ones + 4'd1;
                lane = n[2:0];
            end
        run = (8'd1 << ones) - 8'd1;
        case (ones)
            4'd1: size = 3'd0;
            4'd2: size = 3'd1;
            4'd0, 4'd4: size = 3'd2;
            4'd8: size = 3'd3;
            default: size = 3'd7;
        endcase
        if (ones != 4'd0 && strobe != run[BYTES-1:0] << lane) size = 3'd7;  // not one beside the other
    end
endmodule
`default_nettype wire
