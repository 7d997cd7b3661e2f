// GICR: the Redistributor of one PE (golden model: pymodel/irqpath/gic/gicr/redistributor.py; IHI 0069 2, 5.1, 11,
// 12, appendix A).
//
// Runs to completion: one input is accepted, what it does to LPIs is carried out (OPS: gicr_lpi.v, over the mem
// link), then the best candidate is found (UPDATE), the offer to the CPU interface is moved by at most one message
// (DECIDE), and what waited for that is answered (RESPOND). When several inputs wait, the order is: reset of the PE,
// messages from GICD, messages from GICC, commands of the ITS; then wires of PPIs (one at a time, the lowest INTID
// first) and registers, in turn. Queues never fill: see irqpath_top.v; for that a request of GICC waits while GICD has
// as many outstanding as there is room for.
//
// Here is the sequence, what each input is (a wire for every kind), and the wiring of the parts, each of which owns
// its registers: which input is next (gicr_inputs.v), the side of GICC (gicr_stream.v, gicr_power.v) and that of GICD
// (gicr_dist.v, gicr_spi.v), registers (gicr_control.v), SGIs and PPIs (gicr_bank.v), LPIs (gicr_lpi_ops.v,
// gicr_lpi.v), and the best of all (gicr_select.v).
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
    input  wire [`DIST_DOWN_BITS-1:0] dn_msg,
    output wire        up_valid,
    input  wire        up_ready,
    output wire [`DIST_UP_BITS-1:0] up_msg,
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
    input  wire [`ITS_CMD_BITS-1:0] cmd_msg,
    output wire        ack_valid,
    input  wire        ack_ready,
    output wire [`ITS_ACK_BITS-1:0] ack_msg,
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
    output wire        wake,
    output wire        ppi_sampled,   // strobe: a change of a PPI's wire is an input of this block now
    output wire [3:0]  ppi_number,
    output wire        ppi_high,
    output wire        stream_rst,    // the stream is being reset
    output wire        pe_reset_seen, // strobe: the reset of the PE is an input of this block now
    output wire        busy
);
    localparam [2:0] IDLE = 3'd0, SECOND = 3'd1, OPS = 3'd2, OPS_WAIT = 3'd3, FOLLOW = 3'd4, UPDATE = 3'd5,
                     DECIDE = 3'd6, RESPOND = 3'd7;

    // --- the sequence -----------------------------------------------------------------------------------------------
    reg  [2:0] state;
    wire accepted;                        // an input is taken
    wire second_back;                     // it makes two messages to GICD: the other goes in SECOND
    wire ask, wanted;                     // it asks for an operation on LPIs; it did
    wire lpi_done, again, flushed;        // the operation is done; another follows; there is nothing but to respond
    wire ask_best;                        // the best LPI is to be found first
    wire flushing, lpi_in_flight, settled;
    wire following   = state == FOLLOW;
    wire update      = state == UPDATE && !ask_best;
    wire flush_now   = state == RESPOND && flushing && !lpi_in_flight;
    wire respond_now = state == RESPOND && !flush_now && settled;
    always @(posedge clk)
        if (rst) state <= IDLE;
        else
            case (state)
                IDLE:     if (accepted) state <= second_back ? SECOND : ask ? OPS : UPDATE;
                SECOND:   state <= wanted ? OPS : UPDATE;
                OPS:      state <= OPS_WAIT;
                OPS_WAIT: if (lpi_done) state <= FOLLOW;
                FOLLOW:   state <= again ? OPS : flushed ? RESPOND : UPDATE;
                UPDATE:   state <= ask_best ? OPS : DECIDE;
                DECIDE:   state <= RESPOND;
                RESPOND:  state <= flush_now ? OPS : IDLE;
                default:  state <= IDLE;
            endcase

    // --- inputs -----------------------------------------------------------------------------------------------------
    wire        take_rst, take_su, take_cmd, take_ppi, take_reg, hold_commands, pe_reset_pending, ppi_waits;
    wire        su_valid;
    wire [`STREAM_UP_BITS-1:0] su_msg;
    wire [3:0]  su_kind = su_msg[`STREAM_UP_KIND];
    wire        su_asks = su_kind == `STREAM_ACTIVATE || su_kind == `STREAM_DEACTIVATE
                       || su_kind == `STREAM_GENERATE_SGI;
    wire        room;        // for another request of GICC at GICD
    wire        req, req_write;
    wire [16:0] req_address;
    wire [2:0]  req_size;
    wire [63:0] req_data;
    wire [15:0] ppi_level;
    gicr_inputs inputs (
        .clk(clk), .rst(rst), .pe_rst(pe_rst), .idle(state == IDLE), .dn_valid(dn_valid),
        .su_valid(su_valid && (room || !su_asks)), .cmd_valid(cmd_valid), .hold_commands(hold_commands), .req(req),
        .ppi(ppi), .ppi_level(ppi_level),
        .take_rst(take_rst), .take_dn(dn_ready), .take_su(take_su), .take_cmd(take_cmd), .take_ppi(take_ppi),
        .take_reg(take_reg), .accepted(accepted), .ppi_number(ppi_number), .ppi_high(ppi_high),
        .pe_reset_pending(pe_reset_pending), .ppi_waits(ppi_waits)
    );
    assign cmd_ready     = take_cmd;
    assign pe_reset_seen = take_rst;
    assign ppi_sampled   = take_ppi;
    assign stream_rst    = rst || pe_rst || pe_reset_pending;

    // from GICD
    wire        take_dn  = dn_ready;
    wire [3:0]  dn_kind  = dn_msg[`DIST_DOWN_KIND];
    wire [23:0] dn_intid = dn_msg[`DIST_SPI_OFFER_INTID];
    wire [1:0]  dn_group = dn_msg[`DIST_SPI_OFFER_GROUP];
    wire        spi_offer          = take_dn && dn_kind == `DIST_SPI_OFFER;
    wire        spi_recall         = take_dn && dn_kind == `DIST_SPI_RECALL;
    wire        sgi_deliver        = take_dn && dn_kind == `DIST_SGI_DELIVER;
    wire        control            = take_dn && dn_kind == `DIST_CONTROL;
    wire        spi_activate_ack   = take_dn && dn_kind == `DIST_SPI_ACTIVATE_ACK;
    wire        spi_deactivate_ack = take_dn && dn_kind == `DIST_SPI_DEACTIVATE_ACK;
    wire        sgi_ack            = take_dn && dn_kind == `DIST_SGI_ACK;
    wire        status_ack         = take_dn && dn_kind == `DIST_PE_STATUS_ACK;
    wire        wake_request       = take_dn && dn_kind == `DIST_WAKE_REQUEST;
    // from GICC
    wire [23:0] su_intid = su_msg[`STREAM_ACTIVATE_INTID];
    wire        su_private = su_intid < 24'd32;
    wire        su_lpi     = su_intid >= 24'd8192;
    wire        activate               = take_su && su_kind == `STREAM_ACTIVATE;
    wire        activate_spi           = activate && !su_private && !su_lpi;
    wire        gives_back             = take_su && su_kind == `STREAM_RELEASE;
    wire        clear_ack              = take_su && su_kind == `STREAM_CLEAR_ACK;
    wire        returned               = gives_back || clear_ack;
    wire        quiesce_ack            = take_su && su_kind == `STREAM_QUIESCE_ACK;
    wire        deactivate             = take_su && su_kind == `STREAM_DEACTIVATE;
    wire        generate_sgi           = take_su && su_kind == `STREAM_GENERATE_SGI;
    wire        upstream_control       = take_su && su_kind == `STREAM_UPSTREAM_CONTROL;
    wire        downstream_control_ack = take_su && su_kind == `STREAM_DOWNSTREAM_CONTROL_ACK;

    // --- the best of all --------------------------------------------------------------------------------------------
    wire        awake;
    wire [1:0]  cpu_groups, dist_groups;
    wire [1:0]  forwarded = dist_groups & (awake ? cpu_groups : 2'b11);
    wire [31:0] group;
    wire        own_valid;
    wire [7:0]  own_priority;
    wire [4:0]  own_intid;
    wire        spi, spi_group;
    wire [7:0]  spi_priority;
    wire [23:0] spi_intid;
    wire        lpi_enabled, lpi_best;
    wire [7:0]  lpi_priority;
    wire [23:0] lpi_intid;
    wire        something_waits, best_valid, best_group;
    wire [7:0]  best_priority;
    wire [23:0] best_intid;
    gicr_select select (
        .clk(clk), .rst(rst), .update(update), .awake(awake), .forwarded(forwarded),
        .own_valid(own_valid), .own_priority(own_priority), .own_intid(own_intid), .own_group(group[own_intid]),
        .spi(spi), .spi_priority(spi_priority), .spi_intid(spi_intid), .spi_group(spi_group),
        .lpi(lpi_enabled && lpi_best), .lpi_priority(lpi_priority), .lpi_intid(lpi_intid),
        .something_waits(something_waits), .best_valid(best_valid), .best_priority(best_priority),
        .best_intid(best_intid), .best_group(best_group)
    );

    // --- the CPU interface ------------------------------------------------------------------------------------------
    wire        sgi_done, spi_activate_done, spi_deactivate_done, start_sleep, start_wake;
    wire        held, replaced, sending;
    wire [23:0] held_intid, replaced_intid;
    gicr_stream #(.PRIORITY_BITS(PRIORITY_BITS), .DOWN_DEPTH(DOWN_DEPTH)) stream (
        .clk(clk), .rst(rst), .stream_rst(stream_rst), .pe_reset(take_rst),
        .down_tvalid(down_tvalid), .down_tready(down_tready), .down_tdata(down_tdata), .down_tlast(down_tlast),
        .up_tvalid(stream_up_tvalid), .up_tready(stream_up_tready), .up_tdata(stream_up_tdata),
        .up_tlast(stream_up_tlast),
        .su_valid(su_valid), .su_msg(su_msg), .take_su(take_su), .su_intid(su_intid),
        .activate_done(activate && (su_private || su_lpi)), .deactivate_done(deactivate && su_private),
        .upstream_control(upstream_control), .dn_intid(dn_intid),
        .sgi_done(sgi_done), .spi_activate_done(spi_activate_done), .spi_deactivate_done(spi_deactivate_done),
        .start_sleep(start_sleep), .start_wake(start_wake),
        .best_valid(best_valid), .best_priority(best_priority), .best_intid(best_intid), .best_group(best_group),
        .decide(state == DECIDE && awake), .retire(activate || gives_back), .cleared(clear_ack),
        .held(held), .held_intid(held_intid), .replaced(replaced), .replaced_intid(replaced_intid),
        .lpi_in_flight(lpi_in_flight), .settled(settled), .sending(sending)
    );

    wire waker_write, processor_sleep, children_asleep, available;
    gicr_power waker (
        .clk(clk), .rst(rst), .pe_reset(take_rst), .waker_write(waker_write), .sleep(req_data[1]),
        .processor_sleep(processor_sleep), .children_asleep(children_asleep),
        .quiesce_ack(quiesce_ack), .downstream_control_ack(downstream_control_ack), .upstream_control(upstream_control),
        .upstream_enables(su_msg[`STREAM_UPSTREAM_CONTROL_ENABLES]), .start_sleep(start_sleep), .start_wake(start_wake),
        .wake_request(wake_request), .something_waits(something_waits), .wake(wake),
        .awake(awake), .available(available), .cpu_groups(cpu_groups)
    );

    // --- the Distributor --------------------------------------------------------------------------------------------
    wire        give_back, recall_ack;
    wire [23:0] give_back_intid, recall_ack_intid, recall_intid;
    gicr_spi spis (
        .clk(clk), .rst(rst), .pe_reset(take_rst), .offered(spi_offer), .recalled(spi_recall), .dn_intid(dn_intid),
        .dn_priority(dn_msg[`DIST_SPI_OFFER_PRIORITY]), .dn_group(dn_group[0]),
        .activate(activate), .activate_spi(activate_spi), .returned(returned), .su_intid(su_intid),
        .held(held), .held_intid(held_intid), .replaced(replaced), .replaced_intid(replaced_intid),
        .spi(spi), .spi_priority(spi_priority), .spi_intid(spi_intid), .spi_group(spi_group),
        .give_back(give_back), .give_back_intid(give_back_intid), .recall_ack(recall_ack),
        .recall_ack_intid(recall_ack_intid), .second_back(second_back), .recall_intid(recall_intid)
    );

    wire [1:0] dpg;
    wire       status_known;
    wire [`DIST_UP_BITS-1:0] sgi_request = `DIST_SGI_REQUEST_PACK(
        su_msg[`STREAM_GENERATE_SGI_KIND], su_msg[`STREAM_GENERATE_SGI_IRM], su_msg[`STREAM_GENERATE_SGI_RS],
        su_msg[`STREAM_GENERATE_SGI_INTID], su_msg[`STREAM_GENERATE_SGI_TARGETS], su_msg[`STREAM_GENERATE_SGI_AFF]);
    gicr_dist #(.UP_DEPTH(UP_DEPTH)) to_gicd (
        .clk(clk), .rst(rst), .pe_reset(take_rst), .up_valid(up_valid), .up_ready(up_ready), .up_msg(up_msg),
        .control(control), .control_enables(dn_msg[`DIST_CONTROL_ENABLES]), .sgi_ack(sgi_ack),
        .spi_activate_ack(spi_activate_ack), .spi_deactivate_ack(spi_deactivate_ack), .status_ack(status_ack),
        .generate_sgi(generate_sgi), .activate_spi(activate_spi), .deactivate_spi(deactivate && !su_private),
        .su_intid(su_intid), .sgi_request(sgi_request), .give_back(give_back), .give_back_intid(give_back_intid),
        .recall_ack(recall_ack), .recall_ack_intid(recall_ack_intid),
        .second(state == SECOND), .recall_intid(recall_intid),
        .dpg(dpg), .available(available), .cpu_groups(cpu_groups), .tell(state == DECIDE), .respond(respond_now),
        .dist_groups(dist_groups), .sgi_done(sgi_done), .spi_activate_done(spi_activate_done),
        .spi_deactivate_done(spi_deactivate_done), .status_known(status_known),
        .room(room)
    );

    // --- registers --------------------------------------------------------------------------------------------------
    wire        permitted, bad, disables;
    wire [63:0] control_value;
    wire [31:0] bank_value;
    wire [63:0] read_value = req_address[16] ? {32'd0, bank_value} : control_value >> {req_address[2], 5'd0};
    reg_port #(.ADDRESS(17)) port (
        .clk(clk), .rst(rst),
        .awvalid(awvalid), .awready(awready), .awaddr(awaddr), .awsize(awsize), .wvalid(wvalid), .wready(wready),
        .wdata(wdata), .bvalid(bvalid), .bready(bready), .bresp(bresp),
        .arvalid(arvalid), .arready(arready), .araddr(araddr), .arsize(arsize),
        .rvalid(rvalid), .rready(rready), .rdata(rdata), .rresp(rresp),
        .req(req), .write(req_write), .address(req_address), .size(req_size), .data(req_data),
        .take(take_reg), .done(take_reg), .response(permitted ? read_value : 64'd0), .error(bad)
    );
    gicr_access access (.address(req_address), .size(req_size), .permitted(permitted), .bad(bad));

    // fields without a line are 0
    localparam [63:0] ONE   = 64'd1;
    localparam [63:0] TYPER = (LPIS != 0 ? ONE : 64'd0) << `IRQPATH_GICR_TYPER_PLPIS_LSB
                              | (DIRECT_LPI != 0 && LPIS != 0 ? ONE : 64'd0) << `IRQPATH_GICR_TYPER_DirectLPI_LSB
                              | (PE == PES - 1 ? ONE : 64'd0) << `IRQPATH_GICR_TYPER_Last_LSB
                              | (ONE_OF_N != 0 ? ONE : 64'd0) << `IRQPATH_GICR_TYPER_DPGS_LSB
                              | {48'd0, PE[15:0]} << `IRQPATH_GICR_TYPER_Processor_Number_LSB
                              | {62'd0, COMMON_LPI_AFF} << `IRQPATH_GICR_TYPER_CommonLPIAff_LSB
                              | {32'd0, AFFINITY} << `IRQPATH_GICR_TYPER_Affinity_Value_LSB;
    wire        write = take_reg && req_write && permitted;
    wire        enable_lpis, disable_lpis, direct_set, direct_clear, direct_inv, direct_invall;
    wire [63:0] propbaser, pendbaser;
    wire [23:0] direct_intid;
    gicr_control #(
        .LPIS(LPIS), .DIRECT_LPI(DIRECT_LPI), .ONE_OF_N(ONE_OF_N), .CES(CES), .TYPER(TYPER), .IIDR(IIDR), .PIDR2(PIDR2)
    ) registers (
        .clk(clk), .rst(rst), .write(write), .address(req_address), .size(req_size), .data(req_data),
        .value(control_value), .waker_write(waker_write), .processor_sleep(processor_sleep),
        .children_asleep(children_asleep),
        .disables(disables), .respond(respond_now), .dpg(dpg), .status_known(status_known),
        .lpi_enabled(lpi_enabled), .enable_lpis(enable_lpis), .disable_lpis(disable_lpis), .flushing(flushing),
        .flushed(flushed), .propbaser(propbaser), .pendbaser(pendbaser),
        .direct_set(direct_set), .direct_clear(direct_clear), .direct_inv(direct_inv), .direct_invall(direct_invall),
        .direct_intid(direct_intid)
    );

    // --- SGIs and PPIs ----------------------------------------------------------------------------------------------
    wire [3:0]  sgi = dn_msg[`DIST_SGI_DELIVER_INTID];
    wire [31:0] candidates;
    wire [31:0] eligible = candidates & ((forwarded[1] ? group : 32'd0) | (forwarded[0] ? ~group : 32'd0));
    // SGI1R reaches either group, SGI0R and ASGI1R only Group 0 (IHI 0069 12.1, SGI forwarding, one Security state)
    wire        sgi_permitted = dn_msg[`DIST_SGI_DELIVER_KIND] == 2'd1 || !group[{1'b0, sgi}];
    gicr_bank #(.PRIORITY_BITS(PRIORITY_BITS)) bank (
        .clk(clk), .rst(rst), .write(write), .address(req_address), .byte_access(req_size == 3'd0),
        .data(req_data[31:0]), .value(bank_value), .disables(disables),
        .pend_sgi(sgi_deliver && sgi_permitted), .sgi(sgi),
        .drive(take_ppi), .ppi(ppi_number), .ppi_level(ppi_high),
        .activate(activate && su_private), .deactivate(deactivate && su_private), .intid(su_intid[4:0]),
        .group(group), .level(ppi_level), .candidates(candidates), .search(state == UPDATE), .eligible(eligible),
        .best_valid(own_valid), .best_priority(own_priority), .best_intid(own_intid)
    );

    // --- LPIs -------------------------------------------------------------------------------------------------------
    wire        lpi_result, moving;
    wire [7:0]  lpi_result_priority;
    wire [23:0] lpi_result_intid, operand, moving_intid;
    wire [2:0]  op;
    gicr_lpi_ops lpi_ops (
        .clk(clk), .rst(rst), .accepted(accepted), .ops(state == OPS), .following(following), .result(lpi_result),
        .result_priority(lpi_result_priority), .result_intid(lpi_result_intid), .update(state == UPDATE),
        .flush(flush_now), .respond(respond_now), .pe_reset(take_rst),
        .activate_lpi(activate && su_lpi), .returned(returned), .su_intid(su_intid),
        .take_cmd(take_cmd), .cmd_kind(cmd_msg[`ITS_CMD_KIND]), .cmd_intid(cmd_msg[`ITS_LPI_SET_INTID]),
        .enable_lpis(enable_lpis), .disable_lpis(disable_lpis), .direct_set(direct_set), .direct_clear(direct_clear),
        .direct_inv(direct_inv), .direct_invall(direct_invall), .direct_intid(direct_intid),
        .held(held), .held_intid(held_intid), .replaced(replaced), .replaced_intid(replaced_intid),
        .ask(ask), .wanted(wanted), .op(op), .operand(operand), .again(again), .flushed(flushed),
        .enabled(LPIS != 0 && lpi_enabled && forwarded[1]), .ask_best(ask_best), .best_valid(lpi_best),
        .best_priority(lpi_priority), .best_intid(lpi_intid), .moving(moving), .moving_intid(moving_intid),
        .hold_commands(hold_commands), .ack_valid(ack_valid), .ack_ready(ack_ready), .ack_msg(ack_msg)
    );
    generate
        if (LPIS != 0) begin : g_lpi
            gicr_lpi #(
                .SLOTS(LPI_SLOTS), .INTID_BITS(INTID_BITS), .PRIORITY_BITS(PRIORITY_BITS)
            ) lpi (
                .clk(clk), .rst(rst), .start(state == OPS), .op(op), .operand(operand), .done(lpi_done),
                .result(lpi_result), .result_priority(lpi_result_priority), .result_intid(lpi_result_intid),
                .enabled(lpi_enabled), .idbits(propbaser[4:0]), .prop_base({propbaser[51:12], 12'd0}),
                .pend_base({pendbaser[51:16], 16'd0}), .ptz(pendbaser[62]),
                .move(moving), .moving(moving_intid), .fly0(held), .flight0(held_intid), .fly1(replaced),
                .flight1(replaced_intid), .mem_valid(mem_valid), .mem_ready(mem_ready), .mem_write(mem_write),
                .mem_size(mem_size), .mem_address(mem_address), .mem_wdata(mem_wdata), .mem_rvalid(mem_rvalid),
                .mem_rdata(mem_rdata)
            );
        end else begin : g_no_lpi
            assign {lpi_done, lpi_result, mem_valid, mem_write} = 4'b1000;
            assign lpi_result_priority = 8'd0;
            assign lpi_result_intid    = 24'd0;
            assign mem_size    = 2'd0;
            assign mem_address = 52'd0;
            assign mem_wdata   = 64'd0;
            wire unused = &{1'b0, mem_ready, mem_rvalid, mem_rdata, operand, op, moving, moving_intid, 1'b0};
        end
    endgenerate

    assign busy = state != IDLE || up_valid || sending || ack_valid || bvalid || rvalid || pe_reset_pending
                  || ppi_waits;

    wire unused = &{1'b0, su_msg, dn_msg, dn_group[1], cmd_msg,
                    propbaser, pendbaser, 1'b0};
endmodule
`default_nettype wire
