"""`python -m irqpath_testbench COMMAND ...`: the command `irqpath`."""

import sys

from irqpath_testbench.cli import main

if __name__ == "__main__":
    sys.exit(main())
