// ITS, fetch: what is carried out, as the four doublewords of a command: one read from the queue, or a message, which
// is an INT.
`default_nettype none
module its_fetch (
    input  wire        clk,
    input  wire        rst,
    // strobes while `idle`: the next command of the queue is to be read; a message is there
    input  wire        take_command,
    input  wire        take_msi,
    input  wire [31:0] msi_device,
    input  wire [31:0] msi_event,
    input  wire [51:0] queue,            // its address
    input  wire [19:0] creadr,
    output wire        idle,
    // the work, until the next is taken; `fetched` is a strobe: the command is whole in the next cycle
    output wire        fetched,
    output reg         from_msi,
    output reg  [63:0] dw0,
    output reg  [63:0] dw1,
    output reg  [63:0] dw2,
    output reg  [63:0] dw3,
    // memory (its_mem.v): reads of 8 bytes
    input  wire        mem_idle,
    output wire        read,
    output wire [51:0] address,
    input  wire [63:0] response
);
    localparam [1:0] IDLE = 2'd0, READ = 2'd1, TAKE = 2'd2;
    localparam [7:0] INT = 8'h03;
    reg  [1:0] state;
    reg  [1:0] word;

    assign idle    = state == IDLE;
    assign read    = state == READ;
    assign address = queue + {32'd0, creadr} + {47'd0, word, 3'b000};
    wire   take    = state == TAKE && mem_idle;
    assign fetched = take && word == 2'd3;

    always @(posedge clk)
        if (rst) begin
            state <= IDLE;
            word  <= 2'd0;
            from_msi <= 1'b0;
            {dw0, dw1, dw2, dw3} <= 256'd0;
        end else
            case (state)
                IDLE:
                    if (take_msi) begin
                        from_msi <= 1'b1;
                        dw0      <= {msi_device, 24'd0, INT};
                        dw1      <= {32'd0, msi_event};
                    end else if (take_command) begin
                        from_msi <= 1'b0;
                        word     <= 2'd0;
                        state    <= READ;
                    end
                READ: state <= TAKE;
                TAKE: if (mem_idle) begin
                    case (word)
                        2'd0:    dw0 <= response;
                        2'd1:    dw1 <= response;
                        2'd2:    dw2 <= response;
                        default: dw3 <= response;
                    endcase
                    word  <= word + 2'd1;
                    state <= word == 2'd3 ? IDLE : READ;
                end
                default: state <= IDLE;
            endcase
endmodule
`default_nettype wire
