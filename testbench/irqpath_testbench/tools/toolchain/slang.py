"""slang, as the Python package pyslang brings it: the strictest of the Verilog linters.

python -m irqpath_testbench.tools.toolchain.slang OPTION... FILE...: elaborate, as the program slang does with these arguments.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from irqpath.core.places import how_to_get
from irqpath_testbench.tools.toolchain.tool import ToolMissing


def version() -> str:
    """Of the package. Raises `ToolMissing`."""
    if importlib.util.find_spec("pyslang") is None:
        raise ToolMissing(f"slang is missing (the Python package pyslang); run: {how_to_get('dev')}")
    return importlib.metadata.version("pyslang")


def command(top: str, includes: Sequence[Path], sources: Sequence[Path]) -> list[str]:
    """The command line that elaborates a design as Verilog-2005; an error or a warning is printed."""
    options = ["--std", "1364-2005", "--top", top, *(f"-I{path}" for path in includes)]
    return [sys.executable, "-m", __name__, *options, *map(str, sources)]


def elaborate(arguments: Sequence[str]) -> bool:
    """Elaborate, print what is wrong, and return whether nothing is."""
    from pyslang.driver import Driver

    driver = Driver()
    driver.addStandardArgs()
    # the command line is one text, in which blanks are escaped
    line = " ".join(["slang", *(argument.replace("\\", "\\\\").replace(" ", "\\ ") for argument in arguments)])
    if not driver.parseCommandLine(line) or not driver.processOptions() or not driver.parseAllSources():
        return False
    driver.reportCompilation(driver.createCompilation(), True)
    return bool(driver.reportDiagnostics(True))


if __name__ == "__main__":
    sys.exit(0 if elaborate(sys.argv[1:]) else 1)
