// Ends a run in which nothing is recorded for LIMIT cycles: first it raises `expired`, so that the testbench can say what was
// pending; if nothing comes of that for as long again, it ends the simulation itself. LIMIT comes from
// +irqpath_watchdog=<cycles>. `idle` tells that no block works and nothing was recorded for a few cycles.
`default_nettype none
module watchdog #(
    parameter SETTLE = 8
) (
    input  wire       clk,
    input  wire       any,     // some monitor records in this cycle, or a reset is given
    input  wire       busy,
    output reg        expired,
    output reg        idle
);
    reg [31:0] limit, quiet;
    initial begin
        if (!$value$plusargs("irqpath_watchdog=%d", limit)) limit = 32'd100000;
        quiet   = 32'd0;
        expired = 1'b0;
        idle    = 1'b0;
    end
    always @(posedge clk) begin
        if (any) begin
            quiet   <= 32'd0;
            idle    <= 1'b0;
            expired <= 1'b0;
        end else begin
            quiet <= quiet + 32'd1;
            idle  <= !busy && quiet >= SETTLE;
        end
        if (!any && quiet == limit) expired <= 1'b1;
        if (!any && quiet == 2 * limit) begin
            $display("irqpath watchdog: nothing was recorded for %0d cycles; the simulation ends", quiet);
            $finish;
        end
    end
endmodule
`default_nettype wire
