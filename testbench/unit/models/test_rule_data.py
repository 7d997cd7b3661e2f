"""The rules as data: complete, well formed, shown by `irqpath rules`; errors name the entry."""

from __future__ import annotations

import argparse
import re

import pytest

from irqpath.rules import BLOCKS, Rule, RuleError, cli, load, parse
from irqpath_testbench.cli import dispatch

GOOD_RULE = '[[rule]]\nid="R1"\ntitle="t"\ntext="x"\nblocks=["gicd"]\nsource="s"\nsection="c"\nstatus="confirmed"\n'
GOOD_DEFECT = '[[defect]]\nid="D1"\nimplementation="i"\ntext="x"\nrule="R1"\n'


def test_all_rules_are_there() -> None:
    rules = load()
    assert list(rules.rules) == [f"R{n}" for n in (*range(1, 87), 88, 89)]
    assert list(rules.defects) == [f"D{n}" for n in range(1, 12)]


@pytest.mark.parametrize("rule", load().rules.values(), ids=lambda rule: rule.id)
def test_rule_is_well_formed(rule: Rule) -> None:
    assert BLOCKS.issuperset(rule.blocks)
    assert rule.text.endswith(".")
    assert len(rule.title) <= 60
    assert re.match(r"(IHI 00(48|69)|DDI 0(595|601)|virtio 1\.2|PCI Express|software)$", rule.source)
    assert re.match(r"confirmed|seen in \w|to be confirmed", rule.status)
    assert rule.reference == f"{rule.source}, {rule.section}"


def test_defects_name_their_rule() -> None:
    rules = load()
    assert [d.id for d in rules.defects_of("R48")] == ["D3", "D4"]
    assert all(rules.rule(d.rule) for d in rules.defects.values())
    with pytest.raises(RuleError, match="no rule R99; there are R1 to R89"):
        rules.rule("R99")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[rule", "rules.toml: "),
        ("[[rules]]\nid = 1", "unknown rules; there are rule and defect"),
        (GOOD_RULE + GOOD_RULE, "has R1 twice"),
        (GOOD_RULE.replace('title="t"\n', ""), "R1: wrong or missing fields title"),
        (GOOD_RULE + 'more="x"\n', "R1: wrong or missing fields more"),
        (GOOD_RULE.replace('id="R1"\n', ""), "an entry without id: wrong or missing fields id"),
        (GOOD_RULE.replace('"x"', '""'), "R1: a field is empty"),
        (GOOD_RULE.replace('"gicd"', '"gicx"'), "R1: blocks are gicx; known are gicc, "),
        (GOOD_DEFECT, "D1: there is no rule R1"),
    ],
)
def test_a_wrong_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(RuleError, match=re.escape(message)):
        parse(text)


def test_a_good_file_is_read() -> None:
    rules = parse(GOOD_RULE + GOOD_DEFECT)
    assert rules.rule("R1").blocks == ("gicd",)
    assert rules.defects["D1"].implementation == "i"
    with pytest.raises(RuleError, match="there are none"):
        parse("").rule("R1")


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What `irqpath rules` prints."""
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    assert cli.run(parser.parse_args(words)) == 0
    return capsys.readouterr().out


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys).splitlines()
    assert len(lines) == 99
    assert lines[0] == "R1   Lower value, higher priority"
    assert lines[88].startswith("D1   QEMU: ")
    assert max(len(line) for line in lines) <= 110
    its = shown(capsys, "--block", "its").splitlines()
    assert "R34  MAPD's Size" in its
    assert not any(line.startswith(("D", "R7 ")) for line in its)
    assert "R17" in shown(capsys, "--unconfirmed")
    assert "R14" not in shown(capsys, "--unconfirmed")


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "R34", "d10")
    assert "2^(Size + 1) events" in text
    assert "concerns its" in text
    assert "known defect D2, gem5" in text
    assert "breaks R39" in text


def test_command_is_registered(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch(["rules", "R17"]) == 0
    assert capsys.readouterr().out.startswith("R17  GICv2")
    with pytest.raises(RuleError, match="no rule R0"):
        dispatch(["rules", "R0"])
