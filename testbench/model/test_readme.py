"""What README.md shows is what happens."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_example_prints_what_the_text_says() -> None:
    """The Python block runs as it stands; each line that it prints is quoted after it."""
    block = re.search(r"```python\n(.*?)```(.*?)\n\n`pymodel", README, re.DOTALL)
    assert block is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block[1], "README.md", "exec"), {"__name__": "readme"})
    quoted = re.findall(r"`(\[.*?\])`", block[2], re.DOTALL)
    assert printed.getvalue().splitlines() == quoted


def test_the_files_that_it_names_exist() -> None:
    """Paths of the project in backticks, glob patterns included."""
    root = Path(__file__).parents[2]
    named = set(re.findall(r"`((?:hdl|pymodel|testbench)/[\w./*-]+)`", README))
    assert named
    missing = [name for name in sorted(named) if not list(root.glob(name.rstrip("/")))]
    assert missing == [], "README.md names files that do not exist"
