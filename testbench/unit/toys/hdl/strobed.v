// What a write with byte strobes is on the AXI4 subset of hdl/common/reg_port.v, whose 64 data bits are in their
// lanes. A read is of 32 bits. +irqpath_fault=4: a write of one byte goes to the byte before.
`default_nettype none
module strobed #(
    parameter DATA = 32
) (
    input  wire              write,
    input  wire              upper,   // bit 2 of the address
    input  wire [DATA-1:0]   data,
    input  wire [DATA/8-1:0] strobe,
    output wire [2:0]        lane,
    output wire [2:0]        size,
    output wire [63:0]       wdata
);
    integer fault;
    initial if (!$value$plusargs("irqpath_fault=%d", fault)) fault = 0;

    // as on 64 data bits
    wire [7:0]  wide   = DATA == 64 || !upper ? {{(8-DATA/8){1'b0}}, strobe} : {{(8-DATA/8){1'b0}}, strobe} << 4;
    wire [63:0] placed = DATA == 64 ? {{(64-DATA){1'b0}}, data} : {(64/DATA){data}};
    wire [3:0]  low    = wide[3:0] != 4'd0 ? wide[3:0] : wide[7:4];
    wire [1:0]  first  = low[0] ? 2'd0 : low[1] ? 2'd1 : low[2] ? 2'd2 : 2'd3;
    wire        half   = wide[3:0] == 4'd0;
    wire        bytes  = low == 4'b0001 || low == 4'b0010 || low == 4'b0100 || low == 4'b1000;
    wire [1:0]  bent   = fault == 4 && bytes ? first - 2'd1 : first;
    assign lane  = write ? {half, bent} : {upper, 2'd0};
    assign size  = !write ? 3'd2 : wide == 8'hFF ? 3'd3 : low == 4'b1111 ? 3'd2 : bytes ? 3'd0 : 3'd1;
    assign wdata = placed >> {first, 3'b000} << {bent, 3'b000};
endmodule
`default_nettype wire
