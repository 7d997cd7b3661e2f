"""Where things lie: in a checkout of the project, or where it is installed.

A checkout keeps the Verilog in hdl/ and what runs write in build/, at its top. Installed, the Verilog lies in this package, and
runs write to build/ in the folder that they are started in: never beside the installed modules.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from irqpath.core.errors import CheckError

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_TOP: Final = _PACKAGE.parents[1]
#: The top of the checkout that this package is part of, None where it is installed.
CHECKOUT: Final = _TOP if _PACKAGE.parent.name == "pymodel" and (_TOP / "pyproject.toml").is_file() else None
#: The folder of which `build` is written to.
ROOT: Final = CHECKOUT or Path.cwd()
#: The Verilog of the blocks.
HDL: Final = CHECKOUT / "hdl" if CHECKOUT else _PACKAGE / "hdl"
#: The models.
MODELS: Final = _PACKAGE
#: The folders that our packages are imported from.
SOURCES: Final = tuple(dict.fromkeys((_PACKAGE.parent, CHECKOUT / "testbench" if CHECKOUT else _PACKAGE.parent)))


def verilog(folder: Path = HDL) -> list[Path]:
    """The synthesizable Verilog below `folder`, in a fixed order; properties (formal/) are none."""
    return sorted(path for path in folder.rglob("*.v") if "formal" not in path.relative_to(folder).parts)


def needs_checkout(what: str) -> None:
    """Raise `CheckError` where irqpath is installed: `what` works on the files of a checkout."""
    if CHECKOUT is None:
        raise CheckError(f"{what} needs a checkout of irqpath; this is an installed one")


def how_to_get(extra: str = "") -> str:
    """The command that installs what irqpath imports, that of an extra of the package included."""
    if CHECKOUT is not None:
        return "make setup"
    return f'pip install "irqpath[{extra}]"' if extra else "pip install irqpath"


def cache() -> Path:
    """The user's folder for what is made once on a machine and can be made anew."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if Path(home).is_absolute() else Path.home() / ".cache") / "irqpath"


def source_of(module: str) -> Path:
    """The file of a module of ours, which need not exist; nothing is imported."""
    files = [folder / f"{module.replace('.', '/')}.py" for folder in SOURCES]
    return next((file for file in files if file.is_file()), files[0])
