"""The parser of every command line. Standard library only: commands use it that run before anything is installed."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterable
from typing import NoReturn

from irqpath.core.errors import IrqpathError


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
