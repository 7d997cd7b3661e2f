"""The device under test: what it is (`description`; of this project's Verilog `parameters`), what it may put out (`comparison`),
how software reaches it (`rtl_platform`), what its monitors write (`recorder`), the Verilog around it (hdl/), and the testbench
that is made of that for a device of a user's (`bench`). It imports irqpath."""
