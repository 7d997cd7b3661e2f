"""The proofs, and the faults that break their properties: proofs.toml, which says what its fields mean."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from irqpath.core.errors import CheckError
from irqpath.core.places import HDL
from irqpath_testbench.dut.properties import Property, properties

#: Every state that can be reached, by induction; or the first `depth` cycles after a reset.
INDUCTION: Final = "induction"
BOUNDED: Final = "bounded"
MODES: Final = (INDUCTION, BOUNDED)


@dataclass(frozen=True, slots=True)
class Fault:
    """An edit of `file` that breaks `property` (`Property.title`): `old` stands there once, `new` instead of it."""

    property: str
    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One run of SymbiYosys. `registers`: wires of the wrapper that are registers of the block; `cut`: wires that may have any
    value; `any`: modules all of whose outputs may;
    `memories`: memories are registers too; `at_least`: the depth that a bounded proof must reach within `seconds`."""

    name: str
    top: str
    sources: tuple[str, ...]
    mode: str
    depth: int
    seconds: int = 60
    at_least: int = 0
    parameters: Mapping[str, int] = field(default_factory=dict)
    registers: Mapping[str, str] = field(default_factory=dict)
    cut: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    memories: bool = False
    faults: tuple[Fault, ...] = ()


def load(path: Path) -> tuple[Proof, ...]:
    """The proofs of a file. Raises `CheckError` where it is not as it should be."""
    try:
        entries: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["proof"]
        found = tuple(_proof(entry) for entry in entries)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise CheckError(f"{path}: {error}") from error
    for proof in found:
        if proof.mode not in MODES:
            raise CheckError(f"{path}: {proof.name}: the mode is {proof.mode!r}; there are {', '.join(MODES)}")
    return found


def _proof(entry: dict[str, Any]) -> Proof:
    lists: dict[str, tuple[str, ...]] = {name: tuple(entry[name]) for name in ("cut", "any") if name in entry}
    lists["sources"] = tuple(name for pattern in entry["sources"] for name in _files(pattern))
    faults = tuple(Fault(**fault) for fault in entry.get("fault", ()))
    rest = {name: value for name, value in entry.items() if name != "fault"}
    return Proof(**{"top": f"{entry['name']}_proof"} | rest | lists | {"faults": faults})


def _files(pattern: str) -> list[str]:
    return sorted(path.relative_to(HDL).as_posix() for path in HDL.glob(pattern)) or [pattern]


def unbroken(proofs: Sequence[Proof], simulated: Iterable[str], hdl: Path = HDL) -> list[Property]:
    """Every property of hdl/formal that no injected fault breaks: neither one of `proofs`, nor one of those whose titles
    are `simulated`, as a simulation finds them. What is an assumption in all circumstances (1) is no property of ours."""
    files = [path.relative_to(hdl).as_posix() for path in sorted((hdl / "formal").glob("*.v*"))]
    broken = {fault.property for proof in proofs for fault in proof.faults} | set(simulated)
    return [found for file in files for found in properties(file, hdl) if found.assumed != "1" and found.title not in broken]


def chosen(names: str, mode: str, proofs: Sequence[Proof]) -> list[Proof]:
    """Those of `names` (separated by commas, "" for all) and of `mode` ("" for both). Raises `CheckError` for an unknown name."""
    wanted = [name.strip() for name in names.split(",") if name.strip()] or [proof.name for proof in proofs]
    there = {proof.name: proof for proof in proofs}
    if unknown := [name for name in wanted if name not in there]:
        raise CheckError(f"no proof is called {', '.join(map(repr, unknown))}; there are {', '.join(there)}")
    return [there[name] for name in wanted if not mode or there[name].mode == mode]


PROOFS: Final = load(Path(__file__).with_name("proofs.toml"))
