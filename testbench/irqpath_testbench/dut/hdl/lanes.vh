// What goes on at each PE and at each block, for whoever looks at waves: in irqpath_tb, in builds that write them only.
// Names of signals and what their values mean are in testbench/irqpath_testbench/tools/sim/waves.py.
//
// A signal is 0 while nothing goes on. An access is 1 (read), 2 (write) or 3 (barrier); a register is its offset with
// bit 17 set, or its encoding; a message is its kind (irqpath_links.vh) for as long as it is offered, one on a stream
// in its last beat.
function [1:0] lane_access(input write, input read);
    lane_access = write ? 2'd2 : read ? 2'd1 : 2'd0;
endfunction
// they are there to be seen
// verilator lint_off UNUSEDSIGNAL
genvar l;
generate
    for (l = 0; l < PES; l = l + 1) begin : lane
        wire [1:0]  sysreg_access   = sys_valid[l] ? sys_op[2*l +: 2] + 2'd1 : 2'd0;
        wire [15:0] sysreg_register = sysreg_access == 2'd1 || sysreg_access == 2'd2 ? sys_reg[16*l +: 16] : 16'd0;
        wire [63:0] sysreg_written  = sysreg_access == 2'd2 ? sys_data[64*l +: 64] : 64'd0;
        wire        sysreg_response = rsp_valid[l];
        wire [63:0] sysreg_read     = rsp_valid[l] ? rsp_data[64*l +: 64] : 64'd0;
        wire        irq_line        = irq[l];
        wire        fiq_line        = fiq[l];
        wire        wake_request    = wake[l];
        wire [15:0] ppi_wires       = ppi[16*l +: 16];
        wire [`STREAM_DOWN_BITS-1:0] down_word = pe[l].stream_down.msg;
        wire [`STREAM_UP_BITS-1:0]   up_word   = pe[l].stream_up.msg;
        wire [`DIST_DOWN_BITS-1:0] dn_word  = dut.dist_dn_msg[`DIST_DOWN_BITS*l +: `DIST_DOWN_BITS];
        wire [`DIST_UP_BITS-1:0] dup_word = dut.dist_up_msg[`DIST_UP_BITS*l +: `DIST_UP_BITS];
        wire [`ITS_ACK_BITS-1:0] ack_word = dut.ack_msg[`ITS_ACK_BITS*l +: `ITS_ACK_BITS];
        wire [3:0]  stream_down     = down_fire[l] ? down_word[`STREAM_DOWN_KIND] : 4'd0;
        wire [23:0] stream_down_intid = down_fire[l] ? down_word[`STREAM_SET_INTID] : 24'd0;
        wire [3:0]  stream_up       = up_fire[l] ? up_word[`STREAM_UP_KIND] : 4'd0;
        wire [23:0] stream_up_intid = !up_fire[l] ? 24'd0
            : stream_up == `STREAM_GENERATE_SGI ? {20'd0, up_word[`STREAM_GENERATE_SGI_INTID]}
            : up_word[`STREAM_ACTIVATE_INTID];
        wire [3:0]  dist_down       = dut.dist_dn_valid[l] ? dn_word[`DIST_DOWN_KIND] : 4'd0;
        wire [23:0] dist_down_intid = dut.dist_dn_valid[l] ? dn_word[`DIST_SPI_OFFER_INTID] : 24'd0;
        wire [3:0]  dist_up         = dut.dist_up_valid[l] ? dup_word[`DIST_UP_KIND] : 4'd0;
        wire [23:0] dist_up_intid   = !dut.dist_up_valid[l] ? 24'd0
            : dist_up == `DIST_SGI_REQUEST ? {20'd0, dup_word[`DIST_SGI_REQUEST_INTID]}
            : dup_word[`DIST_SPI_ACTIVATE_INTID];
        wire [1:0]  gicr_access     = lane_access(awvalid[l+1], arvalid[l+1]);
        wire [17:0] gicr_register   = gicr_access != 2'd0 ? {1'b1, addr[17*(l+1) +: 17]} : 18'd0;
        wire [63:0] gicr_written    = wvalid[l+1] ? wdata[64*(l+1) +: 64] : 64'd0;
        wire [63:0] gicr_read       = rvalid[l+1] ? rdata[64*(l+1) +: 64] : 64'd0;
        wire [4:0]  its_cmd         = dut.cmd_valid[l] ? dut.cmd_msg[`ITS_CMD_KIND] : 5'd0;
        wire [23:0] its_cmd_intid   = dut.cmd_valid[l] ? dut.cmd_msg[`ITS_LPI_SET_INTID] : 24'd0;
        wire [3:0]  its_ack         = dut.ack_valid[l] ? ack_word[`ITS_ACK_KIND] : 4'd0;
        wire [1:0]  mem_access      = lane_access(bus_valid[l] && bus_write[l], bus_valid[l]);
        wire [51:0] mem_address     = bus_valid[l] ? bus_address[52*l +: 52] : 52'd0;
    end
    if (1) begin : lane_gicd
        wire [1:0]  gicd_access   = lane_access(awvalid[0], arvalid[0]);
        wire [17:0] gicd_register = gicd_access != 2'd0 ? {1'b1, addr[16:0]} : 18'd0;
        wire [63:0] gicd_written  = wvalid[0] ? wdata[63:0] : 64'd0;
        wire [63:0] gicd_read     = rvalid[0] ? rdata[63:0] : 64'd0;
        wire        spi_sampled   = dut.spi_sampled;
        wire [9:0]  spi_intid     = dut.spi_sampled ? dut.spi_intid : 10'd0;
        wire        spi_level     = dut.spi_sampled && dut.spi_level;
    end
    if (1) begin : lane_its
        wire [1:0]  its_access    = lane_access(awvalid[PES+1], arvalid[PES+1]);
        wire [17:0] its_register  = its_access != 2'd0 ? {1'b1, addr[17*(PES+1) +: 17]} : 18'd0;
        wire [63:0] its_written   = wvalid[PES+1] ? wdata[64*(PES+1) +: 64] : 64'd0;
        wire [63:0] its_read      = rvalid[PES+1] ? rdata[64*(PES+1) +: 64] : 64'd0;
        wire        msi_offered   = msi_valid;
        wire [31:0] msi_device_id = msi_valid ? msi_device : 32'd0;
        wire [31:0] msi_event_id  = msi_valid ? msi_event : 32'd0;
        wire        command_step  = dut.its_step;
        wire [1:0]  mem_access    = lane_access(bus_valid[PES] && bus_write[PES], bus_valid[PES]);
        wire [51:0] mem_address   = bus_valid[PES] ? bus_address[52*PES +: 52] : 52'd0;
    end
    if (1) begin : lane_software
        wire [1:0]  mem_access  = lane_access(sw_valid && sw_write, sw_valid);
        wire [51:0] mem_address = sw_valid ? sw_address : 52'd0;
        wire [63:0] mem_written = sw_valid && sw_write ? sw_wdata : 64'd0;
        wire [63:0] mem_read    = sw_rsp_valid ? mem_rsp_rdata : 64'd0;
    end
endgenerate
// verilator lint_on UNUSEDSIGNAL
