"""`irqpath rules`: the rules that tests cite, one line each; with an id (R17, D2), the whole of it."""

from __future__ import annotations

import argparse
import textwrap

from irqpath.cli.terminal import columns
from irqpath.rules import BLOCKS, Defect, Rule, Rules, load

_WIDTH = 110
_INDENT = "    "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "ids", metavar="ID", nargs="*", help="rules (R17) and known defects (D2) to show in full; all in short if none"
    )
    parser.add_argument("--block", choices=sorted(BLOCKS), help="only rules that concern this block")
    parser.add_argument("--unconfirmed", action="store_true", help="only rules that were not read in their specification")


def run(args: argparse.Namespace) -> int:
    """Print the rules. Raises `RuleError` for an id that does not exist."""
    rules = load()
    if args.ids:
        print("\n\n".join(_full(rules, id_.upper()) for id_ in args.ids))
        return 0
    for rule in rules.rules.values():
        if (args.block is None or args.block in rule.blocks) and not (args.unconfirmed and rule.status.startswith("confirmed")):
            print(f"{rule.id:<4} {rule.title}")
    if args.block is None and not args.unconfirmed:
        for defect in rules.defects.values():
            print(f"{defect.id:<4} {defect.implementation}: {_short(defect.text)}")
    return 0


def _full(rules: Rules, id_: str) -> str:
    if id_ in rules.defects:
        return _defect(rules.defects[id_])
    return _rule(rules.rule(id_), rules.defects_of(id_))


def _rule(rule: Rule, defects: list[Defect]) -> str:
    lines = [f"{rule.id}  {rule.title}", _wrapped(rule.text), f"{_INDENT}concerns {', '.join(rule.blocks)}"]
    lines += [_wrapped(f"{rule.reference}: {rule.status}")]
    lines += [_wrapped(f"known defect {defect.id}, {defect.implementation}: {defect.text}") for defect in defects]
    return "\n".join(lines)


def _defect(defect: Defect) -> str:
    return f"{defect.id}  {defect.implementation}\n{_wrapped(defect.text)}\n{_INDENT}breaks {defect.rule}"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _width(), initial_indent=_INDENT, subsequent_indent=_INDENT)


def _short(text: str) -> str:
    return textwrap.shorten(text, _width() - 20, placeholder=" ...")


def _width() -> int:
    return min(_WIDTH, columns())
