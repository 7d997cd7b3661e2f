// One List register of a virtual CPU interface, laid out as ICH_LR<n>_EL2 (IHI 0069 12.4): what of it is there, and how
// its State moves. A core of List registers never does two things to one of them at a time.
`default_nettype none
module list_register #(
    parameter PRIORITY_BITS = 5,    // 5 to 8
    parameter ID_BITS       = 16    // of vINTID
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        write,       // at most one of `write`, `acknowledge`, `deactivate` at a time
    input  wire [63:0] data,
    input  wire        acknowledge, // it is pending, and the guest takes it
    input  wire        deactivate,
    output wire        pending,     // State is pending, not active and pending
    output wire        active,      // State is active, or active and pending
    output wire        used,        // State is not inactive
    output wire        done,        // it waits for software after an end of interrupt (ICH_EISR_EL2)
    output reg         hw,
    output reg         group,
    output wire [7:0]  level,       // Priority
    output wire [23:0] vintid,
    output reg  [12:0] pintid,      // where HW is 0, bit 9 is EOI, and the others are 0
    output wire [63:0] value
);
    localparam PENDING = 0, ACTIVE = 1;
    reg [1:0]               state;
    reg [PRIORITY_BITS-1:0] held_level;
    reg [ID_BITS-1:0]       held_vintid;

    assign pending = state[PENDING] && !state[ACTIVE];
    assign active  = state[ACTIVE];
    assign used    = |state;
    wire   eoi     = pintid[9];
    assign done    = !used && !hw && eoi;
    assign level   = {held_level, {(8 - PRIORITY_BITS){1'b0}}};
    assign value   = {state, hw, group, 4'd0, level, 3'd0, pintid, 8'd0, vintid};
    generate
        if (ID_BITS == 24) begin : g_whole
            assign vintid = held_vintid;
        end else begin : g_short
            assign vintid = {{(24 - ID_BITS){1'b0}}, held_vintid};
        end
    endgenerate
    // one of the special INTIDs is returned, and never active (pseudocode of ICV_IAR1_EL1)
    wire special = vintid[23:2] == 22'd255;

    always @(posedge clk)
        if (rst) begin
            state       <= 2'b00;
            hw          <= 1'b0;
            group       <= 1'b0;
            held_level  <= {PRIORITY_BITS{1'b0}};
            held_vintid <= {ID_BITS{1'b0}};
            pintid      <= 13'd0;
        end else if (write) begin
            state       <= data[63:62];
            hw          <= data[61];
            group       <= data[60];
            held_level  <= data[55 -: PRIORITY_BITS];
            held_vintid <= data[ID_BITS-1:0];
            pintid      <= data[61] ? data[44:32] : {3'd0, data[41], 9'd0};
        end else if (acknowledge) begin
            state <= special ? 2'b00 : 2'b10;
        end else if (deactivate) state[ACTIVE] <= 1'b0;

    wire unused = &{1'b0, data, 1'b0};
endmodule
`default_nettype wire
