// Records what a block takes of the wires that enter it, {line number, level} at each strobe, with the cycle in which
// the wire itself changed as the offer: how long a wire waits to be looked at is part of an interrupt's latency.
//
// A rise that falls again before it is taken may still be taken (the block catches it), so of a wire that is taken high
// the first rise since it was taken low counts, and of one that is taken low its last fall. A level that the wire never
// had since the reset was offered when it is taken.
`default_nettype none
`include "record.vh"
module wire_monitor #(
    parameter LINK  = 0,
    parameter FIRST = 0,    // number of the first line
    parameter LINES = 1     // 2 or more
) (
    input  wire             clk,
    input  wire             rst,
    input  wire [31:0]      fd,
    input  wire [39:0]      cycle,
    input  wire [LINES-1:0] lines,
    input  wire             strobe,     // a change is taken: of this line, to this level
    input  wire [23:0]      number,
    input  wire             level,
    output wire             fire
);
    localparam WIDTH = $clog2(LINES);
    wire [15:0]       link = LINK[15:0];
    wire [`RECORD_PAYLOAD] nothing = {`RECORD_PAYLOAD_BITS{1'b0}};
    wire [`LINE_BITS-1:0]  line    = `LINE_PACK(level, number);
    wire [`RECORD_PAYLOAD] taking  = {{(`RECORD_PAYLOAD_BITS-`LINE_BITS){1'b0}}, line};
    wire [23:0]       from_first = number - FIRST[23:0];
    wire [WIDTH-1:0]  index      = from_first[WIDTH-1:0];
    wire              unused     = &{1'b0, from_first, 1'b0};

    reg [LINES-1:0]   was, high;        // as it was in the cycle before; as it was taken last
    reg [LINES-1:0]   risen, fallen;    // whether `rose`, `fell` says something
    reg [39:0]        rose [0:LINES-1], fell [0:LINES-1];
    integer           k;
    initial {was, high, risen, fallen} = {(4*LINES){1'b0}};

    // which rise counts: while the wire is taken low the first, else the last
    wire [LINES-1:0] rises = lines & ~was & (high | ~risen);
    wire [LINES-1:0] falls = was & ~lines;
    wire [39:0] high_since = rises[index] || !risen[index] ? cycle : rose[index];
    wire [39:0] low_since  = falls[index] || !fallen[index] ? cycle : fell[index];
    wire [39:0] since      = level ? high_since : low_since;

    assign fire = strobe === 1'b1;
    always @(posedge clk)
        if (rst) {was, high, risen, fallen} <= {(4*LINES){1'b0}};
        else begin
            if (lines != was) begin
                for (k = 0; k < LINES; k = k + 1) begin
                    if (rises[k]) rose[k] <= cycle;
                    if (falls[k]) fell[k] <= cycle;
                end
                was    <= lines;
                risen  <= risen | rises;
                fallen <= fallen | falls;
            end
            if (^strobe === 1'bx || strobe && (^number === 1'bx || ^level === 1'bx)) begin
                `RECORD(link, `CODE_X, cycle, cycle, nothing)
            end else if (strobe) begin
                `RECORD(link, `CODE_TRANSFER, since, cycle, taking)
                high[index] <= level;
                // a rise that came after the fall that is taken now
                if (!level) risen[index] <= lines[index];
            end
        end
endmodule
`default_nettype wire
