// GICR: the Redistributor of one PE (golden model: pymodel/irqpath/gic/gicr/redistributor.py; IHI 0069 2, 5.1, 11, 12, appendix A).
//
// Runs to completion: one input is accepted, what it does to LPIs is carried out (OPS: gicr_lpi.v, over the mem link), then the
// best candidate is found (UPDATE), the offer to the CPU interface is moved by at most one message (DECIDE), and what waited for
// that is answered (RESPOND). When several inputs wait, the order is: reset of the PE, messages from GICD, messages from GICC,
// commands of the ITS; then wires of PPIs (one at a time, the lowest INTID first) and registers, in turn. Queues never fill: see
// irqpath_top.v.
//
// Leaves out: EPPIs, Security states, virtual LPIs; more than one ITS.
`default_nettype none
`include "generated/irqpath_regs.vh"
`include "generated/irqpath_links.vh"
module gicr #(
    parameter        PE             = 0,
    parameter        PES            = 1,
    parameter        PRIORITY_BITS  = 5,
    parameter        INTID_BITS     = 16,
    parameter        LPIS           = 1,       // GICR_TYPER.PLPIS
    parameter        DIRECT_LPI     = 0,       // GICR_SETLPIR and its companions
    parameter        LPI_SLOTS      = 32,
    parameter        ONE_OF_N       = 1,       // GICR_CTLR.DPG*
    parameter        CES            = 1,       // EnableLPIs can be cleared
    parameter [1:0]  COMMON_LPI_AFF = 2'd0,
    parameter [31:0] AFFINITY       = 32'd0,
    parameter [31:0] IIDR           = 32'd0,
    parameter [7:0]  PIDR2          = 8'h3B,
    parameter        DOWN_DEPTH     = 8,
    parameter        UP_DEPTH       = 16
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
    // its_gicr
    input  wire        cmd_valid,
    output wire        cmd_ready,
    input  wire [63:0] cmd_msg,
    output reg         ack_valid,
    input  wire        ack_ready,
    output reg  [63:0] ack_msg,
    // mem
    output wire        mem_valid,
    input  wire        mem_ready,
    output wire        mem_write,
    output wire [1:0]  mem_size,
    output wire [51:0] mem_address,
    output wire [63:0] mem_wdata,
    input  wire        mem_rvalid,
    input  wire [63:0] mem_rdata,
    // irq
    input  wire [15:0] ppi,           // wires of INTIDs 16 to 31
    output reg         wake,
    output wire        ppi_sampled,   // strobe: a change of a PPI's wire is an input of this block now
    output wire [3:0]  ppi_number,
    output wire        ppi_high,
    output wire        stream_rst,    // the stream is being reset
    output wire        pe_reset_seen, // strobe: the reset of the PE is an input of this block now
    output wire        busy
);
    localparam [2:0] IDLE = 3'd0, SECOND = 3'd1, OPS = 3'd2, OPS_WAIT = 3'd3, FOLLOW = 3'd4, UPDATE = 3'd5, DECIDE = 3'd6, RESPOND = 3'd7;
    localparam [1:0] ASLEEP = 2'd0, WAKING = 2'd1, AWAKE = 2'd2, QUIESCING = 2'd3;
    localparam [2:0] OP_SET = 3'd0, OP_CLEAR = 3'd1, OP_INV = 3'd2, OP_INVALL = 3'd3, OP_ENABLE = 3'd4, OP_FLUSH = 3'd5,
                     OP_BEST = 3'd6, OP_ANY = 3'd7;
    // what follows an operation on LPIs
    localparam [2:0] F_NONE = 3'd0, F_ACK = 3'd1, F_TAKE = 3'd2, F_ANY = 3'd3, F_ACTIVATE = 3'd4, F_MOVED = 3'd5, F_BEST = 3'd6,
                     F_FLUSH = 3'd7;

    reg [2:0]   state;
    reg [1:0]   cpu_groups, dist_groups, dpg;
    reg         processor_sleep;
    reg [1:0]   power;
    reg         rwp, control_outstanding, direct_busy, dpg_outstanding, syncing;
    reg         status_outstanding;
    reg [4:0]   status_sent;                  // {dpg, awake, enables}
    reg [3:0]   sgi_out, sgi_flushed, act_out, act_flushed, deact_out, deact_flushed;   // outstanding at GICD; of these, flushed
    reg         pe_reset_pending;
    reg         spi;                          // an SPI is offered by GICD
    reg [7:0]   spi_priority;
    reg [23:0]  spi_intid;
    reg         spi_group;
    reg         old_valid, recalling;         // one that GICD replaced, one that it recalls, while GICC may hold it
    reg [23:0]  old_intid, recall_intid;
    reg [63:0]  second_msg;                   // to GICD, in SECOND
    // LPIs
    reg         lpi_enabled, flushing;
    reg [63:0]  propbaser, pendbaser;
    reg         moving, moving_any;
    reg [23:0]  moving_intid;
    reg [2:0]   op, follow;
    reg         op_wanted;
    reg [23:0]  operand;
    reg         lpi_stale;                    // the best LPI must be asked for again
    reg         lpi_best;
    reg [7:0]   lpi_priority;
    reg [23:0]  lpi_intid;
    // the best of all
    reg         best_valid;
    reg [7:0]   best_priority;
    reg [23:0]  best_intid;
    reg         best_group;

    // --- inputs -----------------------------------------------------------------------------------------------------
    assign stream_rst = rst || pe_rst || pe_reset_pending;

    wire        su_valid;
    wire [63:0] su_msg;
    wire        req, req_write;
    wire [16:0] req_address;
    wire [2:0]  req_size;
    wire [63:0] req_data;
    wire [15:0] ppi_level;
    reg  [15:0] ppi_was, ppi_caught;        // a rise is kept until it is taken in, as in gicd_spis.v
    wire [15:0] ppi_seen    = ppi | ppi_caught;
    wire [15:0] ppi_changed = ppi_seen ^ ppi_level;

    wire idle     = state == IDLE;
    wire take_rst = idle && pe_reset_pending && !pe_rst;
    wire take_dn  = idle && !take_rst && dn_valid;
    wire take_su  = idle && !take_rst && !dn_valid && su_valid;
    wire take_cmd = idle && !take_rst && !dn_valid && !su_valid && cmd_valid && !ack_valid && !moving && !syncing;
    wire before_ppi = take_rst || take_dn || take_su || take_cmd;
    reg  wire_last;                          // of wires and registers, a wire was taken last
    wire take_ppi = idle && !before_ppi && |ppi_changed && !(req && wire_last);
    wire take_reg = idle && !before_ppi && req && !(|ppi_changed && !wire_last);
    assign dn_ready      = take_dn;
    assign cmd_ready     = take_cmd;
    assign pe_reset_seen = take_rst;
    assign ppi_sampled   = take_ppi;

    function [3:0] lowest16(input [15:0] bits);
        integer k;
        begin
            lowest16 = 4'd0;
            for (k = 15; k >= 0; k = k - 1) if (bits[k]) lowest16 = k[3:0];
        end
    endfunction
    assign ppi_number = lowest16(ppi_changed);
    assign ppi_high   = ppi_seen[ppi_number];
    always @(posedge clk)
        if (rst) {ppi_was, ppi_caught, wire_last} <= 33'd0;
        else begin
            if (take_ppi || take_reg) wire_last <= take_ppi;
            ppi_was    <= ppi;
            ppi_caught <= (ppi_caught | ppi & ~ppi_was) & ~({15'd0, take_ppi} << ppi_number) & ~ppi_level;
        end

    stream_rx rx (
        .clk(clk), .rst(stream_rst), .tvalid(stream_up_tvalid), .tready(stream_up_tready), .tdata(stream_up_tdata),
        .tlast(stream_up_tlast), .valid(su_valid), .msg(su_msg), .take(take_su)
    );

    wire [63:0] read_data;
    wire        permitted, bad;
    reg_port #(.ADDRESS(17)) port (
        .clk(clk), .rst(rst),
        .awvalid(awvalid), .awready(awready), .awaddr(awaddr), .awsize(awsize), .wvalid(wvalid), .wready(wready), .wdata(wdata),
        .bvalid(bvalid), .bready(bready), .bresp(bresp),
        .arvalid(arvalid), .arready(arready), .araddr(araddr), .arsize(arsize),
        .rvalid(rvalid), .rready(rready), .rdata(rdata), .rresp(rresp),
        .req(req), .write(req_write), .address(req_address), .size(req_size), .data(req_data),
        .take(take_reg), .done(take_reg), .response(read_data), .error(bad)
    );
    gicr_access access (.address(req_address), .size(req_size), .permitted(permitted), .bad(bad));

    wire [3:0]  dn_kind  = dn_msg[3:0];
    wire [23:0] dn_intid = dn_msg[`DIST_SPI_OFFER_INTID];
    wire [3:0]  su_kind  = su_msg[3:0];
    wire [23:0] su_intid = su_msg[`STREAM_ACTIVATE_INTID];
    wire        su_private = su_intid < 24'd32;
    wire        su_lpi     = su_intid >= 24'd8192;
    wire        activate   = take_su && su_kind == `STREAM_ACTIVATE;
    wire        deactivate = take_su && su_kind == `STREAM_DEACTIVATE;
    wire        returned   = take_su && (su_kind == `STREAM_RELEASE || su_kind == `STREAM_CLEAR_ACK);
    wire [3:0]  cmd_kind  = cmd_msg[3:0];
    wire [23:0] cmd_intid = cmd_msg[`ITS_LPI_SET_INTID];

    // --- SGIs and PPIs ----------------------------------------------------------------------------------------------
    wire        write = take_reg && req_write && permitted;
    wire [3:0]  sgi   = dn_msg[`DIST_SGI_DELIVER_INTID];
    wire [31:0] group, candidates, bank_value;
    wire        disables, own_valid;
    wire [7:0]  own_priority;
    wire [4:0]  own_intid;
    wire        awake     = power == AWAKE;
    wire [1:0]  forwarded = dist_groups & (awake ? cpu_groups : 2'b11);
    wire [31:0] eligible  = candidates & ((forwarded[1] ? group : 32'd0) | (forwarded[0] ? ~group : 32'd0));
    // SGI1R reaches either group, SGI0R and ASGI1R only Group 0 (IHI 0069 12.1, SGI forwarding, one Security state)
    wire        sgi_permitted = dn_msg[`DIST_SGI_DELIVER_KIND] == 2'd1 || !group[{1'b0, sgi}];
    gicr_bank #(.PRIORITY_BITS(PRIORITY_BITS)) bank (
        .clk(clk), .rst(rst), .write(write), .address(req_address), .byte_access(req_size == 3'd0), .data(req_data[31:0]),
        .value(bank_value), .disables(disables),
        .pend_sgi(take_dn && dn_kind == `DIST_SGI_DELIVER && sgi_permitted), .sgi(sgi),
        .drive(take_ppi), .ppi(ppi_number), .ppi_level(ppi_seen[ppi_number]),
        .activate(activate && su_private), .deactivate(deactivate && su_private), .intid(su_intid[4:0]),
        .group(group), .level(ppi_level), .candidates(candidates), .search(state == UPDATE), .eligible(eligible),
        .best_valid(own_valid), .best_priority(own_priority), .best_intid(own_intid)
    );

    // --- LPIs -------------------------------------------------------------------------------------------------------
    wire        lpi_done, lpi_result;
    wire [7:0]  lpi_result_priority;
    wire [23:0] lpi_result_intid;
    wire        held, replaced;
    wire [23:0] held_intid, replaced_intid;
    generate
        if (LPIS != 0) begin : g_lpi
            gicr_lpi #(
                .SLOTS(LPI_SLOTS), .INTID_BITS(INTID_BITS), .PRIORITY_BITS(PRIORITY_BITS)
            ) lpi (
                .clk(clk), .rst(rst), .start(state == OPS), .op(op), .operand(operand), .done(lpi_done), .result(lpi_result),
                .result_priority(lpi_result_priority), .result_intid(lpi_result_intid),
                .enabled(lpi_enabled), .idbits(propbaser[4:0]), .prop_base({propbaser[51:12], 12'd0}),
                .pend_base({pendbaser[51:16], 16'd0}), .ptz(pendbaser[62]),
                .move(moving), .moving(moving_intid), .fly0(held), .flight0(held_intid), .fly1(replaced), .flight1(replaced_intid),
                .mem_valid(mem_valid), .mem_ready(mem_ready), .mem_write(mem_write), .mem_size(mem_size), .mem_address(mem_address),
                .mem_wdata(mem_wdata), .mem_rvalid(mem_rvalid), .mem_rdata(mem_rdata)
            );
        end else begin : g_no_lpi
            assign {lpi_done, lpi_result, mem_valid, mem_write} = 4'b1000;
            assign lpi_result_priority = 8'd0;
            assign lpi_result_intid    = 24'd0;
            assign mem_size    = 2'd0;
            assign mem_address = 52'd0;
            assign mem_wdata   = 64'd0;
            wire unused = &{1'b0, mem_ready, mem_rvalid, mem_rdata, lpi_enabled, operand, op, 1'b0};
        end
    endgenerate
    wire lpi_in_flight = held && held_intid >= 24'd8192 || replaced && replaced_intid >= 24'd8192;

    // --- the offer to the CPU interface -----------------------------------------------------------------------------
    wire set, clear, settled;
    offer to_gicc (
        .clk(clk), .rst(rst || take_rst),
        .best_valid(best_valid), .best_priority(best_priority), .best_intid(best_intid), .best_group(best_group),
        .decide(state == DECIDE && awake), .set(set), .clear(clear),
        .retire(activate || take_su && su_kind == `STREAM_RELEASE), .retire_intid(su_intid),
        .cleared(take_su && su_kind == `STREAM_CLEAR_ACK),
        .held(held), .held_intid(held_intid), .replaced(replaced), .replaced_intid(replaced_intid), .settled(settled)
    );
    wire holds_spi    = held && held_intid == spi_intid || replaced && replaced_intid == spi_intid;
    wire holds_dn     = held && held_intid == dn_intid || replaced && replaced_intid == dn_intid;
    wire holds_cmd    = held && held_intid == cmd_intid || replaced && replaced_intid == cmd_intid;
    wire holds_result = held && held_intid == lpi_result_intid || replaced && replaced_intid == lpi_result_intid;

    // the best of SGIs and PPIs, the offered SPI, LPIs
    wire        spi_here = spi && forwarded[spi_group];
    wire        lpi_here = lpi_enabled && forwarded[1] && lpi_best;
    wire [31:0] own_rank = {own_priority, 19'd0, own_intid};
    wire [31:0] spi_rank = {spi_priority, spi_intid};
    wire [31:0] lpi_rank = {lpi_priority, lpi_intid};
    wire        spi_wins = spi_here && (!own_valid || spi_rank < own_rank);
    wire [31:0] two_rank = spi_wins ? spi_rank : own_rank;
    wire        lpi_wins = lpi_here && (!(own_valid || spi_here) || lpi_rank < two_rank);
    wire        ask_lpi  = LPIS != 0 && lpi_enabled && forwarded[1] && lpi_stale;

    // --- registers --------------------------------------------------------------------------------------------------
    wire [16:0] word_addr = {req_address[16:3], 3'b000};     // the 64-bit word
    // fields without a line are 0
    localparam [63:0] ONE   = 64'd1;
    localparam [63:0] TYPER = (LPIS != 0 ? ONE : 64'd0) << `IRQPATH_GICR_TYPER_PLPIS_LSB
                              | (DIRECT_LPI != 0 && LPIS != 0 ? ONE : 64'd0) << `IRQPATH_GICR_TYPER_DirectLPI_LSB
                              | (PE == PES - 1 ? ONE : 64'd0) << `IRQPATH_GICR_TYPER_Last_LSB
                              | (ONE_OF_N != 0 ? ONE : 64'd0) << `IRQPATH_GICR_TYPER_DPGS_LSB
                              | {48'd0, PE[15:0]} << `IRQPATH_GICR_TYPER_Processor_Number_LSB
                              | {62'd0, COMMON_LPI_AFF} << `IRQPATH_GICR_TYPER_CommonLPIAff_LSB
                              | {32'd0, AFFINITY} << `IRQPATH_GICR_TYPER_Affinity_Value_LSB;
    wire        children_asleep = power == ASLEEP || power == WAKING;
    wire [31:0] ctlr = {6'd0, dpg[1], dpg[0], 20'd0, rwp || dpg_outstanding || flushing, 1'b0, CES != 0 && LPIS != 0, lpi_enabled};

    reg [63:0] value;
    always @*
        case (word_addr)
            `IRQPATH_GICR_CTLR:       value = {IIDR, ctlr};
            `IRQPATH_GICR_TYPER:      value = TYPER;
            `IRQPATH_GICR_STATUSR:    value = {29'd0, children_asleep, processor_sleep, 1'b0, 32'd0};   // GICR_WAKER is above it
            `IRQPATH_GICR_PROPBASER:  value = LPIS != 0 ? propbaser : 64'd0;
            `IRQPATH_GICR_PENDBASER:  value = LPIS != 0 ? pendbaser & ~(64'd1 << 62) : 64'd0;           // PTZ reads as 0 (R28)
            `IRQPATH_GICR_SYNCR:      value = {63'd0, direct_busy};
            `IRQPATH_GICR_PIDR2:      value = {56'd0, PIDR2};
            `IRQPATH_GICR_CIDR0:      value = {32'hF0, 32'h0D};
            `IRQPATH_GICR_CIDR2:      value = {32'hB1, 32'h05};
            default:                  value = 64'd0;
        endcase
    assign read_data = !permitted ? 64'd0 : req_address[16] ? {32'd0, bank_value} : value >> {req_address[2], 5'd0};

    wire [63:0] lanes = (req_size == 3'd3 ? {64{1'b1}} : 64'hFFFF_FFFF) << {req_address[2], 5'd0};
    wire [63:0] data  = req_data << {req_address[2], 5'd0};
    wire        write_ctlr  = write && req_address == `IRQPATH_GICR_CTLR;
    wire        enable_lpis = write_ctlr && LPIS != 0 && req_data[0] && !lpi_enabled;
    wire        disable_lpis = write_ctlr && LPIS != 0 && CES != 0 && !req_data[0] && lpi_enabled;
    wire        tables_free = LPIS != 0 && !lpi_enabled && !flushing;
    wire        direct      = DIRECT_LPI != 0 && LPIS != 0 && write;

    // --- sleep ------------------------------------------------------------------------------------------------------
    wire       waker_write = write && req_address == `IRQPATH_GICR_WAKER;
    wire       sleep_next  = waker_write ? req_data[1] : processor_sleep;
    // what follows GICR_WAKER: a write, or the response to the last Quiesce or DownstreamControl
    wire       quiesced    = take_su && su_kind == `STREAM_QUIESCE_ACK;
    wire       connected   = take_su && su_kind == `STREAM_DOWNSTREAM_CONTROL_ACK;
    wire       asleep_now  = power == ASLEEP || quiesced;
    wire       awake_now   = power == AWAKE || connected;
    wire       start_sleep = (waker_write || connected) && sleep_next && awake_now;
    wire       start_wake  = (waker_write || quiesced) && !sleep_next && asleep_now
                             || take_rst && (power == WAKING || power == QUIESCING && !processor_sleep);

    // --- messages to the CPU interface ------------------------------------------------------------------------------
    wire sgi_done   = take_dn && dn_kind == `DIST_SGI_ACK && sgi_flushed == 4'd0;
    wire act_done   = take_dn && dn_kind == `DIST_SPI_ACTIVATE_ACK && act_flushed == 4'd0;
    wire deact_done = take_dn && dn_kind == `DIST_SPI_DEACTIVATE_ACK && deact_flushed == 4'd0;
    reg         down_push;
    reg  [63:0] down_in;
    always @* begin
        down_push = 1'b1;
        down_in   = 64'd0;
        if (activate && (su_private || su_lpi))
            down_in = {24'd0, su_intid, 12'd0, `STREAM_ACTIVATE_ACK};
        else if (deactivate && su_private)
            down_in = {24'd0, su_intid, 12'd0, `STREAM_DEACTIVATE_ACK};
        else if (take_su && su_kind == `STREAM_UPSTREAM_CONTROL)
            down_in = {60'd0, `STREAM_UPSTREAM_CONTROL_ACK};
        else if (sgi_done)
            down_in = {60'd0, `STREAM_GENERATE_SGI_ACK};
        else if (act_done)
            down_in = {24'd0, dn_intid, 12'd0, `STREAM_ACTIVATE_ACK};
        else if (deact_done)
            down_in = {24'd0, dn_intid, 12'd0, `STREAM_DEACTIVATE_ACK};
        else if (start_sleep)
            down_in = {60'd0, `STREAM_QUIESCE};
        else if (start_wake)
            down_in = {32'd0, PRIORITY_BITS[15:0], 12'd0, `STREAM_DOWNSTREAM_CONTROL};
        else if (state == DECIDE && awake && set)
            down_in = {24'd0, best_intid, best_priority, 3'd0, best_group, `STREAM_SET};
        else if (state == DECIDE && awake && clear)
            down_in = {24'd0, held_intid, 12'd0, `STREAM_CLEAR};
        else
            down_push = 1'b0;
    end
    wire                down_valid, down_pop;
    wire [63:0]         down_msg;
    wire [$clog2(DOWN_DEPTH):0] down_count;
    msg_fifo #(.WIDTH(64), .DEPTH(DOWN_DEPTH)) down_queue (
        .clk(clk), .rst(rst || stream_rst && !take_rst), .push(down_push), .in(down_in), .pop(down_pop), .valid(down_valid), .out(down_msg),
        .count(down_count)
    );
    stream_tx #(.LAST_BEATS(`STREAM_DOWN_LAST_BEATS)) tx (
        .clk(clk), .rst(stream_rst), .valid(down_valid), .msg(down_msg), .pop(down_pop),
        .tvalid(down_tvalid), .tready(down_tready), .tdata(down_tdata), .tlast(down_tlast)
    );

    // --- messages to GICD -------------------------------------------------------------------------------------------
    // What GICC does not hold any more, because it took it, gave it back, or was reset, may be what GICD waits for: a replaced SPI
    // (SpiRelease, unless it was taken), a recalled one (SpiRecallAck), or both, of one INTID or of two. Each is answered once. GICD
    // recalls what it offered last, so the replaced one came to GICC before, and is answered first.
    wire        left          = activate || returned;
    wire        old_gone      = old_valid && (take_rst ? replaced && replaced_intid == old_intid || held && held_intid == old_intid
                                                       : left && su_intid == old_intid);
    wire        recalled_gone = recalling && (take_rst ? replaced && replaced_intid == recall_intid || held && held_intid == recall_intid
                                                       : left && su_intid == recall_intid);
    wire        release_outstanding = old_gone && !activate;
    wire [63:0] release_msg    = {24'd0, old_intid, 12'd0, `DIST_SPI_RELEASE};
    wire [63:0] recalled_msg   = {24'd0, recall_intid, 12'd0, `DIST_SPI_RECALL_ACK};
    wire        both           = release_outstanding && recalled_gone;
    wire        first_back     = release_outstanding || recalled_gone && !activate;
    wire        second_back    = recalled_gone && activate || both;

    wire [4:0]  status       = {dpg, awake && !processor_sleep, cpu_groups};
    wire        send_status  = state == DECIDE && status != status_sent && !status_outstanding;
    wire        flush_now    = state == RESPOND && flushing && !lpi_in_flight;
    wire        respond_now  = state == RESPOND && !flush_now && settled;
    wire        send_control = respond_now && control_outstanding;
    reg         up_push;
    reg  [63:0] up_in;
    always @* begin
        up_push = 1'b1;
        up_in   = 64'd0;
        if (take_su && su_kind == `STREAM_GENERATE_SGI)
            up_in = {8'd0, su_msg[55:4], `DIST_SGI_REQUEST};
        else if (activate && !su_private && !su_lpi)
            up_in = {24'd0, su_intid, 12'd0, `DIST_SPI_ACTIVATE};
        else if (deactivate && !su_private)
            up_in = {24'd0, su_intid, 12'd0, `DIST_SPI_DEACTIVATE};
        else if (first_back)
            up_in = release_outstanding ? release_msg : recalled_msg;
        else if (take_dn && dn_kind == `DIST_SPI_OFFER && spi && !holds_spi)
            up_in = {24'd0, spi_intid, 12'd0, `DIST_SPI_RELEASE};
        else if (take_dn && dn_kind == `DIST_SPI_RECALL && !holds_dn)
            up_in = {24'd0, dn_intid, 12'd0, `DIST_SPI_RECALL_ACK};
        else if (state == SECOND)
            up_in = second_msg;
        else if (send_status)
            up_in = {54'd0, status[1:0], 1'b0, status[4:3], status[2], `DIST_PE_STATUS};
        else if (send_control)
            up_in = {60'd0, `DIST_CONTROL_ACK};
        else
            up_push = 1'b0;
    end
    wire [$clog2(UP_DEPTH):0] up_count;
    msg_fifo #(.WIDTH(64), .DEPTH(UP_DEPTH)) up_queue (
        .clk(clk), .rst(rst), .push(up_push), .in(up_in), .pop(up_valid && up_ready), .valid(up_valid), .out(up_msg), .count(up_count)
    );

    assign busy = state != IDLE || up_valid || down_valid || ack_valid || bvalid || rvalid || pe_reset_pending || |ppi_changed;

    // --- what an input asks of the LPIs -----------------------------------------------------------------------------
    // an LPI that was being handed over is held by GICC no more
    wire        moved = moving && (returned && su_intid == moving_intid || take_rst);
    reg         ask;
    reg  [2:0]  ask_op, ask_follow;
    reg  [23:0] ask_intid;
    always @* begin
        ask        = 1'b0;
        ask_op     = OP_CLEAR;
        ask_follow = F_NONE;
        ask_intid  = su_intid;
        if (moved) begin
            ask        = 1'b1;
            ask_intid  = moving_intid;
            ask_follow = F_MOVED;
        end else if (activate && su_lpi) begin
            ask        = 1'b1;
            ask_follow = F_ACTIVATE;
        end else if (take_cmd) begin
            ask_intid  = cmd_intid;
            ask_follow = F_ACK;
            case (cmd_kind)
                `ITS_LPI_SET:    {ask, ask_op} = {1'b1, OP_SET};
                `ITS_LPI_CLEAR:  {ask, ask_op} = {1'b1, OP_CLEAR};
                `ITS_LPI_INV:    {ask, ask_op} = {1'b1, OP_INV};
                `ITS_LPI_INVALL: {ask, ask_op} = {1'b1, OP_INVALL};
                `ITS_LPI_TAKE:   {ask, ask_op, ask_follow} = {!holds_cmd, OP_CLEAR, F_TAKE};
                `ITS_LPI_TAKE_ANY: {ask, ask_op, ask_follow} = {1'b1, OP_ANY, F_ANY};
                default: ;
            endcase
        end else if (enable_lpis) begin
            ask    = 1'b1;
            ask_op = OP_ENABLE;
        end else if (direct) begin
            ask_intid = |req_data[31:24] ? 24'd0 : req_data[23:0];   // an INTID that is no LPI changes nothing
            case (word_addr)
                `IRQPATH_GICR_SETLPIR: {ask, ask_op} = {!req_address[2], OP_SET};
                `IRQPATH_GICR_CLRLPIR: {ask, ask_op} = {!req_address[2], OP_CLEAR};
                `IRQPATH_GICR_INVLPIR: {ask, ask_op} = {!req_address[2], OP_INV};
                `IRQPATH_GICR_INVALLR: {ask, ask_op} = {1'b1, OP_INVALL};
                default: ;
            endcase
        end
    end
    wire direct_clears = direct && ask && ask_op != OP_SET;
    wire accepted = take_rst || take_dn || take_su || take_cmd || take_ppi || take_reg;

    task acknowledge(input pending, input [23:0] which);
        begin
            ack_valid <= 1'b1;
            ack_msg   <= {24'd0, pending ? which : 24'd0, 11'd0, pending, `ITS_LPI_ACK};
        end
    endtask

    // --- state ------------------------------------------------------------------------------------------------------
    always @(posedge clk)
        if (rst) begin
            state <= IDLE;
            {cpu_groups, dist_groups, dpg} <= 6'd0;
            processor_sleep <= 1'b1;
            power <= ASLEEP;
            {rwp, control_outstanding, direct_busy, dpg_outstanding, syncing, status_outstanding} <= 6'd0;
            status_sent <= 5'd0;
            {sgi_out, sgi_flushed, act_out, act_flushed, deact_out, deact_flushed} <= 24'd0;
            pe_reset_pending <= 1'b0;
            {spi, spi_priority, spi_intid, spi_group} <= 34'd0;
            {old_valid, old_intid, recalling, recall_intid} <= 50'd0;
            second_msg <= 64'd0;
            {lpi_enabled, flushing, propbaser, pendbaser} <= 130'd0;
            {moving, moving_any, moving_intid} <= 26'd0;
            {op, follow, op_wanted, operand} <= 31'd0;
            {lpi_stale, lpi_best, lpi_priority, lpi_intid} <= 34'd0;
            {best_valid, best_priority, best_intid, best_group} <= 34'd0;
            ack_valid <= 1'b0;
            ack_msg   <= 64'd0;
            wake      <= 1'b0;
        end else begin
            if (pe_rst) pe_reset_pending <= 1'b1;
            else if (take_rst) pe_reset_pending <= 1'b0;
            if (ack_valid && ack_ready) ack_valid <= 1'b0;

            case (state)
                IDLE: if (accepted) begin
                    second_msg <= recalled_msg;
                    op_wanted  <= ask;
                    op         <= ask_op;
                    follow     <= ask_follow;
                    operand    <= ask_intid;
                    if (ask) lpi_stale <= 1'b1;
                    state <= second_back ? SECOND : ask ? OPS : UPDATE;
                end
                SECOND: state <= op_wanted ? OPS : UPDATE;
                OPS: begin
                    state <= OPS_WAIT;
                    if (op != OP_BEST) lpi_stale <= 1'b1;
                end
                OPS_WAIT: if (lpi_done) state <= FOLLOW;
                FOLLOW:
                    case (follow)
                        F_ACK: begin
                            acknowledge(1'b0, 24'd0);
                            state <= UPDATE;
                        end
                        F_TAKE: begin
                            acknowledge(lpi_result, operand);
                            state <= UPDATE;
                        end
                        F_ANY: begin
                            operand <= lpi_result_intid;
                            state   <= UPDATE;
                            if (!lpi_result) acknowledge(1'b0, 24'd0);
                            else if (holds_result) begin
                                moving       <= 1'b1;
                                moving_any   <= 1'b1;
                                moving_intid <= lpi_result_intid;
                                lpi_stale    <= 1'b1;
                            end else begin
                                op     <= OP_CLEAR;
                                follow <= F_TAKE;
                                state  <= OPS;
                            end
                        end
                        F_ACTIVATE: begin
                            state <= UPDATE;
                            if (moving && moving_intid == operand) begin
                                moving <= 1'b0;
                                op     <= OP_CLEAR;
                                follow <= F_MOVED;
                                state  <= OPS;
                            end
                        end
                        F_MOVED: begin
                            moving <= 1'b0;
                            state  <= UPDATE;
                            if (!lpi_result && moving_any) begin
                                op     <= OP_ANY;
                                follow <= F_ANY;
                                state  <= OPS;
                            end else acknowledge(lpi_result, operand);
                        end
                        F_BEST: begin
                            lpi_stale    <= 1'b0;
                            lpi_best     <= lpi_result;
                            lpi_priority <= lpi_result_priority;
                            lpi_intid    <= lpi_result_intid;
                            state        <= UPDATE;
                        end
                        F_FLUSH: begin
                            flushing <= 1'b0;
                            state    <= RESPOND;
                        end
                        default: state <= UPDATE;
                    endcase
                UPDATE:
                    if (ask_lpi) begin
                        op     <= OP_BEST;
                        follow <= F_BEST;
                        state  <= OPS;
                    end else begin
                        best_valid    <= awake && (own_valid || spi_here || lpi_here);
                        best_priority <= lpi_wins ? lpi_priority : two_rank[31:24];
                        best_intid    <= lpi_wins ? lpi_intid : two_rank[23:0];
                        best_group    <= lpi_wins || (spi_wins ? spi_group : group[own_intid]);
                        if (!awake && (own_valid || spi_here || lpi_here)) wake <= 1'b1;
                        state <= DECIDE;
                    end
                DECIDE: begin
                    state <= RESPOND;
                    if (send_status) begin
                        status_sent <= status;
                        status_outstanding <= 1'b1;
                    end
                end
                default:   // RESPOND
                    if (flush_now) begin
                        op     <= OP_FLUSH;
                        follow <= F_FLUSH;
                        state  <= OPS;
                    end else begin
                        state <= IDLE;
                        if (settled) begin
                            {rwp, direct_busy, control_outstanding, syncing} <= 4'd0;
                            if (syncing) acknowledge(1'b0, 24'd0);
                        end
                    end
            endcase

            if (take_dn)
                case (dn_kind)
                    `DIST_SPI_OFFER: begin
                        spi          <= 1'b1;
                        spi_intid    <= dn_intid;
                        spi_priority <= dn_msg[`DIST_SPI_OFFER_PRIORITY];
                        spi_group    <= dn_msg[4];
                        if (spi && holds_spi) begin
                            old_valid <= 1'b1;
                            old_intid <= spi_intid;
                        end
                    end
                    `DIST_SPI_RECALL: begin
                        if (spi && spi_intid == dn_intid) spi <= 1'b0;
                        if (holds_dn) begin
                            recalling    <= 1'b1;
                            recall_intid <= dn_intid;
                        end
                    end
                    `DIST_CONTROL: begin
                        dist_groups  <= dn_msg[`DIST_CONTROL_ENABLES];
                        control_outstanding <= 1'b1;
                    end
                    `DIST_SGI_ACK: begin
                        sgi_out <= sgi_out - 4'd1;
                        if (sgi_flushed != 4'd0) sgi_flushed <= sgi_flushed - 4'd1;
                    end
                    `DIST_SPI_ACTIVATE_ACK: begin
                        act_out <= act_out - 4'd1;
                        if (act_flushed != 4'd0) act_flushed <= act_flushed - 4'd1;
                    end
                    `DIST_SPI_DEACTIVATE_ACK: begin
                        deact_out <= deact_out - 4'd1;
                        if (deact_flushed != 4'd0) deact_flushed <= deact_flushed - 4'd1;
                    end
                    `DIST_PE_STATUS_ACK: begin
                        status_outstanding <= 1'b0;
                        if (status == status_sent) dpg_outstanding <= 1'b0;
                    end
                    `DIST_WAKE_REQUEST: if (!awake) wake <= 1'b1;
                    default: ;
                endcase

            if (take_su) begin
                if (su_kind == `STREAM_GENERATE_SGI) sgi_out <= sgi_out + 4'd1;
                if (su_kind == `STREAM_UPSTREAM_CONTROL) cpu_groups <= su_msg[`STREAM_UPSTREAM_CONTROL_ENABLES];
                if (activate && !su_private && !su_lpi) begin
                    act_out <= act_out + 4'd1;
                    if (spi && spi_intid == su_intid) spi <= 1'b0;
                end
                if (deactivate && !su_private) deact_out <= deact_out + 4'd1;
            end
            if (old_gone) old_valid <= 1'b0;
            if (recalled_gone) recalling <= 1'b0;
            if (moved) moving <= 1'b0;

            if (take_cmd && cmd_kind == `ITS_LPI_TAKE && holds_cmd) begin
                moving       <= 1'b1;
                moving_any   <= 1'b0;
                moving_intid <= cmd_intid;
                lpi_stale    <= 1'b1;
            end
            if (take_cmd && cmd_kind == `ITS_LPI_SYNC) syncing <= 1'b1;

            if (start_sleep) power <= QUIESCING;
            else if (start_wake) power <= WAKING;
            else if (quiesced || take_rst && power == QUIESCING) power <= ASLEEP;
            else if (connected) power <= AWAKE;
            if (connected) wake <= 1'b0;

            if (take_rst) begin
                cpu_groups <= 2'b00;
                sgi_flushed <= sgi_out;
                act_flushed <= act_out;
                deact_flushed <= deact_out;
            end

            if (write) begin
                if (waker_write) processor_sleep <= req_data[1];
                if (disables) rwp <= 1'b1;
                if (direct_clears) direct_busy <= 1'b1;
                if (write_ctlr && ONE_OF_N != 0 && {req_data[25], req_data[24]} != dpg) begin
                    dpg      <= {req_data[25], req_data[24]};
                    dpg_outstanding <= 1'b1;
                end
                if (enable_lpis) lpi_enabled <= 1'b1;
                if (disable_lpis) begin
                    lpi_enabled <= 1'b0;
                    flushing    <= 1'b1;
                    lpi_best    <= 1'b0;
                    lpi_stale   <= 1'b1;
                end
                if (tables_free && word_addr == `IRQPATH_GICR_PROPBASER)
                    propbaser <= propbaser & ~(lanes & `IRQPATH_GICR_PROPBASER_WMASK) | data & lanes & `IRQPATH_GICR_PROPBASER_WMASK;
                if (tables_free && word_addr == `IRQPATH_GICR_PENDBASER)
                    pendbaser <= pendbaser & ~(lanes & `IRQPATH_GICR_PENDBASER_WMASK) | data & lanes & `IRQPATH_GICR_PENDBASER_WMASK;
            end
        end

    wire unused = &{1'b0, down_count, up_count, su_msg[63:56], dn_msg[63:40], dn_msg[7:6], req_data[63:32], cmd_msg[63:40],
                    cmd_msg[15:4], two_rank, 1'b0};
endmodule
`default_nettype wire
