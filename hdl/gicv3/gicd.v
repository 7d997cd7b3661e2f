// GICD: the Distributor (golden model: pymodel/irqpath/gic/gicd/distributor.py; IHI 0069 2, 3, 12).
//
// Runs to completion: one input is accepted and its first output to each PE queued (acknowledgement, Control), then
// come SGIs (FOLLOW) or what the input changed about SPIs: while their word is looked at again, and then PEs are chosen
// for 1-of-N interrupts (CHOOSE), each PE gets at most one offer or recall, one PE a cycle (OFFER), and is woken if it
// should be (WAKE); at the end GICD_CTLR.RWP follows. When several inputs wait, messages from the
// Redistributors (in turn) take turns with the others, so that levels are seen to fall however fast PEs end interrupts;
// among these wires of SPIs (one at a time, the lowest INTID first) take turns with registers. An SGI is taken only
// while all queues have room beyond what else can be under way: see irqpath_top.v.
//
// Leaves out: extended SPIs, Security states, legacy operation.
`default_nettype none
`include "generated/irqpath_regs.vh"
`include "generated/irqpath_links.vh"
module gicd #(
    parameter              PES           = 1,
    parameter              SPIS          = 32,     // 32 to 960 in steps of 32
    parameter              PRIORITY_BITS = 5,
    parameter              ONE_OF_N      = 1,
    parameter              MESSAGE_SPIS  = 1,
    parameter              AFF3          = 0,      // affinity level 3 may be other than 0
    // an SGI's range selector counts; else it is taken as 0 (CONSTRAINED UNPREDICTABLE)
    parameter              RSS           = 0,
    parameter [32*PES-1:0] AFFINITIES    = {PES{32'd0}},
    parameter [31:0]       TYPER         = 32'd0,
    parameter [31:0]       IIDR          = 32'd0,
    parameter [7:0]        PIDR2         = 8'h3B,
    parameter              DOWN_DEPTH    = 16      // of the queue to a GICR
) (
    input  wire              clk,
    input  wire              rst,
    // reg (AXI4 subset, see reg_port.v)
    input  wire              awvalid,
    output wire              awready,
    input  wire [15:0]       awaddr,
    input  wire [2:0]        awsize,
    input  wire              wvalid,
    output wire              wready,
    input  wire [63:0]       wdata,
    output wire              bvalid,
    input  wire              bready,
    output wire [1:0]        bresp,
    input  wire              arvalid,
    output wire              arready,
    input  wire [15:0]       araddr,
    input  wire [2:0]        arsize,
    output wire              rvalid,
    input  wire              rready,
    output wire [63:0]       rdata,
    output wire [1:0]        rresp,
    // dist, one of each a PE
    output wire [PES-1:0]    dn_valid,
    input  wire [PES-1:0]    dn_ready,
    output wire [`DIST_DOWN_BITS*PES-1:0] dn_msg,
    input  wire [PES-1:0]    up_valid,
    output wire [PES-1:0]    up_ready,
    input  wire [`DIST_UP_BITS*PES-1:0] up_msg,
    // irq
    input  wire [SPIS-1:0]   spi,             // wires of INTIDs 32 on
    output wire              spi_sampled,     // strobe: a change of a wire is an input of this block now
    output wire [9:0]        spi_intid,
    output wire              spi_level,
    output wire              busy
);
    // what else can be in a queue beside SGIs: 8 acknowledgements, 2 offers, a recall, a Control, a PeStatusAck, a
    // WakeRequest
    localparam RESERVED = 14;
    localparam [$clog2(DOWN_DEPTH):0] SGI_ROOM = DOWN_DEPTH - RESERVED;

    localparam [2:0] IDLE = 3'd0, FOLLOW = 3'd1, FORGET = 3'd2, CHOOSE = 3'd3, OFFER = 3'd4, WAKE = 3'd5;

    reg [2:0]      state;
    reg            asked;           // in FORGET: the SPIs were asked to
    reg [1:0]      enables;
    reg            e1nwf, rwp;
    reg [PES-1:0]  control_outstanding, control_stale;
    reg [PES-1:0]  targets;         // of the SGI that goes out in FOLLOW
    reg [3:0]      sgi;
    reg [1:0]      sgi_kind;
    reg [PES-1:0]  awake, waking;   // PeStatus; a WakeRequest is under way
    reg [31:0]     dpg, cpu_enables;   // two bits a PE
    reg            group;           // of 1-of-N interrupts, in CHOOSE
    reg [3:0]      pe;              // that sent the PeStatus, in FORGET

    // --- inputs -----------------------------------------------------------------------------------------------------
    wire        req, req_write;
    wire [15:0] req_address;
    wire [2:0]  req_size;
    wire [63:0] req_data;
    wire        permitted, bad;
    wire [63:0] read_data;

    wire [PES-1:0] room;            // of each queue, for SGIs
    wire [PES-1:0] offered;         // inputs that could be taken
    genvar p;
    generate
        for (p = 0; p < PES; p = p + 1) begin : g_offered
            wire [`DIST_UP_BITS-1:0] one = up_msg[`DIST_UP_BITS*p +: `DIST_UP_BITS];
            assign offered[p] = up_valid[p] && (one[`DIST_UP_KIND] != `DIST_SGI_REQUEST || &room);
            wire unused = &{1'b0, one, 1'b0};
        end
    endgenerate
    wire [PES-1:0]   chosen;
    wire             idle     = state == IDLE;
    wire             changed;        // some wire of an SPI has
    reg              message_last;   // a message was taken last
    reg              wire_last;      // of wires and registers, a wire was
    wire             take_up  = idle && |chosen && !(message_last && (changed || req));
    wire             take_spi = idle && !take_up && changed && !(req && wire_last);
    wire             take_reg = idle && !take_up && req && !(changed && !wire_last);
    rr_arbiter #(.N(PES)) messages (.clk(clk), .rst(rst), .request(offered), .take(take_up), .grant(chosen));
    assign spi_sampled = take_spi;
    assign up_ready = take_up ? chosen : {PES{1'b0}};

    function [`DIST_UP_BITS-1:0] select(input [`DIST_UP_BITS*PES-1:0] from, input [PES-1:0] one);
        integer k;
        begin
            select = {`DIST_UP_BITS{1'b0}};
            for (k = 0; k < PES; k = k + 1)
                if (one[k]) select = select | from[`DIST_UP_BITS*k +: `DIST_UP_BITS];
        end
    endfunction
    wire [`DIST_UP_BITS-1:0] msg  = select(up_msg, chosen);
    wire [3:0]  kind = msg[`DIST_UP_KIND];
    wire [23:0] msg_intid_24 = msg[`DIST_SPI_ACTIVATE_INTID];   // every message about an SPI has its INTID here
    wire [9:0]  msg_intid    = msg_intid_24[9:0];
    reg  [3:0]  sender;
    integer     k;
    always @* begin
        sender = 4'd0;
        for (k = 0; k < PES; k = k + 1) if (chosen[k]) sender = k[3:0];
    end
    wire take_activate   = take_up && kind == `DIST_SPI_ACTIVATE;
    wire take_deactivate = take_up && kind == `DIST_SPI_DEACTIVATE;
    wire take_release    = take_up && kind == `DIST_SPI_RELEASE;
    wire take_recalled   = take_up && kind == `DIST_SPI_RECALL_ACK;
    wire take_status     = take_up && kind == `DIST_PE_STATUS;

    reg_port #(.ADDRESS(16)) port (
        .clk(clk), .rst(rst),
        .awvalid(awvalid), .awready(awready), .awaddr(awaddr), .awsize(awsize), .wvalid(wvalid), .wready(wready),
        .wdata(wdata),
        .bvalid(bvalid), .bready(bready), .bresp(bresp),
        .arvalid(arvalid), .arready(arready), .araddr(araddr), .arsize(arsize),
        .rvalid(rvalid), .rready(rready), .rdata(rdata), .rresp(rresp),
        .req(req), .write(req_write), .address(req_address), .size(req_size), .data(req_data),
        .take(take_reg), .done(take_reg), .response(read_data), .error(bad)
    );

    // --- SPIs -------------------------------------------------------------------------------------------------------
    wire        write = take_reg && req_write && permitted;
    wire [63:0] spi_value;
    wire        disables, concerns, spis_busy, forgotten;
    wire [38*(PES+1)-1:0] best;            // of each queue: {Group 1, Group 0}, {valid, priority, INTID} each
    wire        locate, assign_pe;
    // of one word
    wire        changes_spis = take_activate || take_deactivate || take_release || take_recalled || take_spi
        || concerns;
    wire [3:0]  picked;
    wire [9:0]  offer_intid, pool_intid;
    wire [PES-1:0] one_pe;                 // the PE whose offer, recall or wake request goes now, one-hot
    wire [3:0]  at_pe;                     // its number
    wire [1:0]  forget_takes;              // groups that the PE of FORGET still takes
    gicd_spis #(
        .SPIS(SPIS), .PES(PES), .PRIORITY_BITS(PRIORITY_BITS), .ONE_OF_N(ONE_OF_N), .MESSAGE_SPIS(MESSAGE_SPIS),
        .AFF3(AFF3),
        .AFFINITIES(AFFINITIES)
    ) spis (
        .clk(clk), .rst(rst), .write(write), .address(req_address), .size(req_size), .data(req_data), .value(spi_value),
        .disables(disables), .concerns(concerns),
        .spi(spi), .changed(changed), .changed_intid(spi_intid), .changed_level(spi_level), .drive(take_spi),
        .acknowledge(take_activate), .deactivate(take_deactivate),
        .unlocate(take_activate || take_release || take_recalled), .locate(locate), .assign_pe(assign_pe),
        .intid(assign_pe ? pool_intid : locate ? offer_intid : msg_intid), .pe(assign_pe ? picked : idle ? sender
        : locate ? at_pe : pe),
        .forget(state == FORGET && forgotten && !spis_busy && !asked), .takes(forget_takes), .forgotten(forgotten),
        .refresh(changes_spis || assign_pe), .busy(spis_busy), .best(best)
    );

    // the best of each PE in the groups that may be forwarded to it, and whether there is any at all in the enabled
    // ones
    function [19:0] better(input [37:0] two, input [1:0] groups);    // {valid, priority, INTID, group}
        reg first;
        begin
            first  = two[18] && groups[0] && !(two[37] && groups[1] && two[36:19] < two[17:0]);
            better = first ? {two[18:0], 1'b0} : two[37] && groups[1] ? {two[37:19], 1'b1} : 20'd0;
        end
    endfunction
    wire [20*PES-1:0] pe_best;
    wire [PES-1:0]    deliverable;
    wire [37:0]       pool  = best[38*PES +: 38];
    wire [18:0]       first = group ? pool[37:19] : pool[18:0];
    wire [PES-1:0]    takes;                   // PEs that take part in 1-of-N for `group`
    wire [PES-1:0]    vacant, worse;           // of these, without an SPI; with one that ranks lower
    generate
        for (p = 0; p < PES; p = p + 1) begin : g_best
            wire [37:0] mine = best[38*p +: 38];
            wire [19:0] one  = better(mine, awake[p] ? enables & cpu_enables[2*p +: 2] : 2'b00);
            wire [1:0]  out  = dpg[2*p +: 2];
            wire [1:0]  on   = cpu_enables[2*p +: 2];
            assign pe_best[20*p +: 20] = one;
            assign deliverable[p] = mine[18] && enables[0] || mine[37] && enables[1];
            assign takes[p]  = awake[p] && on[group] && !out[group];
            assign vacant[p] = takes[p] && !one[19];
            assign worse[p]  = takes[p] && first[17:0] < one[18:1];
        end
    endgenerate
    function [3:0] lowest(input [PES-1:0] bits);
        integer n;
        begin
            lowest = 4'd0;
            for (n = PES - 1; n >= 0; n = n - 1) if (bits[n]) lowest = n[3:0];
        end
    endfunction
    assign picked     = |vacant ? lowest(vacant) : lowest(worse);
    assign pool_intid = first[9:0];
    wire   waits      = state == CHOOSE && !spis_busy && enables[group] && first[18];
    assign assign_pe  = waits && (|vacant || |worse);
    wire   wake_one   = waits && !(|vacant || |worse) && e1nwf && awake == {PES{1'b0}} && waking == {PES{1'b0}};
    // only a PE that took part in 1-of-N may have such interrupts, and only one that no longer takes both groups must
    // give some back
    wire [1:0]     took         = |(awake & chosen) ? cpu_enables[{sender, 1'b0} +: 2] & ~dpg[{sender, 1'b0} +: 2]
        : 2'b00;
    wire [1:0]     will_take    = msg[`DIST_PE_STATUS_AWAKE] ? msg[`DIST_PE_STATUS_ENABLES]
        & ~msg[`DIST_PE_STATUS_DPG] : 2'b00;
    wire           loses        = take_status && ONE_OF_N != 0 && took != 2'b00 && will_take != 2'b11;
    assign         forget_takes = |(awake & ({{(PES-1){1'b0}}, 1'b1} << pe)) ? cpu_enables[{pe,
        1'b0} +: 2] & ~dpg[{pe, 1'b0} +: 2] : 2'b00;

    // --- offers to the Redistributors
    // ---------------------------------------------------------------------------------
    wire [PES-1:0]    set, clear, settled;
    wire [24*PES-1:0] held_intid;
    generate
        for (p = 0; p < PES; p = p + 1) begin : g_offer
            wire        unused_held, unused_replaced;
            wire [23:0] unused_intid;
            wire        from_here = take_up && chosen[p];
            offer to_gicr (
                .clk(clk), .rst(rst),
                .best_valid(pe_best[20*p+19]), .best_priority(pe_best[20*p+11 +: 8]), .best_intid({14'd0,
                pe_best[20*p+1 +: 10]}),
                .best_group(pe_best[20*p]), .decide(state == OFFER && one_pe[p]), .set(set[p]), .clear(clear[p]),
                .retire((take_activate || take_release) && from_here), .retire_intid({14'd0, msg_intid}),
                .cleared(take_recalled && from_here),
                .held(unused_held), .held_intid(held_intid[24*p +: 24]), .replaced(unused_replaced),
                .replaced_intid(unused_intid),
                .settled(settled[p])
            );
            wire unused = &{1'b0, unused_held, unused_replaced, unused_intid, 1'b0};
        end
    endgenerate
    // the current PE: the first that must be told something, or be woken
    wire [PES-1:0] notify  = set | clear;
    wire [PES-1:0] to_wake = ~awake & ~waking & deliverable;
    wire [PES-1:0] calls   = state == OFFER ? notify : state == WAKE ? to_wake : {PES{1'b0}};
    assign         one_pe  = calls & ~(calls - 1'b1);
    assign         at_pe   = lowest(one_pe);
    reg [18:0] current;                        // {priority, INTID, group} of its best
    reg [23:0] withdrawn;
    always @* begin
        current   = 19'd0;
        withdrawn = 24'd0;
        for (k = 0; k < PES; k = k + 1)
            if (one_pe[k]) begin
                current   = pe_best[20*k +: 19];
                withdrawn = held_intid[24*k +: 24];
            end
    end
    assign offer_intid = current[10:1];
    assign locate      = state == OFFER && |(set & one_pe);
    wire   recall      = state == OFFER && |(clear & one_pe);
    wire   wakes       = state == WAKE && |one_pe;
    wire   ends        = state == OFFER && !(|notify) && !(|to_wake) || state == WAKE && !(|to_wake);
    wire [`DIST_DOWN_BITS-1:0] offered_spi = `DIST_SPI_OFFER_PACK({1'b0, current[0]}, current[18:11], {14'd0,
        current[10:1]});
    wire [`DIST_DOWN_BITS-1:0] spi_msg = state == OFFER ? locate ? offered_spi : `DIST_SPI_RECALL_PACK(withdrawn)
                                            : `DIST_WAKE_REQUEST_PACK;
    wire [PES-1:0] spi_push = locate || recall || wakes ? one_pe : wake_one ? {{(PES-1){1'b0}}, 1'b1} : {PES{1'b0}};

    // --- registers --------------------------------------------------------------------------------------------------
    gicd_access access (.address(req_address), .size(req_size), .permitted(permitted), .bad(bad));
    wire       write_ctlr   = write && req_address == `IRQPATH_GICD_CTLR;
    wire [1:0] enables_next = req_data[1:0];
    wire       changes      = write_ctlr && enables_next != enables;
    wire       wakes_more   = write_ctlr && ONE_OF_N != 0 && req_data[7] != e1nwf;

    reg [31:0] value;
    always @* begin
        value = 32'd0;
        case (req_address)
            // DS and ARE are RAO/WI
            `IRQPATH_GICD_CTLR:  value = {rwp, 23'd0, e1nwf, 1'b1, 1'b0, 1'b1, 2'b00, enables};
            `IRQPATH_GICD_TYPER: value = TYPER;
            `IRQPATH_GICD_IIDR:  value = IIDR;
            `IRQPATH_GICD_PIDR2: value = {24'd0, PIDR2};
            `IRQPATH_GICD_CIDR0: value = 32'h0D;
            `IRQPATH_GICD_CIDR1: value = 32'hF0;
            `IRQPATH_GICD_CIDR2: value = 32'h05;
            `IRQPATH_GICD_CIDR3: value = 32'hB1;
            default: ;
        endcase
    end
    assign read_data = permitted ? {32'd0, value} | spi_value : 64'd0;

    // --- SGIs -------------------------------------------------------------------------------------------------------
    wire        take_sgi = take_up && kind == `DIST_SGI_REQUEST;
    wire [23:0] aff      = msg[`DIST_SGI_REQUEST_AFF];
    wire [15:0] list     = msg[`DIST_SGI_REQUEST_TARGETS];
    wire [3:0]  selector = RSS != 0 ? msg[`DIST_SGI_REQUEST_RS] : 4'd0;
    wire [PES-1:0] addressed;
    generate
        for (p = 0; p < PES; p = p + 1) begin : g_match
            localparam [31:0] AFFINITY = AFFINITIES[32*p +: 32];
            assign addressed[p] = msg[`DIST_SGI_REQUEST_IRM] ? !chosen[p]
                              : aff == AFFINITY[31:8] && selector == AFFINITY[7:4] && list[AFFINITY[3:0]];
        end
    endgenerate

    // --- messages ---------------------------------------------------------------------------------------------------
    wire [PES-1:0] acked   = take_up && kind == `DIST_CONTROL_ACK ? chosen : {PES{1'b0}};
    wire [PES-1:0] control = {PES{changes}} & ~control_outstanding | acked & control_stale;
    wire [1:0]     control_enables = changes ? enables_next : enables;
    wire [`DIST_DOWN_BITS-1:0] about   = take_activate ? `DIST_SPI_ACTIVATE_ACK_PACK({14'd0, msg_intid})
                                           : `DIST_SPI_DEACTIVATE_ACK_PACK({14'd0, msg_intid});
    wire [`DIST_DOWN_BITS-1:0] response = changes || kind == `DIST_CONTROL_ACK ? `DIST_CONTROL_PACK(control_enables)
                           : kind == `DIST_SGI_REQUEST ? `DIST_SGI_ACK_PACK
                           : kind == `DIST_PE_STATUS ? `DIST_PE_STATUS_ACK_PACK : about;
    wire           responds = take_sgi || take_status || take_activate || take_deactivate;
    wire [`DIST_DOWN_BITS-1:0] deliver = `DIST_SGI_DELIVER_PACK(sgi_kind, sgi);
    wire [PES-1:0] down_busy;
    generate
        for (p = 0; p < PES; p = p + 1) begin : g_down
            wire push = state == FOLLOW ? targets[p] : idle ? control[p] || responds && chosen[p] : spi_push[p];
            wire [$clog2(DOWN_DEPTH):0] count;
            msg_fifo #(.WIDTH(`DIST_DOWN_BITS), .DEPTH(DOWN_DEPTH)) queue (
                .clk(clk), .rst(rst), .push(push), .in(state == FOLLOW ? deliver : idle ? response : spi_msg),
                .pop(dn_valid[p] && dn_ready[p]), .valid(dn_valid[p]),
                .out(dn_msg[`DIST_DOWN_BITS*p +: `DIST_DOWN_BITS]), .count(count)
            );
            assign room[p]      = count < SGI_ROOM;
            assign down_busy[p] = dn_valid[p];
        end
    endgenerate
    assign busy = !idle || changed || |down_busy || bvalid || rvalid;

    // --- state ------------------------------------------------------------------------------------------------------
    always @(posedge clk)
        if (rst) begin
            state         <= IDLE;
            asked         <= 1'b0;
            enables       <= 2'b00;
            {e1nwf, rwp}  <= 2'b00;
            control_outstanding <= {PES{1'b0}};
            control_stale <= {PES{1'b0}};
            targets       <= {PES{1'b0}};
            sgi           <= 4'd0;
            sgi_kind      <= 2'd0;
            {message_last, wire_last} <= 2'b00;
            {awake, waking} <= {(2*PES){1'b0}};
            {dpg, cpu_enables} <= 64'd0;
            group         <= 1'b0;
            pe            <= 4'd0;
        end else begin
            case (state)
                IDLE: begin
                    asked <= 1'b0;
                    group <= 1'b0;
                    pe    <= sender;
                    if (take_sgi) state <= FOLLOW;
                    else if (loses) state <= FORGET;
                    else if (take_up || changes_spis || changes || wakes_more) state <= CHOOSE;
                end
                FOLLOW:    state <= IDLE;
                FORGET: begin            // twice here: to ask, and when all is forgotten
                    asked <= 1'b1;
                    if (asked && forgotten && !spis_busy) state <= CHOOSE;
                end
                CHOOSE:                  // one that was chosen for changes SPIs again
                    if (!spis_busy && !assign_pe) begin
                        group <= 1'b1;
                        if (group || ONE_OF_N == 0 || !(enables[1] && pool[37])) state <= OFFER;
                    end
                OFFER:   if (!(|notify)) state <= |to_wake ? WAKE : IDLE;
                default: if (!(|to_wake)) state <= IDLE;   // WAKE
            endcase
            if (ends && control_outstanding == {PES{1'b0}} && &settled) rwp <= 1'b0;
            if (wakes) waking <= waking | one_pe;
            if (wake_one) waking[0] <= 1'b1;

            targets <= take_sgi ? addressed : {PES{1'b0}};
            if (take_sgi) begin
                sgi      <= msg[`DIST_SGI_REQUEST_INTID];
                sgi_kind <= msg[`DIST_SGI_REQUEST_KIND];
            end
            if (take_spi || take_reg) wire_last <= take_spi;
            if (take_up || take_spi || take_reg) message_last <= take_up;
            if (take_status) begin
                awake  <= msg[`DIST_PE_STATUS_AWAKE] ? awake | chosen : awake & ~chosen;
                waking <= msg[`DIST_PE_STATUS_AWAKE] ? waking & ~chosen : waking;
                dpg[{sender, 1'b0} +: 2]         <= msg[`DIST_PE_STATUS_DPG];
                cpu_enables[{sender, 1'b0} +: 2] <= msg[`DIST_PE_STATUS_ENABLES];
            end
            if (write_ctlr && ONE_OF_N != 0) e1nwf <= req_data[7];
            if (disables) rwp <= 1'b1;
            if (changes) begin
                enables       <= enables_next;
                control_outstanding <= {PES{1'b1}};
                control_stale <= control_outstanding;
                if (|(enables & ~enables_next)) rwp <= 1'b1;
            end else begin
                control_outstanding <= control_outstanding & ~(acked & ~control_stale);
                control_stale <= control_stale & ~acked;
            end
        end

    wire unused = &{1'b0, req_data[63:8], msg, msg_intid_24[23:10], 1'b0};
endmodule
`default_nettype wire
