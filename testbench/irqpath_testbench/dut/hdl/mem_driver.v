// Drives one access at a time on software's memory port. Python writes address and data, then `ctl` = {toggle, write,
// size, address from bit 32 on}, size being the logarithm of the bytes; when the toggle differs from `done`, the access
// starts; when `done` follows, `response` = {error, low word} and `rhi` hold the response. When Python is awake: see
// reg_driver.v.
`default_nettype none
module mem_driver (
    input  wire        clk,
    input  wire        rst,
    output wire        valid,
    input  wire        ready,
    output wire        write,
    output wire [1:0]  size,
    output wire [51:0] address,
    output wire [63:0] wdata,
    input  wire        rsp_valid,
    input  wire        rsp_error,
    input  wire [63:0] rsp_rdata
);
    reg [23:0] ctl /*verilator public_flat_rw*/;
    reg [31:0] addr /*verilator public_flat_rw*/;
    reg [31:0] lo /*verilator public_flat_rw*/;
    reg [31:0] hi /*verilator public_flat_rw*/;
    reg        done /*verilator public_flat_rd*/;
    reg [32:0] response /*verilator public_flat_rd*/;
    reg [31:0] rhi /*verilator public_flat_rd*/;
    reg        ended, sent;
    reg [23:0] taken;
    reg [31:0] where;
    reg [63:0] payload;
    initial {ctl, addr, lo, hi, done, response, rhi, ended, sent, taken, where, payload} = 308'd0;

    assign valid   = taken[23] != ended && !sent;
    assign write   = taken[22];
    assign size    = taken[21:20];
    assign address = {taken[19:0], where};
    assign wdata   = payload;
    always @(posedge clk)
        if (ctl != taken) begin
            taken   <= ctl;
            where   <= addr;
            payload <= {hi, lo};
        end
    always @(posedge clk)
        if (rst) begin
            sent   <= 1'b0;
            response <= {1'b1, 32'd0};
            ended  <= ctl[23];
        end else begin
            if (valid && ready) sent <= 1'b1;
            if (rsp_valid) begin
                sent   <= 1'b0;
                response <= {rsp_error, write ? 32'd0 : rsp_rdata[31:0]};
                rhi    <= rsp_rdata[63:32];
                ended  <= taken[23];
            end
        end
    always @(negedge clk) done <= ended;
endmodule
`default_nettype wire
