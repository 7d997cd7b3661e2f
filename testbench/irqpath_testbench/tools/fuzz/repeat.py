"""One input again, without the fuzzer: `python -m irqpath_testbench.tools.fuzz.repeat TARGET FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from irqpath.cli.ending import fail
from irqpath_testbench.tools.fuzz.targets import TARGETS


def main() -> int:
    """Run the input; what it raises is shown as Python shows it."""
    if len(sys.argv) != 3 or sys.argv[1] not in TARGETS:
        print(f"usage: python -m irqpath_testbench.tools.fuzz.repeat {{{','.join(TARGETS)}}} FILE", file=sys.stderr)
        return 2
    try:
        data = Path(sys.argv[2]).read_bytes()
    except OSError as error:
        return fail(f"{sys.argv[2]}: {error.strerror}", 2)
    TARGETS[sys.argv[1]](data)
    print("nothing happened")
    return 0


if __name__ == "__main__":
    sys.exit(main())
