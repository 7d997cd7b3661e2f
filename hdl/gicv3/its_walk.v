// ITS, walker: finds, reads and writes entries of the device table, the collection table and the ITTs (IHI 0069 5.2).
// Tables are flat or have two levels. No entry is cached.
//
// It does one thing at a time, and what it found stays until it finds the next.
`default_nettype none
module its_walk #(
    parameter PES             = 1,
    parameter DEVICE_BITS     = 16,
    parameter COLLECTION_BITS = 16,
    parameter ITT_ENTRY_BYTES = 8      // 8, 12 or 16
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [63:0] baser0,         // GITS_BASER0, of devices
    input  wire [63:0] baser1,         // GITS_BASER1, of collections
    // what to do: strobes, one at a time, while `idle`
    input  wire        find_entry,     // where the entry `number` of a table is
    input  wire        find_device,    // where it is, and what it says
    input  wire        find_collection,
    input  wire        read_device,    // what the entry says that was found, of a device
    input  wire        write_entry,    // `data` into the entry that was found
    input  wire        read_ite,       // what the device's ITT says of `event_id`
    input  wire        write_ite,      // `data` into the device's ITT, for `event_id`
    input  wire        collections,    // the table: that of collections, else of devices
    input  wire [31:0] number,
    input  wire [31:0] event_id,
    input  wire [63:0] data,
    output wire        idle,
    // what was found
    output reg         entry_ok,       // the entry is in the table
    output reg         device_valid,
    output wire        event_ok,       // `event_id` is one that the device has
    output reg         mapped,         // the event is, to this:
    output reg  [31:0] intid,
    output reg  [15:0] icid,
    output reg         collection_valid,
    output reg  [15:0] pe,             // of the collection
    // memory (its_mem.v)
    input  wire        mem_idle,
    output reg         access,
    output reg         write,
    output reg  [1:0]  size,
    output reg  [51:0] address,
    output reg  [63:0] wdata,
    input  wire [63:0] response
);
    localparam [3:0] IDLE = 4'd0, LOCATE = 4'd1, LOCATE_RESPONSE = 4'd2, DEVICE = 4'd3, DEVICE_RESPONSE = 4'd4,
                     COLLECTION = 4'd5, COLLECTION_RESPONSE = 4'd6, ITE = 4'd7, ITE_UPPER = 4'd8, ITE_RESPONSE = 4'd9,
                     WRITE = 4'd10, WRITE_UPPER = 4'd11;
    localparam [35:0] NUMBER    = {4'd0, PES[31:0]};          // of Redistributors
    localparam        WHOLE_ITE = ITT_ENTRY_BYTES % 8 == 0;   // else it is read and written in two halves of 4 bytes

    reg  [3:0]  state, next;
    reg         of_collections;        // the table that is looked at
    reg         reads;                 // its entry is read when it has been found
    reg  [31:0] index;
    reg  [51:0] entry_at;
    reg  [51:0] itt;
    reg  [4:0]  itt_size;
    reg  [63:0] ite;                   // to be written, or the lower half of one read

    assign idle = state == IDLE && mem_idle;

    // --- addresses ------------------------------------------------------------------------------------------------
    wire [63:0] baser     = of_collections ? baser1 : baser0;
    wire        valid     = baser[63];
    wire        two_level = baser[62];
    wire [4:0]  page_log2 = baser[9:8] == 2'd0 ? 5'd12 : baser[9:8] == 2'd1 ? 5'd14 : 5'd16;
    wire [51:0] base      = page_log2 == 5'd16 ? {baser[15:12], baser[47:16], 16'd0} : {4'd0, baser[47:12], 12'd0};
    wire [35:0] room      = {28'd0, baser[7:0]} + 36'd1 << page_log2;                   // bytes
    wire [35:0] flat_at   = {1'b0, index, 3'b000};
    wire [35:0] page      = {4'd0, index} >> page_log2 - 5'd3;
    wire [35:0] in_page   = flat_at & ~(~36'd0 << page_log2);
    wire [51:0] page_mask = ~52'd0 << page_log2;
    wire        in_width  = (of_collections ? index >> COLLECTION_BITS : index >> DEVICE_BITS) == 32'd0;
    wire        has_page  = in_width && valid && two_level && {page[32:0], 3'b000} < room;

    wire [32:0] events    = 33'd2 << itt_size;                                           // 1 << (Size + 1), R34
    assign      event_ok  = {1'b0, event_id} < events;
    wire [51:0] ite_at    = itt + {20'd0, event_id} * ITT_ENTRY_BYTES;

    // --- states and accesses --------------------------------------------------------------------------------------
    wire [3:0]  located   = !reads ? IDLE : of_collections ? COLLECTION : DEVICE;

    task read(input [51:0] from, input [1:0] bytes_log2);
        begin
            access  = 1'b1;
            size    = bytes_log2;
            address = from;
        end
    endtask
    task store(input [51:0] to, input [1:0] bytes_log2, input [63:0] what);
        begin
            access  = 1'b1;
            write   = 1'b1;
            size    = bytes_log2;
            address = to;
            wdata   = what;
        end
    endtask

    always @* begin
        next    = state;
        access  = 1'b0;
        write   = 1'b0;
        size    = 2'd3;
        address = entry_at;
        wdata   = data;
        if (mem_idle)
            case (state)
                IDLE:
                    if (find_entry || find_device || find_collection) next = LOCATE;
                    else if (read_device) next = DEVICE;
                    else if (read_ite) next = ITE;
                    else if (write_ite) next = WRITE;
                    else if (write_entry) store(entry_at, 2'd3, data);
                LOCATE:
                    if (has_page) begin
                        read(base + {13'd0, page, 3'b000}, 2'd3);
                        next = LOCATE_RESPONSE;
                    end else next = located;
                LOCATE_RESPONSE: next = located;
                DEVICE, COLLECTION:
                    if (entry_ok) begin
                        read(entry_at, 2'd3);
                        next = of_collections ? COLLECTION_RESPONSE : DEVICE_RESPONSE;
                    end else next = IDLE;
                ITE: begin
                    read(ite_at, WHOLE_ITE ? 2'd3 : 2'd2);
                    next = WHOLE_ITE ? ITE_RESPONSE : ITE_UPPER;
                end
                ITE_UPPER: begin
                    read(ite_at + 52'd4, 2'd2);
                    next = ITE_RESPONSE;
                end
                DEVICE_RESPONSE, COLLECTION_RESPONSE, ITE_RESPONSE: next = IDLE;
                WRITE: begin
                    store(ite_at, WHOLE_ITE ? 2'd3 : 2'd2, WHOLE_ITE ? ite : {32'd0, ite[31:0]});
                    next = WHOLE_ITE ? IDLE : WRITE_UPPER;
                end
                WRITE_UPPER: begin
                    store(ite_at + 52'd4, 2'd2, {32'd0, ite[63:32]});
                    next = IDLE;
                end
                default: next = IDLE;
            endcase
    end

    always @(posedge clk)
        if (rst) state <= IDLE;
        else     state <= next;

    // --- what was asked for and what was found ----------------------------------------------------------------------
    always @(posedge clk)
        if (rst) begin
            {of_collections, reads, entry_ok, device_valid, mapped, collection_valid} <= 6'd0;
            {index, intid} <= 64'd0;
            {entry_at, itt} <= 104'd0;
            itt_size <= 5'd0;
            {icid, pe} <= 32'd0;
            ite <= 64'd0;
        end else if (mem_idle)
            case (state)
                IDLE: begin
                    if (find_entry || find_device || find_collection) begin
                        of_collections <= collections;
                        index          <= number;
                        reads          <= !find_entry;
                    end
                    if (write_ite) ite <= data;
                end
                LOCATE: begin
                    entry_ok <= in_width && valid && !two_level && flat_at + 36'd8 <= room;
                    entry_at <= base + {16'd0, flat_at};
                end
                LOCATE_RESPONSE: begin
                    entry_ok <= response[63];
                    entry_at <= (response[51:0] & page_mask) + {16'd0, in_page};
                end
                DEVICE: if (!entry_ok) device_valid <= 1'b0;
                DEVICE_RESPONSE: begin
                    device_valid <= response[63];
                    itt          <= {response[51:48], response[47:8], 8'd0};
                    itt_size     <= response[4:0];
                end
                COLLECTION: if (!entry_ok) collection_valid <= 1'b0;
                COLLECTION_RESPONSE: begin
                    collection_valid <= response[63] && response[51:16] < NUMBER;
                    pe               <= response[31:16];
                end
                ITE_UPPER: ite <= response;
                ITE_RESPONSE: begin
                    mapped <= WHOLE_ITE ? response[63] : response[31];
                    icid   <= WHOLE_ITE ? response[47:32] : response[15:0];
                    intid  <= WHOLE_ITE ? response[31:0] : ite[31:0];
                end
                default: ;
            endcase

    wire unused = &{1'b0, baser[61:48], baser[11:10], 1'b0};
endmodule
`default_nettype wire
