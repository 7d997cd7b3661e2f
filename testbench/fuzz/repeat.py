"""One input again, without the fuzzer: `python -m testbench.fuzz.repeat TARGET FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from testbench.fuzz.targets import TARGETS


def main() -> int:
    """Run the input; what it raises is shown as Python shows it."""
    if len(sys.argv) != 3 or sys.argv[1] not in TARGETS:
        print(f"usage: python -m testbench.fuzz.repeat {{{','.join(TARGETS)}}} FILE", file=sys.stderr)
        return 2
    TARGETS[sys.argv[1]](Path(sys.argv[2]).read_bytes())
    print("nothing happened")
    return 0


if __name__ == "__main__":
    sys.exit(main())
