// ITS, its port to the Redistributors: one command to one of them at a time, which acknowledges it.
`default_nettype none
`include "generated/irqpath_links.vh"
module its_send #(
    parameter PES = 1
) (
    input  wire              clk,
    input  wire              rst,
    // a command starts while `idle`; when that is so again, the acknowledgement said `pending` and `pending_intid`
    input  wire              start,
    input  wire [15:0]       pe,
    input  wire [3:0]        kind,
    input  wire [23:0]       intid,
    output wire              idle,
    output reg               pending,
    output reg  [23:0]       pending_intid,
    // its_gicr
    output wire [PES-1:0]    cmd_valid,
    input  wire [PES-1:0]    cmd_ready,
    output wire [63:0]       cmd_msg,
    input  wire [PES-1:0]    ack_valid,
    output wire [PES-1:0]    ack_ready,
    input  wire [64*PES-1:0] ack_msg
);
    localparam [1:0] IDLE = 2'd0, SEND = 2'd1, ACK = 2'd2;
    reg  [1:0]  state;
    reg  [15:0] to_pe;
    reg  [3:0]  cmd_kind;
    reg  [23:0] cmd_intid;

    wire [PES-1:0] one_pe = {{(PES-1){1'b0}}, 1'b1} << to_pe;
    assign idle      = state == IDLE;
    assign cmd_valid = state == SEND ? one_pe : {PES{1'b0}};
    assign cmd_msg   = {24'd0, cmd_intid, 12'd0, cmd_kind};
    assign ack_ready = state == ACK ? one_pe : {PES{1'b0}};

    function [63:0] select(input [64*PES-1:0] from, input [PES-1:0] one);
        integer n;
        begin
            select = 64'd0;
            for (n = 0; n < PES; n = n + 1) if (one[n]) select = select | from[64*n +: 64];
        end
    endfunction
    wire [63:0] ack = select(ack_msg, one_pe);

    always @(posedge clk)
        if (rst) begin
            state         <= IDLE;
            to_pe         <= 16'd0;
            cmd_kind      <= 4'd0;
            cmd_intid     <= 24'd0;
            pending       <= 1'b0;
            pending_intid <= 24'd0;
        end else
            case (state)
                IDLE: if (start) begin
                    to_pe     <= pe;
                    cmd_kind  <= kind;
                    cmd_intid <= intid;
                    state     <= SEND;
                end
                SEND: if (|(cmd_ready & one_pe)) state <= ACK;
                ACK: if (|(ack_valid & one_pe)) begin
                    pending       <= ack[`ITS_LPI_ACK_PENDING];
                    pending_intid <= ack[`ITS_LPI_ACK_INTID];
                    state         <= IDLE;
                end
                default: state <= IDLE;
            endcase

    wire unused = &{1'b0, ack, 1'b0};
endmodule
`default_nettype wire
