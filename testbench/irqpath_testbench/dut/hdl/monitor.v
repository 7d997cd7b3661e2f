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

    initial waiting = 1'b0;
    assign fire = valid === 1'b1 && ready === 1'b1;

    task record(input [7:0] code, input [WIDTH-1:0] what);
        begin
            `RECORD(link, code, (waiting ? since : cycle), cycle, {{(`RECORD_PAYLOAD_BITS-WIDTH){1'b0}}, what})
        end
    endtask

    // an idle link costs a simulator no more than a look at VALID
    always @(posedge clk)
        if (rst) waiting <= 1'b0;
        else if (valid !== 1'b0 || waiting) begin : offered
            reg [WIDTH-1:0] now;
            now = payload;
            if (^valid === 1'bx || (valid && (^ready === 1'bx || ^now === 1'bx))) record(`CODE_X, {WIDTH{1'b0}});
            else if (!valid) record(`CODE_DROPPED, {WIDTH{1'b0}});
            else if (waiting && now !== held) record(`CODE_CHANGED, now);
            else if (ready) record(`CODE_TRANSFER, now);
            waiting <= valid === 1'b1 && !fire;
            if (!waiting) since <= cycle;
            held <= now;
        end
endmodule
`default_nettype wire
