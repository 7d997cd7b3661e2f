"""Cost in function calls: what does not depend on the computer, so that a test may hold it to a figure."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def counted(work: Callable[[], _Result]) -> tuple[int, _Result]:
    """Function calls, Python's and C's, that `work` makes, and what it returns."""
    calls = 0

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        result = work()
    finally:
        sys.setprofile(None)
    return calls, result
