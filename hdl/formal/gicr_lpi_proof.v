// gicr_lpi: one access to memory at a time; an operation ends once, whatever it is.
`default_nettype none
`include "formal/property.vh"
module gicr_lpi_proof (
    input wire        clk,
    input wire        rst,
    input wire        starts,
    input wire [2:0]  op,
    input wire [23:0] operand,
    input wire        enabled,
    input wire        ptz,
    input wire        mem_ready,
    input wire        mem_rvalid,
    input wire [63:0] mem_rdata
);
    wire        done, result, mem_valid, mem_write;
    wire [7:0]  result_priority;
    wire [23:0] result_intid;
    wire [1:0]  mem_size;
    wire [51:0] mem_address;
    wire [63:0] mem_wdata;
    reg         busy;
    wire        start = starts && !busy;
    always @(posedge clk) busy <= !rst && (busy || start) && !done;
    gicr_lpi #(.SLOTS(4), .INTID_BITS(14)) dut (
        .clk(clk), .rst(rst), .start(start), .op(op), .operand(operand), .done(done), .result(result),
        .result_priority(result_priority), .result_intid(result_intid), .enabled(enabled), .idbits(5'd13),
        .prop_base(52'h10_0000), .pend_base(52'h20_0000), .ptz(ptz), .move(1'b0), .moving(24'd0), .fly0(1'b0),
        .flight0(24'd0), .fly1(1'b0), .flight1(24'd0), .mem_valid(mem_valid), .mem_ready(mem_ready),
        .mem_write(mem_write),
        .mem_size(mem_size), .mem_address(mem_address), .mem_wdata(mem_wdata), .mem_rvalid(mem_rvalid),
        .mem_rdata(mem_rdata)
    );
    initial assume (rst);
    memory_properties #(.RESPONSE_ASSUMED(1)) memory (
        .clk(clk), .rst(rst), .valid(mem_valid), .ready(mem_ready), .write(mem_write), .size(mem_size),
        .address(mem_address),
        .wdata(mem_wdata), .rvalid(mem_rvalid)
    );
    `PROPERTIES(1'b1)
        `PROPERTY(0, "done", !done || busy)
        `PROPERTY(0, "quiet", !mem_valid || busy)
    `PROPERTIES_END
endmodule
`default_nettype wire
