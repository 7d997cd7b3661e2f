// Sends one message-signalled interrupt at a time. Python writes DeviceID and EventID, then changes `toggle`; when `done` follows,
// the message has been answered.
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
    initial {toggle, device, number, done, sent} = 67'd0;

    assign valid     = toggle != done && !sent;
    assign device_id = device;
    assign event_id  = number;
    always @(posedge clk)
        if (rst) begin
            sent <= 1'b0;
            done <= toggle;
        end else begin
            if (valid && ready) sent <= 1'b1;
            if (rsp_valid) begin
                sent <= 1'b0;
                done <= toggle;
            end
        end
endmodule
`default_nettype wire
