// ITS: the Interrupt Translation Service, physical part (golden model: pymodel/irqpath/gic/its/its.py;
// IHI 0069 5.2, 5.3).
//
// Runs to completion: one input is accepted and carried out, with all its accesses to memory and all its commands to
// Redistributors, before the next. Registers, messages and the next command of the queue (which the ITS takes by
// itself; `step` says when) are taken in turn, so that none starves another. No table entry is cached. Accesses to
// memory are those of the golden model, in order.
//
// Its parts: the registers and the choice of what is taken next, here; its_fetch.v, which holds what was taken;
// its_exec.v, which carries it out; its_walk.v, which finds, reads and writes entries of tables for it. They reach
// memory by its_mem.v and Redistributors by its_send.v.
//
// Leaves out: GICv4, hardware collections, GITS_TYPER.PTA=1, entries of other sizes than 8 bytes in the device and
// collection tables, UMSI reporting.
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
    output wire [`ITS_CMD_BITS-1:0]    cmd_msg,
    input  wire [PES-1:0]    ack_valid,
    output wire [PES-1:0]    ack_ready,
    input  wire [`ITS_ACK_BITS*PES-1:0] ack_msg,
    // mem
    output wire         mem_valid,
    input  wire         mem_ready,
    output wire         mem_write,
    output wire [1:0]   mem_size,
    output wire [51:0]  mem_address,
    output wire [63:0]  mem_wdata,
    input  wire         mem_rvalid,
    input  wire [63:0]  mem_rdata,
    output wire         step,         // strobe: a command is taken
    output wire         busy
);
    // registers
    reg         enabled, stalled;
    reg  [63:0] cbaser;
    reg  [19:0] cwriter, creadr;
    reg  [63:0] baser0, baser1;                  // without Type and Entry_Size
    localparam [63:0] BASER_RO0 = 64'd1 << 56 | 64'd7 << 48, BASER_RO1 = 64'd4 << 56 | 64'd7 << 48;
    localparam [63:0] CBASER_WMASK = `IRQPATH_GITS_CBASER_WMASK;
    localparam [63:0] BASER_WMASK = `IRQPATH_GITS_BASER_WMASK & ~(64'd7 << 56 | 64'd31 << 48);

    wire        fetch_idle, exec_idle;
    wire        idle = fetch_idle && exec_idle;
    wire        done, stalls;                    // strobes: a command of the queue ends

    // --- inputs -----------------------------------------------------------------------------------------------------
    wire [20:0] queue_bytes = {cbaser[7:0] + 9'd1, 12'd0};
    wire        has_command = enabled && !stalled && creadr != cwriter && cbaser[63] && {1'b0, cwriter} < queue_bytes;
    wire        req, req_write;
    wire [16:0] req_address;
    wire [2:0]  req_size;
    wire [63:0] req_data;
    // {command, message, register} that wait, and the one whose turn it is
    wire [2:0]  waiting  = {has_command, msi_valid && !msi_rsp_valid, req};
    wire [2:0]  next;
    wire [2:0]  chosen   = idle ? next : 3'd0;
    rr_arbiter #(.N(3)) inputs (.clk(clk), .rst(rst), .request(waiting), .take(idle), .grant(next));
    wire        take_reg = chosen[0];
    wire        take_msi = chosen[1];
    assign step      = chosen[2];
    assign msi_ready = take_msi;
    assign busy      = !idle || has_command || bvalid || rvalid || msi_rsp_valid;

    wire        permitted, bad;
    reg  [63:0] value;
    reg_port #(.ADDRESS(17)) port (
        .clk(clk), .rst(rst),
        .awvalid(awvalid), .awready(awready), .awaddr(awaddr), .awsize(awsize),
        .wvalid(wvalid), .wready(wready), .wdata(wdata),
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

    wire [19:0] creadr_next = {1'b0, creadr} + 21'd32 == queue_bytes ? 20'd0 : creadr + 20'd32;

    always @(posedge clk)
        if (rst) begin
            {enabled, stalled} <= 2'b00;
            {cbaser, baser0, baser1} <= 192'd0;
            {cwriter, creadr} <= 40'd0;
            msi_rsp_valid <= 1'b0;
        end else begin
            msi_rsp_valid <= take_msi;
            if (done) creadr <= creadr_next;
            if (stalls) stalled <= 1'b1;
            if (write)                                   // which is while idle: neither `done` nor `stalls`
                case (word_addr)
                    `IRQPATH_GITS_CTLR:    if (!req_address[2]) enabled <= req_data[0];
                    `IRQPATH_GITS_CBASER: if (!enabled) begin
                        cbaser  <= cbaser & ~(lanes & CBASER_WMASK) | data & lanes & CBASER_WMASK;
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
        end

    // --- what is carried out ----------------------------------------------------------------------------------------
    wire        fetched, from_msi;
    wire [63:0] dw0, dw1, dw2, dw3;
    wire        fetch_read;
    wire [51:0] fetch_address;
    wire        mem_idle;
    wire [63:0] response;
    its_fetch fetch (
        .clk(clk), .rst(rst),
        .take_command(step), .take_msi(take_msi), .msi_device(msi_device), .msi_event(msi_event),
        .queue({cbaser[51:48], cbaser[47:12], 12'd0}), .creadr(creadr), .idle(fetch_idle),
        .fetched(fetched), .from_msi(from_msi), .dw0(dw0), .dw1(dw1), .dw2(dw2), .dw3(dw3),
        .mem_idle(mem_idle), .read(fetch_read), .address(fetch_address), .response(response)
    );

    wire        find_entry, find_device, find_collection, read_device, write_entry, read_ite, write_ite, collections;
    wire [31:0] number, event_id;
    wire [63:0] entry;
    wire        walk_idle, entry_ok, device_valid, event_ok, mapped, collection_valid;
    wire [31:0] intid;
    wire [15:0] icid, pe;
    wire        send, send_idle, pending;
    wire [15:0] send_pe;
    wire [`ITS_CMD_BITS-1:0] send_msg;
    wire [23:0] pending_intid;
    its_exec #(.PES(PES), .INTID_BITS(INTID_BITS), .EVENT_BITS(EVENT_BITS), .STALL(STALL)) exec (
        .clk(clk), .rst(rst),
        .start_command(fetched), .start_msi(take_msi && enabled), .from_msi(from_msi),
        .dw0(dw0), .dw1(dw1), .dw2(dw2), .dw3(dw3), .idle(exec_idle), .done(done), .stalls(stalls),
        .find_entry(find_entry), .find_device(find_device), .find_collection(find_collection),
        .read_device(read_device), .write_entry(write_entry), .read_ite(read_ite), .write_ite(write_ite),
        .collections(collections), .number(number), .event_id(event_id), .data(entry),
        .walk_idle(walk_idle), .entry_ok(entry_ok), .device_valid(device_valid), .event_ok(event_ok), .mapped(mapped),
        .intid(intid), .icid(icid), .collection_valid(collection_valid), .pe(pe),
        .send(send), .send_pe(send_pe), .send_msg(send_msg),
        .send_idle(send_idle), .pending(pending), .pending_intid(pending_intid)
    );

    wire        walk_access, walk_write;
    wire [1:0]  walk_size;
    wire [51:0] walk_address;
    wire [63:0] walk_wdata;
    its_walk #(
        .PES(PES), .DEVICE_BITS(DEVICE_BITS), .COLLECTION_BITS(COLLECTION_BITS), .ITT_ENTRY_BYTES(ITT_ENTRY_BYTES)
    ) walk (
        .clk(clk), .rst(rst), .baser0(baser0), .baser1(baser1),
        .find_entry(find_entry), .find_device(find_device), .find_collection(find_collection),
        .read_device(read_device), .write_entry(write_entry), .read_ite(read_ite), .write_ite(write_ite),
        .collections(collections), .number(number), .event_id(event_id), .data(entry),
        .idle(walk_idle), .entry_ok(entry_ok), .device_valid(device_valid), .event_ok(event_ok), .mapped(mapped),
        .intid(intid), .icid(icid), .collection_valid(collection_valid), .pe(pe),
        .mem_idle(mem_idle), .access(walk_access), .write(walk_write), .size(walk_size), .address(walk_address),
        .wdata(walk_wdata), .response(response)
    );

    its_mem memory (
        .clk(clk), .rst(rst),
        .start(fetch_read || walk_access), .write(walk_write), .size(fetch_read ? 2'd3 : walk_size),
        .address(fetch_read ? fetch_address : walk_address), .data(walk_wdata), .idle(mem_idle), .response(response),
        .mem_valid(mem_valid), .mem_ready(mem_ready), .mem_write(mem_write), .mem_size(mem_size),
        .mem_address(mem_address), .mem_wdata(mem_wdata), .mem_rvalid(mem_rvalid), .mem_rdata(mem_rdata)
    );

    its_send #(.PES(PES)) to_gicr (
        .clk(clk), .rst(rst),
        .start(send), .pe(send_pe), .msg(send_msg),
        .idle(send_idle), .pending(pending), .pending_intid(pending_intid),
        .cmd_valid(cmd_valid), .cmd_ready(cmd_ready), .cmd_msg(cmd_msg),
        .ack_valid(ack_valid), .ack_ready(ack_ready), .ack_msg(ack_msg)
    );

    wire unused = &{1'b0, req_address[1:0], cwriter_next[63:20], 1'b0};
endmodule
`default_nettype wire
