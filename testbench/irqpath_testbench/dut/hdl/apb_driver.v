// Drives one access at a time on an APB4 register port of 32 data bits, by the mailbox of reg_driver.v. An access of 64
// bits is two transfers, low word first; a read of less than 32 bits reads the word that it lies in. `written` and
// `read` are high in the cycle in which an access ends.
`default_nettype none
module apb_driver (
    input  wire        clk,
    input  wire        rst,
    input  wire        go,        // a transfer may begin now
    output reg         psel,
    output reg         penable,
    output wire        pwrite,
    output wire [16:0] paddr,
    output wire [31:0] pwdata,
    output wire [3:0]  pstrb,
    input  wire        pready,
    input  wire [31:0] prdata,
    input  wire        pslverr,
    output wire [7:0]  user,
    output wire        written,
    output wire        read,
    output wire [63:0] rdata
);
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
    wire        double  = size == 2'd3;
    wire        upper   = double ? second : taken[2];
    wire        ends    = psel && penable && pready;
    wire        last    = ends && (!double || second);
    wire [31:0] word    = double && second ? payload[63:32] : payload[31:0] << {double ? 2'd0 : taken[1:0], 3'b000};
    wire [31:0] first   = double ? low : prdata >> {taken[1:0], 3'b000};
    assign pwrite  = taken[20];
    assign paddr   = {taken[16:3], upper, 2'b00};
    assign pwdata  = word;
    assign pstrb   = !pwrite ? 4'b0000 : size >= 2'd2 ? 4'b1111 : size == 2'd1 ? 4'b0011 << taken[1:0]
        : 4'b0001 << taken[1:0];
    assign user    = taken[28:21];
    assign written = last && pwrite;
    assign read    = last && !pwrite;
    assign rdata   = {double ? prdata : 32'd0, first};
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
                low    <= prdata;
            end
            if (last) begin
                second   <= 1'b0;
                failed   <= 1'b0;
                ended    <= taken[29];
                response <= {pslverr || failed, pwrite ? 32'd0 : first};
                rhi      <= prdata;
            end
        end
    always @(negedge clk) done <= ended;
    wire unused = &{1'b0, taken[19], 1'b0};
endmodule
`default_nettype wire
