// virtual_cpu: whatever a guest and its hypervisor do, one operation at a time.
`default_nettype none
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

    virtual_properties #(.LIST_REGISTERS(2), .ASSUMED(1)) properties (
        .clk(clk), .rst(rst),
        .operations({write_igrpen, write_ctlr, write_bpr, write_pmr, write_ap, write_vmcr, write_hcr, write_lr,
            deactivates, ends, acknowledge}),
        .lr_number(lr_number), .acknowledges(acknowledges), .eoimode(eoimode), .active(active), .pending(pending),
        .used(used), .done(eisr[1:0]), .hw(hw), .pintid(pintid), .hcr(hcr), .enables(enables),
        .deactivates_physical(deactivates_physical), .physical(physical), .virq(virq), .vfiq(vfiq),
        .maintenance(maintenance)
    );
endmodule
`default_nettype wire
