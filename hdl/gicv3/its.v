// ITS: the Interrupt Translation Service, physical part (golden model: pymodel/irqpath/gic/its/its.py; IHI 0069 5.2, 5.3).
//
// Runs to completion: one input is accepted and carried out, with all its accesses to memory and all its commands to
// Redistributors, before the next. Registers, messages and the next command of the queue (which the ITS takes by itself; `step`
// says when) are taken in turn, so that none starves another. No table entry is cached. Accesses to memory are those of the golden model, in order.
//
// Leaves out: GICv4, hardware collections, GITS_TYPER.PTA=1, entries of other sizes than 8 bytes in the device and collection
// tables, UMSI reporting.
`default_nettype none
`include "generated/irqpath_regs.vh"
`include "generated/irqpath_links.vh"
module its #(
    parameter        PES             = 1,
    parameter        INTID_BITS      = 16,
    parameter        DEVICE_BITS     = 16,
    parameter        EVENT_BITS      = 16,
    parameter        COLLECTION_BITS = 16,
    parameter        ITT_ENTRY_BYTES = 8,      // 8, 12 or 16
    parameter        STALL           = 1,      // a faulty command stalls the queue; else it is skipped
    parameter [63:0] TYPER           = 64'd0,
    parameter [31:0] IIDR            = 32'd0,
    parameter [7:0]  PIDR2           = 8'h3B
) (
    input  wire         clk,
    input  wire         rst,
    // reg (AXI4 subset, see reg_port.v)
    input  wire         awvalid,
    output wire         awready,
    input  wire [16:0]  awaddr,
    input  wire [2:0]   awsize,
    input  wire         wvalid,
    output wire         wready,
    input  wire [63:0]  wdata,
    output wire         bvalid,
    input  wire         bready,
    output wire [1:0]   bresp,
    input  wire         arvalid,
    output wire         arready,
    input  wire [16:0]  araddr,
    input  wire [2:0]   arsize,
    output wire         rvalid,
    input  wire         rready,
    output wire [63:0]  rdata,
    output wire [1:0]   rresp,
    // msi: a write of EventID to GITS_TRANSLATER by DeviceID; answered in the next cycle
    input  wire         msi_valid,
    output wire         msi_ready,
    input  wire [31:0]  msi_device,
    input  wire [31:0]  msi_event,
    output reg          msi_rsp_valid,
    // its_gicr: one command to one Redistributor at a time
    output wire [PES-1:0]    cmd_valid,
    input  wire [PES-1:0]    cmd_ready,
    output wire [63:0]       cmd_msg,
    input  wire [PES-1:0]    ack_valid,
    output wire [PES-1:0]    ack_ready,
    input  wire [64*PES-1:0] ack_msg,
    // mem
    output wire         mem_valid,
    input  wire         mem_ready,
    output reg          mem_write,
    output reg  [1:0]   mem_size,
    output reg  [51:0]  mem_address,
    output reg  [63:0]  mem_wdata,
    input  wire         mem_rvalid,
    input  wire [63:0]  mem_rdata,
    output wire         step,         // strobe: a command is taken
    output wire         busy
);
    localparam [5:0] IDLE = 6'd0, REQUEST = 6'd1, WAIT = 6'd2, SEND = 6'd3, ACK = 6'd4,
                     FETCH = 6'd5, FETCH1 = 6'd6, DECODE = 6'd7, DONE = 6'd8, FAULT = 6'd9,
                     TBL = 6'd10, TBL1 = 6'd11, DEV = 6'd12, DEV1 = 6'd13, ITE = 6'd15, ITE1 = 6'd16, ITE2 = 6'd17,
                     COL = 6'd18, COL1 = 6'd19, WITE = 6'd21, WITE1 = 6'd22,
                     FIND = 6'd23, FIND1 = 6'd24, FIND2 = 6'd25, FOUND = 6'd26,
                     MAPD = 6'd27, MAPC = 6'd28, MAP = 6'd29, MAP1 = 6'd30, MAP2 = 6'd31,
                     MOVI = 6'd33, MOVI1 = 6'd34, MOVI2 = 6'd35, DISCARD = 6'd36, INVALL = 6'd37, MOVALL = 6'd38, MOVALL1 = 6'd39;
    // command numbers (IHI 0069 5.3)
    localparam [7:0] C_MOVI = 8'h01, C_INT = 8'h03, C_CLEAR = 8'h04, C_SYNC = 8'h05, C_MAPD = 8'h08, C_MAPC = 8'h09, C_MAPTI = 8'h0A,
                     C_MAPI = 8'h0B, C_INV = 8'h0C, C_INVALL = 8'h0D, C_MOVALL = 8'h0E, C_DISCARD = 8'h0F;

    // registers
    reg         enabled, stalled;
    reg  [63:0] cbaser;
    reg  [19:0] cwriter, creadr;
    reg  [63:0] baser0, baser1;                  // without Type and Entry_Size
    localparam [63:0] BASER_RO0 = 64'd1 << 56 | 64'd7 << 48, BASER_RO1 = 64'd4 << 56 | 64'd7 << 48;
    localparam [63:0] BASER_WMASK = `IRQPATH_GITS_BASER_WMASK & ~(64'd7 << 56 | 64'd31 << 48);

    // the current work
    reg  [5:0]  state, after, table_after, lookup_next, sent_after;
    reg         from_msi;
    reg  [63:0] dw0, dw1, dw2, dw3;
    reg  [1:0]  fetched;
    reg         collections;                     // which table TBL looks at
    reg  [31:0] index;
    reg         table_ok;
    reg  [51:0] table_at;
    reg         device_valid;
    reg  [51:0] itt;
    reg  [4:0]  itt_size;
    reg         mapped;                          // the event is
    reg  [31:0] intid;
    reg  [15:0] icid;
    reg         collection_valid;
    reg  [15:0] pe, old_pe;
    reg  [63:0] entry;                           // to be written into the ITT
    reg  [63:0] response;
    reg         got_pending;
    reg  [23:0] got_intid;
    reg  [4:0]  rd_kind;
    reg  [23:0] rd_intid;

    wire [7:0]  command  = dw0[7:0];
    wire [31:0] device   = dw0[63:32];
    wire [31:0] event_id = dw1[31:0];
    wire        valid    = dw2[63];
    localparam [35:0] NUMBER = {4'd0, PES[31:0]};   // of Redistributors
    wire [35:0] rdbase   = dw2[51:16];
    wire [35:0] rdbase2  = dw3[51:16];

    // --- inputs -----------------------------------------------------------------------------------------------------
    wire [20:0] queue_bytes = {cbaser[7:0] + 9'd1, 12'd0};
    wire        has_command = enabled && !stalled && creadr != cwriter && cbaser[63] && {1'b0, cwriter} < queue_bytes;
    wire        req, req_write;
    wire [16:0] req_address;
    wire [2:0]  req_size;
    wire [63:0] req_data;
    // {command, message, register} that wait; `turn` is one-hot, the kind that goes first
    reg  [2:0]  turn;
    wire [2:0]  waiting  = {has_command, msi_valid && !msi_rsp_valid, req};
    wire [5:0]  twice    = {waiting, waiting} & ~({waiting, waiting} - {3'd0, turn});
    wire [2:0]  chosen   = state == IDLE ? twice[2:0] | twice[5:3] : 3'd0;
    wire        take_reg = chosen[0];
    wire        take_msi = chosen[1];
    assign step      = chosen[2];
    assign msi_ready = take_msi;
    assign busy      = state != IDLE || has_command || bvalid || rvalid || msi_rsp_valid;

    wire        permitted, bad;
    reg  [63:0] value;
    reg_port #(.ADDRESS(17)) port (
        .clk(clk), .rst(rst),
        .awvalid(awvalid), .awready(awready), .awaddr(awaddr), .awsize(awsize), .wvalid(wvalid), .wready(wready), .wdata(wdata),
        .bvalid(bvalid), .bready(bready), .bresp(bresp),
        .arvalid(arvalid), .arready(arready), .araddr(araddr), .arsize(arsize),
        .rvalid(rvalid), .rready(rready), .rdata(rdata), .rresp(rresp),
        .req(req), .write(req_write), .address(req_address), .size(req_size), .data(req_data),
        .take(take_reg), .done(take_reg), .response(permitted ? value >> {req_address[2], 5'd0} : 64'd0), .error(bad)
    );
    gits_access access (.address(req_address), .size(req_size), .permitted(permitted), .bad(bad));

    // --- registers --------------------------------------------------------------------------------------------------
    wire [16:0] word_addr = {req_address[16:3], 3'b000};     // the 64-bit word
    always @*                                            // two 32-bit registers in one word are both shown
        case (word_addr)
            `IRQPATH_GITS_CTLR:    value = {IIDR, !has_command, 30'd0, enabled};
            `IRQPATH_GITS_TYPER:   value = TYPER;
            `IRQPATH_GITS_CBASER:  value = cbaser;
            `IRQPATH_GITS_CWRITER: value = {44'd0, cwriter};
            `IRQPATH_GITS_CREADR:  value = {44'd0, creadr[19:1], stalled};
            `IRQPATH_GITS_BASER:   value = baser0 | BASER_RO0;
            `IRQPATH_GITS_BASER + 17'd8: value = baser1 | BASER_RO1;
            `IRQPATH_GITS_PIDR2:   value = {56'd0, PIDR2};
            `IRQPATH_GITS_CIDR0:   value = {32'hF0, 32'h0D};
            `IRQPATH_GITS_CIDR2:   value = {32'hB1, 32'h05};
            default:               value = 64'd0;
        endcase

    wire        write = take_reg && req_write && permitted;
    wire [63:0] lanes = (req_size == 3'd3 ? {64{1'b1}} : 64'hFFFF_FFFF) << {req_address[2], 5'd0};
    wire [63:0] data  = req_data << {req_address[2], 5'd0};
    wire [63:0] cwriter_next = {44'd0, cwriter} & ~lanes | data & lanes;

    // --- tables -----------------------------------------------------------------------------------------------------
    wire [63:0] baser     = collections ? baser1 : baser0;
    wire [4:0]  page_log2 = baser[9:8] == 2'd0 ? 5'd12 : baser[9:8] == 2'd1 ? 5'd14 : 5'd16;
    wire [51:0] base      = page_log2 == 5'd16 ? {baser[15:12], baser[47:16], 16'd0} : {4'd0, baser[47:12], 12'd0};
    wire [35:0] room      = {28'd0, baser[7:0]} + 36'd1 << page_log2;                   // bytes
    wire [35:0] flat_at   = {1'b0, index, 3'b000};
    wire [35:0] page      = {4'd0, index} >> page_log2 - 5'd3;
    wire [35:0] in_page   = flat_at & ~(~36'd0 << page_log2);
    wire        in_width  = (collections ? index >> COLLECTION_BITS : index >> DEVICE_BITS) == 32'd0;
    wire [51:0] page_mask = ~52'd0 << page_log2;

    wire [32:0] events    = 33'd2 << itt_size;                                           // 1 << (Size + 1), R34
    wire        event_ok  = {1'b0, event_id} < events;
    wire [51:0] ite_at    = itt + {20'd0, event_id} * ITT_ENTRY_BYTES;
    localparam  WHOLE_ITE = ITT_ENTRY_BYTES % 8 == 0;

    // --- Redistributors ---------------------------------------------------------------------------------------------
    wire [PES-1:0] one_pe = {{(PES-1){1'b0}}, 1'b1} << pe;
    assign cmd_valid = state == SEND ? one_pe : {PES{1'b0}};
    assign cmd_msg   = {24'd0, rd_intid, 11'd0, rd_kind};
    assign ack_ready = state == ACK ? one_pe : {PES{1'b0}};
    wire           acked = |(ack_valid & one_pe);
    function [63:0] select(input [64*PES-1:0] from, input [PES-1:0] one);
        integer n;
        begin
            select = 64'd0;
            for (n = 0; n < PES; n = n + 1) if (one[n]) select = select | from[64*n +: 64];
        end
    endfunction
    wire [63:0] ack = select(ack_msg, one_pe);

    assign mem_valid = state == REQUEST;

    task read(input [51:0] addr, input [1:0] size, input [5:0] then);
        begin
            mem_write   <= 1'b0;
            mem_size    <= size;
            mem_address <= addr;
            after       <= then;
            state       <= REQUEST;
        end
    endtask
    task write_memory(input [51:0] addr, input [1:0] size, input [63:0] what, input [5:0] then);
        begin
            mem_write   <= 1'b1;
            mem_size    <= size;
            mem_address <= addr;
            mem_wdata   <= what;
            after       <= then;
            state       <= REQUEST;
        end
    endtask
    task table_entry(input which, input [31:0] number, input [5:0] then);   // address of an entry: table_ok, table_at
        begin
            collections <= which;
            index       <= number;
            table_after <= then;
            state       <= TBL;
        end
    endtask
    task collection(input [15:0] number, input [5:0] then);                 // PE of a collection: collection_valid, pe
        begin
            lookup_next <= then;
            table_entry(1'b1, {16'd0, number}, COL);
        end
    endtask
    task send(input [4:0] kind, input [23:0] lpi, input [5:0] then);        // to the Redistributor of `pe`
        begin
            rd_kind    <= kind;
            rd_intid   <= lpi;
            sent_after <= then;
            state      <= SEND;
        end
    endtask
    task write_ite(input [63:0] what, input [5:0] then);
        begin
            entry      <= what;
            lookup_next <= then;
            state      <= WITE;
        end
    endtask

    wire [63:0] ite_word = {1'b1, 15'd0, dw2[15:0], command == C_MAPI ? event_id : command == C_MOVI ? intid : dw1[63:32]};
    wire [31:0] map_intid = command == C_MAPI ? event_id : dw1[63:32];
    wire        map_lpi   = map_intid >= 32'd8192 && map_intid >> INTID_BITS == 32'd0;

    always @(posedge clk)
        if (rst) begin
            {enabled, stalled} <= 2'b00;
            turn <= 3'b001;
            {cbaser, baser0, baser1} <= 192'd0;
            {cwriter, creadr} <= 40'd0;
            {state, after, table_after, lookup_next, sent_after} <= {5{IDLE}};
            from_msi <= 1'b0;
            {dw0, dw1, dw2, dw3} <= 256'd0;
            fetched  <= 2'd0;
            {collections, table_ok, device_valid, mapped, collection_valid, got_pending} <= 6'd0;
            {index, intid} <= 64'd0;
            {table_at, itt, mem_address} <= 156'd0;
            itt_size <= 5'd0;
            {icid, pe, old_pe} <= 48'd0;
            {entry, response, mem_wdata} <= 192'd0;
            {got_intid, rd_intid} <= 48'd0;
            rd_kind   <= 5'd0;
            mem_write <= 1'b0;
            mem_size  <= 2'd0;
            msi_rsp_valid <= 1'b0;
        end else begin
            msi_rsp_valid <= take_msi;

            if (write)
                case (word_addr)
                    `IRQPATH_GITS_CTLR:    if (!req_address[2]) enabled <= req_data[0];
                    `IRQPATH_GITS_CBASER: if (!enabled) begin
                        cbaser  <= cbaser & ~(lanes & `IRQPATH_GITS_CBASER_WMASK) | data & lanes & `IRQPATH_GITS_CBASER_WMASK;
                        creadr  <= 20'd0;
                        stalled <= 1'b0;
                    end
                    `IRQPATH_GITS_CWRITER: begin
                        cwriter <= cwriter_next[19:0] & 20'hFFFE0;
                        if (data[0] && lanes[0]) stalled <= 1'b0;
                    end
                    `IRQPATH_GITS_BASER: if (!enabled)
                        baser0 <= baser0 & ~(lanes & BASER_WMASK) | data & lanes & BASER_WMASK;
                    `IRQPATH_GITS_BASER + 17'd8: if (!enabled)
                        baser1 <= baser1 & ~(lanes & BASER_WMASK) | data & lanes & BASER_WMASK;
                    default: ;
                endcase

            if (|chosen) turn <= {chosen[1:0], chosen[2]};
            case (state)
                IDLE:
                    if (take_msi) begin
                        from_msi <= 1'b1;
                        dw0      <= {msi_device, 24'd0, C_INT};
                        dw1      <= {32'd0, msi_event};
                        if (enabled) state <= FIND;
                    end else if (step) begin
                        from_msi <= 1'b0;
                        fetched  <= 2'd0;
                        state    <= FETCH;
                    end
                REQUEST: if (mem_ready) state <= WAIT;
                WAIT: if (mem_rvalid) begin
                    response <= mem_rdata;
                    state  <= after;
                end
                SEND: if (|(cmd_ready & one_pe)) state <= ACK;
                ACK: if (acked) begin
                    got_pending <= |ack[`ITS_LPI_ACK_PENDING];
                    got_intid   <= ack[`ITS_LPI_ACK_INTID];
                    state       <= sent_after;
                end

                FETCH: read({cbaser[51:48], cbaser[47:12], 12'd0} + {32'd0, creadr} + {47'd0, fetched, 3'b000}, 2'd3, FETCH1);
                FETCH1: begin
                    case (fetched)
                        2'd0:    dw0 <= response;
                        2'd1:    dw1 <= response;
                        2'd2:    dw2 <= response;
                        default: dw3 <= response;
                    endcase
                    fetched <= fetched + 2'd1;
                    state   <= fetched == 2'd3 ? DECODE : FETCH;
                end
                DECODE:
                    case (command)
                        C_MOVI, C_INT, C_CLEAR, C_INV, C_DISCARD: state <= FIND;
                        C_MAPD:          table_entry(1'b0, device, MAPD);
                        C_MAPC:          table_entry(1'b1, {16'd0, dw2[15:0]}, MAPC);
                        C_MAPTI, C_MAPI: table_entry(1'b0, device, MAP);
                        C_INVALL:        collection(dw2[15:0], INVALL);
                        C_SYNC:
                            if (rdbase >= NUMBER) state <= FAULT;
                            else begin
                                pe <= rdbase[15:0];
                                send(`ITS_LPI_SYNC, 24'd0, DONE);
                            end
                        C_MOVALL:
                            if (rdbase >= NUMBER || rdbase2 >= NUMBER) state <= FAULT;
                            else state <= rdbase == rdbase2 ? DONE : MOVALL;
                        default:         state <= FAULT;
                    endcase
                DONE: begin
                    if (!from_msi) creadr <= {1'b0, creadr} + 21'd32 == queue_bytes ? 20'd0 : creadr + 20'd32;
                    state <= IDLE;
                end
                FAULT: begin
                    if (!from_msi && STALL != 0) begin
                        stalled <= 1'b1;
                        state   <= IDLE;
                    end else state <= DONE;
                end

                // --- address of a table entry
                TBL: begin
                    table_ok <= 1'b0;
                    table_at <= base + {16'd0, flat_at};
                    if (!in_width || !baser[63]) state <= table_after;
                    else if (!baser[62]) begin
                        table_ok <= flat_at + 36'd8 <= room;
                        state    <= table_after;
                    end else if ({page[32:0], 3'b000} >= room) state <= table_after;
                    else read(base + {13'd0, page, 3'b000}, 2'd3, TBL1);
                end
                TBL1: begin
                    table_ok <= response[63];
                    table_at <= (response[51:0] & page_mask) + {16'd0, in_page};
                    state    <= table_after;
                end

                // --- device, translation entry, collection
                DEV:                                      // table_at is known
                    if (!table_ok) begin
                        device_valid <= 1'b0;
                        state        <= lookup_next;
                    end else read(table_at, 2'd3, DEV1);
                DEV1: begin
                    device_valid <= response[63];
                    itt          <= {response[51:48], response[47:8], 8'd0};
                    itt_size     <= response[4:0];
                    state        <= lookup_next;
                end
                ITE: read(ite_at, WHOLE_ITE ? 2'd3 : 2'd2, WHOLE_ITE ? ITE2 : ITE1);
                ITE1: begin
                    entry <= response;
                    read(ite_at + 52'd4, 2'd2, ITE2);
                end
                ITE2: begin
                    mapped <= WHOLE_ITE ? response[63] : response[31];
                    icid   <= WHOLE_ITE ? response[47:32] : response[15:0];
                    intid  <= WHOLE_ITE ? response[31:0] : entry[31:0];
                    state  <= lookup_next;
                end
                COL:
                    if (!table_ok) begin
                        collection_valid <= 1'b0;
                        state            <= lookup_next;
                    end else read(table_at, 2'd3, COL1);
                COL1: begin
                    collection_valid <= response[63] && response[51:16] < NUMBER;
                    pe               <= response[31:16];
                    state            <= lookup_next;
                end
                WITE:
                    if (WHOLE_ITE) write_memory(ite_at, 2'd3, entry, lookup_next);
                    else write_memory(ite_at, 2'd2, {32'd0, entry[31:0]}, WITE1);
                WITE1: write_memory(ite_at + 52'd4, 2'd2, {32'd0, entry[63:32]}, lookup_next);

                // --- an event that must be mapped all the way
                FIND: begin
                    lookup_next <= FIND1;
                    table_entry(1'b0, device, DEV);
                end
                FIND1:
                    if (!device_valid || !event_ok) state <= FAULT;
                    else begin
                        lookup_next <= FIND2;
                        state      <= ITE;
                    end
                FIND2:
                    if (!mapped) state <= FAULT;
                    else collection(icid, FOUND);
                FOUND:
                    if (!collection_valid) state <= FAULT;
                    else
                        case (command)
                            C_INT:   send(`ITS_LPI_SET, intid[23:0], DONE);
                            C_CLEAR: send(`ITS_LPI_CLEAR, intid[23:0], DONE);
                            C_INV:   send(`ITS_LPI_INV, intid[23:0], DONE);
                            C_MOVI: begin
                                old_pe <= pe;
                                collection(dw2[15:0], MOVI);
                            end
                            default: write_ite(64'd0, DISCARD);
                        endcase
                DISCARD: send(`ITS_LPI_CLEAR, intid[23:0], DONE);

                MAPD:
                    if (!table_ok || valid && {27'd0, dw1[4:0]} >= EVENT_BITS) state <= FAULT;
                    else write_memory(table_at, 2'd3, valid ? {1'b1, 11'd0, dw2[51:8], 3'd0, dw1[4:0]} : 64'd0, DONE);
                MAPC:
                    if (!table_ok || valid && rdbase >= NUMBER) state <= FAULT;
                    else write_memory(table_at, 2'd3, valid ? {1'b1, 11'd0, rdbase, 16'd0} : 64'd0, DONE);
                MAP: begin
                    lookup_next <= MAP1;
                    state      <= table_ok ? DEV : FAULT;
                end
                MAP1:
                    if (!device_valid || !event_ok) state <= FAULT;
                    else table_entry(1'b1, {16'd0, dw2[15:0]}, MAP2);
                MAP2:
                    if (!table_ok || !map_lpi) state <= FAULT;
                    else write_ite(ite_word, DONE);

                MOVI:
                    if (!collection_valid) state <= FAULT;
                    else write_ite(ite_word, MOVI1);
                MOVI1:
                    if (pe == old_pe) state <= DONE;
                    else begin
                        old_pe <= pe;      // swapped: first the old one gives it away
                        pe     <= old_pe;
                        send(`ITS_LPI_TAKE, intid[23:0], MOVI2);
                    end
                MOVI2: begin
                    pe <= old_pe;
                    if (got_pending) send(`ITS_LPI_SET, intid[23:0], DONE);
                    else state <= DONE;
                end

                INVALL:
                    if (!collection_valid) state <= FAULT;
                    else send(`ITS_LPI_INVALL, 24'd0, DONE);
                MOVALL: begin
                    pe <= rdbase[15:0];
                    send(`ITS_LPI_TAKE_ANY, 24'd0, MOVALL1);
                end
                default:                   // MOVALL1
                    if (!got_pending) state <= DONE;
                    else begin
                        pe <= rdbase2[15:0];
                        send(`ITS_LPI_SET, got_intid, MOVALL);
                    end
            endcase
        end

    wire unused = &{1'b0, req_address[1:0], cwriter_next[63:20], ack, dw0[31:8], dw2[62:52], dw3[63:52], dw3[15:0], baser[61:48],
                    baser[11:10], 1'b0};
endmodule
`default_nettype wire
