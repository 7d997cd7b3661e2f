// Which operation on its LPIs (gicr_lpi.v) a Redistributor carries out, and what follows it: the answer to the ITS,
// another operation, the best LPI (golden model: pymodel/irqpath/gic/gicr/lpi_commands.py).
//
// An input asks for at most one. An LPI that the ITS takes away (LpiTake, LpiTakeAny) while GICC may hold it is
// `moving`: it is a candidate no more, and the ITS is answered when GICC acknowledged it or gave it back.
`default_nettype none
`include "generated/irqpath_links.vh"
module gicr_lpi_ops (
    input  wire        clk,
    input  wire        rst,
    // phases of the Redistributor, see gicr.v
    input  wire        accepted,          // an input is being taken
    input  wire        ops,               // `op` starts
    input  wire        following,         // it has been carried out, with this result
    input  wire        result,
    input  wire [7:0]  result_priority,
    input  wire [23:0] result_intid,
    input  wire        update,            // the best of all is wanted
    input  wire        flush,             // pending LPIs must go to memory
    input  wire        respond,           // GICC holds what it should
    // what is taken
    input  wire        pe_reset,
    input  wire        activate_lpi,      // GICC acknowledged `su_intid`
    input  wire        returned,          // GICC gave back `su_intid`
    input  wire [23:0] su_intid,
    input  wire        take_cmd,
    input  wire [`ITS_CMD_KIND] cmd_kind,
    input  wire [23:0] cmd_intid,
    input  wire        enable_lpis,
    input  wire        disable_lpis,
    input  wire        direct_set,
    input  wire        direct_clear,
    input  wire        direct_inv,
    input  wire        direct_invall,
    input  wire [23:0] direct_intid,
    // what GICC may hold
    input  wire        held,
    input  wire [23:0] held_intid,
    input  wire        replaced,
    input  wire [23:0] replaced_intid,
    // the operation
    output reg         ask,               // the input that is being taken wants one
    output reg         wanted,            // the input that was taken last did
    output reg  [2:0]  op,
    output reg  [23:0] operand,
    output reg         again,             // another follows
    output wire        flushed,           // nothing but to respond does
    // the best LPI
    input  wire        enabled,           // they are, and may be forwarded
    output wire        ask_best,          // it must be ask for first
    output reg         best_valid,
    output reg  [7:0]  best_priority,
    output reg  [23:0] best_intid,
    // an LPI is being taken away
    output reg         moving,
    output reg  [23:0] moving_intid,
    // its_gicr
    output wire        hold_commands,     // the last is not answered yet
    output reg         ack_valid,
    input  wire        ack_ready,
    output reg  [`ITS_ACK_BITS-1:0] ack_msg
);
    localparam [2:0] OP_SET = 3'd0, OP_CLEAR = 3'd1, OP_INV = 3'd2, OP_INVALL = 3'd3, OP_ENABLE = 3'd4, OP_FLUSH = 3'd5,
                     OP_BEST = 3'd6, OP_ANY = 3'd7;
    // what follows an operation
    localparam [2:0] F_NONE = 3'd0, F_ACK = 3'd1, F_TAKE = 3'd2, F_ANY = 3'd3, F_ACTIVATE = 3'd4, F_MOVED = 3'd5,
                     F_BEST = 3'd6, F_FLUSH = 3'd7;

    reg [2:0] follow;
    reg       moving_any;                 // for LpiTakeAny: if it is not pending any more, another goes in its place
    reg       syncing;                    // LpiSync is to be answered
    reg       stale;                      // the best LPI must be ask for again

    wire holds_cmd    = held && held_intid == cmd_intid || replaced && replaced_intid == cmd_intid;
    wire holds_result = held && held_intid == result_intid || replaced && replaced_intid == result_intid;

    // --- what an input asks for -------------------------------------------------------------------------------------
    // an LPI that was being handed over is held by GICC no more
    wire       moved = moving && (returned && su_intid == moving_intid || pe_reset);
    // the ITS takes one away that GICC may hold
    wire       take_held = take_cmd && cmd_kind == `ITS_LPI_TAKE && holds_cmd;
    reg  [2:0] ask_op, ask_follow;
    reg [23:0] ask_intid;
    always @* begin
        ask        = 1'b1;
        ask_op     = OP_CLEAR;
        ask_follow = F_NONE;
        ask_intid  = su_intid;
        if (moved)              {ask_intid, ask_follow} = {moving_intid, F_MOVED};
        else if (activate_lpi)  ask_follow = F_ACTIVATE;
        else if (take_cmd) begin
            {ask_intid, ask_follow} = {cmd_intid, F_ACK};
            case (cmd_kind)
                `ITS_LPI_SET:      ask_op = OP_SET;
                `ITS_LPI_CLEAR:    ask_op = OP_CLEAR;
                `ITS_LPI_INV:      ask_op = OP_INV;
                `ITS_LPI_INVALL:   ask_op = OP_INVALL;
                `ITS_LPI_TAKE:     {ask, ask_follow} = {!holds_cmd, F_TAKE};
                `ITS_LPI_TAKE_ANY: {ask_op, ask_follow} = {OP_ANY, F_ANY};
                default:           ask = 1'b0;
            endcase
        end
        else if (enable_lpis)   ask_op = OP_ENABLE;
        else if (direct_set)    {ask_op, ask_intid} = {OP_SET, direct_intid};
        else if (direct_clear)  {ask_op, ask_intid} = {OP_CLEAR, direct_intid};
        else if (direct_inv)    {ask_op, ask_intid} = {OP_INV, direct_intid};
        else if (direct_invall) ask_op = OP_INVALL;
        else                    ask = 1'b0;
    end

    // --- what follows an operation ----------------------------------------------------------------------------------
    reg        move_result, ack_now, ack_pending;
    reg  [2:0] again_op, again_follow;
    always @* begin
        {again, again_op, again_follow} = {1'b0, OP_CLEAR, F_MOVED};
        {move_result, ack_now, ack_pending} = 3'b000;
        case (follow)
            F_ACK: ack_now = 1'b1;
            F_TAKE: {ack_now, ack_pending} = {1'b1, result};
            F_ANY:
                if (!result) ack_now = 1'b1;
                else if (holds_result) move_result = 1'b1;
                else {again, again_follow} = {1'b1, F_TAKE};
            F_ACTIVATE: again = moving && moving_intid == operand;
            F_MOVED:
                if (!result && moving_any) {again, again_op, again_follow} = {1'b1, OP_ANY, F_ANY};
                else {ack_now, ack_pending} = {1'b1, result};
            F_NONE, F_BEST, F_FLUSH: ;
            default: ;
        endcase
    end
    assign flushed = following && follow == F_FLUSH;

    always @(posedge clk)
        if (rst) {wanted, op, follow, operand} <= 31'd0;
        else if (accepted) {wanted, op, follow, operand} <= {ask, ask_op, ask_follow, ask_intid};
        else if (following) begin
            if (again) {op, follow} <= {again_op, again_follow};
            if (follow == F_ANY) operand <= result_intid;
        end
        else if (update && ask_best) {op, follow} <= {OP_BEST, F_BEST};
        else if (flush) {op, follow} <= {OP_FLUSH, F_FLUSH};

    // --- the best LPI -----------------------------------------------------------------------------------------------
    assign ask_best = enabled && stale;
    wire   best     = following && follow == F_BEST;

    always @(posedge clk)
        if (rst) stale <= 1'b0;
        else if (take_held || disable_lpis || ops && op != OP_BEST || following && move_result) stale <= 1'b1;
        else if (best) stale <= 1'b0;

    always @(posedge clk)
        if (rst) {best_valid, best_priority, best_intid} <= 33'd0;
        else if (disable_lpis) best_valid <= 1'b0;
        else if (best) {best_valid, best_priority, best_intid} <= {result, result_priority, result_intid};

    // --- an LPI is being taken away ---------------------------------------------------------------------------------
    wire move_ends = moved || following && (follow == F_ACTIVATE && again || follow == F_MOVED);

    always @(posedge clk)
        if (rst) {moving, moving_any, moving_intid} <= 26'd0;
        else if (take_held) {moving, moving_any, moving_intid} <= {2'b10, cmd_intid};
        else if (following && move_result) {moving, moving_any, moving_intid} <= {2'b11, result_intid};
        else if (move_ends) moving <= 1'b0;

    // --- acknowledgements to the ITS --------------------------------------------------------------------------------
    assign hold_commands = ack_valid || moving || syncing;

    always @(posedge clk)
        if (rst) syncing <= 1'b0;
        else if (take_cmd && cmd_kind == `ITS_LPI_SYNC) syncing <= 1'b1;
        else if (respond) syncing <= 1'b0;

    wire [23:0] ack_intid = ack_pending ? operand : 24'd0;
    always @(posedge clk)
        if (rst) {ack_valid, ack_msg} <= {(`ITS_ACK_BITS+1){1'b0}};
        else if (following && ack_now)
            {ack_valid, ack_msg} <= {1'b1, `ITS_LPI_ACK_PACK({1'b0, ack_pending}, ack_intid)};
        else if (respond && syncing) {ack_valid, ack_msg} <= {1'b1, `ITS_LPI_ACK_PACK(2'd0, 24'd0)};
        else if (ack_ready) ack_valid <= 1'b0;
endmodule
`default_nettype wire
