// Watches an AXI4-Stream link of 16-bit beats and records each packet as one message: offered with its first beat,
// accepted with its last. Beats that break the protocol are reported as by monitor.v.
`default_nettype none
`include "record.vh"
module stream_monitor #(
    parameter LINK  = 0,
    parameter WIDTH = 64     // of the longest message: whole beats, 64 bits at most
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [31:0] fd,
    input  wire [39:0] cycle,
    input  wire        tvalid,
    input  wire        tready,
    input  wire [15:0] tdata,
    input  wire        tlast,
    output wire        fire
);
    wire [15:0] link = LINK[15:0];
    reg  [WIDTH-1:0] low;
    reg  [1:0]  beat;
    reg         started, waiting;
    reg  [39:0] since;
    reg  [16:0] held;
    wire [WIDTH-1:0] msg = low | {{(WIDTH-16){1'b0}}, tdata} << {beat, 4'b0000};

    initial {low, beat, started, waiting} = {(WIDTH+4){1'b0}};
    wire beat_goes = tvalid === 1'b1 && tready === 1'b1;
    assign fire = beat_goes && tlast === 1'b1;

    task record(input [7:0] code, input [WIDTH-1:0] what);
        begin
            `RECORD(link, code, (started ? since : cycle), cycle, {{(`RECORD_PAYLOAD_BITS-WIDTH){1'b0}}, what})
        end
    endtask

    // an idle link costs a simulator no more than a look at VALID
    always @(posedge clk)
        if (rst) {low, beat, started, waiting} <= {(WIDTH+4){1'b0}};
        else if (tvalid !== 1'b0 || waiting) begin
            if (^tvalid === 1'bx
                || (tvalid && (^tready === 1'bx || ^{tlast, tdata} === 1'bx)))
                record(`CODE_X, {WIDTH{1'b0}});
            else if (!tvalid) record(`CODE_DROPPED, {WIDTH{1'b0}});
            else if (waiting && {tlast, tdata} !== held) record(`CODE_CHANGED, msg);
            else if (fire) record(`CODE_TRANSFER, msg);
            if (!started) since <= cycle;
            started <= (started || tvalid === 1'b1) && !fire;
            waiting <= tvalid === 1'b1 && !beat_goes;
            held    <= {tlast, tdata};
            if (fire) begin
                low  <= {WIDTH{1'b0}};
                beat <= 2'd0;
            end else if (beat_goes) begin
                low  <= msg;
                beat <= beat + 2'd1;
            end
        end
endmodule
`default_nettype wire
