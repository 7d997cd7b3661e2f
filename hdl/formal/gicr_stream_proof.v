// gicr_stream, with the connection of gicr_power.v: what a Redistributor sends GICC, whatever is the best interrupt and
// whenever software writes GICR_WAKER. SPIs, which are acknowledged for GICD, and a reset of the PE are left out.
`default_nettype none
`include "formal/property.vh"
`include "generated/irqpath_links.vh"
module gicr_stream_proof #(
    parameter CREDITS = 1
) (
    input wire        clk,
    input wire        rst,
    input wire        down_tready,
    input wire        up_tvalid,
    input wire [15:0] up_tdata,
    input wire        up_tlast,
    // what the Redistributor takes, one at a time, or its phase
    input wire        takes,
    input wire        sgi_acked,
    input wire        waker_write,
    input wire        sleep,
    input wire        decides,
    // the best interrupt, which stays while it is decided about
    input wire        best_valid,
    input wire [7:0]  best_priority,
    input wire [23:0] best_intid,
    input wire        best_group,
    // registers of `dut`
    input wire        push,
    input wire        pop,
    input wire [3:0]  count
);
    wire        down_tvalid, down_tlast, up_tready, su_valid, start_sleep, start_wake, awake, available;
    wire        held, replaced, lpi_in_flight, settled, sending, processor_sleep, children_asleep, wake;
    wire [1:0]  cpu_groups;
    wire [15:0] down_tdata;
    wire [23:0] held_intid, replaced_intid;
    wire [`STREAM_UP_BITS-1:0] su_msg;
    wire        take  = takes && su_valid;
    wire [3:0]  kind  = su_msg[`STREAM_UP_KIND];
    wire [23:0] intid = su_msg[`STREAM_ACTIVATE_INTID];
    wire        activate  = take && kind == `STREAM_ACTIVATE;
    wire        returned  = take && kind == `STREAM_RELEASE;
    wire        enables   = take && kind == `STREAM_UPSTREAM_CONTROL;
    wire        generates = take && kind == `STREAM_GENERATE_SGI;
    gicr_stream #(.PRIORITY_BITS(4)) dut (
        .clk(clk), .rst(rst), .stream_rst(rst), .pe_reset(1'b0),
        .down_tvalid(down_tvalid), .down_tready(down_tready), .down_tdata(down_tdata), .down_tlast(down_tlast),
        .up_tvalid(up_tvalid), .up_tready(up_tready), .up_tdata(up_tdata), .up_tlast(up_tlast),
        .su_valid(su_valid), .su_msg(su_msg), .take_su(take), .su_intid(intid), .activate_done(activate),
        .deactivate_done(take && kind == `STREAM_DEACTIVATE), .upstream_control(enables), .dn_intid(24'd0),
        .sgi_done(sgi_acked), .spi_activate_done(1'b0), .spi_deactivate_done(1'b0),
        .start_sleep(start_sleep), .start_wake(start_wake), .best_valid(best_valid), .best_priority(best_priority),
        .best_intid(best_intid), .best_group(best_group), .decide(decides && awake), .retire(activate || returned),
        .cleared(take && kind == `STREAM_CLEAR_ACK), .held(held), .held_intid(held_intid), .replaced(replaced),
        .replaced_intid(replaced_intid), .lpi_in_flight(lpi_in_flight), .settled(settled), .sending(sending)
    );
    gicr_power waker (
        .clk(clk), .rst(rst), .pe_reset(1'b0), .waker_write(waker_write), .sleep(sleep),
        .processor_sleep(processor_sleep), .children_asleep(children_asleep),
        .quiesce_ack(take && kind == `STREAM_QUIESCE_ACK),
        .downstream_control_ack(take && kind == `STREAM_DOWNSTREAM_CONTROL_ACK), .upstream_control(enables),
        .upstream_enables(su_msg[`STREAM_UPSTREAM_CONTROL_ENABLES]), .start_sleep(start_sleep), .start_wake(start_wake),
        .wake_request(1'b0), .something_waits(1'b0), .wake(wake), .awake(awake), .available(available),
        .cpu_groups(cpu_groups)
    );
    initial assume (rst);

    reg  [3:0] sgis;                     // passed on to GICD, which has not acknowledged them
    always @(posedge clk) sgis <= rst ? 4'd0 : sgis + {3'd0, generates} - {3'd0, sgi_acked};
    wire [2:0] inputs = {2'd0, take} + {2'd0, sgi_acked} + {2'd0, waker_write} + {2'd0, decides};
    `PROPERTIES(1'b1)
        `PROPERTY(1, "one input", inputs <= 3'd1)
        `PROPERTY(1, "has passed on", !sgi_acked || sgis != 0)
    `PROPERTIES_END
    stream_properties #(.CREDITS(CREDITS), .UP_ASSUMED(1)) stream (
        .clk(clk), .rst(rst), .down_tvalid(down_tvalid), .down_tready(down_tready), .down_tdata(down_tdata),
        .down_tlast(down_tlast), .up_tvalid(up_tvalid), .up_tready(up_tready), .up_tdata(up_tdata), .up_tlast(up_tlast)
    );
    fifo_properties #(.DEPTH(8)) queue (.clk(clk), .rst(rst), .push(push), .pop(pop), .count(count));
endmodule
`default_nettype wire
