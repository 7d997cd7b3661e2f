"""Injected faults: a golden model with a piece of its source changed, to show that a check would notice.

An `InjectedFault` names a module and a text in it; `injected` imports fresh copies of that module and of every module of irqpath
that imports it, with the text replaced, and forgets them again. A co-simulation calls `install_from_environment` before it
imports a model: IRQPATH_MODEL_FAULT=name then injects them for the whole process. The known faults are in the files of
`REGISTRIES`.

This module imports no model, so that nothing is loaded before a fault is in place. It is not made for threads.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import irqpath
from irqpath.core.errors import IrqpathError

if TYPE_CHECKING:
    from irqpath.config.policy import Policy
    from irqpath.config.sizes import GicConfig, ItsConfig
    from irqpath.gic.common.bank import Bank
    from irqpath.gic.common.offer import Offer
    from irqpath.gic.gicc.cpu_interface import CpuInterface
    from irqpath.gic.gicd.distributor import Distributor
    from irqpath.gic.gicr.lpi import LpiUnit
    from irqpath.gic.gicr.redistributor import Redistributor
    from irqpath.gic.gicv2.gic import Gicv2
    from irqpath.gic.its.its import Its
    from irqpath.gic.system import Gic

#: Environment variable that names the faults of a co-simulation, separated by commas.
VARIABLE: Final = "IRQPATH_MODEL_FAULT"
#: Where the known faults of a kind are: "model" and "virtio", each noticed by a rule test of the GIC's models or of virtio's;
#: "cosim", each noticed by co-simulation alone.
Kind: TypeAlias = Literal["model", "cosim", "virtio"]
REGISTRIES: Final[Mapping[Kind, Path]] = {
    kind: Path(__file__).with_name(f"{kind}_faults.toml") for kind in ("model", "cosim", "virtio")
}

_MODELS: Final = Path(next(iter(irqpath.__path__)))
_IMPORT: Final = re.compile(
    r"^[ \t]*(?:import[ \t]+(?P<module>irqpath[\w.]*)"
    r"|from[ \t]+(?P<package>irqpath[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n]*))",
    re.MULTILINE,
)
_MISSING: Final = object()


class InjectionError(IrqpathError):
    """A fault that does not exist, does not match the source any more, or comes too late."""


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """One bug: in the source of `module`, `old`, which occurs `count` times, becomes `new`.

    `breaks`: the rules (R10) and known defects of others (D2) that the model then violates or has; `what`: what the bug is.
    """

    name: str
    module: str
    old: str
    new: str
    count: int = 1
    breaks: tuple[str, ...] = ()
    what: str = ""

    def mutate(self, source: str) -> str:
        """`source` with the bug. Raises `InjectionError` unless `old` occurs `count` times."""
        found = source.count(self.old)
        if found != self.count:
            text = self.old.strip()
            raise InjectionError(
                f"fault {self.name} no longer matches: {self.module} has {text!r} {found} times, not {self.count}"
            )
        return source.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Lib:
    """The models that a test works with: the true ones, or those with a fault injected."""

    Bank: type[Bank]
    CpuInterface: type[CpuInterface]
    Distributor: type[Distributor]
    Gic: type[Gic]
    GicConfig: type[GicConfig]
    Its: type[Its]
    ItsConfig: type[ItsConfig]
    Gicv2: type[Gicv2]
    LpiUnit: type[LpiUnit]
    Offer: type[Offer]
    Policy: type[Policy]
    Redistributor: type[Redistributor]


_HOME: Final = {
    "Bank": "irqpath.gic.common.bank",
    "CpuInterface": "irqpath.gic.gicc.cpu_interface",
    "Distributor": "irqpath.gic.gicd.distributor",
    "Gic": "irqpath.gic.system",
    "GicConfig": "irqpath.config.sizes",
    "Its": "irqpath.gic.its.its",
    "ItsConfig": "irqpath.config.sizes",
    "Gicv2": "irqpath.gic.gicv2.gic",
    "LpiUnit": "irqpath.gic.gicr.lpi",
    "Offer": "irqpath.gic.common.offer",
    "Policy": "irqpath.config.policy",
    "Redistributor": "irqpath.gic.gicr.redistributor",
}


def models() -> Lib:
    """The models as they are imported now: inside `injected` those with the bug."""
    return Lib(**{f.name: getattr(importlib.import_module(_HOME[f.name]), f.name) for f in fields(Lib)})


def injected(*faults: InjectedFault) -> AbstractContextManager[Lib]:
    """Copies of the models with `faults` in them; see `copied`. Raises `InjectionError` when one does not match."""
    return copied({fault.module for fault in faults}, faults)


@contextmanager
def copied(modules: Iterable[str], faults: Sequence[InjectedFault] = ()) -> Iterator[Lib]:
    """Fresh copies of `modules` and of all modules of irqpath that import them, with `faults` in them.

    Inside, every import of irqpath gives the copies, also of modules that `Lib` does not name; afterwards all is as before.
    Raises `InjectionError` for a module that does not exist and a fault that does not match.
    """
    copies = importers(modules)
    before = {name: sys.modules.pop(name) for name in copies if name in sys.modules}
    attributes = [(parent, child, vars(parent).get(child, _MISSING)) for parent, child in _outer_attributes(copies)]
    for parent, child, value in attributes:
        if value is not _MISSING:  # else `from package import module` would find the module that is not a copy
            delattr(parent, child)
    finder = _Finder(faults)
    sys.meta_path.insert(0, finder)
    try:
        for fault in faults:
            importlib.import_module(fault.module)
        yield models()
    finally:
        sys.meta_path.remove(finder)
        for name in copies:
            sys.modules.pop(name, None)
        sys.modules.update(before)
        for parent, child, value in attributes:
            if value is not _MISSING:
                setattr(parent, child, value)
            elif hasattr(parent, child):
                delattr(parent, child)


def _outer_attributes(copies: frozenset[str]) -> Iterator[tuple[ModuleType, str]]:
    """Attributes of packages that are not copied which importing a copy changes: (package, name in it)."""
    for name in copies:
        package, _, child = name.rpartition(".")
        if package not in copies and package in sys.modules:
            yield sys.modules[package], child


# --- which modules a fault concerns -----------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _imports() -> Mapping[str, frozenset[str]]:
    """Every module of irqpath, with the modules of irqpath that it imports."""
    sources = {_module_name(path): path.read_text(encoding="utf-8") for path in _MODELS.rglob("*.py")}
    return {name: frozenset(_imported(source)) & sources.keys() for name, source in sources.items()}


def _module_name(path: Path) -> str:
    parts = path.relative_to(_MODELS.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(source: str) -> Iterator[str]:
    for match in _IMPORT.finditer(source):
        package = match["package"]
        if package is None:
            yield match["module"]
            continue
        yield package
        for word in re.findall(r"\w+", match["names"]):
            yield f"{package}.{word}"


@lru_cache(maxsize=64)
def _importers(modules: frozenset[str]) -> frozenset[str]:
    unknown = modules - _imports().keys()
    if unknown:
        raise InjectionError(f"there is no module {', '.join(sorted(unknown))} to inject a fault into")
    found: frozenset[str] = frozenset()
    more = modules
    while more:
        found |= more
        more = frozenset(name for name, imported in _imports().items() if imported & more) - found
    return found


def importers(modules: Iterable[str]) -> frozenset[str]:
    """`modules` and all modules of irqpath that import them, directly or not. Raises `InjectionError` for an unknown one."""
    return _importers(frozenset(modules))


# --- importing with a bug ---------------------------------------------------------------------------------------------


class _Loader(SourceFileLoader):
    """Compiles a module's source with bugs in it; neither reads nor writes a cached compilation."""

    def __init__(self, fullname: str, path: str, faults: Sequence[InjectedFault]) -> None:
        super().__init__(fullname, path)
        self._faults = faults

    def get_code(self, fullname: str) -> CodeType:
        """The code object of the module with its bugs. Raises `InjectionError`."""
        source = Path(self.path).read_text(encoding="utf-8")
        for fault in self._faults:
            source = fault.mutate(source)
        code: CodeType = compile(source, self.path, "exec", dont_inherit=True)
        return code


class _Finder(MetaPathFinder):
    """Finds the modules that have a fault, before anyone else does."""

    def __init__(self, faults: Sequence[InjectedFault]) -> None:
        self._faults: dict[str, list[InjectedFault]] = {}
        for fault in faults:
            self._faults.setdefault(fault.module, []).append(fault)

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The specification of a module that has a fault; None of any other."""
        faults = self._faults.get(fullname)
        if faults is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            raise InjectionError(f"fault {faults[0].name}: the source of {fullname} was not found")
        return importlib.util.spec_from_file_location(fullname, loader=_Loader(fullname, spec.origin, faults))


# --- the registry, and faults for a whole process ---------------------------------------------------------------------


def registry(kind: Kind = "model") -> dict[str, InjectedFault]:
    """The known faults of `kind` by name. Raises `InjectionError` when their file says something else than a fault does."""
    return load(REGISTRIES[kind])


def load(path: Path) -> dict[str, InjectedFault]:
    """The faults of a file by name. Raises `InjectionError` when it says something else than a fault does."""
    with path.open("rb") as file:
        entries: list[dict[str, Any]] = tomllib.load(file).get("fault", [])
    faults: dict[str, InjectedFault] = {}
    for entry in entries:
        breaks = tuple(entry.pop("breaks", ()))
        try:
            fault = InjectedFault(breaks=breaks, **entry)
        except TypeError as error:
            raise InjectionError(f"{path.name}, fault {entry.get('name', '?')}: {error}") from error
        if fault.name in faults:
            raise InjectionError(f"{path.name} has two faults called {fault.name}")
        faults[fault.name] = fault
    return faults


@lru_cache(maxsize=1)
def _known() -> tuple[Mapping[str, InjectedFault], str]:
    """All known faults by name, and where they are, as text."""
    known: dict[str, InjectedFault] = {}
    where: list[str] = []
    for kind, path in REGISTRIES.items():
        faults = registry(kind)
        if twice := sorted(known.keys() & faults.keys()):
            raise InjectionError(f"{path.name} has a fault that another file has too: {', '.join(twice)}")
        known |= faults
        where.append(f"{path.name} {'' if where else 'has '}{len(faults)}{'' if where else ' of them'}")
    return known, ", ".join(where)


def find(name: str) -> InjectedFault:
    """The fault called `name`, of whichever kind. Raises `InjectionError` that tells where they are."""
    known, where = _known()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise InjectionError(f"no fault is called {name!r}; {where}" + "".join(f"; did you mean {other}?" for other in near))
    return known[name]


def names_of(text: str) -> list[str]:
    """The names of a list separated by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def install_from_environment(environment: Mapping[str, str] = os.environ) -> tuple[InjectedFault, ...]:
    """InjectedFault for the rest of the process what IRQPATH_MODEL_FAULT names; call it before anything imports a model.

    Returns the faults, none if the variable is empty or not set. Raises `InjectionError` for an unknown name, and when one of the
    modules is loaded already; one that does not match raises when its module is imported.
    """
    faults = tuple(find(name) for name in names_of(environment.get(VARIABLE, "")))
    for fault in faults:
        if fault.module in sys.modules:
            raise InjectionError(f"fault {fault.name} comes too late: {fault.module} is loaded already")
    if faults:
        sys.meta_path.insert(0, _Finder(faults))
    return faults
