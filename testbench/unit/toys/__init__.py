"""Two small devices, described as a user describes his own, and checked by the same environment (hdl: their Verilog)."""
