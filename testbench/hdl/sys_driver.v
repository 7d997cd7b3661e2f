// Drives one access at a time on a PE's system register link. Python writes the data, then `ctl` = {toggle, op, register};
// when `ctl[18]` differs from `done`, the access starts; when `done` follows, `ok` and `data` hold the answer.
// What Python writes is taken over at the next edge: a simulator that finds it changed need not look through the whole device at once.
`default_nettype none
module sys_driver (
    input  wire        clk,
    input  wire        rst,
    input  wire        go,        // answers are taken now
    output wire        valid,
    input  wire        ready,
    output wire [1:0]  op,
    output wire [15:0] register,
    output wire [63:0] data,
    input  wire        rsp_valid,
    output wire        rsp_ready,
    input  wire        rsp_ok,
    input  wire [63:0] rsp_data
);
    reg [18:0] ctl /*verilator public_flat_rw*/;
    reg [31:0] lo /*verilator public_flat_rw*/;
    reg [31:0] hi /*verilator public_flat_rw*/;
    reg        done /*verilator public_flat_rd*/;
    reg        ok /*verilator public_flat_rd*/;
    reg [31:0] rlo /*verilator public_flat_rd*/;
    reg [31:0] rhi /*verilator public_flat_rd*/;
    reg        sent;
    reg [18:0] taken;
    reg [63:0] payload;
    initial {ctl, lo, hi, done, ok, rlo, rhi, sent, taken, payload} = 233'd0;

    assign valid     = taken[18] != done && !sent;
    assign op        = taken[17:16];
    assign register  = taken[15:0];
    assign data      = payload;
    assign rsp_ready = go;
    always @(posedge clk) begin
        taken   <= ctl;
        payload <= {hi, lo};
    end
    always @(posedge clk)
        if (rst) begin   // an access under way is void: it ends without an answer
            sent <= 1'b0;
            ok   <= 1'b0;
            done <= ctl[18];
        end else begin
            if (valid && ready) sent <= 1'b1;
            if (rsp_valid && go) begin
                sent <= 1'b0;
                ok   <= rsp_ok;
                {rhi, rlo} <= rsp_data;
                done <= taken[18];   // last: Icarus wakes Python in the middle of the updates of a time step
            end
        end
endmodule
`default_nettype wire
