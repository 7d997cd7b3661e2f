// Injected faults, one of which a run picks with +irqpath_fault=<number>; 0 is none. Included by the edited copies of a
// build with faults alone (testbench/irqpath_testbench/tools/faults/rtl_copy.py), in each of whose modules
// `FAULT_INJECTION stands first.
`ifndef IRQPATH_FAULT_VH
`define IRQPATH_FAULT_VH
`define FAULT_INJECTION reg [8:0] fault; initial if (!$value$plusargs("irqpath_fault=%d", fault)) fault = 9'd0;
`define INJECTED(n) (fault == n)
`endif
