// Drives one access at a time on an APB4 register port of 32 data bits, by the mailbox of reg_driver.v; or on such a
// port of 64, which axil_bridge.v makes an AXI4-Lite port of. On 32 data bits an access of 64 is two transfers, low
// word first; a read of less than 32 bits reads the word that it lies in. `written` and `read` are high in the cycle
// in which an access ends.
`default_nettype none
module apb_driver #(
    parameter DATA = 32
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        go,        // a transfer may begin now
    output reg         psel,
    output reg         penable,
    output wire        pwrite,
    output wire [16:0] paddr,
    output wire [DATA-1:0]   pwdata,
    output wire [DATA/8-1:0] pstrb,
    input  wire        pready,
    input  wire [DATA-1:0]   prdata,
    input  wire        pslverr,
    output wire [7:0]  user,
    output wire        written,
    output wire        read,
    output wire        wide,      // the transfer is of 64 bits
    output wire [63:0] rdata
);
    localparam BYTES = DATA / 8;
    reg [29:0] ctl /*verilator public_flat_rw*/;
    reg [31:0] lo /*verilator public_flat_rw*/;
    reg [31:0] hi /*verilator public_flat_rw*/;
    reg        done /*verilator public_flat_rd*/;
    reg [32:0] response /*verilator public_flat_rd*/;
    reg [31:0] rhi /*verilator public_flat_rd*/;
    reg        ended, second, failed;
    reg [29:0] taken;
    reg [63:0] payload;
    reg [31:0] low;
    initial {ctl, lo, hi, done, response, rhi, ended, second, failed, taken, payload, low, psel, penable} = 291'd0;

    wire [1:0]  size    = taken[18:17];
    wire        double  = size == 2'd3 && DATA == 32;
    wire        upper   = double ? second : taken[2];
    wire        ends    = psel && penable && pready;
    wire        last    = ends && (!double || second);
    wire [2:0]  lane    = double ? 3'd0 : {taken[2] && DATA == 64, taken[1:0]};
    wire [63:0] word    = (double && second ? payload >> 32 : payload) << {lane, 3'b000};
    wire [7:0]  bytes   = size == 2'd3 ? 8'hFF : size == 2'd2 ? 8'h0F : size == 2'd1 ? 8'h03 : 8'h01;
    wire [7:0]  strobes = bytes << lane;
    wire [63:0] seen    = {{(64-DATA){1'b0}}, prdata} >> {lane, 3'b000};
    wire [31:0] first   = double ? low : seen[31:0];
    wire [31:0] upmost  = double ? seen[31:0] : seen[63:32];
    assign pwrite  = taken[20];
    assign paddr   = {taken[16:3], upper, 2'b00};
    assign pwdata  = word[DATA-1:0];
    assign pstrb   = pwrite ? strobes[BYTES-1:0] : {BYTES{1'b0}};
    assign wide    = size == 2'd3 && DATA == 64;
    assign user    = taken[28:21];
    assign written = last && pwrite;
    assign read    = last && !pwrite;
    assign rdata   = {upmost, first};
    always @(posedge clk)
        if (ctl != taken) begin
            taken   <= ctl;
            payload <= {hi, lo};
        end
    always @(posedge clk)
        if (rst) begin
            {psel, penable, second, failed} <= 4'b0000;
            response <= {1'b1, 32'd0};
            ended    <= ctl[29];
        end else begin
            if (!psel) psel <= taken[29] != ended && go;
            else if (!penable) penable <= 1'b1;
            else if (pready) {psel, penable} <= 2'b00;
            if (ends && !last) begin
                second <= 1'b1;
                failed <= pslverr;
                low    <= prdata[31:0];
            end
            if (last) begin
                second   <= 1'b0;
                failed   <= 1'b0;
                ended    <= taken[29];
                response <= {pslverr || failed, pwrite ? 32'd0 : first};
                rhi      <= upmost;
            end
        end
    always @(negedge clk) done <= ended;
    wire unused = &{1'b0, taken[19], word, strobes, 1'b0};
endmodule
`default_nettype wire
