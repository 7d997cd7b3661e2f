// Sends one message-signalled interrupt at a time. Python writes DeviceID and EventID, then changes `ctl`; when `done`
// follows, the message has been answered. When Python is awake: see reg_driver.v.
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
    reg        ctl /*verilator public_flat_rw*/;
    reg [31:0] device /*verilator public_flat_rw*/;
    reg [31:0] number /*verilator public_flat_rw*/;
    reg        done /*verilator public_flat_rd*/;
    reg        ended, sent;
    reg        taken;
    reg [63:0] message;
    initial {ctl, device, number, done, ended, sent, taken, message} = 133'd0;

    assign valid     = taken != ended && !sent;
    assign device_id = message[63:32];
    assign event_id  = message[31:0];
    always @(posedge clk)
        if (ctl != taken) begin
            taken   <= ctl;
            message <= {device, number};
        end
    always @(posedge clk)
        if (rst) begin
            sent  <= 1'b0;
            ended <= ctl;
        end else begin
            if (valid && ready) sent <= 1'b1;
            if (rsp_valid) begin
                sent  <= 1'b0;
                ended <= taken;
            end
        end
    always @(negedge clk) done <= ended;
endmodule
`default_nettype wire
