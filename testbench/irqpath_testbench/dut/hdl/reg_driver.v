// Drives one access at a time on a register port. Python writes the data, then `ctl` = {toggle, PE, write, size,
// address}; when the toggle differs from `done`, the access starts; when `done` follows, `response` = {error, low word}
// and `rhi` hold the response. Python is awake at falling edges. What it writes is taken over at the next rising edge,
// and what it reads changes there: it meets no race, and a simulator that finds something written need not look through
// the whole device at once.
`default_nettype none
module reg_driver (
    input  wire        clk,
    input  wire        rst,
    input  wire        go,        // responses are taken now
    output wire        awvalid,
    input  wire        awready,
    output wire        wvalid,
    input  wire        wready,
    output wire [16:0] addr,
    output wire [2:0]  size,
    output wire [7:0]  user,
    output wire [63:0] wdata,
    input  wire        bvalid,
    output wire        bready,
    input  wire [1:0]  bresp,
    output wire        arvalid,
    input  wire        arready,
    input  wire        rvalid,
    output wire        rready,
    input  wire [63:0] rdata,
    input  wire [1:0]  rresp
);
    reg [29:0] ctl /*verilator public_flat_rw*/;
    reg [31:0] lo /*verilator public_flat_rw*/;
    reg [31:0] hi /*verilator public_flat_rw*/;
    reg        done /*verilator public_flat_rd*/;
    reg [32:0] response /*verilator public_flat_rd*/;
    reg [31:0] rhi /*verilator public_flat_rd*/;
    reg        ended, sent;
    reg [29:0] taken;
    reg [63:0] payload;
    initial {ctl, lo, hi, done, response, rhi, ended, sent, taken, payload} = 256'd0;

    wire start = taken[29] != ended && !sent;
    wire write = taken[20];
    wire [63:0] read = rdata >> {taken[2:0], 3'b000};
    assign awvalid = start && write;
    assign wvalid  = start && write;
    assign arvalid = start && !write;
    assign addr    = taken[16:0];
    assign size    = taken[19:17];
    assign user    = taken[28:21];
    assign wdata   = payload;
    assign bready  = go;
    assign rready  = go;
    always @(posedge clk)
        if (ctl != taken) begin
            taken   <= ctl;
            payload <= {hi, lo} << {ctl[2:0], 3'b000};
        end
    always @(posedge clk)
        if (rst) begin
            sent   <= 1'b0;
            response <= {1'b1, 32'd0};
            ended  <= ctl[29];
        end else begin
            if ((awvalid && awready && wready) || (arvalid && arready)) sent <= 1'b1;
            if (go && (bvalid || rvalid)) begin
                sent   <= 1'b0;
                ended  <= taken[29];
                response <= bvalid ? {bresp[1], 32'd0} : {rresp[1], read[31:0]};
                rhi    <= read[63:32];
            end
        end
    always @(negedge clk) done <= ended;
    wire unused = &{1'b0, bresp[0], rresp[0], 1'b0};
endmodule
`default_nettype wire
