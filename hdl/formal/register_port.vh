// The register port of a block in a proof's wrapper: its wires, of which those of software have any value at any time,
// and its connections.
`ifndef IRQPATH_REGISTER_PORT_VH
`define IRQPATH_REGISTER_PORT_VH
`define REGISTER_WIRES(address_bits) \
    (* anyseq *) wire awvalid, wvalid, bready, arvalid, rready; \
    (* anyseq *) wire [address_bits-1:0] awaddr, araddr; \
    (* anyseq *) wire [2:0] awsize, arsize; \
    (* anyseq *) wire [63:0] wdata; \
    wire awready, wready, bvalid, arready, rvalid; \
    wire [1:0] bresp, rresp; \
    wire [63:0] rdata;
`define REGISTER_PORT \
    .awvalid(awvalid), .awready(awready), .awaddr(awaddr), .awsize(awsize), .wvalid(wvalid), .wready(wready), \
    .wdata(wdata), .bvalid(bvalid), .bready(bready), .bresp(bresp), .arvalid(arvalid), .arready(arready), \
    .araddr(araddr), .arsize(arsize), .rvalid(rvalid), .rready(rready), .rdata(rdata), .rresp(rresp)
// of register_properties.v, which nothing of addresses, sizes and data concerns
`define REGISTER_HANDSHAKES \
    .awvalid(awvalid), .awready(awready), .wvalid(wvalid), .wready(wready), .bvalid(bvalid), .bready(bready), \
    .bresp(bresp), .arvalid(arvalid), .arready(arready), .rvalid(rvalid), .rready(rready), .rdata(rdata), .rresp(rresp)
`endif
