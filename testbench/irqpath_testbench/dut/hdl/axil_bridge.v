// Makes the transfers of apb_driver.v accesses on an AXI4-Lite register port: address and data of a write are offered
// together and taken in any order.
`default_nettype none
module axil_bridge #(
    parameter DATA = 32
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              go,        // responses are taken now
    input  wire              psel,
    input  wire              penable,
    input  wire              pwrite,
    input  wire [DATA-1:0]   pwdata,
    input  wire [DATA/8-1:0] pstrb,
    output wire              pready,
    output wire [DATA-1:0]   prdata,
    output wire              pslverr,
    output wire              awvalid,
    input  wire              awready,
    output wire              wvalid,
    input  wire              wready,
    output wire [DATA-1:0]   wdata,
    output wire [DATA/8-1:0] wstrb,
    input  wire              bvalid,
    output wire              bready,
    input  wire [1:0]        bresp,
    output wire              arvalid,
    input  wire              arready,
    input  wire              rvalid,
    output wire              rready,
    input  wire [DATA-1:0]   rdata,
    input  wire [1:0]        rresp
);
    reg  address_taken, data_taken;
    wire access = psel && penable;
    assign awvalid = access && pwrite && !address_taken;
    assign wvalid  = access && pwrite && !data_taken;
    assign arvalid = access && !pwrite && !address_taken;
    assign wdata   = pwdata;
    assign wstrb   = pstrb;
    assign bready  = go;
    assign rready  = go;
    assign pready  = go && (bvalid || rvalid);
    assign prdata  = rdata;
    assign pslverr = bvalid ? bresp[1] : rresp[1];
    initial {address_taken, data_taken} = 2'b00;
    always @(posedge clk)
        if (rst || (access && pready)) {address_taken, data_taken} <= 2'b00;
        else begin
            address_taken <= address_taken || (awvalid && awready) || (arvalid && arready);
            data_taken    <= data_taken || (wvalid && wready);
        end
    wire unused = &{1'b0, bresp[0], rresp[0], 1'b0};
endmodule
`default_nettype wire
