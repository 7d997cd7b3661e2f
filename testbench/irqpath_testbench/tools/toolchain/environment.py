"""One call for whoever starts a simulator: everything checked, and the environment to start it in."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from irqpath_testbench.tools.toolchain import compiler, icarus, libpython, verilator
from irqpath_testbench.tools.toolchain.tool import Tool, ToolMissing, require

SIMULATORS = ("verilator", "icarus")

_BUILD_TOOLS: tuple[Callable[[str | None], Tool], ...] = (compiler.find_gxx, compiler.find_make, compiler.find_perl)


def for_simulator(name: str, *, waves: bool = False, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment in which cocotb can build and run with the simulator `name`.

    Arguments: `name` is "verilator" or "icarus"; `waves` also asks for what Verilator needs to write FST; `base`
    replaces this process's environment. cocotb's runner looks for the simulator on its own process's PATH, so a
    process that calls it does `os.environ.update(for_simulator(...))` first.

    Raises ToolMissing for the first thing that is not there.
    """
    env = dict(os.environ if base is None else base)
    path = env.get("PATH")
    if name not in SIMULATORS:
        raise ToolMissing(f"unknown simulator {name!r}; choose {' or '.join(SIMULATORS)}")
    require(libpython.find())
    env.update(libpython.environment())
    if name == "icarus":
        require(icarus.find(path))
        return env
    for find in _BUILD_TOOLS:
        require(find(path))
    if waves:
        require(compiler.find_fst_headers(path))
    env = verilator.choose(env).environ(env)
    for key, value in compiler.ccache_environment(path).items():
        env.setdefault(key, value)
    return env
