// GICC: the physical CPU interface of one PE (golden model: pymodel/irqpath/gic/gicc/cpu_interface.py; IHI 0069 4,
// 12.2, appendix A); with VIRTUAL also its virtual CPU interface (gicc_virtual.v).
//
// Runs to completion: one input is accepted (messages from the Redistributor before system registers), its outputs are
// queued in order, the lines follow, then the next input is accepted. A system register access is accepted only while
// fewer than CREDITS acknowledgements are outstanding and the last response has gone, so UP_DEPTH queue places can
// never fill: CREDITS requests, two Release, one ClearAck and one QuiesceAck or DownstreamControlAck.
//
// Leaves out: Security states (GICD_CTLR.DS=1 only), ICC_NMIAR1_EL1, PMHE's hint, 1-bit errors.
`default_nettype none
`include "generated/irqpath_regs.vh"
`include "generated/irqpath_links.vh"
module gicc #(
    parameter PRIORITY_BITS = 5,   // 4 to 8
    parameter INTID_BITS_24 = 0,   // ICC_CTLR_EL1.IDbits: 1 for 24 bits, 0 for 16
    parameter AFF3          = 0,   // ICC_CTLR_EL1.A3V
    parameter RSS           = 0,   // ICC_CTLR_EL1.RSS
    parameter CREDITS       = 4,
    parameter UP_DEPTH      = 8,
    parameter VIRTUAL                 = 0,   // there is a virtual CPU interface
    parameter LIST_REGISTERS          = 4,   // 1 to 16
    parameter VIRTUAL_PRIORITY_BITS   = 5,   // 5 to 8
    parameter VIRTUAL_PREEMPTION_BITS = 5,   // 5 to 7, at most VIRTUAL_PRIORITY_BITS
    parameter GICV4                   = 0    // ICH_VTR_EL2.nV4 is 0
) (
    input  wire        clk,
    input  wire        rst,
    // sysreg: op 0 read, 1 write, 2 barrier (DSB); with VIRTUAL 3, which has no response: the state of the PE, in
    // sys_reg {EEL2, FIQ, IRQ, NS of SCR_EL3, EL}, in sys_data HCR_EL2. A response of op 3 is a trap to EL rsp_data.
    input  wire        sys_valid,
    output wire        sys_ready,
    input  wire [1:0]  sys_op,
    input  wire [15:0] sys_reg,
    input  wire [63:0] sys_data,
    output reg         rsp_valid,
    input  wire        rsp_ready,
    output reg  [1:0]  rsp_op,
    output reg         rsp_ok,
    output reg  [63:0] rsp_data,
    // stream
    input  wire        down_tvalid,
    output wire        down_tready,
    input  wire [15:0] down_tdata,
    input  wire        down_tlast,
    output wire        up_tvalid,
    input  wire        up_tready,
    output wire [15:0] up_tdata,
    output wire        up_tlast,
    // irq
    output reg         irq,
    output reg         fiq,
    output reg         virq,
    output reg         vfiq,
    output reg         maintenance,
    output wire        busy
);
    // preemption bits: ICC_BPR0_EL1 is at least 7 - PREBITS
    localparam PREBITS = PRIORITY_BITS > 7 ? 7 : PRIORITY_BITS;
    localparam LEVELS  = 1 << PREBITS;
    localparam [7:0] PRIORITY_MASK = 8'hFF << (8 - PRIORITY_BITS);
    localparam [31:0] CTLR_RO_LOW = (PRIORITY_BITS - 1) << `IRQPATH_ICC_CTLR_EL1_PRIbits_LSB
                                    | INTID_BITS_24 << `IRQPATH_ICC_CTLR_EL1_IDbits_LSB
                                    | AFF3 << `IRQPATH_ICC_CTLR_EL1_A3V_LSB
                                    | RSS << `IRQPATH_ICC_CTLR_EL1_RSS_LSB;
    localparam [63:0] CTLR_RO = {32'd0, CTLR_RO_LOW};

    localparam [1:0] IDLE = 2'd0, FOLLOW = 2'd1, LINES = 2'd2;
    localparam [1:0] READ = 2'd0, WRITE = 2'd1, BARRIER = 2'd2, STATE = 2'd3, TRAP = 2'd3;

    reg [1:0]        state;
    reg [7:0]        pmr;
    reg [1:0]        enables;
    reg              eoimode, cbpr, pmhe;
    reg              held;
    reg [23:0]       held_intid;
    reg [7:0]        held_priority;
    reg              held_group;
    reg [3:0]        outstanding;
    reg              barrier;
    reg              quiesced;   // QuiesceAck follows

    // --- what the architecture derives ------------------------------------------------------------------------------
    wire [2:0]  bpr0, bpr1;
    wire        highest;        // the highest active priority is of the group
    wire [7:0]  running;
    wire [31:0] ap_word;
    wire        preempts;
    wire        signalled = held && enables[held_group] && held_priority < pmr && preempts;

    // --- inputs -----------------------------------------------------------------------------------------------------
    wire        down_valid;
    wire [`STREAM_DOWN_BITS-1:0] down_msg;
    wire        down_take = state == IDLE && down_valid;
    stream_rx rx (
        .clk(clk), .rst(rst), .tvalid(down_tvalid), .tready(down_tready), .tdata(down_tdata), .tlast(down_tlast),
        .valid(down_valid), .msg(down_msg), .take(down_take)
    );
    wire [3:0]  kind       = down_msg[`STREAM_DOWN_KIND];
    wire [23:0] down_intid = down_msg[`STREAM_SET_INTID];
    wire [1:0]  down_group = down_msg[`STREAM_SET_GROUP];
    wire        is_ack     = kind == `STREAM_ACTIVATE_ACK || kind == `STREAM_DEACTIVATE_ACK
                             || kind == `STREAM_GENERATE_SGI_ACK || kind == `STREAM_UPSTREAM_CONTROL_ACK;

    assign sys_ready = state == IDLE && !down_valid && !rsp_valid && !barrier && outstanding < CREDITS;
    wire sys_take    = sys_valid && sys_ready;
    wire v_takes;           // it is no access to the physical interface
    wire reading     = sys_take && sys_op == READ && !v_takes;
    wire writing     = sys_take && sys_op == WRITE && !v_takes;
    assign busy      = state != IDLE || rsp_valid || up_tvalid || barrier;

    // --- the virtual CPU interface ----------------------------------------------------------------------------------
    wire        v_ok, v_trap, v_deactivates, v_virq, v_vfiq, v_maintenance;
    wire [63:0] v_response;
    wire [12:0] v_intid;
    generate
        if (VIRTUAL != 0) begin : g_virtual
            gicc_virtual #(
                .LIST_REGISTERS(LIST_REGISTERS), .PRIORITY_BITS(VIRTUAL_PRIORITY_BITS),
                .PREEMPTION_BITS(VIRTUAL_PREEMPTION_BITS), .INTID_BITS_24(INTID_BITS_24), .AFF3(AFF3),
                .GICV4(GICV4)
            ) u_virtual (
                .clk(clk), .rst(rst), .reads(sys_take && sys_op == READ), .writes(sys_take && sys_op == WRITE),
                .tells(sys_take && sys_op == STATE), .register(sys_reg), .data(sys_data),
                .takes(v_takes), .ok(v_ok), .trap(v_trap), .response(v_response),
                .deactivates(v_deactivates), .intid(v_intid),
                .virq(v_virq), .vfiq(v_vfiq), .maintenance(v_maintenance)
            );
        end else begin : g_physical
            assign {v_takes, v_ok, v_trap, v_response} = 67'd0;
            assign {v_deactivates, v_intid, v_virq, v_vfiq, v_maintenance} = 17'd0;
        end
    endgenerate

    // --- system registers -------------------------------------------------------------------------------------------
    wire is_iar  = sys_reg == `IRQPATH_ICC_IAR0_EL1 || sys_reg == `IRQPATH_ICC_IAR1_EL1;
    wire is_sgir = sys_reg == `IRQPATH_ICC_SGI0R_EL1 || sys_reg == `IRQPATH_ICC_SGI1R_EL1
        || sys_reg == `IRQPATH_ICC_ASGI1R_EL1;
    wire is_eoir = sys_reg == `IRQPATH_ICC_EOIR0_EL1 || sys_reg == `IRQPATH_ICC_EOIR1_EL1;
    wire is_igrpen = sys_reg == `IRQPATH_ICC_IGRPEN0_EL1 || sys_reg == `IRQPATH_ICC_IGRPEN1_EL1;
    // the Group 1 register of a pair: their encodings differ in CRm or op2, so name them
    wire group1  = sys_reg == `IRQPATH_ICC_IAR1_EL1 || sys_reg == `IRQPATH_ICC_EOIR1_EL1
        || sys_reg == `IRQPATH_ICC_HPPIR1_EL1
                   || sys_reg == `IRQPATH_ICC_IGRPEN1_EL1;

    wire        iar_hit  = signalled && held_group == group1;
    wire [23:0] iar      = iar_hit ? held_intid : 24'd1023;
    wire [23:0] hppir    = held && held_group == group1 ? held_intid : 24'd1023;
    wire [23:0] eoi      = sys_data[23:0];
    wire        special  = eoi >= 24'd1020 && eoi < 24'd8192;
    wire        eoi_drop = !special && highest;
    wire        drops    = writing && is_eoir && eoi_drop;
    wire        raises   = sys_take && sys_op == READ && is_iar && iar_hit && !v_takes;
    wire        has_active_state = eoi < 24'd1020;
    wire [2:0]  bpr1_read = !cbpr ? bpr1 : &bpr0 ? 3'd7 : bpr0 + 3'd1;

    // ICC_AP0R<n>_EL1 and ICC_AP1R<n>_EL1: 32 levels each; those without levels are UNDEFINED
    wire         ap_group = sys_reg == `IRQPATH_ICC_AP1R0_EL1 || sys_reg == `IRQPATH_ICC_AP1R1_EL1
                            || sys_reg == `IRQPATH_ICC_AP1R2_EL1 || sys_reg == `IRQPATH_ICC_AP1R3_EL1;
    wire         ap_any   = ap_group || sys_reg == `IRQPATH_ICC_AP0R0_EL1 || sys_reg == `IRQPATH_ICC_AP0R1_EL1
                            || sys_reg == `IRQPATH_ICC_AP0R2_EL1 || sys_reg == `IRQPATH_ICC_AP0R3_EL1;
    wire [1:0]   ap_n     = sys_reg[1:0];   // op2[1:0] counts them
    wire         ap_hit   = ap_any && {ap_n, 5'd0} < LEVELS;

    wire [17:0]  unused;
    cpu_priorities #(.PREEMPTION_BITS(PREBITS)) priorities (
        .clk(clk), .rst(rst), .level(held_priority), .group(held_group), .preempts(preempts),
        .raise(raises), .drop({drops && group1, drops && !group1}),
        .write_bpr({writing && sys_reg == `IRQPATH_ICC_BPR1_EL1 && !cbpr, writing && sys_reg == `IRQPATH_ICC_BPR0_EL1}),
        .bpr_next({2{sys_data[2:0]}}), .cbpr(cbpr),
        .write_ap(writing && ap_hit), .ap_group(ap_group || group1), .ap_number(ap_n), .ap_next(sys_data[31:0]),
        .bpr0(bpr0), .bpr1(bpr1), .ap(ap_word), .active(unused[16]), .of_group0(unused[17]), .of_ap_group(highest),
        .running(running), .mask0(unused[7:0]), .mask1(unused[15:8])
    );

    reg [63:0] read_data;
    reg        read_ok;
    always @* begin
        read_ok = 1'b1;
        case (sys_reg)
            `IRQPATH_ICC_PMR_EL1:     read_data = {56'd0, pmr};
            `IRQPATH_ICC_BPR0_EL1:    read_data = {61'd0, bpr0};
            `IRQPATH_ICC_BPR1_EL1:    read_data = {61'd0, bpr1_read};
            `IRQPATH_ICC_CTLR_EL1:    read_data = CTLR_RO | {57'd0, pmhe, 4'd0, eoimode, cbpr};
            `IRQPATH_ICC_SRE_EL1:     read_data = 64'd7;
            `IRQPATH_ICC_RPR_EL1:     read_data = {56'd0, running};
            `IRQPATH_ICC_IAR0_EL1,
            `IRQPATH_ICC_IAR1_EL1:    read_data = {40'd0, iar};
            `IRQPATH_ICC_HPPIR0_EL1,
            `IRQPATH_ICC_HPPIR1_EL1:  read_data = {40'd0, hppir};
            `IRQPATH_ICC_IGRPEN0_EL1: read_data = {63'd0, enables[0]};
            `IRQPATH_ICC_IGRPEN1_EL1: read_data = {63'd0, enables[1]};
            default: begin
                read_data = 64'd0;
                read_ok   = 1'b0;
            end
        endcase
        if (ap_hit) begin
            read_data = {32'd0, ap_word};
            read_ok   = 1'b1;
        end
    end

    reg write_ok;
    always @*
        case (sys_reg)
            `IRQPATH_ICC_PMR_EL1, `IRQPATH_ICC_BPR0_EL1, `IRQPATH_ICC_BPR1_EL1, `IRQPATH_ICC_CTLR_EL1,
                `IRQPATH_ICC_SRE_EL1,
            `IRQPATH_ICC_EOIR0_EL1, `IRQPATH_ICC_EOIR1_EL1, `IRQPATH_ICC_DIR_EL1, `IRQPATH_ICC_IGRPEN0_EL1,
            `IRQPATH_ICC_IGRPEN1_EL1, `IRQPATH_ICC_SGI0R_EL1, `IRQPATH_ICC_SGI1R_EL1, `IRQPATH_ICC_ASGI1R_EL1:
                     write_ok = 1'b1;
            default: write_ok = ap_hit;
        endcase

    // --- messages up ------------------------------------------------------------------------------------------------
    wire [23:0] sgi_aff = {sys_data[55:48], sys_data[39:32], sys_data[23:16]};
    wire [3:0]  sgi_rs = RSS != 0 ? sys_data[47:44] : 4'd0;   // RES0 without RSS
    wire [1:0]  sgi_kind = sys_reg == `IRQPATH_ICC_SGI0R_EL1 ? 2'd0 : sys_reg == `IRQPATH_ICC_SGI1R_EL1 ? 2'd1 : 2'd2;
    wire [1:0]  enables_next = group1 ? {sys_data[0], enables[0]} : {enables[1], sys_data[0]};
    wire        deactivates = has_active_state && (is_eoir ? drops && !eoimode
                                                   : writing && sys_reg == `IRQPATH_ICC_DIR_EL1 && eoimode);
    wire        disabled = held && !enables[held_group];

    reg         up_push;
    reg  [`STREAM_UP_BITS-1:0] up_in;
    reg         request;   // the message is acknowledged later
    always @* begin
        up_push = 1'b0;
        request = 1'b0;
        up_in   = {`STREAM_UP_BITS{1'b0}};
        if (down_take)
            case (kind)
                `STREAM_SET, `STREAM_QUIESCE: begin
                    up_push = held;
                    up_in   = `STREAM_RELEASE_PACK(held_intid);
                end
                `STREAM_CLEAR: begin
                    up_push = 1'b1;
                    up_in   = `STREAM_CLEAR_ACK_PACK(down_intid);
                end
                `STREAM_DOWNSTREAM_CONTROL: begin
                    up_push = 1'b1;
                    up_in   = `STREAM_DOWNSTREAM_CONTROL_ACK_PACK;
                end
                default: ;
            endcase
        else if (reading && is_iar && iar_hit) begin
            request = 1'b1;
            up_in   = `STREAM_ACTIVATE_PACK(held_intid);
        end else if (deactivates) begin
            request = 1'b1;
            up_in   = `STREAM_DEACTIVATE_PACK(eoi);
        end else if (v_deactivates) begin
            request = 1'b1;
            up_in   = `STREAM_DEACTIVATE_PACK({11'd0, v_intid});
        end else if (writing && is_sgir) begin
            request = 1'b1;
            up_in   = `STREAM_GENERATE_SGI_PACK(sgi_kind, sys_data[40], sgi_rs, sys_data[27:24], sys_data[15:0],
                sgi_aff);
        end else if (writing && is_igrpen && enables_next != enables) begin
            request = 1'b1;
            up_in   = `STREAM_UPSTREAM_CONTROL_PACK(enables_next);
        end else if (state == FOLLOW) begin
            up_push = disabled || quiesced;
            up_in   = quiesced ? `STREAM_QUIESCE_ACK_PACK : `STREAM_RELEASE_PACK(held_intid);
        end
        if (request) up_push = 1'b1;
    end

    wire             up_valid, up_pop;
    wire [`STREAM_UP_BITS-1:0] up_msg;
    wire [$clog2(UP_DEPTH):0] up_count;
    msg_fifo #(.WIDTH(`STREAM_UP_BITS), .DEPTH(UP_DEPTH)) up_queue (
        .clk(clk), .rst(rst), .push(up_push), .in(up_in), .pop(up_pop), .valid(up_valid), .out(up_msg), .count(up_count)
    );
    stream_tx #(.LAST_BEATS(`STREAM_UP_LAST_BEATS)) tx (
        .clk(clk), .rst(rst), .valid(up_valid), .msg(up_msg), .pop(up_pop),
        .tvalid(up_tvalid), .tready(up_tready), .tdata(up_tdata), .tlast(up_tlast)
    );

    // --- state ------------------------------------------------------------------------------------------------------
    wire ack = down_take && is_ack && outstanding != 0;

    always @(posedge clk)
        if (rst) begin
            state   <= IDLE;
            pmr     <= 8'd0;
            enables <= 2'b00;
            {eoimode, cbpr, pmhe} <= 3'b000;
            held    <= 1'b0;
            held_intid    <= 24'd0;
            held_priority <= 8'd0;
            held_group    <= 1'b0;
            outstanding <= 4'd0;
            barrier   <= 1'b0;
            quiesced  <= 1'b0;
            rsp_valid <= 1'b0;
            rsp_op    <= 2'd0;
            rsp_ok    <= 1'b0;
            rsp_data  <= 64'd0;
            irq       <= 1'b0;
            fiq       <= 1'b0;
            {virq, vfiq, maintenance} <= 3'b000;
        end else begin
            if (rsp_valid && rsp_ready) rsp_valid <= 1'b0;
            if (request) outstanding <= outstanding + 4'd1;
            else if (ack) outstanding <= outstanding - 4'd1;

            case (state)
                IDLE: if (down_take || sys_take) state <= FOLLOW;
                FOLLOW: begin
                    state    <= LINES;
                    quiesced <= 1'b0;
                    if (disabled) held <= 1'b0;
                end
                default: begin
                    state <= IDLE;
                    irq   <= signalled && held_group;
                    fiq   <= signalled && !held_group;
                    {virq, vfiq, maintenance} <= {v_virq, v_vfiq, v_maintenance};
                end
            endcase

            if (down_take)
                case (kind)
                    `STREAM_SET: begin
                        held          <= 1'b1;
                        held_intid    <= down_intid;
                        held_priority <= down_msg[`STREAM_SET_PRIORITY];
                        held_group    <= down_group[0];
                    end
                    `STREAM_CLEAR: if (held_intid == down_intid) held <= 1'b0;
                    `STREAM_QUIESCE: begin
                        held     <= 1'b0;
                        quiesced <= 1'b1;
                    end
                    default:
                        if (ack && barrier && outstanding == 4'd1) begin
                            barrier   <= 1'b0;
                            rsp_valid <= 1'b1;
                            rsp_op    <= BARRIER;
                            rsp_ok    <= 1'b1;
                            rsp_data  <= 64'd0;
                        end
                endcase

            if (sys_take) begin
                rsp_op   <= sys_op;
                rsp_data <= 64'd0;
                case (sys_op)
                    READ: begin
                        rsp_valid <= 1'b1;
                        rsp_ok    <= read_ok;
                        rsp_data  <= read_data;
                        if (raises) held <= 1'b0;
                    end
                    WRITE: begin
                        rsp_valid <= 1'b1;
                        rsp_ok    <= write_ok;
                    end
                    default: if (VIRTUAL == 0 || sys_op != STATE) begin
                        rsp_ok <= 1'b1;
                        if (outstanding == 4'd0) rsp_valid <= 1'b1;
                        else barrier <= 1'b1;
                    end
                endcase
            end
            if (v_takes && sys_take && !sys_op[1]) begin
                rsp_ok   <= v_ok;
                rsp_data <= v_response;
                if (v_trap) rsp_op <= TRAP;
            end
            if (writing) begin
                case (sys_reg)
                    `IRQPATH_ICC_PMR_EL1:  pmr <= sys_data[7:0] & PRIORITY_MASK;
                    `IRQPATH_ICC_CTLR_EL1: {pmhe, eoimode, cbpr} <= {sys_data[6], sys_data[1:0]};
                    default: ;
                endcase
                if (is_igrpen) enables <= enables_next;
            end
        end

    wire unused_all = &{1'b0, up_count, down_msg, down_group[1], sys_data[63:56], sys_data[43:41], unused, 1'b0};
endmodule
`default_nettype wire
