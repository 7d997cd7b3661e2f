// How monitors write (`link` has 16 bits, `payload` is a vector of 152): 256-bit records, little-endian, see testbench/irqpath_testbench/dut/recorder.py.
//   {link, code, offer cycle, payload[151:128], accept cycle, payload[127:0]}
`ifndef IRQPATH_RECORD_VH
`define IRQPATH_RECORD_VH
`ifdef IRQPATH_NO_RECORD
`define RECORD(link, code, offer, accept, payload)
`else
`define RECORD(link, code, offer, accept, payload) \
    $fwrite(fd, "%u", {link, code, offer, payload[151:128], accept, payload[127:0]});
`endif
`define CODE_TRANSFER 8'd0
`define CODE_X        8'd1
`define CODE_CHANGED  8'd2
`define CODE_DROPPED  8'd3
`define CODE_PROPERTY 8'd4   // the payload is the name of the property (hdl/formal)
`endif
