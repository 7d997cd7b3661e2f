// Injected faults, for checker qualification: only in builds with IRQPATH_FAULTS, which pick one at run time with
// +irqpath_fault=<number>. Each number is used once; testbench/irqpath_testbench/tools/faults/rtl_faults.toml says what each breaks and which check must see it.
`ifndef IRQPATH_FAULT_VH
`define IRQPATH_FAULT_VH
`ifdef IRQPATH_FAULTS
`define FAULT_INJECTION \
    reg [7:0] fault; \
    initial if (!$value$plusargs("irqpath_fault=%d", fault)) fault = 8'd0;
`define INJECTED(n) (fault == n)
`define INJECTED_X(n, value) (fault == n ? {64{1'bx}} : value)
`else
`define FAULT_INJECTION
`define INJECTED(n) 1'b0
`define INJECTED_X(n, value) value
`endif
`endif
