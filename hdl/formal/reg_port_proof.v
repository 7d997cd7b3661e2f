// reg_port: the block behind it takes an access when it likes, and responds once, at once or later.
`default_nettype none
`include "formal/property.vh"
module reg_port_proof (
    input wire        clk,
    input wire        rst,
    input wire        awvalid,
    input wire [15:0] awaddr,
    input wire [2:0]  awsize,
    input wire        wvalid,
    input wire [63:0] wdata,
    input wire        bready,
    input wire        arvalid,
    input wire [15:0] araddr,
    input wire [2:0]  arsize,
    input wire        rready,
    input wire        takes,
    input wire        done,
    input wire [63:0] response,
    input wire        error,
    // registers of `dut` and of `port`
    input wire        busy,
    input wire        was_write,
    input wire        writing,
    input wire        reading
);
    wire        awready, wready, bvalid, arready, rvalid, req, write;
    wire [1:0]  bresp, rresp;
    wire [63:0] rdata, data;
    wire [15:0] address;
    wire [2:0]  size;
    wire        take = takes && req;
    reg_port #(.ADDRESS(16)) dut (
        .clk(clk), .rst(rst), .awvalid(awvalid), .awready(awready), .awaddr(awaddr), .awsize(awsize), .wvalid(wvalid),
        .wready(wready), .wdata(wdata), .bvalid(bvalid), .bready(bready), .bresp(bresp), .arvalid(arvalid),
        .arready(arready), .araddr(araddr), .arsize(arsize), .rvalid(rvalid), .rready(rready), .rdata(rdata),
        .rresp(rresp),
        .req(req), .write(write), .address(address), .size(size), .data(data), .take(take), .done(done),
        .response(response),
        .error(error)
    );
    register_properties port (
        .clk(clk), .rst(rst), .awvalid(awvalid), .awready(awready), .wvalid(wvalid), .wready(wready), .bvalid(bvalid),
        .bready(bready), .bresp(bresp), .arvalid(arvalid), .arready(arready), .rvalid(rvalid), .rready(rready),
        .rdata(rdata), .rresp(rresp)
    );
    initial assume (rst);
    reg waits;                               // taken, not done
    always @(posedge clk) waits <= !rst && (waits || take) && !done;
    wire writes = bvalid || busy && was_write;
    wire reads  = rvalid || busy && !was_write;
    `PROPERTIES(1'b1)
        `PROPERTY(1, "done", !done || waits || take)
        `PROPERTY(0, "busy", busy == waits && writing == writes && reading == reads)
        `PROPERTY(0, "one response", !(bvalid && rvalid) && !(busy && (bvalid || rvalid)))
    `PROPERTIES_END
endmodule
`default_nettype wire
