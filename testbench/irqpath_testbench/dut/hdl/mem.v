// MEM: the memory that tables, queues and rings lie in (golden model: pymodel/irqpath/gic/common/memory_block.py). A
// store of PAGES pages of 4 KB, each with the address that it stands for; a page is taken when something is first
// written to it, so tables may lie anywhere. What was never written reads as zero. One access at a time, the masters in
// turn; it is answered in the next cycle.
//
// Leaves out: bursts, caches, ordering between masters other than the order of acceptance. A write that finds no free
// page is answered with an error and does nothing.
`default_nettype none
module mem #(
    parameter MASTERS = 2,
    parameter PAGES   = 256     // a power of two
) (
    input  wire                   clk,
    input  wire                   rst,         // forgets everything
    input  wire [MASTERS-1:0]     req_valid,
    output wire [MASTERS-1:0]     req_ready,
    input  wire [MASTERS-1:0]     req_write,
    input  wire [2*MASTERS-1:0]   req_size,    // logarithm of the bytes
    input  wire [52*MASTERS-1:0]  req_address,
    input  wire [64*MASTERS-1:0]  req_wdata,   // right-aligned
    output reg  [MASTERS-1:0]     rsp_valid,
    output reg                    rsp_write,   // of the access that is answered
    output reg                    rsp_error,
    output reg  [63:0]            rsp_rdata,   // right-aligned
    input  wire                   hold,        // take no access in this cycle
    output wire                   busy
);
    localparam PAGES_BITS = $clog2(PAGES);

    reg [39:0]           tags [0:PAGES-1];
    reg [PAGES_BITS:0]   used;                      // pages taken, from the first on
    reg [63:0]           words [0:512*PAGES-1];
    // words of a page that were written since it was taken; others are zero
    reg [511:0]          live [0:PAGES-1];

    wire [MASTERS-1:0]   chosen;
    wire                 take = |chosen && rsp_valid == {MASTERS{1'b0}} && !hold;
    rr_arbiter #(.N(MASTERS)) masters (.clk(clk), .rst(rst), .request(req_valid), .take(take), .grant(chosen));
    assign req_ready = take ? chosen : {MASTERS{1'b0}};
    assign busy      = |req_valid || |rsp_valid;

    function [118:0] select(   // {write, size, address, data} of the chosen one
        input [MASTERS-1:0] w, input [2*MASTERS-1:0] s, input [52*MASTERS-1:0] a, input [64*MASTERS-1:0] d,
            input [MASTERS-1:0] one
    );
        integer n;
        begin
            select = 119'd0;
            for (n = 0; n < MASTERS; n = n + 1)
                if (one[n]) select = {w[n], s[2*n +: 2], a[52*n +: 52], d[64*n +: 64]};
        end
    endfunction
    wire        write;
    wire [1:0]  size;
    wire [51:0] address;
    wire [63:0] wdata;
    assign {write, size, address, wdata} = take ? select(req_write, req_size, req_address, req_wdata, chosen) : 119'd0;

    // the page that stands for the address
    reg                  found;
    reg [PAGES_BITS-1:0] page;
    always @* begin : find
        integer p;
        p     = 0;      // no latch, whatever `take`
        found = 1'b0;
        page  = used[PAGES_BITS-1:0];
        if (take)
            for (p = 0; p < PAGES; p = p + 1)
                if (p < used && tags[p] == address[51:12]) begin
                    found = 1'b1;
                    page  = p[PAGES_BITS-1:0];
                end
    end
    wire                  room  = found || used < PAGES;
    wire [PAGES_BITS+8:0] word_addr = {page, address[11:3]};
    wire [5:0]            shift = {address[2:0], 3'b000};
    wire [63:0]           ones  = size == 2'd0 ? 64'hFF : size == 2'd1 ? 64'hFFFF : size == 2'd2 ? 64'hFFFF_FFFF
        : {64{1'b1}};
    wire [511:0]          here  = found ? live[page] : 512'd0;
    wire [511:0]          one   = 512'd1 << address[11:3];
    wire [63:0]           old   = |(here & one) ? words[word_addr] : 64'd0;

    always @(posedge clk)
        if (rst) begin
            used      <= 0;
            rsp_valid <= {MASTERS{1'b0}};
            rsp_write <= 1'b0;
            rsp_error <= 1'b0;
            rsp_rdata <= 64'd0;
        end else begin
            rsp_valid <= req_ready;
            if (take) begin
                rsp_write <= write;
                rsp_error <= write && !room;
                rsp_rdata <= write ? 64'd0 : old >> shift & ones;
                if (write && room) begin
                    words[word_addr] <= old & ~(ones << shift) | (wdata & ones) << shift;
                    live[page] <= here | one;
                    if (!found) begin
                        tags[page] <= address[51:12];
                        used       <= used + 1'b1;
                    end
                end
            end
        end
endmodule
`default_nettype wire
