"""The project's words: an old word that was given up does not come back in names, options, keys or messages.

`WORDS` says for each old word, as it stands in names (`name`, matched against the parts of an identifier) and in texts (`text`,
matched against strings, comments and documents), what is said instead, and where the old one stands rightly, with the reason.
"""

from __future__ import annotations

import io
import re
import token
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[3]
FOLDERS: Final = ("hdl", "pymodel", "testbench", "docs")
_NAME: Final = re.compile(r"(?<![\w$'])[A-Za-z_]\w*")
_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
#: Of C-like languages: what is a comment or a string, so that the rest is code.
_TEXTS: Final = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """An old word. `name`: of the parts of an identifier, joined by "_" in lower case; `text`: of a text; "": not looked for.
    `allowed`: places, as a regular expression on the path, with the reason."""

    new: str
    name: str = ""
    text: str = ""
    allowed: dict[str, str] = field(default_factory=dict)


_C: Final = {r"\.(c|cpp|S)$|interop/linux\.py$": "a type of C"}
_LEGACY: Final = {
    r"/virtio/|core/faults|trace/|test_virt|virtio_|replay": "virtio's own term: legacy interface (virtio 1.2, 1.3.1)",
    r"config/|gic/|regs/|rules/|hdl/|docs/|test_any_input|test_config|test_rules_|test_published|test_registers|tools/faults/": (
        "GICv3's own term, legacy operation (IHI 0069 1.2); PCI's, legacy interrupts"
    ),
}
WORDS: Final = (
    Word("expected", r"due|left_over", r"\b(nothing|what) (is )?due\b|^left over$", {
        r"test_virtual|test_rules_virtual": "a maintenance interrupt that is due: plain English",
    }),
    Word("outstanding", r"ow(e|es|ed)", r"\b(is|are|was|be) owed\b"),
    Word("flushed", r"void|voided", r"\bmakes? void\b", _C),
    Word("injected fault", r"plants?|planted|planting|unplanted", r"\bplant(s|ed|ing)?\b"),
    Word("checker qualification", text=r"\bproof that (the )?checks see\b"),
    Word("quiescent, end-of-test check", r"at_rest", r"\bat rest\b"),
    Word("uncovered bin, coverage hole", r"holes?", r"\b(?<!coverage )holes?\b"),
    Word("heartbeat, mismatch limit", r"hope|hopeless", r"\bsigns? of life\b"),
    Word("dispatcher", r"pump", r"\bpump\b"),
    Word("presents", text=r"\b(holds?|held|holding) out\b"),
    Word("current", r"at_hand", r"\bthe \w+ at hand\b"),
    Word("as text", r"in_words", r"\bas? \w+, in words\b"),
    Word("response", r"answers?", r"\b(the|an|its|their) answers?\b(?! (to|a|with|late|SysTrap)\b)"),
    Word("acknowledgement", text=r"\b(the|an|its) acknowledge\b(?! (register|interrupt|with|on)\b)"),
    Word("one per link", text=r"\bagents?,? (an? )?(one )?a link\b"),
    Word("gicv2", r"legacy", allowed=_LEGACY),
    Word("Gicv4Config", r"direct_config"),
    Word("conformance", text=r"\b(irqpath|make) features\b"),
    Word("lockstep, stress", r"racing", r"\b(Settled|Racing)\b"),
)  # fmt: skip
#: Names that a block's Verilog does not have.
VERILOG: Final = {"look": "enable, search", "among": "eligible, candidates", "whole": "word_addr", "at": "idx, addr, word_addr"}
#: Options, variables and keys that were renamed.
GONE: Final = (
    "--plant",
    "--model-plant",
    "IRQPATH_MODEL_PLANT",
    "IRQPATH_PLANT",
    "irqpath_plant",
    "nothing due",
    "missing answer",
)


def _files(*endings: str) -> list[Path]:
    found = [p for folder in FOLDERS for p in (ROOT / folder).rglob("*") if p.suffix in endings and p != Path(__file__).resolve()]
    return sorted(p for p in found if "generated" not in p.parts)


def _python(text: str) -> Iterator[tuple[int, str, bool]]:
    """(line, text, whether it is a name) of every name, string and comment."""
    for part in tokenize.generate_tokens(io.StringIO(text).readline):
        if part.type in (token.NAME, token.STRING, tokenize.COMMENT):
            yield part.start[0], part.string, part.type == token.NAME


def _c_like(text: str) -> Iterator[tuple[int, str, bool]]:
    for found in _TEXTS.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found[0], False
    code = _TEXTS.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    for number, line in enumerate(code.splitlines(), 1):
        for found in _NAME.finditer(line):
            yield number, found[0], True


@cache
def _pieces() -> list[tuple[str, int, str, bool]]:
    pieces = []
    for path in _files(".py", ".v", ".vh", ".c", ".cpp", ".toml", ".md", ".rdl"):
        text, where = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
        if where == "docs/CHANGELOG.md":
            continue  # it tells users which names are gone
        if path.suffix in (".toml", ".md", ".rdl"):
            split: Iterator[tuple[int, str, bool]] = ((n, line, False) for n, line in enumerate(text.splitlines(), 1))
        else:
            split = _python(text) if path.suffix == ".py" else _c_like(text)
        pieces += [(where, *piece) for piece in split]
    return pieces


@cache
def _parts(name: str) -> str:
    return "_".join(part.lower() for part in _PART.findall(name))


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.new)
def test_an_old_word_does_not_come_back(word: Word) -> None:
    name, text = re.compile(rf"(^|_)({word.name})(_|$)"), re.compile(word.text)
    found = [
        f"{where}:{line}: {piece.strip()[:80]}"
        for where, line, piece, is_name in _pieces()
        if not any(re.search(place, where) for place in word.allowed)
        and ((word.name and is_name and name.search(_parts(piece))) or (word.text and not is_name and text.search(piece)))
    ]
    assert not found, f"say {word.new}:\n" + "\n".join(found)


def test_names_in_the_verilog() -> None:
    found = [
        f"{where}:{line}: {piece}; say {VERILOG[piece]}"
        for where, line, piece, is_name in _pieces()
        if is_name and where.endswith((".v", ".vh")) and piece in VERILOG
    ]
    assert not found, "\n".join(found)


def test_options_and_keys_that_were_renamed_are_gone() -> None:
    found = [
        f"{where}:{line}: {gone}" for where, line, piece, _ in _pieces() for gone in GONE if re.search(rf"(?<!\w){gone}\b", piece)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("name", "parts"),
    [("PlantError", "plant_error"), ("_at_rest", "at_rest"), ("GICD_CTLR", "gicd_ctlr"), ("sgi_void", "sgi_void")],
)
def test_names_are_split_into_words(name: str, parts: str) -> None:
    assert _parts(name) == parts
