// The subordinate side of a block's register port: a single-beat subset of AXI4 with 64 data bits, in their byte lanes.
// A write needs its address and its data together; a write goes before a read. One access at a time: the next is shown
// when the response to the last has gone.
//
// Leaves out: AxPROT (one Security state), AxUSER (no register depends on who asks), WSTRB (AxSIZE says which lanes
// count).
`default_nettype none
module reg_port #(
    parameter ADDRESS = 16
) (
    input  wire               clk,
    input  wire               rst,
    // AXI4 subset
    input  wire               awvalid,
    output wire               awready,
    input  wire [ADDRESS-1:0] awaddr,
    input  wire [2:0]         awsize,
    input  wire               wvalid,
    output wire               wready,
    input  wire [63:0]        wdata,
    output reg                bvalid,
    input  wire               bready,
    output reg  [1:0]         bresp,
    input  wire               arvalid,
    output wire               arready,
    input  wire [ADDRESS-1:0] araddr,
    input  wire [2:0]         arsize,
    output reg                rvalid,
    input  wire               rready,
    output reg  [63:0]        rdata,
    output reg  [1:0]         rresp,
    // to the block: `req` until `take`; then one `done` with the response. Data are right-aligned.
    output wire               req,
    output wire               write,
    output wire [ADDRESS-1:0] address,
    output wire [2:0]         size,
    output wire [63:0]        data,
    input  wire               take,
    input  wire               done,
    input  wire [63:0]        response,
    input  wire               error
);
    reg        busy;        // taken, not answered yet
    reg        was_write;
    reg  [2:0] lane;

    wire idle = !busy && !bvalid && !rvalid;

    assign write   = awvalid && wvalid;
    assign req     = idle && (write || arvalid);
    assign address = write ? awaddr : araddr;
    assign size    = write ? awsize : arsize;
    assign data    = wdata >> {awaddr[2:0], 3'b000};
    assign awready = take && write;
    assign wready  = take && write;
    assign arready = take && !write;

    wire       response_write = take ? write : was_write;
    wire [2:0] response_lane   = take ? address[2:0] : lane;

    always @(posedge clk)
        if (rst) begin
            busy   <= 1'b0;
            bvalid <= 1'b0;
            rvalid <= 1'b0;
            bresp  <= 2'b00;
            rresp  <= 2'b00;
            rdata  <= 64'd0;
            lane   <= 3'd0;
            was_write <= 1'b0;
        end else begin
            if (bvalid && bready) bvalid <= 1'b0;
            if (rvalid && rready) rvalid <= 1'b0;
            if (take) begin
                busy      <= !done;
                was_write <= write;
                lane      <= address[2:0];
            end
            if (done) begin
                busy   <= 1'b0;
                bvalid <= response_write;
                rvalid <= !response_write;
                bresp  <= {error, 1'b0};
                rresp  <= {error, 1'b0};
                rdata  <= response << {response_lane, 3'b000};
            end
        end
endmodule
`default_nettype wire
