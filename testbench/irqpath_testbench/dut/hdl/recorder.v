// Hands the records over: after BATCH busy cycles, after QUIET cycles without another record, or when Python asks by
// changing `flush`, the file is flushed and `ready` changes. That happens between clock edges, so a batch never splits
// a cycle.
`default_nettype none
module recorder #(
    parameter BATCH = 256,
    parameter QUIET = 4096
) (
    input  wire        clk,
    input  wire        any,     // some monitor records in this cycle
    input  wire        flush,
    output reg  [31:0] fd,
    output reg         ready
);
    reg [31:0]   busy_cycles, quiet;
    reg          flushed;
    reg [8*256:1] path;
    initial begin
        if (!$value$plusargs("irqpath_records=%s", path)) path = "records.bin";
        fd          = $fopen(path, "wb");
        ready       = 1'b0;
        flushed     = 1'b0;
        busy_cycles = 32'd0;
        quiet       = 32'd0;
    end
    // `any` is what the monitors will record at the coming edge
    always @(negedge clk) begin
        quiet <= any ? 32'd0 : quiet + 32'd1;
        if (busy_cycles >= BATCH || flush != flushed || quiet == QUIET && busy_cycles != 32'd0) begin
            $fflush(fd);
            busy_cycles <= {31'd0, any};
            flushed     <= flush;
            ready       <= ~ready;
        end else if (any) busy_cycles <= busy_cycles + 32'd1;
    end
endmodule
`default_nettype wire
