// Watches a valid/ready link and records each transfer with the cycles of its offer and of its acceptance. Breaches of
// the protocol are records too: X on a handshake or on the payload under VALID, a payload that changes while it waits,
// a VALID that falls without a transfer.
`default_nettype none
`include "record.vh"
module monitor #(
    parameter LINK = 0,
    parameter        WIDTH = 64      // of the payload, at most that of a record
) (
    input  wire             clk,
    input  wire             rst,
    input  wire [31:0]      fd,
    input  wire [39:0]      cycle,
    input  wire             valid,
    input  wire             ready,
    input  wire [WIDTH-1:0] payload,
    output wire             fire
);
    wire [15:0]     link = LINK[15:0];
    reg             waiting;
    reg [39:0]      since;
    reg [WIDTH-1:0] held;
    wire [`RECORD_PAYLOAD] wide    = {{(`RECORD_PAYLOAD_BITS-WIDTH){1'b0}}, payload};
    wire [`RECORD_PAYLOAD] nothing = {`RECORD_PAYLOAD_BITS{1'b0}};
    wire [39:0]     offer = waiting ? since : cycle;

    initial waiting = 1'b0;
    assign fire = valid === 1'b1 && ready === 1'b1;

    always @(posedge clk)
        if (rst) waiting <= 1'b0;
        else begin
            if (^valid === 1'bx || (valid && (^ready === 1'bx || ^payload === 1'bx)))
                begin `RECORD(link, `CODE_X, offer, cycle, nothing) end
            else if (waiting && !valid) begin `RECORD(link, `CODE_DROPPED, offer, cycle, nothing) end
            else if (waiting && payload !== held) begin `RECORD(link, `CODE_CHANGED, offer, cycle, wide) end
            else if (fire) begin `RECORD(link, `CODE_TRANSFER, offer, cycle, wide) end
            waiting <= valid === 1'b1 && !fire;
            if (!waiting) since <= cycle;
            held <= payload;
        end
endmodule
`default_nettype wire
