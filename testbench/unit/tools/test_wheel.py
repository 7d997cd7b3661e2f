"""The wheel: what is in it, and that it works where nothing else of the project is, beside a user's own folders of our names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import files
from pathlib import Path
from typing import Final

import pytest

from irqpath.core.places import ROOT

#: Names that a user may have for folders of his own.
OWN: Final = ("testbench", "pymodel", "hdl", "unit", "tests")
#: What the models need, with what that needs itself.
BASE: Final = ("greenlet", "numpy", "orjson", "rich", "markdown-it-py", "mdurl", "pygments")
#: Folders that hold nothing of a wheel.
LEFT_OUT: Final = ("unit/", "traces/", "corpus/", ".jsonl.gz", "conftest.py", "requirements.txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], ROOT)
    (found,) = folder.glob("irqpath-*.whl")
    return found


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel installed, and beside it packages of a user's."""
    folder = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-index"]
    _run([*install, "--target", str(folder), str(wheel)], folder)
    for name in OWN:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise ImportError('{name} is the user's own')\n")
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder to work in, which holds nothing but packages of the user's."""
    for name in ("testbench", "pymodel"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    return tmp_path


def _run(command: list[str], folder: Path, env: dict[str, str] | None = None, status: int = 0) -> str:
    done = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == status, done.stdout
    return done.stdout


def _links(folder: Path, names: set[str]) -> Path:
    """A folder of links to those packages of this environment, without its own irqpath."""
    for name in names:
        (folder / name).symlink_to(Path(sys.prefix) / "lib" / _python() / "site-packages" / name)
    return folder


def _python() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _tops(distribution: str) -> Iterator[str]:
    """Folders and files of a distribution at the top of site-packages."""
    return (path.parts[0] for path in files(distribution) or () if path.parts[0] != "..")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    packages = Path(sys.prefix) / "lib" / _python() / "site-packages"
    names = {path.name for path in packages.iterdir() if "irqpath" not in path.name and path.suffix != ".pth"}
    return _links(tmp_path_factory.mktemp("everything"), names)


def _command(site: Path, packages: Path, cache: Path) -> tuple[list[str], dict[str, str]]:
    """The interpreter without this environment, and what it sees: the wheel, and those packages."""
    dropped = ("PYTHONPATH", "VIRTUAL_ENV", "IRQPATH_MODEL_FAULT", "PYTEST_ADDOPTS")
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    env |= {
        "PYTHONPATH": os.pathsep.join((str(site), str(packages))),
        "XDG_CACHE_HOME": str(cache),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    base = getattr(sys, "_base_executable", sys.executable)
    return [os.path.realpath(base), "-P"], env


def _listing(folder: Path) -> dict[str, tuple[int, int]]:
    found = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def test_the_wheel_holds_what_runs_and_no_tests(wheel: Path) -> None:
    """All that git has of both packages and of hdl, but for the fuzzer's corpus; and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        entry = next(archive.read(name).decode() for name in archive.namelist() if name.endswith("entry_points.txt"))
    assert "irqpath = irqpath_testbench.cli:main" in entry
    sources = {"irqpath/hdl": ROOT / "hdl", "irqpath": ROOT / "pymodel/irqpath"}
    sources["irqpath_testbench"] = ROOT / "testbench/irqpath_testbench"
    expected = {
        f"{to}/{path.relative_to(folder)}"
        for to, folder in sources.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == {name for name in expected if "/corpus/" not in name}
    assert {"irqpath/py.typed", "irqpath_testbench/py.typed", "irqpath/rules/rules.toml"} <= inside
    assert any(re.fullmatch(r"irqpath/hdl/.*irqpath_top\.v", name) for name in inside)
    assert any(re.fullmatch(r"irqpath_testbench/.*irqpath_tb\.v", name) for name in inside)
    assert [name for name in inside for part in LEFT_OUT if part in name] == []


def test_it_is_imported_beside_a_users_own_packages(site: Path, everything: Path, empty: Path) -> None:
    python, env = _command(site, everything, empty / "cache")
    script = "import irqpath, irqpath_testbench; print(irqpath.__file__); print(irqpath_testbench.__file__)"
    lines = _run([*python, "-c", script], empty, env).splitlines()
    assert lines == [str(site / name / "__init__.py") for name in ("irqpath", "irqpath_testbench")]


@pytest.mark.simulator("icarus")
def test_it_simulates_in_an_empty_folder(site: Path, everything: Path, empty: Path) -> None:
    """Also the Verilog with an injected fault, which it finds. It writes nothing where it is installed."""
    python, env = _command(site, everything, empty / "cache")
    before = _listing(site)
    options = ["--paths", "sgi", "--scenarios", "EverySgi", "--sim", "icarus", "-n", "50", "--seed", "1"]
    # as a user starts it: the folder that he is in comes first where modules are looked for
    said = _run([python[0], "-m", "irqpath_testbench", "sim", *options], empty, env)
    assert "everything agrees" in said
    assert (empty / "build" / "runs").is_dir()
    said = _run([python[0], "-m", "irqpath_testbench", "sim", *options, "--fault", "3"], empty, env, 1)
    assert "stream0.up" in said
    assert _listing(site) == before


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (["regs", "show", "GICR_WAKER", "0x6"], 0, "ProcessorSleep"),
        (["rules", "R1"], 0, "R1 "),
        (["replay", str(ROOT / "testbench/unit/replay/traces/v3-its-smp1.jsonl.gz")], 0, "share of all reads"),
        (["regs", "generate"], 2, "generation needs a checkout of irqpath"),
        (["conformance", "--collect"], 2, "irqpath conformance --collect needs a checkout of irqpath"),
        (["mutate"], 2, "irqpath mutate needs a checkout of irqpath"),
        (["bench"], 2, "irqpath bench needs a checkout of irqpath"),
        (["sim", "--paths", "linux"], 2, "recordings of Linux are in a checkout of irqpath only"),
        (["sim", "--paths", "linux", "--replay"], 2, "recordings of Linux are in a checkout of irqpath only"),
    ],
)
def test_commands_work_or_refuse_in_one_line(
    arguments: list[str], status: int, expected: str, site: Path, everything: Path, empty: Path
) -> None:
    python, env = _command(site, everything, empty / "cache")
    said = _run([*python, "-m", "irqpath_testbench", *arguments], empty, env, status)
    assert expected in said
    assert status == 0 or said.count("\n") == 1


def test_with_the_base_dependencies_alone(site: Path, empty: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every module of the models is imported; what needs an extra says which; doctor names pip."""
    names = {top for distribution in BASE for top in _tops(distribution)}
    python, env = _command(site, _links(tmp_path_factory.mktemp("base"), names), empty / "cache")
    script = (
        "import importlib, pkgutil, irqpath\n"
        "for found in pkgutil.walk_packages(irqpath.__path__, 'irqpath.'): importlib.import_module(found.name)\n"
    )
    assert _run([*python, "-c", script], empty, env) == ""
    irqpath = [*python, "-m", "irqpath_testbench"]
    said = _run([*irqpath, "sim", "--paths", "sgi"], empty, env, 2)
    assert re.fullmatch(r"irqpath: error: the command 'sim' needs .*; run: pip install \"irqpath\[sim\]\"\n", said)
    doctor = _run([*irqpath, "doctor"], empty, env, 1)
    assert 'pip install "irqpath[sim]"' in doctor and "make setup" not in doctor
