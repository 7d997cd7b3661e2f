"""What Verilator needs to turn its C++ into a simulation: compiler, make, perl, libraries for FST, ccache."""

from __future__ import annotations

import shutil

from irqpath_testbench.tools.toolchain import packages
from irqpath_testbench.tools.toolchain.tool import Need, Tool, capture, first_line, parse_version

OLDEST_GXX = (10,)
"""The first GCC that compiles -std=gnu++20 with coroutines."""

_FST_PROBE = "#include <lz4.h>\n#include <zlib.h>\nint main() { return LZ4_versionNumber() + zlibVersion()[0] == 0; }\n"


def find_gxx(path: str | None = None) -> Tool:
    """Return g++ (on macOS the clang that answers to this name). `path` replaces $PATH."""
    where = shutil.which("g++", path=path)
    fix = packages.install_hint("g++", "install GCC 10 or newer", path)
    if where is None:
        return Tool("g++", False, note="compiles what Verilator writes", fix=fix)
    _, text = capture([where, "-dumpfullversion", "-dumpversion"])
    version = parse_version(text, r"(\d+(?:\.\d+)*)")
    if version < OLDEST_GXX:
        note = f"{where} is {first_line(text)}; 10 or newer is needed"
        return Tool("g++", False, first_line(text), where, note, fix)
    return Tool("g++", True, first_line(text), where)


def find_make(path: str | None = None) -> Tool:
    """Return GNU make. `path` replaces $PATH."""
    where = shutil.which("make", path=path)
    fix = packages.install_hint("make", "install GNU make 4", path)
    if where is None:
        return Tool("make", False, note="builds what Verilator writes", fix=fix)
    _, text = capture([where, "--version"])
    if "GNU Make" not in text:
        return Tool("make", False, path=where, note=f"{where} is not GNU make", fix=fix)
    return Tool("make", True, ".".join(map(str, parse_version(text))), where)


def find_perl(path: str | None = None) -> Tool:
    """Return perl. `path` replaces $PATH."""
    where = shutil.which("perl", path=path)
    if where is None:
        fix = packages.install_hint("perl", "install perl 5", path)
        return Tool("perl", False, note="runs Verilator's front end", fix=fix)
    _, text = capture([where, "-e", "printf '%vd', $^V"])
    return Tool("perl", True, first_line(text), where)


def find_fst_headers(path: str | None = None) -> Tool:
    """Return whether a program that writes FST links: headers and libraries of zlib and lz4. `path` replaces $PATH."""
    name, note = "FST headers", "zlib and lz4, for waves from Verilator"
    compiler = shutil.which("g++", path=path)
    fix = packages.install_hint(name, "install the development files of zlib and lz4", path)
    if compiler is None:
        return Tool(name, False, note="cannot be tried without g++", fix=fix, need=Need.FEATURE)
    status, _ = capture([compiler, "-x", "c++", "-", "-o", "/dev/null", "-llz4", "-lz"], stdin=_FST_PROBE)
    found = status == 0
    return Tool(name, found, note=note, fix="" if found else fix, need=Need.FEATURE)


def find_ccache(path: str | None = None) -> Tool:
    """Return ccache, which makes rebuilding a known design fast. `path` replaces $PATH."""
    where = shutil.which("ccache", path=path)
    if where is None:
        fix = packages.install_hint("ccache", "install ccache", path)
        return Tool("ccache", False, note="makes rebuilds of a known design fast", fix=fix, need=Need.OPTIONAL)
    _, text = capture([where, "--version"])
    return Tool("ccache", True, ".".join(map(str, parse_version(text))), where, need=Need.OPTIONAL)


def ccache_environment(path: str | None = None) -> dict[str, str]:
    """Return the variable by which Verilator's makefiles call ccache; {} where it is not installed."""
    return {"OBJCACHE": "ccache"} if find_ccache(path).found else {}


def find_gtkwave(path: str | None = None) -> Tool:
    """Return a viewer for waves. Not run for its version, since it opens a display. `path` replaces $PATH."""
    where = shutil.which("gtkwave", path=path)
    note = "shows waves"
    if where is None:
        fix = packages.install_hint("gtkwave", "install GTKWave", path)
        return Tool("gtkwave", False, note=note, fix=fix, need=Need.OPTIONAL)
    return Tool("gtkwave", True, path=where, note=note, need=Need.OPTIONAL)
