"""How a guest leaves guest mode: the exits, and the guest's code as something that runs until one comes."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Reason(Enum):
    """Why a guest exits."""

    INTERRUPT = "physical interrupt"
    WFI = "WFI"
    MMIO = "access to what the host emulates"
    SYSREG = "system register that traps"
    HVC = "hypercall"


@dataclass(slots=True)
class Exit:
    """One exit. `block`, `offset`, `size`: of an access; `name`: of a system register; `value`: that is written, None for a
    read, whose `result` the host gives, as `ok`: no error response."""

    reason: Reason
    block: str = ""
    offset: int = 0
    size: int = 0
    name: str = ""
    value: int | None = None
    result: int = 0
    ok: bool = True

    def __await__(self) -> Generator[Any, None, Exit]:
        """The guest stands still until the host has dealt with it and enters the guest again."""
        yield self
        return self


class Running:
    """Code that runs, awaited by who enters it, until it says something of `kind`, or ends (None)."""

    def __init__(self, code: Coroutine[Any, Any, None]) -> None:
        self._code = code

    def until(self, kind: type[Any]) -> _Until:
        """Let it run until it awaits something of that kind."""
        return _Until(self._code, kind)


class _Until:
    def __init__(self, code: Coroutine[Any, Any, None], kind: type[Any]) -> None:
        self._code = code
        self._kind = kind

    def __await__(self) -> Generator[Any, None, Any]:
        code = self._code
        while True:
            try:
                asked = code.send(None)
            except StopIteration:
                return None
            if isinstance(asked, self._kind):
                return asked
            try:
                yield asked
            except GeneratorExit:  # nobody goes on with it: a machine that was left before its end
                code.close()
                raise
            except BaseException as error:  # what is waited for has failed: the code sees it
                code.throw(error)
                raise
