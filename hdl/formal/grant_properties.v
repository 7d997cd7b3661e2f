// A choice of one among requests: at most one, only one that is there, and one wherever there is any.
`default_nettype none
`include "formal/property.vh"
module grant_properties #(
    parameter LINK = 0,
    parameter N    = 2
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [31:0]  fd,
    input  wire [39:0]  cycle,
    input  wire [N-1:0] request,
    input  wire [N-1:0] grant
);
    `PROPERTIES(|{request, grant})
        `PROPERTY(0, "one-hot", (grant & (grant - 1'b1)) == 0)
        `PROPERTY(0, "not asked", (grant & ~request) == 0)
        `PROPERTY(0, "nobody", (|grant) == (|request))
    `PROPERTIES_END
endmodule
`default_nettype wire
