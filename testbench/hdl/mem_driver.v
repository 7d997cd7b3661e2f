// Drives one access at a time on software's memory port. Python writes address and data, then `ctl` = {toggle, write, size}, size
// being the logarithm of the bytes; when the toggle (bit 3) differs from `done`, the access starts; when `done` follows, `error`
// and the data hold the answer.
// What Python writes is taken over at the next edge: a simulator that finds it changed need not look through the whole device at once.
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
    reg [3:0]  ctl /*verilator public_flat_rw*/;
    reg [31:0] at_lo /*verilator public_flat_rw*/;
    reg [19:0] at_hi /*verilator public_flat_rw*/;
    reg [31:0] lo /*verilator public_flat_rw*/;
    reg [31:0] hi /*verilator public_flat_rw*/;
    reg        done /*verilator public_flat_rd*/;
    reg        error /*verilator public_flat_rd*/;
    reg [31:0] rlo /*verilator public_flat_rd*/;
    reg [31:0] rhi /*verilator public_flat_rd*/;
    reg        sent;
    reg [3:0]  taken;
    reg [51:0] where;
    reg [63:0] payload;
    initial {ctl, at_lo, at_hi, lo, hi, done, error, rlo, rhi, sent, taken, where, payload} = 309'd0;

    assign valid   = taken[3] != done && !sent;
    assign write   = taken[2];
    assign size    = taken[1:0];
    assign address = where;
    assign wdata   = payload;
    always @(posedge clk) begin
        taken   <= ctl;
        where   <= {at_hi, at_lo};
        payload <= {hi, lo};
    end
    always @(posedge clk)
        if (rst) begin
            sent  <= 1'b0;
            error <= 1'b1;
            done  <= ctl[3];
        end else begin
            if (valid && ready) sent <= 1'b1;
            if (rsp_valid) begin
                sent  <= 1'b0;
                error <= rsp_error;
                {rhi, rlo} <= rsp_rdata;
                done  <= taken[3];   // last: Icarus wakes Python in the middle of the updates of a time step
            end
        end
endmodule
`default_nettype wire
