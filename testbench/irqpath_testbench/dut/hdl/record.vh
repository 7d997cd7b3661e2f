// How monitors write: a record a transfer, in little-endian 64-bit words (generated/irqpath_records.vh says what is
// where; `link` has 16 bits, `payload` is a vector of `RECORD_PAYLOAD`). Python reads them in
// testbench/irqpath_testbench/dut/recorder.py.
`ifndef IRQPATH_RECORD_VH
`define IRQPATH_RECORD_VH
`include "generated/irqpath_records.vh"
`ifdef IRQPATH_NO_RECORD
`define RECORD(link, code, offer, accept, payload)
`else
`define RECORD(link, code, offer, accept, payload) $fwrite(fd, "%u", `RECORD_PACK(payload, accept, offer, code, link));
`endif
`define CODE_TRANSFER 8'd0
`define CODE_X        8'd1
`define CODE_CHANGED  8'd2
`define CODE_DROPPED  8'd3
`define CODE_PROPERTY 8'd4   // the payload is the name of the property (hdl/formal)
`endif
