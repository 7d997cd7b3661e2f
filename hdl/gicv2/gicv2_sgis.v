// From which PEs the SGIs of one PE are pending: GICD_SPENDSGIR and GICD_CPENDSGIR (golden model: `sources` of
// pymodel/irqpath/gic/gicv2/distributor.py; IHI 0048 4.3.15 to 4.3.17).
`default_nettype none
module gicv2_sgis #(
    parameter PES = 1    // 1 to 8
) (
    input  wire        clk,
    input  wire        rst,
    // one of them at a time
    input  wire        send,       // SGI `sgi` from PE `from`
    input  wire        set,        // GICD_SPENDSGIR: the bits of `bits`
    input  wire        clear,      // GICD_CPENDSGIR
    input  wire        take,       // SGI `sgi` is acknowledged: its lowest source
    input  wire [3:0]  sgi,
    input  wire [2:0]  from,
    input  wire [127:0] bits,      // 8 of each SGI
    // state
    output reg  [127:0] sources,   // the same
    output reg  [15:0] some,       // SGIs that have a source
    output reg  [2:0]  lowest      // source of `sgi`
);
    localparam [7:0] PE_MASK = (1 << PES) - 1;
    wire [7:0] of_sgi = sources[{sgi, 3'b000} +: 8];
    wire [7:0] first  = of_sgi & (~of_sgi + 8'd1);
    integer    k;
    always @* begin
        lowest = 3'd0;
        for (k = 7; k >= 0; k = k - 1) if (of_sgi[k]) lowest = k[2:0];
        for (k = 0; k < 16; k = k + 1) some[k] = |sources[8*k +: 8];
    end

    always @(posedge clk)
        if (rst) sources <= 128'd0;
        else begin
            if (send) sources[{sgi, 3'b000} +: 8] <= of_sgi | 8'd1 << from;
            if (set) sources <= sources | bits & {16{PE_MASK}};
            if (clear) sources <= sources & ~bits;
            if (take) sources[{sgi, 3'b000} +: 8] <= of_sgi & ~first;
        end
endmodule
`default_nettype wire
