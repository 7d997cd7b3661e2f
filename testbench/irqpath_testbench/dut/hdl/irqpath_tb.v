// The testbench around irqpath_top: clock, drivers that Python commands, a monitor on every link, recorder, watchdog.
`default_nettype none
`include "generated/irqpath_links.vh"
`include "generated/irqpath_records.vh"
// the virtual CPU interface of PE n
`define VIRTUAL_CPU dut.pe[n].u_gicc.g_virtual.u_virtual.core
module irqpath_tb #(
    parameter PES             = 4,
    parameter SPIS            = 64,
    parameter PRIORITY_BITS   = 5,
    parameter INTID_BITS      = 16,
    parameter CPU_INTID_24    = 0,
    parameter ONE_OF_N        = 1,
    parameter MESSAGE_SPIS    = 1,
    parameter AFF3            = 0,
    parameter RSS             = 0,
    parameter CPU_RSS         = 0,
    parameter ITS             = 1,
    parameter DIRECT_LPI      = 0,
    parameter LPI_SLOTS       = 32,
    parameter CES             = 1,
    parameter COMMON_LPI_AFF  = 0,
    parameter DEVICE_BITS     = 16,
    parameter EVENT_BITS      = 16,
    parameter COLLECTION_BITS = 16,
    parameter ITT_ENTRY_BYTES = 8,
    parameter ITS_STALL       = 1,
    parameter VIRTUAL         = 0,
    parameter LIST_REGISTERS  = 4,
    parameter VIRTUAL_PRIORITY_BITS   = 5,
    parameter VIRTUAL_PREEMPTION_BITS = 5,
    parameter CPU_GICV4       = 0,
    parameter MAINTENANCE_PPI = 25,
    parameter IIDR            = 32'h4900_0000,
    parameter PIDR2           = 8'h3B
);
    localparam PORTS = PES + 2;     // of registers: GICD, the GICRs, the ITS
    wire        clk;
    wire [39:0] cycle;
    reg         restart;            // a scenario begins: what the testbench counts and throws begins anew
    clock u_clock (.restart(restart), .clk(clk), .cycle(cycle));

    // --- what Python sets and reads ---------------------------------------------------------------------------------
    reg           set_iri_rst /*verilator public_flat_rw*/;
    reg [PES-1:0] set_pe_rst /*verilator public_flat_rw*/;
    reg           set_mem_rst /*verilator public_flat_rw*/;
    reg           set_restart /*verilator public_flat_rw*/;
    reg [2:0]     set_pressure /*verilator public_flat_rw*/;   // back-pressure: of responses, and of memory
    reg           flush /*verilator public_flat_rw*/;
    wire          ready /*verilator public_flat_rd*/;
    wire          expired /*verilator public_flat_rd*/;
    wire          idle /*verilator public_flat_rd*/;
    wire          rests /*verilator public_flat_rd*/;
    // taken over at the next edge, as all that Python writes (see reg_driver.v)
    reg           iri_rst, mem_rst;
    reg [PES-1:0] pe_rst;
    reg [2:0]     pressure;
    initial begin
        {iri_rst, set_iri_rst, mem_rst, set_mem_rst} = 4'b1111;
        {pe_rst, set_pe_rst} = {(2*PES){1'b1}};
        {pressure, set_pressure} = 6'd0;
        {restart, set_restart} = 2'b00;
        flush = 1'b0;
    end
    always @(posedge clk) begin
        iri_rst  <= set_iri_rst;
        pe_rst   <= set_pe_rst;
        mem_rst  <= set_mem_rst;
        pressure <= set_pressure;
        restart  <= set_restart;
    end

    // --- the device under test --------------------------------------------------------------------------------------
    // Aff0 counts the PEs; that of odd ones is above 15 where SGIs reach it
    function [32*PES-1:0] affinities(input integer dummy);
        integer k;
        begin
            affinities = dummy[31:0] * 0;
            for (k = 0; k < PES; k = k + 1)
                affinities[32*k +: 32] = k[31:0] | (RSS != 0 && CPU_RSS != 0 && k[0] ? 32'h10 : 32'd0);
        end
    endfunction

    wire [PES-1:0]    sys_valid, sys_ready, rsp_valid, rsp_ready, rsp_ok;
    wire [2*PES-1:0]  sys_op, rsp_op;
    wire [16*PES-1:0] sys_reg;
    wire [64*PES-1:0] sys_data, rsp_data;
    wire [PORTS-1:0]    awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
    wire [17*PORTS-1:0] addr;
    wire [3*PORTS-1:0]  size;
    wire [8*PORTS-1:0]  user;
    wire [64*PORTS-1:0] wdata, rdata;
    wire [2*PORTS-1:0]  bresp, rresp;
    wire                msi_valid, msi_ready, msi_rsp_valid;
    wire [31:0]         msi_device, msi_event;
    wire                sw_valid, sw_ready, sw_write, sw_rsp_valid, mem_rsp_write, mem_rsp_error;
    wire [1:0]          sw_size;
    wire [51:0]         sw_address;
    wire [63:0]         sw_wdata, mem_rsp_rdata;
    wire [SPIS-1:0]     spi;
    wire [16*PES-1:0]   ppi;
    wire [PES-1:0]      irq, fiq, virq, vfiq, maintenance, wake;
    wire                busy, dut_busy, mem_busy, mem_go;

    localparam MASTERS = PES + 2;   // of the memory
    wire [MASTERS-1:0]    bus_valid, bus_ready, bus_write, bus_rvalid;
    wire [2*MASTERS-1:0]  bus_size;
    wire [52*MASTERS-1:0] bus_address;
    wire [64*MASTERS-1:0] bus_wdata;

    irqpath_top #(
        .PES(PES), .SPIS(SPIS), .PRIORITY_BITS(PRIORITY_BITS), .INTID_BITS(INTID_BITS), .CPU_INTID_24(CPU_INTID_24),
        .ONE_OF_N(ONE_OF_N),
        .MESSAGE_SPIS(MESSAGE_SPIS), .AFF3(AFF3), .RSS(RSS), .CPU_RSS(CPU_RSS), .AFFINITIES(affinities(0)), .ITS(ITS),
        .DIRECT_LPI(DIRECT_LPI), .LPI_SLOTS(LPI_SLOTS),
        .CES(CES), .COMMON_LPI_AFF(COMMON_LPI_AFF[1:0]),
        .DEVICE_BITS(DEVICE_BITS), .EVENT_BITS(EVENT_BITS), .COLLECTION_BITS(COLLECTION_BITS),
        .ITT_ENTRY_BYTES(ITT_ENTRY_BYTES),
        .ITS_STALL(ITS_STALL), .VIRTUAL(VIRTUAL), .LIST_REGISTERS(LIST_REGISTERS),
        .VIRTUAL_PRIORITY_BITS(VIRTUAL_PRIORITY_BITS), .VIRTUAL_PREEMPTION_BITS(VIRTUAL_PREEMPTION_BITS),
        .CPU_GICV4(CPU_GICV4), .MAINTENANCE_PPI(MAINTENANCE_PPI), .IIDR(IIDR[31:0]), .PIDR2(PIDR2[7:0])
    ) dut (
        .clk(clk), .iri_rst(iri_rst), .pe_rst(pe_rst),
        .sys_valid(sys_valid), .sys_ready(sys_ready), .sys_op(sys_op), .sys_reg(sys_reg), .sys_data(sys_data),
        .rsp_valid(rsp_valid), .rsp_ready(rsp_ready), .rsp_op(rsp_op), .rsp_ok(rsp_ok), .rsp_data(rsp_data),
        .awvalid(awvalid), .awready(awready), .awaddr(addr), .awsize(size), .wvalid(wvalid), .wready(wready),
        .wdata(wdata),
        .bvalid(bvalid), .bready(bready), .bresp(bresp),
        .arvalid(arvalid), .arready(arready), .araddr(addr), .arsize(size),
        .rvalid(rvalid), .rready(rready), .rdata(rdata), .rresp(rresp),
        .msi_valid(msi_valid), .msi_ready(msi_ready), .msi_device(msi_device), .msi_event(msi_event),
        .msi_rsp_valid(msi_rsp_valid),
        .mem_valid(bus_valid[PES:0]), .mem_ready(bus_ready[PES:0]), .mem_write(bus_write[PES:0]),
        .mem_size(bus_size[2*PES+1:0]),
        .mem_address(bus_address[52*PES+51:0]), .mem_wdata(bus_wdata[64*PES+63:0]), .mem_rvalid(bus_rvalid[PES:0]),
        .mem_rdata(mem_rsp_rdata), .spi(spi), .ppi(ppi),
        .irq(irq), .fiq(fiq), .virq(virq), .vfiq(vfiq), .maintenance(maintenance), .wake(wake), .busy(dut_busy)
    );

    // --- the memory: its masters are those of the device, then software
    // -----------------------------------------------
    assign bus_valid[PES+1]              = sw_valid;
    assign bus_write[PES+1]              = sw_write;
    assign bus_size[2*(PES+1) +: 2]      = sw_size;
    assign bus_address[52*(PES+1) +: 52] = sw_address;
    assign bus_wdata[64*(PES+1) +: 64]   = sw_wdata;
    assign sw_ready     = bus_ready[PES+1];
    assign sw_rsp_valid = bus_rvalid[PES+1];
    mem #(.MASTERS(MASTERS)) memory (
        .clk(clk), .rst(mem_rst),
        .req_valid(bus_valid), .req_ready(bus_ready), .req_write(bus_write), .req_size(bus_size),
        .req_address(bus_address),
        .req_wdata(bus_wdata), .rsp_valid(bus_rvalid), .rsp_write(mem_rsp_write), .rsp_error(mem_rsp_error),
        .rsp_rdata(mem_rsp_rdata), .hold(!mem_go), .busy(mem_busy)
    );
    assign busy = dut_busy || mem_busy;

    // --- drivers and monitors ---------------------------------------------------------------------------------------
    wire [31:0]      fd;
    wire [PORTS-1:0] reg_fire, reset_fire, mem_fire, mem_rsp_fire;
    wire             spi_fire, msi_fire, msi_rsp_fire, step_fire, mem_reset_fire;
    wire [PES-1:0]   ppi_fire, cmd_fire, ack_fire, sys_fire, rsp_fire, down_fire, up_fire, dn_fire, dup_fire,
        irq_fire, wake_fire, pe_reset_fire, seen_fire;
    wire             any = |{reg_fire, reset_fire, sys_fire, rsp_fire, down_fire, up_fire, dn_fire, dup_fire, irq_fire,
                             wake_fire, pe_reset_fire, seen_fire, mem_fire, mem_rsp_fire, spi_fire, msi_fire,
                                 msi_rsp_fire, step_fire,
                             mem_reset_fire, ppi_fire, cmd_fire, ack_fire};
    wire             moves;
    wire [PES-1:0]   sys_reads;
    reg              iri_was, mem_was;
    reg [PES-1:0]    pe_was;
    initial begin
        iri_was = 1'b0;
        mem_was = 1'b0;
        pe_was  = {PES{1'b0}};
    end
    always @(posedge clk) begin
        iri_was <= iri_rst;
        mem_was <= mem_rst;
        pe_was  <= pe_rst;
    end

    genvar n;
    generate
        for (n = 0; n < PORTS; n = n + 1) begin : port
            localparam REQUEST  = n == 0 ? `IRQPATH_LINK_gicd_reg : n > PES ? `IRQPATH_LINK_its_reg(0)
                : `IRQPATH_LINK_gicr_reg(n - 1);
            localparam RESPONSE = n == 0 ? `IRQPATH_LINK_gicd_rsp : n > PES ? `IRQPATH_LINK_its_rsp(0)
                : `IRQPATH_LINK_gicr_rsp(n - 1);
            localparam RESET    = n == 0 ? `IRQPATH_LINK_gicd_reset : n > PES ? `IRQPATH_LINK_its_reset(0)
                : `IRQPATH_LINK_gicr_reset(n - 1);
            wire go;
            throttle #(.SEED(17 * (n + 1))) slow (.clk(clk), .restart(restart), .level(pressure), .go(go));
            reg_driver driver (
                .clk(clk), .rst(iri_rst), .go(go),
                .awvalid(awvalid[n]), .awready(awready[n]), .wvalid(wvalid[n]), .wready(wready[n]),
                .addr(addr[17*n +: 17]),
                .size(size[3*n +: 3]), .user(user[8*n +: 8]), .wdata(wdata[64*n +: 64]),
                .bvalid(bvalid[n]), .bready(bready[n]), .bresp(bresp[2*n +: 2]),
                .arvalid(arvalid[n]), .arready(arready[n]),
                .rvalid(rvalid[n]), .rready(rready[n]), .rdata(rdata[64*n +: 64]), .rresp(rresp[2*n +: 2])
            );
            axi_monitor #(.REQUEST(REQUEST), .RESPONSE(RESPONSE)) monitor (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle),
                .awvalid(awvalid[n]), .awready(awready[n]), .awaddr(addr[17*n +: 17]), .awsize(size[3*n +: 3]),
                .awuser(user[8*n +: 8]),
                .wvalid(wvalid[n]), .wready(wready[n]), .wdata(wdata[64*n +: 64]),
                .bvalid(bvalid[n]), .bready(bready[n]), .bresp(bresp[2*n +: 2]),
                .arvalid(arvalid[n]), .arready(arready[n]), .araddr(addr[17*n +: 17]), .arsize(size[3*n +: 3]),
                .aruser(user[8*n +: 8]),
                .rvalid(rvalid[n]), .rready(rready[n]), .rdata(rdata[64*n +: 64]), .rresp(rresp[2*n +: 2]),
                .fire(reg_fire[n])
            );
            event_monitor #(.LINK(RESET), .WIDTH(`RESET_BITS), .PAYLOAD(`RESET_PACK(1'b0))) reset (
                .clk(clk), .fd(fd), .cycle(cycle), .strobe(iri_rst && !iri_was && (n <= PES || ITS != 0)),
                .fire(reset_fire[n])
            );
        end
        for (n = 0; n < PES; n = n + 1) begin : pe
            // {vfiq, virq, 0, fiq, irq}, for Python to read at falling edges, where it is awake
            reg [4:0] lines /*verilator public_flat_rd*/;
            reg [4:0] alert /*verilator public_flat_rd*/;   // the same, for Python to wait on
            initial {lines, alert} = 10'd0;
            always @(posedge clk) lines <= {vfiq[n], virq[n], 1'b0, fiq[n], irq[n]};
            always @(negedge clk) alert <= lines;
            wire [(VIRTUAL != 0 ? 6 : 2)-1:0] irq_levels;
            if (VIRTUAL != 0) begin : g_virtual
                assign irq_levels = {maintenance[n], vfiq[n], virq[n], 1'b0, fiq[n], irq[n]};
            end else begin : g_physical
                assign irq_levels = {fiq[n], irq[n]};
            end
            assign sys_reads[n] = sys_op[2*n +: 2] == 2'd0;
            reg [15:0] ppi_level /*verilator public_flat_rw*/;
            reg [15:0] ppi_taken;
            initial {ppi_level, ppi_taken} = 32'd0;
            always @(posedge clk) ppi_taken <= ppi_level;
            assign ppi[16*n +: 16] = ppi_taken;
            wire go;
            throttle #(.SEED(23 * (n + 1))) slow (.clk(clk), .restart(restart), .level(pressure), .go(go));
            sys_driver driver (
                .clk(clk), .rst(pe_rst[n]), .go(go), .valid(sys_valid[n]), .ready(sys_ready[n]), .op(sys_op[2*n +: 2]),
                .register(sys_reg[16*n +: 16]), .data(sys_data[64*n +: 64]),
                .rsp_valid(rsp_valid[n]), .rsp_ready(rsp_ready[n]), .rsp_ok(rsp_ok[n]), .rsp_op(rsp_op[2*n +: 2]),
                .rsp_data(rsp_data[64*n +: 64])
            );
            monitor #(.LINK(`IRQPATH_LINK_gicc_sys(n)), .WIDTH(`SYS_REQUEST_BITS)) sys (
                .clk(clk), .rst(pe_rst[n]), .fd(fd), .cycle(cycle), .valid(sys_valid[n]), .ready(sys_ready[n]),
                .payload(`SYS_REQUEST_PACK(sys_data[64*n +: 64], sys_reg[16*n +: 16], sys_op[2*n +: 2])),
                .fire(sys_fire[n])
            );
            monitor #(.LINK(`IRQPATH_LINK_gicc_sys_rsp(n)), .WIDTH(`SYS_RESPONSE_BITS)) sys_rsp (
                .clk(clk), .rst(pe_rst[n]), .fd(fd), .cycle(cycle), .valid(rsp_valid[n]), .ready(rsp_ready[n]),
                .payload(`SYS_RESPONSE_PACK(rsp_data[64*n +: 64], rsp_ok[n], rsp_op[2*n +: 2])), .fire(rsp_fire[n])
            );
            stream_monitor #(.LINK(`IRQPATH_LINK_stream_down(n)), .WIDTH(`STREAM_DOWN_BITS)) stream_down (
                .clk(clk), .rst(dut.stream_rst[n]), .fd(fd), .cycle(cycle), .tvalid(dut.down_tvalid[n]),
                .tready(dut.down_tready[n]),
                .tdata(dut.down_tdata[16*n +: 16]), .tlast(dut.down_tlast[n]), .fire(down_fire[n])
            );
            stream_monitor #(.LINK(`IRQPATH_LINK_stream_up(n)), .WIDTH(`STREAM_UP_BITS)) stream_up (
                .clk(clk), .rst(dut.stream_rst[n]), .fd(fd), .cycle(cycle), .tvalid(dut.up_tvalid[n]),
                .tready(dut.up_tready[n]),
                .tdata(dut.up_tdata[16*n +: 16]), .tlast(dut.up_tlast[n]), .fire(up_fire[n])
            );
            monitor #(.LINK(`IRQPATH_LINK_dist_down(n)), .WIDTH(`DIST_DOWN_BITS)) dist_down (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .valid(dut.dist_dn_valid[n]),
                .ready(dut.dist_dn_ready[n]),
                .payload(dut.dist_dn_msg[`DIST_DOWN_BITS*n +: `DIST_DOWN_BITS]), .fire(dn_fire[n])
            );
            monitor #(.LINK(`IRQPATH_LINK_dist_up(n)), .WIDTH(`DIST_UP_BITS)) dist_up (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .valid(dut.dist_up_valid[n]),
                .ready(dut.dist_up_ready[n]),
                .payload(dut.dist_up_msg[`DIST_UP_BITS*n +: `DIST_UP_BITS]), .fire(dup_fire[n])
            );
            // the third is that of the Redistributor
            line_monitor #(.LINK(`IRQPATH_LINK_gicc_irq(n)), .FIRST(0), .LINES(VIRTUAL != 0 ? 6 : 2)) irq_lines (
                .clk(clk), .rst(pe_rst[n]), .fd(fd), .cycle(cycle), .lines(irq_levels), .fire(irq_fire[n])
            );
            line_monitor #(.LINK(`IRQPATH_LINK_gicr_wake(n)), .FIRST(2), .LINES(1)) wake_line (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .lines(wake[n]), .fire(wake_fire[n])
            );
            event_monitor #(.LINK(`IRQPATH_LINK_gicc_reset(n)), .WIDTH(`RESET_BITS),
                .PAYLOAD(`RESET_PACK(1'b0))) gicc_reset (
                .clk(clk), .fd(fd), .cycle(cycle), .strobe(pe_rst[n] && !pe_was[n]), .fire(pe_reset_fire[n])
            );
            event_monitor #(.LINK(`IRQPATH_LINK_gicr_reset(n)), .WIDTH(`RESET_BITS),
                .PAYLOAD(`RESET_PACK(1'b1))) gicr_reset (
                .clk(clk), .fd(fd), .cycle(cycle), .strobe(dut.pe_reset_seen[n] && !iri_rst), .fire(seen_fire[n])
            );
            wire [15:0] ppi_lines = ppi_taken
                                    | (VIRTUAL != 0 ? {15'd0, maintenance[n]} << (MAINTENANCE_PPI - 16) : 16'd0);
            wire_monitor #(.LINK(`IRQPATH_LINK_gicr_ppi(n)), .FIRST(16), .LINES(16)) ppi_wires (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .lines(ppi_lines), .strobe(dut.ppi_sampled[n]),
                .number({20'd1, dut.ppi_number[4*n +: 4]}), .level(dut.ppi_high[n]), .fire(ppi_fire[n])
            );
            monitor #(.LINK(`IRQPATH_LINK_its_cmd(0, n)), .WIDTH(`ITS_CMD_BITS)) command (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .valid(dut.cmd_valid[n]), .ready(dut.cmd_ready[n]),
                .payload(dut.cmd_msg), .fire(cmd_fire[n])
            );
            monitor #(.LINK(`IRQPATH_LINK_its_ack(0, n)), .WIDTH(`ITS_ACK_BITS)) acknowledge (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .valid(dut.ack_valid[n]), .ready(dut.ack_ready[n]),
                .payload(dut.ack_msg[`ITS_ACK_BITS*n +: `ITS_ACK_BITS]), .fire(ack_fire[n])
            );
        end
        // what hdl/formal says of buses and blocks
        for (n = 0; n < PES; n = n + 1) begin : properties
            stream_properties #(.LINK(`IRQPATH_LINK_stream_up(n))) stream (
                .clk(clk), .rst(dut.stream_rst[n]), .fd(fd), .cycle(cycle),
                .down_tvalid(dut.down_tvalid[n]), .down_tready(dut.down_tready[n]),
                .down_tdata(dut.down_tdata[16*n +: 16]),
                .down_tlast(dut.down_tlast[n]), .up_tvalid(dut.up_tvalid[n]), .up_tready(dut.up_tready[n]),
                .up_tdata(dut.up_tdata[16*n +: 16]), .up_tlast(dut.up_tlast[n])
            );
            dist_properties #(.LINK(`IRQPATH_LINK_dist_up(n))) dist_link (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .dn_valid(dut.dist_dn_valid[n]),
                .dn_ready(dut.dist_dn_ready[n]),
                .dn_msg(dut.dist_dn_msg[`DIST_DOWN_BITS*n +: `DIST_DOWN_BITS]), .up_valid(dut.dist_up_valid[n]),
                .up_ready(dut.dist_up_ready[n]),
                .up_msg(dut.dist_up_msg[`DIST_UP_BITS*n +: `DIST_UP_BITS])
            );
            command_properties #(.LINK(`IRQPATH_LINK_its_cmd(0, n))) command (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .cmd_valid(dut.cmd_valid[n]),
                .cmd_ready(dut.cmd_ready[n]),
                .cmd_msg(dut.cmd_msg), .ack_valid(dut.ack_valid[n]), .ack_ready(dut.ack_ready[n]),
                .ack_msg(dut.ack_msg[`ITS_ACK_BITS*n +: `ITS_ACK_BITS])
            );
            sysreg_properties #(.LINK(`IRQPATH_LINK_gicc_sys(n)), .VIRTUAL(VIRTUAL)) sysreg (
                .clk(clk), .rst(pe_rst[n]), .fd(fd), .cycle(cycle), .sys_valid(sys_valid[n]), .sys_ready(sys_ready[n]),
                .sys_op(sys_op[2*n +: 2]), .sys_reg(sys_reg[16*n +: 16]), .sys_data(sys_data[64*n +: 64]),
                .rsp_valid(rsp_valid[n]), .rsp_ready(rsp_ready[n]), .rsp_op(rsp_op[2*n +: 2]), .rsp_ok(rsp_ok[n]),
                .rsp_data(rsp_data[64*n +: 64])
            );
`ifndef IRQPATH_NETLIST
            // inside blocks: not where somebody's netlist stands for one
            fifo_properties #(.LINK(`IRQPATH_LINK_stream_up(n)), .DEPTH(8)) gicc_up (
                .clk(clk), .rst(pe_rst[n]), .fd(fd), .cycle(cycle), .push(dut.pe[n].u_gicc.up_queue.push),
                .pop(dut.pe[n].u_gicc.up_queue.pop), .count(dut.pe[n].u_gicc.up_queue.count)
            );
            fifo_properties #(.LINK(`IRQPATH_LINK_stream_down(n)), .DEPTH(8)) gicr_down (
                .clk(clk), .rst(dut.stream_rst[n]), .fd(fd), .cycle(cycle),
                .push(dut.pe[n].u_gicr.stream.down_queue.push),
                .pop(dut.pe[n].u_gicr.stream.down_queue.pop), .count(dut.pe[n].u_gicr.stream.down_queue.count)
            );
            fifo_properties #(.LINK(`IRQPATH_LINK_dist_up(n)), .DEPTH(16)) gicr_up (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .push(dut.pe[n].u_gicr.to_gicd.up_queue.push),
                .pop(dut.pe[n].u_gicr.to_gicd.up_queue.pop), .count(dut.pe[n].u_gicr.to_gicd.up_queue.count)
            );
            if (VIRTUAL != 0) begin : g_virtual
                virtual_properties #(.LINK(`IRQPATH_LINK_gicc_sys(n)), .LIST_REGISTERS(LIST_REGISTERS)) virtual_cpu (
                    .clk(clk), .rst(pe_rst[n]), .fd(fd), .cycle(cycle),
                    .operations({`VIRTUAL_CPU.write_igrpen, `VIRTUAL_CPU.write_ctlr, `VIRTUAL_CPU.write_bpr,
                        `VIRTUAL_CPU.write_pmr, `VIRTUAL_CPU.write_ap, `VIRTUAL_CPU.write_vmcr, `VIRTUAL_CPU.write_hcr,
                        `VIRTUAL_CPU.write_lr, `VIRTUAL_CPU.deactivates, `VIRTUAL_CPU.ends, `VIRTUAL_CPU.acknowledge}),
                    .lr_number(`VIRTUAL_CPU.lr_number), .acknowledges(`VIRTUAL_CPU.acknowledges),
                    .eoimode(`VIRTUAL_CPU.eoimode), .active(`VIRTUAL_CPU.lr_active),
                    .pending(`VIRTUAL_CPU.lr_pending), .used(`VIRTUAL_CPU.lr_used), .done(`VIRTUAL_CPU.lr_done),
                    .hw(`VIRTUAL_CPU.lr_hw), .pintid(`VIRTUAL_CPU.lr_pintid), .hcr(`VIRTUAL_CPU.hcr),
                    .enables(`VIRTUAL_CPU.enables), .deactivates_physical(`VIRTUAL_CPU.deactivates_physical),
                    .physical(`VIRTUAL_CPU.physical), .virq(`VIRTUAL_CPU.virq), .vfiq(`VIRTUAL_CPU.vfiq),
                    .maintenance(`VIRTUAL_CPU.maintenance)
                );
            end
            fifo_properties #(.LINK(`IRQPATH_LINK_dist_down(n)), .DEPTH(16)) gicd_down (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .push(dut.u_gicd.g_down[n].queue.push),
                .pop(dut.u_gicd.g_down[n].queue.pop), .count(dut.u_gicd.g_down[n].queue.count)
            );
`endif
        end
`ifndef IRQPATH_NETLIST
        grant_properties #(.LINK(`IRQPATH_LINK_gicd_reg), .N(PES)) gicd_messages (
            .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .request(dut.u_gicd.messages.request),
            .grant(dut.u_gicd.messages.grant)
        );
`endif
        grant_properties #(.LINK(`IRQPATH_LINK_sw_mem), .N(MASTERS)) memory_masters (
            .clk(clk), .rst(mem_rst), .fd(fd), .cycle(cycle), .request(memory.masters.request),
            .grant(memory.masters.grant)
        );
        for (n = 0; n < PORTS; n = n + 1) begin : port_properties
            localparam LINK = n == 0 ? `IRQPATH_LINK_gicd_reg : n > PES ? `IRQPATH_LINK_its_reg(0)
                                                                        : `IRQPATH_LINK_gicr_reg(n - 1);
            register_properties #(.LINK(LINK)) registers (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .awvalid(awvalid[n]), .awready(awready[n]),
                .wvalid(wvalid[n]),
                .wready(wready[n]), .bvalid(bvalid[n]), .bready(bready[n]), .bresp(bresp[2*n +: 2]),
                .arvalid(arvalid[n]),
                .arready(arready[n]), .rvalid(rvalid[n]), .rready(rready[n]), .rdata(rdata[64*n +: 64]),
                .rresp(rresp[2*n +: 2])
            );
        end
        for (n = 0; n < SPIS / 32; n = n + 1) begin : spis
            reg [31:0] level /*verilator public_flat_rw*/;
            reg [31:0] taken;
            initial {level, taken} = 64'd0;
            always @(posedge clk) taken <= level;
            assign spi[32*n +: 32] = taken;
        end
        for (n = 0; n < PORTS; n = n + 1) begin : master    // of the memory
            localparam REQUEST  = n < PES ? `IRQPATH_LINK_gicr_mem(n) : n == PES ? `IRQPATH_LINK_its_mem(0)
                : `IRQPATH_LINK_sw_mem;
            localparam RESPONSE = n < PES ? `IRQPATH_LINK_gicr_mem_rsp(n) : n == PES ? `IRQPATH_LINK_its_mem_rsp(0)
                : `IRQPATH_LINK_sw_mem_rsp;
            wire [63:0] written = bus_write[n] ? bus_wdata[64*n +: 64] : 64'd0;
            monitor #(.LINK(REQUEST), .WIDTH(`MEM_REQUEST_BITS)) request (
                .clk(clk), .rst(mem_rst), .fd(fd), .cycle(cycle), .valid(bus_valid[n]), .ready(bus_ready[n]),
                .payload(`MEM_REQUEST_PACK(written, bus_address[52*n +: 52], bus_size[2*n +: 2], bus_write[n])),
                .fire(mem_fire[n])
            );
            monitor #(.LINK(RESPONSE), .WIDTH(`MEM_RESPONSE_BITS)) response (
                .clk(clk), .rst(mem_rst), .fd(fd), .cycle(cycle), .valid(bus_rvalid[n]), .ready(1'b1),
                .payload(`MEM_RESPONSE_PACK(mem_rsp_rdata, mem_rsp_error, mem_rsp_write)), .fire(mem_rsp_fire[n])
            );
            memory_properties #(.LINK(REQUEST)) accesses (
                .clk(clk), .rst(mem_rst), .fd(fd), .cycle(cycle), .valid(bus_valid[n]), .ready(bus_ready[n]),
                .write(bus_write[n]), .size(bus_size[2*n +: 2]), .address(bus_address[52*n +: 52]),
                .wdata(bus_wdata[64*n +: 64]), .rvalid(bus_rvalid[n])
            );
        end
    endgenerate

    mem_driver software (
        .clk(clk), .rst(mem_rst), .valid(sw_valid), .ready(sw_ready), .write(sw_write), .size(sw_size),
        .address(sw_address),
        .wdata(sw_wdata), .rsp_valid(sw_rsp_valid), .rsp_error(mem_rsp_error), .rsp_rdata(mem_rsp_rdata)
    );
    throttle slow_memory (.clk(clk), .restart(restart), .level(pressure), .go(mem_go));
    event_monitor #(.LINK(`IRQPATH_LINK_mem_reset), .WIDTH(`RESET_BITS), .PAYLOAD(`RESET_PACK(1'b0))) mem_reset (
        .clk(clk), .fd(fd), .cycle(cycle), .strobe(mem_rst && !mem_was), .fire(mem_reset_fire)
    );
    msi_driver devices (
        .clk(clk), .rst(iri_rst), .valid(msi_valid), .ready(msi_ready), .device_id(msi_device), .event_id(msi_event),
        .rsp_valid(msi_rsp_valid)
    );
    monitor #(.LINK(`IRQPATH_LINK_its_msi(0)), .WIDTH(`MSI_BITS)) msi (
        .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .valid(msi_valid), .ready(msi_ready),
        .payload(`MSI_PACK(msi_event, msi_device)),
        .fire(msi_fire)
    );
    monitor #(.LINK(`IRQPATH_LINK_its_msi_rsp(0)), .WIDTH(`EVENT_BITS)) msi_rsp (
        .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .valid(msi_rsp_valid), .ready(1'b1), .payload(`EVENT_PACK),
        .fire(msi_rsp_fire)
    );
    event_monitor #(.LINK(`IRQPATH_LINK_its_step(0)), .WIDTH(`EVENT_BITS), .PAYLOAD(`EVENT_PACK)) step (
        .clk(clk), .fd(fd), .cycle(cycle), .strobe(dut.its_step && !iri_rst), .fire(step_fire)
    );
    wire_monitor #(.LINK(`IRQPATH_LINK_gicd_spi), .FIRST(32), .LINES(SPIS)) spi_wires (
        .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .lines(spi), .strobe(dut.spi_sampled),
        .number({14'd0, dut.spi_intid}), .level(dut.spi_level), .fire(spi_fire)
    );

    recorder u_recorder (.clk(clk), .any(any), .flush(flush), .fd(fd), .ready(ready));
    wire in_reset = iri_rst || mem_rst || restart;
    progress #(.PES(PES), .PORTS(PORTS)) u_progress (
        .clk(clk), .rst(in_reset), .written(bvalid & bready), .read(rvalid & rready), .addr(addr), .user(user),
        .rdata(rdata),
        .sys_response(rsp_fire), .sys_read(sys_reads), .sys_reg(sys_reg), .sys_data(rsp_data),
        .mem_response(sw_rsp_valid), .mem_write(sw_write), .mem_address(sw_address), .mem_rdata(mem_rsp_rdata),
        .msi_response(msi_rsp_valid), .moves(moves)
    );
    watchdog u_watchdog (
        .clk(clk), .any(any || in_reset), .moves(moves || in_reset), .busy(busy), .expired(expired), .idle(idle),
        .rests(rests)
    );
`ifdef IRQPATH_WAVES
`include "lanes.vh"
`endif
endmodule
`default_nettype wire
