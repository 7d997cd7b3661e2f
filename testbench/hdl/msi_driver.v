// Sends one message-signalled interrupt at a time. Python writes DeviceID and EventID, then changes `toggle`; when `done` follows,
// the message has been answered.
// What Python writes is taken over at the next edge: a simulator that finds it changed need not look through the whole device at once.
`default_nettype none
module msi_driver (
    input  wire        clk,
    input  wire        rst,
    output wire        valid,
    input  wire        ready,
    output wire [31:0] device_id,
    output wire [31:0] event_id,
    input  wire        rsp_valid
);
    reg        toggle /*verilator public_flat_rw*/;
    reg [31:0] device /*verilator public_flat_rw*/;
    reg [31:0] number /*verilator public_flat_rw*/;
    reg        done /*verilator public_flat_rd*/;
    reg        sent;
    reg        taken;
    reg [63:0] message;
    initial {toggle, device, number, done, sent, taken, message} = 132'd0;

    assign valid     = taken != done && !sent;
    assign device_id = message[63:32];
    assign event_id  = message[31:0];
    always @(posedge clk) begin
        taken   <= toggle;
        message <= {device, number};
    end
    always @(posedge clk)
        if (rst) begin
            sent <= 1'b0;
            done <= toggle;
        end else begin
            if (valid && ready) sent <= 1'b1;
            if (rsp_valid) begin
                sent <= 1'b0;
                done <= taken;
            end
        end
endmodule
`default_nettype wire
