// Planted bugs, for the proof that the checks see: only in builds with IRQPATH_FAULTS, which pick one at run time with
// +irqpath_fault=<number>. Each number is used once; testbench/irqpath_testbench/tools/faults/rtl_plants.toml says what each breaks and which check must see it.
`ifndef IRQPATH_PLANT_VH
`define IRQPATH_PLANT_VH
`ifdef IRQPATH_FAULTS
`define PLANTS \
    reg [7:0] plant; \
    initial if (!$value$plusargs("irqpath_fault=%d", plant)) plant = 8'd0;
`define PLANTED(n) (plant == n)
`define PLANTED_X(n, value) (plant == n ? {64{1'bx}} : value)
`else
`define PLANTS
`define PLANTED(n) 1'b0
`define PLANTED_X(n, value) value
`endif
`endif
