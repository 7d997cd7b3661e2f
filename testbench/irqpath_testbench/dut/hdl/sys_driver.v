// Drives one access at a time on a PE's system register link. Python writes the data, then `ctl` = {toggle, op,
// register}; when the toggle differs from `done`, the access starts; when `done` follows, `response` = {not ok, low
// word} holds the response and `rhi` its high word (only List registers have one). Of a trap `response` is {1, the
// Exception level}; of an access that is UNDEFINED, or that a reset ends, {1, 0}. The state of the PE (op 3) has no
// response: it is done when it is accepted. When Python is awake: see reg_driver.v.
`default_nettype none
module sys_driver (
    input  wire        clk,
    input  wire        rst,
    input  wire        go,        // responses are taken now
    output wire        valid,
    input  wire        ready,
    output wire [1:0]  op,
    output wire [15:0] register,
    output wire [63:0] data,
    input  wire        rsp_valid,
    output wire        rsp_ready,
    input  wire        rsp_ok,
    input  wire [1:0]  rsp_op,
    input  wire [63:0] rsp_data
);
    reg [18:0] ctl /*verilator public_flat_rw*/;
    reg [31:0] lo /*verilator public_flat_rw*/;
    reg [31:0] hi /*verilator public_flat_rw*/;
    reg        done /*verilator public_flat_rd*/;
    reg [32:0] response /*verilator public_flat_rd*/;
    reg [31:0] rhi /*verilator public_flat_rd*/;
    reg        ended, sent;
    reg [18:0] taken;
    reg [63:0] payload;
    initial {ctl, lo, hi, done, response, rhi, ended, sent, taken, payload} = 234'd0;
    wire trap = rsp_op == 2'd3;

    assign valid     = taken[18] != ended && !sent;
    assign op        = taken[17:16];
    assign register  = taken[15:0];
    assign data      = payload;
    assign rsp_ready = go;
    always @(posedge clk)
        if (ctl != taken) begin
            taken   <= ctl;
            payload <= {hi, lo};
        end
    always @(posedge clk)
        if (rst) begin   // an access under way is flushed: it ends without a response
            sent   <= 1'b0;
            response <= {1'b1, 32'd0};
            ended  <= ctl[18];
        end else begin
            if (valid && ready) begin
                sent <= op != 2'd3;
                if (op == 2'd3) begin
                    response <= 33'd0;
                    ended    <= taken[18];
                end
            end
            if (rsp_valid && go) begin
                sent   <= 1'b0;
                response <= {!rsp_ok, op == 2'd0 || trap ? rsp_data[31:0] : 32'd0};
                if (op == 2'd0) rhi <= rsp_data[63:32];
                ended  <= taken[18];
            end
        end
    always @(negedge clk) done <= ended;
endmodule
`default_nettype wire
