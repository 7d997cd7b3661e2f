"""The public API changes on purpose only: its names and signatures are kept in public_api.txt.

After a change that is meant, write it anew: python testbench/unit/models/test_public_api.py
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import irqpath
from irqpath.core.places import ROOT

KEPT: Final = Path(__file__).with_name("public_api.txt")
UPDATE: Final = "python testbench/unit/models/test_public_api.py"


def _signature(value: Any) -> str:
    # what stands at an address differs from run to run
    return re.sub(r" at 0x[0-9a-f]+", "", str(inspect.signature(value)))


def _members(name: str, kind: type) -> Iterator[str]:
    """Fields of a dataclass, and public methods and properties that are not those of object."""
    if dataclasses.is_dataclass(kind):
        yield from (f"{name}.{field.name}: {field.type}" for field in dataclasses.fields(kind) if not field.name.startswith("_"))
    for member, value in sorted(inspect.getmembers(kind)):
        if member.startswith("_"):
            continue
        if inspect.isroutine(value) and (getattr(value, "__module__", "") or "").startswith("irqpath"):
            yield f"{name}.{member}{_signature(value)}"
        elif isinstance(value, property):
            yield f"{name}.{member}: property"


def _lines(name: str, value: Any) -> Iterator[str]:
    if inspect.ismodule(value):
        yield f"{name}: module"
        for member, inner in sorted(vars(value).items()):
            if inspect.isclass(inner) and inner.__module__.startswith(value.__name__):
                yield from _lines(f"{name}.{member}", inner)
    elif inspect.isclass(value) and issubclass(value, enum.Enum):
        yield f"{name}: {', '.join(value.__members__)}"
    elif inspect.isclass(value) and not getattr(value, "_is_protocol", False) and not issubclass(value, Exception):
        yield from (f"{name}{_signature(value)}", *_members(name, value))
    elif inspect.isclass(value):
        yield from (name, *_members(name, value))
    elif inspect.isfunction(value):
        yield f"{name}{_signature(value)}"
    else:
        yield f"{name}: {type(value).__name__}"


def _described() -> str:
    return "".join(f"{line}\n" for name in sorted(irqpath.__all__) for line in _lines(name, getattr(irqpath, name)))


def test_the_public_api_is_as_it_was() -> None:
    assert _described() == KEPT.read_text(), f"the public API has changed; if that is meant, run: {UPDATE}"


def test_importing_it_loads_nothing_else() -> None:
    script = "import sys, irqpath; print([m for m in sys.modules if m.startswith('irqpath.') or m == 'numpy'])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_each_name_has_an_example() -> None:
    """In the documents, where Python blocks and sessions run as tests."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    blocks = [
        b for page in pages for b in re.findall(r"```(?:python|pycon)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ]
    used = set(re.findall(r"\w+", "\n".join(blocks)))
    assert set(irqpath.__all__) - used == set(), "give an example in docs/models.md"


if __name__ == "__main__":
    KEPT.write_text(_described())
