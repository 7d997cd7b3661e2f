// The testbench around irqpath_top: clock, drivers that Python commands, a monitor on every link, recorder, watchdog.
`default_nettype none
`include "link_ids.vh"
module irqpath_tb #(
    parameter PES           = 4,
    parameter PRIORITY_BITS = 5
);
    wire        clk;
    wire [39:0] cycle;
    clock u_clock (.clk(clk), .cycle(cycle));

    // --- what Python sets and reads ---------------------------------------------------------------------------------
    reg           iri_rst /*verilator public_flat_rw*/;
    reg [PES-1:0] pe_rst /*verilator public_flat_rw*/;
    reg           flush /*verilator public_flat_rw*/;
    wire          ready /*verilator public_flat_rd*/;
    wire          expired /*verilator public_flat_rd*/;
    wire          idle /*verilator public_flat_rd*/;
    initial begin
        iri_rst = 1'b1;
        pe_rst  = {PES{1'b1}};
        flush   = 1'b0;
    end

    // --- the device under test --------------------------------------------------------------------------------------
    function [32*PES-1:0] linear(input integer dummy);   // Aff0 counts the PEs
        integer k;
        begin
            linear = dummy[31:0] * 0;
            for (k = 0; k < PES; k = k + 1) linear[32*k +: 32] = k[31:0];
        end
    endfunction

    wire [PES-1:0]    sys_valid, sys_ready, rsp_valid, rsp_ready, rsp_ok;
    wire [2*PES-1:0]  sys_op, rsp_op;
    wire [16*PES-1:0] sys_reg;
    wire [64*PES-1:0] sys_data, rsp_data;
    wire [PES:0]          awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
    wire [17*(PES+1)-1:0] addr;
    wire [3*(PES+1)-1:0]  size;
    wire [8*(PES+1)-1:0]  user;
    wire [64*(PES+1)-1:0] wdata, rdata;
    wire [2*(PES+1)-1:0]  bresp, rresp;
    wire [PES-1:0]        irq, fiq, wake;
    wire                  busy;

    irqpath_top #(.PES(PES), .PRIORITY_BITS(PRIORITY_BITS), .AFFINITIES(linear(0))) dut (
        .clk(clk), .iri_rst(iri_rst), .pe_rst(pe_rst),
        .sys_valid(sys_valid), .sys_ready(sys_ready), .sys_op(sys_op), .sys_reg(sys_reg), .sys_data(sys_data),
        .rsp_valid(rsp_valid), .rsp_ready(rsp_ready), .rsp_op(rsp_op), .rsp_ok(rsp_ok), .rsp_data(rsp_data),
        .awvalid(awvalid), .awready(awready), .awaddr(addr), .awsize(size), .wvalid(wvalid), .wready(wready), .wdata(wdata),
        .bvalid(bvalid), .bready(bready), .bresp(bresp),
        .arvalid(arvalid), .arready(arready), .araddr(addr), .arsize(size),
        .rvalid(rvalid), .rready(rready), .rdata(rdata), .rresp(rresp),
        .irq(irq), .fiq(fiq), .wake(wake), .busy(busy)
    );

    // --- drivers and monitors ---------------------------------------------------------------------------------------
    wire [31:0]      fd;
    wire [PES:0]     reg_fire, reset_fire;
    wire [PES-1:0]   sys_fire, rsp_fire, down_fire, up_fire, dn_fire, dup_fire, irq_fire, wake_fire, pe_reset_fire, seen_fire;
    wire             any = |{reg_fire, reset_fire, sys_fire, rsp_fire, down_fire, up_fire, dn_fire, dup_fire, irq_fire,
                             wake_fire, pe_reset_fire, seen_fire};
    reg              iri_was;
    reg [PES-1:0]    pe_was;
    initial begin
        iri_was = 1'b0;
        pe_was  = {PES{1'b0}};
    end
    always @(posedge clk) begin
        iri_was <= iri_rst;
        pe_was  <= pe_rst;
    end

    genvar n;
    generate
        for (n = 0; n <= PES; n = n + 1) begin : port
            localparam REQUEST = n == 0 ? `IRQPATH_LINK_gicd_reg : `IRQPATH_LINK_gicr_reg + 16 * (n - 1);
            localparam RESET   = n == 0 ? `IRQPATH_LINK_gicd_reset : `IRQPATH_LINK_gicr_reset + 16 * (n - 1);
            reg_driver driver (
                .clk(clk), .rst(iri_rst),
                .awvalid(awvalid[n]), .awready(awready[n]), .wvalid(wvalid[n]), .wready(wready[n]), .addr(addr[17*n +: 17]),
                .size(size[3*n +: 3]), .user(user[8*n +: 8]), .wdata(wdata[64*n +: 64]),
                .bvalid(bvalid[n]), .bready(bready[n]), .bresp(bresp[2*n +: 2]),
                .arvalid(arvalid[n]), .arready(arready[n]),
                .rvalid(rvalid[n]), .rready(rready[n]), .rdata(rdata[64*n +: 64]), .rresp(rresp[2*n +: 2])
            );
            axi_monitor #(.REQUEST(REQUEST), .RESPONSE(REQUEST + 1)) monitor (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle),
                .awvalid(awvalid[n]), .awready(awready[n]), .awaddr(addr[17*n +: 17]), .awsize(size[3*n +: 3]), .awuser(user[8*n +: 8]),
                .wvalid(wvalid[n]), .wready(wready[n]), .wdata(wdata[64*n +: 64]),
                .bvalid(bvalid[n]), .bready(bready[n]), .bresp(bresp[2*n +: 2]),
                .arvalid(arvalid[n]), .arready(arready[n]), .araddr(addr[17*n +: 17]), .arsize(size[3*n +: 3]), .aruser(user[8*n +: 8]),
                .rvalid(rvalid[n]), .rready(rready[n]), .rdata(rdata[64*n +: 64]), .rresp(rresp[2*n +: 2]), .fire(reg_fire[n])
            );
            event_monitor #(.LINK(RESET), .PAYLOAD(8'd0)) reset (
                .clk(clk), .fd(fd), .cycle(cycle), .strobe(iri_rst && !iri_was), .fire(reset_fire[n])
            );
        end
        for (n = 0; n < PES; n = n + 1) begin : pe
            reg [1:0] lines /*verilator public_flat_rd*/;   // {fiq, irq}, for Python to wait on
            initial lines = 2'b00;
            always @(posedge clk) lines <= {fiq[n], irq[n]};
            sys_driver driver (
                .clk(clk), .rst(pe_rst[n]), .valid(sys_valid[n]), .ready(sys_ready[n]), .op(sys_op[2*n +: 2]),
                .register(sys_reg[16*n +: 16]), .data(sys_data[64*n +: 64]),
                .rsp_valid(rsp_valid[n]), .rsp_ready(rsp_ready[n]), .rsp_ok(rsp_ok[n]), .rsp_data(rsp_data[64*n +: 64])
            );
            monitor #(.LINK(`IRQPATH_LINK_gicc_sys + 16 * n), .WIDTH(82)) sys (
                .clk(clk), .rst(pe_rst[n]), .fd(fd), .cycle(cycle), .valid(sys_valid[n]), .ready(sys_ready[n]),
                .payload({sys_op[2*n +: 2], sys_reg[16*n +: 16], sys_data[64*n +: 64]}), .fire(sys_fire[n])
            );
            monitor #(.LINK(`IRQPATH_LINK_gicc_sys_rsp + 16 * n), .WIDTH(67)) sys_rsp (
                .clk(clk), .rst(pe_rst[n]), .fd(fd), .cycle(cycle), .valid(rsp_valid[n]), .ready(rsp_ready[n]),
                .payload({rsp_op[2*n +: 2], rsp_ok[n], rsp_data[64*n +: 64]}), .fire(rsp_fire[n])
            );
            stream_monitor #(.LINK(`IRQPATH_LINK_stream_down + 16 * n)) stream_down (
                .clk(clk), .rst(dut.stream_rst[n]), .fd(fd), .cycle(cycle), .tvalid(dut.down_tvalid[n]), .tready(dut.down_tready[n]),
                .tdata(dut.down_tdata[16*n +: 16]), .tlast(dut.down_tlast[n]), .fire(down_fire[n])
            );
            stream_monitor #(.LINK(`IRQPATH_LINK_stream_up + 16 * n)) stream_up (
                .clk(clk), .rst(dut.stream_rst[n]), .fd(fd), .cycle(cycle), .tvalid(dut.up_tvalid[n]), .tready(dut.up_tready[n]),
                .tdata(dut.up_tdata[16*n +: 16]), .tlast(dut.up_tlast[n]), .fire(up_fire[n])
            );
            monitor #(.LINK(`IRQPATH_LINK_dist_down + 16 * n), .WIDTH(64)) dist_down (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .valid(dut.dist_dn_valid[n]), .ready(dut.dist_dn_ready[n]),
                .payload(dut.dist_dn_msg[64*n +: 64]), .fire(dn_fire[n])
            );
            monitor #(.LINK(`IRQPATH_LINK_dist_up + 16 * n), .WIDTH(64)) dist_up (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .valid(dut.dist_up_valid[n]), .ready(dut.dist_up_ready[n]),
                .payload(dut.dist_up_msg[64*n +: 64]), .fire(dup_fire[n])
            );
            line_monitor #(.LINK(`IRQPATH_LINK_gicc_irq + 16 * n), .FIRST(0), .LINES(2)) irq_lines (
                .clk(clk), .rst(pe_rst[n]), .fd(fd), .cycle(cycle), .lines({fiq[n], irq[n]}), .fire(irq_fire[n])
            );
            line_monitor #(.LINK(`IRQPATH_LINK_gicr_wake + 16 * n), .FIRST(2), .LINES(1)) wake_line (
                .clk(clk), .rst(iri_rst), .fd(fd), .cycle(cycle), .lines(wake[n]), .fire(wake_fire[n])
            );
            event_monitor #(.LINK(`IRQPATH_LINK_gicc_reset + 16 * n), .PAYLOAD(8'd0)) gicc_reset (
                .clk(clk), .fd(fd), .cycle(cycle), .strobe(pe_rst[n] && !pe_was[n]), .fire(pe_reset_fire[n])
            );
            event_monitor #(.LINK(`IRQPATH_LINK_gicr_reset + 16 * n), .PAYLOAD(8'd1)) gicr_reset (
                .clk(clk), .fd(fd), .cycle(cycle), .strobe(dut.pe_reset_seen[n] && !iri_rst), .fire(seen_fire[n])
            );
        end
    endgenerate

    recorder u_recorder (.clk(clk), .any(any), .flush(flush), .fd(fd), .ready(ready));
    watchdog u_watchdog (.clk(clk), .any(any || iri_rst), .busy(busy), .expired(expired), .idle(idle));
endmodule
`default_nettype wire
