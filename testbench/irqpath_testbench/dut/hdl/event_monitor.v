// Records a strobe, such as the moment at which a reset becomes an input of a block, with a fixed payload.
`default_nettype none
`include "record.vh"
module event_monitor #(
    parameter LINK    = 0,
    parameter WIDTH   = 1,
    parameter PAYLOAD = 0    // of WIDTH bits
) (
    input  wire        clk,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    input  wire        strobe,
    output wire        fire
);
    wire [15:0] link = LINK[15:0];
    wire [`RECORD_PAYLOAD] wide = {{(`RECORD_PAYLOAD_BITS-WIDTH){1'b0}}, PAYLOAD[WIDTH-1:0]};
    assign fire = strobe === 1'b1;
    always @(posedge clk) if (fire) begin `RECORD(link, `CODE_TRANSFER, cycle, cycle, wide) end
endmodule
`default_nettype wire
