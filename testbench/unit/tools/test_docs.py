"""The documentation: what it quotes from runs is what a run prints today, and the site is whole and fetches nothing."""

from __future__ import annotations

import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import irqpath
from irqpath.core.places import HDL, ROOT
from irqpath_testbench.dut.parameters import TESTBENCH_HDL
from irqpath_testbench.tools.docs import DOCS, FIGURES, RULES, made, pages, rules_page, shown
from irqpath_testbench.tools.evolution import picture
from irqpath_testbench.tools.picture import draw

#: (page, figure, its block) of every figure that is shown
SHOWN = [(path.name, name, block) for path in pages() for name, block in shown(path.read_text(encoding="utf-8"))]
#: What makes a browser fetch something from elsewhere.
_FETCHED = re.compile(
    r"""<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=["'](?:https?:)?//[^"']+|url\(["']?(?:https?:)?//[^)]+"""
)


def test_every_figure_is_shown_and_known() -> None:
    """A figure that no page shows need not be run; a page can show only what can be made."""
    assert {name for _, name, _ in SHOWN} == set(FIGURES)


def test_what_looks_like_a_run_is_a_figure() -> None:
    """A block that begins with a prompt, or a comment that names a figure, is one that `make figures` writes."""
    for path in pages():
        text = path.read_text(encoding="utf-8")
        figures = len(list(shown(text)))
        assert text.count("<!-- figure: ") == figures, path.name
        assert len(re.findall(r"```\w*\n\$ ", text)) == figures, path.name


@pytest.mark.parametrize("name", [name for name, figure in FIGURES.items() if not figure.simulator])
def test_a_figure_is_fresh(name: str) -> None:
    """`make figures` would change nothing."""
    fresh = made(FIGURES[name])
    assert [page for page, figure, block in SHOWN if figure == name and block != fresh] == []


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize("name", [name for name, figure in FIGURES.items() if figure.simulator])
def test_a_figure_of_a_simulation_is_fresh(name: str) -> None:
    """The same, of what the Verilog does with a seed."""
    fresh = made(FIGURES[name])
    assert [page for page, figure, block in SHOWN if figure == name and block != fresh] == []


def test_the_picture_names_what_there_is() -> None:
    """Packages of the models, files of the Verilog."""
    named = re.findall(r"<text[^>]*>(irqpath\.[\w.]+|\w+\.v)</text>", draw())
    assert len(named) == 10
    for name in named:
        assert [*HDL.rglob(name), *TESTBENCH_HDL.rglob(name)] if name.endswith(".v") else pkgutil.resolve_name(name)


def test_the_picture_of_the_evolution_is_fresh() -> None:
    """It is drawn from a run."""
    assert picture.PICTURE.read_text(encoding="utf-8") == picture.draw(picture.measured())


def test_the_page_of_the_rules_is_fresh() -> None:
    """It is made from the rules."""
    assert RULES.read_text(encoding="utf-8") == rules_page()


def test_the_reference_has_every_public_name() -> None:
    """By itself, in a module that is shown whole, or in the text."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    shown_whole = re.findall(r"^::: ([\w.]+)$", text, re.MULTILINE)
    named = {name.rpartition(".")[2] for name in shown_whole} | set(re.findall(r"`(\w+)`", text))
    for module in shown_whole:
        named |= set(vars(value)) if inspect.ismodule(value := pkgutil.resolve_name(module)) else set()
    assert sorted(set(irqpath.__all__) - named) == []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as `make docs` writes it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--config-file"]
    done = subprocess.run(
        [*command, str(DOCS / "site" / "mkdocs.yml"), "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


def test_every_page_is_in_the_site(site: Path) -> None:
    """Without a warning: each is in the navigation, each link leads somewhere."""
    expected = {path.relative_to(DOCS).with_suffix(".html") for path in pages() if path.is_relative_to(DOCS)}
    assert {path for path in expected if not (site / path).is_file()} == set()


def test_the_site_fetches_nothing(site: Path) -> None:
    """It can be read without a network."""
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    found = {path.name: _FETCHED.findall(path.read_text(encoding="utf-8")) for path in files}
    assert {name: fetched for name, fetched in found.items() if fetched} == {}
    assert _FETCHED.search('<script src="https://example.org/x.js">')


def test_the_reference_has_what_scripts_use(site: Path) -> None:
    """From docstrings: a class, its methods, its fields."""
    text = (site / "reference" / "gic.html").read_text(encoding="utf-8")
    for name in ("irqpath.gic.system.Gic.send", "irqpath.config.sizes.GicConfig.pes", "irqpath.config.policy.Policy"):
        assert f'id="{name}"' in text


def test_hooks_call_what_set_up_installs() -> None:
    """pre-commit needs no network for them."""
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^ +entry: (\S+)", text, re.MULTILINE)
    assert entries
    assert all(
        entry.startswith(".venv/bin/") and Path(sys.executable).with_name(entry.split("/")[-1]).is_file() for entry in entries
    )
    assert set(re.findall(r"repo: (\S+)", text)) == {"local"}
