"""The device under test: what it is (`device`), how software reaches it (`rtl_platform`), what its monitors write (`recorder`),
and the Verilog around it (hdl/). It imports irqpath."""
