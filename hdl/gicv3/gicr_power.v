// Whether the PE of a Redistributor sleeps, and the connection to its CPU interface (golden model:
// pymodel/irqpath/gic/gicr/waker.py; IHI 0069 11.1, appendix A): GICR_WAKER, the wake line, and which groups the CPU
// interface enables.
`default_nettype none
module gicr_power (
    input  wire        clk,
    input  wire        rst,
    input  wire        pe_reset,                 // the CPU interface was reset without Quiesce
    // GICR_WAKER
    input  wire        waker_write,
    input  wire        sleep,                    // what is written to ProcessorSleep
    output reg         processor_sleep,
    output wire        children_asleep,
    // from GICC
    input  wire        quiesce_ack,
    input  wire        downstream_control_ack,
    input  wire        upstream_control,
    input  wire [1:0]  upstream_enables,
    // to GICC
    output wire        start_sleep,              // Quiesce
    output wire        start_wake,               // DownstreamControl
    // somebody wants the PE awake
    input  wire        wake_request,             // GICD
    input  wire        something_waits,          // an interrupt that could be forwarded
    output reg         wake,
    // what follows
    output wire        awake,                    // the CPU interface takes messages
    output wire        available,                // and will go on to
    output reg  [1:0]  cpu_groups
);
    localparam [1:0] ASLEEP = 2'd0, WAKING = 2'd1, AWAKE = 2'd2, QUIESCING = 2'd3;

    reg [1:0] power;

    assign awake           = power == AWAKE;
    assign available       = awake && !processor_sleep;
    assign children_asleep = power == ASLEEP || power == WAKING;

    // The connection follows GICR_WAKER when that is written and when GICC has responded. What was under way when GICC
    // was reset begins anew.
    wire quiesced   = power == QUIESCING && quiesce_ack;
    wire connected  = power == WAKING && downstream_control_ack;
    wire sleep_next = waker_write ? sleep : processor_sleep;
    assign start_sleep = (power == AWAKE && waker_write || connected) && sleep_next;
    assign start_wake  = (power == ASLEEP && waker_write || quiesced) && !sleep_next
                         || pe_reset && (power == WAKING || power == QUIESCING && !processor_sleep);

    always @(posedge clk)
        if (rst) power <= ASLEEP;
        else
            case (power)
                ASLEEP:    if (start_wake) power <= WAKING;
                WAKING:    if (connected) power <= start_sleep ? QUIESCING : AWAKE;
                AWAKE:     if (start_sleep) power <= QUIESCING;
                QUIESCING: if (quiesced || pe_reset) power <= start_wake ? WAKING : ASLEEP;
                default:   power <= ASLEEP;
            endcase

    always @(posedge clk)
        if (rst) processor_sleep <= 1'b1;
        else if (waker_write) processor_sleep <= sleep;

    always @(posedge clk)
        if (rst) wake <= 1'b0;
        else if (connected) wake <= 1'b0;
        else if (!awake && (wake_request || something_waits)) wake <= 1'b1;

    always @(posedge clk)
        if (rst || pe_reset) cpu_groups <= 2'b00;
        else if (upstream_control) cpu_groups <= upstream_enables;
endmodule
`default_nettype wire
