// reg_port: the block behind it takes an access when it likes, and responds once, at once or later.
`default_nettype none
`include "formal/property.vh"
`include "formal/register_port.vh"
module reg_port_proof (
    input wire        clk,
    input wire        rst,
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
    `REGISTER_WIRES(16)
    wire        req, write;
    wire [63:0] data;
    wire [15:0] address;
    wire [2:0]  size;
    wire        take = takes && req;
    reg_port #(.ADDRESS(16)) dut (
        .clk(clk), .rst(rst), `REGISTER_PORT,
        .req(req), .write(write), .address(address), .size(size), .data(data), .take(take), .done(done),
        .response(response),
        .error(error)
    );
    register_properties port (
        .clk(clk), .rst(rst), `REGISTER_HANDSHAKES
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
