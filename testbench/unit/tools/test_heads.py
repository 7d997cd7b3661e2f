"""Each folder's head says what may be in it and what it may import, and the code keeps to that; no class holds several things."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from irqpath.core.places import ROOT, SOURCES

#: Folders of data, and the head that speaks of each.
TOLD_BY = {
    "pymodel/irqpath/sim/timing/profiles": "pymodel/irqpath/sim/timing/__init__.py",
    "testbench/irqpath_testbench/tools/fuzz/corpus": "testbench/irqpath_testbench/tools/fuzz/__init__.py",
    "testbench/irqpath_testbench/tools/regress/plans": "testbench/irqpath_testbench/tools/regress/__init__.py",
    "testbench/irqpath_testbench/tools/oracle/server": "testbench/irqpath_testbench/tools/oracle/__init__.py",
    "testbench/irqpath_testbench/sequences/baremetal/program": "testbench/irqpath_testbench/sequences/baremetal/__init__.py",
    "testbench/unit/models/rows": "testbench/unit/README.md",
    "testbench/unit/replay/traces": "testbench/unit/README.md",
    "testbench/unit/replay/vgic": "testbench/unit/README.md",
    "testbench/unit/tools/regress": "testbench/unit/README.md",
    "testbench/unit/tools/rtl": "testbench/unit/README.md",
    "testbench/unit/toys/hdl": "testbench/unit/README.md",
    "docs/pictures": "docs/CONTRIBUTING.md",
    "docs/reference": "docs/CONTRIBUTING.md",
    "docs/site": "docs/CONTRIBUTING.md",
    "docs/style": "docs/CONTRIBUTING.md",
}
PACKAGES = sorted(path.parent for source in SOURCES for path in source.glob("irqpath*/**/__init__.py"))


def _head(package: Path) -> str:
    return ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""


def _name(package: Path) -> str:
    return ".".join(package.relative_to(next(s for s in SOURCES if package.is_relative_to(s))).parts)


def _imported(package: Path) -> Iterator[str]:
    """The folders that modules of `package` import from, outside of it."""
    for path in package.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if not module or not module.startswith("irqpath"):
                continue
            is_folder = any(source.joinpath(*module.split(".")).is_dir() for source in SOURCES)
            folder = module if is_folder else module.rpartition(".")[0]
            if folder != _name(package):
                yield folder


def _said(folder: str, package: Path) -> bool:
    """The head names the folder, one that it lies in, or is one that it lies in."""
    own, head = _name(package), _head(package)
    parts = folder.split(".")
    if folder.startswith(f"{own}.") or folder in {"irqpath", "irqpath_testbench"}:
        return True
    top = "irqpath" if own.startswith("irqpath.") or own == "irqpath" else "irqpath_testbench"
    names = parts[1:] if parts[0] == top else parts
    words = head.replace(",", " ").replace(";", " ").replace("`", " ").replace(")", " ").replace("(", " ").split()
    spoken = {word.rstrip(".") for word in words}
    forms = {".".join(names[i:j]) for i in range(len(names)) for j in range(i + 1, len(names) + 1)}
    return bool(forms & spoken)


@pytest.mark.parametrize("package", PACKAGES, ids=_name)
def test_a_package_says_what_it_imports(package: Path) -> None:
    """In its docstring: folders that its modules import, or those that these lie in."""
    assert len(_head(package)) > 30
    unsaid = sorted({folder for folder in _imported(package) if not _said(folder, package)})
    assert unsaid == [], f"the head of {_name(package)} does not say that it imports them"


def _folders() -> Iterator[Path]:
    for top in ("docs", "hdl", "pymodel", "testbench"):
        for folder in [ROOT / top, *(ROOT / top).rglob("*")]:
            if folder.is_dir() and folder.name != "__pycache__" and any(p.is_file() for p in folder.iterdir()):
                yield folder


def test_every_folder_has_a_head() -> None:
    """A package its docstring, another a README, a page, or a line in the head of the folder that it lies in."""
    bare = set()
    for folder in _folders():
        path = str(folder.relative_to(ROOT))
        told = next((head for data, head in TOLD_BY.items() if path == data or path.startswith(f"{data}/")), "")
        heads = [folder / "__init__.py", folder / "README.md", folder / "index.md"]
        name = Path(next((data for data in TOLD_BY if path.startswith(f"{data}/")), path)).name
        if not any(head.is_file() for head in heads) and not (told and f"`{name}" in (ROOT / told).read_text(encoding="utf-8")):
            parent = folder.parent / "README.md"
            if not (parent.is_file() and f"`{folder.name}" in parent.read_text(encoding="utf-8")):
                bare.add(path)
    assert bare == set()


def test_no_class_is_large() -> None:
    """One that needs more than 350 lines holds several things, which are parts."""
    large = {
        f"{path.relative_to(ROOT)}: {node.name}"
        for package in PACKAGES
        for path in package.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.lineno >= 350
    }
    assert large == set()


def test_a_gicv2_shares_what_it_has_in_common() -> None:
    """Its own Verilog is at most 700 lines, without comments and blank lines: the rest is in hdl/common and GICv3's."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "hdl" / "gicv2").glob("*.v")))
    code = [line for line in text.splitlines() if line.partition("//")[0].strip()]
    assert len(code) <= 700
