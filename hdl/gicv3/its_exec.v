// ITS, executor: checks a command and carries it out (IHI 0069 5.3), with what the walker finds in the tables and with
// commands to Redistributors.
//
// A state is a step of a command. A step is done once what the step before started has ended (`ready`), and starts one
// thing at most, at the walker or to a Redistributor; what that found or what was acknowledged is there in the next
// step. So a new command is a line in DECODE and its steps.
`default_nettype none
`include "generated/irqpath_links.vh"
module its_exec #(
    parameter PES        = 1,
    parameter INTID_BITS = 16,
    parameter EVENT_BITS = 16,
    parameter STALL      = 1           // a faulty command stalls the queue; else it is skipped
) (
    input  wire        clk,
    input  wire        rst,
    // the work (its_fetch.v); strobes while `idle`: a command is whole in the next cycle, or a message is
    input  wire        start_command,
    input  wire        start_msi,
    input  wire        from_msi,
    input  wire [63:0] dw0,
    input  wire [63:0] dw1,
    input  wire [63:0] dw2,
    input  wire [63:0] dw3,
    output wire        idle,
    // strobes: a command of the queue was carried out or skipped; it was wrong and stalls the queue
    output wire        done,
    output wire        stalls,
    // tables (its_walk.v)
    output reg         find_entry,
    output reg         find_device,
    output reg         find_collection,
    output reg         read_device,
    output reg         write_entry,
    output reg         read_ite,
    output reg         write_ite,
    output reg         collections,
    output reg  [31:0] number,
    output wire [31:0] event_id,
    output reg  [63:0] data,
    input  wire        walk_idle,
    input  wire        entry_ok,
    input  wire        device_valid,
    input  wire        event_ok,
    input  wire        mapped,
    input  wire [31:0] intid,
    input  wire [15:0] icid,
    input  wire        collection_valid,
    input  wire [15:0] pe,
    // commands to Redistributors (its_send.v)
    output reg         send,
    output reg  [15:0] send_pe,
    output reg  [3:0]  send_kind,
    output reg  [23:0] send_intid,
    input  wire        send_idle,
    input  wire        pending,
    input  wire [23:0] pending_intid
);
    localparam [4:0] IDLE = 5'd0, DECODE = 5'd1, DONE = 5'd2, FAULT = 5'd3,
                     FIND = 5'd4, FIND_ITE = 5'd5, FIND_COLLECTION = 5'd6, FOUND = 5'd7, DISCARD = 5'd8,
                     MAPD = 5'd9, MAPC = 5'd10, MAP = 5'd11, MAP_COLLECTION = 5'd12, MAP_ITE = 5'd13,
                     MOVI = 5'd14, MOVI_TAKE = 5'd15, MOVI_SET = 5'd16,
                     INVALL = 5'd17, MOVALL = 5'd18, MOVALL_SET = 5'd19;
    // command numbers (IHI 0069 5.3)
    localparam [7:0] C_MOVI = 8'h01, C_INT = 8'h03, C_CLEAR = 8'h04, C_SYNC = 8'h05, C_MAPD = 8'h08, C_MAPC = 8'h09,
                     C_MAPTI = 8'h0A, C_MAPI = 8'h0B, C_INV = 8'h0C, C_INVALL = 8'h0D,
                     C_MOVALL = 8'h0E, C_DISCARD = 8'h0F;
    localparam [35:0] NUMBER = {4'd0, PES[31:0]};   // of Redistributors

    reg  [4:0]  state, next;
    reg  [15:0] old_pe;                // that of an event before MOVI

    // --- fields of commands -----------------------------------------------------------------------------------------
    wire [7:0]  command = dw0[7:0];
    wire [31:0] device  = dw0[63:32];
    assign      event_id = dw1[31:0];
    wire [4:0]  itt_size = dw1[4:0];
    wire [15:0] to_icid = dw2[15:0];
    wire        valid   = dw2[63];
    wire [35:0] rdbase  = dw2[51:16];
    wire [35:0] rdbase2 = dw3[51:16];

    wire [31:0] map_intid   = command == C_MAPI ? event_id : dw1[63:32];
    wire        map_lpi     = map_intid >= 32'd8192 && map_intid >> INTID_BITS == 32'd0;
    wire [63:0] device_entry = valid ? {1'b1, 11'd0, dw2[51:8], 3'd0, itt_size} : 64'd0;
    wire [63:0] collection_entry = valid ? {1'b1, 11'd0, rdbase, 16'd0} : 64'd0;
    wire [63:0] ite         = {1'b1, 15'd0, to_icid, command == C_MOVI ? intid : map_intid};

    // --- steps ------------------------------------------------------------------------------------------------------
    wire   ready  = walk_idle && send_idle;
    assign idle   = state == IDLE;
    assign done   = ready && state == DONE && !from_msi;
    assign stalls = ready && state == FAULT && !from_msi && STALL != 0;

    task collection(input [15:0] of_icid);
        begin
            find_collection = 1'b1;
            collections     = 1'b1;
            number          = {16'd0, of_icid};
        end
    endtask
    task message(input [3:0] kind, input [15:0] to, input [23:0] lpi);
        begin
            send       = 1'b1;
            send_pe    = to;
            send_kind  = kind;
            send_intid = lpi;
        end
    endtask

    always @* begin
        next        = state;
        {find_entry, find_device, find_collection, read_device, write_entry, read_ite, write_ite} = 7'd0;
        collections = 1'b0;
        number      = device;
        data        = 64'd0;
        send        = 1'b0;
        send_pe     = pe;
        send_kind   = 4'd0;
        send_intid  = 24'd0;
        if (ready)
            case (state)
                IDLE: if (start_msi) next = FIND; else if (start_command) next = DECODE;
                DECODE:
                    case (command)
                        C_MOVI, C_INT, C_CLEAR, C_INV, C_DISCARD: next = FIND;
                        C_MAPD: begin
                            find_entry = 1'b1;
                            next       = MAPD;
                        end
                        C_MAPC: begin
                            find_entry  = 1'b1;
                            collections = 1'b1;
                            number      = {16'd0, to_icid};
                            next        = MAPC;
                        end
                        C_MAPTI, C_MAPI: begin
                            find_entry = 1'b1;
                            next       = MAP;
                        end
                        C_INVALL: begin
                            collection(to_icid);
                            next = INVALL;
                        end
                        C_SYNC:
                            if (rdbase >= NUMBER) next = FAULT;
                            else begin
                                message(`ITS_LPI_SYNC, rdbase[15:0], 24'd0);
                                next = DONE;
                            end
                        C_MOVALL:
                            if (rdbase >= NUMBER || rdbase2 >= NUMBER) next = FAULT;
                            else next = rdbase == rdbase2 ? DONE : MOVALL;
                        default: next = FAULT;
                    endcase
                DONE:  next = IDLE;
                FAULT: next = stalls ? IDLE : DONE;

                // --- an event that must be mapped all the way
                FIND: begin
                    find_device = 1'b1;
                    next        = FIND_ITE;
                end
                FIND_ITE:
                    if (!device_valid || !event_ok) next = FAULT;
                    else begin
                        read_ite = 1'b1;
                        next     = FIND_COLLECTION;
                    end
                FIND_COLLECTION:
                    if (!mapped) next = FAULT;
                    else begin
                        collection(icid);
                        next = FOUND;
                    end
                FOUND:
                    if (!collection_valid) next = FAULT;
                    else
                        case (command)
                            C_INT: begin
                                message(`ITS_LPI_SET, pe, intid[23:0]);
                                next = DONE;
                            end
                            C_CLEAR: begin
                                message(`ITS_LPI_CLEAR, pe, intid[23:0]);
                                next = DONE;
                            end
                            C_INV: begin
                                message(`ITS_LPI_INV, pe, intid[23:0]);
                                next = DONE;
                            end
                            C_MOVI: begin
                                collection(to_icid);
                                next = MOVI;
                            end
                            default: begin           // DISCARD
                                write_ite = 1'b1;    // 0
                                next      = DISCARD;
                            end
                        endcase
                DISCARD: begin
                    message(`ITS_LPI_CLEAR, pe, intid[23:0]);
                    next = DONE;
                end
                MOVI:
                    if (!collection_valid) next = FAULT;
                    else begin
                        write_ite = 1'b1;
                        data      = ite;
                        next      = MOVI_TAKE;
                    end
                MOVI_TAKE:
                    if (pe == old_pe) next = DONE;
                    else begin
                        message(`ITS_LPI_TAKE, old_pe, intid[23:0]);
                        next = MOVI_SET;
                    end
                MOVI_SET: begin
                    if (pending) message(`ITS_LPI_SET, pe, intid[23:0]);
                    next = DONE;
                end

                // --- mapping
                MAPD:
                    if (!entry_ok || valid && {27'd0, itt_size} >= EVENT_BITS) next = FAULT;
                    else begin
                        write_entry = 1'b1;
                        data        = device_entry;
                        next        = DONE;
                    end
                MAPC:
                    if (!entry_ok || valid && rdbase >= NUMBER) next = FAULT;
                    else begin
                        write_entry = 1'b1;
                        data        = collection_entry;
                        next        = DONE;
                    end
                MAP:
                    if (!entry_ok) next = FAULT;
                    else begin
                        read_device = 1'b1;
                        next        = MAP_COLLECTION;
                    end
                MAP_COLLECTION:
                    if (!device_valid || !event_ok) next = FAULT;
                    else begin
                        find_entry  = 1'b1;
                        collections = 1'b1;
                        number      = {16'd0, to_icid};
                        next        = MAP_ITE;
                    end
                MAP_ITE:
                    if (!entry_ok || !map_lpi) next = FAULT;
                    else begin
                        write_ite = 1'b1;
                        data      = ite;
                        next      = DONE;
                    end

                // --- all interrupts of a Redistributor
                INVALL:
                    if (!collection_valid) next = FAULT;
                    else begin
                        message(`ITS_LPI_INVALL, pe, 24'd0);
                        next = DONE;
                    end
                MOVALL: begin
                    message(`ITS_LPI_TAKE_ANY, rdbase[15:0], 24'd0);
                    next = MOVALL_SET;
                end
                MOVALL_SET:
                    if (!pending) next = DONE;
                    else begin
                        message(`ITS_LPI_SET, rdbase2[15:0], pending_intid);
                        next = MOVALL;
                    end
                default: next = IDLE;
            endcase
    end

    always @(posedge clk)
        if (rst) begin
            state  <= IDLE;
            old_pe <= 16'd0;
        end else begin
            state <= next;
            if (ready && state == FOUND) old_pe <= pe;
        end

    wire unused = &{1'b0, dw0[31:8], dw2[62:52], dw3[63:52], dw3[15:0], 1'b0};
endmodule
`default_nettype wire
