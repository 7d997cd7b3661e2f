"""The command line, which composes what the models and the testbench offer: `irqpath COMMAND ...`.

A command is a module with `add_arguments(parser)` and `run(args) -> int`, imported only when it is called, so that
`irqpath doctor` works before numpy or cocotb is installed. Errors are one line on standard error; with
IRQPATH_DEBUG=1 a traceback follows. Exit status: see `irqpath.cli.ending`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from irqpath import __version__
from irqpath.cli.ending import guarded
from irqpath.cli.parser import Parser, UsageError, did_you_mean
from irqpath.core.places import how_to_get


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table of commands."""

    module: str
    summary: str
    #: The extra of the package that brings what it imports besides the base dependencies.
    extra: str = ""


COMMANDS: dict[str, Command] = {
    "doctor": Command(
        "irqpath_testbench.tools.toolchain.doctor", "show every tool found, its version, and how to get what is missing"
    ),
    "sim": Command("irqpath_testbench.tools.sim", "run journeys in co-simulation and check every transaction", "sim"),
    "calibrate": Command("irqpath_testbench.tools.calibrate", "learn a timing profile from recorded runs"),
    "regress": Command("irqpath_testbench.tools.regress.cli", "run many jobs of a plan: resumable, with one result", "regress"),
    "predict": Command(
        "irqpath_testbench.tools.predict", "predict latencies by a profile, without Verilog, and where time goes", "regress"
    ),
    "evolution": Command(
        "irqpath_testbench.tools.evolution",
        "what interrupts cost from one generation of GIC to the next: packets on the models, predictions",
    ),
    "bench": Command("irqpath_testbench.tools.bench", "measure speed", "sim"),
    "oracle": Command(
        "irqpath_testbench.tools.oracle.cli", "drive QEMU and the golden models with the same random sequences and compare"
    ),
    "mutate": Command(
        "irqpath_testbench.tools.faults.mutate",
        "change one gate at a time in a block of the Verilog and see whether a check notices",
        "sim,synth",
    ),
    "synth": Command("irqpath_testbench.tools.toolchain.synth", "synthesize each block of the Verilog and count its cells"),
    "formal": Command(
        "irqpath_testbench.tools.formal",
        "prove properties of the Verilog by SymbiYosys, and check that faults break them",
        "formal",
    ),
    "replay": Command("irqpath.trace.cli", "feed a recorded trace of real software to the golden models"),
    "regs": Command("irqpath.regs.cli", "generate register files from the register description"),
    "conformance": Command(
        "irqpath_testbench.tools.conformance", "what of the architecture the models have, and who confirms it", "sim"
    ),
    "rules": Command("irqpath.rules.cli", "show the rules of the architecture that tests cite"),
}


class CommandModule(Protocol):
    """What a command's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit status."""


def overview() -> str:
    """Return the text of `irqpath --help`."""
    width = max(map(len, COMMANDS))
    rows = [f"  {name:<{width}} {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: irqpath COMMAND [OPTIONS]",
            "",
            "Verification kit for Arm GIC interrupt delivery.",
            "",
            *rows,
            "",
            "irqpath COMMAND --help shows a command's options; irqpath --version the version.",
        ]
    )


def load(name: str) -> CommandModule:
    """Import the module of the command `name`. Raises UsageError if there is no such command, or it cannot load."""
    if name not in COMMANDS:
        known = ", ".join(COMMANDS)
        raise UsageError(f"unknown command {name!r}{did_you_mean(name, COMMANDS)} (commands: {known})")
    module = COMMANDS[name].module
    try:
        return cast(CommandModule, importlib.import_module(module))
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if module == missing or module.startswith(f"{missing}."):
            raise UsageError(f"the command {name!r} is not part of this installation (no module {module})") from error
        raise UsageError(
            f"the command {name!r} needs the Python package {missing!r}; run: {how_to_get(COMMANDS[name].extra)}"
        ) from error


def dispatch(argv: Sequence[str]) -> int:
    """Run one command line and return its exit status. Raises whatever the command raises."""
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print(overview())
        return 0
    if argv[0] in {"-V", "--version"}:
        print(f"irqpath {__version__}")
        return 0
    name = argv[0]
    module = load(name)
    parser = Parser(prog=f"irqpath {name}", description=COMMANDS[name].summary, allow_abbrev=False)
    module.add_arguments(parser)
    return module.run(parser.parse_args(argv[1:]))


def main(argv: Sequence[str] | None = None) -> int:
    """Run `irqpath`; return the exit status (see this module's text)."""
    return guarded(lambda: dispatch(sys.argv[1:] if argv is None else argv))


if __name__ == "__main__":
    sys.exit(main())
