// Numbers of the monitored links in records. testbench/irqpath_testbench/dut/recorder.py reads this file, so this is their one source.
// Links of one PE: IRQPATH_LINK_<name> + 32 * PE; the others stand alone.
`ifndef IRQPATH_LINK_IDS_VH
`define IRQPATH_LINK_IDS_VH
`define IRQPATH_LINK_gicc_sys      0
`define IRQPATH_LINK_gicc_sys_rsp  1
`define IRQPATH_LINK_stream_down   2
`define IRQPATH_LINK_stream_up     3
`define IRQPATH_LINK_dist_down     4
`define IRQPATH_LINK_dist_up       5
`define IRQPATH_LINK_gicc_irq      6
`define IRQPATH_LINK_gicr_wake     7
`define IRQPATH_LINK_gicr_reg      8
`define IRQPATH_LINK_gicr_rsp      9
`define IRQPATH_LINK_gicc_reset   10
`define IRQPATH_LINK_gicr_reset   11
`define IRQPATH_LINK_gicr_ppi     12
`define IRQPATH_LINK_gicr_mem     13
`define IRQPATH_LINK_gicr_mem_rsp 14
`define IRQPATH_LINK_gicr_cmd     15
`define IRQPATH_LINK_gicr_ack     16
`define IRQPATH_LINK_gicd_reg    256
`define IRQPATH_LINK_gicd_rsp    257
`define IRQPATH_LINK_gicd_reset  258
`define IRQPATH_LINK_gicd_spi    259
`define IRQPATH_LINK_its0_reg    260
`define IRQPATH_LINK_its0_rsp    261
`define IRQPATH_LINK_its0_reset  262
`define IRQPATH_LINK_its0_msi    263
`define IRQPATH_LINK_its0_msi_rsp 264
`define IRQPATH_LINK_its0_step   265
`define IRQPATH_LINK_its0_mem    266
`define IRQPATH_LINK_its0_mem_rsp 267
`define IRQPATH_LINK_sw_mem      268
`define IRQPATH_LINK_sw_mem_rsp  269
`define IRQPATH_LINK_mem_reset   270
`endif
