"""The command line: `irqpath COMMAND ...`.

A command is a module with `add_arguments(parser)` and `run(args) -> int`, imported only when it is called, so that
`irqpath doctor` works before numpy or cocotb is installed. Errors are one line on standard error; with
IRQPATH_DEBUG=1 a traceback follows. Exit status: the command's own; 2 for a wrong command line or an expected error
(`IrqpathError`); 3 for an error that irqpath did not expect; 128 and its number for a signal that ended it.
"""

from __future__ import annotations

import argparse
import difflib
import errno
import importlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, TextIO, TypeVar, cast

from irqpath import __version__
from irqpath.cli import signals
from irqpath.core.errors import IrqpathError

USAGE_ERROR = 2
INTERNAL_ERROR = 3
#: What a write says where there is no room: disk, limit of a file's size, quota.
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table of commands."""

    module: str
    summary: str


COMMANDS: dict[str, Command] = {
    "doctor": Command(
        "irqpath_testbench.tools.toolchain.doctor", "show every tool found, its version, and how to get what is missing"
    ),
    "sim": Command("irqpath_testbench.tools.sim", "run journeys in co-simulation and check every transaction"),
    "bench": Command("irqpath_testbench.tools.bench", "measure speed"),
    "oracle": Command(
        "irqpath_testbench.tools.oracle.cli", "drive QEMU and the golden models with the same random sequences and compare"
    ),
    "mutate": Command(
        "irqpath_testbench.tools.faults.mutate",
        "change one gate at a time in a block of the Verilog and see whether a check notices",
    ),
    "synth": Command("irqpath_testbench.tools.toolchain.synth", "synthesize each block of the Verilog and count its cells"),
    "replay": Command("irqpath.trace.cli", "feed a recorded trace of real software to the golden models"),
    "regs": Command("irqpath.regs.cli", "generate register files from the register description"),
    "features": Command("irqpath_testbench.tools.conformance", "what of the architecture the models have, and who confirms it"),
    "rules": Command("irqpath.rules.cli", "show the rules of the architecture that tests cite"),
}


class CommandModule(Protocol):
    """What a command's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit status."""


class UsageError(IrqpathError):
    """A command line that cannot be understood."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line that names the nearest valid word."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing the usage and leaving."""
        raise UsageError(f"{message}{self._suggestion(message)}; see: {self.prog} --help")

    def _suggestion(self, message: str) -> str:
        if match := re.search(r"unrecognized arguments: (\S+)", message):
            return did_you_mean(match.group(1).split("=")[0], self._options())
        if match := re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message):
            return did_you_mean(match.group(1), re.findall(r"[\w.+-]+", match.group(2)))
        return ""

    def _options(self) -> list[str]:
        """Every option of this parser and of its sub-commands, since argparse reports an unknown one at the top."""
        options: list[str] = []
        for action in self._actions:
            options += action.option_strings
            if isinstance(action, argparse._SubParsersAction):
                options += [option for parser in action.choices.values() for option in parser._options()]
        return options


def did_you_mean(word: str, valid: Iterable[str]) -> str:
    """Return ": did you mean X?" for the word of `valid` nearest to `word`, "" if none is near."""
    near = difflib.get_close_matches(word, list(valid), n=1, cutoff=0.5)
    return f": did you mean {near[0]}?" if near else ""


def overview() -> str:
    """Return the text of `irqpath --help`."""
    rows = [f"  {name:<8} {command.summary}" for name, command in COMMANDS.items()]
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
        raise UsageError(f"the command {name!r} needs the Python package {missing!r}; run: make setup") from error


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


def fail(message: str, status: int) -> int:
    """Print the one line of an error, and its traceback if IRQPATH_DEBUG=1; return `status`."""
    print(f"irqpath: error: {message}", file=sys.stderr)
    if os.environ.get("IRQPATH_DEBUG") == "1":
        traceback.print_exc()
    return status


def main(argv: Sequence[str] | None = None) -> int:
    """Run `irqpath`; return the exit status (see this module's text)."""
    return guarded(lambda: dispatch(sys.argv[1:] if argv is None else argv))


def guarded(work: Callable[[], int]) -> int:
    """The exit status of `work`, or that of the error that it raised, which is told in one line. For every `main`."""
    try:
        with signals.raised(), redirect_stdout(cast(TextIO, _Output(sys.stdout))):
            signals.end_with_make()
            status = work()
            sys.stdout.flush()
        return status
    except IrqpathError as error:
        return fail(str(error), USAGE_ERROR)
    except KeyboardInterrupt as interrupt:
        return fail(signals.message_of(interrupt), signals.status_of(interrupt))
    except BrokenPipeError:
        _silence()  # the reader (`| head`) has gone
        return 141
    except OSError as error:
        return fail(_told(error), USAGE_ERROR)
    except Exception as error:
        hint = "" if os.environ.get("IRQPATH_DEBUG") == "1" else " (IRQPATH_DEBUG=1 shows where)"
        return fail(f"unexpected {type(error).__name__}: {' '.join(str(error).split())}{hint}", INTERNAL_ERROR)


def _told(error: OSError) -> str:
    """The file and what happened to it."""
    # Where a copy fails, it is its target that cannot take it.
    name = error.filename2 if error.errno in _FULL and error.filename2 else error.filename
    where = f"{os.fsdecode(name)}: " if isinstance(name, str | bytes | os.PathLike) else ""
    return f"{where}{error.strerror or error}"


class _Output:
    """Standard output; where it cannot take what is printed, the error names it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As that of the stream."""
        return self._named(lambda: self._stream.write(text))

    def flush(self) -> None:
        """As that of the stream."""
        self._named(self._stream.flush)

    def _named(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except BrokenPipeError:
            raise
        except OSError as error:
            _silence()
            error.filename = "standard output"
            raise


def _silence() -> None:
    """Nothing more is printed: Python must not complain again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
