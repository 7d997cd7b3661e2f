// Ends a run in which software and devices make no progress for LIMIT cycles (progress.v): nothing moves, or blocks are
// busy with each other, or what software polls stays as it is. First it raises `expired`, so that the testbench can say
// what was pending; if nothing comes of that for as long again, it ends the simulation itself. LIMIT comes from
// +irqpath_watchdog=<cycles>. `idle` tells that no block works and nothing was recorded for a few cycles; `rests`
// follows it at the falling edge, for Python to wait on.
`default_nettype none
module watchdog #(
    parameter SETTLE = 8
) (
    input  wire       clk,
    input  wire       any,     // some monitor records in this cycle, or a reset is given
    input  wire       moves,   // software gets on, or a reset is given
    input  wire       busy,
    output reg        expired,
    output reg        idle,
    output reg        rests
);
    reg [31:0] limit, quiet, stuck;
    initial begin
        if (!$value$plusargs("irqpath_watchdog=%d", limit)) limit = 32'd100000;
        quiet   = 32'd0;
        stuck   = 32'd0;
        expired = 1'b0;
        idle    = 1'b0;
        rests   = 1'b0;
    end
    always @(negedge clk) rests <= idle;
    always @(posedge clk) begin
        quiet <= any ? 32'd0 : quiet + 32'd1;
        idle  <= !any && !busy && quiet >= SETTLE;
        stuck <= moves ? 32'd0 : stuck + 32'd1;
        if (moves) expired <= 1'b0;
        else if (stuck == limit) expired <= 1'b1;
        if (!moves && stuck == 2 * limit) begin
            $display("irqpath watchdog: no progress for %0d cycles; the simulation ends", stuck);
            $finish;
        end
    end
endmodule
`default_nettype wire
