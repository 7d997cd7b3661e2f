// virtual_cpu: whatever a guest and its hypervisor do, one operation at a time.
`default_nettype none
`include "formal/property.vh"
module virtual_cpu_proof (
    input wire        clk,
    input wire        rst,
    input wire        acknowledge,
    input wire        ends,
    input wire        deactivates,
    input wire        group,
    input wire [23:0] intid,
    input wire        write_lr,
    input wire        write_hcr,
    input wire        write_vmcr,
    input wire        write_ap,
    input wire        write_pmr,
    input wire        write_bpr,
    input wire        write_ctlr,
    input wire        write_igrpen,
    input wire [3:0]  lr_number,
    input wire [1:0]  ap_number,
    input wire [63:0] data,
    // of `dut`
    input wire [1:0]  active,
    input wire [1:0]  used,
    input wire [1:0]  pending,
    input wire [1:0]  hw,
    input wire [25:0] pintid
);
    wire [63:0] lr;
    wire [31:0] ap, hcr, vmcr;
    wire [7:0]  misr, pmr, running;
    wire [15:0] eisr, elrsr;
    wire [2:0]  bpr0, bpr1;
    wire        cbpr, eoimode, acknowledges, deactivates_physical, virq, vfiq, maintenance;
    wire [1:0]  enables, pends;
    wire [23:0] acknowledged;
    wire [12:0] physical;
    virtual_cpu #(.LIST_REGISTERS(2)) dut (
        .clk(clk), .rst(rst), .acknowledge(acknowledge), .ends(ends), .deactivates(deactivates), .group(group),
        .intid(intid), .write_lr(write_lr), .write_hcr(write_hcr), .write_vmcr(write_vmcr), .write_ap(write_ap),
        .write_pmr(write_pmr), .write_bpr(write_bpr), .write_ctlr(write_ctlr), .write_igrpen(write_igrpen),
        .lr_number(lr_number), .ap_number(ap_number), .data(data), .lr(lr), .ap(ap), .hcr(hcr), .misr(misr),
        .eisr(eisr), .elrsr(elrsr), .vmcr(vmcr), .pmr(pmr), .bpr0(bpr0), .bpr1(bpr1), .cbpr(cbpr), .eoimode(eoimode),
        .enables(enables), .running(running), .acknowledges(acknowledges), .acknowledged(acknowledged), .pends(pends),
        .deactivates_physical(deactivates_physical), .physical(physical), .virq(virq), .vfiq(vfiq),
        .maintenance(maintenance)
    );
    initial assume (rst);

    // the cycle before
    reg         was;                 // it was no reset
    reg [1:0]   was_active, was_hw, written;
    reg         was_end, was_hcr, was_physical;
    reg [12:0]  was_intid;
    reg [25:0]  was_pintid;
    reg [4:0]   was_count;
    always @(posedge clk) begin
        was          <= !rst;
        was_active   <= active;
        was_hw       <= hw;
        was_pintid   <= pintid;
        written      <= write_lr && lr_number < 4'd2 ? 2'b01 << lr_number[0] : 2'b00;
        was_end      <= ends || deactivates;
        was_hcr      <= write_hcr;
        was_physical <= deactivates_physical;
        was_intid    <= physical;
        was_count    <= hcr[31:27];
    end
    wire [1:0] ended = was_active & ~active & ~written;      // List registers that an end deactivated
    wire [1:0] hardware;                                     // of these, those whose physical interrupt there is
    assign hardware[0] = ended[0] && was_hw[0] && was_pintid[12:0] < 13'd1020;
    assign hardware[1] = ended[1] && was_hw[1] && was_pintid[25:13] < 13'd1020;
    wire [12:0] of_hardware = hardware[0] ? was_pintid[12:0] : was_pintid[25:13];
    wire [4:0]  more = hcr[31:27] - was_count;
    wire        asks = hcr[1] && used != 2'b11 || hcr[2] && hcr[31:27] != 5'd0 || hcr[3] && pending == 2'b00
                       || |eisr || hcr[4] && vmcr[0] || hcr[5] && !vmcr[0] || hcr[6] && vmcr[1] || hcr[7] && !vmcr[1];

    wire [3:0] operations = {3'd0, acknowledge} + {3'd0, ends} + {3'd0, deactivates} + {3'd0, write_lr}
                            + {3'd0, write_hcr} + {3'd0, write_vmcr} + {3'd0, write_ap} + {3'd0, write_pmr}
                            + {3'd0, write_bpr} + {3'd0, write_ctlr} + {3'd0, write_igrpen};
    `PROPERTIES(1'b1)
        `PROPERTY(1, "one operation", operations <= 4'd1)
        `PROPERTY(1, "acknowledgement", !acknowledge || acknowledges)
        `PROPERTY(1, "DIR", !deactivates || eoimode)
        `PROPERTY(0, "active is kept", !was || ended == 2'b00 || was_end && ended != 2'b11)
        `PROPERTY(0, "counts ends once", !was || was_hcr || more == 5'd0 || more == 5'd1 && was_end && ended == 2'b00)
        `PROPERTY(0, "one physical", !was || was_physical == (|hardware) && (!was_physical || was_intid == of_hardware))
        `PROPERTY(0, "maintenance", maintenance == (hcr[0] && asks))
        `PROPERTY(0, "one line", !(virq && vfiq))
    `PROPERTIES_END
endmodule
`default_nettype wire
