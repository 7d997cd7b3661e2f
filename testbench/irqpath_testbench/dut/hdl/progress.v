// Tells answers that bring software on from those that it polls: `moves` is high in the cycle after an access of
// software or of a device was answered, unless it was a read of the place that the same PE (or, of memory, software)
// read last, and gave the same.
`default_nettype none
module progress #(
    parameter PES   = 1,
    parameter PORTS = 3
) (
    input  wire                clk,
    input  wire                rst,
    // of the register ports: a write or a read is answered; what was accessed, by which PE, and what a read gave
    input  wire [PORTS-1:0]    written,
    input  wire [PORTS-1:0]    read,
    input  wire [17*PORTS-1:0] addr,
    input  wire [8*PORTS-1:0]  user,
    input  wire [64*PORTS-1:0] rdata,
    // of the PEs' system registers
    input  wire [PES-1:0]      sys_response,
    input  wire [PES-1:0]      sys_read,
    input  wire [16*PES-1:0]   sys_reg,
    input  wire [64*PES-1:0]   sys_data,
    // of software's memory port
    input  wire                mem_response,
    input  wire                mem_write,
    input  wire [51:0]         mem_address,
    input  wire [63:0]         mem_rdata,
    input  wire                msi_response,
    output reg                 moves
);
    localparam [5:0] SYSTEM = 6'd63;              // stands for a port number
    reg [22:0] place [0:7];                       // {port, address} of a PE's last read
    reg [63:0] value [0:7];
    reg [51:0] mem_place;
    reg [63:0] mem_value;
    integer    n;
    initial begin
        for (n = 0; n < 8; n = n + 1) begin
            place[n] = 23'd0;
            value[n] = 64'd0;
        end
        mem_place = 52'd0;
        mem_value = 64'd0;
        moves     = 1'b0;
    end

    wire [PORTS-1:0] news;
    wire [PES-1:0]   sys_news;
    genvar p;
    generate
        for (p = 0; p < PORTS; p = p + 1) begin : port
            localparam [31:0] NUMBER = p;
            wire [2:0]  pe   = user[8*p +: 3];
            wire [22:0] here = {NUMBER[5:0], addr[17*p +: 17]};
            assign news[p] = written[p] || read[p] && (place[pe] != here || value[pe] != rdata[64*p +: 64]);
            wire unused = &{1'b0, user[8*p+3 +: 5], NUMBER[31:6], 1'b0};
        end
        for (p = 0; p < PES; p = p + 1) begin : system
            wire [22:0] here = {SYSTEM, 1'b0, sys_reg[16*p +: 16]};
            assign sys_news[p] = sys_response[p] && !(sys_read[p] && place[p] == here
                && value[p] == sys_data[64*p +: 64]);
        end
    endgenerate
    wire mem_news = mem_response && (mem_write || mem_place != mem_address || mem_value != mem_rdata);
    always @(posedge clk) begin
        for (n = 0; n < PORTS; n = n + 1)
            if (read[n]) begin
                place[user[8*n +: 3]] <= {n[5:0], addr[17*n +: 17]};
                value[user[8*n +: 3]] <= rdata[64*n +: 64];
            end
        for (n = 0; n < PES; n = n + 1)
            if (sys_response[n] && sys_read[n]) begin
                place[n] <= {SYSTEM, 1'b0, sys_reg[16*n +: 16]};
                value[n] <= sys_data[64*n +: 64];
            end
        moves <= |news || |sys_news || mem_news || msi_response || rst;
        if (mem_response && !mem_write) begin
            mem_place <= mem_address;
            mem_value <= mem_rdata;
        end
    end
endmodule
`default_nettype wire
