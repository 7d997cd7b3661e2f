"""Co-simulation tests that run inside the simulator, one file a path."""
