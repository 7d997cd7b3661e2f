// GICR: the Redistributor of one PE (golden model: pymodel/gic/redistributor.py; IHI 0069 2, 11, 12, appendix A).
//
// Runs to completion: one input is accepted, its outputs are queued in order, then the offer to the CPU interface is brought up
// to date (UPDATE) and what waited for that is answered (ANSWER). When several inputs wait, the order is: reset of the PE,
// messages from GICD, messages from GICC, registers. Queues never fill: see irqpath_top.v.
//
// Leaves out so far: PPI wires, SPIs, LPIs (GICR_TYPER.PLPIS=0, so their registers are RAZ/WI), DPG, EPPIs, Security states.
`default_nettype none
`include "generated/irqpath_regs.vh"
`include "generated/irqpath_links.vh"
`include "plant.vh"
module gicr #(
    parameter        PE            = 0,
    parameter        PES           = 1,
    parameter        PRIORITY_BITS = 5,
    parameter [31:0] AFFINITY      = 32'd0,
    parameter [31:0] IIDR          = 32'd0,
    parameter [7:0]  PIDR2         = 8'h3B,
    parameter        DOWN_LOG2     = 3,
    parameter        UP_LOG2       = 4
) (
    input  wire        clk,
    input  wire        rst,          // the interrupt routing infrastructure
    input  wire        pe_rst,       // the PE and its CPU interface
    // reg (AXI4 subset, see reg_port.v)
    input  wire        awvalid,
    output wire        awready,
    input  wire [16:0] awaddr,
    input  wire [2:0]  awsize,
    input  wire        wvalid,
    output wire        wready,
    input  wire [63:0] wdata,
    output wire        bvalid,
    input  wire        bready,
    output wire [1:0]  bresp,
    input  wire        arvalid,
    output wire        arready,
    input  wire [16:0] araddr,
    input  wire [2:0]  arsize,
    output wire        rvalid,
    input  wire        rready,
    output wire [63:0] rdata,
    output wire [1:0]  rresp,
    // dist
    input  wire        dn_valid,
    output wire        dn_ready,
    input  wire [63:0] dn_msg,
    output wire        up_valid,
    input  wire        up_ready,
    output wire [63:0] up_msg,
    // stream
    output wire        down_tvalid,
    input  wire        down_tready,
    output wire [15:0] down_tdata,
    output wire        down_tlast,
    input  wire        stream_up_tvalid,
    output wire        stream_up_tready,
    input  wire [15:0] stream_up_tdata,
    input  wire        stream_up_tlast,
    // irq
    output reg         wake,
    output wire        stream_rst,   // the stream is being reset
    output wire        pe_reset_seen,// strobe: the reset of the PE is an input of this block now
    output wire        busy
);
    `PLANTS

    localparam [1:0] IDLE = 2'd0, UPDATE = 2'd1, ANSWER = 2'd2;
    localparam [1:0] ASLEEP = 2'd0, WAKING = 2'd1, AWAKE = 2'd2, QUIESCING = 2'd3;
    localparam [7:0] PRIORITY_MASK = 8'hFF << (8 - PRIORITY_BITS);

    reg [1:0]   state;
    reg [31:0]  group, enable, latch, active;
    reg [15:0]  ppi_edge;                     // GICR_ICFGR1: PPIs that are edge-triggered
    reg [255:0] priorities;
    reg [1:0]   cpu_groups, dist_groups;
    reg         processor_sleep;
    reg [1:0]   power;
    reg         rwp, control_owed;
    reg         status_owed;
    reg [2:0]   status_sent;                  // {awake, enables}
    reg [3:0]   sgi_outstanding, sgi_void;
    reg         pe_reset_pending;

    // --- inputs -----------------------------------------------------------------------------------------------------
    assign stream_rst = rst || pe_rst || pe_reset_pending;

    wire        su_valid;
    wire [63:0] su_msg;
    wire        req, req_write;
    wire [16:0] req_address;
    wire [2:0]  req_size;
    wire [63:0] req_data;

    wire idle     = state == IDLE;
    wire take_rst = idle && pe_reset_pending && !pe_rst;
    wire take_dn  = idle && !take_rst && dn_valid;
    wire take_su  = idle && !take_rst && !dn_valid && su_valid;
    wire take_reg = idle && !take_rst && !dn_valid && !su_valid && req;
    assign dn_ready = take_dn;
    assign pe_reset_seen = take_rst;

    stream_rx rx (
        .clk(clk), .rst(stream_rst), .tvalid(stream_up_tvalid), .tready(stream_up_tready), .tdata(stream_up_tdata),
        .tlast(stream_up_tlast), .valid(su_valid), .msg(su_msg), .take(take_su)
    );

    wire [63:0] read_data;
    wire        bad;
    reg_port #(.ADDRESS(17)) port (
        .clk(clk), .rst(rst),
        .awvalid(awvalid), .awready(awready), .awaddr(awaddr), .awsize(awsize), .wvalid(wvalid), .wready(wready), .wdata(wdata),
        .bvalid(bvalid), .bready(bready), .bresp(bresp),
        .arvalid(arvalid), .arready(arready), .araddr(araddr), .arsize(arsize),
        .rvalid(rvalid), .rready(rready), .rdata(rdata), .rresp(rresp),
        .req(req), .write(req_write), .address(req_address), .size(req_size), .data(req_data),
        .take(take_reg), .done(take_reg), .answer(read_data), .error(bad)
    );

    // --- the best candidate -----------------------------------------------------------------------------------------
    wire [31:0] candidates = latch & enable & ~active;
    wire [1:0]  forwarded  = dist_groups & cpu_groups;
    wire [31:0] eligible   = candidates & ((forwarded[1] ? group : 32'd0) | (forwarded[0] ? ~group : 32'd0));
    wire        waiting    = |(candidates & ((dist_groups[1] ? group : 32'd0) | (dist_groups[0] ? ~group : 32'd0)));

    // {valid, priority, INTID} of the best of `among`: the lowest priority value, then the lowest INTID
    function [13:0] best_of(input [31:0] among, input [255:0] prio);
        integer k;
        begin
            best_of = 14'd0;
            for (k = 31; k >= 0; k = k - 1)
                if (among[k] && (!best_of[13] || (`PLANTED(10) ? prio[8*k +: 8] < best_of[12:5] : prio[8*k +: 8] <= best_of[12:5])))
                    best_of = {1'b1, prio[8*k +: 8], k[4:0]};
        end
    endfunction

    wire [13:0] best       = state == UPDATE || state == ANSWER ? best_of(eligible, priorities) : 14'd0;
    wire        awake      = power == AWAKE;
    wire        best_valid = best[13] && awake;
    wire        best_group = group[best[4:0]];

    wire        set, clear, held, replaced, settled;
    wire [23:0] held_intid, replaced_intid;
    wire [3:0]  su_kind   = su_msg[3:0];
    wire [23:0] su_intid  = su_msg[`STREAM_ACTIVATE_INTID];
    wire [31:0] su_bit    = su_intid < 24'd32 ? 32'd1 << su_intid[4:0] : 32'd0;
    offer to_gicc (
        .clk(clk), .rst(rst || take_rst),
        .best_valid(best_valid), .best_priority(best[12:5]), .best_intid({19'd0, best[4:0]}), .best_group(best_group),
        .decide(state == UPDATE && awake), .set(set), .clear(clear),
        .retire(take_su && (su_kind == `STREAM_ACTIVATE || su_kind == `STREAM_RELEASE)), .retire_intid(su_intid),
        .cleared(take_su && su_kind == `STREAM_CLEAR_ACK),
        .held(held), .held_intid(held_intid), .replaced(replaced), .replaced_intid(replaced_intid), .settled(settled)
    );

    // --- registers --------------------------------------------------------------------------------------------------
    wire        permitted;
    gicr_access access (.address(req_address), .size(req_size), .permitted(permitted), .bad(bad));
    wire        write = take_reg && req_write && permitted;

    wire [16:0] word_address = {req_address[16:2], 2'b00};
    wire        is_priority  = word_address >= `IRQPATH_GICR_IPRIORITYR && word_address < `IRQPATH_GICR_IPRIORITYR + 17'd32;
    wire [4:0]  priority_at  = req_address[4:0];
    wire [63:0] typer = {AFFINITY, 8'd0, PE[15:0], 3'd0, PE == PES - 1, 4'd0};
    wire        children_asleep = power == ASLEEP || power == WAKING;

    function [31:0] config_word(input [15:0] edges);
        integer k;
        begin
            config_word = 32'd0;
            for (k = 0; k < 16; k = k + 1) config_word[2*k+1] = edges[k];
        end
    endfunction

    reg [63:0] value;   // the register, or the byte of GICR_IPRIORITYR
    always @* begin
        value = 64'd0;
        case (word_address)
            `IRQPATH_GICR_CTLR:       value[3] = rwp;
            `IRQPATH_GICR_IIDR:       value[31:0] = IIDR;
            `IRQPATH_GICR_TYPER:      value = typer;
            `IRQPATH_GICR_TYPER + 17'd4: value[31:0] = typer[63:32];
            `IRQPATH_GICR_WAKER:      value[2:1] = {children_asleep, processor_sleep};
            `IRQPATH_GICR_PIDR2:      value[7:0] = PIDR2;
            `IRQPATH_GICR_CIDR0:      value[7:0] = 8'h0D;
            `IRQPATH_GICR_CIDR1:      value[7:0] = 8'hF0;
            `IRQPATH_GICR_CIDR2:      value[7:0] = 8'h05;
            `IRQPATH_GICR_CIDR3:      value[7:0] = 8'hB1;
            `IRQPATH_GICR_IGROUPR0:   value[31:0] = group;
            `IRQPATH_GICR_ISENABLER0,
            `IRQPATH_GICR_ICENABLER0: value[31:0] = enable;
            `IRQPATH_GICR_ISPENDR0,
            `IRQPATH_GICR_ICPENDR0:   value[31:0] = latch;
            `IRQPATH_GICR_ISACTIVER0,
            `IRQPATH_GICR_ICACTIVER0: value[31:0] = active;
            `IRQPATH_GICR_ICFGR0:     value[31:0] = 32'hAAAA_AAAA;
            `IRQPATH_GICR_ICFGR1:     value[31:0] = config_word(ppi_edge);
            default:
                if (is_priority)
                    value[31:0] = req_size == 3'd0 ? {24'd0, priorities[{priority_at, 3'b000} +: 8]}
                                                   : priorities[{priority_at[4:2], 5'b00000} +: 32];
        endcase
    end
    assign read_data = permitted ? value : 64'd0;

    // --- messages ---------------------------------------------------------------------------------------------------
    wire [3:0] dn_kind = dn_msg[3:0];
    wire [3:0] sgi     = dn_msg[`DIST_SGI_DELIVER_INTID];
    // SGI1R reaches either group, SGI0R and ASGI1R only Group 0 (IHI 0069 12.1, SGI forwarding, one Security state)
    wire       sgi_permitted = dn_msg[`DIST_SGI_DELIVER_KIND] == 2'd1 || !group[{1'b0, sgi}] || `PLANTED(11);
    wire       for_gicc = take_dn && dn_kind == `DIST_SGI_ACK && sgi_void == 4'd0;

    wire       waker_write = write && word_address == `IRQPATH_GICR_WAKER;
    wire       sleep_next  = waker_write ? req_data[1] : processor_sleep;
    // what follows GICR_WAKER: a write, or the answer to the last Quiesce or DownstreamControl
    wire       quiesced    = take_su && su_kind == `STREAM_QUIESCE_ACK;
    wire       connected   = take_su && su_kind == `STREAM_DOWNSTREAM_CONTROL_ACK;
    wire       asleep_now  = power == ASLEEP || quiesced;
    wire       awake_now   = power == AWAKE || connected;
    wire       start_sleep = (waker_write || connected) && sleep_next && awake_now;
    wire       start_wake  = (waker_write || quiesced) && !sleep_next && asleep_now
                             || take_rst && (power == WAKING || power == QUIESCING && !processor_sleep);

    reg         down_push;
    reg  [63:0] down_in;
    always @* begin
        down_push = 1'b1;
        down_in   = 64'd0;
        if (take_su && su_kind == `STREAM_ACTIVATE)
            down_in = {24'd0, su_intid, 12'd0, `STREAM_ACTIVATE_ACK};
        else if (take_su && su_kind == `STREAM_DEACTIVATE)
            down_in = {24'd0, su_intid, 12'd0, `STREAM_DEACTIVATE_ACK};
        else if (take_su && su_kind == `STREAM_UPSTREAM_CONTROL)
            down_in = {60'd0, `STREAM_UPSTREAM_CONTROL_ACK};
        else if (for_gicc)
            down_in = {60'd0, `STREAM_GENERATE_SGI_ACK};
        else if (start_sleep)
            down_in = {60'd0, `STREAM_QUIESCE};
        else if (start_wake)
            down_in = {32'd0, PRIORITY_BITS[15:0], 12'd0, `STREAM_DOWNSTREAM_CONTROL};
        else if (state == UPDATE && awake && set)
            down_in = {24'd0, 19'd0, best[4:0], best[12:5], 3'd0, best_group, `STREAM_SET};
        else if (state == UPDATE && awake && clear)
            down_in = {24'd0, held_intid, 12'd0, `STREAM_CLEAR};
        else
            down_push = 1'b0;
    end

    wire                down_valid, down_pop;
    wire [63:0]         down_msg;
    wire [DOWN_LOG2:0]  down_count;
    msg_fifo #(.WIDTH(64), .LOG2(DOWN_LOG2)) down_queue (
        .clk(clk), .rst(stream_rst && !take_rst), .push(down_push), .in(down_in), .pop(down_pop), .valid(down_valid), .out(down_msg), .count(down_count)
    );
    stream_tx #(.LAST_BEATS(`STREAM_DOWN_LAST_BEATS)) tx (
        .clk(clk), .rst(stream_rst), .valid(down_valid), .msg(down_msg), .pop(down_pop),
        .tvalid(down_tvalid), .tready(down_tready), .tdata(down_tdata), .tlast(down_tlast)
    );

    // PeStatus: {awake, enables} whenever it differs from what GICD was told, one at a time
    wire [2:0]  status = {awake && !processor_sleep, cpu_groups};
    wire        send_status  = state == UPDATE && status != status_sent && !status_owed;
    wire        send_control = state == ANSWER && settled && control_owed && !`PLANTED(12);
    wire        send_sgi     = take_su && su_kind == `STREAM_GENERATE_SGI;
    wire        up_push      = send_sgi || send_status || send_control;
    wire [63:0] up_in        = send_sgi ? {8'd0, su_msg[55:4], `DIST_SGI_REQUEST}
                             : send_status ? {54'd0, status[1:0], 3'd0, status[2], `DIST_PE_STATUS}
                             : {60'd0, `DIST_CONTROL_ACK};
    wire [UP_LOG2:0] up_count;
    msg_fifo #(.WIDTH(64), .LOG2(UP_LOG2)) up_queue (
        .clk(clk), .rst(rst), .push(up_push), .in(up_in), .pop(up_valid && up_ready), .valid(up_valid), .out(up_msg), .count(up_count)
    );

    assign busy = state != IDLE || up_valid || down_valid || bvalid || rvalid || pe_reset_pending;

    // --- state ------------------------------------------------------------------------------------------------------
    wire [31:0] data32 = req_data[31:0];
    integer k;
    always @(posedge clk)
        if (rst) begin
            state      <= IDLE;
            group      <= 32'd0;
            enable     <= 32'd0;
            latch      <= 32'd0;
            active     <= 32'd0;
            ppi_edge   <= 16'd0;
            priorities <= 256'd0;
            cpu_groups  <= 2'b00;
            dist_groups <= 2'b00;
            processor_sleep <= 1'b1;
            power        <= ASLEEP;
            rwp          <= 1'b0;
            control_owed <= 1'b0;
            status_owed  <= 1'b0;
            status_sent  <= 3'b000;
            sgi_outstanding  <= 4'd0;
            sgi_void         <= 4'd0;
            pe_reset_pending <= 1'b0;
            wake             <= 1'b0;
        end else begin
            if (pe_rst) pe_reset_pending <= 1'b1;
            else if (take_rst) pe_reset_pending <= 1'b0;

            case (state)
                IDLE: if (take_rst || take_dn || take_su || take_reg) state <= UPDATE;
                UPDATE: begin
                    state <= ANSWER;
                    if (!awake && waiting) wake <= 1'b1;
                    if (send_status) begin
                        status_sent <= status;
                        status_owed <= 1'b1;
                    end
                end
                default: begin
                    state <= IDLE;
                    if (settled) begin
                        rwp          <= 1'b0;
                        control_owed <= 1'b0;
                    end
                end
            endcase

            if (take_dn)
                case (dn_kind)
                    `DIST_SGI_DELIVER: if (sgi_permitted) latch[{1'b0, sgi}] <= 1'b1;
                    `DIST_CONTROL: begin
                        dist_groups  <= dn_msg[`DIST_CONTROL_ENABLES];
                        control_owed <= 1'b1;
                    end
                    `DIST_SGI_ACK: begin
                        sgi_outstanding <= sgi_outstanding - 4'd1;
                        if (sgi_void != 4'd0) sgi_void <= sgi_void - 4'd1;
                    end
                    `DIST_PE_STATUS_ACK: status_owed <= 1'b0;
                    default: ;
                endcase

            if (take_su)
                case (su_kind)
                    `STREAM_ACTIVATE: begin
                        active <= active | su_bit;
                        if (!`PLANTED(13)) latch <= latch & ~su_bit;
                    end
                    `STREAM_DEACTIVATE: active <= active & ~su_bit;
                    `STREAM_GENERATE_SGI: sgi_outstanding <= sgi_outstanding + 4'd1;
                    `STREAM_UPSTREAM_CONTROL: cpu_groups <= su_msg[`STREAM_UPSTREAM_CONTROL_ENABLES];
                    default: ;
                endcase

            if (start_sleep) power <= QUIESCING;
            else if (start_wake) power <= WAKING;
            else if (quiesced || take_rst && power == QUIESCING) power <= ASLEEP;
            else if (connected) power <= AWAKE;
            if (connected) wake <= 1'b0;

            if (take_rst) begin
                cpu_groups <= 2'b00;
                sgi_void   <= sgi_outstanding;
            end

            if (write) begin
                if (waker_write) processor_sleep <= req_data[1];
                case (word_address)
                    `IRQPATH_GICR_IGROUPR0:   group  <= data32;
                    `IRQPATH_GICR_ISENABLER0: enable <= `PLANTED(14) ? data32 : enable | data32;
                    `IRQPATH_GICR_ICENABLER0: begin
                        enable <= enable & ~data32;
                        if (|(enable & data32) && !`PLANTED(15)) rwp <= 1'b1;
                    end
                    `IRQPATH_GICR_ISPENDR0:   latch  <= latch | data32;
                    `IRQPATH_GICR_ICPENDR0:   latch  <= latch & ~data32;
                    `IRQPATH_GICR_ISACTIVER0: active <= active | data32;
                    `IRQPATH_GICR_ICACTIVER0: active <= active & ~data32;
                    `IRQPATH_GICR_ICFGR1:     for (k = 0; k < 16; k = k + 1) ppi_edge[k] <= data32[2*k+1];
                    default: ;
                endcase
                if (is_priority) begin
                    if (req_size == 3'd0) priorities[{priority_at, 3'b000} +: 8] <= data32[7:0] & PRIORITY_MASK;
                    else priorities[{priority_at[4:2], 5'b00000} +: 32] <= data32 & {4{PRIORITY_MASK}};
                end
            end
        end

    wire unused = &{1'b0, replaced, replaced_intid, held, down_count, up_count, su_msg[63:56], dn_msg[63:20], dn_msg[15:6], req_data[63:32], 1'b0};
endmodule
`default_nettype wire
