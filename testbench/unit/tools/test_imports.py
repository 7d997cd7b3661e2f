"""Who imports whom: the contracts of pyproject.toml, no circle of modules, and no name of the testbench in the models."""

from __future__ import annotations

import graphlib
import importlib
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import grimp
import pytest
from importlinter.cli import lint_imports

from irqpath.core.places import MODELS, ROOT

PROJECT: Final = ROOT / "pyproject.toml"
PACKAGES: Final = ("irqpath", "irqpath_testbench")
LINTER: Final[dict[str, Any]] = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]
#: Folders by package, top layer first; folders of one layer are separated by a bar.
LAYERS: Final[dict[str, list[str]]] = {c["containers"][0]: c["layers"] for c in LINTER["contracts"] if c["type"] == "layers"}


def circle(*packages: str) -> list[str]:
    """Modules of which each imports the next, the last one the first; annotations' imports count, and those in functions."""
    graph = grimp.build_graph(*packages, cache_dir=None)
    try:
        graphlib.TopologicalSorter({m: graph.find_modules_directly_imported_by(m) for m in graph.modules}).prepare()
    except graphlib.CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def folders(package: str) -> list[str]:
    """Those that the layers name."""
    return [name.strip() for layer in LAYERS[package] for name in layer.split("|")]


def test_the_contracts_are_kept(capfd: pytest.CaptureFixture[str]) -> None:
    assert lint_imports(config_filename=str(PROJECT), no_cache=True) == 0, capfd.readouterr().out


def test_no_circle() -> None:
    assert circle(*PACKAGES) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_layers_name_every_folder(package: str) -> None:
    folder = Path(importlib.import_module(package).__path__[0])
    assert sorted(folders(package)) == sorted(path.parent.name for path in folder.glob("*/__init__.py"))


def test_the_models_do_not_name_the_testbench() -> None:
    """As text neither: what both offer is composed elsewhere."""
    assert [path for path in MODELS.rglob("*.py") if PACKAGES[1] in path.read_text(encoding="utf-8")] == []


# --- that it is noticed -----------------------------------------------------------------------------------------------


@pytest.fixture
def injected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folders of both packages under other names, empty, and our contracts for them."""
    monkeypatch.syspath_prepend(str(tmp_path))
    for package in PACKAGES:
        for folder in ("", *folders(package)):
            path = tmp_path / f"injected_{package}" / folder
            path.mkdir(exist_ok=True)
            (path / "__init__.py").touch()
    text = PROJECT.read_text(encoding="utf-8").partition("[tool.importlinter]\n")[2].partition("\n[tool.pytest")[0]
    (tmp_path / "pyproject.toml").write_text(
        "[tool.importlinter]\n" + text.replace('"irqpath', '"injected_irqpath'), encoding="utf-8"
    )
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("injected_irqpath")]:
        del sys.modules[name]


_ANNOTATION: Final = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("irqpath.core", "import injected_irqpath.config"),
        ("irqpath.core", "import injected_irqpath.cli"),
        ("irqpath.cli", "import injected_irqpath.config"),
        ("irqpath.regs", _ANNOTATION + "import injected_irqpath.gic"),
        ("irqpath.gic", "def later():\n    from injected_irqpath import trace"),
        ("irqpath.rules", "import injected_irqpath.regs"),
        ("irqpath.trace", "def later():\n    import injected_irqpath_testbench.tools"),
        ("irqpath_testbench.dut", "import injected_irqpath_testbench.env"),
        ("irqpath_testbench.tools", "import injected_irqpath_testbench.tests"),
    ],
)
def test_an_import_upwards_is_noticed(injected: Path, capfd: pytest.CaptureFixture[str], module: str, line: str) -> None:
    project = str(injected / "pyproject.toml")
    assert lint_imports(config_filename=project, no_cache=True) == 0, capfd.readouterr().out
    (injected / f"injected_{module.replace('.', '/')}" / "injected.py").write_text(line + "\n", encoding="utf-8")
    assert lint_imports(config_filename=project, no_cache=True) == 1
    assert f"injected_{module}.injected ->" in capfd.readouterr().out


@pytest.mark.parametrize("line", ["import injected_irqpath.gic.a", _ANNOTATION + "from injected_irqpath.gic import a"])
def test_a_circle_is_noticed(injected: Path, line: str) -> None:
    folder = injected / "injected_irqpath" / "gic"
    (folder / "a.py").write_text("from injected_irqpath.gic.b import B\n", encoding="utf-8")
    assert circle("injected_irqpath") == []
    (folder / "b.py").write_text(f"{line}\nB = 1\n", encoding="utf-8")
    assert set(circle("injected_irqpath")) == {"injected_irqpath.gic.a", "injected_irqpath.gic.b"}
