// GICD: the Distributor (golden model: pymodel/gic/distributor.py; IHI 0069 2, 3, 12).
//
// Runs to completion: one input is accepted, its first output to each PE is queued (acknowledge, Control), in the next cycle the
// second (SGIs). When several inputs wait: messages from the Redistributors before registers, the Redistributors in turn. An
// SGI is taken only while all queues have room beyond what else can be under way: see irqpath_top.v.
//
// Leaves out so far: SPIs (GICD_TYPER.ITLinesNumber=0, so their registers are RAZ/WI), Security states, legacy operation.
`default_nettype none
`include "generated/irqpath_regs.vh"
`include "generated/irqpath_links.vh"
`include "plant.vh"
module gicd #(
    parameter              PES        = 1,
    parameter [32*PES-1:0] AFFINITIES = {PES{32'd0}},
    parameter [31:0]       TYPER      = 32'd0,
    parameter [31:0]       IIDR       = 32'd0,
    parameter [7:0]        PIDR2      = 8'h3B,
    parameter              DOWN_LOG2  = 4
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
    output wire [64*PES-1:0] dn_msg,
    input  wire [PES-1:0]    up_valid,
    output wire [PES-1:0]    up_ready,
    input  wire [64*PES-1:0] up_msg,
    output wire              busy
);
    `PLANTS

    // what else can be in a queue beside SGIs: 8 acknowledges, 2 offers, a recall, a Control, a PeStatusAck, a WakeRequest
    localparam RESERVED = 14;
    localparam [DOWN_LOG2:0] SGI_ROOM = (1 << DOWN_LOG2) - RESERVED;

    reg            follow;          // the second output of the last input goes now
    reg [1:0]      enables;
    reg            rwp;
    reg [PES-1:0]  control_owed, control_stale;
    reg [PES-1:0]  targets;         // of the SGI that goes out in `follow`
    reg [3:0]      sgi;
    reg [1:0]      sgi_kind;
    reg [PES-1:0]  turn;            // one-hot: the Redistributor that is first in the queue

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
            assign offered[p] = up_valid[p] && (up_msg[64*p +: 4] != `DIST_SGI_REQUEST || &room);
        end
    endgenerate
    // the first offered one from `turn` on
    wire [2*PES-1:0] twice   = {offered, offered} & ~({offered, offered} - {{PES{1'b0}}, turn});
    wire [PES-1:0]   chosen  = twice[PES-1:0] | twice[2*PES-1:PES];
    wire             take_up = !follow && |chosen;
    wire             take_reg = !follow && !(|chosen) && req;
    assign up_ready = take_up ? chosen : {PES{1'b0}};

    function [63:0] select(input [64*PES-1:0] from, input [PES-1:0] one);
        integer k;
        begin
            select = 64'd0;
            for (k = 0; k < PES; k = k + 1)
                if (one[k]) select = select | from[64*k +: 64];
        end
    endfunction
    wire [63:0] msg  = select(up_msg, chosen);
    wire [3:0]  kind = msg[3:0];

    reg_port #(.ADDRESS(16)) port (
        .clk(clk), .rst(rst),
        .awvalid(awvalid), .awready(awready), .awaddr(awaddr), .awsize(awsize), .wvalid(wvalid), .wready(wready), .wdata(wdata),
        .bvalid(bvalid), .bready(bready), .bresp(bresp),
        .arvalid(arvalid), .arready(arready), .araddr(araddr), .arsize(arsize),
        .rvalid(rvalid), .rready(rready), .rdata(rdata), .rresp(rresp),
        .req(req), .write(req_write), .address(req_address), .size(req_size), .data(req_data),
        .take(take_reg), .done(take_reg), .answer(read_data), .error(bad)
    );

    // --- registers --------------------------------------------------------------------------------------------------
    gicd_access access (.address(req_address), .size(req_size), .permitted(permitted), .bad(bad));
    wire       write_ctlr   = take_reg && req_write && permitted && req_address == `IRQPATH_GICD_CTLR;
    wire [1:0] enables_next = req_data[1:0];
    wire       changes      = write_ctlr && enables_next != enables;

    reg [31:0] value;
    always @* begin
        value = 32'd0;
        case (req_address)
            `IRQPATH_GICD_CTLR:  value = {rwp, 24'd0, 1'b1, 1'b0, 1'b1, 2'b00, enables};   // DS and ARE are RAO/WI
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
    assign read_data = permitted ? {32'd0, value} : 64'd0;

    // --- SGIs -------------------------------------------------------------------------------------------------------
    wire        take_sgi = take_up && kind == `DIST_SGI_REQUEST;
    wire [23:0] aff      = msg[`DIST_SGI_REQUEST_AFF];
    wire [15:0] list     = msg[`DIST_SGI_REQUEST_TARGETS];
    wire [PES-1:0] addressed;
    generate
        for (p = 0; p < PES; p = p + 1) begin : g_match
            localparam [31:0] AFFINITY = AFFINITIES[32*p +: 32];
            assign addressed[p] = msg[`DIST_SGI_REQUEST_IRM] ? !chosen[p] || `PLANTED(20)
                              : aff == AFFINITY[31:8] && msg[`DIST_SGI_REQUEST_RS] == AFFINITY[7:4] && list[AFFINITY[3:0]];
        end
    endgenerate

    // --- messages ---------------------------------------------------------------------------------------------------
    wire [PES-1:0] acked   = take_up && kind == `DIST_CONTROL_ACK ? chosen : {PES{1'b0}};
    wire [PES-1:0] control = {PES{changes}} & ~control_owed | acked & control_stale;
    wire [1:0]     control_enables = changes ? enables_next : enables;
    wire [63:0]    first   = changes || kind == `DIST_CONTROL_ACK ? {54'd0, control_enables, 4'd0, `DIST_CONTROL}
                           : kind == `DIST_SGI_REQUEST ? {60'd0, `DIST_SGI_ACK} : {60'd0, `DIST_PE_STATUS_ACK};
    wire [PES-1:0] answer  = take_up && (kind == `DIST_SGI_REQUEST && !`PLANTED(22) || kind == `DIST_PE_STATUS) ? chosen : {PES{1'b0}};
    wire [63:0]    deliver = {44'd0, sgi, 10'd0, sgi_kind, `DIST_SGI_DELIVER};
    wire [PES-1:0] down_busy;
    generate
        for (p = 0; p < PES; p = p + 1) begin : g_down
            wire push = follow ? targets[p] : control[p] || answer[p];
            wire [DOWN_LOG2:0] count;
            msg_fifo #(.WIDTH(64), .LOG2(DOWN_LOG2)) queue (
                .clk(clk), .rst(rst), .push(push), .in(follow ? deliver : first), .pop(dn_valid[p] && dn_ready[p]),
                .valid(dn_valid[p]), .out(dn_msg[64*p +: 64]), .count(count)
            );
            assign room[p]      = count < SGI_ROOM;
            assign down_busy[p] = dn_valid[p];
        end
    endgenerate
    assign busy = follow || |down_busy || bvalid || rvalid;

    // --- state ------------------------------------------------------------------------------------------------------
    always @(posedge clk)
        if (rst) begin
            follow        <= 1'b0;
            enables       <= 2'b00;
            rwp           <= 1'b0;
            control_owed  <= {PES{1'b0}};
            control_stale <= {PES{1'b0}};
            targets       <= {PES{1'b0}};
            sgi           <= 4'd0;
            sgi_kind      <= 2'd0;
            turn          <= 1;
        end else begin
            follow <= take_up || take_reg;
            if (follow && control_owed == {PES{1'b0}}) rwp <= 1'b0;
            targets <= take_sgi ? addressed : {PES{1'b0}};
            if (take_sgi) begin
                sgi      <= msg[`DIST_SGI_REQUEST_INTID];
                sgi_kind <= msg[`DIST_SGI_REQUEST_KIND];
            end
            if (take_up) turn <= chosen << 1 | chosen >> (PES - 1);
            if (changes) begin
                enables       <= enables_next;
                control_owed  <= {PES{1'b1}};
                control_stale <= control_owed;
                if (|(enables & ~enables_next) && !`PLANTED(21)) rwp <= 1'b1;
            end else begin
                control_owed  <= control_owed & ~(acked & ~control_stale);
                control_stale <= control_stale & ~acked;
            end
        end

    wire unused = &{1'b0, req_data[63:2], msg[63:56], msg[7], 1'b0};
endmodule
`default_nettype wire
