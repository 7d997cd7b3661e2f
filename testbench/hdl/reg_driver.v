// Drives one access at a time on a register port. Python writes data and address, then `ctl` = {toggle, PE, write, size}; when
// the toggle (bit 12) differs from `done`, the access starts; when `done` follows, `error` and the data hold the answer.
// What Python writes is taken over at the next edge: a simulator that finds it changed need not look through the whole device at once.
`default_nettype none
module reg_driver (
    input  wire        clk,
    input  wire        rst,
    input  wire        go,        // answers are taken now
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
    reg [12:0] ctl /*verilator public_flat_rw*/;
    reg [16:0] address /*verilator public_flat_rw*/;
    reg [31:0] lo /*verilator public_flat_rw*/;
    reg [31:0] hi /*verilator public_flat_rw*/;
    reg        done /*verilator public_flat_rd*/;
    reg        error /*verilator public_flat_rd*/;
    reg [31:0] rlo /*verilator public_flat_rd*/;
    reg [31:0] rhi /*verilator public_flat_rd*/;
    reg        sent;
    reg [12:0] taken;
    reg [16:0] where;
    reg [63:0] payload;
    initial {ctl, address, lo, hi, done, error, rlo, rhi, sent, taken, where, payload} = 255'd0;

    wire start = taken[12] != done && !sent;
    wire write = taken[3];
    assign awvalid = start && write;
    assign wvalid  = start && write;
    assign arvalid = start && !write;
    assign addr    = where;
    assign size    = taken[2:0];
    assign user    = taken[11:4];
    assign wdata   = payload;
    assign bready  = go;
    assign rready  = go;
    always @(posedge clk) begin
        taken   <= ctl;
        where   <= address;
        payload <= {hi, lo} << {address[2:0], 3'b000};
    end
    always @(posedge clk)
        if (rst) begin
            sent  <= 1'b0;
            error <= 1'b1;
            done  <= ctl[12];
        end else begin
            if ((awvalid && awready && wready) || (arvalid && arready)) sent <= 1'b1;
            if (go && (bvalid || rvalid)) begin
                sent  <= 1'b0;
                error <= bvalid ? bresp[1] : rresp[1];
                {rhi, rlo} <= rdata >> {where[2:0], 3'b000};
                done  <= taken[12];   // last: Icarus wakes Python in the middle of the updates of a time step
            end
        end
    wire unused = &{1'b0, bresp[0], rresp[0], 1'b0};
endmodule
`default_nettype wire
