// ITS, its port to memory: one access at a time, for the fetch and the walker, which never have one at the same time.
`default_nettype none
module its_mem (
    input  wire        clk,
    input  wire        rst,
    // an access starts while `idle`; when that is so again, `response` is what was read
    input  wire        start,
    input  wire        write,
    input  wire [1:0]  size,
    input  wire [51:0] address,
    input  wire [63:0] data,
    output wire        idle,
    output reg  [63:0] response,
    // mem
    output wire        mem_valid,
    input  wire        mem_ready,
    output reg         mem_write,
    output reg  [1:0]  mem_size,
    output reg  [51:0] mem_address,
    output reg  [63:0] mem_wdata,
    input  wire        mem_rvalid,
    input  wire [63:0] mem_rdata
);
    localparam [1:0] IDLE = 2'd0, REQUEST = 2'd1, WAIT = 2'd2;
    reg [1:0] state;

    assign idle      = state == IDLE;
    assign mem_valid = state == REQUEST;

    always @(posedge clk)
        if (rst) begin
            state       <= IDLE;
            mem_write   <= 1'b0;
            mem_size    <= 2'd0;
            mem_address <= 52'd0;
            mem_wdata   <= 64'd0;
            response    <= 64'd0;
        end else
            case (state)
                IDLE: if (start) begin
                    mem_write   <= write;
                    mem_size    <= size;
                    mem_address <= address;
                    if (write) mem_wdata <= data;
                    state       <= REQUEST;
                end
                REQUEST: if (mem_ready) state <= WAIT;
                WAIT: if (mem_rvalid) begin
                    response <= mem_rdata;
                    state    <= IDLE;
                end
                default: state <= IDLE;
            endcase
endmodule
`default_nettype wire
