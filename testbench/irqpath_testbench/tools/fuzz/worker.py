"""One target under the coverage-guided fuzzer: `python -m irqpath_testbench.tools.fuzz.worker TARGET LIBFUZZER-ARGUMENT...`.

Never returns.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Hand the target to libFuzzer. The models are instrumented as they are imported."""
    import atheris  # type: ignore[import-untyped]  # it ships no types

    with atheris.instrument_imports(include=["irqpath.virtio"]):
        from irqpath_testbench.tools.fuzz.targets import TARGETS

    target = TARGETS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
